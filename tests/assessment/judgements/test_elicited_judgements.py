"""Intervals, chips, pools and scores of judged quantities: printed examples, closed forms, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from elicited_studies import read
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import beta, norm
from shared import shared

from riskkit.assessment.elicitation.forecast_scores import (
    brier_score,
    logarithmic_score,
    quantile_score,
    ranked_probability_score,
    track_record,
)
from riskkit.assessment.elicitation.four_step import four_step_estimates, standardised_interval
from riskkit.assessment.elicitation.judged_shapes import (
    fitted_families,
    quantile_judgements,
    roulette_judgements,
)
from riskkit.assessment.elicitation.opinion_pools import (
    linear_pool,
    logarithmic_pool,
)
from riskkit.foundation.inputs.faults import InputFaults

X = np.linspace(-12, 14, 20_001)


@pytest.mark.parametrize(
    ("answer", "confidence", "expected"),
    [((10, 20, 50), 0.6, (20 / 3, 60)), ((5, 20, 30), 1.0, (8, 28)), ((1, 2, 3), 0.8, (1, 3))],
)
def test_intervals_as_the_protocol_standardises_them(
    answer: tuple[float, float, float], confidence: float, expected: tuple[float, float]
) -> None:
    assert_allclose(standardised_interval(*answer, confidence=confidence, to=0.8), expected, rtol=1e-12)


def test_intervals_stay_in_the_natural_range() -> None:
    low, high = standardised_interval(0.1, 0.5, 0.9, confidence=0.4, lower=0, upper=1)
    assert (low, high) == (0.0, 1.0)


@given(st.floats(0.05, 1), st.floats(0.05, 1))
def test_standardising_twice_is_standardising_once(stated: float, wanted: float) -> None:
    low, high = standardised_interval(10, 20, 50, confidence=stated, to=wanted)
    assert_allclose(standardised_interval(low, 20, high, confidence=wanted, to=stated), (10, 50))


def test_a_group_after_the_protocol() -> None:
    names = ["question", "expert", "low", "high", "best", "confidence"]
    rows = [("a", "Li", 10, 50, 20, 0.6), ("b", "Li", 0, 1, 0.5, 0.8), ("a", "Wu", 5, 30, 20, 1.0)]
    found = four_step_estimates(pd.DataFrame(rows, columns=names), to=0.8)
    assert found["question"].tolist() == ["a", "b"] and found["n"].tolist() == [2, 1]
    assert_allclose(found.loc[0, ["low", "best", "high"]].astype(float), [22 / 3, 20, 44])
    bad = [("a", "Li", 3, 1, 2, 0.6), ("a", "Li", -5, 50, 20, 2.0)]
    with pytest.raises(InputFaults, match="4 faults"):
        four_step_estimates(pd.DataFrame(bad, columns=names), lower=0)
    with pytest.raises(InputFaults, match="a column"):
        four_step_estimates(pd.DataFrame(rows, columns=names).drop(columns="best"))
    with pytest.raises(ValueError, match="confidences"):
        standardised_interval(1, 2, 3, confidence=0)


def test_quartiles_and_the_normal_that_holds_them() -> None:
    values, probs = quantile_judgements([30, 40, 50])
    found = fitted_families(values, probs, lower=0, upper=100)
    best = found.iloc[0]
    assert best["family"] == "normal"
    assert_allclose([best["first"], best["second"]], [40, 10 / norm.ppf(0.75)], rtol=1e-6)
    assert_allclose(best[["q05", "q95"]].astype(float), norm.ppf([0.05, 0.95], 40, 14.826022), rtol=1e-6)


def test_families_as_another_program_fits_them() -> None:
    for path in sorted(shared("oracles", "elicited_distributions").glob("*.json")):
        told = read(path)
        low = told["lower"] if told["lower"] is not None else -np.inf
        high = told["upper"] if told["upper"] is not None else np.inf
        low, high = float(low), float(high)
        found = fitted_families(told["values"], told["probs"], lower=low, upper=high).set_index("family")
        for family, row in found.iterrows():
            squares = told["expected"]["sum_of_squares"][family]
            assert row["sum_of_squares"] <= squares + 1e-6, (path.stem, family)


def test_a_beta_comes_back_from_its_own_quantiles() -> None:
    values = [18.0, 20.0, 22.0, 24.0]
    probs = beta.cdf((np.array(values) - 10) / 50, 5, 20)
    found = fitted_families(values, probs, lower=10, upper=60).set_index("family")
    assert_allclose(found.loc["beta", ["first", "second"]].astype(float), [5, 20], atol=1e-3)


def test_chips_become_probabilities() -> None:
    values, probs = roulette_judgements([0, 10, 20, 30, 40, 50, 60], [0, 2, 0, 6, 2, 0])
    assert values.tolist() == [25.0, 40.0]  # between 20 and 30 no chip: the middle stands for both
    assert probs.tolist() == [0.2, 0.8]
    best = fitted_families(values, probs, lower=0, upper=60).iloc[0]
    assert best["sum_of_squares"] < 1e-8


@pytest.mark.parametrize(
    ("edges", "chips", "words"),
    [
        ([0, 1], [3], "two bins"), ([0, 1, 1], [1, 2], "rising"), ([0, 1, 2], [1, -2], "not negative"),
        ([0, 1, 2], [1.5, 2], "whole"), ([0, 1, 2], [1, 2, 3], "one more than bins"),
        ([0, np.inf, np.inf], [1, 2], "rising"),
    ],
)  # fmt: skip
def test_chips_that_cannot_be_are_refused(edges: list[float], chips: list[float], words: str) -> None:
    with pytest.raises(InputFaults, match=words):
        roulette_judgements(edges, chips)


@pytest.mark.parametrize("values", [[3, 2, 4], [1, 2], [0, 1, 2], [1, 2, 100], [1, np.nan, 3]])
def test_quantiles_that_cannot_be_are_refused(values: list[float]) -> None:
    with pytest.raises(InputFaults, match="rising"):
        quantile_judgements(values, lower=0, upper=100)
    with pytest.raises(InputFaults, match="one of quartiles, tertiles"):
        quantile_judgements([1, 2, 3], manner="quintiles")


def test_normals_pooled_logarithmically_are_a_normal() -> None:
    """Precisions add with their weights, means in proportion: a closed form."""
    w, means, sds = np.array([0.3, 0.7]), np.array([0.0, 2.0]), np.array([1.0, 2.0])
    precision = (w / sds**2).sum()
    expected = norm.pdf(X, (w * means / sds**2).sum() / precision, precision**-0.5)
    densities = [norm.pdf(X, m, s) for m, s in zip(means, sds, strict=True)]
    assert_allclose(logarithmic_pool(X, densities, weights=w), expected, atol=1e-9)


def test_normals_pooled_linearly_keep_both_tails() -> None:
    densities = [norm.pdf(X, 0, 1), norm.pdf(X, 4, 1)]
    found = linear_pool(X, densities, weights=[1, 3])
    assert_allclose(found, 0.25 * densities[0] + 0.75 * densities[1])


def test_pools_refuse_what_cannot_be() -> None:
    with pytest.raises(InputFaults, match="3 faults"):
        linear_pool([1, 0], [[1, -1]], weights=[0])
    with pytest.raises(InputFaults, match="every expert thinks possible"):
        logarithmic_pool([0, 1], [[1, 0], [0, 1]])
    assert logarithmic_pool([0, 1], [[1, 1], [0, 1]], weights=[1, 0]).tolist() == [1.0, 1.0]


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_scores_are_proper(true: float, stated: float) -> None:
    """Nobody gains by saying anything else than they believe."""
    for score in (brier_score, logarithmic_score):
        honest = true * score(true, True) + (1 - true) * score(true, False)
        other = true * score(stated, True) + (1 - true) * score(stated, False)
        assert honest <= other + 1e-12


@given(st.floats(-3, 3), st.floats(0.3, 3))
def test_ranked_probability_score_of_a_normal(outcome: float, sd: float) -> None:
    draws = sd * norm.ppf((np.arange(2000) + 0.5) / 2000)
    z = outcome / sd
    expected = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert ranked_probability_score(draws, outcome) == pytest.approx(expected, abs=2e-3 * sd)


def test_many_quantiles_score_as_the_whole_distribution() -> None:
    probs = (np.arange(4000) + 0.5) / 4000
    quantiles = norm.ppf(probs)
    for outcome in (-1.0, 0.0, 2.5):
        whole = ranked_probability_score(quantiles, outcome)
        assert float(quantile_score(quantiles, probs, outcome)) == pytest.approx(whole, rel=1e-3)
    with pytest.raises(ValueError, match="one draw"):
        ranked_probability_score([], 0.0)


def test_a_record_over_forecasts() -> None:
    rows = [
        ("a", "Li", 0.9, True), ("b", "Li", 0.1, False), ("a", "Wu", 0.4, True), ("b", "Wu", 0.6, False),
        ("c", "Wu", 0.5, None),
    ]  # fmt: skip
    found = track_record(pd.DataFrame(rows, columns=["question", "expert", "p", "is_so"]))
    assert found["expert"].tolist() == ["Li", "Wu"] and found["n"].tolist() == [2, 2]
    assert_allclose(found["brier"], [0.01, 0.36])
    assert_allclose(found["skill"], [1 - 0.01 / 0.25, 1 - 0.36 / 0.25])
    assert_allclose(found["logarithmic"], [-np.log(0.9), -np.log(0.4)])
    bad = [("a", "Li", 2.0, True), ("a", "Li", 0.5, False)]
    with pytest.raises(InputFaults, match="3 faults"):
        track_record(pd.DataFrame(bad, columns=["question", "expert", "p", "is_so"]))
    with pytest.raises(InputFaults, match="a column"):
        track_record(pd.DataFrame(bad, columns=["question", "expert", "p", "so"]))
