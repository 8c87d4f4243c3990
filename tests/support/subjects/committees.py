"""A committee for tests: a room in a ledger, three experts, and answers that differ between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ledgers import START

from riskkit.assessment.committee.questions import CHOICES, PROBABILITY, Question, choices_of
from riskkit.assessment.committee.session import Expert, Rules, Session
from riskkit.case.case_reading import load_case
from riskkit.foundation.shipped import case_path
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.flows.committee.room import Room, cast_ballot, open_session, session_in, take_step

EXPERTS = (
    Expert("e1", "王一", "电池", "甲所"),
    Expert("e2", "Li Er", "burns"),
    Expert("e3", "Zhao", "fire", "C"),
)
CASE = "note7-battery-2016"
Ballots = Callable[[Sequence[Question], int, str], dict[str, Any]]


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
    codes = [*choices_of(question)]
    if question.kind == CHOICES:
        return {"codes": codes[: number + 1]}
    return {"level": codes[min(number, len(codes) - 1)], "reason": f"reason {number}"}


def ballot(questions: Sequence[Question], number: int) -> dict[str, Any]:
    return {one.id: answer(one, number) for one in questions}


def votes(level: str, confirm: str = "yes", reason: str = "") -> dict[str, Any]:
    said = {"level": level} | ({"reason": reason} if reason else {})
    return {"vote.level": said, "vote.confirm": {"level": confirm}}


def whole_round(room: Room, name: str, said: Ballots | None = None) -> None:
    open_round(room, name)
    questions = session_in(room, "n7").questions
    for number, one in enumerate(EXPERTS):
        answers = said(questions, number, name) if said else ballot(questions, number)
        cast_ballot(room, "n7", one.id, name=name, answers=answers, who=one.id)
    close_round(room, name)


def whole_session(room: Room, said: Ballots | None = None) -> Session:
    from riskkit.assessment.committee.minutes import minutes_hash

    opened(room)
    declared(room)
    whole_round(room, "1", said)
    whole_round(room, "2", said)
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


SAID: dict[str, tuple[tuple[float | str, float | str, float | str], tuple[str, str, str]]] = {
    "severity.burn_on_body": (("2", "2", "1"), ("就诊的烧伤居多", "doctors saw most of them", "small areas")),
    "p.burn_on_body.1": (
        (5e-4, 2e-3, 3e-4),
        ("电芯设计裕量小", "92 reports, many are never made", "by sales"),
    ),
    "p.burn_on_body.2": ((0.3, 0.25, 0.35), ("26/92", "26 of 92", "26 of 92, and pockets")),
    "p.burn_on_body.3": ((0.6, 0.8, 0.7), ("来不及脱手", "asleep or in a pocket", "as for other phones")),
    "severity.night_fire": (("4", "4", "4"), ("可致死", "deaths are possible", "deaths are possible")),
    "p.night_fire.2": ((0.05, 0.02, 0.1), ("床边充电", "few beds catch fire", "bedding burns quickly")),
    "p.night_fire.3": ((0.01, 0.004, 0.02), ("睡眠中", "smoke alarms help", "asleep, no alarm at home")),
    "severity.property_fire": (("2", "2", "3"), ("可修复", "can be made good", "cars were lost")),
    "p.property_fire.2": ((0.6, 0.55, 0.6), ("55/92", "55 of 92", "55 of 92")),
    "p.property_fire.3": ((0.2, 0.3, 0.4), ("多为局部", "half of it small", "fire brigades were called")),
    "urgency": (("3", "4", "4"), ("已停售", "still in use every night", "still charged at night")),
    "scope": (("4", "4", "4"), ("全国在用", "a million sold", "several countries")),
}
"""What three made-up experts might say of the sample case: a middle or a level each, and a reason each."""


def sample_answer(question: Question, number: int, *, spread: float) -> dict[str, Any]:
    if question.kind == CHOICES:
        return {"codes": [*choices_of(question)][: 2 + number]}
    said, reasons = SAID[question.id]
    reason = reasons[number]
    if question.kind == PROBABILITY:
        own = [float(one) for one in said]
        mid = sorted(own)[1] * (own[number] / sorted(own)[1]) ** spread
        return {"low": round(mid / 3, 7), "mid": round(mid, 7), "high": round(min(mid * 2.5, (1 + mid) / 2), 7),
                "reason": reason}  # fmt: skip
    return {"level": [*choices_of(question)][int(said[number]) - 1], "reason": reason}


def sample_ballot(questions: Sequence[Question], number: int, name: str) -> dict[str, Any]:
    """Wider apart in the first round than in the second, after the feedback."""
    return {one.id: sample_answer(one, number, spread=1.0 if name == "1" else 0.6) for one in questions}


def write_sample(folder: Path) -> None:
    """The sample session that comes with riskkit; run by hand when the format of exports changes."""
    import tempfile

    from riskkit.store.ledger.copies import export_ledger
    from riskkit.workbench.flows.committee import room

    with tempfile.TemporaryDirectory() as there:
        secret = Path(there) / "keys"
        secret.mkdir()
        (secret / "n7.key").write_text("5a" * room.KEY_BYTES)
        room = make_room(Path(there))
        whole_session(room, said=sample_ballot)
        folder.mkdir(parents=True, exist_ok=True)
        export_ledger(room.ledger, folder / "session.jsonl")
        room.ledger.close()
