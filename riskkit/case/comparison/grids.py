"""A case read from each risk grid: the EU's, PRISM's with items in use, and the one without jumps."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.assessment.facts.case_file import Case, Fact
from riskkit.assessment.scenarios import combined_probability, on_boundary, risk_codes, risk_level
from riskkit.assessment.sensitivity.level_distance import level_distance
from riskkit.assessment.severity_mix import governing_harm
from riskkit.case.comparison.findings import PRODUCT, Finding, UsedInput, basis_word, misfit
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards import risk_matrices, standards
from riskkit.foundation.standards.risk_matrices import RiskMatrix
from riskkit.foundation.standards.scales import band_codes, scale
from riskkit.foundation.standards.standards import Prevalence
from riskkit.foundation.standards.tables import records

Floats = NDArray[np.float64]
Ranks = NDArray[np.int8]
GRIDS = {
    "eu_2024_3173": ("eu_2024_3173", ""),
    "prism_highest_web": ("prism", "prism_web"),
    "prism_combined_web": ("prism", "prism_web"),
    "prism_highest_excel": ("prism_excel", "prism_excel"),
    "prism_combined_excel": ("prism_excel", "prism_excel"),
    "opss_jump_removed": ("opss_jump_removed", ""),
}
_CODES = scale("risk").codes


@dataclass(frozen=True)
class Part:
    """What is read from a grid: one scenario, or several of one severity added up.

    Parameters
    ----------
    subject : str
        Id of the scenario, or ids joined by ``+``.
    p : Fraction
        Probability of harm.
    severity : int
        1–4.
    basis : str
        ``case`` when every step has a source, else ``judged``.
    """

    subject: str
    p: Fraction
    severity: int
    basis: str


def scenario_parts(case: Case, scenarios: pd.DataFrame) -> tuple[Part, ...]:
    """The scenarios of an assessment as parts, one each: of several severities the harm that governs.

    Parameters
    ----------
    case : Case
        The case.
    scenarios : DataFrame
        As in `Assessment`: scenario, severity, p_exact.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> table = pd.DataFrame({"scenario": ["night_fire"], "severity": [4], "p_exact": ["1/500"]})
    >>> case = load_case("note7-battery-2016")
    >>> scenario_parts(case, table)[0].p
    Fraction(1, 500)
    """
    judged = {s.id: any(step.basis == "judgement" for step in s.steps) for s in case.scenarios}
    mixes = {s.id: s.severity for s in case.scenarios}
    parts = []
    for row in records(scenarios):
        p, severity = Fraction(row["p_exact"]), int(row["severity"])
        if len(mixes[row["scenario"]]) > 1:
            matrix = risk_matrices.risk_matrix("eu_2024_3173")
            p, severity = governing_harm(p, mixes[row["scenario"]], matrix=matrix)
        parts.append(Part(row["scenario"], p, severity, "judged" if judged[row["scenario"]] else "case"))
    return tuple(parts)


def added_parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Scenarios of one severity put together by the sum, as PRISM's combined scenario.

    Examples
    --------
    >>> two = [Part("a", Fraction(1, 2000), 3, "case"), Part("b", Fraction(1, 3000), 3, "judged")]
    >>> added_parts(two)
    (Part(subject='a+b', p=Fraction(1, 1200), severity=3, basis='judged'),)
    """
    total = combined_probability(
        np.array([part.p for part in parts], dtype=object),
        [part.severity for part in parts],
        matrix=risk_matrices.risk_matrix("prism"),
    )
    groups = [[one for one in parts if one.severity == level] for level in total.index]
    return tuple(
        Part(
            "+".join(one.subject for one in group),
            total[group[0].severity],
            group[0].severity,
            "judged" if any(one.basis == "judged" for one in group) else "case",
        )
        for group in groups
    )


def grid_findings(
    method: str, parts: Sequence[Part], *, units: Fact | None, draws: Mapping[str, Floats] | None
) -> list[Finding]:
    """What one grid says about each scenario and about the product.

    Parameters
    ----------
    method : str
        One of `GRIDS`.
    parts : sequence of Part
        The scenarios, from `scenario_parts`.
    units : Fact or None
        Items in use; None where it is not known: then PRISM gives a range.
    draws : mapping of str to ndarray, optional
        ``<scenario>`` → probability of harm, ``<scenario>.severity``, ``units``; one entry a draw.

    Examples
    --------
    >>> one = [Part("a", Fraction(1, 2000), 3, "case")]
    >>> [(f.subject, f.lo) for f in grid_findings("eu_2024_3173", one, units=None, draws=None)]
    [('a', 'high'), ('product', 'high')]
    >>> found = grid_findings("prism_highest_web", one, units=None, draws=None)[-1]
    >>> found.lo, found.hi, found.missing
    ('high', 'serious', ('units',))
    """
    is_added = "combined" in method
    used = added_parts(parts) if is_added else tuple(parts)
    if is_added and len(used) == len(parts):
        return [misfit(method, "nothing_to_add")]
    matrix, prevalence = _tables(method)
    n = float(best(units.value)) if units is not None else math.nan
    low, high = (matrix, matrix) if prevalence is None else _moved_matrices(matrix, prevalence, n)
    given = _units_input(units) if prevalence is not None else ()
    rows = _part_findings(method, used, (low, high), given=given)
    return [*rows, _product(method, used, (low, high), rows=rows, parts=parts, given=given, draws=draws)]


