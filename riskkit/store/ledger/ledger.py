"""The ledger: everything that was decided, as an append-only, hash-chained log of events.

One table in SQLite (a path) or PostgreSQL (a URL), the same either way. The contract, for whoever records
(committee, warnings, measures):

* ``open_ledger(place)`` gives a `Ledger`. Recording is ``ledger.append(drafts, clock=…, guard=…)``: all
  drafts or none; what it returns is on disk (SQLite ``synchronous=FULL``; PostgreSQL ``synchronous_commit``)
  and survives the process and the machine. Any number of processes may append at once: they queue.
* **Nothing is counted twice.** A draft carries a `key` that names the one happening. Appending the same
  draft again (after a lost answer) gives the event that is there; the same key with another content is
  refused.
* **Rules are checked with the door locked.** `guard` is called with a reader of the ledger while no one else
  can append; what it raises refuses all drafts. A rule such as "no ballot after the round is closed" belongs
  there, never before the call.
* **Time.** `clock` is asked while the door is locked. A time before the last event's is recorded as the last
  event's, with what the clock said beside it (`said_at`), when it is little behind (machines differ); beyond
  that, and far ahead, it is refused (table ``ledger_limits``), unless ``is_late=True`` says that it shall be
  recorded in the same way. A recorded act of an administrator (`ledger_rebase`) sets right what a wrong clock
  said. So `at` never runs backwards, and "the state as of a moment" is a beginning of the log.
* **Reading**: ``ledger.events(stream, kinds=…, after=…, until=…)`` gives events in order; ``until`` is a
  sequence (int) or a moment, and is time travel. The state of anything is worked out from events by a pure
  function of the stream that owns it; the ledger knows no states.
* **Refusals** that must be remembered are events too: ``ledger.append_refusal(…)`` records who was refused
  what, and why, in a stream of its own (``refusals/…``).
* **Trust.** `riskkit ledger verify` reads the chain again (`riskkit.store.ledger.checks`): an altered,
  missing, moved or doubled row is found and named. A tail that was cut off and a chain written anew are found
  only against a head kept elsewhere (``riskkit ledger anchor``). The tables refuse UPDATE and DELETE, which
  stops accidents, not the owner of the file. The ledger does not hide anything: who has the file reads it.
  What must stay secret is sealed before it is appended.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from riskkit.foundation.event_times import CLOCK_STREAM, REBASED, is_rebase, with_right_times
from riskkit.foundation.events import Draft, Event, Head, chained, check_drafts, is_same, moment_text
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.store.ledger.clock import Clock, time_of
from riskkit.store.ledger.tables import connect_engine, hold_door, schema_version, table_of, told, upgrade

_CHUNK = 1000
# SQLite takes only so many values in one question
_KEYS_AT_ONCE = 500


class Reader:
    """Looks into a ledger over one connection; made by `Ledger`.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        The connection to read over.
    table : sqlalchemy.Table
        Of the events.
    """

    def __init__(self, connection: sa.Connection, table: sa.Table) -> None:
        self._connection = connection
        self._table, self._columns = table, table.columns

    def head(self) -> Head:
        """How far the ledger has come."""
        found = self._connection.execute(_last_of(self._table)).first()
        return Head(*found) if found else Head()

    def with_keys(self, keys: Iterable[str]) -> dict[str, Event]:
        """The events that have one of some keys, by key."""
        wanted, found = [*keys], dict[str, Event]()
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            some = self._columns["key"].in_(wanted[start : start + _KEYS_AT_ONCE])
            found |= {event.key: event for event in self._read(self._select().where(some))}
        return found

    def recorded(self, *, after: int = 0) -> Iterator[Event]:
        """Every event as it was recorded, also by a wrong clock: for whoever checks or copies the chain."""
        yield from self._read(self._select().where(self._columns["sequence"] > after))

    def events(
        self,
        stream: str | None = None,
        *,
        kinds: Sequence[str] = (),
        after: int = 0,
        until: int | dt.datetime | None = None,
    ) -> tuple[Event, ...]:
        """The events of a stream (and of those below it, with a ``/`` at the end), in order."""
        return tuple(self.each(stream, kinds=kinds, after=after, until=until))

    def each(
        self,
        stream: str | None = None,
        *,
        kinds: Sequence[str] = (),
        after: int = 0,
        until: int | dt.datetime | None = None,
    ) -> Iterator[Event]:
        """As `events`, one after the other."""
        c, asked = self._columns, self._select().where(self._columns["sequence"] > after)
        if stream is not None and stream.endswith("/"):
            asked = asked.where(c["stream"].startswith(stream, autoescape=True))
        elif stream is not None:
            asked = asked.where(c["stream"] == stream)
        if kinds:
            asked = asked.where(c["kind"].in_(kinds))
        if isinstance(until, dt.datetime):
            last = sa.select(sa.func.max(c["sequence"])).where(c["at"] <= moment_text(until))
            asked = asked.where(c["sequence"] <= last.scalar_subquery())
        elif until is not None:
            asked = asked.where(c["sequence"] <= until)
        acts = sa.select(c["sequence"], c["at"]).where(c["stream"] == CLOCK_STREAM, c["kind"] == REBASED)
        rebases = [(int(row[0]), str(row[1])) for row in self._connection.execute(acts)]
        yield from with_right_times(self._read(asked), rebases)

    def _select(self) -> sa.Select[Any]:
        return _all_of(self._table)

    def _read(self, asked: sa.Select[Any]) -> Iterator[Event]:
        names = self._columns.keys()
        for row in self._connection.execute(asked.execution_options(yield_per=_CHUNK)):
            yield Event(**dict(zip(names, row, strict=True)))


@functools.cache
def _all_of(table: sa.Table) -> sa.Select[Any]:
    return sa.select(*table.columns).order_by(table.c.sequence)


@functools.cache
def _last_of(table: sa.Table) -> sa.Select[Any]:
    c = table.c
    return sa.select(c.sequence, c.hash, c.at).order_by(c.sequence.desc()).limit(1)


class Ledger:
    """An append-only, hash-chained log of events; made by `open_ledger`.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    version : int
        Of its tables.
    """

    def __init__(self, engine: sa.Engine, version: int) -> None:
        self.engine = engine
        self.version = version
        self._table = table_of(version)

    @property
    def place(self) -> str:
        """Where it is, without any password."""
        return told(self.engine)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader that sees the ledger as it is now, whatever is appended meanwhile."""
        with failing_clearly(self.engine), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield Reader(connection, self._table)

    def head(self) -> Head:
        """How far the ledger has come."""
        with self.reading() as reader:
            return reader.head()

    def events(
        self,
        stream: str | None = None,
        *,
        kinds: Sequence[str] = (),
        after: int = 0,
        until: int | dt.datetime | None = None,
    ) -> tuple[Event, ...]:
        """The events of a stream (and of those below it, with a ``/`` at the end), in order.

        Parameters
        ----------
        stream : str, optional
            All of them when left out.
        kinds : sequence of str
            Only these kinds.
        after : int
            Only after this sequence.
        until : int or datetime, optional
            Up to a sequence or a moment, both included: the ledger as it was then.
        """
        with self.reading() as reader:
            return reader.events(stream, kinds=kinds, after=after, until=until)

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        clock: Clock,
        guard: Callable[[Reader], None] | None = None,
        is_late: bool = False,
    ) -> tuple[Event, ...]:
        """Record drafts, all or none; what comes back is on disk.

        Parameters
        ----------
        drafts : sequence of Draft
            What happened, in order.
        clock : callable
            Gives the time with its zone; asked while no one else can append.
        guard : callable, optional
            Called with a reader while no one else can append; what it raises refuses all.
        is_late : bool
            Record a time that lies far before the last event's too, as said beside the last event's.

        Returns
        -------
        tuple of Event
            One a draft; the one that is there where it had been recorded before.

        Raises
        ------
        riskkit.foundation.inputs.faults.InputFaults
            With every fault of the drafts, when the clock runs backwards, when a key was used for something
            else, when the disk is full or the database is not there. Nothing is recorded then.
        """
        check_drafts(drafts)
        with failing_clearly(self.engine), self.engine.connect() as connection, hold_door(connection):
            reader = Reader(connection, self._table)
            known = self._known(reader, drafts)
            fresh = [draft for draft in drafts if draft.key not in known]
            if fresh and guard is not None:
                guard(reader)
            last = reader.head()
            after = (
                Head() if fresh and is_rebase(fresh[0]) else last
            )  # it alone may leave the last event's time
            at, said_at = time_of(self.place, after, clock, is_late=is_late) if fresh else ("", None)
            for draft in fresh:
                event = known[draft.key] = chained(draft, last, at=at, said_at=said_at)
                last = Head(event.sequence, event.hash, event.at)
            self._insert(connection, [known[draft.key] for draft in fresh])
        return tuple(known[draft.key] for draft in drafts)

    def append_refusal(self, stream: str, faults: InputFaults, *, who: str, key: str, clock: Clock) -> Event:
        """Remember that somebody was refused something; any time of the clock is taken, as said.

        Parameters
        ----------
        stream : str
            Of what was refused; recorded in ``refusals/<stream>``.
        faults : InputFaults
            Why.
        who, key : str
            As in `Draft`.
        clock : callable
            As for `append`.
        """
        rows = [{"place": one.place, "value": one.value, "rule": one.rule} for one in faults.faults]
        data = {"what": faults.what, "faults": rows[:_KEYS_AT_ONCE]}
        why = "; ".join(dict.fromkeys(one.rule for one in faults.faults))[:1000]
        draft = Draft(f"refusals/{stream}", "refused", data, who=who, why=why or "refused", key=key)
        return self.append([draft], clock=clock, is_late=True)[0]

    def put_events(self, events: Sequence[Event]) -> None:
        """Take in what another ledger recorded, right after this one's last event.

        Raises
        ------
        riskkit.foundation.inputs.faults.InputFaults
            When the first is not chained to this ledger's last event.
        """
        with failing_clearly(self.engine), self.engine.connect() as connection, hold_door(connection):
            head = Reader(connection, self._table).head()
            if events and (events[0].sequence, events[0].prev_hash) != (head.sequence + 1, head.hash):
                rule = "events that continue this ledger"
                raise InputFaults(self.place, [Fault(f"event {events[0].sequence}", events[0].hash, rule)])
            self._insert(connection, events)

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()

    def _known(self, reader: Reader, drafts: Sequence[Draft]) -> dict[str, Event]:
        known = reader.with_keys(draft.key for draft in drafts)
        other = [draft for draft in drafts if draft.key in known and not is_same(draft, known[draft.key])]
        refuse(
            self.place,
            [Fault("key", shown(one.key), "a key that was not used for something else") for one in other],
        )
        return known

    def _insert(self, connection: sa.Connection, events: Sequence[Event]) -> None:
        names = self._table.columns.keys()
        rows = [{name: getattr(event, name) for name in names} for event in events]
        if rows:
            connection.execute(sa.insert(self._table), rows)


