"""The processes of a run: all that a notebook started, however it left its kernel, ends with the report.

Three things tell them. Each has in its environment the folder of its run, which daemons and doubly forked
processes inherit. The kernel leads a session of its own. And on Linux the kernel, and behind it the worker,
adopt what lost its parent, so that a process that also emptied its environment and left the session is still
found below them. Elsewhere such a process escapes; one that only detached itself does not.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

import psutil  # type: ignore[import-untyped]

MARK = "RISKKIT_RUN"
"""Name of the variable that holds the folder of a run."""
UNMARKED = "/" * 600
"""What the variable holds in a process from which runs are forked: room for the name of a folder."""
_ADOPT, _IS_ADOPTING, _END_WITH_PARENT = 36, 37, 1  # numbers of prctl: PR_SET_CHILD_SUBREAPER and others
_GRACE = 5.0
_AT_ONCE, _PAUSE = 0.2, 0.002


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _prctl(number: int, value: object) -> None:
    if sys.platform == "linux":
        _libc().prctl(number, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of everything below this process that loses its own; on Linux."""
    _prctl(_ADOPT, 1)


def end_with_parent(number: int) -> None:
    """Have this process sent a signal when the one that started it ends; on Linux."""
    _prctl(_END_WITH_PARENT, number)


def mark(folder: str) -> None:
    """Have a process that was forked, not started, show the folder of its run where the system shows it."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    begin, end = int(fields[47]), int(fields[48])  # where the variables lie that it was started with
    place = ctypes.string_at(begin, end - begin).find(f"{MARK}={UNMARKED}".encode())
    name = os.fsencode(folder)
    if place >= 0 and len(name) < len(UNMARKED):
        shown = name + os.fsencode(UNMARKED[len(name) :])
        ctypes.memmove(begin + place + len(MARK) + 1, shown, len(shown))


def adopted(*, but: Collection[int] = ()) -> frozenset[int]:
    """The children of this process, if it adopts orphans; else nothing, as it could not tell them."""
    found = _children(but).get(os.getpid(), ()) if _is_adopting() else ()
    return frozenset(one.pid for one in found)


def marked(folder: Path | str, *, but: Collection[int] = ()) -> list[psutil.Process]:
    """Every process of the runs below a folder."""
    found = []
    for one in _all(but):
        with contextlib.suppress(psutil.Error, OSError):
            mark = one.environ().get(MARK, "")
            found += [one] if mark == str(folder) or mark.startswith(f"{folder}{os.sep}") else []
    return found


def of_session(pid: int) -> list[psutil.Process]:
    """Every process of the session that a process leads or led."""
    return [one for one in psutil.process_iter() if _session(one.pid) == pid]


def with_children(members: Iterable[psutil.Process], *, but: Collection[int] = ()) -> list[psutil.Process]:
    """Processes and all that is below them."""
    found = {one.pid: one for one in members}
    children, queue = _children(but), list(found)
    for pid in queue:  # it grows meanwhile
        below = {one.pid: one for one in children.get(pid, ()) if one.pid not in found}
        found |= below
        queue += below
    return list(found.values())


def _children(but: Collection[int]) -> dict[int, list[psutil.Process]]:
    """The children of each process, from one look at all processes: each look takes some milliseconds."""
    found: dict[int, list[psutil.Process]] = {}
    for one in _all(but):
        with contextlib.suppress(psutil.Error):
            found.setdefault(one.ppid(), []).append(one)
    return found


def _all(but: Collection[int]) -> list[psutil.Process]:
    """All processes but those of these numbers, which were there before what is looked for."""
    return processes_of([pid for pid in psutil.pids() if pid not in but])


def processes_of(pids: Collection[int]) -> list[psutil.Process]:
    """Those of these numbers that live."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return found


def end_all(
    find: Callable[[], Iterable[psutil.Process]], *, grace: float = _GRACE, but: Collection[int] = ()
) -> bool:
    """End what `find` finds, with all below it, until it finds nothing any more; never this process."""
    until = time.monotonic() + grace
    while members := [
        one for one in with_children(find(), but=but) if one.pid != os.getpid() and _lives(one)
    ]:
        if time.monotonic() > until:
            return False
        for act in ("suspend", "kill"):
            for one in members:
                with contextlib.suppress(psutil.Error):
                    getattr(one, act)()
        _await(members)
    return True


def _await(members: Collection[psutil.Process]) -> None:
    """Look, and not wait: who started a process wants to hear itself how it ended."""
    soon = time.monotonic() + _AT_ONCE
    while any(map(_lives, members)) and time.monotonic() < soon:
        time.sleep(_PAUSE)


def forget(pids: Collection[int]) -> None:
    """Let children that ended go, so that no trace of them stays in the table of processes."""
    soon = time.monotonic() + _AT_ONCE  # the threads of one that was killed end after itself
    for pid in pids:
        with contextlib.suppress(OSError):
            while os.waitpid(pid, os.WNOHANG)[0] == 0 and time.monotonic() < soon:
                time.sleep(_PAUSE)


@contextlib.contextmanager
def none_left() -> Iterator[None]:
    """End, last of all, what came below this process meanwhile and is of another session than its own."""
    was_adopting = bool(_is_adopting())
    adopt_orphans()
    before, ours = adopted(), os.getsid(0)
    try:
        yield
    finally:
        end_all(lambda: [one for one in processes_of(adopted() - before) if _session(one.pid) != ours])
        forget([pid for pid in adopted() - before if _session(pid) != ours])
        _prctl(_ADOPT, int(was_adopting))


def _is_adopting() -> int:
    found = ctypes.c_int(0)
    _prctl(_IS_ADOPTING, ctypes.byref(found))
    return found.value


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