def _tables(method: str) -> tuple[RiskMatrix, Prevalence | None]:
    grid, table = GRIDS[method]
    return risk_matrices.risk_matrix(grid), standards.prevalence(table) if table else None


def _units_input(units: Fact | None) -> tuple[UsedInput, ...]:
    if units is None:
        return (UsedInput("units", math.nan, "missing"),)
    return (UsedInput("units", float(best(units.value)), basis_word(units.basis)),)


def _moved_matrices(matrix: RiskMatrix, table: Prevalence, n: float) -> tuple[RiskMatrix, RiskMatrix]:
    """The grid with items in use counted: at least, and at most where their number is not known."""
    lo, hi = (_moved(matrix.cells.ravel(), np.array([n]), table, end=end) for end in (0, 1))
    shape = matrix.cells.shape
    return (
        dataclasses.replace(matrix, cells=lo.reshape(shape)),
        dataclasses.replace(matrix, cells=hi.reshape(shape)),
    )


def _moved(codes: Ranks, n: Floats, table: Prevalence, *, end: int) -> Ranks:
    """Levels moved by items in use; where their number is missing the lowest or highest they could be."""
    bands = band_codes(n, table.edges, closed=table.closed)
    ends = table.cells.max(axis=0) if end else table.cells.min(axis=0)
    known, at = np.broadcast_arrays(bands >= 0, codes)
    found = np.where(known, table.cells[np.where(bands >= 0, bands, 0), codes], ends[at])
    return np.where(codes >= 0, found, np.int8(-1)).astype(np.int8)


def part_levels(parts: Sequence[Part], matrix: RiskMatrix) -> list[str]:
    """The level of each part on a grid.

    Examples
    --------
    >>> one = Part("a", Fraction(1, 2000), 3, "case")
    >>> part_levels([one], risk_matrices.risk_matrix("eu_2024_3173"))
    ['high']
    """
    p = np.array([part.p for part in parts], dtype=object)
    return [str(level) for level in risk_level(p, [part.severity for part in parts], matrix=matrix)]


def _part_findings(
    method: str, parts: Sequence[Part], ends: tuple[RiskMatrix, RiskMatrix], *, given: tuple[UsedInput, ...]
) -> list[Finding]:
    levels = [part_levels(parts, matrix) for matrix in ends]
    near = records(level_distance([float(x.p) for x in parts], [x.severity for x in parts], matrix=ends[0]))
    return [
        Finding(
            method,
            part.subject,
            lo,
            hi,
            value=float(part.p),
            inputs=(
                UsedInput("probability", float(part.p), part.basis),
                UsedInput("severity", part.severity, "judged"),
                *given,
            ),
            up_factor=float(flip["up_factor"]),
            up_level=_word(flip["up_level"]),
            down_factor=float(flip["down_factor"]),
            down_level=_word(flip["down_level"]),
            is_on_bound=bool(on_boundary(part.p, matrix=ends[0])),
        )
        for part, lo, hi, flip in zip(parts, *levels, near, strict=True)
    ]


def _word(level: object) -> str:
    return str(level) if isinstance(level, str) else ""


def _product(
    method: str,
    used: Sequence[Part],
    ends: tuple[RiskMatrix, RiskMatrix],
    *,
    rows: Sequence[Finding],
    parts: Sequence[Part],
    given: tuple[UsedInput, ...],
    draws: Mapping[str, Floats] | None,
) -> Finding:
    lo = max((str(row.lo) for row in rows), key=_CODES.index)
    hi = max((str(row.hi) for row in rows), key=_CODES.index)
    main = max(rows, key=lambda row: (_CODES.index(str(row.lo)), _CODES.index(str(row.hi)), row.value))
    flip = _flip(used, ends[0], _CODES.index(lo))
    return Finding(
        method,
        PRODUCT,
        lo,
        hi,
        value=main.value,
        inputs=main.inputs,
        up_factor=flip.up,
        up_level=flip.up_level,
        down_factor=flip.down,
        down_level=flip.down_level,
        up_subject=flip.up_subject,
        down_subject=flip.down_subject,
        is_on_bound=main.is_on_bound,
        p_level=_share(method, parts, (lo, hi), draws=draws),
        reasons=_reasons(method, used, parts, lo=lo, given=given),
    )


