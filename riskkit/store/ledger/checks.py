"""Whether a ledger is whole: every row of its chain read again, also against heads kept elsewhere."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskkit.foundation.events import Event, Finding, Head, chain_findings
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, shown
from riskkit.store.ledger.ledger import Ledger
from riskkit.store.ledger.schema import schema_findings
from riskkit.store.ledger.tables import file_of

_FORMAT = "riskkit-ledger-head-1"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Verified:
    """What reading a ledger again found.

    Parameters
    ----------
    n_events : int
        Rows read.
    head : Head
        As the last row says.
    findings : tuple of Finding
        Empty when all is well, as far as a chain and the heads can tell.

    Examples
    --------
    >>> Verified(0, Head(), ()).is_whole
    True
    """

    n_events: int
    head: Head
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(ledger: Ledger, *, anchors: Sequence[Head] = ()) -> Verified:
    """Read the whole chain again and say everything that is wrong with it.

    Parameters
    ----------
    ledger : Ledger
    anchors : sequence of Head
        Heads of this ledger kept where its keeper cannot write; without one, neither a tail that was cut off
        nor a chain that was written anew can be seen.

    Examples
    --------
    >>> import tempfile
    >>> from riskkit.store.ledger.ledger import open_ledger
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     found = verify(ledger, anchors=[Head(3, "ab" * 32)])
    ...     ledger.close()
    >>> found.findings[0].kind
    'truncated'
    """
    seen = _Seen()
    damage = _damage(ledger)
    try:
        found = list(chain_findings(seen.each(ledger), anchors=anchors))
    except (InputFaults, sqlite3.Error, sa.exc.SQLAlchemyError, UnicodeError, ValueError, TypeError) as error:
        at = seen.head.sequence + 1
        found = [*seen.findings(anchors), Finding(at, "unreadable", shown(str(error).splitlines()[-1]))]
    return Verified(seen.n_events, seen.head, (*found, *damage, *_schema(ledger)))


class _Seen:
    """Counts the rows while they are read, and remembers them until one cannot be."""

    def __init__(self) -> None:
        self.n_events = 0
        self.head = Head()
        self._events: list[Event] = []

    def each(self, ledger: Ledger) -> Iterator[Event]:
        with ledger.reading() as reader:
            for event in reader.recorded():
                wrong = [name for name, value in asdict(event).items() if not _is_typed(name, value)]
                if wrong:
                    raise ValueError(
                        RuleText("row {}: {} of another type", shown(event.sequence), ", ".join(wrong))
                    )
                self.n_events += 1
                self.head = Head(event.sequence, event.hash, event.at)
                self._events.append(event)
                yield event

    def findings(self, anchors: Sequence[Head]) -> tuple[Finding, ...]:
        return chain_findings(self._events, anchors=[a for a in anchors if a.sequence <= self.head.sequence])


def _is_typed(name: str, value: object) -> bool:
    if name == "sequence":
        return type(value) is int
    return isinstance(value, str) or (name == "said_at" and value is None)


def _damage(ledger: Ledger) -> list[Finding]:
    """What SQLite says of its file: pages and indexes, which no chain covers."""
    if not file_of(ledger.engine):
        return []
    try:
        with ledger.engine.connect() as connection:
            lines = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(10)")]
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        lines = [str(getattr(error, "orig", error))]
    return [Finding(0, "unreadable", line) for line in lines if line != "ok"]


def _schema(ledger: Ledger) -> list[Finding]:
    try:
        return schema_findings(ledger.engine)
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        return [Finding(0, "schema", str(getattr(error, "orig", error)).splitlines()[0])]


def written_head(head: Head, *, place: str) -> str:
    """A head as the file that is kept elsewhere.

    Examples
    --------
    >>> read_head(written_head(Head(1, "ab" * 32), place="l"), name="a").sequence
    1
    """
    return json.dumps({"format": _FORMAT, "ledger": place, **asdict(head)}, indent=2, sort_keys=True) + "\n"


def read_head(text: str, *, name: str) -> Head:
    """A head from its file.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When it is something else.

    Examples
    --------
    >>> try:
    ...     read_head("{}", name="head.json")
    ... except InputFaults as error:
    ...     print(error.faults[0].rule)
    a head that riskkit ledger anchor wrote
    """
    try:
        data: dict[str, Any] = json.loads(text)
        sequence, told, at = data["sequence"], str(data["hash"]), str(data["at"])
        is_good = data["format"] == _FORMAT and type(sequence) is int and bool(_HASH.fullmatch(told))
    except (ValueError, TypeError, KeyError):
        sequence, told, at, is_good = -1, "", "", False
    if not is_good or sequence < 0:
        raise InputFaults(name, [Fault(name, shown(text[:60]), "a head that riskkit ledger anchor wrote")])
    return Head(sequence, told, at)


def read_head_file(path: Path) -> Head:
    """A head from the file somebody kept.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        When there is none, or it is something else.

    Examples
    --------
    >>> try:
    ...     read_head_file(Path("no such head.json"))
    ... except InputFaults as error:
    ...     print(error.faults[0].rule)
    a file that can be read
    """
    try:
        return read_head(path.read_text(encoding="utf-8"), name=str(path))
    except (OSError, UnicodeError) as error:
        raise InputFaults(
            str(path), [Fault(str(path), shown(str(error)), "a file that can be read")]
        ) from error
