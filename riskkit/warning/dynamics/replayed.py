"""A case's warning as it would have lived under the clocks, beside what the authorities did and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.inputs.faults import refuse
from riskkit.foundation.standards import standards
from riskkit.warning.alerts.choice import default_measures
from riskkit.warning.dynamics.clocks import clocks
from riskkit.warning.dynamics.life import WarningEvent, WarningState, event_faults, replay

TIMINGS = ("earlier", "same", "later", "none_shared")
STRICTNESSES = ("stricter", "same", "milder", "open", "not_comparable")
TERM = dt.timedelta(days=90)
"""How long an issue holds, unless prolonged (house)."""
_HOUR = dt.time(9, tzinfo=dt.UTC)


@dataclass(frozen=True)
class OfficialAct:
    """Something an authority did about the goods of a case.

    Parameters
    ----------
    on : date
    measures : tuple of str
        Codes of the glossary's list ``official_measure``; an act without any is about something else.
    """

    on: dt.date
    measures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReplayedLife:
    """A warning's life under the clocks, and how it compares.

    Parameters
    ----------
    events : tuple of WarningEvent
        Proposed, confirmed, issued, prolonged at each later act within the term, expired.
    issued_by : date
        The last day on which the clocks let it be issued.
    reviews : int
        How many reviews fell due before it expired.
    first_act : OfficialAct or None
        The authorities' first.
    shared : str
        The gravest measure (the last in the table) that the proven level brings and the authorities took.
    shared_on : date or None
        The day on which the authorities first took it.
    timing : str
        ``earlier``, ``same``, ``later`` or ``none_shared``.
    in_force : tuple of str
        Measures the authorities had taken by the act compared.
    own : tuple of tuple of str
        Measures that the proven and the possible level bring.
    strictness : str
        ``stricter``, ``same``, ``milder``, ``open`` (the level's range decides) or ``not_comparable``.
    compared_on : date or None
        Of the act up to which measures count.
    acts_after : tuple of date
        Acts after the warning expired.
    """

    events: tuple[WarningEvent, ...]
    issued_by: dt.date
    reviews: int
    first_act: OfficialAct | None
    shared: str
    shared_on: dt.date | None
    timing: str
    in_force: tuple[str, ...]
    own: tuple[tuple[str, ...], tuple[str, ...]]
    strictness: str
    compared_on: dt.date | None
    acts_after: tuple[dt.date, ...]


def replayed_life(
    case_id: str, levels: tuple[int, int], *, on: dt.date, direction: str, goods: str,
    acts: Sequence[OfficialAct], rules: pd.DataFrame | None = None, has_defect: bool | None = None,
) -> ReplayedLife:  # fmt: skip
    """How a case's warning would have lived, had each step taken all the time its clock allows.

    Parameters
    ----------
    case_id : str
    levels : (int, int)
        The proven and the possible level, 1–4 for Ⅳ–Ⅰ; the clocks are those of the possible one.
    on : date
        The day of the assessment. Nothing is said of days before it: the case does not hold what was known.
    direction, goods : str
        As the case has them.
    acts : sequence of OfficialAct
        Of the authorities where the case is assessed, in any order.
    rules : DataFrame, optional
        Of the shape of ``warning_clocks``.
    has_defect : bool, optional
        As in `default_measures`.

    Returns
    -------
    ReplayedLife

    Notes
    -----
    Timing is that of the strictest measure which both took. Earlier: the last day of issue lies before the
    authorities' day. Later: their day lies before the proposal. Else the same.
    Stricter: the highest level among the measures that the level brings by default lies above that of the
    authorities' measures up to the first act on or after the proposal (the last act where there is none).
    Measures that no level brings (a lot destroyed, a rule) are not compared.

    References
    ----------
    .. [1] 国发〔2017〕43号, 8–11 (source ``sc_2017_43``); clocks, term and comparison are house.

    Examples
    --------
    >>> day = dt.date(2016, 9, 15)
    >>> found = replayed_life("x", (2, 3), on=day, direction="import", goods="consumer_product",
    ...                       acts=[OfficialAct(dt.date(2016, 9, 30), ("recall",))])
    >>> found.timing, found.shared, found.strictness, [one.event for one in found.events][-2:]
    ('none_shared', '', 'open', ['prolonged', 'expired'])
    """
    told = sorted((one for one in acts if one.measures), key=lambda act: act.on)
    events, reviews = _lived(case_id, levels[1], on=on, acts=told, rules=rules)
    issued, ended = events[2].at.date(), events[-1].at.date()
    since = {name: act.on for act in reversed(told) for name in act.measures}
    day = next((one.on for one in told if one.on >= on), told[-1].on if told else None)
    in_force = tuple(dict.fromkeys(m for one in told if day and one.on <= day for m in one.measures))
    proven, possible = (
        default_measures(level, direction=direction, goods=goods, has_defect=has_defect) for level in levels
    )
    shared = next((one for one in reversed(proven) if one in since), "")
    return ReplayedLife(
        events=events,
        issued_by=issued,
        reviews=reviews,
        first_act=told[0] if told else None,
        shared=shared,
        shared_on=since.get(shared),
        timing=_timing(since.get(shared), proposed=on, issued=issued),
        in_force=in_force,
        own=(proven, possible),
        strictness=_strictness(in_force, (proven, possible)),
        compared_on=day,
        acts_after=tuple(one.on for one in told if one.on > ended),
    )


def _lived(
    case_id: str, level: int, *, on: dt.date, acts: Sequence[OfficialAct], rules: pd.DataFrame | None
) -> tuple[tuple[WarningEvent, ...], int]:
    """The steps, each taken when its clock runs out, and how many reviews fell due on the way."""
    taken: list[WarningEvent] = []
    state, why = WarningState(warning_id=case_id), case_id

    def step(event: str, at: dt.datetime, *, who: str = "clock", given: int | None = None,
             until: dt.datetime | None = None) -> None:  # fmt: skip
        nonlocal state
        one = WarningEvent(
            warning_id=case_id, event=event, at=at, who=who, level=given, reason=why, evidence=(case_id,),
            ends_at=until, is_authorised=True,
        )  # fmt: skip
        refuse(case_id, event_faults(taken, one))
        taken.append(one)
        state = replay(taken)[case_id]

    def due() -> dt.datetime:
        return min(
            one.due_at for one in clocks([state], now=taken[-1].at, rules=rules) if one.clock != "expire"
        )

    step("proposed", dt.datetime.combine(on, _HOUR), who="assessor", given=level)
    step("confirmed", due())
    step("issued", due(), until=due() + TERM)
    issued, every = taken[-1].at, due() - taken[-1].at
    for act in acts:
        at = dt.datetime.combine(act.on, _HOUR)
        if state.ends_at is not None and taken[-1].at < at < state.ends_at < at + TERM:
            step("prolonged", at, until=at + TERM)
    ended = state.ends_at or issued
    step("expired", ended)
    return tuple(taken), (ended - issued) // every


def _timing(day: dt.date | None, *, proposed: dt.date, issued: dt.date) -> str:
    if day is None:
        return "none_shared"
    if day < proposed:
        return "later"
    return "earlier" if day > issued else "same"


def measure_levels() -> dict[str, int]:
    """Measure → the level from which it is taken by default.

    Examples
    --------
    >>> measure_levels()["recall"], "dispose_lot" in measure_levels()
    (3, False)
    """
    return {str(row["measure"]): int(row["min_level"]) for row in standards.rows("alert_measures")}


def _strictness(theirs: Sequence[str], own: Sequence[Sequence[str]]) -> str:
    level = measure_levels()
    highest = max((level[one] for one in theirs if one in level), default=None)
    if highest is None:
        return "not_comparable"
    signs = {(top > highest) - (top < highest) for top in (max(level[m] for m in some) for some in own)}
    return {1: "stricter", 0: "same", -1: "milder"}[signs.pop()] if len(signs) == 1 else "open"
