"""How a warning level looks wherever we draw it: symbol and word first, colour on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskkit.workbench.blocks import Badge
from riskkit.workbench.texts import page_text

ORDER = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "none", "food")
_LOOKS = {
    "Ⅰ": ("▲", "#b3261e"),
    "Ⅱ": ("◆", "#dd7a10"),
    "Ⅲ": ("■", "#f2c200"),
    "Ⅳ": ("●", "#1f5fa8"),
    "none": ("○", "#5b6673"),
    "food": ("⇢", "#5b6673"),
}


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
    """The badge of a level code.

    Examples
    --------
    >>> level_badge("Ⅱ", "zh").label
    'Ⅱ级　严重（橙色）'
    """
    symbol, colour = _LOOKS[code]
    return Badge(page_text("warning_level", lang), code, page_text(f"level_{code}", lang), symbol, colour)
