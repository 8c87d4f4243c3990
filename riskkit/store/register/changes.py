"""Changes of a register: reading a file in, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa  # type: ignore[import-untyped]

from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.store.register.ids import SeenIds, open_run, write_run
from riskkit.store.register.lock import sweeping, writing
from riskkit.store.register.manifest import (
    KINDS,
    NO_YEAR,
    Ingest,
    Manifest,
    Part,
    read_manifest,
    require_parts,
    write_manifest,
)
from riskkit.store.register.parts import AsideWriter, PartWriter, sync_file
from riskkit.store.register.versions import Versions, versions

_MOST_RUNS = 8
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Rows(Protocol):
    """Some rows of a file: what is accepted, what is put aside, and how many rows they were."""

    @property
    def records(self) -> pa.Table:
        """The accepted rows, as records."""

    @property
    def quarantine(self) -> pa.Table:
        """One line for each rule that another row breaks."""

    @property
    def n_read(self) -> int:
        """Rows read."""

    @property
    def n_quarantined(self) -> int:
        """Rows set aside."""


@dataclass(frozen=True)
class Origin:
    """The file that rows come from.

    Parameters
    ----------
    file_name, file_sha256 : str
        Which file.
    n_bytes : int
        Its size.
    source : str
        As whose file it is read.
    reader_version : int
        Version of the reader.
    at : str
        When, in ISO 8601.
    """

    file_name: str
    file_sha256: str
    n_bytes: int
    source: str
    reader_version: int
    at: str


def ingest(folder: Path, origin: Origin, rows: Iterable[Rows], *, wait: float = 0.0) -> tuple[Ingest, bool]:
    """Read a file into a register, whole or not at all.

    A file that was read as a file of that source before changes nothing. A row that says exactly what a row
    of that source in the register says, or an earlier one of the file, is dropped and counted. Of the rows
    with one notice number only one counts, see `riskkit.store.register.versions`.

    Parameters
    ----------
    folder : Path
        The register; made if it is not there.
    origin : Origin
        The file.
    rows : iterable of Rows
        What is in it; not asked for when the file is known.
    wait : float
        How long to wait for another writer. [s]

    Returns
    -------
    Ingest
        Its entry in the log.
    bool
        Whether the register was changed.

    Raises
    ------
    InputFaults
        When another writer is at work, when the disk is full, when files of the register are lost, or when
        `rows` refuses the file. The register is as before then.

    Examples
    --------
    >>> import tempfile
    >>> from types import SimpleNamespace
    >>> from riskkit.foundation.records.evidence import quarantine_schema, stored_schema
    >>> some = SimpleNamespace(records=stored_schema().empty_table(), n_read=0, n_quarantined=0,
    ...                        quarantine=quarantine_schema().empty_table())
    >>> one = Origin("a.csv", "0" * 64, 1, "s", 1, "2026-01-31T00:00:00+00:00")
    >>> with tempfile.TemporaryDirectory() as there:
    ...     [ingest(Path(there), one, [some])[1] for _ in range(2)]
    [True, False]
    """
    with changing(folder, wait=wait) as manifest:
        known = manifest.ingest_of(origin.file_sha256, origin.source)
        if known is not None:
            return known, False
        try:
            after = _taken(folder, manifest, origin, rows=rows)
            write_manifest(folder, after)
        except BaseException:
            if read_manifest(folder).generation == manifest.generation:
                abandon(folder, manifest.generation + 1)
            raise
        return after.ingests[-1], True


@contextlib.contextmanager
def changing(folder: Path, *, wait: float = 0.0) -> Iterator[Manifest]:
    """The register as it is, for the one who may change it; what the disk refuses is told as a fault.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, changing(Path(there)) as manifest:
    ...     manifest.generation
    0
    """
    manifest = read_manifest(folder)
    with writing(folder, wait=wait):
        try:
            manifest = read_manifest(folder)
            sweep(folder, manifest)
            require_parts(folder, manifest)
            yield manifest
        except OSError as error:
            rule = "a register that can be written to; it is as before"
            if error.errno in _FULL:
                rule = "room on the disk; the register is as before"
            raise InputFaults(str(folder), [Fault(str(folder), str(error.strerror), rule)]) from error


def sweep(folder: Path, manifest: Manifest) -> int:
    """Remove what no manifest names any more, if nobody reads; gives the number of files.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     (Path(there) / "ids").mkdir()
    ...     _ = (Path(there) / "ids" / "left.ids").write_bytes(b"")
    ...     sweep(Path(there), Manifest())
    1
    """
    named = {folder / part.path for part in manifest.parts}
    with sweeping(folder) as may:
        found = [path for kind in KINDS for path in (folder / kind).rglob("*")] if may else []
        left = [path for path in found if path not in named and not path.is_dir()]
        for path in left:
            path.unlink()
        for path in sorted((path for path in found if path.is_dir()), reverse=True):
            with contextlib.suppress(OSError):
                path.rmdir()
    return len(left)


def abandon(folder: Path, number: int) -> None:
    """Remove the files of a change that did not come to be.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     (Path(there) / "ids").mkdir()
    ...     _ = (Path(there) / "ids" / "00000007-000.ids").write_bytes(b"")
    ...     abandon(Path(there), 7)
    ...     list((Path(there) / "ids").iterdir())
    []
    """
    for kind in KINDS:
        for path in (folder / kind).rglob(f"{number:08d}*"):
            with contextlib.suppress(OSError):
                path.unlink()


def _taken(folder: Path, manifest: Manifest, origin: Origin, *, rows: Iterable[Rows]) -> Manifest:
    """The manifest with the rows of a file in it; its files are written and on the disk."""
    number, source = manifest.generation + 1, origin.source
    runs = [part for part in manifest.of_kind("ids") if part.source == source]
    ids = folder / "ids" / source
    ids.mkdir(parents=True, exist_ok=True)
    seen = SeenIds([open_run(folder / run.path) for run in runs], ids, f"{number:08d}")
    records, aside = PartWriter(folder, source, number=number), AsideWriter(folder, source, number=number)
    n_read = n_accepted = n_quarantined = 0
    try:
        for some in rows:
            n_read, n_quarantined = n_read + some.n_read, n_quarantined + some.n_quarantined
            aside.add(some.quarantine)
            fresh = _fresh(some.records, seen)
            n_accepted += len(fresh)
            records.add(fresh)
        fresh_parts = records.close()
        written = (*fresh_parts, *aside.close())
    except BaseException:
        records.abandon()
        aside.abandon()
        raise
    kept = [part for part in manifest.of_kind("superseded") if part.source == source]
    told = Versions(tuple(kept), 0, 0, 0)
    if records.has_notices:
        before = [part for part in manifest.of_kind("records") if part.source == source]
        told = versions(folder, before, fresh_parts, source=source, number=number)
    entry = Ingest(
        number=len(manifest.ingests) + 1,
        n_read=n_read,
        n_accepted=n_accepted,
        n_quarantined=n_quarantined,
        n_duplicates=n_read - n_accepted - n_quarantined,
        n_newer=told.n_newer,
        n_translations=told.n_translations,
        n_restated=told.n_restated,
        **vars(origin),
    )
    gone, new_runs = _id_parts(folder, seen, runs, source=source)
    replaced = [*gone, *(part for part in kept if part not in told.parts)]
    added = (*written, *new_runs, *(part for part in told.parts if part not in kept))
    return manifest.changed(without=replaced, parts=added, ingests=[entry])


def _fresh(records: pa.Table, seen: SeenIds) -> pa.Table:
    if not len(records):
        return records
    is_new = seen.new_rows(records["record_id"].combine_chunks())
    return records if is_new.all() else records.filter(pa.array(is_new))


def _id_parts(
    folder: Path, seen: SeenIds, runs: Sequence[Part], *, source: str
) -> tuple[Sequence[Part], Sequence[Part]]:
    """The files of ids that are replaced, and those that come in their place or beside them."""
    seen.spill()
    gone: Sequence[Part] = ()
    paths = seen.spilled
    if len(runs) + len(paths) > _MOST_RUNS:
        merged = seen.folder / f"{seen.name}-all.ids"
        write_run(merged, seen.kept)
        gone, paths = runs, [merged]
    return gone, [_id_part(folder, path, source) for path in paths]


def _id_part(folder: Path, path: Path, source: str) -> Part:
    inside = path.relative_to(folder).as_posix()
    n_bytes = sync_file(folder, inside)
    return Part("ids", inside, source, NO_YEAR, n_bytes // 16, n_bytes)
