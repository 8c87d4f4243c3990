"""The words of our own pages (headings, labels, notes), in zh and en.

They stand in ``page_texts.csv`` (key, zh, en). Words of the trade (levels, hazards, channels) come
from the glossary and the scales, never from here.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@cache
def page_texts() -> dict[str, dict[str, str]]:
    """All texts of the pages: key → language → text.

    Examples
    --------
    >>> page_texts()["contents"]
    {'zh': '目录', 'en': 'Contents'}
    """
    source = resources.files("riskkit.workbench.pages") / "page_texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: {lang: row[lang] for lang in LANGS} for row in rows}


def page_text(key: str, lang: str, **values: object) -> str:
    """One text of the pages, with its ``{places}`` filled.

    Parameters
    ----------
    key : str
        A key of ``page_texts.csv``.
    lang : str
        ``"zh"`` or ``"en"``.
    **values : object
        What goes into the places.

    Raises
    ------
    KeyError
        When there is no such key or language.

    Examples
    --------
    >>> page_text("page_of", "en", page=2, pages=5)
    'Page 2 of 5'
    """
    text = page_texts()[key][lang]
    return text.format(**values) if values else text
