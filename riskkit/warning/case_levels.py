"""A case under a profile: from the values of its inputs to warning levels, vectorised over draws."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.assessment.case_file import Case, Scenario
from riskkit.assessment.scenarios import risk_codes, scenario_probability
from riskkit.foundation import standards
from riskkit.foundation.uncertainty import Distribution, Floats, best, sample
from riskkit.warning.grading import grade_probability, level_ranks, rule_bounds, trigger_floor
from riskkit.warning.profiles import Profile

METHOD = "eu_2024_3173"
Ranks = NDArray[np.int8]
_HARM = ("deaths", "serious_injuries", "injured", "loss_cny")
_VULNERABILITY = {"general": 0.0, "vulnerable": 1.0, "very_vulnerable": 2.0}


def inputs_of(case: Case) -> dict[str, Distribution]:
    """Every uncertain or fixed number of a case by name, in a fixed order.

    ``<scenario>.p<step>`` for step probabilities, the fact's name for facts.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> list(inputs_of(load_case("note7-battery-2016")))[0].endswith(".p1")
    True
    """
    steps = {f"{s.id}.p{j}": step.p for s in case.scenarios for j, step in enumerate(s.steps, start=1)}
    return steps | {name: case.facts[name].value for name in standards.facts() if name in case.facts}


def point_of(case: Case) -> dict[str, float]:
    """Best estimate of every input; NaN for facts that are not known.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
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
    >>> from riskkit.assessment.case import load_case
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
    """One scenario, one entry a draw.

    Parameters
    ----------
    scenario : str
        Its id.
    p : ndarray of float
        Probability of harm.
    risk : ndarray of int8
        Risk code 0 low … 3 serious.
    risk_rank : ndarray of int8
        The same as 1–4, 4 where a serious risk is presumed.
    likelihood : ndarray of int8
        Probability grade 1–4.
    grade : tuple of ndarray of int8
        Severity grade proven and possible.
    rule : ndarray of int16
        Index of the severity rule behind the proven grade.
    facts : mapping
        The facts its severity was graded on.
    is_graded : ndarray of bool
        Whether it is frequent enough for the level table (see `Profile.p_floor`).
    """

    scenario: str
    p: Floats
    risk: Ranks
    risk_rank: Ranks
    likelihood: Ranks
    grade: tuple[Ranks, Ranks]
    rule: NDArray[np.int16]
    facts: Mapping[str, Floats]
    is_graded: NDArray[np.bool_]


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
    urgency, scope, floor : tuple of ndarray
        Proven and possible grade (rank for the floor), and the index of the rule behind the proven one.
    facts : mapping
        The facts of the case that urgency, scope and triggers were graded on.
    """

    lo: Ranks
    hi: Ranks
    scenarios: tuple[ScenarioOutcome, ...]
    levels: tuple[tuple[Ranks, Ranks], ...]
    urgency: tuple[Ranks, Ranks, NDArray[np.int16]]
    scope: tuple[Ranks, Ranks, NDArray[np.int16]]
    floor: tuple[Ranks, Ranks, NDArray[np.int16]]
    facts: Mapping[str, Floats]


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
    >>> from riskkit.assessment.case import load_case
    >>> from riskkit.warning.profiles import profile
    >>> case = load_case("note7-battery-2016")
    >>> x = {name: np.array([value]) for name, value in point_of(case).items()}
    >>> out = evaluate(case, x, profile=profile())
    >>> bool(out.lo[0] <= out.hi[0])
    True
    """
    facts = _case_facts(case, x)
    urgency = rule_bounds(profile.rules["urgency"], facts)
    scope = rule_bounds(profile.rules["scope"], facts)
    floor = trigger_floor(facts, profile=profile)
    scenarios = tuple(_one_scenario(case, s, x, facts=facts, profile=profile) for s in case.scenarios)
    ends = []
    for end in (0, 1):
        shared = {"urgency": np.atleast_1d(urgency[end]), "scope": np.atleast_1d(scope[end])}
        ranks = [_scenario_ranks(one, end, shared, floor=floor[end], profile=profile) for one in scenarios]
        ends.append(np.broadcast_arrays(*ranks))
    return Outcome(
        np.max(ends[0], axis=0),
        np.max(ends[1], axis=0),
        scenarios,
        tuple(zip(*ends, strict=True)),
        urgency=urgency,
        scope=scope,
        floor=floor,
        facts=facts,
    )


def _scenario_ranks(
    one: ScenarioOutcome, end: int, shared: Mapping[str, NDArray[Any]], *, floor: Ranks, profile: Profile
) -> Ranks:
    """Level ranks of a scenario; one too rare for the level table keeps only what triggers guarantee."""
    grades = {"severity": one.grade[end], "probability": one.likelihood, "risk": one.risk_rank}
    floors = np.atleast_1d(floor)
    ranks = level_ranks(grades | dict(shared), floor=floors, profile=profile)
    return np.where(one.is_graded, ranks, floors).astype(np.int8)


def _one_scenario(
    case: Case, s: Scenario, x: Mapping[str, Floats], *, facts: Mapping[str, Floats], profile: Profile
) -> ScenarioOutcome:
    matrix = standards.risk_matrix(METHOD)
    steps = [x[f"{s.id}.p{j}"] for j in range(1, len(s.steps) + 1)]
    p = np.atleast_1d(scenario_probability(steps, matrix=matrix))
    severity = x[f"{s.id}.severity"]
    risk = risk_codes(p, severity, matrix)
    own = _scenario_facts(case, s, severity, facts=facts, harm_from=profile.harm_from)
    lo, hi, rule = rule_bounds(profile.rules["severity"], own)
    rank = np.full(1, 4, dtype=np.int8) if case.presumptions else risk + np.int8(1)
    likelihood = np.atleast_1d(grade_probability(p))
    return ScenarioOutcome(s.id, p, risk, rank, likelihood, (lo, hi), rule, own, p > profile.p_floor)


@functools.cache
def _lasting_agents() -> frozenset[str]:
    agents = standards.table("agents")
    return frozenset(agents.loc[agents["is_lasting"] == "yes", "agent"])


def _case_facts(case: Case, x: Mapping[str, Floats]) -> dict[str, Floats]:
    facts = {name: values for name, values in x.items() if "." not in name}
    worst = [x[f"{s.id}.severity"] for s in case.scenarios]
    facts["injury_severity"] = np.max(np.broadcast_arrays(*worst), axis=0)
    facts["is_presumed_serious"] = np.array([float(bool(case.presumptions))])
    facts["is_cross_border_ecommerce"] = np.array([float("cross_border_ecommerce" in case.channels)])
    for name, implied_by in (
        ("deaths", "injured"),
        ("serious_injuries", "injured"),
        ("units_on_sale", "is_on_sale"),
    ):
        none = np.isnan(facts[name]) & (
            facts[implied_by] == 0
        )  # nobody harmed: nobody died; not on sale: none left
        facts[name] = np.where(none, 0.0, facts[name])
    return facts


def _scenario_facts(
    case: Case, s: Scenario, severity: Floats, *, facts: Mapping[str, Floats], harm_from: int
) -> dict[str, Floats]:
    """Facts for the severity grade of one scenario; harm that happened counts for grave scenarios only."""
    agent = next(hazard.agent for hazard in case.hazards if hazard.id == s.hazard)
    counts = severity >= harm_from
    harm = {name: np.where(counts, facts[name], 0.0) for name in _HARM}
    return harm | {
        "injury_severity": severity,
        "user_vulnerability": np.array([_VULNERABILITY[s.users]]),
        "is_lasting_agent": np.array([float(agent in _lasting_agents())]),
    }
