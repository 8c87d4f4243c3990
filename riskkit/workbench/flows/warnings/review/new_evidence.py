"""New assessments of open warnings, as a table that people keep in CSV, and what they ask of each level."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards.warning_levels import accepted_levels, level_rank
from riskkit.warning.alerts.drafts import CHINA
from riskkit.warning.dynamics.adjustment import adjustments
from riskkit.workbench.flows.warnings.review.board_rows import BoardRow

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
