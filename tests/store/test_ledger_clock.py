"""A wrong clock cannot lock a ledger for long, and what it recorded is set right by a recorded act."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import START, draft

from riskkit.foundation.event_times import CLOCK_STREAM, rebases_in, with_right_times
from riskkit.foundation.events import Draft, Head, chain_findings, chained, moment_of, moment_text
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.clock import clock_limit
from riskkit.store.ledger.copies import backup, export_ledger, import_export, restore
from riskkit.store.ledger.ledger import Ledger, open_ledger
from riskkit.store.ledger.rebase import rebase
from riskkit.warning.dynamics.life import WarningEvent
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.warnings.room import WarningRoom, take_step

TEN_YEARS = START + dt.timedelta(days=3653)


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    made = open_ledger(place)
    yield made
    made.close()


def on(day: dt.datetime):  # type: ignore[no-untyped-def]
    return lambda: day


def days(n: float) -> dt.datetime:
    return START + dt.timedelta(days=n)


@pytest.mark.parametrize("ahead", [93, 366, 3653])
def test_a_clock_far_ahead_is_refused_and_the_ledger_goes_on(ledger: Ledger, ahead: int) -> None:
    ledger.append([draft(1)], clock=on(START))
    with pytest.raises(InputFaults, match=r"at most 92 days ahead of the last event.*riskkit ledger rebase"):
        ledger.append([draft(2)], clock=on(days(ahead)))
    ledger.append([draft(2)], clock=on(days(1)))
    ledger.append([draft(3)], clock=on(days(1) + clock_limit("clock_ahead")))
    assert [one.sequence for one in ledger.events()] == [1, 2, 3] and verify(ledger).is_whole


def test_a_refusal_by_a_clock_far_ahead_is_remembered_and_does_not_lock_either(ledger: Ledger) -> None:
    ledger.append([draft(1)], clock=on(START))
    error = InputFaults("x", [])
    event = ledger.append_refusal("committee/a", error, who="a", key="r", clock=on(TEN_YEARS))
    assert (event.at, event.said_at) == (moment_text(START), moment_text(TEN_YEARS))
    ledger.append([draft(2)], clock=on(days(1)))
    assert verify(ledger).is_whole


def locked(ledger: Ledger) -> None:
    """Two events of a right clock, then the first ones of a ledger's life by one ten years ahead."""
    last = Head()
    for n, at in enumerate((START, days(1), TEN_YEARS, TEN_YEARS + dt.timedelta(days=1)), start=1):
        event = chained(draft(n), last, at=moment_text(at))
        ledger.put_events([event])
        last = Head(event.sequence, event.hash, event.at)


def test_a_locked_ledger_goes_on_after_the_recorded_act_and_time_travel_holds(ledger: Ledger) -> None:
    locked(ledger)
    with pytest.raises(InputFaults, match=r"does not run backwards.*riskkit ledger rebase"):
        ledger.append([draft(5)], clock=on(days(2)))
    before = [one.hash for one in ledger.events()]
    act = rebase(ledger, after=2, who="li", why="the battery of the clock was empty", clock=on(days(2)))
    ledger.append([draft(5)], clock=on(days(3)))
    events = ledger.events()
    assert (act.stream, act.who, act.data) == (
        CLOCK_STREAM,
        "li",
        {"after": 2, "from": moment_text(TEN_YEARS + dt.timedelta(days=1))},
    )
    assert [one.hash for one in events][:4] == before  # nothing was changed
    assert [moment_of(one.at) for one in events] == [START, days(1), days(2), days(2), days(2), days(3)]
    assert [one.said_at is None for one in events] == [True, True, False, False, True, True]
    for moment, n in ((days(0.5), 1), (days(1.5), 2), (days(2), 5), (days(2.5), 5), (days(9), 6)):
        assert len(ledger.events(until=moment)) == n
    found = verify(ledger, anchors=[Head(4, before[3])])
    assert found.is_whole and found.n_events == 6


@pytest.mark.parametrize(
    ("after", "now", "match"),
    [(2, -1, "not before event 2"), (3, 2, "not before event 3"), (0, 2, "next is later"), (1, 2, "next is later"),
     (5, 2, "from 0 to 4"), (-1, 2, "from 0 to 4"), (4, 3700, "next is later")],
)  # fmt: skip
def test_an_act_that_sets_nothing_right_is_refused(
    ledger: Ledger, after: int, now: float, match: str
) -> None:
    locked(ledger)
    with pytest.raises(InputFaults, match=match):
        rebase(ledger, after=after, who="li", why="x", clock=on(days(now)))
    assert ledger.head().sequence == 4


def test_a_ledger_that_rested_long_goes_on_after_the_recorded_act(ledger: Ledger) -> None:
    ledger.append([draft(1)], clock=on(START))
    rebase(ledger, after=1, who="li", why="no session since", clock=on(days(200)))
    ledger.append([draft(2)], clock=on(days(201)))
    assert [moment_of(one.at) for one in ledger.events()] == [START, days(200), days(201)]
    assert verify(ledger).is_whole


