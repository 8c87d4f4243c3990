"""Files that are written whole or not at all, and never over what somebody else wrote.

Everything is written under a name of our own first and then put in place. A file that is already there is
replaced only if its content is known to be ours or somebody asked for it. Folders are held open while they
are written to, and a link below the folder that somebody named is refused, so that nothing is ever written
or removed elsewhere. What a killed process left under such a name is swept by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.inputs.held_folders import Folder, held, is_ours

NEW_FILE = "a new file; --force replaces this one"
OUR_FILE = "a new file, or one that riskkit wrote and nobody changed since"
NO_FOLDER = "a file, not a folder"
_PART = re.compile(r".+\.part-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}", re.DOTALL)
_LONGEST = 200  # bytes of the name; what is added has 35, and a file system takes 255


def this_host() -> str:
    """The machine in the names of unfinished files: a process can be looked up on its own machine only.

    Examples
    --------
    >>> len(this_host())
    8
    """
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def part_name(name: str) -> str:
    """The name under which this process writes a file or folder until it is complete.

    Examples
    --------
    >>> is_left(part_name("a.csv")), part_name("a.csv").startswith("a.csv.part-")
    (False, True)
    """
    short = os.fsencode(name)[:_LONGEST].decode(errors="ignore")
    return f"{short}.part-{this_host()}-{os.getpid()}-{secrets.token_hex(4)}"


def is_left(name: str, pattern: re.Pattern[str] = _PART) -> bool:
    """Whether a name is one of ours whose process, on this machine, is gone.

    Parameters
    ----------
    name : str
    pattern : re.Pattern
        With the host and the number of the process as its first two groups.

    Examples
    --------
    >>> is_left("a.csv.part-00000000-1-00000000"), is_left("my.part-2")
    (False, False)
    """
    found = pattern.fullmatch(name)
    if found is None or found[1] != this_host() or int(found[2]) == os.getpid():
        return False
    import psutil  # type: ignore[import-untyped]

    return not psutil.pid_exists(int(found[2]))


def sweep(folder: Path, *, depth: int = 0) -> tuple[Path, ...]:
    """Delete what processes of this machine began here and, having been killed, could not finish.

    Parameters
    ----------
    folder : Path
    depth : int
        How many levels of folders below it are looked through too; links are not followed.

    Returns
    -------
    tuple of Path
        What was deleted.

    Examples
    --------
    >>> sweep(Path("/nonexistent"))
    ()
    """
    swept: list[Path] = []
    for path in sorted(_entries(folder)):
        # the name is looked at before the disk is asked: a folder may hold ten thousand files
        is_unfinished = is_left(path.name)
        if not (is_unfinished or depth) or path.is_symlink():
            continue
        if is_unfinished:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()
            swept += [] if os.path.lexists(path) else [path]
        elif path.is_dir():
            swept += sweep(path, depth=depth - 1)
    return tuple(swept)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def put_files(
    root: Path,
    files: Mapping[str, bytes],
    *,
    within: tuple[str, ...] = (),
    ours: Collection[str] = (),
    is_forced: bool | None = None,
    mode: int = 0o666,
) -> tuple[Path, ...]:
    """Write files into a folder, all or none; what is there and not ours is refused.

    Parameters
    ----------
    root : Path
        The folder that somebody named; made if it is not there.
    files : mapping of str to bytes
        Name to content; they are put in place in this order.
    within : tuple of str
        The way from `root` to their folder; links are refused there.
    ours : collection of str
        SHA-256 of contents that may be replaced; a file that has its new content already may be too.
    is_forced : bool, optional
        True replaces any plain file or link of these names; else the refusal says that ``--force`` does,
        unless it is None: then nothing but `ours` can be replaced.
    mode : int
        Who may do what with the files, less what the process takes away.

    Raises
    ------
    InputFaults
        With every file that is not ours to replace; nothing was written.
    OSError
        They cannot be written there; nothing was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     _ = put_files(Path(home), {"x.txt": b"1"})
    ...     try:
    ...         put_files(Path(home), {"x.txt": b"2", "y.txt": b"2"})
    ...     except ValueError as error:
    ...         len(error.faults), (Path(home) / "x.txt").read_bytes(), (Path(home) / "y.txt").exists()
    (1, b'1', False)
    """
    rule = "" if is_forced else OUR_FILE if is_forced is None else NEW_FILE
    known = {name: {*ours, hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    parts = {name: part_name(name) for name in files}
    done: list[str] = []
    with held(root, *within, is_made=True) as folder, _removed(folder, parts.values()):
        sweep(folder.path)
        _refuse_foreign(folder, known, rule)
        for name, content in files.items():
            with _naming(folder.path / name):
                folder.write(parts[name], content, mode=mode)
        try:
            _refuse_foreign(folder, known, rule)
            for name in files:
                is_new = not folder.kind(name)
                with _naming(folder.path / name):
                    (folder.rename_new if is_new else folder.rename)(parts[name], name)
                done += [name] if is_new else []
            folder.flush()
        except BaseException:
            for name in done:
                folder.remove(name)
            raise
    return tuple(root.joinpath(*within, name) for name in files)


@contextlib.contextmanager
def _removed(folder: Folder, parts: Collection[str]) -> Iterator[None]:
    """Whatever happens, nothing under a name of ours stays."""
    try:
        yield
    finally:
        for part in parts:
            with contextlib.suppress(OSError):
                folder.remove(part)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What the system refuses is told with the name that somebody knows."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _refuse_foreign(folder: Folder, known: Mapping[str, Collection[str]], rule: str) -> None:
    """Twice: before anything is written, and again when all that is left to do is renaming."""
    faults = []
    for name, ours in known.items():
        kind = folder.kind(name)
        if kind == "folder" or (kind and rule and not is_ours(folder, name, ours)):
            told = NO_FOLDER if kind == "folder" else rule
            faults.append(Fault(str(folder.path / name), shown(name), told))
    refuse("--out", faults)


@contextlib.contextmanager
def writing(path: Path, *, ours: Collection[str] = (), is_forced: bool | None = None) -> Iterator[Path]:
    """A file that becomes `path` when all went well, for content that is written piece by piece.

    What a killed process left beside it is swept first.

    Parameters
    ----------
    path : Path
        Its folder must be there.
    ours, is_forced
        As for `put_files`.

    Raises
    ------
    InputFaults
        What is there is not ours to replace; asked before anything is written, and again before it is put
        in place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with writing(Path(home) / "x.txt") as part:
    ...         _ = part.write_bytes(b"1")
    ...     [one.name for one in Path(home).iterdir()]
    ['x.txt']
    """
    rule = "" if is_forced else OUR_FILE if is_forced is None else NEW_FILE
    part = part_name(path.name)
    sweep(path.absolute().parent)
    with _naming(path), held(path.absolute().parent) as folder, _removed(folder, [part]):
        sweep(folder.path)
        _refuse_foreign(folder, {path.name: ours}, rule)
        yield path.with_name(part)
        with path.with_name(part).open("rb") as written:
            os.fsync(written.fileno())
        _refuse_foreign(folder, {path.name: ours}, rule)
        (folder.rename if folder.kind(path.name) else folder.rename_new)(part, path.name)
        folder.flush()
