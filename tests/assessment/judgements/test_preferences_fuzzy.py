"""Fuzzy evaluation and fuzzy numbers, against other packages' answers and the slow forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_preferences as slow
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from preference_cases import peer_cases

from riskkit.assessment.preferences import fuzzy
from riskkit.assessment.preferences.fuzzy_numbers import defuzzified, fuzzy_priorities, fuzzy_topsis
from riskkit.assessment.preferences.pairwise import priorities
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language

CURVES = [
    param for param in peer_cases("fuzzy", "fuzzy_") if "membership" in param.values[0] or not param.values[0]
]


@st.composite
def evaluations(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    m, k = draw(st.integers(1, 5)), draw(st.integers(2, 5))
    raw = np.array([[draw(st.floats(0.01, 1)) for _ in range(k)] for _ in range(m)])
    a = np.array([draw(st.floats(0.01, 1)) for _ in range(m)])
    return a / a.sum(), raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("case", CURVES)
def test_membership_curves_as_the_peer_draws_them(case: dict[str, Any]) -> None:
    x, want = np.linspace(0, 10, 101), case["membership"]
    low, mode, high = want["trimf"]["abc"]
    a, b, c, d = want["trapmf"]["abcd"]
    assert_allclose(fuzzy.triangular(x, low, mode, high=high), want["trimf"]["y"], atol=1e-12)
    assert_allclose(fuzzy.trapezoidal(x, a, b, top_to=c, high=d), want["trapmf"]["y"], atol=1e-12)
    bell = want["gaussmf"]
    assert_allclose(fuzzy.gaussian(x, bell["mean"], bell["sigma"]), bell["y"], rtol=1e-9)
    s = want["sigmf"]
    assert_allclose(fuzzy.sigmoid(x, s["b"], s["c"]), s["y"], rtol=1e-9)


@pytest.mark.parametrize("case", CURVES)
def test_compositions_as_the_peer_gives_them(case: dict[str, Any]) -> None:
    names = {
        "M_min_max": "min_max",
        "M_product_max": "product_max",
        "M_product_sum": "weighted_mean",
        "M_min_boundedsum": "min_bounded_sum",
    }
    for theirs, ours in names.items():
        found = fuzzy.fuzzy_evaluation(case["weights"], case["relation"], operator=ours)
        assert_allclose(found.raw, case["expected"][theirs], rtol=1e-9, atol=1e-12)
        assert found.operator == ours


@pytest.mark.parametrize("case", CURVES)
def test_one_number_for_a_curve_as_the_peer_gives_it(case: dict[str, Any]) -> None:
    want = case["defuzzify"]["expected"]
    x = np.linspace(0, 10, 101)
    y = np.maximum(
        np.minimum(0.3, fuzzy.triangular(x, 0, 3, high=6)),
        np.minimum(0.8, fuzzy.triangular(x, 4, 7, high=10)),
    )
    ways = {
        "centroid": "centroid",
        "bisector": "bisector",
        "mom": "mean_of_maximum",
        "som": "smallest_of_maximum",
        "lom": "largest_of_maximum",
    }
    for theirs, ours in ways.items():
        assert_allclose(defuzzified(x, y, how=ours), want[theirs], rtol=1e-9)


@pytest.mark.parametrize("case", peer_cases("fuzzy", "fuzzy_ahp"))
def test_fuzzy_judgements_as_the_peer_weighs_them(case: dict[str, Any]) -> None:
    found, want = fuzzy_priorities(case["matrix"]), case["expected"]
    assert_allclose(found.fuzzy_weights, want["fuzzy_weights"], rtol=1e-9)
    assert_allclose(found.defuzzified, want["defuzzified"], rtol=1e-9)
    assert_allclose(found.weights, want["weights"], rtol=1e-9)


@pytest.mark.parametrize("case", peer_cases("fuzzy", "fuzzy_topsis"))
def test_fuzzy_closeness_as_the_peer_gives_it(case: dict[str, Any]) -> None:
    is_cost = [kind == "min" for kind in case["types"]]
    found = fuzzy_topsis(case["ratings"], case["weights"], is_cost=is_cost)
    assert_allclose(found.closeness, case["expected"]["closeness"], rtol=1e-9)


@given(evaluations(), st.sampled_from(sorted(fuzzy.OPERATORS)))
def test_compositions_agree_with_the_slow_form(case: Any, operator: str) -> None:
    a, r = case
    found = fuzzy.fuzzy_evaluation(a, r, operator=operator)
    assert_allclose(found.raw, slow.composition(a, r, operator), atol=1e-12)
    assert_allclose(found.memberships.sum(), 1)
    assert found.memberships[found.grade] == found.memberships.max()
    assert 0 <= found.mean_grade <= r.shape[1] - 1


@given(st.lists(st.sampled_from([1 / 5, 1 / 3, 1 / 2, 1.0, 2.0, 3.0, 5.0]), min_size=3, max_size=3))
def test_judgements_without_spread_weigh_as_plain_ones(raw: list[float]) -> None:
    a = np.ones((3, 3))
    a[0, 1], a[0, 2], a[1, 2] = raw
    a[1, 0], a[2, 0], a[2, 1] = (1 / x for x in raw)
    plain = priorities(a, method="geometric_mean").weights
    assert_allclose(fuzzy_priorities(np.repeat(a[..., None], 3, axis=2)).weights, plain, rtol=1e-9)


def test_the_worked_example_says_what_each_operator_loses() -> None:
    relation = pd.DataFrame(
        [[0.7, 0.2, 0.1, 0], [0.5, 0.3, 0.1, 0.1], [0.2, 0.4, 0.3, 0.1]],
        index=["design", "making", "use"],
        columns=["low", "medium", "high", "serious"],
    )
    weights = {"use": 0.2, "design": 0.5, "making": 0.3}
    mean = fuzzy.fuzzy_evaluation(weights, relation, operator="weighted_mean")
    assert_allclose(mean.memberships, [0.54, 0.27, 0.14, 0.05])
    least = fuzzy.fuzzy_evaluation(weights, relation, operator="min_max")
    assert_allclose(least.raw, [0.5, 0.3, 0.2, 0.1])
    assert least.grades[least.grade] == "low"
    assert "min_max_discards" in least.cautions
    one = fuzzy.fuzzy_evaluation(weights, relation, operator="product_max")
    assert_allclose(one.raw, [0.35, 0.10, 0.06, 0.03])
    assert one.cautions[0] == "product_max_one_factor"
    assert in_language("zh", one.say_cautions)[0] == "相乘取大合成：每一等级只由一个因素决定"


def test_flat_and_tied_memberships_are_flagged() -> None:
    flat = fuzzy.fuzzy_evaluation([1.0], [[0.26, 0.25, 0.25, 0.24]], operator="weighted_mean")
    assert flat.effectiveness == pytest.approx((4 * 0.26 - 1) / (2 * 0.25 * 3))
    assert "memberships_flat" in flat.cautions
    tied = fuzzy.fuzzy_evaluation([1.0], [[0.5, 0.0, 0.5]], operator="weighted_mean")
    assert {"grades_tied", "mean_grade_differs"} <= set(tied.cautions)
    sure = fuzzy.fuzzy_evaluation([1.0], [[0.0, 1.0]], operator="weighted_mean")
    assert sure.effectiveness == float("inf")
    assert sure.cautions == ()
    full = fuzzy.fuzzy_evaluation([0.5, 0.5], [[0.9, 0.1], [0.8, 0.2]], operator="min_bounded_sum")
    assert "bounded_sum_saturates" in full.cautions


def test_every_wrong_membership_is_named_at_once() -> None:
    relation = pd.DataFrame([[0.5, 0.4], [1.2, -0.2], [0.5, 0.5]], index=["a", "b", "c"], columns=["x", "y"])
    with pytest.raises(InputFaults) as error:
        fuzzy.fuzzy_evaluation([0.5, 0.5, 0.5], relation, operator="min_max")
    places = [fault.place for fault in error.value.faults]
    assert places == ["weights", "relation[b, x]", "relation[b, y]", "relation[a]"]
    with pytest.raises(InputFaults, match="at least two grades"):
        fuzzy.fuzzy_evaluation([1.0], [[1.0]], operator="min_max")
    with pytest.raises(InputFaults, match="one for each of 2 factors"):
        fuzzy.fuzzy_evaluation([1.0], [[0.5, 0.5], [0.5, 0.5]], operator="min_max")
    with pytest.raises(ValueError, match="no operator"):
        fuzzy.fuzzy_evaluation([1.0], [[0.5, 0.5]], operator="max_min")


def test_wrong_fuzzy_numbers_are_named_at_once() -> None:
    one, three = [1, 1, 1], [2, 3, 4]
    with pytest.raises(InputFaults) as error:
        fuzzy_priorities([[one, [4, 3, 2]], [[0, 1, 2], one]])
    assert [fault.place for fault in error.value.faults] == ["[0, 1]", "[1, 0]"]
    with pytest.raises(InputFaults, match=r"the reciprocal of \[0, 1\], \(0.25, 0.333333, 0.5\)"):
        fuzzy_priorities([[one, three], [three, one]])
    with pytest.raises(InputFaults, match="square matrix"):
        fuzzy_priorities([[1, 2], [0.5, 1]])
    with pytest.raises(InputFaults) as error:
        fuzzy_topsis([[[3, 2, 1]], [[1, 2, 3]]], [[-1, 0, 1]])
    assert [fault.place for fault in error.value.faults] == ["ratings[0, 0]", "weights[0]"]
    with pytest.raises(InputFaults, match="alike"):
        fuzzy_topsis([[[1, 2, 3]], [[1, 2, 3]]], [[0, 1, 1]])
    with pytest.raises(InputFaults, match=r"\(m ≥ 2, n, 3\)"):
        fuzzy_topsis([[[1, 2, 3]]], [[0, 1, 1]])


def test_curves_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="corners that do not fall"):
        fuzzy.triangular([1.0], 3, 2, high=4)
    with pytest.raises(ValueError, match="sigma above 0"):
        fuzzy.gaussian([1.0], 0, 0)
    with pytest.raises(ValueError, match="no way"):
        defuzzified([0, 1], [0, 1], how="middle")
    with pytest.raises(ValueError, match="x must rise"):
        defuzzified([1, 0], [0, 1], how="centroid")
    with pytest.raises(ValueError, match="not all 0"):
        defuzzified([0, 1], [0, 0], how="centroid")
    assert fuzzy.triangular([1.0, 2.0, 0.9], 1, 1, high=3).tolist() == [1.0, 0.5, 0.0]
