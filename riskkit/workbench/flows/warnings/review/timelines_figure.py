"""Replayed warnings as a picture: case by case, when riskkit would have issued and when authorities acted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.flows.warnings.review.timelines import CaseLife
from riskkit.workbench.reports.figures import style

_SIGNS = {"earlier": "triangle-right", "same": "circle", "later": "triangle-left"}


def lives_picture(lives: Sequence[CaseLife], table: Table, *, said: str) -> Picture:
    """Days from the assessment: the time the clocks allow, the first act, the strictest measure of both."""
    rows, traces, reach = style.Rows(body=1.1), [], [0]
    for one in lives:
        if one.life is not None:
            y = rows.add(one.case.title.say())
            drawn, days = _drawn(one, y)
            traces += drawn
            reach += days
    title = say("lives_title")
    edge = 0.06 * (max(reach) - min(reach) + 1)
    across = style.quiet_axis() | {
        "range": [min(reach) - edge, max(reach) + edge], "title": {"text": say("lives_axis")},
        "zeroline": True, "zerolinecolor": style.QUIET,
    }  # fmt: skip
    figure = rows.figure(title, traces, x=across, marks=say("lives_marks"), at=62, sides=(14, 20, 12))
    return Picture("lives-days", title, said, table, figure)


def _drawn(one: CaseLife, y: float) -> tuple[list[dict[str, Any]], list[int]]:
    life = one.life
    if life is None:
        return [], []

    def day(of: dt.date) -> int:
        return (of - one.case.assessed_on).days

    quiet: dict[str, Any] = {"type": "scatter", "hoverinfo": "skip"}
    span = [0, day(life.issued_by)]
    line = {"color": style.DARK, "width": 7}
    traces = [quiet | {"mode": "lines", "x": [-0.8, span[1] + 0.8], "y": [y, y], "line": line}]
    seen = list(span)
    if life.first_act is not None:
        seen.append(day(life.first_act.on))
        mark = {"symbol": "circle-open", "size": 11, "color": style.INK, "line": {"width": 2}}
        traces.append(quiet | {"mode": "markers", "x": [seen[-1]], "y": [y], "marker": mark})
    if life.shared_on is not None:
        seen.append(day(life.shared_on))
        mark = {"symbol": _SIGNS[life.timing], "size": 10, "color": "#a33b00",
                "line": {"width": 1, "color": "#ffffff"}}  # fmt: skip
        traces.append(quiet | {"mode": "markers", "x": [seen[-1]], "y": [y], "marker": mark})
    return traces, seen
