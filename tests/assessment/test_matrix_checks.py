"""Risk matrices: lawful cells, Cox's defects, and the distance to another level."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_scoring import is_consistent, level_of
from shared import shared

from riskkit.assessment.matrix_checks import (
    cell_ranges,
    lawful_matrix,
    matrix_faults,
    matrix_report,
    say_matrix,
)
from riskkit.assessment.sensitivity.level_distance import level_distance
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.risk_matrices import RiskMatrix, matrix_names, risk_matrix
from riskkit.foundation.standards.standards import LEVELS

EU = risk_matrix("eu_2024_3173")
PROBABILITIES = [0.6, 0.3, 0.03, 0.003, 3e-4, 3e-5, 3e-6, 3e-7]


def matrix_of(cells: list[list[int]], edges: list[str], *, closed: bool = False) -> RiskMatrix:
    bounds = tuple(Fraction(edge) for edge in edges)
    return RiskMatrix("mine", bounds, closed, np.array(cells, dtype=np.int8), 1, 9, "highest")


@st.composite
def lawful(draw: st.DrawFn) -> RiskMatrix:
    """A matrix of any shape with levels that never fall."""
    bands, severities = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    n_levels = draw(st.integers(2, 5))
    raw = draw(
        st.lists(
            st.lists(st.integers(0, n_levels - 1), min_size=severities, max_size=severities),
            min_size=bands,
            max_size=bands,
        )
    )
    cells = np.maximum.accumulate(np.maximum.accumulate(np.array(raw), axis=0), axis=1).astype(np.int8)
    tenths = draw(st.lists(st.integers(1, 999), unique=True, min_size=bands - 1, max_size=bands - 1))
    edges = tuple(Fraction(n, 1000) for n in sorted(tenths))
    levels = tuple(f"level {k}" for k in range(n_levels))
    return RiskMatrix("any", edges, draw(st.booleans()), cells, 1, 9, "highest", levels)


def eu_oracle(name: str) -> Any:
    return json.loads(shared("oracles", "eu_risk_matrix", name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", matrix_names())
def test_shipped_matrices_are_lawful(name: str) -> None:
    assert matrix_faults(risk_matrix(name)) == []


def test_eu_grid_has_exactly_three_jumps_all_from_severity_1_to_2() -> None:
    jumps = matrix_report(EU).jumps
    assert jumps[["axis", "band", "severity", "level", "next_level"]].values.tolist() == [
        ["severity", 5, 1, "low", "high"],
        ["severity", 6, 1, "medium", "serious"],
        ["severity", 7, 1, "medium", "serious"],
    ]


def test_opss_grid_removed_the_jump_in_the_severity_1_column() -> None:
    assert matrix_report(risk_matrix("opss_jump_removed")).jumps.empty


def test_eu_grid_touches_low_and_serious_at_one_corner_only() -> None:
    contacts = matrix_report(EU).contacts
    assert contacts.values.tolist() == [["corner", 5, 1, 6, 2]]
    assert not matrix_report(EU).is_between


def test_cell_counts_add_up() -> None:
    report = matrix_report(EU)
    assert report.n_cells.sum() == EU.cells.size
    assert report.n_cells["serious"] == 12


def test_severity_steps_of_the_eu_grid_are_the_widest_that_keep_it_consistent() -> None:
    low, high = [Fraction(0), *EU.edges], [*EU.edges, Fraction(1)]
    cells = EU.cells.tolist()
    inside = [Fraction(1), Fraction(1), Fraction(10), Fraction(100), Fraction(1000)]
    assert is_consistent(low, high, cells, inside)
    too_small = [Fraction(1), Fraction(1), Fraction(9), Fraction(100), Fraction(1000)]
    assert not is_consistent(low, high, cells, too_small)
    too_large = [Fraction(1), Fraction(1), Fraction(101), Fraction(1000), Fraction(10000)]
    assert not is_consistent(low, high, cells, too_large)
    steps = matrix_report(EU).severity_steps
    assert (steps["lo"].iloc[0], steps["hi"].iloc[0]) == (10.0, 100.0)


def test_a_red_cell_beside_a_green_one_is_never_weakly_consistent() -> None:
    # Cox (2008), lemma 1: under weak consistency no red cell shares an edge with a green one.
    report = matrix_report(matrix_of([[0, 0], [0, 3]], ["1/2"]))
    assert not report.is_weakly_consistent
    assert set(report.contacts["kind"]) == {"edge", "corner"}
    assert report.severity_steps.empty


def test_red_in_the_lowest_band_is_never_weakly_consistent() -> None:
    # Its risk reaches down to 0, below any green one.
    assert not matrix_report(matrix_of([[0, 1, 3], [1, 2, 3]], ["1/10"])).is_weakly_consistent


@given(lawful())
def test_report_agrees_with_a_scan_of_all_neighbours(matrix: RiskMatrix) -> None:
    cells = matrix.cells.astype(int)
    jumps = sum(
        int(cells[i, j + 1] - cells[i, j] >= 2)
        for i in range(cells.shape[0])
        for j in range(cells.shape[1] - 1)
    ) + sum(
        int(cells[i + 1, j] - cells[i, j] >= 2)
        for i in range(cells.shape[0] - 1)
        for j in range(cells.shape[1])
    )
    report = matrix_report(matrix)
    assert len(report.jumps) == jumps
    if len(matrix.levels) > 2 and (report.contacts["kind"] == "edge").any():
        assert jumps > 0


@given(lawful(), st.lists(st.integers(1, 40), min_size=6, max_size=6))
def test_no_scale_of_severity_contradicts_the_verdict(matrix: RiskMatrix, steps: list[int]) -> None:
    bounds = [Fraction(int(n)) for n in np.cumsum(steps)[: matrix.cells.shape[1] + 1]]
    cells = np.where(matrix.cells == len(matrix.levels) - 1, len(matrix.levels) - 1, matrix.cells)
    has_both = (cells == 0).any() and (cells == len(matrix.levels) - 1).any()
    low, high = [Fraction(0), *matrix.edges], [*matrix.edges, Fraction(1)]
    if has_both and is_consistent(low, high, cells.tolist(), bounds):
        assert matrix_report(matrix).is_weakly_consistent


def test_every_fault_is_named_at_once() -> None:
    wrong = matrix_of([[0, 2, 1], [1, 1, 9]], ["3/2", "1/10"])
    with pytest.raises(InputFaults) as error:
        matrix_report(wrong)
    assert str(error.value).splitlines() == [
        "mine: 4 faults",
        "  mine: edges: 2, must be: 1 bounds",
        "  mine: edges[0]: 3/2, must be: a bound between 0 and 1",
        "  mine: edges[1]: 1/10, must be: above 3/2, the bound before",
        "  mine: band 2, severity 3: 9, must be: a level code 0–3",
    ]
    falling = matrix_faults(matrix_of([[0, 2, 1], [1, 1, 3]], ["1/10"]))
    assert [fault.place for fault in falling] == [
        "mine: band 2, severity 2",
        "mine: band 1, severity 3",
    ]


def test_own_matrix_with_unknown_words_is_refused_with_all_of_them() -> None:
    with pytest.raises(InputFaults) as error:
        lawful_matrix("own", [["low", "hot"], ["warm"]], edges=["x"], levels=["low", "high"])
    assert [fault.place for fault in error.value.faults] == [
        "own: band 1, severity 2",
        "own: band 2, severity 1",
        "own: cells",
        "own: edges[0]",
    ]


def test_cells_span_decades_and_hide_reversals() -> None:
    cells = cell_ranges(EU, [1, 10, 100, 1000, 10000])
    assert cells.loc[cells["band"] == 1, "decades"].eq(math.inf).all()
    assert cells.loc[(cells["band"] == 4) & (cells["severity"] == 3), "decades"].item() == pytest.approx(2.0)
    assert cells["n_reversed"].sum() > 0
    with pytest.raises(ValueError, match="severity bounds must be 5 rising numbers"):
        cell_ranges(EU, [1, 10, 5, 100, 1000])


def test_sentences_in_both_languages() -> None:
    for name in matrix_names():
        report = matrix_report(risk_matrix(name))
        zh, en = in_language("zh", say_matrix, report), say_matrix(report)
        assert len(zh) == len(en) >= 1
        assert all(line.isascii() or "→" in line or "–" in line for line in en)
    broken = matrix_report(matrix_of([[0, 0], [0, 3]], ["1/2"]))
    assert "Not weakly consistent" in say_matrix(broken)[-1]
    assert "弱一致性不成立" in in_language("zh", say_matrix, broken)[-1]


def test_levels_equal_the_shared_eu_oracle() -> None:
    table = eu_oracle("matrix.json")["levels"]
    for row, p in zip(table, PROBABILITIES, strict=True):
        found = level_distance(np.full(4, p), [1, 2, 3, 4], matrix=EU)
        assert found["level"].tolist() == row


def test_flip_factors_of_the_shared_scenarios_reach_another_level() -> None:
    for case in eu_oracle("scenarios.json")["published"]:
        p = Fraction(case["overall_probability_exact"])
        found = level_distance([float(p)], [case["severity"]], matrix=EU).iloc[0]
        assert found["level"] == case["risk"]
        cells = EU.cells.tolist()
        if not math.isnan(found["up_factor"]):
            beyond = p * Fraction(found["up_factor"]) * Fraction(1000001, 1000000)
            code = level_of(beyond, case["severity"], edges=list(EU.edges), cells=cells, closed=False)
            assert LEVELS[code] == found["up_level"] != case["risk"]


def test_flip_factor_of_one_on_a_bound_says_coin_toss() -> None:
    found = level_distance([1e-4, 1e-4], [3, 4], matrix=EU)
    assert found["level"].tolist() == ["medium", "high"]
    assert found["up_factor"].tolist() == [1.0, 1.0]
    assert found["up_level"].tolist() == ["high", "serious"]
    assert found["is_on_bound"].all() and (found["decades_to_flip"] == 0).all()


def test_no_other_level_is_missing_not_zero() -> None:
    found = level_distance([0.9, np.nan, 0.0], [4, 4, 1], matrix=EU)
    assert found["up_factor"].isna().tolist() == [True, True, False]
    assert found["level"].isna().tolist() == [False, True, False]
    assert found["up_factor"].iloc[2] == math.inf
    assert found["down_factor"].iloc[0] == pytest.approx(1e-4 / 0.9)


@given(lawful(), st.integers(1, 10**6), st.integers(1, 5))
def test_distance_agrees_with_the_slow_walk(matrix: RiskMatrix, millionths: int, severity: int) -> None:
    p, severity = Fraction(millionths, 10**6), min(severity, matrix.cells.shape[1])
    table = {"edges": list(matrix.edges), "cells": matrix.cells.tolist(), "closed": matrix.closed}
    found = level_distance([float(p)], [severity], matrix=matrix).iloc[0]
    here = level_of(p, severity, **table)
    assert found["level"] == matrix.levels[here]
    above = [e for e in matrix.edges if e >= p and level_of(e + Fraction(1, 10**9), severity, **table) > here]
    below = [e for e in matrix.edges if e <= p and level_of(e - Fraction(1, 10**9), severity, **table) < here]
    assert math.isnan(found["up_factor"]) == (not above)
    assert math.isnan(found["down_factor"]) == (not below)
    if above:
        assert found["up_factor"] == pytest.approx(float(min(above) / p))
    if below:
        assert found["down_factor"] == pytest.approx(float(max(below) / p))


def test_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        level_distance([1.2], [1], matrix=EU)
    with pytest.raises(ValueError, match="whole number from 1 to 4"):
        level_distance([0.2], [5], matrix=EU)
