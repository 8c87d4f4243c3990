"""What the board of warnings shows, worked out from the events of the ledger alone: now, or at a moment."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.language import language
from riskkit.warning.dynamics.clocks import Clock, clocks
from riskkit.warning.dynamics.life import OPEN, WarningState, replay
from riskkit.workbench.flows.warnings.review.next_commands import next_commands
from riskkit.workbench.flows.warnings.room import RELEASE, STREAM, step_of, steps_of


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
