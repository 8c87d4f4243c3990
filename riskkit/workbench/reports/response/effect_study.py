"""Everything that is said of the effect of a measure on a series of counts, worked out once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown, tried
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards.scales import scale
from riskkit.response.effect import average_ratio, decide
from riskkit.response.effect_power import periods_needed, series_power
from riskkit.response.effect_series import SeriesFit, fit_series, segmented_design
from riskkit.response.working_days import as_days
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.examples import column_faults, one_day, open_example

MOST_PERIODS = 120
MODELS = ("quasi_poisson", "newey_west", "ar1_reml")
# the 97.5 % point of the normal distribution: two-sided intervals of 95 %
_Z = 1.959963984540054
_UNEVEN = 0.2  # months differ by up to a tenth; a period left out differs by a whole one


@dataclass(frozen=True)
class EffectStudy:
    """A series with its fit, what would have come without the measure, and the verdict under each model."""

    opened: OpenTable
    began: dt.date
    level: str
    series: pd.DataFrame
    estimates: pd.DataFrame
    verdicts: pd.DataFrame
    note: str
    dispersion: float
    phi: float
    wanted: float
    power: float
    n_needed: int | None
    rate_hi: float
    limit: float


def study_effect(
    table: str, *, began: str, level: str, wanted: float = 0.7, limit: float = 0.0, season: int = 0
) -> EffectStudy:
    """Everything the notebook of effects shows; every fault of the file and the parameters at once."""
    opened = open_example(table, sample="effect_series", what="table", texts=["period"])
    rows, day, place = _checked(opened.table, began=began, level=level, wanted=wanted, limit=limit)
    first = int((rows["period"] < pd.Timestamp(day)).sum()) + 1
    design = segmented_design(len(rows), first, n_harmonics=1 if season else 0, season=season or 12)
    fits = {name: _fit(rows, design, name) for name in MODELS}
    estimates = pd.concat([average_ratio(fit, design) for fit in fits.values()]).set_axis(list(MODELS))
    series = rows.assign(**_curves(fits["quasi_poisson"], design, rows["exposure"].to_numpy()))
    measured = fits["quasi_poisson"].series.iloc[0]
    dispersion, phi = float(measured["dispersion"]), _neighbours(series)
    after = rows[rows["period"] >= pd.Timestamp(day)]
    mean = float(rows["n"][: first - 1].mean())
    known: dict[str, Any] = {"ratio": wanted, "mean": mean, "dispersion": dispersion, "phi": phi}
    is_known = mean > 0 and np.isfinite(dispersion) and dispersion > 0
    power = float(series_power(first - 1, len(after), **known)) if is_known else float("nan")
    needed = periods_needed(first - 1, at_most=MOST_PERIODS, **known) if is_known else None
    rate_hi = _upper_rate(float(after["n"].sum()), float(after["exposure"].sum()), dispersion)
    facts = estimates.assign(design="interrupted_series", level=place, power=power, rate_hi=rate_hi,
                             limit=limit or np.nan)  # fmt: skip
    return EffectStudy(
        opened, day, level, series, estimates, decide(facts, on=rows["period"].max().date()),
        str(measured["note"]), dispersion, phi, wanted, power, needed, rate_hi, limit,
    )  # fmt: skip


def _fit(rows: pd.DataFrame, design: pd.DataFrame, model: str) -> SeriesFit:
    if model.endswith("poisson"):
        return fit_series(rows[["n"]], design, model=model, exposure=rows[["exposure"]])
    shares = rows["n"] / rows["exposure"] * rows["exposure"].mean()
    return fit_series(shares.to_frame("n"), design, model=model)


def _curves(fit: SeriesFit, design: pd.DataFrame, exposure: Floats) -> dict[str, Floats]:
    """The fitted counts, and those expected without the measure with their interval."""
    at = fit.terms["estimate"].to_numpy()
    x = design.to_numpy(np.float64)
    without = design.assign(level=0.0, slope_change=0.0).to_numpy(np.float64)
    reach = _Z * np.sqrt(np.einsum("np,pq,nq->n", without, fit.covariance[0], without))
    middle = without @ at
    logs = {"fitted": x @ at, "without": middle, "without_lo": middle - reach, "without_hi": middle + reach}
    return {name: np.exp(values) * exposure for name, values in logs.items()}


def _neighbours(series: pd.DataFrame) -> float:
    """Correlation of neighbouring periods' residuals, none below 0."""
    rest = ((series["n"] - series["fitted"]) / np.sqrt(series["fitted"])).to_numpy()
    total = float(np.square(rest).sum())
    return float(np.clip(rest[1:] @ rest[:-1] / total, 0.0, 0.95)) if total > 0 else 0.0


def _upper_rate(n: float, exposure: float, dispersion: float) -> float:
    """Upper bound (97.5 %) of the rate with the measure: of Poisson, with the spread of the series."""
    spread = max(dispersion, 1.0)
    return float(spread * gammaincinv(n / spread + 1, 0.975) / exposure)


def _checked(
    table: pd.DataFrame, *, began: str, level: str, wanted: float, limit: float
) -> tuple[pd.DataFrame, dt.date, int]:
    faults = column_faults(table, what="table", needed=["period", "n"], known=["period", "n", "exposure"])
    day = one_day(began, what="began", faults=faults)
    levels = scale("warning").codes
    faults += [] if level in levels else [Fault("level", shown(level), one_of(level, list(levels)))]
    faults += [] if 0 < wanted < 1 else [Fault("wanted", shown(wanted), "above 0, below 1")]
    faults += [] if 0 <= limit < np.inf else [Fault("limit", shown(limit), "0 (not known) or above")]
    faults += [] if began else [Fault("began", "''", "YYYY-MM-DD")]
    refuse("series", faults)
    plain = table.reset_index(drop=True)
    plain = plain if "exposure" in plain else plain.assign(exposure=1.0)
    columns = [NumberColumn("n", low=0, is_whole=True), NumberColumn("exposure", low=0, is_above=True)]
    counts = tried(faults, partial(number_columns, plain, columns, what="table", texts=["period"]))
    days = tried(faults, partial(as_days, plain["period"].astype(object), what="period"))
    faults += [] if days is None else _period_faults(pd.Series(days))
    refuse("series", faults)
    assert counts is not None
    assert days is not None
    assert day is not None
    rows = pd.DataFrame({"period": pd.Series(days).astype("datetime64[s]"), **counts})
    n_before, n_after = (
        int((rows["period"] < pd.Timestamp(day)).sum()),
        int((rows["period"] >= pd.Timestamp(day)).sum()),
    )
    if n_before < 2 or n_after < 1 or len(rows) < 7:
        rule = "two periods or more before it, one or more from it on, seven in all"
        refuse("series", [Fault("began", f"{n_before} periods before, {n_after} after", rule)])
    return rows, day, levels.index(level) + 1


def _period_faults(days: pd.Series) -> list[Fault]:
    """Periods that do not follow each other at an even distance."""
    gaps = days.diff().dt.days
    usual = float(gaps.median())
    wrong = np.flatnonzero(
        (gaps.notna() & ~((gaps > 0) & ((gaps - usual).abs() <= _UNEVEN * usual))).to_numpy()
    )
    rule = RuleText(
        "about {} days after the row before: every period once, in the order of time", f"{usual:g}"
    )
    return [Fault(f"table: row {row}: period", str(days.iloc[row])[:10], rule) for row in wrong]
