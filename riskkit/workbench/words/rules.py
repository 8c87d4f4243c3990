"""The rule of a fault in the language of the person who reads it.

The package states its rules in English, where they are broken. ``rule_texts.csv`` words those that are shown,
by the English sentence or, where values stand in it, by its template (`RuleText`); ``record_rules`` has the
rules of files and records. A rule that is not listed is shown as it is.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from importlib import resources

from riskkit.foundation.inputs.faults import REQUIRED, RuleText
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text


@functools.cache
def _wordings() -> dict[str, str]:
    from riskkit.foundation.standards import standards  # with numpy, which help and most answers need not

    text = (resources.files("riskkit.workbench.words") / "rule_texts.csv").read_text(encoding="utf-8")
    stated = {row["text_en"]: row["text_zh"] for row in standards.rows("record_rules")}
    rows = {row["en"]: row["zh"] for row in csv.DictReader(io.StringIO(text))}
    return stated | rows


def rule_in(rule: str) -> str:
    """A rule in one language."""
    if language() != "zh":
        return rule
    if not isinstance(rule, RuleText) or not rule.values:
        return _wordings().get(rule, rule)
    wording = _wordings().get(rule.template)
    if wording is None:
        return rule
    return wording.format(
        *(rule_in(value) if isinstance(value, RuleText) else value for value in rule.values)
    )


def fault_line(fault: Mapping[str, str]) -> str:
    """One fault as a line, with its rule in one language."""
    if fault["rule"] == REQUIRED:
        return command_text("fault_missing", place=fault["place"])
    row = {name: fault[name] for name in ("place", "value")}
    return command_text("fault", **row, rule=rule_in(fault["rule"]))
