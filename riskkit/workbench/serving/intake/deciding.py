"""What becomes of a report that waits: into the register or not, with who and why in the ledger."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.events import Draft
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.workbench.serving.intake.waiting import ACCEPTED, REPORT, read_report, settle

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
