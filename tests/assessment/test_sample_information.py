"""What a test is worth before it is made: closed forms, bounds, a slow version, and what is refused."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc, betaln
from scipy.stats import norm
from shared import TESTS

from riskkit.assessment.facts.case_file import Text
from riskkit.assessment.what_if.level_information import loss_table, value_of_knowing
from riskkit.assessment.what_if.planned_tests import PlannedTest, planned_misfits, varying
from riskkit.assessment.what_if.sample_information import (
    outcome_chances,
    sentence_on_tests,
    value_of_testing,
    values_of_tests,
)
from riskkit.assessment.what_if.what_if_file import parse_what_ifs, what_ifs_text
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.numbers.uncertainty import Beta, quantile

CASES = TESTS / "cases"
MIDDLES = (np.arange(20_000) + 0.5) / 20_000
WORDS = Text(zh="试", en="test")


def planned(**more):
    given_ = {"id": "t", "title": WORDS, "input": "scald.p1", "likelihood": "binomial", "n": 20}
    return PlannedTest(**(given_ | {"cost_cny": 1000, "reason": WORDS} | more))


def unit_normal_loss(z):
    return norm.pdf(z) - z * norm.sf(z)


@pytest.mark.parametrize(
    ("mean", "sd", "error", "n"), [(0.0, 1.0, 1.0, 1), (0.5, 2.0, 3.0, 9), (-1, 1, 4, 4)]
)
def test_two_decisions_about_a_normal_mean_have_the_value_of_the_textbook(mean, sd, error, n):
    """EVSI = σ* · L(|μ|/σ*), σ* = σ²/√(σ² + e²/n): Raiffa and Schlaifer (1961), linear losses."""
    x = mean + sd * norm.ppf(MIDDLES)
    cost = np.stack([np.zeros_like(x), x], axis=1)  # take it at a loss of x, or leave it
    spread = sd**2 / np.sqrt(sd**2 + error**2 / n)
    expected = spread * unit_normal_loss(abs(mean) / spread)
    chances = outcome_chances(x, likelihood="normal", n=n, spread=error, most=400)
    assert value_of_testing(chances, cost).value == pytest.approx(expected, rel=5e-3)


def beta_binomial_value(a, b, n, limit):
    """The same worked out over the n + 1 outcomes in closed form: recall at 0.3, or wait at a loss of p."""
    now = min(limit, a / (a + b))
    after = 0.0
    for y in range(n + 1):
        weight = comb(n, y) * np.exp(betaln(a + y, b + n - y) - betaln(a, b))
        after += weight * min(limit, (a + y) / (a + b + n))
    return now - after


@pytest.mark.parametrize(("a", "b", "n"), [(1, 1, 1), (1, 3, 5), (2, 6, 40), (0.5, 2, 95)])
def test_counts_of_items_have_the_value_of_the_beta_binomial(a, b, n):
    x = quantile(Beta(a, b), MIDDLES)
    cost = np.stack([x, np.full_like(x, 0.3)], axis=1)
    known = value_of_testing(outcome_chances(x, likelihood="binomial", n=n, most=400), cost)
    assert known.value == pytest.approx(beta_binomial_value(a, b, n, 0.3), abs=2e-5)


def test_one_item_of_an_unknown_share_is_worth_what_can_be_worked_out_by_hand():
    """Share uniform, decide at ½: 1/2·(1/2 − 1/3) each way, so 1/12."""
    cost = np.stack([MIDDLES, np.full_like(MIDDLES, 0.5)], axis=1)
    known = value_of_testing(outcome_chances(MIDDLES, likelihood="binomial", n=1), cost)
    assert known.value == pytest.approx(1 / 12, abs=1e-6)
    assert known.p_change == pytest.approx(0.5, abs=1e-6)


def test_a_test_of_everything_is_worth_what_knowing_is():
    x = quantile(Beta(2, 5), MIDDLES)
    cost = loss_table().T[np.digitize(x, [0.1, 0.3, 0.6])]
    known = value_of_knowing(x, cost).value
    values = [
        value_of_testing(outcome_chances(x, likelihood="binomial", n=n), cost).value
        for n in (1, 10, 100, 100_000_000)
    ]
    assert values == sorted(values)
    assert values[0] < values[2] < values[3] <= known + 1e-12
    assert values[3] == pytest.approx(known, rel=0.03)


DRAWS = st.integers(4, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0.001, 1), min_size=n, max_size=n),
        st.lists(st.integers(1, 4), min_size=n, max_size=n),
    )
)


@given(DRAWS, st.integers(1, 60), st.sampled_from(["binomial", "normal", "log_normal"]), st.floats(1.01, 9))
def test_testing_is_worth_less_than_knowing_and_that_less_than_knowing_everything(
    drawn, n, likelihood, spread
):
    x, cost = np.array(drawn[0]), loss_table().T[np.array(drawn[1]) - 1]
    own = None if likelihood == "binomial" else spread
    chances = outcome_chances(x, likelihood=likelihood, n=n, spread=own, most=30)
    assert chances.min() >= 0 and chances.sum(axis=1) == pytest.approx(1)
    tested, known = value_of_testing(chances, cost), value_of_knowing(x, cost)
    perfect = cost.mean(axis=0).min() - cost.min(axis=1).mean()
    assert 0 <= tested.value <= known.value + 1e-9
    assert known.value <= perfect + 1e-9
    assert 0 <= tested.p_change <= 1


@given(DRAWS, st.integers(1, 4))
def test_the_rule_is_the_best_of_all_that_rise_or_fall(drawn, n):
    x, cost = np.array(drawn[0]), loss_table().T[np.array(drawn[1]) - 1]
    chances = outcome_chances(x, likelihood="binomial", n=n)
    after = chances.T @ cost / len(x)
    rules = [
        rule for rule in product(range(4), repeat=n + 1) if list(rule) in (sorted(rule), sorted(rule)[::-1])
    ]
    best = min(sum(after[y, d] for y, d in enumerate(rule)) for rule in rules)
    expected = cost.mean(axis=0).min() - best
    assert value_of_testing(chances, cost).value == pytest.approx(max(0, expected), abs=1e-9)


def test_grouped_outcomes_are_the_counts_added_up():
    x = np.linspace(0.01, 0.99, 50)
    grouped = outcome_chances(x, likelihood="binomial", n=500, most=12)
    assert grouped.shape[1] <= 12
    fine = outcome_chances(x, likelihood="binomial", n=500, most=501)
    cost = loss_table().T[np.digitize(x, [0.1, 0.3, 0.6])]
    assert value_of_testing(grouped, cost).value <= value_of_testing(fine, cost).value + 1e-12
    edges = np.cumsum(fine, axis=1)
    for column in np.cumsum(grouped, axis=1).T:
        assert min(np.abs(edges - column[:, None]).max(axis=0)) < 1e-9


def test_the_chance_of_a_count_is_the_binomial_law():
    chances = outcome_chances([0.2], likelihood="binomial", n=10)[0]
    assert np.cumsum(chances)[3] == pytest.approx(betainc(7, 4, 0.8))


@pytest.mark.parametrize(
    ("x", "likelihood", "spread"),
    [([1.2], "binomial", None), ([0.0], "log_normal", 2.0), ([1.0], "normal", None), ([1.0], "poisson", 1.0)],
)
def test_what_has_no_likelihood_is_refused(x, likelihood, spread):
    with pytest.raises(ValueError, match=r"between 0 and 1|above 0|binomial, or"):
        outcome_chances(x, likelihood=likelihood, n=3, spread=spread)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one row"):
        value_of_testing(np.ones((3, 1)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="finite"):
        value_of_testing(np.full((4, 1), np.nan), np.ones((4, 2)))


def test_tests_are_ranked_by_value_for_money_and_told_in_both_languages():
    x = {
        "a.p1": quantile(Beta(2, 5), MIDDLES[::10]),
        "b.p1": np.random.default_rng(1).permutation(MIDDLES[::10]),
    }
    ranks = 1 + np.digitize(x["a.p1"], [0.1, 0.3, 0.6])
    tests = [
        planned(id="large", input="a.p1", n=200, cost_cny=100_000),
        planned(id="small", input="a.p1", n=20, cost_cny=1000),
        planned(id="idle", input="b.p1", n=20, cost_cny=1000),
    ]
    told = values_of_tests(tests, x, ranks, losses=loss_table())
    assert told.table["per_10k_cny"].is_monotonic_decreasing
    row = told.table.loc["small"]
    assert row["per_10k_cny"] == pytest.approx(1e4 * row["evsi"] / 1000)
    assert (told.table["evsi"] <= told.table["evppi"] + 1e-12).all()
    assert (told.table["evppi"] <= told.loss + 1e-12).all()
    assert told.table.at["idle", "evsi"] < 0.01 * row["evsi"]
    assert told.table.at["large", "evsi"] > row["evsi"] > 0
    said = sentence_on_tests(told, lambda one: one)
    assert "“large” would most likely" in said.en and "“small” is most worth" in said.en
    assert "最合算的是“small”" in said.zh
    none = values_of_tests(tests[2:], x, np.full(2000, 3), losses=loss_table())
    assert "None of the tests" in sentence_on_tests(none, lambda one: one).en


TESTS = """
[[tests]]
id = "seals"
title = { zh = "密封件抽检", en = "Seals tested" }
input = "scald.p1"
likelihood = "binomial"
n = 200
cost_cny = 8000
reason = { zh = "每批抽取", en = "Drawn from each batch" }
"""


def uncertain_kettle(home):
    text = (CASES / "kettle.toml").read_text(encoding="utf-8")
    path = home / "kettle.toml"
    path.write_text(
        text.replace('p = "1/100"', "p = { low = 0.001, mode = 0.01, high = 0.05 }"), encoding="utf-8"
    )
    return load_case(path)


def kettle_file(more):
    return parse_toml(
        ((CASES / "kettle_what_ifs.toml").read_text(encoding="utf-8") + more).encode(), "k.toml"
    )


def test_tests_stand_in_the_file_of_what_ifs_and_read_back_as_written(tmp_path):
    case = uncertain_kettle(tmp_path)
    found = parse_what_ifs(kettle_file(TESTS), case)
    assert [one.id for one in found.tests] == ["seals"]
    assert list(varying(case)) == ["scald.p1"]
    assert parse_what_ifs(parse_toml(what_ifs_text(found).encode(), "x.toml"), case) == found


def test_a_file_with_bad_tests_tells_all_their_faults(tmp_path):
    second = TESTS.replace("scald.p1", "scald.p2").replace("cost_cny = 8000", "cost_cny = 0\nsource = ['s9']")
    third = TESTS.replace('"binomial"', '"log_normal"\nspread = 0.5').replace('id = "seals"', 'id = "gsd"')
    with pytest.raises(InputFaults) as caught:
        parse_what_ifs(kettle_file(TESTS + second + third), uncertain_kettle(tmp_path))
    rules = {fault.rule for fault in caught.value.faults}
    assert rules == {
        "an id that stands once",
        "a source of the case",
        "a cost above 0",
        "a step or fact of the case that is not certain",
        "a factor above 1",
    }
    assert all(fault.place.startswith("k.toml:") for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"spread": 2.0}, "spread"),
        ({"likelihood": "normal"}, "spread"),
        ({"input": "n_moons"}, "input"),
        ({"input": "days_to_act"}, "likelihood"),
        ({"cost_cny": -4}, "cost_cny"),
    ],
)
def test_what_is_no_test_of_the_case_is_told(more, part):
    case = load_case("note7-battery-2016")
    one = planned(**({"input": "night_fire.p1"} | more))
    assert [found for found, _, _ in planned_misfits(one, case)] == [part]


@pytest.mark.parametrize(
    "more", [{"n": 0}, {"n": 2.5}, {"n": "9"}, {"likelihood": "poisson"}, {"spread": -1}]
)
def test_what_is_no_test_at_all_is_refused(more):
    with pytest.raises(ValueError, match="validation error"):
        planned(**more)


@pytest.mark.parametrize(
    "low",
    [1.0, np.nextafter(1.0, 2), 0.1, 1e308, -1e308, 5e-324, 0.0, -1.0, 1e-310, np.nextafter(1e16, 0)],
)
def test_knowing_an_input_that_takes_two_neighbouring_numbers_is_worth_all_it_decides(low: float) -> None:
    """No number lies between the two; half the draws are in either, and each wants its own decision."""
    x = np.tile([low, np.nextafter(low, np.inf)], 50)
    high = np.tile([False, True], 50)
    known = value_of_knowing(x, np.stack([3.0 * high, 1.0 * ~high], axis=1))
    assert known.value == pytest.approx(0.5, rel=1e-12) and known.p_change == 0.5
    falling = value_of_knowing(x, np.stack([3.0 * ~high, 1.0 * high], axis=1))
    assert falling.value == pytest.approx(0.5, rel=1e-12) and falling.p_change == 0.5


def test_knowing_an_input_of_the_largest_numbers_is_worth_all_it_decides() -> None:
    x = np.tile([1.5e308, 1.7e308], 50)
    high = np.tile([False, True], 50)
    assert value_of_knowing(x, np.stack([3.0 * high, 1.0 * ~high], axis=1)).value == pytest.approx(0.5)
