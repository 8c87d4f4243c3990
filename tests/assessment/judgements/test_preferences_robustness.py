"""How firm a ranking is: which rank changes first, and rank acceptability (SMAA-2)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_preferences as slow
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from preference_cases import published

from riskkit.assessment.preferences.outranking import Preference, promethee
from riskkit.assessment.preferences.rank_acceptability import (
    draw_weights,
    partial_values,
    rank_acceptability,
)
from riskkit.assessment.preferences.ranking import topsis, topsis_under
from riskkit.assessment.preferences.weight_sensitivity import rank_changes, weights_with
from riskkit.foundation.inputs.faults import InputFaults

PROMETHEE = published("promethee")


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    m, n = draw(st.integers(2, 5)), draw(st.integers(2, 4))
    x = np.array([[draw(st.integers(0, 100)) / 100 for _ in range(n)] for _ in range(m)])
    raw = np.array([draw(st.floats(0.05, 1)) for _ in range(n)])
    return x, raw / raw.sum()


# -- which rank changes first


@given(tables())
def test_a_linear_order_changes_where_algebra_says(table: Any) -> None:
    x, w = table
    base = x @ w
    gaps = np.abs(base[:, None] - base[None, :])[~np.eye(len(x), dtype=bool)]
    assume((gaps > 1e-6).all())
    found = rank_changes(w, lambda sets: sets @ x.T).set_index(["criterion", "direction"])
    for j in range(w.size):
        # u_a − u_b = t d_j + (1 − t) r for the weight t of criterion j, r over the rest in proportion
        rest = np.delete(w, j) / (1 - w[j])
        for direction in ("up", "down"):
            crossings = []
            for a in range(len(x)):
                for b in range(a):
                    d, r = x[a, j] - x[b, j], (np.delete(x[a], j) - np.delete(x[b], j)) @ rest
                    if d != r:
                        crossings.append(r / (r - d))
            low, high = (w[j], 1.0) if direction == "up" else (0.0, w[j])
            inside = [t for t in crossings if low < t < high]
            if any(abs(t - end) < 1e-9 for t in crossings for end in (0.0, 1.0)):
                continue
            assert ((j, direction) in found.index) == bool(inside)
            if inside:
                nearest = min(inside, key=lambda t: abs(t - w[j]))
                assert_allclose(found.loc[(j, direction), "weight_at_change"], nearest, atol=1e-9)


@given(tables())
def test_the_order_holds_before_the_change_and_not_after(table: Any) -> None:
    x, w = table
    x = x + 0.05
    base = topsis_under(x, w[None])[0]
    assume(not np.isnan(base).any() and (np.abs(np.diff(np.sort(base))) > 1e-6).all())
    score = partial(topsis_under, x)
    for row in rank_changes(w, score).head(2).to_dict("records"):
        j, at = row["criterion"], row["weight_at_change"]
        assert abs(row["change"]) == pytest.approx(abs(at - w[j]))
        before = score(weights_with(w, j, [w[j] + 0.999 * (at - w[j])]))[0]
        assert before[row["overtaken"]] > before[row["overtaking"]]
        there = score(weights_with(w, j, [at]))[0]
        assert there[row["overtaken"]] <= there[row["overtaking"]]
        assert there[row["overtaken"]] == pytest.approx(there[row["overtaking"]], abs=1e-6)


def test_the_first_change_comes_first_and_names_its_rank() -> None:
    x = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.9, 0.3]])
    found = rank_changes([0.5, 0.3, 0.2], lambda w: w @ x.T, names=["a", "b", "c"])
    assert found["change"].abs().is_monotonic_increasing
    first = found.iloc[0]
    # second and third are 0.30 and 0.33: they meet where 0.1 b = 0.3 c, b and a in the proportion 3 : 5
    assert (first["rank"], first["overtaken"], first["overtaking"]) == (2, 2, 1)
    assert first["criterion"] == "c"
    assert first["weight_at_change"] == pytest.approx(1 / 9)
    winner = rank_changes([0.5, 0.3, 0.2], lambda w: w @ x.T, names=["a", "b", "c"], top=1)
    assert set(winner["rank"]) == {1}
    assert set(winner["overtaken"]) == {0}


def test_power_station_loses_its_first_place_before_the_published_weights() -> None:
    functions = [Preference(**one) for one in PROMETHEE["preferences"]]
    w = np.full(6, 1 / 6)
    flows = promethee(PROMETHEE["values"], w, preferences=functions, is_cost=PROMETHEE["is_cost"])
    net_by = flows.leaving_by - flows.entering_by
    found = rank_changes(w, lambda sets: sets @ net_by.T, top=1).set_index(["criterion", "direction"])
    for number, criterion in ((0, 1), (1, 4)):
        want = PROMETHEE["first_under"][number]
        row = found.loc[(criterion, "up")]
        assert PROMETHEE["alternatives"][int(row["overtaken"])] == "Austria"
        assert PROMETHEE["alternatives"][int(row["overtaking"])] == want["first"]
        assert row["weight_at_change"] < want["weights"][criterion] / sum(want["weights"])


def test_what_no_weight_can_change_gives_no_rows() -> None:
    x = np.array([[1.0, 1.0], [0.5, 0.5]])
    assert rank_changes([0.5, 0.5], lambda w: w @ x.T).empty
    assert rank_changes([1.0], lambda w: w @ np.array([[1.0, 0.0]])).empty
    assert "weight_at_change" in rank_changes([0.5, 0.5], lambda w: w @ x.T)


def test_all_the_weight_can_be_taken_from_one_criterion() -> None:
    assert weights_with([1.0, 0.0, 0.0], 0, 0.4).tolist() == [0.4, 0.3, 0.3]
    assert_allclose(weights_with([0.5, 0.25, 0.25], 1, [0.0, 1.0]), [[2 / 3, 0, 1 / 3], [0, 1, 0]])
    x = np.array([[250.0, 16.0], [200.0, 32.0]])
    found = rank_changes([1.0, 0.0], partial(topsis_under, x))
    # each is best in one criterion: equal where the two weighted gaps are
    first, second = 50 / np.hypot(250, 200), 16 / np.hypot(16, 32)
    assert found["criterion"].tolist() == [0, 1]
    assert found["weight_at_change"].tolist() == pytest.approx(
        [second / (first + second), first / (first + second)]
    )


def test_weights_that_are_none_are_refused() -> None:
    with pytest.raises(InputFaults, match="weights that sum to 1"):
        rank_changes([0.5, 0.6], lambda w: w)
    with pytest.raises(InputFaults, match="a score for each"):
        rank_changes([1.0, 0.0], partial(topsis_under, [[1.0, 2.0], [1.0, 3.0]]))


# -- SMAA-2


def test_three_criteria_as_geometry_says() -> None:
    # two alternatives that differ by d: u > 0 on a share d₁²/((d₁ − d₂)(d₁ − d₃)) of the triangle of weights
    d = np.array([0.6, -0.2, -0.3])
    share = d[0] ** 2 / ((d[0] - d[1]) * (d[0] - d[2]))
    w = draw_weights(3, 200_000, rng=np.random.default_rng(3))
    found = rank_acceptability(np.stack([np.maximum(d, 0), np.maximum(-d, 0)]), w)
    assert abs(found.acceptability[0, 0] - share) < 4 * found.standard_error[0, 0]
    # the triangle's corner that is cut off: its centroid
    corner = np.array([[1, 0, 0], [-d[1], d[0], 0], [-d[2], 0, d[0]]])
    centroid = (corner / corner.sum(axis=1, keepdims=True)).mean(axis=0)
    assert_allclose(found.central_weights[0], centroid, atol=0.004)
    assert found.confidence.tolist() == [1.0, 1.0]


@given(tables(), st.integers(0, 2**32 - 1))
def test_acceptability_agrees_with_the_slow_form(table: Any, seed: int) -> None:
    x, _ = table
    w = draw_weights(x.shape[1], 60, rng=np.random.default_rng(seed))
    found = rank_acceptability(x, w)
    fixed = slow.acceptability([x.tolist()] * 60, w.tolist())
    distinct = len(np.unique(x, axis=0)) == len(x)
    assume(distinct)
    assert_allclose(found.acceptability, fixed, atol=1e-12)
    assert_allclose(found.acceptability.sum(axis=1), 1)
    assert_allclose(found.acceptability.sum(axis=0), 1)
    drawn = rank_acceptability(np.repeat(x[None], 60, axis=0), w)
    assert_allclose(drawn.acceptability, found.acceptability, atol=1e-12)
    assert_allclose(drawn.central_weights, found.central_weights)
    off = ~np.eye(len(x), dtype=bool)
    assert_allclose((found.pairwise_winning + found.pairwise_winning.T)[off], 1)


def test_blocks_of_draws_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    x, w = rng.random((500, 4, 3)), draw_weights(3, 500, rng=rng)
    whole = rank_acceptability(x, w)
    monkeypatch.setattr("riskkit.assessment.preferences.rank_acceptability._BLOCK", 64)
    parts = rank_acceptability(x, w)
    assert_allclose(parts.acceptability, whole.acceptability)
    assert_allclose(parts.central_weights, whole.central_weights)
    assert_allclose(parts.pairwise_winning, whole.pairwise_winning)


def test_an_alternative_that_never_comes_first_has_no_central_weights() -> None:
    x = pd.DataFrame([[1.0, 0.5], [0.5, 1.0], [0.1, 0.1]], index=["a", "b", "c"], columns=["x", "y"])
    found = rank_acceptability(x, draw_weights(2, 100, rng=np.random.default_rng(7)))
    assert list(found.alternatives) == ["a", "b", "c"]
    assert found.acceptability[2].tolist() == [0, 0, 1]
    assert np.isnan(found.central_weights[2]).all()
    assert np.isnan(found.confidence[2])


def test_drawn_weights_are_even_and_keep_what_is_known() -> None:
    rng = np.random.default_rng(8)
    free = draw_weights(4, 50_000, rng=rng)
    assert_allclose(free.sum(axis=1), 1)
    assert_allclose(free.mean(axis=0), 0.25, atol=0.005)
    assert_allclose(free.var(axis=0), 3 / 80, atol=0.001)
    ordered = draw_weights(3, 50_000, rng=rng, order=[1, 2, 0])
    assert (np.diff(ordered[:, [1, 2, 0]], axis=1) <= 0).all()
    assert_allclose(ordered[:, [1, 2, 0]].mean(axis=0), [11 / 18, 5 / 18, 2 / 18], atol=0.005)
    low = draw_weights(3, 1000, rng=rng, at_least={0: 0.5, 2: 0.2})
    assert (low[:, 0] >= 0.5).all() and (low[:, 2] >= 0.2).all()
    again = [draw_weights(2, 5, rng=np.random.default_rng(0)).tolist() for _ in range(2)]
    assert again[0] == again[1]


def test_wrong_draws_are_refused() -> None:
    rng = np.random.default_rng(9)
    with pytest.raises(InputFaults, match="below 1 in all"):
        draw_weights(2, 10, rng=rng, at_least={0: 0.5, 1: 0.5})
    with pytest.raises(InputFaults) as error:
        draw_weights(2, 10, rng=rng, order=[0, 0, 5], at_least={1: -1})
    assert [fault.place for fault in error.value.faults] == [
        "preferences",
        "preferences",
        "order",
        "at_least",
    ]
    with pytest.raises(InputFaults) as error:
        rank_acceptability([[1.0, np.nan], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.6], [-1.0, 2.0]])
    assert [fault.place for fault in error.value.faults] == ["weights[1]", "weights[2][0]", "values[0, 1]"]
    with pytest.raises(InputFaults, match="shapes"):
        rank_acceptability(np.zeros((4, 2, 2)), np.full((3, 2), 0.5))
    with pytest.raises(InputFaults, match=r"scale\[1\]"):
        partial_values([[1, 2]], [0, 1], [1, 1])


def test_a_ranking_by_topsis_can_be_followed_under_drawn_weights() -> None:
    x = np.array([[250.0, 16, 12, 5], [200, 16, 8, 3], [300, 32, 16, 4]])
    w = draw_weights(4, 50, rng=np.random.default_rng(2))
    many = topsis_under(x, w, is_cost=[True, False, False, False])
    one = topsis(x, w[7], is_cost=[True, False, False, False]).closeness
    assert_allclose(many[7], one, atol=1e-12)
