"""Rows of JSON files: an array of objects, an object that holds one, or one object a line.

Numbers stay the text they are written as. A list of texts inside a row is their text, an object stays JSON.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.file_faults import file_fault
from riskkit.monitoring.sources.files.json_arrays import (
    AS_WRITTEN,
    Characters,
    FoundRow,
    JsonArrays,
    JsonRow,
    json_row,
)
from riskkit.monitoring.sources.files.native import (
    BrokenRow,
    Layout,
    NativeFile,
    NativeRows,
    broken_text,
    clean_headers,
)

_ROWS = 20_000


def read_json_lines(blocks: Iterator[bytes], *, name: str) -> NativeFile:
    """The rows of a text with one JSON object a line; a line that is none is put aside.

    Parameters
    ----------
    blocks : iterator of bytes
        The text in UTF-8.
    name : str
        The file, for faults.

    Raises
    ------
    InputFaults
        When no row can be read, or the names of the columns cannot be used.

    Examples
    --------
    >>> file = read_json_lines(iter([b'{"a": 1.50, "b": null}\\n{"a": [1]}\\nx\\n']), name="x.jsonl")
    >>> rows = next(file.chunks)
    >>> file.headers, rows.table["a"].to_pylist(), rows.broken[0].rule_id
    (('a', 'b'), ['1.50', '1'], 'not_a_row')
    """
    return _native(_line_rows(blocks), name=name)


def is_json_lines(start: bytes) -> bool:
    """Whether a text begins with a line that is a JSON object and a second one behind it.

    Examples
    --------
    >>> is_json_lines(b'{"a": 1}\\n{"a": 2}\\n'), is_json_lines(b'{"a": [\\n{"b": 2}]}')
    (True, False)
    """
    line, _, rest = start.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return rest.lstrip().startswith(b"{") and isinstance(_row_of_line(line), dict)


def _line_rows(blocks: Iterator[bytes]) -> Iterator[FoundRow]:
    for line in _lines(blocks, most=intake_limit("json_row_bytes")):
        if not line.strip():
            continue
        if len(line) > intake_limit("json_row_bytes"):
            yield "row_too_long", line[:400]
            continue
        found = _row_of_line(line)
        yield (found, line[:400]) if isinstance(found, str) else found


def _row_of_line(line: bytes) -> JsonRow | str:
    try:
        return json_row(json.loads(line.decode("utf-8"), **AS_WRITTEN))
    except UnicodeDecodeError:
        return "bad_bytes"
    except (ValueError, RecursionError):
        return "nul_byte" if b"\0" in line else "not_a_row"


def _lines(blocks: Iterator[bytes], *, most: int) -> Iterator[bytes]:
    """Lines; of one that is too long, only the beginning."""
    rest = b""
    for block in itertools.chain(blocks, [b"\n"]):
        *whole, tail = block.split(b"\n")
        for line in whole:
            yield rest + line
            rest = b""
        rest += tail[: most + 1 - len(rest)] if len(rest) <= most else b""
    if rest:
        yield rest


def read_json(blocks: Iterator[bytes], *, name: str, layout: Layout | None = None) -> NativeFile:
    """The rows of a JSON array of objects, or of the arrays in an object that fit.

    Of several arrays that fit, those with a usual name (``data``, ``results`` …) are read alone. What is not
    read is noted, and so is a file that says of itself that it is one page of more.

    Parameters
    ----------
    blocks : iterator of bytes
        The text in UTF-8.
    name : str
        The file, for faults.
    layout : Layout, optional
        Which rows are looked for; the first array if not given.

    Raises
    ------
    InputFaults
        When there is no such array, or, while the rows are taken, when the text breaks off.

    Examples
    --------
    >>> file = read_json(iter([b'{"meta": {"n": 1}, "results": [{"a": 1}, 7]}']), name="x.json")
    >>> rows = next(file.chunks)
    >>> rows.table.to_pylist(), rows.broken[0].rule_id
    ([{'a': '1'}], 'not_a_row')
    """
    arrays = JsonArrays(Characters(blocks, name), layout)
    file = _native(arrays.rows(), name=name)
    return replace(file, kind="json", notes=arrays.notes)


def _native(rows: Iterable[FoundRow], *, name: str) -> NativeFile:
    """The rows under the names of the first ones; the names that come later are added as they come."""
    chunks = _in_pieces(rows)
    first = next(chunks, [])
    names = list(dict.fromkeys(key for row in first if isinstance(row, dict) for key in row))
    if not names:
        raise file_fault(name, "", "json_no_rows")
    numbered = _numbered(itertools.chain([first], chunks), name=name)
    return NativeFile(clean_headers(names, name=name), numbered, has_fixed_columns=False, kind="json")


def _in_pieces(
    rows: Iterable[FoundRow],
) -> Iterator[list[FoundRow]]:
    """By number of rows and by length, so that long rows do not fill the memory."""
    piece: list[FoundRow] = []
    length, most = 0, intake_limit("block_bytes")
    for row in rows:
        piece.append(row)
        length += (
            sum(len(key) + len(one or "") for key, one in row.items())
            if isinstance(row, dict)
            else len(row[1])
        )
        if len(piece) >= _ROWS or length > most:
            yield piece
            piece, length = [], 0
    if piece:
        yield piece


def _numbered(pieces: Iterable[list[FoundRow]], *, name: str) -> Iterator[NativeRows]:
    n_rows = 0
    for piece in pieces:
        good = [(n_rows + place, row) for place, row in enumerate(piece, start=1) if isinstance(row, dict)]
        broken = [
            BrokenRow(n_rows + place, row[0], broken_text(row[1]))
            for place, row in enumerate(piece, start=1)
            if isinstance(row, tuple)
        ]
        names = list(dict.fromkeys(key for _, row in good for key in row))
        headers = clean_headers(names, name=name) if names else ()
        columns = [pa.array([row.get(key) for _, row in good], pa.string()) for key in names]
        numbers = np.array([number for number, _ in good], dtype=np.int64)
        n_rows += len(piece)
        yield NativeRows(pa.table(columns, names=list(headers)), numbers, tuple(broken))
