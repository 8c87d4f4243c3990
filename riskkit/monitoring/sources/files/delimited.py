"""Rows of CSV and TSV files, whatever is in them.

Stretches of a file that keep the rules of RFC 4180 are read by Arrow. A stretch that does not (a quotation
mark in the wrong place, NUL, bytes of another encoding) is read cell by cell, and only the rows that cannot
be read are put aside. A quotation mark that never closes costs the line on which it stands, not the file.
Both ways give the same answer wherever both can give one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.file_faults import file_fault
from riskkit.monitoring.sources.files.native import (
    HEADER_ROWS,
    BrokenRow,
    Layout,
    NativeFile,
    NativeRows,
    broken_text,
    clean_headers,
    find_header,
    text_table,
)

_QUOTE, _LINE_FEED, _RETURN = 34, 10, 13
_DELIMITERS = (b",", b";", b"\t", b"|")
_QUOTED_PART = re.compile(rb'"[^"]*+"')
_OPEN_TO_THE_END = re.compile(rb'"[^"]*+(?:""[^"]*+)*+\Z')
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;\t|])"?[,;\t|]*(?:\r\n|\r|\n)+', re.IGNORECASE)
_FEWEST_BY_CELL = 2_000
_WORTH_ARROW = 1 << 16


@dataclass
class _Text:
    """A text that is read from the front: what is at hand, and what follows."""

    blocks: Iterator[bytes]
    data: bytes = b""
    is_end: bool = False
    is_skipping: bool = False
    n_rows: int = 0
    by_cell: int = 1

    def more(self) -> None:
        """One block more, or the end; the rest of a line that was too long is dropped."""
        block = next(self.blocks, None)
        self.data, self.is_end = self.data + (block or b""), block is None
        if self.is_skipping:
            found = re.search(rb"[\r\n]", self.data)
            self.is_skipping = found is None and not self.is_end
            self.data = self.data[found.end() :] if found else b""


def read_delimited(
    blocks: Iterator[bytes], *, name: str, form: str = "csv", layout: Layout | None = None
) -> NativeFile:
    """The rows of a delimited text.

    A line ``sep=;`` names the sign between the cells; titles and comments above the header are passed over.

    Parameters
    ----------
    blocks : iterator of bytes
        The text in UTF-8; bytes that are not put their row aside.
    name : str
        The file, for faults.
    form : str
        ``csv`` (comma, semicolon, tab or bar, whichever the header has most of) or ``tsv``.
    layout : Layout, optional
        What header is looked for among the first rows; the first row is it if not given.

    Returns
    -------
    NativeFile

    Raises
    ------
    InputFaults
        When the header cannot be used.

    Examples
    --------
    >>> file = read_delimited(iter([b'a,b\\n1,"x, y"\\n2\\n3,4"5\\n']), name="x.csv")
    >>> [(rows.table.num_rows, [row.rule_id for row in rows.broken]) for rows in file.chunks]
    [(2, ['ragged_row'])]
    """
    text = _Text(blocks, by_cell=_fewest_by_cell())
    most = intake_limit("header_bytes")
    while not text.is_end and len(text.data) <= most:
        text.more()
    n_blank = len(text.data[: len(text.data) - len(text.data.lstrip(b"\r\n"))].splitlines())
    text.data = text.data.lstrip(b"\r\n")
    if not text.data:
        raise file_fault(name, "", "file_empty")
    named = _SEPARATOR_LINE.match(text.data)
    delimiter = b"\t" if form == "tsv" else named[1] if named else b""
    text.data = text.data[named.end() :] if named else text.data
    notes = [("separator_line", named[1].decode("latin-1"), 0)] if named else []
    if layout is not None:
        start, said, both = _header_start(text.data[:most], delimiter, layout, above=n_blank + bool(named))
        text.data, notes = text.data[start:], notes + said
    else:
        both = ()
    delimiter = delimiter or _delimiter(text.data[:most])
    cells, end = _header_cells(text.data[: most + 1], _cell(delimiter), name=name)
    if end > most or (end == len(text.data) and not text.is_end):
        raise file_fault(name, f"{len(text.data):,}", "header_too_long")
    text.data = text.data[end:]
    try:
        own = [cell.decode("utf-8") for cell in cells]
        headers = clean_headers([*both, *own[len(both) :]], name=name)
    except UnicodeDecodeError as error:
        raise file_fault(name, broken_text(b",".join(cells)), "header_unreadable") from error
    return NativeFile(headers, _chunks(text, headers, delimiter), notes=notes)


def _header_start(
    data: bytes, delimiter: bytes, layout: Layout, *, above: int
) -> tuple[int, list[tuple[str, str, int]], tuple[str, ...]]:
    """Where the last row of the header begins, what is said of it, and its cells where it takes two rows."""
    starts, rows = [0], list[list[str | None]]()
    while len(rows) < HEADER_ROWS and starts[-1] < len(data):
        line = data[starts[-1] :]
        cell = _cell(delimiter or _delimiter(line))
        try:
            cells, end = _header_cells(line, cell, name="")
            rows.append([one.decode("utf-8") for one in cells])
        except (InputFaults, UnicodeDecodeError):
            rows.append([])
            end = re.match(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)", line).end()  # type: ignore[union-attr]
        starts.append(starts[-1] + end)
    found = find_header([*([[None]] * above), *rows], layout)
    if found is None:
        first = next((at for at, row in enumerate(rows) if any(row) and not _is_comment(row)), 0)
        return starts[first], [], ()
    at = found.place - above
    n_comments = sum(map(_is_comment, rows[: at + 1 - found.n_rows]))
    said = [("comment_lines", "", n_comments)] if n_comments else []
    return starts[at], found.notes() + said, found.cells if found.n_rows > 1 else ()


def _is_comment(row: Sequence[str | None]) -> bool:
    return bool(row and row[0] and row[0].lstrip().startswith("#"))


def _fewest_by_cell() -> int:
    return min(_FEWEST_BY_CELL, intake_limit("rows_at_a_time"))


def _delimiter(start: bytes) -> bytes:
    line = _QUOTED_PART.sub(b"", start.partition(b"\n")[0])
    return max(_DELIMITERS, key=line.count)


def _header_cells(data: bytes, cell: re.Pattern[bytes], *, name: str) -> tuple[list[bytes], int]:
    cells, place, end = [], 0, b","
    while end and end not in (b"\r", b"\n", b"\r\n"):
        found = cell.match(data, place)
        assert found is not None  # every text begins with a cell, if only an empty one
        if found[1] is None and found[2].startswith(b'"'):
            raise file_fault(name, broken_text(found[2]), "header_unreadable")
        cells.append(_content(found))
        place, end = found.end(), found[3]
    return cells, place


def _cell(delimiter: bytes) -> re.Pattern[bytes]:
    """A cell and what ends it: 1 quoted content, 2 plain content, 3 end."""
    d = re.escape(delimiter)
    quoted = rb'"([^"]*+(?:""[^"]*+)*+)"(?=' + d + rb"|[\r\n]|\Z)"
    return re.compile(rb"(?:" + quoted + rb"|([^\r\n" + d + rb"]*+))(" + d + rb"|\r\n|\r|\n|\Z)")


def _content(found: re.Match[bytes]) -> bytes:
    return found[2] if found[1] is None else found[1].replace(b'""', b'"')


def _chunks(text: _Text, headers: tuple[str, ...], delimiter: bytes) -> Iterator[NativeRows]:
    cell, size = _cell(delimiter), intake_limit("block_bytes")
    while True:
        while not text.is_end and len(text.data) < size:
            text.more()
        if not text.data:
            return
        rows = _plain_rows(text, headers, delimiter)
        while rows is None:
            rows = _rows_by_cell(text, headers, cell)
            if rows is None:
                text.more()
        text.n_rows += rows.n_read
        yield rows


def _plain_rows(text: _Text, headers: tuple[str, ...], delimiter: bytes) -> NativeRows | None:
    """The rows of the stretch at the front that keeps the rules, or None where cell by cell is better."""
    end, is_all = _plain_stretch(text, delimiter, until=len(text.data))
    if not is_all and end < _WORTH_ARROW:
        return None
    strange = _first_strange(text.data, end)
    if strange < end:
        end, _ = _plain_stretch(text, delimiter, until=strange)
    if not end or strange < end < _WORTH_ARROW:
        return None
    rows = _by_arrow(text, headers, delimiter, end=end)
    text.data, text.by_cell = text.data[end:], _fewest_by_cell()
    return rows


def _first_strange(data: bytes, end: int) -> int:
    """Where the first byte that is no UTF-8 stands; Arrow looks ten times faster, and Python says where."""
    whole = [None, pa.py_buffer(np.array([0, end], dtype=np.int32)), pa.py_buffer(data)]
    try:
        pa.Array.from_buffers(pa.binary(), 1, whole).cast(pa.string())
    except pa.ArrowInvalid:
        try:
            data[:end].decode("utf-8")
        except UnicodeDecodeError as error:
            return error.start
    return end


def _plain_stretch(text: _Text, delimiter: bytes, *, until: int) -> tuple[int, bool]:
    """Where the whole rows at the front end that keep the rules, and whether all rows at hand do."""
    data, most = text.data, intake_limit("rows_at_a_time")
    nul = data.find(b"\0", 0, until)
    until = nul if nul >= 0 else until
    at_end = text.is_end and until == len(data)
    has_quotes = data.find(b'"', 0, until) >= 0
    n_ends = data.count(b"\n", 0, until) + data.count(b"\r", 0, until)
    if not has_quotes and n_ends < most and not _has_long_row(data, until):
        return (until if at_end else data.rfind(b"\n", 0, until) + 1), until == len(data)
    signs = np.frombuffer(data, dtype=np.uint8, count=until)
    quotes = np.flatnonzero(signs == _QUOTE)
    sound = _sound_quotes(signs, quotes, delimiter)
    ends = _row_ends(signs[: quotes[sound] if sound < len(quotes) else until])
    ends = ends[np.searchsorted(quotes, ends) % 2 == 0] + 1
    is_closed = sound == len(quotes) and sound % 2 == 0
    if at_end and is_closed and (not len(ends) or ends[-1] < until):
        ends = np.append(ends, until)
    longest = np.diff(ends, prepend=0) > intake_limit("row_chars")
    short = int(np.argmax(longest)) if longest.any() else len(ends)
    end = int(ends[min(short, most) - 1]) if min(short, most) else 0
    is_all = until == len(data) and sound == len(quotes) and short == len(ends)
    return end, is_all and (bool(end) or not at_end)


def _row_ends(signs: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Where lines end: at a line feed, or at a return that none follows."""
    is_end = signs == _LINE_FEED
    returns = np.flatnonzero(signs[:-1] == _RETURN)
    is_end[returns[~is_end[returns + 1]]] = True
    return np.flatnonzero(is_end)


