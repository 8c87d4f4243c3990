"""The table of a ledger in SQLite or PostgreSQL: how it is opened, made, brought up to date and locked.

SQLite is used with its write-ahead log (WAL) and ``synchronous=FULL``: a commit is on disk before it is
acknowledged, and readers never wait. Writers queue at a lock file beside the ledger, held from BEGIN to after
the checkpoint: the versions before 3.51.3 can lose pages when one process commits while another starts the
log anew. WAL needs a disk of this machine, not a network share; for many machines there is PostgreSQL.

References
----------
SQLite documentation, "Write-Ahead Logging", sections 4 and 11; "PRAGMA synchronous".
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText

REFUSED = "BEGIN RAISE EXCEPTION 'a ledger is only appended to'; END"
"""What the trigger on a server does."""
VERSION = 2
"""Of the tables, as this riskkit makes them."""
_WAIT = 60.0  # s, for others to let go
# readers that never pause keep SQLite from shortening its log by itself
_WAL_BYTES = 4_000_000
_COMMITS = 250  # of one connection between two looks at the log
_PAUSES = (0.0005, 0.02)  # s, shortest and longest pause between two tries for the lock
_DOOR = 7_265_767  # the number of the lock on a server
_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_KEYED = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def _table(*more: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        "ledger_events",
        sa.MetaData(),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stream", _KEYED, nullable=False),
        sa.Column("kind", _KEYED, nullable=False),
        sa.Column("payload", _EXACT, nullable=False),
        sa.Column("who", _EXACT, nullable=False),
        sa.Column("at", _KEYED, nullable=False),
        sa.Column("why", _EXACT, nullable=False),
        sa.Column("key", _KEYED, nullable=False, unique=True),
        sa.Column("prev_hash", _KEYED, nullable=False, unique=True),
        sa.Column("hash", _KEYED, nullable=False),
        *more,
    )


_FIRST = _table()
_SECOND = _table(sa.Column("said_at", _KEYED, nullable=True))
_META = sa.Table(
    "ledger_schema", sa.MetaData(), sa.Column("version", sa.Integer, primary_key=True, autoincrement=False)
)


def address_of(place: str) -> sa.URL:
    """The database's URL for a path or a URL.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When it names no database that a ledger can be in.

    Examples
    --------
    >>> address_of("a/ledger.sqlite").database, address_of("postgresql://u:p@h/d").drivername
    ('a/ledger.sqlite', 'postgresql+psycopg')
    """
    if "://" not in place:
        return sa.URL.create("sqlite", database=place)
    try:
        url = sa.make_url(place)
    except sa.exc.ArgumentError:
        url = sa.URL.create("unknown")
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or not url.database:
        shown = url.render_as_string(hide_password=True)
        raise InputFaults("ledger", [Fault("--ledger", shown, "a path, or a URL of postgresql://")])
    return url


def told(engine: sa.Engine) -> str:
    """Where a ledger is, in words that hold no password.

    Examples
    --------
    >>> told(sa.create_engine("sqlite:///ledger.sqlite"))
    'ledger.sqlite'
    """
    url = engine.url
    return file_of(engine) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def file_of(engine: sa.Engine) -> str:
    """The file of a ledger in SQLite; empty for one on a server.

    Examples
    --------
    >>> file_of(sa.create_engine("sqlite:///ledger.sqlite"))
    'ledger.sqlite'
    """
    if engine.url.get_backend_name() != "sqlite":
        return ""
    return str(engine.get_execution_options().get("riskkit_file") or engine.url.database or "")


def is_unmade(place: str) -> bool:
    """Whether a place is a file that is not there yet, in a folder that is: a first act would make a ledger.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     is_unmade(f"{there}/l.sqlite"), is_unmade(f"{there}/none/l.sqlite"), is_unmade(there)
    (True, False, False)
    """
    url = address_of(place)
    if url.get_backend_name() != "sqlite":
        return False
    path = Path(str(url.database))
    return not path.exists() and path.absolute().parent.is_dir()


def connect_engine(place: str, *, is_reader: bool) -> sa.Engine:
    """An engine for a ledger; nothing is connected yet.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When the place names no database, its folder or (for a reader) its file is not there, or the driver of
        PostgreSQL is not installed.

    Examples
    --------
    >>> connect_engine("ledger.sqlite", is_reader=False).dialect.name
    'sqlite'
    """
    url = address_of(place)
    if url.get_backend_name() == "postgresql":
        return _server_engine(url)
    path = Path(str(url.database))
    wanted = path if is_reader else path.absolute().parent
    if not wanted.exists() or path.is_dir():
        rule = "a ledger that exists" if is_reader else "a file in a folder that exists"
        raise InputFaults("ledger", [Fault("--ledger", str(path), rule)])
    engine = sa.create_engine(
        url, creator=lambda: _sqlite(path, is_reader=is_reader), execution_options={"riskkit_file": str(path)}
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _server_engine(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError as error:
        rule = "riskkit[postgres] installed"
        raise InputFaults("ledger", [Fault("--ledger", "postgresql", rule)]) from error


def _sqlite(path: Path, *, is_reader: bool) -> sqlite3.Connection:
    mode = "rw" if is_reader else "rwc"
    if is_reader and not os.access(path, os.W_OK) and not Path(f"{path}-wal").exists():
        mode = "ro&immutable=1"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    found = sqlite3.connect(address, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    found.text_factory = _read_text
    if is_reader:
        found.execute("PRAGMA query_only=ON")
    else:
        with _alone(str(path)):
            found.execute("PRAGMA journal_mode=WAL")
        found.execute("PRAGMA synchronous=FULL")
        found.execute("PRAGMA wal_autocheckpoint=0")
    return found


def _read_text(raw: bytes) -> str:
    """Also what is no text, so that a damaged row can be named; its hash is not its own then."""
    return raw.decode("utf-8", "surrogateescape")


def _begin(connection: sa.Connection) -> None:
    is_writer = connection.get_execution_options().get("riskkit_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


@contextlib.contextmanager
def hold_door(connection: sa.Connection) -> Iterator[None]:
    """Be the only one who appends while inside; committed at the end, rolled back when something is raised.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        A fresh one.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When others do not let go in time.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     engine = connect_engine(f"{there}/l.sqlite", is_reader=False)
    ...     with engine.connect() as connection, hold_door(connection):
    ...         found = connection.exec_driver_sql("SELECT 1").scalar()
    ...     engine.dispose()
    >>> found
    1
    """
    file = file_of(connection.engine)
    if not file:
        with connection.begin():
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO on")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_DOOR})")
            yield
        return
    with _alone(file):
        with connection.execution_options(riskkit_writer=True).begin():
            yield
        _empty_log(connection, Path(f"{file}-wal"))


def _empty_log(connection: sa.Connection, log: Path) -> None:
    """Now and then, bring what is in the log into the ledger's file, so that it does not grow for ever."""
    number = connection.info["commits"] = connection.info.get("commits", 0) + 1
    if number % _COMMITS == 1 and log.exists() and log.stat().st_size > _WAL_BYTES:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextlib.contextmanager
