"""Credit grades of a list of enterprises under the rules of a day and what follows, worked out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.response.credit import grades as credit
from riskkit.response.credit import repair as repairing
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table

SAMPLE = "enterprises"
NONE = "none"
"""Says in a cell that an enterprise is not certified; an empty cell says that this is not known."""
_DAYS = ("found_on", "ground", "last_ground_on")
_REPAIR = (*_DAYS, "is_corrected", "is_listed")


@dataclass(frozen=True)
class CreditStudy:
    """Grades on a day and all that is said of them; every table has the rows of the file as its index."""

    opened: OpenTable
    on: dt.date
    rule_set: str
    names: pd.Series
    grades: pd.DataFrame
    grounds: pd.DataFrame
    measures: pd.DataFrame
    repair: pd.DataFrame
    by_order: pd.DataFrame
    unread: pd.DataFrame


def open_enterprises(name: str = SAMPLE) -> OpenTable:
    """Facts of enterprises, one row each: the shipped example, or a ``.csv`` file."""
    return open_table(name, sample=SAMPLE, folder="examples", texts=(*credit.TEXTS, *_DAYS))


def study_credit(opened: OpenTable, *, on: str) -> CreditStudy:
    """Everything the notebook of enterprise credit shows."""
    day = _day(on)
    table = opened.table.astype(object).where(opened.table.notna(), None)
    names = table.get("enterprise", pd.Series(None, index=table.index, dtype=object))
    facts = table.drop(columns=[name for name in _REPAIR if name in table])
    if "certified_as" in facts:
        facts["certified_as"] = facts["certified_as"].replace({NONE: ""})
    of_repair = table.reindex(columns=list(_REPAIR)).astype(object)
    of_repair = of_repair.where(of_repair.notna(), None)
    faults = [
        Fault(f"enterprises: row {row}: enterprise", "missing", "a name") for row in names.index[names.isna()]
    ]
    found = _tried(faults, lambda: credit.decide(facts, on=day))
    repaired = _tried(faults, lambda: repairing.repair(of_repair, on=day))
    refuse("enterprises", faults)
    return CreditStudy(
        opened,
        day,
        credit.rule_set(day),
        names,
        found,
        credit.grounds(facts, on=day),
        repairing.measures(found, on=day),
        repaired[of_repair["found_on"].notna()],
        _by_order(facts),
        repairing.unread(day),
    )


def _by_order(facts: pd.DataFrame) -> pd.DataFrame:
    """The grade of each order for the same facts, on its first day; what customs stated is left out."""
    orders = standards.all_rows("credit_grades").drop_duplicates("rule_set")
    bare = facts.drop(columns=["stated_grade"], errors="ignore")
    days = {str(name): first for name, first in zip(orders["rule_set"], orders["valid_from"], strict=True)}
    return pd.DataFrame(
        {name: credit.decide(bare, on=_first_day(first))["decision"] for name, first in days.items()}
    )


def _first_day(value: object) -> dt.date:
    return pd.Timestamp(str(value)).date()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputFaults("day", [Fault("on", shown(text), "a date as YYYY-MM-DD")]) from None


def _tried(faults: list[Fault], work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A table, or no rows and its faults added to the others, so that all are listed at once."""
    try:
        return work()
    except InputFaults as error:
        faults += error.faults
        return pd.DataFrame()
