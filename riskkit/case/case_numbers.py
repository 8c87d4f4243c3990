"""A case in numbers: from the values of its inputs to probabilities, risks and facts, before any profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.assessment.facts.case_file import Case, Scenario
from riskkit.assessment.scenarios import scenario_probability
from riskkit.assessment.severity_mix import mixed_harm
from riskkit.case.derived_facts import Limits, bounded_facts, expected_victims, scenario_facts, settled_facts
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards import risk_matrices
from riskkit.foundation.standards.risk_matrices import DEFAULT_MATRIX, RiskMatrix
from riskkit.warning.grading import grade_probability

METHOD, PER_SHIPMENT = DEFAULT_MATRIX, "shipment_house"
Ranks = NDArray[np.int8]


@dataclass(frozen=True)
class ScenarioNumbers:
    """What the inputs say of one scenario, whatever the profile, one entry a draw.

    Parameters
    ----------
    scenario : str
        Its id.
    p : ndarray of float
        Probability of harm.
    severity : ndarray of float
        Severity of harm 1–4.
    risk : ndarray of int8
        Risk code 0 low … 3 serious.
    risk_rank : ndarray of int8
        The same as 1–4, 4 where a serious risk is presumed.
    likelihood : ndarray of int8
        Probability grade 1–4.
    own, limits : mapping
        Facts that belong to the scenario, and bounds of those not known.
    """

    scenario: str
    p: Floats
    severity: Floats
    risk: Ranks
    risk_rank: Ranks
    likelihood: Ranks
    own: Mapping[str, Floats]
    limits: Limits


@dataclass(frozen=True)
class CaseNumbers:
    """What the inputs of a case say, whatever the profile: to be graded under as many as one likes.

    Parameters
    ----------
    facts : mapping of str to ndarray
        Facts of the case, derived ones included; NaN where not known.
    limits : mapping of str to (ndarray, ndarray)
        Least and most of facts that are not known but bounded.
    scenarios : tuple of ScenarioNumbers
        By scenario.
    """

    facts: Mapping[str, Floats]
    limits: Limits
    scenarios: tuple[ScenarioNumbers, ...]


def case_numbers(case: Case, x: Mapping[str, Floats]) -> CaseNumbers:
    """What given values of the inputs of a case say, before any profile grades them.

    Parameters
    ----------
    case : Case
        The case, for what is not a number: channels, agents, users, presumptions.
    x : mapping of str to ndarray
        Inputs by the names of `point_of`.

    Returns
    -------
    CaseNumbers

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("takata-inflators-2017")
    >>> from riskkit.case.case_inputs import point_of
    >>> x = {name: np.array([value]) for name, value in point_of(case).items()}
    >>> round(float(case_numbers(case, x).facts["expected_deaths"][0]))
    83
    """
    scenarios = tuple(_scenario_numbers(case, s, x) for s in case.scenarios)
    facts = {name: values for name, values in x.items() if "." not in name}
    worst = [one.severity for one in scenarios]
    facts["injury_severity"] = np.max(np.broadcast_arrays(*worst), axis=0)
    facts["is_presumed_serious"] = np.array([float(bool(case.presumptions))])
    facts["is_cross_border_ecommerce"] = np.array([float("cross_border_ecommerce" in case.channels)])
    facts |= settled_facts(case, facts)
    limits = bounded_facts(case)
    p = {one.scenario: one.p for one in scenarios}
    victims = [
        expected_victims(case, x, p, units=units)
        for units in (facts["units_on_market"], *limits.get("units_on_market", ()))
    ]
    if len(victims) > 1:
        limits |= {name: (victims[1][name], victims[2][name]) for name in victims[0]}
    return CaseNumbers(facts | victims[0], limits, scenarios)


def scenario_matrix(s: Scenario) -> RiskMatrix:
    """The grid a scenario is read from: the method's, or that for probabilities per shipment.

    A probability per shipment is none per product: a shipment stands for many products and people.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> [scenario_matrix(s).name for s in load_case("us-waste-paper-2018").scenarios]
    ['shipment_house', 'shipment_house']
    """
    return risk_matrices.risk_matrix(METHOD if s.per == "product" else PER_SHIPMENT)


def _scenario_numbers(case: Case, s: Scenario, x: Mapping[str, Floats]) -> ScenarioNumbers:
    matrix = scenario_matrix(s)
    steps = [x[f"{s.id}.p{j}"] for j in range(1, len(s.steps) + 1)]
    p = np.atleast_1d(scenario_probability(steps, matrix=matrix))
    severity = x[f"{s.id}.severity"]
    _, _, risk = mixed_harm(p, severity, mix=s.severity, matrix=matrix)
    rank = np.full(1, 4, dtype=np.int8) if case.presumptions else risk + np.int8(1)
    own, limits = scenario_facts(case, s, x)
    return ScenarioNumbers(
        s.id,
        p,
        severity,
        risk=risk,
        risk_rank=rank,
        likelihood=np.atleast_1d(grade_probability(p)),
        own=own,
        limits=limits,
    )
