"""Distributions: closed forms, published fits, and what is refused."""

from __future__ import annotations

import csv
import json
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import reference_whatif as slow
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv
from scipy.stats import spearmanr
from shared import own, shared

from riskkit.case import case_inputs, case_levels
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.convergence import draw_until, is_settled, running_quantile, running_share
from riskkit.foundation.numbers.dependence import copula_points, rank_correlation, reordered
from riskkit.foundation.numbers.designs import MANY, design_points, quantile_of_many
from riskkit.foundation.numbers.elicited import fit_quantiles
from riskkit.foundation.numbers.two_dimensional import cross, flattened, percentile_bands
from riskkit.foundation.numbers.uncertainty import (
    Beta,
    Changed,
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
    summary,
    support,
)
from riskkit.warning.profiles import profile

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


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
def test_designs_fill_the_open_cube_and_follow_the_seed(design):
    points = design_points(1024, 3, design=design, rng=rng())
    assert points.shape == (1024, 3)
    assert points.min() > 0 and points.max() < 1
    assert (points == design_points(1024, 3, design=design, rng=rng())).all()
    assert points.mean(axis=0) == pytest.approx(0.5, abs=0.05)


@given(st.integers(1, 200), st.integers(1, 4), st.integers(0, 99))
def test_a_latin_hypercube_has_one_point_in_each_slice(n, k, seed):
    slices = np.sort(np.floor(design_points(n, k, design="lhs", rng=rng(seed)) * n), axis=0)
    assert (slices == np.arange(n)[:, None]).all()


def test_sobol_points_are_balanced_and_come_in_powers_of_two():
    points = design_points(256, 2, design="sobol", rng=rng())
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=[16, 16], range=[[0, 1], [0, 1]])
    assert (counts == 1).all()
    for n in (3, 1000):
        with pytest.raises(ValueError, match="powers of 2"):
            design_points(n, 2, design="sobol", rng=rng())
    with pytest.raises(ValueError, match="no design 'grid'"):
        design_points(4, 2, design="grid", rng=rng())
    with pytest.raises(ValueError, match="at least 1 point"):
        design_points(4, 0, rng=rng())


@pytest.mark.parametrize(
    "shapes", [(1.8, 4.2), (0.5, 299.5), (0.1, 0.1), (0.11, 8), (32.5, 4.7e6), (5, 1), (500, 500), (1e5, 1e5)]
)
def test_quantiles_of_many_points_are_the_exact_ones(shapes):
    u = np.concatenate(
        [rng().random(MANY), 10.0 ** -np.linspace(0.01, 15, 50), 1 - 10.0 ** -np.linspace(1, 9, 50)]
    )
    some = np.r_[0:3000, MANY : u.size]
    found = quantile_of_many(Beta(*shapes), u)
    assert found[some] == pytest.approx(betaincinv(*shapes, u[some]), rel=2e-4, abs=1e-300)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found[np.argsort(u)]) >= -1e-12).all()


@pytest.mark.parametrize(
    "dist",
    [
        Pert(0, 0.2, 1),
        Range(1, 2),
        LogNormal(0.3, 3, 1.0),
        Beta(0.05, 3),
        parse_distribution({"p05": 0.1, "p50": 0.2, "p95": 0.4}),
    ],
)
@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
def test_a_design_draws_the_distribution_it_is_given(dist, design):
    for n in (4096, MANY):
        drawn = sample({"x": dist}, n, rng=rng(2), design=design)["x"]
        probs = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
        below = (drawn[:, None] <= quantile(dist, probs)).mean(axis=0)
        assert below == pytest.approx(probs, abs=0.03 if design == "random" and n == 4096 else 0.004)


def test_designs_estimate_better_than_chance():
    steps = {f"p{i}": Pert(0.01 * i, 0.02 * i, 0.1 * i) for i in range(1, 5)}
    exact_mean = np.prod([(d.low + 4 * d.mode + d.high) / 6 for d in steps.values()])

    def error(design):
        means = [
            np.prod(list(sample(steps, 256, rng=rng(s), design=design).values()), axis=0).mean()
            for s in range(20)
        ]
        return float(np.sqrt(np.mean((np.array(means) - exact_mean) ** 2)))

    assert error("sobol") < error("lhs") < error("random")


