"""Records of a chain, units of its lots, and mock recalls, against chains worked out by hand and plain loops."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lot_events import event

from riskkit.application.traceability.events import ROLES, STAGES, trace_events
from riskkit.application.traceability.genealogy import affected_units, genealogy
from riskkit.application.traceability.mock_recall import MEASURES, mock_recall
from riskkit.application.traceability.recall_scope import recall_scope
from riskkit.application.traceability.trace_records import (
    handovers,
    linked_rows,
    record_completeness,
    unit_balance,
)
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.response.recall.plan import plan_completeness

ON = dt.date(2026, 3, 20)
ASKED = dt.datetime(2026, 3, 20, 8, tzinfo=dt.UTC)
UNTIL = ASKED + dt.timedelta(days=4)


CHAIN = pd.DataFrame([
    *event("make-cell", 1, "production", "cells", outputs={"cell": 1000}),
    *event("make-pack", 2, "production", "packs", inputs={"cell": 600}, outputs={"pack": 100}),
    *event("make-phone", 4, "production", "phones", inputs={"pack": 90}, outputs={"phone": 90}),
    *event("check", 5, "inspection", "laboratory", inputs={"phone": 2}, seen={"pack": 1}),
    *event("box", 6, "logistics", "carrier", inputs={"phone": 80}, outputs={"box": None}),
    *event("sell", 7, "sale", "shop", seen={"phone": 70}),
    *event("stray", 8, "sale", "kiosk", seen={"copy": 5}),
])  # fmt: skip


def answers(*rows):
    named = [
        dict(zip(("company_id", "lot_id", "answered_at", "n_located"), row, strict=True)) for row in rows
    ]
    times = [
        f"2026-03-{20 + row['answered_at'] // 24:02d}T{8 + row['answered_at'] % 24:02d}:00:00Z"
        for row in named
    ]
    return pd.DataFrame(named).assign(answered_at=times)


GOOD = answers(
    ("packs", "pack", 3, 10), ("phones", "pack", 5, 0), ("phones", "phone", 5, 8), ("laboratory", "phone", 2, 0),
    ("laboratory", "pack", 2, 0), ("carrier", "phone", 6, 10), ("carrier", "box", 6, None), ("shop", "phone", 1, 70),
)  # fmt: skip


def graph_of(rows=CHAIN):
    return genealogy(trace_events(rows).accepted)


def recalled(given=GOOD, rows=CHAIN, lots=("pack",), **more):
    return mock_recall(graph_of(rows), lots, given, **{"asked_at": ASKED, "until": UNTIL, "on": ON} | more)


def test_units_of_each_lot_add_up_and_what_is_packed_stays_what_it_is():
    found = unit_balance(graph_of().events).set_index("lot_id")
    assert found["n_left"].dropna().to_dict() == {"cell": 400, "pack": 10, "phone": 88, "copy": 5}
    assert found["n_open"].dropna().to_dict() == {"cell": 400, "pack": 10, "phone": 18, "copy": 0}
    assert found.index[found["is_container"]].tolist() == ["box"] and found.at["box", "n_left"] is pd.NA


def test_a_record_without_a_number_makes_the_number_unknown_never_zero():
    more = pd.DataFrame(event("more", 9, "production", "phones", inputs={"pack": None}, outputs={"radio": 3}))
    found = unit_balance(graph_of(pd.concat([CHAIN, more], ignore_index=True)).events).set_index("lot_id")
    assert found.at["pack", "n_left"] is pd.NA and found.at["phone", "n_left"] == 88


def test_a_step_up_or_down_that_is_missing_is_found():
    events = graph_of().events
    steps = linked_rows(events).assign(event_id=events["event_id"], lot=events["lot_id"], role=events["role"])
    at = steps.set_index(["event_id", "lot"])
    assert not at.loc[("stray", "copy"), "has_up"], "nobody made it or handed it over"
    assert at.loc[("make-cell", "cell"), "has_up"] is pd.NA, "the chain begins there"
    assert at.loc[("sell", "phone"), "has_down"] is pd.NA and at.loc[("check", "phone"), "has_down"] is pd.NA
    assert not at.loc[("box", "box"), "has_down"], "nobody says what became of the box"
    found = record_completeness(events).set_index(["company_id", "stage"])
    assert (
        found.at[("kiosk", "sale"), "share_up"] == 0
        and found.at[("carrier", "logistics"), "share_units"] == 0.5
    )
    assert found.at[("carrier", "logistics"), "share_down"] == 0.5


def test_a_lot_is_followed_from_company_to_company():
    found = handovers(graph_of().events)
    of_phone = found[found["lot_id"] == "phone"]
    assert of_phone[["company_from", "company_to"]].to_numpy().tolist() == [
        ["phones", "laboratory"], ["laboratory", "carrier"], ["carrier", "shop"]]  # fmt: skip
    assert of_phone["hours"].tolist() == [24, 24, 24]
    assert handovers(graph_of().events.head(0)).empty


def slow_steps(events):
    """The same by looking at every pair of records."""
    rows = events.to_dict("records")
    for row in rows:
        same = [one for one in rows if one["event_id"] == row["event_id"]]
        near = [one for one in rows if one["lot_id"] == row["lot_id"]]
        if row["role"] == "output":
            up = True if any(one["role"] == "input" for one in same) else None
        else:
            up = any(one["event_time"] <= row["event_time"] and
                     (one["role"] == "output" or one["company_id"] != row["company_id"]) for one in near)  # fmt: skip
        ends = ("sale", "use", "repair")
        if row["role"] == "input":
            has = any(one["role"] == "output" for one in same)
            down = has if has or row["stage"] == "production" else None
        elif row["stage"] in ends:
            down = None
        else:
            down = any(one["event_time"] >= row["event_time"] and
                       (one["role"] == "input" or one["stage"] in ends or one["company_id"] != row["company_id"])
                       for one in near)  # fmt: skip
        yield up, down


@st.composite
def histories(draw):
    n = draw(st.integers(1, 8))
    lots, companies = st.sampled_from(list("abcde")), st.sampled_from(["A", "B", "C"])
    rows = []
    for number in range(n):
        day, stage, company = draw(st.integers(1, 9)), draw(st.sampled_from(STAGES)), draw(companies)
        for lot in draw(st.lists(lots, min_size=1, max_size=3, unique=True)):
            rows.append({"event_id": str(number), "event_time": f"2026-03-{day:02d}T08:00:00Z", "stage": stage,
                         "company_id": company, "lot_id": lot, "role": draw(st.sampled_from(ROLES)),
                         "n_units": draw(st.one_of(st.none(), st.integers(0, 20)))})  # fmt: skip
    return trace_events(pd.DataFrame(rows)).accepted


@given(histories())
def test_steps_agree_with_looking_at_every_pair_and_shares_add_up(events):
    found = linked_rows(events)
    plain = [tuple(None if pd.isna(one) else bool(one) for one in row) for row in found.to_numpy()]
    assert plain == list(slow_steps(events))
    passed = handovers(events)
    for lot, own in events.sort_values("event_time", kind="stable").groupby("lot_id"):
        names = own["company_id"].tolist()
        pairs = [[one, other] for one, other in pairwise(names) if one != other]
        assert (
            passed.loc[passed["lot_id"] == lot, ["company_from", "company_to"]].to_numpy().tolist() == pairs
        )
    assert (passed["hours"] >= 0).all()
    shares = record_completeness(events)
    assert shares["n_records"].sum() == len(events)
    assert ((shares["n_up"] == 0) == shares["share_up"].isna()).all()
    balance = unit_balance(events).set_index("lot_id")
    for lot, row in balance.iterrows():
        own = events[
            (events["lot_id"] == lot) & (events["role"] == "input") & (events["stage"] != "logistics")
        ]
        used = pd.NA if own["n_units"].isna().any() else own["n_units"].sum()
        assert (row["n_used"] is pd.NA) == (used is pd.NA) and (used is pd.NA or row["n_used"] == used)
        whole = [row["n_made"], row["n_used"], row["n_sold"]]
        is_open = any(one is pd.NA for one in whole)
        assert row["n_open"] is pd.NA if is_open else row["n_open"] == whole[0] - whole[1] - whole[2]


def test_an_exercise_that_finds_everything_in_time_has_all_points():
    found = recalled()
    assert (found.decision, found.score_lo, found.score_hi) == ("passed", 100, 100)
    assert found.measures.set_index("measure")["value"].to_dict() == {
        "lots": 1, "units": pytest.approx(1), "hours": 6, "balance": 1}  # fmt: skip
    assert found.companies.set_index("company_id").at["carrier", "n_lots"] == 2
    assert found.outside.empty


def test_points_fall_in_a_line_from_the_target_to_the_worst_value():
    late = GOOD.assign(answered_at="2026-03-22T08:00:00Z")  # 48 of 24 to 72 hours
    found = recalled(late)
    hours = found.measures.set_index("measure").loc["hours"]
    assert (hours["points_lo"], hours["margin"], hours["decision"]) == (10, -24, "missed")
    assert found.decision == "failed" and found.score_lo == 90


def test_a_company_that_does_not_answer_leaves_the_time_open_until_it_is_surely_too_long():
    without = GOOD[GOOD["company_id"] != "laboratory"]
    long, short = recalled(without), recalled(without, until=ASKED + dt.timedelta(hours=10))
    of_long, of_short = (one.measures.set_index("measure").loc["hours"] for one in (long, short))
    assert (of_long["decision"], of_long["points_hi"], of_long["reason"]) == ("missed", 0, "silent")
    assert (of_short["decision"], of_short["points_lo"], of_short["points_hi"]) == ("unknown", 0, 20)
    assert long.companies.set_index("company_id").at["laboratory", "decision"] == "silent"
    assert (short.decision, short.score_lo, short.score_hi) == ("unknown", 80, 100)


def test_units_found_twice_are_no_excuse_for_units_not_found():
    more = GOOD.assign(n_located=GOOD["n_located"].where(GOOD["company_id"] != "shop", 95))
    found = recalled(more[more["lot_id"] != "pack"])
    units = found.measures.set_index("measure")["value"]
    assert units["units"] == pytest.approx(88 / 98) and units["balance"] == 0, (
        "of 98 units 88 at most were there"
    )


def test_lots_that_the_records_do_not_reach_are_shown_not_counted():
    odd = pd.concat([GOOD, answers(("kiosk", "copy", 4, 5))], ignore_index=True)
    found = recalled(odd)
    assert found.outside["lot_id"].tolist() == ["copy"] and found.decision == "passed"


def test_lots_without_numbers_leave_units_and_balance_unknown():
    found = recalled(rows=CHAIN.assign(n_units=None))
    at = found.measures.set_index("measure")["decision"]
    assert at.to_dict() == {"lots": "met", "units": "unknown", "hours": "met", "balance": "unknown"}
    assert (found.decision, found.score_lo, found.score_hi) == ("unknown", 45, 100)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=2), st.integers(1, 90))
def test_finding_more_or_answering_sooner_never_costs_points(located, hours):
    low, high = sorted(located)
    day, hour = divmod(8 + hours, 24)
    late = GOOD.assign(answered_at=f"2026-03-{20 + day:02d}T{hour:02d}:00:00Z")
    sooner = GOOD.assign(answered_at="2026-03-20T08:30:00Z")

    def units(n, rows=GOOD):
        one = recalled(rows.assign(n_located=rows["n_located"].where(rows["company_id"] != "shop", n)))
        return one.measures.set_index("measure")["points_lo"]

    assert units(low)["units"] <= units(high)["units"]
    assert units(70, late)["hours"] <= units(70, sooner)["hours"]


def test_every_fault_of_the_answers_is_listed_at_once():
    bad = pd.concat([GOOD, GOOD.head(1)], ignore_index=True).astype(object)
    bad.loc[1, "n_located"], bad.loc[2, "company_id"], bad.loc[3, "answered_at"] = (
        1.5,
        " ",
        "2026-03-20T07:00:00Z",
    )
    bad.loc[4, "answered_at"] = "2026-03-20T10:00:00"
    with pytest.raises(InputFaults) as wrong:
        recalled(bad)
    assert {fault.place for fault in wrong.value.faults} == {
        "answers: row 1: n_located", "answers: row 2: company_id", "answers: row 3: answered_at",
        "answers: row 4: answered_at", "answers: row 8: lot_id"}  # fmt: skip
    with pytest.raises(InputFaults) as wrong:
        recalled(GOOD.drop(columns=["n_located", "lot_id"]))
    assert [fault.place for fault in wrong.value.faults] == ["answers: lot_id", "answers: n_located"]
    with pytest.raises(InputFaults, match="after the question"):
        recalled(until=ASKED)
    with pytest.raises(InputFaults, match="time zone"):
        recalled(asked_at=ASKED.replace(tzinfo=None))
    with pytest.raises(InputFaults, match="a lot of an event"):
        recalled(lots=["none"])


def test_rules_of_one_s_own_count_and_wrong_ones_are_refused():
    table = standards.table("mock_recall_rules")
    strict = table.assign(target=table["target"].where(table["measure"] != "hours", 5.0))
    assert recalled(rules=strict).decision == "failed"
    with pytest.raises(InputFaults) as wrong:
        recalled(rules=table.assign(worst=table["target"], weight=20.0))
    assert len(wrong.value.faults) == len(MEASURES) + 1, "and 80 points are not 100"
    with pytest.raises(InputFaults, match="mr-tolerance"):
        recalled(rules=table[table["measure"] != "tolerance"])


def test_the_reach_of_a_lot_fills_in_the_recall_plan():
    found = recall_scope(graph_of(), ["cell"])
    assert found.loc[0].to_dict() == {
        "batch": "cell pack phone", "produced_from": "2026-03-01", "produced_to": "2026-03-04",
        "n_produced": 1190, "n_recalled": 498, "main_sellers": "shop", "sales_quantities": "70"}  # fmt: skip
    checked = plan_completeness(found, on=ON)
    assert not set(found.columns) & set(checked["missing"].iloc[0].split())
    finals = affected_units(graph_of(), ["cell"])
    assert found.at[0, "n_recalled"] > finals.loc[finals["is_final"], "n_produced"].fillna(0).sum()


def test_a_number_that_is_missing_leaves_the_plan_open():
    found = recall_scope(graph_of(CHAIN.assign(n_units=None)), ["cell"])
    assert found.at[0, "n_recalled"] is pd.NA and found.at[0, "sales_quantities"] is None
    assert {"n_recalled", "sales_quantities"} <= set(
        plan_completeness(found, on=ON)["missing"].iloc[0].split()
    )
