"""Bayesian networks and product hazards the slow, obvious way: every state, and exact fractions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from riskkit.assessment.trees.bayes_net_file import Network

State = dict[str, str]


def joint(net: Network) -> list[tuple[State, float]]:
    """Every state of the network with its probability."""
    states = net.states()
    out = []
    for values in itertools.product(*states.values()):
        state = dict(zip(states, values, strict=True))
        p = 1.0
        for node in net.nodes:
            row = 0
            for parent in node.parents:
                row = row * len(states[parent]) + states[parent].index(state[parent])
            p *= node.table[row][node.states.index(state[node.id])]
        out.append((state, p))
    return out


def weighted(net: Network, evidence: Mapping[str, Mapping[str, float]]) -> list[tuple[State, float]]:
    return [
        (state, p * math.prod(w.get(state[node], 0.0) for node, w in evidence.items()))
        for state, p in joint(net)
    ]


def probability(net: Network, evidence: Mapping[str, Mapping[str, float]]) -> float:
    return math.fsum(p for _, p in weighted(net, evidence))


def posterior(net: Network, node: str, evidence: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    rows = weighted(net, evidence)
    total = math.fsum(p for _, p in rows)
    return {s: math.fsum(p for state, p in rows if state[node] == s) / total for s in net.states()[node]}


def value_of_finding(
    net: Network,
    nodes: Sequence[str],
    utility: Mapping[str, Mapping[tuple[str, ...], float]],
    finding: Sequence[str],
) -> float:
    """Decide once for every state of the finding, and once without it."""

    def best(rows: list[tuple[State, float]]) -> float:
        return max(math.fsum(p * u[tuple(s[n] for n in nodes)] for s, p in rows) for u in utility.values())

    rows = joint(net)
    groups: dict[tuple[str, ...], list[tuple[State, float]]] = {}
    for state, p in rows:
        groups.setdefault(tuple(state[node] for node in finding), []).append((state, p))
    return math.fsum(best(group) for group in groups.values()) - best(rows)


def p_harm(a: int, b: int, uses: int, p_injury: Fraction) -> Fraction:
    """E[1 − (1 − θq)^U] for θ ~ Beta(a, b): the power multiplied out, moments of θ as fractions."""
    total, moment = Fraction(0), Fraction(1)
    for k in range(uses + 1):
        total += math.comb(uses, k) * (-p_injury) ** k * moment
        moment *= Fraction(a + k, a + b + k)
    return 1 - total
