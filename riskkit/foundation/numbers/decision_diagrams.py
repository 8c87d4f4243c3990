"""Boolean functions as reduced ordered decision diagrams: exact probabilities and prime implicants.

A `Store` keeps the nodes of all functions over one order of variables; each node stands once, so equal
functions have equal numbers. Node 0 is false, node 1 is true. A second kind of node holds families of
sets (products of literals); there 0 is the empty family and 1 the family of the empty set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_VARIABLES = 500
MAX_NODES = 2_000_000
# diagrams are evaluated in pieces of so many cells: about 32 MB at a time
_CELLS = 4_000_000

Node = int
Floats = NDArray[np.float64]


class TooLarge(ValueError):
    """A function whose diagram would outgrow the memory set aside for it."""


class Store:
    """Nodes of functions over variables 0 … `n` − 1, tested in that order.

    Parameters
    ----------
    n : int
        Number of variables, at most `MAX_VARIABLES`.
    max_nodes : int, optional
        More nodes than that raise `TooLarge` instead of filling the memory.

    Examples
    --------
    >>> store = Store(2)
    >>> a, b = store.variable(0), store.variable(1)
    >>> store.both(a, b) == store.negated(store.either(store.negated(a), store.negated(b)))
    True
    """

    def __init__(self, n: int, *, max_nodes: int = MAX_NODES) -> None:
        if n > MAX_VARIABLES:
            raise TooLarge(f"{n} variables; at most {MAX_VARIABLES}")
        self.n, self.max_nodes = n, max_nodes
        self.level, self.low, self.high = [n, n], [0, 1], [0, 1]
        self._nodes: dict[tuple[int, Node, Node], Node] = {}
        self._both: dict[tuple[Node, Node], Node] = {}
        self._either: dict[tuple[Node, Node], Node] = {}
        self._negated: dict[Node, Node] = {0: 1, 1: 0}

    def node(self, level: int, low: Node, high: Node) -> Node:
        """The function that is `low` where the variable is false and `high` where it is true."""
        if low == high:
            return low
        key = (level, low, high)
        found = self._nodes.get(key)
        if found is None:
            found = len(self.level)
            if found >= self.max_nodes:
                raise TooLarge(f"more than {self.max_nodes:,} nodes")
            self.level.append(level)
            self.low.append(low)
            self.high.append(high)
            self._nodes[key] = found
        return found

    def variable(self, level: int) -> Node:
        """The function that is true where the variable is."""
        return self.node(level, 0, 1)

    def both(self, f: Node, g: Node) -> Node:
        """The function that is true where both are."""
        if g in (f, 1):
            return f
        if f == 1:
            return g
        if f == 0 or g == 0:
            return 0
        key = (f, g) if f < g else (g, f)
        found = self._both.get(key)
        if found is None:
            level, f0, f1, g0, g1 = self._split(f, g)
            found = self._both[key] = self.node(level, self.both(f0, g0), self.both(f1, g1))
        return found

    def either(self, f: Node, g: Node) -> Node:
        """The function that is true where either is."""
        if g in (f, 0):
            return f
        if f == 0:
            return g
        if f == 1 or g == 1:
            return 1
        key = (f, g) if f < g else (g, f)
        found = self._either.get(key)
        if found is None:
            level, f0, f1, g0, g1 = self._split(f, g)
            found = self._either[key] = self.node(level, self.either(f0, g0), self.either(f1, g1))
        return found

    def _split(self, f: Node, g: Node) -> tuple[int, Node, Node, Node, Node]:
        lf, lg = self.level[f], self.level[g]
        f0, f1 = (self.low[f], self.high[f]) if lf <= lg else (f, f)
        g0, g1 = (self.low[g], self.high[g]) if lg <= lf else (g, g)
        return min(lf, lg), f0, f1, g0, g1

    def negated(self, f: Node) -> Node:
        """Not f."""
        found = self._negated.get(f)
        if found is None:
            found = self.node(self.level[f], self.negated(self.low[f]), self.negated(self.high[f]))
            self._negated[f] = found
            self._negated[found] = f
        return found

    def at_least(self, k: int, parts: Sequence[Node]) -> Node:
        """At least `k` of the parts."""
        reached = [1] + [0] * k
        for part in parts:
            for count in range(k, 0, -1):
                reached[count] = self.either(reached[count], self.both(part, reached[count - 1]))
        return reached[k]

    def is_monotone(self, f: Node) -> bool:
        """Whether no variable that becomes true can make f false (a coherent function)."""
        nodes = [node for node in reachable(self, [f]) if node > 1]
        return all(self.both(self.low[node], self.high[node]) == self.low[node] for node in nodes)


def reachable(store: Store, roots: Sequence[Node]) -> list[Node]:
    """All nodes under the roots, children before parents.

    Examples
    --------
    >>> store = Store(2)
    >>> reachable(store, [store.both(store.variable(0), store.variable(1))])
    [0, 1, 3, 4]
    """
    seen = {0, 1}
    waiting = [root for root in roots if root > 1]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [store.low[node], store.high[node]]
    return sorted(seen, key=lambda node: (node > 1, -store.level[node], node))


@dataclass(frozen=True)
class Diagram:
    """Functions ready to be evaluated: nodes as arrays, children before parents.

    Parameters
    ----------
    low, high : ndarray of int, shape (nodes,)
        Children; nodes 0 and 1 are false and true.
    parts : tuple of (level, first, last)
        Which nodes belong to each variable, deepest first.
    roots : ndarray of int
        One function each.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    parts: tuple[tuple[int, int, int], ...]
    roots: NDArray[np.int64]


