"""Many small files of a register as few large ones, without losing a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pa_parquet  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.foundation.records.evidence import intake_limit, quarantine_schema, stored_schema
from riskkit.store.register.changes import abandon, changing
from riskkit.store.register.ids import open_run, write_run
from riskkit.store.register.manifest import NO_YEAR, Manifest, Part, read_manifest, write_manifest
from riskkit.store.register.parts import AsideWriter, PartWriter, sync_file

_ROWS = 50_000
_SPOILED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError, pa.ArrowTypeError)
_LARGE = 1 << 28
"""A file of this size is left as it is: reading it again would cost more than it brings. [bytes]"""


def compact(folder: Path, *, wait: float = 0.0) -> tuple[int, int]:
    """Put the files of each source and year together.

    Readers who are at it go on with the old files; those are removed by the next change of the register that
    finds no reader.

    Parameters
    ----------
    folder : Path
        The register.
    wait : float
        How long to wait for another writer. [s]

    Returns
    -------
    int, int
        Files before and after.

    Raises
    ------
    InputFaults
        When another writer is at work, when the disk is full, or when a file does not hold the rows that the
        manifest says. The register is as before then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     compact(Path(there))
    (0, 0)
    """
    with changing(folder, wait=wait) as before:
        return _merged(folder, before, _groups(before))


def tidy(folder: Path, *, wait: float = 0.0) -> tuple[int, int]:
    """Put small files together once there are many, as happens when many small files are read in.

    A file is left alone while the smaller ones beside it come to less than half of it, so that a row is
    written again a few times and not at every turn.

    Parameters
    ----------
    folder, wait
        As for `compact`.

    Returns
    -------
    int, int
        Files before and after.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     tidy(Path(there))
    (0, 0)
    """
    now = read_manifest(folder)
    if len(now.parts) < intake_limit("loose_parts") or not _is_loose(_small_groups(now)):
        return len(now.parts), len(now.parts)
    with changing(folder, wait=wait) as before:
        return _merged(folder, before, _small_groups(before))


def _groups(manifest: Manifest) -> list[list[Part]]:
    """The files that may be one."""
    found: dict[tuple[str, str, int], list[Part]] = defaultdict(list)
    for part in manifest.parts:
        if part.kind == "ids" or part.n_bytes <= _LARGE:
            found[part.kind, part.source, part.year].append(part)
    return [parts for parts in found.values() if len(parts) > 1]


def _small_groups(manifest: Manifest) -> list[list[Part]]:
    """The small files that may be one; ids see to that themselves."""
    groups = [sorted(parts, key=lambda part: part.n_bytes) for parts in _groups(manifest)]
    small = [_up_to_the_first_large(parts) for parts in groups if parts[0].kind != "ids"]
    return [parts for parts in small if len(parts) > 1]


def _up_to_the_first_large(parts: Sequence[Part]) -> list[Part]:
    small, n_bytes = [parts[0]], parts[0].n_bytes
    for part in parts[1:]:
        if part.n_bytes > 2 * n_bytes:
            break
        small.append(part)
        n_bytes += part.n_bytes
    return small


def _is_loose(groups: Sequence[Sequence[Part]]) -> bool:
    return sum(len(parts) - 1 for parts in groups) >= intake_limit("loose_parts")


def _merged(folder: Path, before: Manifest, groups: Sequence[Sequence[Part]]) -> tuple[int, int]:
    if not groups:
        return len(before.parts), len(before.parts)
    try:
        made = [one for parts in groups for one in _together(folder, before, parts)]
        after = before.changed(without=[part for parts in groups for part in parts], parts=made)
        write_manifest(folder, after)
    except BaseException:
        if read_manifest(folder).generation == before.generation:
            abandon(folder, before.generation + 1)
        raise
    return len(before.parts), len(after.parts)


def _together(folder: Path, before: Manifest, parts: Sequence[Part]) -> tuple[Part, ...]:
    """Some files of one kind, source and year as one; the number of rows is checked."""
    number, source, kind = before.generation + 1, parts[0].source, parts[0].kind
    if kind == "ids":
        made: tuple[Part, ...] = (_ids(folder, parts, number=number),)
    else:
        is_record = kind == "records"
        writer = (PartWriter if is_record else AsideWriter)(folder, source, number=number)
        try:
            for rows in _rows(folder, parts, stored_schema() if is_record else quarantine_schema()):
                writer.add(rows)
            made = writer.close()
        except _SPOILED as error:
            writer.abandon()
            raise _spoiled(folder, parts) from error
        except BaseException:
            writer.abandon()
            raise
    if sum(one.rows for one in made) != sum(one.rows for one in parts):
        raise _spoiled(folder, parts)
    return made


def _spoiled(folder: Path, parts: Sequence[Part]) -> InputFaults:
    rule = "among these files, the rows that the manifest says"
    faults = [Fault(str(folder / part.path), f"{part.n_bytes} B", rule) for part in parts]
    return InputFaults(str(folder), faults)


def _rows(folder: Path, parts: Sequence[Part], schema: pa.Schema) -> Iterator[pa.Table]:
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    for part in parts:
        there = set(pa_parquet.read_schema(folder / part.path).names)
        listed = [name for name in words if name in there]
        file = pa_parquet.ParquetFile(folder / part.path, read_dictionary=listed)
        for batch in file.iter_batches(batch_size=_ROWS):
            yield _in_columns(pa.Table.from_batches([batch]), schema)


def _in_columns(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows in the columns of today; one that files of an earlier version lack is missing."""
    cells = [
        rows[field.name] if field.name in rows.column_names else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.table(cells, names=schema.names).cast(schema)


def _ids(folder: Path, parts: Sequence[Part], *, number: int) -> Part:
    source = parts[0].source
    path = f"ids/{source}/{number:08d}-all.ids"
    write_run(folder / path, [open_run(folder / part.path) for part in parts])
    n_bytes = sync_file(folder, path)
    return Part("ids", path, source, NO_YEAR, n_bytes // 16, n_bytes)
