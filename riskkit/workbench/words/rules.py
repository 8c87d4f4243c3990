"""The rule of a fault in the language of the person who reads it.

The package states its rules in English, where they are broken. What a command can show is worded in
``rule_texts.csv`` too; ``{}`` stands for what varies (names, figures). The rules of files and records stand
in ``record_rules``. A rule that is not listed is shown as it is.
"""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Mapping
from importlib import resources
from itertools import zip_longest

from riskkit.foundation.inputs.faults import REQUIRED
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text


@functools.cache
def _wordings() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = (resources.files("riskkit.workbench.words") / "rule_texts.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    from riskkit.foundation.standards import standards

    stated = standards.table("record_rules")
    rows += [{"en": en, "zh": zh} for en, zh in zip(stated["text_en"], stated["text_zh"], strict=True)]
    rows.sort(key=lambda row: (row["en"].count("{}"), -len(row["en"])))
    return tuple((_pattern(row["en"]), row["zh"]) for row in rows)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in template.split("{}")), re.DOTALL)


def rule_in(rule: str) -> str:
    """A rule in one language."""
    if language() != "zh":
        return rule
    rule, suggests, meant = rule.partition("; did you mean ")
    if suggests:
        return f"{rule_in(rule)}；是否想写 {meant.removesuffix('?')}？"
    for pattern, wording in _wordings():
        found = pattern.fullmatch(rule)
        if found:
            pieces = zip_longest(wording.split("{}"), found.groups(), fillvalue="")
            return "".join(piece for pair in pieces for piece in pair)
    return rule


def fault_line(fault: Mapping[str, str]) -> str:
    """One fault as a line, with its rule in one language."""
    if fault["rule"] == REQUIRED:
        return command_text("fault_missing", place=fault["place"])
    row = {name: fault[name] for name in ("place", "value")}
    return command_text("fault", **row, rule=rule_in(fault["rule"]))
