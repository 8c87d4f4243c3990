"""The picture of how probable each level is, with missing facts at their mildest and at their worst."""

from __future__ import annotations

from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.level_sentence import say_share
from riskkit.case.sentences import say_level
from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.level_numbers import standard_error
from riskkit.workbench.reports.case.words import level_cell, level_spoken
from riskkit.workbench.reports.figures import style

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
