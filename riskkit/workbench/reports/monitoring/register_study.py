"""Everything that is said of a register of evidence, worked out once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.provinces import province_code
from riskkit.monitoring.coverage import completeness, coverage_matrix, timeliness
from riskkit.monitoring.information_grades import group_facts, information_grades
from riskkit.monitoring.rates.rates import nonconformity_rates
from riskkit.monitoring.triage import SameInformation, same_information
from riskkit.store.register.query import sql
from riskkit.store.register.summary import RegisterSummary, summary
from riskkit.workbench.reports.monitoring.rates_report import RateStudy, study_rates
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.runs.folders.made_register import MADE, register_folder, register_sha256

MOST_RECORDS = 1_000_000
PERIODS = {"month": "M", "quarter": "Q", "year": "Y"}
FILLED = (
    "date", "product_group", "hs", "brand", "maker", "origin", "port", "hazard_class", "hazard", "channel",
    "n_tested", "n_nonconforming", "severity", "evidence",
)  # fmt: skip
"""The columns whose filling is told."""
TOPS = ("product_group", "origin", "port")
INSPECTIONS = ("enforcement", "monitoring")
"""Classes of source that tell of what was tested, good and bad; others report the bad alone."""
_COLUMNS = tuple(
    dict.fromkeys(
        (
            "source",
            "source_class",
            *FILLED,
            "region",
            "date_reported",
            "consignor",
            "n_injured",
            "n_dead",
            "date_year",
        )
    )
)
_NO_FAULTS = ("row", "column", "value", "rule")


@dataclass(frozen=True)
class RegisterStudy:
    """A register with all that is said of it."""

    name: str
    is_sample: bool
    sha256: str
    since: dt.date | None
    until: dt.date | None
    whole: RegisterSummary
    records: pd.DataFrame
    by_year: pd.DataFrame
    filled: pd.DataFrame
    timely: pd.DataFrame
    same: SameInformation
    groups: pd.DataFrame
    threshold: float
    coverage: pd.DataFrame
    rates: RateStudy | None
    periods: pd.DataFrame
    tops: dict[str, pd.DataFrame]
    places: pd.DataFrame
    quarantine: pd.DataFrame
    n_left_out: int
    every: str


def study_register(
    register: str = "",
    *,
    rng: np.random.Generator,
    since: str = "",
    until: str = "",
    by: str = "product_group",
    every: str = "quarter",
    threshold: float | None = None,
    draws: int = 10_000,
) -> RegisterStudy:
    """Everything the notebook of the register shows."""
    first, last = _days(since, until, every)
    folder = register_folder(register)
    name = MADE if register in ("", MADE) else folder.resolve().name
    records = _records(folder, first, last)
    least = method_number("same_information", "threshold") if threshold is None else float(threshold)
    same = same_information(records, threshold=least)
    tested = _inspections(records)
    sha256 = register_sha256(folder)
    opened = OpenTable(name, tested, _no_faults(), len(tested), 0, 0, sha256, name == MADE)
    return RegisterStudy(
        name, name == MADE, sha256, first, last, summary(folder), records,
        by_year=_by_year(records),
        filled=completeness(records, columns=FILLED),
        timely=timeliness(records),
        same=same,
        groups=_groups(records, same),
        threshold=least,
        coverage=coverage_matrix(records),
        rates=study_rates(opened, by=by, across="origin", every=every, rng=rng, draws=draws)
        if len(tested)
        else None,
        periods=_periods(tested, every),
        tops={column: _top(records, tested, column) for column in TOPS},
        places=by_province(
            records.groupby(["region", "port"], dropna=False).size().rename("n").reset_index()
        ),
        quarantine=_quarantine(folder),
        n_left_out=_n_left_out(folder, tested),
        every=every,
    )  # fmt: skip


def _days(since: str, until: str, every: str) -> tuple[dt.date | None, dt.date | None]:
    faults, found = [], []
    for name, text in (("since", since), ("until", until)):
        try:
            found.append(dt.date.fromisoformat(text) if text else None)
        except ValueError:
            found.append(None)
            faults.append(Fault(name, shown(text), "YYYY-MM-DD"))
    first, last = found
    if first and last and first > last:
        faults.append(Fault("until", shown(until), "not before since"))
    if every not in PERIODS:
        faults.append(Fault("every", shown(every), "month, quarter or year"))
    refuse("register", faults)
    return first, last


def _records(folder: Path, first: dt.date | None, last: dt.date | None) -> pd.DataFrame:
    """The records of a period, in an order that does not depend on when they were read in."""
    when = [f"coalesce(date, make_date(date_year::INT, 1, 1)) >= DATE '{first}'"] if first else []
    when += [f"coalesce(date, make_date(date_year::INT, 12, 31)) <= DATE '{last}'"] if last else []
    chosen = f"WHERE {' AND '.join(when)}" if when else ""
    question = f"SELECT {', '.join(_COLUMNS)} FROM records {chosen} ORDER BY date, record_id"  # noqa: S608
    table = sql(folder, question, most_rows=MOST_RECORDS + 1)
    n_found = table.num_rows
    rule = RuleText("from 1 to {} records in the period", f"{MOST_RECORDS:,}")
    is_fine = 0 < n_found <= MOST_RECORDS
    refuse("register", [] if is_fine else [Fault("register", f"{n_found:,}", rule)])
    rows = table.to_pandas()
    for column in ("date", "date_reported"):
        rows[column] = pd.to_datetime(rows[column])
    rows["date_year"] = rows["date_year"].astype("Int64")
    return pd.DataFrame(rows)


def _inspections(records: pd.DataFrame) -> pd.DataFrame:
    told = records[["n_tested", "n_nonconforming"]].notna().any(axis=1)
    return records[told & records["source_class"].isin(INSPECTIONS)].reset_index(drop=True)


def _no_faults() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in _NO_FAULTS})


def _by_year(records: pd.DataFrame) -> pd.DataFrame:
    years = records["date"].dt.year.astype("Int64").fillna(records["date_year"]).rename("year")
    found = records.groupby(["source_class", years], dropna=False).size()
    return found.rename("n_records").reset_index()


def _groups(records: pd.DataFrame, same: SameInformation) -> pd.DataFrame:
    facts = group_facts(records, same.group)
    graded = facts.join(information_grades(facts))
    first = records.groupby(same.group.to_numpy())
    graded["commodity"] = first["product_group"].first()
    for column in ("brand", "maker"):
        graded[f"n_{column}s"] = first[column].nunique()
        graded[column] = first[column].first()
    order = graded.assign(grade=graded["grade"].fillna(9), n=-graded["n_records"])
    return graded.loc[order.sort_values(["grade", "n"], kind="stable").index]


def _periods(tested: pd.DataFrame, every: str) -> pd.DataFrame:
    dated = tested.dropna(subset=["date"])
    period = dated["date"].dt.to_period(PERIODS[every]).dt.start_time
    return nonconformity_rates(dated.assign(period=period), by=["period"])


def _top(records: pd.DataFrame, tested: pd.DataFrame, column: str) -> pd.DataFrame:
    found = nonconformity_rates(tested, by=[column]).rename(columns={"n_records": "n_inspections"})
    every = records.groupby(column, dropna=False).size().rename("n_records").reset_index()
    both = every.merge(found, on=column, how="left")
    return both.sort_values("n_records", ascending=False, kind="stable").reset_index(drop=True)


def by_province(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts by region and port as counts by province and port; a place abroad is left out."""
    known = counts.assign(code=counts["region"].map(province_code)).dropna(subset=["code"])
    return known.groupby(["code", "port"], dropna=False)["n"].sum().reset_index()


def _quarantine(folder: Path) -> pd.DataFrame:
    question = (
        "SELECT source, rule_id, count(DISTINCT (file_sha256, row_number)) AS n_rows "
        "FROM quarantine GROUP BY ALL ORDER BY n_rows DESC, source, rule_id"
    )
    return pd.DataFrame(sql(folder, question).to_pandas())


def _n_left_out(folder: Path, tested: pd.DataFrame) -> int:
    """Rows in quarantine, each once, of the sources that tell of tests."""
    question = "SELECT source, count(DISTINCT (file_sha256, row_number)) AS n FROM quarantine GROUP BY source"
    found = sql(folder, question).to_pandas()
    return int(found.loc[found["source"].isin(tested["source"].unique()), "n"].sum())


def year_table(study: RegisterStudy) -> pd.DataFrame:
    """Records by class of source (rows) and year (columns; missing last)."""
    rows = study.by_year.assign(year=study.by_year["year"].map(_year))
    return rows.pivot_table(
        index="source_class", columns="year", values="n_records", aggfunc="sum", fill_value=0
    ).astype("int64")


def _year(value: Any) -> str:
    return "" if pd.isna(value) else str(int(value))
