"""The first sentence about a case: the level that is shown, how sure it is, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.case.sentences import flip_condition, input_name, say_level
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.level_badge import LevelBadge

_MOST_NAMED = 3


def robustness_sentence(
    case: Case, badge: LevelBadge, *, flips: pd.DataFrame, missing: Sequence[str]
) -> Text:
    """How firm the level is, in words for whoever decides.

    Parameters
    ----------
    case : Case
        The case.
    badge : LevelBadge
        The level that is shown.
    flips : DataFrame
        As from `riskkit.assessment.sensitivity.robustness.flips`, nearest first.
    missing : sequence of str
        Facts whose absence leaves a range.

    Returns
    -------
    Text

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.warning.level_badge import level_badge
    >>> ranks = np.array([3] * 83 + [2] * 17, dtype=np.int8)
    >>> badge = level_badge((ranks, ranks), (3, 3), shares=(0.5, 0.2))
    >>> no_flips = pd.DataFrame(columns=["lo", "hi"])
    >>> robustness_sentence(load_case("note7-battery-2016"), badge, flips=no_flips, missing=()).en
    'Level Ⅱ in 83 % of 100 simulations. No single input changes the level.'
    """
    return Text(**in_each_language(_sentence, case, badge, flips=flips, missing=missing))


def say_share(share: float) -> str:
    """A share in per cent that never rounds to none, to half or to all of the simulations.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> say_share(0.37), in_language("zh", say_share, 0.9996), say_share(1.0)
    ('37 %', '>99.9%', '100 %')
    >>> say_share(0.4982), in_language("zh", say_share, 0.49997), say_share(0.5)
    ('49.8 %', '<50%', '50 %')
    """
    percent = 100 * share
    if 0 < percent < 0.1:
        said = "<0.1"
    elif 99.9 < percent < 100:
        said = ">99.9"
    elif 49.5 <= percent < 50:  # the level is shown that half of the simulations reach: less is not half
        said = f"{percent:.1f}" if percent < 49.95 else "<50"
    else:
        said = f"{percent:.0f}" if percent in (0, 100) or 0.5 < percent < 99.5 else f"{percent:.1f}"
    return f"{said}%" if language() == "zh" else f"{said} %"


def say_may_be(levels: Sequence[tuple[str, float]]) -> str:
    """The graver levels that a share worth naming of the simulations reaches; nothing where there is none.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> say_may_be([("Ⅰ", 0.31)]), in_language("zh", say_may_be, [("Ⅰ级", 0.31)])
    ('may be Ⅰ (31 %)', '可能为Ⅰ级（31%）')
    """
    if not levels:
        return ""
    if language() == "zh":
        return "可能为" + "、".join(f"{level}（{say_share(share)}）" for level, share in levels)
    return "may be " + " or ".join(f"{level} ({say_share(share)})" for level, share in levels)


def _sentence(case: Case, badge: LevelBadge, *, flips: pd.DataFrame, missing: Sequence[str]) -> str:
    parts = [_shown(badge)]
    if badge.is_range():
        parts.append(_range(case, badge, missing=missing))
    if badge.may_be:
        graver = say_may_be([(say_level(code, code), share) for code, share in badge.may_be])
        parts.append(graver if language() == "zh" else f"It {graver}")
    if badge.differs_from_best():
        best = say_level(badge.best, badge.best_hi)
        parts.append(f"按最佳估计值为{best}" if language() == "zh" else f"At the best estimates it is {best}")
    moves = _nearest(flips, badge.best, badge.best_hi)
    parts += [_change(case, level, move) for level, move in moves]
    if not moves and not badge.is_range():
        parts.append(
            "任何单一输入的变化都不会改变级别" if language() == "zh" else "No single input changes the level"
        )
    return ("；".join(parts) + "。") if language() == "zh" else (". ".join(parts) + ".")


def _shown(badge: LevelBadge) -> str:
    """The level with its share; where less than half come to just this level, those that reach it."""
    exact = badge.p_level >= badge.reached
    share = say_share(badge.p_level if exact else badge.p_reached)
    facts = badge.is_range()
    if language() == "zh":
        are = f"为{badge.level}级" if exact else f"达到{badge.level}级或更严重"
        mild = "未知事实取最有利情形时，" if facts else ""
        return f"{mild}{badge.draws:,}次模拟中{share}{are}"
    are = f"Level {badge.level}" if exact else f"Level {badge.level} or graver"
    mild = ", with missing facts at their mildest" if facts else ""
    return f"{are} in {share} of {badge.draws:,} simulations{mild}"


def _range(case: Case, badge: LevelBadge, *, missing: Sequence[str]) -> str:
    names = [input_name(case, name) for name in missing]
    rest = len(names) - _MOST_NAMED
    unknown = ("、" if language() == "zh" else ", ").join(names[:_MOST_NAMED])
    if rest > 0:
        unknown += f"等{len(names)}项" if language() == "zh" else f" and {rest} more"
    if language() == "zh":
        why = f"（不详：{unknown}）" if unknown else ""
        return f"取最不利情形时为{badge.level_hi}级{why}"
    why = f" (not known: {unknown})" if unknown else ""
    return f"With missing facts at their worst it is {badge.level_hi}{why}"


def _change(case: Case, level: str, move: Mapping[str, Any]) -> str:
    condition = flip_condition(case, move)
    sure = move["lo"] == move["hi"]  # a missing fact may leave a range there too
    if language() == "zh":
        turns = "升为" if move["is_up"] else "降为"
        return f"{condition}，级别{'将' if sure else '可能'}{turns}{level}级"
    return f"It {'would' if sure else 'could'} be {level} {condition}"


def _nearest(flips: pd.DataFrame, lo: str, hi: str) -> list[tuple[str, dict[str, Any]]]:
    """The nearest change to a higher and to a lower level than the best estimates have."""
    codes = scale("warning").codes
    found: list[tuple[str, dict[str, Any]]] = []
    up = flips[flips["hi"] > codes.index(hi) + 1]
    down = flips[flips["lo"] < codes.index(lo) + 1]
    for rows, column in ((up, "hi"), (down, "lo")):
        if len(rows):
            move = records(rows)[0] | {"is_up": column == "hi"}
            found.append((codes[int(move[column]) - 1], move))
    return found
