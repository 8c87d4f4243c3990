"""Agreement among experts and the end of rounds: published examples, other programs, slow versions, refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from elicited_studies import read
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from shared import own, shared

from riskkit.assessment.consensus.agreement import METRICS, fleiss_kappa, krippendorff_alpha
from riskkit.assessment.consensus.concordance import kendall_w
from riskkit.assessment.consensus.rounds import StoppingRule, house_rule, round_states
from riskkit.foundation.inputs.faults import InputFaults

OWN = own("agreement.json")
CASES = ("anxiety", "fleiss_14raters", "fleiss_diagnoses", "krippendorff_4x12", "simulated_1", "simulated_2")
CASES += ("simulated_3", "video")


def table(raw: list[list[float | None]]) -> np.ndarray:
    return np.array([[np.nan if one is None else one for one in row] for row in raw], dtype=float)


@pytest.mark.parametrize("told", OWN["kendall"], ids=lambda told: told["name"])
def test_concordance_as_published(told: dict[str, object]) -> None:
    ranks = np.array(told["experts"], dtype=float).T
    found = kendall_w(ranks)
    assert_allclose(found.w, told["w"], rtol=1e-8)
    assert_allclose(found.chi2, told["chi2"], rtol=1e-7)
    if "p" in told:
        assert_allclose(found.p_chi2, told["p"], atol=5e-7)


def test_kappa_as_published() -> None:
    counts = np.array(OWN["fleiss_counts"])
    ratings = [[c for c, n in enumerate(row) for _ in range(n)] for row in counts.tolist()]
    assert_allclose(fleiss_kappa(ratings).value, 0.209930704, rtol=1e-8)


@pytest.mark.parametrize("metric", METRICS)
def test_alpha_as_published(metric: str) -> None:
    experts = table(OWN["krippendorff"]["experts"])
    expected = OWN["krippendorff"][metric]
    assert_allclose(krippendorff_alpha(experts.T, metric=metric).value, expected, atol=5e-7)


@pytest.mark.parametrize("case", CASES)
def test_agreement_as_other_programs_find_it(case: str) -> None:
    told = read(shared("oracles", "agreement", f"{case}.json"))
    ratings, expected = table(told["ratings"]), told["expected"]
    for metric, value in expected["krippendorff_alpha"].items():
        assert_allclose(krippendorff_alpha(ratings, metric=metric).value, value, rtol=1e-9, atol=1e-12)
    if "fleiss" in expected:
        found = fleiss_kappa(ratings)
        assert_allclose(found.value, expected["fleiss"]["kappa"], rtol=1e-9)
        for code, value in expected["fleiss"]["by_category"].items():
            assert found.by_category[float(code)] == pytest.approx(value, abs=6e-4)
    for name, is_corrected in (("kendall_w_tie_corrected", True), ("kendall_w_uncorrected", False)):
        if name in expected:
            one = kendall_w(ratings, is_tie_corrected=is_corrected)
            assert_allclose(one.w, expected[name]["W"], rtol=1e-9)
            assert_allclose(one.chi2, expected[name]["chi2"], rtol=1e-9)
            assert_allclose(one.p_chi2, expected[name]["p"], rtol=1e-8)


def slow_alpha(ratings: np.ndarray, metric: str) -> float:
    """All pairs of answers to one item against all pairs of answers, one by one."""
    units = [row[~np.isnan(row)].tolist() for row in ratings]
    units = [one for one in units if len(one) > 1]
    every = [value for one in units for value in one]
    total = {value: every.count(value) for value in every}

    def distance(a: float, b: float) -> float:
        if metric == "nominal":
            return float(a != b)
        if metric == "interval":
            return (a - b) ** 2
        if metric == "ratio":
            return ((a - b) / (a + b)) ** 2 if a + b else 0.0
        low, high = min(a, b), max(a, b)
        between = sum(n for value, n in total.items() if low <= value <= high)
        return (between - (total[a] + total[b]) / 2) ** 2 if a != b else 0.0

    observed = sum(
        distance(a, b) / (len(one) - 1) for one in units for a, b in itertools.permutations(one, 2)
    )
    expected = sum(distance(a, b) for a, b in itertools.permutations(every, 2))
    return 1 - (observed / len(every)) / (expected / (len(every) * (len(every) - 1)))


GRADES = hnp.arrays(
    float,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
    elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, np.nan]),
)


@given(GRADES, st.sampled_from(METRICS))
def test_alpha_agrees_with_the_slow_version(ratings: np.ndarray, metric: str) -> None:
    found = krippendorff_alpha(ratings, metric=metric).value
    paired = ratings[(~np.isnan(ratings)).sum(axis=1) >= 2]
    if len(np.unique(paired[~np.isnan(paired)])) < 2:
        assert np.isnan(found)
    else:
        assert_allclose(found, slow_alpha(ratings, metric), rtol=1e-9, atol=1e-9)


@given(GRADES)
def test_the_order_of_experts_and_items_is_no_matter(ratings: np.ndarray) -> None:
    turned = ratings[::-1, ::-1]
    for metric in METRICS:
        one, other = krippendorff_alpha(ratings, metric=metric), krippendorff_alpha(turned, metric=metric)
        assert_allclose(one.value, other.value, rtol=1e-9, atol=1e-12)


@given(st.permutations(range(6)), st.integers(2, 5))
def test_the_same_order_by_everybody_is_full_concordance(order: list[int], n: int) -> None:
    found = kendall_w(np.repeat(np.array(order, dtype=float)[:, None], n, axis=1))
    assert found.w == 1.0 and found.p_f == 0.0


def test_nothing_can_be_said_where_everybody_says_one_thing() -> None:
    same = np.ones((4, 3))
    assert np.isnan(kendall_w(same).w)
    assert np.isnan(fleiss_kappa(same).value)
    assert np.isnan(krippendorff_alpha(same).value)


def test_the_interval_of_alpha_holds_its_value_and_narrows_with_more_items() -> None:
    experts = table(OWN["krippendorff"]["experts"]).T
    once = krippendorff_alpha(experts, rng=np.random.default_rng(1))
    often = krippendorff_alpha(np.tile(experts, (9, 1)), rng=np.random.default_rng(1))
    assert once.lo < once.value < once.hi
    assert often.hi - often.lo < (once.hi - once.lo) / 2
    again = krippendorff_alpha(experts, rng=np.random.default_rng(1))
    assert (once.lo, once.hi) == (again.lo, again.hi)


def test_shuffled_rankings_agree_with_the_test_of_many_items() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(12, 4)) + rng.normal(size=(12, 1))
    found = kendall_w(scores, rng=rng)
    assert found.p_permutation == pytest.approx(found.p_f, abs=0.02)


@pytest.mark.parametrize("ratings", [[[1.0]], [[1.0, np.nan], [1.0, 2.0]], [1.0, 2.0], [[np.inf, 1], [1, 2]]])
def test_gaps_and_single_experts_are_refused(ratings: object) -> None:
    with pytest.raises(InputFaults):
        kendall_w(ratings)  # type: ignore[arg-type]
    with pytest.raises(InputFaults):
        fleiss_kappa(ratings)  # type: ignore[arg-type]


def test_alpha_refuses_everything_wrong_at_once() -> None:
    with pytest.raises(InputFaults, match="2 faults"):
        krippendorff_alpha([[np.inf, 1.0]], metric="best")
    with pytest.raises(InputFaults, match="not negative for ratios"):
        krippendorff_alpha([[-1.0, 1.0]], metric="ratio")
    with pytest.raises(InputFaults, match="at least 1"):
        kendall_w([[1, 2], [2, 1]], rng=np.random.default_rng(1), shuffles=0)


def asked(rounds: list[list[float]], question: str = "severity") -> pd.DataFrame:
    rows = [
        (number, question, f"e{e}", value)
        for number, answers in enumerate(rounds, start=1)
        for e, value in enumerate(answers)
    ]
    return pd.DataFrame(rows, columns=["round", "question", "expert", "value"])


NO = np.nan


@pytest.mark.parametrize(
    ("rounds", "states"),
    [
        ([[3, 3, 3, 3]], ["go_on"]),  # nobody knows yet whether it stays so
        ([[3, 3, 3, 3], [3, 3, 3, 3]], ["go_on", "consensus"]),
        ([[1, 1, 4, 4], [1, 1, 4, 4]], ["go_on", "stable_dissent"]),
        ([[1, 2, 3, 4], [2, 2, 3, 4], [3, 3, 3, 4]], ["go_on", "go_on", "out_of_rounds"]),
        ([[1, 2, 3, 4], [3, 3, 3, 4], [3, 3, 3, 4]], ["go_on", "go_on", "consensus"]),
        ([[3, NO, NO, NO], [3, NO, NO, NO]], ["go_on", "go_on"]),
    ],
)
def test_rounds_end_with_consensus_and_stability_or_with_stable_dissent(
    rounds: list[list[float]], states: list[str]
) -> None:
    found = round_states(asked(rounds), rule=house_rule(within=0, shift=0))
    assert found["state"].tolist()[: len(states) - 1] == states[:-1]
    if not np.isnan(rounds[0]).any():
        assert found["state"].iloc[-1] == states[-1]
    else:
        assert not found["is_consensus"].any()
        assert found["n_abstained"].tolist() == [3, 3]


def test_what_a_round_came_to_is_counted() -> None:
    found = round_states(asked([[1, 2, 3, 8], [1, 2, 3, 4]]), rule=house_rule(within=1, shift=0.5)).iloc[1]
    assert (found["median"], found["q25"], found["q75"]) == (2.5, 1.75, 3.25)
    assert found["share_close"] == 0.5  # within 1 of the median 2.5: two of four
    assert (found["shift"], found["share_changed"]) == (0.0, 0.25)


@given(
    st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_states_follow_from_the_counts_whatever_the_order_of_rows(
    rounds: list[list[int]], random: object
) -> None:
    answers = asked([[float(one) for one in row] for row in rounds])
    rule = house_rule(within=1, shift=1)
    found = round_states(answers, rule=rule)
    mixed = round_states(answers.sample(frac=1, random_state=1).reset_index(drop=True), rule=rule)
    pd.testing.assert_frame_equal(found, mixed.sort_values("round").reset_index(drop=True))
    for row in found.itertuples():
        if row.state == "consensus":
            assert row.is_consensus and row.is_stable and row.round > 1
        if row.state == "stable_dissent":
            assert row.is_stable and not row.is_consensus
        if row.state == "go_on":
            assert row.round < rule.most_rounds


def test_answers_and_rules_that_cannot_be_are_refused_at_once() -> None:
    answers = asked([[1, 2]])
    twice = pd.concat([answers, answers.assign(round=0.5, value=np.inf)])
    with pytest.raises(InputFaults) as caught:
        round_states(pd.concat([twice, answers]), rule=house_rule(within=0, shift=0))
    said = str(caught.value)
    assert "one answer an expert" in said and "a whole number from 1" in said and "a finite number" in said
    with pytest.raises(InputFaults, match="a column"):
        round_states(answers.drop(columns="value"), rule=house_rule(within=0, shift=0))
    with pytest.raises(InputFaults, match="5 faults"):
        StoppingRule(0.5, -1, -1, 2, 1)
