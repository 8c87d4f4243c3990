"""Sensitivity: closed forms, another program's answers on the same samples, and the slow version."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import reference_whatif as slow
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from shared import own, shared

from riskkit.assessment.sensitivity.drivers import log_variance, product_shares, regional_sensitivity
from riskkit.assessment.sensitivity.indices import (
    morris,
    morris_effects,
    morris_points,
    saltelli_points,
    sobol,
    sobol_indices,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.uncertainty import (
    Beta,
    Changed,
    Fixed,
    LogNormal,
    Pert,
    Range,
    draw,
    exact,
    parse_distribution,
)

CASES = own("sensitivity.json")


def ishigami(x):
    return np.sin(x["a"]) + 7 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"])


def sobol_g(x):
    parts = [(np.abs(4 * x[f"x{i}"] - 2) + a) / (1 + a) for i, a in enumerate(CASES["sobol_g"]["a"])]
    return np.prod(parts, axis=0)


def test_ishigami():
    inputs = {name: Range(-math.pi, math.pi) for name in "abc"}
    found = sobol(inputs, ishigami, n=1 << 14, rng=np.random.default_rng(1)).loc[list("abc")]
    assert found["s"].to_numpy() == pytest.approx(CASES["ishigami"]["s"], abs=0.003)
    assert found["st"].to_numpy() == pytest.approx(CASES["ishigami"]["st"], abs=0.003)
    assert ((found["s_lo"] <= CASES["ishigami"]["s"]) & (CASES["ishigami"]["s"] <= found["s_hi"])).all()
    assert ((found["st_lo"] <= CASES["ishigami"]["st"]) & (CASES["ishigami"]["st"] <= found["st_hi"])).all()


def test_sobol_g():
    inputs = {f"x{i}": Range(0, 1) for i in range(8)}
    found = sobol(inputs, sobol_g, n=1 << 14, rng=np.random.default_rng(1)).loc[list(inputs)]
    assert found["s"].to_numpy() == pytest.approx(CASES["sobol_g"]["s"], abs=0.005)
    assert found["st"].to_numpy() == pytest.approx(CASES["sobol_g"]["st"], abs=0.005)


def _sample(folder, name):
    frame = pd.read_csv(shared("oracles", folder, f"{name}.sample.csv"))
    return json.loads(shared("oracles", folder, f"{name}.json").read_text()), frame


@pytest.mark.parametrize("name", ["ishigami_7_0.1", "linear_4", "scenario_product_4", "sobol_g_8"])
def test_indices_on_the_samples_of_another_program(name):
    case, frame = _sample("sobol", name)
    names = case["problem"]["names"]
    y = frame["y"].to_numpy().reshape(case["base_samples"], -1).T
    found = sobol_indices(y, names=names, rng=np.random.default_rng(1))
    expected = case["expected_on_this_sample"]
    assert found["s"].to_numpy() == pytest.approx(expected["S1"], abs=1e-8)
    assert found["st"].to_numpy() == pytest.approx(expected["ST"], abs=1e-8)
    assert (found["st_lo"] <= case["analytic"]["ST"]).mean() >= 0.5


@pytest.mark.parametrize("name", ["ishigami", "sobol_g_8"])
def test_effects_on_the_samples_of_another_program(name):
    case, frame = _sample("morris", name)
    names, bounds = case["problem"]["names"], np.array(case["problem"]["bounds"])
    unit = (frame[names].to_numpy() - bounds[:, 0]) / (bounds[:, 1] - bounds[:, 0])
    shape = (case["trajectories"], len(names) + 1)
    found = morris_effects(unit.reshape(*shape, -1), frame["y"].to_numpy().reshape(shape), names=names)
    for column in ("mu", "mu_star", "sigma"):
        assert found[column].to_numpy() == pytest.approx(case["expected"][column], rel=1e-8, abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.integers(0, 99), st.sampled_from([2, 4, 6]))
def test_morris_of_a_linear_function_is_its_slopes(slopes, seed, levels):
    points = morris_points(len(slopes), trajectories=4, levels=levels, rng=np.random.default_rng(seed))
    assert points.min() >= 0 and points.max() <= 1 + 1e-12
    found = morris_effects(points, points @ np.array(slopes), names=[str(i) for i in range(len(slopes))])
    assert found["mu"].to_numpy() == pytest.approx(slopes, abs=1e-9)
    assert found["mu_star"].to_numpy() == pytest.approx(np.abs(slopes), abs=1e-9)
    assert found["sigma"].to_numpy() == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 999), st.integers(2, 5))
def test_indices_agree_with_the_slow_version(seed, k):
    y = np.random.default_rng(seed).normal(3, 2, (k + 2, 40))
    names = [str(i) for i in range(k)]
    found = sobol_indices(y, names=names, rng=np.random.default_rng(1), resamples=0)
    centred = (y - y.mean()).tolist()
    for i, name in enumerate(names):
        first, total = slow.sobol_indices(centred[0], centred[-1], centred[i + 1])
        assert found.at[name, "s"] == pytest.approx(first, rel=1e-9, abs=1e-12)
        assert found.at[name, "st"] == pytest.approx(total, rel=1e-9)
    assert found[["s_lo", "st_hi"]].isna().all(axis=None)
    shifted = sobol_indices(5 * y - 7, names=names, rng=np.random.default_rng(1), resamples=0)
    assert shifted["st"].to_numpy() == pytest.approx(found["st"].to_numpy(), rel=1e-9)


def test_the_bootstrap_is_that_of_resampled_rows():
    y = np.random.default_rng(3).normal(size=(4, 64))
    found = sobol_indices(y, names=["a", "b"], rng=np.random.default_rng(9), resamples=200)
    rng, rows = np.random.default_rng(9), []
    for _ in range(200):
        pick = rng.integers(0, 64, 64, dtype=np.uint16)
        centred = (y - y.mean())[:, pick].tolist()
        rows.append([slow.sobol_indices(centred[0], centred[3], centred[i])[1] for i in (1, 2)])
    half = 1.959963984540054 * np.std(rows, axis=0, ddof=1)
    assert (found["st_hi"] - found["st"]).to_numpy() == pytest.approx(half, rel=1e-9)


def test_a_result_that_does_not_vary_has_no_indices():
    found = sobol_indices(np.full((4, 8), 0.1), names=["a", "b"], rng=np.random.default_rng(1))
    assert found.isna().all(axis=None)


def test_what_cannot_be_analysed_is_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="4 blocks"):
        sobol_indices(np.zeros((3, 8)), names=["a", "b"], rng=rng)
    with pytest.raises(ValueError, match="finite"):
        sobol_indices(np.full((4, 8), np.nan), names=["a", "b"], rng=rng)
    with pytest.raises(ValueError, match="powers of 2: 64 or 128, not 100"):
        saltelli_points(2, 100, rng=rng)
    with pytest.raises(ValueError, match="even number of levels"):
        morris_points(2, trajectories=4, levels=5, rng=rng)
    with pytest.raises(ValueError, match="exactly once"):
        morris_effects(np.zeros((2, 2, 1)), np.zeros((2, 2)), names=["a"])
    with pytest.raises(ValueError, match="not fixed"):
        sobol({"a": Fixed(exact(1))}, ishigami, rng=rng)


def test_fixed_inputs_stay_and_the_strongest_comes_first():
    inputs = {"weak": Range(0, 1), "still": Fixed(exact(3)), "strong": Pert(0, 1, 9)}

    def product(x):
        return x["weak"] + x["still"] * x["strong"]

    assert sobol(inputs, product, n=256, rng=np.random.default_rng(1)).index.tolist() == ["strong", "weak"]
    assert morris(inputs, product, rng=np.random.default_rng(1)).index.tolist() == ["strong", "weak"]


@given(st.lists(st.floats(0, 1), min_size=3, max_size=30), st.lists(st.floats(0, 1), min_size=3, max_size=30))
def test_regional_sensitivity_is_the_two_sample_statistic(a, b):
    x, inside = np.array([*a, *b]), np.array([True] * len(a) + [False] * len(b))
    found = regional_sensitivity({"x": x}, inside)
    assert found.at["x", "ks"] == pytest.approx(slow.kolmogorov_smirnov(a, b), abs=1e-12)
    assert found.at["x", "ks"] == pytest.approx(ks_2samp(a, b, method="asymp").statistic, abs=1e-12)


def test_regional_sensitivity_finds_what_matters_and_is_silent_where_there_is_no_split():
    rng = np.random.default_rng(1)
    x = {"matters": rng.random(3000), "idle": rng.random(3000), "fixed": np.array([1.0])}
    found = regional_sensitivity(x, x["matters"] > 0.8)
    assert found.index.tolist() == ["matters", "idle"]
    assert found.at["matters", "ks"] == 1.0
    assert found.at["matters", "p_value"] < 1e-12
    assert found.at["idle", "p_value"] > 1e-3
    assert regional_sensitivity(x, np.ones(3000, bool))["ks"].isna().all()


def test_shares_of_a_product_of_log_normal_steps():
    case = CASES["product"]
    inputs = {
        str(i): LogNormal(m, 10**sd)
        for i, (m, sd) in enumerate(zip(case["medians"], case["log10_sd"], strict=True))
    }
    assert product_shares(inputs).to_numpy() == pytest.approx(case["shares"], abs=1e-6)


@pytest.mark.parametrize(
    "dist",
    [
        Beta(0.5, 40),
        Pert(0, 0.2, 1),
        Pert(0.001, 0.01, 0.2),
        Range(0, 1),
        Range(0.01, 0.3),
        LogNormal(0.2, 4, 1.0),
        parse_distribution({"p05": 0.01, "p50": 0.05, "p95": 0.3}),
        Changed(Pert(0.01, 0.1, 0.4), Range(0.2, 0.9), 1.0),
    ],
)
def test_the_variance_of_a_logarithm_is_that_of_its_draws(dist):
    logs = np.log(draw(dist, 400_000, rng=np.random.default_rng(2)))
    spread = np.sqrt(((logs - logs.mean()) ** 2).var() / logs.size)
    assert log_variance(dist) == pytest.approx(logs.var(), abs=6 * spread + 2e-3 * logs.var())


def test_the_logarithm_of_a_range_from_nought():
    assert log_variance(Range(0, 5)) == pytest.approx(1.0, rel=1e-6)  # ln U is exponential


def test_a_step_that_can_only_be_nought_is_named():
    with pytest.raises(InputFaults) as caught:
        product_shares({"a": Fixed(exact(0)), "b": Range(0, 1), "c": Fixed(exact(0))})
    assert [fault.place for fault in caught.value.faults] == ["a", "c"]
    assert product_shares({"a": Fixed(exact(1))}).isna().all()
