"""Whether the newest weeks of a series rise: one where reports come at once, several where they lag."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit.monitoring.disproportionality import corrected
from riskkit.monitoring.surveillance.weekly_scan import decide as weekly_alarms

_WEEK = pd.Timedelta(days=7)
_RISE = ["observed", "expected", "bound", "p_value", "rule_id", "reason", "is_alarm"]
_NAMES = {"observed": "n_week", "p_value": "p_rise", "rule_id": "rise_rule", "reason": "rise_reason"}


def rises(
    rows: pd.DataFrame, week: pd.Timestamp, *, exposure: pd.Series | None = None, n_back: int = 1
) -> pd.DataFrame:
    """The week of each series that stands out most among the newest ones.

    Parameters
    ----------
    rows : DataFrame
        ``pair`` (0, 1, …), ``week`` (its Monday), ``n`` [reports], ``is_faulty`` (of the whole series).
    week : Timestamp
        Monday of the newest week that has ended.
    exposure : Series, optional
        By week, share of the reports that have come so far; 1 by default and where it is not known.
    n_back : int
        How many weeks are judged, the newest and those before it.

    Returns
    -------
    DataFrame
        By pair: rise_week, n_week, expected, bound [reports], p_rise (times the number of weeks that were
        judged), rise_rule, rise_reason, is_alarm, q_rise (Benjamini–Hochberg over all series). What was not
        reported in a week cannot have risen in it, so its p is 1.

    References
    ----------
    .. [1] Noufaily et al. (2013) (``noufaily_2013``); Benjamini & Hochberg (1995)
       (``benjamini_hochberg_1995``); Lawless (1994) on right truncation (``lawless_1994``).

    Examples
    --------
    >>> weeks = pd.date_range("2025-01-06", periods=60, freq="7D")
    >>> rows = pd.DataFrame({"pair": 0, "week": weeks, "n": [2.0] * 58 + [14.0, 1.0], "is_faulty": False})
    >>> found = [rises(rows, weeks[-1], n_back=n).iloc[0] for n in (1, 2)]
    >>> [(int(row["n_week"]), bool(row["is_alarm"])) for row in found]
    [(1, False), (14, True)]
    """
    weeks = pd.date_range(rows["week"].min(), week, freq="7D")
    newest = weeks[::-1][:n_back]
    is_recent = rows["week"].isin(newest) & (rows["n"] > 0) & ~rows["is_faulty"]
    mine = rows[rows["pair"].isin(rows.loc[is_recent, "pair"].unique())]
    wide = mine.pivot_table(index="pair", columns="week", values="n", aggfunc="sum", observed=True)
    wide = wide.reindex(columns=weeks).fillna(0.0)
    shares = None if exposure is None else exposure.reindex(weeks).fillna(1.0)
    parts = [_of_week(wide, day, exposure=shares, size=int(rows["pair"].max()) + 1) for day in newest]
    every = pd.concat(parts, keys=range(len(parts)), names=["back", "pair"]).reset_index()
    every["p_value"] = np.minimum(every["p_value"] * len(parts), 1.0)
    order = every.assign(is_quiet=every["observed"].eq(0)).sort_values(
        ["pair", "p_value", "is_quiet", "back"]
    )
    found = order.drop_duplicates("pair").set_index("pair").drop(columns=["back", "is_quiet"])
    faulty = rows.loc[rows["is_faulty"], "pair"].unique()
    found.loc[faulty, ["observed", "expected", "bound", "p_value"]] = np.nan
    found.loc[faulty, "reason"], found.loc[faulty, "is_alarm"] = "not_a_count", False
    found["q_rise"] = corrected(found["p_value"])
    counted = found.astype({"observed": "Int64"})
    return counted.set_axis([_NAMES.get(str(name), str(name)) for name in counted], axis=1)


def _of_week(
    wide: pd.DataFrame, week: pd.Timestamp, *, exposure: pd.Series | None, size: int
) -> pd.DataFrame:
    """One week of every series, judged by what came before it; only those reported in it are worked out."""
    found = pd.DataFrame(
        {"observed": 0.0, "expected": np.nan, "bound": np.nan, "p_value": 1.0, "rule_id": "",
         "reason": "within_bound", "is_alarm": False},
        index=pd.RangeIndex(size),
    )  # fmt: skip
    active = wide.index[wide[week] > 0]
    if active.size:
        judged = weekly_alarms(
            wide.loc[active, :week], on=(week + pd.Timedelta(days=6)).date(), exposure=exposure
        )
        judged["is_alarm"] = judged["decision"].eq("alarm")
        judged["reason"] = judged["reason"].astype("str")
        found.loc[judged.index, _RISE] = judged[_RISE]
    return found.assign(rise_week=week)
