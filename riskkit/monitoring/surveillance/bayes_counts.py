"""A count against the predictive distribution that earlier counts give (Bayes 1, 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.surveillance.prediction_bounds import negative_binomial_bound
from riskkit.monitoring.surveillance.reference_periods import reference_points
from riskkit.monitoring.surveillance.series import alarm_table, read_series


def bayes_bounds(
    counts: pd.DataFrame,
    *,
    years_back: int,
    half_window: int,
    alpha: float,
    has_this_year: bool = True,
    is_strict: bool = False,
    at: Iterable[object] | None = None,
    frequency: int | None = None,
) -> pd.DataFrame:
    """Alarms by the negative binomial that follows from a Poisson count with Jeffreys' prior.

    Parameters
    ----------
    counts : DataFrame
        As for `series.read_series`.
    years_back, half_window : int
        Earlier years (b), and periods on either side of each reference period (w).
    alpha : float
        One-sided level.
    has_this_year : bool
        Whether the `half_window` periods just before count too.
    is_strict : bool
        Whether only a count above the bound is an alarm; the published methods take one at it too.
    at : iterable, optional
        Periods to judge; the newest alone by default.
    frequency : int, optional
        As for `series.read_series`.

    Returns
    -------
    DataFrame
        series, period, observed, expected, bound (the ``1 - alpha`` quantile), p_value, is_alarm (at or above
        the bound, or above it alone; never where nothing was observed), reason.

    Raises
    ------
    InputFaults
        With every fault of the grid or of the arguments.

    References
    ----------
    .. [1] Riebler (2004); Höhle (2007), Computational Statistics 22:571 (``hoehle_2007``).

    Examples
    --------
    >>> counts = pd.DataFrame({"a": [3, 1, 0, 2, 2, 1, 9]})
    >>> found = bayes_bounds(counts, years_back=0, half_window=6, alpha=0.05)
    >>> found[["bound", "is_alarm", "reason"]].values.tolist()
    [[4.0, True, 'above_bound']]
    """
    rules = {
        "years_back": (years_back >= 0, shown(years_back), "0 or more"),
        "half_window": (half_window >= 0, shown(half_window), "0 or more"),
        "alpha": (0 < alpha < 1, shown(alpha), "between 0 and 1"),
        "has_this_year": (
            has_this_year or years_back >= 1,
            shown(has_this_year),
            "yes where years_back is 0",
        ),
    }
    refuse("bayes", [Fault(name, value, rule) for name, (holds, value, rule) in rules.items() if not holds])
    series = read_series(counts, frequency=frequency)
    positions = series.positions(at)
    shape = (len(positions), len(series.names))
    total, n_known = np.full(shape, np.nan), np.zeros(shape)
    lags = np.arange(-half_window, half_window + 1)
    for row, position in enumerate(positions):
        points = reference_points(series, int(position), years_back=years_back)[1:]
        past = (points[:, None] + lags).ravel()
        past = np.concatenate([past, np.arange(-half_window, 0) if has_this_year else past[:0]]) + position
        if past.size and past.min() >= 0:
            found = series.counts[past]
            n_known[row] = np.isfinite(found).sum(axis=0)
            total[row] = np.nansum(found, axis=0)
    observed = series.counts[positions]
    total = np.where(n_known > 0, total, np.nan)
    phi = 1 + 1 / np.maximum(n_known, 1)
    expected = (total + 0.5) * (phi - 1)
    bound, p_value = negative_binomial_bound(observed, expected, phi=phi, alpha=alpha)
    with np.errstate(invalid="ignore"):
        is_alarm = (observed > bound) | ((observed == bound) & (observed > 0) & (not is_strict))
    numbers = {"expected": expected, "bound": bound, "p_value": p_value}
    because = {"no_reference": np.isnan(bound), "above_bound": is_alarm}
    return alarm_table(series, positions, columns=numbers, because=because)
