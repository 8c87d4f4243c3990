"""Rows of workbooks and Parquet files, read in a process of its own that has a bound on memory and time."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.evidence import intake_limit
from riskkit.monitoring.sources.child_reader import BROKEN
from riskkit.monitoring.sources.file_faults import file_fault
from riskkit.monitoring.sources.native import NativeFile, NativeRows, clean_headers

_READER = "riskkit.monitoring.sources.child_reader"


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


def read_in_child(path: Path, form: str, *, name: str) -> NativeFile:
    """The rows of a workbook or Parquet file.

    Parameters
    ----------
    path : Path
        The file, not packed.
    form : str
        ``workbook`` or ``parquet``.
    name : str
        The file, for faults.

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
    schema = next(batches).schema
    if not schema.names:
        batches.close()
        raise file_fault(name, "", "file_empty")
    return NativeFile(clean_headers(schema.names, name=name), _chunks(batches, name=name))


def _batches(path: Path, form: str, *, name: str) -> Generator[pa.RecordBatch, None, None]:
    """What the other process sends, after an empty batch that tells the columns."""
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
            rule = f"{form}_broken" if code == BROKEN else f"{form}_too_large"
            raise file_fault(
                name, said.read(300).decode("utf-8", "replace") if code == BROKEN else code, rule
            )


def _chunks(batches: Iterator[pa.RecordBatch], *, name: str) -> Iterator[NativeRows]:
    n_rows = 0
    for batch in batches:
        headers = clean_headers(batch.schema.names, name=name)
        table = pa.Table.from_batches([batch]).rename_columns(list(headers))
        yield NativeRows(table, np.arange(1, len(batch) + 1, dtype=np.int64) + n_rows, ())
        n_rows += len(batch)
