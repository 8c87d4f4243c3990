"""The time under which an event is recorded, and how far a clock may be from the last event's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from riskkit.foundation.events import Head, moment_of, moment_text
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText
from riskkit.foundation.standards import standards

Clock = Callable[[], dt.datetime]
_DAY = len("2026-11-24")


def clock_limit(name: str) -> dt.timedelta:
    """How far a clock may be from the last event's time: ``clock_behind`` or ``clock_ahead``.

    Examples
    --------
    >>> clock_limit("clock_behind"), clock_limit("clock_ahead").days > 31
    (datetime.timedelta(seconds=5), True)
    """
    rows = standards.table("ledger_limits").set_index("limit")
    return dt.timedelta(**{str(rows.at[name, "unit"]): float(str(rows.at[name, "value"]))})


def time_of(place: str, head: Head, clock: Clock, *, is_late: bool) -> tuple[str, str | None]:
    """The time of the next event, and beside it what the clock said where that is another.

    Parameters
    ----------
    place : str
        The ledger, for the fault.
    head : Head
        The last event; an empty one for the first.
    clock : callable
    is_late : bool
        Record a time that is too far from the last event's under the last event's.

    Raises
    ------
    InputFaults
        When the clock gives no moment, runs backwards or is far ahead.

    Examples
    --------
    >>> head = Head(1, "", "2026-11-24T00:00:00.000000Z")
    >>> time_of("l", head, lambda: dt.datetime(2036, 11, 24, tzinfo=dt.UTC), is_late=True)
    ('2026-11-24T00:00:00.000000Z', '2036-11-24T00:00:00.000000Z')
    """
    try:
        said = moment_text(clock())
    except ValueError as error:
        raise InputFaults(place, [Fault("clock", "", str(error))]) from error
    if not head.at or (said >= head.at and said[:_DAY] == head.at[:_DAY]):
        return said, None
    apart = moment_of(said) - moment_of(head.at)
    if is_late or -clock_limit("clock_behind") <= apart < dt.timedelta(0):
        is_near = dt.timedelta(0) <= apart <= clock_limit("clock_ahead")
        return (said, None) if is_near else (head.at, said)
    if apart < dt.timedelta(0):
        rule = RuleText(
            "a clock that does not run backwards: the last event is of {}; where that is right, or an "
            "earlier clock was wrong: riskkit ledger rebase", head.at,
        )  # fmt: skip
        raise InputFaults(place, [Fault("clock", said, rule)])
    if apart > clock_limit("clock_ahead"):
        days = clock_limit("clock_ahead").days
        rule = RuleText(
            "a clock at most {} days ahead of the last event, of {}; where that is right, or an "
            "earlier clock was wrong: riskkit ledger rebase", days, head.at,
        )  # fmt: skip
        raise InputFaults(place, [Fault("clock", said, rule)])
    return said, None
