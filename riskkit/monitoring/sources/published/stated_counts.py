"""Numbers of items told in words, as recall notices do: ``About 33,000 (in addition, 8,000 in Canada)``."""

from __future__ import annotations

import json

import pandas as pd

from riskkit.foundation.records.foreign_words import each_text
from riskkit.foundation.records.units_in_words import units_in_words


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
        found = units_in_words(text)
        return None if found is None or found.count is None else str(found.count)

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
        told = [units_in_words(str(row.get(key) or "")) if isinstance(row, dict) else None for row in rows]
        counts = [one.count for one in told if one is not None and one.count is not None]
        return str(sum(counts)) if rows and len(counts) == len(rows) else None

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
        found = units_in_words(text)
        return f"units_{found.note}" if found and found.note in ("at_least", "at_most", "more") else None

    return each_text(texts, flag)
