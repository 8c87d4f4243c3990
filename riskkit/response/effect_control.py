"""Synthetic control: what would have come without a measure, as a weighted mean of units it did not reach.

The weights are the exact optimum of a quadratic programme. With predictors, how much each matters is searched
for from its own result again until the fit before the measure no longer improves: a single search stops at a
poor fit without a sign. The fit before the measure is reported, and a poor one gives no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize, nnls

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.short_repr import ShownInNotebooks

_SUM_WEIGHT = 1e4  # of the row that holds the sum of the weights at 1, relative to the largest number
_RESTARTS, _STEPS, _GAIN, _ROUNDING = 20, 4000, 1e-9, 1e-9


@dataclass(frozen=True, repr=False)
class SyntheticControl(ShownInNotebooks):
    """A unit beside its synthetic control.

    Parameters
    ----------
    weights : Series
        One a unit not treated, from 0, adding up to 1.
    importance : Series
        Of each predictor, adding up to 1; empty without predictors.
    gaps : DataFrame
        One row a period: actual, synthetic, gap (actual less synthetic), and for the periods with the measure
        gap_lo, gap_hi (conformal; infinite where the periods before are too few for the level).
    pre_rmspe : float
        Root of the mean squared gap over the periods that were fitted, in the unit of the outcome.
    misfit : float
        `pre_rmspe` over the standard deviation of the treated unit in those periods. Where it is large the
        effect means nothing, and `riskkit.response.effect.decide` gives no verdict.
    effect, effect_se : float
        Mean gap with the measure, and its standard error from the scatter of those gaps.
    rmspe_ratio : float
        Root mean squared gap with the measure over that before it.
    """

    weights: pd.Series
    importance: pd.Series
    gaps: pd.DataFrame
    pre_rmspe: float
    misfit: float
    effect: float
    effect_se: float
    rmspe_ratio: float


def synthetic_control(
    outcomes: pd.DataFrame,
    treated: str,
    *,
    first_post: float,
    fit_periods: Sequence[float] | None = None,
    predictors: pd.DataFrame | None = None,
    importance: pd.Series | None = None,
    level: float = 0.95,
) -> SyntheticControl:
    """Weigh the other units so that they follow the treated one before the measure.

    Parameters
    ----------
    outcomes : DataFrame, shape (periods, units)
        Index: numbers of the periods, rising.
    treated : str
        Its column.
    first_post : number
        First period with the measure.
    fit_periods : sequence of number, optional
        Periods that are fitted; all before `first_post` otherwise.
    predictors : DataFrame, shape (predictors, units), optional
        What must be alike before the measure, in any units. Without it the outcomes themselves are matched.
    importance : Series, optional
        How much each predictor matters; searched for otherwise.
    level : float
        Of the conformal intervals, between 0 and 1.

    Returns
    -------
    SyntheticControl

    Raises
    ------
    InputFaults
        With every missing value and everything else that is wrong.

    References
    ----------
    .. [1] Abadie, Diamond and Hainmueller (2010), JASA 105:493–505 (``abadie_2010``).
    .. [2] Chernozhukov, Wüthrich and Zhu (2021), JASA 116:1849–1864 (``chernozhukov_2021``), without refits.

    Examples
    --------
    >>> seen = pd.DataFrame({"a": [4.0, 6, 5, 2], "b": [3.0, 5, 4, 6], "c": [5.0, 7, 6, 8]}, index=range(4))
    >>> found = synthetic_control(seen, "a", first_post=3)
    >>> found.weights.round(3).tolist(), round(found.effect, 3)
    ([0.5, 0.5], -5.0)
    """
    fitted = [at for at in outcomes.index if at < first_post] if fit_periods is None else list(fit_periods)
    _require(outcomes, treated, first_post=first_post, fitted=fitted)
    donors = [name for name in outcomes.columns if name != treated]
    x, y = (
        outcomes.loc[fitted, donors].to_numpy(np.float64),
        outcomes.loc[fitted, treated].to_numpy(np.float64),
    )
    if predictors is None:
        weights, share = _on_simplex(x, y), pd.Series(dtype=np.float64)
    else:
        _require_predictors(predictors, [treated, *donors], importance)
        weights, values = _matched(predictors[[treated, *donors]], x, y, importance=importance)
        share = pd.Series(values, index=predictors.index)
    synthetic = outcomes[donors].to_numpy(np.float64) @ weights
    gaps = pd.DataFrame({"actual": outcomes[treated].astype(np.float64), "synthetic": synthetic})
    gaps["gap"] = gaps["actual"] - gaps["synthetic"]
    before, after = gaps.loc[fitted, "gap"], gaps.loc[gaps.index >= first_post, "gap"]
    reach = _conformal_reach(gaps.loc[gaps.index < first_post, "gap"], level)
    gaps["gap_lo"], gaps["gap_hi"] = after - reach, after + reach
    pre_rmspe = float(np.sqrt(np.square(before).mean()))
    misfit = _misfit(pre_rmspe, y)
    post_rmspe = float(np.sqrt(np.square(after).mean()))
    return SyntheticControl(
        weights=pd.Series(weights, index=donors),
        importance=share,
        gaps=gaps,
        pre_rmspe=pre_rmspe,
        misfit=misfit,
        effect=float(after.mean()),
        effect_se=float(after.std(ddof=1) / np.sqrt(len(after))),
        rmspe_ratio=post_rmspe / pre_rmspe if pre_rmspe > 0 else float("inf") if post_rmspe > 0 else 1.0,
    )


def control_facts(found: SyntheticControl, *, first_post: float) -> pd.DataFrame:
    """A synthetic control as the facts from which a verdict is drawn.

    Parameters
    ----------
    found : SyntheticControl
    first_post : number
        First period with the measure.

    Returns
    -------
    DataFrame
        One row: design, n_before, n_after, ratio, ratio_lo, ratio_hi (actual over synthetic with the measure;
        the mean of the conformal intervals, wider than that of a mean; missing where they are infinite or the
        synthetic control is not above 0), misfit.

    Examples
    --------
    >>> seen = pd.DataFrame({"a": [4.0, 6, 5, 2], "b": [3.0, 5, 4, 6], "c": [5.0, 7, 6, 8]}, index=range(4))
    >>> found = synthetic_control(seen, "a", first_post=3, level=0.7)
    >>> control_facts(found, first_post=3)[["n_before", "ratio"]].round(2).iloc[0].tolist()
    [3.0, 0.29]
    """
    after = found.gaps[found.gaps.index >= first_post].mean()
    expected = after["synthetic"] if after["synthetic"] > 0 else np.nan
    values = {
        name: max(1 + after[gap] / expected, 0.0) if np.isfinite(after[gap] / expected) else np.nan
        for name, gap in (("ratio", "gap"), ("ratio_lo", "gap_lo"), ("ratio_hi", "gap_hi"))
    }
    row = {
        "design": "synthetic_control",
        "n_before": int((found.gaps.index < first_post).sum()),
        "n_after": int((found.gaps.index >= first_post).sum()),
        **values,
        "misfit": found.misfit,
    }
    return pd.DataFrame([row])


def placebo_ratios(
    outcomes: pd.DataFrame,
    treated: str,
    *,
    first_post: float,
    fit_periods: Sequence[float] | None = None,
    predictors: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every unit as if it had been treated; the treated one is no donor to the others.

    Parameters
    ----------
    outcomes, treated, first_post, fit_periods, predictors
        As of `synthetic_control`.

    Returns
    -------
    DataFrame
        One row a unit, treated first: effect, pre_rmspe, rmspe_ratio, p (share of all units with a ratio at
        least as large; of the first row it is the permutation test).

    References
    ----------
    .. [1] Abadie, Diamond and Hainmueller (2010), 2.4 (``abadie_2010``).

    Examples
    --------
    >>> seen = pd.DataFrame({"a": [4.0, 6, 5, 2], "b": [3.0, 5, 4, 6], "c": [5.0, 7, 5, 8]})
    >>> seen["d"] = [1.0, 2, 2, 3]
    >>> placebo_ratios(seen, "a", first_post=3).index.tolist()
    ['a', 'b', 'c', 'd']
    """
    others = [name for name in outcomes.columns if name != treated]
    rows = {}
    for unit in [treated, *others]:
        seen = outcomes if unit == treated else outcomes[others]
        found = synthetic_control(
            seen, unit, first_post=first_post, fit_periods=fit_periods, predictors=predictors
        )
        rows[unit] = (found.effect, found.pre_rmspe, found.rmspe_ratio)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["effect", "pre_rmspe", "rmspe_ratio"])
    table["p"] = table["rmspe_ratio"].rank(method="max", ascending=False) / len(table)
    return table