_RULES: Mapping[str, str] = {
    "full": "a disk with room left; nothing was recorded",
    "No space": "a disk with room left; nothing was recorded",
    "disk I/O": "a disk that can be written to; nothing was recorded",
    "locked": "a ledger that others let go of in time; nothing was recorded",
    "readonly": "a ledger that can be written to; nothing was recorded",
    "not a database": "a file that is a ledger",
    "malformed": "a ledger file that is not damaged",
}


@contextlib.contextmanager
def failing_clearly(engine: sa.Engine) -> Iterator[None]:
    """What a database says as one fault: full disk, no server, not a ledger.

    Examples
    --------
    >>> engine = sa.create_engine("sqlite:////no/such/folder/ledger")
    >>> try:
    ...     with failing_clearly(engine), engine.connect():
    ...         pass
    ... except InputFaults as error:
    ...     print(error.faults[0].rule)
    a database that answers; nothing was recorded
    """
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
        words = str(getattr(error, "orig", error))
        other = "a database that answers; nothing was recorded"
        rule = next((rule for sign, rule in _RULES.items() if sign in words), other)
        raise InputFaults(told(engine), [Fault("ledger", shown(words), rule)]) from error


def open_ledger(place: str, *, is_reader: bool = False) -> Ledger:
    """Open a ledger; make it, or bring its tables up to date, unless it is opened to be read only.

    Parameters
    ----------
    place : str
        A path, or a URL such as ``postgresql+psycopg://user@host/database``.
    is_reader : bool
        Only look: nothing is made or changed, and a ledger of an older version is read as it is.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When it is not there, is something else, or was made by a later version of riskkit.

    Examples
    --------
    >>> import tempfile
    >>> draft = Draft("committee/a", "opened", {"n": 1}, who="chair", why="as planned", key="a:opened")
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     first = ledger.append([draft], clock=lambda: dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    ...     again = ledger.append([draft], clock=lambda: dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
    ...     print(ledger.head().sequence, first == again, ledger.events("committee/a")[0].at)
    ...     ledger.close()
    1 True 2026-11-24T00:00:00.000000Z
    """
    engine = connect_engine(place, is_reader=is_reader)
    try:
        with failing_clearly(engine):
            if not is_reader:
                upgrade(engine)
            with engine.connect() as connection:
                version = schema_version(connection)
            if not version:
                raise InputFaults(told(engine), [Fault("--ledger", told(engine), "a file that is a ledger")])
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, version)
