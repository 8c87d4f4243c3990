"""Short words of technical trade measures: amounts, ranges, rules."""

from __future__ import annotations

import math

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, number, rate

say = Texts("trade")
_MILLION = 1e6


def money(value: float) -> str:
    """An amount in millions of US dollars; a dash where it is unknown."""
    return "—" if math.isnan(value) else amount(value / _MILLION)


def money_range(low: float, high: float) -> str:
    """From a sure to a possible amount; one of them where both are equal."""
    if math.isnan(low) and math.isnan(high):
        return "—"
    if math.isnan(high):
        return say("at_least", low=money(low))
    return money(low) if money(low) == money(high) else say("between", low=money(low), high=money(high))


def rate_range(low: float, high: float) -> str:
    """From a sure to a possible share."""
    if math.isnan(low) and math.isnan(high):
        return "—"
    if math.isnan(high):
        return say("at_least", low=rate(low))
    first, last = rate(low), rate(high)
    return first if first == last else say("between", low=first, high=last)


def rule_words() -> dict[str, str]:
    """Each rule in words."""
    rows = standards.rows("trade_rules")
    return {row["rule_id"]: row[language()].replace("{n}", number(row["number"])) for row in rows}
