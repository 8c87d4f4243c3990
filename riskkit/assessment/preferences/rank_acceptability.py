"""SMAA-2: how the ranking fares when weights, and values, are not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards.decision_table import weight_faults

_BLOCK = 1 << 20


def draw_weights(
    n: int,
    n_draws: int,
    *,
    rng: np.random.Generator,
    order: Sequence[int] | None = None,
    at_least: Mapping[int, float] | None = None,
) -> Floats:
    """Weights drawn evenly from all that are possible.

    Parameters
    ----------
    n : int
        Number of criteria.
    n_draws : int
        How many sets.
    rng : Generator
        Where the randomness comes from.
    order : sequence of int, optional
        Criteria from the most to the least important, as far as known: only such weights are drawn.
        Criteria that are not named are free.
    at_least : mapping of int to float, optional
        Lowest weight of a criterion, by its number.

    Returns
    -------
    ndarray of float, shape (n_draws, n)
        Each row sums to 1.

    Raises
    ------
    InputFaults
        When the order names a criterion twice or one that is not there, when lowest weights leave
        nothing to share, or when both are given.

    References
    ----------
    .. [1] R. Lahdelma, P. Salminen, Operations Research 49(3), 2001, 444–454
       (``lahdelma_salminen_2001``).

    Examples
    --------
    >>> w = draw_weights(3, 1000, rng=np.random.default_rng(1), order=[2, 0])
    >>> bool((w[:, 2] >= w[:, 0]).all()), w.shape
    (True, (1000, 3))
    """
    _refuse_preferences(n, order, at_least)
    raw = rng.standard_exponential((n_draws, n))
    w = raw / raw.sum(axis=1, keepdims=True)
    if order is not None:
        known = list(order)
        w[:, known] = -np.sort(-w[:, known], axis=1)
    if at_least:
        low = np.zeros(n)
        low[list(at_least)] = list(at_least.values())
        w = low + (1 - low.sum()) * w
    return np.asarray(w)


def _refuse_preferences(n: int, order: Sequence[int] | None, at_least: Mapping[int, float] | None) -> None:
    faults = []
    if order is not None and at_least:
        faults.append(Fault("preferences", "order and at_least", "one of the two"))
    strange = [j for j in [*(order or ()), *(at_least or ())] if not 0 <= j < n]
    faults += [Fault("preferences", str(j), RuleText("a criterion from 0 to {}", n - 1)) for j in strange]
    if order is not None and len(set(order)) < len(order):
        faults.append(Fault("order", str(list(order)), "each criterion once"))
    low = list((at_least or {}).values())
    faults += [Fault("at_least", str(x), "0 or more") for x in low if not x >= 0]
    if not faults and sum(low) >= 1:
        faults.append(Fault("at_least", f"sum {sum(low):.6g}", "below 1 in all"))
    refuse("draws of weights", faults)


@dataclass(frozen=True)
class RankAcceptability:
    """What the draws say of each alternative.

    Parameters
    ----------
    acceptability : ndarray of float, shape (m, m)
        Share of draws in which alternative i takes rank r (column r − 1). Rows sum to 1; equal
        alternatives share the better rank.
    central_weights : ndarray of float, shape (m, n)
        Mean of the weights that make the alternative first; NaN where none does.
    confidence : ndarray of float, shape (m,)
        Share of draws of the values in which it is first under its central weights; NaN where it has
        none.
    standard_error : ndarray of float, shape (m, m)
        Of the acceptabilities, from the number of draws.
    pairwise_winning : ndarray of float, shape (m, m)
        Share of draws in which i is ahead of k.
    n_draws : int
        How many.
    alternatives, criteria : Index
        Names.
    """

    acceptability: Floats
    central_weights: Floats
    confidence: Floats
    standard_error: Floats
    pairwise_winning: Floats
    n_draws: int
    alternatives: pd.Index
    criteria: pd.Index


def rank_acceptability(values: Any, weights: ArrayLike) -> RankAcceptability:
    """Which ranks each alternative takes over draws of weights and values (SMAA-2).

    Additive value: u_i = Σ_j w_j x_ij, more is better. The draws of weights and of values go together
    one by one.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n) or (draws, m, n)
        Partial values, comparable between criteria: best 1 and worst 0 of a scale fixed beforehand (see
        `partial_values`). One table where they are known, a draw of it for each draw of the weights
        where they are not.
    weights : array_like of float, shape (draws, n)
        From `draw_weights`, or any other draw.

    Returns
    -------
    RankAcceptability

    Raises
    ------
    InputFaults
        With each wrong set of weights, missing values, and shapes that do not fit.

    References
    ----------
    .. [1] R. Lahdelma, P. Salminen, Operations Research 49(3), 2001, 444–454
       (``lahdelma_salminen_2001``).

    Examples
    --------
    >>> w = draw_weights(2, 20000, rng=np.random.default_rng(1))
    >>> found = rank_acceptability([[1.0, 0.0], [0.0, 0.75], [0.25, 0.25]], w)
    >>> found.acceptability[:, 0].round(2).tolist()
    [0.57, 0.43, 0.0]
    """
    x, w, alternatives, criteria = _checked(values, weights)
    m = x.shape[-2]
    counts, wins = np.zeros((m, m), dtype=np.int64), np.zeros((m, m), dtype=np.int64)
    weight_sums, first_counts = np.zeros((m, w.shape[1])), np.zeros(m)
    step = max(1, _BLOCK // m)
    for start in range(0, len(w), step):
        part = slice(start, start + step)
        ranks = _count_ahead(_scores(x if x.ndim == 2 else x[part], w[part]), wins)
        counts += np.stack([np.bincount(one, minlength=m) for one in ranks])
        first = (ranks == 0).astype(np.float64)
        weight_sums += first @ w[part]
        first_counts += first.sum(axis=1)
    share = counts / len(w)
    central = np.full(weight_sums.shape, np.nan)
    np.divide(weight_sums, first_counts[:, None], out=central, where=first_counts[:, None] > 0)
    error = np.sqrt(share * (1 - share) / len(w))
    sure = _confidence(x, central)
    return RankAcceptability(share, central, sure, error, wins / len(w), len(w), alternatives, criteria)


def _checked(values: Any, weights: ArrayLike) -> tuple[Floats, Floats, pd.Index, pd.Index]:
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    fits = x.ndim in (2, 3) and w.ndim == 2 and x.shape[-1] == w.shape[1] and x.shape[-2] > 1
    if not fits or (x.ndim == 3 and len(x) != len(w)) or len(w) < 1:
        rule = "(m, n) or (draws, m, n), m above 1, and (draws, n)"
        refuse("rank acceptability", [Fault("shapes", f"{x.shape} and {w.shape}", rule)])
    wrong = np.flatnonzero(
        ~np.isfinite(w).all(axis=1) | (w < 0).any(axis=1) | (np.abs(w.sum(axis=1) - 1) > 1e-6)
    )
    faults = [f for k in wrong.tolist() for f in weight_faults(w[k], range(w.shape[1]), what=f"weights[{k}]")]
    missing = np.argwhere(~np.isfinite(x)).tolist()
    faults += [Fault(f"values{place}", "missing", "a finite number") for place in missing]
    refuse("rank acceptability", faults)
    named = isinstance(values, pd.DataFrame)
    rows: pd.Index = values.index if named else pd.RangeIndex(x.shape[-2])
    columns: pd.Index = values.columns if named else pd.RangeIndex(x.shape[-1])
    return x, w, rows, columns


def _scores(x: Floats, w: Floats) -> Floats:
    """Additive values, shape (m, draws): one alternative a row is quicker to compare."""
    return np.ascontiguousarray(x @ w.T if x.ndim == 2 else np.matmul(x, w[:, :, None])[..., 0].T)


def _count_ahead(scores: Floats, wins: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many are strictly ahead of each, shape (m, draws); adds to `wins` who was ahead of whom."""
    ranks = np.empty(scores.shape, dtype=np.int64)
    for i, own in enumerate(scores):
        ahead = scores > own
        ranks[i] = np.add.reduce(ahead, axis=0, dtype=np.int16)
        wins[:, i] += np.count_nonzero(ahead, axis=1)
    return ranks


