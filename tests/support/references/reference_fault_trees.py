"""Fault trees the slow, obvious way: every state of the world, one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from riskkit.assessment.trees.fault_tree_file import FaultTree

State = dict[str, bool]


def happens(tree: FaultTree, state: State) -> bool:
    """Whether the top happens in a state of the basic events."""
    known = dict(state)
    for gate in tree.gates:
        parts = [known[part] for part in gate.of]
        needed = {"or": 1, "at_least": gate.k}.get(gate.kind, len(parts))
        known[gate.id] = not parts[0] if gate.kind == "not" else sum(parts) >= needed
    return known[tree.top]


def states(tree: FaultTree) -> Iterator[State]:
    names = [event.id for event in tree.events]
    for values in itertools.product([False, True], repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def weight(state: State, p: Mapping[str, float]) -> float:
    out = 1.0
    for name, value in state.items():
        out *= p[name] if value else 1.0 - p[name]
    return out


def top_probability(tree: FaultTree, p: Mapping[str, float]) -> float:
    return sum(weight(state, p) for state in states(tree) if happens(tree, state))


def prime_implicants(tree: FaultTree) -> set[frozenset[str]]:
    """Smallest sets of literals that make the top happen whatever the other events do."""
    names = [event.id for event in tree.events]
    found: list[dict[str, bool]] = []
    for size in range(len(names) + 1):
        for chosen in itertools.combinations(names, size):
            for values in itertools.product([True, False], repeat=size):
                fixed = dict(zip(chosen, values, strict=True))
                if any(old.items() <= fixed.items() for old in found):
                    continue
                if all(happens(tree, s) for s in states(tree) if fixed.items() <= s.items()):
                    found.append(fixed)
    return {frozenset(n if v else f"not {n}" for n, v in one.items()) for one in found}


def path_sets(tree: FaultTree) -> set[frozenset[str]]:
    """Smallest sets of events without which the top cannot happen."""
    names = [event.id for event in tree.events]
    found: list[frozenset[str]] = []
    for size in range(len(names) + 1):
        for chosen in itertools.combinations(names, size):
            if any(old <= set(chosen) for old in found):
                continue
            if not happens(tree, {name: name not in chosen for name in names}):
                found.append(frozenset(chosen))
    return set(found)


def is_coherent(tree: FaultTree) -> bool:
    return all(
        happens(tree, {**state, name: True}) or not happens(tree, state)
        for state in states(tree)
        for name in state
    )


def fussell_vesely(tree: FaultTree, p: Mapping[str, float], event: str) -> float:
    """Probability that a minimal cut set with the event happens, given the top."""
    sets = [one for one in prime_implicants(tree) if event in one]
    hit = sum(weight(s, p) for s in states(tree) if any(all(s[name] for name in one) for one in sets))
    return hit / top_probability(tree, p)
