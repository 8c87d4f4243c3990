"""Scenarios with several severities: each on its own, the gravest risk counts, never an average."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.assessment.severity_mix import governing_harm, mixed_harm
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.case.comparison.methods import compare_methods
from riskkit.foundation.standards.risk_matrices import risk_matrix
from riskkit.foundation.standards.scales import scale
from riskkit.workbench.reports.case import evidence

EU = risk_matrix("eu_2024_3173")
RISKS = scale("risk").codes


def risk(p: float, mix: list[tuple[int, float]], stated: float | None = None) -> str:
    severity = float(mix[0][0]) if stated is None else stated
    code = mixed_harm(np.array([p]), np.array([severity]), mix=mix, matrix=EU)[2]
    return RISKS[int(code[0])]


@pytest.mark.parametrize(
    ("p", "mix", "level"),
    [
        (0.002, [(2, 0.9), (4, 0.1)], "serious"),  # 1 in 5,000 fatal: serious; moderate alone: high
        (0.002, [(2, 1.0)], "high"),
        (0.002, [(1, 0.999), (4, 0.001)], "medium"),  # 1 in 500,000 fatal: medium; minor alone: low
        (0.00009, [(1, 0.45), (2, 0.45), (3, 0.10)], "low"),  # none of the three is more
        (0.5, [(1, 0.5), (2, 0.5)], "serious"),
    ],
)
def test_each_severity_is_read_at_its_own_probability(
    p: float, mix: list[tuple[int, float]], level: str
) -> None:
    assert risk(p, mix) == level


def test_a_share_is_multiplied_exactly_at_a_bound() -> None:
    """0.002 × 0.5 is 1/1000, on the bound, so in the lower band: severity 3 is high, not serious."""
    assert risk(0.002, [(1, 0.5), (3, 0.5)]) == "high"
    assert governing_harm(Fraction(1, 500), [(1, 0.5), (3, 0.5)], matrix=EU) == (Fraction(1, 1000), 3)


shares = st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(lambda parts: sum(parts) > 0)


def as_mix(parts: list[int]) -> list[tuple[int, float]]:
    return [(level, part / sum(parts)) for level, part in enumerate(parts, start=1) if part]


@given(st.floats(1e-9, 1), shares, st.integers(0, 2))
def test_a_graver_mix_never_gives_a_milder_risk(p: float, parts: list[int], moved: int) -> None:
    graver = list(parts)
    graver[moved + 1] += graver[moved]
    graver[moved] = 0
    assert RISKS.index(risk(p, as_mix(graver))) >= RISKS.index(risk(p, as_mix(parts)))


@given(st.floats(1e-9, 1), shares)
def test_a_mix_lies_between_its_mildest_and_its_gravest_severity(p: float, parts: list[int]) -> None:
    mix = as_mix(parts)
    mildest, gravest = (RISKS.index(risk(p, [(end[0], 1.0)])) for end in (mix[0], mix[-1]))
    assert mildest <= RISKS.index(risk(p, mix)) <= gravest


def test_a_severity_that_is_none_of_the_mix_holds_alone() -> None:
    assert risk(0.002, [(1, 0.9), (2, 0.1)], stated=4.0) == "serious"
    assert risk(0.002, [(2, 0.9), (3, 0.1)], stated=1.0) == "low"


@pytest.mark.parametrize("name", ["counterfeit-apple-adapters-2016", "hoverboards-2016"])
def test_the_comparison_reads_the_eu_grid_as_the_assessment_does(name: str) -> None:
    a = assess(load_case(name), rng=np.random.default_rng(1), draws=500)
    found = compare_methods(a, methods=["eu_2024_3173"], rng=np.random.default_rng(1)).findings
    by_scenario = {one.subject: one.lo for one in found}
    assert {row["scenario"]: row["risk"] for _, row in a.scenarios.iterrows()}.items() <= by_scenario.items()
    level = by_scenario["product"]
    assert level is not None
    product = next(one for one in found if one.subject == "product")
    assert product.p_level == pytest.approx(float(a.risk_shares[level]))


def test_the_report_says_how_several_severities_are_read() -> None:
    a = assess(load_case("hoverboards-2016"), rng=np.random.default_rng(1), draws=200)
    section = evidence.scenarios(a)
    assert section is not None
    assert any("harm at least as serious" in getattr(block, "text", "") for block in section.blocks)
