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
    waits, n_within = [], 0
    for series, start, end in outbreaks[["series", "start", "end"]].itertuples(index=False):
        during = np.asarray((at >= start) & (at <= end))
        column = names.get_loc(series)
        is_quiet[during, column] = False
        if at[0] <= start and end <= at[-1]:
            n_within += 1
            hits = np.flatnonzero(is_alarm[during, column])
            waits += [int(hits[0])] if hits.size else []
    quiet = is_quiet & is_known
    return {
        "n_outbreaks": n_within,
        "n_detected": len(waits),
        "periods_to_alarm": float(np.median(waits)) if waits else np.nan,
        "n_quiet": int(quiet.sum()),
        "n_false": int((quiet & is_alarm).sum()),
        "n_unknown": int((~is_known).sum()),
    }
