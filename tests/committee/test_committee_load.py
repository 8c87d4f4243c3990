"""A committee of 200 at once: eight processes, some killed while they vote, on SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ledgers
from committees import CASE, ballot, opened
from patience import HANGS, comes_true

from riskkit.assessment.committee import steps
from riskkit.assessment.committee.pooling import feedback
from riskkit.assessment.committee.questions import questions_of
from riskkit.assessment.committee.session import Expert
from riskkit.case.case_reading import load_case
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.flows.committee.room import Room, cast_ballot, session_in, take_step

EXPERTS = tuple(Expert(f"e{n}", f"Expert {n}", "field") for n in range(200))
PROCESSES = 8
KILLED = (1, 4, 6)


def vote(place: str, keys: Path, share: Sequence[int], go: Any, note: Path) -> None:
    """One process: every ballot is cast twice, as after a lost answer, and noted once it is acknowledged."""
    room = Room(open_ledger(place), keys)
    questions = questions_of(load_case(CASE))
    go.wait()
    with note.open("ab", buffering=0) as told:
        for number in share:
            answers = ballot(questions, number % 3)
            events = [
                cast_ballot(room, "n7", f"e{number}", name="1", answers=answers, who=f"e{number}")
                for _ in range(2)
            ]
            assert events[0] == events[1]
            told.write(f"{number}\n".encode())
    room.ledger.close()


def noted(folder: Path) -> list[int]:
    """The ballots that were acknowledged, as far as whole lines say so."""
    texts = [path.read_text() for path in folder.glob("*.told")]
    return [int(line) for text in texts for line in text.splitlines(keepends=True) if line.endswith("\n")]


def start(place: str, folder: Path, share: Sequence[int], *, go: Any, name: str) -> Any:
    process = ledgers.fast_starter().Process(
        target=vote, args=(place, folder / "keys", share, go, folder / f"{name}.told")
    )
    process.start()
    return process


def test_200_experts_vote_while_processes_are_killed(place: str, tmp_path: Path) -> None:
    room = Room(open_ledger(place), tmp_path / "keys", ledgers.now)
    now = opened(room, EXPERTS)
    said = [steps.step(now, "declared", who=e.id, why="x", expert=e.id, interest="") for e in EXPERTS]
    room.ledger.append(said, clock=room.clock)
    take_step(room, "n7", "round_opened", who="chair", why="agenda", round="1")
    go = ledgers.fast_starter().Event()
    shares = [range(first, len(EXPERTS), PROCESSES) for first in range(PROCESSES)]
    voters = [start(place, tmp_path, share, go=go, name=f"first{n}") for n, share in enumerate(shares)]
    go.set()
    for more, number in enumerate(KILLED, start=1):  # each at another time, once voting has begun
        assert comes_true(lambda: len(noted(tmp_path)) >= 15 * more, pause=0.002)  # noqa: B023
        os.kill(voters[number].pid, signal.SIGKILL)
    for one in voters:
        one.join(HANGS)
    assert {one.exitcode for number, one in enumerate(voters) if number not in KILLED} == {0}
    acknowledged = noted(tmp_path)
    assert 45 <= len(acknowledged) < len(EXPERTS)
    found = session_in(room, "n7").rounds[0].sealed
    assert {f"e{number}" for number in acknowledged} <= found.keys()
    again = [start(place, tmp_path, shares[number], go=go, name=f"again{number}") for number in KILLED]
    for one in again:
        one.join(HANGS)
    count_all(room)


def count_all(room: Room) -> None:
    """Everybody once, each with the answers of their own, and nothing else in the ledger."""
    ballots = room.ledger.events("committee/n7", kinds=["ballot_taken"])
    assert sorted(event.data["expert"] for event in ballots) == sorted(one.id for one in EXPERTS)
    assert room.ledger.events("refusals/") == ()
    take_step(room, "n7", "round_closed", who="chair", why="all in", round="1")
    now = session_in(room, "n7")
    table = feedback(now.rounds[0].answers(), now.questions)
    assert set(table["n_answers"]) == {200}
    expected = {f"e{n}": ballot(now.questions, n % 3)["scope"]["level"] for n in range(200)}
    assert {who: one["scope"]["level"] for who, one in now.rounds[0].answers().items()} == expected
    assert verify(room.ledger).is_whole
    room.ledger.close()


def test_the_same_session_gives_the_same_ledger_on_sqlite_and_on_a_server(
    database: str, tmp_path: Path
) -> None:
    from committees import make_room, sample_ballot, whole_session

    first = make_room(tmp_path)
    (first.keys).mkdir()
    (first.keys / "n7.key").write_text("5a" * 32)
    second = dataclasses.replace(make_room(tmp_path), ledger=open_ledger(ledgers.emptied(database)))
    sessions = [whole_session(room, said=sample_ballot) for room in (first, second)]
    assert sessions[0] == sessions[1]
    assert first.ledger.events() == second.ledger.events()
    assert first.ledger.head() == second.ledger.head()
    for room in (first, second):
        room.ledger.close()
