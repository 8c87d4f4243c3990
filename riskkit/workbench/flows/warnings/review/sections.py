"""The review of warnings as sections: where each stands, what changed since a day, what new evidence asks."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.alerts.drafts import CHINA, LEVELS
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.level_marks import level_badge
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, LifeStep, counts_by_level
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


def level_words(level: int | None) -> str:
    r"""A level with its symbol."""
    if not level:
        return "—"
    code = LEVELS[level - 1]
    return f"{scale('warning').symbol(code)}\N{NO-BREAK SPACE}{code}"


def _title(row: BoardRow) -> str:
    return row.title.get(language(), row.state.warning_id)


def standing_section(rows: Sequence[BoardRow], *, is_sample: bool) -> Section:
    """Current warnings, the gravest first, with what is due on each."""
    current = [row for row in rows if row.is_current]
    counts = counts_by_level(rows)
    said = "; ".join(f"{level_words(level)} {n}" for level, n in counts.items())
    overdue = sum(one.is_overdue for row in current for one in row.due)
    lead = say("review_lead", n=len(current), counts=said, overdue=overdue)
    blocks: list[Block] = [Paragraph(say("review_sample"), "caution")] if is_sample else []
    blocks.append(Paragraph(lead, "lead"))
    if current:
        heads = tuple(say(f"col_{name}") for name in ("level", "warning", "phase", "since", "ends", "due"))
        blocks.append(Table(say("board_table"), heads, tuple(_standing(row) for row in current)))
    return Section("standing", say("review_standing"), 1, tuple(blocks))


def _standing(row: BoardRow) -> tuple[Cell, ...]:
    state = row.state
    badge: Cell = level_badge(LEVELS[state.level - 1]) if state.level else "—"
    due = []
    for one in row.due:
        when = say("is_overdue" if one.is_overdue else "due_by", at=day_of(one.due_at))
        due.append(say("review_due", what=say(f"clock_{one.clock}"), when=when))
    return (
        badge,
        f"{_title(row)} ({assessed_words(state.assessed)})" if state.departs else _title(row),
        say(f"phase_{state.phase}"),
        day_of(state.since) if state.since else "—",
        day_of(state.ends_at) if state.ends_at else "—",
        ("；" if language() == "zh" else "; ").join(due) or "—",
    )


def changes_section(rows: Sequence[BoardRow], *, since: dt.datetime, now: dt.datetime) -> Section:
    """Every step since a moment, in the order of time, with the level before and after."""
    told = []
    for row in rows:
        before: int | None = None
        for step in row.steps:
            if since <= step.at <= now:
                told.append((step.at, row, step, before))
            before = step.level
    told.sort(key=lambda one: (one[0], one[1].state.warning_id))
    days = {"since": day_of(since), "until": day_of(now)}
    title = say("review_changes", **days)
    if not told:
        return Section("changes", title, 1, (Paragraph(say("review_unchanged", **days)),))
    lines = tuple(
        (day_of(at), _title(row), say(f"event_{step.event}"),
         _moved(before, step.level), step.who, step.reason)
        for at, row, step, before in told
    )  # fmt: skip
    heads = tuple(say(f"col_{name}") for name in ("day", "warning", "event", "level", "who", "reason"))
    return Section("changes", title, 1, (Table(title, heads, lines),))


def _moved(before: int | None, after: int | None) -> str:
    if before == after or before is None:
        return level_words(after)
    return f"{level_words(before)} → {level_words(after)}"


def moves_section(moves: pd.DataFrame | None, rows: Sequence[BoardRow]) -> Section:
    """What new assessments ask of each issued warning: raise, hold, lower or lift, and why."""
    title = say("review_moves")
    if moves is None:
        return Section("moves", title, 1, (Paragraph(say("review_no_evidence")),))
    names = {row.state.warning_id: _title(row) for row in rows}
    lines = tuple(
        (
            names[str(one["warning_id"])],
            say(f"move_{one['move']}"),
            _moved(int(one["level"]), int(one["level_after"])),
            say(f"moved_{one['reason']}"),
            say("review_held", n=one["n_in_row"], days=_days(one["held_days"])),
            say("yes" if one["is_review_overdue"] else "no"),
        )
        for one in records(moves)
    )
    heads = tuple(say(f"col_{name}") for name in ("warning", "move", "level", "why_move", "held", "late"))
    table = Table(title, heads, lines)
    note = Paragraph(say("review_moves_note"), "note")
    return Section("moves", title, 1, (table, note, _rules()))


def _days(held: float) -> str:
    return "—" if math.isnan(held) else f"{held:.0f}"


def _rules() -> Table:
    """How long evidence must hold before a level is lowered, as the table of rules has it."""
    heads = tuple(say(f"col_{name}") for name in ("level", "in_row", "hold_days", "review_days"))
    rows = tuple(
        (
            level_words(int(row["level"])),
            *(f"{row[name]:g}" for name in ("n_in_row", "hold_days", "review_days")),
        )
        for row in standards.rows("warning_adjustment")
    )
    return Table(say("review_rules"), heads, rows, numeric=(1, 2, 3))
