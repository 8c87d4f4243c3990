"""A yard from above: what stands where, and which pairs stand closer together than the table allows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style

say = Texts("emergency")
MOST_UNITS, MOST_CONFLICTS = 60, 30
"""What can be told apart at 400 px; beyond it only the units in conflict are drawn, the worst first."""
_SHORT = "#8a1a12"


def yard_figure(yard: pd.DataFrame, conflicts: pd.DataFrame) -> Picture | None:
    """The plan of a yard with its conflicts; nothing without a yard."""
    if yard.empty:
        return None
    worst = conflicts.head(MOST_CONFLICTS)
    units = yard.set_index("unit_id")
    if len(units) > MOST_UNITS:
        units = units.loc[list(dict.fromkeys([*worst["unit_a"], *worst["unit_b"]]))]
    in_conflict = units.index.isin([*conflicts["unit_a"], *conflicts["unit_b"]])
    title = say("yard")
    marks = say("yard_marks")
    if len(units) < len(yard):
        marks += say("yard_cut", n=len(units), total=number(len(yard)))
    traces = [
        _between(units, row)
        for row in records(worst)
        if row["unit_a"] in units.index and row["unit_b"] in units.index
    ]
    traces += [_squares(units[~in_conflict], is_short=False), _squares(units[in_conflict], is_short=True)]
    alt = say("yard_alt", n=len(yard), conflicts=len(conflicts))
    if len(conflicts):
        first = conflicts.iloc[0]
        lengths = {"distance": _m(first["distance_m"]), "least": _m(first["min_m"])}
        alt += say("yard_alt_first", a=first["unit_a"], b=first["unit_b"], **lengths)
    rows = tuple(
        (f"{row['unit_a']} – {row['unit_b']}", f"{row['class_a']} – {row['class_b']}",
         *(_m(row[name]) for name in ("distance_m", "min_m", "short_m")))
        for row in records(conflicts.head(200))
    )  # fmt: skip
    heads = ("col_units", "col_classes", "col_distance", "col_least", "col_wanting")
    table = Table(say("yard_table"), tuple(say(key) for key in heads), rows, numeric=(2, 3, 4))
    return Picture("emergency-yard", title, alt, table, {"data": traces, "layout": _shape(title, marks)})


def _m(value: float) -> str:
    return f"{value:.1f}"


def _squares(units: pd.DataFrame, *, is_short: bool) -> dict[str, Any]:
    look = {
        "symbol": "diamond" if is_short else "square",
        "size": 15 if is_short else 20,
        "color": style.tint(_SHORT, 0.15) if is_short else style.SOFT,
        "line": {"color": _SHORT if is_short else style.QUIET, "width": 2 if is_short else 1},
    }
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": units["x_m"].astype(float).tolist(),
        "y": units["y_m"].astype(float).tolist(),
        "text": [style.clean(str(name)) for name in units["class"]],
        "customdata": [style.clean(str(name)) for name in units.index],
        "hovertemplate": "%{customdata}<br>%{text}<br>%{x:.0f} m, %{y:.0f} m<extra></extra>",
        # two units in conflict stand close: their classes go above the marks
        "textposition": "top center" if is_short else "middle center",
        "marker": look,
        "textfont": {"size": 9, "color": style.INK},
        "cliponaxis": False,
    }


def _between(units: pd.DataFrame, row: Any) -> dict[str, Any]:
    ends = units.loc[[row["unit_a"], row["unit_b"]]]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ends["x_m"].astype(float).tolist(),
        "y": ends["y_m"].astype(float).tolist(),
        "line": {"color": _SHORT, "width": 4},
        "hoverinfo": "skip",
    }


def _shape(title: str, marks: str) -> dict[str, Any]:
    shape = style.layout(title, height=380, margin={"t": 36, "l": 48})
    remark, room = style.below(marks, at=46)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    named = {"title": {"text": style.clean(say("metres")), "standoff": 4, "font": {"size": 11}}}
    shape["xaxis"] = style.quiet_axis() | named
    shape["yaxis"] = style.quiet_axis() | named
    return shape
