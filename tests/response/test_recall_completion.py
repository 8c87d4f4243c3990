"""Progress of recalls: rates, restatements, stalled ones, and the curve ahead."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_recall import half_year_forecasts, scores, takata_recalls

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.response.recall.forecast import START, CurvePrior, fit_curve_prior, forecast_completion
from riskkit.response.recall.progress import completion_rates, read_reports, restatements, stalled_recalls

DAY = dt.date(2026, 6, 30)


def series(completed, *, affected=1000, recall="a", end="2026-06-30", step=30, **more) -> pd.DataFrame:
    days = pd.date_range(end=end, periods=len(completed), freq=f"{step}D")
    return pd.DataFrame(
        {"recall_id": recall, "report_date": days, "n_affected": affected, "n_completed": completed, **more}
    )


# rates


def test_rate_of_all_affected_and_of_those_still_there():
    parts = pd.DataFrame(
        {
            "recall_id": "a",
            "report_date": ["2026-05-31", "2026-06-20", "2026-06-30", "2026-07-31"],
            "channel": ["shop", "shop", "consumer", "consumer"],
            "operator": ["x", "x", "y", "y"],
            "n_affected": [400, 400, 600, 600],
            "n_removed": [0, 0, 100, 100],
            "n_completed": [10, 380, 120, 500],
        }
    )
    whole = completion_rates(parts, on=DAY).iloc[0]
    assert (whole["n_completed"], whole["rate"]) == (500, 0.5)  # (380 + 120) / 1000; July is not looked at
    assert whole["rate_open"] == pytest.approx(500 / 900)
    assert whole["reported_on"] == pd.Timestamp("2026-06-20")
    channels = completion_rates(parts, on=DAY, by=["channel"]).set_index("channel")
    assert channels["rate"].to_dict() == {"shop": 0.95, "consumer": 0.2}
    assert completion_rates(parts, on=DAY, by=["operator"])["rate"].tolist() == [0.95, 0.2]
    discarded = completion_rates(parts, on=DAY, by=["channel"], p_discarded=0.5).set_index("channel")
    assert discarded.loc["consumer", "rate_hi"] == pytest.approx(120 / 250)
    assert discarded.loc["shop", "rate_hi"] == 1


def test_a_missing_count_makes_the_rate_missing_and_not_low():
    rows = series([100, None], channel=["shop", "consumer"])
    assert completion_rates(rows, on=DAY)[["n_completed", "rate"]].isna().all(axis=None)
    assert completion_rates(rows, on=DAY, by=["channel"])["rate"].isna().tolist() == [True, False]
    assert stalled_recalls(series([100, None]), on=DAY)["reason"].tolist() == ["counts_missing"]
    later = stalled_recalls(series([1], end="2026-07-30"), on=DAY).iloc[0]
    assert (later["decision"], later["reason"]) == ("unknown", "no_report_yet")
    assert forecast_completion(series([None]), on=DAY, days=[30])["note"].tolist() == ["unknown"]


def test_bad_reports_are_refused_with_all_faults_at_once():
    rows = pd.DataFrame(
        {
            "recall_id": ["a", "a", "b", "c", "c", None],
            "report_date": ["2026-01-31"] * 5 + ["2026-02-01"],
            "started_on": ["2026-02-01", "2026-01-01", None, "2026-01-01", "2026-01-01", None],
            "n_affected": [100, 100, 100, 50, 50, 1],
            "n_completed": [10, 10, 101, 5, 5, 0],
        }
    )
    rows.loc[4, "report_date"] = "2026-02-28"
    with pytest.raises(InputFaults) as caught:
        read_reports(rows)
    assert [(f.place, f.rule) for f in caught.value.faults] == [
        ("reports: row 5: recall_id", "a recall, and a name in each column of `by`"),
        ("reports: row 1: report_date", "one report a day"),
        ("reports: row 2: n_completed", "at most the units affected"),
        ("reports: row 0: report_date", "on or after the day the recall started"),
    ]
    for wrong in (-1, 1.5, np.inf, "many"):
        with pytest.raises(InputFaults, match="whole number"):
            read_reports(series([1]).assign(n_affected=wrong))


def test_restated_and_falling_counts_are_named_and_kept():
    rows = series([40, 60, 55, 70, 50, 50, None], affected=[100, 100, 100, 120, 90, 90, 90])
    rows["n_removed"] = [0, 0, 0, 0, 0, 41, 0]
    changes = restatements(rows.sample(frac=1, random_state=1)).sort_index()
    assert changes["kind"].tolist() == [
        "first", "plain", "count_fell", "units_restated", "both", "removals_exceed", "unknown",
    ]  # fmt: skip
    assert changes["change_completed"].tolist()[1:5] == [20, -5, 15, -20]
    ahead = forecast_completion(rows.iloc[:5], on=DAY, days=[90])
    assert ahead["note"].tolist() == ["restated"] and ahead["rate_now"].iloc[0] == pytest.approx(50 / 90)


@pytest.mark.parametrize(
    ("completed", "on", "decision"),
    [
        ([100, 300, 301, 302, 303, 304], DAY, "stalled"),
        ([100, 200, 300, 400, 500, 600], DAY, "moving"),
        ([100, 1000, 1000, 1000, 1000, 1000], DAY, "complete"),
        ([100, 200, 300, 400, 500, 600], dt.date(2026, 10, 1), "silent"),
        ([100, 300], DAY, "unknown"),
        ([900, 900, 900, 900, 900, 870], DAY, "stalled"),
    ],
)
def test_stalled_recalls(completed, on, decision):
    found = stalled_recalls(series(completed), on=on).iloc[0]
    assert found["decision"] == decision
    assert found["status"] == "house" and found["source_id"] == "riskkit_house"
    assert (found["margin"] >= 0) == (decision in {"moving", "complete", "silent"})


# the curve ahead


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=12).map(sorted),
    st.lists(st.integers(0, 1500), min_size=2, max_size=5, unique=True).map(sorted),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_curves_rise_and_their_intervals_are_ordered_and_nested(completed, days, level):
    rows = series(completed)
    found = forecast_completion(rows, on=DAY, days=days, level=level)
    inside = (found["rate_lo"] <= found["rate_mid"]) & (found["rate_mid"] <= found["rate_hi"])
    assert inside.all() and found[["rate_lo", "rate_hi"]].stack().between(completed[-1] / 1000, 1).all()
    for name in ("rate_lo", "rate_mid", "rate_hi"):
        assert (found[name].diff().dropna() >= -1e-12).all()
    wider = forecast_completion(rows, on=DAY, days=days, level=0.99)
    assert (wider["rate_lo"] <= found["rate_lo"]).all() and (wider["rate_hi"] >= found["rate_hi"]).all()
    assert found["days_ahead"].tolist() == days


def test_quantiles_agree_with_drawing_the_process_step_by_step():
    prior, completed = CurvePrior(3.0, 0.2, 0.5), [300, 360, 450]
    found = forecast_completion(series(completed), on=DAY, days=[200], prior=prior, level=0.8).iloc[0]
    rng, gap = np.random.default_rng(5), 30 / 365.25
    weights = 2 ** (-np.array([gap, 0.0]) / 0.5)
    fallen = -np.diff(np.log(1 - np.array(completed) / 1000)) @ weights
    own = rng.gamma(1 + 3.0 * gap * weights.sum(), 1 / (0.2 + fallen), 200_000)
    ahead = 0.55 * np.exp(-rng.gamma(3.0 * 200 / 365.25, 1 / own))
    drawn = 1 - np.quantile(ahead, [0.9, 0.5, 0.1])
    assert found[["rate_lo", "rate_mid", "rate_hi"]].tolist() == pytest.approx(drawn, abs=0.004)


def test_a_recall_with_one_report_follows_the_past_and_one_with_many_itself():
    past = pd.concat(
        [series([500 + 40 * k for k in range(11)], recall=f"p{k}", end="2025-06-30") for k in range(8)]
    )
    prior = fit_curve_prior(past, on=DAY)
    fresh = forecast_completion(series([500]), on=DAY, days=[180], prior=prior).iloc[0]
    slow = forecast_completion(series([490 + k for k in range(11)]), on=DAY, days=[180], prior=prior).iloc[0]
    assert fresh["note"] == "few_reports" and prior.n_pairs > 20
    assert fresh["rate_mid"] > slow["rate_mid"] + 0.08
    assert fresh["rate_hi"] - fresh["rate_lo"] > slow["rate_hi"] - slow["rate_lo"]


def test_nothing_after_the_day_is_looked_at_and_no_order_matters():
    rows = pd.concat([series([100, 200, 300, 400]), series([50, 60, 70, 80], recall="b")])
    later = pd.concat([rows, series([900], end="2026-07-30")]).sample(frac=1, random_state=3)
    mixed = forecast_completion(later, on=DAY, days=[90], prior=fit_curve_prior(later, on=DAY))
    plain = forecast_completion(rows, on=DAY, days=[90], prior=fit_curve_prior(rows, on=DAY))
    pd.testing.assert_frame_equal(
        mixed.sort_values("recall_id", ignore_index=True), plain.sort_values("recall_id", ignore_index=True)
    )
    assert fit_curve_prior(rows.iloc[:1], on=DAY) == START


def test_intervals_hold_as_often_as_they_say_and_the_prior_is_found_again():
    rng, made, rows = np.random.default_rng(11), CurvePrior(6.0, 0.05, half_life=50.0), []
    for k in range(300):
        steps = rng.gamma(6.0 * 91 / 365.25, 1 / rng.gamma(1, 1 / made.pace), 10)
        rates = 1 - np.exp(-np.cumsum(steps))
        rows.append(series(np.round(1e6 * rates), affected=1_000_000, recall=f"r{k}", step=91))
    reports = pd.concat(rows)
    cut = dt.date(2025, 12, 29)
    found = forecast_completion(reports, on=cut, days=[183], prior=made)
    after = read_reports(reports).groupby("recall_id", sort=False)["rate"].last().to_numpy()
    held = (found["rate_lo"] - 1e-6 <= after) & (after <= found["rate_hi"] + 1e-6)
    is_open = (found["rate_now"] < 0.999).to_numpy()
    assert is_open.sum() > 200 and 0.85 <= held[is_open].mean() <= 0.95
    far = CurvePrior(12.0, 0.5, half_life=50.0)
    near = fit_curve_prior(reports, on=DAY, start=far)
    assert 3 < near.steps_per_year < 9 and 0.02 < near.pace < 0.15


@pytest.mark.parametrize("asked", [{"days": []}, {"days": [-1]}, {"days": [1.5]}, {"days": [1], "level": 1}])
def test_forecasts_out_of_range_are_refused(asked):
    with pytest.raises(InputFaults):
        forecast_completion(series([1]), on=DAY, **asked)


@pytest.mark.parametrize("months", [6, 12])
def test_half_year_forecasts_beat_a_logistic_fit_and_the_last_rate(months):
    """The figures in docs/recall_forecast.md; cut at two half-years here, at all in the benchmark."""
    found = scores(
        half_year_forecasts(
            takata_recalls(), months=months, cuts=[dt.date(2018, 6, 30), dt.date(2019, 6, 30)]
        )
    )
    error, held = found["error"], found["held"]
    assert error["ours"] < 0.7 * min(error["logistic"], error["last_rate"], error["last_pace"])
    assert 0.85 <= held["ours"] <= 0.98 and held["logistic"] < 0.6
