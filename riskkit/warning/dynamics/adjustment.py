"""When a level moves: up at once, down only after evidence has held, the effect agrees and experts consent.

The asymmetry follows the switching rules of sampling inspection, where two refused lots tighten and five
accepted in a row relax; the number of days is house.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.standards import standards

MOVES = ("raise", "lower", "lift", "hold")
REASONS = (
    "proven_above",
    "held_below",
    "never_assessed",
    "level_unknown",
    "may_be_as_high",
    "too_few_in_row",
    "not_held_long_enough",
    "effect_not_agreed",
    "no_consent",
)


def adjustments(
    board: pd.DataFrame, assessments: pd.DataFrame, *, now: dt.datetime, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What the evidence asks of each open warning.

    A warning is raised at once to the level that the latest assessment proves. It is lowered by one level, or
    lifted from the lowest, when the assessments in a row that leave no room for its level are many enough and
    reach back far enough, the evaluation of effect agrees and the committee consents. Unknown holds.

    Parameters
    ----------
    board : DataFrame
        One row a warning: warning_id, level (1–4), effect_agrees, has_consent (True, False or missing), and
        if wanted level_since (aware): assessments before it do not count towards lowering.
    assessments : DataFrame
        warning_id, at (aware), level_lo, level_hi (0–4; the proven and the possible level; missing: unknown).
        Those after `now` are not looked at.
    now : datetime
    rules : DataFrame, optional
        Of the shape of ``warning_adjustment``.

    Returns
    -------
    DataFrame
        In the order of `board`: warning_id, level, move, level_after, reason, n_in_row, held_days,
        is_review_overdue.

    Raises
    ------
    InputFaults
        With everything that is wrong with the tables.

    References
    ----------
    .. [1] ISO 2859-1, 9.3 (source ``iso_2859_1``), as the precedent; 突发事件应对法 (2024), Art. 70.

    Examples
    --------
    >>> now = pd.Timestamp("2026-05-01", tz="UTC")
    >>> board = pd.DataFrame({"warning_id": ["a"], "level": [2], "effect_agrees": [True],
    ...                       "has_consent": [True]})
    >>> seen = pd.DataFrame({"warning_id": "a", "at": now - pd.to_timedelta([1], unit="D"),
    ...                      "level_lo": [3], "level_hi": [4]})
    >>> adjustments(board, seen, now=now)[["move", "level_after", "reason"]].to_numpy().tolist()
    [['raise', 3, 'proven_above']]
    """
    table = standards.table("warning_adjustment") if rules is None else rules
    _require(board, assessments)
    known = _known(board, assessments[assessments["at"] <= now])
    level = board["level"].to_numpy(dtype=np.int64)
    needed = table.set_index("level").loc[level]
    held = _days(known["first_below"], now)
    since = _days(known["last_at"], now)
    reason = _reason(board, known, needed, held=held)
    proven = known["level_lo"].fillna(0).to_numpy(dtype=np.int64)
    move = np.where(reason == "proven_above", "raise", "hold")
    move = np.where(reason == "held_below", np.where(level == 1, "lift", "lower"), move)
    after = np.select([move == "raise", (move == "lower") | (move == "lift")], [proven, level - 1], level)
    return pd.DataFrame(
        {
            "warning_id": board["warning_id"].to_numpy(),
            "level": level,
            "move": move,
            "level_after": after,
            "reason": reason,
            "n_in_row": known["n_in_row"].to_numpy(dtype=np.int64),
            "held_days": held,
            "is_review_overdue": ~(since <= needed["review_days"].to_numpy(dtype=float)),
        }
    )


def _days(at: pd.Series, now: dt.datetime) -> NDArray[np.float64]:
    found: NDArray[np.float64] = ((now - at).dt.total_seconds() / 86_400).to_numpy(dtype=float)
    return found


