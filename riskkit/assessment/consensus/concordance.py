"""Kendall's W: how far several experts put the same things in the same order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc
from scipy.stats import rankdata

from riskkit.foundation.inputs.faults import Fault, refuse, shown

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Concordance:
    """Kendall's W with its tests.

    Parameters
    ----------
    w : float
        0 (no common order) to 1 (the same order); NaN where every expert ties everything.
    chi2, df, p_chi2 : float
        Friedman's test; good from about 7 items.
    f, p_f : float
        The F test, better for few items; NaN where W is 1.
    p_permutation : float
        Share of shuffled rankings with at least this W; NaN where no `rng` was given.
    """

    w: float
    chi2: float
    df: int
    p_chi2: float
    f: float
    p_f: float
    p_permutation: float


def kendall_w(
    scores: ArrayLike,
    *,
    is_tie_corrected: bool = True,
    rng: np.random.Generator | None = None,
    shuffles: int = 2000,
) -> Concordance:
    """Kendall's coefficient of concordance W, ties corrected.

    W = 12·S / (m²(n³ - n) - m·ΣT) with S the squared deviations of the rank sums of the n items over m
    experts, and T = Σ(t³ - t) over the ties of each expert.

    Parameters
    ----------
    scores : array_like of float, shape (items, experts)
        Scores or ranks; equal ones share their mean rank. No gaps.
    is_tie_corrected : bool
        Whether ΣT is taken off.
    rng : numpy.random.Generator, optional
        For the permutation test.
    shuffles : int
        Shuffles of that test.

    Returns
    -------
    Concordance

    Raises
    ------
    InputFaults
        When there are gaps, fewer than 2 experts or fewer than 2 items.

    References
    ----------
    .. [1] M. G. Kendall, Rank Correlation Methods, Griffin 1948, chapter 6 (``kendall_1948``).

    Examples
    --------
    >>> found = kendall_w([[1, 1, 6], [6, 5, 3], [3, 6, 2], [2, 2, 5], [5, 4, 4], [4, 3, 1]])
    >>> round(found.w, 9), round(found.chi2, 7)
    (0.212698413, 3.1904762)
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 2 or min(given.shape) < 2 or not np.isfinite(given).all():
        rule = "at least 2 items × 2 experts, no gaps"
        refuse("concordance", [Fault("scores", f"shape {given.shape}", rule)])
    n, m = given.shape
    ranks = rankdata(given, axis=0)
    ties = _ties(ranks) if is_tie_corrected else 0.0
    widest = m**2 * (n**3 - n) - m * ties
    if widest <= 0:
        return Concordance(np.nan, np.nan, n - 1, np.nan, np.nan, np.nan, np.nan)
    w = min(12 * _spread(ranks) / widest, 1.0)
    chi2 = m * (n - 1) * w
    f = (m - 1) * w / (1 - w) if w < 1 else np.nan
    first = n - 1 - 2 / m
    p_f = float(fdtrc(first, (m - 1) * first, f)) if w < 1 else 0.0
    p = np.nan if rng is None else _permuted(ranks, shuffles, rng=rng)
    return Concordance(float(w), chi2, n - 1, float(chdtrc(n - 1, chi2)), float(f), p_f, p)


def _spread(ranks: Floats) -> float:
    sums = ranks.sum(axis=-1)
    return float(((sums - sums.mean()) ** 2).sum())


def _ties(ranks: Floats) -> float:
    total = 0
    for column in ranks.T:
        t = np.unique(column, return_counts=True)[1]
        total += int((t**3 - t).sum())
    return float(total)


def _permuted(ranks: Floats, shuffles: int, *, rng: np.random.Generator) -> float:
    if shuffles < 1:
        refuse("concordance", [Fault("shuffles", shown(shuffles), "at least 1")])
    found = _spread(ranks)
    at_least = sum(_spread(rng.permuted(ranks, axis=0)) >= found - 1e-9 for _ in range(shuffles))
    return (at_least + 1) / (shuffles + 1)
