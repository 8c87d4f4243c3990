"""Agencies, their reports and re-tests, the scope of acceptance and the public list on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from riskkit.application.acceptance import acceptance, scopes
from riskkit.application.acceptance.method_comparison import (
    Line,
    deming,
    limits_of_agreement,
    passing_bablok,
    retest_agreement,
)
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.example_tables import column_faults, one_day, open_example, tried

REPORTS, RETESTS = "acceptance_agencies", "acceptance_retests"
SCOPE, LISTED = "acceptance_scope", "acceptance_listed"
_RETEST = ("agency_id", "sample", "reported", "retested", "is_reported_bad", "is_retested_bad")
_REPORT = ("agency_id", "report_id", "goods", "item", "issued_on", "removed_on")
_SCOPE = ("goods", "item", "n_tested", "n_nonconforming", "severity", "is_accepted")
_LISTED = ("agency_id", "goods", "item", "valid_from", "valid_to")


@dataclass(frozen=True)
class Agreement:
    """How the results of one agency agree with the re-tests; a part is None where pairs are too few."""

    agency_id: str
    verdicts: pd.Series | None
    limits: pd.Series | None
    deming: Line | None
    passing_bablok: Line | None


@dataclass(frozen=True)
class AcceptanceStudy:
    """Every table has the rows of its file as its index."""

    opened: OpenTable
    further: tuple[OpenTable, OpenTable, OpenTable]
    on: dt.date
    reports: pd.DataFrame
    decided: pd.DataFrame
    agreement: tuple[Agreement, ...]
    scope: pd.DataFrame
    list_faults: pd.DataFrame
    listed: pd.DataFrame


def study_acceptance(
    reports: str = REPORTS, *, retests: str = "", scope: str = "", listed: str = "", on: str
) -> AcceptanceStudy:
    """Everything that the notebook of acceptance shows, or one error with every fault of all files."""
    opened = open_example(reports, sample=REPORTS, what="reports", texts=_REPORT)
    further = (
        _further(retests, opened, RETESTS, columns=_RETEST),
        _further(scope, opened, SCOPE, columns=_SCOPE),
        _further(listed, opened, LISTED, columns=_LISTED),
    )
    rows, pairs, goods, accredited = (_plain(one.table) for one in (opened, *further))
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    refuse("acceptance", faults if day or faults else [Fault("on", "missing", "YYYY-MM-DD")])
    assert day is not None
    facts = list(acceptance.required_facts(day))
    faults += column_faults(rows, what="reports", needed=[*_REPORT, *facts], known=[*_REPORT, *facts])
    for name, table, columns in (
        ("retests", pairs, _RETEST),
        ("scope", goods, _SCOPE),
        ("list", accredited, _LISTED),
    ):
        if len(table):
            faults += column_faults(table, what=name, needed=columns, known=columns)
    refuse("acceptance", faults)
    agreement = tuple(_agreements(pairs, faults))
    bad = {one.agency_id: one.verdicts["rate_false_good_lo"] for one in agreement if one.verdicts is not None}
    rows["rate_false_good_lo"] = rows["agency_id"].map(bad).astype(float)
    decided = tried(faults, partial(acceptance.decide, rows, on=day))
    changed = tried(faults, partial(scopes.scope_changes, goods, on=day)) if len(goods) else pd.DataFrame()
    refuse("acceptance", faults)
    assert decided is not None
    assert changed is not None
    wrong = scopes.accreditation_faults(accredited)
    return AcceptanceStudy(
        opened, further, day, rows, decided, agreement, changed, wrong, scopes.public_list(accredited, on=day)
    )


def _agreements(pairs: pd.DataFrame, faults: list[Fault]) -> Iterator[Agreement]:
    """One agency after the other; too few pairs leave a part out, a wrong value is a fault."""
    numbers = ["reported", "retested", "is_reported_bad", "is_retested_bad"]
    found = pairs.assign(**{name: pd.to_numeric(pairs[name], errors="coerce") for name in numbers})
    for name in numbers:
        is_wrong = found[name].isna() & pairs[name].notna()
        faults += [Fault(f"retests: row {row}: {name}", str(pairs[name][row]), "a number, or missing")
                   for row in pairs.index[is_wrong]]  # fmt: skip
    for agency, group in found.groupby("agency_id", sort=False):
        both = group.dropna(subset=["reported", "retested"])
        first, second = both["reported"], both["retested"]
        verdicts = group.dropna(subset=["is_reported_bad", "is_retested_bad"])
        try:
            yield Agreement(
                str(agency),
                retest_agreement(verdicts["is_reported_bad"], verdicts["is_retested_bad"])
                if len(verdicts)
                else None,
                limits_of_agreement(first, second) if len(both) >= 2 else None,
                deming(second, first) if len(both) >= 3 else None,
                passing_bablok(second, first) if len(both) >= 3 else None,
            )
        except InputFaults as error:
            faults += [replace(one, place=f"retests: {agency}: {one.place}") for one in error.faults]


def _further(name: str, reports: OpenTable, sample: str, *, columns: tuple[str, ...]) -> OpenTable:
    """The example's own table with the example, nothing with another file unless a file is given."""
    if name or reports.is_sample:
        texts = [one for one in columns if not one.startswith(("n_", "is_", "re")) and one != "severity"]
        return open_example(name or sample, sample=sample, what=sample, texts=texts)
    return replace(reports, name="", table=pd.DataFrame(columns=list(columns)), n_read=0, sha256="")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    rows = table.astype(object)
    return rows.where(rows.notna(), None)
