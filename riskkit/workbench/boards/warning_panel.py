"""The board of warnings: current ones by level, where, what is due and overdue, and the life of each."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ipywidgets

from riskkit.foundation.events import Event
from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.store.ledger.ledger import open_ledger
from riskkit.warning.alerts.drafts import LEVELS
from riskkit.words.catalogue import panel_text as panel_say
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.boards.page_tools import in_address
from riskkit.workbench.boards.panel_widgets import Drawing, SortedTable, box, fragment, html, ledger_board
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import level_badge
from riskkit.workbench.document.rendering import ink
from riskkit.workbench.flows.clocks import utc_now
from riskkit.workbench.flows.warnings.review.board_rows import (
    BoardRow,
    board_rows,
    counts_by_level,
    counts_by_place,
)
from riskkit.workbench.flows.warnings.review.sections import day_of, steps_table, warning_timeline
from riskkit.workbench.flows.warnings.room import STREAM
from riskkit.workbench.flows.warnings.sample import sample_events
from riskkit.workbench.flows.warnings.words import assessed_words

_HEADS = ("level", "warning", "phase", "since", "ends", "due")


def warning_board(ledger: str = "", *, now: dt.datetime | None = None) -> ipywidgets.Widget:
    """The warnings of a ledger, for those who lead and those who watch."""
    at = now or utc_now()

    def build(place: str) -> list[ipywidgets.Widget]:
        on = now or utc_now()
        rows = board_rows(_events(place) if place else sample_events(at), now=on)
        panel = WarningBoard(rows, now=on, is_sample=not place)
        panel.fill()
        return panel.parts

    return ledger_board(ledger, build, unmade=_unmade)


def _unmade(name: str) -> tuple[str, list[str]]:
    """What stands in place of the board before anything was recorded."""
    lines = [say("board_unmade_how", place=name), say("board_unmade_sample")]
    return say("board_title"), [say("board_unmade"), *lines]


def _events(place: str) -> tuple[Event, ...]:
    ledger = open_ledger(place, is_reader=True)
    try:
        return ledger.events(STREAM)
    finally:
        ledger.close()


class WarningBoard:
    """The panel: widgets, and what fills them."""

    def __init__(self, rows: list[BoardRow], *, now: dt.datetime, is_sample: bool) -> None:
        self.rows, self.lang, self.now, self.is_sample = rows, language(), now, is_sample
        self.tiles, self.due, self.places, self.steps, self.next = (ipywidgets.HTML() for _ in range(5))
        self.which = self._choice("show_which", [("show_current", "current"), ("show_all", "all")])
        levels = [(level_badge(code).label, str(n)) for n, code in enumerate(LEVELS, start=1)]
        self.level = self._choice("choose_level", [("any_level", ""), *reversed(levels)])
        names = [(f"{_code(row)} {self._title(row)}", row.state.warning_id) for row in rows]
        self.one = self._choice("choose_warning", names, act=self.look)
        caption = {"caption": say("board_table"), "empty": say("board_empty" if rows else "board_none")}
        sorting = {"sort_by": panel_say("sort_by"), "colon": panel_say("colon")}
        columns = [{"title": say(f"col_{name}")} for name in _HEADS]
        self.table = SortedTable(columns=columns, rows=[], by=0, names=1, down=True, words=caption | sorting)
        self.drawing = self._drawing()
        self.parts = self._laid_out()

    def _title(self, row: BoardRow) -> str:
        return str(row.title.get(language(), row.state.warning_id))

    def _choice(self, name: str, options: list[tuple[str, str]], act: Any = None) -> ipywidgets.Dropdown:
        known = ("show_current", "show_all", "any_level")
        shown = [(say(word) if word in known else word, value) for word, value in options]
        made = ipywidgets.Dropdown(options=shown, description=say(name))
        made.observe(lambda _: (act or self.fill)(), "value")
        return in_address(name, made)

    def _drawing(self) -> Drawing | None:
        if not self.rows:
            return None
        picture = warning_timeline(self.rows[0], now=self.now)
        return Drawing(picture, panel_say("numbers"))

    def _laid_out(self) -> list[ipywidgets.Widget]:
        made = [html("note", say("board_is_sample"))] if self.is_sample else []
        drawn = (
            []
            if self.drawing is None
            else [box("rkp-row", self.one), self.next, self.drawing.box, self.steps]
        )
        return [
            *made,
            html("heading", say("board_title"), say("print_note")),
            self.tiles,
            box("rkp-row", self.which, self.level),
            self.table,
            self.due,
            *drawn,
            self.places,
            *([] if self.is_sample else [html("lines", "", [say("next_new")])]),
        ]

    def fill(self) -> None:
        """Show what fits the filters."""
        fit = [one for one in self.rows if self._fits(one)]
        self.tiles.value = fragment("tiles", self._tiles())
        self.table.rows = [self._cells(one) for one in fit]
        lines = [words for one in fit for words in self._due_lines(one)]
        self.due.value = fragment("lines", say("due_title"), lines, say("due_none"))
        places = counts_by_place(fit)
        told = [say("place_line", place=place, n=n) for place, n in places.items()]
        self.places.value = fragment("lines", say("places_title"), told, say("places_none"))
        self.look()

    def look(self) -> None:
        """Show the life of the warning that is chosen."""
        if self.drawing is None:
            return
        row = next(row for row in self.rows if row.state.warning_id == self.one.value)
        self.drawing.show(warning_timeline(row, now=self.now))
        lines = [] if self.is_sample else [f"{words}{panel_say('colon')}{line}" for words, line in row.next]
        self.next.value = fragment("lines", say("next_title"), lines, "") if lines else ""
        table = steps_table(row)
        self.steps.value = fragment("section", Section("steps", "", 2, (table,)))

    def _fits(self, row: BoardRow) -> bool:
        is_level = not self.level.value or row.state.level == int(self.level.value)
        return is_level and (row.is_current or self.which.value == "all")

    def _tiles(self) -> dict[str, Any]:
        of, tiles = scale("warning"), []
        for level, n in counts_by_level(self.rows).items():
            code = LEVELS[level - 1]
            look = {
                "symbol": of.symbol(code),
                "colour": of.colour(code),
                "label": level_badge(code).label,
            }
            tiles.append(look | {"n": n, "note": ""})
        return {"heading": say("board_title"), "tiles": tiles}

    def _cells(self, row: BoardRow) -> list[dict[str, Any]]:
        badge = level_badge(_code(row))
        marks = [
            {"symbol": badge.symbol, "label": badge.label, "colour": badge.colour, "ink": ink(badge.colour)}
        ]
        first = row.due[0] if row.due else None
        due = self._due_words(first) if first else "—"
        texts = (
            self._title(row),
            say(f"phase_{row.state.phase}"),
            day_of(row.state.since) if row.state.since else "—",
            day_of(row.state.ends_at) if row.state.ends_at else "—",
            due,
        )
        assessed = assessed_words(row.state.assessed) if row.state.departs else ""
        level = {"text": assessed, "sort": row.state.level or 0, "marks": marks}
        return [level, *({"text": text, "sort": text} for text in texts)]

    def _due_words(self, one: Any) -> str:
        when = say("is_overdue" if one.is_overdue else "due_by", at=day_of(one.due_at))
        words = say(f"clock_{one.clock}")
        return f"{when} · {words} ({day_of(one.due_at)})" if one.is_overdue else f"{words} · {when}"

    def _due_lines(self, row: BoardRow) -> list[str]:
        return [f"{_code(row)} {self._title(row)}: {self._due_words(one)}" for one in row.due]


def _code(row: BoardRow) -> str:
    return "none" if row.state.level is None else LEVELS[row.state.level - 1]
