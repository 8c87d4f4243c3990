"""The folder of received reports: each waits under its receipt number until somebody decides on it."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.events import Draft
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown
from riskkit.foundation.inputs.part_files import put_files, sweep

WAITING, ACCEPTED, REFUSED = "waiting", "accepted", "refused"
STATES = (WAITING, ACCEPTED, REFUSED)
REPORT, FACTS, DECISION = "report.csv", "report.json", "decision.json"
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_RECEIPT = re.compile(r"[0-9]{8}-[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}")


def new_receipt(day: dt.date) -> str:
    """A number that nobody can guess: the day and fifty random bits."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(10))
    return f"{day:%Y%m%d}-{signs[:5]}-{signs[5:]}"


def is_receipt(text: str) -> bool:
    """Whether a text has the form of a receipt number."""
    return _RECEIPT.fullmatch(text) is not None


def keep(
    folder: Path, receipt: str, report: bytes, *, pictures: Sequence[bytes], facts: Mapping[str, Any]
) -> None:
    """Put a report with its pictures into the folder, whole or not at all; for this account only."""
    named = {f"picture-{number}.png": raw for number, raw in enumerate(pictures, start=1)}
    told = {
        **facts,
        "receipt": receipt,
        "report_sha256": hashlib.sha256(report).hexdigest(),
        "pictures": {name: hashlib.sha256(raw).hexdigest() for name, raw in named.items()},
    }
    about = json.dumps(told, ensure_ascii=False, indent=1).encode()
    files = {**named, REPORT: report, FACTS: about}  # the facts last: without them nothing is there yet
    put_files(folder, files, within=(WAITING, receipt), mode=0o600)


def n_waiting(folder: Path) -> int:
    """How many reports wait."""
    place = folder / WAITING
    return sum(1 for _ in place.iterdir()) if place.is_dir() else 0


def waiting_receipts(folder: Path, state: str = WAITING) -> list[str]:
    """The numbers of the reports of a state that are whole, the oldest day first."""
    place = folder / state
    found = sorted(one.name for one in place.iterdir() if is_receipt(one.name)) if place.is_dir() else []
    return [receipt for receipt in found if (place / receipt / FACTS).is_file()]


def reports(folder: Path, state: str = WAITING) -> tuple[dict[str, Any], ...]:
    """What was received, the oldest first."""
    refuse("intake", [] if state in STATES else [Fault("state", shown(state), one_of(state, STATES))])
    told = [read_report(folder, receipt, state) for receipt in waiting_receipts(folder, state)]
    return tuple(sorted(told, key=lambda one: (str(one["received_at"]), str(one["receipt"]))))


def read_report(folder: Path, receipt: str, state: str = WAITING) -> dict[str, Any]:
    """One report: its facts, its answers by the headers of the sheet, and where it lies."""
    place = folder / state / receipt
    is_there = is_receipt(receipt) and (place / FACTS).is_file() and not place.is_symlink()
    refuse(
        "intake",
        [] if is_there else [Fault("RECEIPT", shown(receipt), RuleText("a report that is {}", state))],
    )
    facts: dict[str, Any] = json.loads((place / FACTS).read_text(encoding="utf-8"))
    raw = (place / REPORT).read_bytes()
    whole = {REPORT: facts["report_sha256"], **facts["pictures"]}
    faults = [
        Fault(
            str(place / name),
            "changed since it was received",
            RuleText("the content with SHA-256 {}", digest),
        )
        for name, digest in whole.items()
        if hashlib.sha256((place / name).read_bytes()).hexdigest() != digest
    ]
    refuse("intake", faults)
    rows = list(csv.reader(io.StringIO(raw.decode(), newline="")))
    answers = {head: cell for head, cell in zip(rows[0], rows[1], strict=True) if cell}
    return {**facts, "answers": answers, "folder": str(place)}


def settle(folder: Path, receipt: str, state: str, *, decision: Mapping[str, Any]) -> Path:
    """Say who decided what and why beside the report, and move it out of those that wait."""
    place = folder / WAITING / receipt
    content = json.dumps(dict(decision), ensure_ascii=False, indent=1).encode()
    put_files(folder, {DECISION: content}, within=(WAITING, receipt), is_forced=True, mode=0o600)
    target = folder / state / receipt
    if target.exists():
        raise InputFaults("intake", [Fault("RECEIPT", shown(receipt), "decided once")])
    target.parent.mkdir(exist_ok=True)
    place.rename(target)
    sweep(folder)
    return target


TOLD = ("receipt", "sheet", "received_at", "lang", "pictures")
"""What a list of reports and the ledger say of each."""
_CHINA = dt.timezone(dt.timedelta(hours=8))
_WAIT = 60.0  # s for another writer of the register


@dataclass(frozen=True)
class Places:
    """Where reports wait, and where decisions on them go."""

    folder: Path
    register: Path
    ledger: str


def decide(places: Places, receipt: str, state: str, *, who: str, why: str) -> dict[str, Any]:
    """Accept or refuse a report, record it, and take it out of those that wait.

    Each step may be done again: after a break the same call goes on where it stopped.
    """
    from riskkit.store.ledger.ledger import open_ledger

    refuse("intake", [] if why.strip() else [Fault("--why", shown(why), "a reason")])
    found = read_report(places.folder, receipt)
    stream = f"intake/{receipt.lower()}"
    ledger = open_ledger(places.ledger)
    try:
        before = ledger.events(stream)
        other = [one for one in before if one.kind != state]
        refuse("intake", [Fault("RECEIPT", f"{shown(receipt)} {one.kind}", "decided once") for one in other])
        about = _entered(found, places.register) if state == ACCEPTED else {}
        facts = {name: found[name] for name in (*TOLD[1:], "report_sha256")} | about
        draft = Draft(stream, state, facts, who=who, why=why.strip(), key=stream)
        event = before[0] if before else ledger.append([draft], clock=lambda: dt.datetime.now(dt.UTC))[0]
    finally:
        ledger.close()
    decision = {"state": state, "at": event.at, "who": event.who, "why": event.why, **about}
    place = settle(places.folder, receipt, state, decision=decision)
    return {"receipt": receipt, **decision, "folder": str(place)}


def _entered(found: Mapping[str, Any], register: Path) -> dict[str, Any]:
    """The report as a row of the register; one that breaks a rule is not written at all."""
    from riskkit.monitoring.sources.catalogue import SOURCES
    from riskkit.monitoring.sources.files.opened import file_facts
    from riskkit.monitoring.sources.intake import read_records
    from riskkit.store.register.changes import Origin, ingest
    from riskkit.store.register.compaction import tidy

    source = next(one for one in SOURCES if one.name == found["sheet"])
    facts, now = file_facts(Path(found["folder"]) / REPORT), dt.datetime.now(_CHINA)
    batches = list(read_records(facts, source, now=now.date(), others=SOURCES))
    broken = [rule for batch in batches for rule in batch.quarantine["rule_id"].to_pylist()]
    refuse("intake", [Fault(rule, "broken", "no broken rule") for rule in broken])
    at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
    origin = Origin(facts.name, facts.sha256, facts.size, source.name, source.version, at)
    entry, _ = ingest(register, origin, batches, wait=_WAIT)
    with contextlib.suppress(InputFaults):  # the row is in; who cannot tidy now does so after another one
        tidy(register)
    return {"register": str(register), "n_accepted": entry.n_accepted}
