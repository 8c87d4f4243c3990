"""What the panels are made of: native controls for inputs, a table that sorts, escaped HTML, and a figure."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import plotly
import traitlets
from plotly.offline import get_plotlyjs

from riskkit.foundation.language import language, set_language
from riskkit.store.ledger.tables import is_unmade
from riskkit.workbench.boards.page_tools import PageTools, look_again, newest_event
from riskkit.workbench.document.block_kinds import Details, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.rendering import asset, environment
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE


class InputList(anywidget.AnyWidget):
    """The inputs of a case as native controls: words and positions go to the page, positions come back."""

    _esm = str(asset("panel_inputs.js"))
    fields: Any = traitlets.List().tag(sync=True)
    positions = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    address, address_traits = "inputs", ("positions",)

    def to_address(self) -> str:
        """The inputs that were moved, as an address holds them."""
        return " ".join(f"{name}:{at}" for name, at in sorted(self.positions.items()))

    def from_address(self, text: str) -> None:
        """Move inputs as an address says; what is no place of an input stays where it is."""
        stops = {field["name"]: len(field["stops"]) for field in self.fields}
        parts = [part.rpartition(":") for part in text.split()]
        places = {name: int(at) for name, _, at in parts if at.removeprefix("-").isdecimal()}
        self.positions = {name: at for name, at in places.items() if -1 <= at < stops.get(name, -1)}


class SortedTable(anywidget.AnyWidget):
    """A table whose heads sort it."""

    _esm = str(asset("panel_table.js"))
    columns: Any = traitlets.List().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    by = traitlets.Int(0).tag(sync=True)
    names = traitlets.Int(0).tag(sync=True)
    down = traitlets.Bool(False).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    address, address_traits = "sort", ("by", "down")

    def to_address(self) -> str:
        """The column by which it is sorted, and which way."""
        return f"{self.by}{'d' if self.down else 'u'}"

    def from_address(self, text: str) -> None:
        """Sort as an address says."""
        if text[-1:] in ("d", "u") and text[:-1].isdecimal() and int(text[:-1]) < len(self.columns):
            self.by, self.down = int(text[:-1]), text.endswith("d")


def fragment(name: str, *values: object) -> str:
    """A part of ``panels.html.j2`` as HTML in which every text is escaped."""
    part = getattr(environment().get_template("panels.html.j2").module, name)
    return str(part(*values))


def html(name: str, *values: object) -> ipywidgets.HTML:
    """A widget that shows a part of ``panels.html.j2``."""
    return ipywidgets.HTML(value=fragment(name, *values) if name else "")


def style() -> ipywidgets.HTML:
    """A widget that carries the style sheets of the panels."""
    return ipywidgets.HTML(value=f"<style>{asset('blocks.css')}{asset('panels.css')}</style>")


def button(words: str, act: Callable[[], None], *, is_main: bool = False) -> ipywidgets.Button:
    """A button that does one thing."""
    made = ipywidgets.Button(description=words, button_style="primary" if is_main else "")
    made.on_click(lambda _: act())
    return made


def box(kind: str, *children: ipywidgets.Widget) -> ipywidgets.Box:
    """Widgets under one class of the style sheet: ``rkp-row``, ``rkp-col``, ``rkp-two``, ``rkp-three``."""
    made = ipywidgets.Box(children=children, layout=ipywidgets.Layout(width="100%"))
    for name in kind.split():
        made.add_class(name)
    return made


def in_either_language(
    build: Callable[[], Sequence[ipywidgets.Widget]], *, seen: Callable[[], Hashable] | None = None
) -> ipywidgets.Box:
    """A board with its style and tools, and a choice of language where the page around it has none.

    Where others write too, `seen` says what there is, and the board is built anew when that has changed.
    """
    inside = box("rkp-col", *build())
    tools = PageTools(inside)
    choice = ipywidgets.Dropdown(
        options=[("中文", "zh"), ("English", "en")], value=language(), description="语言 Language"
    )

    def again() -> None:
        asked = dict(tools.state)
        inside.children = tuple(build())
        tools.apply(asked)
        tools.stamp()

    def switch(change: Mapping[str, Any]) -> None:
        set_language(change["new"])
        tools.speak()
        again()

    choice.observe(switch, "value")
    is_served = os.environ.get("SERVER_SOFTWARE", "").startswith(
        "voila"
    )  # whose page has a switch of its own
    if seen is not None:
        tools.stamp()
        look_again(tools, seen, again)
    return box("rkp rkp-col", style(), box("rkp-row", *([] if is_served else [choice])), tools, inside)


def ledger_board(
    ledger: str,
    build: Callable[[str], Sequence[ipywidgets.Widget]],
    *,
    unmade: Callable[[str], tuple[str, list[str]]],
) -> ipywidgets.Box:
    """A board of a ledger, built anew with new events; without a ledger it is built for an empty place."""
    place = ledger or os.environ.get(LEDGER_VARIABLE, "")
    if place and is_unmade(place):
        return in_either_language(lambda: [html("lines", *unmade(Path(place).name), "")])
    return in_either_language(lambda: build(place), seen=(lambda: newest_event(place)) if place else None)


class Later:
    """Does a thing a little later, once, however often it is asked to; at once where no loop runs."""

    def __init__(self, act: Callable[[], None], *, seconds: float, from_last: bool) -> None:
        self._act, self._seconds, self._from_last = act, seconds, from_last
        self._handle: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Ask for it."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._act()
            return
        if self._handle is not None and not self._from_last:
            return
        self.drop()
        self._handle = loop.call_later(self._seconds, self._run)

    def drop(self) -> None:
        """Take back what was asked and not yet done."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _run(self) -> None:
        self._handle = None
        self._act()


