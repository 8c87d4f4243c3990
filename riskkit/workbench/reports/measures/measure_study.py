"""The measures that a case calls for, consignment by consignment, worked out once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from riskkit.case.case import Assessment
from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.response.measures import orders, proposed
from riskkit.response.measures_ending import lawful_ends
from riskkit.workbench.reports.measures.measure_facts import case_facts, subjects_of, with_case
from riskkit.workbench.reports.monitoring.records import OpenTable


@dataclass(frozen=True)
class MeasureStudy:
    """Measures by consignment and why, the orders, and how each ends."""

    assessment: Assessment
    opened: OpenTable | None
    on: dt.date
    levels: tuple[str, ...]
    subjects: pd.DataFrame
    facts: pd.DataFrame
    measures: pd.DataFrame
    orders: pd.DataFrame
    endings: pd.DataFrame
    no_rule: tuple[str, ...]


def study_measures(assessment: Assessment, opened: OpenTable | None, *, on: str = "") -> MeasureStudy:
    """Everything the notebook of the response plan shows, by default on the day of the assessment."""
    day = _day(on) if on else assessment.case.assessed_on
    subjects = subjects_of(assessment.case, opened)
    facts = with_case(subjects, case_facts(assessment.case))
    levels = _levels(assessment)
    table = _under_each(facts, levels, day)
    tests = standards.table("measure_tests", on=day)
    called = set(tests.loc[tests["kind"] == "calls", "measure"])
    catalogue = standards.table("response_measures", on=day)
    return MeasureStudy(
        assessment,
        opened,
        day,
        levels,
        subjects,
        facts,
        table,
        orders(table, subjects, on=day),
        _endings(table, catalogue, day),
        tuple(name for name in catalogue["measure"] if name not in called),
    )


def _levels(assessment: Assessment) -> tuple[str, ...]:
    """The levels that missing facts leave possible, mildest first; none for a case that is not graded."""
    low, high = assessment.level_ends
    codes = scale("warning").codes
    return codes[codes.index(low) : codes.index(high) + 1] if low else ()


def _under_each(facts: pd.DataFrame, levels: tuple[str, ...], day: dt.date) -> pd.DataFrame:
    """A measure stands if every possible level says the same of it; else the level is to be settled first."""
    codes = scale("warning").codes
    ranks: list[int | None] = [codes.index(level) + 1 for level in levels] or [None]
    given = facts["level"]
    found = [
        proposed(facts.assign(level=given if rank is None else given.where(given.notna(), rank)), on=day)
        for rank in ranks
    ]
    first = found[0].copy()
    differs = pd.concat([one["decision"] != first["decision"] for one in found], axis=1).any(axis=1)
    first.loc[differs, "decision"] = "undecided"
    first.loc[differs, "missing"] = "level"
    first.loc[differs, ["rule_id", "superseded_by", "status", "source_id"]] = ""
    return first.fillna({"status": "", "source_id": ""})


def _endings(table: pd.DataFrame, catalogue: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """By which rule each measure that is taken is lifted, and its last day by law."""
    taken = table.index[table["decision"] == "take"].get_level_values("measure").unique()
    found = catalogue[catalogue["measure"].isin(taken)][["measure", "lifting"]].reset_index(drop=True)
    if found.empty:
        return found.assign(last_day=pd.Series(dtype="datetime64[ns]"))
    return found.assign(last_day=lawful_ends(found.assign(started=day), on=day)["last_day"])


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputFaults("day", [Fault("on", shown(text), "a date as YYYY-MM-DD")]) from None
