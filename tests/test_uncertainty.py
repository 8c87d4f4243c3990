"""Distributions: closed forms, published fits, and what is refused."""

from __future__ import annotations

import csv
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import own, shared

from riskkit.foundation.elicited import fit_quantiles
from riskkit.foundation.uncertainty import (
    Beta,
    Fixed,
    LogNormal,
    Pert,
    Range,
    as_probability,
    best,
    draw,
    exact,
    parse_distribution,
    quantile,
    sample,
    shares,
    support,
)

CASES = own("distributions.json")


@pytest.mark.parametrize(("low", "mode", "high", "mean"), CASES["pert_means"])
def test_pert_mean(low, mode, high, mean):
    draws = draw(Pert(low, mode, high), 400_000, rng=np.random.default_rng(3))
    assert draws.mean() == pytest.approx(mean, abs=5 * draws.std() / math.sqrt(draws.size))
    middles = (np.arange(20_000) + 0.5) / 20_000
    assert quantile(Pert(low, mode, high), middles).mean() == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize("case", CASES["fits"])
def test_published_fits(case):
    probs = case.get("probs")
    if probs is None:
        from scipy.stats import beta

        low, high = case["beta_on"]
        probs = beta(*case["beta"]).cdf((np.array(case["values"]) - low) / (high - low)).tolist()
    bounds = {
        "lower": -math.inf if case["lower"] is None else case["lower"],
        "upper": math.inf if case["upper"] is None else case["upper"],
    }
    fit = fit_quantiles(case["values"], probs, family=case["family"], **bounds)
    assert fit.parameters == pytest.approx(case["parameters"], rel=1e-3)
    assert fit.sum_of_squares < 1e-9


def test_shared_pert_quantiles():
    with shared("oracles", "pert", "expected.csv").open() as text:
        rows = list(csv.DictReader(text))
    assert len(rows) > 20
    for row in rows:
        if float(row["shape"]) != 4:
            continue
        dist = Pert(float(row["min"]), float(row["mode"]), float(row["max"]))
        assert float(quantile(dist, float(row["p"]))) == pytest.approx(float(row["pert_q"]), rel=1e-8)


@pytest.mark.parametrize("family", ["normal", "gamma", "lognormal", "beta"])
def test_shared_elicited_fits(family):
    seen = 0
    for path in sorted(shared("oracles", "elicited_distributions").glob("*.json")):
        case = json.loads(path.read_text())
        if not case["expected"].get(family):
            continue
        seen += 1
        bounds = {
            "lower": -math.inf if case["lower"] is None else case["lower"],
            "upper": math.inf if case["upper"] is None else case["upper"],
        }
        fit = fit_quantiles(case["values"], case["probs"], family=family, **bounds)
        assert fit.sum_of_squares <= case["expected"]["sum_of_squares"][family] + 1e-9
        expected = list(case["expected"][family].values())
        assert fit.parameters == pytest.approx(expected, rel=0.02, abs=1e-6)
    assert seen >= 2


@given(st.floats(1e-6, 0.3), st.floats(1.05, 3), st.floats(1.05, 3))
def test_elicited_quantiles_come_back(middle, below, above):
    dist = parse_distribution({"p05": middle / below, "p50": middle, "p95": min(middle * above, 0.99)})
    probability = as_probability(dist)
    low, median, high = quantile(probability, [0.05, 0.5, 0.95])
    assert 0 < low < median < high <= 1
    assert support(probability) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, Fixed(Fraction(1, 10))),
        ("1/3", Fixed(Fraction(1, 3))),
        (3, Fixed(Fraction(3))),
        ({"low": 0, "high": 1}, Range(0, 1)),
        ({"events": 0, "trials": 299}, Beta(0.5, 299.5)),
        ({"median": 0.01, "gsd": 2}, LogNormal(0.01, 2)),
    ],
)
def test_forms(value, expected):
    assert parse_distribution(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "1/0",
        "abc",
        math.nan,
        math.inf,
        None,
        True,
        [1],
        {"low": 1},
        {"low": 2, "high": 1},
        "9" * 100,
        1e300,
        "1e-99999",
        {"low": 0, "mode": 5, "high": 4},
        {"alpha": 0, "beta": 1},
        {"events": 3, "trials": 2},
        {"median": 1, "gsd": 1},
        {"p05": 0.2, "p50": 0.1, "p95": 0.3},
        {"low": 0, "high": 1, "evil": 2},
        {"low": "__import__('os')", "high": 1},
    ],
)
def test_what_is_no_distribution_is_refused(value):
    with pytest.raises(ValueError, match=r"\w"):
        parse_distribution(value)


@pytest.mark.parametrize(
    "value",
    [1.5, -0.1, {"low": 0.5, "high": 1.5}, {"median": 2, "gsd": 1.5}, {"p05": 0.5, "p50": 0.9, "p95": 1.2}],
)
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(ValueError, match=r"probability|between 0 and 1"):
        as_probability(parse_distribution(value))


DISTRIBUTIONS = st.one_of(
    st.floats(0, 1).map(lambda x: Fixed(exact(round(x, 6)))),
    st.tuples(st.floats(0, 0.4), st.floats(0.5, 1)).map(lambda x: Range(*x)),
    st.tuples(st.floats(0, 0.3), st.floats(0.31, 0.6), st.floats(0.61, 1)).map(lambda x: Pert(*x)),
    st.tuples(st.floats(0.5, 50), st.floats(0.5, 50)).map(lambda x: Beta(*x)),
    st.tuples(st.floats(1e-6, 1), st.floats(1.01, 10)).map(lambda x: LogNormal(*x, 1.0)),
)


@given(DISTRIBUTIONS, st.integers(0, 2**32 - 1))
def test_draws_stay_in_the_support_and_follow_the_seed(dist, seed):
    draws = draw(dist, 50, rng=np.random.default_rng(seed))
    low, high = support(dist)
    assert draws.shape == (50,)
    assert ((draws >= low) & (draws <= high)).all()
    assert (draws == draw(dist, 50, rng=np.random.default_rng(seed))).all()
    assert low <= float(best(dist)) <= high


@given(DISTRIBUTIONS, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_quantiles_rise(dist, p, q):
    low, high = quantile(dist, sorted((p, q)))
    assert low <= high


@pytest.mark.parametrize(
    "dist", [Range(0, 1), Pert(0, 0.2, 1), Beta(2, 5), LogNormal(0.3, 3, 1.0), LogNormal(5, 2)]
)
def test_draws_and_quantiles_are_one_distribution(dist):
    draws = draw(dist, 200_000, rng=np.random.default_rng(5))
    probs = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    below = (draws[:, None] <= quantile(dist, probs)).mean(axis=0)
    assert below == pytest.approx(probs, abs=0.005)


def test_sample_needs_draws_and_keeps_order():
    with pytest.raises(ValueError, match="at least 1"):
        sample({}, 0, rng=np.random.default_rng(1))
    drawn = sample({"b": Range(0, 1), "a": Fixed(Fraction(2))}, 5, rng=np.random.default_rng(0))
    assert list(drawn) == ["b", "a"]
    assert drawn["a"].tolist() == [2.0]


def test_seed_0_is_a_seed():
    first, second = (draw(Range(0, 1), 3, rng=np.random.default_rng(0)) for _ in range(2))
    assert (first == second).all()


def test_shares_sum_to_1():
    assert shares([0, 3, 3, 1], 4).tolist() == [0.25, 0.25, 0.0, 0.5]
