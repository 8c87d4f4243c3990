"""What became of the warnings of a ledger since a day: new, raised, lowered, closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.language import language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.store.ledger.tables import is_unmade
from riskkit.warning.alerts.drafts import LEVELS
from riskkit.words.catalogue import panel_text as say
from riskkit.words.catalogue import warning_text
from riskkit.workbench.document.block_kinds import Badge, Block, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import level_badge
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, board_rows
from riskkit.workbench.flows.warnings.room import STREAM

_ORDER = ("raised", "new", "lowered", "closed")


@dataclass(frozen=True)
class WarningChange:
    """What became of a warning."""

    kind: str
    before: BoardRow | None
    now: BoardRow


def warning_events(place: str) -> tuple[Event, ...] | None:
    """The events of the warnings of a ledger; None where there is no ledger."""
    if not place or is_unmade(place):
        return None
    ledger = open_ledger(place, is_reader=True)
    try:
        return ledger.events(STREAM)
    finally:
        ledger.close()


def warning_changes(events: Sequence[Event], *, since: dt.datetime, now: dt.datetime) -> list[WarningChange]:
    """How each warning stands now against how it stood at a moment, the weightiest change first."""
    then = board_rows([one for one in events if moment_of(one.at) <= since], now=since)
    before = {row.state.warning_id: row for row in then}
    pairs = [(before.get(row.state.warning_id), row) for row in board_rows(events, now=now)]
    found = [WarningChange(kind, old, row) for old, row in pairs if (kind := _kind(old, row))]
    return sorted(found, key=lambda change: _ORDER.index(change.kind))


def _kind(before: BoardRow | None, now: BoardRow) -> str:
    if before is None:
        return "new"
    if before.is_current and not now.is_current:
        return "closed"
    then, level = before.state.level or 0, now.state.level or 0
    return "raised" if level > then else "lowered" if level < then else ""


def warning_section(found: Sequence[WarningChange] | None, *, since: dt.datetime) -> Section:
    """What has become of the warnings; or why nothing can be said, and what to do."""
    day = f"{since.astimezone():%Y-%m-%d}"
    blocks: list[Block] = []
    if found is None:
        blocks.append(Paragraph(say("warnings_no_ledger"), "note"))
    elif not found:
        blocks.append(Paragraph(say("warnings_no_change", day=day)))
    else:
        heads = (say("warning"), say("change"), say("then"), say("now"))
        blocks.append(Table(say("warnings_changed", day=day), heads, tuple(map(_row, found))))
    return Section("warnings-changed", say("warnings_since"), 3, tuple(blocks))


def _row(change: WarningChange) -> tuple[str | Badge, ...]:
    state = change.now.state
    title = str(change.now.title.get(language(), state.warning_id))
    kind = warning_text(f"phase_{state.phase}") if change.kind == "closed" else say(f"warning_{change.kind}")
    return title, kind, _level(change.before), _level(change.now)


def _level(row: BoardRow | None) -> str | Badge:
    level = None if row is None else row.state.level
    return "—" if level is None else level_badge(LEVELS[level - 1])
