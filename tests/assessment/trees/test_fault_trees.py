"""Fault trees: published results, agreement with enumeration, laws of the measures, bad input."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference_fault_trees as reference
from hypothesis import given
from hypothesis import strategies as st
from shared import TESTS

from riskkit.assessment.trees import fault_trees as ft
from riskkit.assessment.trees.fault_tree_diagram import draw_events
from riskkit.assessment.trees.fault_tree_file import (
    FaultTree,
    fault_tree,
    load_fault_tree,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.decision_diagrams import Store, TooLarge

ORACLES = json.loads((TESTS / "oracles" / "fault_trees.json").read_text(encoding="utf-8"))
TREES = {tree["id"]: tree for tree in ORACLES["trees"]}


def published(tree: dict[str, Any]) -> FaultTree:
    gates: dict[str, Any] = {}
    for id_, line in tree["gates"].items():
        kind, *of = line.split()
        gates[id_] = (
            {"kind": "at_least", "k": int(kind), "of": of} if kind.isdigit() else {"kind": kind, "of": of}
        )
    if "p_all" in tree:
        names = {part for gate in gates.values() for part in gate["of"]} - set(gates)
        p = dict.fromkeys(sorted(names), tree["p_all"])
    else:
        p = tree.get("p") or {name: -math.expm1(-rate) for name, rate in tree["rate"].items()}
    return fault_tree({"gates": gates, "events": {name: {"p": value} for name, value in p.items()}})


@pytest.mark.parametrize("id_", [id_ for id_, tree in TREES.items() if "top" in tree])
def test_top_probability_as_published(id_: str) -> None:
    tree = TREES[id_]
    assert ft.top_probability(published(tree)) == pytest.approx(tree["top"], rel=tree["rtol"], abs=1e-300)


@pytest.mark.parametrize("id_", [id_ for id_, tree in TREES.items() if "cut_sets" in tree])
def test_cut_sets_as_published(id_: str) -> None:
    found = ft.minimal_cut_sets(published(TREES[id_]))
    assert {frozenset(one) for one in found["events"]} == {frozenset(one) for one in TREES[id_]["cut_sets"]}
    assert len(found) == len(TREES[id_]["cut_sets"])


def test_cut_set_counts_of_the_chinese_tree_and_its_rare_event_sum() -> None:
    tree = published(TREES["chinese"])
    assert ft.cut_set_counts(tree).to_dict() == {int(k): n for k, n in TREES["chinese"]["counts"].items()}
    assert ft.top_probability(tree) == pytest.approx(TREES["chinese"]["enumerated"], rel=1e-12)
    rows = ft.minimal_cut_sets(tree)
    assert rows["order"].value_counts().sort_index().to_dict() == ft.cut_set_counts(tree).to_dict()
    assert rows["p"].sum() == pytest.approx(TREES["chinese"]["rare_event"], abs=1e-6)


def test_cut_set_counts_of_baobab() -> None:
    tree = published(TREES["baobab1"])
    counts = ft.cut_set_counts(tree)
    assert counts.sum() == TREES["baobab1"]["n_cut_sets"]
    upto = {int(order): n for order, n in TREES["baobab1"]["counts_to_6"].items()}
    assert {order: n for order, n in counts.items() if order <= 6} == upto
    rows = ft.minimal_cut_sets(tree, max_order=6)
    assert len(rows) == sum(upto.values()) and rows["order"].max() == 6


def test_importance_as_published() -> None:
    oracle = ORACLES["importance"]
    found = ft.importance(published(oracle)).set_index("event")
    measures = ["n_cut_sets", "birnbaum", "criticality", "fussell_vesely", "raw", "rrw"]
    for event, values in oracle["events"].items():
        assert found.loc[event, measures].astype(float).tolist() == pytest.approx(values, abs=oracle["atol"])


@st.composite
def trees(draw: st.DrawFn) -> FaultTree:
    """Small trees with shared events and gates, negations included."""
    n = draw(st.integers(1, 5))
    names = [f"e{i}" for i in range(n)]
    gates: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 4))):
        gates[f"g{number}"] = draw(gate_of([*names, *gates]))
    unused = [id_ for id_ in gates if id_ not in {part for gate in gates.values() for part in gate["of"]}]
    gates["top"] = {"kind": draw(st.sampled_from(["or", "and"])), "of": [*unused, *draw(some(names))]}
    used = {part for gate in gates.values() for part in (*gate["of"], gate.get("condition"))}
    p = {name: {"p": draw(st.sampled_from([0, 0.01, 0.1, 0.5, 0.9, 1]))} for name in names if name in used}
    return fault_tree({"gates": gates, "events": p})


def some(pool: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(pool), min_size=1, max_size=4, unique=True)


@st.composite
def gate_of(draw: st.DrawFn, pool: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["or", "and", "at_least", "not", "inhibit"]))
    of = draw(some(pool))
    if kind == "at_least":
        return {"kind": kind, "of": of, "k": draw(st.integers(1, len(of)))}
    if kind == "inhibit":
        events = [name for name in pool if name.startswith("e")]
        return {"kind": kind, "of": of[:1], "condition": draw(st.sampled_from(events))}
    return {"kind": kind, "of": of[:1] if kind == "not" else of}


def point(tree: FaultTree) -> dict[str, float]:
    return {event.id: float(event.p.value) for event in tree.events}  # type: ignore[union-attr]


@given(trees())
def test_agrees_with_enumeration(tree: FaultTree) -> None:
    assert ft.top_probability(tree) == pytest.approx(reference.top_probability(tree, point(tree)), abs=1e-12)
    assert {frozenset(one) for one in ft.minimal_cut_sets(tree)["events"]} == reference.prime_implicants(tree)
    assert ft.is_coherent(tree) == reference.is_coherent(tree)
    assert ft.cut_set_counts(tree).sum() == len(reference.prime_implicants(tree))


@given(trees())
def test_importance_agrees_with_its_definitions(tree: FaultTree) -> None:
    p, coherent = point(tree), reference.is_coherent(tree)
    top = reference.top_probability(tree, p)
    for row in ft.importance(tree).to_dict("records"):
        one = reference.top_probability(tree, {**p, row["event"]: 1.0})
        none = reference.top_probability(tree, {**p, row["event"]: 0.0})
        assert row["birnbaum"] == pytest.approx(one - none, abs=1e-12)
        if top > 0:
            assert row["raw"] == pytest.approx(one / top)
            assert row["criticality"] == pytest.approx((one - none) * p[row["event"]] / top)
            assert row["rrw"] == (pytest.approx(top / none) if none > 0 else math.inf)
            expected = reference.fussell_vesely(tree, p, row["event"]) if coherent else math.nan
            assert row["fussell_vesely"] == pytest.approx(expected, nan_ok=True)
        else:
            assert all(math.isnan(row[share]) for share in ("criticality", "fussell_vesely", "raw"))


def test_a_top_that_cannot_happen_has_no_shares_even_where_an_event_prevents_it() -> None:
    gates = {"top": {"kind": "or", "of": ["g", "e0"]}, "g": {"kind": "not", "of": ["e1"]}}
    tree = fault_tree({"gates": gates, "events": {"e0": {"p": 0}, "e1": {"p": 1}}})
    assert ft.top_probability(tree) == 0
    assert ft.importance(tree)[["criticality", "fussell_vesely", "raw"]].isna().all(axis=None)


@given(trees())
def test_path_sets_agree_with_enumeration_or_are_refused(tree: FaultTree) -> None:
    if reference.is_coherent(tree):
        found = ft.minimal_path_sets(tree)
        assert {frozenset(one) for one in found["events"]} == reference.path_sets(tree)
    else:
        with pytest.raises(ValueError, match="coherent"):
            ft.minimal_path_sets(tree)


@given(trees(), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_draws_go_through_as_single_values_do(tree: FaultTree, values: list[float]) -> None:
    event = tree.events[0].id
    together = ft.top_probability(tree, {event: values})
    assert together.tolist() == [ft.top_probability(tree, {event: value}) for value in values]
    assert ((together >= 0) & (together <= 1)).all()


def two(p_a: Any = 0.1, p_b: Any = 0.2, **more: Any) -> FaultTree:
    events = {"a": {"p": p_a, **more}, "b": {"p": p_b, **more}}
    return fault_tree({"gates": {"t": {"kind": "and", "of": ["a", "b"]}}, "events": events})


def test_missing_in_missing_out() -> None:
    found = ft.top_probability(two(), {"a": [np.nan, 0.5]})
    assert math.isnan(found[0]) and found[1] == 0.1


def test_shapes_are_broadcast() -> None:
    found = ft.top_probability(two(), {"a": np.array([[0.5], [1.0]]), "b": np.array([0.0, 0.5, 1.0])})
    assert found.tolist() == [[0.0, 0.25, 0.5], [0.0, 0.5, 1.0]]
    assert isinstance(ft.top_probability(two()), float)


def test_many_draws_pass_in_parts_of_bounded_memory() -> None:
    tree = published(TREES["baobab1"])
    rng = np.random.default_rng(3)
    p = {event.id: rng.random(1500) for event in tree.events}
    whole = ft.top_probability(tree, p)
    assert whole[-1] == pytest.approx(
        ft.top_probability(tree, {name: v[-1] for name, v in p.items()}), rel=1e-13
    )


def test_unknown_events_and_impossible_probabilities_are_named() -> None:
    with pytest.raises(ValueError, match="c, x"):
        ft.top_probability(two(), {"x": 0.1, "c": 0.1})
    with pytest.raises(ValueError, match="a, b"):
        ft.top_probability(two(), {"a": 1.1, "b": [-0.1, 0.2]})


def test_events_of_a_group_share_their_draws() -> None:
    beta = {"alpha": 1, "beta": 9}
    shared = ft.top_draws(two(beta, beta, group="pump"), 200_000, rng=np.random.default_rng(1))
    apart = ft.top_draws(two(beta, beta), 200_000, rng=np.random.default_rng(1))
    assert shared.mean() == pytest.approx(1 * 2 / (10 * 11), rel=0.02)  # E[θ²] of Beta(1, 9)
    assert apart.mean() == pytest.approx(0.01, rel=0.02)  # E[θ]²


def test_draws_are_reproducible_and_of_the_shape_asked_for() -> None:
    tree = two({"low": 0.0, "high": 0.5}, 0.2)
    first = ft.top_draws(tree, 50, rng=np.random.default_rng(5))
    assert first.shape == (50,)
    assert np.array_equal(first, ft.top_draws(tree, 50, rng=np.random.default_rng(5)))
    assert ft.top_draws(two(), 7, rng=np.random.default_rng(5)).tolist() == [ft.top_probability(two())] * 7
    with pytest.raises(ValueError, match="at least 1"):
        draw_events(tree, 0, rng=np.random.default_rng(5))


def test_a_hundred_basic_events_are_exact_and_quick() -> None:
    """Three of every five of twenty groups, and ten events that stand in two groups each."""
    groups = [[f"e{5 * g + i}" for i in range(5)] + [f"e{(5 * g + 50) % 100}"] * (g < 10) for g in range(20)]
    gates: dict[str, Any] = {f"g{g}": {"kind": "at_least", "k": 3, "of": of} for g, of in enumerate(groups)}
    gates["top"] = {"kind": "or", "of": [f"g{g}" for g in range(20)]}
    tree = fault_tree({"gates": gates, "events": {f"e{i}": {"p": 0.05} for i in range(100)}})
    start = time.process_time()
    found = ft.top_probability(tree)
    assert (
        time.process_time() - start < 10.0
    )  # 0.3 s on a quiet machine; all 2^100 states would take for ever
    two_groups = {"x": {**gates["g0"]}, "y": {**gates["g10"]}, "top": {"kind": "or", "of": ["x", "y"]}}
    small = {"gates": two_groups, "events": {e: {"p": 0.05} for e in {*groups[0], *groups[10]}}}
    pair = fault_tree(small)
    alone = reference.top_probability(pair, point(pair))
    assert found == pytest.approx(1 - (1 - alone) ** 10, rel=1e-12)


def test_gate_probabilities_stand_from_the_parts_to_the_top() -> None:
    rows = ft.gate_probabilities(published(TREES["pressure_tank"]))
    assert rows["gate"].tolist()[-1] == "rupture"
    assert rows["p"].iloc[-1] == pytest.approx(TREES["pressure_tank"]["top"], rel=1e-7)
    assert rows.set_index("gate").loc["relay_k1_branch", "p"] == pytest.approx(1 - (1 - 5e-6) * (1 - 1e-4))


def test_importance_where_the_top_needs_an_event_or_cannot_happen() -> None:
    rows = ft.importance(two()).set_index("event")
    assert rows.loc["a", "rrw"] == math.inf
    never = ft.importance(two(0, 0.2)).set_index("event")
    assert never.loc["a", "birnbaum"] == pytest.approx(0.2)
    assert never[["criticality", "fussell_vesely", "raw", "rrw"]].isna().loc["b"].all()


def test_too_many_sets_are_counted_not_listed() -> None:
    with pytest.raises(ValueError, match="46,188 sets"):
        ft.minimal_cut_sets(published(TREES["baobab1"]), max_sets=1000)


def test_a_diagram_that_outgrows_its_memory_stops() -> None:
    store = Store(20, max_nodes=30)
    pairs = [store.both(store.variable(i), store.variable(i + 10)) for i in range(5)]
    with pytest.raises(TooLarge, match="more than 30 nodes"):
        store.at_least(3, pairs)
    with pytest.raises(TooLarge, match="at most"):
        Store(501)


# ------------------------------------------------------------------------------------------- reading

GOOD = """
schema = 1
title = { zh = "起火", en = "fire" }
top = "fire"

