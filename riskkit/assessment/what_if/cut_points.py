"""The cheapest way to decide along an ordered number: a few cut points, found exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.numbers.uncertainty import Floats

Places = NDArray[np.int64]


def cheapest(cost: Floats) -> int:
    """The decision of the least average loss; the higher one of two that are equal.

    Parameters
    ----------
    cost : ndarray of float, shape (n, decisions)
        Loss of each decision in each case.

    Examples
    --------
    >>> cheapest(np.array([[1.0, 0.0], [0.0, 1.0]]))
    1
    """
    means = cost.mean(axis=0)
    return int(np.flatnonzero(means <= means.min() + 1e-12)[-1])


def best_rule(at: Floats, cost: Floats) -> tuple[Floats, bool]:
    """Cut points of a number, and whether decisions rise (else fall) across them.

    Parameters
    ----------
    at : ndarray of float, shape (n,)
        The number that is seen.
    cost : ndarray of float, shape (n, decisions)
        Loss of each decision there.

    Returns
    -------
    bounds : ndarray of float, shape (decisions - 1,)
    rises : bool

    Examples
    --------
    >>> best_rule(np.array([1.0, 2.0, 3.0]), np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]))
    (array([2.5]), True)
    """
    order = np.argsort(at, kind="stable")
    ordered, sorted_cost = at[order], cost[order]
    rising, falling = _cuts(ordered, sorted_cost), _cuts(ordered, sorted_cost[:, ::-1])
    rises = rising[1] <= falling[1]
    places = rising[0] if rises else falling[0]
    below, above = ordered[:-1], ordered[1:]
    middles = below / 2 + above / 2  # halved first: the sum of two large numbers would be infinite
    # between neighbouring floats there is no middle: the bound is the upper one, which then counts as passed
    middles = np.where((middles > below) & (middles <= above), middles, above)
    return np.concatenate([[-np.inf], middles, [np.inf]])[places], rises


def _cuts(ordered: Floats, cost: Floats) -> tuple[Places, float]:
    """The cheapest places at which to pass from each decision to the next, and what that costs."""
    n, decisions = cost.shape
    total = np.vstack([np.zeros(decisions), np.cumsum(cost, axis=0)])
    between = np.concatenate([[True], ordered[1:] > ordered[:-1], [True]])
    so_far, came_from = total[:, 0], []
    for d in range(1, decisions):
        gap = np.where(between, so_far - total[:, d], np.inf)
        least = np.minimum.accumulate(gap)
        came_from.append(np.maximum.accumulate(np.where(gap == least, np.arange(n + 1), 0)))
        so_far = total[:, d] + least
    places, end = [], n
    for back in reversed(came_from):
        end = int(back[end])
        places.append(end)
    return np.array(places[::-1], dtype=np.int64), float(so_far[n])


def decide(at: Floats, bounds: Floats, rises: bool) -> Places:
    """What a rule decides where the number is seen.

    Parameters
    ----------
    at : ndarray of float, shape (n,)
        The number that is seen.
    bounds, rises
        As from `best_rule`.

    Examples
    --------
    >>> decide(np.array([2.0, 3.0]), np.array([2.5]), True).tolist()
    [0, 1]
    """
    passed = np.searchsorted(bounds, at, side="right")
    return np.asarray(passed if rises else len(bounds) - passed, dtype=np.int64)
