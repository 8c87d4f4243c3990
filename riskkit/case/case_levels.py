"""A case under a profile: from the values of its inputs to warning levels, vectorised over draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case_numbers import CaseNumbers, ScenarioNumbers, case_numbers
from riskkit.case.derived_facts import SCENARIO_FACTS, Limits
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.warning.grading import level_ranks, rule_bounds
from riskkit.warning.profiles import Profile

Ranks = NDArray[np.int8]
_HARM = ("deaths", "serious_injuries", "injured", "loss_cny")
_STEPS = 10.0 ** (
    -0.5 * np.arange(3)
)  # below the floor of a profile one level is lost each half power of ten
Bounds = tuple[Ranks, Ranks, NDArray[np.int16]]


@dataclass(frozen=True)
class ScenarioOutcome:
    """One scenario under a profile, one entry a draw.

    Parameters
    ----------
    scenario : str
        Its id.
    p, risk, risk_rank, likelihood : ndarray
        As in `ScenarioNumbers`.
    grade : tuple of ndarray of int8
        Severity grade proven and possible.
    rule : ndarray of int16
        Index of the severity rule behind the proven grade.
    facts : mapping
        The facts its severity was graded on.
    limits : mapping
        Bounds of facts that are not known but bounded.
    levels_off : ndarray of int8
        Levels taken off the table's since the scenario is so rare (see `Profile.p_floor`).
    floor : tuple of ndarray
        As in `Outcome`, triggers that name facts of the scenario included.
    """

    scenario: str
    p: Floats
    risk: Ranks
    risk_rank: Ranks
    likelihood: Ranks
    grade: tuple[Ranks, Ranks]
    rule: NDArray[np.int16]
    facts: Mapping[str, Floats]
    limits: Limits
    levels_off: Ranks
    floor: Bounds


@dataclass(frozen=True)
class Outcome:
    """What the inputs of a case lead to, one entry a draw.

    Parameters
    ----------
    lo, hi : ndarray of int8
        Warning level rank proven and possible, 1 Ⅳ … 4 Ⅰ.
    scenarios : tuple of ScenarioOutcome
        By scenario.
    levels : tuple of (ndarray, ndarray)
        Level rank proven and possible by scenario.
    urgency, scope : tuple of ndarray
        Proven and possible grade, and the index of the rule behind the proven one.
    facts : mapping
        The facts of the case that urgency, scope and triggers were graded on.
    limits : mapping
        Bounds of those that are not known but bounded.
    """

    lo: Ranks
    hi: Ranks
    scenarios: tuple[ScenarioOutcome, ...]
    levels: tuple[tuple[Ranks, Ranks], ...]
    urgency: Bounds
    scope: Bounds
    facts: Mapping[str, Floats]
    limits: Limits


def evaluate(case: Case, x: Mapping[str, Floats], *, profile: Profile) -> Outcome:
    """Grade a case for given values of its inputs, vectorised over draws.

    Parameters
    ----------
    case : Case
        The case, for what is not a number: channels, agents, users, presumptions.
    x : mapping of str to ndarray
        Inputs by the names of `point_of`.
    profile : Profile
        The tables.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> from riskkit.case.case_inputs import point_of
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.warning.profiles import profile
    >>> case = load_case("note7-battery-2016")
    >>> x = {name: np.array([value]) for name, value in point_of(case).items()}
    >>> out = evaluate(case, x, profile=profile())
    >>> bool(out.lo[0] <= out.hi[0])
    True
    """
    return graded(case_numbers(case, x), profile=profile)


def graded(given: CaseNumbers, *, profile: Profile) -> Outcome:
    """Grade what the inputs of a case say; worked out once, it can be graded under several profiles.

    Parameters
    ----------
    given : CaseNumbers
        As from `case_numbers`.
    profile : Profile
        The tables.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> from riskkit.case.case_inputs import point_of
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.warning.profiles import profile
    >>> case = load_case("note7-replacements-2016")
    >>> x = {name: np.array([value]) for name, value in point_of(case).items()}
    >>> numbers = case_numbers(case, x)
    >>> [int(graded(numbers, profile=one).lo[0]) for one in (profile(), profile("house_matrix"))]
    [4, 2]
    """
    urgency = rule_bounds(profile.rules["urgency"], given.facts, limits=given.limits)
    scope = rule_bounds(profile.rules["scope"], given.facts, limits=given.limits)
    shared, own = _floors(given, profile)
    scenarios = tuple(
        _one_scenario(one, given, floor=_higher(shared, floor), profile=profile)
        for one, floor in zip(given.scenarios, own, strict=True)
    )
    ends = []
    for end in (0, 1):
        grades = {"urgency": np.atleast_1d(urgency[end]), "scope": np.atleast_1d(scope[end])}
        ranks = [_scenario_ranks(one, end, grades, profile=profile) for one in scenarios]
        ends.append(np.broadcast_arrays(*ranks))
    return Outcome(
        np.max(ends[0], axis=0),
        np.max(ends[1], axis=0),
        scenarios,
        tuple(zip(*ends, strict=True)),
        urgency=urgency,
        scope=scope,
        facts=given.facts,
        limits=given.limits,
    )


def _floors(given: CaseNumbers, profile: Profile) -> tuple[Bounds, list[Bounds | None]]:
    """What triggers guarantee: those on facts of the case, and by scenario those on its own facts."""
    rules = profile.rules["trigger"]
    is_own = [any(fact in SCENARIO_FACTS for fact, _, _ in rule.conditions) for rule in rules]

    def bounds(of: bool, facts: Mapping[str, Floats], limits: Limits) -> Bounds:
        places = np.array([*(i for i, own in enumerate(is_own) if own == of), -1], dtype=np.int16)
        lo, hi, which = rule_bounds([rules[i] for i in places[:-1]], facts, limits=limits)
        return lo, hi, places[which]

    shared = bounds(False, given.facts, given.limits)
    if not any(is_own):
        return shared, [None] * len(given.scenarios)
    named = {fact for rule in rules for fact, _, _ in rule.conditions}
    facts = {name: values for name, values in given.facts.items() if name in named}
    return shared, [
        bounds(True, {**facts, **one.own, "injury_severity": one.severity}, {**given.limits, **one.limits})
        for one in given.scenarios
    ]


def _higher(shared: Bounds, own: Bounds | None) -> Bounds:
    if own is None:
        return shared
    is_own = own[0] > shared[0]
    return (
        np.maximum(shared[0], own[0]),
        np.maximum(shared[1], own[1]),
        np.where(is_own, own[2], shared[2]),
    )


def _scenario_ranks(
    one: ScenarioOutcome, end: int, shared: Mapping[str, NDArray[Any]], *, profile: Profile
) -> Ranks:
    """Level ranks of a scenario: one that is very rare counts less in the table, never in triggers."""
    grades = {"severity": one.grade[end], "probability": one.likelihood, "risk": one.risk_rank}
    floors = np.atleast_1d(one.floor[end])
    if not one.levels_off.any():
        return level_ranks(grades | dict(shared), floor=floors, profile=profile)
    ranks = level_ranks(grades | dict(shared), floor=1, profile=profile)
    rare: Ranks = np.maximum(ranks - one.levels_off, 1).astype(np.int8)
    return np.asarray(np.maximum(rare, floors), dtype=np.int8)


def _one_scenario(
    one: ScenarioNumbers, given: CaseNumbers, *, floor: Bounds, profile: Profile
) -> ScenarioOutcome:
    own = _severity_facts(one, given.facts, harm_from=profile.harm_from)
    limits = {**given.limits, **one.limits}
    lo, hi, rule = rule_bounds(profile.rules["severity"], own, limits=limits)
    off = sum((one.p <= profile.p_floor * share).astype(np.int8) for share in _STEPS)
    return ScenarioOutcome(
        one.scenario,
        one.p,
        one.risk,
        one.risk_rank,
        one.likelihood,
        (lo, hi),
        rule,
        own,
        limits,
        levels_off=np.asarray(off, dtype=np.int8),
        floor=floor,
    )


def _severity_facts(
    one: ScenarioNumbers, facts: Mapping[str, Floats], *, harm_from: int
) -> dict[str, Floats]:
    """Facts for the severity grade of one scenario; harm that happened counts for grave scenarios only."""
    counts = one.severity >= harm_from
    harm = {name: np.where(counts, facts[name], 0.0) for name in _HARM}
    return harm | dict(one.own) | {"injury_severity": one.severity}