class Chart(anywidget.AnyWidget):
    """A figure that plotly.js draws; a page loads that once, from its server or else from here."""

    _esm = str(asset("panel_figure.js"))
    figure = traitlets.Dict().tag(sync=True)
    library = traitlets.Unicode(f"static/plotly.min.js?v={plotly.__version__}").tag(sync=True)

    def __init__(self, picture: Picture, *, pick: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self._pick = pick
        self.show(picture)
        self.on_msg(lambda _, told, __: self._answer(told))

    def show(self, picture: Picture) -> None:
        """Draw a picture without its title, which stands above the chart as a heading."""
        layout = {name: value for name, value in picture.figure["layout"].items() if name != "title"}
        data = list(picture.figure["data"])
        if self._pick is not None:  # a point that the pointer skips cannot be clicked
            data = [{**trace, "hoverinfo": "text"} if "customdata" in trace else trace for trace in data]
        self.figure = {"data": data, "layout": layout}

    def _answer(self, told: Mapping[str, Any]) -> None:
        """Send plotly.js to a page that asks for it, and tell which point was clicked, by its own data."""
        if "picked" not in told:
            self.send({}, [get_plotlyjs().encode()])
        elif self._pick is not None:
            self._pick(str(told["picked"]))


class Drawing:
    """A `Picture` on the page: the chart, the sentence that says the same, and its numbers to open."""

    def __init__(self, picture: Picture, numbers: str, *, pick: Callable[[str], None] | None = None) -> None:
        self.chart, self.caption = Chart(picture, pick=pick), ipywidgets.HTML()
        title = html("section", Section(picture.id, picture.title, 2, ()))
        self.box = box("rkp-col rkp-drawn", title, self.chart, self.caption)
        self._numbers = numbers
        self._tell(picture)

    def show(self, picture: Picture) -> None:
        """Show another picture."""
        self.chart.show(picture)
        self._tell(picture)

    def _tell(self, picture: Picture) -> None:
        blocks = (Paragraph(picture.alt), Details(self._numbers, (picture.table,)))
        self.caption.value = fragment("section", Section(picture.id, "", 3, blocks))