PAIRS = {("a", "b"): 0.7, ("c", "b"): -0.4}
THREE = {
    "a": Pert(0, 0.1, 1),
    "b": LogNormal(1, 2),
    "c": Range(0, 1),
    "d": Fixed(Fraction(1, 2)),
    "e": Range(5, 6),
}


@pytest.mark.parametrize("design", ["random", "lhs", "sobol"])
@pytest.mark.parametrize("dependence", ["iman_conover", "copula"])
def test_correlated_draws_have_the_rank_correlation_asked_for(design, dependence):
    x = sample(THREE, 8192, rng=rng(3), design=design, correlation=PAIRS, dependence=dependence)
    assert list(x) == list(THREE) and x["d"].tolist() == [0.5]
    for pair, target in (*PAIRS.items(), (("a", "c"), 0.0), (("a", "e"), 0.0)):
        assert spearmanr(x[pair[0]], x[pair[1]]).statistic == pytest.approx(target, abs=0.03)
    for name in "abce":
        assert np.quantile(x[name], 0.5) == pytest.approx(quantile(THREE[name], 0.5), rel=0.05)
    again = sample(THREE, 8192, rng=rng(3), design=design, correlation=PAIRS, dependence=dependence)
    assert all((x[name] == again[name]).all() for name in x)


@given(st.integers(2, 4), st.integers(0, 99))
def test_reordering_keeps_every_value(k, seed):
    draws = rng(seed).normal(size=(50, k))
    names = [str(i) for i in range(k)]
    target = rank_correlation(names, {("0", "1"): 0.8})
    found = reordered(draws, target, rng=rng(seed))
    assert (np.sort(found, axis=0) == np.sort(draws, axis=0)).all()
    assert spearmanr(found[:, 0], found[:, 1]).statistic == pytest.approx(0.8, abs=0.1)
    with pytest.raises(ValueError, match="more draws than inputs"):
        reordered(draws[:k], target, rng=rng())


def test_a_copula_leaves_each_margin_uniform():
    u = design_points(4096, 2, design="sobol", rng=rng())
    bent = copula_points(u, rank_correlation(["a", "b"], {("a", "b"): 0.95}))
    assert np.quantile(bent[:, 1], [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.005)
    assert bent[:, 0] == pytest.approx(u[:, 0])


def test_impossible_correlations_are_named():
    impossible = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.5}
    with pytest.raises(InputFaults) as caught:
        sample(THREE, 100, rng=rng(), correlation=impossible)
    assert [fault.place for fault in caught.value.faults] == ["a, b", "b, c", "a, c"]
    assert all("positive definite" in fault.rule for fault in caught.value.faults)
    low, high = (float(part) for part in caught.value.faults[2].rule.split(" beside")[0].split(" to "))
    for value in (low + 0.001, high - 0.001):
        rank_correlation(list("abc"), impossible | {("a", "c"): value})
    for value in (low - 0.001, min(1.0, high + 0.001)):
        with pytest.raises(InputFaults):
            rank_correlation(list("abc"), impossible | {("a", "c"): value})


def test_correlations_with_many_faults_tell_them_all():
    wrong = {("a", "a"): 1.0, ("a", "x"): 0.1, ("a", "b"): 1.5, ("b", "a"): 0.2, ("b", "c"): math.nan}
    with pytest.raises(InputFaults) as caught:
        rank_correlation(list("abc"), wrong)
    assert len(caught.value.faults) == 5
    with pytest.raises(InputFaults, match="not fixed"):
        sample(THREE, 100, rng=rng(), correlation={("a", "d"): 0.5})
    with pytest.raises(ValueError, match="iman_conover and copula"):
        sample(THREE, 100, rng=rng(), dependence="hope")


def test_two_dimensions_against_the_closed_form():
    x = cross(
        {"median": LogNormal(1, 2)}, {"spread": LogNormal(1, 3)}, (2048, 2048), rng=rng(), design="sobol"
    )
    bands = percentile_bands(x["median"] * x["spread"])
    inner = quantile(LogNormal(1, 3), [0.05, 0.5, 0.95])
    outer = quantile(LogNormal(1, 2), [0.05, 0.5, 0.95])
    assert bands.loc[[0.05, 0.5, 0.95]].to_numpy() == pytest.approx(np.outer(inner, outer), rel=0.01)
    assert bands.loc["mean", "median"] == pytest.approx(math.exp(math.log(3) ** 2 / 2), rel=0.03)


