"""Events: what was decided, by whom, when and why, each chained to the one before by its hash.

A `Draft` is what somebody wants recorded; an `Event` is what a ledger recorded
(`riskkit.store.ledger.ledger`). The streams (committee, warnings, measures) work out their state from events
alone, so the same events always give the same state.

The hash of an event is the SHA-256 of one JSON array of its fields, which names every field's place and
length beyond doubt. It covers the hash before it: who alters, removes, adds or moves a row changes every
hash after it. What a chain alone cannot show is a tail that was cut off, or a chain that was written anew
from some row on by somebody who may write to the file: both show only against a head kept elsewhere
(`Head`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from riskkit.foundation.event_times import is_lawful_rebase
from riskkit.foundation.inputs.faults import Fault, RuleText, plain_text, refuse, shown

NO_HASH = "0" * 64
"""What the first event is chained to."""
_FORMAT = "riskkit-event-1"
_STREAM = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*")
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_KEY = re.compile(r"[!-~]+")
_LONGEST = {"stream": 160, "kind": 64, "who": 200, "why": 4000, "key": 200}
_LARGEST_PAYLOAD = 4_000_000  # characters
_MOST_MOVES = 400
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(frozen=True)
class Draft:
    """What somebody wants recorded.

    Parameters
    ----------
    stream : str
        What it belongs to, such as ``committee/note7-1`` or ``warning/2026-17``: small letters, digits and
        ``_ . - /``.
    kind : str
        What happened, such as ``ballot_taken``.
    data : mapping
        The rest, as JSON can hold it.
    who, why : str
        Neither may be empty.
    key : str
        Names this one happening for good; the same key is never recorded twice.

    Examples
    --------
    >>> Draft("committee/a", "opened", {}, who="chair", why="quarterly meeting", key="a:opened").kind
    'opened'
    """

    stream: str
    kind: str
    data: Mapping[str, Any]
    who: str
    why: str
    key: str


@dataclass(frozen=True)
class Event:
    """What a ledger recorded.

    Parameters
    ----------
    sequence : int
        Its place in the ledger, from 1 without gaps.
    stream, kind : str
    payload : str
        Canonical JSON text; `data` reads it.
    who : str
    at : str
        When, in UTC: ``2026-11-24T00:00:00.000000Z``; never before the event before it.
    why, key : str
    prev_hash, hash : str
        SHA-256 of the event before, and of this one, in hexadecimal.
    said_at : str, optional
        What the writer's clock said, where that was before the event before it.

    Examples
    --------
    >>> Event(1, "a", "opened", '{"n":1}', "chair", "…", "", "k", NO_HASH, "").data
    {'n': 1}
    """

    sequence: int
    stream: str
    kind: str
    payload: str
    who: str
    at: str
    why: str
    key: str
    prev_hash: str
    hash: str
    said_at: str | None = None

    @property
    def data(self) -> dict[str, Any]:
        """The payload, read."""
        found: dict[str, Any] = json.loads(self.payload)
        return found


@dataclass(frozen=True)
class Head:
    """How far a ledger had come: to be kept where the ledger's keeper cannot write.

    Parameters
    ----------
    sequence : int
        Of the last event; 0 where there was none.
    hash, at : str
        Of the last event.

    Examples
    --------
    >>> Head().sequence
    0
    """

    sequence: int = 0
    hash: str = NO_HASH
    at: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a chain of events.

    Parameters
    ----------
    sequence : int
        Where it shows.
    kind : str
        ``altered``, ``moved``, ``missing``, ``unlinked``, ``misplaced``, ``doubled``, ``clock``,
        ``truncated``, ``rewritten`` or ``unreadable``.
    detail : str
        What was found there, in few words.

    Examples
    --------
    >>> Finding(3, "missing", "3 to 4").kind
    'missing'
    """

    sequence: int
    kind: str
    detail: str


