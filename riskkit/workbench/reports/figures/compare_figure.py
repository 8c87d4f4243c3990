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


def method_actions(compared: Comparison, *, lang: str) -> Picture | None:
    """What each method that fits calls for, from no action to act now."""
    if not compared.fitting:
        return None
    title = text("cmp_title", lang)
    rows = style.Rows(body=1.5)
    traces = []
    for one in compared.fitting:
        name, level = method_name(compared, one.method, lang), result_words(one, lang)
        y = rows.add(text("label_value", lang, label=name, value=level))
        traces.append(_marks(one, y))
    remark, room = style.below(text("cmp_marks", lang), at=34)
    margin = {"l": 16, "r": 16, "t": 10, "b": room}
    shape = style.layout(title, height=rows.height() + 10 + room, margin=margin)
    shape["xaxis"], shape["yaxis"] = _axis(lang), rows.axis()
    shape["annotations"] = [*rows.labels, remark]
    figure = {"data": traces, "layout": shape}
    return Picture("method-actions", title, _alt(compared, lang), _table(compared, lang), figure)


def _axis(lang: str) -> dict[str, Any]:
    of = scale("action")
    words = [f"{of.symbol(code)} {of.word(code, lang)}" for code in of.codes]
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


def _alt(compared: Comparison, lang: str) -> str:
    n = sum(not one.fits for one in compared.products)
    misfits = text("cmp_alt_misfits", lang, n=n) if n else ""
    return text("cmp_alt", lang, told=agreement_words(compared, lang), misfits=misfits)


def _table(compared: Comparison, lang: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (method_name(compared, one.method, lang), result_words(one, lang), action_cell(one, lang))
        for one in compared.fitting
    ]
    heads = ("col_method", "col_result", "col_action")
    return Table(text("cmp_figure_table", lang), tuple(text(head, lang) for head in heads), tuple(rows))
