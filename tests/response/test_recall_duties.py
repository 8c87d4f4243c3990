"""Duties of recalls and their clocks, the recall plan, notices and the grade of the effect."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.response.reason_words import reason_words
from riskkit.response.recall.advice import effect_grades, notice_advice
from riskkit.response.recall.duties import DECISIONS, decide, duty_clocks
from riskkit.response.recall.plan import plan_completeness
from riskkit.response.working_days import last_days

ON = dt.date(2026, 3, 10)


def clock(duty, *, on=ON, **facts) -> pd.Series:
    found = duty_clocks(pd.DataFrame({name: [value] for name, value in facts.items()}), on=on)
    return found.set_index("duty").loc[duty]


# Worked by hand from the holidays of 2026: off 15 to 23 February; 14 and 28 February are made up.
@pytest.mark.parametrize(
    ("goods", "duty", "facts", "due", "decision"),
    [
        ("consumer", "report", {"learned_on": "2026-02-13"}, "2026-02-24", "overdue"),
        ("consumer", "report", {"learned_on": "2026-02-13", "reported_on": "2026-02-24"}, "2026-02-24", "met"),
        ("consumer", "report", {"learned_on": "2026-02-13", "reported_on": "2026-02-25"}, "2026-02-24", "late"),
        ("consumer", "plan", {"confirmed_on": "2026-02-27"}, "2026-03-12", "running"),
        ("consumer", "plan", {"confirmed_on": "2026-03-05", "ordered_on": "2026-02-27"}, "2026-03-12", "running"),
        ("consumer", "stage_report", {"plan_filed_on": "2025-11-30"}, "2026-02-28", "overdue"),
        ("consumer", "stage_report", {"plan_filed_on": "2025-11-30", "stage_reported_on": "2026-02-26"}, "2026-05-26", "running"),
        ("consumer", "final_report", {"ended_on": "2026-02-13"}, "2026-03-12", "running"),
        ("vehicle", "objection", {"notified_on": "2026-02-13"}, "2026-03-12", "running"),
        ("vehicle", "objection", {"notified_on": "2026-02-11"}, "2026-03-10", "running"),
        ("vehicle", "objection", {"notified_on": "2026-02-10"}, "2026-03-09", "lapsed"),
        ("vehicle", "publish", {"plan_filed_on": "2026-02-13"}, "2026-02-27", "overdue"),
        ("vehicle", "tell_owners", {"plan_filed_on": "2026-02-13"}, "2026-04-02", "running"),
        ("vehicle", "ota_filing", {"ota_release_on": "2026-03-16"}, "2026-03-09", "overdue"),
        ("vehicle", "ota_filing", {"ota_release_on": "2026-03-16", "ota_filed_on": "2026-03-09"}, "2026-03-09", "met"),
        ("vehicle_emission", "objection", {"notified_on": "2026-02-13"}, "2026-03-12", "running"),
        ("vehicle_emission", "publish", {"plan_filed_on": "2026-03-09"}, "2026-03-16", "running"),
    ],
)  # fmt: skip
def test_clocks_worked_by_hand(goods, duty, facts, due, decision):
    found = clock(duty, goods=goods, **facts)
    assert (str(found["due_on"].date()), found["decision"]) == (due, decision)


def test_every_clock_says_where_its_rule_is_from_and_how_far_it_was_read():
    rows = duty_clocks(pd.DataFrame({"goods": ["consumer", "vehicle", "vehicle_emission"]}), on=ON)
    assert set(rows["decision"]) == {"not_started"} and rows["margin"].isna().all()
    assert len(rows) == len(standards.all_rows("recall_duties"))
    objection = clock("objection", goods="vehicle", notified_on="2026-02-13")
    assert (objection["status"], objection["reading"], objection["source_id"]) == (
        "published",
        "read",
        "sc_order_626",
    )
    assert set(rows.loc[rows["reading"] == "unread", "status"]) == {"house"}
    assert set(rows.loc[rows["reading"] == "secondary", "status"]) == {"derived"}


def test_what_is_owed_at_once_is_due_until_it_is_done():
    assert clock("stop_sale", goods="consumer", confirmed_on="2026-03-09")["decision"] == "due_now"
    later = clock("stop_sale", goods="consumer", confirmed_on="2026-03-02", sale_stopped_on="2026-03-09")
    assert (later["decision"], later["reason"]) == ("met", "days_later")


def test_the_rule_in_force_on_the_day_the_clock_starts_counts():
    old = clock("plan", goods="consumer", confirmed_on="2019-12-31", on=dt.date(2020, 3, 2))
    assert (old["decision"], old["reason"], old["due_on"]) == ("unknown", "no_rule_in_force", pd.NaT)
    assert str(clock("plan", goods="consumer", confirmed_on="2020-01-01")["due_on"].date()) == "2020-01-15"
    rules = standards.all_rows("recall_duties")
    plan = rules[(rules["goods"] == "consumer") & (rules["duty"] == "plan")]
    versions = pd.concat(
        [plan.assign(valid_to="2026-02-28"), plan.assign(valid_from="2026-03-01", amount=5.0)]
    )
    facts = pd.DataFrame({"goods": "consumer", "confirmed_on": ["2026-02-28", "2026-03-01"]})
    found = duty_clocks(facts, on=ON, rules=versions)
    assert found["due_on"].dt.strftime("%m-%d").tolist() == ["03-13", "03-06"]


def test_a_term_into_a_year_without_a_notice_runs_and_is_unknown_afterwards():
    facts = {"goods": "consumer", "confirmed_on": "2026-12-25"}
    found = clock("plan", on=dt.date(2026, 12, 28), **facts)
    assert (found["decision"], found["reason"]) == ("running", "holidays_unpublished") and pd.isna(
        found["due_on"]
    )
    assert clock("plan", on=dt.date(2027, 3, 1), **facts)["decision"] == "unknown"


def test_a_recall_that_has_ended_owes_no_further_stage_report():
    facts = {"goods": "consumer", "plan_filed_on": "2025-06-03", "stage_reported_on": "2025-09-03"}
    assert clock("stage_report", **facts)["decision"] == "overdue"
    assert clock("stage_report", **facts, ended_on="2025-11-03")["decision"] == "met"
    assert clock("stage_report", **facts, ended_on="2026-01-12")["decision"] == "late"


def test_one_row_a_recall_names_what_needs_attention_first():
    facts = pd.DataFrame(
        {
            "goods": ["consumer", "consumer", "vehicle", None],
            "confirmed_on": ["2026-02-02", "2026-03-09", None, "2026-03-09"],
            "sale_stopped_on": [None, "2026-03-09", None, None],
        },
        index=["a", "b", "c", "d"],
    )
    found = decide(facts, on=ON)
    assert found.index.tolist() == ["a", "b", "c", "d"]
    assert found["decision"].tolist() == ["overdue", "running", "not_started", "unknown"]
    assert found["duty"].tolist()[:2] == ["plan", "plan"] and found["n_overdue"].tolist() == [1, 0, 0, 0]
    assert found.loc["d", "reason"] == "goods_missing"
    assert decide(facts.iloc[:0], on=ON).empty


@given(st.dates(dt.date(2020, 1, 1), dt.date(2025, 12, 1)), st.integers(0, 60))
def test_a_later_day_never_makes_an_open_duty_milder_and_filing_settles_it(start, wait):
    order = DECISIONS[::-1].index
    open_one = pd.DataFrame({"goods": ["consumer"], "confirmed_on": [start], "sale_stopped_on": [start]})
    today, next_day = (
        decide(open_one, on=start + dt.timedelta(wait + k))["decision"].iloc[0] for k in (0, 1)
    )
    assert order(next_day) >= order(today)
    due = last_days([start], [10], unit="working_day")[0].item()
    assert (today == "overdue") == (start + dt.timedelta(wait) > due)
    filed = start + dt.timedelta(wait)
    found = duty_clocks(open_one.assign(plan_filed_on=filed), on=filed).set_index("duty")
    assert found.at["plan", "decision"] == ("met" if filed <= due else "late")
    assert found.at["plan", "margin"] == (due - filed).days


def test_bad_facts_are_refused_with_all_faults_at_once():
    facts = pd.DataFrame(
        {
            "goods": ["consumer", "toys", "vehicle"],
            "confirmed_on": ["2026-02-30", "2026-03-01", None],
            "plan_filed_on": ["2026-03-01", None, "2026-02-02"],
            "published_on": [None, None, "2026-02-01"],
            "ended_on": [20260301, None, None],
        }
    )
    with pytest.raises(InputFaults) as caught:
        duty_clocks(facts, on=ON)
    assert [fault.place for fault in caught.value.faults] == [
        "goods: row 1", "confirmed_on: row 0", "ended_on: row 0", "published_on: row 2",
    ]  # fmt: skip
    with pytest.raises(InputFaults, match="goods"):
        decide(pd.DataFrame({"confirmed_on": ["2026-03-01"]}), on=ON)


# the plan


def full_plan() -> dict[str, object]:
    fields = standards.table("recall_plan_fields").set_index("field")["kind"]
    sample = {"text": "x", "day": "2026-01-05", "count": 100}
    return {name: sample.get(kind, kind.split("|")[0]) for name, kind in fields.items()}


def test_a_plan_with_every_field_of_the_form_is_complete_and_each_required_field_counts():
    fields = standards.table("recall_plan_fields")
    assert plan_completeness(pd.DataFrame([full_plan()]), on=ON)["decision"].tolist() == ["complete"]
    for field, required in zip(fields["field"], fields["required"], strict=True):
        found = plan_completeness(pd.DataFrame([{**full_plan(), field: None}]), on=ON).iloc[0]
        assert (found["missing"] == field) == (required == "yes")
    found = plan_completeness(
        pd.DataFrame([{**full_plan(), "brand": " ", "model": "N/A"}], index=["p"]), on=ON
    )
    assert found.loc["p", "missing"] == "brand model" and found.loc["p", "margin"] == 2


def test_a_plan_that_contradicts_itself_is_refused_with_all_faults():
    wrong = {"produced_to": "2025-12-31", "n_recalled": 101, "product_type": "走私", "n_sold": 5}
    with pytest.raises(InputFaults) as caught:
        plan_completeness(pd.DataFrame([{**full_plan(), **wrong}]), on=ON)
    assert len(caught.value.faults) == 4
    with pytest.raises(InputFaults, match="whole number"):
        plan_completeness(pd.DataFrame([{**full_plan(), "n_produced": "many"}]), on=ON)


# notices and grades


@pytest.mark.parametrize(
    ("n_open", "reachable", "used", "decision", "n_expected"),
    [
        (1000, 0.5, "", "direct_notice", 250),
        (1000, 0.1, "", "press_release", 60),
        (1000, 0.12, "", "direct_notice", 60),
        (1000, 0.9, "direct_notice", "press_release", 60),
        (1000, 0.9, "press_release direct_notice", "none_left", None),
        (0, 0.9, "", "none_needed", None),
        (1000, None, "", "unknown", None),
        (1000, None, "direct_notice", "press_release", 60),
        (None, 0.5, "", "unknown", None),
    ],
)
def test_the_next_notice_is_the_one_that_brings_most_units_in(n_open, reachable, used, decision, n_expected):
    rows = pd.DataFrame({"n_open": [n_open], "share_reachable": [reachable], "used": [used]}, dtype=object)
    found = notice_advice(rows, on=ON).iloc[0]
    assert found["decision"] == decision
    assert found["n_expected"] == n_expected or (n_expected is None and np.isnan(found["n_expected"]))


def test_grades_rise_with_the_rate_and_flag_their_bounds():
    rates = pd.DataFrame({"rate": [0, 0.0999, 0.1, 0.65, 0.85, 0.95, 1, None]})
    found = effect_grades(rates, on=ON)
    assert found["decision"].tolist() == [
        "bad",
        "bad",
        "poor",
        "fair",
        "good",
        "very_good",
        "very_good",
        "unknown",
    ]
    assert found["is_on_boundary"].tolist() == [False, False, True, True, True, True, False, False]
    assert found["margin"].iloc[3] == pytest.approx(0.2) and set(found["status"]) == {"house"}


def test_bad_notices_and_rates_are_refused():
    with pytest.raises(InputFaults, match="direct_notice"):
        notice_advice(pd.DataFrame({"n_open": [1], "share_reachable": [0.5], "used": ["pigeon"]}), on=ON)
    with pytest.raises(InputFaults) as caught:
        notice_advice(pd.DataFrame({"n_open": [-1], "share_reachable": [1.5], "used": [""]}), on=ON)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults):
        effect_grades(pd.DataFrame({"rate": [1.01]}), on=ON)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_decision_and_reason_has_words(lang):
    words = pd.Series([*DECISIONS, *standards.table("recall_words")["word"]])
    known = words[words != "unknown"]
    assert (in_language(lang, reason_words, known).str.len() > 0).all()
