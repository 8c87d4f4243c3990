"""Which inputs a result hangs on: Morris' elementary effects and Sobol' indices.

Sample → evaluate → analyse: a function here makes points, any vectorised function evaluates them, another
function says what came out. Nothing here knows of cases; what given draws tell is in `drivers`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from riskkit.foundation.numbers.designs import design_points, quantile_of_many
from riskkit.foundation.numbers.uncertainty import Distribution, Fixed, Floats, quantile

_AT_ONCE = 1 << 20  # counts of bootstrap picks held at once: 8 MB

Evaluate = Callable[[Mapping[str, Floats]], ArrayLike]


def inputs_at(
    points: Floats, inputs: Mapping[str, Distribution], *, between: tuple[float, float] = (0.0, 1.0)
) -> dict[str, Floats]:
    """Values of the inputs at points of the unit cube.

    Parameters
    ----------
    points : ndarray of float, shape (…, k)
        The last axis has one entry an input.
    inputs : mapping of str to Distribution
        The inputs, in the order of that axis.
    between : (float, float)
        The probabilities that 0 and 1 of the cube stand for.

    Returns
    -------
    dict of str to ndarray of float
        By input, in the shape of `points` without its last axis.

    Examples
    --------
    >>> from riskkit.foundation.numbers.uncertainty import Range
    >>> inputs_at(np.array([[0.5, 0.1]]), {"a": Range(0, 2), "b": Range(0, 10)})
    {'a': array([1.]), 'b': array([1.])}
    """
    low, high = between
    u = low + (high - low) * points
    return {
        name: quantile_of_many(dist, np.ascontiguousarray(u[..., i]))
        for i, (name, dist) in enumerate(inputs.items())
    }


def morris_points(k: int, *, trajectories: int, levels: int = 4, rng: np.random.Generator) -> Floats:
    """Trajectories through a grid, each step of which moves one input.

    Parameters
    ----------
    k : int
        Inputs.
    trajectories : int
        Trajectories, at least 2.
    levels : int
        Levels of the grid on each axis, even; a step is levels / (2 (levels − 1)).
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    ndarray of float, shape (trajectories, k + 1, k)
        Points of the unit cube.

    Raises
    ------
    ValueError
        When there are fewer than 2 trajectories, no input, or the levels are odd.

    References
    ----------
    .. [1] M. D. Morris, Technometrics 33 (1991) 161–174.

    Examples
    --------
    >>> points = morris_points(3, trajectories=5, rng=np.random.default_rng(1))
    >>> points.shape, (np.diff(points, axis=1) != 0).sum(axis=2).max()
    ((5, 4, 3), np.int64(1))
    """
    if trajectories < 2 or k < 1 or levels < 2 or levels % 2:
        raise ValueError("at least 2 trajectories, 1 input and an even number of levels")
    delta = levels / (2 * (levels - 1))
    start = rng.integers(0, levels // 2, (trajectories, k)) / (levels - 1)
    downward = rng.random((trajectories, k)) < 0.5
    turn = np.argsort(rng.random((trajectories, k)), axis=1)
    moved = np.arange(k + 1)[None, :, None] > turn[:, None, :]
    away = np.where(moved, delta, 0.0)
    up = start[:, None, :] + away
    return np.where(downward[:, None, :], start[:, None, :] + delta - away, up)


def morris_effects(points: Floats, y: ArrayLike, *, names: Sequence[str]) -> pd.DataFrame:
    """Elementary effects: how strongly each input acts, and how much that depends on the others.

    Parameters
    ----------
    points : ndarray of float, shape (trajectories, k + 1, k)
        Points of the unit cube, each step moving one input once a trajectory.
    y : array_like of float, shape (trajectories, k + 1)
        Results there.
    names : sequence of str
        The inputs.

    Returns
    -------
    DataFrame
        Index the input; mu, mu_star (mean size), sigma (n − 1; interaction or curvature), se (of mu_star).

    Raises
    ------
    ValueError
        When a trajectory does not move each input exactly once.

    References
    ----------
    .. [1] M. D. Morris, Technometrics 33 (1991) 161–174; μ* of F. Campolongo, J. Cariboni, A. Saltelli,
       Environ. Model. Softw. 22 (2007) 1509–1518.

    Examples
    --------
    >>> points = morris_points(2, trajectories=9, rng=np.random.default_rng(1))
    >>> found = morris_effects(points, 3 * points[..., 0] - points[..., 1], names=["a", "b"])
    >>> found["mu_star"].round(9).tolist(), found["sigma"].round(9).tolist()
    ([3.0, 1.0], [0.0, 0.0])
    """
    steps, rises = np.diff(points, axis=1), np.diff(np.asarray(y, dtype=np.float64), axis=1)
    moved = np.abs(steps) > 1e-9
    if not (moved.sum(axis=2) == 1).all() or not (moved.sum(axis=1) == 1).all():
        raise ValueError("each trajectory moves each input exactly once, one a step")
    which = moved.argmax(axis=2)
    effects = np.empty(which.shape)
    sizes = rises / np.take_along_axis(steps, which[..., None], axis=2)[..., 0]
    np.put_along_axis(effects, which, sizes, axis=1)
    size = np.abs(effects)
    columns = {
        "mu": effects.mean(axis=0),
        "mu_star": size.mean(axis=0),
        "sigma": effects.std(axis=0, ddof=1),
        "se": size.std(axis=0, ddof=1) / math.sqrt(len(size)),
    }
    return pd.DataFrame(columns, index=pd.Index(names, name="input"))


def saltelli_points(k: int, n: int, *, design: str = "sobol", rng: np.random.Generator) -> Floats:
    """Two independent sets of points, A and B, and A with one column at a time from B.

    Parameters
    ----------
    k : int
        Inputs.
    n : int
        Base samples; a power of 2 for ``sobol``.
    design : str
        As in `riskkit.foundation.numbers.designs.design_points`.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    ndarray of float, shape (k + 2, n, k)
        A, A with column i from B for each i, B.

    References
    ----------
    .. [1] A. Saltelli et al., Comput. Phys. Commun. 181 (2010) 259–270.

    Examples
    --------
    >>> saltelli_points(3, 8, rng=np.random.default_rng(1)).shape
    (5, 8, 3)
    """
    both = design_points(n, 2 * k, design=design, rng=rng)
    a, b = both[:, :k], both[:, k:]
    blocks = np.repeat(a[None], k + 2, axis=0)
    blocks[-1] = b
    for i in range(k):
        blocks[i + 1, :, i] = b[:, i]
    return blocks


def sobol_indices(
    y: ArrayLike,
    *,
    names: Sequence[str],
    rng: np.random.Generator,
    resamples: int = 100,
    level: float = 0.95,
) -> pd.DataFrame:
    """First-order and total Sobol' indices with bootstrap intervals.

    First order S by the estimator of Saltelli (2010), total ST by Jansen's, on results less their mean:

    S_i = mean(B (AB_i − A)) / V,  ST_i = mean((A − AB_i)²) / (2 V),  V = variance of A and B together.

    Parameters
    ----------
    y : array_like of float, shape (k + 2, n)
        Results on the blocks of `saltelli_points` (or, with 2 k + 2 blocks, with B with column i from A
        before B: used for their mean only).
    names : sequence of str
        The k inputs.
    rng : numpy.random.Generator
        For the bootstrap.
    resamples : int
        Bootstrap resamples of the n base samples; 0 for none (the intervals are then NaN).
    level : float
        Of the intervals: estimate ± normal quantile × bootstrap standard deviation.

    Returns
    -------
    DataFrame
        Index the input; s, s_lo, s_hi, st, st_lo, st_hi. NaN throughout when the results do not vary.

    Raises
    ------
    ValueError
        When the number of blocks does not fit the names, or a result is not finite.

    References
    ----------
    .. [1] A. Saltelli et al., Comput. Phys. Commun. 181 (2010) 259–270; M. J. W. Jansen, Comput. Phys.
       Commun. 117 (1999) 35–43; bootstrap: G. E. B. Archer, A. Saltelli, I. M. Sobol', J. Stat. Comput.
       Simul. 58 (1997) 99–120.

    Examples
    --------
    >>> u = saltelli_points(2, 1024, rng=np.random.default_rng(1))
    >>> found = sobol_indices(2 * u[..., 0] + u[..., 1], names=["a", "b"], rng=np.random.default_rng(2))
    >>> found["st"].round(2).tolist()
    [0.8, 0.2]
    """
    values, k = np.asarray(y, dtype=np.float64), len(names)
    if values.ndim != 2 or values.shape[0] not in (k + 2, 2 * k + 2):
        raise ValueError(f"{k + 2} blocks of results for {k} inputs, not the shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("results that are all finite")
    terms = _index_terms(values, k)
    n = values.shape[1]
    point = _indices(terms.sum(axis=1)[None], n, k)[0]
    draws = _indices(_resampled_sums(terms, resamples, rng), n, k) if resamples > 1 else None
    half = np.full(2 * k, np.nan) if draws is None else ndtri((1 + level) / 2) * draws.std(axis=0, ddof=1)
    table = np.stack([point, point - half, point + half], axis=1).reshape(2, k, 3)
    columns = ["s", "s_lo", "s_hi", "st", "st_lo", "st_hi"]
    return pd.DataFrame(np.hstack(list(table)), columns=columns, index=pd.Index(names, name="input"))


def _index_terms(values: Floats, k: int) -> Floats:
    """One column a base sample, of the terms whose sums the indices are made of."""
    a, b, mixed = values[0], values[-1], values[1 : k + 1]
    centre = values.mean()
    terms = np.empty((2 * k + 2, values.shape[1]))
    terms[0] = a + b - 2 * centre
    terms[1] = (a - centre) ** 2 + (b - centre) ** 2
    np.subtract(mixed, a, out=terms[k + 2 :])
    np.multiply(b - centre, terms[k + 2 :], out=terms[2 : k + 2])
    terms[k + 2 :] **= 2
    return terms


def _indices(sums: Floats, n: int, k: int) -> Floats:
    """S and ST side by side, one row a row of sums; NaN where the variance is nothing."""
    variance = sums[:, 1] / (2 * n) - (sums[:, 0] / (2 * n)) ** 2
    flat = variance <= 1e-12 * np.maximum(np.abs(sums[:, 1]) / (2 * n), np.finfo(np.float64).tiny)
    v = np.where(flat, np.nan, variance)[:, None] * n
    return np.hstack([sums[:, 2 : k + 2] / v, sums[:, k + 2 :] / (2 * v)])


def _resampled_sums(terms: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Sums over bootstrap resamples: how often each column was picked, times the columns."""
    n = terms.shape[1]
    small = np.uint16 if n <= 1 << 16 else np.int64
    out = np.empty((resamples, len(terms)))
    times = np.empty((min(resamples, max(1, _AT_ONCE // n)), n))
    for start in range(0, resamples, len(times)):
        block = times[: resamples - start]
        for row in block:
            row[:] = np.bincount(rng.integers(0, n, n, dtype=small).astype(np.intp), minlength=n)
        out[start : start + len(block)] = block @ terms.T
    return out


def morris(
    inputs: Mapping[str, Distribution],
    evaluate: Evaluate,
    *,
    trajectories: int = 50,
    between: tuple[float, float] = (0.05, 0.95),
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Morris screening of a function of uncertain inputs.

    Parameters
    ----------
    inputs : mapping of str to Distribution
        Uncertain inputs; fixed ones have no effect and are left out.
    evaluate : callable
        From inputs (arrays of one shape; fixed ones included) to results of that shape.
    trajectories : int
        Trajectories; each costs one evaluation more than there are inputs.
    between : (float, float)
        Percentiles between which each input is moved. Effects are changes of the result as the input
        crosses that range.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    DataFrame
        As from `morris_effects`, largest mu_star first.

    References
    ----------
    .. [1] M. D. Morris, Technometrics 33 (1991) 161–174.

    Examples
    --------
    >>> from riskkit.foundation.numbers.uncertainty import Range
    >>> found = morris({"a": Range(0, 1), "b": Range(0, 9)}, lambda x: x["a"] + x["b"],
    ...                rng=np.random.default_rng(1), between=(0, 1))
    >>> found["mu_star"].round(6).to_dict()
    {'b': 9.0, 'a': 1.0}
    """
    moving, still = _split(inputs)
    points = morris_points(len(moving), trajectories=trajectories, rng=rng)
    x = inputs_at(points.reshape(-1, len(moving)), moving, between=between)
    y = _results(evaluate, x | still, points.shape[0] * points.shape[1]).reshape(points.shape[:2])
    return morris_effects(points, y, names=list(moving)).sort_values("mu_star", ascending=False)


def sobol(
    inputs: Mapping[str, Distribution],
    evaluate: Evaluate,
    *,
    n: int = 4096,
    resamples: int = 100,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Sobol' indices of a function of uncertain inputs.

    Parameters
    ----------
    inputs : mapping of str to Distribution
        Uncertain, independent inputs; fixed ones have no share and are left out.
    evaluate : callable
        From inputs (arrays of one shape; fixed ones included) to results of that shape.
    n : int
        Base samples, a power of 2; (k + 2) n evaluations.
    resamples : int
        Bootstrap resamples.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    DataFrame
        As from `sobol_indices`, largest total first.

    References
    ----------
    .. [1] As in `sobol_indices`.

    Examples
    --------
    >>> from riskkit.foundation.numbers.uncertainty import Range
    >>> found = sobol({"a": Range(0, 1), "b": Range(0, 2)}, lambda x: x["a"] + x["b"],
    ...               rng=np.random.default_rng(1))
    >>> found["st"].round(2).to_dict()
    {'b': 0.8, 'a': 0.2}
    """
    moving, still = _split(inputs)
    points = saltelli_points(len(moving), n, rng=rng)
    x = inputs_at(points.reshape(-1, len(moving)), moving)
    y = _results(evaluate, x | still, points.shape[0] * n).reshape(points.shape[:2])
    found = sobol_indices(y, names=list(moving), rng=rng, resamples=resamples)
    return found.sort_values("st", ascending=False, kind="stable")


def _split(inputs: Mapping[str, Distribution]) -> tuple[dict[str, Distribution], dict[str, Floats]]:
    moving: dict[str, Distribution] = {n: dist for n, dist in inputs.items() if not isinstance(dist, Fixed)}
    if not moving:
        raise ValueError("at least one input that is not fixed")
    return moving, {name: quantile(dist, [0.5]) for name, dist in inputs.items() if name not in moving}


def _results(evaluate: Evaluate, x: Mapping[str, Floats], n: int) -> Floats:
    return np.broadcast_to(np.asarray(evaluate(x), dtype=np.float64), n)
