"""Bow-ties: rates against enumeration of barrier states, shared barriers, a tree on the left, bad input."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.assessment.trees.bow_ties import (
    BowTie,
    bow_tie,
    bow_tie_paths,
    bow_tie_rates,
    draw_bow_tie,
    load_bow_tie,
)
from riskkit.assessment.trees.fault_tree_file import fault_tree
from riskkit.assessment.trees.fault_trees import top_probability
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.uncertainty import best

CHARGER: dict[str, Any] = {
    "schema": 1,
    "title": {"zh": "充电器过热", "en": "charger overheats"},
    "threats": {
        "surge": {"rate": 0.2, "barriers": ["fuse", "cut_out"]},
        "blocked_vent": {"rate": 0.5, "barriers": ["cut_out"]},
    },
    "barriers": {"fuse": {"p_fails": 0.01}, "cut_out": {"p_fails": 0.05}, "alarm": {"p_fails": 0.3}},
    "consequences": {
        "fire": {"p": 0.1, "barriers": ["alarm", "cut_out"], "severity": 4},
        "burn": {"p": 0.5, "severity": 2},
    },
}


def test_rates_by_hand() -> None:
    rates = bow_tie_rates(bow_tie(CHARGER))
    surge, vent = 0.2 * 0.01 * 0.05, 0.5 * 0.05
    assert float(rates.top) == pytest.approx(surge + vent)
    assert float(rates.consequences["burn"]) == pytest.approx((surge + vent) * 0.5)


def test_a_barrier_on_both_sides_of_a_path_counts_once() -> None:
    rates = bow_tie_rates(bow_tie(CHARGER))
    assert float(rates.paths["blocked_vent", "fire"]) == pytest.approx(0.5 * 0.05 * 0.3 * 0.1)
    assert float(rates.consequences["fire"]) == pytest.approx((0.2 * 0.01 * 0.05 + 0.5 * 0.05) * 0.3 * 0.1)


def by_states(tie: BowTie, outcome_id: str) -> float:
    """Rate of a consequence by going through every state of the barriers."""
    p = {barrier.id: float(best(barrier.p_fails)) for barrier in tie.barriers}
    outcome = next(one for one in tie.consequences if one.id == outcome_id)
    total = 0.0
    for failed in itertools.product([False, True], repeat=len(p)):
        state = dict(zip(p, failed, strict=True))
        weight = float(np.prod([p[b] if bad else 1 - p[b] for b, bad in state.items()]))
        if all(state[b] for b in outcome.barriers):
            reached = [t for t in tie.threats if all(state[b] for b in t.barriers)]
            total += weight * sum(float(best(t.rate)) for t in reached) * float(best(outcome.p))
    return total


NAMES = ["b1", "b2", "b3"]
barrier_lists = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)
fractions = st.sampled_from([0, 0.05, 0.5, 1])


@given(
    st.lists(st.tuples(st.sampled_from([0, 0.1, 3.0]), barrier_lists), min_size=1, max_size=3),
    st.lists(st.tuples(fractions, barrier_lists), min_size=1, max_size=3),
    st.tuples(fractions, fractions, fractions),
)
def test_agrees_with_every_state_of_the_barriers(threats: Any, outcomes: Any, fails: Any) -> None:
    tie = bow_tie(
        {
            "threats": {f"t{i}": {"rate": r, "barriers": b} for i, (r, b) in enumerate(threats)},
            "barriers": {name: {"p_fails": p} for name, p in zip(NAMES, fails, strict=True)},
            "consequences": {f"c{i}": {"p": p, "barriers": b} for i, (p, b) in enumerate(outcomes)},
        }
    )
    rates = bow_tie_rates(tie)
    for outcome in tie.consequences:
        assert float(rates.consequences[outcome.id]) == pytest.approx(by_states(tie, outcome.id), abs=1e-12)
        assert rates.consequences[outcome.id] <= rates.top + 1e-12


def test_draws_go_through_together() -> None:
    data = {**CHARGER, "barriers": {**CHARGER["barriers"], "alarm": {"p_fails": {"low": 0.1, "high": 0.5}}}}
    tie = bow_tie(data)
    draws = draw_bow_tie(tie, 500, rng=np.random.default_rng(2))
    rates = bow_tie_rates(tie, draws)
    assert list(draws) == ["alarm"] and rates.consequences["fire"].shape == rates.top.shape == (500,)
    assert rates.consequences["fire"][7] == pytest.approx(
        float(bow_tie_rates(tie, {"alarm": draws["alarm"][7]}).consequences["fire"])
    )
    with pytest.raises(ValueError, match="at least 1"):
        draw_bow_tie(tie, 0, rng=np.random.default_rng(2))


def test_a_fault_tree_on_the_left_sharing_an_event_with_a_barrier_on_the_right() -> None:
    """The top is 'power on and (cut-out failed or cell short)'; a fire also needs the cut-out failed."""
    tree = fault_tree(
        {
            "gates": {
                "top": {"kind": "and", "of": ["on", "bad"]},
                "bad": {"kind": "or", "of": ["cut_out", "short"]},
            },
            "events": {"on": {"p": 0.9}, "cut_out": {"p": 0.05}, "short": {"p": 0.01}},
        }
    )
    tie = bow_tie(
        {
            "barriers": {"cut_out": {"p_fails": 0.05}},
            "consequences": {"fire": {"barriers": ["cut_out"]}, "smell": {}},
        }
    )
    n_uses = 100.0
    plain, failed = top_probability(tree), top_probability(tree, {"cut_out": 1.0})
    rates = bow_tie_rates(tie, top_rate={"fire": n_uses * failed, "smell": n_uses * plain})
    assert float(rates.consequences["fire"]) == pytest.approx(n_uses * 0.9 * 0.05)
    assert float(rates.consequences["smell"]) == pytest.approx(n_uses * 0.9 * (1 - 0.95 * 0.99))
    assert float(bow_tie_rates(tie, top_rate=2.0).top) == 2.0


def test_paths_for_reading() -> None:
    rows = bow_tie_paths(bow_tie(CHARGER))
    assert rows.groupby("consequence")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    row = rows[(rows["threat"] == "surge") & (rows["consequence"] == "fire")].iloc[0]
    assert row["barriers"] == ("fuse", "cut_out", "alarm")
    empty = bow_tie_paths(bow_tie({"consequences": {"x": {}}}), top_rate=0.0)
    assert empty["share"].isna().all() and empty["threat"].tolist() == ["top"]


def test_missing_in_missing_out() -> None:
    rates = bow_tie_rates(bow_tie(CHARGER), {"alarm": [np.nan, 0.5]})
    assert np.isnan(rates.consequences["fire"][0]) and not np.isnan(rates.consequences["burn"]).any()


def test_values_out_of_place_are_refused() -> None:
    tie = bow_tie(CHARGER)
    with pytest.raises(ValueError, match="airbag, belt"):
        bow_tie_rates(tie, {"belt": 0.1, "airbag": 0.1})
    with pytest.raises(ValueError, match="surge, alarm"):
        bow_tie_rates(tie, {"surge": -1, "alarm": 1.5})
    with pytest.raises(ValueError, match="if and only if"):
        bow_tie_rates(tie, top_rate=0.1)
    alone = bow_tie({"consequences": {"x": {}}})
    with pytest.raises(ValueError, match="if and only if"):
        bow_tie_rates(alone)
    with pytest.raises(ValueError, match="not negative"):
        bow_tie_rates(alone, top_rate=-0.1)
    with pytest.raises(ValueError, match="no top rate for the consequence x"):
        bow_tie_rates(alone, top_rate={"y": 0.1})


def test_every_fault_of_a_file_is_told(tmp_path: Any) -> None:
    file = tmp_path / "tie.toml"
    file.write_text(
        """
