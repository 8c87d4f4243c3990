"""Pictures of the warning level: what it hangs on, and what the profile does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.level_sentence import say_share
from riskkit.case.sentences import input_kind, input_name, say_level
from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.level_badge import LevelBadge
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent, say_number
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.levels import mean_rank, moving_inputs, standard_error
from riskkit.workbench.reports.case.words import level_cell, level_spoken
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


_CODES = scale("warning").codes
_LABELLED, _CODED = 0.16, 0.06  # shares of a bar that hold a level with its share, and a level alone
_EDGE = 1e-9


def level_chances(assessment: Assessment) -> Picture | None:
    """How probable each level is: a bar for the facts as known, and one for missing facts at their worst."""
    badge = assessment.badge
    if badge is None:
        return None
    ends = end_shares(assessment)
    rows, traces, notes = style.Rows(body=2.0), list[dict[str, Any]](), list[dict[str, Any]]()
    for key, shares in _bars(ends):
        y = rows.add(text("label_value", label=text(key), value=_told(shares)))
        drawn = _stack(shares, y, is_worst=key == "bar_worst")
        traces, notes = traces + drawn[0], notes + drawn[1]
    title = text("chances_title")
    marks = text("chances_marks", half=say_share(badge.reached))
    line = {"color": style.INK, "width": 1.5, "dash": "dot"}
    at = {"type": "line", "x0": badge.reached, "x1": badge.reached, "line": line}
    heights = dict.fromkeys(bar["y"][0] for bar in traces)
    look: dict[str, Any] = {"sides": (14, 22, 10), "notes": notes, "barmode": "stack"}
    look["shapes"] = [at | {"y0": y - 0.95, "y1": y + 0.95} for y in heights]
    words = f"{_key()}{text('stop')}{marks}"
    figure = rows.figure(title, traces, x=_across(), marks=words, at=58, **look)
    return Picture("level-chances", title, _alt(badge, ends), _table(assessment, ends), figure)


def end_shares(assessment: Assessment) -> tuple[dict[str, float], dict[str, float]]:
    """Share of simulations at each level, with missing facts at their mildest and at their worst."""
    mild = [float(share) for share in assessment.shares["at_least"]]
    above = [*mild[1:], 0.0]
    worst = [float(p) + q for p, q in zip(assessment.shares["possible"], above, strict=True)]
    found = []
    for reached in (mild, worst):
        exact = [max(0.0, here - up) for here, up in zip(reached, [*reached[1:], 0.0], strict=True)]
        found.append(dict(zip(_CODES, exact, strict=True)))
    return found[0], found[1]


def _bars(ends: tuple[dict[str, float], dict[str, float]]) -> list[tuple[str, dict[str, float]]]:
    mild, worst = ends
    if all(abs(mild[code] - worst[code]) <= _EDGE for code in _CODES):
        return [("bar_known", mild)]
    return [("bar_mild", mild), ("bar_worst", worst)]


def _told(shares: dict[str, float]) -> str:
    gravest = [code for code in reversed(_CODES) if shares[code] > _EDGE]
    return listed(f"{say_level(code, code)} {say_share(shares[code])}" for code in gravest)


def _stack(
    shares: dict[str, float], y: float, *, is_worst: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The segments of a bar, the most serious level first, with its level in words where there is space."""
    of, bars, notes, start = scale("warning"), [], [], 0.0
    for code in reversed(_CODES):
        share, colour = shares[code], of.colour(code)
        if share <= _EDGE:
            continue
        pattern = {"shape": "/", "fgcolor": colour, "bgcolor": "#ffffff", "size": 7, "solidity": 0.3}
        look = {"color": "#ffffff", "pattern": pattern} if is_worst else {"color": colour}
        bar = {"type": "bar", "orientation": "h", "x": [share], "y": [y], "width": 1.5, "hoverinfo": "skip"}
        bars.append(bar | {"marker": look | {"line": {"color": style.INK, "width": 1}}})
        words = f"{of.symbol(code)} {code}" + (f" {say_share(share)}" if share >= _LABELLED else "")
        if share >= _CODED:
            box = {"bgcolor": "#ffffff", "borderpad": 1, "font": {"size": 11, "color": style.INK}}
            notes.append(style.annotation(style.clean(words), x=start + share / 2, y=y, **box))
        start += share
    return bars, notes


def _key() -> str:
    of = scale("warning")
    return "  ".join(f"{of.symbol(code)} {code} {of.word(code)}" for code in reversed(_CODES))


def _across() -> dict[str, Any]:
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axis = {"tickvals": ticks, "ticktext": [f"{tick:.0%}" for tick in ticks], "range": [0, 1.02]}
    return style.quiet_axis() | axis | {"title": {"text": text("chances_x"), "font": {"size": 12}}}


def _alt(badge: LevelBadge, ends: tuple[dict[str, float], dict[str, float]]) -> str:
    bars = [text("label_value", label=text(key), value=_told(shares)) for key, shares in _bars(ends)]
    told = ("；" if language() == "zh" else "; ").join(bars)
    if badge.is_range():
        return text("chances_alt_range", range=say_level(badge.level, badge.level_hi), told=told)
    return text("chances_alt_one", level=level_spoken(badge.level), told=told)


def _table(assessment: Assessment, ends: tuple[dict[str, float], dict[str, float]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for code in reversed(_CODES):
        shares = [ends[0][code], ends[1][code], float(assessment.shares["at_least"].loc[code])]
        error = standard_error(shares[0], assessment.draws)
        told = [say_share(share) for share in shares]
        rows.append((level_cell(code, code), *told, f"{100 * error:.2f}"))
    heads = ("col_level", "bar_mild", "bar_worst", "col_at_least", "col_error")
    return Table(text("chances_table"), tuple(text(h) for h in heads), tuple(rows), numeric=(1, 2, 3, 4))
