"""AHP: weights, consistency, gaps, groups and repairs, against Saaty-style examples and another package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_preferences as slow
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from preference_cases import peer_cases, published

from riskkit.assessment.preferences.judgement_groups import (
    grouped_judgements,
    grouped_priorities,
    overall_priorities,
    repairs,
)
from riskkit.assessment.preferences.judgement_matrix import judgements
from riskkit.assessment.preferences.pairwise import (
    completed_judgements,
    consistency_ratios,
    priorities,
    random_indices,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language

SCALE = [1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)]


@st.composite
def matrices(draw: st.DrawFn, smallest: int = 2) -> np.ndarray:
    n = draw(st.integers(smallest, 6))
    a = np.ones((n, n))
    for i in range(n):
        for j in range(i):
            a[i, j] = draw(st.sampled_from(SCALE))
            a[j, i] = 1 / a[i, j]
    return a


LEADER = published("ahp_leader")


@pytest.mark.parametrize("name", ["criteria", *LEADER["alternatives"]])
def test_leader_example_gives_the_published_weights(name: str) -> None:
    matrix = LEADER["criteria"] if name == "criteria" else LEADER["alternatives"][name]
    assert_allclose(priorities(matrix).weights, LEADER["published"][name], atol=LEADER["atol"])


def test_leader_example_gives_the_published_overall_weights() -> None:
    criteria = priorities(LEADER["criteria"])
    found = overall_priorities(criteria, [priorities(m) for m in LEADER["alternatives"].values()])
    assert_allclose(found.weights, LEADER["published"]["overall"], atol=LEADER["atol"])
    assert found.is_consistent
    assert found.local.shape == (3, 4)


def _whole(case: dict[str, Any]) -> bool:
    return not case or "weights_eigenvector" in case["expected"]


SINGLE = [param for param in peer_cases("ahp") if _whole(param.values[0])]


@pytest.mark.parametrize("case", SINGLE)
def test_weights_and_consistency_as_the_peer_gives_them(case: dict[str, Any]) -> None:
    want, rtol = case["expected"], case["tolerance"]["rtol"]
    found = priorities(case["matrix"], random_index="saaty_2005")
    assert_allclose(found.weights, want["weights_eigenvector"], rtol=rtol)
    assert_allclose(found.lambda_max, want["lambda_max"], rtol=rtol)
    assert_allclose(found.ci, want["ci"], rtol=rtol, atol=1e-12)
    assert_allclose(found.cr, want["cr_saaty2005"], rtol=rtol, atol=1e-12)
    assert_allclose(found.gci, want["gci"], rtol=rtol, atol=1e-12)
    means = priorities(case["matrix"], method="geometric_mean", random_index="saaty_2005").weights
    assert_allclose(means, want["weights_geometric_mean"], rtol=rtol)
    other = priorities(case["matrix"], random_index="donegan_dodd_1991")
    assert_allclose(other.cr, want["cr_donegan_dodd"], rtol=rtol, atol=1e-12)
    if want["cr_saaty1980"] is not None:
        assert_allclose(priorities(case["matrix"]).cr, want["cr_saaty1980"], rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("case", peer_cases("ahp", "group"))
def test_groups_as_the_peer_gives_them(case: dict[str, Any]) -> None:
    want, rtol = case["expected"], case["tolerance"]["rtol"]
    joined = grouped_judgements(case["matrices"])
    assert_allclose(joined.matrix, want["aij_matrix"], rtol=rtol)
    found = priorities(joined, random_index="saaty_2005")
    assert_allclose(found.weights, want["aij_weights"], rtol=rtol)
    assert_allclose(found.cr, want["aij_cr_saaty2005"], rtol=rtol)
    each = [priorities(m).weights for m in case["matrices"]]
    assert_allclose(each, want["individual_weights"], rtol=rtol)
    assert_allclose(grouped_priorities(each), want["aip_geometric"], rtol=rtol)
    assert_allclose(grouped_priorities(each, mean="arithmetic"), want["aip_arithmetic"], rtol=rtol)


@pytest.mark.parametrize("case", peer_cases("ahp", "incomplete"))
def test_gaps_filled_as_the_peer_fills_them(case: dict[str, Any]) -> None:
    whole = completed_judgements(case["matrix"])
    want = case["expected"]["weights_lambda_minimal_completion"]
    assert_allclose(priorities(whole).weights, want, atol=case["tolerance"]["atol"])


def test_the_random_indices_differ_where_the_books_differ() -> None:
    old, new = random_indices("saaty_1980"), random_indices("saaty_2005")
    assert old[3] == 0.58
    assert new[3] == 0.52
    assert {n for n in old if old[n] != new[n]} == {3, 4, 5, 6, 7, 8}


@given(matrices())
def test_eigenvector_agrees_with_the_power_method(a: np.ndarray) -> None:
    value, w = slow.principal(a.tolist())
    found = priorities(a)
    assert_allclose(found.lambda_max, value, rtol=1e-9)
    assert_allclose(found.weights, w, rtol=1e-7)
    assert found.cr >= 0
    assert_allclose(consistency_ratios(a[None])[0], found.cr, atol=1e-12)


@given(st.lists(st.floats(0.05, 1.0), min_size=2, max_size=8))
def test_consistent_judgements_give_back_the_weights_they_came_from(raw: list[float]) -> None:
    w = np.array(raw) / sum(raw)
    for method in ("eigenvector", "geometric_mean"):
        found = priorities(w[:, None] / w[None, :], method=method)
        assert_allclose(found.weights, w, rtol=1e-9)
        assert found.cr < 1e-9
        assert found.is_consistent


@given(matrices(smallest=3))
def test_three_items_weigh_the_same_by_both_methods(a: np.ndarray) -> None:
    three = a[:3, :3]
    means = priorities(three, method="geometric_mean").weights
    assert_allclose(priorities(three).weights, means, rtol=1e-9)


@given(matrices(smallest=3))
def test_a_repair_gives_the_ratio_it_promises_and_no_scale_value_of_that_pair_gives_less(
    a: np.ndarray,
) -> None:
    before = priorities(a).cr
    hints = repairs(a)
    assert [h.cr_after for h in hints] == sorted(h.cr_after for h in hints)
    for hint in hints[:2]:
        changed = a.copy()
        changed[hint.first, hint.second] = hint.suggested
        changed[hint.second, hint.first] = 1 / hint.suggested
        assert_allclose(priorities(changed).cr, hint.cr_after, atol=1e-9)
        assert hint.cr_after < hint.cr_before == before


@given(matrices(smallest=3), st.data())
def test_a_filled_gap_is_the_best_that_could_be_put_there(a: np.ndarray, data: st.DataObject) -> None:
    i, j = data.draw(st.permutations(range(len(a))))[:2]
    gap = a.copy()
    gap[i, j] = gap[j, i] = np.nan
    whole = completed_judgements(gap).matrix
    best = priorities(whole).lambda_max
    for factor in (0.9, 0.99, 1.01, 1.1):
        other = whole.copy()
        other[i, j] *= factor
        other[j, i] /= factor
        assert priorities(other).lambda_max >= best - 1e-9


@given(matrices(), matrices())
def test_a_group_is_between_its_members_and_reciprocal(a: np.ndarray, b: np.ndarray) -> None:
    n = min(len(a), len(b))
    joined = grouped_judgements([a[:n, :n], b[:n, :n]]).matrix
    assert_allclose(joined * joined.T, 1, rtol=1e-12)
    low, high = np.minimum(a[:n, :n], b[:n, :n]), np.maximum(a[:n, :n], b[:n, :n])
    assert (joined >= low * (1 - 1e-12)).all()
    assert (joined <= high * (1 + 1e-12)).all()
    only_first = grouped_judgements([a[:n, :n], b[:n, :n]], expert_weights=[1.0, 0.0]).matrix
    assert_allclose(only_first, a[:n, :n], rtol=1e-12)


def test_a_planted_slip_is_the_judgement_the_hint_names() -> None:
    w = np.array([8.0, 4.0, 2.0, 1.0])
    a = pd.DataFrame(w[:, None] / w[None, :], index=list("ABCD"), columns=list("ABCD"))
    a.loc["A", "D"], a.loc["D", "A"] = 1 / 8, 8.0
    hint = repairs(a)[0]
    assert (hint.first, hint.second, hint.suggested) == ("A", "D", 8.0)
    assert hint.cr_after < 1e-12
    assert in_language("zh", hint.say).startswith("请复核“A”对“D”的判断：现为1/8，若为8，CR由")
    assert repairs(w[:, None] / w[None, :]) == ()


def test_one_side_is_enough_and_roundings_read_as_meant() -> None:
    assert judgements([[1, 3], [None, 1]]).matrix[1, 0] == 1 / 3
    assert judgements([[1, 0.333], [3, 1]]).matrix[0, 1] == 1 / 3
    assert judgements([[1, None], [None, 1]]).is_complete() is False


def test_every_fault_of_a_matrix_is_named_at_once() -> None:
    wrong = [[1, 3, -2, "x"], [3, 1, 2, 1], [1, 0.5, 2, 0], [1, 1, 4, 1]]
    with pytest.raises(InputFaults) as error:
        priorities(wrong)
    places = {fault.place for fault in error.value.faults}
    assert places == {"[0, 2]", "[0, 3]", "[1, 0]", "[2, 2]", "[2, 3]"}


def test_what_cannot_be_weighed_is_refused() -> None:
    with pytest.raises(InputFaults, match="not judged"):
        priorities([[1, None, 2], [None, 1, 3], [0.5, "1/3", 1]])
    with pytest.raises(InputFaults, match=r"groups 0, 1 \| 2"):
        completed_judgements([[1, 2, None], [0.5, 1, None], [None, None, 1]])
    with pytest.raises(InputFaults, match="at most 10 items for saaty_1980"):
        priorities(np.ones((11, 11)))
    with pytest.raises(InputFaults, match="square"):
        judgements([[1, 2, 3], [0.5, 1, 2]])
    with pytest.raises(InputFaults, match="same names"):
        judgements(pd.DataFrame([[1, 1], [1, 1]], index=["a", "b"], columns=["a", "c"]))
    with pytest.raises(ValueError, match="no method"):
        priorities([[1]], method="median")
    with pytest.raises(KeyError, match="no random index"):
        random_indices("alonso")


def test_the_faults_of_all_experts_are_told_together() -> None:
    with pytest.raises(InputFaults) as error:
        grouped_judgements([[[1, 2], [2, 1]], [[1, -1], [1, 1]]])
    assert [fault.place for fault in error.value.faults] == ["expert 0: [1, 0]", "expert 1: [0, 1]"]
    with pytest.raises(InputFaults, match="the items of the first"):
        grouped_judgements([[[1, 2], [0.5, 1]], np.ones((3, 3))])
    with pytest.raises(InputFaults, match="above 0 for the geometric mean"):
        grouped_priorities([[1.0, 0.0], [0.5, 0.5]])
    with pytest.raises(InputFaults, match=r"expert 1: sum 0\.9"):
        grouped_priorities([[1.0, 0.0], [0.5, 0.4]], mean="arithmetic")
    with pytest.raises(InputFaults, match="one set a criterion"):
        overall_priorities(priorities([[1, 1], [1, 1]]), [priorities([[1]])])


SAATY = {2: 0.5, 3: 0.33, 4: 0.25, 5: 0.2, 6: 0.17, 7: 0.14, 8: 0.13, 9: 0.11}


@pytest.mark.parametrize("k", sorted(SAATY))
@pytest.mark.parametrize("kind", [float, str, np.float64, np.float32])
def test_reciprocals_with_two_decimals_are_those_they_round(k: int, kind: Any) -> None:
    written = kind(SAATY[k])
    for matrix in ([[1, written], [k, 1]], [[1, written], [None, 1]], [[1, None], [written, 1]]):
        found = judgements(matrix)
        assert sorted(found.matrix[~np.eye(2, dtype=bool)].tolist()) == [1 / k, float(k)]
        is_rounded = k not in (2, 4, 5)
        assert [(one.written, one.read) for one in found.rounded] == [(SAATY[k], 1 / k)] * is_rounded


def test_a_matrix_with_rounded_reciprocals_weighs_as_the_one_meant() -> None:
    written = [[1, 3, 6, 9], [0.33, 1, 2, 7], [0.17, 0.5, 1, 3], [0.11, 0.14, 0.33, 1]]
    meant = [[1, 3, 6, 9], ["1/3", 1, 2, 7], ["1/6", "1/2", 1, 3], ["1/9", "1/7", "1/3", 1]]
    assert_allclose(priorities(written).weights, priorities(meant).weights, rtol=1e-12)
    names = list("abcd")
    frame = pd.DataFrame(written, index=names, columns=names, dtype=object)
    assert [(one.row, one.column, one.written) for one in judgements(frame).rounded] == [
        ("b", "a", 0.33), ("c", "a", 0.17), ("d", "a", 0.11), ("d", "b", 0.14), ("d", "c", 0.33),
    ]  # fmt: skip
    assert judgements(meant).rounded == ()


@pytest.mark.parametrize(
    "matrix",
    [[[1, 3], [0.3, 1]], [[1, 6], [0.16, 1]], [[1, 7], [0.15, 1]], [[1, 0.35], [3, 1]], [[1, 9], [0.1, 1]]],
)
def test_what_rounds_another_number_is_no_reciprocal(matrix: list[list[float]]) -> None:
    with pytest.raises(InputFaults, match="its reciprocal"):
        judgements(matrix)
