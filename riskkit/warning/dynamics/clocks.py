"""What is due on a warning, and by when; no open warning is without a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.standards import standards
from riskkit.warning.dynamics.life import OPEN, WarningState

_HIGHEST = 4


@dataclass(frozen=True)
class Clock:
    """Something due.

    Parameters
    ----------
    warning_id, clock : str
        Which warning; ``confirm``, ``issue``, ``review`` or ``expire``.
    due_at : datetime
    is_overdue : bool
        Whether that time has passed.
    """

    warning_id: str
    clock: str
    due_at: dt.datetime
    is_overdue: bool


def clocks(
    states: Iterable[WarningState], *, now: dt.datetime, rules: pd.DataFrame | None = None
) -> list[Clock]:
    """What is due on each open warning, the most urgent first.

    No official time limits are public; those of the table are house and may be replaced.

    Parameters
    ----------
    states : iterable of WarningState
    now : datetime
    rules : DataFrame, optional
        Of the shape of ``warning_clocks``: phase, level, clock, hours.

    Returns
    -------
    list of Clock
        At least one for each warning that is proposed, confirmed or issued; none for the others.

    Examples
    --------
    >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> one = WarningState(warning_id="w", phase="proposed", level=4, since=at, last_at=at)
    >>> [(found.clock, found.is_overdue) for found in clocks([one], now=at + dt.timedelta(hours=7))]
    [('confirm', True)]
    """
    hours = _hours(standards.table("warning_clocks") if rules is None else rules)
    found = []
    for state in states:
        if state.phase not in OPEN:
            continue
        due = [_running(state, hours)]
        due += [("expire", state.ends_at)] if state.phase == "issued" and state.ends_at else []
        found += [Clock(state.warning_id, name, at, at <= now) for name, at in due]
    return sorted(found, key=lambda one: (one.due_at, one.warning_id, one.clock))


def allowed(phase: str, level: int) -> tuple[str, float]:
    """What is due next on an open warning, and how long it may wait.

    Parameters
    ----------
    phase : str
        ``proposed``, ``confirmed`` or ``issued``.
    level : int
        1–4 for Ⅳ–Ⅰ.

    Returns
    -------
    tuple of (str, float)
        The clock and its time [h].

    Examples
    --------
    >>> allowed("proposed", 4)
    ('confirm', 6.0)
    """
    return _hours(standards.table("warning_clocks"))[phase, level]


def _hours(table: pd.DataFrame) -> dict[tuple[str, int], tuple[str, float]]:
    return {
        (str(row.phase), int(str(row.level))): (str(row.clock), float(str(row.hours)))
        for row in table.itertuples()
    }


def _running(state: WarningState, hours: dict[tuple[str, int], tuple[str, float]]) -> tuple[str, dt.datetime]:
    """A proposal and a confirmation wait since they were made, a review since anything was last decided."""
    name, allowed = hours[state.phase, state.level or _HIGHEST]
    begun = state.last_at if state.phase == "issued" else state.since
    if begun is None:
        raise ValueError(f"{state.warning_id}: an open warning has begun some time")
    return name, begun + dt.timedelta(hours=allowed)
