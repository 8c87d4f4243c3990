"""Emergencies at ports: levels, solid waste, dangerous goods, readiness: bounds, laws over all facts, errors."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.response.emergency import decide, solid_waste
from riskkit.response.emergency.dangerous_goods import matched_goods, segregation_conflicts
from riskkit.response.emergency.plans import plan_steps
from riskkit.response.emergency.readiness import drill_scores, log_gaps, material_adequacy
from riskkit.response.reason_words import reason_words

DAY = dt.date(2026, 5, 1)
ORDER = ["no_harm", "general", "larger", "major", "special"]


def _level(rule_set, **facts):
    return decide(pd.DataFrame([{"rule_set": rule_set, **facts}], index=["e"]), on=DAY).loc["e"]


@pytest.mark.parametrize(
    ("deaths", "serious", "loss", "level"),
    [
        (0, 0, 0, "no_harm"), (0, 0, 1, "general"), (2, 9, 9_999_999.99, "general"),
        (3, 0, 0, "larger"), (0, 10, 0, "larger"), (0, 0, 10_000_000, "larger"), (9, 49, 49_999_999, "larger"),
        (10, 0, 0, "major"), (0, 50, 0, "major"), (0, 0, 50_000_000, "major"), (29, 99, 99_999_999, "major"),
        (30, 0, 0, "special"), (0, 100, 0, "special"), (0, 0, 100_000_000, "special"),
    ],
)  # fmt: skip
def test_each_bound_of_order_493(deaths, serious, loss, level):
    found = _level("work_accident", n_deaths=deaths, n_serious=serious, loss_cny=loss)
    assert (found["decision"], found["at_least"], found["at_most"], found["missing"]) == (
        level,
        level,
        level,
        "",
    )


@pytest.mark.parametrize(
    ("injured", "deaths", "loss", "level", "reason"),
    [
        (1, 0, 0, "general", "level_reached"), (29, 0, 499_999, "general", "level_reached"),
        (30, 0, 0, "beyond_read", "level_unread"), (0, 1, 0, "beyond_read", "level_unread"),
        (5, 0, 500_000, "beyond_read", "level_unread"), (40, 0, 100_000, "beyond_read", "level_unread"),
        (0, 0, 0, "no_harm", "none_reached"),
    ],
)  # fmt: skip
def test_a_product_emergency_beyond_level_four_is_not_guessed(injured, deaths, loss, level, reason):
    flags = {"is_public_harm": 0, "is_county_spread": 0, "is_set_by_county": 0}
    facts = {"n_injured": injured, "n_serious": 0, "n_deaths": deaths, "loss_cny": loss}
    found = _level("product_event", **facts, **flags)
    assert (found["decision"], found["reason"]) == (level, reason)
    if level == "no_harm":
        assert _level("product_event", **facts, **{**flags, "is_set_by_county": 1})["decision"] == "general"


def test_an_unknown_number_leaves_the_level_open_unless_the_rest_decides():
    found = _level("work_accident", n_deaths=5, n_serious=None, loss_cny=0)
    assert pd.isna(found["decision"]) and found["reason"] == "facts_missing"
    assert (found["at_least"], found["at_most"], found["missing"]) == ("larger", "special", "n_serious")
    assert _level("work_accident", n_deaths=30)["decision"] == "special"
    # the seriously injured are injured, also where nobody counted the others
    assert _level("product_event", n_serious=30)["decision"] == "beyond_read"


def test_the_margin_is_the_share_of_the_next_bound_that_is_left():
    found = _level("work_accident", n_deaths=2, n_serious=5, loss_cny=1_000_000)
    assert found["margin"] == pytest.approx(1 - 2 / 3)
    assert pd.isna(_level("work_accident", n_deaths=30, n_serious=0, loss_cny=0)["margin"])
    assert found["source_id"] == "sc_order_493"


_COUNT = st.none() | st.integers(0, 120)


@given(_COUNT, _COUNT, st.none() | st.integers(0, 200_000_000), st.integers(0, 50))
def test_more_harm_never_lowers_and_a_missing_fact_never_settles_lower(deaths, serious, loss, more):
    full = {"n_deaths": deaths or 0, "n_serious": serious or 0, "loss_cny": loss or 0}
    some = {"n_deaths": deaths, "n_serious": serious, "loss_cny": loss}
    worse = {**full, "n_deaths": full["n_deaths"] + more}
    events = pd.DataFrame([full, some, worse], dtype=float).assign(rule_set="work_accident")
    low, high = (decide(events, on=DAY)[name].map(ORDER.index) for name in ("at_least", "at_most"))
    assert low[0] == high[0] and low[1] <= low[0] <= high[1] and low[2] >= low[0]


def test_wrong_events_are_refused_with_all_their_faults():
    wrong = pd.DataFrame({"rule_set": ["work_accident", "x"], "n_deaths": [-1, 1.5], "loss_cny": [np.inf, 1]})
    with pytest.raises(InputFaults) as caught:
        decide(wrong, on=DAY)
    assert len(caught.value.faults) == 3
    with pytest.raises(InputFaults, match="rule_set"):
        _level("flood", n_deaths=1)
    with pytest.raises(InputFaults, match="at most n_injured"):
        _level("product_event", n_serious=3, n_injured=2)
    with pytest.raises(InputFaults, match="did you mean n_deaths"):
        _level("work_accident", n_death=1)


def test_events_of_both_rules_keep_their_rows():
    mixed = pd.DataFrame(
        {"rule_set": ["product_event", "work_accident"] * 2, "n_deaths": [1, 3, 1, 30]}, [7, 7, 8, 9]
    )
    found = decide(mixed, on=DAY)
    assert found.index.tolist() == [7, 7, 8, 9]
    assert found["at_least"].tolist() == ["beyond_read", "larger", "beyond_read", "special"]
    assert len(decide(mixed.head(0), on=DAY)) == 0


WASTE = {"is_suspected": 1, "is_solid_waste": 1, "is_transit": 0, "is_hazardous": 0, "is_entered": 0}


def _waste(on=DAY, **change):
    return solid_waste.decide(pd.DataFrame([{**WASTE, **change}], index=["lot"]), on=on).loc["lot"]


@pytest.mark.parametrize(
    ("change", "decision", "is_fined", "is_liable"),
    [
        ({"is_solid_waste": None}, "identify", False, False),
        ({}, "return", True, True),
        ({"is_entered": 1}, "disposal_opinion", True, True),
        ({"is_transit": 1, "is_hazardous": 1}, "fine_transit", True, False),
        ({"is_transit": 1}, "transit_unread", False, False),
        ({"is_solid_waste": 0}, "no_waste", False, False),
        ({"is_solid_waste": None, "is_suspected": 0}, "not_suspected", False, False),
        ({"is_entered": None}, None, False, False),
    ],
)
def test_what_follows_for_suspected_solid_waste(change, decision, is_fined, is_liable):
    found = _waste(**change)
    if decision is None:
        assert pd.isna(found["decision"]) and found["missing"] == "is_entered"
        return
    assert (found["decision"], found["is_carrier_liable"]) == (decision, is_liable)
    fine = (500_000, 5_000_000) if is_fined else (None, None)
    assert tuple(None if pd.isna(found[name]) else found[name] for name in ("fine_lo", "fine_hi")) == fine


def test_a_fine_outside_the_law_is_refused():
    assert _waste(fine_cny=500_000)["decision"] == _waste(fine_cny=5_000_000)["decision"] == "return"
    for fine in (499_999, 5_000_001):
        with pytest.raises(InputFaults, match="from 500000 to 5000000 yuan"):
            _waste(fine_cny=fine)
    with pytest.raises(InputFaults, match="from 0 up"):
        _waste(fine_cny=-1)
    with pytest.raises(InputFaults, match="no rule that is met has a fine"):
        _waste(fine_cny=600_000, is_solid_waste=0)
    with pytest.raises(InputFaults, match="a rule is in force"):
        _waste(on=dt.date(2020, 8, 31))
    with pytest.raises(InputFaults, match=r"is_transit[\s\S]*is_entered"):
        _waste(is_transit=2, is_entered="no")


NUMBERS = pd.DataFrame(
    {"un_number": ["0004", "1017", "1203", "3001", "3002"], "class": ["1.1D", "2", "3", "?", "-6.1"]}
)


@pytest.mark.parametrize(
    ("number", "declared", "decision", "found_class"),
    [
        ("1203", "3", "matched", "3"), ("UN 1203", None, "matched", "3"), (1203.0, 3.0, "matched", "3"),
        (4, "1.1", "matched", "1.1D"), (4, "1.4S", "class_conflict", None), ("1017", "2.3", "matched", "2.3"),
        ("1203", "8", "class_conflict", None), ("9999", None, "number_unknown", None),
        ("3001", None, "number_not_in_use", None), ("3002", "6.1", "number_not_in_use", None),
    ],
)  # fmt: skip
def test_a_un_number_and_its_class(number, declared, decision, found_class):
    goods = pd.DataFrame({"un_number": [number], "class": [declared]}, dtype=object)
    found = matched_goods(goods, NUMBERS).iloc[0]
    assert (found["decision"], found["class"]) == (decision, found_class)


def test_a_packing_group_comes_from_the_declaration_only():
    goods = pd.DataFrame({"un_number": ["1203"] * 3, "packing_group": ["Ⅱ", "III", None]})
    found = matched_goods(goods, NUMBERS)
    assert [*found["packing_group"][:2]] == ["II", "III"] and found["is_group_unknown"].tolist() == [
        False,
        False,
        True,
    ]
    assert matched_goods(goods[["un_number"]], NUMBERS)["is_group_unknown"].all()


def test_goods_and_numbers_that_cannot_be_read_are_refused_together():
    goods = pd.DataFrame(
        {"un_number": ["120", "1203"], "class": ["10", "4.7"], "packing_group": ["IV", None]}
    )
    with pytest.raises(InputFaults) as caught:
        matched_goods(goods, NUMBERS)
    assert len(caught.value.faults) == 4
    with pytest.raises(InputFaults, match="each number once"):
        matched_goods(goods, pd.concat([NUMBERS, NUMBERS.head(1)]))


def test_every_number_of_the_public_list_is_found():
    table = pd.read_csv(
        shared("data", "dangerous_goods", "un_numbers.csv.gz"), dtype=str, keep_default_na=False
    )
    found = matched_goods(table[["un_number"]], table)
    assert found["decision"].value_counts().to_dict() == {"matched": 2374, "number_not_in_use": 63}
    assert found.loc[table["un_number"] == "3480", "class"].item() == "9"


@given(
    st.lists(
        st.tuples(st.sampled_from(["3", "5.1", "8"]), st.integers(0, 12), st.integers(0, 12)), max_size=12
    )
)
def test_conflicts_in_a_yard_are_those_of_every_pair_one_by_one(units):
    least = {("3", "3"): 0, ("3", "5.1"): 6, ("3", "8"): 3, ("5.1", "5.1"): 0, ("5.1", "8"): 5, ("8", "8"): 1}
    table = pd.DataFrame([(b, a, m) for (a, b), m in least.items()], columns=["class_a", "class_b", "min_m"])
    yard = pd.DataFrame(units, columns=["class", "x_m", "y_m"])
    slow = {
        (i, j)
        for i, (a, x, y) in enumerate(units)
        for j, (b, u, v) in enumerate(units[:i])
        if np.hypot(x - u, y - v) < least[min(a, b), max(a, b)]
    }
    found = segregation_conflicts(yard, table)
    assert {(max(pair), min(pair)) for pair in zip(found["unit_a"], found["unit_b"], strict=True)} == slow
    assert (found["short_m"] > 0).all() and found["short_m"].is_monotonic_decreasing


def test_classes_without_a_row_are_not_taken_to_be_compatible():
    yard = pd.DataFrame({"class": ["3", "8"], "x_m": [0, 900], "y_m": 0})
    table = pd.DataFrame({"class_a": ["3"], "class_b": ["3"], "min_m": [0]})
    with pytest.raises(InputFaults, match="no row for 3 with 8"):
        segregation_conflicts(yard, table)
    with pytest.raises(InputFaults, match="each pair once"):
        segregation_conflicts(yard, pd.concat([table, table]))
    with pytest.raises(InputFaults, match="an id twice"):
        segregation_conflicts(yard.set_axis(["A", "A"]), table)


def test_stock_that_was_not_counted_or_has_expired_covers_nothing():
    needs = pd.DataFrame({"scenario": "fire", "item": ["foam", "boom", "mask"], "n_needed": [10, 10, 5]})
    stock = pd.DataFrame(
        {"item": ["foam", "foam", "boom"], "n_held": [6, None, 4], "expires_on": [None, None, "2026-05-01"]}
    )
    found = material_adequacy(needs, stock, on=DAY)
    assert found["decision"].fillna("?").tolist() == ["?", "short", "none"]
    assert found["margin"].tolist() == [-4, -6, -5] and found["rate_covered"].tolist() == [0.6, 0.4, 0]
    later = material_adequacy(needs, stock, on=dt.date(2026, 5, 2))
    assert later["decision"].iloc[1] == "none" and later["n_expired"].iloc[1] == 4
    with pytest.raises(InputFaults, match="an item twice"):
        material_adequacy(pd.concat([needs, needs]), stock, on=DAY)
    with pytest.raises(InputFaults, match="n_held"):
        material_adequacy(needs, stock.assign(n_held=-1), on=DAY)


@pytest.mark.parametrize(
    ("scores", "critical", "decision", "reason", "low", "high"),
    [
        ([0.6, 0.6], [0, 0], "passed", "drill_score", 0.6, 0.6),
        ([0.5, 0.6], [0, 0], "failed", "drill_score", 0.575, 0.575),
        ([0.5, 1.0], [1, 0], "failed", "critical_item", 0.875, 0.875),
        ([None, 1.0], [0, 0], "passed", "drill_score", 0.75, 1),
        ([None, 1.0], [1, 0], None, "not_judged", 0.75, 1),
        ([1.0, None], [0, 0], None, "not_judged", 0.25, 1),
        ([None, 0.2], [0, 0], "failed", "drill_score", 0.15, 0.4),
    ],
)
def test_the_score_of_a_drill(scores, critical, decision, reason, low, high):
    items = pd.DataFrame(
        {"drill_id": "d", "item": ["a", "b"], "weight": [1, 3], "score": scores, "is_critical": critical}
    )
    found = drill_scores(items, on=DAY).loc["d"]
    assert (found["decision"], found["reason"]) == (decision, reason)
    assert (found["rate_lo"], found["rate_hi"]) == pytest.approx((low, high))
    assert found["margin"] == pytest.approx(low - 0.6)


def test_wrong_drills_are_refused():
    items = pd.DataFrame({"drill_id": "d", "item": ["a", "a"], "weight": [0, 1], "score": [0.5, 1.1]})
    with pytest.raises(InputFaults) as caught:
        drill_scores(items, on=DAY)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="an item twice"):
        drill_scores(items.assign(weight=1, score=1), on=DAY)


def _log(*entries):
    return pd.DataFrame(entries, columns=["event_id", "step", "at", "actor"])


NOW = pd.Timestamp("2026-03-02 12:00")
WHOLE = [
    ("e", step, f"2026-03-01 {hour:02}:00", "port")
    for hour, step in enumerate(["reported", "assessed", "plan_started", "measures_taken", "ended"], 8)
]


def test_a_whole_log_has_no_gaps_and_each_gap_is_found():
    assert log_gaps(_log(*WHOLE), now=NOW).empty
    assert log_gaps(_log(*WHOLE[:2]), now=NOW).empty  # still running
    late = _log(*WHOLE[:3], ("e", "ended", "2026-03-01 07:00", " "), ("e", "reviewed", "2026-03-03", "port"))
    found = log_gaps(late, now=NOW)
    assert found[["step", "finding"]].apply(tuple, axis=1).tolist() == [
        ("measures_taken", "step_missing"), ("ended", "no_actor"), ("ended", "out_of_order"),
        ("reviewed", "in_future"),
    ]  # fmt: skip
    other = [("f", *entry[1:]) for entry in WHOLE]
    assert set(log_gaps(pd.concat([late, _log(*other)]), now=NOW)["event_id"]) == {"e"}


def test_a_log_that_cannot_be_read_is_refused_with_all_its_faults():
    with pytest.raises(InputFaults) as caught:
        log_gaps(_log(("e", "start", "soon", "x"), (None, "ended", "2026-03-01T08:00+08:00", "x")), now=NOW)
    assert len(caught.value.faults) == 4
    with pytest.raises(InputFaults, match="1900 to 2200"):
        log_gaps(_log(("e", "ended", "9999-01-01", "x")), now=NOW)
    with pytest.raises(InputFaults, match="now"):
        log_gaps(_log(*WHOLE), now=NOW.tz_localize("UTC"))
    assert log_gaps(_log(), now=NOW).empty


def test_rows_without_a_name_are_refused_and_not_left_out():
    drill = pd.DataFrame({"drill_id": ["d", None], "item": ["a", " "], "weight": 1, "score": 1})
    needs = pd.DataFrame({"scenario": ["fire", None], "item": ["foam", None], "n_needed": 1})
    stock = pd.DataFrame({"item": ["foam", None], "n_held": 1})
    for call, count in (
        (lambda: drill_scores(drill, on=DAY), 2),
        (lambda: material_adequacy(needs, stock, on=DAY), 3),
    ):
        with pytest.raises(InputFaults) as caught:
            call()
        assert len(caught.value.faults) == count


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_decision_reason_and_rule_has_words(lang):
    waste, levels = standards.all_rows("emergency_waste_routes"), standards.table("emergency_levels")
    names = pd.Series([*waste["decision"], *waste["test"], *levels["decision"], *levels["test"], "facts_missing",
                       "adequate", "short", "none", "passed", "failed", "matched", "class_conflict",
                       "number_unknown", "number_not_in_use", "no_actor", "in_future", "out_of_order",
                       "step_missing", "critical_item", "not_judged", "drill_score", "waste_rule_met"])  # fmt: skip
    assert (in_language(lang, reason_words, names).str.len() > 0).all()


def _plan(**facts):
    return plan_steps(pd.DataFrame([facts], index=["lot"]), on=DAY)


def test_a_class_asks_for_its_own_steps_and_those_of_its_division():
    of_class = {"3": {"D-04"}, "4.3": {"D-05", "D-06"}, "4.1": {"D-05"}, "1.4S": {"D-02"}, "2.1": {"D-03"}}
    for name, expected in of_class.items():
        found = _plan(kind="dangerous", **{"class": name}, is_group_unknown=0)
        assert set(found["rule_id"]) == {"D-01", "D-12"} | expected, name
        assert (found["decision"] == "do").all()
    # a class without its division leaves the step of the division open
    found = _plan(kind="dangerous", **{"class": "4"}, is_group_unknown=0).set_index("rule_id")
    assert found.loc["D-06", ["decision", "missing"]].tolist() == ["ask", "class"]


def test_a_plan_keeps_the_source_and_refuses_what_it_cannot_read():
    found = _plan(kind="waste", is_identified=1, is_hazardous=0, is_return_due=1, is_opinion_due=0)
    assert found["rule_id"].tolist() == ["W-01", "W-04"]
    assert found["source_id"].tolist() == ["riskkit_house", "solid_waste_law"]
    assert found["status"].tolist() == ["house", "derived"]
    wrong = pd.DataFrame({"kind": ["bulk", "gas"], "is_liquefiable": [2, "no"]}, index=["a", "b"])
    with pytest.raises(InputFaults, match="gas"):
        plan_steps(wrong, on=DAY)
    with pytest.raises(InputFaults) as caught:
        plan_steps(wrong.assign(kind="bulk"), on=DAY)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="an id twice"):
        plan_steps(wrong.assign(kind="bulk", is_liquefiable=0).set_axis(["a", "a"]), on=DAY)
    with pytest.raises(InputFaults, match="did you mean is_liquefiable"):
        plan_steps(pd.DataFrame({"kind": ["bulk"], "is_liquefiabl": [1]}), on=DAY)
    assert plan_steps(wrong.head(0)[["kind"]], on=DAY).empty


_FLAG = st.sampled_from([0.0, 1.0, None])


@given(st.lists(st.tuples(_FLAG, _FLAG, _FLAG, _FLAG), min_size=1, max_size=8))
def test_an_unknown_fact_never_drops_a_step(rows):
    names = ["is_radiation_alarm", "is_self_heating", "is_liquefiable", "is_dust_explosive"]
    lots = pd.DataFrame(rows, columns=names, dtype=float).assign(kind="bulk")
    found = plan_steps(lots, on=DAY)
    worst = plan_steps(lots.fillna(1.0), on=DAY)
    best = plan_steps(lots.fillna(0.0), on=DAY)
    keys = ["lot", "rule_id"]
    assert found[keys].values.tolist() == worst[keys].values.tolist()
    to_do = found[found["decision"] == "do"]
    assert to_do[keys].values.tolist() == best[keys].values.tolist()
    assert (found["missing"] != "").sum() == int(found["decision"].eq("ask").sum())