[gates.fire]
kind = "or"
of = ["short", "hot"]
title = { zh = "起火", en = "fire" }

[gates.short]
kind = "inhibit"
of = ["damage"]
condition = "powered"

[gates.hot]
kind = "at_least"
k = 2
of = ["cell_1", "cell_2", "cell_3"]

[events]
damage = { p = "1/1000", title = { zh = "绝缘损坏", en = "insulation damaged" } }
powered = { p = 0.9 }
cell_1 = { p = { low = 0.01, mode = 0.02, high = 0.1 }, group = "cell" }
cell_2 = { p = { low = 0.01, mode = 0.02, high = 0.1 }, group = "cell" }
cell_3 = { p = { low = 0.01, mode = 0.02, high = 0.1 }, group = "cell" }
"""


def test_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tree.toml"
    file.write_text(GOOD, encoding="utf-8")
    tree = load_fault_tree(file)
    assert tree.top == "fire" and tree.zh == "起火" and tree.gates[-1].en == "fire"
    assert {gate.id: gate.of for gate in tree.gates}["short"] == ("damage", "powered")
    hot = 3 * 0.02**2 * 0.98 + 0.02**3
    assert ft.top_probability(tree) == pytest.approx(1 - (1 - 0.0009) * (1 - hot))


def test_a_file_with_many_faults_names_them_all_with_their_lines(tmp_path: Path) -> None:
    bad = (
        GOOD.replace("k = 2", "k = 4")
        .replace('condition = "powered"', 'condition = "hot"')
        .replace('"1/1000"', "1.5")
        .replace("p = 0.9", "p = nan")
        .replace('"cell_2", ', '"cell_9", ')
        .replace('title = { zh = "起火", en = "fire" }\ntop', 'title = "fire"\ncolour = "red"\ntop')
    )
    file = tmp_path / "tree.toml"
    file.write_text(bad, encoding="utf-8")
    with pytest.raises(InputFaults) as error:
        load_fault_tree(file)
    text = str(error.value)
    for expected in (
        "tree.toml:4 colour: 'red', must be: a known key",
        "tree.toml:3 title: 'fire', must be: a text in each of zh and en",
        "gates.short.condition: 'hot', must be: the id of a basic event",
        "gates.hot.k: 4, must be: a whole number from 1 to 3",
        "gates.hot.of: 'cell_9', must be: the id of a gate or event",
        "events.damage.p: 1.5, must be: a probability from 0 to 1",
        "events.powered.p: nan, must be: a finite number",
        "events.cell_2: 'cell_2', must be: an event that some gate names",
    ):
        assert expected in text, text


@pytest.mark.parametrize(
    ("gates", "rule"),
    [
        (
            {"a": {"kind": "or", "of": ["b", "e"]}, "b": {"kind": "or", "of": ["a"]}},
            "a tree without a circle",
        ),
        ({"a": {"kind": "or", "of": ["a", "e"]}}, "a tree without a circle"),
        ({"a": {"kind": "or", "of": ["e"]}, "b": {"kind": "or", "of": ["e"]}}, "one top"),
        ({"a": {"kind": "xor", "of": ["e"]}}, "one of or, and, at_least, not, inhibit"),
        ({"a": {"kind": "or", "of": []}}, "a list of at least one id"),
        ({"a": {"kind": "or", "of": "e"}}, "a list of at least one id"),
        ({"a": {"kind": "or"}}, "a list of at least one id"),
        ({"a": {"kind": "or", "of": ["e", "e"]}}, "a part that stands once"),
        ({"a": {"kind": "not", "of": ["e", "f"]}}, "exactly one part for not"),
        ({"a": {"kind": "or", "of": ["e"], "k": 1}}, "no k for or"),
        ({"a": {"kind": "at_least", "of": ["e"], "k": True}}, "a whole number from 1 to 1"),
        ({"a": {"kind": "at_least", "of": ["e"], "k": 0}}, "a whole number from 1 to 1"),
        ({"a": {"kind": "and", "of": ["e"], "condition": "e"}}, "no condition for and"),
        ({"a": {"kind": "inhibit", "of": ["e"]}}, "the id of a basic event"),
        ({"e": {"kind": "or", "of": ["e"]}}, "an id that no gate has"),
        ({"a b": {"kind": "or", "of": ["e"]}}, "an id of letters"),
        ({"a": 3}, "a gate with kind and of"),
        ({}, "at least one gate"),
    ],
)
def test_each_kind_of_fault_is_told(gates: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputFaults) as error:
        fault_tree({"gates": gates, "events": {"e": {"p": 0.1}}})
    assert rule in str(error.value)


def test_circles_are_named_step_by_step() -> None:
    gates = {
        "a": {"kind": "or", "of": ["b"]},
        "b": {"kind": "or", "of": ["c", "e"]},
        "c": {"kind": "or", "of": ["a"]},
    }
    with pytest.raises(InputFaults, match="a → b → c → a"):
        fault_tree({"gates": gates, "events": {"e": {"p": 0.1}}})


def test_a_group_with_two_opinions_is_refused() -> None:
    with pytest.raises(InputFaults, match="the p of a, which shares its group"):
        two(0.1, 0.2, group="pump")


def test_a_top_that_is_not_the_top_is_refused() -> None:
    gates = {"t": {"kind": "or", "of": ["g"]}, "g": {"kind": "or", "of": ["e"]}}
    with pytest.raises(InputFaults, match="t, the gate that no other gate names"):
        fault_tree({"top": "g", "gates": gates, "events": {"e": {"p": 0.1}}})
