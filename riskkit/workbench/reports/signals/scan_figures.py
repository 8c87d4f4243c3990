"""Signals in pictures: small multiples of counts with their bound, and how far each pair stands out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, figure, number
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.text_tables import keyed_table
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.signals.scan_study import N_DRAWN, ScanStudy

say = Texts("signals")
_PANEL = 132  # height of a small multiple [px]
_MOST_P = 12.0  # powers of ten at which the axis of p-values ends
_QUIET = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}


def combination(row: dict[str, Any]) -> str:
    """A hazard, its origin and goods in one line; what is not known is said."""
    parts = [str(row[key]) or say("not_known") for key in ("hazard", "origin", "product_group")]
    return " · ".join(parts)


def scan_multiples(study: ScanStudy, *, signal: str = "") -> Picture | None:
    """The weeks before each of the strongest alarms, or before one: observed, expected, bound."""
    alarms = study.alarms[study.alarms["signal_id"].isin(study.series["signal_id"])]
    drawn = records(alarms[alarms["signal_id"] == signal] if signal else alarms.head(N_DRAWN))
    if not drawn:
        return None
    title, traces, notes, shape = say("multiples_title"), [], [], {}
    share = 1 / len(drawn)
    for k, row in enumerate(drawn):
        mine = study.series[study.series["signal_id"] == row["signal_id"]]
        y, top = f"y{k + 1}".removesuffix("1") if k == 0 else f"y{k + 1}", 1 - k * share
        traces += [trace | {"yaxis": y, "xaxis": "x"} for trace in _lines(mine)]
        ceiling = max(1.0, float(np.nanmax(mine[["observed", "bound"]].to_numpy(dtype=float)))) * 1.1
        shape["yaxis" if k == 0 else f"yaxis{k + 1}"] = {
            "domain": [top - share * 0.72, top - share * 0.2], "range": [0, ceiling], "fixedrange": True,
            "nticks": 4, "gridcolor": style.LINE, "tickfont": {"size": 10}, "anchor": "x",
        }  # fmt: skip
        words = style.clean(f"{number(float(row['rank']))} {combination(row)}")
        place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top - share * 0.17, "yref": "paper"}
        notes.append(style.annotation(words, **place, yanchor="bottom", borderpad=0))
    remark, room = style.below(say("multiples_marks"), at=36)
    layout = style.layout(title, height=_PANEL * len(drawn) + room, margin={"t": 8, "b": room, "l": 34})
    layout |= shape | {"annotations": [*notes, remark]}
    layout["xaxis"] = style.quiet_axis() | {"anchor": f"y{len(drawn)}" if len(drawn) > 1 else "y"}
    first = drawn[0]
    seen = {"seen": number(first["n_week"]), "expected": amount(float(first["expected"]))}
    alt = say("multiples_alt", n=len(drawn), first=combination(first), **seen)
    rows = [
        (combination(row), f"{week['week']:%Y-%m-%d}", number(week["observed"]),
         amount(float(week["expected"])), number(float(week["bound"])))
        for row in drawn
        for week in records(study.series[study.series["signal_id"] == row["signal_id"]])
    ]  # fmt: skip
    heads = ("col_combination", "col_week", "#col_observed", "#col_expected", "#col_bound")
    table = keyed_table(say, "multiples_title", heads=heads, rows=rows)
    return Picture("signal-multiples", title, alt, table, {"data": traces, "layout": layout})


def _lines(mine: pd.DataFrame) -> list[dict[str, Any]]:
    days = [f"{week:%Y-%m-%d}" for week in mine["week"]]
    is_alarm = mine["is_alarm"].to_numpy(dtype=bool)
    colours = [style.INK if alarm else style.tint(style.DARK, 0.45) for alarm in is_alarm]
    bound = [None if pd.isna(value) else float(value) for value in mine["bound"]]
    expected = [None if pd.isna(value) else float(value) for value in mine["expected"]]
    bars = {"type": "bar", "x": days, "y": mine["observed"].astype(float).tolist(), "hoverinfo": "skip",
            "showlegend": False, "marker": {"color": colours}}  # fmt: skip
    dotted = {"color": style.QUIET, "width": 1.5, "dash": "dot"}
    return [
        bars,
        _QUIET | {"x": days, "y": expected, "mode": "lines", "line": {"color": style.DARK, "width": 1.5}},
        _QUIET | {"x": days, "y": bound, "mode": "lines", "line": dotted},
    ]


def scan_volcano(study: ScanStudy) -> Picture | None:
    """Every combination of the year: how many times the expected count, and how far beyond chance."""
    known = study.found[study.found["n_year"].gt(0).fillna(False) & study.found["p_pair"].notna()]
    if known.empty:
        return None
    title = say("volcano_title")
    times = np.log2(known["n_year"].astype(float) / known["pair_expected"].astype(float))
    with np.errstate(divide="ignore"):
        powers = np.minimum(-np.log10(known["p_pair"].astype(float)), _MOST_P)
    is_alarm = (known["decision"] == "alarm").to_numpy(dtype=bool)
    traces = []
    for chosen, look in (
        (~is_alarm, {"size": 6, "color": style.tint(style.DARK, 0.4)}),
        (is_alarm, {"size": 11, "color": style.INK, "symbol": "diamond"}),
    ):
        points = {"x": times[chosen].tolist(), "y": powers[chosen].tolist(), "mode": "markers",
                  "customdata": known.loc[chosen, "signal_id"].tolist(),
                  "hovertext": [combination(row) for row in records(known[chosen])]}  # fmt: skip
        traces.append(_QUIET | points | {"marker": look})
    remark, room = style.below(say("volcano_marks"), at=62)
    layout = style.layout(title, height=330 + room, margin={"t": 8, "b": room, "l": 48})
    layout["xaxis"] = style.quiet_axis() | {"title": {"text": say("volcano_x")}}
    layout["yaxis"] = style.quiet_axis() | {"title": {"text": say("volcano_y")}, "rangemode": "tozero"}
    named = known.assign(times=times, powers=powers)[is_alarm].head(8)
    layout["annotations"] = [remark] + [
        style.annotation(
            number(float(row["rank"])), x=row["times"], y=row["powers"], xref="x", yref="y", yshift=11
        )
        for row in records(named)
    ]
    alt = say("volcano_alt", n=number(float(len(known))), pairs=number(float(known["is_pair"].sum())))
    rows = [
        (combination(row), number(row["n_year"]), amount(float(row["pair_expected"])),
         figure(float(row["prr"])), figure(float(row["ic025"])), figure(float(row["q_pair"])))
        for row in records(known.sort_values("q_pair").head(30))
    ]  # fmt: skip
    heads = ("col_combination", "#col_year", "#col_pair_expected", "#col_prr", "#col_ic025", "#col_q")
    table = keyed_table(say, "volcano_table", heads=heads, rows=rows)
    return Picture("signal-volcano", title, alt, table, {"data": traces, "layout": layout})
