"""What a committee refuses, each with its reason in zh and en, on record, and with nothing lost; and what it hides."""

from __future__ import annotations

import datetime as dt
import json
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import committees
import pytest
from committees import EXPERTS, ballot, cast_ballot, close_round, declared, open_round, opened, whole_round
from ledgers import START

from riskkit.assessment.committee.questions import questions_of
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.store.ledger.checks import verify
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.committee import forms
from riskkit.workbench.flows.committee.committee_reports import open_session_record
from riskkit.workbench.flows.committee.room import Room, read_key, session_in, take_step
from riskkit.workbench.words.rules import rule_in

QUESTIONS = questions_of(load_case("note7-battery-2016"))
GOOD = ballot(QUESTIONS, 1)
STEP = "p.burn_on_body.1"
SECRET = "UNMISTAKABLE"


class Times:
    """A clock that can be put back."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def room(tmp_path: Path, times: Times) -> Iterator[Room]:
    """A first round with the ballot of e1 in it."""
    made = committees.make_room(tmp_path, times)
    opened(made)
    declared(made)
    open_round(made, "1")
    cast_ballot(made, "n7", "e1", name="1", answers=with_answer("scope", SECRET), who="e1")
    yield made
    made.ledger.close()


def with_answer(question: str, reason: str, **answer: Any) -> dict[str, Any]:
    return {**GOOD, question: {**GOOD[question], **answer, "reason": reason}}


def cast(room: Room, expert: str = "e2", answers: Any = GOOD, name: str = "1") -> None:
    cast_ballot(room, "n7", expert, name=name, answers=answers, who=expert)


def probability(room: Room, **answer: float) -> None:
    cast(room, answers=with_answer(STEP, "", **answer))


def late(room: Room) -> None:
    cast(room, "e2")
    close_round(room, "1")
    cast(room, "e3")


def recused(room: Room) -> None:
    take_step(room, "n7", "recused", who="chair", why="works for the maker", expert="e3")
    cast(room, "e3")


def form(room: Room, change: Callable[[list[list[str]]], object]) -> None:
    """A form as it was sent out, changed by somebody, and handed in."""
    from riskkit.workbench.commands.ballot import _take

    now, key = session_in(room, "n7"), read_key(room.keys, "n7")
    path = room.keys.parent / "form.csv"
    forms.write_form(now, path, forms.form_lines(now, "1", "e2", key=key))
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    change(lines)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    _take(room, "n7", path, who="secretary")


def put(column: str, value: str, *, every: bool = False) -> Callable[[list[list[str]]], None]:
    def change(lines: list[list[str]]) -> None:
        for line in lines[1:] if every else lines[1:2]:
            line[forms.COLUMNS.index(column)] = value

    return change


def clock_back(room: Room) -> None:
    room.clock.now -= dt.timedelta(days=1)  # type: ignore[attr-defined]
    cast(room)


@contextmanager
def no_room_left(n_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


CASES: dict[str, tuple[Callable[[Room], None], str]] = {
    "crossing quantiles": (lambda r: probability(r, low=0.5, mid=0.1, high=0.2), "quantiles that rise"),
    "equal quantiles": (lambda r: probability(r, low=0.1, mid=0.1, high=0.2), "quantiles that rise"),
    "above one": (lambda r: probability(r, high=1.5), "above 0 and below 1"),
    "zero": (lambda r: probability(r, low=0.0), "above 0 and below 1"),
    "not a number": (lambda r: probability(r, mid=float("nan")), "above 0 and below 1"),
    "unknown grade": (lambda r: cast(r, answers={**GOOD, "scope": {"level": "9"}}), "one of 1, 2, 3, 4"),
    "no answer": (lambda r: cast(r, answers={}), "an abstention with its reason"),
    "second ballot": (lambda r: cast(r, "e1"), "one ballot a round"),
    "late": (late, "before the round was closed"),
    "round that is not open": (lambda r: cast(r, name="2"), "a round that was opened"),
    "recused": (recused, "not recused"),
    "stranger": (lambda r: cast(r, "e9"), "an expert of the session"),
    "edited form": (lambda r: form(r, put("asked", "Other?")), "as it was sent out"),
    "forged form": (lambda r: form(r, put("mark", "0" * 24, every=True)), "made for the session"),
    "form of another expert": (lambda r: form(r, put("expert", "e3", every=True)), "made for the session"),
    "ballot for another case": (lambda r: form(r, put("session", "other", every=True)), "for the session n7"),
    "questions of another case": (
        lambda r: cast(r, answers=ballot(questions_of(load_case("cadmium-jewellery-2010")), 1)), "a question of this round"
    ),
    "clock that runs backwards": (clock_back, "does not run backwards"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_its_reason_on_record_and_nothing_lost(room: Room, name: str) -> None:
    act, wanted = CASES[name]
    with pytest.raises(InputFaults) as caught:
        act(room)
    rules = [fault.rule for fault in caught.value.faults]
    assert any(wanted in rule for rule in rules)
    assert all(in_language("zh", rule_in, rule) != rule for rule in rules)
    refusals = room.ledger.events("refusals/committee/n7")
    assert len(refusals) == 1
    assert {row["rule"] for row in refusals[0].data["faults"]} == set(rules)
    taken = {event.data["expert"] for event in room.ledger.events(kinds=["ballot_taken"])}
    assert taken == ({"e1", "e2"} if name == "late" else {"e1"})
    assert verify(room.ledger).is_whole


def test_a_full_disk_refuses_a_ballot_which_counts_when_there_is_room_again(room: Room) -> None:
    many = {**GOOD, "scope": {"level": "3", "reason": "x" * 2000}}
    many |= {one.id: {**GOOD[one.id], "reason": "x" * 2000} for one in QUESTIONS}
    with no_room_left(1), pytest.raises(InputFaults) as caught:
        cast(room, answers=many)
    assert "nothing was recorded" in str(caught.value) and in_language(
        "zh", rule_in, caught.value.faults[0].rule
    )
    assert caught.value.__notes__[0].startswith("not recorded:")
    assert len(room.ledger.events(kinds=["ballot_taken"])) == 1
    cast(room, answers=many)
    close_round(room, "1")
    assert set(session_in(room, "n7").rounds[0].answers()) == {"e1", "e2"}
    assert verify(room.ledger).is_whole


# -- nobody reads an open ballot -------------------------------------------------------------------------


def outputs(folder: Path, capsys: pytest.CaptureFixture[str]) -> bytes:
    """Everything that the commands print or write about the ledger, in both languages."""
    commands = [
        ["ledger", "show", "--limit", "500"],
        ["ledger", "show", "--limit", "500", "--json"],
        ["ledger", "export", "--out", "l.jsonl"],
        ["ledger", "backup", "--out", "b.sqlite"],
        ["committee", "status", "n7", "--json"],
        ["committee", "minutes", "n7", "--force", "--out", "m.html"],
        ["committee", "report", "n7", "--force", "--out", "r.html"],
        ["committee", "report", "n7", "--export", "l.jsonl", "--force", "--out", "x.html"],
    ]
    for words in commands:
        for lang in ("zh", "en"):
            (folder / "b.sqlite").unlink(missing_ok=True)
            assert cli.main([*words, "--lang", lang]) == 0
    printed = capsys.readouterr().out.encode()
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".key"]
    assert len(files) >= 8
    return printed + b"".join(path.read_bytes() for path in files)


def test_no_command_file_or_export_tells_an_open_ballot(
    room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    key = read_key(room.keys, "n7").hex().encode()
    hidden = outputs(tmp_path, capsys)
    assert SECRET.encode() not in hidden and key not in hidden
    assert cli.main(["committee", "case", "n7", "--lang", "en"]) == 2  # nothing is judged yet
    assert "a round that is closed" in capsys.readouterr().err
    cast(room)
    close_round(room, "1")
    told = outputs(tmp_path, capsys)
    assert SECRET.encode() in told and key not in told
    session_key = json.loads((tmp_path / "l.jsonl").read_text().splitlines()[-1])["payload"]
    assert key.decode() not in session_key  # the round's key is published, never the session's


@pytest.mark.parametrize("role", ["assessor", "expert", "chair", "leadership", "auditor"])
def test_a_role_sees_its_rows_when_it_may(room: Room, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    """Leadership from the confirmation on; experts on their own page only; a recused name never."""
    monkeypatch.setenv("HTTP_X_RISKKIT_WHO", "somebody")
    monkeypatch.setenv("HTTP_X_RISKKIT_ROLE", role)

    def is_let_in() -> bool:
        try:
            return bool(open_session_record(room.ledger.place, session="n7").id)
        except InputFaults as error:
            return (
                in_language("zh", rule_in, error.faults[0].rule) == error.faults[0].rule
            )  # its words exist in zh

    assert is_let_in() == (role in ("assessor", "chair", "auditor"))
    cast(room)
    close_round(room, "1")
    open_round(room, "vote")
    for one in EXPERTS:
        cast(room, one.id, committees.votes("Ⅱ"), "vote")
    close_round(room, "vote")
    assert is_let_in() == (role in ("assessor", "chair", "auditor"))
    said = {"level": "Ⅱ", "is_confirmed": "yes"}
    take_step(room, "n7", "confirmed", who="chair", why="clear", **said)
    assert is_let_in() == (role != "expert")


# -- the judgement goes back into the assessment ---------------------------------------------------------


def test_the_judged_case_is_assessed_anew_and_says_how_it_was_pooled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    from riskkit.case.case import assess
    from riskkit.warning.profiles import profile

    monkeypatch.chdir(tmp_path)
    made = committees.make_room(tmp_path)
    opened(made)
    declared(made)
    mild = {one.id: {"level": "1"} for one in QUESTIONS if one.kind == "level"}
    rare = {
        one.id: {"low": 1e-5, "mid": 1e-4, "high": 1e-3} for one in QUESTIONS if one.kind == "probability"
    }
    whole_round(made, "1", lambda questions, number, name: {**ballot(questions, number), **mild, **rare})
    made.ledger.close()
    assert cli.main(["committee", "case", "n7", "--out", "judged.toml", "--json", "--lang", "en"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == "judged.toml"
    own, judged = load_case("note7-battery-2016"), load_case(tmp_path / "judged.toml")
    matrix = profile("house_matrix")  # which does not presume: the judged numbers decide
    first, second = (
        assess(one, profile=matrix, rng=np.random.default_rng(1), draws=2000) for one in (own, judged)
    )
    assert first.risk_shares["low"] < 0.5 and second.risk_shares["low"] == 1.0
    assert first.shares.loc["Ⅱ", "at_least"] > 0.1 and second.shares.loc["Ⅱ", "at_least"] == 0.0
    assert judged.id == "note7-battery-2016-n7"
    assert judged.scenarios[0].steps[0].p.values == (1e-5, 1e-4, 1e-3)
    assert judged.scenarios[0].severity == ((1, 1.0),)
    for scenario in judged.scenarios:
        for note in [scenario.severity_reason, *(step.note for step in scenario.steps)]:
            assert note is not None and "equal weights" in note.en and "等权" in note.zh
    assert cli.main(["committee", "case", "n7", "--out", "judged.txt", "--lang", "zh"]) == 2
    assert ".toml" in capsys.readouterr().err
