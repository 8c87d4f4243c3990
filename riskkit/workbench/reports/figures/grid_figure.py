"""The scenarios on the probability × severity grid of the risk method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskkit.assessment.scenarios import risk_level
from riskkit.case.case import Assessment
from riskkit.case.case_numbers import METHOD, PER_SHIPMENT, scenario_matrix
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards import risk_matrices
from riskkit.foundation.standards.risk_matrices import RiskMatrix
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import percent, probability
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.words import grade, risk_badge, scenario_number, scenario_titles
from riskkit.workbench.reports.figures import style

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WEIGHT = {"low": 0.10, "medium": 0.26, "high": 0.44, "serious": 0.66}
"""How strong a cell's colour is: rising, so that the grid also reads on grey paper."""
_ASIDE, _SMALL = 0.15, -0.27
"""Where in its column a point stands, clear of the cell's sign, and the small mark of another severity."""
_DECADE = 46
"""Height of a factor of ten [px]."""
_MOST_NUMBERED = 12
_LINE = 15
"""Height of a line of small text [px]."""


def risk_grid(assessment: Assessment) -> Picture | None:
    """The scenarios on the probability × severity grid, each with its 5–95 % range."""
    if assessment.lo is None:
        return None
    assessment = _of_one_grid(assessment)
    rows = list(records(assessment.scenarios))
    floor = style.lowest_power([row[name] for row in rows for name in ("p05", "p_best")], start=-7.0)
    title = text("grid_title")
    figure = {"data": _points(assessment, floor), "layout": _layout(assessment, floor)}
    return Picture("risk-grid", title, _alt(assessment), _table(assessment), figure)


def plot_risk_grid(p_harm: Any, severity: Any, *, matrix: RiskMatrix | None = None) -> go.Figure:
    """Points on the probability × severity grid, with a text alternative.

    Parameters
    ----------
    p_harm : float, Fraction, str, array_like or Series
        Probability of harm over the life of the product, 0–1; missing points are left out, and counted in
        the text.
    severity : int, array_like or Series
        1–4.
    matrix : RiskMatrix, optional
        The grid, as for `riskkit.risk_level`.

    Returns
    -------
    plotly.graph_objects.Figure
        Up to 12 points have numbers, with their names (the index of a Series) below. The text alternative is
        ``figure.layout.meta["alt"]``.

    Raises
    ------
    ValueError
        When a probability or a severity lies outside its range.

    Examples
    --------
    >>> figure = plot_risk_grid(pd.Series(["1/500", None], index=["lamp", "toy"]), [1, 4])
    >>> figure.layout.meta["alt"]
    'lamp: probability 1 in 500, severity minor, low risk; points not shown (probability or ...'
    """
    import plotly.graph_objects as go  # a second that words and tables need not take

    used = matrix or risk_matrices.risk_matrix(METHOD)
    points, n_missing = _given_points(p_harm, severity, used)
    floor = style.lowest_power(points["p"].tolist(), start=-7.0)
    is_numbered = len(points) <= _MOST_NUMBERED
    legend = [f"{n} {name}" for n, name in enumerate(points["name"], start=1)] if is_numbered else []
    lines = [style.clean(part) for line in legend for part in style.wrapped(line, 56)]
    shape = _bare(used, floor, legend=[*lines, *map(style.clean, _signs())])
    alt = [text("grid_alt_one", **_said(row)) for row in records(points)]
    alt += [text("grid_alt_missing", n=n_missing)] if n_missing or not alt else []
    del shape["title"]  # a page sets titles itself; alone the figure would lay it over the axis
    shape["meta"] = {
        "alt": ("；" if language() == "zh" else "; ").join(alt) + ("。" if language() == "zh" else ".")
    }
    return go.Figure({"data": [_plain_points(points, floor, is_numbered=is_numbered)], "layout": shape})


