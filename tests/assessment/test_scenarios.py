"""Scenario risk: the published grid and examples, the defects of the official tools, and the laws."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from shared import own, shared

from riskkit.assessment.scenarios import (
    combined_probability,
    on_boundary,
    prevalence_level,
    product_level,
    risk_level,
    scenario_probability,
)
from riskkit.foundation.numbers.uncertainty import LogNormal, Range, draw
from riskkit.foundation.standards import risk_matrices, standards

EU = risk_matrices.risk_matrix("eu_2024_3173")
GRID = own("eu_grid.json")
PRISM = own("prism.json")
RANK = {level: rank for rank, level in enumerate(reference.RISK)}


@pytest.mark.parametrize(("p", "levels"), GRID["levels_by_severity_1_to_4"].items())
def test_the_published_grid(p, levels):
    assert [risk_level(p, severity, matrix=EU) for severity in (1, 2, 3, 4)] == levels
    assert list(risk_level([float(Fraction(p))] * 4, [1, 2, 3, 4], matrix=EU)) == levels


@pytest.mark.parametrize("p", GRID["on_boundary"])
def test_a_bound_is_flagged_and_its_neighbours_are_not(p):
    assert on_boundary(p, matrix=EU) is True
    assert on_boundary(float(Fraction(p)), matrix=EU) is True
    assert not on_boundary([float(Fraction(p)) * 1.001, float(Fraction(p)) * 0.999], matrix=EU).any()


@pytest.mark.parametrize("p", GRID["on_boundary"])
def test_nothing_is_rounded_before_banding(p):
    edge = float(Fraction(p))
    just_above = list(risk_level([np.nextafter(edge, 1.0)] * 4, [1, 2, 3, 4], matrix=EU))
    band_above = list(risk_level([edge * 1.5] * 4, [1, 2, 3, 4], matrix=EU))
    assert just_above == band_above
    assert risk_level(Fraction(p) + Fraction(1, 10**25), 2, matrix=EU) == risk_level(edge * 1.5, 2, matrix=EU)


@pytest.mark.parametrize("example", GRID["products"] + PRISM["products"])
def test_published_products_are_exact(example):
    p = scenario_probability(example["steps"])
    assert p == Fraction(example["p"])
    if "level" in example:
        assert risk_level(p, example["severity"], matrix=EU) == example["level"]


def test_the_grid_jumps_in_three_places_all_from_severity_1_to_2():
    jumps = np.argwhere(np.diff(EU.cells.astype(int), axis=1) >= 2)
    found = [
        [
            str(EU.edges[band - 1]),
            int(column) + 1,
            reference.RISK[EU.cells[band, column]],
            reference.RISK[EU.cells[band, column + 1]],
        ]
        for band, column in jumps[::-1]
    ]
    assert found == GRID["jumps"]
    assert (np.diff(EU.cells.astype(int), axis=0) < 2).all()


def test_the_jump_removed_grid_differs_in_severity_1_only_and_has_no_jump_there():
    other = risk_matrices.risk_matrix("opss_jump_removed")
    assert (other.cells[:, 1:] == EU.cells[:, 1:]).all()
    assert [reference.RISK[code] for code in other.cells[::-1, 0]] == [
        "high",
        "high",
        "high",
        "medium",
        "low",
        "low",
        "low",
        "low",
    ]
    assert np.diff(other.cells.astype(int), axis=1)[:, 0].max() == 1


@pytest.mark.parametrize("case", PRISM["rounding_to_1_in_n_moves"])
def test_defect_of_the_web_tool_rounding_to_1_in_n(case):
    assert risk_level(case["p"], case["severity"], matrix=EU) == case["right"] != case["official_tool"]


def test_defect_of_the_web_tool_a_step_of_probability_0_is_not_dropped():
    assert scenario_probability([0.9, 0, 0.9]) == 0
    assert risk_level(scenario_probability([0.9, 0, 0.9]), 3, matrix=EU) == "low"


@pytest.mark.parametrize(("p", "severity", "level"), PRISM["excel_bounds"])
def test_inclusive_bounds_of_the_workbook_are_their_own_table(p, severity, level):
    assert risk_level(p, severity, matrix=risk_matrices.risk_matrix("prism_excel")) == level
    assert risk_level(p, severity, matrix=risk_matrices.risk_matrix("prism")) != level


@pytest.mark.parametrize("case", PRISM["combined"])
def test_prism_combined_scenarios(case):
    prism = risk_matrices.risk_matrix("prism")
    severities = [case["severity"]] * len(case["p"])
    p = combined_probability(case["p"], severities, matrix=prism)[case["severity"]]
    assert p == Fraction(case["sum"])
    assert [risk_level(one, case["severity"], matrix=prism) for one in case["p"]] == case["alone"]
    assert risk_level(p, case["severity"], matrix=prism) == case["together"]
    highest = combined_probability(case["p"], severities, matrix=EU)[case["severity"]]
    assert highest == max(map(Fraction, case["p"]))


def test_a_combined_probability_never_exceeds_1():
    assert combined_probability([0.8, 0.7], [2, 2], matrix=risk_matrices.risk_matrix("prism"))[2] == 1


@pytest.mark.parametrize("name", ["web", "excel"])
def test_prism_prevalence(name):
    table = standards.prevalence(f"prism_{name}")
    for base, items, level in PRISM[f"prevalence_{name}"]:
        assert prevalence_level(base, items, table=table) == level
    assert pd.isna(prevalence_level("high", None, table=table))
    with pytest.raises(ValueError, match="negative"):
        prevalence_level("high", -1, table=table)


def test_the_highest_scenario_counts_and_unknown_is_not_low():
    assert product_level(["low", "high", "medium"]) == "high"
    assert pd.isna(product_level(["low", None]))
    assert product_level(["serious", None]) == "serious"
    with pytest.raises(ValueError, match="at least one"):
        product_level([])


def test_the_grid_in_force_follows_the_date():
    import datetime as dt

    assert risk_matrices.risk_matrix("eu", on=dt.date(2015, 1, 1)).name == "eu_2010_15"
    assert risk_matrices.risk_matrix("eu", on=dt.date(2024, 12, 13)).name == "eu_2024_3173"
    with pytest.raises(KeyError):
        risk_matrices.risk_matrix("eu", on=dt.date(2000, 1, 1))


steps = st.lists(st.fractions(0, 1, max_denominator=1000), min_size=1, max_size=5)


@given(steps, st.integers(1, 4))
def test_scalars_and_arrays_agree_with_the_obvious_version(fractions, severity):
    p = scenario_probability([str(step) for step in fractions])
    expected = reference.risk_level(p, severity)
    assert risk_level(p, severity, matrix=EU) == expected
    arrays = [np.array([float(step)]) for step in fractions]
    assert list(risk_level(scenario_probability(arrays, matrix=EU), severity, matrix=EU)) == [expected]


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 4)), min_size=1, max_size=50))
def test_vectorised_equals_obvious(rows):
    p, severity = (list(column) for column in zip(*rows, strict=True))
    got = risk_level(pd.Series(p, index=range(5, 5 + len(p))), severity, matrix=EU)
    assert list(got) == [reference.risk_level(Fraction(repr(a)), b) for a, b in rows]
    assert list(got.index) == list(range(5, 5 + len(p)))


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 4), st.integers(1, 4))
def test_monotone_in_probability_and_severity(p, q, s, t):
    low, high = sorted((p, q)), sorted((s, t))
    assert RANK[risk_level(low[0], high[0], matrix=EU)] <= RANK[risk_level(low[1], high[1], matrix=EU)]


def test_products_on_a_bound_stay_there_in_arrays():
    p = scenario_probability([np.array([0.2, 0.1, 1 / 3]), np.array([0.5, 0.1, 0.3])], matrix=EU)
    assert p.tolist() == [0.1, 0.01, 0.1]
    assert on_boundary(p, matrix=EU).all()


@pytest.mark.parametrize(
    ("p", "severity"), [(-0.1, 1), (1.1, 1), (0.5, 0), (0.5, 5), (0.5, 2.5), (np.inf, 1), ([0.5, 2], [1, 1])]
)
def test_out_of_range_is_refused(p, severity):
    with pytest.raises(ValueError, match=r"between 0 and 1|whole number from 1 to 4"):
        risk_level(p, severity, matrix=EU)


def test_missing_in_missing_out():
    levels = risk_level([np.nan, 0.2, 0.2], [1, np.nan, 2], matrix=EU)
    assert list(pd.isna(levels)) == [True, True, False]
    assert pd.isna(risk_level(None, 2, matrix=EU))
    assert np.isnan(scenario_probability([np.array([np.nan]), 0.5]))[0]


def test_two_dimensions_keep_their_shape():
    assert risk_level(np.full((2, 3), 0.002), 4, matrix=EU).shape == (2, 3)


@pytest.mark.parametrize("severity", [3, 4])
def test_uncertain_lognormal_steps_give_the_exact_shares(severity):
    oracle = own("distributions.json")["lognormal_product"]
    rng = np.random.default_rng(7)
    n = 400_000
    p = scenario_probability(
        [
            draw(LogNormal(m, 10**s, 1.0), n, rng=rng)
            for m, s in zip(oracle["medians"], oracle["log10_sd"], strict=True)
        ]
    )
    seen = pd.Series(risk_level(p, severity, matrix=EU)).value_counts(normalize=True)
    for level, share in oracle[f"severity_{severity}"].items():
        assert seen.get(level, 0.0) == pytest.approx(share, abs=4 * (share * (1 - share) / n) ** 0.5)


def test_shared_matrix_and_scenarios():
    matrix = json.loads(shared("oracles", "eu_risk_matrix", "matrix.json").read_text())
    assert [[reference.RISK[code] for code in row] for row in EU.cells[::-1]] == matrix["levels"]
    cases = json.loads(shared("oracles", "eu_risk_matrix", "scenarios.json").read_text())
    for case in cases["scenarios"] + cases["published"]:
        p = scenario_probability(case["steps"])
        assert p == Fraction(case["overall_probability_exact"])
        assert risk_level(p, case["severity"], matrix=EU) == case["risk"]


def test_shared_rounding_pitfall():
    pitfall = json.loads(shared("oracles", "eu_risk_matrix", "rounding_pitfall.json").read_text())
    for case in pitfall["cases"]:
        bound = Fraction(case["band_by_guideline"].lstrip(">").replace("50%", "1/2"))
        assert risk_level(case["probability"], 1, matrix=EU) == reference.risk_level(
            bound * Fraction(11, 10), 1
        )


def test_shared_uncertain_steps():
    cases = json.loads(shared("oracles", "eu_risk_matrix", "uncertain_steps.json").read_text())
    rng = np.random.default_rng(11)
    for case in cases["cases"]:
        p = scenario_probability(
            [draw(Range(*case[step]), 1_000_000, rng=rng) for step in ("step1", "step2")]
        )
        seen = pd.Series(risk_level(p, case["severity"], matrix=EU)).value_counts(normalize=True)
        for level, share in case["risk_level_probability"].items():
            assert seen.get(level, 0.0) == pytest.approx(
                share, abs=cases["tolerance"]["monte_carlo_1e6"]["atol"]
            )


EDGE = Fraction(1, 2)
JUST = Fraction(1, 10**25)


@pytest.mark.parametrize(
    ("value", "is_above"),
    [
        (EDGE, False), (EDGE + JUST, True), (EDGE - JUST, False), ("1/2", False), ("0.5", False),
        ("0.50000000000000000000001", True), (Decimal("0.5000000000000000000000001"), True),
        (Decimal("0.5"), False), ("5000000000000000001/10000000000000000000", True),
    ],
)  # fmt: skip
def test_exact_values_in_arrays_are_compared_exactly_each_by_itself(value, is_above):
    eu = risk_matrices.risk_matrix("eu_2024_3173")
    alone = [risk_level(value, level, matrix=eu) for level in (1, 2, 3, 4)]
    above = [risk_level(EDGE + Fraction(1, 1000), level, matrix=eu) for level in (1, 2, 3, 4)]
    below = [risk_level(EDGE, level, matrix=eu) for level in (1, 2, 3, 4)]
    assert above != below and alone == (above if is_above else below)
    many = np.array([value, None, 0.9], dtype=object)
    for written in (many, pd.Series(many), list(many), (value, None, 0.9)):
        found = [next(iter(risk_level(written, level, matrix=eu))) for level in (1, 2, 3, 4)]
        assert found == alone
    assert list(risk_level(value, np.array([1, 2, 3, 4]), matrix=eu)) == alone
    if len(str(value)) <= 40:
        assert list(risk_level(np.array([str(value)]), 4, matrix=eu)) == alone[3:]
    is_on = Fraction(value) == EDGE
    assert on_boundary(np.array([value, 0.5, 0.3], dtype=object), matrix=eu).tolist() == [is_on, True, False]


def test_strings_and_fractions_outside_0_to_1_in_arrays_are_refused():
    eu = risk_matrices.risk_matrix("eu_2024_3173")
    for value in (1 + JUST, "1.0000000000000000000001", Decimal("-1e-25")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            risk_level(np.array([value], dtype=object), 1, matrix=eu)


@given(st.fractions(0, 1, max_denominator=10**6), st.integers(1, 4))
def test_a_risk_level_without_a_grid_is_read_from_the_published_one(p, severity):
    assert risk_level(p, severity) == reference.risk_level(Fraction(p), severity)
    labelled = risk_level(pd.Series([p], index=["lamp"], dtype=object), severity)
    assert labelled.index.tolist() == ["lamp"]
