"""A committee for tests: a room in a ledger, three experts, and answers that differ between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ledgers import START

from riskkit.assessment.case import load_case
from riskkit.assessment.committee.questions import CHOICES, PROBABILITY, Question, choices_of
from riskkit.assessment.committee.session import Expert, Rules, Session
from riskkit.foundation.shipped import case_path
from riskkit.store.ledger import open_ledger
from riskkit.workbench.committee.room import Room, cast_ballot, open_session, session_in, take_step

EXPERTS = (
    Expert("e1", "王一", "电池", "甲所"),
    Expert("e2", "Li Er", "burns"),
    Expert("e3", "Zhao", "fire", "C"),
)
CASE = "note7-battery-2016"


def clock_from(start: dt.datetime = START) -> Callable[[], dt.datetime]:
    times = iter(range(10**9))
    return lambda: start + next(times) * dt.timedelta(seconds=1)


def make_room(folder: Path, clock: Callable[[], dt.datetime] | None = None) -> Room:
    return Room(open_ledger(str(folder / "ledger.sqlite")), folder / "keys", clock or clock_from())


def opened(room: Room, experts: Sequence[Expert] = EXPERTS, **rules: Any) -> Session:
    given = {"n_rounds": 2, "quorum": 2 / 3, "majority": 0.5} | rules
    return open_session(
        room, "n7", load_case(CASE), text=case_path(CASE).read_text(encoding="utf-8"), experts=experts,
        rules=Rules(**given), chair="chair", why="made-up session, to try things out（虚构示例会议）",
    )  # fmt: skip


def declared(room: Room, experts: Sequence[Expert] = EXPERTS) -> None:
    for one in experts:
        take_step(room, "n7", "declared", who=one.id, why="declaration", expert=one.id, interest="")


def open_round(room: Room, name: str) -> None:
    take_step(room, "n7", "round_opened", who="chair", why="agenda", round=name)


def close_round(room: Room, name: str) -> None:
    take_step(room, "n7", "round_closed", who="chair", why="all in", round=name)


def answer(question: Question, number: int) -> dict[str, Any]:
    """What expert `number` says: probabilities a factor of three apart, grades one apart."""
    if question.kind == PROBABILITY:
        mid = min(0.01 * 3**number, 0.5)
        return {"low": mid / 4, "mid": mid, "high": min(mid * 1.8, 0.95), "reason": f"tests of lab {number}"}
    codes = [*choices_of(question, "en")]
    if question.kind == CHOICES:
        return {"codes": codes[: number + 1]}
    return {"level": codes[min(number, len(codes) - 1)], "reason": f"reason {number}"}


def ballot(questions: Sequence[Question], number: int) -> dict[str, Any]:
    return {one.id: answer(one, number) for one in questions}


def votes(level: str, confirm: str = "yes", reason: str = "") -> dict[str, Any]:
    said = {"level": level} | ({"reason": reason} if reason else {})
    return {"vote.level": said, "vote.confirm": {"level": confirm}}


def whole_round(room: Room, name: str) -> None:
    open_round(room, name)
    questions = session_in(room, "n7").questions
    for number, one in enumerate(EXPERTS):
        cast_ballot(room, "n7", one.id, name=name, answers=ballot(questions, number), who=one.id)
    close_round(room, name)


def whole_session(room: Room) -> Session:
    from riskkit.assessment.committee.minutes import minutes_hash

    opened(room)
    declared(room)
    whole_round(room, "1")
    whole_round(room, "2")
    open_round(room, "vote")
    for one, level in zip(EXPERTS, ("Ⅱ", "Ⅱ", "Ⅰ"), strict=True):
        reason = "deaths are possible" if level == "Ⅰ" else ""
        cast_ballot(room, "n7", one.id, name="vote", answers=votes(level, reason=reason), who=one.id)
    close_round(room, "vote")
    said = {"level": "Ⅱ", "is_confirmed": "yes"}
    take_step(room, "n7", "confirmed", who="chair", why="the majority is clear", **said)
    mine = minutes_hash(session_in(room, "n7"))
    for who in ("chair", "e1", "e2", "e3"):
        take_step(room, "n7", "signed", who=who, why="read", expert=who, minutes=mine)
    take_step(room, "n7", "ended", who="chair", why="signed by all")
    return session_in(room, "n7")


def write_sample(folder: Path) -> None:
    """The sample session that comes with riskkit; run by hand when the format of exports changes."""
    import tempfile

    from riskkit.store.ledger_copies import export_ledger
    from riskkit.workbench.committee import keys

    with tempfile.TemporaryDirectory() as there:
        secret = Path(there) / "keys"
        secret.mkdir()
        (secret / "n7.key").write_text("5a" * keys.KEY_BYTES)
        room = make_room(Path(there))
        whole_session(room)
        folder.mkdir(parents=True, exist_ok=True)
        export_ledger(room.ledger, folder / "session.jsonl")
        room.ledger.close()
