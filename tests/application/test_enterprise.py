"""Enterprises: notices and what they ask, the ledger of duties, improvement."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.application.enterprise import duties, notices
from riskkit.application.enterprise.improvement import improvement
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards

DAY = dt.date(2026, 3, 5)
SOUND = {"enterprise_id": "A", "product": "lamp", "found_on": "2026-03-02", "n_tested": 20, "n_nonconforming": 0,
         "severity": 1, "is_safety_item": 0, "is_recalled_abroad": 0, "is_suspected": 0}  # fmt: skip
RANK = {name: place for place, name in enumerate(notices.DECISIONS[:3])}


def findings(*changes: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([SOUND | one for one in changes]).astype(object)


@pytest.mark.parametrize(
    ("change", "decision", "rule"),
    [
        ({}, "no_notice", ""),
        ({"n_nonconforming": 1}, "feedback_letter", "en-other"),
        ({"is_suspected": 1}, "feedback_letter", "en-suspected"),
        ({"n_nonconforming": 1, "is_safety_item": 1}, "risk_notice", "en-safety"),
        ({"n_nonconforming": 1, "severity": 3, "is_safety_item": 1}, "risk_notice", "en-severe"),
        ({"is_recalled_abroad": 1}, "risk_notice", "en-recalled-abroad"),
    ],
)
def test_each_kind_of_finding_has_its_letter(change, decision, rule):
    found = notices.decide(findings(change), on=DAY).iloc[0]
    assert (found["decision"], found["rule_id"], found["at_worst"]) == (decision, rule, decision)


def test_unknown_facts_are_named_and_taken_neither_for_good_nor_for_bad():
    found = notices.decide(
        findings(
            {"is_recalled_abroad": None}, {"n_nonconforming": 1, "severity": None}, {"n_nonconforming": None}
        ),
        on=DAY,
    )
    assert found["decision"].tolist() == ["unknown", "feedback_letter", "unknown"]
    assert found["at_worst"].tolist() == ["risk_notice", "risk_notice", "feedback_letter"]
    assert found["missing"].tolist() == ["is_recalled_abroad", "severity", "n_nonconforming"]


def test_a_letter_asks_at_once_or_by_a_working_day_around_the_spring_festival():
    decided = notices.decide(findings({"n_nonconforming": 1, "severity": 4}, {}), on=dt.date(2026, 3, 2))
    asked = notices.requests(decided, on=dt.date(2026, 2, 13)).set_index("request")
    due = asked["due_on"].dt.strftime("%m-%d").to_dict()
    # 14 and 28 February are working Saturdays, 15 to 23 February are holidays
    assert (due["stop_sale"], due["report_defect"], due["recall_plan"]) == ("02-13", "02-24", "03-05")
    assert set(asked.loc["recall_plan", ["status", "reading"]]) == {"derived", "secondary"}


def test_a_term_into_a_year_without_published_holidays_has_no_last_day():
    asked = notices.requests(pd.DataFrame({"asks": ["correct stop_sale"]}), on=dt.date(2026, 12, 20))
    assert asked["due_on"].isna().tolist() == [True, False]


def test_every_request_of_a_rule_is_explained_and_another_is_refused():
    asks = set(standards.all_rows("enterprise_notice_rules")["asks"].str.split().explode())
    assert asks <= set(standards.all_rows("enterprise_requests")["request"])
    with pytest.raises(InputFaults, match="close_down"):
        notices.requests(pd.DataFrame({"asks": ["close_down"]}), on=DAY)


def test_every_fault_of_findings_is_listed_at_once():
    rows = findings({"enterprise_id": None, "found_on": "2026-03-06"}, {"n_tested": 1, "n_nonconforming": 2},
                    {"found_on": "yesterday"})  # fmt: skip
    with pytest.raises(InputFaults) as wrong:
        notices.decide(rows, on=DAY)
    assert len(wrong.value.faults) == 4
    with pytest.raises(InputFaults) as wrong:
        notices.decide(rows.assign(severity=5, is_suspected=[2, -1, "x"]), on=DAY)
    assert len(wrong.value.faults) == 6


@given(
    st.lists(st.sampled_from([0, 1, None]), min_size=3, max_size=3),
    st.sampled_from([0, 1, 5, None]),
    st.sampled_from([1, 2, 3, 4, None]),
)
def test_a_worse_fact_never_gives_a_milder_letter_and_the_worst_case_bounds_it(flags, bad, severity):
    names = ("is_safety_item", "is_recalled_abroad", "is_suspected")
    base = dict(zip(names, flags, strict=True)) | {"n_nonconforming": bad, "severity": severity}
    worse = [base | {name: 1} for name in names] + [base | {"n_nonconforming": 20}, base | {"severity": 4}]
    found = notices.decide(findings(base, *worse), on=DAY)
    ranks = found["decision"].map(RANK)
    if found["decision"].iloc[0] != "unknown":
        assert (ranks.iloc[1:].fillna(0) <= ranks.iloc[0]).all()
        assert RANK[found["at_worst"].iloc[0]] <= ranks.iloc[0]
    assert (found["at_worst"] == found["decision"])[found["missing"] == ""].all()
    assert (found.loc[found["missing"] == "", "decision"] != "unknown").all()


ENTRIES = pd.DataFrame(
    [("A", "product_test", "2026-03-01", "2026-02-01", "report 7"),
     ("A", "certificate", "2026-03-01", "2026-03-03", "C1"),
     ("A", "after_sale", None, "2026-03-01", " "), ("A", "complaint_log", "2026-03-05", None, None),
     ("B", "defect_report", "2026-03-04", None, None), ("B", "purchase_check", None, None, None)],
    columns=["enterprise_id", "duty", "due_on", "done_on", "evidence"], index=list("abcdef"),
)  # fmt: skip


def test_duties_on_a_day_with_their_margin():
    found = duties.decide(ENTRIES, on=DAY)
    assert found["decision"].to_dict() == {
        "a": "met", "b": "late", "c": "unproven", "d": "due", "e": "overdue", "f": "unknown"
    }  # fmt: skip
    assert found["margin"].fillna(-99).tolist() == [28, -2, -99, 0, -1, -99]


def test_a_duty_that_nobody_recorded_is_unknown_and_not_met():
    found = duties.ledger(ENTRIES, on=DAY)
    assert len(found) == 2 * len(standards.all_rows("enterprise_duties"))
    absent = found[(found["enterprise_id"] == "B") & (found["duty"] == "after_sale")].iloc[0]
    assert (absent["decision"], absent["reason"], absent["kind"]) == ("unknown", "not_recorded", "after_sale")
    sums = duties.completeness(found)
    assert sums.loc["A", ["n_met", "n_late", "n_unproven", "n_due", "n_unknown"]].tolist() == [1, 1, 1, 1, 3]
    assert sums.loc["A", "share_shown"] == pytest.approx(2 / 7)
    assert sums.loc["B", ["share_shown", "share_if_best"]].tolist() == pytest.approx([0, 6 / 7])


def test_the_five_kinds_of_the_policy_each_have_a_duty():
    kinds = set(standards.all_rows("enterprise_duties")["kind"])
    assert kinds == {"acceptance", "testing", "certification", "recall", "after_sale"}


def test_every_fault_of_a_ledger_is_listed_at_once():
    rows = pd.concat([ENTRIES, ENTRIES.iloc[[0]]])
    rows = pd.concat(
        [rows, pd.DataFrame([(None, "product_tests", "soon", "2026-03-06", "x")], columns=rows.columns)]
    )
    with pytest.raises(InputFaults) as wrong:
        duties.ledger(rows, on=DAY)
    said = str(wrong.value)
    assert len(wrong.value.faults) == 5 and "product_test" in said and "one row a duty and term" in said


def quarters(**counts: list[int]) -> pd.DataFrame:
    dates = ["2025-01-10", "2025-04-10", "2025-07-10", "2025-10-10"]
    rows = [
        (name, day, 100, bad) for name, many in counts.items() for day, bad in zip(dates, many, strict=False)
    ]
    return pd.DataFrame(rows, columns=["enterprise_id", "date", "n_tested", "n_nonconforming"])


def test_improvement_is_called_only_beyond_chance():
    rows = quarters(up=[5, 12, 20, 31], down=[31, 20, 12, 5], flat=[10, 11, 9, 10], clean=[0] * 4, bad=[100] * 4,
                    short=[40, 2])  # fmt: skip
    found = improvement(rows, on=dt.date(2025, 12, 31))["decision"]
    assert found.to_dict() == {"up": "worsening", "down": "improving", "flat": "no_clear_change",
                               "clean": "all_conforming", "bad": "all_nonconforming", "short": "unknown"}  # fmt: skip
    early = improvement(rows, on=dt.date(2025, 5, 1))["decision"]
    assert set(early) == {"unknown"}, "records after the day do not count"


def test_a_steady_rate_is_called_a_trend_as_rarely_as_the_test_says():
    rng = np.random.default_rng(7)
    n = 2_000
    rows = pd.DataFrame({"enterprise_id": np.repeat(np.arange(n), 4),
                         "date": np.tile(["2025-01-10", "2025-04-10", "2025-07-10", "2025-10-10"], n),
                         "n_tested": 200, "n_nonconforming": rng.binomial(200, 0.1, 4 * n)})  # fmt: skip
    found = improvement(rows, on=dt.date(2025, 12, 31))["decision"]
    assert (found != "no_clear_change").mean() == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("missing", ["date", "n_tested", "enterprise_id"])
def test_a_missing_column_of_records_is_named(missing):
    with pytest.raises(InputFaults, match=missing):
        improvement(quarters(a=[1, 2, 3]).drop(columns=missing), on=DAY)


def test_a_firm_with_no_history_is_unknown_and_not_good():
    found = improvement(
        quarters(a=[31, 20, 12, 5]), on=dt.date(2025, 12, 31), enterprises=["a", "new", "new"]
    )
    assert found["decision"].to_dict() == {"a": "improving", "new": "unknown"}
    assert (found.loc["new", "n_periods"], found["rule_id"]["new"]) == (0, "et-few")
    assert np.isnan(found.loc["new", "rate_last"])
