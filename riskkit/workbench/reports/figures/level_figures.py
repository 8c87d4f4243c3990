"""Pictures of the warning level: what it hangs on, and what the profile does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name, say_level
from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import percent, say_number
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.level_numbers import mean_rank, moving_inputs
from riskkit.workbench.reports.case.words import level_cell
from riskkit.workbench.reports.figures import style


def tornado(assessment: Assessment) -> Picture | None:
    """Mean level when one uncertain input is in its lowest or highest tenth, widest swing first."""
    moving = moving_inputs(assessment) if assessment.lo is not None else []
    if not moving:
        return None
    title, mean = text("tornado_title"), mean_rank(assessment)
    rows = style.Rows(body=1.5)
    traces: list[dict[str, Any]] = []
    for row in moving:
        traces += _swing(row, rows.add(_input_line(assessment, row)), mean=mean)
    across = style.level_axis() | {"title": {"text": text("tornado_x"), "font": {"size": 12}}}
    middle = style.upright(mean) | {"layer": "below"}
    look: dict[str, Any] = {"sides": (16, 16, 10), "barmode": "overlay", "shapes": [middle]}
    figure = rows.figure(title, traces, x=across, marks=text("tornado_marks"), at=58, **look)
    table = _tornado_table(assessment, moving)
    alt = text("tornado_alt", first=input_name(assessment.case, moving[0]["input"]), **_means(moving[0]))
    return Picture("tornado", title, alt, table, figure)


def _means(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: f"{row[name]:.2f}" for name in ("low_mean", "high_mean")}


def _input_line(assessment: Assessment, row: Mapping[str, Any]) -> str:
    name = row["input"]
    ends = [say_number(row[end], input_kind(name)) for end in ("low_value", "high_value")]
    value = text("low_high", low=ends[0], high=ends[1])
    return text("label_value", label=input_name(assessment.case, name), value=value)


def _swing(row: Mapping[str, Any], y: float, *, mean: float) -> list[dict[str, Any]]:
    bar = {"type": "bar", "orientation": "h", "y": [y], "base": [mean], "width": 1.0, "hoverinfo": "skip"}
    edge = {"color": style.DARK, "width": 1.5}
    pattern = {"shape": "/", "fgcolor": style.DARK, "bgcolor": "#ffffff", "size": 6, "fillmode": "replace"}
    low = {"x": [row["low_mean"] - mean], "marker": {"color": "#ffffff", "line": edge, "pattern": pattern}}
    high = {"x": [row["high_mean"] - mean], "marker": {"color": style.DARK, "line": edge}}
    return [bar | low, bar | high]


def _tornado_table(assessment: Assessment, moving: list[dict[str, Any]]) -> Table:
    rows = []
    for row in moving:
        kind = input_kind(row["input"])
        values = [say_number(row[name], kind) for name in ("low_value", "high_value")]
        means = [f"{row[name]:.2f}" for name in ("low_mean", "high_mean", "swing")]
        rows.append((input_name(assessment.case, row["input"]), *values, *means))
    heads = ("col_input", "col_low_value", "col_high_value", "col_low_mean", "col_high_mean", "col_swing")
    return Table(text("tornado_table"), tuple(text(h) for h in heads), tuple(rows), numeric=(1, 2, 3, 4, 5))


def profile_levels(assessment: Assessment) -> Picture | None:
    """The level, or the range of levels, under each profile, with the share of draws."""
    if assessment.lo is None:
        return None
    title = text("profiles_title")
    rows = style.Rows(body=3.4)
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for i, row in enumerate(records(assessment.profiles)):
        said = text("label_value", label=row[language()], value=say_level(row["level"], row["level_hi"]))
        y = rows.add(said, bold=i == 0)
        traces += _span_marks(row, y + 0.5)
        shown = [(at, row[code]) for at, code in enumerate(scale("warning").codes, start=1) if row[code] > 0]
        small = {"font": {"size": 11, "color": style.QUIET}, "yanchor": "top", "y": y - 0.1}
        notes += [style.annotation(percent(share), x=at, **small) for at, share in shown]
    look: dict[str, Any] = {"sides": (16, 16, 10), "notes": notes}
    figure = rows.figure(title, traces, x=style.level_axis(), marks=text("profiles_marks"), at=34, **look)
    return Picture("profile-levels", title, _profiles_alt(assessment), _profiles_table(assessment), figure)


def _span_marks(row: Mapping[str, Any], y: float) -> list[dict[str, Any]]:
    of = scale("warning")
    ends = list(dict.fromkeys((row["level"], row["level_hi"])))
    x = [of.codes.index(code) + 1 for code in ends]
    shapes = {"Ⅳ": "circle", "Ⅲ": "triangle-up", "Ⅱ": "diamond", "Ⅰ": "square"}
    marker = {"symbol": [shapes[c] for c in ends], "color": [of.colour(c) for c in ends], "size": 16}
    line = {"color": style.INK, "width": 4}
    return [
        {
            "type": "scatter",
            "x": x,
            "y": [y] * len(x),
            "mode": "lines+markers",
            "line": line,
            "marker": marker,
            "hoverinfo": "skip",
        }
    ]


def _profiles_alt(assessment: Assessment) -> str:
    parts = [
        text("label_value", label=row[language()], value=say_level(row["level"], row["level_hi"]))
        for row in records(assessment.profiles)
    ]
    same = len(set(zip(assessment.profiles["level"], assessment.profiles["level_hi"], strict=True))) == 1
    told = ("；" if language() == "zh" else "; ").join(parts)
    return text("profiles_alt_same" if same else "profiles_alt_differ", told=told)


def _profiles_table(assessment: Assessment) -> Table:
    codes = tuple(reversed(scale("warning").codes))
    rows = tuple(
        (
            row[language()],
            level_cell(row["level"], row["level_hi"]),
            *(percent(row[code]) for code in codes),
        )
        for row in records(assessment.profiles)
    )
    shares = tuple(text("share_possible", what=code) for code in codes)
    columns = (text("col_profile"), text("col_level"), *shares)
    return Table(text("profiles_table"), columns, rows, numeric=(2, 3, 4, 5))
