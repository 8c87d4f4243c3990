"""Approved issues on their way out: folders and mail files once, webhooks of this machine at least once.

A folder or a mail file is written under its name whole or not at all: a repetition leaves the same file.
Nobody can know whether a request that was interrupted has arrived. So a request is recorded before it leaves,
an interrupted one is sent again under the same ``Idempotency-Key``, and the record says so.
"""

from __future__ import annotations

import email.message
import email.policy
import email.utils
import http.client
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from riskkit.foundation.events import Draft, Event, canonical, moment_of
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import in_language
from riskkit.warning.publication.channels import Channel, Delivery, deliveries
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.flows.warnings.room import (
    BEGUN,
    DELIVERED,
    FAILED,
    WarningRoom,
    approved_files,
    stream_of,
)

_SECONDS = 10
_UNSAFE = re.compile(r"[^\w.-]+")
SENDER = "no-reply@example.org"


@dataclass(frozen=True)
class _Out:
    """One delivery with what it carries."""

    delivery: Delivery
    content: bytes
    base: Path
    issue: str


@dataclass(frozen=True)
class Outcome:
    """What became of the deliveries of an issue."""

    delivered: tuple[Delivery, ...]
    before: tuple[Delivery, ...]
    failed: tuple[Delivery, ...]
    again: tuple[Delivery, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed."""
        return not self.failed


def release(
    room: WarningRoom, warning_id: str, issue: str, *, files: Mapping[str, bytes],
    channels: Sequence[Channel], who: str, recipients: pd.DataFrame | None = None, base: Path | None = None,
) -> Outcome:  # fmt: skip
    """Deliver an approved issue; it may be tried again as often as needed."""
    events = room.ledger.events(stream_of(warning_id))
    _refuse_changed(files, approved_files(events, issue), issue)
    todo = deliveries(channels, files, recipients)
    refuse(issue, [] if todo else [Fault("channels", "nothing", "a channel that takes one of the documents")])
    known = {one.data["delivery"] for one in events if one.kind == DELIVERED}
    last = {one.data["delivery"]: one.kind for one in events if one.kind in (BEGUN, DELIVERED, FAILED)}
    again = tuple(one for one in todo if last.get(one.key) == BEGUN)
    before = tuple(one for one in todo if one.key in known)
    done, failed = [], []
    for one in todo:
        if one.key in known:
            continue
        if one.channel.kind == "webhook":
            _record(room, one, warning=warning_id, kind=BEGUN, issue=issue, who=who, why=issue)
        try:
            _ways()[one.channel.kind](_Out(one, files[one.file], base or Path.cwd(), issue))
        except (OSError, InputFaults, http.client.HTTPException) as error:
            failed.append(one)
            why = str(error) or type(error).__name__
            _record(room, one, warning=warning_id, kind=FAILED, issue=issue, who=who, why=why)
        else:
            done.append(one)
            _record(room, one, warning=warning_id, kind=DELIVERED, issue=issue, who=who, why=issue)
    return Outcome(tuple(done), before, tuple(failed), again)


def _refuse_changed(files: Mapping[str, bytes], approved: Mapping[str, str], issue: str) -> None:
    faults = [
        Fault(name, "missing", "a file as it was approved") for name in sorted(set(approved) - set(files))
    ]
    for name, content in sorted(files.items()):
        if approved.get(name) != sha256(content).hexdigest():
            faults.append(Fault(name, "changed", "a file as it was approved"))
    refuse(issue, faults)


def _record(room: WarningRoom, one: Delivery, **about: str) -> Event:
    stream, kind = stream_of(about["warning"]), about["kind"]
    data: dict[str, str | int] = {
        "issue": about["issue"], "delivery": one.key, "channel": one.channel.name, "recipient": one.recipient,
        "file": one.file,
    }  # fmt: skip
    if kind in (BEGUN, FAILED):
        data["attempt"] = len(room.ledger.events(stream, kinds=[kind])) + 1
    key = f"{kind}:{sha256(canonical(data).encode()).hexdigest()}"
    return room.ledger.append([Draft(stream, kind, data, about["who"], about["why"], key)], clock=room.clock)[
        0
    ]


def _ways() -> dict[str, Callable[[_Out], None]]:
    return {"folder": _to_folder, "mail": _to_mail, "webhook": _to_webhook}


def _to_folder(out: _Out) -> None:
    put_files(out.base / out.delivery.channel.to, {out.delivery.file: out.content}, within=(out.issue,))


def _to_mail(out: _Out) -> None:
    """An e-mail as a file: nothing is sent."""
    one = out.delivery
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    made["From"], made["To"] = SENDER, one.address or SENDER
    made["Subject"] = f"{out.issue} {one.file}"
    made["Message-ID"] = f"<{one.key}@example.org>"
    made.set_content(in_language("en" if ".en." in one.file else "zh", say, "foot"))
    main, _, sub = _TYPES[one.file.rpartition(".")[2]].partition("/")
    made.add_attachment(
        out.content, maintype=main, subtype=sub, filename=one.file,
        params={"charset": "utf-8"} if main == "text" else None,
    )  # fmt: skip
    made.set_boundary(f"=={one.key[:40]}==")
    name = _UNSAFE.sub("_", one.recipient)[:60] or "all"
    file = f"{name}.{one.key[:12]}.{one.file}.eml"
    put_files(out.base / one.channel.to, {file: made.as_bytes()}, within=(out.issue,))


_TYPES = {
    "html": "text/html", "pdf": "application/pdf", "txt": "text/plain", "xml": "application/cap+xml",
    "json": "application/json", "ics": "text/calendar",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


def _to_webhook(out: _Out) -> None:
    """POST to this machine; the same key each time lets the receiver drop a repetition."""
    one = out.delivery
    parts = urlsplit(one.channel.to)
    line = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_SECONDS)
    try:
        kind = _TYPES[one.file.rpartition(".")[2]]
        heads = {"Content-Type": kind, "Idempotency-Key": one.key, "X-Issue": out.issue}
        line.request("POST", parts.path or "/", body=out.content, headers=heads)
        status = line.getresponse().status
    finally:
        line.close()
    if not 200 <= status < 300:
        raise http.client.HTTPException(f"status {status}")


def delivery_log(room: WarningRoom, warning_id: str) -> pd.DataFrame:
    """What was delivered where and when, what failed, and which requests were begun."""
    rows = [
        {
            "at": moment_of(one.at), "issue": one.data["issue"], "channel": one.data["channel"],
            "recipient": one.data["recipient"], "file": one.data["file"], "outcome": one.kind, "why": one.why,
        }
        for one in room.ledger.events(stream_of(warning_id), kinds=[BEGUN, DELIVERED, FAILED])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["at", "issue", "channel", "recipient", "file", "outcome", "why"])


def refuse_gaps(files: Mapping[str, bytes]) -> None:
    """Refuse to publish an announcement in which something is still to be added; exercises may show gaps."""
    if b"<status>Exercise</status>" in files.get("cap.xml", b""):
        return
    gaps = tuple(in_language(lang, say, "gap") for lang in ("zh", "en"))
    rule = "added before the announcement is published"
    found = [
        Fault(name, shown(line.strip()), rule)
        for name, content in sorted(files.items())
        if name.startswith("announcement.") and name.endswith(".txt")
        for line in content.decode("utf-8", errors="replace").splitlines()
        if line.strip().startswith(gaps)
    ]
    refuse("release", found)


def read_issue(folder: Path) -> dict[str, bytes]:
    """The files of an issue from its folder."""
    if not folder.is_dir():
        raise InputFaults(
            "issue", [Fault("issue", shown(str(folder)), "a folder with the files of an issue")]
        )
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if one.is_file()}
