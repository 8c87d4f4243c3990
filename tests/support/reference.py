"""The slow, obvious versions of riskkit's vectorised functions, one value at a time."""

from __future__ import annotations

import math
from fractions import Fraction

RISK = ("low", "medium", "high", "serious")
WARNING = ("Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ")
EU_BOUNDS = [Fraction(1, 2), *(Fraction(1, 10**k) for k in range(1, 7))]
EU_ROWS = ["HSSS", "MSSS", "MSSS", "LHSS", "LMHS", "LLMH", "LLLM", "LLLL"]
NAMES = {"L": "low", "M": "medium", "H": "high", "S": "serious"}


def risk_level(p: Fraction, severity: int) -> str:
    for bound, row in zip(EU_BOUNDS, EU_ROWS, strict=False):
        if p > bound:
            return NAMES[row[severity - 1]]
    return NAMES[EU_ROWS[-1][severity - 1]]


def fires(conditions, facts) -> bool | None:
    """True, False, or None when a missing fact decides."""
    unknown = False
    for fact, op, threshold in conditions:
        value = facts.get(fact)
        if value is None or math.isnan(value):
            unknown = True
        elif not {
            ">=": value >= threshold, "<=": value <= threshold, ">": value > threshold, "<": value < threshold,
        }[op]:  # fmt: skip
            return False
    return None if unknown else True


def grade(rules, facts) -> tuple[int, int]:
    lo = hi = 1
    for rule in rules:
        state = fires(rule.conditions, facts)
        if state is True:
            lo = max(lo, rule.grade)
        if state is not False:
            hi = max(hi, rule.grade)
    return lo, hi


def house_matrix_level(severity: int, probability: int, urgency: int, scope: int, floor: str) -> str:
    rows = {4: "ⅡⅡⅠⅠ", 3: "ⅢⅡⅡⅠ", 2: "ⅣⅢⅢⅡ", 1: "ⅣⅣⅢⅢ"}
    rank = WARNING.index(rows[severity][probability - 1])
    if urgency == 4 or scope == 4:
        rank = min(3, rank + 1)
    return WARNING[max(rank, WARNING.index(floor))]


def three_factors_level(risk: str, urgency: int, scope: int, floor: str) -> str:
    total = RISK.index(risk) + 1 + urgency + scope
    rank = 3 if total >= 11 else 2 if total >= 9 else 1 if total >= 6 else 0
    return WARNING[max(rank, WARNING.index(floor))]
