"""Product hazards: the textbook posterior, exact fractions, no tests at all, the network form, bad input."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference_bayes_nets as reference
from hypothesis import given
from hypothesis import strategies as st
from shared import TESTS

from riskkit.assessment.trees import bayes_nets
from riskkit.assessment.trees.bayes_net_file import network
from riskkit.assessment.trees.information_value import decision, value_of_information
from riskkit.assessment.trees.product_hazards import (
    HazardRate,
    hazard_rate,
    p_harm,
    product_network,
    product_risk,
    rate_mean,
    rate_quantile,
)
from riskkit.assessment.trees.product_model_file import ProductModel, load_product_model, product_model
from riskkit.foundation.inputs.faults import InputFaults

ORACLE = json.loads((TESTS / "oracles" / "bayes_nets.json").read_text(encoding="utf-8"))["beta_test"]
KETTLE: dict[str, Any] = {
    "qualities": {
        "good": {"p": 0.5, "alpha": 1, "beta": 100_000},
        "fair": {"p": 0.3, "alpha": 1, "beta": 10_000},
        "poor": {"p": 0.2, "alpha": 2, "beta": 1_000},
    },
    "behaviours": {
        "intended": {"share": 0.9, "uses": 2000, "p_injury": 0.01},
        "careless": {"share": 0.1, "uses": 2000, "p_injury": 0.1},
    },
}


def single(alpha: float, beta: float) -> HazardRate:
    return HazardRate(("any",), np.array([1.0]), np.array([alpha]), np.array([beta]))


def flat(alpha: float = 1, beta: float = 1, uses: int = 1, p_injury: float = 1) -> ProductModel:
    return product_model(
        {
            "qualities": {"any": {"p": 1, "alpha": alpha, "beta": beta}},
            "behaviours": {"any": {"share": 1, "uses": uses, "p_injury": p_injury}},
        }
    )


def test_no_failure_in_299_tests() -> None:
    rate = hazard_rate(flat(), failures=0, tests=ORACLE["tests"])
    assert rate_mean(rate) == pytest.approx(ORACLE["mean"][0] / ORACLE["mean"][1], rel=1e-15)
    assert float(rate_quantile(rate, 0.95)) == pytest.approx(1 - ORACLE["upper"] ** (1 / 300), rel=1e-12)


def test_harm_over_a_life_of_sure_injury_has_a_closed_form() -> None:
    """Beta(1, b) and q = 1: E[1 − (1 − θ)^U] = U/(U + b)."""
    for uses in (0, 1, 10, 1000, 3_000_000):
        assert p_harm(single(1, 300), uses=uses, p_injury=1.0) == pytest.approx(uses / (uses + 300), rel=1e-9)


@given(
    st.integers(1, 5), st.integers(1, 400), st.integers(0, 30), st.sampled_from(["0", "1/100", "1/3", "1"])
)
def test_harm_agrees_with_exact_fractions(a: int, b: int, uses: int, q: str) -> None:
    expected = float(reference.p_harm(a, b, uses, Fraction(q)))
    assert p_harm(single(a, b), uses=uses, p_injury=float(Fraction(q))) == pytest.approx(
        expected, rel=1e-10, abs=1e-300
    )


def test_rare_hazards_keep_their_digits() -> None:
    assert p_harm(single(1, 1e9), uses=1, p_injury=1e-6) == pytest.approx(1e-6 / (1e9 + 1), rel=1e-9)


def test_without_tests_quality_alone_speaks() -> None:
    model = product_model(KETTLE)
    rate = hazard_rate(model)
    assert rate.weights.tolist() == pytest.approx([0.5, 0.3, 0.2])
    assert rate_mean(rate) == pytest.approx(0.5 / 100_001 + 0.3 / 10_001 + 0.2 * 2 / 1002)


def test_tests_shift_quality_as_bayes_rule_says() -> None:
    model = product_model(KETTLE)
    rate = hazard_rate(model, failures=0, tests=1000)
    passes = [
        math.prod((b + i) / (a + b + i) for i in range(1000)) for a, b in ((1, 1e5), (1, 1e4), (2, 1e3))
    ]
    prior = np.array([0.5, 0.3, 0.2]) * passes
    assert rate.weights == pytest.approx(prior / prior.sum(), rel=1e-9)
    bad = hazard_rate(model, failures=3, tests=1000)
    assert bad.weights[2] > 0.99 and rate_mean(bad) > rate_mean(rate)


@given(st.integers(0, 20), st.integers(0, 500))
def test_more_failures_never_lower_the_rate(failures: int, passes: int) -> None:
    model = product_model(KETTLE)
    tests = failures + passes + 1
    fewer = rate_mean(hazard_rate(model, failures=failures, tests=tests))
    assert fewer <= rate_mean(hazard_rate(model, failures=failures + 1, tests=tests)) * (1 + 1e-12)


def test_quantiles_of_a_mixture_are_where_its_distribution_reaches_them() -> None:
    rate = hazard_rate(product_model(KETTLE))
    draws = np.random.default_rng(4)
    parts = draws.choice(3, size=400_000, p=rate.weights)
    theta = draws.beta(rate.alpha[parts], rate.beta[parts])
    probs = [0.05, 0.5, 0.9]
    for prob, value in zip(probs, rate_quantile(rate, probs), strict=True):
        assert (theta <= value).mean() == pytest.approx(prob, abs=0.004)
    assert rate_quantile(rate, 0.0) == 0 and rate_quantile(rate, 1.0) == 1


def test_risk_over_all_consumers_is_the_mean_over_their_behaviours() -> None:
    table = product_risk(product_model(KETTLE), n_products=10_000).set_index("behaviour")
    mean = 0.9 * table.loc["intended", "p_injury"] + 0.1 * table.loc["careless", "p_injury"]
    assert table.loc["all", "p_injury"] == pytest.approx(mean)
    assert table.loc["all", "expected_injuries"] == pytest.approx(10_000 * mean)
    parts = table.loc[["intended", "careless"], "expected_injuries"].sum()
    assert parts == pytest.approx(table.loc["all", "expected_injuries"])
    assert (table["p_injury_lo"] < table["p_injury"]).all() and (
        table["p_injury"] < table["p_injury_hi"]
    ).all()


def test_the_network_form_agrees_and_can_be_asked_backwards() -> None:
    model = product_model(KETTLE)
    table = product_risk(model, failures=1, tests=500).set_index("behaviour")
    net = network(product_network(model, failures=1, tests=500))
    rows = bayes_nets.posterior(net).set_index(["node", "state"])["p"]
    assert rows["injury", "yes"] == pytest.approx(table.loc["all", "p_injury"], rel=1e-9)
    given_careless = bayes_nets.posterior(net, {"behaviour": "careless"}, nodes=["injury"])
    assert given_careless.loc[0, "p"] == pytest.approx(table.loc["careless", "p_injury"], rel=1e-9)
    after = bayes_nets.posterior(net, {"injury": "yes"}, nodes=["quality"]).set_index("state")
    assert after.loc["poor", "p"] > after.loc["poor", "prior"]


def test_a_planned_test_in_the_network_foretells_as_the_beta_binomial_does() -> None:
    model = product_model(KETTLE)
    net = network(product_network(model, planned_tests=50, n_bands=400))
    rows = bayes_nets.posterior(net, {"failures": "1"}, nodes=["quality", "injury"]).set_index(
        ["node", "state"]
    )["p"]
    exact = hazard_rate(model, failures=1, tests=50)
    assert [rows["quality", q] for q in exact.qualities] == pytest.approx(exact.weights.tolist(), rel=1e-9)
    whole = product_risk(model, failures=1, tests=50).set_index("behaviour").loc["all", "p_injury"]
    assert rows["injury", "yes"] == pytest.approx(whole, rel=0.02)  # bands share θ only roughly
    coarse = network(product_network(model, planned_tests=50, n_bands=20))
    roughly = bayes_nets.posterior(coarse, {"failures": "1"}, nodes=["injury"]).loc[0, "p"]
    assert abs(rows["injury", "yes"] - whole) < abs(roughly - whole)


def test_a_planned_test_has_a_value_for_the_decision_to_withdraw() -> None:
    net = network(product_network(product_model(KETTLE), planned_tests=200))
    harm = {"withdraw": [-2, -2], "sell": [-100, 0]}
    choice = decision({"depends_on": ["injury"], "utility": harm}, net=net)
    rows = value_of_information(net, choice, findings=["failures", "quality"]).set_index("finding")
    assert 0 < rows.loc["failures", "value"] < rows.loc["perfect", "value"]


@pytest.mark.parametrize(("failures", "tests"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible_test_data_are_refused(failures: int, tests: int) -> None:
    with pytest.raises(ValueError, match="failures ≤ tests"):
        hazard_rate(flat(), failures=failures, tests=tests)


def test_other_arguments_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="products"):
        product_risk(flat(), n_products=math.nan)
    with pytest.raises(ValueError, match="level"):
        product_risk(flat(), level=1.0)
    with pytest.raises(ValueError, match="bands"):
        product_network(flat(), n_bands=1)


def test_every_fault_of_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(
        """
