"""The words of the monitoring reports, in zh and en, and how they write rates, counts and groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from riskkit.foundation.records.evidence import record_columns, rule_text
from riskkit.foundation.standards.codes import country_name, is_country
from riskkit.foundation.standards.glossary import codes, label
from riskkit.words.catalogue import monitoring_text as say


def group_name(key: Sequence[Any], by: Sequence[str], lang: str) -> str:
    """A group by its keys, codes in words."""
    words = [_word(value, column, lang) for value, column in zip(key, by, strict=True)]
    return " · ".join(words) or say("all_groups", lang)


def _word(value: Any, column: str, lang: str) -> str:
    if value is None or value != value or str(value) == "<NA>":  # noqa: PLR0124 - NaN differs from itself
        return say("unknown_group", lang)
    if column == "origin" and is_country(str(value)):
        return country_name(str(value), lang)
    if column == "hazard_class" and value in codes("hazard_class"):
        return label("hazard_class", str(value), lang)
    return str(value)


def rule_word(rule: str, lang: str) -> str:
    """What a broken rule asks for, of a plain table or of a record."""
    return say(rule, lang) if rule in say else rule_text(rule, lang)


def column_name(column: str, lang: str) -> str:
    """What a column of the record is called."""
    found = {one.name: (one.zh, one.en) for one in record_columns()}.get(column, (column, column))
    return found[0 if lang == "zh" else 1]
