"""The life of a warning: which step may follow which, what each step needs, and where a warning stands.

A warning is proposed, confirmed by somebody else and issued; or issued directly where a trigger says so. Its
level is raised or lowered, its term prolonged, its text corrected; it expires, is lifted, or another warning
takes its place. The steps and their needs are rows of a table (``warning_steps``), followed by the engine of
all lives (`riskkit.foundation.flows`); here is what only warnings need.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.flows import replay as flows
from riskkit.foundation.flows.acts import Flags
from riskkit.foundation.flows.checks import CHECKS, Check, Turn
from riskkit.foundation.flows.steps import Flow
from riskkit.foundation.inputs.faults import Fault, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
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


def _is_level(turn: Turn) -> Flags:
    return np.asarray(np.isin(turn.numbers("level"), LEVELS), dtype=np.bool_)


def _same_level(turn: Turn, _: str) -> Flags:
    is_same: Flags = ~turn.given("level") | (turn.numbers("level") == turn.held_numbers("level"))
    return is_same


def _authorised(turn: Turn, of: str) -> Flags:
    level = turn.held_numbers("level") if of == "held" else turn.numbers("level")
    return np.asarray((level != _HIGHEST) | (turn.numbers("is_authorised") == 1), dtype=np.bool_)


def _end_after(turn: Turn, _: str) -> Flags:
    return ~turn.given("ends_at") | (turn.moments("ends_at") > turn.moments("at"))


def _other_warning(turn: Turn, _: str) -> Flags:
    is_other: Flags = turn.given("other") & (turn.codes("other") != turn.codes("subject"))
    return is_other


_OF_WARNINGS = {
    "end": Check("ends_at", "after the step itself", _end_after),
    "level": Check(
        "level", f"{accepted_levels()}, as its rank from 1 (Ⅳ) to 4 (Ⅰ)", lambda turn, _: _is_level(turn)
    ),
    "same": Check("level", "the level it has, or left out", _same_level),
    "none": Check("level", "left out", lambda turn, _: ~turn.given("level")),
    "higher": Check(
        "level",
        "above the level it has",
        lambda turn, _: ~_is_level(turn) | ~(turn.numbers("level") <= turn.held_numbers("level")),
    ),
    "lower": Check(
        "level",
        "below the level it has",
        lambda turn, _: ~_is_level(turn) | ~(turn.numbers("level") >= turn.held_numbers("level")),
    ),
    "other_person": Check(
        "who",
        "another person than the one who proposed it",
        lambda turn, _: turn.codes("who") != turn.actor("proposed"),
    ),
    "other_warning": Check("other", "the warning in its place", _other_warning),
    "authorised": Check("is_authorised", "authorised by the State Council, for level Ⅰ", _authorised),
}
_LEVEL_NEEDS = {
    "given": "level", "higher": "level higher", "lower": "level lower", "same": "same", "none": "none",
}  # fmt: skip
"""What the level rule of a step asks of the level."""


@functools.cache
def warning_flow() -> Flow:
    """The life of a warning as a flow: its steps are the rows of ``warning_steps``.

    Acts are the fields of `WarningEvent` as columns, `evidence` as one text; the subject is the warning.

    References
    ----------
    .. [1] 突发事件应对法 (2024), Art. 70 (source ``emergency_law_2024``); the other rows are house.

    Examples
    --------
    >>> warning_flow().may_follow("proposed", dt.date(2026, 5, 1))
    ('rejected', 'confirmed', 'superseded')
    """
    rows = standards.table("warning_steps").assign(roles="", due_event="", due_amount=None, due_unit="")
    needs = []
    for row in records(rows):
        of = "held" if row["level_rule"] in ("same", "none") else "given"
        own = row["needs"].replace("authorised", f"authorised:{of}").replace("trigger", "given:trigger")
        needs.append(f"end {_LEVEL_NEEDS[row['level_rule']]} {own}")
    return Flow("warning", rows.assign(needs=needs), checks={**CHECKS, **_OF_WARNINGS})


def warning_acts(events: Iterable[WarningEvent]) -> pd.DataFrame:
    """Events as the acts of `warning_flow`.

    Examples
    --------
    >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> warning_acts([WarningEvent(warning_id="w", event="lifted", at=at, who="a")])["subject"].tolist()
    ['w']
    """
    names = [one.name for one in fields(WarningEvent)]
    rows = [{name: getattr(event, name) for name in names} for event in events]
    for row in rows:
        row |= {name: " ".join(row[name]) for name in ("assessed", "missing")}
        row["evidence"] = "; ".join(one.strip() for one in row["evidence"] if one.strip())
        row["level_reason"] = row["reason"] if row["level"] is not None else ""
    acts = pd.DataFrame(rows, columns=[*names, "level_reason"], dtype=object)
    for name in ("at", "ends_at"):
        if not any(map(_is_naive, acts[name])):  # else the engine names those that are
            acts[name] = pd.to_datetime(acts[name], utc=True)
    acts["subject"] = acts.pop("warning_id")
    return acts


def event_faults(before: Sequence[WarningEvent], event: WarningEvent) -> list[Fault]:
    """Everything that keeps a step from being taken.

    Parameters
    ----------
    before : sequence of WarningEvent
        What was decided about the same warning so far.
    event : WarningEvent
        The step.

    Raises
    ------
    InputFaults
        When what was decided before is impossible itself.

    Examples
    --------
    >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> issued = WarningEvent(warning_id="w", event="issued_directly", at=at, who="a", level=3, reason="x",
    ...                       evidence=("y",), trigger="death", second="b")
    >>> one = WarningEvent(warning_id="w", event="lowered", at=at, who="a", level=4, reason="x",
    ...                    evidence=("y",))
    >>> [fault.place.rpartition(".")[2] for fault in event_faults([issued], one)]
    ['level', 'effect_agrees', 'has_consent']
    """
    naive = [name for name in ("at", "ends_at") if _is_naive(getattr(event, name))]
    if naive:
        place = f"{event.warning_id}[{len(before) + 1}].{event.event}"
        rule = "a time with its offset from UTC"
        return [Fault(f"{place}.{name}", shown(getattr(event, name)), rule) for name in naive]
    return flows.act_faults(warning_acts(before), warning_acts([event]), warning_flow())


def _is_naive(moment: dt.datetime | None) -> bool:
    return moment is not None and moment.utcoffset() is None


def replay(events: Iterable[WarningEvent]) -> dict[str, WarningState]:
    """Where every warning stands after all that was decided.

    Parameters
    ----------
    events : iterable of WarningEvent
        In the order in which they were recorded.

    Raises
    ------
    InputFaults
        With everything that is wrong with the first impossible step of each warning, for some of them.

    References
    ----------
    .. [1] 国发〔2017〕43号, 8–11 (source ``sc_2017_43``); the steps themselves are house.

    Examples
    --------
    >>> at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> one = WarningEvent(warning_id="w", event="proposed", at=at, who="a", level=3, reason="x",
    ...                    evidence=("y",))
    >>> replay([one])["w"].phase, replay([])
    ('proposed', {})
    """
    acts = warning_acts(events)
    if acts.empty:
        return {}
    first = acts.drop_duplicates("subject").set_index("subject")["who"]
    table = flows.replay(acts, warning_flow())
    return {row["subject"]: _state(row, proposed_by=str(first[row["subject"]])) for row in records(table)}


def _state(row: dict[str, Any], *, proposed_by: str) -> WarningState:
    moments = {name: None if pd.isna(row[name]) else row[name].to_pydatetime()
               for name in ("since", "last_at", "ends_at")}  # fmt: skip
    return WarningState(
        warning_id=row["subject"],
        phase=row["phase"],
        level=None if pd.isna(row["level"]) else int(row["level"]),
        reason=row["level_reason"],
        proposed_by=proposed_by,
        other=row["other"],
        assessed=tuple(row["assessed"].split()),
        missing=tuple(row["missing"].split()),
        n_events=int(row["n_acts"]),
        **moments,
    )
