"""Folders that are complete or not there: written under another name, then put in place in one step."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import socket
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from riskkit.foundation.faults import Fault, refuse, shown

FAILED = "failed"
ASSETS = "assets"
_TAKEN = (FAILED, ASSETS, "zh", "en")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_PART = re.compile(r".+\.part-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}")
_PRIVATE = re.compile(r"riskkit-([0-9a-f]{8})-([0-9]+)-.+")
_AT_CWD = -100
_EXCHANGE = 2


def check_name(name: str, *, what: str) -> str:
    """A name that is safe as a folder: lower-case letters, digits, ``-`` and ``_``.

    Raises
    ------
    InputFaults
        It holds anything else, or is a name that the reports folder uses itself.

    Examples
    --------
    >>> check_name("lead-paint-2007", what="case id")
    'lead-paint-2007'
    """
    rule = "1 to 64 of a–z, 0–9, - and _, first a letter or digit"
    faults = [] if _NAME.fullmatch(name) else [Fault(what, shown(name), rule)]
    faults += [Fault(what, shown(name), f"none of {', '.join(_TAKEN)}")] if name in _TAKEN else []
    refuse(what, faults)
    return name


def _this_host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write a folder of files so that it appears complete, in place of any older one.

    Parameters
    ----------
    folder : Path
        Where it shall stand.
    files : mapping
        File name to bytes.

    Returns
    -------
    Path
        `folder`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     sorted(one.name for one in put(Path(home) / "a" / "b", {"x.txt": b"1"}).iterdir())
    ['x.txt']
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f"{folder.name}.part-{_this_host()}-{os.getpid()}-{secrets.token_hex(4)}")
    part.mkdir()
    try:
        for name, content in files.items():
            _write(part / name, content)
        _put_in_place(part, folder)
    finally:
        _delete(part)
    return folder


def put_file(path: Path, content: bytes) -> Path:
    """Write one file so that it is the old one or the new one, never half of it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     put_file(Path(home) / "x.txt", b"1").read_bytes()
    b'1'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part-{_this_host()}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        _write(part, content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _put_in_place(part: Path, folder: Path) -> None:
    """One rename if the place is free; else the two change places in one step where the system can.

    Free is what a rename finds free: asking first would leave time for another run to put its own there.
    """
    try:
        part.rename(folder)
    except OSError:
        if not os.path.lexists(folder):
            raise
    else:
        return
    if not _exchange(part, folder):
        aside = part.with_name(part.name[:-8] + secrets.token_hex(4))
        folder.rename(aside)
        part.rename(folder)
        _delete(aside)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _exchange(one: Path, other: Path) -> bool:
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE) == 0)


def remove(folder: Path) -> None:
    """Take a folder away in one step, then delete it; nothing happens if it is not there.

    Examples
    --------
    >>> remove(Path("/nonexistent/folder"))
    """
    if folder.is_dir():
        aside = folder.with_name(f"{folder.name}.part-{_this_host()}-{os.getpid()}-{secrets.token_hex(4)}")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def sweep(out: Path) -> tuple[Path, ...]:
    """Delete what runs on this machine began and, having been killed, could not finish.

    Returns
    -------
    tuple of Path
        What was deleted.

    Examples
    --------
    >>> sweep(Path("/nonexistent"))
    ()
    """
    left = [path for path in sorted(out.rglob("*.part-*")) if _is_left(path.name)]
    for path in left:
        _delete(path)
    return tuple(left)


def private_folder() -> str:
    """A folder only this user can read, for what a worker needs on the way; its maker deletes it.

    Examples
    --------
    >>> folder = Path(private_folder())
    >>> folder.is_dir(), folder in sweep_private(), folder.rmdir()
    (True, False, None)
    """
    return tempfile.mkdtemp(prefix=f"riskkit-{_this_host()}-{os.getpid()}-")


def sweep_private() -> tuple[Path, ...]:
    """Delete private folders of this user whose maker was killed before it could.

    Returns
    -------
    tuple of Path
        What was deleted.

    Examples
    --------
    >>> all(_is_left(path.name, _PRIVATE) for path in sweep_private())
    True
    """
    found = sorted(Path(tempfile.gettempdir()).glob("riskkit-*-*"))
    left = [path for path in found if _is_left(path.name, _PRIVATE) and _is_mine(path)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return tuple(left)


def _is_mine(path: Path) -> bool:
    try:
        return not path.is_symlink() and path.is_dir() and path.lstat().st_uid == os.getuid()
    except OSError:
        return False


def _is_left(name: str, pattern: re.Pattern[str] = _PART) -> bool:
    match = pattern.fullmatch(name)
    return match is not None and match[1] == _this_host() and not psutil.pid_exists(int(match[2]))