def _alone(file: str) -> Iterator[None]:
    """Hold the lock file of a ledger; it ends with the process that holds it, however that ends."""
    handle = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        until, pause = time.monotonic() + _WAIT, _PAUSES[0]
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    rule = "a ledger that others let go of in time; nothing was recorded"
                    raise InputFaults(file, [Fault(file, "locked", rule)]) from None
            time.sleep(pause)
            pause = min(pause * 1.5, _PAUSES[1])
        yield
    finally:
        os.close(handle)


def leave_log(engine: sa.Engine) -> None:
    """Put all of a ledger in SQLite into its one file, so that the file alone can be moved.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a ledger nobody else has open.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     engine = connect_engine(f"{there}/l.sqlite", is_reader=False)
    ...     leave_log(engine)
    ...     engine.dispose()
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute("PRAGMA journal_mode=DELETE")


def schema_version(connection: sa.Connection) -> int:
    """The version of a ledger's tables; 0 where there are none.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When they were made by a later riskkit.

    Examples
    --------
    >>> engine = sa.create_engine("sqlite://")
    >>> with engine.connect() as connection:
    ...     schema_version(connection)
    0
    >>> engine.dispose()
    """
    if not sa.inspect(connection).has_table(_META.name):
        return 0
    found = int(connection.execute(sa.select(sa.func.max(_META.c.version))).scalar() or 0)
    if found > VERSION:
        rule = RuleText("a ledger of version {} or earlier: a later riskkit made it", VERSION)
        raise InputFaults(told(connection.engine), [Fault("version", str(found), rule)])
    return found


def table_of(version: int) -> sa.Table:
    """The table of events in a version of the tables.

    Examples
    --------
    >>> [table_of(version).columns.keys()[-1] for version in (1, 2)]
    ['hash', 'said_at']
    """
    return _FIRST if version == 1 else _SECOND


def upgrade(engine: sa.Engine) -> int:
    """Make a ledger's tables, or bring them up to date, in one transaction; the version they had.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a writer.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     engine = connect_engine(f"{there}/l.sqlite", is_reader=False)
    ...     found = upgrade(engine), upgrade(engine)
    ...     engine.dispose()
    >>> found
    (0, 2)
    """
    with engine.connect() as connection:
        before = schema_version(connection)
    if before == VERSION:
        return before
    with engine.connect() as connection, hold_door(connection):
        before = schema_version(connection)
        for number, step in enumerate(STEPS, start=1):
            if number > before:
                step(connection)
                connection.execute(_META.insert(), {"version": number})
    return before


def _make_events(connection: sa.Connection) -> None:
    _META.create(connection, checkfirst=True)
    _FIRST.create(connection)
    if connection.dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER ledger_no_{deed.lower()} BEFORE {deed} ON ledger_events "
                "BEGIN SELECT RAISE(ABORT, 'a ledger is only appended to'); END"
            )
        return
    connection.exec_driver_sql(
        f"CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $${REFUSED}$$"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    )


def _add_said_at(connection: sa.Connection) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    change = Operations(MigrationContext.configure(connection))
    change.add_column("ledger_events", sa.Column("said_at", _KEYED, nullable=True))
    change.create_index("ledger_events_of_stream", "ledger_events", ["stream", "sequence"])


STEPS: tuple[Callable[[sa.Connection], None], ...] = (_make_events, _add_said_at)
