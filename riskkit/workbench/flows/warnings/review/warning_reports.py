"""Everything that the notebook of a review of warnings calls: open, show, publish; nothing is recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.events import Event
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.standards.warning_levels import accepted_levels, code_of_rank, level_rank
from riskkit.store.ledger.ledger import open_ledger
from riskkit.warning.alerts.drafts import CHINA
from riskkit.warning.dynamics.adjustment import adjustments
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.flows.clocks import utc_now
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow, board_rows
from riskkit.workbench.flows.warnings.review.sections import (
    changes_section,
    moves_section,
    standing_section,
    warning_timeline,
)
from riskkit.workbench.flows.warnings.review.timelines import (
    lives_picture,
    lives_said,
    lives_section,
    lives_table,
    shipped_lives,
)
from riskkit.workbench.flows.warnings.room import STREAM
from riskkit.workbench.flows.warnings.sample import sample_events
from riskkit.workbench.reports.monitoring.records import open_table
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE
from riskkit.workbench.runs.result import ResultRecord, found_record

COLUMNS = ("warning_id", "on", "level_lo", "level_hi")
AGREED = ("effect_agrees", "has_consent")
_MOST = 50
_NO_WARNING = ("0", "none", "no warning", "无", "不发布预警")
_RULE = f"{accepted_levels()}, no bare number but 0 for no warning, or empty if unknown"


@dataclass(frozen=True)
class NewEvidence:
    """New assessments, checked."""

    assessments: pd.DataFrame
    agreed: pd.DataFrame


def checked_evidence(rows: pd.DataFrame, *, known: Sequence[str]) -> NewEvidence:
    """The rows of a file as assessments, or everything that is wrong with them."""
    missing = [one for one in COLUMNS if one not in rows.columns]
    refuse("evidence", [Fault(f"evidence.{one}", "", "a column that is given") for one in missing])
    days = pd.to_datetime(rows["on"].astype("string"), format="%Y-%m-%d", errors="coerce")
    levels = {name: rows[name].map(_rank).astype("Int64") for name in COLUMNS[2:]}
    wrong = {
        "warning_id": (~rows["warning_id"].isin(list(known)), "a warning of the ledger"),
        "on": (days.isna(), "a day as YYYY-MM-DD"),
    }
    for name, level in levels.items():
        is_wrong = rows[name].notna() & level.isna()
        wrong[name] = (is_wrong, _RULE)
    wrong["level_hi"] = (
        wrong["level_hi"][0] | (levels["level_lo"] > levels["level_hi"]).fillna(value=False),
        f"{_RULE}; not below level_lo",
    )
    given = {name: rows[name].astype("string").str.lower() for name in AGREED if name in rows.columns}
    for name, words in given.items():
        wrong[name] = (words.notna() & ~words.isin(["yes", "no"]), "yes, no or empty")
    faults = [
        Fault(f"evidence[{row}].{name}", shown(rows.at[row, name]), rule)
        for name, (is_wrong, rule) in wrong.items()
        for row in rows.index[is_wrong.fillna(True).astype(bool)][:_MOST]
    ]
    refuse("evidence", faults)
    found = pd.DataFrame({"warning_id": rows["warning_id"].astype(str), "at": days.dt.tz_localize(CHINA)})
    found = found.assign(**levels)
    agreed = pd.DataFrame(
        {name: given[name].map({"yes": True, "no": False}) if name in given else pd.NA for name in AGREED},
        index=rows.index,
    )
    latest = agreed.assign(warning_id=found["warning_id"], at=found["at"]).sort_values("at", kind="stable")
    return NewEvidence(found.reset_index(drop=True), latest.groupby("warning_id")[list(AGREED)].last())


def _rank(written: object) -> int | None:
    """0 for no warning, 1–4 for Ⅳ–Ⅰ; none for what is empty or is no level (told apart by the caller)."""
    if isinstance(written, float) and written.is_integer():  # a whole number in a column with gaps
        written = int(written)
    if pd.isna(written) or str(written).strip().casefold() in _NO_WARNING:  # type: ignore[call-overload]
        return None if pd.isna(written) else 0  # type: ignore[call-overload]
    try:
        return level_rank(written, is_graded=True)
    except ValueError:
        return None


def asked_moves(rows: Sequence[BoardRow], evidence: NewEvidence, *, now: dt.datetime) -> pd.DataFrame:
    """What new assessments ask of each issued warning."""
    issued = [row for row in rows if row.state.phase == "issued" and row.state.level is not None]
    ids = [row.state.warning_id for row in issued]
    agreed = evidence.agreed.reindex(ids)
    board = pd.DataFrame(
        {
            "warning_id": ids,
            "level": [row.state.level for row in issued],
            "level_since": pd.to_datetime([_since(row) for row in issued], utc=True),
            **{name: agreed[name].to_numpy() for name in AGREED},
        }
    )
    return adjustments(board, evidence.assessments, now=now)


def _since(row: BoardRow) -> dt.datetime:
    """When the warning came to the level it has."""
    moment = row.steps[0].at
    for before, after in zip(row.steps, row.steps[1:], strict=False):
        if after.level != before.level:
            moment = after.at
    return moment


SAMPLE_DAY = dt.date(2026, 5, 1)
"""The sample is shown as of this day, so that its report is the same on any day."""
_SHOWN = 6


@dataclass(frozen=True)
class Review:
    """The warnings of a ledger at a moment, and what new evidence asks of them."""

    rows: tuple[BoardRow, ...]
    now: dt.datetime
    since: dt.datetime
    moves: pd.DataFrame | None
    is_sample: bool
    sha256: str


def open_review(ledger: str = "", *, on: str = "", days: int = 30, evidence: str = "") -> Review:
    """The warnings as they stood at the end of a day, and the steps of the days before it."""
    place = ledger or os.environ.get(LEDGER_VARIABLE) or "sample"
    is_sample = place == "sample"
    now = _moment(on or (SAMPLE_DAY.isoformat() if is_sample else ""))
    events = sample_events(now) if is_sample else _events(place, now)
    rows = tuple(board_rows(events, now=now))
    ids = [row.state.warning_id for row in rows]
    given: NewEvidence | None = None
    if evidence:
        given = checked_evidence(open_table(evidence, sample="").table, known=ids)
    elif is_sample:
        given = checked_evidence(_made_up(rows, now), known=ids)
    moves = None if given is None else asked_moves(rows, given, now=now)
    digest = hashlib.sha256("\n".join(one.hash for one in events).encode()).hexdigest()
    return Review(rows, now, now - dt.timedelta(days=days), moves, is_sample, digest)


def _moment(day: str) -> dt.datetime:
    if not day:
        return utc_now()
    try:
        found = dt.date.fromisoformat(day)
    except ValueError:
        raise InputFaults("review", [Fault("on", day, "a day as YYYY-MM-DD")]) from None
    return dt.datetime.combine(found, dt.time(23, 59, 59), tzinfo=CHINA)


def _events(place: str, now: dt.datetime) -> tuple[Event, ...]:
    ledger = open_ledger(place, is_reader=True)
    try:
        return ledger.events(STREAM, until=now)
    finally:
        ledger.close()


def _made_up(rows: Sequence[BoardRow], now: dt.datetime) -> pd.DataFrame:
    """One new assessment of each issued warning of the sample: in turn above, at and below its level."""
    day = (now - dt.timedelta(days=2)).astimezone(CHINA).date().isoformat()
    told = []
    for n, row in enumerate(row for row in rows if row.state.phase == "issued"):
        level = row.state.level or 1
        ends = ((min(level + 1, 4), 4), (level, level), (0, level - 1))[n % 3]
        low, high = (code_of_rank(rank) if rank else "none" for rank in ends)
        told.append({"warning_id": row.state.warning_id, "on": day, "level_lo": low, "level_hi": high})
    return pd.DataFrame(told)


def standing_part(review: Review) -> Section:
    """Where each current warning stands, and what is due."""
    return standing_section(review.rows, is_sample=review.is_sample)


def changes_part(review: Review) -> Section:
    """What was decided in the days before."""
    return changes_section(review.rows, since=review.since, now=review.now)


def moves_part(review: Review) -> Section:
    """What new assessments ask of each level."""
    return moves_section(review.moves, review.rows)


def life_pictures(review: Review) -> tuple[Picture, ...]:
    """The lives of the gravest current warnings as pictures, six at most."""
    current = [row for row in review.rows if row.is_current][:_SHOWN]
    return tuple(warning_timeline(row, now=review.now) for row in current)


def lives_part() -> tuple[Section | Picture, ...]:
    """The shipped cases' warnings replayed, beside what authorities did and when."""
    lives = shipped_lives()
    said, table = lives_said(lives), lives_table(lives)
    return lives_section(lives), lives_picture(lives, table, said=said)


def publish_review(review: Review) -> ResultRecord:
    """Put the review into the notebook, where the runner reads it back."""
    moves = [] if review.moves is None else review.moves.astype(object).to_dict("records")
    return found_record(
        "warning_review",
        "warning-review",
        {"zh": "预警复评", "en": "Review of warnings"},
        inputs={"case_sha256": review.sha256},
        on=review.now.isoformat(),
        since=review.since.isoformat(),
        is_sample=review.is_sample,
        warnings=[
            {
                "id": row.state.warning_id,
                "phase": row.state.phase,
                "level": code_of_rank(row.state.level),
                "assessed": list(row.state.assessed),
                "due": [
                    {"what": one.clock, "at": one.due_at.isoformat(), "is_overdue": one.is_overdue}
                    for one in row.due
                ],
            }
            for row in review.rows
        ],
        proposals=[
            {
                "warning_id": one["warning_id"],
                "move": one["move"],
                "reason": one["reason"],
                **{
                    name: None if pd.isna(one[name]) else code_of_rank(one[name])
                    for name in ("level", "level_after")
                },
            }
            for one in moves
        ],
    )
