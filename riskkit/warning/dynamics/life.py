"""The life of a warning: which step may follow which, what each step needs, and where a warning stands.

A warning is proposed, confirmed by somebody else and issued; or issued directly where a trigger says so. Its
level is raised or lowered, its term prolonged, its text corrected; it expires, is lifted, or another warning
takes its place. The steps and their needs are rows of a table (``warning_steps``).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.warning_levels import accepted_levels, code_of_rank

LEVELS = (1, 2, 3, 4)
NONE, OPEN = "none", ("proposed", "confirmed", "issued")
_HIGHEST = 4


@dataclass(frozen=True, kw_only=True)
class WarningEvent:
    """Something that was decided about a warning.

    Parameters
    ----------
    warning_id, event : str
        Which warning, and which step (table ``warning_steps``).
    at : datetime
        When, with its offset.
    who : str
        By whom.
    level : int, optional
        Its rank, 1–4 for Ⅳ–Ⅰ, where the step gives one: what people and files write is read by
        `riskkit.foundation.standards.warning_levels.level_rank`.
    reason : str
        Why.
    evidence : tuple of str
        References to what it rests on.
    ends_at : datetime, optional
        Until when the warning holds unless prolonged.
    second : str
        Who approved a direct issue.
    trigger : str
        Which trigger of direct issue.
    is_authorised : bool
        Whether the State Council authorised level Ⅰ.
    effect_agrees : bool, optional
        Whether the evaluation of the measures' effect agrees; unknown if None.
    has_consent : bool, optional
        Whether the committee consents; unknown if None.
    other : str
        The warning that takes its place.
    assessed : tuple of str
        The proven and the possible level of the assessment behind a proposal (``Ⅳ`` … ``Ⅰ``); empty where
        nobody said.
    missing : tuple of str
        The facts that leave the range between them.
    """

    warning_id: str
    event: str
    at: dt.datetime
    who: str
    level: int | None = None
    reason: str = ""
    evidence: tuple[str, ...] = ()
    ends_at: dt.datetime | None = None
    second: str = ""
    trigger: str = ""
    is_authorised: bool = False
    effect_agrees: bool | None = None
    has_consent: bool | None = None
    other: str = ""
    assessed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WarningState:
    """Where a warning stands.

    Parameters
    ----------
    warning_id, phase : str
        Which warning; ``none``, ``proposed``, ``confirmed``, ``issued``, ``rejected``, ``expired``,
        ``lifted`` or ``superseded``.
    level : int, optional
        1–4; the last one it had.
    reason : str
        Why it has this level.
    proposed_by : str
        Who proposed it.
    since, last_at : datetime, optional
        Since when it is in its phase, and when anything was last decided.
    ends_at : datetime, optional
        Until when it holds.
    other : str
        The warning that took its place.
    assessed, missing : tuple of str
        The assessment behind its proposal, as in `WarningEvent`.
    n_events : int
        How many steps it took.
    """

    warning_id: str
    phase: str = NONE
    level: int | None = None
    reason: str = ""
    proposed_by: str = ""
    since: dt.datetime | None = None
    last_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    other: str = ""
    assessed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    n_events: int = 0

    @property
    def departs(self) -> bool:
        """Whether its level is not that of the assessment: another one, or one out of a range."""
        return bool(self.assessed) and set(self.assessed) != {code_of_rank(self.level)}


@dataclass(frozen=True)
class Step:
    """A row of the table of steps.

    Parameters
    ----------
    phase_after : str
        Where it leads.
    level_rule : str
        ``given``, ``same``, ``higher``, ``lower`` or ``none``.
    needs : tuple of str
        What it needs.
    """

    phase_after: str
    level_rule: str
    needs: tuple[str, ...]


@functools.cache
def steps() -> Mapping[tuple[str, str], Step]:
    """(phase, event) → step, as the table has them.

    References
    ----------
    .. [1] 突发事件应对法 (2024), Art. 70 (source ``emergency_law_2024``); the other rows are house.

    Examples
    --------
    >>> steps()["confirmed", "issued"].phase_after
    'issued'
    >>> ("none", "issued") in steps()
    False
    """
    rows = standards.table("warning_steps")
    return {
        (str(row.phase_before), str(row.event)): Step(
            str(row.phase_after), str(row.level_rule), tuple(str(row.needs).split())
        )
        for row in rows.itertuples()
    }


def event_faults(state: WarningState, event: WarningEvent) -> list[Fault]:
    """Everything that keeps a step from being taken.

    Parameters
    ----------
    state : WarningState
        Where the warning stands.
    event : WarningEvent
        The step.

    Examples
    --------
    >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> issued = WarningState(warning_id="w", phase="issued", level=3, since=at, last_at=at)
    >>> one = WarningEvent(warning_id="w", event="lowered", at=at, who="a", level=4, reason="x",
    ...                    evidence=("y",))
    >>> [fault.place.rpartition(".")[2] for fault in event_faults(issued, one)]
    ['level', 'effect_agrees', 'has_consent']
    """
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
    """Where a warning stands after a step.

    Parameters
    ----------
    state : WarningState
        Before it.
    event : WarningEvent
        The step.

    Raises
    ------
    InputFaults
        With everything that keeps the step from being taken.

    References
    ----------
    .. [1] 国发〔2017〕43号, 8–11 (source ``sc_2017_43``); the steps themselves are house.

    Examples
    --------
    >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> one = WarningEvent(warning_id="w", event="proposed", at=at, who="a", level=3, reason="x",
    ...                    evidence=("y",))
    >>> next_state(WarningState(warning_id="w"), one).phase
    'proposed'
    """
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


def replay(events: Iterable[WarningEvent]) -> dict[str, WarningState]:
    """Where every warning stands after all that was decided.

    Parameters
    ----------
    events : iterable of WarningEvent
        In the order in which they were recorded.

    Raises
    ------
    InputFaults
        At the first step that cannot have been taken.

    Examples
    --------
    >>> replay([])
    {}
    """
    states: dict[str, WarningState] = {}
    for event in events:
        before = states.get(event.warning_id, WarningState(warning_id=event.warning_id))
        states[event.warning_id] = next_state(before, event)
    return states
