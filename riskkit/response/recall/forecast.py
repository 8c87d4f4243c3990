"""How far a recall will have come: its completion curve ahead, with an interval, pooled over past recalls.

The share of units still open falls by the factor exp(−H) between two days. H grows as a gamma process: over
h years it is Gamma(a·h, b), in steps rather than smoothly, as remedies are. Each recall has its own b. Over
recalls b spreads as Gamma(1, d), and a recall that brought its open share down by H in T years has
b ~ Gamma(1 + a·T, d + H), where older reports count less (half as much for each half-life). Then
H ahead / (d + H so far) is beta-prime with (a·h, 1 + a·T): every quantile is exact, and a recall with few
reports is drawn towards the past ones. a and d are those under which forecasts made at past reports scored
best on what followed (mean quantile score), held towards a stated start while the past is short.

What it does not know: deadlines, changes of remedy, and denominators that will be restated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaincinv

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, floats
from riskkit.response.recall.progress import read_reports

_YEAR = 365.25  # days
_HORIZONS = (91, 183, 365)  # days: how far ahead past forecasts are scored
_SLACK = 60  # days: how much before its day the report that settles a forecast may lie
_SCORED = np.array([0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975])
_MOST_PAIRS = 2_000
_FARTHEST = 3_660  # days
_FORECAST = (
    "recall_id", "day", "days_ahead", "reported_on", "n_reports", "rate_now", "rate_mid", "rate_lo",
    "rate_hi", "n_mid", "note",
)  # fmt: skip


@dataclass(frozen=True)
class CurvePrior:
    """How the curves of past recalls spread.

    Parameters
    ----------
    steps_per_year : float
        a: the fewer, the more a curve goes in jumps [1/year].
    pace : float
        d: the typical H of a year is about a·d.
    half_life : float
        Age at which a report counts half [years].
    n_pairs : int
        Forecasts of the past that were scored; 0: nothing was learnt, the start values stand.

    Examples
    --------
    >>> CurvePrior().n_pairs
    0
    """

    steps_per_year: float = 4.0
    pace: float = 0.1
    half_life: float = 0.5
    n_pairs: int = 0


START = CurvePrior()
"""House values while no past is known: in a year a typical recall does about a third of what is open."""
_HOLD = 50.0  # how many scored forecasts the start values weigh as much as, roughly


def fit_curve_prior(reports: pd.DataFrame, *, on: dt.date, start: CurvePrior = START) -> CurvePrior:
    """Learn from past recalls how curves spread; open recalls may be among them.

    Parameters
    ----------
    reports : DataFrame
        As `read_reports`, one row a recall and day.
    on : date
        Later reports are not looked at.
    start : CurvePrior
        What holds while the past is short.

    Returns
    -------
    CurvePrior

    Raises
    ------
    InputFaults
        As `read_reports`.

    References
    ----------
    .. [1] Quantile scores: Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102:359–378 (``gneiting_2007``).

    Examples
    --------
    >>> days = pd.date_range("2024-01-31", periods=8, freq="QE")
    >>> fast = pd.DataFrame({"recall_id": "a", "report_date": days, "n_affected": 1000,
    ...                      "n_completed": [400, 640, 780, 870, 920, 950, 970, 985]})
    >>> slow = fast.assign(recall_id="b", n_completed=[10, 20, 30, 40, 50, 60, 70, 80])
    >>> prior = fit_curve_prior(pd.concat([fast, slow]), on=dt.date(2026, 1, 1))
    >>> prior.n_pairs > 10 and prior != START
    True
    """
    steps = _steps(reports, on=on, half_life=start.half_life)
    pairs = _pairs(steps)
    if pairs.empty:
        return start
    settled = (
        pairs["rate_after"].to_numpy(),
        *(pairs[name].to_numpy() for name in ("rate", "years", "H", "T")),
    )

    def loss(at: Floats) -> float:
        prior = CurvePrior(float(np.exp(at[0])), float(np.exp(at[1])), start.half_life)
        held = float(((at - origin) ** 2).sum())
        return _score(settled, prior) * len(pairs) / unit + _HOLD * held

    origin = np.log([start.steps_per_year, start.pace])
    unit = max(_score(settled, start), 1e-9)  # the score of the start counts one for each forecast
    simplex = origin + np.array([[0, 0], [0.5, 0], [0, 0.5]])
    options = {"initial_simplex": simplex, "maxiter": 120, "xatol": 0.01, "fatol": 0.01}
    best = np.exp(minimize(loss, origin, method="Nelder-Mead", options=options).x)
    return CurvePrior(float(best[0]), float(best[1]), start.half_life, len(pairs))


def _steps(reports: pd.DataFrame, *, on: dt.date, half_life: float) -> pd.DataFrame:
    """Every report with a rate up to the day, and what was known of its recall's pace on that day (H, T)."""
    found = read_reports(reports)
    found = found[(found["report_date"] <= pd.Timestamp(on)) & found["rate"].notna()]
    found = found.sort_values(["recall_id", "report_date"], kind="stable").reset_index(drop=True)
    floor = 0.5 / found["n_open"]  # the last unit counts as half open, so that no logarithm is infinite
    log_open = pd.Series(np.log(np.maximum(1 - found["rate"], floor)))
    codes = pd.Series(pd.factorize(found["recall_id"])[0], index=found.index)
    fell = -log_open.groupby(codes).diff().fillna(0.0)
    years = (found["report_date"] - found["report_date"].min()).dt.days / _YEAR
    gap = years.groupby(codes).diff().fillna(0.0)
    weight = 2.0 ** ((years - years.max()) / half_life)
    for name, step in (("H", fell), ("T", gap)):
        found[name] = (weight * step).groupby(codes).cumsum() / weight
    found["H"] = found["H"].clip(lower=0)  # restated downwards, a pace is nil rather than negative
    return found.assign(n_reports=codes.groupby(codes).cumcount() + 1)


