"""Distributions that keep every judged quantile: the metalog, and uniform pieces between the quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KEEPING = ("metalog", "piecewise")
"""Families that pass through the judged quantiles exactly."""

_LOG_ODDS = np.linspace(-20.0, 20.0, 4001)


def metalog_coefficients(x: Floats, probs: Floats, *, lower: float, upper: float) -> tuple[float, ...]:
    """The metalog through judged quantiles, with one term for each of them.

    Parameters
    ----------
    x, probs : ndarray of float, same length
        Rising judged values strictly inside the bounds, and the probabilities of lying below them.
    lower, upper : float
        Bounds of the quantity; infinite where there is none. The metalog is that of the value, of the
        logarithm of its distance from the only bound, or of its logit between two bounds.

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        When no metalog passes through them: its quantiles would fall somewhere.

    References
    ----------
    .. [1] Keelin, T. W. (2016), The metalog distributions. Decision Analysis 13(4), eqs 6, 7, 11 and 14
       (``keelin_2016``).

    Examples
    --------
    >>> found = metalog_coefficients(
    ...     np.array([10.0, 20, 40]), np.array([0.1, 0.5, 0.9]), lower=-math.inf, upper=math.inf)
    >>> [round(a, 4) for a in found]
    [20.0, 6.8268, 5.689]
    """
    found = np.linalg.solve(_terms(probs, x.size), _opened(x, lower, upper))
    grid = scipy.special.expit(_LOG_ODDS)
    rises = bool(np.all(np.diff(_terms(grid, x.size) @ found) > 0))
    if not (rises and np.isfinite(found).all()):
        raise ValueError("quantiles that a metalog can hold (less skewed); family = 'piecewise' holds any")
    return tuple(found.tolist())


def metalog_quantile(coefficients: Sequence[float], probs: Floats, *, lower: float, upper: float) -> Floats:
    """Quantiles of a metalog; 0 and 1 give the bounds.

    Examples
    --------
    >>> bounds = {"lower": -math.inf, "upper": math.inf}
    >>> metalog_quantile((20.0, 6.8268, 5.6889), np.array([0.1, 0.5]), **bounds).round(3)
    array([10., 20.])
    """
    inner = np.clip(probs, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)
    found = _closed(_terms(inner, len(coefficients)) @ np.asarray(coefficients), lower, upper)
    return np.where(probs <= 0, lower, np.where(probs >= 1, upper, found))


def _terms(probs: Floats, n: int) -> Floats:
    """The first n terms of the metalog, of which the fifth is the square of the centred probability."""
    centred, log_odds = probs - 0.5, scipy.special.logit(probs)
    columns = [np.ones_like(probs), log_odds, centred * log_odds, centred]
    for term in range(5, n + 1):
        power = centred ** ((term - 1) // 2)
        columns.append(power if term % 2 else power * log_odds)
    return np.stack(columns[:n], axis=-1)


def _opened(x: Floats, lower: float, upper: float) -> Floats:
    below, above = x - lower, upper - x
    if math.isinf(lower):
        return x if math.isinf(upper) else -np.log(above)
    return np.log(below) if math.isinf(upper) else np.log(below / above)


def _closed(value: Floats, lower: float, upper: float) -> Floats:
    with np.errstate(over="ignore"):  # beyond the largest number: infinite, as it is meant
        if math.isinf(lower):
            return value if math.isinf(upper) else upper - np.exp(-value)
        if math.isinf(upper):
            return lower + np.exp(value)
        return np.asarray(lower + (upper - lower) * scipy.special.expit(value))


def piecewise_ends(x: Floats, *, lower: float, upper: float, overshoot: float) -> tuple[float, float]:
    """Where uniform pieces begin and end: beyond the outer quantiles by a share of their distance.

    Parameters
    ----------
    x : ndarray of float
        Rising judged values.
    lower, upper : float
        Bounds of the quantity, which the ends do not pass.
    overshoot : float
        Share of the distance between the outer judged values.

    References
    ----------
    .. [1] Cooke, R. M. (1991), Experts in Uncertainty, ch. 12: the intrinsic range; between quantiles the
       least informative distribution is uniform (``cooke_1991``).

    Examples
    --------
    >>> piecewise_ends(np.array([1.0, 2, 11]), lower=0.0, upper=math.inf, overshoot=0.1)
    (0.0, 12.0)
    """
    reach = overshoot * (x[-1] - x[0])
    return max(lower, float(x[0] - reach)), min(upper, float(x[-1] + reach))
