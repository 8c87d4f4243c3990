"""The process in which workbooks and Parquet files are taken apart: what they break, breaks only here.

``python -m riskkit.monitoring.sources.files.child_reader FORM PATH BYTES SECONDS`` writes the cells as
text to stdout, as an Arrow stream for each worksheet or table, named in its metadata. Exit code 3: the file
is broken (stderr says how). A workbook of two cells can ask for 512 GiB, and then the process is ended by the
library that reads it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.monitoring.sources.hidden_rows import filled_rows, hidden_ranges

BROKEN = 3
_ROWS = 20_000
# from here a float no longer holds every whole number, and a code would be changed unseen
_EXACT = 1e15
_LEAST_OF_A_NUMBER = 100_000
"""A smaller number in a merged range is an amount of all its rows together, and stands in the first only."""
_ROWS_WITH_BLANKS = 60
_Sheet = tuple[pa.Schema, Iterator[pa.RecordBatch]]
_Row = list[str | None]


def cell_text(value: Any) -> str | None:
    """A cell of a workbook as the text that stands for it; None for an empty one.

    Examples
    --------
    >>> [cell_text(value) for value in (12.0, 1.5, "", True, dt.datetime(2024, 1, 31), "=x()")]
    ['12', '1.5', None, 'true', '2024-01-31', '=x()']
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if abs(value) >= _EXACT:
            return f"{value:.15g}"  # digits are lost beyond that, and the notation shows it
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        moment: dt.datetime = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ")
    return value if isinstance(value, str) else str(value)


def _workbook(path: str) -> Iterator[_Sheet]:
    """Every worksheet, hidden ones too: the parent chooses."""
    import python_calamine as calamine

    with calamine.CalamineWorkbook.from_path(path) as book:
        hidden = hidden_ranges(path)
        for place, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                page = book.get_sheet_by_index(place)
                filled, n_filled = _merged_ranges(page)
                rows = ([cell_text(cell) for cell in row] for row in page.iter_rows())
                is_visible = sheet.visible == calamine.SheetVisibleEnum.Visible
                said = {"n_filled": n_filled, "is_visible": "yes" if is_visible else ""}
                n_hidden, where = filled_rows(page.iter_rows(), hidden.get(sheet.name, []))
                said |= {"n_hidden": n_hidden, "hidden": where}
                yield _sheet(_filled(rows, filled), sheet.name, page.width, **said)


def _merged_ranges(page: Any) -> tuple[dict[tuple[int, int], str], int]:
    """For the cells below the first of a merged range, what stands in the first; and how many they are."""
    ranges = [(top, bottom) for top, bottom in page.merged_cell_ranges or () if bottom[0] > top[0]]
    if not ranges:
        return {}, 0
    firsts = {top: None for top, _ in ranges}
    for at, row in enumerate(page.iter_rows()):
        for place, value in enumerate(row):
            if (at, place) in firsts:
                firsts[at, place] = value
    filled: dict[tuple[int, int], str] = {}
    for (first_row, column), (last_row, _) in ranges:
        value = firsts[first_row, column]
        if (text := cell_text(value)) is not None and not _is_amount(value):
            filled |= {(row, column): text for row in range(first_row + 1, last_row + 1)}
    return filled, len(filled)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LEAST_OF_A_NUMBER


def _filled(rows: Iterator[_Row], filled: dict[tuple[int, int], str]) -> Iterator[_Row]:
    if not filled:
        yield from rows
        return
    for at, row in enumerate(rows):
        yield [cell if cell is not None else filled.get((at, place)) for place, cell in enumerate(row)]


def _sheet(rows: Iterator[_Row], name: str, width: int, **said: object) -> _Sheet:
    """Rows under the numbers of their columns; empty ones only at the beginning, where rows are counted."""
    known = {"sheet": name, "is_visible": "yes", "n_filled": 0, "n_hidden": 0, "hidden": ""} | said
    metadata = {key: str(value) for key, value in known.items()}
    schema = pa.schema([(str(place), pa.string()) for place in range(width)], metadata=metadata)
    kept = (row for at, row in enumerate(rows) if at < _ROWS_WITH_BLANKS or any(row))

    def batches() -> Iterator[pa.RecordBatch]:
        while piece := list(itertools.islice(kept, _ROWS)):
            padded = (row[:width] + [None] * (width - len(row)) for row in piece)
            columns = list(zip(*padded, strict=True))
            yield pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)

    return schema, batches() if width else iter(())


def _html(path: str) -> Iterator[_Sheet]:
    """The tables of a page that a spreadsheet program would open, each as a sheet."""
    from pathlib import Path

    from lxml import html

    data = Path(path).read_bytes()
    named = re.search(rb"charset=[\"']?([\w-]+)", data[:4096])
    encoding = named[1].decode().lower() if named else "utf-8"
    encoding = "gb18030" if encoding in ("gb2312", "gbk") else encoding
    page = html.document_fromstring(data.decode("utf-8-sig" if data[:1] == b"\xef" else encoding, "replace"))
    for number, table in enumerate(page.xpath("//table[not(ancestor::table)]"), start=1):
        rows = list(_html_rows(table))
        yield _sheet(iter(rows), f"table {number}", max(map(len, rows), default=0))