def difference_in_differences(outcomes: pd.DataFrame, treated: str, *, first_post: float) -> float:
    """The change of the treated unit less the mean change of the others.

    Parameters
    ----------
    outcomes, treated, first_post
        As of `synthetic_control`.

    Returns
    -------
    float
        In the unit of the outcome.

    References
    ----------
    .. [1] Arkhangelsky et al. (2021), AER 111:4088–4118 (``arkhangelsky_2021``), for the comparison.

    Examples
    --------
    >>> seen = pd.DataFrame({"a": [4.0, 4, 1], "b": [3.0, 5, 6], "c": [1.0, 1, 2]})
    >>> difference_in_differences(seen, "a", first_post=2)
    -4.5
    """
    fitted = [at for at in outcomes.index if at < first_post]
    _require(outcomes, treated, first_post=first_post, fitted=fitted)
    is_after = outcomes.index >= first_post
    change = outcomes[is_after].mean() - outcomes[~is_after].mean()
    return float(change[treated] - change.drop(treated).mean())


def _require(outcomes: pd.DataFrame, treated: str, *, first_post: float, fitted: Sequence[float]) -> None:
    faults = []
    if treated not in outcomes.columns:
        faults.append(Fault("treated", shown(treated), one_of(treated, map(str, outcomes.columns))))
    if outcomes.shape[1] < 3:
        faults.append(Fault("outcomes", f"{outcomes.shape[1]} units", "the treated one and two others"))
    if (
        not outcomes.columns.is_unique
        or not outcomes.index.is_monotonic_increasing
        or outcomes.index.has_duplicates
    ):
        faults.append(Fault("outcomes", "its labels", "each unit and period once, periods rising"))
    wrong = [at for at in fitted if at not in outcomes.index or at >= first_post]
    faults += [Fault("fit_periods", shown(at), RuleText("a period before {}", first_post)) for at in wrong]
    if len(fitted) < 2 or not (outcomes.index >= first_post).any():
        faults.append(Fault("first_post", shown(first_post), "two periods or more before it, one from it on"))
    faults += _missing(outcomes, "outcomes")
    refuse("synthetic control", faults)


