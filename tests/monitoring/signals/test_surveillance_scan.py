"""The weekly scan, faulty series, holidays and week 53, reporting delay, and detectors on known outbreaks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.standards import table
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.surveillance.backtest import walk_forward
from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.monitoring.surveillance.cusum import count_cusum
from riskkit.monitoring.surveillance.ears import ears
from riskkit.monitoring.surveillance.farrington import farrington
from riskkit.monitoring.surveillance.prediction_bounds import negative_binomial_bound
from riskkit.monitoring.surveillance.reference_periods import reference_points
from riskkit.monitoring.surveillance.reporting_delay import completeness, nowcast, reporting_triangle
from riskkit.monitoring.surveillance.run_lengths import cusum_run_length, ewma_run_length
from riskkit.monitoring.surveillance.series import REASONS, read_series
from riskkit.monitoring.surveillance.settings import settings_of
from riskkit.monitoring.surveillance.weekly_scan import decide, farrington_settings

DAY = dt.date(2026, 6, 1)
NOUFAILY = farrington_settings("noufaily_2013", on=DAY)
WEEKS = pd.date_range("2019-12-30", periods=330, freq="7D")


def quiet(n_series=1, *, weeks=WEEKS, seed=3):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.poisson(6, (len(weeks), n_series)).astype(float), index=weeks)


DETECTORS = {
    "flexible": lambda counts: farrington(counts, settings=NOUFAILY),
    "original": lambda counts: farrington(counts, settings=farrington_settings("farrington_1996", on=DAY)),
    "ears": lambda counts: ears(counts, method="C2", alpha=0.001, at=counts.index[-1:]),
    "cusum": lambda counts: count_cusum(counts, start=counts.index[-1], k=1, h=2, in_control="harmonic"),
    "bayes": lambda counts: bayes_bounds(
        counts, settings=BayesSettings(years_back=2, half_window=4, alpha=0.05)
    ),
}


def spoilt():
    counts = quiet(9)
    counts[1] = 0.0
    counts.iloc[50, 2] = -1
    counts.iloc[50, 3] = 2.5
    counts[4] = np.nan
    counts.iloc[-1, 4] = 5
    counts.iloc[100:140, 5] = np.nan
    counts.iloc[-1, 6] = np.nan
    counts.iloc[10, 7] = np.inf
    return counts


@pytest.mark.parametrize("name", DETECTORS)
def test_a_faulty_series_is_answered_with_its_reason_and_harms_no_other(name):
    counts = spoilt()
    found = DETECTORS[name](counts).set_index("series")
    alone = DETECTORS[name](counts[[0, 8]]).set_index("series")
    pd.testing.assert_frame_equal(
        found.loc[[0, 8]].reset_index(drop=True),
        alone.reset_index(drop=True),
        check_categorical=False,
        rtol=1e-9,
    )
    assert found["reason"].loc[[2, 3, 7]].tolist() == ["not_a_count"] * 3
    assert found["is_alarm"].loc[[2, 3, 4, 6, 7]].isna().all()
    assert found["reason"].loc[6] == "not_reported"
    assert found["reason"].loc[4] in {"no_reference", "no_cases_before"}
    assert found["reason"].loc[5] in {"within_bound", "above_bound", "few_cases"}
    assert found["bound"].loc[[2, 3, 7]].isna().all()
    assert found["reason"].loc[1] in {"no_cases_before", "few_cases", "within_bound"}
    assert found["is_alarm"].loc[1] is not True


def test_a_bound_beyond_all_counts_is_a_number_and_ends_no_process():
    mean = np.array([1e8, 1e10, 1e15, 1e300, np.nan])
    bound, p = negative_binomial_bound(2 * mean, mean, phi=np.full(5, 2.0), alpha=0.005)
    np.testing.assert_allclose(bound / mean, [1, 1, 1, 1, np.nan], rtol=1e-3)
    np.testing.assert_allclose(p, [0, 0, 0, 0, np.nan], atol=1e-12)
    huge = pd.DataFrame({"a": 1e12 + np.arange(330.0) % 7})
    huge.iloc[-1] = 2e12
    assert bayes_bounds(huge, settings=BayesSettings(years_back=1, half_window=3, alpha=0.05))[
        "is_alarm"
    ].tolist() == [True]
    # a deviance of such counts has no digits left: said, not guessed
    assert farrington(huge, settings=NOUFAILY)["reason"].tolist()[0] in {"above_bound", "not_converged"}


def test_no_spread_and_an_excess_before_is_no_warning():
    counts = pd.DataFrame({"a": [2.0] * 12 + [5, 0, 2, 2, 2]})
    found = ears(counts, method="C3", alpha=0.025).set_index("period")
    assert found.loc[[12, 13, 14], "is_alarm"].tolist() == [True] * 3
    assert found.loc[13, "bound"] == 0
    late = ears(counts, method="C3_lagged", alpha=0.025).set_index("period")
    assert late.loc[[12, 13, 14], "is_alarm"].tolist() == [False, False, True]


def test_a_text_in_a_series_is_a_fault_of_that_series():
    counts = quiet(2).astype(object)
    counts.iloc[3, 0] = "many"
    assert farrington(counts, settings=NOUFAILY)["reason"].tolist()[0] == "not_a_count"
    assert read_series(counts).is_faulty.tolist() == [True, False]


@pytest.mark.parametrize("length", [1, 2, 20, 300])
@pytest.mark.parametrize("name", DETECTORS)
def test_a_history_of_any_length_has_an_answer(name, length):
    counts = quiet(2, weeks=WEEKS[:length])
    found = DETECTORS[name](counts)
    assert len(found) == 2
    if length == 1:
        assert found["reason"].tolist() == ["no_reference"] * 2


def test_a_week_left_out_is_unknown_and_not_zero():
    counts = quiet(1)
    gap = counts.drop(counts.index[200:205])
    series = read_series(gap)
    assert np.isnan(series.counts[200:205]).all() and len(series.periods) == len(counts)
    recent = counts.copy()
    recent.iloc[-3:-1] = np.nan
    recent.iloc[-1] = 4
    # four known cases lately and two unknown weeks: there may have been five, so nothing stops an alarm
    assert farrington(recent, settings=NOUFAILY)["reason"].tolist() == ["within_bound"]


def test_faults_of_the_grid_are_said_together():
    with pytest.raises(InputFaults) as caught:
        read_series(pd.DataFrame([[1, 2]], columns=["a", "a"], index=["x"]), frequency=7)
    assert len(caught.value.faults) == 3
    with pytest.raises(InputFaults, match="every 7D"):
        read_series(
            quiet(1).drop(WEEKS[3]).set_axis([*WEEKS[:9], WEEKS[10] + pd.Timedelta(days=1), *WEEKS[11:]]),
            frequency=52,
        )
    with pytest.raises(InputFaults) as caught:
        farrington(quiet(1), settings=replace(NOUFAILY, alpha=2, power="3", years_back=0))
    assert len(caught.value.faults) == 3
    with pytest.raises(InputFaults, match="exposure"):
        farrington(quiet(1), settings=NOUFAILY, exposure=pd.Series(-1.0, index=WEEKS))
    with pytest.raises(InputFaults, match="a period of the counts"):
        farrington(quiet(1), settings=NOUFAILY, at=["2031-01-01"])
    for wrong in (
        {"method": "C4", "alpha": 0},
        {"method": "C1", "alpha": 0.01, "baseline": 2, "min_sigma": -1},
    ):
        with pytest.raises(InputFaults) as caught:
            ears(quiet(1), **wrong)
        assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults) as caught:
        count_cusum(quiet(1), start=WEEKS[9], k=np.nan, h=0, transformation="log", in_control="mean", alpha=0)
    assert len(caught.value.faults) == 5
    with pytest.raises(InputFaults):
        bayes_bounds(
            quiet(1), settings=BayesSettings(years_back=0, half_window=3, alpha=0.05, has_this_year=False)
        )
    with pytest.raises(ValueError, match="seasons do not fit"):
        farrington(quiet(1), settings=replace(NOUFAILY, n_periods=60))
    for call in (lambda: cusum_run_length(0, 0), lambda: ewma_run_length(2, 1)):
        with pytest.raises(ValueError, match="above 0"):
            call()
    for call in (lambda: cusum_run_length(2, 10), lambda: ewma_run_length(0.1, 8)):
        with pytest.raises(ValueError, match="longer than"):
            call()


def test_a_year_with_53_weeks_shifts_nothing():
    weeks = pd.date_range("2009-01-05", "2030-12-30", freq="7D")
    series = read_series(pd.DataFrame({"a": 1}, index=weeks))
    by_number = read_series(pd.DataFrame({"a": range(len(weeks))}))
    for position in range(600, len(weeks), 7):
        day = weeks[position]
        points = reference_points(series, position, years_back=10)
        apart = [
            abs((weeks[position + p] - (day - pd.DateOffset(years=y))).days) for y, p in enumerate(points)
        ]
        assert max(apart) <= 4
        drift = (
            day
            - pd.DateOffset(years=10)
            - weeks[position + reference_points(by_number, position, years_back=10)[-1]]
        )
        assert abs(drift.days) > 7


def test_a_holiday_week_is_judged_by_its_working_days():
    counts = quiet(1).round()
    days = pd.Series(5.0, index=WEEKS)
    days.iloc[-1] = 1
    counts.iloc[-1] = 8
    plain = farrington(counts, settings=NOUFAILY).iloc[0]
    fair = farrington(counts, settings=NOUFAILY, exposure=days).iloc[0]
    assert fair["expected"] == pytest.approx(plain["expected"] / 5)
    assert (plain["is_alarm"], fair["is_alarm"]) == (False, True)
    days.iloc[-1] = 0
    shut = farrington(counts, settings=NOUFAILY, exposure=days).iloc[0]
    assert shut["is_alarm"] is pd.NA and shut["reason"] == "no_working_day"


@settings(max_examples=15)
@given(st.floats(0.1, 100))
def test_exposure_has_no_unit(factor):
    counts = quiet(2)
    share = pd.Series(np.linspace(1, 2, len(WEEKS)), index=WEEKS)
    one, other = (farrington(counts, settings=NOUFAILY, exposure=by) for by in (share, share * factor))
    np.testing.assert_allclose(one["expected"], other["expected"], rtol=1e-4)


def records(n=4000, *, seed=5, until="2026-05-31"):
    rng = np.random.default_rng(seed)
    event = pd.Timestamp("2025-06-02") + pd.to_timedelta(rng.integers(0, 364, n), unit="D")
    late = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    monday = event - pd.to_timedelta(event.day_of_week, unit="D")
    report = np.maximum(event, monday + pd.to_timedelta(7 * late, unit="D"))
    return pd.Series(event), pd.Series(report)


def test_known_delays_come_back():
    events, reports = records()
    triangle = reporting_triangle(events, reports, on=dt.date(2026, 3, 1), n_delays=4)
    assert triangle.index[-1] == pd.Timestamp("2026-02-23")
    np.testing.assert_allclose(completeness(triangle).iloc[-4:], [1, 0.95, 0.8, 0.5], atol=0.04)
    assert triangle.to_numpy()[-1, 1:].tolist() == pytest.approx([np.nan] * 3, nan_ok=True)
    final = reporting_triangle(events, reports, on=dt.date(2026, 12, 31), n_delays=4).sum(axis=1)
    guess = nowcast(triangle, level=0.99)
    truth = final.reindex(guess.index)
    assert ((guess["n_lo"] <= truth) & (truth <= guess["n_hi"])).mean() > 0.95
    assert (guess["n_expected"].iloc[:-3] - guess["n_reported"].iloc[:-3]).abs().max() == 0


def test_completeness_lets_the_newest_week_be_judged():
    counts = quiet(1)
    counts.iloc[-1] = 8
    share = pd.Series(1.0, index=WEEKS)
    share.iloc[-1] = 0.2
    assert farrington(counts, settings=NOUFAILY, exposure=share)["is_alarm"].tolist() == [True]


def test_faults_of_reports():
    events, reports = records(5)
    with pytest.raises(InputFaults) as caught:
        reporting_triangle(events, events - pd.Timedelta(days=1), on=DAY, n_delays=1)
    assert len(caught.value.faults) == 6
    with pytest.raises(InputFaults, match="a report in a week that ended"):
        reporting_triangle(events, reports, on=dt.date(2000, 1, 1), n_delays=3)
    unseen = completeness(pd.DataFrame([[0.0, np.nan, np.nan]], columns=range(3)))
    assert unseen.isna().all() and nowcast(pd.DataFrame([[0.0, np.nan, np.nan]])).iloc[0, 2:].isna().all()


def test_the_scan_answers_for_every_series_and_uses_only_what_the_day_knew():
    counts = spoilt().T.set_axis([f"s{k}" for k in range(9)], axis=0)
    counts.loc["s8", WEEKS[-1]] = 40
    on = WEEKS[-1].date() + dt.timedelta(days=6)
    found = decide(counts, on=on)
    assert found.index.tolist() == counts.index.tolist()
    assert found.loc["s8", ["decision", "rule_id", "status"]].tolist() == [
        "alarm",
        "noufaily_2013",
        "derived",
    ]
    assert found.loc["s8", "margin"] <= 0 < found.loc["s0", "margin"]
    assert found.loc[["s2", "s3", "s6", "s7"], "decision"].isna().all()
    assert found["source_id"].isin(table("sources")["source_id"]).all()
    # the last week had not ended a day earlier
    pd.testing.assert_frame_equal(
        decide(counts, on=on - dt.timedelta(days=1)),
        decide(counts.iloc[:, :-1], on=on),
        check_categorical=False,
    )
    assert (found["q_value"].dropna() >= found["p_value"].dropna()).all()


def test_a_hazard_never_seen_before_is_not_passed_over():
    counts = pd.DataFrame([[0] * 329 + [3], [0] * 330], index=["new", "never"], columns=WEEKS)
    found = decide(counts, on=WEEKS[-1].date() + dt.timedelta(days=6))
    assert found["decision"].tolist() == ["alarm", "no_alarm"]
    assert found["rule_id"].tolist() == ["bayes_recent", "bayes_recent"]


def test_settings_of_ones_own_and_of_another_day():
    rows = table("surveillance_settings")
    rows.loc[(rows["method"] == "noufaily_2013") & (rows["name"] == "alpha"), "value"] = "0.4"
    counts = quiet(30).T
    on = WEEKS[-1].date() + dt.timedelta(days=6)
    few, many = (decide(counts, on=on, rules=rules)["decision"].eq("alarm").sum() for rules in (None, rows))
    assert many > few
    with pytest.raises(InputFaults, match="did you mean noufaily_2013"):
        settings_of("noufaily_2012", on=DAY)
    ended = rows.assign(valid_to="2020-12-31")
    with pytest.raises(InputFaults):
        settings_of("noufaily_2013", on=DAY, rules=ended)
    with pytest.raises(InputFaults, match="no week that ended"):
        decide(counts, on=dt.date(2019, 1, 1))


def test_every_reason_has_words():
    for reason in REASONS:
        assert in_language("zh", reason_text, reason) != reason_text(reason)


def test_detections_and_false_alarms_are_counted():
    alarms = pd.DataFrame(
        {
            "series": ["a"] * 6 + ["b"] * 6,
            "period": list(range(6)) * 2,
            "is_alarm": pd.array([1, 0, 0, 1, 0, 0, 0, 0, 0, 0, None, 0], dtype="boolean"),
        }
    )
    counts = pd.DataFrame(1, index=range(6), columns=["a", "b"])
    outbreaks = pd.DataFrame({"series": ["a", "b", "b"], "start": [2, 1, 5], "end": [4, 2, 7]})
    found = walk_forward(counts, outbreaks, detectors={"d": lambda seen, at: alarms}, at=counts.index).loc[
        "d"
    ]
    assert found[["n_outbreaks", "n_detected", "periods_to_alarm"]].tolist() == [2, 1, 1]
    # quiet: a 0, 1, 5; b 0, 3 (4 is unknown, 5 lies in the outbreak that is cut off)
    assert found[["n_quiet", "n_false", "n_unknown", "p_detected"]].tolist() == [5, 1, 1, 0.5]
    assert found["rate_false_per_series_year"] == pytest.approx(52 / 5)
    with pytest.raises(InputFaults) as caught:
        walk_forward(counts, outbreaks.assign(series="c", end=0), detectors={}, at=counts.index)
    assert len(caught.value.faults) == 6


def test_ethylene_oxide_is_an_alarm_before_the_regulation_of_22_october_2020():
    told = pd.read_csv(shared("data", "signal_events", "rasff_ethylene_oxide_weekly_2020.csv"))
    weeks = pd.DatetimeIndex(told["week_ending"]) - pd.Timedelta(days=6)
    known = pd.Series(told["ethylene_oxide_notifications"].to_numpy(), index=weeks)
    facts = known.reindex(pd.date_range("2020-01-06", weeks[-1], freq="7D"), fill_value=0).to_frame("eto").T
    ends = [(week + pd.Timedelta(days=6)).date() for week in weeks]
    alarms = [day for day in ends if decide(facts, on=day).loc["eto", "decision"] == "alarm"]
    assert alarms[0] == dt.date(2020, 10, 18)


def test_injected_outbreaks_are_found_and_false_alarms_keep_their_level():
    wide = pd.read_csv(shared("data", "surveillance_simulated", "counts_wide.csv.gz"))
    wide = wide[wide["scenario"].isin([13, 14, 16, 25])]
    counts = wide.iloc[:, 2:].T.set_axis(range(1, 625)).set_axis(wide["scenario"] * 10 + wide["rep"], axis=1)
    told = pd.read_csv(shared("data", "surveillance_simulated", "outbreaks.csv"))
    told = told.assign(
        series=told["scenario"] * 10 + told["rep"], start=told["start_week"], end=told["end_week"]
    )
    outbreaks = told[told["series"].isin(counts.columns)]
    at = pd.RangeIndex(576, 625)
    found = walk_forward(
        counts,
        outbreaks,
        detectors={"flexible": lambda seen, at: farrington(seen, settings=NOUFAILY, at=at)},
        at=at,
    ).loc["flexible"]
    assert found["n_outbreaks"] == 16 and found["n_detected"] >= 4
    assert found["n_false"] / found["n_quiet"] < 0.02
