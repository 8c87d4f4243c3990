"""The room in which a committee meets: its events in a ledger, each step checked with the door locked.

Whoever works with a session, from the command line or a page, does so through here. A refusal is itself
recorded, so that late, doubled and forged ballots leave a trace.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.assessment.committee import order, sealing, steps
from riskkit.assessment.committee.answers import check_answers
from riskkit.assessment.committee.questions import questions_of
from riskkit.assessment.committee.sealing import KEY_BYTES
from riskkit.assessment.committee.session import (
    BALLOT,
    CONTROL,
    Expert,
    Rules,
    Session,
    session_of,
    stream_of,
)
from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.events import Draft, Event, is_same, moment_text
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.store.ledger.ledger import Ledger, Reader
from riskkit.workbench.flows.clocks import utc_now
from riskkit.workbench.runs.folders.ledger_places import KEYS_VARIABLE


def keys_folder(place: str, given: Path | None, environment: Mapping[str, str]) -> Path:
    """Where the secrets of a ledger's sessions are."""
    if given is not None:
        return given
    if environment.get(KEYS_VARIABLE):
        return Path(environment[KEYS_VARIABLE])
    if "://" in place:
        rule = RuleText("--keys or {}: a folder on this machine, for a ledger on a server", KEYS_VARIABLE)
        raise InputFaults("committee", [Fault("--keys", "", rule)])
    return Path(f"{place}.keys")


def new_key(folder: Path, session: str) -> bytes:
    """The secret of a session that is about to be opened: a random one, or the one that lies there unused."""
    path = folder / f"{session}.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            return read_key(folder, session)
        put_files(folder, {path.name: f"{secrets.token_hex(KEY_BYTES)}\n".encode()}, mode=0o600)
    except OSError as error:
        rule = "a folder that can be written to"
        raise InputFaults(str(folder), [Fault(str(folder), shown(error.strerror), rule)]) from error
    return read_key(folder, session)


def read_key(folder: Path, session: str) -> bytes:
    """The secret of a session."""
    path = folder / f"{session}.key"
    try:
        found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        found = b""
        words = getattr(error, "strerror", None) or "not hexadecimal"
    else:
        words = f"{len(found)} bytes"
    if len(found) != KEY_BYTES:
        raise InputFaults(str(path), [Fault(str(path), shown(words), "the key file of the session")])
    return found


@dataclass(frozen=True)
class Room:
    """A ledger and the folder of its sessions' secrets."""

    ledger: Ledger
    keys: Path
    clock: Callable[[], dt.datetime] = utc_now


def open_session(
    room: Room,
    session: str,
    case: Case,
    *,
    text: str,
    experts: Sequence[Expert],
    rules: Rules,
    chair: str,
    why: str,
) -> Session:
    """Open a session on a case."""
    if not steps.ID.fullmatch(session):
        rule = "small letters, digits, - and _, at most 64"
        raise InputFaults("committee", [Fault("session", shown(session), rule)])
    if room.ledger.events(stream_of(session), kinds=["opened"]):
        raise InputFaults("committee", [Fault("session", session, "an id that is not taken")])
    facts = {"case_id": case.id, "case_text": text, "title_zh": case.title.zh, "title_en": case.title.en}
    draft = steps.opening(
        session, facts, experts, questions=questions_of(case), rules=rules, chair=chair,
        key=new_key(room.keys, session), why=why,
    )  # fmt: skip
    room.ledger.append([draft], clock=room.clock)
    return session_in(room, session)


def session_in(
    room: Room, session: str, *, until: int | dt.datetime | None = None, kinds: Sequence[str] = ()
) -> Session:
    """What a session has come to, or had come to at some moment."""
    try:
        return session_of(room.ledger.events(stream_of(session), kinds=kinds, until=until))
    except InputFaults as error:
        if error.what != "committee":
            raise
        raise InputFaults(
            "committee", [Fault("session", shown(session), "a session that was opened")]
        ) from error


def sessions_in(room: Room) -> tuple[str, ...]:
    """The ids of all sessions, the latest last."""
    opened = room.ledger.events("committee/", kinds=["opened"])
    return tuple(event.stream.removeprefix("committee/") for event in opened)


def take_step(room: Room, session: str, kind: str, *, who: str, why: str, **data: Any) -> Event:
    """Record a step of a session (anything but opening and ballots), if it may come next."""
    now, read = _read(room, session)
    if kind == "round_closed":
        key = read_key(room.keys, session)
        _require_key(now, key)
        data["key"] = sealing.round_key(key, session, str(data["round"])).hex()
    return _record(room, now, steps.step(now, kind, who=who, why=why, **data), read=read)


def cast_ballot(
    room: Room, session: str, expert: str, *, name: str, answers: Mapping[str, Any], who: str
) -> Event:
    """Record an expert's ballot, sealed; what comes back is on disk and counted once."""
    now, read = _read(room, session, kinds=CONTROL)
    try:
        kept = check_answers(now.asked_in(name), answers, what=f"{expert}:")
        key = read_key(room.keys, session)
        _require_key(now, key)
    except InputFaults as error:
        remember(room, session, error, who=who)
        raise
    draft = steps.ballot(now, name, expert, answers=kept, key=key, who=who)
    return _record(room, now, draft, read=read)


def remember(room: Room, session: str, error: InputFaults, *, who: str) -> None:
    """Record a refusal; where even that is impossible (a full disk), the refusal itself still stands."""
    text = f"{session}\n{who}\n{moment_text(room.clock())}\n{error}"
    key = f"refused:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
    try:
        room.ledger.append_refusal(stream_of(session), error, who=who or "unknown", key=key, clock=room.clock)
    except InputFaults as second:
        error.add_note(f"not recorded: {second}")


def _require_key(now: Session, key: bytes) -> None:
    if not order.key_matches(now, key):
        raise InputFaults("committee", [Fault(f"{now.id}.key", "…", "the key the session was opened with")])


def _read(room: Room, session: str, *, kinds: Sequence[str] = ()) -> tuple[Session, int]:
    """A session, and how far the ledger had come when it was read."""
    read = room.ledger.head().sequence
    return session_in(room, session, until=read, kinds=kinds), read


def _record(room: Room, now: Session, draft: Draft, *, read: int) -> Event:
    """With the door locked only what came since is read: everybody else waits meanwhile."""

    def guard(reader: Reader) -> None:
        kinds = CONTROL if draft.kind == BALLOT else ()
        since = reader.events(draft.stream, kinds=kinds, after=read)
        order.require_next(session_of(since, begin=now), draft)

    try:
        with room.ledger.reading() as reader:
            there = reader.with_keys([draft.key]).get(draft.key)
        if there is not None and not is_same(draft, there):
            order.require_next(session_in(room, now.id), draft)
        return room.ledger.append([draft], clock=room.clock, guard=guard)[0]
    except InputFaults as error:
        remember(room, now.id, error, who=draft.who)
        raise
