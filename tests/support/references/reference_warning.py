"""The life of a warning one step at a time, slow and obvious: what the engine of flows must agree with."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.warning_levels import accepted_levels
from riskkit.warning.dynamics.life import LEVELS, NONE, WarningEvent, WarningState

_HIGHEST = 4


@dataclass(frozen=True)
class Step:
    """A row of the table of steps."""

    phase_after: str
    level_rule: str
    needs: tuple[str, ...]


@functools.cache
def steps() -> Mapping[tuple[str, str], Step]:
    """(phase, event) → step, as the table has them."""
    rows = standards.table("warning_steps")
    return {
        (str(row.phase_before), str(row.event)): Step(
            str(row.phase_after), str(row.level_rule), tuple(str(row.needs).split())
        )
        for row in rows.itertuples()
    }


def event_faults(state: WarningState, event: WarningEvent) -> list[Fault]:
    """Everything that keeps a step from being taken."""
    place = f"{event.warning_id}[{state.n_events + 1}].{event.event}"
    step = steps().get((state.phase, event.event))
    if step is None:
        may = ", ".join(name for phase, name in steps() if phase == state.phase) or "nothing"
        return [Fault(place, state.phase, f"a step that may follow {state.phase}: {may}")]
    wrong = {**_timing(state, event), **_level(state, event, step)}
    wrong |= {
        name: rule for need in step.needs for name, rule in _need(state, event, need=need, step=step).items()
    }
    return [Fault(f"{place}.{name}", shown(getattr(event, name)), rule) for name, rule in wrong.items()]


def _timing(state: WarningState, event: WarningEvent) -> dict[str, str]:
    if event.at.utcoffset() is None or (event.ends_at is not None and event.ends_at.utcoffset() is None):
        return {"at": "a time with its offset from UTC"}
    wrong = {} if event.who.strip() else {"who": "given"}
    if state.last_at is not None and event.at < state.last_at:
        wrong["at"] = "not before the step before it"
    if event.ends_at is not None and event.ends_at <= event.at:
        wrong["ends_at"] = "after the step itself"
    return wrong


def _level(state: WarningState, event: WarningEvent, step: Step) -> dict[str, str]:
    given, now = event.level, state.level
    if step.level_rule in ("given", "higher", "lower") and given not in LEVELS:
        return {"level": f"{accepted_levels()}, as its rank from 1 (Ⅳ) to 4 (Ⅰ)"}
    wrong = {
        "same": given is not None and given != now,
        "none": given is not None,
        "higher": given is not None and now is not None and given <= now,
        "lower": given is not None and now is not None and given >= now,
    }
    rules = {
        "same": "the level it has, or left out",
        "none": "left out",
        "higher": "above the level it has",
        "lower": "below the level it has",
    }
    return {"level": rules[step.level_rule]} if wrong.get(step.level_rule, False) else {}


def _need(state: WarningState, event: WarningEvent, *, need: str, step: Step) -> dict[str, str]:
    level = state.level if step.level_rule in ("same", "none") else event.level
    ends = state.ends_at
    met: dict[str, tuple[bool, str, str]] = {
        "reason": (bool(event.reason.strip()), "reason", "given"),
        "evidence": (any(one.strip() for one in event.evidence), "evidence", "one reference at least"),
        "trigger": (bool(event.trigger.strip()), "trigger", "given"),
        "second": (event.second.strip() not in ("", event.who), "second", "a second person, not the same"),
        "other_person": (
            event.who != state.proposed_by,
            "who",
            "another person than the one who proposed it",
        ),
        "other_warning": (
            event.other.strip() not in ("", state.warning_id),
            "other",
            "the warning in its place",
        ),
        "authorised": (
            level != _HIGHEST or event.is_authorised,
            "is_authorised",
            "authorised by the State Council, for level Ⅰ",
        ),
        "effect": (event.effect_agrees is True, "effect_agrees", "an evaluation of effect that agrees"),
        "consent": (event.has_consent is True, "has_consent", "the consent of the committee"),
        "longer": (
            event.ends_at is not None and (ends is None or event.ends_at > ends),
            "ends_at",
            "a later end than before",
        ),
        "past_end": (ends is not None and event.at >= ends, "at", "not before its end"),
    }
    is_met, name, rule = met[need]
    return {} if is_met else {name: rule}


def next_state(state: WarningState, event: WarningEvent) -> WarningState:
    """Where a warning stands after a step."""
    refuse(event.warning_id, event_faults(state, event))
    step = steps()[state.phase, event.event]
    has_level = event.level is not None
    moved = step.phase_after != state.phase
    return replace(
        state,
        phase=step.phase_after,
        level=event.level if has_level else state.level,
        reason=event.reason if has_level and event.reason else state.reason,
        proposed_by=event.who if state.phase == NONE else state.proposed_by,
        since=event.at if moved else state.since,
        last_at=event.at,
        ends_at=event.ends_at if event.ends_at is not None else state.ends_at,
        other=event.other or state.other,
        assessed=event.assessed or state.assessed,
        missing=event.missing or state.missing,
        n_events=state.n_events + 1,
    )
