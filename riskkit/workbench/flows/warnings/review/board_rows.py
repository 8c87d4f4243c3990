"""What the board of warnings shows, worked out from the events of the ledger alone: now, or at a moment."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.warning.dynamics.clocks import Clock, clocks
from riskkit.warning.dynamics.life import OPEN, WarningState, replay
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.flows.warnings.room import (
    APPROVED,
    DELIVERED,
    DRAFTED,
    RELEASE,
    STREAM,
    step_of,
    steps_of,
)

COMMANDS = {
    "confirmed": "confirm", "rejected": "reject", "issued": "issue", "raised": "raise", "lowered": "lower",
    "prolonged": "prolong", "corrected": "correct", "lifted": "lift", "expired": "expire",
}  # fmt: skip
_OPTIONS = {
    "reason": "--why TEXT",
    "evidence": "--evidence TEXT",
    "effect": "--effect",
    "consent": "--consent",
    "longer": "--until DATE",
}
_GRAVEST = 4


def next_commands(
    state: WarningState, events: Sequence[Event], *, now: dt.datetime
) -> tuple[tuple[str, str], ...]:
    """What each command does and its line, those about documents first."""
    return (*_documents(state, events), *_steps(state, now))


def _steps(state: WarningState, now: dt.datetime) -> Iterator[tuple[str, str]]:
    rows = records(standards.table("warning_steps"))
    for row in rows:
        event = str(row["event"])
        is_early = event == "expired" and state.ends_at is not None and now <= state.ends_at
        if row["phase_before"] == state.phase and event in COMMANDS and not is_early:
            needs = str(row["needs"]).split()
            asked = [_OPTIONS[need] for need in needs if need in _OPTIONS]
            asked += ["--level LEVEL"] if row["level_rule"] in ("given", "higher", "lower") else []
            asked += ["--until DATE"] if event == "issued" else []
            is_bound = "authorised" in needs and row["level_rule"] == "same" and state.level == _GRAVEST
            asked += ["--authorised"] if is_bound else []
            line = " ".join(["riskkit warning", COMMANDS[event], state.warning_id, "--as NAME", *asked])
            yield say(f"next_{event}"), line


def _documents(state: WarningState, events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """The documents of where a warning stands: to be drafted, approved as drafted, or delivered."""
    if state.phase not in ("issued", "lifted"):
        return
    name, drafts = state.warning_id, [one for one in events if one.kind == DRAFTED]
    steps = [one.sequence for one in events if one.kind not in RELEASE]
    if not drafts or drafts[-1].sequence < steps[-1]:
        more = "--port PORT --contact TEXT --out DIR --as NAME"
        yield say("next_draft"), f"riskkit warning draft CASE --warning {name} {more}"
        return
    last = drafts[-1]
    issue, of = str(last.data["issue"]), [one for one in events if one.sequence > last.sequence]
    if not any(one.kind == APPROVED and one.data["drafted"] == last.hash for one in of):
        yield say("next_approve"), f"riskkit warning approve {name} {issue} --as NAME"
    elif not any(one.kind == DELIVERED for one in of):
        more = f"DIR/{issue} --channels FILE --as NAME"
        yield say("next_release"), f"riskkit warning release {name} {issue} {more}"


@dataclass(frozen=True)
class LifeStep:
    """A step of a warning's life, as it is read."""

    at: dt.datetime
    event: str
    level: int | None
    who: str
    reason: str


@dataclass(frozen=True)
class BoardRow:
    """A warning on the board."""

    state: WarningState
    title: Mapping[str, str]
    places: tuple[Mapping[str, str], ...]
    due: tuple[Clock, ...]
    steps: tuple[LifeStep, ...]
    next: tuple[tuple[str, str], ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether it is still open: proposed, confirmed or issued."""
        return self.state.phase in OPEN


def board_rows(events: Iterable[Event], *, now: dt.datetime) -> list[BoardRow]:
    """Every warning, the gravest current one first."""
    by_id: dict[str, list[Event]] = {}
    for event in events:
        if event.stream.startswith(STREAM):
            by_id.setdefault(event.stream.removeprefix(STREAM), []).append(event)
    states = replay(steps_of(itertools.chain.from_iterable(by_id.values())))
    waiting: dict[str, list[Clock]] = {}
    for one in sorted(clocks(states.values(), now=now), key=lambda clock: clock.due_at):
        waiting.setdefault(one.warning_id, []).append(one)
    rows = [
        _row(states[name], of, waiting.get(name, []), now=now) for name, of in by_id.items() if name in states
    ]
    return sorted(rows, key=lambda row: (not row.is_current, -(row.state.level or 0), row.state.warning_id))


def _row(state: WarningState, events: Sequence[Event], due: Sequence[Clock], *, now: dt.datetime) -> BoardRow:
    told = [one.data["about"] for one in events if one.data.get("about")]
    about = told[-1] if told else {}
    title = about.get("title") or {"zh": state.warning_id, "en": state.warning_id}
    steps, level = [], None
    for event in events:
        if event.kind not in RELEASE:
            level = step_of(event).level or level
            steps.append(LifeStep(moment_of(event.at), event.kind, level, event.who, event.why))
    places, following = tuple(about.get("places") or ()), next_commands(state, events, now=now)
    return BoardRow(state, title, places, tuple(due), tuple(steps), following)


def counts_by_level(rows: Iterable[BoardRow]) -> dict[int, int]:
    """Current warnings of each level, from Ⅰ to Ⅳ."""
    found = Counter(row.state.level for row in rows if row.is_current)
    return {level: found[level] for level in (4, 3, 2, 1)}


def counts_by_place(rows: Iterable[BoardRow]) -> dict[str, int]:
    """Current warnings of each place, the most first."""
    found = Counter(place[language()] for row in rows if row.is_current for place in row.places)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
