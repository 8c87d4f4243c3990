"""The life of a warning: steps, clocks, terms, and when a level moves."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_warning as reference
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.flows import replay as flows
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.warning.dynamics.adjustment import adjustments
from riskkit.warning.dynamics.clocks import clocks
from riskkit.warning.dynamics.life import (
    OPEN,
    WarningEvent,
    WarningState,
    event_faults,
    replay,
    warning_acts,
    warning_flow,
)
from riskkit.warning.dynamics.terms import suspended, terms

START = dt.datetime(2026, 5, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=8)))
KINDS = sorted({event for _, event in reference.steps()})


def hours(number: float) -> dt.datetime:
    return START + dt.timedelta(hours=number)


def event(kind: str, at: float, **given_: Any) -> WarningEvent:
    said: dict[str, Any] = {
        "warning_id": "w",
        "event": kind,
        "at": hours(at),
        "who": "a",
        "reason": "why",
        "evidence": ("file 1",),
    }
    return WarningEvent(**(said | given_))


def after(state: WarningState, one: WarningEvent) -> WarningState:
    return reference.next_state(state, one)


LIFE = (
    event("proposed", 0, level=2),
    event("confirmed", 1, who="b"),
    event("issued", 2, ends_at=hours(24 * 28)),
    event("raised", 30, level=4, is_authorised=True),
    event("corrected", 31, level=3),
    event("lowered", 24 * 20, level=2, effect_agrees=True, has_consent=True),
    event("prolonged", 24 * 21, ends_at=hours(24 * 60)),
    event("lifted", 24 * 40, effect_agrees=True, has_consent=True),
)


def test_a_life_from_proposal_to_lifting() -> None:
    phases, levels, state = [], [], WarningState(warning_id="w")
    for one in LIFE:
        state = after(state, one)
        phases.append(state.phase)
        levels.append(state.level)
    assert phases == ["proposed", "confirmed", *["issued"] * 5, "lifted"]
    assert levels == [2, 2, 2, 4, 3, 2, 2, 2]
    assert (state.ends_at, state.since, state.n_events) == (hours(24 * 60), hours(24 * 40), 8)
    assert replay(LIFE) == {"w": state}


@pytest.mark.parametrize(
    ("number", "changed", "places"),
    [(0, {"reason": ""}, ["reason"]), (0, {"evidence": ()}, ["evidence"]), (0, {"level": None, "evidence": (" ",)}, ["level", "evidence"]),
     (0, {"level": 5}, ["level"]), (1, {"who": "a"}, ["who"]), (1, {"level": 3}, ["level"]), (1, {"at": hours(-1)}, ["at"]),
     (2, {"ends_at": hours(2)}, ["ends_at"]), (3, {"is_authorised": False}, ["is_authorised"]), (3, {"level": 2}, ["level"]),
     (3, {"level": 1, "reason": " ", "evidence": ()}, ["level", "reason", "evidence"]), (5, {"effect_agrees": None}, ["effect_agrees"]),
     (5, {"effect_agrees": False, "has_consent": None, "level": 4}, ["level", "effect_agrees", "has_consent"]),
     (6, {"ends_at": hours(24 * 22)}, ["ends_at"]), (6, {"ends_at": None}, ["ends_at"]), (7, {"has_consent": False}, ["has_consent"]),
     (7, {"level": 1}, ["level"]), (0, {"who": " "}, ["who"]), (0, {"at": dt.datetime(2026, 5, 1)}, ["at"])],
)  # fmt: skip
def test_a_step_without_what_it_needs_is_refused_with_all_reasons(
    number: int, changed: dict[str, Any], places: list[str]
) -> None:
    faults = event_faults(LIFE[:number], dataclasses.replace(LIFE[number], **changed))
    assert [fault.place.rpartition(".")[2] for fault in faults] == places


@pytest.mark.parametrize(
    ("number", "kind"),
    [(0, "issued"), (0, "confirmed"), (1, "issued"), (1, "raised"), (2, "raised"), (3, "proposed"), (3, "issued"), (8, "lifted"), (8, "raised"), (8, "expired")],
)  # fmt: skip
def test_a_step_out_of_turn_is_refused_and_told_what_may_follow(number: int, kind: str) -> None:
    one = event(kind, 24 * 50, level=4, is_authorised=True, who="c")
    assert "a step that may follow" in event_faults(LIFE[:number], one)[0].rule
    with pytest.raises(InputFaults, match="a step that may follow"):
        replay([*LIFE[:number], one])


def test_a_direct_issue_needs_its_trigger_and_a_second_person() -> None:
    one = event("issued_directly", 0, level=4, trigger="death", second="b", is_authorised=True)
    assert replay([one])["w"].phase == "issued"
    for changed, place in (
        ({"trigger": ""}, "trigger"),
        ({"second": "a"}, "second"),
        ({"is_authorised": False}, "is_authorised"),
    ):
        faults = event_faults([], dataclasses.replace(one, **changed))
        assert [fault.place.rpartition(".")[2] for fault in faults] == [place]


def test_a_warning_expires_at_its_end_and_not_before() -> None:
    assert [fault.place for fault in event_faults(LIFE[:3], event("expired", 24 * 28 - 1))] == [
        "w[4].expired.at"
    ]
    assert replay([*LIFE[:3], event("expired", 24 * 28)])["w"].phase == "expired"
    endless = [*LIFE[:2], event("issued", 2)]
    assert event_faults(endless, event("expired", 24 * 999))


def test_another_warning_may_take_the_place_of_an_open_one() -> None:
    for number in (1, 2, 3):
        assert replay([*LIFE[:number], event("superseded", 999, other="v")])["w"].other == "v"
        assert event_faults(LIFE[:number], event("superseded", 999, other="w"))


# Random histories.

few = st.one_of(st.none(), st.integers(0, 5))
drawn = st.builds(
    WarningEvent, warning_id=st.sampled_from("vw"), event=st.sampled_from(KINDS), at=st.integers(0, 60).map(hours),
    who=st.sampled_from(["a", "b", ""]), level=few, reason=st.sampled_from(["why", "why", " "]), evidence=st.sampled_from([("f",), ("f", "g"), ()]),
    ends_at=st.one_of(st.none(), st.integers(1, 90).map(hours)), second=st.sampled_from(["", "a", "c"]), trigger=st.sampled_from(["", "death"]),
    is_authorised=st.booleans(), effect_agrees=st.sampled_from([None, True, False]), has_consent=st.sampled_from([None, True, True]),
    other=st.sampled_from(["", "u", "w"]),
)  # fmt: skip


@given(tries=st.lists(drawn, max_size=40), late=st.integers(0, 200))
def test_no_random_history_breaks_the_rules(tries: list[WarningEvent], late: int) -> None:
    states: dict[str, WarningState] = {}
    taken: list[WarningEvent] = []
    for one in sorted(tries, key=lambda one: one.at):
        before = states.get(one.warning_id, WarningState(warning_id=one.warning_id))
        faults = event_faults([of for of in taken if of.warning_id == one.warning_id], one)
        wanted = reference.event_faults(before, one)
        is_ordered = (before.phase, one.event) in reference.steps()
        assert {(one.place, one.rule) for one in wanted} <= {(one.place, one.rule) for one in faults}
        assert bool(wanted) == bool(faults) and (len(wanted) == len(faults) or not is_ordered)
        if faults:
            continue
        state = after(before, one)
        assert (state.level in (1, 2, 3, 4)) and state.reason.strip()
        if state.phase == "issued" and state.level == 4 and before.level != 4:
            assert one.is_authorised
        if before.phase == "issued" and state.phase == "issued" and (state.level or 0) < (before.level or 0):
            assert one.event == "corrected" or (one.effect_agrees and one.has_consent)
        if one.event == "confirmed":
            assert one.who != before.proposed_by
        states[one.warning_id] = state
        taken.append(one)
    assert replay(taken) == states
    due = clocks(states.values(), now=hours(late))
    assert {one.warning_id for one in due} == {one.warning_id for one in states.values() if one.phase in OPEN}
    assert all(one.is_overdue == (one.due_at <= hours(late)) for one in due)


@given(tries=st.lists(drawn, min_size=1, max_size=12))
def test_many_at_once_refuse_what_one_by_one_refuses(tries: list[WarningEvent]) -> None:
    refused, states = list[str](), dict[str, WarningState]()
    for one in tries:
        before = states.get(one.warning_id, WarningState(warning_id=one.warning_id))
        if one.warning_id not in {place.partition("[")[0] for place in refused}:
            found = reference.event_faults(before, one)
            refused += [fault.place for fault in found]
            states[one.warning_id] = before if found else after(before, one)
    if not refused:
        assert replay(tries) == states
        return
    with pytest.raises(InputFaults) as caught:
        replay(tries)
    assert set(refused) <= {fault.place for fault in caught.value.faults}


def test_a_table_without_a_column_or_with_naive_times_is_refused() -> None:
    acts = warning_acts(LIFE)
    with pytest.raises(InputFaults, match="who"):
        flows.replay(acts.drop(columns="who"), warning_flow())
    with pytest.raises(InputFaults, match="offset"):
        flows.replay(acts.assign(at=acts["at"].dt.tz_localize(None)), warning_flow())
    with pytest.raises(InputFaults, match="offset"):
        replay([dataclasses.replace(LIFE[0], at=dt.datetime(2026, 5, 1))])


# Clocks.


def test_the_higher_the_level_the_sooner_something_is_due() -> None:
    rules = standards.table("warning_clocks")
    assert set(rules["status"]) == {"house"}
    for _, mine in rules.groupby("phase"):
        assert mine.sort_values("level")["hours"].is_monotonic_decreasing
    own = rules.assign(hours=1.0)
    state = replay(LIFE[:1])["w"]
    assert [one.due_at for one in clocks([state], now=START, rules=own)] == [hours(1)]
    assert [one.clock for one in clocks([replay(LIFE[:3])["w"]], now=START)] == ["review", "expire"]


# Terms.


def test_the_published_terms_are_one_week_twice_then_four() -> None:
    at = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-01-05"], utc=True)
    found = terms(pd.DataFrame({"subject": ["p", "p", "p", "p", "q"], "at": at}))
    assert found["days"].tolist() == [7, 7, 28, 28, 7]
    assert found["nth"].tolist() == [1, 2, 3, 4, 1]
    now = [
        suspended(found, now=dt.datetime(2026, month, day, tzinfo=dt.UTC))
        for month, day in ((1, 6), (2, 9), (3, 28), (4, 29))
    ]
    assert [one["subject"].tolist() for one in now] == [["p", "q"], [], ["p"], []]


def test_overlapping_terms_run_to_the_later_end() -> None:
    at = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"], utc=True)
    found = terms(pd.DataFrame({"subject": "p", "at": at}))
    assert found["resumes_at"].dt.day.tolist() == [8, 9, 31, 1]
    with pytest.raises(InputFaults, match="rule set"):
        terms(pd.DataFrame({"subject": "p", "at": at}), rule_set="x")
    with pytest.raises(InputFaults, match="given"):
        terms(pd.DataFrame({"subject": ["p", None, "p", "p"], "at": at}))


# When a level moves.

NOW = pd.Timestamp("2026-06-01", tz="UTC")


Seen = list[tuple[float, int | None, int | None]]


def slow_adjustment(level: int, seen: Seen, effect: bool | None, consent: bool | None) -> tuple[str, str]:
    """One warning, assessment by assessment; `seen` is (days ago, lo, hi), oldest first."""
    rule = standards.table("warning_adjustment").set_index("level").loc[level]
    if seen and seen[-1][1] is not None and seen[-1][1] > level:
        return "raise", "proven_above"
    run = 0
    for _, _, one in reversed(seen):
        if one is None or one >= level:
            break
        run += 1
    checks = [
        (not seen, "never_assessed"),
        (bool(seen) and seen[-1][2] is None, "level_unknown"),
        (not run, "may_be_as_high"),
        (run < rule["n_in_row"], "too_few_in_row"),
        (bool(run) and seen[-run][0] < rule["hold_days"], "not_held_long_enough"),
        (effect is not True, "effect_not_agreed"),
        (consent is not True, "no_consent"),
    ]
    stops = [reason for stops_here, reason in checks if stops_here]
    return ("hold", stops[0]) if stops else ("lift" if level == 1 else "lower", "held_below")


levels = st.one_of(st.none(), st.integers(0, 4))
looks = st.lists(st.tuples(st.integers(0, 60), levels, st.integers(0, 2)), max_size=9)
warnings = st.tuples(
    st.integers(1, 4), looks, st.sampled_from([None, True, True, False]), st.sampled_from([None, True, True])
)


@given(many=st.lists(warnings, min_size=1, max_size=6))
def test_levels_move_as_they_do_one_by_one(many: list[Any]) -> None:
    board = pd.DataFrame(
        {"warning_id": [f"w{n}" for n in range(len(many))], "level": [one[0] for one in many],
         "effect_agrees": pd.array([one[2] for one in many], dtype="boolean"), "has_consent": pd.array([one[3] for one in many], dtype="boolean")}
    )  # fmt: skip
    rows, slow = [], []
    for number, (level, seen, effect, consent) in enumerate(many):
        told = sorted(
            {days: (days, lo, None if lo is None else min(lo + more, 4)) for days, lo, more in seen}.values(),
            reverse=True,
        )
        rows += [(f"w{number}", NOW - pd.Timedelta(days=days), lo, hi) for days, lo, hi in told]
        slow.append(slow_adjustment(level, told, effect, consent))
    seen_table = pd.DataFrame(rows, columns=["warning_id", "at", "level_lo", "level_hi"]).astype(
        {"level_lo": "Int64", "level_hi": "Int64"}
    )
    seen_table["at"] = pd.to_datetime(seen_table["at"], utc=True)
    found = adjustments(board, seen_table.sample(frac=1, random_state=1), now=NOW)
    assert list(zip(found["move"], found["reason"], strict=True)) == slow
    after = {"lower": -1, "lift": -1, "hold": 0}
    for row in found.itertuples():
        if row.move in after:
            assert row.level_after == row.level + after[str(row.move)]
        else:
            assert row.level_after > row.level


def held(*his: int | None, level: int = 3, step: int = 4, **more: Any) -> pd.Series:
    board = pd.DataFrame(
        {"warning_id": ["w"], "level": [level], "effect_agrees": [True], "has_consent": [True]} | more
    )
    at = NOW - pd.to_timedelta([step * n for n in reversed(range(len(his)))], unit="D")
    seen = pd.DataFrame(
        {
            "warning_id": "w",
            "at": at,
            "level_lo": pd.array([0] * len(his), dtype="Int64"),
            "level_hi": pd.array(his, dtype="Int64"),
        }
    )
    return adjustments(board, seen, now=NOW).iloc[0]


def test_a_level_comes_down_by_one_however_low_the_evidence() -> None:
    assert held(0, 0, 0, 0, 0)[["move", "level_after"]].tolist() == ["lower", 2]
    assert held(0, 0, 0, 0, 0, level=1, step=10)[["move", "level_after"]].tolist() == ["lift", 0]
    assert held(0, 0, 0, 0, None)["reason"] == "level_unknown"
    assert held(0, 0, None, 0, 0)["reason"] == "too_few_in_row"
    assert held(0, 0, 0, 0, 0, step=1)["reason"] == "not_held_long_enough"


def test_what_was_seen_before_the_last_change_does_not_count() -> None:
    assert held(0, 0, 0, 0, 0, 0, level_since=[NOW - pd.Timedelta(days=30)])["move"] == "lower"
    assert held(0, 0, 0, 0, 0, 0, level_since=[NOW - pd.Timedelta(days=14)])["reason"] == "too_few_in_row"


def test_a_review_that_was_not_made_is_told() -> None:
    assert not held(3)["is_review_overdue"]
    board = pd.DataFrame({"warning_id": ["w"], "level": [4], "effect_agrees": [None], "has_consent": [None]})
    none = pd.DataFrame(
        {
            "warning_id": pd.Series(dtype=str),
            "at": pd.Series(dtype="datetime64[us, UTC]"),
            "level_lo": pd.Series(dtype="Int64"),
            "level_hi": pd.Series(dtype="Int64"),
        }
    )
    found = adjustments(board, none, now=NOW).iloc[0]
    assert (found["reason"], found["is_review_overdue"], found["move"]) == ("never_assessed", True, "hold")


def test_what_is_wrong_with_a_board_is_told_at_once() -> None:
    board = pd.DataFrame(
        {
            "warning_id": ["w", "w"],
            "level": [0, 3],
            "effect_agrees": [True, True],
            "has_consent": [True, True],
        }
    )
    seen = pd.DataFrame(
        {"warning_id": ["w"], "at": [NOW.tz_localize(None)], "level_lo": [3], "level_hi": [2]}
    )
    with pytest.raises(InputFaults) as caught:
        adjustments(board, seen, now=NOW)
    assert [fault.place for fault in caught.value.faults] == [
        "board.warning_id",
        "board.w.level",
        "assessments.at",
        "assessments.w",
    ]


def test_both_tables_of_numbers_are_complete() -> None:
    rules = standards.table("warning_adjustment")
    assert sorted(rules["level"]) == [1, 2, 3, 4]
    assert np.all(rules["n_in_row"] >= 1)
    assert {
        (phase, level)
        for phase, level in standards.table("warning_clocks")[["phase", "level"]].itertuples(index=False)
    } == {(phase, level) for phase in OPEN for level in (1, 2, 3, 4)}
