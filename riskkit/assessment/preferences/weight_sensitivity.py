"""Which rank changes first when the weights move, and at what weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards.decision_table import TIE, weight_faults

Score = Callable[[Floats], Floats]
_STEPS = 200
# after 60 halvings an interval within 0 to 1 is narrower than a float can tell
_HALVINGS = 60
_BATCH = 4_000_000
_COLUMNS = [
    "criterion",
    "direction",
    "weight",
    "weight_at_change",
    "change",
    "overtaken",
    "overtaking",
    "rank",
]


def weights_with(weights: ArrayLike, criterion: int, to: ArrayLike) -> Floats:
    """The weights with one of them set, the others keeping their proportions.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        Sum 1.
    criterion : int
        Which one is set.
    to : array_like of float
        New weights of that criterion, 0–1; any shape.

    Returns
    -------
    ndarray of float, shape (…, n)
        Where the criterion had all the weight, the others share the rest alike.

    Examples
    --------
    >>> weights_with([0.5, 0.3, 0.2], 0, 0.75).tolist()
    [0.75, 0.15, 0.1]
    """
    w, t = np.asarray(weights, dtype=np.float64), np.asarray(to, dtype=np.float64)
    if w.size == 1:
        return np.asarray(t[..., None])
    others = np.where(np.arange(w.size) == criterion, 0.0, w)
    if others.sum() == 0:
        others = np.where(np.arange(w.size) == criterion, 0.0, 1.0)
    out = (1 - t)[..., None] * (others / others.sum())
    out[..., criterion] = t
    return np.asarray(out)


def rank_changes(
    weights: ArrayLike, score: Score, *, names: Sequence[Any] | None = None, top: int | None = None
) -> pd.DataFrame:
    """For each criterion, the smallest move of its weight, down and up, that changes the order.

    The weight moves alone and the others keep their proportions. Where scores are linear in the weights
    (weighted sum, PROMETHEE) every change is found; otherwise one that is undone again within 1/200 of
    the way to 0 or 1 can be missed. Alternatives that are equal at the start may part unnoticed.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        Sum 1.
    score : callable
        From many sets of weights, shape (k, n), to scores, shape (k, m); more is better. NaN where a set
        of weights gives none. For instance ``lambda w: topsis_under(values, w)``, or
        ``lambda w: w @ (found.leaving_by - found.entering_by).T``.
    names : sequence, optional
        Of the criteria.
    top : int, optional
        Watch the first `top` ranks only: 1 asks when another alternative comes first.

    Returns
    -------
    DataFrame
        One row a change found, the nearest first: criterion, direction (``up``/``down``), weight,
        weight_at_change (there the two are equal), change, overtaken and overtaking (row numbers of the
        alternatives), rank (the place they contend for). Empty where nothing changes the order.

    Raises
    ------
    InputFaults
        With each wrong weight.

    Examples
    --------
    >>> values = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> found = rank_changes([0.7, 0.3], lambda w: w @ values.T)
    >>> found[["criterion", "direction", "weight_at_change", "overtaking"]].to_dict("tight")["data"]
    [[0, 'down', 0.5, 1], [1, 'up', 0.5, 1]]
    """
    w = np.asarray(weights, dtype=np.float64)
    labels = list(range(w.size)) if names is None else list(names)
    faults = weight_faults(w, labels) if w.ndim == 1 else [Fault("weights", f"shape {w.shape}", "one row")]
    refuse("weight sensitivity", faults)
    base = score(w[None])[0]
    if np.isnan(base).any():
        refuse("weight sensitivity", [Fault("scores", "missing at these weights", "a score for each")])
    order = _order(base, top)
    rows = []
    for j, label in enumerate(labels):
        for direction, end in (("down", 0.0), ("up", 1.0)):
            found = _first_change(w, j, end=end, score=score, order=order)
            if found is not None:
                change = found[0] - float(w[j])
                rows.append((label, direction, float(w[j]), found[0], change, *found[1:]))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.sort_values("change", key=np.abs, kind="stable").reset_index(drop=True)


@dataclass(frozen=True)
class _Order:
    """Row numbers by falling score, and where each group of equals begins among them."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]

    def margins(self, scores: Floats) -> Floats:
        """By how much each group is ahead of the next, shape (k, groups − 1); infinite where unknown."""
        ordered = scores[:, self.rows]
        least = np.minimum.reduceat(ordered, self.starts, axis=1)[:, :-1]
        most = np.maximum.reduceat(ordered, self.starts, axis=1)[:, 1:]
        return np.asarray(np.where(np.isnan(least - most), np.inf, least - most))


def _order(base: Floats, top: int | None) -> _Order:
    """Groups of equals; below the watched ranks all the rest are one group."""
    rows = np.argsort(-base, kind="stable")
    tie = TIE * max(1.0, float(np.abs(base).max()))
    cuts = np.flatnonzero(base[rows][:-1] - base[rows][1:] > tie) + 1
    if top is not None and cuts.size:
        cuts = cuts[cuts <= max(top, int(cuts[0]))]
    return _Order(rows, np.concatenate([[0], cuts]))


def _first_change(
    w: Floats, j: int, *, end: float, score: Score, order: _Order
) -> tuple[float, int, int, int] | None:
    if order.starts.size < 2 or w[j] == end or w.size < 2:
        return None
    grid = np.linspace(w[j], end, _STEPS + 1)
    step = max(1, _BATCH // (order.rows.size * w.size))
    for start in range(1, grid.size, step):
        sets = weights_with(w, j, grid[start : start + step])
        lost = np.flatnonzero((order.margins(score(sets)) <= 0).any(axis=1))
        if lost.size:
            first = start + int(lost[0])
            at = _narrowed(
                w, j, between=(float(grid[first - 1]), float(grid[first])), score=score, order=order
            )
            return _contenders(score(weights_with(w, j, [at])), order, at=at)
    return None


def _narrowed(w: Floats, j: int, *, between: tuple[float, float], score: Score, order: _Order) -> float:
    keep, gone = between
    for _ in range(_HALVINGS):
        middle = 0.5 * (keep + gone)
        if (order.margins(score(weights_with(w, j, [middle]))) > 0).all():
            keep = middle
        else:
            gone = middle
    return gone


def _contenders(scores: Floats, order: _Order, *, at: float) -> tuple[float, int, int, int]:
    group = int(order.margins(scores)[0].argmin())
    ends = [*order.starts[1:].tolist(), order.rows.size]
    ahead = order.rows[order.starts[group] : ends[group]]
    behind = order.rows[ends[group] : ends[group + 1]]
    overtaken = int(ahead[scores[0, ahead].argmin()])
    overtaking = int(behind[scores[0, behind].argmax()])
    return at, overtaken, overtaking, int(order.starts[group]) + 1
