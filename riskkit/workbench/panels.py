"""The panels of the dashboards: what a notebook calls, in one line each, to show them."""

from __future__ import annotations

from riskkit.workbench.blocks import Items, Section
from riskkit.workbench.overview_panel import overview
from riskkit.workbench.panel_words import panel_texts, say
from riskkit.workbench.what_if_panel import what_if

__all__ = ["how_to_read", "overview", "what_if"]


def how_to_read(panel: str, *, lang: str) -> Section:
    """How to read a panel, and where its limits are.

    Parameters
    ----------
    panel : str
        ``overview`` or ``what_if``.
    lang : str
        ``zh`` or ``en``.

    Examples
    --------
    >>> how_to_read("what_if", lang="en").title
    'How to read this'
    """
    keys = [key for key in panel_texts() if key.startswith(f"read_{panel}_")]
    return Section(f"read-{panel}", say("read", lang), 2, (Items(tuple(say(key, lang) for key in keys)),))
