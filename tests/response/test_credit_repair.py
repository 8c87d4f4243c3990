"""Measures, repair and the extract: terms by hand, then what keeps a repair back, then wrong input."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.response.credit.breaches import breach_classes
from riskkit.response.credit.repair import measures, platform_extract, repair, unread
from riskkit.response.reason_words import reason_words

CODE = "91110000600037341L"


def found(on="2022-03-01", ground="251-22-3", **more):
    facts = {
        "found_on": [on],
        "ground": [ground],
        "last_ground_on": [None],
        "is_corrected": [1],
        "is_listed": [0],
    }
    return pd.DataFrame(facts | {name: [value] for name, value in more.items()})


@pytest.mark.parametrize(
    ("ground", "first_day"),
    [
        ("251-22-2", "2023-03-01"),
        ("251-22-6", "2023-03-01"),
        ("251-22-3", "2022-09-01"),
        ("251-22-4", "2022-06-01"),
    ],
)
def test_the_terms_of_order_251_by_hand(ground, first_day):
    first = dt.date.fromisoformat(first_day)
    before = repair(found(ground=ground), on=first - dt.timedelta(days=1)).iloc[0]
    after = repair(found(ground=ground), on=first).iloc[0]
    assert (before["decision"], before["reason"], before["margin"]) == ("not_yet", "too_early", 1)
    assert (after["decision"], after["margin"]) == ("may_apply", 0)
    assert after["apply_from"] == pd.Timestamp(first)


def test_smuggling_crime_and_bribery_cannot_be_repaired_on_application():
    for ground in ("251-22-1", "251-22-7"):
        row = repair(found(ground=ground), on=dt.date(2023, 6, 1)).iloc[0]
        assert (row["decision"], row["reason"]) == ("not_yet", "no_route")


def test_two_years_without_a_ground_are_repaired_by_customs_even_off_the_list():
    row = repair(found(is_listed=1, is_corrected=0), on=dt.date(2024, 3, 1)).iloc[0]
    assert (row["decision"], row["rule_id"]) == ("automatic", "251-automatic")
    again = repair(found(last_ground_on="2023-01-01"), on=dt.date(2024, 3, 1)).iloc[0]
    assert again["automatic_from"] == pd.Timestamp("2025-01-01") and again["decision"] == "may_apply"


def test_each_earlier_order_has_its_own_term():
    old = repair(found(on="2017-05-01", ground="225-10-2"), on=dt.date(2018, 5, 1)).iloc[0]
    assert (old["decision"], old["rule_id"]) == ("automatic", "2018-32-2")
    new = repair(found(on="2018-06-01", ground="237-12-2"), on=dt.date(2020, 5, 31)).iloc[0]
    assert (new["decision"], new["margin"], new["rule_id"]) == ("not_yet", 1, "237-13-3")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"is_listed": 1}, "listed"),
        ({"is_corrected": 0}, "not_corrected"),
        ({"is_corrected": None}, "facts_missing"),
    ],
)
def test_what_keeps_a_repair_back_is_said(more, reason):
    row = repair(found(**more), on=dt.date(2022, 12, 1)).iloc[0]
    assert row["reason"] == reason
    assert pd.isna(row["decision"]) == (reason == "facts_missing")
    assert in_language("zh", reason_words, pd.Series([reason])).item()


def test_who_is_not_discredited_needs_none_and_order_282_is_not_guessed():
    none = pd.DataFrame(
        {
            "found_on": [None],
            "ground": [None],
            "last_ground_on": [None],
            "is_corrected": [1],
            "is_listed": [0],
        }
    )
    assert repair(none, on=dt.date(2022, 12, 1))["decision"].item() == "not_needed"
    row = repair(found(), on=dt.date(2026, 6, 1)).iloc[0]
    assert pd.isna(row["decision"]) and row["reason"] == "rules_unread"
    assert "repair" in set(unread(dt.date(2026, 6, 1))["topic"])


@given(st.dates(dt.date(2021, 11, 1), dt.date(2024, 1, 1)), st.integers(0, 800))
def test_a_later_day_never_takes_a_repair_away(start, wait):
    facts = found(on=start.isoformat())
    rank = {"not_yet": 0, "may_apply": 1, "automatic": 2}
    day = start + dt.timedelta(days=wait)
    now, later = (repair(facts, on=when)["decision"].item() for when in (day, day + dt.timedelta(days=1)))
    assert rank[later] >= rank[now]


def test_wrong_input_is_named_at_once():
    facts = pd.concat([found(ground="251-99"), found(on="2023-01-01")], ignore_index=True)
    with pytest.raises(InputFaults) as caught:
        repair(facts, on=dt.date(2022, 6, 1))
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="is_listed"):
        repair(found(is_listed=2), on=dt.date(2022, 6, 1))


def test_measures_are_those_of_the_order_of_the_day():
    decisions = pd.DataFrame({"decision": ["discredited", None, "certified"]}, index=["A", "B", "C"])
    then = measures(decisions, on=dt.date(2019, 6, 1))
    assert then.loc[["A"], "limit"].tolist() == [0.8] and set(then.loc[["A"], "kind"]) == {"penalty"}
    assert then.loc[then["measure"] == "inspection_rate", "limit"].to_dict() == {"C": 0.5}
    assert "B" not in then.index
    now = measures(decisions, on=dt.date(2026, 6, 1))
    assert now["measure"].to_dict() == {"C": "aeo_recognition"}


def test_the_extract_holds_graded_enterprises_with_right_codes_only():
    decisions = pd.DataFrame(
        {"decision": ["discredited", None], "reason": ["251-22-2", "facts_missing"], "rule_set": "251"},
        index=["A", "B"],
    )
    who = pd.DataFrame({"credit_code": [CODE, None], "enterprise": ["甲公司", "乙公司"]}, index=["A", "B"])
    row = platform_extract(decisions, who, on=dt.date(2022, 6, 1))
    assert row.index.tolist() == ["A"] and not row["is_stated"].item()
    assert (row["grade_zh"].item(), row["ground_zh"].item()) == ("失信企业", "构成走私行为被海关行政处罚")
    with pytest.raises(InputFaults, match="credit_code"):
        platform_extract(decisions, who.assign(credit_code=CODE[:-1] + "X"), on=dt.date(2022, 6, 1))


def test_many_enterprises_at_once_are_what_each_is_alone():
    grounds = ["251-22-1", "251-22-2", "251-22-3", "251-22-4"] * 5
    days = pd.date_range("2022-01-01", periods=20, freq="31D").strftime("%Y-%m-%d")
    facts = pd.concat(
        [found(on=day, ground=ground) for day, ground in zip(days, grounds, strict=True)], ignore_index=True
    )
    whole = repair(facts, on=dt.date(2024, 1, 15))
    alone = pd.concat([repair(facts.iloc[[k]], on=dt.date(2024, 1, 15)) for k in range(20)])
    assert whole["decision"].tolist() == alone["decision"].tolist()
    assert np.array_equal(whole["margin"], alone["margin"], equal_nan=True)


# Classes of breach


def test_a_class_that_customs_stated_stands_and_none_is_guessed():
    rows = pd.DataFrame(
        {"penalty": ["fine", "stop_production", None], "stated_class": ["serious", None, ""]},
        index=list("abc"),
    )
    found = breach_classes(rows, on=dt.date(2026, 5, 1))
    assert found["decision"].fillna("?").tolist() == ["serious", "?", "?"]
    assert found["by_scheme"].fillna("?").tolist() == ["general", "serious", "?"]
    assert found["status"].tolist() == ["published", "house", "house"] and found.index.tolist() == list("abc")
    assert (found.loc["b", "months_min"], found.loc["b", "months_max"]) == (12, 36)


def test_unknown_penalties_and_classes_are_refused_together():
    rows = pd.DataFrame({"penalty": ["prison"], "stated_class": ["grave"]})
    with pytest.raises(InputFaults) as caught:
        breach_classes(rows, on=dt.date(2026, 5, 1))
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="2025-12-25"):
        breach_classes(rows.iloc[:0], on=dt.date(2025, 12, 24))
