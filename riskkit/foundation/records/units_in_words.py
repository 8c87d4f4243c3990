"""Numbers of units as recall notices tell them: ``About 33,000 (in addition, 8,000 in Canada)``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COUNT = re.compile(
    r"[\s\"']*(?:(?:an?\s+)?(?P<bound>over|more than|greater than|at least|up to|fewer than|less than"
    r"|no more than)\s+)?(?:(?:an?\s+)?(?:about|approximately|approx\.?|nearly|roughly|around|almost"
    r"|estimated|some)\s+)*(?P<n>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![.,]?\d)"
    r"(?:\s*(?P<m>million|thousand)\b)?"
    r"(?P<rest>(?:[\s(;,.\"'].*)?)",
    re.IGNORECASE | re.DOTALL,
)
_NO_COUNT = re.compile(
    r"\s*(?:to|or)\s+\d|\s*(?:in|during|from|since)\s+(?:19|20)\d\d\b"
    r"|\s*(?:model|style|type|kind|color|lot|year)s?\b|\s*(?:kg|kilograms?|grams?|g|mg|lbs?|pounds?"
    r"|oz|ounces?|t|tons?|tonnes?|l|ml|lit(?:re|er)s?|gallons?|percent|cm|mm|met(?:re|er)s?|feet|inch(?:es)?)\b|\s*%"
    r"|.*[\u3000-\u9fff\uac00-\ud7af]",
    re.IGNORECASE,
)
"""What shows behind a number that it counts no units: a range, a year, models, a weight, another script."""
_DIGITS = {"million": 6, "thousand": 3}


@dataclass(frozen=True)
class UnitsInWords:
    """How many units a text tells of.

    Parameters
    ----------
    count : int or None
        The number at the beginning; None where it is only a bound.
    note : str
        ``at_least`` or ``at_most`` for a bound, ``more`` where further numbers follow that are not counted
        in, ``about`` where there is nothing else to say.
    """

    count: int | None
    note: str


def units_in_words(text: str) -> UnitsInWords | None:
    """The units that a text tells of at its beginning, or None.

    Parameters
    ----------
    text : str
        In English. A range, a part by year, a number of models and a weight are no number of units.

    Examples
    --------
    >>> units_in_words("About 36,000 in the United States and 3,200 in Canada")
    UnitsInWords(count=36000, note='more')
    >>> units_in_words("Over 300"), units_in_words("1,180 helmets")
    (UnitsInWords(count=None, note='at_least'), UnitsInWords(count=1180, note='about'))
    >>> units_in_words("10 in 2009 and 5 in 2010") is None
    True
    """
    found = _COUNT.fullmatch(text)
    digits = _digits(found) if found else None
    if found is None or digits is None or _NO_COUNT.match(found["rest"]):
        return None
    if bound := (found["bound"] or "").lower():
        is_least = bound in ("over", "more than", "greater than", "at least")
        return UnitsInWords(None, "at_least" if is_least else "at_most")
    return UnitsInWords(int(digits), "more" if re.search(r"\d", found["rest"]) else "about")


def _digits(found: re.Match[str]) -> str | None:
    whole, _, part = found["n"].replace(",", "").partition(".")
    zeros = _DIGITS.get((found["m"] or "").lower(), 0)
    part = part.rstrip("0")
    return whole + part.ljust(zeros, "0") if len(part) <= zeros else None
