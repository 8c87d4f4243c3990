"""What the weekly list would have said on history: walked forward as of each day, under its budget."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.signals.evidence import KEYS, evidence
from riskkit.monitoring.signals.memory import STEPS, no_steps
from riskkit.monitoring.signals.ranking import decide

_SHOWN = ["points", "n_week", "expected", "rule_id", "rank", "state"]


def weekly_alarms(
    weekly: pd.DataFrame,
    *,
    days: Sequence[dt.date],
    budget: int,
    keys: Sequence[str] = KEYS,
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The alarms of each week, judged by what was known by then.

    Every alarm is taken as looked at on its day: the same combination is an alarm again on new evidence only.

    Parameters
    ----------
    weekly : DataFrame
        As of `evidence.weekly_counts` by the day of the report, over the whole history.
    days : sequence of date
        The days on which the list is drawn up, rising.
    budget : int
        Alarms a week, fixed beforehand.
    keys : sequence of str
        Columns that make a combination.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    DataFrame
        One row an alarm: ``on``, `keys`, signal_id, points, n_week, expected [reports], rule_id, rank, state.

    Raises
    ------
    InputFaults
        When a day is not later than the one before, and as of `evidence.evidence`.

    Examples
    --------
    >>> weeks = pd.date_range("2024-01-01", periods=110, freq="7D")
    >>> rows = pd.DataFrame({"hazard": "lead", "origin": "CN", "product_group": "toys", "week": weeks})
    >>> rows["n"] = 1
    >>> rows.loc[108:, "n"] = 30
    >>> found = weekly_alarms(rows, days=[dt.date(2026, 1, 25), dt.date(2026, 2, 1)], budget=3)
    >>> found[["n_week", "rule_id"]].values.tolist()
    [[30, 'rise']]
    """
    late = [k for k in range(1, len(days)) if days[k] <= days[k - 1]]
    rule = "later than the day before it"
    refuse("days", [Fault(f"days: {k}", shown(days[k]), rule) for k in late])
    steps, alarms = no_steps(), []
    for on in days:
        found = evidence(weekly, on=on, keys=keys, rules=rules)
        judged = decide(found, on=on, steps=steps, budget=budget, rules=rules)
        table = found.join(judged[[name for name in _SHOWN if name not in found]])
        table = table[(judged["decision"] == "alarm").to_numpy()].assign(on=pd.Timestamp(on))
        alarms.append(table)
        looked = table.assign(event="confirmed", at=pd.Timestamp(on), by="history", reason="walk-forward",
                              n_reports=table["n_all"])[list(STEPS)]  # fmt: skip
        steps = pd.concat([steps, looked.astype("object")], ignore_index=True)
    every = pd.concat(alarms, ignore_index=True)
    return every.sort_values(["on", "rank"], ignore_index=True)[["on", *keys, "signal_id", *_SHOWN]]


def lead_times(alarms: pd.DataFrame, events: pd.DataFrame, *, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """How long before an authority acted the first alarm of the same thing came.

    Parameters
    ----------
    alarms : DataFrame
        As of `weekly_alarms`.
    events : DataFrame
        ``event``, ``begins`` (alarms before it are of something else) and ``measure`` (day of the measure),
        and of `keys` those that an alarm must share; an empty cell fits anything.
    keys : sequence of str
        Columns of a combination.

    Returns
    -------
    DataFrame
        One row an event with its index: event, first_alarm (missing: never an alarm from its beginning on),
        lead_days [days before the measure; 0 where the first alarm came on its day or later, or never: a
        lead is censored at zero], outcome (``before``, ``late``, ``never``), n_alarms up to the measure.

    Raises
    ------
    InputFaults
        With every column that is missing, and every measure that is before the beginning.

    Examples
    --------
    >>> alarms = pd.DataFrame({"on": pd.to_datetime(["2020-10-04", "2020-10-18"]), "hazard": ["lead", "eto"]})
    >>> events = pd.DataFrame({"event": ["EtO"], "begins": ["2020-09-01"], "measure": ["2020-10-22"],
    ...                        "hazard": ["eto"]})
    >>> lead_times(alarms, events, keys=["hazard"])[["lead_days", "outcome"]].values.tolist()
    [[4, 'before']]
    """
    wanted = ["event", "begins", "measure", *keys]
    refuse("events", [Fault(f"events: {c}", "missing", "a column") for c in wanted if c not in events])
    days = events.assign(**{name: pd.to_datetime(events[name]) for name in ("begins", "measure")})
    wrong = days.index[~(days["begins"] <= days["measure"])]
    rule = "a day on or after the beginning"
    refuse("events", [Fault(f"events: row {k}: measure", shown(events["measure"][k]), rule) for k in wrong])
    rows = []
    for _, event in days.iterrows():
        asked = [name for name in keys if pd.notna(event[name]) and event[name] != ""]
        is_same = np.logical_and.reduce(
            [np.ones(len(alarms), dtype=bool), *(alarms[k] == event[k] for k in asked)]
        )
        mine = alarms.loc[is_same & (alarms["on"] >= event["begins"]).to_numpy(), "on"]
        lead = 0 if mine.empty else max(0, (event["measure"] - mine.min()).days)
        outcome = "never" if mine.empty else "before" if mine.min() < event["measure"] else "late"
        rows.append({"event": event["event"], "first_alarm": mine.min(), "lead_days": lead,
                     "outcome": outcome, "n_alarms": int((mine <= event["measure"]).sum())})  # fmt: skip
    return pd.DataFrame(rows, index=events.index)
