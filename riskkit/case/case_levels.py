"""A case under a profile: from the values of its inputs to warning levels, vectorised over draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case_numbers import CaseNumbers, ScenarioNumbers, case_numbers
from riskkit.case.derived_facts import SCENARIO_FACTS, Limits, quotient_inputs
from riskkit.foundation.numbers.uncertainty import Distribution, Floats, best, sample
from riskkit.foundation.standards import standards
from riskkit.warning.grading import level_ranks, rule_bounds
from riskkit.warning.profiles import Profile

Ranks = NDArray[np.int8]
_HARM = ("deaths", "serious_injuries", "injured", "loss_cny")
_STEPS = 10.0 ** (
    -0.5 * np.arange(3)
)  # below the floor of a profile one level is lost each half power of ten
Bounds = tuple[Ranks, Ranks, NDArray[np.int16]]


def inputs_of(case: Case) -> dict[str, Distribution]:
    """Every uncertain or fixed number of a case by name, in a fixed order; what is not known stays out.

    ``<scenario>.p<step>`` for step probabilities, the fact's name for facts, ``hazard_quotient.<dose>`` for
    the doses of substances.

    Examples
    --------
    >>> from riskkit.case.case import load_case
    >>> list(inputs_of(load_case("note7-battery-2016")))[0].endswith(".p1")
    True
    """
    steps = {f"{s.id}.p{j}": step.p for s in case.scenarios for j, step in enumerate(s.steps, start=1)}
    known = case.known_facts()
    facts = {name: known[name].value for name in standards.facts() if name in known}
    return steps | facts | quotient_inputs(case)


def point_of(case: Case) -> dict[str, float]:
    """Best estimate of every input; NaN for facts that are not known.

    Examples
    --------
    >>> from riskkit.case.case import load_case
    >>> point_of(load_case("note7-battery-2016"))["n_ports"]
    nan
    """
    values = {name: float(best(dist)) for name, dist in inputs_of(case).items()}
    for s in case.scenarios:
        values[f"{s.id}.severity"] = float(max(s.severity, key=lambda pair: (pair[1], pair[0]))[0])
    given = [name for name, kind in standards.facts().items() if kind.is_given]
    return values | {name: math.nan for name in given if name not in values}


def draw_inputs(case: Case, n: int, *, rng: np.random.Generator) -> dict[str, Floats]:
    """Monte Carlo draws of every input, counts rounded to whole numbers.

    Parameters
    ----------
    case : Case
        The case.
    n : int
        Draws.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    dict of str to ndarray
        Shape ``(n,)``, or ``(1,)`` for what is fixed or missing.

    Examples
    --------
    >>> from riskkit.case.case import load_case
    >>> x = draw_inputs(load_case("note7-battery-2016"), 10, rng=np.random.default_rng(1))
    >>> max(values.size for values in x.values())
    10
    """
    drawn = sample(inputs_of(case), n, rng=rng)
    for name, kind in standards.facts().items():
        if name in drawn and kind.kind in ("count", "money"):
            drawn[name] = np.rint(np.minimum(drawn[name], kind.maximum))
    for s in case.scenarios:
        levels, weights = (np.array(column) for column in zip(*s.severity, strict=True))
        size = 1 if levels.size == 1 else n
        pick = (
            np.searchsorted(np.cumsum(weights)[:-1], rng.random(size), side="right")
            if size > 1
            else np.zeros(1, int)
        )
        drawn[f"{s.id}.severity"] = levels[pick].astype(np.float64)
    return {name: drawn.get(name, np.array([value])) for name, value in point_of(case).items()}


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
    >>> from riskkit.case.case import load_case
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
    >>> from riskkit.case.case import load_case
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
