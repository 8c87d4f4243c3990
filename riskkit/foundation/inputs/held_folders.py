"""Folders held open while they are written to, so that no link can lead what is written elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown

NO_LINK = "a folder, not a link to one"
_HOLDS = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
_TO_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True)
class Folder:
    """A folder held open: it stays the same one whatever becomes of its path meanwhile.

    Parameters
    ----------
    path : Path
        Where it was when it was opened, for messages.
    handle : int or None
        None where the system cannot hold a folder open; then the path is used.

    Examples
    --------
    >>> Folder(Path("a"), None).at("b") == str(Path("a") / "b")
    True
    """

    path: Path
    handle: int | None

    def at(self, name: str) -> str:
        """What the system is asked for, together with the handle."""
        return name if self.handle is not None else str(self.path / name)

    def names(self) -> list[str]:
        """Everything in it."""
        return sorted(os.listdir(self.path if self.handle is None else self.handle))  # noqa: PTH208

    @contextlib.contextmanager
    def below(self, name: str, *, is_made: bool = False) -> Iterator[Folder]:
        """A folder in it, held open too; a link or a file in its place is refused."""
        with contextlib.ExitStack() as handles:
            with contextlib.suppress(FileExistsError):
                if is_made:
                    os.mkdir(self.at(name), dir_fd=self.handle)
            if self.kind(name) not in ("folder", ""):
                raise InputFaults("--out", [Fault(str(self.path / name), shown(name), NO_LINK)])
            handle = _open(name, self.handle, handles, is_below=True) if _HOLDS else None
            yield Folder(self.path / name, handle)

    def kind(self, name: str) -> str:
        """``file``, ``folder``, ``other`` (a link, a device) or nothing."""
        try:
            mode = os.stat(self.at(name), dir_fd=self.handle, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return ""
        return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"

    def reading(self, name: str) -> BufferedReader:
        """A plain file to be read; a link is not followed."""
        return os.fdopen(os.open(self.at(name), _TO_READ, dir_fd=self.handle), "rb")

    def write(self, name: str, content: bytes, *, mode: int = 0o666) -> None:
        """A new file, on the disk when this returns."""
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self.at(name), how, mode, dir_fd=self.handle), "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())

    def rename(self, old: str, new: str) -> None:
        """In place of what has the new name."""
        os.replace(self.at(old), self.at(new), src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def rename_new(self, old: str, new: str) -> None:
        """As `rename`, but only if nothing has the new name."""
        try:
            os.link(self.at(old), self.at(new), src_dir_fd=self.handle, dst_dir_fd=self.handle)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if self.kind(new):
                raise FileExistsError(17, "File exists", str(self.path / new)) from None
            self.rename(old, new)
        else:
            self.remove(old)

    def flush(self) -> None:
        """Have the names in it on the disk."""
        if self.handle is not None:
            os.fsync(self.handle)

    def remove(self, name: str) -> None:
        """A file; nothing happens if it is not there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.at(name), dir_fd=self.handle)


@contextlib.contextmanager
def held(root: Path, *names: str, is_made: bool = False) -> Iterator[Folder]:
    """A folder below one that somebody named, opened without following a link on the way.

    Parameters
    ----------
    root : Path
        What somebody named; it may be a link, as it was their choice.
    *names : str
        The way from there.
    is_made : bool
        Whether folders that are not there are made.

    Raises
    ------
    InputFaults
        A folder on the way is a link or a file.
    OSError
        It is not there or cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home, held(Path(home), "a", "b", is_made=True) as folder:
    ...     folder.write("x.txt", b"1")
    ...     folder.names()
    ['x.txt']
    """
    if is_made:
        root.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as handles:
        folder = Folder(root, _open(str(root), None, handles) if _HOLDS else None)
        for name in names:
            folder = handles.enter_context(folder.below(name, is_made=is_made))
        yield folder


def _open(name: str, within: int | None, handles: contextlib.ExitStack, *, is_below: bool = False) -> int:
    how = os.O_RDONLY | os.O_DIRECTORY | (os.O_NOFOLLOW if is_below else 0)
    handle = os.open(name, how, dir_fd=within)
    handles.callback(os.close, handle)
    return handle


def is_ours(folder: Folder, name: str, ours: Collection[str]) -> bool:
    """Whether a plain file of this name holds one of these contents.

    Parameters
    ----------
    folder : Folder
    name : str
    ours : collection of str
        SHA-256 of contents, in hexadecimal.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home, held(Path(home)) as folder:
    ...     folder.write("x.txt", b"1")
    ...     is_ours(folder, "x.txt", [hashlib.sha256(b"1").hexdigest()]), is_ours(folder, "y.txt", [])
    (True, False)
    """
    if not ours or folder.kind(name) != "file":
        return False
    with folder.reading(name) as source:
        return hashlib.file_digest(source, "sha256").hexdigest() in ours
