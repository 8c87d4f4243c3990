"""Points that fill the unit cube, and the quick way from many points to draws of a distribution.

Random points, a Latin hypercube and scrambled Sobol' points (through `scipy.stats.qmc`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import NDArray

from riskkit.foundation.numbers.distributions import Beta, Distribution, Floats, Pert, pert_shapes, quantile
from riskkit.foundation.numbers.elicited import Elicited

Design = Literal["random", "lhs", "sobol"]
DESIGNS: tuple[str, ...] = get_args(Design)

MANY = 1 << 18  # from here on quantiles of beta shapes come from a table (relative error below 2e-4)
_LEAST_SHAPE = 0.1
_CELLS = 1 << 16
_TAIL = 1 / 64
_BLOCK = 1 << 15  # points that stay in the processor's cache while they are looked up
_TINY = np.finfo(np.float64).tiny


def design_points(n: int, k: int, *, design: str = "random", rng: np.random.Generator) -> Floats:
    """Points in the open unit cube.

    Parameters
    ----------
    n : int
        Points; for ``sobol`` a power of 2, since any other number loses the balance of the sequence.
    k : int
        Dimensions.
    design : str
        ``random``, ``lhs`` (each of n equal slices of each axis holds one point) or ``sobol``
        (scrambled low-discrepancy sequence).
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    ndarray of float, shape (n, k)
        Strictly between 0 and 1.

    Raises
    ------
    ValueError
        When `n` or `k` is below 1, `n` does not suit the design, or there is no such design.

    References
    ----------
    .. [1] M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21 (1979) 239–245 (Latin hypercube).
    .. [2] I. M. Sobol', USSR Comput. Math. Math. Phys. 7 (1967) 86–112; A. B. Owen, J. Complexity 14
       (1998) 466–489 (scrambling).

    Examples
    --------
    >>> points = design_points(4, 2, design="lhs", rng=np.random.default_rng(1))
    >>> np.sort((points * 4).astype(int), axis=0)[:, 0]
    array([0, 1, 2, 3])
    """
    if design not in DESIGNS:
        raise ValueError(f"no design {design!r}; there are {', '.join(DESIGNS)}")
    if n < 1 or k < 1:
        raise ValueError(f"a design needs at least 1 point and 1 dimension, not {n} and {k}")
    if design == "random":
        points = rng.random((k, n)).T
    elif design == "lhs":
        points = scipy.stats.qmc.LatinHypercube(k, rng=rng).random(n)
    else:
        points = _sobol_points(n, k, rng)
    return np.clip(points, 2.0**-54, 1 - 2.0**-53)


def _sobol_points(n: int, k: int, rng: np.random.Generator) -> Floats:
    power = n.bit_length() - 1
    if n != 1 << power:
        raise ValueError(f"Sobol' points come in powers of 2: {1 << power} or {1 << (power + 1)}, not {n}")
    engine = scipy.stats.qmc.Sobol(k, rng=rng)
    return np.asarray(engine.random_base2(power) + 2.0 ** -(engine.bits + 1))


def quantile_of_many(dist: Distribution, u: Floats) -> Floats:
    """Quantiles of a distribution at many points, by table where the exact ones are slow.

    Up to `MANY` points, and for distributions whose quantiles are quick, these are the exact ones. Beyond,
    the quantiles of beta shapes (PERT, beta, elicited beta) come from a cubic spline of logit q over
    logit u, read off a grid of 65,536 cells; their relative error is below 2e-4 for shapes from 0.1 to a
    million (smaller shapes are worked out exactly).

    Parameters
    ----------
    dist : Distribution
        What is known of the number.
    u : ndarray of float
        Probabilities, strictly between 0 and 1.

    Returns
    -------
    ndarray of float
        In the shape of `u`.

    Examples
    --------
    >>> quantile_of_many(Pert(0, 0.2, 1), np.array([0.5])).round(6)
    array([0.276672])
    """
    if u.size < MANY:
        return quantile(dist, u)
    match dist:
        case Pert(low, _, high):
            a, b = pert_shapes(dist)
        case Beta(a, b):
            low, high = 0.0, 1.0
        case Elicited(family="beta"):
            (a, b), low, high = dist.parameters, dist.lower, dist.upper
        case _:
            return quantile(dist, u)
    if min(a, b) < _LEAST_SHAPE:
        return quantile(dist, u)
    return np.clip(low + (high - low) * _beta_quantile((a, b), u), low, high)


def _beta_quantile(shapes: tuple[float, float], u: Floats) -> Floats:
    spline = _logit_spline(*shapes)
    grid = np.zeros(_CELLS + 1)
    grid[1:-1] = scipy.special.expit(spline(_logit(np.arange(1, _CELLS) / _CELLS)))
    grid[-1] = 1.0
    rise = np.append(np.diff(grid), 0.0)
    flat, out = u.ravel(), np.empty(u.size)
    for part in (slice(start, start + _BLOCK) for start in range(0, u.size, _BLOCK)):
        place = flat[part] * _CELLS
        cell = place.astype(np.intp)
        place -= cell
        place *= rise.take(cell)
        np.add(grid.take(cell), place, out=out[part])
    tails = np.flatnonzero((flat < _TAIL) | (flat > 1 - _TAIL))
    out[tails] = scipy.special.expit(spline(_logit(flat[tails])))
    return out.reshape(u.shape)


def _logit_spline(a: float, b: float) -> Callable[[Floats], Floats]:
    """Logit of the quantile over logit of the probability: nearly straight in both tails."""
    t = 38.0 * np.sinh(3.0 * np.linspace(-1.0, 1.0, 1025)) / np.sinh(3.0)
    low = scipy.special.betaincinv(a, b, scipy.special.expit(t))
    rest = scipy.special.betaincinv(b, a, scipy.special.expit(-t))
    odds = np.log(np.maximum(low, _TINY)) - np.log(np.maximum(rest, _TINY))
    spline: Callable[[Floats], Floats] = scipy.interpolate.CubicSpline(t, odds)
    return spline


def _logit(u: NDArray[np.float64]) -> Floats:
    return np.asarray(np.log(u) - np.log1p(-u))
