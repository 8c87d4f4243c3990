"""How a warning level looks wherever we draw it: symbol and word first, colour on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskkit.foundation.glossary import label
from riskkit.foundation.scales import scale
from riskkit.workbench.blocks import Badge
from riskkit.workbench.texts import page_text

ORDER = (*reversed(scale("warning").codes), "none", "food")
"""The codes a result can have, most urgent first; then not graded, and routed out."""

_QUIET = "#5b6673"


def level_code(result: Mapping[str, Any]) -> str:
    """The level of a result record: ``"Ⅰ"`` … ``"Ⅳ"``, ``"none"``, or ``"food"`` if it was routed out.

    Examples
    --------
    >>> level_code({"route": "food_accident_plan"}), level_code({"route": "graded", "warning": {"level": "Ⅱ"}})
    ('food', 'Ⅱ')
    """
    if result.get("route") == "food_accident_plan":
        return "food"
    code = (result.get("warning") or {}).get("level")
    return code if code in ORDER else "none"


def level_badge(code: str, lang: str) -> Badge:
    """The badge of a level code, with the words of the warning scale.

    Examples
    --------
    >>> level_badge("Ⅱ", "zh").label, level_badge("food", "en").symbol
    ('Ⅱ级　严重（橙色）', '⇢')
    """
    head = page_text("warning_level", lang)
    if code == "food":
        return Badge(head, code, label("route", "food_accident_plan", lang), "⇢", _QUIET)
    if code == "none":
        return Badge(head, code, page_text("level_none", lang), "○", _QUIET)
    warning = scale("warning")
    word, colour = warning.word(code, lang), label("colour", code, lang)
    words = page_text("level_label", lang, code=code, word=word, colour=colour)
    return Badge(head, code, words, warning.symbol(code), warning.colour(code))
