"""The process in which workbooks and Parquet files are taken apart: what they break, breaks only here.

``python -m riskkit.monitoring.sources.child_reader FORM PATH BYTES SECONDS`` writes the cells as text to
stdout, as an Arrow stream whose column names are the first row. Exit code 3: the file is broken (stderr says
how). A workbook of two cells can ask for 512 GiB, and then the process is ended by the library that reads it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import resource
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

BROKEN = 3
_ROWS = 20_000
_Batches = tuple[pa.Schema, Iterator[pa.RecordBatch]]


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
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return value if isinstance(value, str) else str(value)


def workbook_rows(path: str) -> Iterator[list[str | None]]:
    """The rows of the first visible sheet that is not empty, without empty rows.

    Examples
    --------
    >>> import tempfile
    >>> import xlsxwriter
    >>> with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
    ...     with xlsxwriter.Workbook(file.name) as book:
    ...         _ = book.add_worksheet().write_row("A1", ["day", 3])
    ...     list(workbook_rows(file.name))
    [['day', '3']]
    """
    import python_calamine as calamine

    with calamine.CalamineWorkbook.from_path(path) as book:
        wanted = (calamine.SheetTypeEnum.WorkSheet, calamine.SheetVisibleEnum.Visible)
        for place, sheet in enumerate(book.sheets_metadata):
            if (sheet.typ, sheet.visible) == wanted:
                rows = (
                    [cell_text(cell) for cell in row] for row in book.get_sheet_by_index(place).iter_rows()
                )
                filled = (row for row in rows if any(row))
                first = next(filled, None)
                if first is not None:
                    yield from itertools.chain([first], filled)
                    return


def _workbook(path: str) -> _Batches:
    rows = workbook_rows(path)
    names = [cell or "" for cell in next(rows, [])]
    while names and not names[-1]:
        names.pop()
    schema = pa.schema([(name, pa.string()) for name in names])

    def batches() -> Iterator[pa.RecordBatch]:
        while piece := list(itertools.islice(rows, _ROWS)):
            columns = list(zip(*(row[: len(names)] for row in piece), strict=True))
            yield pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)

    return schema, batches()


def _parquet(path: str) -> _Batches:
    import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]

    file = pa_parquet.ParquetFile(path)
    schema = pa.schema([(name, pa.string()) for name in file.schema_arrow.names])
    found = file.iter_batches(batch_size=_ROWS)
    return schema, (
        pa.record_batch([column_text(column) for column in batch.columns], schema=schema) for batch in found
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
    read = {"workbook": _workbook, "parquet": _parquet}[form]
    for what, most in (
        (resource.RLIMIT_AS, n_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (int(most), int(most)))
    try:
        schema, batches = read(path)
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
