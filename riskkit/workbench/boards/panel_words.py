"""The words of the panels, in zh and en.

They stand in ``panel_texts.csv`` (key, zh, en); words of the trade come from the glossary and the scales, and
where the report has said something before, the panels say it the same way.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def panel_texts() -> Mapping[str, Mapping[str, str]]:
    """All texts of the panels: key → language → text."""
    source = resources.files("riskkit.workbench.boards") / "panel_texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows}


def say(key: str, lang: str, **values: object) -> str:
    """One text of the panels, with its ``{places}`` filled."""
    found = panel_texts()[key][lang]
    return found.format(**values) if values else found
