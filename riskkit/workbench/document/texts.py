"""The words of our own pages (headings, labels, notes), in zh and en.

They stand in ``page_texts.csv`` (key, zh, en). Words of the trade (levels, hazards, channels) come from the
glossary and the scales, never from here.
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
    """All texts of the pages: key → language → text."""
    source = resources.files("riskkit.workbench.document") / "page_texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: {lang: row[lang] for lang in LANGS} for row in rows}


def page_text(key: str, lang: str, **values: object) -> str:
    """One text of the pages, with its ``{places}`` filled."""
    text = page_texts()[key][lang]
    return text.format(**values) if values else text
