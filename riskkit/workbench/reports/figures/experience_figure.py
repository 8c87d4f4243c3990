"""The picture of a back-check: harm expected by now beside harm observed, on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.experience_sentences import say_count, say_place
from riskkit.foundation.language import language
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.experience import experience_table, outcome_words
from riskkit.workbench.reports.figures import style

_FLOOR = -2.0
"""Lowest power of ten drawn: a hundredth of a person counts as nobody."""


def experience_picture(assessment: Assessment) -> Picture | None:
    """Harm expected by now and harm observed, each with its interval."""
    if assessment.experience is None:
        return None
    drawn = [row for row in records(assessment.experience.compared) if row["p95"] > 0 or row["hi"] < math.inf]
    drawn = [row for row in drawn if not math.isnan(row["expected"]) and max(row["expected"], row["lo"]) > 0]
    if not drawn:
        return None
    rows = style.Rows(body=2.0)
    traces: list[dict[str, Any]] = []
    for row in drawn:
        words = text("label_value", label=_label(assessment, row), value=_verdict(row))
        y = rows.add(words, bold=row["state"] in ("more_expected", "fewer_expected"))
        traces += [_mark(row, y + 0.4, of="expected"), _mark(row, y - 0.4, of="observed")]
    title = text("experience_title")
    across, marks = style.quiet_axis() | _axis(drawn), text("experience_marks")
    figure = rows.figure(title, traces, x=across, marks=marks, at=58, sides=(22, 22, 10))
    told = ("；" if language() == "zh" else "; ").join(_said(assessment, row) for row in drawn)
    alt = text("experience_alt", told=told)
    return Picture("experience-figure", title, alt, experience_table(assessment), figure)


def _label(assessment: Assessment, row: Mapping[str, Any]) -> str:
    words = outcome_words(assessment, row)
    return f"{words}，{say_place(row)}" if language() == "zh" else f"{words}, {say_place(row)}"


def _verdict(row: Mapping[str, Any]) -> str:
    return label("back_check", row["state"])


def _said(assessment: Assessment, row: Mapping[str, Any]) -> str:
    counts = {name: say_count(row[name]) for name in ("expected", "observed")}
    said = {"label": _label(assessment, row), "state": _verdict(row)}
    return text("experience_alt_one", **said, **counts)


def _mark(row: Mapping[str, Any], y: float, *, of: str) -> dict[str, Any]:
    """A point with its interval; without a best estimate, the interval alone."""
    low, high = (row["p05"], row["p95"]) if of == "expected" else (row["lo"], row["hi"])
    middle = [] if math.isnan(row[of]) else [row[of]]
    x = [style.power(value, _FLOOR) for value in (low, *middle, high)]
    symbol = "diamond" if of == "expected" else "circle"
    sizes = [1, *([12] * len(middle)), 1]
    colour = style.DARK if of == "expected" else style.INK
    look = {
        "marker": {"symbol": symbol, "size": sizes, "color": colour},
        "line": {"color": colour, "width": 3},
    }
    return {"type": "scatter", "mode": "lines+markers", "x": x, "y": [y] * len(x), "hoverinfo": "skip"} | look


def _axis(drawn: list[dict[str, Any]]) -> dict[str, Any]:
    top = max(
        style.power(value, _FLOOR) for row in drawn for value in (row["p95"], row["hi"], row["expected"])
    )
    powers = range(int(_FLOOR), math.ceil(max(top, 1.0)) + 1)
    every = max(1, math.ceil(len(powers) / 6))
    shown = list(powers)[::every]
    words = ["0" if power == _FLOOR else f"{10.0**power:,g}" for power in shown]
    title = {"text": text("experience_x"), "font": {"size": 12}}
    return {"tickvals": shown, "ticktext": words, "range": [_FLOOR - 0.1, powers[-1] + 0.1], "title": title}
