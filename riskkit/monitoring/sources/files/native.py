"""Rows of a file as it has them: text under its own headers, with the rows that could not be read at all."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import plain_text
from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.file_faults import file_fault

HEADER_ROWS = 40
"""Among how many rows a header is looked for: titles and remarks above it are shorter than that."""


@dataclass(frozen=True)
class BrokenRow:
    """A row that cannot be taken apart into cells.

    Parameters
    ----------
    row_number : int
        Its number in the file, from 1.
    rule_id : str
        The rule it breaks.
    text : str
        How it begins, with what is no text made visible.
    """

    row_number: int
    rule_id: str
    text: str


@dataclass(frozen=True)
class NativeRows:
    """Some rows of a file.

    Parameters
    ----------
    table : pyarrow.Table of string
        The cells under the headers of the file; an empty cell is missing.
    row_numbers : ndarray of int64
        Number of each row in the file, from 1.
    broken : tuple of BrokenRow
        The rows in between that could not be read.
    """

    table: pa.Table
    row_numbers: NDArray[np.int64]
    broken: tuple[BrokenRow, ...]

    @property
    def n_read(self) -> int:
        """How many rows of the file these are."""
        return len(self.row_numbers) + len(self.broken)


@dataclass(frozen=True)
class NativeFile:
    """A file that is being read.

    Parameters
    ----------
    headers : tuple of str
        The names of its columns.
    chunks : iterator of NativeRows
        Its rows, in order.
    has_fixed_columns : bool
        Whether every row has all columns; if not, later rows may bring columns of their own.
    kind : str
        ``workbook`` or ``json``, where numbers may be days; else empty.
    notes : list of (str, str, int)
        What was read otherwise than it is written, or not at all, so far: a note of ``record_notes``, where,
        and how often (0: that is no count).
    """

    headers: tuple[str, ...]
    chunks: Iterator[NativeRows]
    has_fixed_columns: bool = True
    kind: str = ""
    notes: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """Where in a file its rows are to be looked for.

    Parameters
    ----------
    fits : callable
        Whether the header of a source is among some cells.
    sheet, rows : str
        The worksheet, or the array of a JSON file, to read; all that fit if empty.
    header_row : int
        The row of the file that holds the header, from 1; 0 for the first that fits.

    Examples
    --------
    >>> Layout(lambda cells: "a" in cells).header_row
    0
    """

    fits: Callable[[Sequence[str]], bool]
    sheet: str = ""
    rows: str = ""
    header_row: int = 0


@dataclass(frozen=True)
class FoundHeader:
    """A header among the first rows.

    Parameters
    ----------
    cells : tuple of str
    place, n_rows : int
        Place of its last row, from 0, and how many rows it takes.
    """

    cells: tuple[str, ...]
    place: int
    n_rows: int = 1

    def notes(self, where: str = "") -> list[tuple[str, str, int]]:
        """What is to be said of it: where it stands, unless in the first row."""
        at = self.place + 2 - self.n_rows
        found = [("header_at_row", f"{where} {at}".strip(), 0)] if at > 1 else []
        return found + ([("header_two_rows", where, 0)] if self.n_rows > 1 else [])


def find_header(rows: Sequence[Sequence[str | None]], layout: Layout | None) -> FoundHeader | None:
    """The header among the first rows of a table: the first row that fits, else the first two together.

    Parameters
    ----------
    rows : sequence of sequences of str
    layout : Layout, optional
        What is looked for; the first row that is not empty if not given.

    Examples
    --------
    >>> rows = [["Title", None], ["Result", "Day"], ["value", None], ["1", "2"]]
    >>> find_header(rows, Layout(lambda cells: {"value", "Day"} <= set(cells)))
    FoundHeader(cells=('value', 'Day'), place=2, n_rows=2)
    """
    texts = [[" ".join((cell or "").split()) for cell in row] for row in rows[:HEADER_ROWS]]
    if layout is None:
        return next((FoundHeader(_trimmed(row), at) for at, row in enumerate(texts) if any(row)), None)
    if layout.header_row:
        at = layout.header_row - 1
        return FoundHeader(_trimmed(texts[at]), at) if at < len(texts) and any(texts[at]) else None
    for at, row in enumerate(texts):
        if any(row) and layout.fits(row):
            return FoundHeader(_trimmed(row), at)
    for at, (upper, lower) in enumerate(itertools.pairwise(texts), start=1):
        both = [below or above for above, below in itertools.zip_longest(upper, lower, fillvalue="")]
        if any(upper) and any(lower) and layout.fits(both):
            return FoundHeader(_trimmed(both), at, 2)
    return None


def _trimmed(row: Sequence[str]) -> tuple[str, ...]:
    """Without empty cells at the end."""
    last = max((place for place, cell in enumerate(row, start=1) if cell), default=0)
    return tuple(row[:last])


def broken_text(raw: bytes) -> str:
    """The beginning of a row, for the quarantine: what is no text is made visible.

    Examples
    --------
    >>> broken_text(b"a\\x00b,\\xff" + b"x" * 1000)[:16], len(broken_text(b"x" * 1000))
    ('a\\\\x00b,\\\\xffxxxxx', 200)
    """
    text = raw[:400].decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)[:200]


def clean_headers(cells: Sequence[str], *, name: str) -> tuple[str, ...]:
    """The names of the columns, or all that is wrong with them.

    A column without a name is called after its place.

    Parameters
    ----------
    cells : sequence of str
        The first row.
    name : str
        The file.

    Raises
    ------
    InputFaults
        When there is none, there are too many, one stands twice, or one holds hidden characters.

    Examples
    --------
    >>> clean_headers([" Date", "Product\\nname", ""], name="a.csv")
    ('Date', 'Product name', 'column_3')
    """
    if len(cells) > intake_limit("columns"):
        raise file_fault(name, f"{len(cells):,}", "too_many_columns")
    if not any(cell.strip() for cell in cells):
        raise file_fault(name, ", ".join(cells), "header_missing")
    headers = []
    for place, cell in enumerate(cells, start=1):
        try:
            text = " ".join(plain_text(cell.replace("\r", "\n")).split()) if cell.strip() else ""
        except ValueError as error:
            raise file_fault(name, cell, "header_unreadable") from error
        headers.append(text or f"column_{place}")
    twice = [header for header, times in Counter(headers).items() if times > 1]
    if twice:
        raise file_fault(name, ", ".join(twice), "header_twice")
    return tuple(headers)


def text_table(columns: Sequence[Sequence[str | None]], headers: Sequence[str]) -> pa.Table:
    """Cells as a table of text; an empty one is missing.

    Examples
    --------
    >>> text_table([["1", ""]], ["a"]).to_pylist()
    [{'a': '1'}, {'a': None}]
    """
    arrays = [pa.array([cell or None for cell in column], pa.string()) for column in columns]
    return pa.table(arrays, names=list(headers))


def gathered(chunks: Iterable[NativeRows], *, at_least: int, is_alike: bool = False) -> Iterator[NativeRows]:
    """The same rows in fewer, larger pieces.

    Parameters
    ----------
    chunks : iterable of NativeRows
        In the order of the file.
    at_least : int
        Rows a piece has, but for the last.
    is_alike : bool
        Whether only rows with the same columns come together.

    Examples
    --------
    >>> one = NativeRows(text_table([["x"]], ["a"]), np.array([1]), ())
    >>> [rows.n_read for rows in gathered([one] * 5, at_least=2)]
    [2, 2, 1]
    """
    waiting: list[NativeRows] = []
    for chunk in chunks:
        if is_alike and waiting and waiting[-1].table.column_names != chunk.table.column_names:
            yield _together(waiting)
            waiting = []
        waiting.append(chunk)
        if sum(rows.n_read for rows in waiting) >= at_least:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(parts: Sequence[NativeRows]) -> NativeRows:
    if len(parts) == 1:
        return parts[0]
    return NativeRows(
        pa.concat_tables([rows.table for rows in parts], promote_options="default"),
        np.concatenate([rows.row_numbers for rows in parts]),
        tuple(row for rows in parts for row in rows.broken),
    )
