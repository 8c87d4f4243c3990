"""Fault trees: seconds to an exact answer, against the `dd` package and against plain NumPy.

Run as a script. `dd` is a peer, not a dependency; its lines are left out where it is not installed.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from riskkit.assessment.trees import fault_trees
from riskkit.assessment.trees.fault_tree_diagram import _compiled, functions_of
from riskkit.assessment.trees.fault_tree_file import FaultTree, fault_tree

ORACLES = Path(__file__).parents[1] / "oracles" / "fault_trees.json"


def published(name: str) -> FaultTree:
    tree = next(
        tree for tree in json.loads(ORACLES.read_text(encoding="utf-8"))["trees"] if tree["id"] == name
    )
    gates: dict[str, Any] = {}
    for id_, line in tree["gates"].items():
        kind, *of = line.split()
        gates[id_] = (
            {"kind": "at_least", "k": int(kind), "of": of} if kind.isdigit() else {"kind": kind, "of": of}
        )
    events = {part for gate in gates.values() for part in gate["of"]} - set(gates)
    return fault_tree({"gates": gates, "events": {event: {"p": tree["p_all"]} for event in sorted(events)}})


def grown(n: int, shared: float, seed: int) -> FaultTree:
    """A tree of `n` events put together at random; `shared` of its gates name an event a second time."""
    rng = np.random.default_rng(seed)
    events = [f"e{i}" for i in range(n)]
    pool, gates = [str(one) for one in rng.permutation(events)], {}
    while len(pool) > 1:
        of = [pool.pop(0) for _ in range(min(int(rng.integers(2, 5)), len(pool)))]
        if rng.random() < shared:
            of = list(dict.fromkeys([*of, str(rng.choice(events))]))
        kind = str(rng.choice(["or", "and", "at_least"]))
        gates[f"g{len(gates)}"] = {
            "kind": kind,
            "of": of,
            **({"k": len(of) - 1} if kind == "at_least" else {}),
        }
        pool.append(f"g{len(gates) - 1}")
    return fault_tree({"gates": gates, "events": {event: {"p": 0.05} for event in events}})


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cold(tree: FaultTree) -> float:
    _compiled.cache_clear()
    return fault_trees.top_probability(tree)


def with_dd(tree: FaultTree) -> int:
    """The same gates through `dd`'s pure Python diagrams, in the same order of events."""
    from dd.autoref import BDD

    bdd = BDD()
    bdd.configure(reordering=False)
    bdd.declare(*functions_of(tree).events)
    node = {event.id: bdd.var(event.id) for event in tree.events}
    for gate in tree.gates:
        parts = [node[part] for part in gate.of]
        if gate.kind == "at_least":
            reached = [bdd.true] + [bdd.false] * gate.k
            for part in parts:
                for count in range(gate.k, 0, -1):
                    reached[count] = reached[count] | (part & reached[count - 1])
            node[gate.id] = reached[gate.k]
        else:
            join = {"or": lambda a, b: a | b, "and": lambda a, b: a & b}[gate.kind]
            node[gate.id] = functools.reduce(join, parts)
    return len(node[tree.top])


def main() -> None:
    """Print a line a tree."""
    trees = {name: published(name) for name in ("chinese", "baobab1")}
    trees |= {
        f"grown {share:.0%}, seed {seed}": grown(100, share, seed)
        for share in (0.2, 0.6)
        for seed in (1, 2, 3)
    }
    has_dd = importlib.util.find_spec("dd") is not None
    print("tree                      events  exact top [s]  cut sets [s]  10^4 draws [s]  dd build [s]")
    for name, tree in trees.items():
        exact = seconds(lambda t=tree: cold(t))
        sets = seconds(lambda t=tree: fault_trees.cut_set_counts(t))
        rng = np.random.default_rng(1)
        p = {event.id: rng.random(10_000) * 0.1 for event in tree.events}
        draws = seconds(lambda t=tree, p=p: fault_trees.top_probability(t, p))
        peer = f"{seconds(lambda t=tree: with_dd(t)):12.3f}" if has_dd else "           –"
        print(f"{name:25} {len(tree.events):6} {exact:14.3f} {sets:13.3f} {draws:15.3f}  {peer}", flush=True)


def test_fault_trees() -> None:
    main()


if __name__ == "__main__":
    main()
