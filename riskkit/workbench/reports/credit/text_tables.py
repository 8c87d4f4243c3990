"""Sections and tables whose heads and captions are texts of one area of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Block, Table
from riskkit.workbench.document.blocks import Section

_MOST_ROWS = 200
Rows = Sequence[tuple[str, ...]]


def section(say: Texts, key: str, lang: str, *blocks: Block) -> Section:
    """A section that is named after its area and key."""
    return Section(f"{say.area}-{key.replace('_', '-')}", say(key, lang), 1, blocks)


def text_table(say: Texts, key: str, lang: str, *, heads: Sequence[str], rows: Rows) -> tuple[Block, ...]:
    """A table with heads by key, ``#`` before those of numbers; nothing without rows."""
    columns = [say(head.removeprefix("#"), lang) for head in heads]
    numeric = [at for at, head in enumerate(heads) if head.startswith("#")]
    return plain_table(say, key, lang, columns=columns, rows=rows, numeric=numeric)


def plain_table(
    say: Texts, key: str, lang: str, *, columns: Sequence[str], rows: Rows, numeric: Sequence[int] = ()
) -> tuple[Block, ...]:
    """At most so many rows; the caption says so where there are more. Nothing without rows."""
    if not rows:
        return ()
    more = ""
    if len(rows) > _MOST_ROWS:
        more = Texts("credit")("first_rows", lang, n=_MOST_ROWS, total=f"{len(rows):,}")
    shown = tuple(rows[:_MOST_ROWS])
    return (Table(say(f"{key}_table", lang) + more, tuple(columns), shown, numeric=tuple(numeric)),)


def day_cell(value: Any) -> str:
    """A day, or a dash."""
    return "—" if pd.isna(value) else str(value)[:10]


def joined(words: Iterable[str], lang: str) -> str:
    """Sentences or names, one after the other."""
    return ("；" if lang == "zh" else "; ").join(words)
