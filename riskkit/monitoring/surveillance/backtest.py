"""What a detector is worth on history: outbreaks found, how soon, and alarms for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.rates.proportions import wilson

Detector = Callable[[pd.DataFrame, Iterable[object]], pd.DataFrame]


def walk_forward(
    counts: pd.DataFrame,
    outbreaks: pd.DataFrame,
    *,
    detectors: Mapping[str, Detector],
    at: pd.Index,
    periods_per_year: int = 52,
) -> pd.DataFrame:
    """Each detector judged period by period on series whose outbreaks are known.

    Parameters
    ----------
    counts : DataFrame
        One row a period, one column a series.
    outbreaks : DataFrame
        series, start, end (periods, both in the outbreak), one row an outbreak.
    detectors : mapping of str to callable
        Called with the counts up to the last period of `at` and `at` itself; gives series, period, is_alarm.
    at : Index
        The periods that are judged.
    periods_per_year : int
        To state false alarms a series and year.

    Returns
    -------
    DataFrame
        By detector: n_outbreaks (those that lie within `at`), n_detected (an alarm from start to end),
        p_detected with p_detected_lo, p_detected_hi (Wilson), periods_to_alarm (median over those
        detected; 0 is at once), n_quiet (series and periods outside every outbreak that were judged),
        n_false (alarms there), rate_false_per_series_year, n_false_per_detected, n_unknown (series and
        periods without an answer).

    Raises
    ------
    InputFaults
        With every outbreak of an unknown series or that ends before it starts.

    References
    ----------
    .. [1] Noufaily et al. (2013), Statistics in Medicine 32:1206 (``noufaily_2013``).

    Examples
    --------
    >>> counts = pd.DataFrame({"a": [1, 0, 2, 9, 8, 1]})
    >>> outbreaks = pd.DataFrame({"series": ["a"], "start": [3], "end": [4]})
    >>> def above_five(seen, at):
    ...     rows = seen.loc[at].stack().rename_axis(["period", "series"]).rename("n").reset_index()
    ...     return rows.assign(is_alarm=rows["n"] > 5)
    >>> walk_forward(counts, outbreaks, detectors={"five": above_five}, at=counts.index)[
    ...     ["p_detected", "periods_to_alarm", "n_quiet", "n_false"]].values.tolist()
    [[1.0, 0.0, 4.0, 0.0]]
    """
    faults = [
        Fault(f"outbreaks: row {row}: series", shown(name), "a series of the counts")
        for row, name in outbreaks["series"][~outbreaks["series"].isin(counts.columns)].items()
    ]
    late = outbreaks[outbreaks["end"] < outbreaks["start"]]
    faults += [
        Fault(f"outbreaks: row {row}: end", shown(end), "start or later") for row, end in late["end"].items()
    ]
    refuse("outbreaks", faults)
    seen = counts.loc[: at[-1]]
    rows = [
        _judged(detect(seen, at), outbreaks, at=at, names=counts.columns) for detect in detectors.values()
    ]
    found = pd.DataFrame(rows, index=pd.Index(list(detectors), name="detector"))
    interval = wilson(found["n_detected"], found["n_outbreaks"])
    found["p_detected"] = found["n_detected"] / found["n_outbreaks"]
    found["p_detected_lo"], found["p_detected_hi"] = interval.lo, interval.hi
    found["rate_false_per_series_year"] = found["n_false"] / found["n_quiet"] * periods_per_year
    found["n_false_per_detected"] = found["n_false"] / found["n_detected"].where(found["n_detected"] > 0)
    return found


def _judged(
    alarms: pd.DataFrame, outbreaks: pd.DataFrame, *, at: pd.Index, names: pd.Index
) -> dict[str, float]:
    alarms = alarms[alarms["period"].isin(at)]
    columns = names.get_indexer(pd.Index(alarms["series"].to_numpy()))
    is_alarm, is_known, is_quiet = (np.zeros((len(at), len(names)), dtype=np.bool_) for _ in range(3))
    cells = at.get_indexer(pd.Index(alarms["period"])), columns
    is_alarm[cells] = alarms["is_alarm"].fillna(False).astype(bool)
    is_known[cells] = alarms["is_alarm"].notna()
    is_quiet[:] = True
    for series, start, end in outbreaks[["series", "start", "end"]].itertuples(index=False):
        is_quiet[np.asarray((at >= start) & (at <= end)), names.get_loc(series)] = False
    waits = outbreak_waits(alarms, outbreaks, at=at)["wait"]
    quiet = is_quiet & is_known
    return {
        "n_outbreaks": len(waits),
        "n_detected": int(waits.notna().sum()),
        "periods_to_alarm": float(waits.median()),
        "n_quiet": int(quiet.sum()),
        "n_false": int((quiet & is_alarm).sum()),
        "n_unknown": int((~is_known).sum()),
    }


def outbreak_waits(alarms: pd.DataFrame, outbreaks: pd.DataFrame, *, at: pd.Index) -> pd.DataFrame:
    """How long each outbreak ran before its first alarm.

    Parameters
    ----------
    alarms : DataFrame
        series, period, is_alarm (missing: no answer), of one detector.
    outbreaks : DataFrame
        series, start, end (periods, both in the outbreak) and any further columns.
    at : Index
        The periods that were judged.

    Returns
    -------
    DataFrame
        The outbreaks that lie within `at`, with their index, and ``wait``: periods from the start to the
        first alarm up to the end [0 is at once]; missing where there was none.

    Examples
    --------
    >>> alarms = pd.DataFrame({"series": "a", "period": range(4), "is_alarm": [True, False, True, True]})
    >>> outbreaks = pd.DataFrame({"series": ["a", "a"], "start": [1, 0], "end": [3, 9]})
    >>> outbreak_waits(alarms, outbreaks, at=pd.RangeIndex(4))["wait"].tolist()
    [1.0]
    """
    within = outbreaks[(outbreaks["start"] >= at[0]) & (outbreaks["end"] <= at[-1])]
    hits = alarms[alarms["is_alarm"].fillna(False).astype(bool) & alarms["period"].isin(at)]
    hits = hits[["series", "period"]].astype({"series": outbreaks["series"].dtype})
    pairs = within[["series", "start", "end"]].rename_axis("place").reset_index().merge(hits, on="series")
    pairs = pairs[(pairs["period"] >= pairs["start"]) & (pairs["period"] <= pairs["end"])]
    first = pairs.groupby("place")["period"].min().reindex(within.index)
    found = first.notna().to_numpy()
    wait = pd.Series(np.nan, index=within.index)
    wait[found] = at.get_indexer(pd.Index(first[found])) - at.get_indexer(pd.Index(within["start"][found]))
    table: pd.DataFrame = within.assign(wait=wait)
    return table


def detection_curve(waits: pd.Series, *, n_periods: int) -> pd.DataFrame:
    """The probability that an outbreak is found by so many periods after its start.

    Parameters
    ----------
    waits : Series of float
        As of `outbreak_waits`; an outbreak that was never found stays in the denominator.
    n_periods : int
        Length of the curve [periods].

    Returns
    -------
    DataFrame
        By ``periods`` from 0: n_detected, p_detected with p_detected_lo, p_detected_hi (Wilson, 95 %).

    Examples
    --------
    >>> detection_curve(pd.Series([0.0, 2.0, None, None]), n_periods=3)["p_detected"].tolist()
    [0.25, 0.25, 0.5]
    """
    found = np.array([(waits <= k).sum() for k in range(n_periods)], dtype=np.int64)
    interval = wilson(found, np.full(n_periods, len(waits)))
    share = found / len(waits) if len(waits) else np.full(n_periods, np.nan)
    columns = {"n_detected": found, "p_detected": share}
    columns |= {"p_detected_lo": np.asarray(interval.lo), "p_detected_hi": np.asarray(interval.hi)}
    return pd.DataFrame(columns, index=pd.RangeIndex(n_periods, name="periods"))


def operating_curve(
    strengths: pd.DataFrame, outbreaks: pd.DataFrame, *, at: pd.Index, cuts: Iterable[float]
) -> pd.DataFrame:
    """What a detector finds, and what that costs in false alarms, at each bound it could have had.

    Parameters
    ----------
    strengths : DataFrame
        series, period and ``strength`` (more is more conspicuous; missing: no answer), of one detector.
    outbreaks : DataFrame
        series, start, end.
    at : Index
        The periods that are judged.
    cuts : iterable of float
        Bounds; an alarm is a strength of at least the bound.

    Returns
    -------
    DataFrame
        One row a bound: ``cut``, n_outbreaks, n_detected, p_detected, n_quiet, n_false and rate_false (false
        alarms a quiet series and period).

    Examples
    --------
    >>> rows = pd.DataFrame({"series": "a", "period": range(4), "strength": [1.0, 0.0, 3.0, 2.0]})
    >>> outbreaks = pd.DataFrame({"series": ["a"], "start": [2], "end": [3]})
    >>> found = operating_curve(rows, outbreaks, at=pd.RangeIndex(4), cuts=[1, 3])
    >>> found[["p_detected", "rate_false"]].values.tolist()
    [[1.0, 0.5], [1.0, 0.0]]
    """
    names = pd.Index(pd.unique(strengths["series"].astype(outbreaks["series"].dtype)))
    rows = []
    for cut in cuts:
        is_alarm = (strengths["strength"] >= cut).astype("boolean").mask(strengths["strength"].isna())
        alarms = strengths[["series", "period"]].assign(is_alarm=is_alarm)
        judged = _judged(alarms, outbreaks, at=at, names=names)
        rows.append({"cut": float(cut)} | {name: judged[name] for name in _COUNTS})
    found = pd.DataFrame(rows)
    found["p_detected"] = found["n_detected"] / found["n_outbreaks"].where(found["n_outbreaks"] > 0)
    found["rate_false"] = found["n_false"] / found["n_quiet"].where(found["n_quiet"] > 0)
    return found


_COUNTS = ("n_outbreaks", "n_detected", "n_quiet", "n_false")
