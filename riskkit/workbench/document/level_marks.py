"""How a warning level looks wherever we draw it: symbol and word first, colour on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from riskkit.case.level_sentence import say_may_be
from riskkit.case.sentences import say_level
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge
from riskkit.words.catalogue import page_text
from riskkit.workbench.document.block_kinds import Badge

LEVELS = tuple(reversed(scale("warning").codes))
"""The levels, most urgent first."""
ORDER = (*LEVELS, "range", "none", "food")
"""The codes a result can have: a level, a range of levels, not graded, routed out."""

_QUIET = "#5b6673"


def level_code(result: Mapping[str, Any]) -> str:
    """The level of a result record: ``"Ⅰ"`` … ``"Ⅳ"``, or ``"range"``, ``"none"``, ``"food"``."""
    if result.get("route") == "food_accident_plan":
        return "food"
    levels = possible_levels(result)
    if len(levels) > 1:
        return "range"
    code = levels[0] if levels else (result.get("warning") or {}).get("level")
    return str(code) if code in LEVELS else "none"


def possible_levels(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The levels a result leaves possible, most urgent first; none if it was not graded."""
    ends = [LEVELS.index(code) for code in shown_ends(result) if code in LEVELS]
    return LEVELS[min(ends) : max(ends) + 1] if ends else ()


def shown_ends(result: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The levels that are shown, with missing facts at their mildest and at their worst."""
    warning = result.get("warning") or {}
    badge = warning.get("badge")
    return (badge["level"], badge["level_hi"]) if badge else (warning.get("lo"), warning.get("hi"))


def result_badge_note(result: Mapping[str, Any]) -> str:
    """What stands beside the badge of a result; empty where the badge says it all."""
    badge = (result.get("warning") or {}).get("badge")
    if not badge or result.get("route") == "food_accident_plan":
        return ""
    may_be = [(one["level"], one["probability"]) for one in badge["may_be"]]
    ends = (badge["level"], badge["level_hi"]), (badge["best"], badge["best_hi"])
    return _note(may_be, *ends)


def badge_note(badge: LevelBadge) -> str:
    """What stands beside a badge: graver levels that are likely enough, and another best estimate."""
    ends = (badge.level, badge.level_hi), (badge.best, badge.best_hi)
    return _note(badge.may_be, *ends, of=badge.scale)


def _note(
    may_be: Sequence[tuple[str, float]], ends: tuple[str, str], best: tuple[str, str], *, of: str = "warning"
) -> str:
    def words(code: str) -> str:
        return say_level(code, code) if of == "warning" else scale(of).word(code)

    parts = [say_may_be([(words(code), float(share)) for code, share in may_be])]
    if ends != best:
        said = words(best[0]) if best[0] == best[1] else say_level(*best)
        parts.append(page_text("level_best", level=said))
    return page_text("level_note_join").join(part for part in parts if part)


def result_badge(result: Mapping[str, Any]) -> Badge:
    """The badge of a result; a range names both ends and has the colour of the more urgent one."""
    code = level_code(result)
    badge = level_badge(code)
    if code != "range":
        return badge
    levels = possible_levels(result)
    words = page_text("level_between", hi=levels[0], lo=levels[-1])
    return replace(badge, label=words, colour=scale("warning").colour(levels[0]))


def level_badge(code: str) -> Badge:
    """The badge of a level code, with the words of the warning scale."""
    head = page_text("warning_level")
    if code == "food":
        return Badge(head, code, label("route", "food_accident_plan"), "⇢", _QUIET)
    if code in ("none", "range"):
        return Badge(head, code, page_text(f"level_{code}"), "○" if code == "none" else "◇", _QUIET)
    warning = scale("warning")
    word, colour = warning.word(code), label("colour", code)
    words = page_text("level_label", code=code, word=word, colour=colour)
    return Badge(head, code, words, warning.symbol(code), warning.colour(code))
