"""The words of the committee's forms, pages and minutes, in zh and en."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def committee_texts() -> Mapping[str, Mapping[str, str]]:
    """All texts: key → language → text."""
    source = resources.files("riskkit.workbench.flows.committee") / "committee_texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows}


def say(key: str, lang: str, **values: object) -> str:
    """One text, its places filled."""
    text = committee_texts()[key][lang]
    return text.format(**values) if values else text
