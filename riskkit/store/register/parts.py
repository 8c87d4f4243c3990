"""The Parquet files of a register: rows are parted by year, gathered, and written in large groups."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]

from riskkit.foundation.records.evidence import LONG_TEXTS, quarantine_schema, stored_schema
from riskkit.store.register.manifest import NO_YEAR, Part, sync_folder

GROUP_ROWS = 250_000
_MOST_WAITING = 1_000_000


def record_writer(path: Path) -> pa_parquet.ParquetWriter:
    """A Parquet file of records that is being written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, record_writer(Path(there) / "a.parquet") as writer:
    ...     writer.schema.names[:2]
    ['record_id', 'source']
    """
    words = [name for name in stored_schema().names if name not in LONG_TEXTS]
    return pa_parquet.ParquetWriter(
        path,
        stored_schema(),
        compression="zstd",
        compression_level=1,
        use_dictionary=words,
        store_schema=False,
    )


def by_year(records: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each year; those without a date or a year under 0.

    Parameters
    ----------
    records : pyarrow.Table
        With a column ``date``, and perhaps ``date_year`` for rows without a day.

    Yields
    ------
    int
        The year.
    pyarrow.Table
        Its rows, in their order.

    Examples
    --------
    >>> import datetime as dt
    >>> rows = pa.table({"date": [dt.date(2020, 5, 1), None, dt.date(2019, 1, 1), dt.date(2020, 1, 1)]})
    >>> [(year, part.num_rows) for year, part in by_year(rows)]
    [(0, 1), (2019, 1), (2020, 2)]
    """
    stated = [records["date_year"]] if "date_year" in records.column_names else []
    years = np.array(pc.coalesce(pc.year(records["date"]), *stated, NO_YEAR), dtype=np.int64)
    known = np.unique(years)
    if len(known) == 1:
        yield int(known[0]), records
        return
    order = np.argsort(years, kind="stable")
    in_order = records.take(pa.array(order))
    starts = [*np.searchsorted(years[order], known).tolist(), len(years)]
    for year, start, end in zip(known.tolist(), starts, starts[1:], strict=False):
        yield year, in_order.slice(start, end - start)


class PartWriter:
    """Writes records of one source to the files of their years.

    Parameters
    ----------
    folder : Path
        The register.
    source : str
        Whose records they are.
    number : int
        Of this change of the register; the files are called after it.
    """

    def __init__(self, folder: Path, source: str, *, number: int) -> None:
        self.folder, self.source, self.number = folder, source, number
        self.waiting: dict[int, list[pa.Table]] = defaultdict(list)
        self.n_waiting: dict[int, int] = defaultdict(int)
        self.writers: dict[int, pa_parquet.ParquetWriter] = {}
        self.rows: dict[int, int] = defaultdict(int)
        self.has_notices = False

    def path(self, year: int) -> str:
        """Where the rows of a year go, under the register."""
        return f"records/source={self.source}/year={year}/{self.number:08d}.parquet"

    def add(self, records: pa.Table) -> None:
        """Take some records; what is enough for a group is written."""
        self.has_notices |= records["notice"].null_count < len(records)
        for year, rows in by_year(records):
            self.waiting[year].append(rows)
            self.n_waiting[year] += len(rows)
        largest = max(self.n_waiting, key=self.n_waiting.__getitem__, default=NO_YEAR)
        while self.n_waiting[largest] >= GROUP_ROWS or sum(self.n_waiting.values()) > _MOST_WAITING:
            self._write(largest)
            largest = max(self.n_waiting, key=self.n_waiting.__getitem__)

    def _write(self, year: int) -> None:
        rows = pa.concat_tables(self.waiting.pop(year)).unify_dictionaries()
        self.n_waiting.pop(year)
        if year not in self.writers:
            path = self.folder / self.path(year)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.writers[year] = record_writer(path)
        self.writers[year].write_table(rows, row_group_size=GROUP_ROWS)
        self.rows[year] += len(rows)

    def close(self) -> tuple[Part, ...]:
        """Write what waits, and have it all on the disk."""
        for year in list(self.waiting):
            self._write(year)
        for writer in self.writers.values():
            writer.close()
        return tuple(
            Part(
                "records",
                self.path(year),
                self.source,
                year,
                self.rows[year],
                sync_file(self.folder, self.path(year)),
            )
            for year in sorted(self.writers)
        )

    def abandon(self) -> None:
        """Give up what is being written."""
        _closed(*self.writers.values())


class AsideWriter:
    """Writes the quarantine of one file.

    Parameters
    ----------
    folder : Path
        The register.
    source : str
        As whose file it is read.
    number : int
        Of this change of the register; the file is called after it.
    """

    def __init__(self, folder: Path, source: str, *, number: int) -> None:
        self.folder, self.source, self.rows = folder, source, 0
        self.path = f"quarantine/source={source}/{number:08d}.parquet"
        self.writer: pa_parquet.ParquetWriter | None = None

    def add(self, lines: pa.Table) -> None:
        """Take some lines."""
        if not len(lines):
            return
        if self.writer is None:
            path = self.folder / self.path
            path.parent.mkdir(parents=True, exist_ok=True)
            self.writer = pa_parquet.ParquetWriter(path, quarantine_schema(), compression="zstd")
        self.writer.write_table(lines)
        self.rows += len(lines)

    def close(self) -> tuple[Part, ...]:
        """Have it all on the disk; no file where there was nothing to put aside."""
        if self.writer is None:
            return ()
        self.writer.close()
        n_bytes = sync_file(self.folder, self.path)
        return (Part("quarantine", self.path, self.source, NO_YEAR, self.rows, n_bytes),)

    def abandon(self) -> None:
        """Give up what is being written."""
        _closed(self.writer)


def _closed(*writers: pa_parquet.ParquetWriter | None) -> None:
    """Close what is given up; a full disk may refuse even that."""
    for writer in writers:
        if writer is not None:
            with contextlib.suppress(OSError, pa.ArrowException):
                writer.close()


def sync_file(folder: Path, path: str) -> int:
    """Have a file and the folders above it on the disk; gives its size in bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     _ = (Path(there) / "a").write_bytes(b"xy")
    ...     sync_file(Path(there), "a")
    2
    """
    file = folder / path
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
        size = os.fstat(handle).st_size
    finally:
        os.close(handle)
    above = file.parent
    while above != folder.parent:
        sync_folder(above)
        above = above.parent
    return size