@given(st.integers(1, 6), st.integers(1, 7), st.integers(0, 99), st.floats(0, 1))
def test_bands_agree_with_the_slow_version(rows, columns, seed, prob):
    values = rng(seed).normal(size=(rows, columns))
    found = percentile_bands(values, probs=[prob])
    assert found["median"].iloc[0] == pytest.approx(slow.percentile_bands(values.tolist(), prob))
    assert (found["lo"] <= found["median"]).all() and (found["median"] <= found["hi"]).all()


def test_a_case_in_two_dimensions():
    """What is known badly down the rows; whom it strikes, and how badly, along the columns."""
    case = load_case("inclined-sleeper-2019")
    known = case_inputs.inputs_of(case)
    x = cross(known, {"other.severity": Range(1, 4)}, (40, 25), rng=rng())
    point = {name: np.array([[value]]) for name, value in case_inputs.point_of(case).items()}
    severity = {f"{s.id}.severity": np.rint(x["other.severity"]) for s in case.scenarios}
    used = profile()
    ranks = flattened(lambda draws: case_levels.evaluate(case, draws, profile=used).lo)(point | x | severity)
    one_row = {name: np.broadcast_to((point | x | severity)[name], (40, 25))[7].copy() for name in point}
    assert ranks.shape == (40, 25)
    assert (ranks[7] == case_levels.evaluate(case, one_row, profile=used).lo).all()


def test_what_has_no_two_dimensions_is_refused():
    with pytest.raises(InputFaults) as caught:
        cross({"a": Range(0, 1), "b": Range(0, 1)}, {"a": Range(0, 1), "b": Range(0, 1)}, (2, 2), rng=rng())
    assert [fault.place for fault in caught.value.faults] == ["a", "b"]
    with pytest.raises(ValueError, match="two dimensions"):
        percentile_bands([1.0, 2.0])


def test_intervals_hold_the_truth_as_often_as_they_say():
    held_share = held_quantile = 0
    for seed in range(400):
        u = rng(seed).random(500)
        share, middle = running_share(u < 0.1, at=[500]).iloc[0], running_quantile(u, 0.3, at=[500]).iloc[0]
        held_share += share["lo"] <= 0.1 <= share["hi"]
        held_quantile += middle["lo"] <= 0.3 <= middle["hi"]
    assert 0.92 <= held_share / 400 <= 0.98
    assert 0.92 <= held_quantile / 400 <= 0.99


