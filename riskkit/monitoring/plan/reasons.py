"""Why a number of the monitoring room is what it is, or is missing: words for the reason ids."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import LANGUAGES


@functools.cache
def _words() -> Mapping[str, tuple[str, str]]:
    rows = standards.rows("monitoring_reasons")
    return {row["reason"]: (row["zh"], row["en"]) for row in rows}


def reason_text(reasons: str) -> str:
    """Reason ids as a sentence part.

    Parameters
    ----------
    reasons : str
        Ids of ``monitoring_reasons.csv`` with commas between; may be empty.

    Raises
    ------
    KeyError
        When there is no such reason.

    Examples
    --------
    >>> reason_text("random_draw,never_tested")
    'drawn at random; never tested'
    """
    found = []
    for reason in filter(None, reasons.split(",")):
        if reason not in _words():
            raise KeyError(f"no reason {reason!r}")
        found.append(_words()[reason][LANGUAGES.index(language())])
    return ("；" if language() == "zh" else "; ").join(found)


def reason_texts(reasons: pd.Series) -> pd.Series:
    """Reason ids of many rows as sentence parts.

    Parameters
    ----------
    reasons : Series of str
        As for `reason_text`; a missing one stays empty.

    Raises
    ------
    KeyError
        As for `reason_text`.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> in_language("zh", reason_texts, pd.Series(["", "gains_less"])).tolist()
    ['', '同样经费用于其他单元收益更大']
    """
    codes, names = pd.factorize(reasons.fillna(""))
    words = np.array([reason_text(str(name)) for name in names], dtype=object)
    return pd.Series(words[codes], index=reasons.index)
