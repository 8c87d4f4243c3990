"""Who may use what is served: a file of people with their roles, known by token, password or a proxy.

.. code-block:: toml

    method = "token"            # token, password, or header (a reverse proxy has asked already)
    session_minutes = 480       # a session ends then
    header = "X-Remote-User"    # for the method header; believed from these addresses only:
    proxies = ["127.0.0.1"]
    [[people]]
    name = "e1"
    role = "expert"             # assessor, expert, chair, leadership, auditor
    secret = "$argon2id$…"      # of a token or password; ``riskkit access`` makes it
    expires = 2027-06-30        # may be left out

Secrets are kept as Argon2id hashes. A token is ``name.secret``, so that one hash is tried, not all of them.
"""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from riskkit.foundation import part_files
from riskkit.foundation.faults import Fault, refuse, shown
from riskkit.foundation.toml_file import read_toml
from riskkit.foundation.toml_record import as_record, toml_text, written

_STRICT = ConfigDict(extra="forbid")
_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
_SHORTEST = 12
Role = Literal["assessor", "expert", "chair", "leadership", "auditor"]


@dataclass(frozen=True, config=_STRICT)
class Person:
    """Somebody who may use what is served.

    Parameters
    ----------
    name : str
        As committees and ledgers know them.
    role : str
    secret : str
        Argon2 hash; empty where a proxy asks.
    expires : date, optional
        The last day.

    Examples
    --------
    >>> Person("e1", "expert").expires is None
    True
    """

    name: Annotated[str, Field(pattern=_NAME)]
    role: Role
    secret: Annotated[str, Field(max_length=300)] = ""
    expires: dt.date | None = None

    def is_over(self, today: dt.date) -> bool:
        """Whether the last day has passed."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, config=_STRICT)
class People:
    """Everybody who may use what is served, and how they are known.

    Parameters
    ----------
    method : str
        ``token``, ``password`` or ``header``.
    people : tuple of Person
    session_minutes : int
        Until a session ends.
    header : str
        The header of the proxy.
    proxies : tuple of str
        Addresses of proxies that are believed.

    Examples
    --------
    >>> People("token", (Person("e1", "expert"),)).session_minutes
    480
    """

    method: Literal["token", "password", "header"]
    people: Annotated[tuple[Person, ...], Field(max_length=2000)] = ()
    session_minutes: Annotated[int, Field(ge=1, le=10_080)] = 480
    header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")] = "X-Remote-User"
    proxies: Annotated[tuple[str, ...], Field(max_length=20)] = ("127.0.0.1", "::1")

    def person(self, name: str) -> Person | None:
        """Somebody by name."""
        return next((one for one in self.people if one.name == name), None)


def read_people(path: Path) -> People:
    """The people of a file.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        With everything that is wrong with it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     path = Path(there) / "access.toml"
    ...     _ = path.write_text('method = "header"\\n[[people]]\\nname = "li"\\nrole = "chair"\\n')
    ...     read_people(path).person("li").role
    'chair'
    """
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
    """The Argon2id hash of a token or password.

    Examples
    --------
    >>> hashed("correct horse battery").startswith("$argon2id$")
    True
    """
    from argon2 import PasswordHasher

    return PasswordHasher().hash(secret)


@functools.cache
def _nobody() -> str:
    return hashed(secrets.token_urlsafe())


def known_by(people: People, name: str, secret: str, *, today: dt.date) -> tuple[Person | None, str]:
    """The person whom a name and a secret belong to, and why there is none.

    Parameters
    ----------
    people : People
    name, secret : str
    today : date

    Returns
    -------
    person : Person or None
    why : str
        ``""``, ``"wrong"`` or ``"expired"``. An unknown name takes as long as a known one.

    Examples
    --------
    >>> everybody = People("token", (Person("e1", "expert", hashed("s3cret-s3cret"), dt.date(2026, 1, 1)),))
    >>> known_by(everybody, "e1", "s3cret-s3cret", today=dt.date(2026, 1, 1))[0].role
    'expert'
    >>> known_by(everybody, "e1", "s3cret-s3cret", today=dt.date(2026, 1, 2))
    (None, 'expired')
    >>> known_by(everybody, "e2", "s3cret-s3cret", today=dt.date(2026, 1, 1))
    (None, 'wrong')
    """
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
    """The same people with one more, or one changed.

    Examples
    --------
    >>> with_person(People("token"), Person("e1", "expert")).person("e1").role
    'expert'
    """
    return replace(people, people=(*without_person(people, person.name).people, person))


def without_person(people: People, name: str) -> People:
    """The same people without one.

    Examples
    --------
    >>> without_person(People("token", (Person("e1", "expert"),)), "e1").people
    ()
    """
    return replace(people, people=tuple(one for one in people.people if one.name != name))


def write_people(path: Path, people: People) -> None:
    """Write the file of people, for its owner's eyes only, whole or not at all.

    Raises
    ------
    OSError
        When it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     path = Path(there) / "access.toml"
    ...     write_people(path, People("header", (Person("e1", "expert"),)))
    ...     read_people(path).people[0].name, oct(path.stat().st_mode & 0o777)
    ('e1', '0o600')
    """
    content = toml_text(written(people)).encode()
    part_files.put_files(path.parent, {path.name: content}, is_forced=True, mode=0o600)


def new_token(name: str) -> tuple[str, str]:
    """A new token for somebody, shown once, and the hash that is kept.

    Examples
    --------
    >>> token, kept = new_token("e1")
    >>> token.startswith("e1."), kept.startswith("$argon2id$")
    (True, True)
    """
    secret = secrets.token_urlsafe(24)
    return f"{name}.{secret}", hashed(secret)


def require_password(password: str) -> str:
    """A password that is long enough.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When it is not.

    Examples
    --------
    >>> require_password("correct horse battery")
    'correct horse battery'
    """
    short = [] if len(password) >= _SHORTEST else [Fault("password", "…", f"at least {_SHORTEST} characters")]
    refuse("access", short)
    return password