def _html_rows(table: Any) -> Iterator[_Row]:
    spans: dict[int, tuple[int, str | None]] = {}
    for line in table.xpath(".//tr"):
        row: _Row = []
        for cell in line.xpath("./td | ./th"):
            while spans.get(len(row), (0, None))[0]:
                left, text = spans.pop(len(row))
                spans |= {len(row): (left - 1, text)} if left > 1 else {}
                row.append(text)
            text = " ".join(cell.text_content().split()) or None
            is_amount = text is not None and text.isdecimal() and int(text) < _LEAST_OF_A_NUMBER
            if (down := _span(cell.get("rowspan"))) > 1:
                spans[len(row)] = (down - 1, None if is_amount else text)
            row += [text] + [None] * (_span(cell.get("colspan")) - 1)
        yield row


def _span(text: str | None) -> int:
    return min(int(text), 1000) if text and text.strip().isdecimal() else 1


def _xml_sheet(path: str) -> Iterator[_Sheet]:
    """The worksheets of an XML spreadsheet of 2003; entities and outside parts are refused."""
    from defusedxml import ElementTree  # type: ignore[import-untyped]

    space = "{urn:schemas-microsoft-com:office:spreadsheet}"
    for page in ElementTree.parse(path).getroot().iter(f"{space}Worksheet"):
        rows = list(_xml_rows(page, space))
        is_visible = not any(
            (one.text or "").startswith("SheetHidden") for one in page.iter() if "Visible" in one.tag
        )
        width = max(map(len, rows), default=0)
        n_hidden, where = filled_rows(rows, _xml_hidden(page, space))
        said = {"is_visible": "yes" if is_visible else "", "n_hidden": n_hidden, "hidden": where}
        yield _sheet(iter(rows), page.get(f"{space}Name") or "", width, **said)


def _xml_hidden(page: Any, space: str) -> list[tuple[int, int]]:
    number, found = 0, []
    for line in page.iter(f"{space}Row"):
        first = int(line.get(f"{space}Index") or number + 1)
        number = first + int(line.get(f"{space}Span") or 0)
        found += [(first, number)] if line.get(f"{space}Hidden") == "1" else []
    return found


def _xml_rows(page: Any, space: str) -> Iterator[_Row]:
    number = 0
    spans: dict[int, tuple[int, str | None]] = {}
    for line in page.iter(f"{space}Row"):
        blank = int(line.get(f"{space}Index") or number + 1) - number - 1
        yield from ([] for _ in range(min(blank, _ROWS_WITH_BLANKS)))
        number += blank + 1
        row: dict[int, str | None] = {place: text for place, (left, text) in spans.items() if left}
        spans = {place: (left - 1, text) for place, (left, text) in spans.items() if left > 1}
        place = 0
        for cell in line.iter(f"{space}Cell"):
            place = int(cell.get(f"{space}Index") or place + 1)
            data = cell.find(f"{space}Data")
            kind = data.get(f"{space}Type") if data is not None else ""
            text = ("".join(data.itertext()).strip() or None) if data is not None else None
            row[place - 1] = cell_text(float(text)) if kind == "Number" and text else text
            if down := int(cell.get(f"{space}MergeDown") or 0):
                spans[place - 1] = (down, text if kind != "Number" else None)
            place += int(cell.get(f"{space}MergeAcross") or 0)
        yield [row.get(at) for at in range(max(row, default=-1) + 1)]


def _parquet(path: str) -> Iterator[_Sheet]:
    import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]

    file = pa_parquet.ParquetFile(path)
    schema = pa.schema([(name, pa.string()) for name in file.schema_arrow.names])
    found = file.iter_batches(batch_size=_ROWS)
    yield (
        schema,
        (
            pa.record_batch([column_text(column) for column in batch.columns], schema=schema)
            for batch in found
        ),
    )


def column_text(column: pa.Array) -> pa.Array:
    """A column of any type as text; lists and records as JSON, an empty text as missing.

    Examples
    --------
    >>> column_text(pa.array([[1, 2], None])).to_pylist(), column_text(pa.array([1.5, 2.0])).to_pylist()
    (['[1, 2]', None], ['1.5', '2'])
    """
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    try:
        text = column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        text = pa.array(
            [
                None if one is None else json.dumps(one, ensure_ascii=True, default=repr)
                for one in column.to_pylist()
            ],
            pa.string(),
        )
    return pc.if_else(pc.not_equal(pc.binary_length(text), 0), text, None)


def main(arguments: Iterable[str]) -> int:
    """Write the cells of a file to stdout, and give the exit code.

    Examples
    --------
    >>> main(["sheet", "x", "0", "0"])
    Traceback (most recent call last):
    KeyError: 'sheet'
    """
    form, path, n_bytes, seconds = arguments
    read = {"workbook": _workbook, "parquet": _parquet, "html": _html, "xml_sheet": _xml_sheet}[form]
    for what, most in (
        (resource.RLIMIT_AS, n_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (int(most), int(most)))
    try:
        for schema, batches in read(path):
            with pa.ipc.new_stream(sys.stdout.buffer, schema) as out:
                for batch in batches:
                    out.write_batch(batch)
    except MemoryError:
        raise
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a library says of a file, the file is broken
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300])
        return BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
