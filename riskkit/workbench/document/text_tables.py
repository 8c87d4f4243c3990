"""Sections and tables whose heads and captions are texts of one area of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from riskkit.foundation.language import language
from riskkit.words.catalogue import Texts, page_text
from riskkit.workbench.document.block_kinds import Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section

_MOST_ROWS = 200
Rows = Sequence[tuple[str, ...]]


def section(say: Texts, key: str, *blocks: Block) -> Section:
    """A section that is named after its area and key."""
    return Section(f"{say.area}-{key.replace('_', '-')}", say(key), 1, blocks)


def limits(area: str) -> Section:
    """How to read the report of an area, and how far it goes."""
    say = Texts(area)
    return limits_section(say, *(key.removeprefix("limit_") for key in say if key.startswith("limit_")))


def limits_section(say: Texts, *keys: str, title: str = "limits") -> Section:
    """How to read a report, and how far it goes."""
    return Section("limits", say(title), 1, (Items(tuple(say(f"limit_{key}") for key in keys)),))


def keyed_table(
    say: Texts, key: str, *, heads: Sequence[str], rows: Iterable[Sequence[Cell]], **values: object
) -> Table:
    """A table whose caption and heads are texts by key; a head with ``#`` before it stands over numbers."""
    columns = tuple(say(head.removeprefix("#")) for head in heads)
    numeric = tuple(at for at, head in enumerate(heads) if head.startswith("#"))
    return Table(say(key, **values), columns, tuple(map(tuple, rows)), numeric=numeric)


def text_table(say: Texts, key: str, *, heads: Sequence[str], rows: Rows) -> tuple[Block, ...]:
    """The table of a section, cut after so many rows; nothing without rows."""
    return _cut(keyed_table(say, f"{key}_table", heads=heads, rows=rows))


def table_section(say: Texts, key: str, *, heads: Sequence[str], rows: Rows) -> Section:
    """A section of one table, under the note ``<key>_note`` of its area where there is one."""
    note = (Paragraph(say(f"{key}_note"), "note"),) if f"{key}_note" in say else ()
    return section(say, key, *note, *text_table(say, key, heads=heads, rows=rows))


def plain_table(say: Texts, key: str, *, columns: Sequence[str], rows: Rows) -> tuple[Block, ...]:
    """The same with columns that have their words already."""
    return _cut(Table(say(f"{key}_table"), tuple(columns), tuple(rows)))


def _cut(table: Table) -> tuple[Block, ...]:
    if len(table.rows) <= _MOST_ROWS:
        return (table,) if table.rows else ()
    more = page_text("first_rows", n=_MOST_ROWS, total=f"{len(table.rows):,}")
    return (replace(table, caption=table.caption + more, rows=table.rows[:_MOST_ROWS]),)


def text_cell(value: Any) -> str:
    """A text, or a dash."""
    return "—" if pd.isna(value) or value == "" else str(value)


def day_cell(value: Any) -> str:
    """A day, or a dash."""
    return "—" if pd.isna(value) else str(value)[:10]


def joined(words: Iterable[str]) -> str:
    """Sentences or names, one after the other."""
    return ("；" if language() == "zh" else "; ").join(words)
