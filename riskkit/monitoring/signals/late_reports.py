"""How late reports come after their event, and so how many of the newest weeks are still filling up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.monitoring.signals.weights import signal_weights
from riskkit.monitoring.surveillance.reporting_delay import completeness, counted_triangle

_WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True)
class ReportDelays:
    """By which day reports are counted, and what share of the newest weeks has come.

    Parameters
    ----------
    by : str
        ``event`` where the delays are known, otherwise ``report``.
    reason : str
        Why: ``known``, ``no_event_days`` (too few reports give both days) or ``short_history`` (too few
        reports or weeks to learn delays from).
    share_dated : float
        Share of the reports of the history that give both days, the event not after the report [0–1].
    completeness : Series of float
        By week of the event, share of its reports that has come so far [0–1]; empty for ``report``.
    n_back : int
        How many of the newest weeks are judged.
    """

    by: str
    reason: str
    share_dated: float
    completeness: pd.Series
    n_back: int


def report_delays(weeks: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> ReportDelays:
    """Whether reports are counted by the week of their event, with what is known of their delays.

    The day of the event is used where nearly all reports give it: counts by the day of the report smear a
    rise over the delays, and counts by the day of the event without regard to delays take every newest week
    for a quiet one. A report without the day of its event, or with one after the report, is taken as one
    without delay.

    Parameters
    ----------
    weeks : DataFrame
        ``event`` (Monday of the week of the event; missing where it is not known), ``report`` (Monday of the
        week of the report) and ``n`` [reports].
    on : date
        Only weeks that have ended by then are used.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    ReportDelays

    Raises
    ------
    InputFaults
        With every column that is missing.

    References
    ----------
    .. [1] Lawless (1994), Canadian Journal of Statistics 22:15 (``lawless_1994``); limits: component
       ``delay`` of ``signal_weights.csv`` (``riskkit_house``).

    Examples
    --------
    >>> monday = pd.date_range("2025-01-06", periods=60, freq="7D")
    >>> weeks = pd.concat([pd.DataFrame({"event": monday, "report": monday, "n": 2}),
    ...                    pd.DataFrame({"event": monday, "report": monday + pd.Timedelta(days=7), "n": 6})])
    >>> found = report_delays(weeks, on=dt.date(2026, 3, 1))
    >>> found.by, found.n_back, found.completeness.iloc[-2:].tolist()
    ('event', 1, [1.0, 0.25])
    """
    wanted = ("event", "report", "n")
    refuse("weeks", [Fault(f"weeks: {name}", "missing", "a column") for name in wanted if name not in weeks])
    limit = signal_weights(on=on, rules=rules)["delay"]
    last = pd.Timestamp(on) + pd.Timedelta(days=1)
    last -= pd.Timedelta(days=last.day_of_week + 7)
    known = weeks[(weeks["report"] <= last) & (weeks["report"] > last - limit["history"] * _WEEK)]
    is_dated = known["event"] <= known["report"]
    total = float(known["n"].sum())
    share = float(known["n"].where(is_dated, 0).sum() / total) if total else 0.0
    if share < limit["least_share"]:
        return _by_report("no_event_days", share)
    n_delays = int(limit["weeks"])
    counted = known.assign(event=known["event"].where(is_dated, known["report"]))
    counted = counted[counted["event"] > last - limit["history"] * _WEEK]
    is_short = total < limit["least_reports"] or known["report"].min() > last - n_delays * _WEEK
    if is_short or counted.empty:
        return _by_report("short_history", share)
    shares = completeness(counted_triangle(counted, on=on, n_delays=n_delays))
    if not np.isfinite(shares).all() or not shares.gt(0).all():
        return _by_report("short_history", share)
    n_open = int((shares < limit["complete"]).sum())
    return ReportDelays("event", "known", share, shares, max(1, min(n_open, int(limit["judged"]))))


def _by_report(reason: str, share: float) -> ReportDelays:
    return ReportDelays("report", reason, share, pd.Series(dtype=np.float64), 1)