schema = 2
colour = "red"
title = "overheats"
[threats]
surge = { rate = -1, barriers = ["fuse", "fuse", "gone"] }
fuse = { rate = 1 }
odd = 7
[barriers]
fuse = { p_fails = 1.5, strength = 3 }
[consequences]
fire = { p = "x", severity = 5, barriers = "fuse" }
""",
        encoding="utf-8",
    )
    with pytest.raises(InputFaults) as error:
        load_bow_tie(file)
    text = str(error.value)
    for expected in (
        "schema: 2, must be: 1",
        "colour: 'red', must be: a known key",
        "title: 'overheats', must be: a text in each of zh and en",
        "threats.surge.rate: -1, must be: a rate [1/year] that is not negative",
        "threats.surge.barriers: 'fuse', must be: a barrier that stands once",
        "threats.surge.barriers: 'gone', must be: the id of a barrier",
        "threats.odd: 7, must be: an entry with",
        "threats.fuse: 'fuse', must be: an id that stands once",
        "barriers.fuse.p_fails: 1.5, must be: a probability from 0 to 1",
        "barriers.fuse.strength: 3, must be: a known key",
        "consequences.fire.severity: 5, must be: a severity from 1 to 4",
        "consequences.fire.barriers: 'fuse', must be: a list of ids",
    ):
        assert expected in text, text
    with pytest.raises(InputFaults, match="at least one"):
        bow_tie({"threats": {}})
