"""A proposal says what was assessed: another level, or one out of a range, needs a reason and shows both."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from warned import NOW, assessed_case, room_in, step

from riskkit.case.case import Assessment
from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.language import set_language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.boards.warning_panel import WarningBoard
from riskkit.workbench.commands import cli
from riskkit.workbench.commands.warnings import commands
from riskkit.workbench.flows.warnings.review.board_rows import board_rows
from riskkit.workbench.flows.warnings.review.sections import standing_section, steps_table
from riskkit.workbench.flows.warnings.room import state_of, step_of

CERTAIN, RANGE, SHIPPED = "certain", "range", "furniture-tip-over-2016"


@pytest.fixture(autouse=True)
def cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """One case that is certainly Ⅱ and one from Ⅲ to Ⅱ, whatever the profile of the day says; others as shipped."""
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")  # messages in English unless --lang says otherwise
    real = commands.assessed

    def assessed(case: str) -> tuple[Assessment, tuple[PictureFile, ...]]:
        known = {CERTAIN: ("Ⅱ", "Ⅱ", ()), RANGE: ("Ⅲ", "Ⅱ", ("is_spreading",))}
        if case not in known:
            return real(case)
        lo, hi, missing = known[case]
        found = assessed_case()
        assert found.badge is not None
        badge = dataclasses.replace(found.badge, level=lo, level_hi=hi)
        return dataclasses.replace(found, badge=badge, missing=missing), ()

    monkeypatch.setattr(commands, "assessed", assessed)


def run(capsys: pytest.CaptureFixture[str], *told: str) -> tuple[int, str, str]:
    code = cli.main(["warning", *told])
    return (code, *capsys.readouterr())


def recorded(folder: Path) -> tuple[Event, ...]:
    ledger = open_ledger(str(folder / "l.sqlite"), is_reader=True)
    try:
        return ledger.events("warning/")
    finally:
        ledger.close()


def place(folder: Path) -> list[str]:
    return ["--ledger", str(folder / "l.sqlite"), "--as", "a"]


@pytest.mark.parametrize("written", ["1", "I", "一级", "red"])
def test_the_command_records_the_level_that_was_meant_and_both_levels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    code, out, _ = run(
        capsys, "propose", CERTAIN, *place(tmp_path), "--json", "--level", written, "--why", "two more fires"
    )
    told = json.loads(out)
    assert (code, told["level"], told["assessed"], told["reason"]) == (0, "Ⅰ", ["Ⅱ", "Ⅱ"], "two more fires")
    event = recorded(tmp_path)[0]
    assert (event.data["level"], event.data["assessed"], event.why) == ("Ⅰ", ["Ⅱ", "Ⅱ"], "two more fires")


@pytest.mark.parametrize("written", ["0", "5", "serious", "grade 4", "Ⅰ Ⅱ"])
def test_a_level_that_is_none_is_refused_with_what_is_accepted_and_nothing_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    code, out, err = run(capsys, "propose", CERTAIN, *place(tmp_path), "--level", written, "--why", "x")
    assert code != 0 and "Ⅰ (I, 1, 一级, red, 红)" in out + err
    assert not (tmp_path / "l.sqlite").exists()


@pytest.mark.parametrize("level", ["Ⅰ", "Ⅳ", "yellow"])
def test_another_level_than_the_assessed_one_needs_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    for why in ([], ["--why", "  "]):
        code, out, err = run(capsys, "propose", CERTAIN, *place(tmp_path), "--level", level, *why)
        assert code != 0 and "--why" in out + err and "(Ⅱ)" in out + err
    assert not (tmp_path / "l.sqlite").exists()


def test_the_assessed_level_needs_no_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "propose", CERTAIN, *place(tmp_path), "--level", "orange", "--lang", "en")
    assert code == 0 and "level Ⅱ" in out and "assessed" not in out and "confirm or reject by" in out


@pytest.mark.parametrize("told", [[], ["--why", "x"], ["--level", "Ⅱ"]])
def test_a_range_is_never_proposed_without_an_explicit_level_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: list[str]
) -> None:
    code, out, err = run(capsys, "propose", RANGE, *place(tmp_path), *told)
    assert code != 0 and "Ⅲ" in out + err and "Ⅱ" in out + err
    assert ("--level" in out + err) == ("--level" not in told) or "--why" in out + err
    assert ("is_spreading" in out + err) == ("--level" not in told)
    assert not (tmp_path / "l.sqlite").exists()


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("level Ⅱ", "assessed: level Ⅲ to Ⅱ", "not known: still reaching further", "confirm or reject by 20")),
     ("zh", ("级别 Ⅱ", "评估结果：Ⅲ级至Ⅱ级", "尚不知道：", "确认或不予采纳：20"))],
)  # fmt: skip
def test_a_range_says_what_was_assessed_what_is_missing_and_the_deadline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, words: tuple[str, ...]
) -> None:
    asked = [
        "propose",
        RANGE,
        *place(tmp_path),
        "--level",
        "Ⅱ",
        "--why",
        "children were hurt",
        "--lang",
        lang,
    ]
    code, out, _ = run(capsys, *asked)
    assert code == 0
    for word in words:
        assert word in out


def test_a_range_records_what_was_assessed_what_is_missing_and_the_deadline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(
        capsys, "propose", RANGE, *place(tmp_path), "--level", "2", "--why", "children were hurt", "--json"
    )
    told, event = json.loads(out), recorded(tmp_path)[0]
    assert (told["level"], told["assessed"], told["missing"]) == ("Ⅱ", ["Ⅲ", "Ⅱ"], ["is_spreading"])
    assert (event.data["assessed"], event.data["missing"]) == (["Ⅲ", "Ⅱ"], ["is_spreading"])
    due = moment_of(event.at) + dt.timedelta(hours=event.data["due"]["hours"])
    assert event.data["due"]["what"] == told["due"][0]["what"] == "confirm"
    assert abs(dt.datetime.fromisoformat(told["due"][0]["at"]) - due) < dt.timedelta(minutes=1)
    _, out, _ = run(capsys, "status", *place(tmp_path)[:2], "--json")
    assert json.loads(out)["warnings"][0]["assessed"] == ["Ⅲ", "Ⅱ"]
    _, out, _ = run(capsys, "status", *place(tmp_path)[:2], "--lang", "en")
    assert "level Ⅱ" in out and "assessed: level Ⅲ to Ⅱ" in out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_board_history_and_review_show_both_levels_until_they_agree(tmp_path: Path, lang: str) -> None:
    set_language(lang)
    room = room_in(tmp_path)
    words = {"en": "assessed: level Ⅳ to Ⅰ", "zh": "评估结果：Ⅳ级至Ⅰ级"}[lang]
    given: dict[str, Any] = {"assessed": ("Ⅳ", "Ⅰ"), "missing": ("n_ports",), "reason": "children were hurt"}
    step(room, "proposed", level=2, **given)
    step(room, "confirmed", "b")
    rows = board_rows(room.ledger.events("warning/"), now=NOW)
    room.ledger.close()
    assert rows[0].state.departs and rows[0].state.missing == ("n_ports",)
    table = steps_table(rows[0])
    assert [words in str(row) for row in table.rows] == [True, True]
    assert words in str(standing_section(rows, is_sample=False))
    board = WarningBoard(rows, now=NOW, is_sample=False)
    board.fill()
    assert words in str(board.table.rows) and isinstance(board.tiles, ipywidgets.HTML)


def test_ledgers_of_earlier_versions_with_ranks_are_read_as_they_were_meant() -> None:
    old = Event(1, "warning/w", "proposed", '{"evidence":["e"],"level":4,"reason":"r"}', "a",
                "2026-05-01T00:00:00.000000Z", "r", "k", "", "")  # fmt: skip
    assert (
        step_of(old).level == 4 and state_of([old], "w").assessed == () and not state_of([old], "w").departs
    )


@pytest.mark.parametrize(("move", "level"), [("raise", "I"), ("correct", "一级")])
def test_the_other_steps_read_levels_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], move: str, level: str
) -> None:
    run(capsys, "propose", CERTAIN, *place(tmp_path), "--warning", "w")
    other = ["--ledger", str(tmp_path / "l.sqlite"), "--as", "b"]
    run(capsys, "confirm", "w", *other)
    assert run(capsys, "issue", "w", *other, "--until", "2099-01-01", "--why", "x")[0] == 0
    more = ["--evidence", "e", "--why", "spreading", "--authorised", "--json"]
    code, out, _ = run(capsys, move, "w", *other, "--level", level, *more)
    assert (code, json.loads(out)["level"], json.loads(out)["assessed"]) == (0, "Ⅰ", ["Ⅱ", "Ⅱ"])
    code, out, err = run(capsys, move, "w", *other, "--level", "grade 1", *more)
    assert code != 0 and "Ⅰ (I, 1, 一级, red, 红)" in out + err


def test_a_shipped_case_whose_facts_leave_a_range_is_not_proposed_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "propose", SHIPPED, *place(tmp_path))
    assert code != 0 and "Ⅱ" in out + err and "Ⅰ" in out + err and "deaths" in out + err
    assert not (tmp_path / "l.sqlite").exists()
