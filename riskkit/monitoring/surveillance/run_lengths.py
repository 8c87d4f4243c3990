"""How long charts run before they give an alarm: CUSUM and EWMA of normal values."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from riskkit.foundation.records.number_columns import Floats

_NODES, _NODES_PER_SD = 80, 8
_LONGEST = 1e12  # values; 1 - p has no digits left beyond


def cusum_run_length(k: float, h: float, *, shift: float = 0.0, sides: int = 1) -> float:
    """Mean number of values until a CUSUM of standard normal values that starts at 0 reaches its limit.

    Parameters
    ----------
    k, h : float
        Reference value, 0 or more, and limit, above 0 [standard deviations].
    shift : float
        Mean of the values [standard deviations].
    sides : int
        1: rises only; 2: rises and falls, each with the same `k` and `h`.

    Returns
    -------
    float
        Average run length [values].

    Raises
    ------
    ValueError
        When `h` is not above 0 or `k` is below, there are neither 1 nor 2 sides, or the run is longer than
        10¹² values, which floating-point numbers do not resolve.

    Notes
    -----
    The sum stays at 0 with a probability of its own, so Fredholm's equation has one more unknown than the
    Gauss–Legendre nodes of ``(0, h)``. Of two one-sided sums with ``k > 0`` both 1/ARL add up.

    References
    ----------
    .. [1] Page (1954), Biometrika 41:100 (``page_1954``).

    Examples
    --------
    >>> round(cusum_run_length(0.5, 5), 1), round(cusum_run_length(0.5, 4, shift=1, sides=2), 2)
    (930.9, 8.38)
    """
    if h <= 0 or k < 0 or sides not in {1, 2}:
        raise ValueError("k is 0 or more, h is above 0, and sides is 1 or 2")
    up = _one_sided(k, h, shift)
    rate = 1 / up + (1 / _one_sided(k, h, -shift) if sides == 2 else 0.0)
    return _resolved(1 / rate if rate > 0 else np.inf)


def _one_sided(k: float, h: float, shift: float) -> float:
    nodes, weights = _gauss(0.0, h, sd=1.0)
    places = np.append(nodes, 0.0)
    density = weights * _normal_density(nodes[None, :] - places[:, None] + k - shift)
    at_zero = ndtr(-places + k - shift)
    return _length(np.column_stack([density, at_zero]))


def ewma_run_length(smoothing: float, limit: float, *, shift: float = 0.0) -> float:
    """Mean number of values until a two-sided EWMA of standard normal values leaves its limits.

    Parameters
    ----------
    smoothing : float
        Weight of the newest value, above 0 and at most 1.
    limit : float
        Half width [standard deviations of the chart in the long run], above 0.
    shift : float
        Mean of the values [standard deviations].

    Returns
    -------
    float
        Average run length [values].

    Raises
    ------
    ValueError
        When `smoothing` or `limit` is out of its range, or the run is longer than 10¹² values.

    References
    ----------
    .. [1] Crowder (1987), Technometrics 29:401 (``crowder_1987``).

    Examples
    --------
    >>> round(ewma_run_length(0.1, 2.8), 2)
    481.0
    """
    if not 0 < smoothing <= 1 or limit <= 0:
        raise ValueError("smoothing lies above 0 and at most at 1, and limit above 0")
    edge = limit * np.sqrt(smoothing / (2 - smoothing))
    nodes, weights = _gauss(-edge, edge, sd=smoothing)
    places = np.append(nodes, 0.0)
    step = (nodes[None, :] - (1 - smoothing) * places[:, None]) / smoothing - shift
    kernel = np.column_stack([weights * _normal_density(step) / smoothing, np.zeros(len(places))])
    return _resolved(_length(kernel))


def _resolved(length: float) -> float:
    if np.isinf(length):
        raise ValueError(f"the run is longer than {_LONGEST:.0e} values")
    return length


def _length(kernel: Floats) -> float:
    """The mean run from the last place, from the probabilities to go on from each place to each other."""
    length = float(np.linalg.solve(np.eye(len(kernel)) - kernel, np.ones(len(kernel)))[-1])
    return length if 0 < length < _LONGEST else np.inf


def _gauss(low: float, high: float, *, sd: float) -> tuple[Floats, Floats]:
    n = max(_NODES, int(_NODES_PER_SD * (high - low) / sd))
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (high - low) / 2 * nodes + (high + low) / 2, (high - low) / 2 * weights


def _normal_density(x: Floats) -> Floats:
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