def canonical(data: Mapping[str, Any]) -> str:
    """The one JSON text of some data: sorted names, no spaces, no NaN.

    Raises
    ------
    ValueError
        When JSON cannot hold it, or it would come back as something else.

    Examples
    --------
    >>> canonical({"b": 1.5, "a": ["度", None, True]})
    '{"a":["度",null,true],"b":1.5}'
    """
    rule = "data that JSON holds unchanged"
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        text.encode("utf-8")
        is_same = json.loads(text) == data
    except (TypeError, ValueError, RecursionError, UnicodeError) as error:
        raise ValueError(rule) from error
    if not is_same:
        raise ValueError(rule)
    return text


def moment_text(moment: dt.datetime) -> str:
    """A moment as events write it.

    Raises
    ------
    ValueError
        When it has no time zone.

    Examples
    --------
    >>> moment_text(dt.datetime(2026, 11, 24, 8, tzinfo=dt.timezone(dt.timedelta(hours=8))))
    '2026-11-24T00:00:00.000000Z'
    """
    if moment.tzinfo is None:
        raise ValueError("a moment with its time zone")
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def moment_of(text: str) -> dt.datetime:
    """The moment an event names.

    Raises
    ------
    ValueError
        When it is written otherwise.

    Examples
    --------
    >>> moment_of("2026-11-24T00:00:00.000000Z")
    datetime.datetime(2026, 11, 24, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if not _AT.fullmatch(text):
        raise ValueError("a moment such as 2026-11-24T00:00:00.000000Z")
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=dt.UTC)


def digest(event: Event) -> str:
    """The hash that belongs to an event's other fields.

    Examples
    --------
    >>> digest(Event(1, "a", "opened", "{}", "chair", "", "", "k", NO_HASH, ""))[:8]
    'd840aee8'
    """
    fields = [_FORMAT, event.sequence, event.stream, event.kind, event.payload, event.who, event.at]
    fields += [event.why, event.key, event.prev_hash]
    fields += [] if event.said_at is None else [event.said_at]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode("ascii")).hexdigest()


def check_drafts(drafts: Sequence[Draft]) -> None:
    """Refuse drafts that cannot be recorded, with everything that is wrong.

    Raises
    ------
    riskkit.foundation.inputs.faults.InputFaults
        With every fault.

    Examples
    --------
    >>> check_drafts([Draft("committee/a", "opened", {}, who="chair", why="as planned", key="k")])
    """
    faults = [fault for number, draft in enumerate(drafts) for fault in _draft_faults(number, draft)]
    keys = [draft.key for draft in drafts]
    faults += [
        Fault("key", shown(key), "keys that stand once") for key in {k for k in keys if keys.count(k) > 1}
    ]
    refuse("events", faults)


def _draft_faults(number: int, draft: Draft) -> Iterator[Fault]:
    place = f"event {number}"
    for name, longest in _LONGEST.items():
        if len(getattr(draft, name)) > longest:
            yield Fault(
                f"{place} {name}", shown(getattr(draft, name)), RuleText("at most {} characters", longest)
            )
    for name, pattern in (("stream", _STREAM), ("kind", _KIND), ("key", _KEY)):
        if not pattern.fullmatch(getattr(draft, name)):
            yield Fault(
                f"{place} {name}", shown(getattr(draft, name)), "a name of small letters, digits and signs"
            )
    for name in ("who", "why"):
        try:
            plain_text(getattr(draft, name))
        except ValueError as error:
            yield Fault(f"{place} {name}", shown(getattr(draft, name)), str(error))
    try:
        if len(canonical(draft.data)) > _LARGEST_PAYLOAD:
            yield Fault(f"{place} data", "…", RuleText("at most {} characters", _LARGEST_PAYLOAD))
    except ValueError as error:
        yield Fault(f"{place} data", shown(draft.data), str(error))


def chained(draft: Draft, head: Head, *, at: str, said_at: str | None = None) -> Event:
    """The event that a draft becomes after a head.

    Examples
    --------
    >>> draft = Draft("a", "opened", {}, who="chair", why="as planned", key="k")
    >>> event = chained(draft, Head(), at="2026-11-24T00:00:00.000000Z")
    >>> event.sequence, event.hash == digest(event)
    (1, True)
    """
    bare = Event(
        head.sequence + 1, draft.stream, draft.kind, canonical(draft.data), draft.who, at, draft.why,
        draft.key, head.hash, "", said_at,
    )  # fmt: skip
    return replace(bare, hash=digest(bare))


def is_same(draft: Draft, event: Event) -> bool:
    """Whether an event records just this draft.

    Examples
    --------
    >>> draft = Draft("a", "opened", {}, who="chair", why="as planned", key="k")
    >>> is_same(draft, chained(draft, Head(), at="2026-11-24T00:00:00.000000Z"))
    True
    """
    mine = (draft.stream, draft.kind, canonical(draft.data), draft.who, draft.why, draft.key)
    return mine == (event.stream, event.kind, event.payload, event.who, event.why, event.key)


def chain_findings(events: Iterable[Event], *, anchors: Sequence[Head] = ()) -> tuple[Finding, ...]:
    """Everything that is wrong with a chain, in the order in which its rows are read.

    Parameters
    ----------
    events : iterable of Event
        By sequence, from the first.
    anchors : sequence of Head
        Heads of this ledger that were kept elsewhere.

    Returns
    -------
    tuple of Finding
        Empty for a whole chain. A cut tail and a chain written anew show against anchors alone.

    Examples
    --------
    >>> chain_findings([], anchors=[Head(2, "ab" * 32, "")])[0].kind
    'truncated'
    """
    found: list[Finding] = []
    broken: list[Event] = []
    last, keys, wanted = Head(), set[str](), {one.sequence: one for one in anchors if one.sequence}
    times: list[str] = []
    for event in events:
        found += _place_findings(event, last, times)
        times.append(event.at)
        if event.key in keys:
            found.append(Finding(event.sequence, "doubled", event.key))
        if event.hash != digest(event) or not _is_canonical(event.payload):
            broken.append(event)
        anchor = wanted.pop(event.sequence, None)
        if anchor is not None and anchor.hash != event.hash:
            found.append(Finding(event.sequence, "rewritten", "another hash than the head kept elsewhere"))
        keys.add(event.key)
        last = Head(event.sequence, event.hash, event.at)
    found += [_broken_finding(event, broken) for event in broken]
    found += [
        Finding(one, "truncated", f"the ledger ends at {last.sequence}, a head kept elsewhere at {one}")
        for one in wanted
    ]
    return tuple(sorted(found, key=lambda one: (one.sequence, one.kind)))


def _place_findings(event: Event, last: Head, times: Sequence[str]) -> Iterator[Finding]:
    if event.sequence > last.sequence + 1:
        yield Finding(last.sequence + 1, "missing", f"{last.sequence + 1} to {event.sequence - 1}")
    elif event.sequence <= last.sequence:
        yield Finding(event.sequence, "misplaced", f"after {last.sequence}")
    if event.prev_hash != last.hash:
        yield Finding(event.sequence, "unlinked", f"not chained to {last.sequence}")
    is_back = event.at < last.at and not is_lawful_rebase(event, left=last.at, times=times)
    if is_back or not _AT.fullmatch(event.at):
        yield Finding(event.sequence, "clock", f"{event.at} after {last.at}")


def _is_canonical(payload: str) -> bool:
    try:
        return canonical(json.loads(payload)) == payload
    except (ValueError, TypeError, RecursionError):
        return False


def _broken_finding(event: Event, broken: Sequence[Event]) -> Finding:
    """A row whose hash is not its own: written by somebody else, or a good row of another place."""
    for other in broken[:_MOST_MOVES]:
        if digest(replace(event, sequence=other.sequence)) == event.hash:
            return Finding(event.sequence, "moved", f"this is row {other.sequence}")
    return Finding(event.sequence, "altered", f"{event.stream} {event.kind}")