def _given_points(p_harm: Any, severity: Any, matrix: RiskMatrix) -> tuple[pd.DataFrame, int]:
    """The known points with name, p, severity and risk, and how many are missing."""
    of = next((one.index for one in (p_harm, severity) if isinstance(one, pd.Series)), None)
    level = np.ravel(np.asarray(risk_level(p_harm, severity, matrix=matrix), dtype=object))
    chance, harm = (
        np.ravel(one) for one in np.broadcast_arrays(np.asarray(p_harm, object), np.asarray(severity, object))
    )
    names = [str(name) for name in (range(1, chance.size + 1) if of is None else of)]
    rows = zip(names, chance, harm, level, strict=True)
    known = [(name, float(exact(p)), float(s), str(risk)) for name, p, s, risk in rows if not pd.isna(risk)]
    table = pd.DataFrame(known, columns=["name", "p", "severity", "risk"])
    return table.astype({"p": float, "severity": float}), chance.size - len(known)


def _said(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "scenario": row["name"],
        "p": probability(row["p"]),
        "severity": scale("harm").word(str(int(row["severity"]))),
        "risk": scale("risk").word(row["risk"]),
    }


def _plain_points(points: pd.DataFrame, floor: float, *, is_numbered: bool) -> dict[str, Any]:
    marker = {"size": 21 if is_numbered else 9, "color": "#ffffff", "line": {"color": style.INK, "width": 2}}
    return {
        "type": "scatter",
        "x": _places(points["severity"]),
        "y": [style.power(p, floor) for p in points["p"]],
        "mode": "markers+text" if is_numbered else "markers",
        "text": [str(n) for n in range(1, len(points) + 1)],
        "textfont": {"size": 10, "color": style.INK},
        "textposition": "middle center",
        "hovertext": [style.clean(name) for name in points["name"]],
        "hoverinfo": "text",
        "marker": marker,
        "cliponaxis": False,
    }


def _of_one_grid(assessment: Assessment) -> Assessment:
    """The scenarios that are read from one grid: those per product, or where there are none, per shipment."""
    per = {s.id: s.per for s in assessment.case.scenarios}
    units = assessment.scenarios["scenario"].map(per) == "product"
    return replace(assessment, scenarios=assessment.scenarios[units]) if units.any() else assessment


def _matrix(assessment: Assessment) -> RiskMatrix:
    first = assessment.scenarios["scenario"].iloc[0]
    return scenario_matrix(next(s for s in assessment.case.scenarios if s.id == first))


def _layout(assessment: Assessment, floor: float) -> dict[str, Any]:
    shape = _bare(_matrix(assessment), floor, legend=_legend(assessment))
    *words, above, below = shape["annotations"]
    shape["annotations"] = [*words, *_mix_labels(assessment, floor), above, below]
    return shape


def _bare(matrix: RiskMatrix, floor: float, *, legend: list[str]) -> dict[str, Any]:
    """The grid with its cells, axes and the lines below, before any point."""
    values, ticks = style.chance_ticks(floor)
    margin = {"l": round(12 + 6.3 * len(ticks[-1])), "r": 8, "t": 34, "b": 78 + 17 * len(legend)}
    tall = round(-floor * _DECADE)
    shape = style.layout(text("grid_title"), height=tall + margin["t"] + margin["b"], margin=margin)
    place = {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "xshift": 6 - margin["l"]}
    above = style.annotation(style.clean(text("grid_y")), **place, y=1, yanchor="bottom", yshift=8)
    below = style.annotation("<br>".join(legend), **place, y=0, yanchor="top", yshift=-66)
    shape["shapes"], words = _cells(matrix, floor)
    shape["annotations"] = [*words, above, below]
    upright = {"tickvals": [*values, math.log10(0.5)], "ticktext": [*ticks, "1/2"], "range": [floor, 0]}
    harm = scale("harm")
    columns = [f"{harm.symbol(c)}<br>" + _narrow(harm.word(c)) for c in harm.codes]
    across = {"tickvals": [1, 2, 3, 4], "ticktext": columns, "range": [0.5, 4.5]}
    named = {"title": {"text": style.clean(text("grid_x")), "standoff": 6, "font": {"size": 12}}}
    shape["xaxis"] = style.quiet_axis() | across | named | {"showgrid": False, "ticks": ""}
    shape["yaxis"] = style.quiet_axis() | upright | {"showgrid": False}
    return shape


