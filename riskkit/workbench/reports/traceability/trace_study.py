"""Events of a chain, the lots asked about, and a mock recall: worked out once for report and command."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from riskkit.application.traceability.epcis import read_epcis
from riskkit.application.traceability.epcis_rows import trace_rows
from riskkit.application.traceability.events import COLUMNS, TraceEvents, trace_events
from riskkit.application.traceability.genealogy import Genealogy, affected_units, genealogy, next_lots, reach
from riskkit.application.traceability.mock_recall import MockRecall, mock_recall
from riskkit.application.traceability.recall_scope import recall_scope
from riskkit.application.traceability.trace_records import (
    handovers,
    linked_rows,
    record_completeness,
    unit_balance,
)
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown, tried
from riskkit.response.recall.plan import plan_completeness
from riskkit.workbench.reports.monitoring.records import MOST_BYTES, OpenTable
from riskkit.workbench.reports.response.examples import column_faults, open_example, open_further

EVENTS, ANSWERS, LOTS = "trace_events", "trace_answers", "cell-0601"
_ANSWER = ("company_id", "lot_id", "answered_at", "n_located")
_JSON = (".json", ".jsonld")


@dataclass(frozen=True)
class TraceStudy:
    """What the report shows; `exercise` is None without answers."""

    opened: OpenTable
    answered: OpenTable
    on: dt.date
    lots: tuple[str, ...]
    events: TraceEvents
    epcis_faults: tuple[Fault, ...]
    graph: Genealogy
    up: pd.DataFrame
    down: pd.DataFrame
    passed: pd.DataFrame
    affected: pd.DataFrame
    sources: pd.DataFrame
    balance: pd.DataFrame
    completeness: pd.DataFrame
    breaks: pd.DataFrame
    scope: pd.DataFrame
    plan: pd.DataFrame
    exercise: MockRecall | None


def study_trace(
    events: str = EVENTS, *, lots: str = "", answers: str = "", asked_at: str = "", until: str = ""
) -> TraceStudy:
    """Everything that the report of a trace shows; every fault of files and parameters at once."""
    opened, wrong = _events(events)
    faults: list[Fault] = []
    read = tried(faults, partial(trace_events, opened.table))
    texts = _ANSWER[:3]
    answered = open_further(answers, opened, sample=ANSWERS, columns=_ANSWER, texts=texts, what="answers")
    if answered.name:
        faults += column_faults(answered.table, what="answers", needed=_ANSWER, known=_ANSWER)
    times = [_time(text, what, faults) for text, what in ((asked_at, "asked_at"), (until, "until"))]
    refuse("trace", faults)
    assert read is not None
    good = read.accepted
    refuse("trace", [] if len(good) else [Fault("events", "0 good rows", "at least one"), *read.faults])
    wanted = tuple(lots.split()) or ((LOTS,) if opened.is_sample else (str(good["lot_id"].iloc[0]),))
    graph = genealogy(good)
    day = (times[0] or good["event_time"].max().to_pydatetime()).date()
    down = tried(faults, partial(next_lots, graph, wanted, direction="forward"))
    exercise = None
    if answered.name and times[0] and times[1] and down is not None:
        asked = partial(mock_recall, graph, wanted, answered.table, asked_at=times[0], until=times[1], on=day)
        exercise = tried(faults, asked)
    elif answers:
        missing = [name for name, one in zip(("asked_at", "until"), times, strict=True) if one is None]
        faults += [Fault(name, "missing", "a time, where there are answers") for name in missing]
    refuse("trace", faults)
    assert down is not None
    scope, steps = recall_scope(graph, wanted), linked_rows(good)
    is_broken = steps.eq(False).fillna(value=False).any(axis=1)
    return TraceStudy(
        opened, answered, day, wanted, read, wrong, graph,
        next_lots(graph, wanted, direction="back"), down,
        _passed(good, wanted), affected_units(graph, wanted), reach(graph, wanted, direction="back"),
        unit_balance(good), record_completeness(good), good.join(steps)[is_broken], scope,
        plan_completeness(scope, on=day), exercise,
    )  # fmt: skip


def _passed(events: pd.DataFrame, lots: tuple[str, ...]) -> pd.DataFrame:
    return handovers(events[events["lot_id"].isin(lots)])


def _events(name: str) -> tuple[OpenTable, tuple[Fault, ...]]:
    """A table of events, or an EPCIS 2.0 document with what is wrong with its events."""
    path = Path(name)
    if path.suffix not in _JSON:
        texts: Sequence[str] = COLUMNS
        return open_example(name, sample=EVENTS, what="events", texts=texts), ()
    is_fine = path.is_file() and path.stat().st_size <= MOST_BYTES
    rule = RuleText("a file of at most {} bytes", f"{MOST_BYTES:,}")
    refuse("events", [] if is_fine else [Fault("events", shown(path.name), rule)])
    content = path.read_bytes()
    found = read_epcis(content.decode("utf-8-sig", "replace"))
    rows = trace_rows(found.accepted)
    n_read = len(found.accepted) + len(found.quarantined) + len(found.duplicates)
    nothing = pd.DataFrame(columns=["row", "column", "value", "rule"])
    digest = hashlib.sha256(content).hexdigest()
    counts = len(found.duplicates), len(found.quarantined)
    opened = OpenTable(path.name, rows, nothing, n_read, *counts, digest, is_sample=False)
    return opened, found.faults


def _time(text: str, what: str, faults: list[Fault]) -> dt.datetime | None:
    """A time with its offset; None when it is empty or wrong."""
    try:
        found = dt.datetime.fromisoformat(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or found.tzinfo is None):
        faults.append(Fault(what, shown(text), "a time with its offset, as 2026-05-11T09:00+08:00"))
        return None
    return found
