"""Families of sets as zero-suppressed decision diagrams: prime implicants without listing them.

A set is a product of literals. Literal 2i says that variable i is true, 2i + 1 that it is false. Node 0
is the empty family, node 1 the family that holds only the empty set.
"""

from __future__ import annotations

from collections.abc import Iterator

from riskkit.foundation.numbers.decision_diagrams import MAX_NODES, Node, Store, TooLarge

_NEVER = 1 << 30


class Families:
    """Families of sets of literals over the variables of a store.

    Parameters
    ----------
    store : Store
        Where the functions live whose implicants are wanted.

    Examples
    --------
    >>> store = Store(3)
    >>> a, b, c = (store.variable(i) for i in range(3))
    >>> families = Families(store)
    >>> list(families.sets(families.primes(store.both(a, store.either(b, c)))))
    [(0, 2), (0, 4)]
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.literal, self.without, self.having = [_NEVER, _NEVER], [0, 1], [0, 1]
        self._nodes: dict[tuple[int, Node, Node], Node] = {}
        self._minus: dict[tuple[Node, Node], Node] = {}
        self._primes: dict[Node, Node] = {0: 0, 1: 1}
        self._orders: dict[Node, tuple[int, ...]] = {0: (), 1: (1,)}

    def node(self, literal: int, without: Node, having: Node) -> Node:
        """The sets of `without`, and those of `having` with the literal added."""
        if having == 0:
            return without
        key = (literal, without, having)
        found = self._nodes.get(key)
        if found is None:
            found = len(self.literal)
            if found >= MAX_NODES:
                raise TooLarge(f"more than {MAX_NODES:,} nodes")
            self.literal.append(literal)
            self.without.append(without)
            self.having.append(having)
            self._nodes[key] = found
        return found

    def minus(self, a: Node, b: Node) -> Node:
        """The sets of `a` that are not in `b`."""
        if a in (0, b):
            return 0
        if b == 0:
            return a
        found = self._minus.get((a, b))
        if found is None:
            la, lb = self.literal[a], self.literal[b]
            if la > lb:
                found = self.minus(a, self.without[b])
            else:
                b0, b1 = (self.without[b], self.having[b]) if la == lb else (b, 0)
                found = self.node(la, self.minus(self.without[a], b0), self.minus(self.having[a], b1))
            self._minus[a, b] = found
        return found

    def primes(self, f: Node) -> Node:
        """The prime implicants of a function; for a coherent one, its minimal true sets.

        With f₀ and f₁ the function where its first variable x is false and true: the primes of f₀f₁,
        those of f₁ that are no primes of it, with x, and those of f₀ that are none, with not x.
        """
        found = self._primes.get(f)
        if found is None:
            store, level = self.store, self.store.level[f]
            shared = self.primes(store.both(store.low[f], store.high[f]))
            low = self.minus(self.primes(store.low[f]), shared)
            high = self.minus(self.primes(store.high[f]), shared)
            found = self.node(2 * level, self.node(2 * level + 1, shared, low), high)
            self._primes[f] = found
        return found

    def orders(self, family: Node) -> tuple[int, ...]:
        """Number of sets with 0, 1, 2 … literals, exactly.

        Examples
        --------
        >>> store = Store(3)
        >>> families = Families(store)
        >>> families.orders(families.primes(store.at_least(2, [store.variable(i) for i in range(3)])))
        (0, 0, 3)
        """
        found = self._orders.get(family)
        if found is None:
            plain = self.orders(self.without[family])
            longer = (0, *self.orders(self.having[family]))
            width = max(len(plain), len(longer))
            pairs = zip(
                plain + (0,) * (width - len(plain)), longer + (0,) * (width - len(longer)), strict=True
            )
            found = self._orders[family] = tuple(a + b for a, b in pairs)
        return found

    def sets(self, family: Node, *, max_order: int | None = None) -> Iterator[tuple[int, ...]]:
        """The sets one by one, each in the order of its literals, none longer than `max_order`."""
        waiting: list[tuple[Node, tuple[int, ...]]] = [(family, ())]
        while waiting:
            node, chosen = waiting.pop()
            while node > 1:
                if self._fits(self.having[node], max_order, len(chosen) + 1):
                    rest = self.without[node]
                    if rest and self._fits(rest, max_order, len(chosen)):
                        waiting.append((rest, chosen))
                    chosen += (self.literal[node],)
                    node = self.having[node]
                else:
                    node = self.without[node]
            if node == 1 and self._fits(1, max_order, len(chosen)):
                yield chosen

    def _fits(self, family: Node, max_order: int | None, n: int) -> bool:
        if max_order is None:
            return True
        counts = self.orders(family)
        shortest = next((order for order, count in enumerate(counts) if count), _NEVER)
        return n + shortest <= max_order

    def containing(self, family: Node, literal: int) -> Node:
        """The sets that hold the literal."""
        memo: dict[Node, Node] = {}

        def walk(node: Node) -> Node:
            if self.literal[node] > literal:
                return 0
            if self.literal[node] == literal:
                return self.node(literal, 0, self.having[node])
            if node not in memo:
                memo[node] = self.node(self.literal[node], walk(self.without[node]), walk(self.having[node]))
            return memo[node]

        return walk(family)

    def covered(self, family: Node) -> Node:
        """The coherent function that is true where all literals of at least one set are.

        Raises
        ------
        ValueError
            When a set holds the negation of a variable.
        """
        memo: dict[Node, Node] = {0: 0, 1: 1}

        def walk(node: Node) -> Node:
            if node not in memo:
                if self.literal[node] % 2:
                    raise ValueError("only sets without negations can be covered")
                low = walk(self.without[node])
                high = self.store.either(low, walk(self.having[node]))
                memo[node] = self.store.node(self.literal[node] // 2, low, high)
            return memo[node]

        return walk(family)
