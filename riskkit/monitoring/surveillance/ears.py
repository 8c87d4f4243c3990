"""EARS C1, C2, C3: a count against the mean and spread of the few periods before it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import ndtri

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.surveillance.series import alarm_table, read_series

_LAGS = {"C1": 0, "C2": 2, "C3": 2, "C3_lagged": 2}


def ears(
    counts: pd.DataFrame,
    *,
    method: str,
    alpha: float,
    baseline: int = 7,
    min_sigma: float = 0.0,
    at: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Alarms by EARS C1, C2 or C3 over any number of series.

    Parameters
    ----------
    counts : DataFrame
        As for `series.read_series`.
    method : str
        ``C1``: the `baseline` periods just before; ``C2``: two periods earlier, so that a beginning outbreak
        does not hide itself; ``C3``: the sum of what exceeds 1 in the C2 statistic of this and the two
        periods before; ``C3_lagged``: the threshold of R's ``earsC``, which looks at the two periods before
        but not at this one.
    alpha : float
        One-sided level: 0.001 is usual for C1 and C2, 0.025 for C3.
    baseline : int
        Periods, 3 or more.
    min_sigma : float
        The spread counts as at least this much.
    at : iterable, optional
        Periods to judge; all that have a baseline by default.

    Returns
    -------
    DataFrame
        series, period, observed, expected (mean of the baseline), bound, score (the statistic), is_alarm,
        reason.

    Raises
    ------
    InputFaults
        With every fault of the grid or of the arguments.

    References
    ----------
    .. [1] Hutwagner et al. (2003), J Urban Health 80:i89; Fricker et al. (2008), Statistics in Medicine
       27:3407 (``ears_2008``).

    Examples
    --------
    >>> y = [12, 10, 14, 9, 11, 13, 12, 10, 11, 15, 13, 12, 25, 14, 30, 31, 12]
    >>> found = ears(pd.DataFrame({"y": y}, index=range(1, 18)), method="C1", alpha=0.001)
    >>> found.loc[found["is_alarm"], ["period", "bound", "score"]].round(4).values.tolist()
    [[13.0, 17.2411, 7.9288], [15.0, 29.8103, 3.128]]
    """
    rules = {
        "method": (method in _LAGS, shown(method), one_of(str(method), _LAGS)),
        "alpha": (0 < alpha < 1, shown(alpha), "between 0 and 1"),
        "baseline": (baseline >= 3, shown(baseline), "3 or more"),
        "min_sigma": (min_sigma >= 0, shown(min_sigma), "0 or more"),
    }
    refuse("ears", [Fault(name, value, rule) for name, (holds, value, rule) in rules.items() if not holds])
    series, z = read_series(counts), float(-ndtri(alpha))
    first = baseline + _LAGS[method] + (2 if method.startswith("C3") else 0)
    positions = (
        np.arange(min(first, len(series.periods)), len(series.periods))
        if at is None
        else series.positions(at)
    )
    mean, spread = _baseline(series.counts, n=baseline, lag=_LAGS[method])
    spread = np.maximum(spread, min_sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = series.counts - mean
        score = np.where(excess == 0, 0.0, excess / spread)
    bound = mean + z * spread
    if method.startswith("C3"):
        over = np.maximum(score - 1, 0)
        before = sum((_lagged(over, lag) for lag in (1, 2)), np.zeros_like(over))
        score = before if method == "C3_lagged" else before + over
        room = series.counts if method == "C3_lagged" else mean + spread
        with np.errstate(invalid="ignore"):  # no spread, and all excess before: any count is too many
            bound = np.where(np.isnan(bound + before), np.nan, np.fmax(room + spread * (z - before), 0))
            bound[(before > z) & (method == "C3")] = 0.0
    with np.errstate(invalid="ignore"):
        is_alarm = score > z if method == "C3" else series.counts > bound
    return alarm_table(
        series,
        positions,
        columns={"expected": mean[positions], "bound": bound[positions], "score": score[positions]},
        because={"no_reference": np.isnan(bound[positions]), "above_bound": is_alarm[positions]},
    )


def _lagged(values: Floats, lag: int) -> Floats:
    return np.concatenate(
        [np.full((min(lag, len(values)), values.shape[1]), np.nan), values[: max(len(values) - lag, 0)]]
    )


def _baseline(counts: Floats, *, n: int, lag: int) -> tuple[Floats, Floats]:
    """Mean and spread of `n` periods that end `lag` periods before the one before."""
    n_whole = max(len(counts) - n - lag, 0)
    windows = [counts[k : k + n_whole] for k in range(n)]
    mean = np.add.reduce(windows) / n if n_whole else np.empty((0, counts.shape[1]))
    squares = np.zeros_like(mean)
    for window in windows:
        squares += (window - mean) ** 2
    head = np.full((len(counts) - n_whole, counts.shape[1]), np.nan)
    return np.concatenate([head, mean]), np.concatenate([head, np.sqrt(squares / (n - 1))])
