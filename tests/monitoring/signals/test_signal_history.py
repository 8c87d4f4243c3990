"""What signals are worth on history: made-up outbreaks, waits and curves, alarms under a budget, lead times."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.signals.evidence import KEYS
from riskkit.monitoring.signals.history import lead_times, weekly_alarms
from riskkit.monitoring.signals.simulated import JUDGED, simulated_series
from riskkit.monitoring.surveillance.backtest import (
    detection_curve,
    operating_curve,
    outbreak_waits,
    walk_forward,
)
from riskkit.monitoring.surveillance.detectors import METHODS, published_detectors, strength

ON = dt.date(2026, 3, 1)
MADE = simulated_series(np.random.default_rng(7), n_replicates=1)


def test_made_series_have_the_level_and_spread_of_their_scenario():
    found = simulated_series(np.random.default_rng(5), n_replicates=8)
    plain = found.scenarios[(found.scenarios["trend"] == 0) & (found.scenarios["m"] == 0)]
    early = found.counts.loc[:312]  # before any outbreak
    means = early.mean().groupby(plain["parameters"]).mean()
    ratio = (early.var() / early.mean()).groupby(plain["parameters"]).mean()
    np.testing.assert_allclose(means, np.exp([0.1, -2, 1.5, 0.5, 2.5, 3.75, 5]), rtol=0.12)
    np.testing.assert_allclose(ratio, [1.5, 2, 1, 5, 3, 1.1, 1.2], rtol=0.25)


def test_made_outbreaks_lie_where_the_design_puts_them_and_the_empty_ones_are_counted():
    judged = MADE.outbreaks[MADE.outbreaks["is_judged"]]
    assert len(judged) + MADE.n_empty == 42
    assert judged["start"].min() >= JUDGED[0] and judged["end"].max() <= JUDGED[-1]
    assert (MADE.outbreaks["size"] > 0).all()
    again = simulated_series(np.random.default_rng(7), n_replicates=1)
    pd.testing.assert_frame_equal(again.counts, MADE.counts)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 8), st.integers(0, 3)), max_size=5),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=12),
)
def test_a_wait_is_counted_one_by_one(outbreaks, alarms):
    at = pd.RangeIndex(1, 10)
    table = pd.DataFrame([(s, a, a + n) for s, a, n in outbreaks], columns=["series", "start", "end"])
    table = table.astype({"series": object, "start": int, "end": int})
    rows = pd.DataFrame(alarms, columns=["series", "period"]).assign(is_alarm=True)
    rows = rows.astype({"series": object, "period": int})
    found = outbreak_waits(rows, table, at=at)
    inside = [(k, s, a, b) for k, (s, a, b) in enumerate(table.itertuples(index=False)) if a >= 1 and b <= 9]
    assert found.index.tolist() == [k for k, *_ in inside]
    for k, series, start, end in inside:
        hits = [p for s, p in alarms if s == series and start <= p <= end and p >= 1]
        wait = found.loc[k, "wait"]
        assert np.isnan(wait) if not hits else wait == min(hits) - start


def test_a_curve_of_detection_rises_and_ends_at_the_share_that_was_found():
    detectors = published_detectors(["noufaily_2013", "ears_c1"], on=ON)
    judged = MADE.outbreaks[MADE.outbreaks["is_judged"]]
    summary = walk_forward(MADE.counts, judged, detectors=detectors, at=JUDGED)
    for name, detect in detectors.items():
        waits = outbreak_waits(detect(MADE.counts, JUDGED), judged, at=JUDGED)["wait"]
        curve = detection_curve(waits, n_periods=49)
        assert (curve["p_detected"].diff().dropna() >= 0).all()
        assert curve["p_detected"].iloc[-1] == summary.loc[name, "p_detected"]
        assert (curve["p_detected_lo"] <= curve["p_detected"]).all()
    assert summary.loc["noufaily_2013", "n_outbreaks"] == len(judged)


@pytest.mark.parametrize("name", METHODS)
def test_a_stricter_bound_finds_less_and_errs_less(name):
    counts = MADE.counts.iloc[:, ::6]
    judged = MADE.outbreaks[MADE.outbreaks["is_judged"] & MADE.outbreaks["series"].isin(counts.columns)]
    alarms = published_detectors([name], on=ON)[name](counts, JUDGED)
    alarms = alarms.assign(strength=strength(alarms))
    known = alarms["strength"][np.isfinite(alarms["strength"])]
    cuts = np.quantile(known, [0.0, 0.5, 0.9, 0.99, 1.0])
    curve = operating_curve(alarms, judged, at=JUDGED, cuts=cuts)
    assert (curve["p_detected"].diff().dropna() <= 0).all()
    assert (curve["rate_false"].diff().dropna() <= 0).all()
    assert curve["rate_false"].iloc[0] > 0.5  # the lowest bound of all: nearly every week


def test_an_unknown_method_is_refused_with_those_that_there_are():
    with pytest.raises(InputFaults, match="ears_c1"):
        published_detectors(["ears_c9"], on=ON)


def _weekly():
    weeks = pd.date_range("2023-01-02", periods=160, freq="7D")
    rng = np.random.default_rng(3)
    rows = [
        (f"h{j}", "o", "g", week, n)
        for j in range(6)
        for week, n in zip(weeks, rng.poisson(2, 160), strict=True)
        if n
    ]
    rows += [
        ("h9", "o", "g", weeks[150], 1),
        ("h9", "o", "g", weeks[153], 9),
        ("h9", "o", "g", weeks[154], 12),
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "week", "n"]), weeks


def test_alarms_of_history_keep_the_budget_and_know_nothing_of_later():
    weekly, weeks = _weekly()
    days = [(week + pd.Timedelta(days=6)).date() for week in weeks[140:]]
    found = weekly_alarms(weekly, days=days, budget=1)
    assert found.groupby("on").size().max() == 1
    short = weekly_alarms(weekly[weekly["week"] <= weeks[154]], days=days[:15], budget=1)
    pd.testing.assert_frame_equal(found[found["on"] <= short["on"].max()], short)
    mine = found[found["hazard"] == "h9"]
    assert mine["on"].iloc[0] == weeks[150] + pd.Timedelta(days=6)  # one report of something new
    assert mine["state"].tolist()[1:] == ["reopened"] * (len(mine) - 1)


def test_a_lead_is_censored_at_zero_and_never_is_said():
    days = pd.to_datetime(["2020-10-04", "2020-10-18", "2020-11-01"])
    alarms = pd.DataFrame({"on": days, "hazard": ["lead", "eto", "salt"]})
    events = pd.DataFrame(
        [("a", "2020-09-01", "2020-10-22", "eto"), ("b", "2020-09-01", "2020-10-10", "eto"),
         ("c", "2020-09-01", "2020-10-10", "mould"), ("d", "2020-10-19", "2020-12-01", "eto"),
         ("e", "2020-09-01", "2020-10-10", "")],
        columns=["event", "begins", "measure", "hazard"],
    )  # fmt: skip
    found = lead_times(alarms, events, keys=["hazard"]).set_index("event")
    assert found["lead_days"].tolist() == [4, 0, 0, 0, 6]
    assert found["outcome"].tolist() == ["before", "late", "never", "never", "before"]
    assert found["first_alarm"].isna().tolist() == [False, False, True, True, False]
    with pytest.raises(InputFaults, match="row 0: measure"):
        lead_times(alarms, events.assign(begins="2021-01-01"), keys=["hazard"])
    with pytest.raises(InputFaults, match="later than"):
        weekly_alarms(_weekly()[0], days=[ON, ON], budget=1)


def test_published_detectors_on_the_168_series_find_what_the_page_says():
    wide = pd.read_csv(shared("data", "surveillance_simulated", "counts_wide.csv.gz"))
    counts = wide.iloc[:, 2:].T.set_axis(range(1, 625)).set_axis(wide["scenario"] * 10 + wide["rep"], axis=1)
    told = pd.read_csv(shared("data", "surveillance_simulated", "outbreaks.csv"))
    told = told[(told["kind"] == "current") & (told["size"] > 0)]
    outbreaks = told.assign(
        series=told["scenario"] * 10 + told["rep"], start=told["start_week"], end=told["end_week"]
    )
    found = walk_forward(
        counts, outbreaks, detectors=published_detectors(["noufaily_2013", "ears_c1"], on=ON), at=JUDGED
    )
    assert found.loc["noufaily_2013", "p_detected"] == pytest.approx(0.43, abs=0.03)
    assert found.loc["ears_c1", "p_detected"] == pytest.approx(0.52, abs=0.03)
    assert found.loc["noufaily_2013", "n_outbreaks"] == 162
