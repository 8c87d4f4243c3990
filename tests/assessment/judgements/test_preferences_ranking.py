"""Weights from data and rankings: TOPSIS, VIKOR, PROMETHEE II, what their weights change, and SMAA-2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_preferences as slow
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from preference_cases import peer_cases, published

from riskkit.assessment.preferences.outranking import (
    KINDS,
    Preference,
    preference_indices,
    promethee,
)
from riskkit.assessment.preferences.ranking import topsis, topsis_under, vikor
from riskkit.assessment.preferences.weights import (
    critic_weights,
    entropy_weights,
    mixed_weights,
    multiplied_weights,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards.decision_table import decision_table, ranks_of

FIGHTER, VIKOR, PROMETHEE = published("topsis_fighter"), published("vikor"), published("promethee")


@st.composite
def tables(draw: st.DrawFn, low: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    m, n = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    numbers = st.floats(low, 100).map(lambda x: round(x, 2))
    x = np.array([[draw(numbers) for _ in range(n)] for _ in range(m)])
    assume((np.ptp(x, axis=0) > 0.05).all())
    raw = np.array([draw(st.floats(0.05, 1)) for _ in range(n)])
    return x, raw / raw.sum(), np.array([draw(st.booleans()) for _ in range(n)])


# -- TOPSIS


def test_fighter_aircraft_as_published() -> None:
    found = topsis(FIGHTER["values"], FIGHTER["weights"], is_cost=FIGHTER["is_cost"])
    assert_allclose(found.closeness, FIGHTER["closeness"], atol=FIGHTER["closeness_atol"])
    assert found.ranks.tolist() == [1, 4, 2, 3]


@pytest.mark.parametrize("case", peer_cases("topsis"))
def test_closeness_as_the_peer_gives_it(case: dict[str, Any]) -> None:
    is_cost = np.array(case["types"]) == -1
    found = topsis(case["matrix"], case["weights"], is_cost=is_cost)
    assert_allclose(found.closeness, case["expected"]["classical_vector"], rtol=case["tolerance"]["rtol"])
    assert found.ranks.tolist() == case["expected"]["classical_rank"]


@given(tables(), st.floats(0.01, 100))
def test_topsis_agrees_with_the_slow_form_and_forgets_the_unit(table: Any, unit: float) -> None:
    x, w, cost = table
    found = topsis(x, w, is_cost=cost)
    assert_allclose(found.closeness, slow.topsis(x, w, cost), atol=1e-9)
    assert_allclose(topsis_under(x, w, is_cost=cost)[0], found.closeness, atol=1e-9)
    scaled = x.copy()
    scaled[:, 0] *= unit
    assert_allclose(topsis(scaled, w, is_cost=cost).closeness, found.closeness, atol=1e-9)


@given(tables())
def test_what_is_worse_in_everything_is_not_nearer_to_the_ideal(table: Any) -> None:
    x, w, cost = table
    worse = x[:1] * np.where(cost, 1.5, 0.5)
    both = np.vstack([x, worse])
    assert topsis(both, w, is_cost=cost).closeness[-1] < topsis(both, w, is_cost=cost).closeness[0]
    assert vikor(both, w, is_cost=cost).compromise[-1] >= vikor(both, w, is_cost=cost).compromise[0] - 1e-12


def test_names_are_kept_and_weights_found_by_name() -> None:
    x = pd.DataFrame([[250.0, 16.0], [200.0, 32.0]], index=["kettle", "toy"], columns=["cost", "benefit"])
    found = topsis(x, {"benefit": 0.75, "cost": 0.25}, is_cost=pd.Series({"benefit": False, "cost": True}))
    assert list(found.alternatives) == ["kettle", "toy"]
    assert_allclose(found.closeness, [0, 1])


def test_ties_share_the_better_rank() -> None:
    assert ranks_of([1.0, 2.0, 2.0 - 1e-14, 0.0]).tolist() == [3, 1, 1, 4]
    assert ranks_of([5.0]).tolist() == [1]


# -- VIKOR


def test_climbing_as_published() -> None:
    case = VIKOR["climbing"]
    found = vikor(case["values"], case["weights"], is_cost=case["is_cost"])
    assert_allclose(found.group_utility, case["s"])
    assert_allclose(found.regret, case["r"])
    assert_allclose(found.compromise, case["q"])
    assert list(found.compromise_set) == case["compromise_set"]
    assert found.is_stable


@pytest.mark.parametrize("weighting", range(4))
def test_hydropower_as_published(weighting: int) -> None:
    case = VIKOR["hydropower"]
    want = case["weightings"][weighting]
    found = vikor(case["values"], np.array(want["weights"]) / sum(want["weights"]), is_cost=case["is_cost"])
    assert_allclose(found.group_utility, want["s"], atol=case["atol"])
    assert_allclose(found.regret, want["r"], atol=case["atol"])
    assert_allclose(found.compromise, want["q"], atol=case["atol"])
    assert found.ranks.tolist() == want["ranks"]
    assert found.has_advantage == want["has_advantage"]
    assert sorted(found.compromise_set) == want["compromise_set"]


@given(tables(), st.floats(0, 1), st.floats(-50, 50))
def test_vikor_agrees_with_the_slow_form_and_forgets_the_zero(table: Any, v: float, shift: float) -> None:
    x, w, cost = table
    found = vikor(x, w, is_cost=cost, v=v)
    terms = [vikor(x, w, is_cost=cost).group_utility, vikor(x, w, is_cost=cost).regret]
    assume(all(np.ptp(t) > 1e-6 for t in terms))
    assert_allclose(found.compromise, slow.vikor(x, w, cost, v), atol=1e-9)
    moved = x.copy()
    moved[:, 0] += shift
    assert_allclose(vikor(moved, w, is_cost=cost, v=v).compromise, found.compromise, atol=1e-7)


def test_a_criterion_in_which_all_are_equal_adds_nothing() -> None:
    with_it = vikor([[1, 7, 5], [2, 7, 3], [4, 7, 4]], [0.5, 0.2, 0.3])
    assert_allclose(with_it.group_utility, [0.5, 0.5 * 2 / 3 + 0.3, 0.15])


# -- PROMETHEE II


def _brans() -> tuple[list[Preference], dict[str, Any]]:
    return [Preference(**one) for one in PROMETHEE["preferences"]], PROMETHEE


def test_power_station_as_published() -> None:
    functions, case = _brans()
    w = np.full(6, 1 / 6)
    found = promethee(case["values"], w, preferences=functions, is_cost=case["is_cost"])
    assert_allclose(found.net * 5, case["net_sums"], atol=case["net_sums_atol"])
    order = [case["alternatives"][i] for i in np.argsort(found.ranks)]
    assert order == case["order"]
    pi = preference_indices(case["values"], w, preferences=functions, is_cost=case["is_cost"])
    assert_allclose(pi, case["pi"], atol=case["pi_atol"])


@pytest.mark.parametrize("number", [0, 1])
def test_power_station_under_other_weights_as_published(number: int) -> None:
    functions, case = _brans()
    want = case["first_under"][number]
    w = np.array(want["weights"]) / sum(want["weights"])
    found = promethee(case["values"], w, preferences=functions, is_cost=case["is_cost"])
    assert case["alternatives"][int(found.ranks.argmin())] == want["first"]


@st.composite
def functions_for(draw: st.DrawFn, n: int) -> list[Preference]:
    out = []
    for _ in range(n):
        kind = draw(st.sampled_from(sorted(KINDS)))
        q = draw(st.floats(0, 20).map(lambda x: round(x, 1)))
        given = {"q": q, "p": q + draw(st.floats(0.5, 30).map(lambda x: round(x, 1))), "s": q + 1}
        out.append(Preference(kind, **{name: given[name] for name in KINDS[kind]}))
    return out


@given(tables(), st.data())
def test_promethee_agrees_with_the_slow_form(table: Any, data: st.DataObject) -> None:
    x, w, cost = table
    functions = data.draw(functions_for(x.shape[1]))
    found = promethee(x, w, preferences=functions, is_cost=cost)
    want = slow.promethee(x, w, cost, [(f.kind, f.q, f.p, f.s) for f in functions])
    assert_allclose(found.net, want, atol=1e-9)
    assert_allclose(found.net.sum(), 0, atol=1e-9)
    assert_allclose(found.leaving, found.leaving_by @ w)
    pi = preference_indices(x, w, preferences=functions, is_cost=cost).to_numpy()
    assert_allclose(pi.sum(axis=1) / (len(x) - 1), found.leaving, atol=1e-9)


def test_a_v_shape_wider_than_the_data_ranks_as_a_weighted_sum() -> None:
    rng = np.random.default_rng(5)
    x, w = rng.random((30, 3)), np.array([0.5, 0.3, 0.2])
    found = promethee(x, w, preferences=[Preference("v_shape", p=2.0)] * 3)
    total = x @ w
    assert_allclose(found.net, (total - total.mean()) * 30 / 29 / 2.0, atol=1e-12)


def test_blocks_of_rows_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = np.random.default_rng(6).random((40, 2)), [0.5, 0.5]
    functions = [Preference("gaussian", s=0.2), Preference("usual")]
    whole = promethee(x, w, preferences=functions)
    monkeypatch.setattr("riskkit.assessment.preferences.outranking._BLOCK", 100)
    parts = promethee(x, w, preferences=functions)
    assert_allclose(parts.net, whole.net, atol=1e-12)


def test_thresholds_that_do_not_fit_are_told_together() -> None:
    functions = [Preference("linear", q=5, p=3), Preference("gaussian"), Preference("usual", q=1)]
    with pytest.raises(InputFaults) as error:
        promethee([[1, 2, 3], [3, 2, 1]], [0.2, 0.3, 0.5], preferences=functions)
    places = [fault.place for fault in error.value.faults]
    assert places == ["preferences[0].q", "preferences[1].s", "preferences[2].q"]
    with pytest.raises(InputFaults, match="one of usual"):
        promethee([[1], [3]], [1], preferences=[Preference("soft")])
    with pytest.raises(InputFaults, match="one preference function for each"):
        promethee([[1, 2], [3, 2]], [0.5, 0.5], preferences=[Preference("usual")])


# -- weights from data


def test_entropy_weights_of_the_fighters_as_printed() -> None:
    found = entropy_weights(FIGHTER["values"])
    assert_allclose(found.weights, FIGHTER["entropy_weights"], atol=FIGHTER["entropy_atol"])


@pytest.mark.parametrize("case", peer_cases("objective_weights"))
def test_weights_from_data_as_the_peers_give_them(case: dict[str, Any]) -> None:
    rtol = case["tolerance"]["rtol"]
    found = entropy_weights(case["matrix"])
    assert_allclose(found.weights, case["expected"]["entropy_classical"], rtol=rtol)
    assert_allclose(found.entropy, case["expected"]["entropy_per_criterion"], rtol=rtol)
    # that peer leaves cost columns as they are; turning one is proved below
    assert_allclose(critic_weights(case["matrix"]).weights, case["expected"]["critic_pymcdm"], rtol=rtol)


@given(tables(), st.floats(0.5, 50))
def test_entropy_agrees_with_the_slow_form_and_forgets_the_unit(table: Any, unit: float) -> None:
    x, _, _ = table
    found = entropy_weights(x)
    assert_allclose(found.weights, slow.entropy_weights(x.tolist()), rtol=1e-6, atol=1e-12)
    assert_allclose(entropy_weights(x * unit).weights, found.weights, rtol=1e-6, atol=1e-12)


@given(tables())
def test_critic_agrees_with_the_slow_form_and_forgets_the_scale(table: Any) -> None:
    x, _, cost = table
    assume(x.shape[1] > 1 and len(x) > 2)
    turned = np.where(cost, -x, x)
    assume((np.corrcoef(turned.T) < 1 - 1e-4).any())
    want = slow.critic_weights(x.tolist(), cost.tolist())
    found = critic_weights(x, is_cost=cost)
    assert_allclose(found.weights, want, atol=1e-6)
    assert_allclose(critic_weights(x * 3 + 7, is_cost=cost).weights, found.weights, atol=1e-6)
    assert_allclose(critic_weights(np.where(cost, -x, x)).weights, found.weights, atol=1e-6)


def test_weights_are_combined_as_said() -> None:
    a, b = [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]
    assert_allclose(multiplied_weights(a, b), np.array([0.12, 0.09, 0.05]) / 0.26)
    assert_allclose(mixed_weights(a, b, share=0.25), [0.3, 0.3, 0.4])
    with pytest.raises(InputFaults, match="two sets of one length"):
        multiplied_weights(a, [0.5, 0.5])
    with pytest.raises(InputFaults, match="weight in both sets"):
        multiplied_weights([1.0, 0.0], [0.0, 1.0])
    with pytest.raises(InputFaults, match="a share from 0 to 1"):
        mixed_weights(a, b, share=1.5)
    with pytest.raises(InputFaults) as error:
        mixed_weights([0.6, 0.6], [-0.5, 1.5], share=0.5)
    assert [fault.place for fault in error.value.faults] == ["first", "second[0]"]


# -- bad input


def test_every_wrong_entry_of_a_table_is_named_at_once() -> None:
    x = pd.DataFrame([[1, "n/a"], [math.inf, 3]], index=["a", "b"], columns=["c", "d"])
    with pytest.raises(InputFaults) as error:
        topsis(x, {"c": -0.2, "d": 1.2}, is_cost={"c": 2, "d": 0})
    places = [fault.place for fault in error.value.faults]
    assert places == ["values[a, d]", "values[b, c]", "weights[c]", "is_cost[c]"]


def test_columns_that_say_nothing_are_refused_by_name() -> None:
    x = pd.DataFrame({"sulphur": [0.0, 0.0, 0.0], "lead": [1.0, 2.0, 3.0], "empty": [0.0, 0.0, 0.0]})
    with pytest.raises(InputFaults) as error:
        entropy_weights(x)
    assert [fault.place for fault in error.value.faults] == ["values[:, sulphur]", "values[:, empty]"]
    with pytest.raises(InputFaults, match=r"values\[:, sulphur\]"):
        topsis(x, [0.2, 0.3, 0.5])
    with pytest.raises(InputFaults, match=r"values\[1, 0\]: -2\.0"):
        entropy_weights([[1, 2], [-2, 3]])
    with pytest.raises(InputFaults, match="alternatives that differ"):
        entropy_weights([[1, 2], [1, 2]])
    with pytest.raises(InputFaults, match="a column in which the alternatives differ"):
        critic_weights([[1, 2], [1, 3]])
    with pytest.raises(InputFaults, match="criteria that differ"):
        critic_weights([[1, 2], [2, 4], [3, 6]])


def test_tables_that_cannot_be_ranked_are_refused() -> None:
    with pytest.raises(InputFaults, match="all alternatives alike"):
        topsis([[1, 2], [1, 3]], [1.0, 0.0])
    with pytest.raises(InputFaults, match=r"sum 0\.9, must be: weights that sum to 1"):
        vikor([[1, 2], [1, 3]], [0.5, 0.4])
    with pytest.raises(InputFaults, match="a number from 0 to 1"):
        vikor([[1, 2], [1, 3]], [0.5, 0.5], v=1.1)
    with pytest.raises(InputFaults, match="at least two alternatives"):
        decision_table([[1, 2]])
    with pytest.raises(InputFaults, match="names that stand once"):
        decision_table(pd.DataFrame([[1, 2], [2, 1]], columns=["a", "a"]))
    with pytest.raises(InputFaults, match="one entry for each of 2 criteria"):
        decision_table([[1, 2], [2, 1]], weights=[1.0])
    with pytest.raises(InputFaults) as error:
        decision_table(pd.DataFrame([[1, 2], [2, 1]], columns=["a", "b"]), weights={"a": 0.5, "c": 0.5})
    assert [fault.place for fault in error.value.faults] == ["weights[c]", "weights[b]"]
