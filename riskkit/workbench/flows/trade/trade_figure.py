"""Exports that each notification hits, from what is sure to what is possible."""

from __future__ import annotations

from typing import Any

from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import amount
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.flows.trade.trade_study import TradeStudy
from riskkit.workbench.flows.trade.trade_words import money, money_range, say
from riskkit.workbench.reports.figures import style

_MOST = 12
_MILLION = 1e6


def exposure_figure(study: TradeStudy) -> Picture | None:
    """One bar a notification: solid for exports hit for sure, light for those that may be hit."""
    seen = study.exposed[study.exposed["value_hi"] > 0].sort_values("value_hi", kind="stable").tail(_MOST)
    if seen.empty:
        return None
    title = say("figure")
    names = [style.clean(str(symbol).removeprefix("G/").replace("/N/", " ")) for symbol in seen.index]
    sure = (seen["value_lo"] / _MILLION).tolist()
    more = ((seen["value_hi"] - seen["value_lo"]) / _MILLION).tolist()
    words = [money_range(row["value_lo"], row["value_hi"]) for row in records(seen)]
    traces: list[dict[str, Any]] = [
        {"type": "bar", "orientation": "h", "y": names, "x": sure, "marker": {"color": style.DARK},
         "hoverinfo": "skip"},
        {"type": "bar", "orientation": "h", "y": names, "x": more, "text": words, "textposition": "outside",
         "cliponaxis": False, "hoverinfo": "skip",
         "marker": {"color": style.SOFT, "line": {"color": style.DARK, "width": 1}}},
    ]  # fmt: skip
    shape = style.layout(title, height=110 + 38 * len(names), margin={"t": 36, "l": 110, "r": 70})
    remark, room = style.below(say("figure_marks"), at=46)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape |= {"barmode": "stack", "showlegend": False, "yaxis": {"automargin": True, "ticklabelstandoff": 4}}
    shape["xaxis"] = style.quiet_axis() | {
        "title": {"text": style.clean(say("million")), "font": {"size": 11}}
    }
    rows = tuple(
        (str(symbol), money(row["value_lo"]), money(row["value_hi"]))
        for symbol, row in zip(seen.index[::-1], records(seen[::-1]), strict=True)
    )
    most = seen.iloc[-1]
    alt = say("figure_alt", n=len(seen), symbol=str(seen.index[-1]), high=amount(most["value_hi"] / _MILLION))
    heads = tuple(say(key) for key in ("col_symbol", "col_sure", "col_possible"))
    table = Table(title, heads, rows, numeric=(1, 2))
    return Picture("trade-figure", title, alt, table, {"data": traces, "layout": shape})
