"""How firm a level is: against brute force."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import TESTS

from riskkit.assessment.sensitivity.robustness import InputRange, flips, level_shares, tornado
from riskkit.case.case_reading import load_case
from riskkit.case.level_sentence import robustness_sentence
from riskkit.warning.level_badge import level_badge


def threshold_levels(limits):
    def evaluate(x):
        rank = np.ones(next(iter(x.values())).shape, dtype=np.int8)
        for name, limit in limits.items():
            rank = np.maximum(rank, np.where(x[name] >= limit, 3, 1)).astype(np.int8)
        return rank, rank

    return evaluate


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_first_whole_number_with_another_level_is_found(start, limit):
    found = flips(
        {"n": float(start)}, {"n": InputRange("count", 0, 1e6)}, evaluate=threshold_levels({"n": limit})
    )
    if limit == 0:
        assert found.empty
    elif start >= limit:
        assert found.loc[0, ["direction", "to_value"]].tolist() == ["less", float(limit - 1)]
    else:
        assert found.loc[0, ["direction", "to_value"]].tolist() == ["more", float(limit)]


@given(st.floats(1e-8, 1), st.floats(1e-7, 0.9))
def test_the_bound_of_a_probability_is_found(start, limit):
    found = flips(
        {"p": start}, {"p": InputRange("probability", 0, 1)}, evaluate=threshold_levels({"p": limit})
    )
    assert len(found) == 1
    assert found.loc[0, "to_value"] == pytest.approx(limit, rel=1e-9)
    assert (found.loc[0, "direction"] == "more") == (start < limit)


def test_a_flag_flips_and_a_missing_input_is_left_out():
    found = flips(
        {"flag": 0.0, "unknown": np.nan},
        {"flag": InputRange("flag", 0, 1), "unknown": InputRange("count", 0, 9)},
        evaluate=threshold_levels({"flag": 1}),
    )
    assert found["input"].tolist() == ["flag"]
    assert found.loc[0, "to_value"] == 1.0


def test_nearest_change_comes_first():
    found = flips(
        {"a": 10.0, "b": 10.0},
        {k: InputRange("count", 0, 1e4) for k in "ab"},
        evaluate=threshold_levels({"a": 1000, "b": 12}),
    )
    assert found["input"].tolist() == ["b", "a"]


def test_equal_changes_stay_in_the_order_of_the_inputs():
    """Factors of one product all need the same ratio: the last digit of a search must not choose between them."""
    point = dict(zip("edcba", (0.3, 0.07, 0.011, 0.9, 0.013), strict=True))

    def evaluate(x):
        rank = (1 + (math.prod(x.values()) < math.prod(point.values()) / 3)).astype(np.int8)
        return rank, rank

    found = flips(point, {name: InputRange("probability", 0, 1) for name in point}, evaluate=evaluate)
    assert found["input"].tolist() == list("edcba")
    assert found["to_value"].tolist() == pytest.approx([value / 3 for value in point.values()], rel=1e-9)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_search_finds_what_halving_finds(start, end, limit):
    """The slow and obvious search: one middle at a time."""
    low, high = min(start, end), max(start, end)
    found = flips(
        {"n": float(start)}, {"n": InputRange("count", low, high)}, evaluate=threshold_levels({"n": limit})
    )
    side = start >= limit
    if (end >= limit) == side:
        assert found.empty
        return
    near, far = start, end
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (middle, far) if (middle >= limit) == side else (near, middle)
    assert found["to_value"].tolist() == [float(far)]


ranks = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=60)


@given(ranks)
def test_shares_against_counting(pairs):
    lo = np.array([a for a, _ in pairs], dtype=np.int8)
    hi = np.array([min(4, a + b) for a, b in pairs], dtype=np.int8)
    table = level_shares(lo, hi)
    for rank in (1, 2, 3, 4):
        assert table.at[rank, "certain"] == pytest.approx(np.mean((lo == rank) & (hi == rank)))
        assert table.at[rank, "possible"] == pytest.approx(np.mean((lo <= rank) & (hi >= rank)))
        assert table.at[rank, "at_least"] == pytest.approx(np.mean(lo >= rank))


def test_tornado_puts_the_input_that_matters_first():
    rng = np.random.default_rng(1)
    x = {"matters": rng.random(4000), "idle": rng.random(4000), "fixed": np.array([1.0])}
    table = tornado(x, 1.0 + 3.0 * (x["matters"] > 0.5))
    assert table["input"].tolist() == ["matters", "idle"]
    assert table.loc[0, ["low_mean", "high_mean"]].tolist() == [1.0, 4.0]
    assert table.loc[1, "swing"] < 0.5


def test_shares_never_pass_one_by_rounding():
    lo = np.repeat(np.arange(1, 4, dtype=np.int8), [7, 13, 31])
    table = level_shares(lo, np.full(51, 4, dtype=np.int8))
    assert table.loc[4, ["certain", "possible"]].tolist() == [0.0, 1.0]
    assert (table <= 1).all(axis=None)


def test_a_change_whose_end_is_not_known_is_told_as_possible():
    """More provinces make Ⅰ only together with a fact that nobody knows: that is no "becomes Ⅰ"."""
    case = load_case(TESTS / "cases" / "kettle.toml")
    ranks = np.full(10, 2, dtype=np.int8)
    badge = level_badge((ranks, ranks), (2, 2), shares=(0.5, 0.2))
    row = {"input": "n_provinces", "direction": "more", "from_value": 1.0, "to_value": 2.0, "distance": 0.3}
    for lo, hi, en, zh in (
        (2, 4, "It could be Ⅰ if", "级别可能升为Ⅰ级"),
        (4, 4, "It would be Ⅰ if", "级别将升为Ⅰ级"),
    ):
        moves = pd.DataFrame([{**row, "lo": lo, "hi": hi}])
        said = robustness_sentence(case, badge, flips=moves, missing=())
        assert f". {en}" in said.en
        assert zh in said.zh
