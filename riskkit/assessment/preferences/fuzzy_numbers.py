"""Triangular fuzzy numbers: AHP and TOPSIS with them, and one number for a membership curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards.decision_table import ranks_of

# 1/3 is written 0.33: an entry and its mirror multiply to 1 only nearly
_RECIPROCAL = 5e-3
WAYS = ("centroid", "bisector", "mean_of_maximum", "smallest_of_maximum", "largest_of_maximum")


@dataclass(frozen=True)
class FuzzyPriorities:
    """Weights from fuzzy pairwise judgements.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        Sum 1.
    fuzzy_weights : ndarray of float, shape (n, 3)
        Low, middle, high.
    defuzzified : ndarray of float, shape (n,)
        (l + m + u)/3, before they are made to sum to 1.
    """

    weights: Floats
    fuzzy_weights: Floats
    defuzzified: Floats


def fuzzy_priorities(matrix: ArrayLike) -> FuzzyPriorities:
    """Weights from pairwise judgements given as low, middle and high.

    Geometric means of the rows, g_i; w_i = (l_i/Σu, m_i/Σm, u_i/Σl); then the centre of area. That a
    judgement is fuzzy does not make it consistent: look at the CR of the middle values.

    Parameters
    ----------
    matrix : array_like of float, shape (n, n, 3)
        0 < low ≤ middle ≤ high; (1, 1, 1) on the diagonal; entry (j, i) is (1/u, 1/m, 1/l) of (i, j)
        within 0.5 %.

    Returns
    -------
    FuzzyPriorities

    Raises
    ------
    InputFaults
        With each wrong entry.

    References
    ----------
    .. [1] J. J. Buckley, Fuzzy Sets and Systems 17, 1985, 233–247 (``buckley_1985``).

    Examples
    --------
    >>> found = fuzzy_priorities([[[1, 1, 1], [2, 3, 4]], [[1 / 4, 1 / 3, 1 / 2], [1, 1, 1]]])
    >>> found.weights.round(4).tolist()
    [0.7424, 0.2576]
    """
    a = np.asarray(matrix, dtype=np.float64)
    if a.ndim != 3 or a.shape[0] != a.shape[1] or a.shape[2] != 3 or a.shape[0] < 1:
        rule = "a square matrix of (low, middle, high)"
        refuse("fuzzy judgements", [Fault("matrix", f"shape {a.shape}", rule)])
    refuse("fuzzy judgements", _judgement_faults(a))
    means = np.exp(np.log(a).mean(axis=1))
    fuzzy = means / means.sum(axis=0)[::-1]
    single = fuzzy.mean(axis=1)
    return FuzzyPriorities(single / single.sum(), fuzzy, single)


def _judgement_faults(a: Floats) -> list[Fault]:
    wrong = ~_is_rising(a) | (a[..., 0] <= 0)
    faults = [
        Fault(f"[{i}, {j}]", _shown(a[i, j]), "0 < low ≤ middle ≤ high")
        for i, j in np.argwhere(wrong).tolist()
    ]
    if faults:
        return faults
    product = a * a.transpose(1, 0, 2)[..., ::-1]
    off = np.tril((np.abs(product - 1) > _RECIPROCAL).any(axis=-1))
    for i, j in np.argwhere(off).tolist():
        rule = (
            "(1, 1, 1)"
            if i == j
            else RuleText("the reciprocal of [{}, {}], {}", j, i, _shown(1 / a[j, i][::-1]))
        )
        faults.append(Fault(f"[{i}, {j}]", _shown(a[i, j]), rule))
    return faults


def _is_rising(a: Floats) -> NDArray[np.bool_]:
    return np.asarray((a[..., 0] <= a[..., 1]) & (a[..., 1] <= a[..., 2]) & np.isfinite(a).all(axis=-1))


def _shown(number: Floats) -> str:
    return "(" + ", ".join(f"{x:.6g}" for x in number.tolist()) + ")"


@dataclass(frozen=True)
class FuzzyTopsis:
    """Closeness to the fuzzy ideal.

    Parameters
    ----------
    closeness : ndarray of float, shape (m,)
        0–1; more is better.
    ranks : ndarray of int, shape (m,)
        1 is the best.
    to_ideal, to_anti_ideal : ndarray of float, shape (m,)
        Sums of the vertex distances over the criteria.
    """

    closeness: Floats
    ranks: NDArray[np.int64]
    to_ideal: Floats
    to_anti_ideal: Floats


def fuzzy_topsis(ratings: ArrayLike, weights: ArrayLike, *, is_cost: ArrayLike | None = None) -> FuzzyTopsis:
    """Ranks alternatives rated, under weights given, as low, middle and high.

    Benefit: divided by the largest high of the column; cost: smallest low divided by the number, its ends
    exchanged. Times the weight, end by end. Ideal and anti-ideal: largest and smallest of each end over
    the alternatives. Distance of two numbers: √(Σ of squared differences / 3), summed over criteria.

    Parameters
    ----------
    ratings : array_like of float, shape (m, n, 3)
        0 < low ≤ middle ≤ high.
    weights : array_like of float, shape (n, 3)
        0 ≤ low ≤ middle ≤ high; they need not sum to anything.
    is_cost : array_like of bool, shape (n,), optional
        Criteria of which less is better.

    Returns
    -------
    FuzzyTopsis

    Raises
    ------
    InputFaults
        With each wrong number, or when all alternatives are alike.

    References
    ----------
    .. [1] C.-T. Chen, Fuzzy Sets and Systems 114, 2000, 1–9 (``chen_2000``); there the ideals are (1, 1, 1)
       and (0, 0, 0), here those of the table.

    Examples
    --------
    >>> fuzzy_topsis([[[1, 2, 3]], [[2, 3, 4]], [[3, 4, 5]]], [[0.5, 0.7, 0.9]]).closeness.round(4).tolist()
    [0.0, 0.5, 1.0]
    """
    x, w = np.asarray(ratings, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if x.ndim != 3 or x.shape[0] < 2 or x.shape[2] != 3 or w.shape != x.shape[1:]:
        rule = "(m ≥ 2, n, 3) and (n, 3)"
        refuse("fuzzy TOPSIS", [Fault("shapes", f"{x.shape} and {w.shape}", rule)])
    cost = np.zeros(len(w), dtype=np.bool_) if is_cost is None else np.asarray(is_cost, dtype=np.bool_)
    refuse("fuzzy TOPSIS", _rating_faults(x, w, cost))
    benefit = x / x[..., 2].max(axis=0)[:, None]
    turned = x[..., 0].min(axis=0)[:, None] / x[..., ::-1]
    v = np.where(cost[:, None], turned, benefit) * w
    near, far = _vertex_distance(v, v.max(axis=0)), _vertex_distance(v, v.min(axis=0))
    if not (near + far > 0).all():
        refuse("fuzzy TOPSIS", [Fault("ratings", "all alternatives alike", "alternatives that differ")])
    closeness = far / (near + far)
    return FuzzyTopsis(closeness, ranks_of(closeness), near, far)


def _rating_faults(x: Floats, w: Floats, cost: NDArray[np.bool_]) -> list[Fault]:
    wrong = np.argwhere(~_is_rising(x) | (x[..., 0] <= 0)).tolist()
    faults = [Fault(f"ratings[{i}, {j}]", _shown(x[i, j]), "0 < low ≤ middle ≤ high") for i, j in wrong]
    below = np.flatnonzero(~_is_rising(w) | (w[..., 0] < 0)).tolist()
    faults += [Fault(f"weights[{j}]", _shown(w[j]), "0 ≤ low ≤ middle ≤ high") for j in below]
    if cost.shape != (len(w),):
        faults.append(
            Fault("is_cost", f"shape {cost.shape}", RuleText("one entry for each of {} criteria", len(w)))
        )
    return faults


def _vertex_distance(v: Floats, to: Floats) -> Floats:
    return np.asarray(np.sqrt(((v - to) ** 2).mean(axis=-1)).sum(axis=-1))


def defuzzified(x: ArrayLike, membership: ArrayLike, *, how: str) -> float:
    """One number that stands for a membership curve, drawn straight between its points.

    Parameters
    ----------
    x : array_like of float, shape (k,)
        Rising.
    membership : array_like of float, shape (k,)
        0–1, not all 0.
    how : str
        ``centroid``, ``bisector`` (half the area on either side), ``mean_of_maximum``,
        ``smallest_of_maximum`` or ``largest_of_maximum`` (over the points given).

    Raises
    ------
    ValueError
        When there is no such way, or the curve is not one.

    Examples
    --------
    >>> defuzzified([0, 1, 2, 3], [0, 1, 1, 0], how="centroid")
    1.5
    >>> defuzzified([0, 1, 2, 3], [0, 1, 1, 0], how="largest_of_maximum")
    2.0
    """
    at, y = np.asarray(x, dtype=np.float64), np.asarray(membership, dtype=np.float64)
    if how not in WAYS:
        raise ValueError(f"no way {shown(how)}; there are: {', '.join(WAYS)}")
    if at.ndim != 1 or at.shape != y.shape or at.size < 2 or not (np.diff(at) > 0).all():
        raise ValueError("x must rise, with one membership for each")
    if not ((y >= 0) & (y <= 1)).all() or not y.any():
        raise ValueError("memberships lie between 0 and 1, not all 0")
    if how == "centroid":
        return _centroid(at, y)
    if how == "bisector":
        return _bisector(at, y)
    top = at[y == y.max()]
    of_maximum = dict(zip(WAYS[2:], (top.mean(), top[0], top[-1]), strict=True))
    return float(of_maximum[how])


def _centroid(x: Floats, y: Floats) -> float:
    h, a, b = np.diff(x), y[:-1], y[1:]
    moments = h / 6 * (x[:-1] * (2 * a + b) + x[1:] * (a + 2 * b))
    return float(moments.sum() / (h * (a + b) / 2).sum())


def _bisector(x: Floats, y: Floats) -> float:
    h, a, b = np.diff(x), y[:-1], y[1:]
    areas = h * (a + b) / 2
    before = np.concatenate([[0.0], np.cumsum(areas)])
    i = min(int(np.searchsorted(before, before[-1] / 2, side="right")) - 1, h.size - 1)
    rest, slope = before[-1] / 2 - before[i], (b[i] - a[i]) / h[i]
    root = np.sqrt(max(a[i] ** 2 + 2 * slope * rest, 0.0))
    return float(x[i] + (2 * rest / (a[i] + root) if rest > 0 else 0.0))
