"""The picture of a comparison: each method that fits against the four calls for action."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.comparison.differences import actions_of
from riskkit.case.comparison.findings import Finding
from riskkit.case.comparison.methods import Comparison
from riskkit.case.experience_sentences import say_count, say_place
from riskkit.foundation.language import language
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.compare import action_cell, agreement_words, method_name, result_words
from riskkit.workbench.reports.case.experience import experience_table, outcome_words
from riskkit.workbench.reports.figures import style

_SHAPES = {"none": "circle", "watch": "triangle-up", "act": "diamond", "act_now": "square"}


def method_actions(compared: Comparison) -> Picture | None:
    """What each method that fits calls for, from no action to act now."""
    if not compared.fitting:
        return None
    title = text("cmp_title")
    rows = style.Rows(body=1.5)
    traces = []
    for one in compared.fitting:
        name, level = method_name(compared, one.method), result_words(one)
        y = rows.add(text("label_value", label=name, value=level))
        traces.append(_marks(one, y))
    figure = rows.figure(title, traces, x=_axis(), marks=text("cmp_marks"), at=34, sides=(16, 16, 10))
    return Picture("method-actions", title, _alt(compared), _table(compared), figure)


def _axis() -> dict[str, Any]:
    of = scale("action")
    words = [f"{of.symbol(code)} {of.word(code)}" for code in of.codes]
    return style.quiet_axis() | {"tickvals": [1, 2, 3, 4], "ticktext": words, "range": [0.5, 4.5]}


def _marks(one: Finding, y: float) -> dict[str, Any]:
    of = scale("action")
    ends = list(dict.fromkeys(actions_of(one)))
    x = [of.codes.index(code) + 1 for code in ends]
    marker = {"symbol": [_SHAPES[c] for c in ends], "color": [of.colour(c) for c in ends], "size": 14}
    return {
        "type": "scatter",
        "x": x,
        "y": [y] * len(x),
        "mode": "lines+markers",
        "line": {"color": style.INK, "width": 4},
        "marker": marker,
        "hoverinfo": "skip",
    }


def _alt(compared: Comparison) -> str:
    n = sum(not one.fits for one in compared.products)
    misfits = text("cmp_alt_misfits", n=n) if n else ""
    return text("cmp_alt", told=agreement_words(compared), misfits=misfits)


def _table(compared: Comparison) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (method_name(compared, one.method), result_words(one), action_cell(one)) for one in compared.fitting
    ]
    heads = ("col_method", "col_result", "col_action")
    return Table(text("cmp_figure_table"), tuple(text(head) for head in heads), tuple(rows))


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
    across, marks = style.quiet_axis() | _people_axis(drawn), text("experience_marks")
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


def _people_axis(drawn: list[dict[str, Any]]) -> dict[str, Any]:
    top = max(
        style.power(value, _FLOOR) for row in drawn for value in (row["p95"], row["hi"], row["expected"])
    )
    powers = range(int(_FLOOR), math.ceil(max(top, 1.0)) + 1)
    every = max(1, math.ceil(len(powers) / 6))
    shown = list(powers)[::every]
    words = ["0" if power == _FLOOR else f"{10.0**power:,g}" for power in shown]
    title = {"text": text("experience_x"), "font": {"size": 12}}
    return {"tickvals": shown, "ticktext": words, "range": [_FLOOR - 0.1, powers[-1] + 0.1], "title": title}