def _narrow(word: str) -> str:
    return "<br>".join(style.wrapped(word.replace("-", "- "), 12)).replace("- ", "-")


def _cells(matrix: RiskMatrix, floor: float) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The coloured cells and the sign of the level in each."""
    of = scale("risk")
    bounds = [floor, *(math.log10(edge) for edge in matrix.edge_values()), 0.0]
    boxes, words = [], []
    for band, (low, high) in enumerate(pairwise(bounds)):
        for column in range(4):
            code = of.codes[int(matrix.cells[band, column])]
            box = {
                "type": "rect",
                "layer": "below",
                "y0": low,
                "y1": high,
                "line": {"color": "#fff", "width": 1},
            }
            ends = {
                "x0": column + 0.5,
                "x1": column + 1.5,
                "fillcolor": style.tint(of.colour(code), _WEIGHT[code]),
            }
            boxes.append(box | ends)
            place = {"x": column + 0.5, "y": high, "xanchor": "left", "yanchor": "top", "borderpad": 0}
            font = {"size": 10, "color": style.INK}
            words.append(style.annotation(of.symbol(code), **place, xshift=2, font=font))
    return boxes, words


def _places(severity: pd.Series) -> list[float]:
    """Where each point stands across: at its severity, those of one severity side by side."""
    n = severity.groupby(severity).transform("size")
    nth = severity.groupby(severity).cumcount()
    return (severity + _ASIDE / n + (nth - (n - 1) / 2) * np.minimum(0.34, 0.8 / n)).tolist()


def _points(assessment: Assessment, floor: float) -> list[dict[str, Any]]:
    places = _places(assessment.scenarios["severity"])
    traces: list[dict[str, Any]] = []
    for x, row in zip(places, records(assessment.scenarios), strict=True):
        low, high, best = (style.power(row[name], floor) for name in ("p05", "p95", "p_best"))
        line = {"color": style.INK, "width": 2}
        hidden = {"hoverinfo": "skip", "type": "scatter"}
        ends = {"symbol": "line-ew-open", "size": 9, "line": line}
        traces.append(
            {"x": [x, x], "y": [low, high], "mode": "lines+markers", "line": line, "marker": ends} | hidden
        )
        marker = {
            "symbol": "diamond" if row["on_boundary"] else "circle",
            "size": 26 if row["on_boundary"] else 21,
            "color": style.INK if row["governs"] else "#ffffff",
            "line": {"color": style.INK, "width": 2},
        }
        number = scenario_number(assessment.case, row["scenario"])
        letters = {"size": 10, "color": "#ffffff" if row["governs"] else style.INK}
        point = {"x": [x], "y": [best], "text": [number], "mode": "markers+text", "textfont": letters}
        traces.append(
            point | {"marker": marker, "textposition": "middle center", "cliponaxis": False} | hidden
        )
        traces += _other_severities(assessment, row, best)
    return traces


def _others(assessment: Assessment, row: Mapping[str, Any]) -> list[tuple[int, float]]:
    """The severities a scenario may also reach, with the share of draws."""
    mix = next(s.severity for s in assessment.case.scenarios if s.id == row["scenario"])
    return [(level, share) for level, share in mix if level != row["severity"]]


def _other_severities(assessment: Assessment, row: Mapping[str, Any], best: float) -> list[dict[str, Any]]:
    levels = [level for level, _ in _others(assessment, row)]
    marker = {"symbol": "circle-open", "size": 9, "color": style.INK}
    place = {"x": [level + _SMALL for level in levels], "y": [best] * len(levels)}
    return [place | {"type": "scatter", "mode": "markers", "marker": marker, "hoverinfo": "skip"}]


def _mix_labels(assessment: Assessment, floor: float) -> list[dict[str, Any]]:
    """Number and share near the small open marks, clear of the points and of one another."""
    rows = sorted(records(assessment.scenarios), key=lambda row: -float(row["p_best"]))
    heights = {row["scenario"]: -style.power(row["p_best"], floor) * _DECADE for row in rows}
    taken: dict[int, list[tuple[float, float]]] = {level: [] for level in range(1, 5)}
    for row in rows:
        y = heights[row["scenario"]]
        taken[int(row["severity"])].append((y - 14, y + 14))
        for level, _ in _others(assessment, row):
            taken[level].append((y - 5, y + 5))
    labels = []
    for row in rows:
        for level, share in _others(assessment, row):
            top = _free(taken[level], heights[row["scenario"]] + 5, most=-floor * _DECADE)
            taken[level].append((top, top + _LINE))
            place = {"x": level - 0.5, "xshift": 13, "xanchor": "left", "y": -top / _DECADE, "yanchor": "top"}
            said = f"{scenario_number(assessment.case, row['scenario'])} {in_language('zh', percent, share)}"
            font = {"size": 10, "color": style.INK}
            labels.append(style.annotation(said, **place, borderpad=0, font=font))
    return labels


def _free(taken: list[tuple[float, float]], wanted: float, *, most: float) -> float:
    """The place nearest to the wanted one where a line of text meets nothing."""
    tops = [wanted, *(end for _, end in taken), *(start - _LINE for start, _ in taken)]
    free = [
        top
        for top in tops
        if 0 <= top <= most - _LINE and all(top + _LINE <= start or top >= end for start, end in taken)
    ]
    return min(free, key=lambda top: abs(top - wanted), default=wanted)


def _legend(assessment: Assessment) -> list[str]:
    """The lines below the grid: which number is which scenario, and what the marks mean."""
    titles = scenario_titles(assessment.case)
    lines: list[str] = []
    for row in records(assessment.scenarios):
        notes = [text(key) for key in ("governs", "on_boundary") if row[key]]
        remark = "".join(f"（{note}）" if language() == "zh" else f" ({note})" for note in notes)
        lines += style.wrapped(titles[row["scenario"]] + remark, 56)
    lines += _signs()
    mixed = any(len(s.severity) > 1 for s in assessment.case.scenarios)
    lines += style.wrapped(text("grid_marks"), 56)
    if _matrix(assessment).name == PER_SHIPMENT:
        lines += style.wrapped(text("per_shipment_note"), 56)
    lines += style.wrapped(text("grid_marks_mixed"), 56) if mixed else []
    return [style.clean(line) for line in lines]


def _signs() -> list[str]:
    of = scale("risk")
    signs = (f"{of.symbol(code)} {of.word(code)}" for code in of.codes)
    return style.wrapped(text("grid_signs", signs=("、" if language() == "zh" else ", ").join(signs)), 56)


def _alt(assessment: Assessment) -> str:
    titles = scenario_titles(assessment.case)
    parts = [
        text(
            "grid_alt_one",
            scenario=titles[row["scenario"]],
            p=probability(row["p_best"]),
            severity=scale("harm").word(str(row["severity"])),
            risk=scale("risk").word(row["risk"]),
        )
        for row in records(assessment.scenarios)
    ]
    said = ("；" if language() == "zh" else "; ").join(parts) + ("。" if language() == "zh" else ".")
    return said + (text("grid_alt_presumed") if assessment.presumed else "")


def _table(assessment: Assessment) -> Table:
    titles = scenario_titles(assessment.case)
    rows: list[tuple[Cell, ...]] = []
    for row in records(assessment.scenarios):
        chances = [probability(row[name]) for name in ("p_best", "p05", "p95")]
        share = [percent(row[f"p_{code}"]) for code in scale("risk").codes]
        bound = text("yes" if row["on_boundary"] else "no")
        cells = [titles[row["scenario"]], grade("harm", row["severity"]), *chances]
        rows.append((*cells, risk_badge(row["risk"]), *share, bound))
    heads = ["col_scenario", "grid_x", "col_best", "col_p05", "col_p95", "col_risk"]
    shares = [text("share_of", what=scale("risk").word(code)) for code in scale("risk").codes]
    columns = (*(text(head) for head in heads), *shares, text("col_boundary"))
    return Table(text("grid_table"), columns, tuple(rows), numeric=(2, 3, 4, 6, 7, 8, 9))
