"""Numbers of items told in words, as recall notices do: ``About 33,000 (in addition, 8,000 in Canada)``."""

from __future__ import annotations

import json
import re

import pandas as pd

from riskkit.foundation.foreign_words import each_text

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
    r"|\s*(?:model|style|type|kind|color|lot|year)s?\b",
    re.IGNORECASE,
)
"""What shows behind a number that it is no number of units: a range, a part by year, a number of models."""
_DIGITS = {"million": 6, "thousand": 3}


def stated_count(texts: pd.Series) -> pd.Series:
    """A number of items told in words, as digits; missing where the words only give a bound.

    What is told behind the number (``In addition, 8,000 were sold in Canada``) is not counted; `count_flags`
    says where there is such a remainder.

    Examples
    --------
    >>> told = ["About 3.1 million", "14,500 units", "About 33,000 (and 8,000 in Canada)", "Over 300"]
    >>> stated_count(pd.Series(told)).tolist()
    ['3100000', '14500', '33000', <NA>]
    """

    def count(text: str) -> str | None:
        found = _counted(text)
        return None if found is None or found["bound"] else _digits(found)

    return each_text(texts, count)


def summed_count(texts: pd.Series, key: str) -> pd.Series:
    """The items of all records of a JSON list together; missing where one of them gives no number.

    Parameters
    ----------
    texts : Series of str
    key : str
        The entry that tells of the number of items.

    Examples
    --------
    >>> summed_count(pd.Series(['[{"n": "About 1,200"}, {"n": "700"}]', '[{"n": "7"}, {}]']), "n").tolist()
    ['1900', <NA>]
    """

    def count(text: str) -> str | None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        rows = value if isinstance(value, list) else [value]
        told = [_counted(str(row.get(key) or "")) if isinstance(row, dict) else None for row in rows]
        counts = [_digits(one) if one and not one["bound"] else None for one in told]
        return str(sum(map(int, filter(None, counts)))) if counts and None not in counts else None

    return each_text(texts, count)


def count_flags(texts: pd.Series) -> pd.Series:
    """What is to be known of a number of items told in words, as codes of the column ``flags``.

    Examples
    --------
    >>> told = ["Over 300", "Up to 9 million", "About 10 (and 5 in Canada)", "12 units"]
    >>> count_flags(pd.Series(told)).tolist()
    ['units_at_least', 'units_at_most', 'units_more', <NA>]
    """

    def flag(text: str) -> str | None:
        found = _counted(text)
        if found and found["bound"]:
            is_least = found["bound"].lower() in ("over", "more than", "greater than", "at least")
            return "units_at_least" if is_least else "units_at_most"
        return "units_more" if found and re.search(r"\d", found["rest"]) else None

    return each_text(texts, flag)


def _counted(text: str) -> re.Match[str] | None:
    found = _COUNT.fullmatch(text)
    return None if not found or _NO_COUNT.match(found["rest"]) or _digits(found) is None else found


def _digits(found: re.Match[str]) -> str | None:
    whole, _, part = found["n"].replace(",", "").partition(".")
    zeros = _DIGITS.get((found["m"] or "").lower(), 0)
    part = part.rstrip("0")
    return (whole + part.ljust(zeros, "0")).lstrip("0") or "0" if len(part) <= zeros else None