def _confidence(x: Floats, central: Floats) -> Floats:
    out = np.full(len(central), np.nan)
    draws = x[None] if x.ndim == 2 else x
    for i in np.flatnonzero(~np.isnan(central[:, 0])).tolist():
        scores = draws @ central[i]
        out[i] = (scores[:, i] >= scores.max(axis=1)).mean()
    return out


def partial_values(values: ArrayLike, worst: ArrayLike, best: ArrayLike) -> Floats:
    """Values on a common scale: 0 at the worst, 1 at the best, straight between.

    Parameters
    ----------
    values : array_like of float, shape (…, n)
        In the criteria's own units.
    worst, best : array_like of float, shape (n,)
        Ends of the scale of each criterion, fixed before the values are seen: best below worst where less
        is better. Values beyond them go beyond 0 and 1.

    Returns
    -------
    ndarray of float, in the shape of `values`

    Raises
    ------
    InputFaults
        With each criterion whose ends are equal.

    Examples
    --------
    >>> partial_values([[20, 5], [10, 9]], worst=[0, 10], best=[20, 0]).tolist()
    [[1.0, 0.5], [0.5, 0.1]]
    """
    low, high = np.asarray(worst, dtype=np.float64), np.asarray(best, dtype=np.float64)
    same = np.flatnonzero(~(np.abs(high - low) > 0))
    refuse(
        "partial values", [Fault(f"scale[{j}]", f"{low[j]} to {high[j]}", "two ends") for j in same.tolist()]
    )
    return np.asarray((np.asarray(values, dtype=np.float64) - low) / (high - low))
