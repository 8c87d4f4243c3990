"""The board of the response: what runs, what is due and overdue, where, and the curve of each recall."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ipywidgets
import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.flows import FLOWS, RECALLS
from riskkit.store.ledger.ledger import open_ledger
from riskkit.words.catalogue import Texts
from riskkit.words.catalogue import panel_text as panel_say
from riskkit.workbench.boards.page_tools import in_address
from riskkit.workbench.boards.panel_widgets import Drawing, SortedTable, box, fragment, html, ledger_board
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.flows.clocks import utc_now
from riskkit.workbench.flows.response.board_state import (
    ResponseState,
    completion_curves,
    counts_by,
    recall_key,
    response_acts,
    response_state,
)
from riskkit.workbench.flows.response.sample import sample_acts
from riskkit.workbench.reports.response.curve_figures import recall_curve
from riskkit.workbench.words.flow_words import due_text, flow_name, phase_name, step_name

say = Texts("flow")
_CHINA = dt.timezone(dt.timedelta(hours=8))
_HEADS = ("kind", "subject", "phase", "port", "operator", "due")
_MOST_ROWS, _MOST_GROUPS = 200, 15
_TILES = (("open", "○", "#1f4e79"), ("soon", "◐", "#8a5a00"), ("overdue", "●", "#a3151a"))


def response_board(ledger: str = "", *, now: dt.datetime | None = None) -> ipywidgets.Widget:
    """The lives of a ledger, for those who lead the response and those who carry it out."""
    at = now or utc_now()

    def build(place: str) -> list[ipywidgets.Widget]:
        state = response_state(_acts(place) if place else sample_acts(at), now=now or utc_now())
        return ResponseBoard(state, is_sample=not place).parts

    return ledger_board(ledger, build, unmade=_unmade)


def _unmade(name: str) -> tuple[str, list[str]]:
    """What stands in place of the board before anything was recorded."""
    return say("board_unmade"), [say("board_unmade_how", place=name)]


def _acts(place: str) -> dict[str, pd.DataFrame]:
    ledger = open_ledger(place, is_reader=True)
    try:
        return response_acts(ledger)
    finally:
        ledger.close()


class ResponseBoard:
    """The panel: widgets, and what fills them."""

    def __init__(self, state: ResponseState, *, is_sample: bool) -> None:
        self.state, self.lang, self.is_sample = state, language(), is_sample
        self.tiles, self.more, self.places = (ipywidgets.HTML() for _ in range(3))
        measures = standards.all_rows("response_measures")
        self.measures = dict(zip(measures["measure"], measures[language()], strict=True))
        here = set(state.table["flow"].unique())
        kinds = [(flow_name(name), name) for name in FLOWS if name in here]
        ports = sorted(str(port) for port in state.table["port"].dropna().unique() if port)
        self.which = self._choice("show", [(say(f"show_{key}"), key) for key in ("open", "overdue", "all")])
        self.kind = self._choice("kind", [(say("any_kind"), ""), *kinds])
        self.port = self._choice("port", [(say("any_port"), ""), *((port, port) for port in ports)])
        self.table = self._table()
        self.curves = completion_curves(state)
        self.recall = self._choice("recall", [(self._recall_name(name), name) for name in self.curves])
        self.drawing = self._drawing()
        self.parts = self._laid_out()
        self.fill()

    def _choice(self, name: str, options: list[tuple[str, str]]) -> ipywidgets.Dropdown:
        made = ipywidgets.Dropdown(options=options, description=say(f"choose_{name}"))
        made.observe(lambda _: self.look() if name == "recall" else self.fill(), "value")
        return in_address(name, made)

    def _table(self) -> SortedTable:
        sorting = {"sort_by": panel_say("sort_by"), "colon": panel_say("colon")}
        caption = {"caption": say("board_table"), "empty": say("none")}
        columns = [{"title": say(f"col_{name}")} for name in _HEADS]
        return SortedTable(columns=columns, rows=[], by=5, names=1, down=False, words=caption | sorting)

    def _recall_name(self, name: str) -> str:
        rows = records(self.state.table[self.state.table["flow"].isin(RECALLS)])
        row = next(one for one in rows if recall_key(one["flow"], one["subject"]) == name)
        return f"{row['subject']} {_title(row)}".strip()

    def _drawing(self) -> Drawing | None:
        picture = self._picture()
        return None if picture is None else Drawing(picture, panel_say("numbers"))

    def _picture(self) -> Picture | None:
        curve = self.curves.get(str(self.recall.value))
        return None if curve is None else recall_curve(curve)

    def _laid_out(self) -> list[ipywidgets.Widget]:
        made = [html("note", say("board_is_sample"))] if self.is_sample else []
        drawn = [html("note", say("no_curve"))] if self.drawing is None else [
            box("rkp-row", self.recall), self.drawing.box
        ]  # fmt: skip
        as_of = say("board_at", at=f"{self.state.now.astimezone(_CHINA):%Y-%m-%d %H:%M}")
        return [*made, html("heading", say("board_title"), as_of),
                self.tiles, box("rkp-row", self.which, self.kind, self.port), self.table, self.more,
                self.places, *drawn]  # fmt: skip

    def fill(self) -> None:
        """Show what fits the filters."""
        fit = self._fitting()
        self.tiles.value = fragment("tiles", self._tile_values(fit))
        shown = self._shown(fit)
        self.table.rows = [
            self._cells(row, place) for place, row in enumerate(records(shown.head(_MOST_ROWS)))
        ]
        n_more = max(len(shown) - _MOST_ROWS, 0)
        self.more.value = fragment("note", say("board_more", n=n_more, shown=_MOST_ROWS)) if n_more else ""
        self.places.value = fragment("section", self._groups(fit))

    def look(self) -> None:
        """Show the curve of the recall that is chosen."""
        picture = self._picture()
        if self.drawing is not None and picture is not None:
            self.drawing.show(picture)

    def _fitting(self) -> pd.DataFrame:
        found = self.state.table
        for name, wanted in (("flow", self.kind.value), ("port", self.port.value)):
            found = found[found[name] == wanted] if wanted else found
        return found

    def _shown(self, fit: pd.DataFrame) -> pd.DataFrame:
        which = self.which.value
        return fit if which == "all" else fit[fit[f"is_{which}"].to_numpy(bool)]

    def _tile_values(self, fit: pd.DataFrame) -> dict[str, Any]:
        tiles = [
            {"symbol": symbol, "colour": colour, "label": say(f"tile_{name}"), "note": "",
             "n": int(fit[f"is_{name}"].astype(bool).sum())}
            for name, symbol, colour in _TILES
        ]  # fmt: skip
        return {"heading": say("board_title"), "tiles": tiles}

    def _cells(self, row: dict[str, Any], place: int) -> list[dict[str, Any]]:
        flow = str(row["flow"])
        measure = self.measures.get(str(row["measure"]), "") if flow == "measure" else ""
        subject = " · ".join(word for word in (str(row["subject"]), _title(row), measure) if word)
        texts = (
            flow_name(flow),
            subject,
            phase_name(flow, str(row["phase"])),
            _text(row["port"]) or "—",
            _text(row["operator"]) or "—",
        )
        due = {"text": self._due(row), "sort": place}  # rows stand in the order in which they fall due
        return [*({"text": text, "sort": text} for text in texts), due]

    def _due(self, row: dict[str, Any]) -> str:
        if not row["due_event"] or not row["is_open"]:
            return "—"
        what = step_name(str(row["flow"]), str(row["due_event"]))
        if pd.isna(row["due_at"]):
            return say("due_unknown", what=what)
        key = "overdue" if row["is_overdue"] else "due"
        return say(key, what=what, at=due_text(pd.Timestamp(row["due_at"]).tz_convert(_CHINA)))

    def _groups(self, fit: pd.DataFrame) -> Section:
        """Open, due soon and overdue by port and by operator."""
        tables = []
        for name in ("port", "operator"):
            counts = counts_by(fit, name)
            rows = tuple(
                (
                    row[name] or say("not_said"),
                    *(str(row[key]) for key in ("n_open", "n_soon", "n_overdue")),
                )
                for row in records(counts.head(_MOST_GROUPS))
            )
            heads = (say(f"col_{name}"), *(say(f"tile_{key}") for key, *_ in _TILES))
            caption = say(f"by_{name}", n=min(len(counts), _MOST_GROUPS), of=len(counts))
            tables.append(Table(caption, heads, rows, numeric=(1, 2, 3)))
        return Section("response-places", say("places"), 2, tuple(tables))


def _text(cell: object) -> str:
    return "" if cell is None or pd.isna(cell) else str(cell)  # type: ignore[call-overload]


def _title(row: dict[str, Any]) -> str:
    return _text(row[f"title_{language()}"])
