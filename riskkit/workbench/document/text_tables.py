"""Sections and tables whose heads and captions are texts of one area of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from riskkit.foundation.language import language
from riskkit.words.catalogue import Texts, page_text
from riskkit.workbench.document.block_kinds import Block, Cell, Table
from riskkit.workbench.document.blocks import Section

_MOST_ROWS = 200
Rows = Sequence[tuple[str, ...]]


def section(say: Texts, key: str, *blocks: Block) -> Section:
    """A section that is named after its area and key."""
    return Section(f"{say.area}-{key.replace('_', '-')}", say(key), 1, blocks)


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


def plain_table(say: Texts, key: str, *, columns: Sequence[str], rows: Rows) -> tuple[Block, ...]:
    """The same with columns that have their words already."""
    return _cut(Table(say(f"{key}_table"), tuple(columns), tuple(rows)))


def _cut(table: Table) -> tuple[Block, ...]:
    if len(table.rows) <= _MOST_ROWS:
        return (table,) if table.rows else ()
    more = page_text("first_rows", n=_MOST_ROWS, total=f"{len(table.rows):,}")
    return (replace(table, caption=table.caption + more, rows=table.rows[:_MOST_ROWS]),)


def day_cell(value: Any) -> str:
    """A day, or a dash."""
    return "—" if pd.isna(value) else str(value)[:10]


def joined(words: Iterable[str]) -> str:
    """Sentences or names, one after the other."""
    return ("；" if language() == "zh" else "; ").join(words)
