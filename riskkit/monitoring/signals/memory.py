"""What was already looked at: a signal that was seen or judged opens again on new evidence only."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import floats
from riskkit.monitoring.signals.weights import signal_weights

EVENTS = ("seen", "confirmed", "dismissed")
STEPS = ("signal_id", "event", "at", "by", "reason", "n_reports", "points", "severity")
_STATES = {"seen": "open", "confirmed": "confirmed", "dismissed": "dismissed"}


def check_steps(steps: pd.DataFrame) -> pd.DataFrame:
    """The steps of signals, checked: who did what to which signal, when, and on what evidence.

    Parameters
    ----------
    steps : DataFrame
        signal_id, event (``seen``, ``confirmed``, ``dismissed``), at (a day or a time), by, reason, and the
        evidence of that day: n_reports [number], points; severity may be missing.

    Returns
    -------
    DataFrame
        The same in the order of `at`, equal times in their order.

    Raises
    ------
    InputFaults
        With every column that is missing, unknown event, time that is none, number that is none, and
        dismissal without a reason or a person.

    Examples
    --------
    >>> row = {"signal_id": "s1", "event": "dismissed", "at": "2026-01-05", "by": "Li", "reason": "",
    ...        "n_reports": 4, "points": 5.0, "severity": 2}
    >>> check_steps(pd.DataFrame([row]))
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: steps: 1 fault
      steps: row 0: reason: missing (required)
    """
    refuse("steps", [Fault(f"steps: {name}", "missing", "a column") for name in STEPS if name not in steps])
    rows = steps.reset_index(drop=True)
    at = pd.to_datetime(rows["at"], errors="coerce", format="ISO8601")
    words = rows[["by", "reason"]].fillna("").astype("str").apply(lambda text: text.str.strip())
    faults = []
    for k, event in enumerate(rows["event"]):
        if event not in EVENTS:
            faults.append(Fault(f"steps: row {k}: event", shown(event), one_of(str(event), EVENTS)))
        if pd.isna(at[k]):
            faults.append(Fault(f"steps: row {k}: at", shown(rows["at"][k]), "a day or time"))
        if event in ("confirmed", "dismissed"):
            faults += [
                Fault(f"steps: row {k}: {name}", "", "present") for name in words if not words[name][k]
            ]
    for name in ("n_reports", "points"):
        wrong = np.flatnonzero(np.isnan(floats(rows[name])))
        faults += [Fault(f"steps: row {k}: {name}", shown(rows[name][k]), "a number") for k in wrong]
    refuse("steps", faults)
    return rows.assign(at=at).sort_values("at", kind="stable", ignore_index=True)


def remembered(
    found: pd.DataFrame, steps: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What is known of each signal from earlier weeks, and whether new evidence opens it again.

    Parameters
    ----------
    found : DataFrame
        signal_id, n_all [reports], points, severity of today.
    steps : DataFrame
        As for `check_steps`; steps after `on` are not known yet.
    on : date
        The day of the question.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    DataFrame
        With the index of `found`: ``state`` (``new``; ``open``: seen, not judged; ``confirmed``;
        ``dismissed``; ``reopened``), ``judged_at``, ``judged_by``, ``judged_reason`` of the last judgement,
        ``n_since`` [reports since the last step] and ``reopened_by`` (``reports``: enough new reports *and*
        points; ``severity``: graver than it was; empty otherwise).

    Raises
    ------
    InputFaults
        As of `check_steps`.

    Examples
    --------
    >>> steps = pd.DataFrame([{"signal_id": "s1", "event": "dismissed", "at": "2026-01-05", "by": "Li",
    ...     "reason": "one firm", "n_reports": 4, "points": 5.0, "severity": 2}])
    >>> today = pd.DataFrame({"signal_id": ["s1", "s2"], "n_all": [5, 1], "points": [9.0, 2.0],
    ...     "severity": 2})
    >>> remembered(today, steps, on=dt.date(2026, 2, 1))["state"].tolist()
    ['dismissed', 'new']
    """
    past = check_steps(steps)
    end = pd.Timestamp(on, tz=past["at"].dt.tz) + pd.Timedelta(days=1)
    past = past[past["at"] < end]
    memory = signal_weights(on=on, rules=rules)["memory"]
    last = past.drop_duplicates("signal_id", keep="last").set_index("signal_id")
    judged = past[past["event"] != "seen"].drop_duplicates("signal_id", keep="last").set_index("signal_id")
    # a look at a judged signal changes nothing: the judgement counts until it is judged again
    counts = pd.concat([judged, last[~last.index.isin(judged.index)]])
    own = counts.reindex(found["signal_id"]).set_axis(found.index, axis=0)
    n_since = found["n_all"].astype("Float64") - floats(own["n_reports"])
    more = floats(found["points"]) - floats(own["points"])
    is_judged = own["event"].isin(["confirmed", "dismissed"])
    is_known = own["event"].notna()  # one that was seen and not judged must not grow unseen
    is_graver = is_known & (floats(found["severity"]) > floats(own["severity"]))
    is_more = is_known & n_since.ge(memory["reports"]).fillna(False) & (more >= memory["points"])
    state = own["event"].map(_STATES).fillna("new").mask(is_graver | is_more, "reopened")
    return pd.DataFrame(
        {
            "state": state.astype("str"),
            "judged_at": own["at"].where(is_judged),
            "judged_by": own["by"].where(is_judged),
            "judged_reason": own["reason"].where(is_judged),
            "n_since": n_since,
            "reopened_by": np.select([is_graver, is_more], ["severity", "reports"], ""),
        },
        index=found.index,
    )


def no_steps() -> pd.DataFrame:
    """The memory of a beginner: no step yet.

    Examples
    --------
    >>> no_steps().columns.tolist()[:2], len(no_steps())
    (['signal_id', 'event'], 0)
    """
    return pd.DataFrame({name: pd.Series(dtype="object") for name in STEPS})
