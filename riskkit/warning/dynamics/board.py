"""The lives of many warnings at once: the same steps as one by one, in columns."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.warning.dynamics.life import LEVELS, NONE, WarningEvent, WarningState, event_faults, steps

COLUMNS = (
    "warning_id", "event", "at", "who", "level", "reason", "evidence", "ends_at", "second", "trigger",
    "is_authorised", "effect_agrees", "has_consent", "other",
)  # fmt: skip
_TEXTS = ("who", "reason", "evidence", "second", "trigger", "other")
_NEVER = np.iinfo(np.int64).min
_HIGHEST = 4
_MOST_TOLD = 20
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


def replay_table(events: pd.DataFrame) -> pd.DataFrame:
    """Where every warning stands after all that was decided.

    Parameters
    ----------
    events : DataFrame
        One row an event, in the order in which they were recorded, with the fields of `WarningEvent` as
        columns; `evidence` is a text, empty for none; times are aware; an empty level or end is missing.

    Returns
    -------
    DataFrame
        One row a warning, in order of its first event: warning_id, phase, level, since, last_at, ends_at,
        n_events.

    Raises
    ------
    InputFaults
        With everything that is wrong with the first impossible step of each warning, for some of them.

    Examples
    --------
    >>> at = pd.Timestamp("2026-05-01", tz="UTC")
    >>> row = {"warning_id": "w", "event": "proposed", "at": at, "who": "a", "level": 3, "reason": "x",
    ...        "evidence": "y", "ends_at": pd.NaT, "second": "", "trigger": "", "is_authorised": False,
    ...        "effect_agrees": None, "has_consent": None, "other": ""}
    >>> replay_table(pd.DataFrame([row]))["phase"].tolist()
    ['proposed']
    """
    missing = [name for name in COLUMNS if name not in events.columns]
    refuse("events", [Fault(f"events.{name}", "", "a column that is given") for name in missing])
    code, ids = pd.factorize(events["warning_id"])
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    lengths = np.diff(np.append(starts, len(order)))
    lives = _Lives(events, ids)
    for turn in range(int(lengths.max(initial=0))):
        which = np.flatnonzero(lengths > turn)
        lives.take(order[starts[which] + turn], which)
    return lives.table()


class _Lives:
    """Columns of states, moved one event of each warning at a time."""

    def __init__(self, events: pd.DataFrame, ids: pd.Index) -> None:
        n, n_events = len(ids), len(events)
        self.events, self.ids = events, ids
        names = [name for _, name in steps()]
        self.phases = list(dict.fromkeys([NONE, *(step.phase_after for step in steps().values())]))
        self.kinds = list(dict.fromkeys(names))
        self.of = np.full((len(self.phases), len(self.kinds) + 1), -1)
        for number, (phase, name) in enumerate(steps()):
            self.of[self.phases.index(phase), self.kinds.index(name)] = number
        every = list(steps().values())
        self.after = np.array([self.phases.index(step.phase_after) for step in every])
        self.rule = np.array([step.level_rule for step in every])
        needs = sorted({need for step in every for need in step.needs})
        self.needs = {need: np.array([need in step.needs for step in every]) for need in needs}
        self.kind = pd.Index(self.kinds).get_indexer(pd.Index(events["event"]))
        self.at, self.end = _ticks(events["at"]), _ticks(events["ends_at"])
        self.level = events["level"].to_numpy(dtype=float, na_value=np.nan)
        self.text = {name: events[name].fillna("").astype(str).str.strip() for name in _TEXTS}
        self.given = {name: self.text[name].ne("").to_numpy() for name in _TEXTS}
        self.is_true = {
            name: events[name].eq(True).fillna(False).to_numpy(dtype=bool)
            for name in ("is_authorised", "effect_agrees", "has_consent")
        }
        who, _ = pd.factorize(pd.concat([self.text["who"], self.text["second"]]))
        self.who, self.second = who[:n_events], who[n_events:]
        self.is_other = self.given["other"] & (self.text["other"] != events["warning_id"]).to_numpy()
        self.phase, self.now = np.zeros(n, dtype=int), np.full(n, np.nan)
        self.proposer = np.full(n, -1)
        self.since, self.last, self.ends = (np.full(n, _NEVER) for _ in range(3))
        self.taken = np.zeros(n, dtype=int)

    def take(self, row: Whole, which: Whole) -> None:
        """The next event of some warnings."""
        step = self.of[self.phase[which], self.kind[row]]
        good = step >= 0
        good[good] = self._is_possible(row[good], which[good], step[good])
        if not good.all():
            self._refuse(row[~good], which[~good])
        after, level = self.after[step], self.level[row]
        moved = after != self.phase[which]
        first = which[self.phase[which] == 0]
        self.proposer[first] = self.who[row[self.phase[which] == 0]]
        self.phase[which] = after
        self.now[which] = np.where(np.isnan(level), self.now[which], level)
        self.since[which] = np.where(moved, self.at[row], self.since[which])
        self.last[which] = self.at[row]
        self.ends[which] = np.where(self.end[row] != _NEVER, self.end[row], self.ends[which])
        self.taken[which] += 1

    def _is_possible(self, row: Whole, which: Whole, step: Whole) -> Flags:
        at, end, now, level = self.at[row], self.end[row], self.now[which], self.level[row]
        good: Flags = self.given["who"][row] & (at >= self.last[which]) & ((end == _NEVER) | (end > at))
        rule, is_given = self.rule[step], ~np.isnan(level)
        good &= np.isin(level, LEVELS) | ~np.isin(rule, ("given", "higher", "lower"))
        good &= (rule != "same") | ~is_given | (level == now)
        good &= (rule != "none") | ~is_given
        good &= (rule != "higher") | (level > now)
        good &= (rule != "lower") | (level < now)
        held = np.where(np.isin(rule, ("same", "none")), now, level)
        met = {
            **{name: self.given[name][row] for name in ("reason", "evidence", "trigger")},
            "second": self.given["second"][row] & (self.second[row] != self.who[row]),
            "other_person": self.who[row] != self.proposer[which],
            "other_warning": self.is_other[row],
            "authorised": (held != _HIGHEST) | self.is_true["is_authorised"][row],
            "effect": self.is_true["effect_agrees"][row],
            "consent": self.is_true["has_consent"][row],
            "longer": (end != _NEVER) & ((self.ends[which] == _NEVER) | (end > self.ends[which])),
            "past_end": (self.ends[which] != _NEVER) & (at >= self.ends[which]),
        }
        for name, needed in self.needs.items():
            good &= ~needed[step] | met[name]
        return good

    def _refuse(self, rows: Whole, which: Whole) -> None:
        """Name everything that is wrong, in the words of one by one."""
        faults: list[Fault] = []
        for row, place in zip(rows[:_MOST_TOLD].tolist(), which[:_MOST_TOLD].tolist(), strict=True):
            found = event_faults(self._state(place), _event(self.events.iloc[row]))
            faults += found or [
                Fault(f"events[{row + 1}]", shown(self.events["event"].iloc[row]), "possible")
            ]
        refuse("events", faults)

    def _state(self, place: int) -> WarningState:
        level = self.now[place]
        proposer = self.proposer[place]
        return WarningState(
            warning_id=str(self.ids[place]),
            phase=self.phases[self.phase[place]],
            level=None if np.isnan(level) else int(level),
            proposed_by="" if proposer < 0 else self._name(int(proposer)),
            since=_moment(self.since[place]),
            last_at=_moment(self.last[place]),
            ends_at=_moment(self.ends[place]),
            n_events=int(self.taken[place]),
        )

    def _name(self, code: int) -> str:
        return str(self.text["who"].iloc[int(np.flatnonzero(self.who == code)[0])])

    def table(self) -> pd.DataFrame:
        """Where they stand."""
        moments = {"since": self.since, "last_at": self.last, "ends_at": self.ends}
        return pd.DataFrame(
            {
                "warning_id": self.ids,
                "phase": np.array(self.phases, dtype=object)[self.phase],
                "level": pd.array(self.now, dtype="Float64").astype("Int64"),
                **{name: _times(ticks) for name, ticks in moments.items()},
                "n_events": self.taken,
            }
        )


def _ticks(times: pd.Series) -> Whole:
    """Microseconds since 1970 in UTC; the least number for a missing time."""
    if times.isna().all():
        return np.full(len(times), _NEVER)
    if getattr(times.dtype, "tz", None) is None:
        refuse(
            "events", [Fault(f"events.{times.name}", shown(times.dtype), "a time with its offset from UTC")]
        )
    whole = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    found: Whole = np.where(np.isnat(whole), _NEVER, whole.astype(np.int64))
    return found


def _times(ticks: Whole) -> pd.Series:
    moments = ticks.astype("datetime64[us]")  # the least number is no time there either
    return pd.Series(moments).dt.tz_localize("UTC")


def _moment(ticks: Any) -> dt.datetime | None:
    return (
        None
        if ticks == _NEVER
        else dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(ticks))
    )


def _event(row: pd.Series) -> WarningEvent:
    given = {name: row[name] for name in COLUMNS}
    for name in ("at", "ends_at"):
        given[name] = None if pd.isna(given[name]) else given[name].to_pydatetime()
    for name in ("effect_agrees", "has_consent"):
        given[name] = None if pd.isna(given[name]) else bool(given[name])
    given |= {
        name: "" if pd.isna(given[name]) else str(given[name]) for name in (*_TEXTS, "event", "warning_id")
    }
    given["evidence"] = (given["evidence"],) if given["evidence"] else ()
    given["level"] = None if pd.isna(given["level"]) else given["level"]
    return WarningEvent(
        **(given | {"is_authorised": given["is_authorised"] is True or bool(given["is_authorised"])})
    )
