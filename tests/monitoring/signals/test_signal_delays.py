"""Reports that come late: a rise is found while they still come, and what is not known is not taken for low."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from late_reports import DAY, SHARES, SPIKE, WEEKS, late
from registers import taken

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.signals.evidence import evidence, weekly_counts
from riskkit.monitoring.signals.late_reports import report_delays
from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.workbench.reports.signals.scan_study import study_signals


def monday(days):
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")


def weeks_of(rows):
    both = pd.DataFrame({"event": monday(rows["date_event"]), "report": monday(rows["date"]), "n": 1})
    return both.groupby(["event", "report"], dropna=False)[["n"]].sum().reset_index()


def looked(rows, on, how):
    """The evidence of a day: by the report, by the event as if all had come, or with what is known of delays."""
    if how == "report":
        return evidence(weekly_counts(rows, on=on), on=on)
    weekly = weekly_counts(rows, on=on, date="date_event", reported="date")
    if how == "naive":
        return evidence(weekly, on=on)
    delays = report_delays(weeks_of(rows[rows["date"] <= pd.Timestamp(on)]), on=on)
    return evidence(weekly, on=on, exposure=delays.completeness, n_back=delays.n_back)


def first_found(rows, how):
    """Weeks from the rise until the scan finds it; missing when it never does."""
    for k in range(SPIKE, len(WEEKS)):
        found = looked(rows, (WEEKS[k] + 6 * DAY).date(), how)
        if bool(found.loc[found["hazard"] == "h0", "is_rise"].any()):
            return k - SPIKE
    return np.nan


def test_a_delayed_rise_is_found_where_a_scan_that_knows_no_delay_is_wrong():
    waits = {
        how: [first_found(late(seed, spike=24), how) for seed in range(2)]
        for how in ("aware", "naive", "report")
    }
    assert np.isnan(waits["naive"]).all()  # every newest week looks quiet: half of it has not come
    assert np.isfinite(waits["aware"]).all() and np.max(waits["aware"]) <= 3
    slow = np.nan_to_num(waits["report"], nan=99)  # spread over the delays: later, or never
    assert (np.asarray(waits["aware"]) <= slow).all() and (np.asarray(waits["aware"]) < slow).any()


def test_without_a_rise_no_delay_is_taken_for_one():
    rows = late(11, spike=0)
    n_found = sum(
        int(looked(rows, (WEEKS[k] + 6 * DAY).date(), "aware")["is_rise"].sum()) for k in range(130, 149, 3)
    )
    assert n_found <= 1


def test_the_shares_that_have_come_are_those_of_the_made_delays():
    found = report_delays(weeks_of(late(5, spike=0, mean=40.0)), on=(WEEKS[-1] + 6 * DAY).date())
    assert (found.by, found.reason, found.n_back, found.share_dated) == ("event", "known", 4, 1.0)
    np.testing.assert_allclose(found.completeness.iloc[-8:], np.cumsum(SHARES)[::-1], atol=0.03)


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_without_any_delay_the_day_of_the_event_says_what_the_day_of_the_report_says(seed):
    rows = late(seed, spike=9, shares=(1.0,), n_hazards=2, mean=1.0)
    on = (WEEKS[SPIKE] + 6 * DAY).date()
    pd.testing.assert_frame_equal(looked(rows, on, "aware"), looked(rows, on, "report"))


def test_what_comes_later_changes_no_evidence_of_late_reports():
    rows = late(2, spike=24)
    on = (WEEKS[SPIKE + 1] + 6 * DAY).date()
    then = looked(rows[rows["date"] <= pd.Timestamp(on)], on, "aware")
    pd.testing.assert_frame_equal(then, looked(rows, on, "aware"))


def test_why_reports_are_counted_by_their_own_day():
    rows, on = late(3, spike=0), (WEEKS[-1] + 6 * DAY).date()
    some = rows.assign(date_event=rows["date_event"].where(rows.index % 5 != 0))
    found = report_delays(weeks_of(some), on=on)
    assert (found.by, found.reason) == ("report", "no_event_days") and found.share_dated == pytest.approx(
        0.8, abs=0.02
    )
    early = rows.assign(date_event=rows["date"] + 30 * DAY)  # an event after its report is none
    assert report_delays(weeks_of(early), on=on).reason == "no_event_days"
    short = rows[rows["date"] > WEEKS[-10]]
    assert report_delays(weeks_of(short), on=on).reason == "short_history"
    assert report_delays(weeks_of(rows.head(60)), on=on).reason in ("short_history", "no_event_days")
    with pytest.raises(InputFaults) as caught:
        report_delays(pd.DataFrame({"n": [1]}), on=on)
    assert len(caught.value.faults) == 2


def test_how_many_weeks_are_judged_is_said_and_refused_below_one():
    weekly = weekly_counts(late(1, spike=0), on=WEEKS[-1].date())
    with pytest.raises(InputFaults, match="n_back"):
        evidence(weekly, on=WEEKS[-1].date(), n_back=0)


@given(st.lists(st.integers(0, 30), min_size=7, max_size=12), st.floats(0.05, 20), st.floats(0.05, 1.0))
def test_exposure_of_bayes_is_free_of_its_unit_and_less_of_it_lowers_the_bound(values, unit, share):
    counts = pd.DataFrame({"a": values})
    chosen = BayesSettings(years_back=0, half_window=6, alpha=0.005)
    plain = bayes_bounds(counts, settings=chosen)
    scaled = bayes_bounds(counts, settings=chosen, exposure=pd.Series(unit, index=counts.index))
    pd.testing.assert_frame_equal(plain, scaled)
    part = bayes_bounds(
        counts, settings=chosen, exposure=pd.Series([1.0] * (len(values) - 1) + [share], index=counts.index)
    )
    assert part["bound"].item() <= plain["bound"].item()
    assert part["expected"].item() == pytest.approx(plain["expected"].item() * share)
    assert part["p_value"].item() <= plain["p_value"].item() + 1e-12


def test_bayes_with_exposure_equals_the_sum_over_its_predictive_distribution():
    counts = pd.DataFrame({"a": [3, 1, 0, 2, 2, 1, 6]})
    shares = pd.Series([1, 1, 1, 1, 0.9, 0.7, 0.4], index=counts.index)
    found = bayes_bounds(
        counts, settings=BayesSettings(years_back=0, half_window=6, alpha=0.05), exposure=shares
    )
    rng = np.random.default_rng(
        1
    )  # Gamma(½ + 9) over an exposure of 5.6, then Poisson at 0.4: drawn, not solved
    drawn = rng.poisson(0.4 * rng.gamma(9.5, 1 / 5.6, 2_000_000))
    assert found["p_value"].item() == pytest.approx((drawn >= 6).mean(), rel=0.05)
    assert found["bound"].item() == np.quantile(drawn, 0.95, method="inverted_cdf")


def test_a_file_and_a_register_of_the_same_late_reports_say_the_same(tmp_path: Path) -> None:
    rows = late(0, spike=24)
    on = (WEEKS[SPIKE + 1] + 6 * DAY).date()
    days = {name: rows[name].dt.strftime("%Y-%m-%d") for name in ("date", "date_event")}
    file = tmp_path / "reports.csv"
    rows.assign(**days).to_csv(file, index=False)
    records = rows.assign(source_class="complaint", date=days["date_event"], date_reported=days["date"],
                          product="toy", evidence=[f"e{k}" for k in range(len(rows))])  # fmt: skip
    records.drop(columns="date_event").to_csv(tmp_path / "records.csv", index=False)
    taken(tmp_path / "register", tmp_path / "records.csv")
    plain, kept = (study_signals(str(name), on=on.isoformat()) for name in (file, tmp_path / "register"))
    for study in (plain, kept):
        assert (study.delays.by, study.delays.n_back) == ("event", 4)
        first = study.alarms.iloc[0]
        assert (first["hazard"], first["rule_id"]) == ("h0", "rise")
        assert first["rise_week"] == WEEKS[SPIKE] < study.week
    shown = ["signal_id", "rise_week", "n_week", "expected", "bound", "p_rise", "points", "decision"]
    pd.testing.assert_frame_equal(plain.found[shown], kept.found[shown])
    assert plain.n_reports == kept.n_reports
    drawn = plain.series[plain.series["week"] == WEEKS[SPIKE]]
    assert bool(drawn["is_alarm"].iloc[0]) and drawn["observed"].iloc[0] == first["n_week"]
    late_file = tmp_path / "bad.csv"
    rows.assign(**days).head(5).assign(date_event="soon").to_csv(late_file, index=False)
    with pytest.raises(InputFaults) as caught:
        study_signals(str(late_file))
    assert len(caught.value.faults) == 5


def test_the_day_of_an_event_that_is_not_given_is_said() -> None:
    study = study_signals()
    assert (study.delays.by, study.delays.reason, study.delays.n_back) == ("report", "no_event_days", 1)
    assert study.found["rise_week"].eq(study.week).all()
    assert dt.date.fromisoformat("2026-03-01") == study.on