def diagram(store: Store, roots: Sequence[Node]) -> Diagram:
    """The part of a store that the roots need.

    Examples
    --------
    >>> store = Store(2)
    >>> diagram(store, [store.either(store.variable(0), store.variable(1))]).parts
    ((1, 2, 3), (0, 3, 4))
    """
    nodes = reachable(store, roots)
    place = {node: number for number, node in enumerate(nodes)}
    levels = np.array([store.level[node] for node in nodes[2:]], dtype=np.int64)
    first = np.flatnonzero(np.diff(levels, prepend=-1)) + 2
    last = np.append(first[1:], len(nodes)) if first.size else first
    parts = tuple((int(levels[a - 2]), int(a), int(b)) for a, b in zip(first, last, strict=True))
    return Diagram(
        low=np.array([place[store.low[node]] for node in nodes], dtype=np.int64),
        high=np.array([place[store.high[node]] for node in nodes], dtype=np.int64),
        parts=parts,
        roots=np.array([place[root] for root in roots], dtype=np.int64),
    )


def probabilities(functions: Diagram, p: Floats) -> Floats:
    """Probability that each function is true, the variables being independent.

    P(f) = p·P(f | true) + (1 − p)·P(f | false), from the bottom of the diagram upwards, for all draws
    at once.

    Parameters
    ----------
    functions : Diagram
        As from `diagram`.
    p : ndarray of float, shape (variables, draws)
        Probability of each variable, 0–1; NaN is missing.

    Returns
    -------
    ndarray of float, shape (roots, draws)
        NaN where a variable the function depends on is missing.

    References
    ----------
    .. [1] Bryant (1986), Graph-based algorithms for Boolean function manipulation; Rauzy (1993), New
       algorithms for fault trees analysis.

    Examples
    --------
    >>> store = Store(2)
    >>> either = store.either(store.variable(0), store.variable(1))
    >>> probabilities(diagram(store, [either]), np.array([[0.5, 0.1], [0.5, 0.0]]))
    array([[0.75, 0.1 ]])
    """
    nodes, draws = functions.low.size, p.shape[1]
    out = np.empty((functions.roots.size, draws))
    step = max(1, _CELLS // nodes)
    for start in range(0, draws, step):
        part = p[:, start : start + step]
        values = np.empty((nodes, part.shape[1]))
        values[0], values[1] = 0.0, 1.0
        for level, a, b in functions.parts:
            high, low = values[functions.high[a:b]], values[functions.low[a:b]]
            values[a:b] = part[level] * high + (1.0 - part[level]) * low
        out[:, start : start + step] = np.minimum(values[functions.roots], 1.0)
    return out
