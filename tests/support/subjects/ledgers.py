"""Ledgers for tests: drafts, a clock that goes where it is told, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import contextlib
import datetime as dt
import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from riskkit.foundation.events import Draft
from riskkit.workbench.runs.kernels import warmed

START = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)


def draft(number: int, **more: Any) -> Draft:
    given = {"stream": "committee/a", "kind": "said", "data": {"n": number}, "who": "expert", "why": "asked"}
    return Draft(**{**given, "key": f"k{number}", **more})


def ticking(start: dt.datetime = START, seconds: float = 1.0) -> Callable[[], dt.datetime]:
    """A clock that goes on by some seconds each time it is asked."""
    times = iter(range(10**9))
    return lambda: start + next(times) * dt.timedelta(seconds=seconds)


def at(seconds: float) -> Callable[[], dt.datetime]:
    return lambda: START + dt.timedelta(seconds=seconds)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def fast_starter() -> Any:
    """Real processes, but the imports are done once for all of them.

    A process has one fork server: one that is not the warmed process would be used by the reports that follow.
    """
    return warmed.warmed() if warmed.can_fork() else multiprocessing.get_context("spawn")


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).resolve().parent if beside else None


def _as_server() -> dict[str, Any]:
    """PostgreSQL runs for a user with a name, and refuses root: Debian's package makes a user for it."""
    try:
        if os.geteuid():
            pwd.getpwuid(os.geteuid())
            return {}
        owner = pwd.getpwnam("postgres")
    except KeyError as error:
        pytest.skip(f"PostgreSQL cannot be run by this user: {error.args[0]}")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server that lives as long as this; its data is in a folder of its own."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (riskkit[postgres])")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    rights = _as_server()
    with tempfile.TemporaryDirectory(prefix="riskkit-pg-") as there:
        if rights:
            os.chown(there, rights["user"], rights["group"])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data, quiet = f"{there}/data", {"stdout": subprocess.DEVNULL, "cwd": "/", **rights}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "riskkit", "-A", "trust", "-N"], check=True, **quiet
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={there}"
        started = [programs / "pg_ctl", "-D", data, "-l", f"{there}/log", "-w", "-o", options, "start"]
        subprocess.run(started, check=True, **quiet)
        try:
            yield f"postgresql://riskkit@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run(
                [programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], check=True, **quiet
            )


def emptied(url: str) -> str:
    """The same database without any ledger in it."""
    import sqlalchemy as sa

    from riskkit.store.ledger.tables import address_of

    engine = sa.create_engine(address_of(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return url
