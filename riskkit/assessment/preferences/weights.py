"""Weights that come from the data themselves (entropy, CRITIC), and putting two sets of weights together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards.decision_table import decision_table, weight_faults


@dataclass(frozen=True)
class EntropyWeights:
    """Weights by entropy, with the entropies they rest on.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        Sum 1.
    entropy : ndarray of float, shape (n,)
        0–1; 1 where the alternatives do not differ.
    criteria : Index
        Names of the criteria.
    """

    weights: Floats
    entropy: Floats
    criteria: pd.Index


def entropy_weights(values: Any) -> EntropyWeights:
    """How much each criterion tells the alternatives apart, by the entropy of its shares.

    p_ij = x_ij / Σ_i x_ij; e_j = −Σ_i p_ij ln p_ij / ln m; w_j = (1 − e_j) / Σ (1 − e_j). A zero entry
    counts as its limit, 0 · ln 0 = 0. Cost criteria are not turned. The weights say how much the data
    vary, not how much a criterion matters.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        Zero or more, in ratio units: a shift of the zero point changes the weights.

    Returns
    -------
    EntropyWeights

    Raises
    ------
    InputFaults
        With each negative or missing entry and each column of zeros, or when no criterion tells the
        alternatives apart.

    References
    ----------
    .. [1] C. L. Hwang, K. Yoon, Multiple Attribute Decision Making, 1981 (``hwang_yoon_1981``).

    Examples
    --------
    >>> found = entropy_weights([[1, 5], [3, 5], [2, 5]])
    >>> found.weights.round(3).tolist(), found.entropy.round(3).tolist()
    ([1.0, 0.0], [0.921, 1.0])
    """
    table = decision_table(values, rules=("not_negative", "not_all_zero"))
    p = table.entries.T.copy(order="C")  # sums then run along the memory, and no further copy is made
    p /= p.max(axis=1, keepdims=True)
    least = p.min(axis=1)
    p /= p.sum(axis=1, keepdims=True)
    logs = np.log(p) if least.all() else np.log(p, out=np.zeros_like(p), where=p > 0)
    entropy = -np.einsum("ij,ij->i", p, logs) / np.log(p.shape[1])
    entropy[least == 1] = 1.0
    told = np.maximum(1 - entropy, 0.0)
    if told.sum() == 0:
        refuse("entropy weights", [Fault("values", "all columns constant", "alternatives that differ")])
    return EntropyWeights(told / told.sum(), entropy, table.criteria)


@dataclass(frozen=True)
class CriticWeights:
    """Weights by CRITIC, with what they rest on.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        Sum 1.
    contrast : ndarray of float, shape (n,)
        Standard deviation of each criterion scaled to 0–1.
    correlation : ndarray of float, shape (n, n)
        Between the scaled criteria.
    criteria : Index
        Names of the criteria.
    """

    weights: Floats
    contrast: Floats
    correlation: Floats
    criteria: pd.Index


def critic_weights(values: Any, *, is_cost: Any = None) -> CriticWeights:
    """How much each criterion tells apart what the others do not.

    Each criterion is scaled to 0–1 (best 1); C_j = σ_j Σ_k (1 − r_jk); w_j = C_j / Σ C.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        Finite; no column constant.
    is_cost : array_like of bool, mapping or Series, optional
        Criteria of which less is better.

    Returns
    -------
    CriticWeights

    Raises
    ------
    InputFaults
        With each missing entry and each constant column, or when all criteria say the same.

    References
    ----------
    .. [1] D. Diakoulaki, G. Mavrotas, L. Papayannakis, Computers & Operations Research 22(7), 1995,
       763–770 (``diakoulaki_1995``).

    Examples
    --------
    >>> critic_weights([[1, 9, 5], [2, 7, 1], [3, 8, 3]]).weights.round(3).tolist()
    [0.5, 0.25, 0.25]
    """
    table = decision_table(values, is_cost=is_cost, rules=("not_constant",))
    low = table.entries.min(axis=0)
    scaled = (table.entries - low) / np.ptp(table.entries, axis=0)
    scaled[:, table.is_cost] = 1 - scaled[:, table.is_cost]
    deviations = scaled - scaled.mean(axis=0)
    contrast = np.sqrt((deviations**2).mean(axis=0))
    unit = deviations / contrast
    correlation = np.clip(unit.T @ unit / len(unit), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    conflict = contrast * (1 - correlation).sum(axis=1)
    if conflict.sum() < 1e-12:
        refuse("CRITIC weights", [Fault("values", "all correlations 1", "criteria that differ")])
    return CriticWeights(conflict / conflict.sum(), contrast, correlation, table.criteria)


def multiplied_weights(first: ArrayLike, second: ArrayLike) -> Floats:
    """Two sets of weights put together by their product (乘法合成): both must hold a criterion high.

    w_j = a_j b_j / Σ a b. A criterion that either set gives 0 gets 0.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        Each sums to 1.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    InputFaults
        With each wrong weight, or when no criterion has a weight above 0 in both.

    Examples
    --------
    >>> multiplied_weights([0.5, 0.3, 0.2], [0.2, 0.2, 0.6]).round(4).tolist()
    [0.3571, 0.2143, 0.4286]
    """
    a, b = _two_sets(first, second)
    product = a * b
    if product.sum() == 0:
        rule = "a criterion with weight in both sets"
        refuse("combined weights", [Fault("first × second", "all 0", rule)])
    return np.asarray(product / product.sum())


def mixed_weights(first: ArrayLike, second: ArrayLike, *, share: float) -> Floats:
    """Two sets of weights put together by their weighted mean (加法合成).

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        Each sums to 1.
    share : float
        How much of the first set, 0–1. A house choice of whoever sets it: report it with the result.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    InputFaults
        With each wrong weight, and a share outside 0–1.

    Examples
    --------
    >>> mixed_weights([0.5, 0.3, 0.2], [0.2, 0.2, 0.6], share=0.5).round(4).tolist()
    [0.35, 0.25, 0.4]
    """
    a, b = _two_sets(first, second)
    if not 0 <= share <= 1:
        refuse("combined weights", [Fault("share", f"{shown(share)}", "a share from 0 to 1")])
    return np.asarray(share * a + (1 - share) * b)


def _two_sets(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        refuse("combined weights", [Fault("shapes", f"{a.shape} and {b.shape}", "two sets of one length")])
    names = range(a.size)
    refuse("combined weights", weight_faults(a, names, what="first") + weight_faults(b, names, what="second"))
    return a, b