@dataclass(frozen=True)
class _Flip:
    """One factor on all probabilities alike that raises or lowers the product."""

    up: float = math.nan
    up_level: str = ""
    up_subject: str = ""
    down: float = math.nan
    down_level: str = ""
    down_subject: str = ""


def _flip(parts: Sequence[Part], matrix: RiskMatrix, code: int) -> _Flip:
    """One part that rises is enough to raise the product; to lower it all must fall."""
    ups: list[tuple[float, str, str]] = []
    downs: list[tuple[float, str]] = []
    for part in (one for one in parts if one.p > 0):
        column = matrix.cells[:, part.severity - 1]
        above, at = np.flatnonzero(column > code), np.flatnonzero(column >= code)
        if above.size:
            factor = max(float(matrix.edges[above[0] - 1] / part.p), 1.0)
            ups.append((factor, _CODES[int(column[above[0]])], part.subject))
        if at.size and at[0] == 0:
            downs.append((0.0, part.subject))
        elif at.size and matrix.edges[at[0] - 1] <= part.p:
            downs.append((float(matrix.edges[at[0] - 1] / part.p), part.subject))
    up = min(ups, default=(math.nan, "", ""))
    down = min(downs, default=(0.0, ""))
    if down[0] == 0:
        return _Flip(*up)
    just_below = Fraction(down[0]) * Fraction(999_999, 1_000_000)
    shrunk = [Part(one.subject, one.p * just_below, one.severity, one.basis) for one in parts]
    return _Flip(*up, down[0], _highest(shrunk, matrix), down[1])


def _share(
    method: str, parts: Sequence[Part], ends: tuple[str, str], *, draws: Mapping[str, Floats] | None
) -> float:
    if draws is None:
        return math.nan
    matrix, table = _tables(method)
    pairs = [(draws[part.subject], draws[f"{part.subject}.severity"]) for part in parts]
    if "combined" in method:
        pairs = _added_draws(pairs)
    codes = np.max(np.broadcast_arrays(*(risk_codes(p, level, matrix) for p, level in pairs)), axis=0)
    lo = codes if table is None else _moved(codes, draws["units"], table, end=0)
    hi = codes if table is None else _moved(codes, draws["units"], table, end=1)
    same = (lo == _CODES.index(ends[0])) & (hi == _CODES.index(ends[1]))
    return float(np.mean(same))


def _added_draws(pairs: Sequence[tuple[Floats, Floats]]) -> list[tuple[Floats, Floats]]:
    """In each draw the scenarios of one severity added up; missing where a draw has none of it."""
    added = []
    for level in (1.0, 2.0, 3.0, 4.0):
        masks = [np.where(severity == level, 1.0, 0.0) for _, severity in pairs]
        total = np.minimum(sum(p * mask for (p, _), mask in zip(pairs, masks, strict=True)), 1.0)
        present = np.max(np.broadcast_arrays(*masks), axis=0) > 0
        added.append((np.where(present, total, np.nan), np.array([level])))
    return added


def _reasons(
    method: str, used: Sequence[Part], parts: Sequence[Part], *, lo: str, given: tuple[UsedInput, ...]
) -> tuple[tuple[str, tuple[tuple[str, str | float], ...]], ...]:
    """Step by step from the EU grid's level to this one: what moved it."""
    matrix, table = _tables(method)
    eu = _highest(parts, risk_matrices.risk_matrix("eu_2024_3173"))
    own, base = _highest(parts, matrix), _highest(used, matrix)
    found: list[tuple[str, tuple[tuple[str, str | float], ...]]] = []
    if own != eu:
        found.append(("jump_removed" if method == "opss_jump_removed" else "bound_inclusive", ()))
    if base != own:
        top = max((part for part in used if "+" in part.subject), key=lambda part: part.p)
        found.append(("scenarios_added", (("p", float(top.p)),)))
    if table is not None and lo != base:
        found.append(("prevalence_counted", (("units", given[0].value), ("level", base))))
    if table is not None and given[0].value in table.edges:
        found.append(("units_on_bound", (("units", given[0].value),)))
    return tuple(found)


def _highest(parts: Sequence[Part], matrix: RiskMatrix) -> str:
    return max(part_levels(parts, matrix), key=_CODES.index)
