"""Where lives stand after their acts; what keeps a proposed act from being recorded; what is due.

A flow is a table of steps and named checks (`riskkit.foundation.flows.steps`). A life is the table of its
acts. All lives are folldue immediately, in columns; an act that is only proposed is checked by the same code
before it is recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from riskkit.foundation.flows.acts import Acts
from riskkit.foundation.flows.lives import lives_of
from riskkit.foundation.flows.steps import Flow
from riskkit.foundation.inputs.faults import Fault, refuse, shown


def replay(acts: pd.DataFrame, flow: Flow) -> pd.DataFrame:
    """Where every life stands after all its acts, each of them checked.

    Parameters
    ----------
    acts : DataFrame
        One row an act, in the order in which they were recorded: subject, event, at (with its offset), who;
        and if known role, reason, evidence, due_at and whatever else the checks look at. A missing cell or
        empty text is nothing given. Names that begin with ``n_``, ``rate_``, ``is_``, ``has_`` (and level,
        effect_agrees) are numbers or flags, names that end with ``_at`` moments, all others texts.
    flow : Flow

    Returns
    -------
    DataFrame
        One row a life, in the order of their first acts: subject, phase, since, last_at, last_by, due_event,
        due_at (the last moment in time; missing where nothing is due or the calendar is not published),
        n_acts, and each further column of `acts` with the last value given in the life.

    Raises
    ------
    InputFaults
        With everything that is wrong with the first impossible act of each life, for some of them.

    Examples
    --------
    >>> from riskkit.foundation.flows.steps import STEP_COLUMNS
    >>> rows = [["none", "opened", "open", "reason", "", "closed", 2, "day", "", ""],
    ...         ["open", "closed", "closed", "other_than:opened", "", "", None, "", "", ""]]
    >>> flow = Flow("x", pd.DataFrame(rows, columns=list(STEP_COLUMNS)))
    >>> at = pd.Timestamp("2026-05-01T09:00+08:00")
    >>> acts = pd.DataFrame([{"subject": "a", "event": "opened", "at": at, "who": "Li", "reason": "r"}])
    >>> replay(acts, flow)[["phase", "due_event"]].values.tolist(), str(replay(acts, flow)["due_at"].iloc[0])
    ([['open', 'closed']], '2026-05-03 15:59:59.999999+00:00')
    """
    lives = lives_of(acts, flow)
    refuse(flow.name, lives.faults)
    return lives.table()


def act_faults(before: pd.DataFrame, proposed: pd.DataFrame, flow: Flow) -> list[Fault]:
    """Everything that keeps one proposed act from being recorded after those before it.

    Parameters
    ----------
    before : DataFrame
        The acts of the same subject so far, as for `replay`; may be empty.
    proposed : DataFrame
        One row.
    flow : Flow

    Raises
    ------
    InputFaults
        When the acts before it are impossible themselves.

    Examples
    --------
    >>> from riskkit.foundation.flows.steps import STEP_COLUMNS
    >>> rows = [["none", "opened", "open", "reason evidence", "", "", None, "", "", ""]]
    >>> flow = Flow("x", pd.DataFrame(rows, columns=list(STEP_COLUMNS)))
    >>> at = pd.Timestamp("2026-05-01T09:00+08:00")
    >>> act = pd.DataFrame([{"subject": "a", "event": "opened", "at": at, "who": ""}])
    >>> [fault.place for fault in act_faults(act.iloc[:0], act, flow)]
    ['a[1].opened.who', 'a[1].opened.reason', 'a[1].opened.evidence']
    """
    both = pd.concat([before, proposed], ignore_index=True) if len(before) else proposed
    lives = lives_of(both, flow)
    early = [fault for number, fault in lives.found if number < len(before)]
    refuse(flow.name, early)
    return lives.faults


def standing(
    acts: pd.DataFrame, flow: Flow, *, now: dt.datetime, phases: Mapping[str, bool] | None = None
) -> pd.DataFrame:
    """Where every life stands at a moment, what is due and what is overdue.

    Parameters
    ----------
    acts, flow
        As of `replay`; acts after `now` are not looked at.
    now : datetime
        With its offset.
    phases : mapping of str to bool, optional
        Phase → whether a life is open in it; otherwise a life is open while any step may follow.

    Returns
    -------
    DataFrame
        As of `replay`, and is_open, is_overdue (something is due and its last moment has passed), days_left
        (to that moment, rounded down; missing where nothing is due).

    Raises
    ------
    InputFaults
        As of `replay`.

    Examples
    --------
    >>> from riskkit.foundation.flows.steps import STEP_COLUMNS
    >>> rows = [["none", "opened", "open", "reason", "", "closed", 2, "day", "", ""],
    ...         ["open", "closed", "closed", "other_than:opened", "", "", None, "", "", ""]]
    >>> flow = Flow("x", pd.DataFrame(rows, columns=list(STEP_COLUMNS)))
    >>> at = pd.Timestamp("2026-05-01T09:00+08:00")
    >>> acts = pd.DataFrame([{"subject": "a", "event": "opened", "at": at, "who": "Li", "reason": "r"}])
    >>> found = standing(acts, flow, now=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))
    >>> found[["is_open", "is_overdue", "days_left"]].values.tolist()
    [[True, True, -1]]
    """
    moment = pd.Timestamp(now)
    refuse(
        flow.name, [Fault("now", shown(now), "a time with its offset from UTC")] if moment.tz is None else []
    )
    at = Acts(acts, what=flow.name).at if len(acts) else np.zeros(0, np.int64)
    is_past = at <= int(moment.as_unit("us").asm8.astype("int64"))
    found = replay(acts if is_past.all() else acts[is_past], flow)
    leads = dict.fromkeys(flow.steps["phase_before"], True) if phases is None else phases
    found["is_open"] = found["phase"].isin([phase for phase, is_open in leads.items() if is_open])
    is_due = found["is_open"] & found["due_at"].notna()
    found["is_overdue"] = is_due & (found["due_at"] < moment)
    left = (found["due_at"] - moment) // pd.Timedelta(days=1)
    found["days_left"] = left.where(is_due).astype("Int64")
    return found
