"""Signals: evidence as of the day, an order under a budget, memory that opens again on new evidence only."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.standards import table
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.signals.evidence import KEYS, evidence, newest_week, signal_id, weekly_counts
from riskkit.monitoring.signals.memory import check_steps, no_steps, remembered
from riskkit.monitoring.signals.ranking import decide, families, points, reserved_places
from riskkit.monitoring.signals.weights import signal_weights

ON = dt.date(2026, 3, 1)
WEEKS = pd.date_range("2024-01-01", "2026-02-23", freq="7D")


def reports(*, extra=(), seed=1, n_weeks=113):
    """Five combinations reported evenly, and rows of (week from the end, hazard, origin, goods, times)."""
    rng = np.random.default_rng(seed)
    rows = [
        (WEEKS[k], f"h{j % 3}", f"o{j % 2}", f"g{j}")
        for j in range(5)
        for k in range(len(WEEKS) - n_weeks, len(WEEKS))
        for _ in range(rng.poisson(1.5))
    ]
    rows += [(WEEKS[-1 - back], h, o, g) for back, h, o, g, times in extra for _ in range(times)]
    return pd.DataFrame(rows, columns=["date", *KEYS])


def facts(points_of, **more):
    """Combinations whose only points are those of the newest week."""
    n = len(points_of)
    return pd.DataFrame(
        {"signal_id": [f"s{k}" for k in range(n)], "n_week": 3, "n_all": 9, "is_rise": True, "is_pair": False,
         "novelty": "known", "p_rise": 10.0 ** -np.asarray(points_of, dtype=float), "p_pair": 1.0,
         "severity": 0, "growth": 1.0, "rise_reason": "above_bound"} | more
    )  # fmt: skip


def step(event, *, at="2026-01-05", n_reports=9, points=3.0, severity=0, **more):
    row = {"signal_id": "s0", "event": event, "at": at, "by": "Li", "reason": "one firm",
           "n_reports": n_reports, "points": points, "severity": severity}  # fmt: skip
    return row | more


def test_a_jump_is_a_rise_and_a_combination_never_seen_is_new():
    rows = reports(extra=[(0, "h0", "o0", "g0", 14), (0, "h9", "o1", "g1", 1), (0, "h1", "o1", "g4", 1)])
    found = evidence(weekly_counts(rows, on=ON), on=ON).set_index(list(KEYS))
    assert bool(found.loc[("h0", "o0", "g0"), "is_rise"])
    assert found["is_rise"].sum() == 1
    assert found.loc[("h9", "o1", "g1"), "novelty"] == "hazard"
    assert found.loc[("h1", "o1", "g4"), "novelty"] == "combination"
    assert found.loc[("h0", "o0", "g0"), "novelty"] == "known"
    judged = decide(found.reset_index(), on=ON, budget=2)
    first = judged.index[judged["rank"] == 1][0]
    assert found.reset_index().loc[first, "hazard"] == "h0"
    assert judged["decision"].value_counts().to_dict()["alarm"] == 2


def test_a_history_of_some_weeks_calls_nothing_new():
    found = evidence(weekly_counts(reports(n_weeks=20), on=ON), on=ON)
    assert set(found["novelty"]) <= {"unknown", "known"}


@pytest.mark.parametrize("back", range(20))
def test_what_comes_later_changes_no_evidence(back):
    rows = reports()
    on = (WEEKS[-1] + pd.Timedelta(days=6 - 7 * back)).date()
    known = rows[rows["date"] <= pd.Timestamp(on)]
    then, later = (evidence(weekly_counts(part, on=on), on=on) for part in (known, rows))
    pd.testing.assert_frame_equal(then, later)
    whole = evidence(weekly_counts(rows, on=ON), on=on)  # counts of later weeks are there and not used
    pd.testing.assert_frame_equal(then, whole)


def test_a_week_that_runs_is_not_judged():
    assert newest_week(dt.date(2026, 2, 28)) == pd.Timestamp("2026-02-16")
    rows = reports(extra=[(0, "h0", "o0", "g0", 40)])
    found = evidence(weekly_counts(rows, on=dt.date(2026, 2, 28)), on=dt.date(2026, 2, 28))
    assert found["week"].unique().tolist() == [pd.Timestamp("2026-02-16")]
    assert not found["is_rise"].any()


def test_weeks_that_are_not_complete_are_judged_by_what_has_come():
    weekly = weekly_counts(reports(extra=[(0, "h0", "o0", "g0", 4)]), on=ON)
    share = pd.Series([1.0] * (len(WEEKS) - 1) + [0.25], index=WEEKS)
    plain, allowed = (
        evidence(weekly, on=ON, exposure=given).set_index(list(KEYS)).loc[("h0", "o0", "g0")]
        for given in (None, share)
    )
    assert plain["n_week"] == allowed["n_week"]
    assert allowed["rise_rule"] == plain["rise_rule"] == "bayes_recent" or allowed["p_rise"] < plain["p_rise"]


@pytest.mark.parametrize("wrong", [-1, 2.5, np.inf, np.nan, "many"])
def test_a_faulty_count_silences_its_own_series_only(wrong):
    weekly = weekly_counts(reports(extra=[(0, "h0", "o0", "g0", 14)]), on=ON)
    weekly["n"] = weekly["n"].astype(object)
    place = weekly.index[weekly["product_group"] == "g3"][5]
    weekly.loc[place, "n"] = wrong
    found = evidence(weekly, on=ON)
    judged = found.join(decide(found, on=ON)[["decision", "reason"]]).set_index("product_group")
    assert judged.loc["g3", "decision"] == "unknown" and judged.loc["g3", "reason"] == "not_a_count"
    assert pd.isna(judged.loc["g3", "n_year"]) and pd.isna(judged.loc["g3", "p_rise"])
    assert judged.loc["g0", "decision"] == "alarm"
    assert (judged.drop("g3")["decision"] != "unknown").all()


def test_false_discoveries_are_counted_over_every_series_even_the_silent_ones():
    rows = reports(extra=[(0, "h0", "o0", "g0", 3)])
    quiet = [(60, f"q{k}", "o0", "g0", 1) for k in range(400)]
    few, many = (
        evidence(weekly_counts(part, on=ON), on=ON).query("hazard == 'h0' and product_group == 'g0'").iloc[0]
        for part in (rows, pd.concat([rows, reports(extra=quiet).iloc[-400:]]))
    )
    assert many["p_rise"] == pytest.approx(few["p_rise"])
    assert many["q_rise"] > few["q_rise"]


def test_columns_and_dates_that_are_wrong_are_said_together():
    with pytest.raises(InputFaults) as caught:
        weekly_counts(pd.DataFrame({"date": ["2026-01-01"]}), on=ON)
    assert len(caught.value.faults) == 3
    rows = reports().head(3).astype({"date": object})
    rows.loc[1, "date"] = "soon"
    with pytest.raises(InputFaults, match="row 1: date"):
        weekly_counts(rows, on=ON)
    with pytest.raises(InputFaults, match="no week that ended"):
        evidence(weekly_counts(reports(), on=ON), on=dt.date(2020, 1, 1))


def test_a_missing_origin_is_a_word_of_its_own_and_a_missing_hazard_is_left_out():
    rows = reports().head(4).assign(origin=None)
    rows.loc[rows.index[0], "hazard"] = None
    found = weekly_counts(rows, on=ON)
    assert found["n"].sum() == 3 and set(found["origin"]) == {""}


def test_the_same_combination_has_the_same_name_and_another_one_another():
    assert signal_id(["a", "b", "c"]) == signal_id(["a", "b", "c"])
    assert len({signal_id(x) for x in (["a", "b", "c"], ["ab", "", "c"], ["a", "c", "b"], ["a,b", "c"])}) == 4


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9), st.integers(0, 9))
def test_a_budget_is_never_passed_and_holds_the_strongest(values, budget):
    judged = decide(facts(values), on=ON, budget=budget)
    alarms = judged["decision"] == "alarm"
    assert alarms.sum() == min(budget, len(values))
    if alarms.any() and not alarms.all():
        assert judged.loc[alarms, "points"].min() >= judged.loc[~alarms, "points"].max()
        assert (judged.loc[alarms, "margin"] >= 0).all() and (judged.loc[~alarms, "margin"] <= 0).all()
        even = judged.loc[alarms, "points"].min() == judged.loc[~alarms, "points"].max()
        assert judged["is_on_boundary"].any() == even


@cache
def in_order():
    rows = facts([3, 3, 3, 2, 5, 1])
    return rows, decide(rows, on=ON, budget=2)["decision"]


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_no_decision(order):
    rows, found = in_order()
    turned = decide(rows.iloc[list(order)], on=ON, budget=2)["decision"]
    pd.testing.assert_series_equal(found, turned.reindex(found.index))


@pytest.mark.parametrize("budget", [-1, 2.5, "3", True, float("nan")])
def test_a_budget_is_a_whole_number(budget):
    with pytest.raises(InputFaults, match="budget"):
        decide(facts([1]), on=ON, budget=budget)


def test_more_of_anything_never_gives_fewer_points_and_unknown_is_not_low():
    def sum_of(**more):
        return points(facts([3], **more), on=ON)["points"].iloc[0]

    grades = [sum_of(severity=k) for k in range(5)]
    assert grades == sorted(grades) and sum_of(severity=pd.NA) > grades[0]
    news = [sum_of(novelty=word) for word in ("known", "unknown", "combination", "hazard")]
    assert news == sorted(news) and len(set(news)) == 4
    assert sum_of(growth=1.0) < sum_of(growth=np.nan) < sum_of(growth=1.5)
    assert sum_of(p_rise=1.0) < sum_of(p_rise=1e-3) < sum_of(p_rise=1e-6) == sum_of(p_rise=0.0)
    assert np.isnan(sum_of(p_rise=np.nan))


def test_a_combination_without_a_report_this_week_is_no_signal():
    quiet = facts([5], n_week=0)
    assert families(quiet).tolist() == [""]
    assert decide(quiet, on=ON)["decision"].tolist() == ["no_signal"]


def test_a_dismissed_signal_stays_so_until_reports_and_points_are_more():
    def state(n_all, value, **more):
        found = decide(facts([value], n_all=n_all, **more), on=ON, steps=pd.DataFrame([step("dismissed")]))
        return found[["state", "decision", "reopened_by"]].iloc[0].tolist()

    assert state(9, 3) == ["dismissed", "in_memory", ""]
    assert state(11, 6) == ["dismissed", "in_memory", ""]  # two reports more
    assert state(30, 3) == ["dismissed", "in_memory", ""]  # many more of the same: no more points
    assert state(12, 5) == ["reopened", "alarm", "reports"]
    assert state(9, 3, severity=4) == ["reopened", "alarm", "severity"]


def test_a_signal_seen_takes_no_second_place_in_the_budget_and_a_look_ends_no_judgement():
    seen = remembered(facts([3]).assign(points=3.0), pd.DataFrame([step("seen")]), on=ON)
    assert seen["state"].tolist() == ["open"]
    grown = facts([6], n_all=12).assign(points=6.0)
    assert remembered(grown, pd.DataFrame([step("seen")]), on=ON)["state"].tolist() == ["reopened"]
    both = pd.DataFrame([step("dismissed"), step("seen", at="2026-01-12", n_reports=12, points=6.0)])
    again = remembered(facts([6], n_all=12).assign(points=6.0), both, on=ON)
    assert again["state"].tolist() == ["reopened"]
    renewed = pd.concat([both, pd.DataFrame([step("confirmed", at="2026-01-13", n_reports=12, points=6.0)])])
    assert remembered(facts([6], n_all=12).assign(points=6.0), renewed, on=ON)["state"].tolist() == [
        "confirmed"
    ]
    assert remembered(facts([3]).assign(points=3.0), no_steps(), on=ON)["state"].tolist() == ["new"]


def test_a_step_of_tomorrow_is_not_known_today():
    steps = pd.DataFrame([step("dismissed", at="2026-03-02T00:30:00")])
    assert remembered(facts([3]).assign(points=3.0), steps, on=ON)["state"].tolist() == ["new"]


def test_faulty_steps_are_said_together():
    rows = [step("praised"), step("dismissed", reason=" ", by=None), step("seen", at="soon", n_reports="x")]
    with pytest.raises(InputFaults) as caught:
        check_steps(pd.DataFrame(rows))
    assert len(caught.value.faults) == 5


def test_weights_that_lack_a_row_or_have_two_are_refused():
    rules = table("signal_weights")
    rules = rules[rules["choice"] != "budget"]
    with pytest.raises(InputFaults, match="limit budget"):
        signal_weights(on=ON, rules=pd.concat([rules, rules[rules["choice"] == "fdr"]]))


def test_every_reason_has_words():
    judged = decide(facts([6, 1, 3], n_week=[3, 3, 0]), on=ON, budget=1)
    assert judged["reason"].tolist() == ["signal_alarm", "signal_waits", "signal_no_signal"]
    for lang in ("zh", "en"):
        assert all(in_language(lang, reason_text, reason) for reason in judged["reason"])


def test_ethylene_oxide_is_among_the_alarms_before_the_measure_of_2020():
    rows = pd.read_csv(shared("data", "rasff", "notifications_2020_2024h1.csv.gz"))
    rows = rows[rows["hazards"].notna()]
    rows["product_group"] = rows["product_category"].str.lower()
    words = rows["hazards"].str.lower()
    rows["hazard"] = words.where(~words.str.contains("ethylene oxide"), "ethylene oxide")
    on = dt.date(2020, 10, 18)  # four days before Regulation (EU) 2020/1540
    found = evidence(weekly_counts(rows, on=on, keys=["hazard"]), on=on, keys=["hazard"])
    judged = found.join(decide(found, on=on, budget=10)[["decision", "rank"]]).set_index("hazard")
    assert judged.loc["ethylene oxide", "decision"] == "alarm" and judged.loc["ethylene oxide", "rank"] <= 3
    assert judged["pair_expected"].isna().all()  # a hazard alone has no goods to compare with


def _after_dismissal(again, fresh, *, budget, **more):
    """Decisions over re-opened signals (each with new reports since) and new ones, by their points."""
    n = len(again)
    rows = facts([*again, *fresh], n_all=[99] * n + [3] * len(fresh))
    steps = pd.DataFrame(
        [step("dismissed", n_reports=0, points=0.0) | {"signal_id": f"s{k}"} for k in range(n)]
    )
    return decide(rows, on=ON, budget=budget, steps=steps if n else None, **more)


def test_a_signal_that_opened_again_is_not_pushed_out_by_a_week_of_newcomers():
    found = _after_dismissal([2.0, 1.5], [6.0, 5.0, 4.0, 3.0], budget=4)
    assert found["state"].tolist() == ["reopened"] * 2 + ["new"] * 4
    assert found["decision"].tolist() == ["alarm", "waits", "alarm", "alarm", "alarm", "waits"]
    assert found.loc[0, ["rank", "is_reserved", "reason"]].tolist() == [4, True, "signal_reserved"]
    assert found["margin"].tolist() == pytest.approx([0.5, -0.5, 3.0, 2.0, 1.0, -1.0])  # each in its queue


@given(st.lists(st.integers(1, 6), max_size=6), st.lists(st.integers(1, 6), max_size=9), st.integers(0, 8))
def test_kept_places_change_nothing_where_nobody_needs_them(again, fresh, budget):
    if not again and not fresh:
        return
    found = _after_dismissal(again, fresh, budget=budget)
    alarms = found["decision"] == "alarm"
    is_again = found["state"] == "reopened"
    assert alarms.sum() == min(budget, len(found))
    kept = min(reserved_places(budget, on=ON), len(again))
    assert (alarms & is_again).sum() >= kept
    if found["is_reserved"].any():
        assert (alarms & is_again).sum() == kept  # no more than was kept
    else:
        inside, outside = (found.loc[part, "points"] for part in (alarms, ~alarms))
        assert inside.empty or outside.empty or inside.min() >= outside.max()
    for queue in (is_again, ~is_again):
        inside, outside = (found.loc[part & queue, "points"] for part in (alarms, ~alarms))
        assert inside.empty or outside.empty or inside.min() >= outside.max()
    assert sorted(found["rank"]) == list(range(1, len(found) + 1))
    assert (found.loc[alarms, "rank"] <= budget).all()


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.2, 1), (1.0, 3)])
def test_the_share_of_kept_places_is_a_row_of_the_table(share, expected):
    rules = table("signal_weights")
    is_row = (rules["component"] == "memory") & (rules["choice"] == "reserved")
    assert is_row.sum() == 1
    rules = rules.assign(value=rules["value"].mask(is_row, share))
    assert reserved_places(4, on=ON, rules=rules) == expected
    found = _after_dismissal([1.0] * 3, [6.0] * 9, budget=4, rules=rules)
    assert found["is_reserved"].sum() == expected


def test_what_was_judged_again_leaves_its_place_and_memory_ends_with_no_step():
    first = pd.DataFrame([step("dismissed", n_reports=0, points=0.0)])
    again = pd.concat([first, pd.DataFrame([step("dismissed", at="2026-02-20", n_reports=99, points=2.0)])])
    rows = facts([2.0, 6.0, 5.0], n_all=99)
    open_again, judged_again = (decide(rows, on=ON, budget=2, steps=steps) for steps in (first, again))
    assert open_again["decision"].tolist() == ["alarm", "alarm", "waits"]
    assert judged_again["decision"].tolist() == ["in_memory", "alarm", "alarm"]
    assert not judged_again["is_reserved"].any()
