"""Pictures of the what-if report: levels side by side, what they hang on, and how the draws settle."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit.case.case import Assessment
from riskkit.case.sentences import input_name
from riskkit.case.what_if_effects import Effect
from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import what_if_text as say
from riskkit.words.numbers import amount, percent
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.what_if.analysis import leading_inputs, sensitivity_words
from riskkit.workbench.reports.what_if.sections import chances_words, effect_title
from riskkit.workbench.reports.what_if.study import WhatIfStudy

_SHARES = {"tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": [f"{n}%" for n in (0, 25, 50, 75, 100)]}


def what_if_levels(study: WhatIfStudy | Assessment) -> Picture | None:
    """The probability of the levels under each what-if, one bar each, the case as it is first."""
    if isinstance(study, Assessment) or len(study.effects) < 2:
        return None
    rows, traces = style.Rows(body=1.7), []
    for one in study.effects:
        traces += _stack(one, rows.add(effect_title(one), bold=one.what_if is None))
    title = say("levels_title")
    axis = {"range": [0, 1.02], "title": {"text": say("levels_x"), "font": {"size": 12}}}
    look: dict[str, Any] = {"marks": f"{_key()}  {say('levels_marks')}", "at": 58, "barmode": "stack"}
    figure = rows.figure(title, traces, x=style.quiet_axis() | _SHARES | axis, sides=(14, 22, 10), **look)
    told = "".join(_said(one) for one in study.effects)
    alt = say("levels_alt", told=told)
    return Picture("what-if-levels", title, alt, _level_table(study), figure)


def _said(one: Effect) -> str:
    gap = "" if language() == "zh" else " "
    return say("levels_alt_one", title=effect_title(one), told=chances_words(one)) + gap


def _key() -> str:
    of = scale("warning")
    return "  ".join(f"{of.symbol(code)} {code} {of.word(code)}" for code in reversed(of.codes))


def _parts(one: Effect) -> list[tuple[str, float, bool]]:
    """Shares of a bar from the highest level proven down; each is certain, or may be higher."""
    parts, above = [], 0.0
    for code in reversed(scale("warning").codes):
        certain, reached = (float(one.shares[name].loc[code]) for name in ("certain", "at_least"))
        parts += [(code, certain, True), (code, reached - above - certain, False)]
        above = reached
    return parts


def _stack(one: Effect, y: float) -> list[dict[str, Any]]:
    of, traces = scale("warning"), []
    for code, share, is_certain in _parts(one):
        if share <= 1e-9:
            continue
        pattern = {"shape": "/", "fgcolor": of.colour(code), "bgcolor": "#ffffff", "size": 7, "solidity": 0.4}
        look = {"color": of.colour(code)} if is_certain else {"color": "#ffffff", "pattern": pattern}
        marker = look | {"line": {"color": style.INK, "width": 0.8}}
        bar = {"type": "bar", "orientation": "h", "x": [share], "y": [y], "width": 1.3, "hoverinfo": "skip"}
        traces.append(bar | {"marker": marker})
    return traces


def _level_table(study: WhatIfStudy) -> Table:
    codes = list(reversed(scale("warning").codes))
    rows: list[tuple[Cell, ...]] = [
        (effect_title(one), *(percent(float(one.shares["certain"].loc[code])) for code in codes))
        for one in study.effects
    ]
    return Table(say("levels_title"), (say("col_what_if"), *codes), tuple(rows), numeric=(1, 2, 3, 4))


def what_if_drivers(study: WhatIfStudy | Assessment) -> Picture | None:
    """Total Sobol' indices of the inputs, for harm and for the level, with their intervals."""
    if isinstance(study, Assessment) or study.harm_shares.empty:
        return None
    rows, traces = style.Rows(body=2.6), []
    table: list[tuple[Cell, ...]] = []
    for name in leading_inputs(study):
        words = input_name(study.assessment.case, name)
        y = rows.add(words)
        shown: list[Cell] = [words]
        for place, indices in ((0.55, study.harm_shares), (-0.55, study.level_shares)):
            value, top = (float(indices[one].loc[name]) for one in ("st", "st_hi"))
            traces += _index_bar(value, top, y + place, colour=style.DARK if place > 0 else style.LIGHT)
            shown.append("—" if math.isnan(value) else f"{value:.2f}")
        table.append(tuple(shown))
    title = say("sensitivity_title")
    axis = {"rangemode": "tozero", "title": {"text": say("sensitivity_x"), "font": {"size": 12}}}
    look: dict[str, Any] = {"marks": say("sensitivity_marks"), "at": 58, "barmode": "overlay"}
    figure = rows.figure(title, traces, x=style.quiet_axis() | axis, sides=(14, 22, 10), **look)
    harm, level = sensitivity_words(study)
    heads = (say("col_input"), say("col_st"), say("col_level_st"))
    numbers = Table(title, heads, tuple(table), numeric=(1, 2))
    alt = say("sensitivity_alt", harm=harm, level=level)
    return Picture("what-if-drivers", title, alt, numbers, figure)


