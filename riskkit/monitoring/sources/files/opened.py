"""Files opened with suspicion: plain, gzip or zip, unpacked as a stream that stops at its limits.

Nothing is unpacked to a place that the file names; what a packed file says of its own size is not believed.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.file_faults import file_fault

_ENDINGS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet", ".xlsx": "workbook", ".xlsm": "workbook",
    ".xls": "workbook", ".xlsb": "workbook",
}  # fmt: skip
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".7z", ".rar", ".zst", ".tar", ".tgz")
_MAGIC = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"PAR1": "parquet",
          b"\xd0\xcf\x11\xe0": "workbook"}  # fmt: skip
_AT_ONCE = 1 << 20
# what a file is stands in its first bytes; more is not read before it is known
_SNIFFED = 2048


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file before it is read.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        Its name without folders.
    sha256 : str
        Digest of its bytes.
    size : int
        [bytes]
    stamp : tuple of int
        Device, inode, size and time of change: the same as long as nobody writes to the file.
    """

    path: Path
    name: str
    sha256: str
    size: int
    stamp: tuple[int, ...]


def _stamp(handle: IO[bytes]) -> tuple[int, ...]:
    found = os.fstat(handle.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _plain(path: Path) -> io.BufferedReader:
    """The file, if it is a regular one; a pipe or device would keep us waiting."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise file_fault(path.name, reason, "file_unreadable") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise file_fault(path.name, path.name, "file_not_regular")
    return os.fdopen(handle, "rb")


def file_facts(path: Path) -> FileFacts:
    """Name, size and digest of a file.

    Parameters
    ----------
    path : Path
        A regular file, or a link to one.

    Raises
    ------
    InputFaults
        When it cannot be read, or is no regular file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_bytes(b"a\\n1\\n")
    ...     file_facts(path).size
    4
    """
    with _plain(path) as handle:
        before = _stamp(handle)
        try:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        except OSError as error:
            raise file_fault(path.name, error.strerror, "file_unreadable") from error
        return FileFacts(path, path.name, digest, before[2], before)


def require_unchanged(facts: FileFacts) -> None:
    """Refuse a file that was written to since its digest was taken.

    Raises
    ------
    InputFaults
        When it is another file now.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_bytes(b"a\\n1\\n")
    ...     require_unchanged(file_facts(path))
    """
    with _plain(facts.path) as handle:
        if _stamp(handle) != facts.stamp:
            raise file_fault(facts.name, facts.name, "file_changed")


class Unpacked(io.RawIOBase):
    """A stream that is unpacked while it is read, and stops where a bomb begins.

    Parameters
    ----------
    stream : binary stream
        Gives the unpacked bytes.
    packed : int
        How many bytes they were packed into.
    name, broken : str
        The file, and the rule to name when it turns out not to be whole.
    """

    def __init__(self, stream: IO[bytes], packed: int, *, name: str, broken: str) -> None:
        self.stream, self.packed, self.name, self.broken = stream, max(packed, 1), name, broken
        self.total = 0
        self.most, self.ratio = intake_limit("unpacked_bytes"), intake_limit("unpacked_ratio")
        self.ratio_from = intake_limit("unpacked_ratio_from")

    def readable(self) -> bool:
        """Whether it can be read: it can."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; 0 at the end.

        Raises
        ------
        InputFaults
            When the packed file is broken, or unpacks to more than is allowed.
        """
        part = self._part(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def _part(self, size: int) -> bytes:
        try:
            part = self.stream.read(size)
        except RuntimeError as error:
            raise file_fault(self.name, str(error), "zip_encrypted") from error
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise file_fault(self.name, str(error), self.broken) from error
        self.total += len(part)
        if self.total > self.most or (self.total > self.ratio_from and self.total > self.ratio * self.packed):
            raise file_fault(self.name, f"{self.total:,} bytes of {self.packed:,}", "unpacked_too_large")
        return part


@contextlib.contextmanager
def opened(facts: FileFacts) -> Iterator[tuple[str, IO[bytes]]]:
    """The format of a file, and its content as a stream; closed when left.

    Parameters
    ----------
    facts : FileFacts
        The file.

    Yields
    ------
    str
        ``csv``, ``tsv``, ``json``, ``jsonl``, ``parquet``, ``workbook``, ``html`` or ``xml_sheet``.
    stream
        The unpacked bytes.

    Raises
    ------
    InputFaults
        When its format is not known, or it is packed in a way that is refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv.gz"
    ...     _ = path.write_bytes(gzip.compress(b"a\\n1\\n"))
    ...     with opened(file_facts(path)) as (form, stream):
    ...         form, stream.read()
    ('csv', b'a\\n1\\n')
    """
    with contextlib.ExitStack() as open_things:
        handle = open_things.enter_context(_plain(facts.path))
        if _stamp(handle) != facts.stamp:
            raise file_fault(facts.name, facts.name, "file_changed")
        form, stream = _unpacked(facts, handle, open_things)
        yield form, stream


def _unpacked(facts: FileFacts, handle: IO[bytes], things: contextlib.ExitStack) -> tuple[str, IO[bytes]]:
    start = handle.read(_SNIFFED)
    kind = _magic(start)
    handle.seek(0)
    ending = PurePosixPath(facts.name).suffix.lower()
    if kind == "zip" and _ENDINGS.get(ending) != "workbook":
        return _member(facts, handle, things)
    if kind == "gzip":
        stream: Any = things.enter_context(gzip.GzipFile(fileobj=handle, mode="rb"))
        inner = facts.name[: -len(ending)] if ending == ".gz" else facts.name
        guarded = Unpacked(stream, facts.size, name=facts.name, broken="gzip_broken")
        return _inner_form(facts.name, inner, guarded)
    return _form_of(facts.name, facts.name, kind, start=start), handle


def _magic(start: bytes) -> str:
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


def _form_of(name: str, inner: str, kind: str, *, start: bytes) -> str:
    """By what the bytes say, and where they say nothing, by the ending of the name."""
    ending = PurePosixPath(inner).suffix.lower()
    form = kind if kind in ("parquet", "workbook") else _ENDINGS.get(ending, "")
    if not kind and form in ("workbook", "csv", "tsv"):
        form = _markup(start) or (_plain_text(start) if ending == ".xls" else form)
    is_strange = form in ("parquet", "workbook") and not kind
    if not form or is_strange:
        raise file_fault(name, inner, "format_unknown")
    return form


def _markup(start: bytes) -> str:
    """Whether a file is a page with tables or an XML spreadsheet, which many programs call ``.xls``."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:_SNIFFED].lower()
    if text.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return "xml_sheet"
    return "html" if text.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")) else ""


def _plain_text(start: bytes) -> str:
    is_wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "csv" if start and (is_wide or b"\0" not in start) else "workbook"


def _inner_form(name: str, inner: str, guarded: Unpacked) -> tuple[str, IO[bytes]]:
    stream = io.BufferedReader(guarded, buffer_size=_AT_ONCE)
    start = stream.peek(_SNIFFED)[:_SNIFFED]
    kind, ending = _magic(start), PurePosixPath(inner).suffix.lower()
    if kind == "zip" and _ENDINGS.get(ending) == "workbook":
        kind = "workbook"
    if kind in ("gzip", "zip") or ending in _PACKED:
        raise file_fault(name, inner, "packed_twice")
    return _form_of(name, inner, kind, start=start), stream


def _member(facts: FileFacts, handle: IO[bytes], things: contextlib.ExitStack) -> tuple[str, IO[bytes]]:
    try:
        archive = things.enter_context(zipfile.ZipFile(handle))
        members = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise file_fault(facts.name, str(error), "zip_broken") from error
    if "[Content_Types].xml" in archive.namelist():
        handle.seek(0)
        return "workbook", handle
    if len(members) != 1:
        names = ", ".join(one.filename for one in members[:5])
        raise file_fault(facts.name, f"{len(members)}: {names}", "zip_one_member")
    return _one_member(facts, archive, members[0], things=things)


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db")


def _one_member(
    facts: FileFacts, archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, things: contextlib.ExitStack
) -> tuple[str, IO[bytes]]:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    is_drive = ":" in path.parts[0] if path.parts else True
    if path.is_absolute() or ".." in path.parts or is_drive or "\0" in member.orig_filename:
        raise file_fault(facts.name, member.orig_filename, "zip_path_unsafe")
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise file_fault(facts.name, member.filename, "zip_symlink")
    if member.flag_bits & 0x1:
        raise file_fault(facts.name, member.filename, "zip_encrypted")
    try:
        stream = things.enter_context(archive.open(member))
    except RuntimeError as error:
        raise file_fault(facts.name, member.filename, "zip_encrypted") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise file_fault(facts.name, str(error), "zip_broken") from error
    packed = min(member.compress_size, facts.size)
    guarded = Unpacked(stream, packed, name=facts.name, broken="zip_broken")
    return _inner_form(facts.name, str(path), guarded)
