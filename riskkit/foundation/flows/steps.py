"""The steps of a kind of life: which may follow which, what each needs, who may take it, what is due then."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.flows.acts import Whole
from riskkit.foundation.flows.checks import CHECKS, Check
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse
from riskkit.foundation.standards.tables import records

BEGIN = "none"
"""The phase of a life in which nothing has happened yet."""
LastDays = Callable[[NDArray[np.datetime64], Whole, str], NDArray[np.datetime64]]


def _calendar_days(start: NDArray[np.datetime64], amount: Whole, unit: str) -> NDArray[np.datetime64]:
    refuse("flow", [] if unit == "day" else [Fault("due_unit", unit, "hour or day, or a calendar for it")])
    found: NDArray[np.datetime64] = start + amount.astype("timedelta64[D]")
    return found


@dataclass(frozen=True)
class Flow:
    """The steps of one kind of life, and how they are checked.

    Parameters
    ----------
    name : str
    steps : DataFrame
        phase_before, event, phase_after, needs (names of checks, with spaces between, ``name:argument``),
        roles (who may take it, with spaces between; empty for anybody), due_event, due_amount, due_unit
        (``hour``, ``day``, or what `last_days` knows), valid_from, valid_to; and if terms run from a step
        before, due_from (its event; empty for the step itself).
    checks : mapping of str to Check
    last_days : callable
        (first days, amounts, unit) → last days of terms; the first day does not count.

    Raises
    ------
    InputFaults
        With every check that is not known, and every step that stands twice on one day.

    Examples
    --------
    >>> rows = [["none", "opened", "open", "reason", "", "closed", 2, "day", "", ""],
    ...         ["open", "closed", "closed", "other_than:opened", "", "", None, "", "", ""]]
    >>> flow = Flow("x", pd.DataFrame(rows, columns=list(STEP_COLUMNS)))
    >>> flow.phases, flow.events
    (('none', 'open', 'closed'), ('opened', 'closed'))
    """

    name: str
    steps: pd.DataFrame
    checks: Mapping[str, Check] = field(default_factory=lambda: CHECKS)
    last_days: LastDays = _calendar_days

    def __post_init__(self) -> None:
        needs = {need for text in self.steps["needs"] for need in str(text).split()}
        faults = [
            Fault(f"{self.name}: needs", need, RuleText("one of {}", ", ".join(sorted(self.checks))))
            for need in sorted(needs)
            if need.partition(":")[0] not in self.checks
        ]
        known = {"", *self.events}
        faults += [
            Fault(f"{self.name}: due_from", name, one_of(name, self.events))
            for name in sorted({*self.due_from} - known)
        ]
        for k, start in enumerate(self.starts):
            rows = self.steps[self._in_force[k]]
            twice = rows[rows.duplicated(["phase_before", "event"])]
            faults += [
                Fault(f"{self.name}: {row['phase_before']}: {row['event']}", start, "one step on a day")
                for row in records(twice)
            ]
        refuse(self.name, faults)

    @functools.cached_property
    def phases(self) -> tuple[str, ...]:
        """All phases, the first one of nothing yet."""
        pairs = zip(self.steps["phase_before"], self.steps["phase_after"], strict=True)
        return tuple(dict.fromkeys([BEGIN, *(phase for pair in pairs for phase in pair)]))

    @functools.cached_property
    def events(self) -> tuple[str, ...]:
        """All events."""
        return tuple(dict.fromkeys(self.steps["event"]))

    @functools.cached_property
    def due_from(self) -> tuple[str, ...]:
        """Of each step the event from which the next term runs, empty for the step itself."""
        has = "due_from" in self.steps
        return tuple(self.steps["due_from"].fillna("").astype(str)) if has else ("",) * len(self.steps)

    @functools.cached_property
    def starts(self) -> tuple[str, ...]:
        """The first days of the periods in which the same steps are in force."""
        ends = [day for day in self.steps["valid_to"] if day]
        after = [str(np.datetime64(day, "D") + 1) for day in ends]
        return tuple(sorted({"0001-01-01", *(day for day in self.steps["valid_from"] if day), *after}))

    @functools.cached_property
    def _in_force(self) -> NDArray[np.bool_]:
        since, until = self.steps["valid_from"].to_numpy(str), self.steps["valid_to"].to_numpy(str)
        rows = [(since <= day) & ((until == "") | (until >= day)) for day in self.starts]
        return np.array(rows, dtype=np.bool_).reshape(len(self.starts), len(self.steps))

    @functools.cached_property
    def places(self) -> Whole:
        """(period, phase, event) → row of the step, -1 where there is none; the last event is any other."""
        found = np.full((len(self.starts), len(self.phases), len(self.events) + 1), -1)
        for row, step in enumerate(records(self.steps)):
            where = self.phases.index(step["phase_before"]), self.events.index(step["event"])
            found[self._in_force[:, row], where[0], where[1]] = row
        return found

    def may_follow(self, phase: str, on: dt.date) -> tuple[str, ...]:
        """The events that may follow a phase on a day."""
        period = int(np.searchsorted(np.array(self.starts), on.isoformat(), side="right")) - 1
        at = self.places[max(period, 0), self.phases.index(phase)]
        return tuple(event for event, row in zip(self.events, at, strict=False) if row >= 0)


STEP_COLUMNS = ("phase_before", "event", "phase_after", "needs", "roles", "due_event", "due_amount",
                "due_unit", "valid_from", "valid_to")  # fmt: skip
