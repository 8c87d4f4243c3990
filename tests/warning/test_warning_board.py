"""The board of warnings: what it shows is what a plain reading of the ledger gives, in both languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import pytest
from warned import NOW, issue, issued, room_in, step

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language, set_language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.boards import panels
from riskkit.workbench.boards.warning_panel import WarningBoard, warning_board
from riskkit.workbench.commands.cli import build
from riskkit.workbench.flows.warnings.review.board_rows import (
    BoardRow,
    board_rows,
    counts_by_level,
    counts_by_place,
)
from riskkit.workbench.flows.warnings.review.sections import warning_timeline
from riskkit.workbench.flows.warnings.room import approve, record_draft, stream_of
from riskkit.workbench.flows.warnings.sample import sample_events

LATER = NOW + dt.timedelta(days=20)


@pytest.fixture
def rows(tmp_path: Path) -> list[BoardRow]:
    room = room_in(tmp_path)
    issued(room)
    made = issue()
    record_draft(room, "w-1", "w-1.1", files=made.hashes(), who="c", about=made.about())
    step(room, "raised", "b", level=4, is_authorised=True)
    events = room.ledger.events()
    room.ledger.close()
    return board_rows(events, now=LATER)


def test_a_row_says_where_the_warning_stands_and_how_it_came_there(rows: list[BoardRow]) -> None:
    (row,) = rows
    assert (row.state.phase, row.state.level, row.is_current) == ("issued", 4, True)
    assert [(one.event, one.level) for one in row.steps] == [
        ("proposed", 3), ("confirmed", 3), ("issued", 3), ("raised", 4),
    ]  # fmt: skip
    assert row.title["en"].startswith("Smartphone") and row.title["en"].endswith("battery fire")
    assert counts_by_level(rows) == {4: 1, 3: 0, 2: 0, 1: 0}
    assert in_language("zh", counts_by_place, rows) == {"全国": 1}
    assert [one.is_overdue for one in row.due] == [True, False]  # the review is, the term is not


def test_the_board_as_it_was(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    step(room, "proposed", level=2)
    before = room.ledger.events(stream_of("w-1"))
    step(room, "rejected", "b")
    assert board_rows(before, now=NOW)[0].is_current
    assert not board_rows(room.ledger.events(), now=NOW)[0].is_current
    room.ledger.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_panel_shows_level_by_symbol_and_word_and_says_what_is_overdue(
    rows: list[BoardRow], lang: str
) -> None:
    set_language(lang)
    panel = WarningBoard(rows, now=LATER, is_sample=False)
    panel.fill()
    level, title, *_, due = panel.table.rows[0]
    mark = level["marks"][0]
    assert (mark["symbol"], level["sort"]) == ("■", 4)
    assert ("特别严重（红色）" if lang == "zh" else "extremely serious (red)") in mark["label"]
    assert ("逾期" if lang == "zh" else "overdue") in due["text"]
    assert title["text"] == rows[0].title[lang]
    assert ("全国：1" if lang == "zh" else "China, nationwide: 1") in panel.places.value
    panel.level.value = "1"
    assert panel.table.rows == []
    assert not panel.is_sample


def test_what_may_come_next_is_named_as_commands_that_exist(tmp_path: Path) -> None:
    room, group, seen = room_in(tmp_path), build(), []
    for act in (
        lambda: step(room, "proposed", level=4),
        lambda: step(room, "confirmed", "b", is_authorised=True),
        lambda: step(room, "issued", "c", ends_at=NOW + dt.timedelta(days=30)),
        lambda: record_draft(room, "w-1", "w-1.1", files={"a": "b"}, who="c"),
        lambda: approve(room, "w-1", "w-1.1", who="b", why="read"),
        lambda: step(room, "lifted", "b", effect_agrees=True, has_consent=True),
    ):
        act()
        (row,) = board_rows(room.ledger.events(), now=NOW)
        seen.append([line.split()[2] for _, line in row.next])
        for _, line in row.next:
            words = line.split()[1:]
            command = group.get_command(click.Context(group), words[0])
            assert isinstance(command, click.Group)
            named = command.get_command(click.Context(command), words[1])
            assert named is not None
            named.make_context(words[1], ["Ⅱ" if word == "LEVEL" else word for word in words[2:]])
    adjusting = ["raise", "lower", "prolong", "correct", "lift"]
    assert seen == [
        ["reject", "confirm"], ["issue"], ["draft", *adjusting], ["approve", *adjusting], ["release", *adjusting], ["draft"],
    ]  # fmt: skip
    (late,) = board_rows(room.ledger.events(until=dt.datetime.max.replace(tzinfo=dt.UTC)), now=LATER)
    assert [line for _, line in late.next] == [
        "riskkit warning draft CASE --warning w-1 --port PORT --contact TEXT --out DIR --as NAME"
    ]
    room.ledger.close()


def test_a_warning_whose_term_is_over_may_expire_and_level_one_needs_authority(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    step(room, "proposed", level=4)
    (row,) = board_rows(room.ledger.events(), now=NOW)
    assert any(line.endswith("confirm w-1 --as NAME --authorised") for _, line in row.next)
    step(room, "confirmed", "b", is_authorised=True)
    step(room, "issued", "c", ends_at=NOW + dt.timedelta(days=3))
    room.ledger.close()
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"), is_reader=True)
    for now, is_over in ((NOW, False), (LATER, True)):
        (row,) = board_rows(ledger.events(), now=now)
        assert any("warning expire w-1" in line for _, line in row.next) == is_over
    ledger.close()
    panel = WarningBoard([row], now=LATER, is_sample=False)
    panel.fill()
    assert "riskkit warning expire w-1 --as NAME" in panel.next.value
    assert WarningBoard([row], now=LATER, is_sample=True).next.value == ""


def test_the_timeline_ends_now_at_the_level_it_has(rows: list[BoardRow]) -> None:
    picture = warning_timeline(rows[0], now=LATER)
    line = picture.figure["data"][0]
    assert line["y"] == [3, 3, 3, 4, 4]
    assert line["x"][-1].startswith("2026-05-21")
    assert picture.alt.endswith("now issued, level Ⅰ.")
    assert len(picture.table.rows) == 4


def test_hostile_words_of_a_ledger_are_words(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    step(room, "proposed", level=2, reason="<script>alert(1)</script>")
    rows = board_rows(room.ledger.events(), now=NOW)
    room.ledger.close()
    panel = WarningBoard(rows, now=NOW, is_sample=False)
    panel.fill()
    assert "<script>" not in panel.steps.value and "&lt;script&gt;" in panel.steps.value


def test_without_a_ledger_a_sample_is_shown_and_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RISKKIT_LEDGER", raising=False)
    rows = board_rows(sample_events(NOW), now=NOW)
    phases = [row.state.phase for row in rows]
    assert {"issued", "proposed", "lifted"} <= set(phases)
    assert phases[-1] == "lifted"  # what is over stands last
    shown = in_language("zh", warning_board, now=NOW)
    assert "虚构" in shown.children[-1].children[0].value
    assert in_language("zh", panels.board, "warning_board", interactive=False) is None


def test_an_empty_ledger_is_an_empty_board(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    room.ledger.close()
    shown = warning_board(str(tmp_path / "ledger.sqlite"), now=NOW)
    assert "nothing is due" in shown.children[-1].children[4].value


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_before_the_ledger_is_made_the_board_says_what_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    place = str(tmp_path / "ledger.sqlite")
    monkeypatch.setenv("RISKKIT_LEDGER", place)
    for shown in (
        in_language(lang, warning_board, now=NOW),
        in_language(lang, warning_board, place, now=NOW),
    ):
        told = shown.children[-1].children[0].value
        assert {"zh": "台账尚未建立", "en": "There is no ledger yet"}[lang] in told
        assert "riskkit warning propose" in told and "ledger.sqlite" in told
    assert not Path(place).exists()  # looking makes nothing
    Path(place).write_text("something else")
    with pytest.raises(InputFaults, match="a file that is a ledger"):
        in_language(lang, warning_board, now=NOW)
    with pytest.raises(InputFaults, match="a ledger that exists"):
        in_language(lang, warning_board, str(tmp_path / "no" / "ledger.sqlite"), now=NOW)


@pytest.mark.parametrize(("lang", "said"), [("zh", "尚无预警"), ("en", "There are no warnings yet")])
def test_a_ledger_without_a_warning_is_no_matter_of_filters(lang: str, said: str) -> None:
    board = in_language(lang, WarningBoard, [], now=NOW, is_sample=False)
    assert board.table.words["empty"].startswith(said) and board.table.rows == []
