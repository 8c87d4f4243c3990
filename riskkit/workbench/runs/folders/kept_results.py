"""Results that are worked out once and then read: a folder that may be deleted at any time.

The name of a file is a hash of everything that its content depends on. Whatever is wrong with a file or with
the folder, the content is worked out anew. Who asks while another process is at it waits for that one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.part_files import writing
from riskkit.workbench.runs.folders.run_folders import private_folder

CACHE_VARIABLE = "RISKKIT_CACHE"
_LARGEST = 50_000_000
_MOST_FILES, _MOST_TREES = 64, 4
_TREE = ".folder"


def kept_folder() -> Path:
    """Where results are kept: ``RISKKIT_CACHE``, or the cache of the account."""
    named = os.environ.get(CACHE_VARIABLE)
    usual = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(named) if named else Path(usual) / "riskkit"


def kept(key: Any, work_out: Callable[[], Any], *, folder: Path | None = None) -> Any:
    """What belongs to a key (JSON values): from the folder, or worked out and put there."""
    text = json.dumps(key, sort_keys=True, ensure_ascii=False)
    name = f"{_digest(text)}.json"
    place = folder or kept_folder()
    try:
        found = _read(place / name, text)
        if found is not None:
            return found["content"]
        with _alone(place, name):
            found = _read(place / name, text) or _write(place / name, text, work_out)
            return found["content"]
    except _NotKept as failed:  # a home that is read-only, full, or somebody else's
        return failed.content if failed.content is not None else json.loads(json.dumps(work_out()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def kept_tree(key: Any, make: Callable[[Path], None], *, is_whole: Callable[[Path], bool]) -> Path:
    """The folder that belongs to a key: found whole, or made; where nothing can be kept, for this process."""
    name, place = f"{_digest(json.dumps(key))}{_TREE}", kept_folder()
    try:
        with _alone(place, name):
            if not is_whole(place / name):
                shutil.rmtree(place / name, ignore_errors=True)
                with tempfile.TemporaryDirectory(dir=place) as part:
                    make(Path(part) / name)
                    (Path(part) / name).rename(place / name)
                _make_room(place)
            return place / name
    except (_NotKept, OSError):
        private = Path(private_folder())
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        make(private / name)
        return private / name


class _NotKept(Exception):
    """The folder cannot be used; what was worked out is not lost."""

    def __init__(self, content: Any = None) -> None:
        super().__init__("not kept")
        self.content = content


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """A whole file that is ours and belongs to the key."""
    try:
        with _opened(path) as file:
            seal, _, body = file.read(_LARGEST).partition(b"\n")
        found = json.loads(body) if seal.decode() == hashlib.sha256(body).hexdigest() else {}
    except (OSError, ValueError):
        return None
    return dict(found) if isinstance(found, dict) and found.get("key") == key else None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if os.fstat(handle).st_uid != os.getuid():
            raise PermissionError(path)
        yield file


def _write(path: Path, key: str, work_out: Callable[[], Any]) -> dict[str, Any]:
    body = json.dumps({"key": key, "content": work_out()}, ensure_ascii=False).encode()
    found: dict[str, Any] = json.loads(body)
    try:
        with writing(path, is_forced=True) as part:
            part.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        _make_room(path.parent)
    except (OSError, InputFaults):
        raise _NotKept(found["content"]) from None
    return found


@contextlib.contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """While this lasts, no other process works out the same; the lock ends with the process."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o022:
            raise PermissionError(folder)
        handle = os.open(folder / f".{name}.lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError:
        raise _NotKept from None
    with os.fdopen(handle, "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            raise _NotKept from None
        yield


def _make_room(folder: Path) -> None:
    """The newest results stay."""
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in files[:-_MOST_FILES]:
        file.unlink(missing_ok=True)
        (folder / f".{file.name}.lock").unlink(missing_ok=True)
    for tree in sorted(folder.glob(f"*{_TREE}"), key=lambda tree: tree.stat().st_mtime)[:-_MOST_TREES]:
        shutil.rmtree(tree, ignore_errors=True)
