"""What a slider moves at once: level, its probability, grades and scenarios, without the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.facts.case_checks import case_faults
from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.sensitivity.robustness import level_shares
from riskkit.case.case import Assessment
from riskkit.case.case_inputs import draw_inputs, point_of
from riskkit.case.case_levels import evaluate
from riskkit.case.case_numbers import METHOD
from riskkit.case.case_tables import grade_table, scenario_table
from riskkit.foundation.standards import risk_matrices, standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge, outcome_badge, risk_badge
from riskkit.warning.profiles import Profile

_LEVELS = scale("warning").codes
_RISKS = scale("risk").codes


@dataclass(frozen=True)
class Glance:
    """The part of an `Assessment` that follows a slider; each field as there."""

    case: Case
    draws: int
    seed: int
    lo: str
    hi: str
    badge: LevelBadge
    risk_badge: LevelBadge
    shares: pd.DataFrame
    risk: str
    presumed: bool
    scenarios: pd.DataFrame
    grades: pd.DataFrame


def glance(case: Case, *, profile: Profile, draws: int, seed: int) -> Glance:
    """Level, probabilities, grades and scenarios of a case: what `assess` says, without what takes time."""
    at_point = {name: np.array([value]) for name, value in point_of(case).items()}
    drawn_inputs = draw_inputs(case, draws, rng=np.random.default_rng(seed))
    now = evaluate(case, at_point, profile=profile)
    drawn = evaluate(case, drawn_inputs, profile=profile)
    scenarios = scenario_table(case, now, drawn)
    presumed = bool(case.presumptions)
    return Glance(
        case,
        draws,
        seed,
        lo=_LEVELS[int(now.lo[0]) - 1],
        hi=_LEVELS[int(now.hi[0]) - 1],
        badge=outcome_badge(now, drawn, on=case.assessed_on, draws=draws),
        risk_badge=risk_badge(now, drawn, on=case.assessed_on, draws=draws),
        shares=level_shares(drawn.lo, drawn.hi).set_axis(pd.Index(_LEVELS, name="level")),
        risk=_RISKS[3] if presumed else max(scenarios["risk"], key=_RISKS.index),
        presumed=presumed,
        scenarios=scenarios,
        grades=grade_table(scenarios, now, profile=profile),
    )


def glance_of(assessment: Assessment, *, seed: int) -> Glance:
    """The same part of a whole assessment."""
    badge, risk = assessment.badge, assessment.risk_badge
    if assessment.lo is None or assessment.hi is None or assessment.risk is None or not (badge and risk):
        raise ValueError(f"case {assessment.case.id} was not graded")
    return Glance(
        assessment.case,
        assessment.draws,
        seed,
        lo=assessment.lo,
        hi=assessment.hi,
        badge=badge,
        risk_badge=risk,
        shares=assessment.shares,
        risk=assessment.risk,
        presumed=assessment.presumed,
        scenarios=assessment.scenarios,
        grades=assessment.grades,
    )


def with_glance(assessment: Assessment, seen: Glance) -> Assessment:
    """An assessment with the part that follows the slider renewed, for pictures that draw only that part."""
    same: dict[str, Any] = {name: value for name, value in vars(seen).items() if name != "seed"}
    return replace(assessment, **same)


def contradictions(case: Case) -> tuple[str, ...]:
    """What the inputs of a changed case say against each other, as a case file would be refused for it."""
    found = case_faults(
        case,
        facts=standards.facts(),
        injuries=standards.rows("injury_severity"),
        matrix=risk_matrices.risk_matrix(METHOD),
    )
    return tuple(f"{'.'.join(map(str, place))}: {value!r}, {rule}" for place, value, rule in found)
