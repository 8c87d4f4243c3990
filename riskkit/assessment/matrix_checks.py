"""Whether a risk matrix is lawful, and what its defects are.

Works on grids of any shape and any number of levels. The defects are those of L. A. Cox (2008): weak
consistency, betweenness, jumps in level, and cells that span orders of magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards.risk_matrices import RiskMatrix

Floats = NDArray[np.float64]


def matrix_faults(matrix: RiskMatrix) -> list[Fault]:
    """Everything that is unlawful in a risk matrix.

    A lawful matrix has one known level in each cell, rising bounds inside 0–1, one bound fewer than
    bands, and levels that never fall as probability or severity rises.

    Parameters
    ----------
    matrix : RiskMatrix
        Any number of bands, severities and levels.

    Returns
    -------
    list of Fault
        Empty for a lawful matrix.

    Examples
    --------
    >>> cells = np.array([[0, 2], [1, 1]], np.int8)
    >>> bad = RiskMatrix("mine", (Fraction(1, 10),), False, cells, 1, 9, "highest")
    >>> [str(fault) for fault in matrix_faults(bad)]
    ['mine: band 2, severity 2: medium, must be: at least high, the level of band 1']
    """
    cells, name = np.asarray(matrix.cells), matrix.name
    if cells.ndim != 2 or cells.size == 0:
        return [Fault(f"{name}: cells", shown(cells.shape), "a table of bands × severities")]
    faults = _edge_faults(matrix, cells.shape[0])
    for row, column in zip(*np.nonzero((cells < 0) | (cells >= len(matrix.levels))), strict=True):
        place = f"{name}: band {row + 1}, severity {column + 1}"
        faults.append(
            Fault(
                place, shown(int(cells[row, column])), RuleText("a level code 0–{}", len(matrix.levels) - 1)
            )
        )
    if faults:
        return faults
    for axis, word in ((0, "band"), (1, "severity")):
        for cell in np.argwhere(np.diff(cells, axis=axis) < 0):
            here = tuple(int(i) + (1 if axis == a else 0) for a, i in enumerate(cell))
            before, now = matrix.levels[cells[tuple(cell)]], matrix.levels[cells[here]]
            place = f"{name}: band {here[0] + 1}, severity {here[1] + 1}"
            rule = RuleText("at least {}, the level of {} {}", before, word, int(cell[axis]) + 1)
            faults.append(Fault(place, now, rule))
    return faults


def _edge_faults(matrix: RiskMatrix, n_bands: int) -> list[Fault]:
    faults = []
    if len(matrix.edges) != n_bands - 1:
        faults.append(
            Fault(f"{matrix.name}: edges", str(len(matrix.edges)), RuleText("{} bounds", n_bands - 1))
        )
    for number, edge in enumerate(matrix.edges):
        if not 0 < edge < 1:
            faults.append(Fault(f"{matrix.name}: edges[{number}]", str(edge), "a bound between 0 and 1"))
        if number and edge <= matrix.edges[number - 1]:
            rule = RuleText("above {}, the bound before", matrix.edges[number - 1])
            faults.append(Fault(f"{matrix.name}: edges[{number}]", str(edge), rule))
    return faults


def lawful_matrix(
    name: str,
    cells: Sequence[Sequence[str]],
    *,
    edges: Sequence[Any],
    levels: Sequence[str],
    closed: bool = False,
) -> RiskMatrix:
    """A risk matrix of one's own, of any shape, refused with every fault if it is unlawful.

    Parameters
    ----------
    name : str
        Its name.
    cells : sequence of sequences of str
        Level words; rows from the lowest probability band, columns from the lowest severity.
    edges : sequence
        Bounds between the bands, rising; numbers or ``"1/100"``.
    levels : sequence of str
        Level words from low to high.
    closed : bool
        Whether a probability exactly on a bound belongs to the band above it.

    Raises
    ------
    InputFaults
        With every unlawful cell and bound.

    Examples
    --------
    >>> m = lawful_matrix("two", [["low", "high"], ["high", "high"]], edges=["1/2"], levels=["low", "high"])
    >>> m.cells.tolist()
    [[0, 1], [1, 1]]
    """
    known = {word: code for code, word in enumerate(levels)}
    faults = [
        Fault(f"{name}: band {row + 1}, severity {column + 1}", shown(word), one_of(str(word), levels))
        for row, words in enumerate(cells)
        for column, word in enumerate(words)
        if word not in known
    ]
    widths = {len(words) for words in cells}
    if len(widths) != 1 or 0 in widths:
        faults.append(Fault(f"{name}: cells", shown(sorted(widths)), "rows of one length"))
    bounds = []
    for number, edge in enumerate(edges):
        try:
            bounds.append(exact(edge))
        except ValueError as error:
            faults.append(Fault(f"{name}: edges[{number}]", shown(edge), str(error)))
    refuse(name, faults)
    codes = np.array([[known[word] for word in words] for words in cells], dtype=np.int8)
    matrix = RiskMatrix(name, tuple(bounds), closed, codes, 1, 99, "highest", tuple(levels))
    refuse(name, matrix_faults(matrix))
    return matrix


@dataclass(frozen=True)
class MatrixReport:
    """The defects of a risk matrix.

    Parameters
    ----------
    name : str
        The matrix.
    jumps : DataFrame
        Neighbouring cells two or more levels apart: axis (``severity`` or ``probability``), band and
        severity (1-based, of the lower cell), level, next_level.
    contacts : DataFrame
        Cells of the lowest level that touch cells of the highest, by an ``edge`` or at a ``corner``: band
        and severity of both. Each is a breach of betweenness.
    is_weakly_consistent : bool
        Whether some scale of severity makes every risk in the highest level at least every risk in the
        lowest.
    severity_steps : DataFrame
        For such scales, how many times worse each severity may be than the one before: severity, lo, hi
        (infinite where nothing binds). Empty when there is none.
    n_cells : Series
        Number of cells of each level: risks in one level are tied.
    """

    name: str
    jumps: pd.DataFrame
    contacts: pd.DataFrame
    is_weakly_consistent: bool
    severity_steps: pd.DataFrame
    n_cells: pd.Series[int]

    @property
    def is_between(self) -> bool:
        """Whether every way from the lowest to the highest level passes a level in between."""
        return self.contacts.empty


def matrix_report(matrix: RiskMatrix) -> MatrixReport:
    """The defects of a risk matrix, computed.

    *Weak consistency*: with severity bounds s₀ ≤ s₁ ≤ … it asks p_lo·s_{j−1} ≥ p_hi·s_l of every cell of
    the highest level against every cell of the lowest. Severity has no unit, so we ask whether any such
    bounds exist; the inequalities are differences of logarithms, solved exactly as shortest paths.

    Parameters
    ----------
    matrix : RiskMatrix
        A lawful matrix.

    Raises
    ------
    InputFaults
        When it is not lawful.

    References
    ----------
    .. [1] Cox, L. A. (2008). What's wrong with risk matrices? Risk Analysis 28(2) (``cox_2008``).

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> report = matrix_report(risk_matrix("eu_2024_3173"))
    >>> report.jumps[["band", "severity", "level", "next_level"]].values.tolist()
    [[5, 1, 'low', 'high'], [6, 1, 'medium', 'serious'], [7, 1, 'medium', 'serious']]
    >>> report.is_weakly_consistent, report.severity_steps[["lo", "hi"]].values.tolist()
    (True, [[10.0, 100.0], [1.0, 100.0], [1.0, 100.0]])
    """
    refuse(matrix.name, matrix_faults(matrix))
    cells, words = matrix.cells.astype(np.int64), np.array(matrix.levels, dtype=object)
    jumps = []
    for axis, word in ((1, "severity"), (0, "probability")):
        for band, severity in np.argwhere(np.diff(cells, axis=axis) >= 2):
            after = cells[band + (axis == 0), severity + (axis == 1)]
            jumps.append((word, band + 1, severity + 1, words[cells[band, severity]], words[after]))
    steps = _severity_steps(matrix)
    columns = ["axis", "band", "severity", "level", "next_level"]
    return MatrixReport(
        matrix.name,
        pd.DataFrame(jumps, columns=columns),
        _contacts(cells, len(matrix.levels) - 1),
        steps is not None,
        pd.DataFrame(steps or [], columns=["severity", "lo", "hi"]),
        pd.Series(np.bincount(cells.ravel(), minlength=len(words)), index=list(words), name="n_cells"),
    )


def _contacts(cells: NDArray[np.int64], top: int) -> pd.DataFrame:
    rows = []
    for kind, up, right in (("edge", 1, 0), ("edge", 0, 1), ("corner", 1, 1)):
        lower = cells[: cells.shape[0] - up, : cells.shape[1] - right]
        upper = cells[up:, right:]
        for band, severity in np.argwhere((lower == 0) & (upper == top)) if top > 0 else []:
            rows.append((kind, band + 1, severity + 1, band + 1 + up, severity + 1 + right))
    return pd.DataFrame(rows, columns=["kind", "band", "severity", "top_band", "top_severity"])


def _severity_steps(matrix: RiskMatrix) -> list[tuple[int, float, float]] | None:
    """Ranges of s_{j+1}/s_j over all severity bounds that make the matrix weakly consistent."""
    cells = matrix.cells
    low = (Fraction(0), *matrix.edges)
    high = (*matrix.edges, Fraction(1))
    n = cells.shape[1] + 1
    most: list[list[Fraction | None]] = [[None] * n for _ in range(n)]  # s_b / s_a is at most most[a][b]
    for node in range(n):
        most[node][node] = Fraction(1)
        if node + 1 < n:
            most[node + 1][node] = Fraction(1)
    for i, j in np.argwhere(cells == len(matrix.levels) - 1):
        for k, m in np.argwhere(cells == 0):
            ratio = low[i] / high[k]
            if ratio == 0:  # the highest level reaches down to no risk at all
                return None
            known = most[j][m + 1]
            most[j][m + 1] = ratio if known is None else min(ratio, known)
    if not _shortest(most):
        return None
    out = []
    for a in range(1, n - 1):
        back, ahead = most[a + 1][a], most[a][a + 1]
        lowest = 1.0 if not back else float(1 / back)
        out.append((a + 1, lowest, math.inf if ahead is None else float(ahead)))
    return out


def _shortest(most: list[list[Fraction | None]]) -> bool:
    """Floyd–Warshall on products, in place; False when a circle forces a bound below itself."""
    nodes = range(len(most))
    for via in nodes:
        for a in nodes:
            first = most[a][via]
            for b in nodes:
                second, known = most[via][b], most[a][b]
                if first is not None and second is not None and (known is None or first * second < known):
                    most[a][b] = first * second
    return all(most[a][a] == 1 for a in nodes)


def cell_ranges(matrix: RiskMatrix, severity_bounds: Sequence[float]) -> pd.DataFrame:
    """The range of risk (probability × severity value) that each cell holds.

    Parameters
    ----------
    matrix : RiskMatrix
        A lawful matrix.
    severity_bounds : sequence of float
        Rising bounds of the severities on a scale of value (such as yuan or disability-adjusted life
        years): one more than severities.

    Returns
    -------
    DataFrame
        band, severity, level, risk_lo, risk_hi, decades (log10 of their ratio), n_reversed (how many
        cells of a higher level cannot reach the highest risk of this one).

    Raises
    ------
    ValueError
        When the bounds do not fit.

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> cells = cell_ranges(risk_matrix("eu_2024_3173"), [1, 10, 100, 1000, 10000])
    >>> cells.loc[(cells.band == 6) & (cells.severity == 2), ["risk_lo", "risk_hi"]].values.tolist()
    [[0.1, 10.0]]
    """
    refuse(matrix.name, matrix_faults(matrix))
    bounds = np.asarray(severity_bounds, dtype=np.float64)
    n_severities = matrix.cells.shape[1]
    if bounds.shape != (n_severities + 1,) or bounds[0] < 0 or (np.diff(bounds) <= 0).any():
        raise ValueError(f"severity bounds must be {n_severities + 1} rising numbers from 0 up")
    edges = np.array([0.0, *matrix.edge_values(), 1.0])
    lo, hi = np.outer(edges[:-1], bounds[:-1]).ravel(), np.outer(edges[1:], bounds[1:]).ravel()
    codes = matrix.cells.ravel()
    with np.errstate(divide="ignore"):
        decades = np.log10(hi) - np.log10(lo)
    reversed_ = ((hi[None, :] < hi[:, None]) & (codes[None, :] > codes[:, None])).sum(axis=1)
    band, severity = np.divmod(np.arange(codes.size), n_severities)
    words = np.array(matrix.levels, dtype=object)[codes]
    table = {"band": band + 1, "severity": severity + 1, "level": words, "risk_lo": lo, "risk_hi": hi}
    return pd.DataFrame({**table, "decades": decades, "n_reversed": reversed_})


def say_matrix(report: MatrixReport) -> tuple[str, ...]:
    """The defects of a risk matrix in plain sentences.

    Parameters
    ----------
    report : MatrixReport
        From `matrix_report`.

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> for line in say_matrix(matrix_report(risk_matrix("eu_2024_3173"))):
    ...     print(line)
    Neighbouring cells jump two or more levels in 3 places: severity 1→2 in bands 5, 6, 7.
    The lowest and the highest level touch in 1 place: a small change can pass every level between.
    Weakly consistent if each severity is worth this many times the one before: 2: 10–100, 3: 1–100, 4: 1–100.
    """
    zh, jumps = language() == "zh", report.jumps
    groups = jumps.groupby(["axis", "severity" if len(jumps) else "axis"], sort=False)
    parts = [_say_jump(rows, zh) for _, rows in groups] if len(jumps) else []
    n_jumps, n_contacts = len(jumps), len(report.contacts)
    lines = []
    if n_jumps:
        head = (
            f"相邻格有 {n_jumps} 处跳两级以上："
            if zh
            else f"Neighbouring cells jump two or more levels in {n_jumps} places: "
        )
        lines.append(head + ("；" if zh else "; ").join(parts) + ("。" if zh else "."))
    if n_contacts:
        place = "place" if n_contacts == 1 else "places"
        lines.append(
            f"最低级与最高级有 {n_contacts} 处相接：很小的变化就能越过中间各级。"
            if zh
            else f"The lowest and the highest level touch in {n_contacts} {place}: "
            "a small change can pass every level between."
        )
    lines.append(_say_steps(report, zh))
    return tuple(lines)


def _say_jump(rows: pd.DataFrame, zh: bool) -> str:
    severity = int(rows["severity"].iloc[0])
    bands = ", ".join(str(band) for band in rows["band"])
    if rows["axis"].iloc[0] == "severity":
        step = f"{severity}→{severity + 1}"
        return f"伤害程度 {step}，概率档 {bands}" if zh else f"severity {step} in bands {bands}"
    return f"伤害程度 {severity}，概率档 {bands} 之上" if zh else f"severity {severity} above bands {bands}"


def _say_steps(report: MatrixReport, zh: bool) -> str:
    if not report.is_weakly_consistent:
        return (
            "弱一致性不成立：无论怎样给伤害程度赋值，最高级中总有风险小于最低级中的风险。"
            if zh
            else "Not weakly consistent: whatever the severities are worth, some risk in the highest level "
            "is smaller than some in the lowest."
        )
    steps = "，" if zh else ", "
    steps = steps.join(f"{r.severity}: {r.lo:.4g}–{r.hi:.4g}" for r in report.severity_steps.itertuples())
    head = (
        "弱一致性的条件是每级伤害为前一级的倍数在此范围内："
        if zh
        else "Weakly consistent if each severity is worth this many times the one before: "
    )
    return head + (steps or "—") + ("。" if zh else ".")
