"""Alternatives judged on several criteria: one checked table, and ranks that know a tie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

Floats = NDArray[np.float64]

TIE = 1e-12
# weights are written with a few decimals, so their sum is 1 only nearly
_SUM = 1e-6

# what a method may ask of a column: which entries break it, and the rule in words
_RULES: dict[str, tuple[Callable[[Floats], NDArray[np.bool_]], str]] = {
    "not_negative": (lambda x: x < 0, "zero or more"),
    "not_all_zero": (
        lambda x: (x[0] == 0) & ~(x[0].all() or x.any(axis=0)),
        "a column that is not all zeros",
    ),
    "not_constant": (
        lambda x: np.asarray(np.ptp(x, axis=0) == 0),
        "a column in which the alternatives differ",
    ),
}


@dataclass(frozen=True)
class DecisionTable:
    """Values of alternatives on criteria, with the weight and the direction of each criterion.

    Parameters
    ----------
    entries : ndarray of float, shape (m, n)
        One row an alternative, one column a criterion, in the criterion's own unit.
    weights : ndarray of float, shape (n,)
        Not negative, sum 1.
    is_cost : ndarray of bool, shape (n,)
        Whether less is better.
    alternatives, criteria : Index
        Their names; numbers from 0 where none were given.
    """

    entries: Floats
    weights: Floats
    is_cost: NDArray[np.bool_]
    alternatives: pd.Index
    criteria: pd.Index


def decision_table(
    values: Any, *, weights: Any = None, is_cost: Any = None, rules: Sequence[str] = ()
) -> DecisionTable:
    """Check a decision table and give it one form, or refuse it with every fault.

    Parameters
    ----------
    values : array_like or DataFrame, shape (m, n)
        At least two alternatives and one criterion; finite. A DataFrame names both.
    weights : array_like, mapping or Series, optional
        One a criterion, in their order or by their names; equal weights where not given.
    is_cost : array_like of bool, mapping or Series, optional
        Criteria of which less is better; none where not given.
    rules : sequence of str
        What the method asks besides: ``not_negative``, ``not_all_zero``, ``not_constant``.

    Raises
    ------
    InputFaults
        With each wrong entry of the values, the weights and the directions.

    Examples
    --------
    >>> decision_table([[1, 2], [3, 4]], weights=[0.5, 0.5]).is_cost.tolist()
    [False, False]
    >>> try:
    ...     decision_table([[1, float("nan")], [3, 4]], weights=[0.5, 0.6])
    ... except ValueError as error:
    ...     print(error)
    decision table: 2 faults
      values[0, 1]: nan, must be: a finite number
      weights: sum 1.1, must be: weights that sum to 1
    """
    numbers, rows, columns = _labelled(values)
    faults: list[Fault] = list(_value_faults(numbers, rows, columns, rules=rules))
    n = len(columns)
    given = np.full(n, 1 / n) if weights is None else _by_criterion(weights, columns, faults, what="weights")
    costs = np.zeros(n) if is_cost is None else _by_criterion(is_cost, columns, faults, what="is_cost")
    faults += [] if given is None else weight_faults(given, columns)
    faults += [] if costs is None else _direction_faults(costs, columns)
    refuse("decision table", faults)
    assert given is not None
    assert costs is not None
    return DecisionTable(numbers, given, costs == 1, rows, columns)


def _labelled(values: Any) -> tuple[Floats, pd.Index, pd.Index]:
    raw = np.asarray(values)
    if raw.ndim != 2 or raw.shape[0] < 2 or raw.shape[1] < 1:
        rule = "at least two alternatives (rows) and one criterion (columns)"
        refuse("decision table", [Fault("values", f"shape {raw.shape}", rule)])
    named = isinstance(values, pd.DataFrame)
    rows: pd.Index = values.index if named else pd.RangeIndex(raw.shape[0])
    columns: pd.Index = values.columns if named else pd.RangeIndex(raw.shape[1])
    doubled = [
        (name, labels) for name, labels in (("row", rows), ("column", columns)) if not labels.is_unique
    ]
    refuse(
        "decision table",
        [Fault(f"{name} names", shown(_twice(labels)), "names that stand once") for name, labels in doubled],
    )
    return _as_floats(raw), rows, columns


def _twice(labels: pd.Index) -> list[Any]:
    return list(labels[labels.duplicated()].unique())


def _as_floats(raw: NDArray[Any]) -> Floats:
    if raw.dtype.kind in "fiub":
        return np.asarray(raw, dtype=np.float64)
    flat = pd.to_numeric(pd.Series(raw.ravel(), dtype=object), errors="coerce")
    return np.asarray(flat, dtype=np.float64).reshape(raw.shape)


def _value_faults(
    numbers: Floats, rows: pd.Index, columns: pd.Index, *, rules: Sequence[str]
) -> Iterator[Fault]:
    finite = np.isfinite(numbers)
    if not finite.all():
        for i, j in np.argwhere(~finite).tolist():
            yield Fault(f"values[{rows[i]}, {columns[j]}]", shown(float(numbers[i, j])), "a finite number")
        return
    for name in rules:
        broken, rule = _RULES[name][0](numbers), _RULES[name][1]
        for place in np.argwhere(broken).tolist() if broken.any() else ():
            j = place[-1]
            entry = numbers[tuple(place)] if len(place) == 2 else numbers[0, j]
            where = f"{rows[place[0]]}, {columns[j]}" if len(place) == 2 else f":, {columns[j]}"
            yield Fault(f"values[{where}]", shown(float(entry)), rule)


def _by_criterion(given: Any, columns: pd.Index, faults: list[Fault], *, what: str) -> Floats | None:
    """One number a criterion, in their order; None, with its faults told, where that cannot be had."""
    if isinstance(given, Mapping | pd.Series):
        by_name = given if isinstance(given, pd.Series) else pd.Series(dict(given))
        strange = [name for name in by_name.index if name not in columns]
        absent = [name for name in columns if name not in by_name.index]
        faults += [Fault(f"{what}[{name}]", shown(name), "the name of a criterion") for name in strange]
        faults += [Fault(f"{what}[{name}]", "missing", "an entry for every criterion") for name in absent]
        if strange or absent:
            return None
        given = by_name.reindex(columns)
    numbers = _as_floats(np.asarray(given))
    if numbers.shape != (len(columns),):
        faults.append(
            Fault(what, f"shape {numbers.shape}", RuleText("one entry for each of {} criteria", len(columns)))
        )
        return None
    return numbers


def _direction_faults(numbers: Floats, columns: pd.Index) -> list[Fault]:
    wrong = np.flatnonzero((numbers != 0) & (numbers != 1))
    return [
        Fault(f"is_cost[{columns[j]}]", shown(float(numbers[j])), "true or false") for j in wrong.tolist()
    ]


def weight_faults(weights: Floats, names: Sequence[Any] | pd.Index, *, what: str = "weights") -> list[Fault]:
    """What is wrong with a set of weights: entries below zero or not finite, or a sum that is not 1.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        The weights.
    names : sequence
        What each belongs to.
    what : str
        How the fault names them.

    Examples
    --------
    >>> [str(fault) for fault in weight_faults(np.array([-0.1, 1.1]), ["a", "b"])]
    ['weights[a]: -0.1, must be: a weight of zero or more']
    """
    wrong = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if wrong.size:
        rule = "a weight of zero or more"
        return [Fault(f"{what}[{names[j]}]", shown(float(weights[j])), rule) for j in wrong.tolist()]
    total = float(weights.sum())
    if abs(total - 1) > _SUM:
        return [Fault(what, f"sum {total:.6g}", RuleText("{} that sum to 1", what))]
    return []


def ranks_of(scores: ArrayLike) -> NDArray[np.int64]:
    """Ranks from scores: 1 for the highest, equal scores share the best rank they reach.

    Parameters
    ----------
    scores : array_like of float, shape (m,)
        More is better. Scores within 1e-12 (of the largest in size, if above 1) count as equal.

    Returns
    -------
    ndarray of int, shape (m,)

    Examples
    --------
    >>> ranks_of([0.2, 0.7, 0.2, 0.1]).tolist()
    [2, 1, 2, 4]
    """
    x = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-x)
    falling = x[order]
    tie = TIE * max(1.0, float(np.abs(x).max(initial=0.0)))
    begins = np.concatenate([[True], falling[:-1] - falling[1:] > tie])
    first = np.maximum.accumulate(np.where(begins, np.arange(x.size), 0))
    out = np.empty(x.size, dtype=np.int64)
    out[order] = first + 1
    return out