def _missing(values: pd.DataFrame, name: str) -> list[Fault]:
    numbers = values.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    return [
        Fault(
            f"{name}: {values.index[row]}: {values.columns[column]}",
            shown(values.iloc[row, column]),
            "a finite number",
        )
        for row, column in np.argwhere(~np.isfinite(numbers))
    ]


def _require_predictors(predictors: pd.DataFrame, units: Sequence[str], importance: pd.Series | None) -> None:
    absent = [unit for unit in units if unit not in predictors.columns]
    faults = [Fault("predictors", shown(unit), "a column for each unit") for unit in absent]
    there = predictors[[unit for unit in units if unit in predictors.columns]]
    faults += _missing(there, "predictors")
    if not faults:
        flat = predictors.index[there.to_numpy(np.float64).std(axis=1) == 0]
        faults += [
            Fault(f"predictors: {name}", "the same everywhere", "something that differs") for name in flat
        ]
    if importance is not None and (
        list(importance.index) != list(predictors.index)
        or not (importance >= 0).all()
        or importance.sum() <= 0
    ):
        faults.append(Fault("importance", shown(importance), "one number from 0 up a predictor, not all 0"))
    refuse("synthetic control", faults)


def _on_simplex(x: Floats, y: Floats) -> Floats:
    """Weights from 0 that add up to 1 and bring `x` closest to `y`."""
    heavy = _SUM_WEIGHT * (float(np.abs(x).max()) or 1.0)
    rows = np.vstack([x, np.full(x.shape[1], heavy)])
    weights, _ = nnls(rows, np.append(y, heavy), maxiter=100 * x.shape[1])
    return np.asarray(weights / weights.sum())


def _matched(
    predictors: pd.DataFrame, x: Floats, y: Floats, *, importance: pd.Series | None
) -> tuple[Floats, Floats]:
    scaled = predictors.to_numpy(np.float64)
    scaled = scaled / scaled.std(axis=1, ddof=1, keepdims=True)

    def weights(share: Floats) -> Floats:
        root = np.sqrt(np.abs(share) / np.abs(share).sum())
        return _on_simplex(scaled[:, 1:] * root[:, None], scaled[:, 0] * root)

    def loss(share: Floats) -> float:
        return float(np.square(y - x @ weights(share)).mean())

    if importance is not None:
        given = importance.to_numpy(np.float64)
        return weights(given), given / given.sum()
    best = np.full(len(scaled), 1 / len(scaled))
    lowest = loss(best)
    for _ in range(_RESTARTS):
        found = minimize(loss, best, method="Nelder-Mead", options={"maxiter": _STEPS, "maxfev": 2 * _STEPS})
        gain = lowest - found.fun
        best, lowest = np.abs(found.x) / np.abs(found.x).sum(), min(lowest, float(found.fun))
        if gain <= _GAIN * lowest:
            break
    return weights(best), best


def _misfit(pre_rmspe: float, y: Floats) -> float:
    """Error over the scatter of the treated unit; differences of rounding are none."""
    nothing, scatter = _ROUNDING * float(np.abs(y).max()), float(y.std(ddof=1))
    if pre_rmspe <= nothing:
        return 0.0
    return pre_rmspe / scatter if scatter > nothing else float("inf")


def _conformal_reach(before: pd.Series, level: float) -> float:
    """The largest gap that would not stand out among those before the measure."""
    rank = int(np.floor((1 - level) * (len(before) + 1) + 1e-9))
    return float(np.sort(before.abs())[-rank]) if rank >= 1 else float("inf")
