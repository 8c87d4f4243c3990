"""Rankings of alternatives under given weights: TOPSIS and VIKOR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.short_repr import ShownInNotebooks
from riskkit.foundation.standards.decision_table import TIE, DecisionTable, decision_table, ranks_of


@dataclass(frozen=True, repr=False)
class Topsis(ShownInNotebooks):
    """Closeness to the ideal, with every step of it.

    Parameters
    ----------
    closeness : ndarray of float, shape (m,)
        D⁻ / (D⁺ + D⁻): 1 is the ideal, 0 the anti-ideal.
    ranks : ndarray of int, shape (m,)
        1 is the best; equal closeness shares a rank.
    ideal, anti_ideal : ndarray of float, shape (n,)
        Best and worst weighted normalised value of each criterion.
    to_ideal, to_anti_ideal : ndarray of float, shape (m,)
        Distances D⁺ and D⁻.
    norms : ndarray of float, shape (n,)
        What each column was divided by, in its own unit.
    alternatives, criteria : Index
        Names.
    """

    closeness: Floats
    ranks: NDArray[np.int64]
    ideal: Floats
    anti_ideal: Floats
    to_ideal: Floats
    to_anti_ideal: Floats
    norms: Floats
    alternatives: pd.Index
    criteria: pd.Index


def topsis(values: Any, weights: Any, *, is_cost: Any = None) -> Topsis:
    """Ranks alternatives by how near they come to the best value of every criterion.

    r_ij = x_ij / √Σ_i x_ij²; v_ij = w_j r_ij; D⁺ and D⁻ are the Euclidean distances to the best and the
    worst v of each criterion; closeness = D⁻ / (D⁺ + D⁻). Adding or removing an alternative can change
    the order of the others.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        Finite; no column of zeros.
    weights : array_like, mapping or Series
        One a criterion, sum 1.
    is_cost : array_like of bool, mapping or Series, optional
        Criteria of which less is better.

    Returns
    -------
    Topsis

    Raises
    ------
    InputFaults
        With each wrong entry, or when the alternatives are alike in every criterion that has weight.

    References
    ----------
    .. [1] C. L. Hwang, K. Yoon, Multiple Attribute Decision Making, 1981 (``hwang_yoon_1981``).

    Examples
    --------
    >>> found = topsis([[250, 16], [200, 16], [300, 32]], [0.5, 0.5], is_cost=[True, False])
    >>> found.closeness.round(4).tolist(), found.ranks.tolist()
    ([0.2119, 0.3583, 0.6417], [3, 2, 1])
    """
    table = decision_table(values, weights=weights, is_cost=is_cost, rules=("not_all_zero",))
    rows = np.ascontiguousarray(table.entries.T)  # one criterion a row: ten times quicker to walk along
    norms = _norms(rows)
    weighted = rows * (table.weights / norms)[:, None]
    low, high = weighted.min(axis=1), weighted.max(axis=1)
    ideal = np.where(table.is_cost, low, high)
    anti = np.where(table.is_cost, high, low)
    if not (high > low).any():
        rule = "alternatives that differ in a criterion with weight"
        refuse("TOPSIS", [Fault("values", "all alternatives alike", rule)])
    near, far = _distance(weighted, ideal), _distance(weighted, anti)
    closeness = far / (near + far)
    names = table.alternatives, table.criteria
    return Topsis(closeness, ranks_of(closeness), ideal, anti, near, far, norms, *names)


def _norms(rows: Floats) -> Floats:
    largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    scaled = rows / largest[:, None]
    return np.asarray(largest * np.sqrt(np.einsum("ij,ij->i", scaled, scaled)))


def _distance(rows: Floats, to: Floats) -> Floats:
    gap = rows - to[:, None]
    return np.asarray(np.sqrt(np.einsum("ij,ij->j", gap, gap)))


def topsis_under(values: Any, weights: ArrayLike, *, is_cost: Any = None) -> Floats:
    """Closeness under many sets of weights at once.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        As for `topsis`.
    weights : array_like of float, shape (k, n)
        One set a row.
    is_cost : array_like of bool, mapping or Series, optional
        As for `topsis`.

    Returns
    -------
    ndarray of float, shape (k, m)
        NaN where a set of weights leaves all alternatives alike.

    Raises
    ------
    InputFaults
        With each wrong entry of the values.

    Examples
    --------
    >>> topsis_under([[250, 16], [200, 16], [300, 32]], [[0.5, 0.5], [1, 0]]).round(4).tolist()
    [[0.2119, 0.0, 1.0], [0.5, 0.0, 1.0]]
    """
    table = decision_table(values, is_cost=is_cost, rules=("not_all_zero",))
    unit = table.entries / _norms(table.entries.T)
    unit = np.where(table.is_cost, -unit, unit)
    sets = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    near = np.sqrt(sets**2 @ ((unit.max(axis=0) - unit) ** 2).T)
    far = np.sqrt(sets**2 @ ((unit - unit.min(axis=0)) ** 2).T)
    whole = near + far
    return np.asarray(np.divide(far, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


@dataclass(frozen=True)
class Vikor:
    """The compromise ranking, with its two conditions.

    Parameters
    ----------
    group_utility, regret, compromise : ndarray of float, shape (m,)
        S (weighted sum of shortfalls), R (largest weighted shortfall) and Q; the lowest is the best.
    ranks : ndarray of int, shape (m,)
        By Q; 1 is the best.
    v : float
        Weight of the group utility in Q.
    advantage, advantage_needed : float
        Q of the second minus Q of the first, and 1/(m − 1).
    has_advantage : bool
        Whether the first is ahead by enough.
    is_stable : bool
        Whether the first by Q is also first by S or by R.
    compromise_set : tuple of int
        Row numbers of the alternatives proposed, best first: one where both conditions hold.
    alternatives : Index
        Names.
    """

    group_utility: Floats
    regret: Floats
    compromise: Floats
    ranks: NDArray[np.int64]
    v: float
    advantage: float
    advantage_needed: float
    has_advantage: bool
    is_stable: bool
    compromise_set: tuple[int, ...]
    alternatives: pd.Index


def vikor(values: Any, weights: Any, *, is_cost: Any = None, v: float = 0.5) -> Vikor:
    """Ranks alternatives by a compromise between the sum and the worst of their shortfalls.

    S_i = Σ_j w_j (f*_j − f_ij)/(f*_j − f⁻_j), R_i the largest of these terms,
    Q_i = v (S_i − S*)/(S⁻ − S*) + (1 − v)(R_i − R*)/(R⁻ − R*). A criterion in which all alternatives are
    equal adds nothing; nor does S or R where all are equal.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        Finite.
    weights : array_like, mapping or Series
        One a criterion, sum 1.
    is_cost : array_like of bool, mapping or Series, optional
        Criteria of which less is better.
    v : float
        0–1; above 0.5 for the majority, below for the veto.

    Returns
    -------
    Vikor

    Raises
    ------
    InputFaults
        With each wrong entry, and a `v` outside 0–1.

    References
    ----------
    .. [1] S. Opricovic, G.-H. Tzeng, European Journal of Operational Research 156, 2004, 445–455
       (``opricovic_tzeng_2004``).

    Examples
    --------
    >>> found = vikor([[1, 3000], [2, 3750], [5, 4500]], [0.5, 0.5], is_cost=[True, False])
    >>> found.compromise.tolist(), found.compromise_set
    ([1.0, 0.0, 1.0], (1,))
    """
    if not 0 <= v <= 1:
        refuse("VIKOR", [Fault("v", f"{shown(v)}", "a number from 0 to 1")])
    table = decision_table(values, weights=weights, is_cost=is_cost)
    short = table.weights * _shortfalls(table)
    s, r = short.sum(axis=1), short.max(axis=1)
    q = v * _to_unit(s) + (1 - v) * _to_unit(r)
    order = np.argsort(q, kind="stable")
    advantage, needed = float(q[order[1]] - q[order[0]]), 1 / (len(q) - 1)
    first = order[0]
    ahead = bool(advantage >= needed - TIE)
    stable = bool(s[first] <= s.min() + TIE or r[first] <= r.min() + TIE)
    count = int((q - q[first] < needed - TIE).sum()) if not ahead else (1 if stable else 2)
    proposed = tuple(int(i) for i in order[:count])
    names = table.alternatives
    return Vikor(s, r, q, ranks_of(-q), v, advantage, needed, ahead, stable, proposed, names)


def _shortfalls(table: DecisionTable) -> Floats:
    x = np.where(table.is_cost, -table.entries, table.entries)
    best, spread = x.max(axis=0), np.ptp(x, axis=0)
    return np.asarray((best - x) / np.where(spread > 0, spread, 1.0))


def _to_unit(x: Floats) -> Floats:
    spread = np.ptp(x)
    return (x - x.min()) / spread if spread > 0 else np.zeros_like(x)