@pytest.mark.parametrize(
    ("hits", "n", "lo", "hi"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_wilson_intervals(hits, n, lo, hi):
    """The intervals Newcombe (1998) gives for Wilson's method."""
    found = running_share([True] * hits + [False] * (n - hits), at=[n]).iloc[0]
    assert (found["lo"], found["hi"]) == pytest.approx((lo, hi), abs=5e-5)


def test_drawing_stops_when_it_is_near_enough_and_says_so_when_it_never_is():
    def source(seed):
        return rng(seed).random

    def rare(values, at):
        return running_share(values < 0.01, at=at)

    near = draw_until(source(1), rare, absolute=0.002)
    assert near.is_settled and is_settled(near.running, absolute=0.002)
    assert near.running["n"].tolist()[:2] == [1000, 2000] and near.values.size == near.running["n"].iloc[-1]
    far = draw_until(source(1), rare, relative=1e-6, most=5000)
    assert not far.is_settled and far.values.size == 5000
    never = draw_until(np.zeros, lambda v, at: running_share(v > 0, at=at), relative=0.1, most=4000)
    assert not never.is_settled  # a share that was never seen is not known to be nought
    with pytest.raises(ValueError, match="tolerance above 0"):
        draw_until(source(1), rare)


def test_too_few_draws_for_a_quantile_have_no_interval():
    found = running_quantile(rng().random(50), 0.99, at=[50])
    assert found["hi"].iloc[0] == math.inf
    assert not is_settled(found, relative=10)
    assert isinstance(found, pd.DataFrame)


@pytest.mark.parametrize(
    "value",
    [
        {"of": {"low": 0.1, "mode": 0.2, "high": 0.4}, "times": 0.5},
        {"of": "1/50", "times": {"low": 0.1, "high": 0.9}, "at_most": 0.01},
        {"of": {"of": {"median": 0.1, "gsd": 2}, "times": 0.5}, "times": {"low": 0.5, "high": 1.5}},
    ],
)
def test_a_changed_number_is_a_distribution(value):
    dist = as_probability(parse_distribution(value))
    assert isinstance(dist, Changed)
    low, high = support(dist)
    drawn = draw(dist, 100_000, rng=rng())
    assert 0 <= low <= drawn.min() <= drawn.max() <= high <= 1
    assert low <= float(best(dist)) <= high
    probs = np.array([0.05, 0.5, 0.95])
    assert np.quantile(drawn, probs) == pytest.approx(quantile(dist, probs), rel=0.02)
    assert summary(drawn)[1] == pytest.approx(quantile(dist, 0.5), rel=0.02)


@pytest.mark.parametrize(
    "value",
    [
        {"of": 1},
        {"of": -1, "times": 2},
        {"of": 1, "times": 2, "evil": 3},
        {"of": "x", "times": 1},
        {"of": 1, "at_most": -1},
    ],
)
def test_what_is_no_change_of_a_number_is_refused(value):
    with pytest.raises(ValueError, match=r"\w"):
        parse_distribution(value)


TAILS = np.array([1e-6, 1e-3, 0.01, 0.5, 0.99, 0.999, 1 - 1e-6])


def test_a_product_of_two_ranges_has_the_quantiles_of_its_closed_form():
    """P(XY < z) = z (1 - ln z) for two numbers uniform on 0 to 1."""
    found = quantile(Changed(Range(0, 1), Range(0, 1)), TAILS)
    assert found * (1 - np.log(found)) == pytest.approx(TAILS, rel=1e-3)
    assert quantile(Changed(Range(0, 2), Range(0.5, 1)), [0, 1]).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("of", "times", "law"),
    [
        (Beta(2, 3), Beta(5, 4), ("beta", 2, 7)),
        (Beta(0.5, 300), Beta(300.5, 4), ("beta", 0.5, 304)),
        (LogNormal(2, 2), LogNormal(3, 3), ("lognorm", math.hypot(math.log(2), math.log(3)), 0, 6)),
    ],
)
def test_products_of_known_laws_have_their_quantiles(of, times, law):
    import scipy.stats

    expected = getattr(scipy.stats, law[0])(*law[1:]).ppf(TAILS)
    assert quantile(Changed(of, times), TAILS) == pytest.approx(expected, rel=1e-3)
    assert quantile(Changed(times, of), TAILS) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("dist", "point"),
    [
        (Pert(1, 1, 1), 1),
        (Range(1, 1), 1),
        (Pert(0, 0, 0), 0),
        (LogNormal(2, 1), 2),
        (LogNormal(0.5, 1, 1.0), 0.5),
        (Beta(0, 1), 0),
        (Beta(3, 0), 1),
        (Changed(Pert(1, 1, 1), Range(2, 2)), 2),
        (Changed(Range(0.1, 0.1), Fixed(Fraction(1, 2))), 0.05),
        (parse_distribution({"low": 3, "high": 3}), 3),
        (parse_distribution({"low": 3, "mode": 3, "high": 3}), 3),
    ],
)
def test_a_distribution_without_width_is_a_point(dist, point):
    probs = np.array([0, 0.05, 0.5, 1])
    assert quantile(dist, probs) == pytest.approx(np.full(4, point), rel=1e-12)
    assert draw(dist, 3, rng=np.random.default_rng(1)) == pytest.approx(np.full(3, point), rel=1e-12)
    assert float(best(dist)) == pytest.approx(point, rel=1e-12)
    many = quantile_of_many(dist, np.linspace(0.1, 0.9, 20_000))
    assert many.min() == pytest.approx(point, rel=1e-12) == many.max()
