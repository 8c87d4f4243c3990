"""The board of a register of evidence: filters, records over time, a ranking, and the records themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import number
from riskkit.workbench.boards.page_tools import in_address, written
from riskkit.workbench.boards.panel_widgets import (
    Drawing,
    SortedTable,
    box,
    button,
    fragment,
    html,
    in_either_language,
)
from riskkit.workbench.boards.register import words
from riskkit.workbench.boards.register.questions import FILTERS, PAGE, RANKED, Asked, Choices, ask, choices
from riskkit.workbench.reports.monitoring.register_figures import places_map
from riskkit.workbench.reports.monitoring.words import column_name
from riskkit.workbench.runs.folders.made_register import MADE, register_folder


def register_board(register: str = "") -> ipywidgets.Widget:
    """A register to look through, for those who watch."""
    folder = register_folder(register)

    def build() -> list[ipywidgets.Widget]:
        panel = RegisterBoard(folder, choices(folder), is_made=register in ("", MADE))
        panel.fill()
        return panel.parts

    return in_either_language(build, seen=lambda: written(str(folder)))


class RegisterBoard:
    """The panel: widgets, and what fills them."""

    def __init__(self, folder: Path, known: Choices, *, is_made: bool) -> None:
        self.folder, self.known, self.lang, self.is_made = folder, known, language(), is_made
        self.page, self.n_pages, self._is_quiet = 0, 1, False
        self.status, self.ranking, self.place = (ipywidgets.HTML() for _ in range(3))
        self.filters = {name: self._filter(name) for name in FILTERS}
        self.since, self.until = self._year("since_year"), self._year("until_year")
        self.by = ipywidgets.Dropdown(
            options=[(column_name(name), name) for name in RANKED],
            value="port",
            description=self._say("rank_by"),
        )
        self.by.observe(lambda _: self.fill(), "value")
        in_address("by", self.by)
        caption = {"caption": self._say("records_table"), "empty": self._say("no_record_fits")}
        sorting = {"sort_by": self._say("sort_by"), "colon": self._say("colon")}
        columns = words.record_columns_shown()
        self.table = SortedTable(columns=columns, rows=[], by=0, names=1, down=True, words=caption | sorting)
        self.back = button(self._say("page_back"), lambda: self.turn(-1))
        self.forth = button(self._say("page_forth"), lambda: self.turn(1))
        found = ask(folder, Asked())
        self.drawing = Drawing(words.trend_picture(found), self._say("numbers"))
        self.map = Drawing(places_map(found.places, n_all=found.n_records), self._say("numbers"))
        self.parts = self._laid_out()

    def _say(self, key: str, **values: object) -> str:
        return say(key, **values)

    def _filter(self, name: str) -> ipywidgets.Dropdown:
        options = [(words.value_word(name, value), value) for value in self.known.values[name]]
        made = ipywidgets.Dropdown(
            options=_apart([(self._say("all"), ""), *options]),
            value="",
            description=column_name(name),
        )
        made.observe(lambda _: self._restart(), "value")
        return in_address(name, made)

    def _year(self, name: str) -> ipywidgets.Dropdown:
        options = [(self._say("any_year"), 0), *((str(year), year) for year in self.known.years)]
        made = ipywidgets.Dropdown(options=options, value=0, description=self._say(name))
        made.observe(lambda _: self._restart(), "value")
        return in_address(name, made)

    def _laid_out(self) -> list[ipywidgets.Widget]:
        clear = button(self._say("clear_filters"), self.clear)
        made = [html("note", self._say("register_is_made"))] if self.is_made else []
        return [
            *made,
            html("heading", self._say("register_title")),
            box("rkp-row", *self.filters.values(), self.since, self.until, clear),
            self.status,
            self.drawing.box,
            self.map.box,
            html("heading", self._say("ranking_title")),
            box("rkp-row", self.by),
            self.ranking,
            html("heading", self._say("records_title"), self._say("records_note")),
            box("rkp-row", self.back, self.forth),
            self.place,
            self.table,
        ]

    def clear(self) -> None:
        """Look at every record again."""
        self._is_quiet = True
        for made in self.filters.values():
            made.value = ""
        self.since.value = self.until.value = 0
        self._is_quiet = False
        self._restart()

    def turn(self, step: int) -> None:
        """Go some pages on or back."""
        wanted = min(max(self.page + step, 0), self.n_pages - 1)
        if wanted != self.page:
            self.page = wanted
            self.fill()

    def _restart(self) -> None:
        if not self._is_quiet:
            self.page = 0
            self.fill()

    def _asked(self) -> Asked:
        where = {name: str(made.value or "") for name, made in self.filters.items()}
        return Asked(
            where, self.since.value or None, self.until.value or None, by=self.by.value, page=self.page
        )

    def fill(self) -> None:
        """Ask the register, and show what fits."""
        found = ask(self.folder, self._asked())
        self.n_pages = max(1, -(-found.n_records // PAGE))
        facts = {"n": number(found.n_records), "all": number(self.known.n_records)}
        self.status.value = fragment("status", self._say("records_shown", **facts))
        self.ranking.value = fragment("ranks", words.ranking_words(found, self.by.value))
        self.drawing.show(words.trend_picture(found))
        self.map.show(places_map(found.places, n_all=found.n_records))
        self.table.rows = [words.record_row(row) for row in records(found.page)]
        place = {"page": number(self.page + 1), "pages": number(self.n_pages)}
        self.place.value = fragment("status", self._say("page_of", **place))
        self.back.disabled, self.forth.disabled = self.page == 0, self.page + 1 >= self.n_pages


def _apart(options: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Options of which no two read alike: the second of two values in equal words carries its value."""
    seen: set[str] = set()
    made = []
    for word, value in options:
        text = word if word not in seen else f"{word} [{value}]"
        seen.add(text)
        made.append((text, value))
    return made
