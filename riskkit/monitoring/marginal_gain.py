"""Share a budget over cells, one sample at a time, where each further sample of a cell gains less.

Taking again and again the sample that gains most for its cost is exact when all samples cost the same: the
gains fall within each cell, so no exchange can help. With unequal costs the last bit of the budget may be
spent better; `bound` says how much at most.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse
from riskkit.foundation.records.number_columns import Floats

Whole = NDArray[np.int64]
Gain = Callable[[Whole], Floats]
_STEPS = 60


@dataclass(frozen=True)
class Shared:
    """A budget shared out.

    Parameters
    ----------
    n : ndarray of int
        Samples by cell.
    spent : float
        Cost of them all, never above the budget.
    bound : float
        What the best possible sharing could gain beyond this one, at most; 0 when all samples cost the same.
    """

    n: Whole
    spent: float
    bound: float


def share_budget(gain: Gain, cost: Floats, *, budget: float, lower: Whole, upper: Whole) -> Shared:
    """The samples of each cell that together gain most within a budget.

    Parameters
    ----------
    gain : callable
        Gain of one more sample in each cell that has n already: array of n → array; must not rise with n.
    cost : ndarray of float
        Cost of one sample by cell, above 0.
    budget : float
        What may be spent in all, in the unit of `cost`.
    lower, upper : ndarray of int
        Fewest and most samples by cell.

    Returns
    -------
    Shared
        Ties go to the earlier cell.

    Raises
    ------
    InputFaults
        When the fewest samples cost more than the budget, a cost is not above 0, or a cell's most is below
        its fewest.

    References
    ----------
    .. [1] Gross (1956), as Ibaraki and Katoh (1988), Resource Allocation Problems, chapter 4
       (``ibaraki_katoh_1988``).

    Examples
    --------
    >>> weight = np.array([9.0, 4.0])
    >>> found = share_budget(lambda n: weight / (n + 1), np.ones(2), budget=5,
    ...                      lower=np.zeros(2, dtype=np.int64), upper=np.full(2, 99))
    >>> found.n.tolist()
    [4, 1]
    """
    _refuse(cost, budget, lower=lower, upper=upper)
    left = budget - float((cost * lower).sum())
    most = np.minimum(upper, lower + np.floor(left / cost + 1e-9)).astype(np.int64)
    n = _above_price(gain, cost, budget=budget, lower=lower, upper=most)
    spent = float((cost * n).sum())
    first = gain(n) / cost
    heap = [(-first[k], k) for k in np.flatnonzero((n < upper) & (first > 0))]
    heapq.heapify(heap)
    bound, is_first = 0.0, True
    while heap:
        rate, k = heapq.heappop(heap)
        if spent + cost[k] > budget * (1 + 1e-12):
            if is_first and np.ptp(cost) > 0:
                bound = -rate * (budget - spent)
            is_first = False
            continue
        n[k] += 1
        spent += float(cost[k])
        again = float(gain(n)[k] / cost[k])
        if n[k] < upper[k] and again > 0:
            heapq.heappush(heap, (-again, k))
    return Shared(n, spent, float(max(bound, 0.0)))


def _refuse(cost: Floats, budget: float, *, lower: Whole, upper: Whole) -> None:
    faults = [
        Fault(f"cell {k}: cost", f"{cost[k]:g}", "above 0")
        for k in np.flatnonzero(~((cost > 0) & (cost < np.inf)))
    ]
    faults += [
        Fault(f"cell {k}", f"{lower[k]} to {upper[k]}", "a most that is not below the fewest, from 0 up")
        for k in np.flatnonzero((lower > upper) | (lower < 0))
    ]
    if not faults and not float((cost * lower).sum()) <= budget * (1 + 1e-12) < np.inf:
        faults = [
            Fault(
                "budget",
                f"{budget:g}",
                RuleText("finite, and enough for the fewest: {}", f"{(cost * lower).sum():g}"),
            )
        ]
    refuse("budget", faults)


def _above_price(gain: Gain, cost: Floats, *, budget: float, lower: Whole, upper: Whole) -> Whole:
    """As many samples as gain more than a price per unit of cost, the price as low as the budget allows."""
    few, many = lower.copy(), upper.copy()
    top = float(np.max(np.where(lower < upper, gain(lower) / cost, 0.0), initial=0.0))
    if top <= 0 or not np.isfinite(top):
        return few
    if float((cost * upper).sum()) <= budget:
        return _count(gain, cost, 0.0, few=few, many=many)
    dear, cheap = np.log(top), np.log(top) - 700
    for _ in range(_STEPS):
        price = (dear + cheap) / 2
        found = _count(gain, cost, float(np.exp(price)), few=few, many=many)
        if float((cost * found).sum()) <= budget:
            dear, few = price, found
        else:
            cheap, many = price, found
        if (few == many).all():
            break
    return few


def _count(gain: Gain, cost: Floats, price: float, *, few: Whole, many: Whole) -> Whole:
    """The most samples by cell whose last one still gains more than the price."""
    low, high = few.copy(), many.copy()
    while (low < high).any():
        middle = (low + high + 1) // 2
        good = gain(np.maximum(middle - 1, 0)) / cost > price
        low, high = np.where(good, middle, low), np.where(good, high, middle - 1)
    return low
