"""Detectors of rising counts: published results, then the slow version, then laws."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import reference_surveillance as slow
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import own, shared

from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.monitoring.surveillance.cusum import TRANSFORMATIONS, count_cusum, one_sided_sums
from riskkit.monitoring.surveillance.ears import ears
from riskkit.monitoring.surveillance.farrington import FarringtonSettings, farrington
from riskkit.monitoring.surveillance.run_lengths import cusum_run_length, ewma_run_length
from riskkit.monitoring.surveillance.settings import settings_of
from riskkit.monitoring.surveillance.weekly_scan import farrington_settings

DAY = dt.date(2026, 6, 1)
NOUFAILY = farrington_settings("noufaily_2013", on=DAY)
ORIGINAL = farrington_settings("farrington_1996", on=DAY)
ORACLE = own("surveillance.json")


def published(name, *, is_numbered=False):
    table = pd.read_csv(shared("oracles", "surveillance_series", f"{name}.csv"))
    is_dated = "date" in table and not is_numbered
    index = pd.DatetimeIndex(table["date"]) if is_dated else pd.Index(table["index"])
    return pd.DataFrame({name: table["observed"].to_numpy()}, index=index)


def near(ours, theirs, **tolerance):
    np.testing.assert_allclose(ours.astype(float), theirs.astype(float), equal_nan=True, **tolerance)


def has_alarm(found):
    return found["is_alarm"].fillna(False).to_numpy(dtype=bool)


def flexible_sets():
    try:
        return json.loads(shared("oracles", "farrington_flexible", "meta.json").read_text("utf-8"))["sets"]
    except pytest.skip.Exception:
        return []


def of_peer(said):
    return FarringtonSettings(
        form="flexible", years_back=said["b"], half_window=said["w"], n_periods=said["noPeriods"],
        n_excluded=said["pastWeeksNotIncluded"], is_reweighted=said["reweight"],
        weights_threshold=said["weightsThreshold"], has_trend=said["trend"], p_trend=said["pThresholdTrend"],
        bound={"nbPlugin": "nb_plugin"}.get(said["thresholdMethod"], said["thresholdMethod"]),
        power=said["powertrans"], alpha=said["alpha"], min_cases=said["limit54"][0], n_recent=said["limit54"][1],
    )  # fmt: skip


@pytest.mark.parametrize("said", flexible_sets(), ids=lambda said: f"{said['series']}-{said['set']}")
def test_farrington_flexible_equals_r(said):
    every = pd.read_csv(shared("oracles", "farrington_flexible", "expected.csv"))
    theirs = every[(every["series"] == said["series"]) & (every["set"] == said["set"])]
    counts = published(said["series"])
    found = farrington(
        counts, settings=of_peer(said), at=counts.index[theirs["index"] - 1], frequency=said["freq"]
    )
    near(found["bound"], theirs["upperbound"], rtol=1e-6, atol=1e-6)
    near(found["expected"], theirs["expected"], rtol=1e-6, atol=1e-6)
    near(found["score"], theirs["score"], rtol=1e-5, atol=1e-6)
    near(found["p_value"], theirs["pvalue"], rtol=1e-5, atol=1e-9)
    near(found["dispersion"], theirs["phi"], rtol=1e-5)
    assert has_alarm(found).tolist() == theirs["alarm"].eq(1).tolist()
    assert found["trend"].notna().tolist() == theirs["trend_kept"].eq(1).tolist()


def test_farrington_original_equals_r():
    every = pd.read_csv(shared("oracles", "farrington_original", "expected.csv"))
    for name, theirs in every.groupby("series"):
        counts = published(name)
        chosen = replace(ORIGINAL, years_back=int(theirs["b"].iloc[0]))
        found = farrington(counts, settings=chosen, at=counts.index[theirs["index"] - 1])
        # R writes 0 where too few recent cases stop the alarm; here the bound is missing and the reason says why
        near(found["bound"].fillna(0.0), theirs["upperbound"], rtol=1e-6)
        assert (found["bound"].isna() == (found["reason"] == "few_cases")).all()
        assert has_alarm(found).tolist() == theirs["alarm"].eq(1).tolist()


def test_ears_equals_r_and_c3_has_both_readings():
    every = pd.read_csv(shared("oracles", "ears", "expected.csv"))
    for key, theirs in every.groupby(["series", "method", "baseline", "min_sigma", "alpha"]):
        name, method, baseline, min_sigma, alpha = key
        found = ears(
            published(name, is_numbered=True),
            method="C3_lagged" if method == "C3" else method,
            baseline=int(baseline), min_sigma=min_sigma, alpha=alpha, at=theirs["index"],
        )  # fmt: skip
        near(found["bound"], theirs["upperbound"], rtol=1e-9, atol=1e-9)
        assert has_alarm(found).tolist() == theirs["alarm"].eq(1).tolist()


def test_cusum_equals_r():
    every = pd.read_csv(shared("oracles", "cusum", "expected.csv"))
    for (name, trans, m, k, h), theirs in every.groupby(["series", "trans", "m", "k", "h"]):
        counts = published(name, is_numbered=True).loc[: theirs["index"].max()]
        in_control = {"glm": "harmonic"}.get(m, m)
        found = count_cusum(
            counts, start=theirs["index"].min(), k=k, h=h, transformation=trans, in_control=in_control
        )
        near(found["score"], theirs["cusum"], rtol=1e-7, atol=1e-9)
        near(found["expected"], theirs["m_used"], rtol=1e-7)
        near(found["bound"], theirs["upperbound"], rtol=1e-9, atol=1e-9)
        assert has_alarm(found).tolist() == theirs["alarm"].eq(1).tolist()


def test_bayes_equals_the_documented_bounds():
    found = bayes_bounds(
        published("salmonella_agona"),
        settings=BayesSettings(years_back=2, half_window=4, alpha=0.05),
        at=range(292, 313),
    )
    bounds = [7, 8, 8, 9, 9, 9, 9, 8, 7, 7, 6, 6, 6, 6, 5, 5, 5, 5, 5, 6, 6]
    assert found["bound"].tolist() == bounds
    assert found.loc[has_alarm(found), "period"].tolist() == [294]


def test_run_lengths_equal_spc():
    for k, h, shift, sides, length in ORACLE["run_lengths"]["cusum"]:
        assert cusum_run_length(k, h, shift=shift, sides=sides) == pytest.approx(length, rel=1e-8)
    for smoothing, limit, shift, length in ORACLE["run_lengths"]["ewma"]:
        assert ewma_run_length(smoothing, limit, shift=shift) == pytest.approx(length, rel=1e-8)


def test_run_lengths_equal_spc_over_the_whole_table():
    normal = pd.read_csv(shared("oracles", "cusum", "arl_normal.expected.csv"))
    for row in normal.itertuples():
        length = cusum_run_length(row.k, row.h, shift=row.mu, sides={"one": 1, "two": 2}[row.sided])
        assert length == pytest.approx(row.arl_zero_state, rel=1e-5)
    ewma = pd.read_csv(shared("oracles", "cusum", "arl_ewma.expected.csv"))
    for smoothing, limit, shift, length in ewma.itertuples(index=False):
        assert ewma_run_length(smoothing, limit, shift=shift) == pytest.approx(length, rel=1e-5)


def test_sums_of_published_charts():
    chart = ORACLE["cusum"]
    z = np.array(chart["x"])[:, None] - 10
    upper, _ = one_sided_sums(z, k=0.5)
    lower, _ = one_sided_sums(-z, k=0.5)
    assert upper[27:30, 0].round(2).tolist() == chart["upper_28_29_30"]
    assert lower[2, 0] == pytest.approx(chart["lower_3"])
    assert np.argmax(upper[:, 0] > 5) + 1 == chart["first_signal"]


def test_sums_of_further_series():
    for case in json.loads(shared("oracles", "cusum", "tabular.expected.json").read_text("utf-8"))["cases"]:
        z = np.array(case["z"])[:, None]
        upper, lower = one_sided_sums(z, k=case["k"])[0], one_sided_sums(-z, k=case["k"])[0]
        np.testing.assert_allclose(upper[:, 0], case["upper"], atol=1e-10)
        np.testing.assert_allclose(lower[:, 0], case["lower"], atol=1e-10)
        assert (np.flatnonzero(upper[:, 0] > case["h"]) + 1).tolist() == case["signal_up"]


def test_ears_by_its_definition():
    case = ORACLE["ears"]
    counts = pd.DataFrame({"y": case["y"]}, index=range(1, 18))
    first = {"C1": 8, "C2": 10, "C3": 12}
    for method, start in first.items():
        # 0.0013 and 0.0228 are the levels of z = 3 and 2 that the papers use
        found = ears(counts, method=method, alpha=0.0227501 if method == "C3" else 0.001)
        key = method.lower()
        assert found["period"].tolist() == list(range(start, 18))
        np.testing.assert_allclose(found["score"], case[f"{key}_score_from_{start}"], atol=6e-5)
        assert found.loc[has_alarm(found), "period"].tolist() == case[f"{key}_alarms"]
    c1 = ears(counts, method="C1", alpha=0.001)
    np.testing.assert_allclose(c1["bound"], case["c1_bound_from_8"], atol=6e-5)
    # R's C3 looks at the two periods before only, so it is a period late
    late = ears(counts, method="C3_lagged", alpha=0.0227501)
    assert late.loc[has_alarm(late), "period"].tolist() == [14, 15, 16, 17]


@pytest.mark.parametrize("bound", ["delta", "nb_plugin", "muan"])
@pytest.mark.parametrize("power", ["none", "1/2", "2/3"])
@pytest.mark.parametrize("is_reweighted", [True, False])
def test_all_series_at_once_agree_with_one_at_a_time(bound, power, is_reweighted):
    rng = np.random.default_rng(7)
    week = np.arange(320)
    level = np.array([0.4, 3, 12, 60])
    mean = level * np.exp(0.5 * np.cos(week * 2 * np.pi / 52) + 0.001 * week)[:, None]
    counts = pd.DataFrame(rng.negative_binomial(mean, 0.5))
    chosen = replace(
        NOUFAILY,
        bound=bound,
        power=power,
        is_reweighted=is_reweighted,
        n_periods=5,
        p_trend=0.05,
        min_cases=0,
    )
    found = farrington(counts, settings=chosen, at=[310, 319])
    for row in found.itertuples():
        expected, limit, p = slow.flexible(counts[row.series], row.period, chosen)
        assert row.expected == pytest.approx(expected, rel=1e-4)
        assert row.bound == pytest.approx(limit, rel=1e-4, abs=1e-6)
        assert row.p_value == pytest.approx(p, rel=1e-3)


series = st.lists(st.integers(0, 40), min_size=160, max_size=160)
SHORT = replace(NOUFAILY, years_back=2, min_cases=0)


@settings(max_examples=20)
@given(series, st.integers(1, 60))
def test_a_higher_count_is_never_less_of_an_alarm(values, more):
    counts = pd.DataFrame({"a": values, "b": [*values[:-1], values[-1] + more]})
    for found in (
        farrington(counts, settings=SHORT),
        bayes_bounds(counts, settings=BayesSettings(years_back=1, half_window=3, alpha=0.05)),
    ):
        a, b = found.to_dict("records")
        assert a["bound"] == pytest.approx(b["bound"], nan_ok=True)
        if a["is_alarm"] is not pd.NA:
            assert b["is_alarm"] >= a["is_alarm"]
            assert b["p_value"] <= a["p_value"] + 1e-12


@settings(max_examples=20)
@given(series, st.integers(120, 150))
def test_what_comes_later_changes_no_answer(values, position):
    counts = pd.DataFrame({"a": values})
    detectors = [
        lambda seen: farrington(seen, settings=SHORT, at=[position]),
        lambda seen: ears(seen, method="C3", alpha=0.01, at=[position]),
        lambda seen: bayes_bounds(
            seen, settings=BayesSettings(years_back=1, half_window=3, alpha=0.05), at=[position]
        ),
        lambda seen: count_cusum(seen, start=100, k=1, h=3, transformation="anscombe"),
    ]
    for detect in detectors:
        then, later = detect(counts.loc[:position]), detect(counts)
        later = later[later["period"] <= position]
        pd.testing.assert_frame_equal(then.reset_index(drop=True), later.reset_index(drop=True))


@pytest.mark.parametrize(
    "transformation", [t for t in TRANSFORMATIONS if t not in {"none", "anscombe_negbin"}]
)
@settings(max_examples=20)
@given(st.lists(st.integers(0, 30), min_size=30, max_size=30))
def test_the_bound_of_a_cusum_is_the_count_that_raises_the_alarm(transformation, values):
    counts = pd.DataFrame({"a": [4, 5, 6, *values]})
    found = count_cusum(counts, start=3, k=1, h=2.5, transformation=transformation)
    is_near = np.isclose(found["observed"], found["bound"], rtol=1e-9)
    # beyond that Rossi's transformation has no count: any would raise the alarm
    is_within = found["score"].shift(fill_value=0) <= 2.5 + 1 + 1.5 * np.sqrt(5)
    is_open = (found["bound"] > 0) & ~is_near & is_within
    assert has_alarm(found)[is_open].tolist() == (found["observed"] > found["bound"])[is_open].tolist()


def test_negative_binomial_residuals_become_poisson_ones():
    counts = pd.DataFrame({"a": [4, 5, 6, 7, 9, 3]})
    both = [
        count_cusum(counts, start=3, k=0.1, h=3, transformation=name, alpha=1e-9)["score"]
        for name in ("anscombe_negbin", "anscombe")
    ]
    np.testing.assert_allclose(*both, rtol=1e-6)


def test_settings_are_rows_in_force_with_a_source():
    assert FarringtonSettings(
        "flexible", 5, 3, n_periods=10, n_excluded=26, is_reweighted=True, weights_threshold=2.58,
        has_trend=True, p_trend=1, bound="nb_plugin", power="none", alpha=0.005, min_cases=5, n_recent=4,
    ) == NOUFAILY  # fmt: skip
    assert settings_of("cusum_rossi", on=DAY) == {
        "k": 1.04, "h": 2.26, "transformation": "rossi", "in_control": "mean_of_past",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bound", ["delta", "nb_plugin", "muan"])
def test_gappy_and_rare_series_neither_warn_nor_touch_their_neighbours(seed, bound):
    rng = np.random.default_rng(seed)
    counts = rng.poisson([0.01, 0.1, 1, 5, 100, 1e5], (330, 6)).astype(float)
    counts[rng.random(counts.shape) < [0, 0.05, 0.5, 0.95][seed]] = np.nan
    table = pd.DataFrame(counts)
    chosen = replace(NOUFAILY, bound=bound, power="2/3", years_back=1 + seed)
    together = farrington(table, settings=chosen, at=[200, 329])
    for name in table:
        alone = farrington(table[[name]], settings=chosen, at=[200, 329])
        mine = together[together["series"] == name]
        assert alone["reason"].tolist() == mine["reason"].tolist()
        # a season without a case ends where the steps end, so its error has few digits
        np.testing.assert_allclose(alone["expected"], mine["expected"], rtol=1e-6)
        np.testing.assert_allclose(alone["dispersion"], mine["dispersion"], rtol=1e-6)
