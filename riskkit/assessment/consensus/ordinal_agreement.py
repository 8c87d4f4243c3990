"""Agreement of predicted levels with decided ones: weighted kappa, AUC, cut points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse

Floats = NDArray[np.float64]


def confusion(predicted: ArrayLike, decided: ArrayLike, *, n_levels: int) -> NDArray[np.int64]:
    """Counts by decided level (rows) and predicted level (columns).

    Parameters
    ----------
    predicted, decided : array_like of int, shape (n,)
        Levels 0 … `n_levels` − 1.
    n_levels : int
        At least 2.

    Returns
    -------
    ndarray of int, shape (n_levels, n_levels)

    Raises
    ------
    InputFaults
        When the lengths differ or a level lies outside.

    Examples
    --------
    >>> confusion([0, 1, 1], [0, 1, 0], n_levels=2).tolist()
    [[1, 1], [0, 1]]
    """
    columns, rows = np.asarray(predicted, dtype=np.int64), np.asarray(decided, dtype=np.int64)
    faults = (
        []
        if columns.shape == rows.shape and rows.ndim == 1
        else [Fault("levels", f"{columns.shape}, {rows.shape}", "two lists of one length")]
    )
    faults += [
        Fault(name, f"{values.min()} to {values.max()}", RuleText("levels from 0 to {}", n_levels - 1))
        for name, values in (("predicted", columns), ("decided", rows))
        if values.size and not (values.min() >= 0 and values.max() < n_levels)
    ]
    if faults:
        refuse("agreement", faults)
    counts = np.bincount(rows * n_levels + columns, minlength=n_levels**2)
    return counts.reshape(n_levels, n_levels)


def weighted_kappa(counts: ArrayLike) -> Floats:
    """Cohen's κ with quadratic weights: 1 for full agreement, 0 for what chance gives.

    Parameters
    ----------
    counts : array_like, shape (..., levels, levels)
        Confusion tables.

    Returns
    -------
    ndarray of float, shape (...)
        NaN where a table is empty, or where both put everything into one level.

    References
    ----------
    .. [1] J. Cohen, Psychological Bulletin 70, 1968, 213–220.

    Examples
    --------
    >>> float(weighted_kappa([[2, 0], [0, 2]])), float(weighted_kappa([[1, 1], [1, 1]]))
    (1.0, 0.0)
    """
    table = np.asarray(counts, dtype=np.float64)
    steps = np.arange(table.shape[-1])
    weights = np.subtract.outer(steps, steps).astype(np.float64) ** 2
    total = table.sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :] / total[..., None, None]
        return np.asarray(1 - (weights * table).sum(axis=(-2, -1)) / (weights * chance).sum(axis=(-2, -1)))


def kappa_interval(
    predicted: ArrayLike,
    decided: ArrayLike,
    clusters: ArrayLike,
    *,
    n_levels: int,
    rng: np.random.Generator,
    resamples: int = 2_000,
) -> tuple[float, float, float]:
    """Weighted κ with its 95 % interval by resampling whole clusters.

    Records of one firm, one event or one authority resemble each other; resampling single records would
    make the interval too narrow.

    Parameters
    ----------
    predicted, decided : array_like of int, shape (n,)
        Levels 0 … `n_levels` − 1.
    clusters : array_like, shape (n,)
        To which cluster a record belongs.
    n_levels : int
        Number of levels.
    rng : numpy.random.Generator
        The only source of chance.
    resamples : int
        Bootstrap samples.

    Returns
    -------
    tuple of float
        κ, lower and upper bound.

    References
    ----------
    .. [1] A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.

    Examples
    --------
    >>> levels = np.array([0, 1, 1, 0, 1, 0])
    >>> rng = np.random.default_rng(1)
    >>> kappa_interval(levels, levels, [1, 1, 2, 2, 3, 3], n_levels=2, rng=rng, resamples=9)
    (1.0, 1.0, 1.0)
    """
    whole = confusion(predicted, decided, n_levels=n_levels)
    names, of = np.unique(np.asarray(clusters).astype(str), return_inverse=True)
    cell = np.asarray(decided, dtype=np.int64) * n_levels + np.asarray(predicted, dtype=np.int64)
    by_cluster = np.zeros((names.size, n_levels**2))
    np.add.at(by_cluster, (of, cell), 1)
    draws = rng.multinomial(names.size, np.full(names.size, 1 / names.size), size=resamples)
    drawn = weighted_kappa((draws @ by_cluster).reshape(resamples, n_levels, n_levels))
    lo, hi = np.nanquantile(drawn, [0.025, 0.975])
    return float(weighted_kappa(whole)), float(lo), float(hi)


def auc(scores: ArrayLike, is_positive: ArrayLike) -> float:
    """Probability that a positive record scores above a negative one, ties counted half.

    Parameters
    ----------
    scores : array_like of float, shape (n,)
    is_positive : array_like of bool, shape (n,)

    Returns
    -------
    float
        NaN where all records are of one kind.

    References
    ----------
    .. [1] J. A. Hanley and B. J. McNeil, Radiology 143, 1982, 29–36.

    Examples
    --------
    >>> auc([1, 2, 3, 4], [False, True, False, True])
    0.75
    """
    positive = np.asarray(is_positive, dtype=np.bool_)
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        return float("nan")
    return float((rankdata(np.asarray(scores, dtype=np.float64))[positive].sum() - n * (n + 1) / 2) / (n * m))


def fit_cuts(scores: ArrayLike, decided: ArrayLike, *, n_levels: int, by: str = "kappa") -> Floats:
    """Cut points of a score that agree best with decided levels.

    Parameters
    ----------
    scores : array_like of float, shape (n,)
    decided : array_like of int, shape (n,)
        Levels 0 … `n_levels` − 1.
    n_levels : int
    by : {"kappa", "exact"}
        What is made as large as possible: weighted κ or the share of exact agreement.

    Returns
    -------
    ndarray of float, shape (n_levels − 1,)
        Rising; ``np.searchsorted(cuts, scores, side="right")`` gives the levels.

    Examples
    --------
    >>> fit_cuts([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], n_levels=2).tolist()
    [2.5]
    """
    values, levels = np.asarray(scores, dtype=np.float64), np.asarray(decided, dtype=np.int64)
    steps = np.unique(values)
    between = np.concatenate([[steps[0] - 1], (steps[1:] + steps[:-1]) / 2, [steps[-1] + 1]])
    at = np.searchsorted(steps, values)
    by_step = np.zeros((steps.size, n_levels))
    np.add.at(by_step, (at, levels), 1)
    below = np.vstack([np.zeros(n_levels), by_step.cumsum(axis=0)])
    places = np.linspace(0, steps.size, n_levels + 1).round().astype(int)[1:-1].tolist()
    return between[_climb(places, below, by=by)]


def _climb(places: Sequence[int], below: Floats, *, by: str) -> list[int]:
    """Move one cut at a time to its best place until nothing improves."""
    best, reached = list(places), _worth(places, below, by=by)
    while True:
        before = reached
        for j in range(len(best)):
            for place in range(below.shape[0]):
                trial = sorted([*best[:j], place, *best[j + 1 :]])
                worth = _worth(trial, below, by=by)
                if worth > reached + 1e-12:
                    best, reached = trial, worth
        if reached == before:
            return best


def _worth(places: Sequence[int], below: Floats, *, by: str) -> float:
    edges = [0, *places, below.shape[0] - 1]
    counts = np.array([below[hi] - below[lo] for lo, hi in itertools.pairwise(edges)]).T
    value = weighted_kappa(counts) if by == "kappa" else np.trace(counts) / counts.sum()
    return float(np.nan_to_num(value, nan=-1.0))
