"""The clock of this machine, and one that is moved by hand for samples and rehearsals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


def utc_now() -> dt.datetime:
    """The time of this machine."""
    return dt.datetime.now(dt.UTC)


@dataclass
class MovedClock:
    """A clock that stands still until it is moved, a second further at each look."""

    now: dt.datetime

    def __call__(self) -> dt.datetime:
        """The next moment."""
        self.now += dt.timedelta(seconds=1)
        return self.now
