"""The index of quality and safety by period and origin, and the record of what assessments changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from riskkit.application.quality_index import adoptions, changes
from riskkit.application.quality_index.index import (
    StratumCounts,
    league_table,
    quality_index,
    resampled,
    stratum_counts,
)
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.example_tables import column_faults, one_day, open_example, tried

COUNTS, STANDARD, ADOPTIONS = "quality_counts", "quality_standard", "adoptions"
_STRATUM = ("commodity", "origin")
_COUNTS = ("year", *_STRATUM, "n_tested", "n_nonconforming")
_STANDARD = (*_STRATUM, "exposure", "severity")
_ADOPTIONS = ("assessment_id", "finding", "kind", "found_on", "decided_on", "result_due_on", "result_on",
              "answer", "reason", "result")  # fmt: skip
WRONG_BY = 2.0
"""Factor by which each weight may be wrong in the range that is shown."""


@dataclass(frozen=True)
class QualityStudy:
    """Index of every year, ranks of origins in the last, and what moved it."""

    opened: OpenTable
    standard: OpenTable
    adopted: OpenTable
    on: dt.date
    years: pd.DataFrame
    verdicts: pd.DataFrame
    moved: pd.DataFrame
    weights: tuple[float, float] | None
    league: pd.DataFrame
    adoption: pd.DataFrame
    adoption_rates: pd.DataFrame
    level: float
    resamples: int


def study_quality(
    counts: str = COUNTS,
    *,
    standard: str = "",
    adopted: str = "",
    on: str = "",
    seed: int = 1,
    resamples: int = 1_000,
) -> QualityStudy:
    """Everything that the notebook of the index shows, or one error with every fault of all files."""
    opened = open_example(counts, sample=COUNTS, what="counts", texts=_STRATUM)
    weights = open_example(standard or STANDARD, sample=STANDARD, what="standard", texts=_STRATUM)
    record = _record(adopted, opened)
    rows, base, entries = (_plain(one.table) for one in (opened, weights, record))
    faults = column_faults(rows, what="counts", needed=_COUNTS, known=_COUNTS)
    faults += column_faults(base, what="standard", needed=_STANDARD, known=_STANDARD)
    if len(entries):
        faults += column_faults(entries, what="adoptions", needed=_ADOPTIONS, known=_ADOPTIONS)
    if not 100 <= resamples <= 100_000:
        faults.append(Fault("resamples", shown(resamples), "from 100 to 100,000"))
    day = one_day(on, what="on", faults=faults) or _last_day(rows)
    refuse("quality index", faults)
    faults += _year_faults(rows)
    rows, base = _with_stratum(rows), _with_stratum(base)
    by_year = tried(faults, partial(stratum_counts, rows, base, by=["year"]))
    adoption = tried(faults, partial(_adoption, entries, day))
    refuse("quality index", faults)
    assert by_year is not None
    assert adoption is not None
    years = quality_index(by_year)
    last = rows[rows["year"] == years["year"].max()]
    return QualityStudy(
        opened, weights, record, day, years, _verdicts(years, day), _moved(by_year, base),
        _weight_range(by_year), _league(last, base, seed=seed, resamples=resamples), *adoption,
        0.95, resamples,
    )  # fmt: skip


def _adoption(entries: pd.DataFrame, on: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    if entries.empty:
        return pd.DataFrame(), pd.DataFrame()
    return adoptions.decide(entries, on=on), adoptions.adoption_rates(entries, on=on)


def _moved(counts: StratumCounts, base: pd.DataFrame) -> pd.DataFrame:
    """What moved the index between the last two years."""
    n = len(counts.groups)
    if n < 2:
        return pd.DataFrame()
    return changes.decompose(counts, base["commodity"], before=n - 2, after=n - 1)


def _verdicts(years: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Each year against the one before."""
    now = years.iloc[1:].reset_index(drop=True)
    past = years.iloc[:-1].reset_index(drop=True)
    facts = now[["index", "index_lo", "index_hi", "share_known"]].assign(
        before=past["index"], before_lo=past["index_lo"], before_hi=past["index_hi"],
        before_share_known=past["share_known"],
    )  # fmt: skip
    return changes.decide(facts, on=on).assign(year=now["year"], year_before=past["year"])


def _weight_range(counts: StratumCounts) -> tuple[float, float] | None:
    """Lowest and highest index of the last year when every weight may be wrong; none with untested strata."""
    n, x = counts.n_tested[-1], counts.n_nonconforming[-1]
    is_known = n > 0
    if not (counts.weight[is_known].sum() > 0):
        return None
    found = changes.weight_range(x[is_known] / n[is_known], counts.weight[is_known], factor=WRONG_BY)
    return float(found.lo), float(found.hi)


def _league(rows: pd.DataFrame, base: pd.DataFrame, *, seed: int, resamples: int) -> pd.DataFrame:
    """Origins of a year, each weighted by the whole trade in the commodities, so that the mix is one."""
    by_commodity = base.assign(weight=base["exposure"] * base["severity"]).groupby("commodity", sort=False)
    exposure = by_commodity["exposure"].sum()
    mean = by_commodity["weight"].sum() / exposure.where(exposure > 0)
    common = pd.DataFrame({"stratum_id": exposure.index, "exposure": exposure.to_numpy(),
                           "severity": mean.fillna(0).to_numpy()})  # fmt: skip
    counts = stratum_counts(rows.assign(stratum_id=rows["commodity"]), common, by=["origin"])
    found = quality_index(counts)
    drawn = resampled(counts, rng=np.random.default_rng(seed), resamples=resamples)
    ranks = league_table(found["index"], drawn).drop(columns="index")
    out = found.join(ranks)
    return out.sort_values(["rank", "origin"], ignore_index=True)


def _record(name: str, counts: OpenTable) -> OpenTable:
    if name or counts.is_sample:
        return open_example(name or ADOPTIONS, sample=ADOPTIONS, what="adoptions", texts=_ADOPTIONS)
    return replace(counts, name="", table=pd.DataFrame(columns=list(_ADOPTIONS)), n_read=0, sha256="")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    rows = table.reset_index(drop=True).astype(object)
    return rows.where(rows.notna(), None)


def _with_stratum(rows: pd.DataFrame) -> pd.DataFrame:
    both = rows["commodity"].astype(str) + " × " + rows["origin"].astype(str)
    return rows.assign(stratum_id=both.where(rows[list(_STRATUM)].notna().all(axis=1), None))


def _year_faults(rows: pd.DataFrame) -> list[Fault]:
    years = pd.to_numeric(rows["year"], errors="coerce")
    wrong = ~(years.between(1900, 2200) & (years == np.floor(years)))
    faults = [
        Fault(f"counts: row {row}: year", shown(rows["year"][row]), "a year") for row in np.flatnonzero(wrong)
    ]
    return faults + [
        Fault(f"counts: row {row}: {name}", "missing", "a name")
        for name in _STRATUM for row in np.flatnonzero(rows[name].isna())
    ]  # fmt: skip


def _last_day(rows: pd.DataFrame) -> dt.date:
    years = pd.to_numeric(rows.get("year", pd.Series(dtype=object)), errors="coerce").dropna()
    years = years[years.between(1900, 2200)]
    return dt.date(int(years.max()), 12, 31) if len(years) else dt.date.max
