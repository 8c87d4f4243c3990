"""Rows of workbooks and Parquet files, read in a process of its own that has a bound on memory and time."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.child_reader import BROKEN
from riskkit.monitoring.sources.files.file_faults import file_fault
from riskkit.monitoring.sources.files.native import (
    HEADER_ROWS,
    FoundHeader,
    Layout,
    NativeFile,
    NativeRows,
    clean_headers,
    find_header,
)

_READER = "riskkit.monitoring.sources.files.child_reader"


def spilled(stream: IO[bytes], folder: Path, *, name: str) -> Path:
    """An unpacked workbook as a file, for readers that want to jump about in it.

    Raises
    ------
    InputFaults
        When it is larger than a workbook may be.

    Examples
    --------
    >>> import io
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spilled(io.BytesIO(b"PK"), Path(folder), name="a.xlsx.gz").read_bytes()
    b'PK'
    """
    path, total, most = folder / "unpacked", 0, intake_limit("workbook_bytes")
    with path.open("wb") as target:
        while part := stream.read(1 << 20):
            total += len(part)
            if total > most:
                raise file_fault(name, f"{total:,}", "workbook_too_large")
            target.write(part)
    return path


def read_in_child(path: Path, form: str, *, name: str, layout: Layout | None = None) -> NativeFile:
    """The rows of a workbook, a Parquet file or a page of tables.

    Of several worksheets all are read whose header fits, wherever it stands; what is not read is noted.

    Parameters
    ----------
    path : Path
        The file, not packed.
    form : str
        ``workbook``, ``parquet``, ``html`` or ``xml_sheet``.
    name : str
        The file, for faults.
    layout : Layout, optional
        Where the rows are; the first visible worksheet that is not empty if not given.

    Returns
    -------
    NativeFile
        Its rows are taken from the other process as they are asked for.

    Raises
    ------
    InputFaults
        When the file is broken or asks for too much, at once or while its rows are taken.

    Examples
    --------
    >>> import pyarrow.parquet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.parquet"
    ...     pyarrow.parquet.write_table(pa.table({"a": [1, 2]}), path)
    ...     file = read_in_child(path, "parquet", name="a.parquet")
    ...     file.headers, [rows.table["a"].to_pylist() for rows in file.chunks]
    (('a',), [['1', '2']])
    """
    batches = _batches(path, form, name=name)
    if form == "parquet":
        schema = next(batches).schema
        if not schema.names:
            batches.close()
            raise file_fault(name, "", "file_empty")
        return NativeFile(clean_headers(schema.names, name=name), _chunks(batches, name=name))
    book = _Book(batches, layout, name)
    chunks = book.chunks()
    first = next(chunks, None)
    if first is None:
        raise file_fault(name, book.said(), "sheet_missing" if layout and layout.sheet else "file_empty")
    headers = tuple(first.table.column_names)
    return NativeFile(headers, itertools.chain([first], chunks), kind="workbook", notes=book.notes)


class _Book:
    """The worksheets of a file, one after another."""

    def __init__(self, batches: Iterator[pa.RecordBatch], layout: Layout | None, name: str) -> None:
        self.batches, self.layout, self.name = batches, layout, name
        self.notes: list[tuple[str, str, int]] = []
        self.read: list[str] = []
        self.left: list[str] = []
        self.n_rows = 0

    def said(self) -> str:
        """The names of the worksheets."""
        return ", ".join([*self.read, *self.left])

    def chunks(self) -> Iterator[NativeRows]:
        """The rows of all worksheets that are to be read; of the first that is not empty, where none is."""
        spare: NativeRows | None = None
        for said, pieces in _sheets(self.batches):
            sheet, is_visible = said["sheet"], said["is_visible"] == "yes"
            first = next(pieces, None)
            found = find_header(_rows_of(first), self.layout) if first is not None else None
            is_wanted = not self.layout or self.layout.sheet in ("", sheet)
            is_open = is_visible or bool(self.layout and self.layout.sheet)
            is_next = is_wanted and is_open and not (self.layout is None and self.read)
            if first is not None and found is not None and is_next:
                self.read.append(sheet)
                self.notes += found.notes(sheet) + _cell_notes(said)
                yield from self._table(first, pieces, found)
            elif first is not None and any(map(any, _rows_of(first))):
                self.left.append(sheet)
                plain = find_header(_rows_of(first), None) if is_visible and is_wanted else None
                if spare is None and plain is not None and not self.read:
                    spare = next(self._table(first, iter(()), plain))
            for _ in pieces:  # what is not read is still to be passed over
                pass
        if self.read and self.read + self.left != self.read[:1]:
            self.notes += [("sheet_read", sheet, 0) for sheet in self.read]
            self.notes += [("sheet_not_read", sheet, 0) for sheet in self.left]
        if not self.read and spare is not None:
            yield spare

    def _table(
        self, first: pa.RecordBatch, pieces: Iterator[pa.RecordBatch], found: FoundHeader
    ) -> Iterator[NativeRows]:
        headers = clean_headers(found.cells, name=self.name)
        for number, batch in enumerate(itertools.chain([first.slice(found.place + 1)], pieces)):
            table = pa.Table.from_batches([batch]).select(range(len(headers))).rename_columns(list(headers))
            is_filled = np.zeros(len(batch), dtype=bool)
            for column in table.columns:
                is_filled |= np.array(column.is_valid())
            table = table if is_filled.all() else table.filter(pa.array(is_filled))
            if len(table) or not number:
                numbers = np.arange(1, len(table) + 1, dtype=np.int64) + self.n_rows
                self.n_rows += len(table)
                yield NativeRows(table, numbers, ())


def _rows_of(batch: pa.RecordBatch) -> list[list[str | None]]:
    head = batch.slice(0, HEADER_ROWS)
    return [list(row) for row in zip(*(column.to_pylist() for column in head.columns), strict=True)]


def _cell_notes(said: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """What is to be said of the cells of a worksheet that is read."""
    sheet, n_filled, n_hidden = said["sheet"], int(said["n_filled"]), int(said["n_hidden"])
    notes = [("merged_filled", sheet, n_filled), ("hidden_rows", f"{sheet}: {said['hidden']}", n_hidden)]
    return [note for note in notes if note[2]]


def _sheets(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[dict[str, str], Iterator[pa.RecordBatch]]]:
    """Each worksheet: what the other process says of it, and its rows."""
    sheet_of = _SheetOf()
    for _, some in itertools.groupby(batches, key=sheet_of):
        rows = (batch for batch in some if len(batch))
        yield sheet_of.said, rows


class _SheetOf:
    """Of which worksheet a batch is: an empty one begins the next."""

    def __init__(self) -> None:
        self.number, self.said = 0, dict[str, str]()

    def __call__(self, batch: pa.RecordBatch) -> int:
        if not len(batch):
            self.said = {key.decode(): value.decode() for key, value in (batch.schema.metadata or {}).items()}
            self.number += 1
        return self.number


def _batches(path: Path, form: str, *, name: str) -> Generator[pa.RecordBatch, None, None]:
    """What the other process sends: for each worksheet an empty batch with its columns, then its rows."""
    limits = [str(intake_limit("child_memory_bytes")), str(intake_limit("child_seconds"))]
    command = [sys.executable, "-P", "-m", _READER, form, str(path.absolute()), *limits]
    found_at = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own module, and no shell
            command,
            env=os.environ | found_at | one_thread,
            stdout=subprocess.PIPE,
            stderr=said,
            stdin=subprocess.DEVNULL,
        ) as child,
    ):
        assert child.stdout is not None
        try:
            while True:
                with pa.ipc.open_stream(child.stdout) as stream:
                    yield pa.RecordBatch.from_pylist([], schema=stream.schema)
                    yield from stream
        except (pa.ArrowInvalid, OSError):
            pass  # its exit code tells why the stream broke off
        finally:
            child.stdout.close()
            if sys.exc_info()[0] is GeneratorExit:
                child.kill()
            code = child.wait()
        if code:
            said.seek(0)
            kind = form if form == "parquet" else "workbook"
            if code == BROKEN:
                raise file_fault(name, said.read(300).decode("utf-8", "replace"), f"{kind}_broken")
            raise file_fault(name, code, f"{kind}_too_large")


def _chunks(batches: Iterator[pa.RecordBatch], *, name: str) -> Iterator[NativeRows]:
    n_rows = 0
    for batch in batches:
        headers = clean_headers(batch.schema.names, name=name)
        table = pa.Table.from_batches([batch]).rename_columns(list(headers))
        yield NativeRows(table, np.arange(1, len(batch) + 1, dtype=np.int64) + n_rows, ())
        n_rows += len(batch)
