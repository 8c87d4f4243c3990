"""The words of the monitoring reports, in zh and en, and how they write rates, counts and groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from riskkit.foundation.language import language
from riskkit.foundation.records.evidence import record_columns, rule_text
from riskkit.foundation.standards.codes import country_name, is_country
from riskkit.foundation.standards.glossary import codes, label
from riskkit.words.catalogue import monitoring_text as say


def source_title(name: str) -> str:
    """What a reader calls its source; the name itself where it is none of riskkit's."""
    from riskkit.monitoring.sources.catalogue import SOURCES

    found = {one.name: (one.title_zh, one.title_en) for one in SOURCES}.get(name, (name, name))
    return found[0 if language() == "zh" else 1]


def group_name(key: Sequence[Any], by: Sequence[str]) -> str:
    """A group by its keys, codes in words."""
    words = [_word(value, column) for value, column in zip(key, by, strict=True)]
    return " · ".join(words) or say("all_groups")


def _word(value: Any, column: str) -> str:
    if value is None or value != value or str(value) == "<NA>":  # noqa: PLR0124 - NaN differs from itself
        return say("unknown_group")
    if column == "origin" and is_country(str(value)):
        return country_name(str(value))
    if column == "hazard_class" and value in codes("hazard_class"):
        return label("hazard_class", str(value))
    return str(value)


def rule_word(rule: str) -> str:
    """What a broken rule asks for, of a plain table or of a record."""
    return say(rule) if rule in say else rule_text(rule)


def column_name(column: str) -> str:
    """What a column of the record is called."""
    found = {one.name: (one.zh, one.en) for one in record_columns()}.get(column, (column, column))
    return found[0 if language() == "zh" else 1]
