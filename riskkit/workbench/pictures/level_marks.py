"""How a warning level looks wherever we draw it: symbol and word first, colour on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from riskkit.foundation.glossary import label
from riskkit.foundation.scales import scale
from riskkit.workbench.pages.blocks import Badge
from riskkit.workbench.pages.texts import page_text

LEVELS = tuple(reversed(scale("warning").codes))
"""The levels, most urgent first."""
ORDER = (*LEVELS, "range", "none", "food")
"""The codes a result can have: a level, a range of levels, not graded, routed out."""

_QUIET = "#5b6673"


def level_code(result: Mapping[str, Any]) -> str:
    """The level of a result record: ``"Ⅰ"`` … ``"Ⅳ"``, or ``"range"``, ``"none"``, ``"food"``.

    ``"range"`` where missing facts leave more than one level, ``"food"`` where the case was routed out.

    Examples
    --------
    >>> level_code({"route": "food_accident_plan"}), level_code({"warning": {"level": "Ⅱ"}})
    ('food', 'Ⅱ')
    """
    if result.get("route") == "food_accident_plan":
        return "food"
    code = (result.get("warning") or {}).get("level")
    if code in LEVELS:
        return str(code)
    return "range" if len(possible_levels(result)) > 1 else "none"


def possible_levels(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The levels a result leaves possible, most urgent first; none if it was not graded.

    Examples
    --------
    >>> possible_levels({"warning": {"level": None, "lo": "Ⅲ", "hi": "Ⅰ"}})
    ('Ⅰ', 'Ⅱ', 'Ⅲ')
    >>> possible_levels({"route": "food_accident_plan"})
    ()
    """
    warning = result.get("warning") or {}
    ends = [LEVELS.index(code) for code in (warning.get("lo"), warning.get("hi")) if code in LEVELS]
    return LEVELS[min(ends) : max(ends) + 1] if ends else ()


def result_badge(result: Mapping[str, Any], lang: str) -> Badge:
    """The badge of a result; a range names both ends and has the colour of the more urgent one.

    Examples
    --------
    >>> result_badge({"warning": {"level": None, "lo": "Ⅲ", "hi": "Ⅱ"}}, "zh").label
    'Ⅲ级至Ⅱ级之间，事实不足'
    """
    code = level_code(result)
    badge = level_badge(code, lang)
    if code != "range":
        return badge
    levels = possible_levels(result)
    words = page_text("level_between", lang, hi=levels[0], lo=levels[-1])
    return replace(badge, label=words, colour=scale("warning").colour(levels[0]))


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
    if code in ("none", "range"):
        return Badge(head, code, page_text(f"level_{code}", lang), "○" if code == "none" else "◇", _QUIET)
    warning = scale("warning")
    word, colour = warning.word(code, lang), label("colour", code, lang)
    words = page_text("level_label", lang, code=code, word=word, colour=colour)
    return Badge(head, code, words, warning.symbol(code), warning.colour(code))
