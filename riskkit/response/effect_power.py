"""Whether an effect can be seen: power of an interrupted series of counts, and how long it must run."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats


def series_power(
    n_before: int,
    n_after: ArrayLike,
    *,
    ratio: float,
    mean: float,
    dispersion: float = 1.0,
    phi: float = 0.0,
    level: float = 0.95,
) -> Floats:
    """Probability that a step of a given size is found at the confidence level.

    Parameters
    ----------
    n_before : int
        Periods before the measure, at least 2.
    n_after : array_like of int
        Periods with it, at least 1.
    ratio : float
        Rate with the measure over rate without it, above 0.
    mean : float
        Events a period before it, above 0.
    dispersion : float
        Variance over mean of a period, at least 1 for most series.
    phi : float
        Correlation of neighbouring periods, from 0 up and below 1; the variance of the step is widened by
        (1 + phi)/(1 - phi).
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    ndarray
        Shape of `n_after`; of the model with a line and a step (const, time, level) of `effect_series`.

    Raises
    ------
    InputFaults
        With every argument out of its range.

    References
    ----------
    .. [1] McCullagh and Nelder, Generalized Linear Models: expected information (``mccullagh_nelder``).

    Examples
    --------
    >>> series_power(24, [3, 6, 12], ratio=0.7, mean=20).round(2).tolist()
    [0.49, 0.64, 0.69]
    """
    lengths = np.asarray(n_after)
    given = {
        "n_before": (n_before, n_before >= 2, "at least 2"),
        "n_after": (n_after, bool((lengths >= 1).all()), "at least 1"),
        "ratio": (ratio, 0 < ratio < np.inf, "above 0"),
        "mean": (mean, 0 < mean < np.inf, "above 0"),
        "dispersion": (dispersion, 0 < dispersion < np.inf, "above 0"),
        "phi": (phi, 0 <= phi < 1, "from 0 up, below 1"),
        "level": (level, 0 < level < 1, "between 0 and 1"),
    }
    refuse(
        "power", [Fault(name, shown(value), rule) for name, (value, good, rule) in given.items() if not good]
    )
    variance = np.array([_step_variance(n_before, int(n), ratio) for n in lengths.ravel()])
    se = np.sqrt(variance * dispersion / mean * (1 + phi) / (1 - phi)).reshape(lengths.shape)
    score, bound = abs(np.log(ratio)) / se, float(ndtri((1 + level) / 2))
    return np.asarray(ndtr(score - bound) + ndtr(-score - bound))


def _step_variance(n_before: int, n_after: int, ratio: float) -> float:
    """Variance of the logarithm of the step for one event a period before it."""
    periods = np.arange(1.0, n_before + n_after + 1)
    is_after = periods > n_before
    x = np.column_stack([np.ones(periods.size), periods - periods.mean(), is_after])
    return float(np.linalg.inv(x.T @ (np.where(is_after, ratio, 1.0)[:, None] * x))[2, 2])


def periods_needed(
    n_before: int,
    *,
    ratio: float,
    mean: float,
    dispersion: float = 1.0,
    phi: float = 0.0,
    power: float = 0.8,
    at_most: int = 120,
) -> int | None:
    """How many periods with the measure it takes until a step of a given size would be found.

    Parameters
    ----------
    n_before, ratio, mean, dispersion, phi
        As of `series_power`.
    power : float
        Wanted probability.
    at_most : int
        Where the search ends.

    Returns
    -------
    int or None
        None when `at_most` periods are too few.

    Examples
    --------
    >>> periods_needed(24, ratio=0.6, mean=20)
    4
    >>> periods_needed(24, ratio=0.98, mean=20) is None
    True
    """
    found = series_power(
        n_before, np.arange(1, at_most + 1), ratio=ratio, mean=mean, dispersion=dispersion, phi=phi
    )
    enough = np.flatnonzero(found >= power)
    return int(enough[0]) + 1 if enough.size else None