def _pairs(steps: pd.DataFrame) -> pd.DataFrame:
    """Past reports (one a recall and quarter) with the report that settles a forecast made at them."""
    is_open = steps["rate"] < 1
    origins = steps[is_open].groupby([steps["recall_id"], steps["report_date"].dt.to_period("Q")]).tail(1)
    later = steps[["recall_id", "report_date"]].assign(
        rate_after=steps["rate"], settled_on=steps["report_date"]
    )
    later = later.sort_values("report_date")
    found = []
    for days in _HORIZONS:
        asked = origins.assign(report_date=origins["report_date"] + pd.Timedelta(days=days))
        asked["years"] = origins["report_date"]
        both = pd.merge_asof(
            asked.sort_values("report_date"), later, on="report_date", by="recall_id",
            tolerance=pd.Timedelta(days=_SLACK),
        ).dropna(subset=["rate_after"])  # fmt: skip
        found.append(both.assign(years=(both["settled_on"] - both["years"]).dt.days / _YEAR))
    every = pd.concat(found, ignore_index=True)
    every = every.sort_values(["recall_id", "settled_on", "years"], kind="stable")
    return every.iloc[:: max(1, -(-len(every) // _MOST_PAIRS))]


def _score(settled: tuple[Floats, ...], prior: CurvePrior) -> float:
    after, rate, years, fallen, watched = settled
    error = after - _quantiles(prior, (rate, years, fallen, watched), _SCORED)
    return float(np.maximum(_SCORED[:, None] * error, (_SCORED[:, None] - 1) * error).mean())


def _quantiles(prior: CurvePrior, known: tuple[Floats, ...], shares: Floats) -> NDArray[np.float64]:
    """Quantiles of the rate ahead, one row a share, from rate, years ahead, H and T."""
    rate, years, fallen, watched = known
    a = np.maximum(prior.steps_per_year * years, 1e-12)
    ratio = betaincinv(a, 1 + prior.steps_per_year * watched, shares[:, None])
    with np.errstate(divide="ignore"):
        ahead = (prior.pace + fallen) * ratio / (1 - ratio)
    found: NDArray[np.float64] = rate - (1 - rate) * np.expm1(-ahead)
    return found


def forecast_completion(
    reports: pd.DataFrame, *, on: dt.date, days: Sequence[int], prior: CurvePrior = START, level: float = 0.9
) -> pd.DataFrame:
    """The completion rate of each recall ahead, with an interval.

    Parameters
    ----------
    reports : DataFrame
        As `read_reports`, one row a recall and day.
    on : date
        Day of the forecast; later reports are not looked at.
    days : sequence of int
        How far ahead of `on` [days]; several make a curve.
    prior : CurvePrior
        From `fit_curve_prior`.
    level : float
        Probability that the interval is to hold, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a recall and day ahead: recall_id, day, days_ahead, reported_on, n_reports, rate_now, rate_mid
        (median), rate_lo, rate_hi (shares of the units affected and not removed), n_mid [units, as last
        reported], note (``unknown``: no report with all counts, the rest is missing; ``complete``;
        ``restated``: the count fell once, so it may again; ``few_reports``: one, the past alone speaks; or
        empty).

    Raises
    ------
    InputFaults
        As `read_reports`, and for a `level` or days outside their range.

    Examples
    --------
    >>> rows = pd.DataFrame({"recall_id": "a", "report_date": ["2025-12-31", "2026-03-31"],
    ...                      "n_affected": 1000, "n_completed": [200, 400]})
    >>> ahead = forecast_completion(rows, on=dt.date(2026, 3, 31), days=[0, 183])
    >>> ahead["rate_mid"].iloc[0].item(), bool(0.5 < ahead["rate_mid"].iloc[1] < 0.7)
    (0.4, True)
    """
    _require_asked(days, level)
    steps = _steps(reports, on=on, half_life=prior.half_life)
    fell = steps["n_completed"].diff() < 0
    fell &= steps["recall_id"].eq(steps["recall_id"].shift())
    restated = set(steps.loc[fell, "recall_id"])
    last = steps.groupby("recall_id").tail(1).set_index("recall_id")
    last = last.reindex(pd.Index(reports["recall_id"].unique(), name="recall_id"))
    table = last.loc[last.index.repeat(len(days))].reset_index()
    table["days_ahead"] = np.tile(np.asarray(days, dtype=np.int64), len(last))
    table["day"] = pd.Timestamp(on) + pd.to_timedelta(table["days_ahead"], unit="D")
    # time since the last report has passed unseen: it belongs to what is forecast
    years = (table["day"] - table["report_date"]).dt.days / _YEAR
    known = (floats(table["rate"]), floats(years), floats(table["H"]), floats(table["T"]))
    shares = np.array([0.5, (1 - level) / 2, (1 + level) / 2])
    for name, values in zip(_FORECAST[6:9], _quantiles(prior, known, shares), strict=True):
        table[name] = values
    table["n_mid"] = (table["rate_mid"] * table["n_open"]).round()
    notes = [
        (table["rate"].isna(), "unknown"),
        (table["rate"] >= 1, "complete"),
        (table["recall_id"].isin(restated), "restated"),
        (table["n_reports"] < 2, "few_reports"),
    ]
    table["note"] = np.select([case for case, _ in notes], [name for _, name in notes], "")
    table["n_reports"] = table["n_reports"].fillna(0).astype(np.int64)
    table = table.assign(reported_on=table["report_date"], rate_now=table["rate"])
    return table[list(_FORECAST)]


def _require_asked(days: Sequence[int], level: float) -> None:
    faults = [
        Fault(f"days: {k}", shown(day), RuleText("a whole number from 0 to {}", _FARTHEST))
        for k, day in enumerate(days)
        if day != int(day) or not 0 <= day <= _FARTHEST
    ]
    if not len(days):
        faults.append(Fault("days", "[]", "at least one"))
    if not 0 < level < 1:
        faults.append(Fault("level", shown(level), "between 0 and 1"))
    refuse("forecast_completion", faults)
