"""Times that a wrong clock gave, and the recorded act that sets them right without changing an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

CLOCK_STREAM, REBASED = "ledger/clock", "rebased"
"""Where the act is recorded, and its kind."""
E = TypeVar("E", bound=Any)


def is_rebase(event: Any) -> bool:
    """Whether an event or a draft is the act that sets a ledger's clock right.

    Examples
    --------
    >>> from riskkit.foundation.events import Draft
    >>> is_rebase(Draft(CLOCK_STREAM, REBASED, {"after": 0, "from": ""}, who="a", why="b", key="c"))
    True
    """
    return bool(event.stream == CLOCK_STREAM and event.kind == REBASED)


def is_lawful_rebase(event: Any, *, left: str, times: Sequence[str]) -> bool:
    """Whether an event may leave the time of the one before it: an act that says which time it leaves.

    Parameters
    ----------
    event : riskkit.foundation.events.Event
    left : str
        The time of the event before it.
    times : sequence of str
        Of all events before it.

    Examples
    --------
    >>> from riskkit.foundation.events import Event
    >>> is_lawful_rebase(Event(1, "a", "opened", "{}", "x", "", "w", "k", "", ""), left="", times=())
    False
    """
    try:
        data = event.data if is_rebase(event) else None
    except (ValueError, TypeError, RecursionError):
        return False
    after = data.get("after") if isinstance(data, dict) else None
    if not isinstance(data, dict) or type(after) is not int or not 0 <= after <= len(times):
        return False
    return data.get("from") == left and (after == 0 or times[after - 1] <= event.at)


def rebases_in(events: Iterable[Any]) -> list[tuple[int, str]]:
    """Sequence and time of each act that sets the clock right.

    Examples
    --------
    >>> rebases_in([])
    []
    """
    return [(one.sequence, one.at) for one in events if is_rebase(one)]


def with_right_times(events: Iterable[E], rebases: Sequence[tuple[int, str]]) -> Iterator[E]:
    """Events with the times that hold: beside the time of the act that set it right, what a wrong clock said.

    Parameters
    ----------
    events : iterable of riskkit.foundation.events.Event
    rebases : sequence of (int, str)
        As from `rebases_in`.

    Examples
    --------
    >>> from riskkit.foundation.events import Event
    >>> wrong = Event(1, "a", "opened", "{}", "x", "2036-01-01T00:00:00.000000Z", "w", "k", "", "")
    >>> found = next(with_right_times([wrong], [(2, "2026-01-01T00:00:00.000000Z")]))
    >>> found.at, found.said_at
    ('2026-01-01T00:00:00.000000Z', '2036-01-01T00:00:00.000000Z')
    """
    for event in events:
        at = min((at for sequence, at in rebases if sequence > event.sequence), default=event.at)
        yield replace(event, at=at, said_at=event.said_at or event.at) if at < event.at else event
