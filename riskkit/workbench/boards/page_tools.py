"""What every board has alike: its tables as files, an address that holds what is chosen, and a look again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import anywidget
import ipywidgets
import traitlets

from riskkit.foundation.language import language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.rendering import asset

say = Texts("board")
REFRESH_SECONDS = 20.0
_Control = TypeVar("_Control", bound=ipywidgets.Widget)


class PageTools(anywidget.AnyWidget):
    """The tools of a board: `state` goes to the address of its page, `asked` comes from one."""

    _esm = str(asset("panel_page.js"))
    words = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)
    as_of = traitlets.Unicode("").tag(sync=True)

    def __init__(self, inside: ipywidgets.Box) -> None:
        super().__init__()
        self._inside, self._first, self._is_applying = inside, dict[str, str](), False
        self.observe(lambda change: self.apply(change["new"]), "asked")
        self.speak()
        self._watch(inside)

    def speak(self) -> None:
        """Say everything in the language of now."""
        words: dict[str, Any] = {key: one[language()] for key, one in say.items()}
        self.words = words | {"keys": [text for key, text in words.items() if key.startswith("key_")]}

    def stamp(self) -> None:
        """What is shown is as of now."""
        self.as_of = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

    def _watch(self, part: Any) -> None:
        """Follow each control that has a name in the address, and whatever takes its place later."""
        if hasattr(part, "address"):
            self._first[part.model_id] = _text(part)
            part.observe(lambda _: self._tell(), part.address_traits)
        if hasattr(part, "children"):
            part.observe(lambda change: self._watch_new(change["old"], change["new"]), "children")
            self._watch_new((), part.children)

    def _watch_new(self, old: tuple[Any, ...], new: tuple[Any, ...]) -> None:
        for part in new:
            if part not in old:
                self._watch(part)
        self._tell()

    def _tell(self) -> None:
        if not self._is_applying:
            named = [part for part in walk(self._inside) if hasattr(part, "address")]
            moved = [part for part in named if _text(part) != self._first.get(part.model_id)]
            self.state = {part.address: _text(part) for part in moved}

    def apply(self, asked: Mapping[str, Any]) -> None:
        """Set the controls as an address asks; twice, as one of them may bring others."""
        self._is_applying = True
        for _ in range(2):
            for part in [*walk(self._inside)]:
                wanted = asked.get(getattr(part, "address", ""))
                if isinstance(wanted, str) and wanted != _text(part):
                    _set(part, wanted)
        self._is_applying = False
        self._tell()


def in_address(name: str, control: _Control, *, traits: str = "value") -> _Control:
    """A control whose value the address of the page holds under a name."""
    made: Any = control
    made.address, made.address_traits = name, traits.split()
    return control


def walk(part: Any) -> Iterator[Any]:
    """A widget and all that stand in it."""
    yield part
    for one in getattr(part, "children", ()):
        yield from walk(one)


def _text(part: Any) -> str:
    return str(part.to_address() if hasattr(part, "to_address") else part.value)


def _set(part: Any, text: str) -> None:
    """Set a control as an address says; what it cannot be stays as it was."""
    if hasattr(part, "from_address"):
        part.from_address(text)
    elif hasattr(part, "options"):
        fitting = [value for _, value in part.options if str(value) == text]
        part.value = fitting[0] if fitting else part.value
    else:
        part.value = text == "True"


def look_again(tools: PageTools, seen: Callable[[], Hashable], act: Callable[[], None]) -> None:
    """Do a thing whenever what others write has changed, unless somebody is writing on this page."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no page is served: a test, or a notebook that is only run
        return
    last = seen()

    def look() -> None:
        nonlocal last
        now = seen()
        if now != last and not is_busy(tools):
            last = now
            act()
        elif now == last:
            tools.stamp()
        loop.call_later(REFRESH_SECONDS, look)

    loop.call_later(REFRESH_SECONDS, look)


def is_busy(tools: PageTools) -> bool:
    """Whether a page holds something that somebody has begun to write."""
    parts = [*walk(tools._inside)]
    typed = any(isinstance(part, (ipywidgets.Text, ipywidgets.Textarea)) and part.value for part in parts)
    return typed or any(getattr(part, "is_being_filled", False) for part in parts)


def written(place: str) -> Hashable:
    """When a file, or the manifest of a register, was last written; nothing where there is none."""
    file = Path(place) / "manifest.json" if Path(place).is_dir() else Path(place)
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def newest_event(place: str) -> int:
    """The number of the newest event of a ledger: another one means that somebody has written."""
    ledger = open_ledger(place, is_reader=True)
    try:
        return ledger.head().sequence
    finally:
        ledger.close()
