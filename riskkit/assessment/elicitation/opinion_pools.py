"""Several experts' densities into one: the linear and the logarithmic pool."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

Floats = NDArray[np.float64]


def _checked(
    points: ArrayLike, densities: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    x, f = np.asarray(points, dtype=np.float64), np.atleast_2d(np.asarray(densities, dtype=np.float64))
    w = np.ones(len(f)) if weights is None else np.asarray(weights, dtype=np.float64)
    faults = []
    if x.ndim != 1 or x.size < 2 or not (np.diff(x) > 0).all():
        faults.append(Fault("points", f"shape {x.shape}", "rising, two at least"))
    if f.shape[1:] != x.shape or not (np.isfinite(f) & (f >= 0)).all():
        faults.append(Fault("densities", f"shape {f.shape}", "experts × points, finite, not negative"))
    if w.shape != (len(f),) or not (w >= 0).all() or not 0 < w.sum() < np.inf:
        faults.append(
            Fault("weights", shown(w.tolist()), RuleText("{} weights, not negative, not all 0", len(f)))
        )
    refuse("pool", faults)
    return x, f, w / w.sum()


def linear_pool(points: ArrayLike, densities: ArrayLike, *, weights: ArrayLike | None = None) -> Floats:
    """The weighted mean of densities: keeps everything that anybody thinks possible.

    Parameters
    ----------
    points : array_like of float, shape (n,)
        Rising.
    densities : array_like of float, shape (experts, n)
        Density of each expert at each point [per unit of the points].
    weights : array_like of float, shape (experts,), optional
        Not negative; made to sum to 1; equal where not given.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    InputFaults
        When points do not rise, a density is negative, or the weights are impossible.

    References
    ----------
    .. [1] M. Stone, The opinion pool, Annals of Mathematical Statistics 32, 1961, 1339–1342 (``stone_1961``).

    Examples
    --------
    >>> linear_pool([0, 1, 2], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).tolist()
    [0.5, 0.0, 0.5]
    """
    _, f, w = _checked(points, densities, weights)
    return np.asarray(w @ f)


def logarithmic_pool(points: ArrayLike, densities: ArrayLike, *, weights: ArrayLike | None = None) -> Floats:
    """The normalised weighted geometric mean of densities: a veto by anybody who thinks it impossible.

    Parameters
    ----------
    points, densities, weights
        As for `linear_pool`.

    Returns
    -------
    ndarray of float, shape (n,)
        Area 1 by the trapezium rule.

    Raises
    ------
    InputFaults
        As for `linear_pool`, and when nothing is possible in everybody's eyes.

    References
    ----------
    .. [1] C. Genest, J. V. Zidek, Combining probability distributions, Statistical Science 1, 1986, 114–135
       (``genest_zidek_1986``).

    Examples
    --------
    >>> logarithmic_pool([0, 1, 2], [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]).tolist()
    [0.0, 1.0, 0.0]
    """
    x, f, w = _checked(points, densities, weights)
    used = w > 0
    with np.errstate(divide="ignore"):
        logs = (w[used, None] * np.log(f[used])).sum(axis=0)
    highest = logs.max()
    if not np.isfinite(highest):
        refuse("pool", [Fault("densities", "nothing in common", "a point that every expert thinks possible")])
    g = np.exp(logs - highest)
    return np.asarray(g / np.trapezoid(g, x))
