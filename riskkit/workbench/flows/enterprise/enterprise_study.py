"""What is found at enterprises, what that asks of them, their duties and their trend, worked out once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

import pandas as pd

from riskkit.application.enterprise import duties, notices
from riskkit.application.enterprise.improvement import improvement
from riskkit.foundation.inputs.faults import Fault, plain_text, refuse, shown, tried
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.examples import (
    column_faults,
    object_rows,
    one_day,
    open_example,
    open_further,
)

FINDINGS, DUTIES, TESTS = "enterprise_findings", "enterprise_duties", "enterprise_tests"
_TEXTS = ("enterprise_id", "enterprise", "product", "lot")
_FACTS = tuple(column.name for column in notices.FACTS)
_DUTY = ("enterprise_id", "duty", "due_on", "done_on", "evidence")
_TEST = ("enterprise_id", "date", "n_tested", "n_nonconforming")


@dataclass(frozen=True)
class EnterpriseStudy:
    """Decisions on a day; `requests` has the rows of the findings as its index."""

    findings: OpenTable
    tables: tuple[OpenTable, OpenTable]
    on: dt.date
    names: pd.Series
    decided: pd.DataFrame
    requests: pd.DataFrame
    ledger: pd.DataFrame
    completeness: pd.DataFrame
    trend: pd.DataFrame


def study_enterprises(
    findings: str = FINDINGS, *, duty_file: str = "", test_file: str = "", on: str = ""
) -> EnterpriseStudy:
    """Everything that the notebook and the letters say, or one error with every fault of all files."""
    opened = open_example(findings, sample=FINDINGS, what="findings", texts=[*_TEXTS, "found_on"])
    parts = (
        open_further(duty_file, opened, sample=DUTIES, columns=_DUTY, texts=(*_DUTY[:2], "evidence")),
        open_further(test_file, opened, sample=TESTS, columns=_TEST, texts=(*_TEST[:2], "evidence")),
    )
    rows, known, tests = (object_rows(one.table) for one in (opened, *parts))
    faults = column_faults(rows, what="findings", needed=[*_TEXTS[:3], "found_on", *_FACTS],
                           known=[*_TEXTS, "found_on", *_FACTS])  # fmt: skip
    for name, table, columns in (("duties", known, _DUTY), ("tests", tests, _TEST)):
        if len(table):
            faults += column_faults(table, what=name, needed=columns, known=columns)
    day = one_day(on, what="on", faults=faults) or _latest(rows)
    refuse("enterprises", faults)
    faults += _text_faults(rows)
    decided = tried(faults, partial(notices.decide, rows, on=day))
    ledger = tried(faults, partial(duties.ledger, known, on=day)) if len(known) else None
    firms = list(dict.fromkeys(rows["enterprise_id"].dropna()))
    trend = tried(faults, partial(improvement, tests, on=day, enterprises=firms)) if len(tests) else None
    refuse("enterprises", faults)
    assert decided is not None
    names = rows.drop_duplicates("enterprise_id").set_index("enterprise_id")["enterprise"]
    nothing = pd.DataFrame()
    return EnterpriseStudy(
        opened, parts, day, names, decided, notices.requests(decided, on=day),
        nothing if ledger is None else ledger,
        nothing if ledger is None else duties.completeness(ledger),
        nothing if trend is None else trend,
    )  # fmt: skip


def _latest(rows: pd.DataFrame) -> dt.date:
    days = pd.to_datetime(rows.get("found_on", pd.Series(dtype=object)), errors="coerce", format="%Y-%m-%d")
    return dt.date.max if days.isna().all() else days.max().date()


def _text_faults(rows: pd.DataFrame) -> list[Fault]:
    """Texts that a letter cannot hold, and one enterprise under two names."""
    faults = []
    for name in _TEXTS:
        for row, value in enumerate(rows.get(name, ())):
            if value is None:
                continue
            try:
                plain_text(str(value))
            except ValueError as error:
                faults.append(Fault(f"findings: row {row}: {name}", shown(value), str(error)))
    for name in ("enterprise", "product"):
        faults += [Fault(f"findings: row {row}: {name}", "missing", "a name")
                   for row, value in enumerate(rows[name]) if value is None]  # fmt: skip
    several = rows.groupby("enterprise_id")["enterprise"].nunique()
    return faults + [
        Fault("findings: enterprise", shown(name), "one name for each enterprise_id")
        for name in several.index[several > 1]
    ]
