"""The words and templates of the served pages."""

import csv
from functools import cache
from importlib import resources


@cache
def served_texts(lang: str) -> dict[str, str]:
    """The words of the served pages, in one language."""
    source = resources.files(__name__) / "texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: row[lang] for row in rows}
