"""Warnings in the ledger: each step checked with the door locked; approvals by a second person."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from riskkit.foundation.events import Draft, Event, canonical, moment_of, moment_text
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.standards.warning_levels import code_of_rank, level_rank
from riskkit.store.ledger.ledger import Ledger, Reader
from riskkit.warning.dynamics.clocks import allowed
from riskkit.warning.dynamics.life import LEVELS, WarningEvent, WarningState, event_faults, replay
from riskkit.workbench.flows.clocks import utc_now

STREAM = "warning/"
DRAFTED, APPROVED, BEGUN, DELIVERED, FAILED = (
    "drafted", "approved", "delivery_begun", "delivered", "delivery_failed",
)  # fmt: skip
RELEASE = (DRAFTED, APPROVED, BEGUN, DELIVERED, FAILED)


@dataclass(frozen=True)
class WarningRoom:
    """A ledger of warnings, and a clock."""

    ledger: Ledger
    clock: Callable[[], dt.datetime] = utc_now


def stream_of(warning_id: str) -> str:
    """The stream of a warning."""
    return f"{STREAM}{warning_id}"


def step_of(event: Event) -> WarningEvent:
    """A recorded event as a step of the warning's life."""
    data: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in event.data.items()
    }
    ends = data.pop("ends_at", None)
    for beside in ("about", "due"):
        data.pop(beside, None)
    if isinstance(data.get("level"), str):  # a rank in ledgers of earlier versions
        data["level"] = level_rank(data["level"])
    return WarningEvent(
        warning_id=event.stream.removeprefix(STREAM),
        event=event.kind,
        at=moment_of(event.at),
        who=event.who,
        ends_at=None if ends is None else moment_of(ends),
        **data,
    )


def state_of(events: Sequence[Event], warning_id: str) -> WarningState:
    """Where a warning stands after its events."""
    return replay(steps_of(events)).get(warning_id, WarningState(warning_id=warning_id))


def steps_of(events: Iterable[Event]) -> list[WarningEvent]:
    """The steps of lives among recorded events; the others are about documents and messages."""
    return [step_of(event) for event in events if event.kind not in RELEASE]


def states_in(room: WarningRoom, *, until: dt.datetime | None = None) -> dict[str, WarningState]:
    """Where every warning stands, or stood at some moment."""
    return replay(steps_of(room.ledger.events(STREAM, until=until)))


def take_step(
    room: WarningRoom, step: WarningEvent, *, about: Mapping[str, Any] | None = None
) -> WarningState:
    """Record a step of a warning's life, if it may be taken."""
    stream = stream_of(step.warning_id)
    data = _recorded(step) | ({"about": dict(about)} if about else {})
    at = room.clock()

    def guard(reader: Reader) -> None:
        before = steps_of(reader.events(stream))
        refuse(step.warning_id, event_faults(before, replace(step, at=at)))

    before = room.ledger.events(stream)
    told = canonical({"stream": stream, "kind": step.event, "data": data, "n": len(before)})
    draft = Draft(stream, step.event, data, step.who, step.reason or step.event, _key("step", told))
    _append(room, draft, guard=guard, at=at)
    return state_of(room.ledger.events(stream), step.warning_id)


def _recorded(step: WarningEvent) -> dict[str, Any]:
    """A step as the ledger keeps it: its level as a sign, and how long its proposal may wait."""
    data = {
        name: value for name, value in asdict(step).items() if name not in _BESIDE and value not in _EMPTY
    }
    data |= {name: list(value) for name, value in data.items() if isinstance(value, tuple)}
    if step.ends_at is not None:
        data["ends_at"] = moment_text(step.ends_at)
    if step.level in LEVELS:
        data["level"] = code_of_rank(step.level)
        if step.event == "proposed":
            what, hours = allowed("proposed", step.level)
            data["due"] = {"what": what, "hours": hours}
    return data


_BESIDE = ("warning_id", "event", "at", "who", "ends_at")
_EMPTY: tuple[Any, ...] = (None, "", False, ())


def _key(what: str, told: str) -> str:
    return f"{what}:{hashlib.sha256(told.encode()).hexdigest()}"


def _append(
    room: WarningRoom, draft: Draft, *, guard: Callable[[Reader], None], at: dt.datetime | None = None
) -> Event:
    try:
        return room.ledger.append([draft], clock=room.clock if at is None else lambda: at, guard=guard)[0]
    except InputFaults as error:
        told = f"{draft.key}\n{moment_text(room.clock())}\n{error}"
        try:
            room.ledger.append_refusal(
                draft.stream, error, who=draft.who, key=_key("refused", told), clock=room.clock
            )
        except InputFaults as second:
            error.add_note(f"not recorded: {second}")
        raise


def record_draft(
    room: WarningRoom, warning_id: str, issue: str, *, files: dict[str, str], who: str,
    about: Mapping[str, Any] | None = None,
) -> Event:  # fmt: skip
    """Record that an issue's documents were drafted, by the hashes of its files."""

    def guard(reader: Reader) -> None:
        now = state_of(reader.events(stream_of(warning_id)), warning_id)
        is_out = now.phase not in ("none", "proposed", "rejected")
        refuse(issue, [] if is_out else [Fault("phase", now.phase, "a warning that is confirmed or issued")])

    data = {"issue": issue, "files": files, "about": dict(about or {})}
    draft = Draft(stream_of(warning_id), DRAFTED, data, who, issue, _key("draft", canonical(data)))
    return _append(room, draft, guard=guard)


def approve(room: WarningRoom, warning_id: str, issue: str, *, who: str, why: str) -> Event:
    """Approve an issue as it was drafted: by another person than the one who drafted it."""

    def guard(reader: Reader) -> None:
        found = _drafted(reader.events(stream_of(warning_id)), issue)
        same = [Fault("who", shown(who), "a second person, not the same")] if found.who == who else []
        nobody = [] if who.strip() else [Fault("who", "", "given")]
        refuse(issue, [*same, *nobody])

    drafted = _drafted(room.ledger.events(stream_of(warning_id)), issue)
    data = {"issue": issue, "drafted": drafted.hash}
    draft = Draft(stream_of(warning_id), APPROVED, data, who, why, _key("approval", canonical(data) + who))
    return _append(room, draft, guard=guard)


def _drafted(events: Sequence[Event], issue: str) -> Event:
    found = [one for one in events if one.kind == DRAFTED and one.data["issue"] == issue]
    if not found:
        raise InputFaults(issue, [Fault("issue", shown(issue), "an issue whose documents were drafted")])
    return found[-1]


def drafted_hashes(room: WarningRoom, warning_id: str) -> frozenset[str]:
    """The SHA-256 of every file of a warning that was ever drafted: a new draft may replace these."""
    drafts = room.ledger.events(stream_of(warning_id), kinds=[DRAFTED])
    return frozenset(sha for one in drafts for sha in dict(one.data["files"]).values())


def approved_files(events: Sequence[Event], issue: str) -> dict[str, str]:
    """The files of an issue, by hash, as they were approved; a draft changed since needs a new approval."""
    drafted = _drafted(events, issue)
    is_approved = any(one.kind == APPROVED and one.data["drafted"] == drafted.hash for one in events)
    rule = "approved by a second person, as it stands now"
    refuse(issue, [] if is_approved else [Fault("issue", shown(issue), rule)])
    return dict(drafted.data["files"])
