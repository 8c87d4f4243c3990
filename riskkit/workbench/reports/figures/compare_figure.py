"""The picture of a comparison: each method that fits against the four calls for action."""

from __future__ import annotations

from typing import Any

from riskkit.case.comparison.differences import actions_of
from riskkit.case.comparison.findings import Finding
from riskkit.case.comparison.methods import Comparison
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.compare import action_cell, agreement_words, method_name, result_words
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
