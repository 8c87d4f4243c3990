"""Lives in steps: worked by hand, against the engine of the warnings, and no check skipped by any sequence."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_warning as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.foundation.flows.replay import act_faults, replay, standing
from riskkit.foundation.flows.steps import STEP_COLUMNS, Flow
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.flows import FLOWS, open_phases, response_flow, term_ends
from riskkit.store.flow import FlowDesk, acts_of, desk_acts, record_act
from riskkit.store.ledger.ledger import Ledger, open_ledger
from riskkit.warning.dynamics.life import WarningEvent, WarningState, warning_acts, warning_flow

CHINA = dt.timezone(dt.timedelta(hours=8))
START = dt.datetime(2026, 3, 2, 9, tzinfo=CHINA)  # a Monday


def act(event: str, *, days: float, who: str = "Li", role: str = "authority", **more: Any) -> dict[str, Any]:
    known = {"subject": "a", "event": event, "at": START + dt.timedelta(days=days), "who": who, "role": role}
    return known | {"reason": "r", "evidence": "e"} | more


def counts(affected: int, completed: int) -> dict[str, int]:
    return {"n_affected": affected, "n_completed": completed}


RECALL = [
    act("plan_filed", days=0, who="Firm", role="operator", n_affected=100),
    act("started", days=1, who="Firm", role="operator"),
    act("stage_reported", days=90, who="Firm", role="operator", **counts(100, 40)),
    act("carried_out", days=120, who="Firm", role="operator", **counts(100, 90)),
    act("final_reported", days=130, who="Firm", role="operator", **counts(100, 91)),
    act("effect_graded", days=140, who="Wang", effect="good"),
    act("closed", days=141, who="Zhao", effect_agrees=True),
]
VEHICLE_RECALL = [
    act("plan_filed", days=0, who="Firm", role="operator", n_affected=100),
    act("published", days=2, who="Firm", role="operator"),
    act("owners_told", days=20, who="Firm", role="operator"),
    act("stage_reported", days=90, who="Firm", role="operator", **counts(100, 40)),
    *(RECALL[3:]),
]
MEASURE = [
    act("proposed", days=0, who="Li", measure="suspend_sale"),
    act("ordered", days=1, who="Wang", due_at=START + dt.timedelta(days=11)),
    act("executed", days=5, who="Zhao", ends_at=START + dt.timedelta(days=60)),
    act("reviewed", days=30, who="Wang"),
    act("extended", days=40, who="Wang", ends_at=START + dt.timedelta(days=90)),
    act("lifted", days=70, who="Sun", effect_agrees=True, has_consent=True),
]
REFERRAL = [
    act("reported", days=0),
    act("transfer_decided", days=2, who="Head"),
    act("transferred", days=2.5),
    act("accepted", days=3, who="Police", role="police"),
    act("case_refused", days=4, who="Police", role="police"),
    act("review_asked", days=5),
    act("case_opened", days=7, who="Police", role="police"),
    act("handed_over", days=8),
]
EMERGENCY = [
    act("reported", days=0),
    act("assessed", days=0.05, level=2),
    act("plan_started", days=0.1),
    act("informed", days=0.11),
    act("measures_taken", days=0.2),
    act("ended", days=2, second="Wang"),
    act("reviewed", days=20),
]
REPAIR = [
    act("applied", days=0, who="Firm", role="operator"),
    act("returned", days=3),
    act("applied", days=5, who="Firm", role="operator"),
    act("examined", days=10, decision="may_apply"),
    act("repaired", days=12, who="Wang"),
]
ACCEPTANCE = [
    act("applied", days=0, who="Lab", role="agency"),
    act("examined", days=10, decision="accept"),
    act("listed", days=12, who="Wang"),
    act("suspended", days=100),
    act("checked", days=110),
    act("restored", days=112, who="Wang"),
]
SIGNAL = [
    act("seen", days=0),
    act("dismissed", days=1),
    act("reopened", days=30),
    act("confirmed", days=31),
]
LIVES = {
    "recall": RECALL, "vehicle_recall": VEHICLE_RECALL, "measure": MEASURE, "referral": REFERRAL, "emergency": EMERGENCY,
    "credit_repair": REPAIR, "acceptance": ACCEPTANCE, "signal": SIGNAL,
}  # fmt: skip


def last_of(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return records(replay(pd.DataFrame(rows), response_flow(name)))[0]


@pytest.mark.parametrize("name", FLOWS)
def test_every_prefix_of_a_valid_life_is_valid(name: str) -> None:
    flow = response_flow(name)
    table = pd.DataFrame(LIVES[name])
    phases = [replay(table.iloc[:n], flow)["phase"].iloc[0] for n in range(1, len(table) + 1)]
    assert phases[-1] in {"closed", "lifted", "reviewed", "repaired", "listed", "confirmed"}
    rows = standards.all_rows("flow_steps")
    assert set(phases) <= set(rows[rows["flow"] == name]["phase_after"])


def test_a_recall_as_worked_by_hand() -> None:
    # plan on 2 March: the first stage report by 2 June; starting the recall does not move that day
    for n in (1, 2):
        found = last_of(RECALL[:n], "recall")
        assert found["due_event"] == "stage_reported"
        assert str(found["due_at"].tz_convert(CHINA).date()) == "2026-06-02"
    # stage report on 31 May (Sunday): three months on is 31 August, a Monday
    assert str(last_of(RECALL[:3], "recall")["due_at"].tz_convert(CHINA).date()) == "2026-08-31"
    # carried out on Tuesday 30 June 2026: fifteen working days later is Tuesday 21 July
    assert str(last_of(RECALL[:4], "recall")["due_at"].tz_convert(CHINA).date()) == "2026-07-21"
    assert last_of(RECALL, "recall")["due_event"] == ""
    assert last_of(RECALL, "recall")["n_completed"] == 91


def test_the_terms_of_a_recall_of_vehicles_run_from_its_plan() -> None:
    # plan on Monday 2 March 2026: published within 5 working days, owners informed within 30, both counted
    # from the plan, with Qingming (6 April) in between; stage reports every three months from the plan
    days = {1: "2026-03-09", 2: "2026-04-14", 3: "2026-06-02", 4: "2026-08-31", 5: "2026-07-21"}
    for n, day in days.items():
        assert str(last_of(VEHICLE_RECALL[:n], "vehicle_recall")["due_at"].tz_convert(CHINA).date()) == day
    with pytest.raises(InputFaults, match="published"):
        replay(pd.DataFrame([VEHICLE_RECALL[0], VEHICLE_RECALL[2]]), response_flow("vehicle_recall"))


def test_a_term_that_runs_from_no_step_of_the_flow_is_refused() -> None:
    steps = response_flow("vehicle_recall").steps.assign(due_from="lunch")
    with pytest.raises(InputFaults, match="lunch"):
        Flow("x", steps, last_days=term_ends)


def test_what_is_overdue_is_so_from_the_moment_its_last_day_is_over() -> None:
    table = pd.DataFrame(RECALL[:4])
    flow = response_flow("recall")
    last = dt.datetime(2026, 7, 21, 23, 59, 59, tzinfo=CHINA)
    for now, is_overdue, left in ((last, False, 0), (last + dt.timedelta(seconds=1), True, -1)):
        found = standing(table, flow, now=now, phases=open_phases("recall")).iloc[0]
        assert (bool(found["is_overdue"]), int(found["days_left"])) == (is_overdue, left)
    before = standing(table, flow, now=START + dt.timedelta(days=100), phases=open_phases("recall"))
    assert before["phase"].tolist() == ["running"]  # what came later is not looked at


def test_a_term_of_hours_and_one_that_the_act_names() -> None:
    found = last_of(MEASURE[:1], "measure")
    assert found["due_at"] == pd.Timestamp(START) + pd.Timedelta(hours=72)
    assert last_of(MEASURE[:2], "measure")["due_at"] == pd.Timestamp(START) + pd.Timedelta(days=11)


def test_a_term_into_a_year_without_a_notice_is_unknown_and_not_over() -> None:
    late = [row | {"at": row["at"] + dt.timedelta(days=365 * 3)} for row in RECALL[:1]]
    found = standing(pd.DataFrame(late), response_flow("recall"), now=START + dt.timedelta(days=365 * 9))
    assert pd.isna(found["due_at"].iloc[0]) and found["due_event"].iloc[0] == "stage_reported"
    assert not found["is_overdue"].iloc[0] and pd.isna(found["days_left"].iloc[0])


@pytest.mark.parametrize(
    ("name", "n", "change", "field"),
    [
        ("recall", 1, {"n_affected": None}, "n_affected"),
        ("recall", 1, {"role": "authority"}, "role"),
        ("recall", 3, counts(100, 101), "n_completed"),
        ("recall", 3, {"n_completed": 1.5}, "n_completed"),
        ("recall", 3, {"n_removed": 61}, "n_completed"),
        ("recall", 6, {"who": "Firm"}, "who"),
        ("recall", 7, {"effect_agrees": False}, "effect_agrees"),
        ("recall", 7, {"effect_agrees": None}, "effect_agrees"),
        ("recall", 7, {"who": "Wang"}, "who"),
        ("measure", 2, {"who": "Li"}, "who"),
        ("measure", 2, {"due_at": None}, "due_at"),
        ("measure", 2, {"due_at": START}, "due_at"),
        ("measure", 5, {"ends_at": START + dt.timedelta(days=60)}, "ends_at"),
        ("measure", 6, {"has_consent": None}, "has_consent"),
        ("measure", 6, {"who": "Li"}, "who"),
        ("measure", 6, {"event": "ended"}, "at"),
        ("measure", 3, {"evidence": "  "}, "evidence"),
        ("emergency", 6, {"second": "Li"}, "second"),
        ("referral", 2, {"who": "Li"}, "who"),
        ("signal", 2, {"reason": ""}, "reason"),
        ("signal", 2, {"who": " "}, "who"),
    ],
)
def test_one_thing_that_is_missing_is_the_one_fault(
    name: str, n: int, change: dict[str, Any], field: str
) -> None:
    rows = LIVES[name][:n]
    flow = response_flow(name)
    proposed = pd.DataFrame([{**rows[-1], **change}])
    faults = act_faults(pd.DataFrame(rows[:-1]), proposed, flow)
    assert [fault.place.rpartition(".")[2] for fault in faults] == [field]
    with pytest.raises(InputFaults) as refused:
        replay(pd.concat([pd.DataFrame(rows[:-1]), proposed], ignore_index=True), flow)
    assert [str(fault) for fault in refused.value.faults] == [str(fault) for fault in faults]


SEIZURE = [row | {"measure": "seizure"} if row["event"] == "proposed" else row for row in MEASURE[:3]]


@pytest.mark.parametrize(
    ("n", "change", "faults"),
    [
        (1, {"measure": "seizur"}, ["measure"]),
        (2, {"ends_at": "2026-04-12"}, []),  # carried out by 13 March at the latest, and 30 days
        (2, {"ends_at": "2026-04-13"}, ["ends_at"]),
        (3, {"ends_at": "2026-04-06"}, []),  # carried out on 7 March
        (3, {"ends_at": "2026-04-07"}, ["ends_at"]),
        (3, {"ends_at": "2026-04-09", "n_test_days": 3}, []),
        (4, {"event": "extended", "ends_at": "2026-05-06"}, []),
        (4, {"event": "extended", "ends_at": "2026-05-07"}, ["ends_at"]),
        (3, {"measure": "ban_trade", "ends_at": "2030-01-01"}, []),
    ],
)
def test_a_measure_is_known_and_a_seizure_lasts_thirty_days_and_thirty_more(
    n: int, change: dict[str, Any], faults: list[str]
) -> None:
    """行政强制法 Art. 25; the first day does not count, days of testing do not either."""
    begun = [*SEIZURE[:2], SEIZURE[2] | {"ends_at": _in_china("2026-04-01")}, MEASURE[3] | {"ends_at": None}]
    given = {**change, "ends_at": _in_china(change["ends_at"])} if "ends_at" in change else change
    found = act_faults(
        pd.DataFrame(begun[: n - 1]), pd.DataFrame([begun[n - 1] | given]), response_flow("measure")
    )
    assert [fault.place.rpartition(".")[2] for fault in found] == faults


@pytest.mark.parametrize(("day", "is_over"), [("2026-04-06", False), ("2026-04-07", True)])
def test_a_seizure_without_an_end_ends_with_the_lawful_term(day: str, is_over: bool) -> None:
    ended = act("ended", days=0) | {"at": dt.datetime.fromisoformat(f"{day}T09:00:00+08:00")}
    begun = [*SEIZURE[:2], {**SEIZURE[2], "ends_at": None}]
    faults = act_faults(pd.DataFrame(begun), pd.DataFrame([ended]), response_flow("measure"))
    assert [fault.place.rpartition(".")[2] for fault in faults] == ([] if is_over else ["at"])


def _in_china(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T23:59:59+08:00")


def test_all_faults_of_an_act_come_at_once() -> None:
    bare = {"subject": "a", "event": "lifted", "at": START, "who": "Li", "role": "operator"}
    faults = act_faults(pd.DataFrame(MEASURE[:3]), pd.DataFrame([bare]), response_flow("measure"))
    wrong = {fault.place.rpartition(".")[2] for fault in faults}
    assert wrong == {"at", "role", "reason", "evidence", "effect_agrees", "has_consent", "who"}


def test_a_step_out_of_order_names_those_that_may_follow() -> None:
    fault = act_faults(pd.DataFrame(RECALL[:1]), pd.DataFrame(RECALL[-1:]), response_flow("recall"))[0]
    assert fault.rule == "a step that may follow planned: plan_changed, started, withdrawn"


def test_bad_tables_are_refused_whole() -> None:
    flow = response_flow("measure")
    with pytest.raises(InputFaults, match="at: missing"):
        replay(pd.DataFrame([{"subject": "a", "event": "proposed", "who": "Li"}]), flow)
    with pytest.raises(InputFaults, match="offset"):
        replay(pd.DataFrame([MEASURE[0] | {"at": "2026-03-02 09:00"}]), flow)
    with pytest.raises(InputFaults, match="a number"):
        replay(pd.DataFrame([RECALL[0] | {"n_affected": "many"}]), response_flow("recall"))
    with pytest.raises(InputFaults, match="offset"):
        standing(pd.DataFrame(MEASURE), flow, now=dt.datetime(2026, 3, 2))
    with pytest.raises(InputFaults, match="did you mean"):
        response_flow("recal")
    row = ["none", "opened", "open", "luck", "", "", None, "", "", ""]
    with pytest.raises(InputFaults, match="luck"):
        Flow("x", pd.DataFrame([row], columns=list(STEP_COLUMNS)))
    row[3] = "reason"
    with pytest.raises(InputFaults, match="one step on a day"):
        Flow("x", pd.DataFrame([row, row], columns=list(STEP_COLUMNS)))


def test_an_act_is_read_under_the_steps_of_its_own_day() -> None:
    rows = [
        ["none", "opened", "open", "", "", "", None, "", "", "2026-03-31"],
        ["none", "opened", "open", "evidence", "", "", None, "", "2026-04-01", ""],
    ]
    flow = Flow("x", pd.DataFrame(rows, columns=list(STEP_COLUMNS)))
    bare = act("opened", days=29, evidence="")  # 31 March in China
    assert replay(pd.DataFrame([bare]), flow)["phase"].tolist() == ["open"]
    later = bare | {"at": bare["at"] + dt.timedelta(hours=15)}  # 1 April there, 31 March in UTC
    assert [one.place for one in act_faults(pd.DataFrame(), pd.DataFrame([later]), flow)] == [
        "a[1].opened.evidence"
    ]


@pytest.mark.parametrize("name", FLOWS)
def test_the_tables_of_steps_are_whole(name: str) -> None:
    flow, phases = response_flow(name), open_phases(name)
    assert set(phases) == set(flow.phases) - {"none"}
    reached, more = {"none"}, {"none"}
    while more:  # every phase is reached, and no open phase is a dead end
        steps = records(flow.steps[flow.steps["phase_before"].isin(more)])
        more = {step["phase_after"] for step in steps} - reached
        reached |= more
    assert reached == set(flow.phases)
    leads = set(flow.steps["phase_before"])
    assert all(phase in leads for phase, is_open in phases.items() if is_open)
    words = standards.table("flow_words")
    known = set(flow.events) | set(words[words["kind"] == "due"]["word"]) | {"", "unchanged"}
    assert set(flow.steps["due_event"]) <= known


def test_terms_of_days_are_those_of_the_calendar() -> None:
    start = np.array(["2026-09-30"], dtype="datetime64[D]")  # before the National Day holiday
    assert str(term_ends(start, np.array([3]), "day")[0]) == "2026-10-03"
    assert str(term_ends(start, np.array([3]), "rolling_day")[0]) == "2026-10-08"


# ------------------------------------------------------------------ no sequence skips a check


def slow_verdict(rows: list[dict[str, Any]], name: str) -> int:
    """The slow and obvious version: how many acts of one life are possible, one by one."""
    steps = {(row["phase_before"], row["event"]): row for row in records(response_flow(name).steps)}
    phase, did, gave, last = "none", dict[str, str](), dict[str, Any](), None
    for n, row in enumerate(rows):
        step = steps.get((phase, row["event"]))
        if step is None or not str(row["who"]).strip() or (last is not None and row["at"] < last):
            return n
        if step["roles"] and row["role"] not in step["roles"].split():
            return n
        if not all(_slow_need(need, row, did, gave=gave) for need in step["needs"].split()):
            return n
        phase, last = step["phase_after"], row["at"]
        did[row["event"]] = row["who"]
        gave[row["event"]] = row["at"]
        gave |= {key: value for key, value in row.items() if value is not None and value != ""}
    return len(rows)


def _slow_need(need: str, row: dict[str, Any], did: dict[str, str], *, gave: dict[str, Any]) -> bool:
    name, _, of = need.partition(":")
    ends = row.get("ends_at")
    done, affected = row.get("n_completed"), row.get("n_affected")
    return {
        "reason": bool(row["reason"]),
        "evidence": bool(row["evidence"]),
        "given": row.get(of) not in (None, ""),
        "second": row.get("second") not in (None, "", row["who"]),
        "other_than": row["who"] != did.get(of),
        "effect": row.get("effect_agrees") is True,
        "no_effect": row.get("effect_agrees") is False,
        "consent": row.get("has_consent") is True,
        "due": row.get("due_at") is not None and row["due_at"] > row["at"],
        "longer": ends is not None and (gave.get("ends_at") is None or ends > gave["ends_at"]),
        "past_end": _slow_past(row, gave),
        "counts": done is not None and affected is not None and 0 <= done <= affected,
        "known": row.get("measure") in (None, "", "seizure", "recall"),
        "lawful": _slow_lawful(of, row, gave),
    }[name]


def _slow_past(row: dict[str, Any], gave: dict[str, Any]) -> bool:
    if gave.get("ends_at") is not None:
        return bool(row["at"] >= gave["ends_at"])
    if (row.get("measure") or gave.get("measure")) != "seizure" or "executed" not in gave:
        return False
    china = dt.timezone(dt.timedelta(hours=8))
    return (row["at"].astimezone(china).date() - gave["executed"].astimezone(china).date()).days > 30


def _slow_lawful(step: str, row: dict[str, Any], gave: dict[str, Any]) -> bool:
    ends = row.get("ends_at") or gave.get("ends_at")
    begins = {"ordered": row.get("due_at"), "executed": row["at"]}.get(step, gave.get("executed"))
    if (row.get("measure") or gave.get("measure")) != "seizure" or ends is None or begins is None:
        return True
    first, last = (moment.astimezone(dt.timezone(dt.timedelta(hours=8))).date() for moment in (begins, ends))
    return (last - first).days <= (60 if step == "extended" else 30)


def random_life(rng: random.Random, name: str) -> list[dict[str, Any]]:
    """Acts that are often possible and often not: mostly a step that may follow, with something amiss."""
    steps = records(response_flow(name).steps)
    phase, rows, at = "none", [], START
    for _ in range(rng.randint(1, 9)):
        may = [step for step in steps if step["phase_before"] == phase]
        step = rng.choice(may) if may and rng.random() < 0.93 else rng.choice(steps)
        at += dt.timedelta(hours=rng.choice([-1, 0, 1, 30, 400]) if rng.random() < 0.2 else 30)
        role = (step["roles"].split() or ["authority"])[0]
        rows.append(
            {
                "subject": "a", "event": step["event"], "at": at, "reason": "r" * (rng.random() < 0.96),
                "who": rng.choice("ABCDEFGH") * (rng.random() < 0.98),
                "role": role if rng.random() < 0.96 else "operator",
                "evidence": "e" * (rng.random() < 0.96), "second": rng.choice("ABCDEFGH"),
                "effect_agrees": rng.choice([True, True, True, False, None]),
                "has_consent": rng.choice([True, True, True, False, None]),
                "due_at": at + dt.timedelta(hours=rng.choice([100, 200, 0, 500])),
                "ends_at": at + dt.timedelta(hours=rng.choice([1, 50, 900])) if rng.random() < 0.5 else None,
                "n_affected": rng.choice([100, 100, 100, None]), "n_completed": rng.choice([1, 50, 100, 101]),
                "level": 2, "measure": rng.choice(["recall", "seizure", "seizur"]), "effect": "good", "decision": "x",
            }
        )  # fmt: skip
        phase = step["phase_after"]
    return rows


@pytest.mark.parametrize("name", FLOWS)
@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_no_sequence_of_acts_skips_a_check(name: str, seed: int) -> None:
    rng, flow = random.Random(seed), response_flow(name)
    lives = [[row | {"subject": f"s{k}"} for row in random_life(rng, name)] for k in range(12)]
    taken = [slow_verdict(rows, name) for rows in lives]
    good = [row for rows, n in zip(lives, taken, strict=True) for row in rows[:n]]
    found = replay(pd.DataFrame(good), flow).set_index("subject")["n_acts"] if good else pd.Series(dtype=int)
    assert found.to_dict() == {f"s{k}": n for k, n in enumerate(taken) if n}
    for rows, n in zip(lives, taken, strict=True):
        if n < len(rows):
            faults = act_faults(pd.DataFrame(rows[:n]), pd.DataFrame(rows[n : n + 1]), flow)
            assert faults


# ------------------------------------------------------------------ the warnings as the reference


def random_steps(rng: random.Random) -> Iterator[WarningEvent]:
    names = list(dict.fromkeys(standards.table("warning_steps")["event"]))
    at, phase = START, "none"
    rows = standards.table("warning_steps")
    while True:
        at += dt.timedelta(hours=rng.choice([-2, 0, 1, 5, 100]))
        may = list(rows[rows["phase_before"] == phase]["event"])
        event = rng.choice(may) if may and rng.random() < 0.8 else rng.choice(names)
        said: dict[str, Any] = {
            "level": rng.choice([None, 1, 2, 3, 4, 7]), "reason": rng.choice(["r", "r", ""]),
            "evidence": rng.choice([("e",), ("e",), (), ("",)]), "second": rng.choice(["", "A", "B"]),
            "trigger": rng.choice(["t", ""]), "is_authorised": rng.random() < 0.7,
            "effect_agrees": rng.choice([True, True, False, None]),
            "has_consent": rng.choice([True, True, False, None]), "other": rng.choice(["", "v"]),
            "ends_at": rng.choice([None, at + dt.timedelta(hours=rng.choice([-1, 0, 50, 900]))]),
        }  # fmt: skip
        step = WarningEvent(warning_id="w", event=event, at=at, who=rng.choice(["A", "B", ""]), **said)
        phase = yield step  # type: ignore[misc]


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32))
def test_the_engine_of_the_warnings_gives_the_same_verdict(seed: int) -> None:
    """Twelve walks of forty steps; one of 20,000 takes minutes."""
    assert differing_verdicts(random.Random(seed), n=40) == []


def differing_verdicts(rng: random.Random, *, n: int) -> list[tuple[set[str], set[str]]]:
    flow, state, rows, found = warning_flow(), WarningState(warning_id="w"), list[WarningEvent](), []
    walk = random_steps(rng)
    event = next(walk)
    for _ in range(n):
        is_unordered = (state.phase, event.event) not in set(
            zip(flow.steps["phase_before"], flow.steps["event"], strict=True)
        )
        wanted = {fault.place.rpartition(".")[2] for fault in reference.event_faults(state, event)}
        faults = act_faults(warning_acts(rows), warning_acts([event]), flow)
        got = {fault.place.rpartition(".")[2] for fault in faults}
        if (bool(wanted), wanted if not is_unordered else set()) != (
            bool(got), got if not is_unordered else set()
        ):  # fmt: skip
            found.append((wanted, got))
        if not wanted:
            state = reference.next_state(state, event)
            rows.append(event)
            assert replay(warning_acts(rows), flow)["phase"].tolist() == [state.phase]
            if state.phase in ("rejected", "expired", "lifted", "superseded"):
                state, rows = WarningState(warning_id="w"), []
        event = walk.send(state.phase)  # type: ignore[attr-defined]
    return found


# ------------------------------------------------------------------ the desk


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = open_ledger(str(tmp_path / "ledger.sqlite"))
    yield found
    found.close()


def test_what_the_desk_records_is_what_is_replayed(ledger: Ledger) -> None:
    now = [START]
    desks = {name: FlowDesk(ledger, response_flow(name), lambda: now[0], open_phases(name)) for name in LIVES}
    ordered = sorted(
        ((row, name) for name, rows in LIVES.items() for row in rows), key=lambda one: one[0]["at"]
    )
    found = {}
    for row, name in ordered:
        now[0] = row["at"]
        found[name] = record_act(desks[name], {key: value for key, value in row.items() if key != "at"})
    for name, rows in LIVES.items():
        assert not found[name]["is_open"] or name == "acceptance"
        assert found[name]["n_acts"] == len(rows) == len(desk_acts(desks[name]))


def test_a_refused_act_leaves_nothing_but_its_refusal(ledger: Ledger) -> None:
    desk = FlowDesk(ledger, response_flow("measure"), lambda: START)
    with pytest.raises(InputFaults) as refused:
        record_act(desk, {"subject": "m-1", "event": "proposed", "who": "Li"})
    assert {one.place.rpartition(".")[2] for one in refused.value.faults} == {"reason", "evidence", "measure"}
    assert desk_acts(desk).empty
    (kept,) = ledger.events("refusals/")
    assert kept.stream == "refusals/measure/m-1" and len(kept.data["faults"]) == 3


def test_acts_come_back_from_the_ledger_as_they_were_given(ledger: Ledger) -> None:
    desk = FlowDesk(ledger, response_flow("measure"), lambda: START)
    given = {"subject": "m-1", "event": "proposed", "who": "Li", "role": "authority", "reason": "r"}
    record_act(desk, given | {"evidence": ("a", "b"), "measure": "recall", "due_at": START, "port": ""})
    (row,) = records(acts_of(ledger.events("measure/")))
    assert row["evidence"] == "a; b" and row["due_at"] == pd.Timestamp(START) and "port" not in row


def test_two_desks_at_once_take_one_act_only(ledger: Ledger, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    desk = FlowDesk(ledger, response_flow("measure"), lambda: START)
    first = {
        "subject": "m",
        "event": "proposed",
        "who": "Li",
        "reason": "r",
        "evidence": "e",
        "measure": "recall",
    }
    record_act(desk, first)
    order = {"subject": "m", "event": "rejected", "role": "authority", "reason": "r"}

    def take(who: str) -> bool:
        try:
            record_act(desk, order | {"who": who})
        except InputFaults:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(take, ["A", "B", "C", "D"]))
    assert sum(done) == 1 and len(desk_acts(desk)) == 2
