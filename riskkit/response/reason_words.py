"""Words for the rules and reasons that decisions of the response room name."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import LANGUAGES
from riskkit.foundation.standards.tables import records

_TABLES = {
    "credit_reasons": "reason",
    "credit_tests": "test",
    "credit_repair": "rule",
    "referral_reasons": "reason",
    "referral_routes": "test",
    "measure_tests": "test",
    "recall_words": "word",
    "emergency_words": "word",
    "emergency_waste_routes": "test",
    "emergency_levels": "test",
}


@functools.cache
def _words() -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, key in _TABLES.items():
        for row in records(standards.all_rows(name)):
            found.setdefault(row[key], (row["zh"], row["en"]))
    return found


def reason_words(reasons: pd.Series) -> pd.Series:
    """The reasons of decisions in words.

    Parameters
    ----------
    reasons : Series of str
        Ids of rules or reasons, as a decision has them; a missing one stays empty.

    Raises
    ------
    KeyError
        When there is no such reason.

    Examples
    --------
    >>> reason_words(pd.Series(["251-22-2", "too_early", None])).tolist()
    ['punished by customs for smuggling', 'the term is not over', '']
    """
    place, words = LANGUAGES.index(language()), _words()
    codes, ids = pd.factorize(reasons.fillna(""))
    unknown = [str(name) for name in ids if name and name not in words]
    if unknown:
        raise KeyError(f"no reason {', '.join(unknown)}")
    texts = pd.Series([words[name][place] if name else "" for name in ids], dtype=object)
    return pd.Series(texts.to_numpy()[codes], index=reasons.index)
