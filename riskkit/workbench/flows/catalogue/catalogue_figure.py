"""Rates of goods with their intervals beside the bounds that move goods in and out."""

from __future__ import annotations

from typing import Any

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import rate
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.flows.catalogue.catalogue_study import CatalogueStudy
from riskkit.workbench.flows.catalogue.catalogue_words import goods_name, say, with_ends
from riskkit.workbench.reports.figures import style

_MOST = 20


def catalogue_figure(study: CatalogueStudy) -> Picture | None:
    """One mark a commodity: filled inside the catalogue, open outside; lines at the two bounds."""
    seen = study.evidence.dropna(subset=["rate_mean"]).sort_values("rate_mean", kind="stable").tail(_MOST)
    if seen.empty:
        return None
    title = say("figure")
    names = [style.clean(f"{code} {goods_name(study, str(code))}"[:26]) for code in seen.index]
    symbols = ["square" if flag == 1 else "circle-open" for flag in seen["is_listed"]]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": (100 * seen["rate_mean"]).tolist(), "y": names,
        "hoverinfo": "skip", "marker": {"symbol": symbols, "size": 9, "color": style.DARK},
        "error_x": {"type": "data", "symmetric": False, "color": style.DARK, "thickness": 1.5,
                    "array": (100 * (seen["rate_hi"] - seen["rate_mean"])).tolist(),
                    "arrayminus": (100 * (seen["rate_mean"] - seen["rate_lo"])).tolist()},
    }  # fmt: skip
    bound = standards.table("catalogue_rules").set_index("rule_id")["number"]
    shape = style.layout(title, height=120 + 30 * len(names), margin={"t": 36, "l": 160})
    shape["shapes"] = [
        {"type": "line", "x0": 100 * bound[name], "x1": 100 * bound[name], "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": style.DARK, "width": 1, "dash": dash}}
        for name, dash in (("ce-rate-in", "dash"), ("ce-rate-out", "dot"))
    ]  # fmt: skip
    remark, room = style.below(say("figure_marks"), at=46)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape["xaxis"] = style.quiet_axis() | {
        "title": {"text": style.clean(say("percent")), "font": {"size": 11}}
    }
    shape["yaxis"] = {"automargin": True, "type": "category"}
    turned = seen[::-1]
    rows = tuple(
        (str(code), goods_name(study, str(code)), with_ends(row))
        for code, row in zip(turned.index, records(turned), strict=True)
    )
    heads = tuple(say(key) for key in ("col_hs", "col_goods", "col_rate"))
    ends = [rate(float(value)) for value in (seen["rate_mean"].min(), seen["rate_mean"].max())]
    alt = say("figure_alt", n=len(seen), low=ends[0], high=ends[1])
    return Picture("goods-figure", title, alt, Table(title, heads, rows, numeric=(2,)),
                   {"data": [trace], "layout": shape})  # fmt: skip
