"""Fault trees as functions: the diagram of every gate, and the probabilities and draws of the events."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.assessment.trees.fault_tree_file import FaultTree
from riskkit.foundation.numbers.decision_diagrams import Diagram, Store, diagram
from riskkit.foundation.numbers.distributions import Fixed, best, draw
from riskkit.foundation.numbers.set_families import Families

Floats = NDArray[np.float64]
_Shape = tuple[tuple[str, str, tuple[str, ...], int], ...]


@dataclass(frozen=True)
class Functions:
    """The functions of all gates of a tree, and the order in which its events are tested."""

    store: Store
    families: Families
    events: tuple[str, ...]
    gates: dict[str, int]
    top: int
    top_diagram: Diagram


def functions_of(tree: FaultTree) -> Functions:
    """The functions of a tree's gates; trees of the same shape share them, whatever their probabilities.

    Raises
    ------
    TooLarge
        When the diagram would outgrow its memory.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "and", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": 0.1}, "b": {"p": 0.2}}})
    >>> functions_of(tree).events
    ('a', 'b')
    """
    return _compiled(tuple((gate.id, gate.kind, gate.of, gate.k) for gate in tree.gates), tree.top)


@functools.lru_cache(maxsize=8)
def _compiled(gates: _Shape, top: str) -> Functions:
    events = _order(gates, top)
    store = Store(len(events))
    node = {event: store.variable(level) for level, event in enumerate(events)}
    for id_, kind, of, k in gates:
        parts = [node[part] for part in of]
        if kind == "not":
            node[id_] = store.negated(parts[0])
        elif kind == "or":
            node[id_] = functools.reduce(
                store.either, sorted(parts, key=store.level.__getitem__, reverse=True)
            )
        elif kind == "at_least":
            node[id_] = store.at_least(k, parts)
        else:
            node[id_] = functools.reduce(store.both, sorted(parts, key=store.level.__getitem__, reverse=True))
    return Functions(
        store, Families(store), events, {gate[0]: node[gate[0]] for gate in gates}, node[top],
        diagram(store, [node[top]]),
    )  # fmt: skip


def _order(gates: _Shape, top: str) -> tuple[str, ...]:
    """Events as a walk from the top meets them: events that act together stay together."""
    parts = {id_: of for id_, _, of, _ in gates}
    met: dict[str, None] = {}
    waiting, seen = [top], set()
    while waiting:
        one = waiting.pop()
        if one not in parts:
            met.setdefault(one)
        elif one not in seen:
            seen.add(one)
            waiting += reversed(parts[one])
    return tuple(met)


def event_matrix(tree: FaultTree, p: Mapping[str, Any]) -> tuple[Floats, tuple[int, ...]]:
    """Probabilities of the events, given ones first, else the tree's own best values.

    Returns
    -------
    ndarray of float, shape (events, draws)
        Rows in the order of `Functions.events`.
    tuple of int
        The common shape of what was given.

    Raises
    ------
    ValueError
        When a name is no basic event, or a probability lies outside 0–1.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "and", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": 0.1}, "b": {"p": 0.2}}})
    >>> event_matrix(tree, {"b": [0.3, 0.4]})
    (array([[0.1, 0.1],
           [0.3, 0.4]]), (2,))
    """
    events = functions_of(tree).events
    unknown = [name for name in p if name not in set(events)]
    if unknown:
        raise ValueError(f"no basic events of the tree: {', '.join(sorted(unknown))}")
    known = {event.id: float(best(event.p)) for event in tree.events if event.id not in p}
    given = {name: np.asarray(value, dtype=np.float64) for name, value in p.items()}
    shape = np.broadcast_shapes(*(value.shape for value in given.values()))
    with np.errstate(invalid="ignore"):
        wrong = [name for name, value in given.items() if bool(((value < 0) | (value > 1)).any())]
    if wrong:
        raise ValueError(f"a probability lies between 0 and 1, not so for: {', '.join(sorted(wrong))}")
    n = int(np.prod(shape, dtype=np.int64))
    rows = np.empty((len(events), n))
    for level, name in enumerate(events):
        rows[level] = np.broadcast_to(given[name], shape).ravel() if name in given else known[name]
    return rows, shape


def draw_events(tree: FaultTree, n: int, *, rng: np.random.Generator) -> dict[str, Floats]:
    """Draws of every uncertain basic event, one draw for all events of a group.

    Raises
    ------
    ValueError
        When `n` is below 1.

    Examples
    --------
    >>> from riskkit.assessment.trees.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "or", "of": ["a", "b"]}},
    ...                    "events": {"a": {"p": {"low": 0, "high": 1}}, "b": {"p": 0.5}}})
    >>> list(draw_events(tree, 3, rng=np.random.default_rng(1)))
    ['a']
    """
    if n < 1:
        raise ValueError(f"draws must be at least 1, not {n}")
    out: dict[str, Floats] = {}
    first: dict[str, str] = {}
    for event in tree.events:
        if not isinstance(event.p, Fixed):
            owner = first.setdefault(event.group, event.id) if event.group else event.id
            out[event.id] = draw(event.p, n, rng=rng) if owner == event.id else out[owner]
    return out
