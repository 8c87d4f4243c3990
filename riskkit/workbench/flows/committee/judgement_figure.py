"""What experts answered, question by question: each expert's interval, where it was before, and the pool."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style

_LINE = 1.25


def judgement_picture(judged: pd.DataFrame) -> Picture | None:
    """Experts' 5, 50 and 95 % values on one logarithmic axis, under each question."""
    if judged.empty:
        return None
    rows, traces, marks = style.Rows(), [], []
    for question, of in judged.groupby("question", sort=False):
        middle = rows.add(str(question), bold=True, body=_LINE * len(of) + 0.6)
        top = middle + _LINE * (len(of) - 1) / 2
        for k, one in enumerate(records(of)):
            y = top - _LINE * k
            traces += _answer(one, y)
            name = str(one["who"]) or say("pool")
            marks.append(_name(name, y, is_pool=not one["who"]))
    title = say("forest_title")
    lowest = math.floor(math.log10(float(judged["low"].min())) - 0.2)
    ticks, words = style.chance_ticks(lowest, every=max(1, -lowest // 6))
    across = style.quiet_axis() | {"tickvals": ticks, "ticktext": words, "range": [lowest, 0.15]}
    look: dict[str, Any] = {"sides": (14, 26, 12), "notes": marks}
    figure = rows.figure(title, traces, x=across, marks=say("forest_marks"), at=46, **look)
    alt = say("forest_alt", told=_said(judged))
    return Picture("judgement-forest", title, alt, _table(judged, title), figure)


def _name(name: str, y: float, *, is_pool: bool) -> dict[str, Any]:
    words = style.clean(style.wrapped(name, 16)[0] if name else "")
    shown = f"<b>{words}</b>" if is_pool else words
    place = {"x": 1, "xref": "paper", "xanchor": "right", "y": y, "yref": "y", "yanchor": "middle"}
    return style.annotation(shown, **place, font={"size": 11, "color": style.INK}, bgcolor="#ffffff")


def _answer(one: dict[str, Any], y: float) -> list[dict[str, Any]]:
    low, mid, high = (math.log10(float(one[name])) for name in ("low", "mid", "high"))
    is_pool = not one["who"]
    look = {"color": style.DARK if is_pool else style.QUIET, "width": 4 if is_pool else 2}
    quiet: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip"}
    found = [quiet | {"mode": "lines", "x": [low, high], "y": [y, y], "line": look}]
    before = one["before"]
    if before is not None and not math.isnan(float(before)):
        open_mark = {"symbol": "circle-open", "size": 9, "color": style.QUIET}
        found.append(
            quiet | {"mode": "markers", "x": [math.log10(float(before))], "y": [y], "marker": open_mark}
        )
    mark = {"symbol": "diamond" if is_pool else "circle", "size": 11 if is_pool else 8, "color": style.DARK}
    return [*found, quiet | {"mode": "markers", "x": [mid], "y": [y], "marker": mark}]


def _said(judged: pd.DataFrame) -> str:
    pools = judged[judged["who"] == ""]
    gap = "" if language() == "zh" else " "
    told = [
        say(
            "forest_alt_one",
            question=row["question"],
            **{n: _number(row[n]) for n in ("low", "mid", "high")},
        )
        for row in records(pools)
    ]
    return gap.join(told)


def _number(value: Any) -> str:
    return "—" if value is None or math.isnan(float(value)) else f"{float(value):.3g}"


def _table(judged: pd.DataFrame, title: str) -> Table:
    heads = tuple(say(f"col_{one}") for one in ("asked", "expert", "low", "mid", "high", "before"))
    rows: list[tuple[Cell, ...]] = [
        (
            str(one["question"]),
            str(one["who"]) or say("pool"),
            *(_number(one[name]) for name in ("low", "mid", "high", "before")),
        )
        for one in records(judged)
    ]
    return Table(title, heads, tuple(rows), numeric=(2, 3, 4, 5))