def _index_bar(value: float, top: float, y: float, *, colour: str) -> list[dict[str, Any]]:
    if math.isnan(value):
        return []
    reach = {"type": "data", "array": [top - value], "color": style.INK, "thickness": 1.2, "width": 3}
    bar = {"type": "bar", "orientation": "h", "x": [max(value, 0.0)], "y": [y], "width": 0.95}
    return [bar | {"marker": {"color": colour}, "error_x": reach, "hoverinfo": "skip"}]


def what_if_running(study: WhatIfStudy | Assessment) -> Picture | None:
    """The share of the most frequent level as the draws come in, with its interval."""
    if isinstance(study, Assessment):
        return None
    found = study.running_level
    title = say("running_title", level=study.settled_level)
    remark, room = style.below(say("running_marks"), at=58)
    shape = style.layout(title, height=270 + room, margin={"l": 54, "r": 16, "t": 12, "b": room})
    n = [float(one) for one in found["n"]]
    axis = {"type": "log", "title": {"text": say("running_x"), "font": {"size": 12}}}
    ticks = {"tickvals": n[::2], "ticktext": [f"{v:,.0f}" for v in n[::2]]}
    shape["xaxis"] = style.quiet_axis() | axis | ticks
    shape["yaxis"] = style.quiet_axis() | {"tickformat": ".0%"}
    shape["annotations"] = [remark]
    last = records(found)[-1]
    parts = (("share", "estimate"), ("low", "lo"), ("high", "hi"))
    ends = {key: percent(float(last[name])) for key, name in parts}
    alt = say("running_alt", n=f"{last['n']:,.0f}", **ends)
    figure = {"data": _band(found), "layout": shape}
    return Picture("what-if-running", title, alt, _running_table(study, title), figure)


def _band(found: pd.DataFrame) -> list[dict[str, Any]]:
    """The interval as a band, and the estimate over it."""
    n = [float(one) for one in found["n"]]
    lo, hi, middle = ([float(v) for v in found[name]] for name in ("lo", "hi", "estimate"))
    edge = {"color": style.LIGHT, "width": 0}
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": n}
    band = {"y": lo, "line": edge, "fill": "tonexty", "fillcolor": style.LIGHT}
    line = {"y": middle, "mode": "lines+markers", "line": {"color": style.DARK}}
    return [quiet | {"y": hi, "line": edge}, quiet | band, quiet | line]


def _running_table(study: WhatIfStudy, title: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"{row['n']:,.0f}", f"{row['estimate']:.3f}", amount(float(row["se"])))
        for row in records(study.running_level)
    ]
    heads = (say("col_draws"), say("levels_x"), say("col_se"))
    return Table(title, heads, tuple(rows), numeric=(0, 1, 2))
