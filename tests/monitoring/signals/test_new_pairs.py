"""Pairs new here: counted as of the day, forecast without the future, better than an order by reports alone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.new_pairs import (
    arrival_history,
    fit_arrival,
    forecast_quality,
    new_pairs,
    p_arrival,
    walk_forward,
)
from riskkit.monitoring.rates.proportions import clopper_pearson
from riskkit.monitoring.signals.arrival_backtest import forecast_bands, order_quality

KEYS = ["hazard", "origin", "product_group"]
START = pd.Timestamp("2023-01-01")
mentions = st.tuples(st.integers(0, 500), st.sampled_from("ABC"), *[st.sampled_from("xy")] * 3)


def _reports(rows):
    table = pd.DataFrame(rows, columns=["day", "region", *KEYS])
    return table.assign(date=START + pd.to_timedelta(table["day"], unit="D"))


@given(st.lists(mentions, min_size=1, max_size=40), st.integers(0, 500))
def test_facts_are_those_of_a_count_one_by_one(rows, day):
    on = (START + pd.Timedelta(days=day)).date()
    found = new_pairs(_reports(rows), here="A", on=on).set_index(KEYS)
    past = [row for row in rows if row[0] <= day]
    ours = [row for row in past if row[1] == "A"]
    pairs = {row[2:] for row in past} - {row[2:] for row in ours}
    assert set(found.index) == pairs
    for pair in pairs:
        ages = [day - row[0] for row in past if row[2:] == pair]
        fact = found.loc[pair]
        assert fact[["days_since", "days_known"]].tolist() == [min(ages), max(ages)]
        assert fact["n_28d"] == sum(age < 28 for age in ages)
        assert fact["n_regions"] == len({r[1] for r in past if r[2:] == pair and day - r[0] < 364})
        lately = [row for row in ours if day - row[0] < 364]
        assert fact["n_here_hazard"] == sum(row[2] == pair[0] for row in lately)
        assert fact["n_here_hazard_origin"] == sum(row[2:4] == pair[:2] for row in lately)
    now = new_pairs(_reports(rows), here="A", on=on, within=28).set_index(KEYS)
    pd.testing.assert_frame_equal(now, found[found["days_since"] < 28])


def test_an_outcome_is_what_came_within_28_days_and_open_while_they_run():
    reports = _reports([(0, "B", "x", "x", "x"), (38, "A", "x", "x", "x"), (50, "B", "y", "y", "y")])
    days = [(START + pd.Timedelta(days=k)).date() for k in (9, 10, 40)]
    found = arrival_history(reports, here="A", days=days)
    assert found["arrived"].tolist() == [
        False,
        True,
    ]  # day 40: it is here, and the other was not reported yet
    later = arrival_history(reports, here="A", days=[(START + pd.Timedelta(days=50)).date()])
    assert later["arrived"].isna().tolist() == [True]


@given(st.lists(mentions, min_size=1, max_size=40), st.sampled_from([None, 14]))
@settings(max_examples=20)  # many days and regions in each
def test_regions_asked_together_are_those_asked_one_by_one(rows, within):
    reports = _reports(rows)
    days = [(START + pd.Timedelta(days=k)).date() for k in (100, 300, 480)]
    found = arrival_history(reports, here=["A", "D"], days=days, within=within)
    for here in ("A", "D"):
        alone = arrival_history(reports, here=here, days=days, within=within)
        mine = found[found["region"] == here].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone, check_column_type=False)
        first = reports[reports["region"] == here].groupby(KEYS)["date"].min()
        for row in alone.dropna(subset="arrived").to_dict("records"):
            day = first.get(tuple(row[key] for key in KEYS), pd.Timestamp.max)
            assert row["arrived"] == (row["on"] < day <= row["on"] + pd.Timedelta(days=28))


def _history(seed=1):
    rng = np.random.default_rng(seed)
    facts = pd.DataFrame({"n_28d": rng.integers(0, 9, 6000), "days_since": rng.integers(0, 99, 6000)})
    facts["on"] = START + pd.to_timedelta(np.arange(6000) // 40 * 7, unit="D")
    return facts.assign(arrived=rng.random(6000) < 0.02 * (1 + facts["n_28d"]))


def test_a_forecast_never_hangs_on_what_came_after_it():
    history = _history()
    day = START + pd.Timedelta(days=700)
    turned = history.assign(arrived=history["arrived"].where(history["on"] < day, ~history["arrived"]))
    before = history["on"] < day
    now, other = walk_forward(history)["p_arrival"], walk_forward(turned)["p_arrival"]
    assert now[before].notna().any()
    pd.testing.assert_series_equal(now[before], other[before])
    assert (now[~before] - other[~before]).abs().max() > 0.1


def test_the_model_finds_the_chances_that_made_the_data():
    history = _history(2)
    p = p_arrival(history, model=fit_arrival(history))
    for n, rows in p.groupby(history["n_28d"]):
        assert rows.mean() == pytest.approx(0.02 * (1 + n), abs=0.035)
    few = fit_arrival(history.iloc[:100])
    assert few.weights.empty
    assert p_arrival(history.iloc[:3], model=few).isna().all()


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60))
def test_the_area_under_the_curve_is_the_rank_statistic(rows):
    forecast, arrived = (pd.Series(column) for column in zip(*rows, strict=True))
    found = forecast_quality(forecast, arrived, n_top=len(rows))
    assert found["precision_top"] == pytest.approx(found["rate"])
    if arrived.nunique() == 2:
        u = mannwhitneyu(forecast[arrived], forecast[~arrived]).statistic
        assert found["auc"] == pytest.approx(u / (arrived.sum() * (~arrived).sum()))


def test_equal_forecasts_share_the_top_and_unknown_ones_are_left_out():
    forecast = pd.Series([0.5, 0.5, 0.1, None])
    found = forecast_quality(forecast, pd.Series([True, False, False, True]), n_top=1)
    assert found[["precision_top", "n"]].tolist() == [0.5, 3]


def test_an_order_is_judged_by_hand():
    history = pd.DataFrame(
        [("A", "x", 1, 0.9, 1, True), ("A", "x", 2, 0.8, 2, True), ("B", "x", 2, 0.7, 3, False),
         ("A", "y", 2, 0.6, 4, False), ("B", "y", 3, 0.2, 5, True), ("B", "z", 3, None, 9, True),
         ("B", "w", 3, 0.9, 9, None)],
        columns=["region", "hazard", "on", "p_arrival", "n_364d", "arrived"])  # fmt: skip
    found = order_quality(history, n_top=3, keys=["hazard"])
    model, plain = found.loc["p_arrival"], found.loc["n_364d"]
    assert model[["n", "n_pairs_top", "n_pairs_arrived"]].tolist() == [5, 2, 1]
    assert (model["auc"], plain["auc"]) == pytest.approx((4 / 6, 2 / 6))
    assert (model["precision_top"], plain["precision_top"]) == pytest.approx((2 / 3, 1 / 3))
    assert model["precision_weekly"] == pytest.approx((1 + 1 / 3 + 1) / 3)
    ends = clopper_pearson(2, 3)
    assert model[["precision_lo", "precision_hi"]].tolist() == [ends.lo, ends.hi]
    bands = forecast_bands(history, edges=[0.7])
    assert bands["n"].tolist() == [3, 2]
    assert bands["rate"].tolist() == pytest.approx([1 / 3, 1])
    assert bands["mean_forecast"].tolist() == pytest.approx([0.5, 0.85])
    nothing = order_quality(history.assign(arrived=pd.NA), keys=["hazard"])
    assert nothing["n"].tolist() == [0, 0] and nothing["auc"].isna().all()


def test_what_is_no_date_is_refused_with_its_row():
    reports = _reports([(0, "B", "x", "x", "x")] * 2).astype({"date": object})
    reports.loc[1, "date"] = "soon"
    with pytest.raises(InputFaults, match="row 1: date"):
        new_pairs(reports, here="A", on=dt.date(2024, 1, 1))
    with pytest.raises(InputFaults, match="origin"):
        new_pairs(reports.drop(columns="origin"), here="A", on=dt.date(2024, 1, 1))


def test_arrivals_in_italy_are_put_in_order_better_than_by_reports_of_others():
    rows = pd.read_csv(shared("data", "rasff", "notifications_2020_2024h1.csv.gz"))
    rows["region"] = rows["notifying_country"].str.replace(r"\s*\(.*\)$", "", regex=True)
    rows["product_group"] = rows["product_category"].str.lower()
    rows = rows.assign(hazard=rows["hazards"].str.lower().str.split(";")).explode("hazard")
    rows["hazard"] = rows["hazard"].str.strip().str.replace(r"( - [^-]*)?( - .*)$", "", regex=True)
    days = pd.date_range("2020-07-06", "2024-05-27", freq="28D").date
    history = walk_forward(arrival_history(rows, here="Italy", days=list(days)))
    known = history["p_arrival"].notna()
    model, plain = (
        forecast_quality(history[name].where(known), history["arrived"]) for name in ("p_arrival", "n_364d")
    )
    assert model["auc"] > max(0.759, plain["auc"])
    assert model["mean_forecast"] == pytest.approx(model["rate"], rel=0.5)