def _has_long_row(data: bytes, until: int) -> bool:
    step = intake_limit("row_chars") // 2
    return any(data.find(b"\n", at, at + step) < 0 for at in range(0, until - step, step))


def _sound_quotes(signs: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: bytes) -> int:
    """How many quotation marks stand where they may before the first that does not."""
    ends = np.zeros(256, dtype=bool)
    ends[[delimiter[0], 10, 13]] = True
    beside = np.diff(quotes) == 1
    before = np.ones(len(quotes), dtype=bool)
    before[quotes > 0] = ends[signs[quotes[quotes > 0] - 1]]
    behind = np.ones(len(quotes), dtype=bool)
    inner = quotes < len(signs) - 1
    behind[inner] = ends[signs[quotes[inner] + 1]]
    opens, closes = slice(0, None, 2), slice(1, None, 2)
    good = np.empty(len(quotes), dtype=bool)
    good[opens] = before[opens] | np.append(False, beside)[opens]
    good[closes] = behind[closes] | np.append(beside, False)[closes]
    return len(quotes) if good.all() else int(np.argmin(good))


def _by_arrow(text: _Text, headers: tuple[str, ...], delimiter: bytes, *, end: int) -> NativeRows:
    broken: list[BrokenRow] = []

    def aside(row: pa_csv.InvalidRow) -> str:
        broken.append(
            BrokenRow(text.n_rows + row.number, "ragged_row", broken_text(row.text.encode("utf-8")))
        )
        return "skip"

    table = pa_csv.read_csv(
        pa.BufferReader(pa.py_buffer(memoryview(text.data)[:end])),
        read_options=pa_csv.ReadOptions(column_names=headers, use_threads=False, block_size=end + 1),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter.decode(), newlines_in_values=True, invalid_row_handler=aside
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(headers, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    numbers = np.arange(1, len(table) + len(broken) + 1, dtype=np.int64) + text.n_rows
    aside_at = np.array([row.row_number for row in broken], dtype=np.int64) - text.n_rows - 1
    return NativeRows(table, np.delete(numbers, aside_at), tuple(broken))


def _rows_by_cell(text: _Text, headers: tuple[str, ...], cell: re.Pattern[bytes]) -> NativeRows | None:
    """Some rows from the front, or None when not even one is whole yet."""
    good: list[list[str]] = []
    numbers: list[int] = []
    broken: list[BrokenRow] = []
    place, n_rows = 0, text.n_rows
    while place < len(text.data) and len(good) + len(broken) < text.by_cell:
        cells, end, rule = _one_row(text, cell, place)
        if end == place:
            break
        if cells != [b""] or text.data[place] == _QUOTE or rule:
            n_rows += 1
            words, rule = _decoded(cells, rule, n_cells=len(headers))
            if rule:
                broken.append(BrokenRow(n_rows, rule, broken_text(text.data[place : min(end, place + 400)])))
            else:
                good.append(words)
                numbers.append(n_rows)
        place = end
    if not place:
        return None
    text.data = text.data[place:]
    text.by_cell = min(2 * text.by_cell, intake_limit("rows_at_a_time"))
    columns = zip(*good, strict=True) if good else ((),) * len(headers)
    return NativeRows(text_table(list(columns), headers), np.array(numbers, dtype=np.int64), tuple(broken))


def _one_row(text: _Text, cell: re.Pattern[bytes], start: int) -> tuple[list[bytes], int, str]:
    """The cells of one row, where the next begins, and the rule it breaks; no way forward if cut off."""
    cells: list[bytes] = []
    place, rule, longest = start, "", intake_limit("row_chars")
    while True:
        found = cell.match(text.data, place)
        assert found is not None  # every text begins with a cell, if only an empty one
        is_long = len(text.data) - start > longest
        if found[2] is not None and found[2][:1] == b'"':
            is_open = _OPEN_TO_THE_END.match(text.data, place) is not None
            if is_open and not text.is_end and not is_long:
                return [], start, ""
            rule = rule or ("unclosed_quote" if is_open else "broken_quotes")
        cells.append(_content(found))
        place = found.end()
        if not found[3] and not text.is_end:
            text.is_skipping = is_long
            return ([], place, "row_too_long") if is_long else ([], start, "")
        if found[3][:1] in (b"", b"\r", b"\n"):
            return cells, place, "row_too_long" if place - start > longest else rule


def _decoded(cells: list[bytes], rule: str, *, n_cells: int) -> tuple[list[str], str]:
    if rule:
        return [], rule
    if any(b"\0" in one for one in cells):
        return [], "nul_byte"
    try:
        words = [one.decode("utf-8") for one in cells]
    except UnicodeDecodeError:
        return [], "bad_bytes"
    return words, "" if len(words) == n_cells else "ragged_row"