def _reason(
    board: pd.DataFrame, known: pd.DataFrame, needed: pd.DataFrame, *, held: NDArray[np.float64]
) -> NDArray[np.object_]:
    level = board["level"].to_numpy(dtype=np.int64)
    lo = known["level_lo"].to_numpy(dtype=float, na_value=np.nan)
    hi = known["level_hi"].to_numpy(dtype=float, na_value=np.nan)
    effect, consent = (
        board[name].eq(True).fillna(False).to_numpy() for name in ("effect_agrees", "has_consent")
    )
    cases = [
        (lo > level, "proven_above"),
        (known["last_at"].isna().to_numpy(), "never_assessed"),
        (np.isnan(hi), "level_unknown"),
        (hi >= level, "may_be_as_high"),
        (known["n_in_row"].to_numpy() < needed["n_in_row"].to_numpy(), "too_few_in_row"),
        (~(held >= needed["hold_days"].to_numpy(dtype=float)), "not_held_long_enough"),
        (~effect, "effect_not_agreed"),
        (~consent, "no_consent"),
    ]
    found: NDArray[np.object_] = np.select(
        [case for case, _ in cases], [name for _, name in cases], "held_below"
    ).astype(object)
    return found


def _known(board: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    """For each warning the latest assessment, and how many in a row leave no room for its level."""
    codes = pd.Index(board["warning_id"]).get_indexer(pd.Index(assessments["warning_id"]))
    rows = assessments.assign(code=codes)[codes >= 0].sort_values(["code", "at"], kind="stable")
    code = rows["code"].to_numpy()
    level = board["level"].to_numpy(dtype=np.int64)[code]
    below = rows["level_hi"].to_numpy(dtype=float, na_value=np.nan) < level
    if "level_since" in board.columns:
        since = pd.to_datetime(board["level_since"], utc=True).iloc[code].reset_index(drop=True)
        below &= ~(pd.to_datetime(rows["at"], utc=True).reset_index(drop=True) < since).to_numpy()
    place = np.arange(len(rows))
    last = np.flatnonzero(np.append(code[1:] != code[:-1], np.ones(min(len(code), 1), dtype=bool)))
    before = np.append(-1, last[:-1]) if len(last) else last
    break_at = np.maximum.accumulate(np.where(below, -1, place)) if len(rows) else place
    first = np.maximum(break_at[last], before) + 1
    latest = rows.iloc[last].set_index("code")
    found: pd.DataFrame = latest[["level_lo", "level_hi"]].assign(
        last_at=latest["at"],
        n_in_row=last - first + 1,
        first_below=rows["at"].to_numpy()[np.minimum(first, last)] if len(last) else latest["at"],
    )
    found["first_below"] = pd.to_datetime(found["first_below"], utc=True).where(found["n_in_row"] > 0)
    found = found.reindex(np.arange(len(board)))
    found["n_in_row"] = found["n_in_row"].fillna(0).astype(np.int64)
    return found


def _require(board: pd.DataFrame, assessments: pd.DataFrame) -> None:
    faults = []
    asked = {"board": (board, ("warning_id", "level", "effect_agrees", "has_consent")),
             "assessments": (assessments, ("warning_id", "at", "level_lo", "level_hi"))}  # fmt: skip
    for name, (table, columns) in asked.items():
        faults += [
            Fault(f"{name}.{one}", "", "a column that is given")
            for one in columns
            if one not in table.columns
        ]
    refuse("adjustments", faults)
    twice = board.loc[board["warning_id"].duplicated(), "warning_id"]
    faults += [Fault("board.warning_id", shown(one), "each warning once") for one in twice[:50]]
    wrong = board.loc[~board["level"].isin([1, 2, 3, 4])]
    faults += [
        Fault(f"board.{row.warning_id}.level", shown(row.level), "1 to 4")
        for row in wrong.head(50).itertuples()
    ]
    if getattr(assessments["at"].dtype, "tz", None) is None:
        faults.append(
            Fault("assessments.at", shown(assessments["at"].dtype), "a time with its offset from UTC")
        )
    crossed = assessments[assessments["level_lo"] > assessments["level_hi"]]
    rule = "a proven level not above the possible one"
    faults += [
        Fault(f"assessments.{row.warning_id}", shown((row.level_lo, row.level_hi)), rule)
        for row in crossed.head(50).itertuples()
    ]
    refuse("adjustments", faults)
