"""The manifest of a register: which files it consists of, and what was ever read into it.

The register is what its manifest says. Files are written first and named by the manifest afterwards, in one
rename; a writer that is stopped at any moment leaves the register as it was, or as it was to become.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown

FORMAT = 1
MANIFEST = "manifest.json"
NO_YEAR = 0
KINDS = ("records", "quarantine", "ids", "superseded")


@dataclass(frozen=True)
class Part:
    """One file of a register.

    Parameters
    ----------
    kind : str
        ``records``, ``quarantine``, ``ids`` or ``superseded``: ids of records that do not count because
        another row of the same notice does.
    path : str
        Under the folder of the register.
    source : str
        Whose rows are in it.
    year : int
        Year of their date; 0 for rows without one, and for quarantine and ids.
    rows, n_bytes : int
        How much it holds.
    """

    kind: str
    path: str
    source: str
    year: int
    rows: int
    n_bytes: int


@dataclass(frozen=True)
class Ingest:
    """One file that was read into a register.

    Parameters
    ----------
    number : int
        Counted from 1.
    file_name, file_sha256 : str
        Which file.
    n_bytes : int
        Its size.
    source : str
        As whose file it was read.
    reader_version : int
        Version of the reader.
    at : str
        When, in ISO 8601.
    n_read, n_accepted, n_quarantined, n_duplicates : int
        Rows; the first is the sum of the others.
    n_newer, n_translations, n_restated : int
        Accepted rows of notices known before: later versions, other languages, and rows of the same or an
        earlier day. The other accepted rows are new.
    """

    number: int
    file_name: str
    file_sha256: str
    n_bytes: int
    source: str
    reader_version: int
    at: str
    n_read: int
    n_accepted: int
    n_quarantined: int
    n_duplicates: int
    n_newer: int = 0
    n_translations: int = 0
    n_restated: int = 0

    @property
    def n_new(self) -> int:
        """Accepted rows that are no further row of a known notice."""
        return self.n_accepted - self.n_newer - self.n_translations - self.n_restated


@dataclass(frozen=True)
class Manifest:
    """What a register consists of.

    Parameters
    ----------
    generation : int
        How often it was changed.
    parts : tuple of Part
    ingests : tuple of Ingest
    """

    generation: int = 0
    parts: tuple[Part, ...] = ()
    ingests: tuple[Ingest, ...] = ()

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """The files of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)

    def ingest_of(self, file_sha256: str, source: str) -> Ingest | None:
        """When a file was read as a file of a source, if it was."""
        found = (one for one in self.ingests if (one.file_sha256, one.source) == (file_sha256, source))
        return next(found, None)

    def changed(
        self, *, without: Iterable[Part] = (), parts: Iterable[Part] = (), ingests: Iterable[Ingest] = ()
    ) -> Manifest:
        """The next generation."""
        gone = {part.path for part in without}
        kept = tuple(part for part in self.parts if part.path not in gone)
        added = (*self.ingests, *ingests)
        return replace(self, generation=self.generation + 1, parts=(*kept, *parts), ingests=added)


def read_manifest(folder: Path) -> Manifest:
    """What a register consists of; nothing, where there is none yet.

    Parameters
    ----------
    folder : Path
        The register.

    Raises
    ------
    InputFaults
        When the folder holds something else, or a register of another format.

    Examples
    --------
    >>> read_manifest(Path("no such register")).generation
    0
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise _fault(path, f"format {data['format']}", RuleText("a register of format {}", FORMAT))
        parts = tuple(Part(**_inside(one)) for one in data["parts"])
        return Manifest(int(data["generation"]), parts, tuple(Ingest(**one) for one in data["ingests"]))
    except FileNotFoundError:
        _require_free(folder)
        return Manifest()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InputFaults):
            raise
        raise _fault(path, str(error), "the manifest of a register") from error


def _inside(part: dict[str, Any]) -> dict[str, Any]:
    """A part whose path stays in the register."""
    path = Path(part["path"])
    if path.is_absolute() or ".." in path.parts or part["kind"] not in KINDS:
        raise ValueError(f"part {shown(part)}")
    return part


def _require_free(folder: Path) -> None:
    """A folder in which somebody else keeps things is no place for a register."""
    ours = {*KINDS, "writer.lock", "readers.lock"}
    try:
        if not folder.exists() and not folder.is_symlink():
            return
        strange = [one.name for one in folder.iterdir() if one.name not in ours and one.suffix != ".new"]
    except OSError as error:
        raise _fault(folder, error.strerror, "a folder for a register") from error
    if strange:
        raise _fault(folder, ", ".join(sorted(strange)[:5]), "a register, or an empty folder")


def _fault(path: Path, value: object, rule: str) -> InputFaults:
    return InputFaults(path.name, [Fault(str(path), shown(value), rule)])


def require_parts(folder: Path, manifest: Manifest) -> None:
    """Every file of a register is there and has its size, as after a copy that came to its end.

    Parameters
    ----------
    folder : Path
        The register.
    manifest : Manifest
        What it consists of.

    Raises
    ------
    InputFaults
        With every file that is not.

    Examples
    --------
    >>> lost = Manifest(parts=(Part("ids", "ids/s/1.ids", "s", 0, 1, 16),))
    >>> try:
    ...     require_parts(Path("no such register"), lost)
    ... except InputFaults as error:
    ...     print(error.faults[0].value, error.faults[0].rule)
    – / 16 B a file of the register, as it was written
    """
    found = [(folder / part.path, part.n_bytes, _size(folder / part.path)) for part in manifest.parts]
    rule = "a file of the register, as it was written"
    refuse(
        str(folder),
        [
            Fault(str(path), f"{'–' if size is None else size} / {n_bytes} B", rule)
            for path, n_bytes, size in found
            if size != n_bytes
        ],
    )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a register what a manifest says, at one stroke; its files must be on the disk before.

    Parameters
    ----------
    folder : Path
        The register, which is there.
    manifest : Manifest
        Its next generation.

    Raises
    ------
    OSError
        When it cannot be written; the register is as before.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     write_manifest(Path(there), Manifest(generation=3))
    ...     read_manifest(Path(there)).generation
    3
    """
    data: dict[str, Any] = {"format": FORMAT, "generation": manifest.generation}
    data["parts"] = [asdict(one) for one in manifest.parts]
    data["ingests"] = [asdict(one) for one in manifest.ingests]
    waiting = folder / f"{MANIFEST}.new"
    with waiting.open("w", encoding="utf-8") as target:
        json.dump(data, target, ensure_ascii=False)
        target.flush()
        os.fsync(target.fileno())
    waiting.replace(folder / MANIFEST)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk.

    Examples
    --------
    >>> sync_folder(Path("."))
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
