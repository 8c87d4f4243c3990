"""Interrupted series, their forecast and their power: another program's numbers, then laws, then errors."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.response.effect import average_ratio
from riskkit.response.effect_correlated import forecast_effect
from riskkit.response.effect_power import periods_needed, series_power
from riskkit.response.effect_series import MODELS, controlled_design, fit_series, segmented_design

SERIES = ("seatbelts_front", "simulated_1", "simulated_2", "sicily_rate_ols")


def _near(found, expected, rtol):
    wanted = list(expected.values()) if isinstance(expected, dict) else expected
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=rtol)


@pytest.mark.parametrize("name", SERIES)
def test_segmented_regressions_are_those_of_r(name):
    given_ = json.loads(shared("oracles", "its", f"{name}.expected.json").read_text(encoding="utf-8"))
    seen = pd.DataFrame({name: given_["y"]})
    design = segmented_design(len(seen), given_["first_post"]).assign(**given_.get("extra_columns", {}))
    rtol = given_["tolerance"]["ols"]["rtol"]
    plain = fit_series(seen, design, model="ols")
    _near(plain.terms["estimate"], given_["ols"]["estimate"], rtol)
    _near(plain.terms["se"], given_["ols"]["se"], rtol)
    _near(plain.series.loc[name, ["durbin_watson", "sigma", "r2"]].astype(float),
          [given_[key] for key in ("durbin_watson", "sigma", "r2")], rtol)  # fmt: skip
    for key, expected in given_.items():
        if key.startswith("newey_west_lag"):
            for is_small, column in ((False, "se"), (True, "se_small_sample")):
                fit = fit_series(seen, design, lag=int(key[14:]), is_small_sample=is_small)
                _near(fit.terms["se"], expected[column], rtol)
        elif key in ("hc0", "hc3"):
            _near(fit_series(seen, design, model=key).terms["se"], expected, rtol)
        elif key.startswith("gls_"):
            fit = fit_series(seen, design, model=key[4:])
            _near(fit.terms["estimate"], expected["estimate"], 0.002)
            _near(fit.terms["se"], expected["se"], 0.002)
            assert fit.series.loc[name, "phi"] == pytest.approx(expected["phi"], rel=0.002)
            assert fit.series.loc[name, "loglik"] == pytest.approx(expected["loglik"], abs=0.001)


COLUMNS = {
    "level_change_poisson": ["const", "level", "time"],
    "level_change": ["const", "level", "time"],
    "level_change_harmonics": ["const", "level", "time", "sin_1", "cos_1", "sin_2", "cos_2"],
    "level_and_slope": ["const", "level", "time", "product"],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_sicilian_smoking_ban_is_fitted_as_r_fits_it(name):
    expected = json.loads(shared("oracles", "its", "sicily.expected.json").read_text(encoding="utf-8"))
    expected, rows = expected["models"][name], pd.read_csv(shared("oracles", "its", "sicily.input.csv"))
    design = segmented_design(59, 37, has_slope=False, n_harmonics=2)
    design = design.assign(product=design["level"] * design["time"])[COLUMNS[name]]
    model = "poisson" if name.endswith("poisson") else "quasi_poisson"
    fit = fit_series(rows[["aces"]], design, model=model, exposure=rows[["stdpop"]])
    _near(fit.terms["estimate"], expected["estimate"], 1e-7)
    _near(fit.terms["se"], expected["se"], 1e-7)
    for column in {"dispersion", "deviance"} & set(expected):
        assert fit.series.loc["aces", column] == pytest.approx(expected[column], rel=1e-7)
    ratios = np.exp(fit.terms.loc[("aces", "level"), ["estimate", "lo", "hi"]])
    _near(ratios, [expected[key] for key in ("rr_intervention", "rr_lo95", "rr_hi95")], 1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_many_series_at_once_are_what_statsmodels_finds_one_by_one(seed):
    rng = np.random.default_rng(seed)
    design = segmented_design(40, 22, n_harmonics=seed % 3)
    x = design.to_numpy()
    seen = pd.DataFrame(rng.poisson(12, (40, 5)), columns=list("abcde"))
    fit = fit_series(seen, design, lag=3, is_small_sample=False)
    counts = fit_series(seen, design, model="quasi_poisson")
    for name in seen:
        peer = sm.OLS(seen[name], x).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": False})
        _near(fit.terms.loc[name, "estimate"], peer.params, 1e-8)
        _near(fit.terms.loc[name, "se"], peer.bse, 1e-8)
        peer = sm.GLM(seen[name], x, family=sm.families.Poisson()).fit(scale="X2")
        _near(counts.terms.loc[name, "estimate"], peer.params, 1e-5)
        _near(counts.terms.loc[name, "se"], peer.bse, 1e-4)


def test_a_series_that_cannot_be_fitted_says_why_and_stops_no_other():
    seen = pd.DataFrame({
        "zero": [0] * 8, "separated": [1, 2, 3, 4, 0, 0, 0, 0], "gap": [1, 2, None, 4, 5, 6, 7, 8],
        "negative": [-1, 2, 3, 4, 5, 6, 7, 8], "good": [5, 6, 4, 5, 1, 0, 1, 2],
    })  # fmt: skip
    fit = fit_series(seen, segmented_design(8, 5, has_slope=False), model="quasi_poisson")
    notes = ["not_converged", "not_converged", "missing_values", "negative_count", ""]
    assert fit.series["note"].tolist() == notes
    known = fit.terms["estimate"].notna().groupby("series").all()
    assert known[known].index.tolist() == ["good"]
    nothing = fit_series(seen[["gap"]], segmented_design(8, 5), model="ols")
    assert nothing.terms.isna().all(axis=None)


def test_a_wrong_design_is_refused_with_all_its_faults():
    seen = pd.DataFrame({"a": [1.0, 2, 3, 4]})
    twice = pd.DataFrame({"const": [1.0] * 4, "again": [2.0] * 4})
    with pytest.raises(InputFaults) as caught:
        fit_series(seen, twice, model="magic", lag=9, exposure=seen * 0)
    text = str(caught.value)
    assert all(part in text for part in ("design", "model", "lag", "exposure"))
    with pytest.raises(InputFaults, match=r"first_post[\s\S]*n_harmonics"):
        segmented_design(10, 2, n_harmonics=6)
    with pytest.raises(InputFaults, match="more than 4"):
        fit_series(seen, segmented_design(4, 3))


def test_a_slope_counts_from_the_change():
    design = segmented_design(6, 4)
    assert design["slope_change"].tolist() == [0, 0, 0, 1, 2, 3]
    seen = pd.DataFrame(
        {"a": 10 + design["level"] * 3 + design["slope_change"] * 2 + [0.1, -0.2, 0.1, 0, 0, 0]}
    )
    fit = fit_series(seen.reset_index(drop=True), design, model="ols")
    assert fit.terms.loc[("a", "slope_change"), "estimate"] == pytest.approx(2, abs=0.3)


def test_a_control_takes_out_what_happened_to_both():
    rng = np.random.default_rng(3)
    design = segmented_design(60, 31, has_slope=False)
    shock = np.where(design["level"] > 0, 0.6, 1.0)  # befalls both
    treated, control = (
        rng.poisson(100 * shock * np.where(design["level"] > 0, 0.8, 1)),
        rng.poisson(100 * shock),
    )
    both = controlled_design(design)
    fit = fit_series(pd.DataFrame({"a": np.r_[treated, control]}), both, model="quasi_poisson")
    found = average_ratio(fit, both).iloc[0]
    assert found["ratio_lo"] < 0.8 < found["ratio_hi"]
    assert (found["n_before"], found["n_after"]) == (30, 30)
    alone = average_ratio(
        fit_series(pd.DataFrame({"a": treated}), design, model="quasi_poisson"), design
    ).iloc[0]
    assert alone["ratio_hi"] < 0.7


@given(st.integers(0, 10_000), st.floats(0.1, 50), st.sampled_from(MODELS))
def test_the_unit_of_the_outcome_changes_no_ratio(seed, factor, model):
    rng = np.random.default_rng(seed)
    design = segmented_design(24, 13, has_slope=False)
    seen = pd.DataFrame({"a": rng.poisson(40, 24) + 1.0})
    ratios = [average_ratio(fit_series(seen * by, design, model=model), design)["ratio"].iloc[0]
              for by in (1.0, factor)]  # fmt: skip
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-4)


@pytest.mark.parametrize(("file", "cut"), [("comparison_data", 90), ("arma_data", 70)])
def test_a_forecast_from_controls_lies_within_one_posterior_sd_of_causal_impact(file, cut):
    folder = ("data", "effect_oracles", "causal_impact")
    expected = json.loads(shared(*folder, "expected.json").read_text(encoding="utf-8"))[file]["average"]
    rows = pd.read_csv(shared(*folder, f"{file}.csv"))
    name = "CHANGED" if "CHANGED" in rows else "y"
    controls = rows[[column for column in rows if column.startswith(("NOT_", "X"))]]
    rows[name] += 5.0 * ((file == "arma_data") & (rows.index >= cut))
    found = forecast_effect(rows[name], controls, first_post=cut)
    assert found.actual == pytest.approx(expected["actual"], rel=1e-5)
    assert abs(found.predicted - expected["prediction"]) < expected["sd"]
    assert abs(found.effect - expected["effect"]) < expected["sd"]
    assert (found.effect_lo < 0 < found.effect_hi) == (file == "comparison_data")


def test_forecasts_of_series_without_a_measure_cover_nothing_as_often_as_they_say():
    rng, inside = np.random.default_rng(8), 0
    for _ in range(60):
        x = pd.DataFrame({"x": rng.normal(0, 1, 50)})
        y = x["x"] * 2 + np.cumsum(rng.normal(0, 0.2, 50)) + rng.normal(0, 1, 50)
        found = forecast_effect(y, x, first_post=40)
        inside += found.effect_lo < 0 < found.effect_hi
    assert inside >= 52  # 95 % of 60, less three standard deviations


def test_a_forecast_is_refused_with_all_its_faults():
    rows = pd.DataFrame({"x": [1.0, None, 3, 4, 5]})
    with pytest.raises(InputFaults, match=r"first_post[\s\S]*outcome[\s\S]*x: a missing value"):
        forecast_effect(pd.Series([1.0, 2, 3, 4, np.inf]), rows, first_post=2)


def test_power_is_the_share_of_simulated_series_in_which_the_step_is_found():
    rng = np.random.default_rng(5)
    design = segmented_design(36, 25, has_slope=False)
    mean = 15 * np.where(design["level"] > 0, 0.6, 1.0)
    size = 1 / (2.5 - 1)  # negative binomial counts with variance 2.5 times the mean
    seen = pd.DataFrame(rng.poisson(rng.gamma(mean[:, None] * size, 1 / size, (36, 1500))))
    fit = fit_series(seen, design, model="quasi_poisson")
    share = (fit.terms.xs("level", level="term")["p"] < 0.05).mean()
    expected = series_power(24, 12, ratio=0.6, mean=15, dispersion=2.5)
    assert share == pytest.approx(float(expected), abs=0.06)


@given(st.integers(2, 60), st.floats(0.2, 0.95), st.floats(1, 200), st.floats(0, 0.8))
def test_power_rises_with_every_period_and_falls_with_scatter(n_before, ratio, mean, phi):
    found = series_power(n_before, np.arange(1, 20), ratio=ratio, mean=mean, phi=phi)
    assert (np.diff(found) >= -1e-12).all() and (found > 0.049).all() and (found <= 1).all()
    assert (
        series_power(n_before, np.arange(1, 20), ratio=ratio, mean=mean, dispersion=2, phi=phi) <= found
    ).all()
    needed = periods_needed(n_before, ratio=ratio, mean=mean, phi=phi, at_most=19)
    assert needed is None if found[-1] < 0.8 else found[needed - 1] >= 0.8
    assert needed is None or needed == 1 or found[needed - 2] < 0.8


def test_power_out_of_range_is_refused_with_every_fault():
    with pytest.raises(InputFaults) as caught:
        series_power(1, 0, ratio=-1, mean=0, dispersion=0, phi=1, level=1)
    assert len(caught.value.faults) == 7
