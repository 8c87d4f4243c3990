"""A count against the predictive distribution that earlier counts give (Bayes 1, 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.surveillance.prediction_bounds import negative_binomial_bound
from riskkit.monitoring.surveillance.reference_periods import reference_points
from riskkit.monitoring.surveillance.series import alarm_table, read_series


@dataclass(frozen=True)
class BayesSettings:
    """Choices of the method.

    Parameters
    ----------
    years_back, half_window : int
        Earlier years (b), and periods on either side of each reference period (w).
    alpha : float
        One-sided level.
    has_this_year : bool
        Whether the `half_window` periods just before count too.
    is_strict : bool
        Whether only a count above the bound is an alarm; the published methods take one at it too.
    """

    years_back: int
    half_window: int
    alpha: float
    has_this_year: bool = True
    is_strict: bool = False

    def check(self) -> None:
        """Refuse choices that make no sense, all at once.

        Examples
        --------
        >>> BayesSettings(years_back=0, half_window=6, alpha=2.0).check()
        Traceback (most recent call last):
        riskkit.foundation.inputs.faults.InputFaults: bayes: 1 fault
          alpha: 2.0, must be: between 0 and 1
        """
        rules = {
            "years_back": (self.years_back >= 0, self.years_back, "0 or more"),
            "half_window": (self.half_window >= 0, self.half_window, "0 or more"),
            "alpha": (0 < self.alpha < 1, self.alpha, "between 0 and 1"),
            "has_this_year": (self.has_this_year or self.years_back >= 1, self.has_this_year,
                              "yes where years_back is 0"),
        }  # fmt: skip
        faults = [
            Fault(name, shown(value), rule) for name, (holds, value, rule) in rules.items() if not holds
        ]
        refuse("bayes", faults)


def bayes_bounds(
    counts: pd.DataFrame,
    *,
    settings: BayesSettings,
    at: Iterable[object] | None = None,
    exposure: pd.DataFrame | pd.Series | None = None,
    frequency: int | None = None,
) -> pd.DataFrame:
    """Alarms by the negative binomial that follows from a Poisson count with Jeffreys' prior.

    Parameters
    ----------
    counts : DataFrame
        As for `series.read_series`.
    settings : BayesSettings
    at : iterable, optional
        Periods to judge; the newest alone by default.
    exposure : DataFrame or Series, optional
        What the counts are in proportion to, as for `series.read_series`: the rate of the earlier periods is
        applied to the exposure of the period that is judged. A period of unknown exposure or of 0 says
        nothing. 1 by default, which is the published method.
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
        With every fault of the grid or of the settings.

    References
    ----------
    .. [1] Riebler (2004); Höhle (2007), Computational Statistics 22:571 (``hoehle_2007``).

    Examples
    --------
    >>> counts = pd.DataFrame({"a": [3, 1, 0, 2, 2, 1, 9]})
    >>> found = bayes_bounds(counts, settings=BayesSettings(years_back=0, half_window=6, alpha=0.05))
    >>> found[["bound", "is_alarm", "reason"]].values.tolist()
    [[4.0, True, 'above_bound']]
    """
    settings.check()
    series = read_series(counts, exposure=exposure, frequency=frequency)
    positions = series.positions(at)
    shape = (len(positions), len(series.names))
    total, exposed = np.full(shape, np.nan), np.zeros(shape)
    is_known = np.isfinite(series.counts) & (series.exposure > 0)
    lags = np.arange(-settings.half_window, settings.half_window + 1)
    for row, position in enumerate(positions):
        points = reference_points(series, int(position), years_back=settings.years_back)[1:]
        past = (points[:, None] + lags).ravel()
        past = (
            np.concatenate(
                [past, np.arange(-settings.half_window, 0) if settings.has_this_year else past[:0]]
            )
            + position
        )
        if past.size and past.min() >= 0:
            exposed[row] = np.where(is_known[past], series.exposure[past], 0.0).sum(axis=0)
            total[row] = np.where(is_known[past], series.counts[past], 0.0).sum(axis=0)
    observed, exposed_now = series.counts[positions], series.exposure[positions]
    total = np.where((exposed > 0) & (exposed_now > 0), total, np.nan)
    phi = 1 + np.where(exposed > 0, exposed_now / np.where(exposed > 0, exposed, 1.0), 1.0)
    expected = (total + 0.5) * (phi - 1)
    bound, p_value = negative_binomial_bound(observed, expected, phi=phi, alpha=settings.alpha)
    with np.errstate(invalid="ignore"):
        is_alarm = (observed > bound) | ((observed == bound) & (observed > 0) & (not settings.is_strict))
    numbers = {"expected": expected, "bound": bound, "p_value": p_value}
    because = {"no_reference": np.isnan(bound), "above_bound": is_alarm}
    return alarm_table(series, positions, columns=numbers, because=because)
