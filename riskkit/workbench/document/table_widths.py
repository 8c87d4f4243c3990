"""How small a table on paper has to be set so that no column is cut off and no word is broken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from riskkit.workbench.document.block_kinds import Badge, Cell, Table

_LETTER, _STRONG = 0.56, 0.66
"""Mean widths of a letter and of a bold one [em] in fonts such as Liberation; others are wider."""
_MM_PER_PT = 25.4 / 72
SMALLEST = 6.0
"""Smallest type of a table [pt]; what still does not fit breaks its words then."""
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_PIECES = re.compile(r"[^\s\-–—]+[\-–—]?")


class _Widths(dict[str, int]):
    """The width of each character met, looked up once."""

    def __missing__(self, mark: str) -> int:
        self[mark] = found = 2 if unicodedata.east_asian_width(mark) in "WF" else 1
        return found


_width = _Widths().__getitem__


def reach(text: str) -> int:
    """Width of a text in letters; a Chinese character counts as two."""
    return len(text) if text.isascii() else sum(map(_width, text))


def narrowest(table: Table) -> list[float]:
    """The width of each column's longest piece that is not broken [em]."""
    heads = [
        max((reach(piece) * _STRONG for piece in _PIECES.findall(head)), default=0) for head in table.columns
    ]
    bodies = [
        _body([row[c] for row in table.rows], letter=_STRONG if c == 0 and table.row_heads else _LETTER)
        for c in range(len(table.columns))
    ]
    return [max(pair) for pair in zip(heads, bodies, strict=True)]


def _body(cells: Sequence[Cell], *, letter: float) -> float:
    badges = [one for one in cells if isinstance(one, Badge)]
    marked = [reach(one.symbol) * _STRONG + 1.5 + _longest(one.label, letter=_STRONG) for one in badges]
    texts = "\n".join(one for one in cells if isinstance(one, str))  # all at once: most tables are long
    return max([_longest(texts, letter=letter), *marked])


def _longest(text: str, *, letter: float) -> float:
    letters = _WIDE.sub(" ", text)
    widest = max(map(len, _PIECES.findall(letters)), default=0)
    return max(widest * letter, 2 * letter if letters != text else 0.0)


def type_size(table: Table, *, width: float, padding: float, largest: float, stretch: float = 1.0) -> float:
    """The type in which every column keeps its words whole [pt]."""
    needed = sum(narrowest(table)) * stretch * _MM_PER_PT
    room = width - padding * len(table.columns)
    return largest if needed * largest <= room else max(SMALLEST, round(room / needed - 0.05, 1))


def column_widths(
    table: Table, longest: Sequence[int], *, width: float, padding: float, size: float
) -> list[float]:
    """Widths of columns that keep their words whole; the rest goes to those with more to say [mm]."""
    least = [em * size * _MM_PER_PT + padding for em in narrowest(table)]
    shares = [min(max(letters, 6), 38) for letters in longest]
    if sum(least) >= width:
        return [one * width / sum(least) for one in least]
    wanted = [max(share * width / sum(shares), low) for share, low in zip(shares, least, strict=True)]
    over = [want - low for want, low in zip(wanted, least, strict=True)]
    keep = (width - sum(least)) / sum(over) if sum(over) > 0 else 0.0
    return [low + more * keep for low, more in zip(least, over, strict=True)]


def print_size(table: Table) -> float:
    """The type of a table in a PDF [pt]: as `type_size` between the margins of ``print.css``."""
    return type_size(table, width=176, padding=2.6, largest=7)
