"""Who may do what with a register at a time: one writer, any number of readers beside it.

The locks are the system's (``flock``): they end with the process that holds them, however it ends. Readers
keep the files they read from being swept away; they never wait for a writer, nor a writer for them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from riskkit.foundation.inputs.faults import Fault, InputFaults

_PAUSE = 0.05


@contextlib.contextmanager
def writing(folder: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Be the only writer of a register while inside.

    Parameters
    ----------
    folder : Path
        The register; made if it is not there.
    wait : float
        How long to wait for another writer. [s]

    Raises
    ------
    InputFaults
        When another writer is still at it, or the folder cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, writing(Path(there)):
    ...     try:
    ...         with writing(Path(there)):
    ...             pass
    ...     except InputFaults as error:
    ...         print(error.faults[0].rule)
    one writer at a time
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        rule = "a folder that can be written to"
        raise InputFaults(str(folder), [Fault(str(folder), str(error.strerror), rule)]) from error
    try:
        until = time.monotonic() + wait
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() >= until:
                rule = "one writer at a time"
                raise InputFaults(str(folder), [Fault(str(folder), "another writer is at work", rule)])
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the files of a register in place while inside; take this before reading the manifest.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, reading(Path(there)), reading(Path(there)):
    ...     (Path(there) / "readers.lock").exists()
    True
    """
    handle = _readers(folder)
    try:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextlib.contextmanager
def sweeping(folder: Path) -> Iterator[bool]:
    """Whether nobody reads the register now; then nobody begins to while inside.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there, reading(Path(there)), sweeping(Path(there)) as may:
    ...     may
    False
    """
    handle = _readers(folder)
    try:
        yield handle is not None and _locked(handle, fcntl.LOCK_EX)
    finally:
        if handle is not None:
            os.close(handle)


def _readers(folder: Path) -> int | None:
    """The lock of the readers; None where we may only read, and so nobody of ours sweeps."""
    try:
        return os.open(folder / "readers.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return None
