"""The boards by name: what a notebook calls to show one, and how it is read."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from riskkit.words.catalogue import panel_text as say
from riskkit.workbench.document.block_kinds import Items
from riskkit.workbench.document.blocks import Section

if TYPE_CHECKING:
    import ipywidgets

_MODULES = {
    "overview": "overview.panel",
    "what_if": "what_if.panel",
    "register_board": "register.panel",
    "signal_board": "signal_panel",
    "warning_board": "warning_panel",
    "response_board": "response_panel",
    "ballot_panel": "ballot_panel",
    "session_panel": "committee_panels",
}


def board(name: str, *given: Any, interactive: bool = True, **options: Any) -> ipywidgets.Widget | None:
    """A board by the name of its function; nothing where nobody can move it, as in a report."""
    if not interactive:
        return None
    module = importlib.import_module(f"riskkit.workbench.boards.{_MODULES[name]}")
    return getattr(module, name)(*given, **options)


def how_to_read(panel: str) -> Section:
    """How to read a panel, and where its limits are."""
    keys = [key for key in say if key.startswith(f"read_{panel}_")]
    return Section(f"read-{panel}", say("read"), 2, (Items(tuple(say(key) for key in keys)),))
