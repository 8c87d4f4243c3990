"""What is not reported yet: how late reports come, and what the newest weeks will count in the end."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.monitoring.surveillance.prediction_bounds import negative_binomial_bound


def reporting_triangle(events: pd.Series, reports: pd.Series, *, on: dt.date, n_delays: int) -> pd.DataFrame:
    """Reports by the week of the event and the number of weeks until they came, as known on a day.

    Parameters
    ----------
    events, reports : Series of datetime
        Day of each event and of its report. Reports after `on` are not known yet; a record without
        either day is left out.
    on : date
        Weeks that had not ended by then are left out.
    n_delays : int
        Columns; longer delays count in the last one.

    Returns
    -------
    DataFrame
        One row a week (its Monday), columns 0 … ``n_delays - 1`` [weeks]; NaN where that delay has not
        passed yet.

    Raises
    ------
    InputFaults
        With every report that is earlier than its event, or when nothing is known.

    Examples
    --------
    >>> days = pd.to_datetime(pd.Series(["2026-01-05", "2026-01-06", "2026-01-13"]))
    >>> came = pd.to_datetime(pd.Series(["2026-01-07", "2026-01-14", "2026-01-14"]))
    >>> reporting_triangle(days, came, on=dt.date(2026, 1, 18), n_delays=2).values.tolist()
    [[1.0, 1.0], [1.0, nan]]
    """
    event, report = (pd.to_datetime(part).dt.normalize() for part in (events, reports))
    early = [
        Fault(
            f"row {row}: report",
            shown(reports[row]),
            RuleText("a day from the event on ({})", f"{events[row]:%Y-%m-%d}"),
        )
        for row in event.index[report < event]
    ]
    refuse("reports", early + ([] if n_delays >= 2 else [Fault("n_delays", shown(n_delays), "2 or more")]))
    weeks = pd.DataFrame({"event": _monday(event), "report": _monday(report), "n": 1}).dropna()
    return counted_triangle(weeks, on=on, n_delays=n_delays)


def counted_triangle(weeks: pd.DataFrame, *, on: dt.date, n_delays: int) -> pd.DataFrame:
    """The triangle of `reporting_triangle` from reports that are counted already, as a register counts them.

    Parameters
    ----------
    weeks : DataFrame
        ``event``, ``report`` (the Mondays of the two weeks; the report not earlier) and ``n`` [reports].
    on : date
        Weeks that had not ended by then are left out.
    n_delays : int
        Columns; longer delays count in the last one.

    Returns
    -------
    DataFrame
        As of `reporting_triangle`.

    Raises
    ------
    InputFaults
        When no report came in a week that ended by `on`.

    Examples
    --------
    >>> monday = pd.to_datetime(["2026-01-05", "2026-01-05", "2026-01-12"])
    >>> weeks = pd.DataFrame({"event": monday, "report": monday[[0, 2, 2]], "n": [4, 2, 3]})
    >>> counted_triangle(weeks, on=dt.date(2026, 1, 18), n_delays=2).values.tolist()
    [[4.0, 2.0], [3.0, nan]]
    """
    last = pd.Timestamp(on) + pd.Timedelta(days=1)
    last -= pd.Timedelta(days=last.day_of_week + 7)
    known = weeks[weeks["report"] <= last]
    rule = RuleText("a report in a week that ended by {}", on)
    refuse("reports", [Fault("reports", "none", rule)] if known.empty else [])
    delay = ((known["report"] - known["event"]).dt.days // 7).clip(upper=n_delays - 1)
    rows = pd.date_range(known["event"].min(), last, freq="7D", name="week")
    table = known["n"].groupby([known["event"], delay]).sum().unstack(fill_value=0)
    table = table.reindex(index=rows, columns=pd.RangeIndex(n_delays), fill_value=0)
    age = np.arange(len(rows))[::-1]
    return table.astype(float).where(np.arange(n_delays) <= age[:, None])


def _monday(days: pd.Series) -> pd.Series:
    monday: pd.Series = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return monday


def completeness(triangle: pd.DataFrame) -> pd.Series:
    """Which share of the reports of each week has come so far.

    The share that comes by each delay is estimated backwards: of what came by delay d, how much came at d,
    over the weeks that can be judged. So weeks that are not complete count for what they show (right
    truncation). It is the `exposure` that lets a detector judge the newest weeks fairly.

    Parameters
    ----------
    triangle : DataFrame
        From `reporting_triangle`.

    Returns
    -------
    Series of float
        By week; NaN where no week shows what comes later.

    References
    ----------
    .. [1] Lawless (1994), Canadian Journal of Statistics 22:15 (``lawless_1994``).

    Examples
    --------
    >>> triangle = pd.DataFrame([[6.0, 4.0], [12.0, 8.0], [9.0, np.nan]])
    >>> completeness(triangle).round(3).tolist()
    [1.0, 1.0, 0.6]
    """
    cells = triangle.to_numpy(dtype=np.float64)
    by_delay = np.cumsum(cells, axis=1)
    is_seen = np.isfinite(by_delay)
    at, by = (np.where(is_seen, part, 0.0).sum(axis=0) for part in (cells, by_delay))
    with np.errstate(invalid="ignore", divide="ignore"):
        stays = 1 - np.where(by > 0, at / by, np.nan)
    share = np.append(np.cumprod(stays[:0:-1])[::-1], 1.0)
    return pd.Series(share[is_seen.sum(axis=1) - 1], index=triangle.index, name="completeness")


def nowcast(triangle: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """What each week will count once all its reports are in.

    Parameters
    ----------
    triangle : DataFrame
        From `reporting_triangle`.
    level : float
        Probability that the interval holds, given the shares, between 0 and 1.

    Returns
    -------
    DataFrame
        By week: n_reported, completeness, n_expected, n_lo, n_hi. What is still to come is negative
        binomial (n_reported + ½, completeness); missing where the completeness is unknown or 0.

    Raises
    ------
    ValueError
        When `level` is not between 0 and 1.

    References
    ----------
    .. [1] Lawless (1994), Canadian Journal of Statistics 22:15 (``lawless_1994``).

    Examples
    --------
    >>> found = nowcast(pd.DataFrame([[6.0, 4.0], [12.0, 8.0], [9.0, np.nan]]))
    >>> found.iloc[-1].round(2).tolist()
    [9.0, 0.6, 15.33, 10.0, 23.0]
    """
    if not 0 < level < 1:
        raise ValueError(f"level lies between 0 and 1, not {shown(level)}")
    n, share = triangle.sum(axis=1), completeness(triangle)
    p = share.where(share > 0).to_numpy()
    to_come = ((n + 0.5) * (1 - p) / p).to_numpy()
    tails = ((1 + level) / 2, (1 - level) / 2)
    with np.errstate(invalid="ignore"):
        lo, hi = (negative_binomial_bound(to_come, to_come, phi=1 / p, alpha=tail)[0] for tail in tails)
    return pd.DataFrame(
        {"n_reported": n, "completeness": share, "n_expected": n + to_come, "n_lo": n + lo, "n_hi": n + hi}
    )
