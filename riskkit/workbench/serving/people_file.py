"""The file of people while it is served: read again when it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.serving.people import People, read_people

_GONE_SECONDS = 2.0
"""A file may be missing for that long: some editors move the old one away before they write the new one."""
_log = logging.getLogger("riskkit.access")
_Mark = tuple[int, int, int, int]


class PeopleFile:
    """The people of a file, as it stands now."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._mark, self._gone_since = _mark(path), -1.0
        self._people = read_people(path)

    def people(self) -> People:
        """Everybody who may use what is served."""
        mark = _mark(self._path)
        if mark is None:
            return self._without_file()
        self._gone_since = -1.0
        if mark != self._mark:
            self._read(mark)
        return self._people

    def _read(self, mark: _Mark) -> None:
        try:
            found = read_people(self._path)
        except InputFaults as faults:
            if _mark(self._path) == mark:
                _log.error("access file not taken over, the state before it stays in force: %s", faults)
                self._mark = mark
            return
        if _mark(self._path) == mark:  # else it changed while it was read: the next look decides
            self._people, self._mark = found, mark
            _log.warning("access file read again: %d people", len(found.people))

    def _without_file(self) -> People:
        now = self._clock()
        if self._gone_since < 0:
            self._gone_since = now
        if now - self._gone_since < _GONE_SECONDS:
            return self._people
        if self._mark is not None:
            _log.error("access file %s is gone: nobody is let in", self._path)
            self._mark = None
        return replace(self._people, people=())


def _mark(path: Path) -> _Mark | None:
    """What changes when the file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
