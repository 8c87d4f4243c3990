"""Many lives folldue immediately, in columns, one act of each at a time."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.flows.acts import NEVER, Acts, Flags, Whole, ticks_of
from riskkit.foundation.flows.checks import BUILT_IN, Turn
from riskkit.foundation.flows.steps import Flow
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

UNCHANGED = "unchanged"
"""In `due_event`: what was due stays due although the phase changes."""
NEEDED = ("subject", "event", "at", "who")
_HOUR, _DAY, _CHINA = 3_600_000_000, 86_400_000_000, 8 * 3_600_000_000  # [µs]
_MOST_NAMED = 20  # lives whose faults are listed


def lives_of(acts: pd.DataFrame, flow: Flow) -> Lives:
    """Follow all lives, each as far as it is possible.

    Raises
    ------
    InputFaults
        When a column is missing or a cell cannot be read.

    Examples
    --------
    >>> from riskkit.foundation.flows.steps import STEP_COLUMNS
    >>> flow = Flow("x", pd.DataFrame([["none", "opened", "open", "reason", "", "", None, "", "", ""]],
    ...             columns=list(STEP_COLUMNS)))
    >>> at = pd.Timestamp("2026-05-01T09:00+08:00")
    >>> acts = pd.DataFrame([{"subject": "a", "event": "opened", "at": at, "who": "Li"}])
    >>> [fault.place for fault in lives_of(acts, flow).faults]
    ['a[1].opened.reason']
    """
    missing = [name for name in NEEDED if name not in acts.columns]
    refuse(flow.name, [Fault(f"acts.{name}", "missing", "a column") for name in missing])
    code, subjects = pd.factorize(acts["subject"])
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    lengths = np.diff(np.append(starts, len(order)))
    lives = Lives(Acts(acts, what=flow.name), flow, pd.Index(subjects))
    for turn in range(int(lengths.max(initial=0))):
        which = np.flatnonzero((lengths > turn) & ~lives.is_stopped)
        lives.take(order[starts[which] + turn], which)
    return lives


class Lives:
    """Where lives stand, in columns, moved one act of each life at a time."""

    def __init__(self, acts: Acts, flow: Flow, subjects: pd.Index) -> None:
        n = len(subjects)
        self.acts, self.flow, self.subjects = acts, flow, subjects
        steps = flow.steps
        self.after = np.array([flow.phases.index(name) for name in steps["phase_after"]], dtype=np.int64)
        self.needs = {
            need: np.array([need in str(text).split() for text in steps["needs"]], dtype=np.bool_)
            for need in dict.fromkeys(" ".join(steps["needs"].astype(str)).split())
        }
        self.due_event = steps["due_event"].to_numpy(object)
        self.due_amount = pd.to_numeric(steps["due_amount"]).fillna(0).to_numpy(np.int64)
        self.due_unit = steps["due_unit"].to_numpy(object)
        self.due_from = pd.Index(flow.events).get_indexer(pd.Index(flow.due_from))
        self.roles = (*steps["roles"].astype(str), "")
        self.kind = pd.Index(flow.events).get_indexer(pd.Index(acts.texts("event")))
        days = (acts.at + _CHINA) // _DAY
        self.day = days.astype("datetime64[D]")
        first = np.array(flow.starts, dtype="datetime64[D]")
        self.period = np.maximum(np.searchsorted(first, self.day, side="right") - 1, 0)
        self.phase, self.taken = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.since, self.last = np.full(n, -1), np.full(n, -1)
        self.did = np.full((len(flow.events), n), -1)
        self.gave = {name: np.full(n, -1) for name in acts.carried}
        self.due, self.due_at = np.full(n, "", dtype=object), np.full(n, NEVER)
        self.is_stopped = np.zeros(n, dtype=np.bool_)
        self.found: list[tuple[int, Fault]] = []

    @property
    def faults(self) -> list[Fault]:
        """What keeps the first impossible act of each life from being taken."""
        return [fault for _, fault in self.found]

    def take(self, row: Whole, which: Whole) -> None:
        """The next act of some lives; a life whose act is impossible stops before it."""
        step = self.flow.places[self.period[row], self.phase[which], self.kind[row]]
        good = self._possible(row, which, step)
        for at, place in zip(row[~good].tolist(), which[~good].tolist(), strict=True):
            if len({number for number, _ in self.found}) < _MOST_NAMED:
                self.found += [(at, fault) for fault in self._faults(at, place)]
        self.is_stopped[which[~good]] = True
        row, which, step = row[good], which[good], step[good]
        moved = self.after[step] != self.phase[which]
        self.phase[which] = self.after[step]
        self.since[which] = np.where(moved | (self.since[which] < 0), row, self.since[which])
        self.last[which], self.did[self.kind[row], which] = row, row
        for name, last in self.gave.items():
            is_given = self.acts.given(name)[row]
            last[which[is_given]] = row[is_given]
        self._set_due(row, which, step=step, moved=moved)
        self.taken[which] += 1

    def _possible(self, row: Whole, which: Whole, step: Whole) -> Flags:
        turn = self._turn(row, which, step)
        good: Flags = step >= 0
        for check in BUILT_IN.values():
            good &= check.holds(turn, "")
        for need, is_needed in self.needs.items():
            name, _, argument = need.partition(":")
            asked = is_needed[step] & (step >= 0)
            if asked.any():
                good &= ~asked | self.flow.checks[name].holds(turn, argument)
        return good

    def _turn(self, row: Whole, which: Whole, step: Whole) -> Turn:
        events = self.flow.events
        return Turn(
            acts=self.acts, row=row, last=self.last[which], step=step % len(self.roles), roles=self.roles,
            held={name: last[which] for name, last in self.gave.items()},
            did={name: self.did[k, which] for k, name in enumerate(events)},
        )  # fmt: skip

    def _faults(self, row: int, place: int) -> list[Fault]:
        """All that is wrong with one act."""
        rows, which = np.array([row]), np.array([place])
        step = self.flow.places[self.period[rows], self.phase[which], self.kind[rows]]
        event = self.acts.texts("event")[row]
        what = f"{self.subjects[place]}[{self.taken[place] + 1}].{event}"
        turn, phase = self._turn(rows, which, step), self.flow.phases[self.phase[place]]
        faults = []
        needs = str(self.flow.steps["needs"].iloc[step[0]]).split() if step[0] >= 0 else []
        if step[0] < 0:
            on = dt.date.fromisoformat(str(self.day[row])) if self.acts.at[row] != NEVER else dt.date.min
            may = ", ".join(self.flow.may_follow(phase, on)) or "nothing"
            faults.append(Fault(what, phase, RuleText("a step that may follow {}: {}", phase, may)))
        pairs = [(check, "") for check in BUILT_IN.values()]
        pairs += [(self.flow.checks[need.partition(":")[0]], need.partition(":")[2]) for need in needs]
        for check, argument in pairs:
            if not check.holds(turn, argument)[0]:
                name = check.field.format(argument)
                rule = RuleText(check.rule, argument or turn.roles[turn.step[0]].replace(" ", ", "))
                faults.append(Fault(f"{what}.{name}", shown(self.acts.cell(name, row)), rule))
        return faults

    def _set_due(self, row: Whole, which: Whole, *, step: Whole, moved: Flags) -> None:
        """What is due next: of the step, at the moment the act names or else when its term is over."""
        names = self.due_event[step]
        is_named = (names != "") & (names != UNCHANGED)
        self.due[which] = np.where(is_named | (moved & (names == "")), names, self.due[which])
        ends = np.full(len(row), NEVER)
        for unit in set(self.due_unit[step[is_named]]) - {""}:
            some = np.flatnonzero(is_named & (self.due_unit[step] == unit))
            source = self.due_from[step[some]]
            before = np.where(source < 0, -1, self.did[source, which[some]])
            amount, at = self.due_amount[step[some]], np.where(before < 0, row[some], before)
            if unit == "hour":
                ends[some] = self.acts.at[at] + amount * _HOUR
            else:
                last = self.flow.last_days(self.day[at], amount, str(unit))
                known = last.astype("datetime64[D]").astype(np.int64) * _DAY + _DAY - 1 - _CHINA
                ends[some] = np.where(np.isnat(last), NEVER, known)
        own = self.acts.moments("due_at")[row]
        stays = (names == UNCHANGED) | ((names == "") & ~moved)
        fresh = np.where(stays, self.due_at[which], ends)
        self.due_at[which] = np.where((own != NEVER) & (self.due[which] != ""), own, fresh)

    def table(self) -> pd.DataFrame:
        """Where they stand."""
        at = self.acts.at
        moments = {"since": at[self.since], "last_at": at[self.last], "due_at": self.due_at}
        held = {
            name: self.acts.last_values(name, last) for name, last in self.gave.items() if name != "due_at"
        }
        return pd.DataFrame(
            {
                "subject": self.subjects,
                "phase": np.array(self.flow.phases, dtype=object)[self.phase],
                **{name: ticks_of(ticks) for name, ticks in moments.items()},
                "due_event": self.due,
                "last_by": self.acts.texts("who")[self.last],
                "n_acts": self.taken,
                **held,
            }
        )
