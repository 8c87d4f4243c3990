"""Rates made comparable: standardised directly or indirectly, with their intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import chi2, gamma

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.rates.proportions import Interval

EXACT_BELOW = 10
"""Below as many events Byar's approximation is replaced by exact limits (PHE technical guide)."""


def _events(n_events: ArrayLike, level: float) -> Floats:
    if not 0 < level < 1:
        raise ValueError(f"level lies between 0 and 1, not {shown(level)}")
    x = np.asarray(n_events, dtype=np.float64)
    wrong = np.flatnonzero((x < 0) | np.isinf(x))
    refuse("events", [Fault(f"value {k}", shown(float(x.ravel()[k])), "a count from 0 up") for k in wrong])
    return x


def byar(n_events: ArrayLike, *, level: float = 0.95) -> Interval:
    """Byar's approximate limits of a count.

    Parameters
    ----------
    n_events : array_like
        Counts of events [count].
    level : float
        Confidence level.

    Returns
    -------
    Interval
        Limits of the expected count [count]; the lower one is 0 at a count of 0.

    Raises
    ------
    InputFaults
        With every negative or infinite count.

    References
    ----------
    .. [1] Breslow and Day, Statistical Methods in Cancer Research II, 1987, p. 69 (``breslow_day_1987``).

    Examples
    --------
    >>> limits = byar(65)
    >>> round(float(limits.lo), 3), round(float(limits.hi), 3)
    (50.163, 82.849)
    """
    x = _events(n_events, level)
    z = ndtri((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        lo = np.where(x == 0, 0, x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3)
    hi = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3
    return Interval(lo, hi)


def exact_poisson(n_events: ArrayLike, *, level: float = 0.95) -> Interval:
    """Exact limits of a Poisson count.

    Parameters
    ----------
    n_events : array_like
        Counts of events [count].
    level : float
        Confidence level.

    Returns
    -------
    Interval
        Limits of the expected count [count].

    Raises
    ------
    InputFaults
        With every negative or infinite count.

    References
    ----------
    .. [1] Garwood, Biometrika 28, 1936, 437–442 (``garwood_1936``).

    Examples
    --------
    >>> limits = exact_poisson(1)
    >>> round(float(limits.lo), 5), round(float(limits.hi), 5)
    (0.02532, 5.57164)
    """
    x = _events(n_events, level)
    alpha = 1 - level
    lo = np.where(x == 0, 0, chi2.ppf(alpha / 2, 2 * np.where(x == 0, 1, x)) / 2)
    return Interval(lo, chi2.isf(alpha / 2, 2 * x + 2) / 2)


def count_limits(n_events: ArrayLike, *, level: float = 0.95) -> Interval:
    """Limits of a count: exact below 10 events, Byar's from 10 up.

    Parameters
    ----------
    n_events : array_like
        Counts of events [count].
    level : float
        Confidence level.

    Returns
    -------
    Interval
        Limits of the expected count [count]. Divide by the population for a rate, by the expected count for a
        ratio of observed to expected.

    Raises
    ------
    InputFaults
        With every negative or infinite count.

    References
    ----------
    .. [1] PHE, Technical guide: confidence intervals, 2018, as in PHEindicatormethods 2.1.1
       (``phe_methods``).

    Examples
    --------
    >>> [round(float(lo), 4) for lo in count_limits([5, 65]).lo]
    [1.6235, 50.1632]
    """
    exact, close = exact_poisson(n_events, level=level), byar(n_events, level=level)
    is_few = np.asarray(n_events, dtype=np.float64) < EXACT_BELOW
    return Interval(np.where(is_few, exact.lo, close.lo), np.where(is_few, exact.hi, close.hi))


def direct_rate(
    n_events: ArrayLike,
    n_units: ArrayLike,
    weight: ArrayLike,
    *,
    level: float = 0.95,
    method: str = "dobson",
    variance: ArrayLike | None = None,
) -> tuple[Floats, Interval]:
    """Directly standardised rate: the rate if every group had the mix of strata that the weights describe.

    Parameters
    ----------
    n_events, n_units : array_like, shape (..., strata)
        Events and units at risk of each stratum [count].
    weight : array_like, shape (..., strata)
        Weights of the strata in the standard; scaled to a sum of 1.
    level : float
        Confidence level.
    method : str
        ``dobson`` (Byar's limits of the total moved to the rate; withheld below 10 events) or ``gamma``
        (Fay and Feuer; stands from 0 events up).
    variance : array_like, shape (..., strata), optional
        Variance of each count where events come in groups [count²]; the count itself when left out.

    Returns
    -------
    tuple of ndarray and Interval
        Rate [events per unit] and its limits; missing where a stratum with weight has no units, or a value
        is missing.

    Raises
    ------
    InputFaults
        With every negative or infinite number, and where all weights are 0.
    ValueError
        When there is no such method.

    References
    ----------
    .. [1] Dobson et al., Statistics in Medicine 10, 1991, 457–462 (``dobson_1991``).
    .. [2] Fay and Feuer, Statistics in Medicine 16, 1997, 791–801 (``fay_feuer_1997``).

    Examples
    --------
    >>> rate, limits = direct_rate([10, 30], [100, 100], [3, 1])
    >>> round(float(rate), 3), round(float(limits.lo), 3), round(float(limits.hi), 3)
    (0.15, 0.101, 0.213)
    """
    if method not in ("dobson", "gamma"):
        raise ValueError(f"method is dobson or gamma, not {shown(method)}")
    x, n, w = np.broadcast_arrays(*(_strata(v, level) for v in (n_events, n_units, weight)))
    total = w.sum(axis=-1)
    refuse("weights", [Fault("weight", "all 0", "at least one weight above 0")] if (total == 0).any() else [])
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(w == 0, 0.0, w / total[..., None] / n)
        each = np.where(n == 0, np.where(w == 0, 0.0, np.nan), each)
        rate = np.where(w == 0, 0, each * x).sum(axis=-1)
        spread = x if variance is None else _strata(variance, level)
        var = np.where(w == 0, 0, each**2 * spread).sum(axis=-1)
    ends = _dobson if method == "dobson" else _gamma
    return rate, ends(rate, var, np.where(w == 0, 0, x), each=each, level=level)


def _strata(values: ArrayLike, level: float) -> Floats:
    return np.atleast_1d(_events(values, level))


def _dobson(rate: Floats, var: Floats, x: Floats, *, each: Floats, level: float) -> Interval:
    total = np.where(np.isnan(each).any(axis=-1), np.nan, x.sum(axis=-1))
    limits = byar(total, level=level)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(total < EXACT_BELOW, np.nan, np.sqrt(var / total))
    return Interval(rate + scale * (limits.lo - total), rate + scale * (limits.hi - total))


def _gamma(rate: Floats, var: Floats, x: Floats, *, each: Floats, level: float) -> Interval:
    alpha, largest = 1 - level, each.max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        lo = np.where(rate == 0, 0, gamma.ppf(alpha / 2, rate**2 / var, scale=var / rate))
        over = var + largest**2
        hi = gamma.isf(alpha / 2, (rate + largest) ** 2 / over, scale=over / (rate + largest))
    return Interval(np.where(np.isnan(rate), np.nan, lo), hi)


def indirect_ratio(
    n_events: ArrayLike,
    n_units: ArrayLike,
    reference_rate: ArrayLike,
    *,
    level: float = 0.95,
) -> tuple[Floats, Floats, Interval]:
    """Observed over expected events, when the rates of a reference are applied to a group's own mix.

    Parameters
    ----------
    n_events, n_units : array_like, shape (..., strata)
        Events and units at risk [count].
    reference_rate : array_like, shape (..., strata)
        Rates of the reference [events per unit].
    level : float
        Confidence level.

    Returns
    -------
    tuple of ndarray, ndarray and Interval
        Expected events [count], ratio [1] and its limits (exact below 10 events, Byar's from 10 up). Ratio
        times the reference's overall rate is the indirectly standardised rate.

    Raises
    ------
    InputFaults
        With every negative or infinite number.

    References
    ----------
    .. [1] PHEindicatormethods 2.1.1 (``phe_methods``).

    Examples
    --------
    >>> expected, ratio, _ = indirect_ratio([10, 30], [100, 100], [0.1, 0.1])
    >>> float(expected), float(ratio)
    (20.0, 2.0)
    """
    x, n, r = np.broadcast_arrays(*(_strata(v, level) for v in (n_events, n_units, reference_rate)))
    expected, observed = (n * r).sum(axis=-1), x.sum(axis=-1)
    limits = count_limits(observed, level=level)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.where(expected == 0, np.nan, expected)
        return expected, observed / expected, Interval(limits.lo / expected, limits.hi / expected)
