"""Who may use what is served: a file of people with their roles, known by token, password or a proxy.

.. code-block:: toml
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.foundation.numbers.toml_record import as_record, toml_text, written

_STRICT = ConfigDict(extra="forbid")
_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
# a shorter password can be guessed by trying
_SHORTEST = 12
Role = Literal["assessor", "expert", "chair", "leadership", "auditor"]
Method = Literal["token", "password", "header"]


@dataclass(frozen=True, config=_STRICT)
class Person:
    """Somebody who may use what is served."""

    name: Annotated[str, Field(pattern=_NAME)]
    role: Role
    secret: Annotated[str, Field(max_length=300)] = ""
    expires: dt.date | None = None

    def is_over(self, today: dt.date) -> bool:
        """Whether the last day has passed."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, config=_STRICT)
class People:
    """Everybody who may use what is served, and how they are known."""

    method: Method
    people: Annotated[tuple[Person, ...], Field(max_length=2000)] = ()
    session_minutes: Annotated[int, Field(ge=1, le=10_080)] = 480
    header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")] = "X-Remote-User"
    proxies: Annotated[tuple[str, ...], Field(max_length=20)] = ("127.0.0.1", "::1")

    def person(self, name: str) -> Person | None:
        """Somebody by name."""
        return next((one for one in self.people if one.name == name), None)


def read_people(path: Path) -> People:
    """The people of a file."""
    found = as_record(read_toml(path), People)
    names = [one.name for one in found.people]
    faults = [Fault("people name", shown(one), "names that stand once") for one in _doubled(names)]
    if found.method != "header":
        faults += [
            Fault(f"people {one.name} secret", "", "an Argon2 hash, as riskkit access makes it")
            for one in found.people
            if not one.secret.startswith("$argon2")
        ]
    refuse(str(path), faults)
    return found


def _doubled(names: Iterable[str]) -> list[str]:
    seen = [*names]
    return sorted({one for one in seen if seen.count(one) > 1})


def hashed(secret: str) -> str:
    """The Argon2id hash of a token or password."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(secret)


@functools.cache
def _nobody() -> str:
    return hashed(secrets.token_urlsafe())


def known_by(people: People, name: str, secret: str, *, today: dt.date) -> tuple[Person | None, str]:
    """The person whom a name and a secret belong to, and why there is none."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    found = people.person(name)
    try:
        PasswordHasher().verify(found.secret if found else _nobody(), secret)
    except (VerificationError, InvalidHashError):
        return None, "wrong"
    if found is None:
        return None, "wrong"
    return (None, "expired") if found.is_over(today) else (found, "")


def with_person(people: People, person: Person) -> People:
    """The same people with one more, or one changed."""
    return replace(people, people=(*without_person(people, person.name).people, person))


def without_person(people: People, name: str) -> People:
    """The same people without one."""
    return replace(people, people=tuple(one for one in people.people if one.name != name))


def write_people(path: Path, people: People) -> None:
    """Write the file of people, for its owner's eyes only, whole or not at all."""
    content = toml_text(written(people)).encode()
    part_files.put_files(path.parent, {path.name: content}, is_forced=True, mode=0o600)


def new_token(name: str) -> tuple[str, str]:
    """A new token for somebody, shown once, and the hash that is kept."""
    secret = secrets.token_urlsafe(24)
    return f"{name}.{secret}", hashed(secret)


def require_password(password: str) -> str:
    """A password that is long enough."""
    short = (
        []
        if len(password) >= _SHORTEST
        else [Fault("password", "…", RuleText("at least {} characters", _SHORTEST))]
    )
    refuse("access", short)
    return password


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
