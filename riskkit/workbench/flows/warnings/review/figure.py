"""The life of a warning as a picture: its level over time, each step marked, what is due at the end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.warning.alerts.drafts import CHINA, LEVELS
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Cell, Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, LifeStep
from riskkit.workbench.flows.warnings.words import assessed_words
from riskkit.workbench.reports.figures import style

_SHIFTS = (18, -18, 34, -34)
"""How far the words of steps stand from the line, so that steps of one day do not cover each other [px]."""


def warning_timeline(row: BoardRow, *, now: dt.datetime) -> Picture:
    """A warning's level from its first step to now."""
    title = say("timeline_title", title=row.title.get(language(), row.state.warning_id))
    remark, room = style.below(say("timeline_marks"), at=46)
    shape = style.layout(title, height=230 + room, margin={"l": 54, "r": 18, "t": 12, "b": room})
    ends = now if row.is_current else row.steps[-1].at
    shape["xaxis"] = style.quiet_axis() | {"type": "date"}
    words = [f"{scale('warning').symbol(code)} {code}" for code in LEVELS]
    shape["yaxis"] = style.quiet_axis() | {"tickvals": [1, 2, 3, 4], "ticktext": words, "range": [0.5, 4.6]}
    marks = [_mark(step, shift=_SHIFTS[n % len(_SHIFTS)]) for n, step in enumerate(row.steps)]
    shape["annotations"] = [*marks, remark]
    first = row.steps[0]
    told = {"day": day_of(first.at), "level": _code(first.level), "now_level": _code(row.state.level)}
    alt = say(
        "timeline_alt",
        event=say(f"event_{first.event}"),
        phase=say(f"phase_{row.state.phase}"),
        **told,
    )
    return Picture(
        "warning-timeline",
        title,
        alt,
        steps_table(row),
        {"data": _line(row, ends), "layout": shape},
    )


def _code(level: int | None) -> str:
    return "—" if level is None else LEVELS[level - 1]


def _level(step: LifeStep, row: BoardRow) -> str:
    """The level after a step, with the assessed one where it is another."""
    code, assessed = _code(step.level), row.state.assessed
    departs = step.level is not None and assessed and set(assessed) != {code}
    return f"{code} · {assessed_words(assessed)}" if departs else code


def day_of(moment: dt.datetime) -> str:
    """The day of a moment in China."""
    return moment.astimezone(CHINA).date().isoformat()


def _line(row: BoardRow, ends: dt.datetime) -> list[dict[str, Any]]:
    known = [(step.at, step.level) for step in row.steps if step.level is not None]
    points = [*known, (ends, known[-1][1])] if known else []
    x, y = [at.astimezone(CHINA).isoformat() for at, _ in points], [level for _, level in points]
    look = {"color": style.DARK, "width": 3, "shape": "hv"}
    return [
        {"type": "scatter", "mode": "lines+markers", "x": x, "y": y, "line": look, "hoverinfo": "skip",
         "marker": {"size": [9] * len(known) + [0] * bool(points), "color": style.DARK}}
    ]  # fmt: skip


def _mark(step: LifeStep, *, shift: int) -> dict[str, Any]:
    at = step.at.astimezone(CHINA).isoformat()
    place = {"x": at, "y": step.level or 1, "xref": "x", "yref": "y", "yshift": shift, "xanchor": "left"}
    return style.annotation(style.clean(say(f"event_{step.event}")), **place, align="center")


def steps_table(row: BoardRow) -> Table:
    """Every step of a warning's life as a table."""
    heads = tuple(say(f"col_{name}") for name in ("day", "event", "level", "who", "reason"))
    rows: list[tuple[Cell, ...]] = [
        (day_of(step.at), say(f"event_{step.event}"), _level(step, row), step.who, step.reason)
        for step in row.steps
    ]
    return Table(say("steps_title"), heads, tuple(rows))
