"""The recorded act of an administrator that lets a ledger go on after a clock was wrong."""

from __future__ import annotations

import datetime as dt

from riskkit.foundation.event_times import CLOCK_STREAM, REBASED
from riskkit.foundation.events import Draft, Event, moment_of
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse
from riskkit.store.ledger.clock import Clock, clock_limit
from riskkit.store.ledger.ledger import Ledger, Reader


def rebase(ledger: Ledger, *, after: int, who: str, why: str, clock: Clock) -> Event:
    """Record that the events after some event were recorded by a wrong clock, and go on from this clock.

    Nothing is changed: the events keep what they say and their hashes. Whoever reads them from now on gets
    the time of this act for them, and beside it what the wrong clock said.

    Parameters
    ----------
    ledger : Ledger
    after : int
        Sequence of the last event whose time is right; 0 for none. The last event of all where the ledger
        only rested for longer than a clock may be ahead.
    who, why : str
        Who answers for it, and the reason.
    clock : callable
        A clock that is right.

    Raises
    ------
    InputFaults
        When no event has that sequence, the clock is before that event, or there is nothing to set right.

    Examples
    --------
    >>> import tempfile
    >>> from riskkit.store.ledger.ledger import open_ledger
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     try:
    ...         rebase(ledger, after=1, who="li", why="wrong clock", clock=lambda: dt.datetime.now(dt.UTC))
    ...     except InputFaults as error:
    ...         print(error.faults[0].rule)
    ...     ledger.close()
    a sequence from 0 to 0
    """
    said: list[dt.datetime] = []
    last = ledger.head()

    def guard(reader: Reader) -> None:
        said[:] = [clock()]
        events = list(reader.recorded(after=max(after - 1, 0)))
        refuse(ledger.place, _faults(events, reader.head().sequence, after=after, said=said[0]))
        if reader.head() != last:
            raise InputFaults(ledger.place, [Fault("ledger", "changed meanwhile", "tried again")])

    data = {"after": after, "from": last.at}
    draft = Draft(CLOCK_STREAM, REBASED, data, who=who, why=why, key=f"rebased:{last.hash}")
    return ledger.append([draft], clock=lambda: said[0], guard=guard)[0]


def _faults(events: list[Event], last: int, *, after: int, said: dt.datetime) -> list[Fault]:
    if not 0 <= after <= last or not last:
        return [Fault("--after", str(after), RuleText("a sequence from 0 to {}", last))]
    kept, wrong = (events[:1], events[1:]) if after else ([], events)
    if kept and moment_of(kept[0].at) > said:
        return [
            Fault(
                "clock",
                said.isoformat(),
                RuleText("a clock that is not before event {}, of {}", after, kept[0].at),
            )
        ]
    ahead = [one for one in wrong if moment_of(one.at) > said + clock_limit("clock_behind")]
    rested = not wrong and kept and said - moment_of(kept[0].at) > clock_limit("clock_ahead")
    rule = "the last event whose time is right, where the next is later than the clock of this machine"
    return [] if (ahead and ahead[0] is wrong[0]) or rested else [Fault("--after", str(after), rule)]
