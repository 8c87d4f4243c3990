"""Credit of enterprises: articles applied by hand, then the laws of the answer, then wrong input."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import own, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.response.credit.grades import decide, fact_kinds, grounds, rule_set
from riskkit.response.credit.penalty_records import identity_faults, yearly_facts
from riskkit.response.reason_words import reason_words

CASES = own("credit_grounds.json")["cases"]
CLEAN = dict.fromkeys(fact_kinds(), 0)
OF_THE_DAY = {"225": dt.date(2016, 6, 1), "237": dt.date(2019, 6, 1), "251": dt.date(2022, 6, 1)}
COUNTED = {"225": "225-10-2", "237": "237-12-2", "251": "251-22-3"}


def clean(**given):
    n = max((len(value) for value in given.values() if isinstance(value, list)), default=1)
    return pd.DataFrame(
        {name: [value] * n for name, value in {**CLEAN, **given}.items()}
        | {name: value for name, value in given.items() if isinstance(value, list)}
    )


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_articles_on_counts_and_amounts_by_hand(case):
    on = dt.date.fromisoformat(case["on"])
    facts = clean(**{name: value for name, value in case.items() if name in CLEAN})
    assert grounds(facts, on=on)[COUNTED[rule_set(on)]].tolist() == [case["is_met"]]
    assert decide(facts, on=on)["decision"].item() == ("discredited" if case["is_met"] else "ordinary")


ROWS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 30),
        st.integers(0, 60_000),
        st.integers(0, 3_000_000),
        st.integers(0, 5),
    ),
    min_size=30,
    max_size=60,
)


@settings(max_examples=10)
@given(st.sampled_from(["225", "237", "251"]), ROWS)
def test_the_rows_say_what_the_articles_say(order, rows):
    is_broker, n, documents, yuan, n_large = map(list, zip(*rows, strict=True))
    facts = clean(
        is_broker=[int(one) for one in is_broker],
        n_penalties=n,
        n_documents=documents,
        amount_penalties=yuan,
        n_penalties_above_100k=n_large,
    )
    found = decide(facts, on=OF_THE_DAY[order])
    is_met = np.array([by_the_article(order, *row) for row in rows])
    assert (found["decision"] == np.where(is_met, "discredited", "ordinary")).all()
    over, known = found["margin"] <= 0, found["margin"].notna()
    assert (over == (is_met | found["is_on_boundary"]))[known].all()


def by_the_article(order, is_broker, n, documents, yuan, n_large):
    often = n * 10_000 > documents * (5 if is_broker else 10)
    if order == "225":
        return (often or yuan > 100_000) if is_broker else ((often and n_large >= 2) or yuan > 1_000_000)
    return yuan > (300_000 if is_broker else 1_000_000) and (often or documents == 0)


def test_the_order_in_force_on_a_day_and_none_before():
    days = {
        "2014-12-01": "225",
        "2018-05-01": "237",
        "2021-10-31": "237",
        "2021-11-01": "251",
        "2026-04-01": "282",
    }
    assert {day: rule_set(dt.date.fromisoformat(day)) for day in days} == days
    with pytest.raises(InputFaults, match="2014-12-01"):
        rule_set(dt.date(2014, 11, 30))


def test_the_dates_and_thresholds_are_those_of_the_shared_table():
    sets = pd.read_csv(
        shared("data", "credit_rules_cn", "grade_sets_by_date.csv"), dtype=str, keep_default_na=False
    )
    for row in sets.itertuples():
        order = row.instrument.removeprefix("海关总署令第").removesuffix("号")
        for day in filter(None, (row.in_force_from, row.in_force_to)):
            assert rule_set(dt.date.fromisoformat(day)) == order
    rules = pd.read_csv(
        shared("data", "credit_rules_cn", "dishonest_thresholds.csv"), dtype=str, keep_default_na=False
    )
    logic = {
        (row.article[:3], row.applies_to): row.logic
        for row in rules.itertuples()
        if row.logic in {"AND", "OR"}
    }
    for (order, applies_to), joined in logic.items():
        rich = clean(
            is_broker=int(applies_to == "报关企业"), n_penalties=1, n_documents=10**6, amount_penalties=10**8
        )
        met = bool(grounds(rich, on=OF_THE_DAY[order])[COUNTED[order]].item())
        assert met is (joined == "OR"), (order, applies_to)


# Unknown is not low


def test_a_missing_fact_leaves_the_grade_open_and_is_named():
    facts = clean(n_penalties=5, n_documents=1000).assign(amount_penalties=np.nan)
    row = decide(facts, on=OF_THE_DAY["251"]).iloc[0]
    assert pd.isna(row["decision"]) and row["at_worst"] == "discredited"
    assert (row["reason"], row["missing"]) == ("facts_missing", "amount_penalties")
    assert np.isnan(row["margin"])


def test_a_missing_fact_that_cannot_matter_does_not_leave_it_open():
    facts = clean(n_penalties=1, n_documents=1000).assign(amount_penalties=np.nan)
    row = decide(facts, on=OF_THE_DAY["251"]).iloc[0]
    assert (row["decision"], row["missing"]) == ("ordinary", "")


@pytest.mark.parametrize("order", ["225", "237", "251"])
def test_hiding_a_fact_never_gives_another_grade_only_none(order):
    n, yuan = np.meshgrid([0, 1, 3], [0, 200_000, 2_000_000])
    facts = clean(
        n_penalties=[*n.flat], amount_penalties=[*yuan.flat], n_penalties_above_100k=[*np.minimum(n, 2).flat]
    )
    facts["n_documents"] = 2000
    whole = decide(facts, on=OF_THE_DAY[order])["decision"]
    for hidden in CLEAN:
        less = decide(facts.drop(columns=hidden), on=OF_THE_DAY[order])["decision"]
        assert (less.isna() | (less == whole)).all(), hidden


def test_penalties_of_unknown_intent_count_as_neither_in_nor_out():
    facts = clean(n_penalties=[5, 1], n_documents=[1000, 1000], amount_penalties=[2_000_000, 500_000])
    facts = facts.drop(columns=["n_penalties_unintended", "amount_penalties_unintended"])
    found = decide(facts, on=dt.date(2024, 6, 1))
    assert found["decision"].fillna("").tolist() == ["", "ordinary"]
    assert found["missing"].iloc[0] != ""


def test_order_282_is_not_guessed():
    facts = clean(is_smuggling_crime=[1, 0], n_penalties=[9, 0]).assign(stated_grade=["", "certified"])
    found = decide(facts, on=dt.date(2026, 5, 1))
    assert found["decision"].fillna("").tolist() == ["", "certified"]
    assert found["reason"].tolist() == ["rules_unread", "stated"]
    unread = standards.table("credit_unread", on=dt.date(2026, 5, 1))
    assert set(unread["topic"]) == {"tests", "breach_classes", "measures", "repair"}


def test_grounds_of_order_282_can_be_supplied():
    rules = standards.all_rows("credit_tests")
    mine = rules[rules["test"] == "251-22-1"].assign(
        test="282-x", valid_from="2026-04-01", valid_to="", status="house"
    )
    found = decide(clean(is_smuggling_crime=[1, 0]), on=dt.date(2026, 5, 1), rules=mine)
    assert found["decision"].tolist() == ["discredited", "ordinary"]
    assert found["rule_id"].tolist() == ["282-x", ""] and found["status"].iloc[0] == "house"
    with pytest.raises(InputFaults) as caught:
        decide(clean(), on=dt.date(2026, 5, 1), rules=mine.assign(relation="about", threshold="much"))
    assert len(caught.value.faults) == 2


def test_the_gravest_grade_counts_and_every_ground_is_named():
    facts = clean(is_smuggling_crime=1, is_food_or_waste_crime=1, is_obstructing=1)
    row = decide(facts, on=OF_THE_DAY["251"]).iloc[0]
    assert row["decision"] == "seriously_discredited"
    assert row["grounds"] == "251-22-1 251-22-6 251-23-1"


def test_a_certified_grade_stands_only_while_no_ground_is_met():
    facts = clean(is_bribery=[0, 1, 0]).assign(
        certified_as=["advanced_certified", "advanced_certified", None]
    )
    found = decide(facts, on=OF_THE_DAY["251"])
    assert found["decision"].fillna("").tolist() == ["advanced_certified", "discredited", ""]
    assert found["reason"].tolist() == ["certified", "251-22-7", "unknown_certification"]


def test_every_reason_has_words_in_both_languages_and_the_index_is_the_callers():
    facts = clean(is_smuggling_act=[1, 0]).set_index(pd.Index(["x", "y"]))
    found = decide(facts, on=OF_THE_DAY["251"])
    assert found.index.tolist() == ["x", "y"]
    for lang in ("zh", "en"):
        assert (in_language(lang, reason_words, found["reason"]) != "").all()
    with pytest.raises(KeyError, match="no_such"):
        in_language("zh", reason_words, pd.Series(["no_such"]))


# Wrong input


def test_every_fault_of_the_facts_is_named_at_once():
    facts = clean(n_penalties=[1.5, 2], amount_penalties=[-1, 5], n_penalties_unintended=[0, 3]).assign(
        wrong=1, certified_as=["best", ""], credit_code=["91110000600037341L"] * 2
    )
    with pytest.raises(InputFaults) as caught:
        decide(facts, on=OF_THE_DAY["251"])
    text = str(caught.value)
    for part in (
        "wrong",
        "row 0: n_penalties",
        "row 0: amount_penalties",
        "row 1: n_penalties_unintended",
        "certified_as",
        "stands once",
    ):
        assert part in text


def test_credit_codes_are_checked_and_one_enterprise_has_one_code():
    codes = ["91110000600037341L", "91110000600037341X", "9111", "91110000600037341O", None, ""]
    places = [fault.place for fault in identity_faults(pd.DataFrame({"credit_code": codes}))]
    assert places == [f"credit: row {row}: credit_code" for row in (1, 2, 3)]
    twice = pd.DataFrame(
        {"credit_code": ["91110000600037341L", "911100001000002346"], "enterprise": ["甲", "甲"]}
    )
    assert any("one credit code" in fault.rule for fault in identity_faults(twice))


def test_a_year_of_penalties_ends_with_the_day():
    rows = pd.DataFrame({
        "enterprise": ["A"] * 4 + ["B", "C"],
        "decided_on": ["2021-06-01", "2021-06-02", "2022-06-01", "2022-06-02", "2022-01-01", "2020-01-01"],
        "amount": [1, 150_000, 30, 1, None, 7],
        "is_unintended": [0, 1, 0, 0, 0, 0],
    })  # fmt: skip
    found = yearly_facts(rows, on=dt.date(2022, 6, 1))
    assert found.loc["A"].to_dict() == {
        "n_penalties": 2, "amount_penalties": 150_030, "n_penalties_above_100k": 1, "n_penalties_unintended": 1,
        "amount_penalties_unintended": 150_000,
    }  # fmt: skip
    assert found.loc["B", "n_penalties"] == 1 and np.isnan(found.loc["B", "amount_penalties"])
    assert found.loc["C", "n_penalties"] == 0


def test_penalties_without_a_date_or_below_nothing_are_refused():
    rows = pd.DataFrame({"enterprise": ["A", ""], "decided_on": ["2021-06-01", "soon"], "amount": [1, 2]})
    with pytest.raises(InputFaults) as caught:
        yearly_facts(rows, on=dt.date(2022, 6, 1))
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="amount"):
        yearly_facts(rows.assign(amount=-1), on=dt.date(2022, 6, 1))
