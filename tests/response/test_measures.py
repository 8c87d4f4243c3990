"""Measures called for, put in order, ended and lifted: worked cases, laws over all facts, errors."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import glossary, standards
from riskkit.monitoring.sampling.switching import Inspection, Judged, next_inspection
from riskkit.response import measures_ending
from riskkit.response.effect import decide as decide_effect
from riskkit.response.measures import DECISIONS, FLAGS, decide, orders, proposed
from riskkit.response.measures_ending import lawful_ends
from riskkit.response.reason_words import reason_words
from riskkit.warning.dynamics.adjustment import adjustments

DAY = dt.date(2026, 5, 1)
MEASURES = list(standards.all_rows("response_measures")["measure"])
AT_PORT = {"is_import": 1, "is_at_port": 1, "is_on_market": 0, "is_nonconforming": 1, "is_defect": 0, "is_banned": 0,
           "is_dangerous": 0, "is_treatable": 1, "is_returnable": 1, "is_lot_identified": 1, "is_breach_final": 0,
           "is_case_filed": 1, "is_retest_closed": 1, "has_guarantee": 1, "has_storage": 1,
           "level": 2, "conduct": 0, "n_findings": 0}  # fmt: skip


def _of(change):
    return decide(pd.DataFrame([{**AT_PORT, **change}], index=["lamp"]), on=DAY).loc["lamp"]


def test_the_nine_measures_of_the_policy_and_the_guarantee_are_there():
    rows = standards.all_rows("response_measures")
    assert sorted(set(rows["policy_item"])) == list(range(1, 11))
    assert set(standards.all_rows("measure_tests")["measure"]) == set(rows["measure"])
    assert set(standards.table("lifting_rules")["rule_id"]) >= set(rows["lifting"])


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ({}, "trace_investigation tightened_supervision relocation_guarantee"),
        ({"level": 1}, "trace_investigation relocation_guarantee"),
        ({"level": 1, "n_findings": 1}, "trace_investigation tightened_supervision relocation_guarantee"),
        ({"n_findings": 2}, "trace_investigation tightened_supervision restrict_trade relocation_guarantee"),
        ({"conduct": 1}, "trace_investigation tightened_supervision seizure"),
        ({"level": 3}, "trace_investigation tightened_supervision restrict_trade seizure"),
        ({"level": 4}, "trace_investigation tightened_supervision ban_trade seizure"),
        ({"is_treatable": 0}, "trace_investigation tightened_supervision return_shipment"),
        ({"is_treatable": 0, "is_returnable": 0}, "trace_investigation tightened_supervision destroy"),
        ({"is_treatable": 0, "is_dangerous": 1}, "trace_investigation tightened_supervision destroy"),
        ({"is_banned": 1}, "trace_investigation tightened_supervision ban_trade return_shipment"),
        (
            {"conduct": 2, "is_breach_final": 1},
            "credit_downgrade trace_investigation tightened_supervision seizure",
        ),
        ({"is_nonconforming": 0, "level": 1}, ""),
    ],
)
def test_measures_are_in_proportion_to_level_hazard_stage_and_conduct(change, taken):
    found = _of(change)
    assert found["measures"] == taken
    assert found["decision"] == ("take" if taken else "none")


def test_a_defect_on_the_market_is_recalled_whatever_the_level():
    sold = {"is_at_port": 0, "is_on_market": 1, "is_nonconforming": 0, "is_defect": 1}
    for level in (1, 4, None):
        assert {"recall", "suspend_sale"} <= set(_of({**sold, "level": level})["measures"].split())
    waiting = _of({**sold, "is_lot_identified": None})
    assert "recall" in waiting["waiting"].split() and "recall-lot" in waiting["missing"].split()


def test_prohibited_goods_are_never_released_against_a_guarantee():
    table = proposed(pd.DataFrame([{**AT_PORT, "is_banned": 1}, {**AT_PORT, "is_banned": None}]), on=DAY)
    first, second = (table.loc[(row, "relocation_guarantee")] for row in (0, 1))
    assert (first["decision"], first["rule_id"], first["source_id"]) == (
        "barred", "guarantee-banned", "customs_guarantee_regulation")  # fmt: skip
    assert (second["decision"], second["missing"]) == ("prerequisite_missing", "guarantee-banned")


def test_conflicts_name_the_measure_that_is_kept_and_missing_prerequisites_are_named():
    table = proposed(pd.DataFrame([{**AT_PORT, "level": 4, "is_treatable": 0}]), on=DAY).loc[0]
    assert table.loc["restrict_trade", ["decision", "superseded_by"]].tolist() == ["superseded", "ban_trade"]
    assert table.loc["return_shipment", ["decision", "superseded_by"]].tolist() == ["superseded", "seizure"]
    blocked = _of({"conduct": 2, "is_case_filed": 0})
    assert blocked["waiting"].split() == ["credit_downgrade", "seizure"]
    assert {"credit-final", "seize-case"} <= set(blocked["missing"].split())
    nothing = decide(pd.DataFrame({"x": [1]}), on=DAY).iloc[0]
    assert nothing["decision"] == "undecided" and "level" in nothing["missing"].split()


VALUES = st.fixed_dictionaries({
    **{name: st.sampled_from([0, 1, None]) for name in FLAGS},
    "level": st.sampled_from([1, 2, 3, 4, None]), "conduct": st.sampled_from([0, 1, 2, None]),
    "n_findings": st.sampled_from([0, 1, 2, 5, None]),
})  # fmt: skip


CONDITIONS = {
    key: rows.to_dict("records")
    for key, rows in standards.all_rows("measure_tests").groupby(["measure", "kind", "test"], sort=False)
}
CONFLICTS = standards.table("measure_conflicts").to_dict("records")


def _holds(row, facts):
    value = facts[row["fact"]]
    if value is None:
        return None
    limit = Fraction(row["threshold"])
    return {"gt": value > limit, "ge": value >= limit, "lt": value < limit, "le": value <= limit,
            "is": value == limit}[row["relation"]]  # fmt: skip


def _all(answers):
    answers = list(answers)
    return False if False in answers else None if None in answers else True


def _slowly(measure, facts):
    """One measure of one subject, condition by condition in three-valued logic."""
    met = {"calls": [], "needs": [], "bars": []}
    for (of, kind, _), rows in CONDITIONS.items():
        if of == measure:
            met[kind].append(_all(_holds(row, facts) for row in rows))
    if True not in met["calls"]:
        return "undecided" if None in met["calls"] else "not_called_for"
    if True in met["bars"]:
        return "barred"
    return "take" if set(met["needs"]) <= {True} and None not in met["bars"] else "prerequisite_missing"


@settings(max_examples=5)
@given(st.lists(VALUES, min_size=20, max_size=60))
def test_every_measure_is_decided_as_its_rules_read(many):
    table = proposed(pd.DataFrame(many), on=DAY)
    for row, facts in enumerate(many):
        of = table.loc[row, "decision"]
        assert [_slowly(measure, facts) for measure in of.index] == of.replace("superseded", "take").tolist()
        taken = set(of.index[of == "take"])
        for pair in CONFLICTS:
            assert not {pair["prevails"], pair["measure"]} <= taken


@settings(max_examples=5)
@given(st.lists(st.tuples(VALUES, st.sampled_from([*FLAGS, "level", "conduct", "n_findings"])), min_size=20))
def test_hiding_a_fact_neither_takes_nor_clears_a_measure_by_itself(many):
    known = proposed(pd.DataFrame([facts for facts, _ in many]), on=DAY)["decision"]
    hidden = proposed(pd.DataFrame([{**facts, name: None} for facts, name in many]), on=DAY)["decision"]
    certain = ["take", "superseded", "prerequisite_missing", "barred"]
    assert known[hidden.isin(certain)].isin(certain).all()
    assert (known[hidden == "not_called_for"] == "not_called_for").all()


def test_the_order_sheet_names_who_does_what_until_when():
    facts = pd.DataFrame([{**AT_PORT, "level": 3}, AT_PORT], index=["kettle", "lamp"])
    who = pd.DataFrame({"port": ["5301", "2201"], "operator": ["B", "A"]}, index=facts.index)
    sheet = orders(proposed(facts, on=DAY), who, on=DAY)
    assert sheet["port"].tolist() == ["2201"] * 3 + ["5301"] * 4
    seizure = sheet[sheet["measure"] == "seizure"].iloc[0]
    assert (
        seizure["last_day"] == pd.Timestamp("2026-05-31")
        and seizure["executor_en"] == "customs, market regulators"
    )
    assert (sheet.drop(columns="last_day").notna() & (sheet.drop(columns="last_day") != "")).all(axis=None)
    with pytest.raises(InputFaults, match=r"operator[\s\S]*kettle"):
        orders(proposed(facts, on=DAY), who[["port"]].drop("kettle"), on=DAY)


def test_wrong_facts_are_refused_with_all_their_faults():
    with pytest.raises(InputFaults) as caught:
        decide(pd.DataFrame({"level": [5, 2], "conduct": [0, "rude"], "is_banned": [0.5, 1]}), on=DAY)
    assert len(caught.value.faults) == 3
    with pytest.raises(InputFaults, match="each subject once"):
        decide(pd.DataFrame({"level": [1, 2]}, index=["lamp", "lamp"]), on=DAY)


HELD = pd.DataFrame({"measure": ["seizure"] * 5 + ["recall"], "started": ["2026-01-10"] * 6,
                     "is_extended": [0, 1, 0, 0, 0, 0], "test_days": [0, 0, 20, 0, 0, 0],
                     "days": [None, None, None, 10, 30, 400]}, index=list("abcdef"))  # fmt: skip


def test_a_seizure_ends_by_itself_after_thirty_days_or_sixty_without_days_of_testing():
    """Administrative Coercion Law, Art. 25; the first day does not count."""
    found = lawful_ends(HELD, on=dt.date(2026, 2, 10))
    ends = ["2026-02-09", "2026-03-11", "2026-03-01", "2026-01-20", "2026-02-09"]
    assert found["last_day"].iloc[:5].dt.strftime("%Y-%m-%d").tolist() == ends
    assert found["state"].tolist() == ["ended", "running", "running", "ended", "ended", "running"]
    recall = lawful_ends(HELD.drop(columns="days").loc[["f"]], on=DAY)
    assert recall["state"].tolist() == ["until_lifted"] and recall["last_day"].isna().all()
    assert lawful_ends(HELD, on=dt.date(2026, 1, 9))["state"].iloc[0] == "not_started"


def test_a_term_beyond_the_law_is_refused_with_every_such_row():
    wrong = HELD.assign(days=[31, 61, 60, 30, 30, 400])
    with pytest.raises(InputFaults) as caught:
        lawful_ends(wrong, on=DAY)
    assert [fault.rule for fault in caught.value.faults] == [f"at most {n} by law" for n in (30, 60, 30)]
    with pytest.raises(InputFaults, match="did you mean seizure"):
        lawful_ends(HELD.assign(measure="seizur"), on=DAY)
    with pytest.raises(InputFaults, match="a date, YYYY"):
        lawful_ends(HELD.assign(started="soon"), on=DAY)


def _lots(results, n_tested=50, **more):
    days = pd.date_range("2026-02-01", periods=len(results))
    return pd.DataFrame(
        {"measure_id": "m", "day": days, "n_tested": n_tested, "n_nonconforming": results, **more}
    )


def _lift(measure, lots, **more):
    held = pd.DataFrame({"measure": [measure], "started": ["2026-01-31"], **more}, index=["m"])
    return measures_ending.decide(held, lots, on=DAY).loc["m"]


def _done(**evidence):
    return {"is_completed": [1], **evidence}


@pytest.mark.parametrize(
    ("measure", "results", "more", "decision", "reason", "margin"),
    [
        ("tightened_supervision", [0] * 5, {}, "lift", "met", 0),
        ("tightened_supervision", [0] * 4, {}, "keep", "not_met", -1),
        ("tightened_supervision", [0, 0, 0, 0, 1, 0], {}, "keep", "not_met", -4),
        ("tightened_supervision", [1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1], {}, "stop", "refused_too_often", -5),
        ("tightened_supervision", [], {}, "not_enough_evidence", "no_lots", -5),
        ("ban_trade", [0] * 5, {"is_cause_corrected": [1]}, "lift", "met", 0),
        ("ban_trade", [0] * 5, {}, "keep", "cause_not_corrected", 0),
        ("ban_trade", [0] * 5 + [None], {"is_cause_corrected": [1]}, "keep", "not_met", -5),
        ("suspend_sale", [0] * 6, {"limit": [0.01]}, "lift", "met", 1 - (1 - 0.05 ** (1 / 300)) / 0.01),
        ("suspend_sale", [0] * 5, {"limit": [0.01]}, "keep", "not_met", 1 - (1 - 0.05 ** (1 / 250)) / 0.01),
        ("suspend_sale", [0] * 6, {}, "not_enough_evidence", "limit_unknown", None),
        ("suspend_sale", [0] * 6 + [None], {"limit": [0.01]}, "not_enough_evidence", "result_missing", None),
        ("suspend_sale", [0] * 5, {"rule_id": ["clean_lots"]}, "lift", "met", 0),
        ("recall", [0] * 9, {}, "keep", "not_completed", None),
        ("recall", [], {"is_completed": [1]}, "not_enough_evidence", "completion_unproved", None),
        ("recall", [], _done(rate_completed=[0.999]), "not_enough_evidence", "completion_unproved", -0.001),
        ("recall", [], _done(is_final_report=[0]), "not_enough_evidence", "completion_unproved", None),
        ("recall", [], _done(rate_completed=[1]), "lift", "met", 0),
        ("recall", [], _done(is_final_report=[1]), "lift", "met", None),
        ("recall", [], {"rate_completed": [1], "is_final_report": [1]}, "keep", "not_completed", 0),
        ("recall", [], {"is_completed": [0], "rate_completed": [1]}, "keep", "not_completed", 0),
        ("destroy", [], {"is_completed": [1]}, "not_enough_evidence", "completion_unproved", None),
    ],
)
def test_each_lifting_rule_at_its_bound(measure, results, more, decision, reason, margin):
    found = _lift(measure, _lots(results), **more)
    assert (found["decision"], found["reason"]) == (decision, reason)
    if margin is not None:
        assert found["margin"] == pytest.approx(margin)
    assert found["zh"] and found["en"] and found["source_id"]


def test_a_rule_of_ones_own_sets_the_completion_rate_that_is_enough():
    rules = standards.table("lifting_rules")
    rules.loc[rules["rule_id"] == "completion", "number"] = 0.9
    held = pd.DataFrame(
        {"measure": "recall", "started": "2026-01-31", "is_completed": 1, "rate_completed": [0.9, 0.89]}
    )
    found = measures_ending.decide(held, _lots([]), on=DAY, rules=rules)
    assert found["decision"].tolist() == ["lift", "not_enough_evidence"]
    with pytest.raises(InputFaults, match=r"rate_completed[\s\S]*is_final_report"):
        _lift("recall", _lots([]), rate_completed=[1.1], is_final_report=[2])


def test_lots_before_the_measure_or_after_the_day_are_no_evidence():
    lots = _lots([0] * 5)
    assert _lift("tightened_supervision", lots.assign(day="2026-01-31"))["reason"] == "no_lots"
    assert _lift("tightened_supervision", lots.assign(day="2026-05-02"))["n_lots"] == 0
    shuffled = _lots([1, 0, 0, 0, 0, 0]).sample(frac=1, random_state=3)
    assert _lift("tightened_supervision", shuffled)["decision"] == "lift"


@given(st.lists(st.booleans(), min_size=1, max_size=25))
def test_tightened_supervision_ends_as_the_switching_rules_say(accepted):
    found = _lift(
        "tightened_supervision", _lots([0] * len(accepted), is_accepted=np.array(accepted, dtype=int))
    )
    now = Inspection("tightened")
    for flag in accepted:
        now = next_inspection(now, Judged(is_accepted=flag, ac=0))[0]
    assert found["decision"] == {"normal": "lift", "tightened": "keep", "discontinued": "stop"}[now.state]


def test_wrong_lots_and_measures_are_refused_with_all_their_faults():
    lots = _lots([60, -1, 0.5])
    with pytest.raises(InputFaults) as caught:
        _lift("suspend_sale", lots, limit=[0.1])
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="at most n_tested"):
        _lift("suspend_sale", _lots([60]), limit=[0.1])
    with pytest.raises(InputFaults, match="measure_id"):
        _lift("suspend_sale", _lots([0]).assign(measure_id="other"))
    with pytest.raises(InputFaults, match=r"limit[\s\S]*is_completed"):
        _lift("suspend_sale", _lots([0]), limit=[0], is_completed=[2])
    with pytest.raises(InputFaults, match="rule_id"):
        _lift("suspend_sale", _lots([0]), rule_id=["hope"])


def test_every_answer_has_words_in_both_languages():
    for lang in ("zh", "en"):
        for name in {*DECISIONS, "settle_first", "none"}:
            assert in_language(lang, glossary.label, "measure_decision", name)
        assert (
            in_language(lang, reason_words, standards.all_rows("measure_tests")["test"]).str.len().min() > 0
        )
    table = proposed(pd.DataFrame([AT_PORT, {**AT_PORT, "level": 4}]), on=DAY)
    assert set(table["decision"]) <= set(glossary.codes("measure_decision"))
    assert set(lawful_ends(HELD, on=DAY)["state"]) <= set(glossary.codes("measure_state"))


@pytest.mark.parametrize(
    ("verdict", "move"), [("lower", "lower"), ("keep", "hold"), ("not_enough_evidence", "hold")]
)
def test_a_warning_comes_down_only_when_the_effect_agrees(verdict, move):
    now = pd.Timestamp("2026-05-01", tz="UTC")
    ratios = {"lower": (0.5, 0.4, 0.6), "keep": (0.9, 0.85, 0.95), "not_enough_evidence": (0.9, 0.5, 1.6)}[
        verdict
    ]
    effect = pd.DataFrame([{"design": "interrupted_series", "level": 3, "n_before": 24, "n_after": 12,
                            **dict(zip(("ratio", "ratio_lo", "ratio_hi"), ratios, strict=True))}])  # fmt: skip
    found = decide_effect(effect, on=DAY)["decision"]
    assert found.tolist() == [verdict]
    board = pd.DataFrame(
        {
            "warning_id": ["a"],
            "level": [3],
            "effect_agrees": found.isin(["lower", "lift"]),
            "has_consent": [True],
        }
    )
    seen = pd.DataFrame({"warning_id": "a", "at": now - pd.to_timedelta(np.arange(30, 0, -5), unit="D"),
                         "level_lo": 1, "level_hi": 2})  # fmt: skip
    assert adjustments(board, seen, now=now)["move"].tolist() == [move]


def test_a_day_before_any_rule_calls_for_a_measure_leaves_it_uncalled():
    table = proposed(pd.DataFrame([{"is_defect": 1, "is_on_market": 1}]), on=dt.date(2016, 9, 15))
    assert table.loc[(0, "recall"), "decision"] == "not_called_for"
    assert np.isnan(table.loc[(0, "recall"), "reached"])
