"""The folder of received reports: each waits under its receipt number until somebody decides on it."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown
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
    refuse("intake", [] if is_there else [Fault("RECEIPT", shown(receipt), f"a report that is {state}")])
    facts: dict[str, Any] = json.loads((place / FACTS).read_text(encoding="utf-8"))
    raw = (place / REPORT).read_bytes()
    whole = {REPORT: facts["report_sha256"], **facts["pictures"]}
    faults = [
        Fault(str(place / name), "changed since it was received", f"the content with SHA-256 {digest}")
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