schema = 2
speed = 3
[qualities]
good = { p = 0.5, alpha = 0, beta = "x" }
poor = { p = 1.5, alpha = 1, beta = 1, colour = 1 }
odd = 3
[behaviours]
intended = { share = 0.5, uses = 10.5, p_injury = 2, title = "x" }
careless = { share = 0.4, p_injury = 0.1 }
""",
        encoding="utf-8",
    )
    with pytest.raises(InputFaults) as error:
        load_product_model(file)
    text = str(error.value)
    for expected in (
        "schema: 2, must be: 1",
        "speed: 3, must be: a known key",
        "qualities.good.alpha: 0, must be: a number above 0",
        "qualities.good.beta: 'x', must be: a finite number",
        "qualities.poor.p: 1.5, must be: a number from 0 to 1",
        "qualities.poor.colour: 1, must be: a known key",
        "qualities.odd: 3, must be: an entry with p, alpha, beta",
        "behaviours.intended.uses: 10.5, must be: a whole number",
        "behaviours.intended.p_injury: 2, must be: a number from 0 to 1",
        "behaviours.intended.title: 'x', must be: a text in each of zh and en",
        "behaviours.careless.uses: None, must be: a number",
    ):
        assert expected in text, text


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    data = {**KETTLE, "behaviours": {"intended": {"share": 0.9, "uses": 1, "p_injury": 1}}}
    with pytest.raises(InputFaults, match=r"share sums to 0\.9"):
        product_model(data)
    with pytest.raises(InputFaults, match="at least one, by id"):
        product_model({"qualities": {}, "behaviours": []})
