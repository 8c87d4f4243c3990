"""Copies of a ledger: an export that people and other programs read, and a backup that can be restored.

An export is one JSON object a line, every field of every event, and beside it a manifest with the number of
events, the head and the SHA-256 of the file. Taken in again and exported, it gives the same bytes. A backup
is a ledger in SQLite, whatever the original is in, with its head beside it. Both are read again and verified
before they get their name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any

from riskkit.foundation.events import Event, Head, canonical, chain_findings
from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.store.ledger.checks import read_head_file, verify, written_head
from riskkit.store.ledger.ledger import Ledger, open_ledger
from riskkit.store.ledger.tables import leave_log

_FORMAT = "riskkit-ledger-export-1"
_NAMES = {field.name for field in fields(Event)}
_CHUNK = 2000


def manifest_of(path: Path) -> Path:
    """Where the manifest of an export is.

    Examples
    --------
    >>> manifest_of(Path("a/ledger.jsonl")).name
    'ledger.jsonl.manifest.json'
    """
    return path.with_name(path.name + ".manifest.json")


def line_of(event: Event) -> str:
    """An event as a line of an export.

    Examples
    --------
    >>> line_of(Event(1, "a", "opened", '{"n":1}', "chair", "…", "", "k", "p", "h"))[:30]
    '{"at":"…","hash":"h","key":"k"'
    """
    return canonical(asdict(event)) + "\n"


def export_ledger(ledger: Ledger, path: Path, *, is_forced: bool = False) -> Head:
    """Write all events to a file, and its manifest beside it; the head that was written.

    Parameters
    ----------
    ledger : Ledger
    path : Path
        Of a new file; an export that its manifest still fits is replaced.
    is_forced : bool
        Whether any other file that is there is replaced too.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When the ledger is not whole or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     head = export_ledger(ledger, Path(there) / "ledger.jsonl")
    ...     ledger.close()
    >>> head.sequence
    0
    """
    _require_whole(ledger)
    head, sha = Head(), hashlib.sha256()
    ours, beside_ours = _known(path)
    with _replacing(path, ours=ours, is_forced=is_forced) as part:
        with part.open("wb") as file, ledger.reading() as reader:
            for event in reader.recorded():
                line = line_of(event).encode("utf-8")
                sha.update(line)
                file.write(line)
                head = Head(event.sequence, event.hash, event.at)
        _to_disk(part)
        facts = {"format": _FORMAT, "file": path.name, "n_events": head.sequence, "sha256": sha.hexdigest()}
        with _replacing(manifest_of(path), ours=beside_ours, is_forced=is_forced) as beside:
            beside.write_text(json.dumps({**facts, "head": asdict(head)}, indent=2) + "\n", encoding="utf-8")
            _to_disk(beside)
    return head


def read_export(path: Path) -> tuple[Event, ...]:
    """The events of an export, its chain and its manifest verified.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        With everything that is wrong.

    Examples
    --------
    >>> try:
    ...     read_export(Path("no such export.jsonl"))
    ... except InputFaults as error:
    ...     print(error.faults[0].rule)
    an export of a ledger with its manifest beside it
    """
    try:
        raw = path.read_bytes()
        manifest: dict[str, Any] = json.loads(manifest_of(path).read_text(encoding="utf-8"))
        wanted, head = str(manifest["sha256"]), Head(**manifest["head"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        rule = "an export of a ledger with its manifest beside it"
        raise InputFaults(str(path), [Fault(str(path), shown(str(error)), rule)]) from error
    faults = []
    if hashlib.sha256(raw).hexdigest() != wanted:
        faults.append(
            Fault(str(path), hashlib.sha256(raw).hexdigest()[:12], "a file with the hash of its manifest")
        )
    events = []
    for number, line in enumerate(raw.splitlines(), start=1):
        try:
            data = json.loads(line)
            if set(data) != _NAMES or type(data["sequence"]) is not int:
                raise ValueError(line)
            events.append(Event(**data))
        except (ValueError, TypeError):
            faults.append(Fault(f"{path.name}:{number}", shown(line[:60]), "an event of a ledger"))
    found = chain_findings(events, anchors=[head])
    faults += [Fault(f"event {one.sequence}", f"{one.kind}: {one.detail}", "a whole chain") for one in found]
    refuse(str(path), faults)
    return tuple(events)


def import_export(ledger: Ledger, path: Path) -> int:
    """Take an export into a ledger that is empty or holds its beginning; how many events were new.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When the export is not whole or the ledger holds something else. The ledger is as it was then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     _ = export_ledger(ledger, Path(there) / "ledger.jsonl")
    ...     n_new = import_export(ledger, Path(there) / "ledger.jsonl")
    ...     ledger.close()
    >>> n_new
    0
    """
    events = read_export(path)
    head = ledger.head()
    if head.sequence > len(events) or (head.sequence and events[head.sequence - 1].hash != head.hash):
        rule = "a ledger that is empty or holds the beginning of what is taken in"
        raise InputFaults(ledger.place, [Fault(ledger.place, f"event {head.sequence}", rule)])
    ledger.put_events(events[head.sequence :])
    return len(events) - head.sequence


def backup(ledger: Ledger, path: Path) -> Head:
    """Copy a ledger, while it is used or not, to a ledger in SQLite with its head beside it.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When the ledger is not whole, or there is something at that place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     head = backup(ledger, Path(there) / "backup.sqlite")
    ...     ledger.close()
    >>> head.sequence
    0
    """
    _require_whole(ledger)
    if path.exists():
        raise InputFaults(str(path), [Fault("--out", str(path), "a file that is not there yet")])
    with _replacing(path) as part, _folder_beside(path) as folder:
        copy = open_ledger(str(folder / path.name))
        try:
            with ledger.reading() as reader:
                rows = reader.recorded()
                while some := tuple(islice(rows, _CHUNK)):
                    copy.put_events(some)
            _require_whole(copy)
            head = copy.head()
            leave_log(copy.engine)
        finally:
            copy.close()
        (folder / path.name).rename(part)
    head_file = path.with_name(path.name + ".head.json")
    with _replacing(head_file, ours=_known_head(head_file)) as beside:
        beside.write_text(written_head(head, place=ledger.place), encoding="utf-8")
        _to_disk(beside)
    return head


def restore(path: Path, place: str) -> Head:
    """Put a backup back as a ledger at a place where there is none, or an empty one.

    Parameters
    ----------
    path : Path
        The backup.
    place : str
        A path or a URL.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When the backup is not whole, or the ledger there is not empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     _ = backup(ledger, Path(there) / "backup.sqlite")
    ...     ledger.close()
    ...     head = restore(Path(there) / "backup.sqlite", f"{there}/again.sqlite")
    >>> head.sequence
    0
    """
    kept = open_ledger(str(path), is_reader=True)
    try:
        _require_whole(kept)
        ledger = open_ledger(place)
        try:
            if ledger.head().sequence:
                rule = "a place where there is no ledger, or an empty one"
                raise InputFaults(ledger.place, [Fault("--ledger", ledger.place, rule)])
            with kept.reading() as reader:
                ledger.put_events(tuple(reader.recorded()))
            return ledger.head()
        finally:
            ledger.close()
    finally:
        kept.close()


def _require_whole(ledger: Ledger) -> None:
    found = verify(ledger).findings
    refuse(
        ledger.place,
        [Fault(f"event {one.sequence}", f"{one.kind}: {one.detail}", "a whole chain") for one in found],
    )


@contextlib.contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    """For a database and the files beside it, which are swept with it if this process is killed."""
    folder = path.with_name(part_files.part_name(path.name))
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _known(path: Path) -> tuple[set[str], set[str]]:
    """The SHA-256 of an export that is there, and of its manifest, where the manifest is one of ours."""
    try:
        content = manifest_of(path).read_bytes()
        found = json.loads(content)
        if found["format"] != _FORMAT or found["file"] != path.name:
            return set(), set()
        return {str(found["sha256"])}, {hashlib.sha256(content).hexdigest()}
    except (OSError, ValueError, LookupError, TypeError):
        return set(), set()


def _known_head(path: Path) -> set[str]:
    """The SHA-256 of a head file that is there, left by a backup that is not there any more."""
    try:
        read_head_file(path)
        return {hashlib.sha256(path.read_bytes()).hexdigest()}
    except (OSError, InputFaults):
        return set()


@contextlib.contextmanager
def _replacing(path: Path, *, ours: Collection[str] = (), is_forced: bool | None = None) -> Iterator[Path]:
    """A name of our own beside a file that becomes it when all went well."""
    try:
        with part_files.writing(path, ours=ours, is_forced=is_forced) as part:
            yield part
        folder = os.open(path.absolute().parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise InputFaults(
            str(path), [Fault("--out", shown(str(error)), "a file that can be written")]
        ) from error


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
