"""Rows of JSON files: an array of objects, an object that holds one, or one object a line.

Numbers stay the text they are written as. Objects and lists inside a row are kept as JSON.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.evidence import intake_limit
from riskkit.monitoring.sources.file_faults import file_fault
from riskkit.monitoring.sources.native import BrokenRow, NativeFile, NativeRows, broken_text, clean_headers

_ROWS = 20_000
_SPACE = re.compile(r"[ \t\r\n]*")
_BEHIND = tuple(",:]}")
_Row = dict[str, str | None]


class _Doubled(dict[str, Any]):
    """An object in which one name stands twice: nobody knows which of the two is meant."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


_AS_WRITTEN: Mapping[str, Any] = {
    "parse_float": str,
    "parse_int": str,
    "parse_constant": str,
    "object_pairs_hook": _pairs,
}
_DECODER = json.JSONDecoder(**_AS_WRITTEN)


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(value: Any) -> _Row | str:
    """An object as cells, or the rule that what stands there breaks."""
    if not isinstance(value, dict) or isinstance(value, _Doubled) or len(value) > intake_limit("columns"):
        return "not_a_row"
    row = {key: _cell(part) for key, part in value.items()}
    try:
        "".join(itertools.chain(row, filter(None, row.values()))).encode("utf-8")
    except UnicodeEncodeError:  # half characters, in an escape or for bytes that were no UTF-8
        return "bad_bytes"
    return row


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
    (('a', 'b'), ['1.50', '["1"]'], 'not_a_row')
    """
    return _native(_line_rows(blocks), name=name)


def _line_rows(blocks: Iterator[bytes]) -> Iterator[_Row | tuple[str, bytes]]:
    for line in _lines(blocks, most=intake_limit("json_row_bytes")):
        if not line.strip():
            continue
        if len(line) > intake_limit("json_row_bytes"):
            yield "row_too_long", line[:400]
            continue
        found = _row_of_line(line)
        yield (found, line[:400]) if isinstance(found, str) else found


def _row_of_line(line: bytes) -> _Row | str:
    try:
        return _row(json.loads(line.decode("utf-8"), **_AS_WRITTEN))
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


def read_json(blocks: Iterator[bytes], *, name: str) -> NativeFile:
    """The rows of a JSON array of objects, or of the first such array in an object.

    Parameters
    ----------
    blocks : iterator of bytes
        The text in UTF-8.
    name : str
        The file, for faults.

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
    return _native(_array_rows(_Characters(blocks, name)), name=name)


class _Characters:
    """A JSON text that is read from the front, whatever its length."""

    def __init__(self, blocks: Iterator[bytes], name: str) -> None:
        self.texts = codecs.iterdecode(blocks, "utf-8", errors="surrogateescape")
        self.name, self.text, self.place, self.is_end = name, "", 0, False

    def more(self) -> None:
        text = next(self.texts, None)
        self.text, self.place = self.text[self.place :] + (text or ""), 0
        self.is_end = text is None

    def sign(self) -> str:
        """The next sign that is no space, which stays; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.text) or self.is_end:
                return self.text[self.place : self.place + 1]
            self.more()

    def value(self) -> Any:
        """The next value, which is taken."""
        self.sign()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.place)
            except (json.JSONDecodeError, RecursionError) as error:
                self._wait(error)
                continue
            behind = _SPACE.match(self.text, end)
            if self.is_end or (behind and self.text[behind.end() : behind.end() + 1] in _BEHIND):
                self.place = end
                return value
            self._wait(ValueError("no end"))

    def _wait(self, error: Exception) -> None:
        """For the rest of a value that may only be cut off, if it is not too long."""
        at_hand = len(self.text) - self.place
        if self.is_end or isinstance(error, RecursionError) or at_hand > intake_limit("json_row_bytes"):
            raise file_fault(self.name, f"{error}: {self.text[self.place :][:40]}", "json_broken") from error
        self.more()

    def take(self, *signs: str) -> str:
        """One of some signs."""
        found = self.sign()
        if found not in signs or not found:
            raise file_fault(self.name, self.text[self.place :][:40], "json_broken")
        self.place += 1
        return found


def _array_rows(text: _Characters) -> Iterator[_Row | tuple[str, bytes]]:
    first = text.sign()
    if first == "{":
        _go_to_array(text)
    elif first != "[":
        raise file_fault(text.name, text.text[:40], "json_no_rows")
    text.take("[")
    if text.sign() == "]":
        return
    end = ","
    while end == ",":
        value = text.value()
        found = _row(value)
        yield (found, ascii(value)[:400].encode()) if isinstance(found, str) else found
        end = text.take(",", "]")


def _go_to_array(text: _Characters) -> None:
    """To the first array in an object; what stands before it is passed over."""
    text.take("{")
    while text.sign() == '"':
        text.value()
        text.take(":")
        if text.sign() == "[":
            return
        text.value()
        text.take(",", "}")
    raise file_fault(text.name, text.text[:40], "json_no_rows")


def _native(rows: Iterable[_Row | tuple[str, bytes]], *, name: str) -> NativeFile:
    """The rows under the names of the first ones; the names that come later are added as they come."""
    chunks = _in_pieces(rows)
    first = next(chunks, [])
    names = list(dict.fromkeys(key for row in first if isinstance(row, dict) for key in row))
    if not names:
        raise file_fault(name, "", "json_no_rows")
    numbered = _numbered(itertools.chain([first], chunks), name=name)
    return NativeFile(clean_headers(names, name=name), numbered, has_fixed_columns=False)


def _in_pieces(
    rows: Iterable[_Row | tuple[str, bytes]],
) -> Iterator[list[_Row | tuple[str, bytes]]]:
    """By number of rows and by length, so that long rows do not fill the memory."""
    piece: list[_Row | tuple[str, bytes]] = []
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


def _numbered(pieces: Iterable[list[_Row | tuple[str, bytes]]], *, name: str) -> Iterator[NativeRows]:
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
