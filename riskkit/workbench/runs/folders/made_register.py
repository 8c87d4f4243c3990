"""A register to look at: one's own folder, or the made one, which is read in once and kept."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from pathlib import Path

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.monitoring.sources.catalogue import SOURCES
from riskkit.monitoring.sources.files.opened import file_facts
from riskkit.monitoring.sources.intake import read_records
from riskkit.monitoring.sources.source import Source
from riskkit.store.register.changes import Origin, ingest
from riskkit.store.register.manifest import MANIFEST, read_manifest, require_parts
from riskkit.workbench.runs.folders.kept_results import kept_tree
from riskkit.workbench.runs.folders.resources import source_sha256

MADE = "register_sample"
READ_ON = dt.date(2026, 1, 31)
"""The day on which the made register is read: the same rows are then accepted on every day."""


def register_folder(name: str) -> Path:
    """Where a register is."""
    if name in ("", MADE):
        return made_register()
    folder = Path(name)
    is_register = folder.is_dir() and (folder / "manifest.json").is_file()
    refuse("register", [] if is_register else [Fault("register", shown(name), "the folder of a register")])
    return folder


@functools.cache
def made_register() -> Path:
    """The made register, read in once for all who look."""
    files = [file_facts(file) for file in sorted((shipped.home() / "data" / MADE).glob("*.csv"))]
    key = ["made register/1", source_sha256(), *(one.sha256 for one in files)]
    return kept_tree(key, _read_in, is_whole=_is_whole)


def _read_in(folder: Path) -> None:
    readers = {source.name: source for source in SOURCES}
    for file in sorted((shipped.home() / "data" / MADE).glob("*.csv")):
        take_in(folder, file, readers[file.stem], now=READ_ON)


def _is_whole(folder: Path) -> bool:
    try:
        require_parts(folder, read_manifest(folder))
    except InputFaults:
        return False
    return (folder / MANIFEST).is_file()


def take_in(folder: Path, file: Path, source: Source, *, now: dt.date) -> None:
    """Read a file into a register."""
    facts = file_facts(file)
    at = dt.datetime.combine(now, dt.time(), dt.UTC).isoformat()
    origin = Origin(facts.name, facts.sha256, facts.size, source.name, source.version, at)
    ingest(folder, origin, read_records(facts, source, now=now, others=SOURCES))


def register_sha256(folder: Path) -> str:
    """One digest of all files that were read into a register, in whatever order."""
    files = sorted(f"{one.source} {one.file_sha256}" for one in read_manifest(folder).ingests)
    return hashlib.sha256("\n".join(files).encode()).hexdigest()