def test_a_first_event_far_ahead_does_not_lock_for_good(ledger: Ledger) -> None:
    ledger.append([draft(1)], clock=on(TEN_YEARS))
    rebase(ledger, after=0, who="li", why="wrong year", clock=on(START))
    ledger.append([draft(2)], clock=on(days(1)))
    assert [moment_of(one.at) for one in ledger.events()] == [START, START, days(1)] and verify(
        ledger
    ).is_whole


def forged(**data: object) -> str:
    """What a chain with an act of such data is found to be."""
    first = chained(draft(1), Head(), at=moment_text(TEN_YEARS))
    act = Draft(CLOCK_STREAM, "rebased", data, who="x", why="y", key="k")
    second = chained(act, Head(1, first.hash, first.at), at=moment_text(START))
    return ",".join(one.kind for one in chain_findings([first, second]))


def test_a_time_that_runs_backwards_without_a_lawful_act_is_found(ledger: Ledger) -> None:
    left = moment_text(TEN_YEARS)
    assert forged(**{"after": 0, "from": left}) == ""
    for data in ({}, {"after": 0}, {"after": 0, "from": "x"}, {"after": 1, "from": left}, {"after": 2, "from": left},
                 {"after": True, "from": left}, {"after": -1, "from": left}):  # fmt: skip
        assert forged(**data) == "clock", data
    first = chained(draft(1), Head(), at=left)
    second = chained(draft(2), Head(1, first.hash, first.at), at=moment_text(START))
    assert [one.kind for one in chain_findings([first, second])] == ["clock"]


def test_copies_keep_what_was_recorded(ledger: Ledger, tmp_path: Path) -> None:
    locked(ledger)
    rebase(ledger, after=2, who="li", why="x", clock=on(days(2)))
    export_ledger(ledger, tmp_path / "e.jsonl")
    backup(ledger, tmp_path / "b.sqlite")
    for name in ("again.sqlite", "back.sqlite"):
        if name == "again.sqlite":
            other = open_ledger(str(tmp_path / name))
            assert import_export(other, tmp_path / "e.jsonl") == 5
        else:
            restore(tmp_path / "b.sqlite", str(tmp_path / name))
            other = open_ledger(str(tmp_path / name))
        assert verify(other).is_whole and other.events() == ledger.events()
        other.close()


def test_a_warning_recorded_by_a_wrong_clock_goes_on(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "l.sqlite"))
    room = WarningRoom(ledger, on(TEN_YEARS))
    about = {"warning_id": "w", "at": START, "reason": "x", "evidence": ("e",)}
    take_step(room, WarningEvent(**about, event="proposed", who="a", level=2))
    rebase(ledger, after=0, who="li", why="wrong year", clock=on(START))
    state = take_step(WarningRoom(ledger, on(days(1))), WarningEvent(**about, event="confirmed", who="b"))
    assert state.phase == "confirmed" and verify(ledger).is_whole
    ledger.close()


@given(st.lists(st.integers(0, 500), min_size=1, max_size=8), st.lists(st.integers(0, 500), max_size=3))
def test_times_that_hold_never_run_backwards(recorded: list[int], acts: list[int]) -> None:
    events, last = [], Head()
    for n, day in enumerate([*sorted(recorded), *acts]):
        kind = (CLOCK_STREAM, "rebased") if n >= len(recorded) else ("s", "k")
        one = Draft(*kind, {}, who="a", why="b", key=f"k{n}")
        events.append(chained(one, last, at=moment_text(days(day))))
        last = Head(events[-1].sequence, events[-1].hash, events[-1].at)
    held = [one.at for one in with_right_times(events, rebases_in(events))]
    if acts == sorted(acts):  # an act that is itself set right by a later one has a later one's time too
        assert held == sorted(held)
    assert all(right <= one.at for right, one in zip(held, events, strict=True))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_asks_for_name_and_reason_and_says_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    place = str(tmp_path / "l.sqlite")
    ledger = open_ledger(place)
    ledger.append([draft(1)], clock=on(dt.datetime.now(dt.UTC) + dt.timedelta(days=3653)))
    ledger.close()
    told = ["ledger", "rebase", "--ledger", place, "--after", "0", "--lang", lang]
    assert cli.main(told) != 0
    assert all(name in capsys.readouterr().err + "--as --why" for name in ("--as", "--why"))
    assert cli.main([*told, "--as", "li", "--why", "wrong year"]) == 0
    assert {"zh": "第 0 条之后的 1 条事件", "en": "1 events after event 0"}[lang] in capsys.readouterr().out
    assert cli.main(["ledger", "verify", "--ledger", place, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["events"] == 2
