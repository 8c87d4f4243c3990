"""One grading rule: what must hold, and the grade or level that follows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SIGNS: Mapping[str, str] = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
"""How a rule compares, and how that is shown."""
LAWFUL: Mapping[str, tuple[str, ...]] = {"more": (">=", ">"), "less": ("<=", "<")}
"""The comparisons that a fact allows, by the direction in which it is worse."""
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def meets(value: Any, op: str, threshold: float) -> Any:
    """Whether a value, or each of an array, meets a condition; a missing value does not.

    Examples
    --------
    >>> meets(1.0, ">=", 1.0), meets(1.0, ">", 1.0), meets(float("nan"), "<=", 1.0)
    (True, False, False)
    """
    return _COMPARE[op](value, threshold)


@dataclass(frozen=True)
class Rule:
    """One grading rule: when all its conditions hold, the grade is at least `grade`.

    Parameters
    ----------
    rule : str
        Its number, such as ``SC-7``.
    grade : int
        1–4; for a trigger the rank of the level it guarantees (1 Ⅳ … 4 Ⅰ).
    conditions : tuple of (fact, one of `SIGNS`, threshold)
        All must hold.
    zh, en : str
        What it says.
    source_id, locator, status : str
        Where it comes from.
    """

    rule: str
    grade: int
    conditions: tuple[tuple[str, str, float], ...]
    zh: str
    en: str
    source_id: str
    locator: str
    status: str
