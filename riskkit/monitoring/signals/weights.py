"""The points, limits and the budget behind the order of signals, from their table."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.standards import standards

_NEEDED = {
    "rise": ("per_decade", "most"),
    "pair": ("per_decade", "most"),
    "severity": ("0", "1", "2", "3", "4", "unknown"),
    "novelty": ("hazard", "combination", "known", "unknown"),
    "exposure": ("growing", "steady", "unknown"),
    "limit": ("fdr", "least_reports", "new_days", "history_days", "growth", "trade_age", "budget"),
    "delay": ("least_share", "least_reports", "history", "weeks", "complete", "judged"),
    "memory": ("reports", "points", "reserved"),
}


def signal_weights(*, on: dt.date, rules: pd.DataFrame | None = None) -> pd.Series:
    """The values in force on a day.

    Parameters
    ----------
    on : date
        The day that is judged.
    rules : DataFrame, optional
        A table of one's own in the form of ``signal_weights.csv``.

    Returns
    -------
    Series of float
        By component and choice; units as in the table.

    Raises
    ------
    InputFaults
        With every value that is missing on that day, or stands twice.

    Examples
    --------
    >>> float(signal_weights(on=dt.date(2026, 1, 1))["severity", "4"])
    3.0
    """
    return _shipped(on).copy(deep=False) if rules is None else _weights(standards.in_force(rules, on), on)


@functools.lru_cache(maxsize=1024)
def _shipped(on: dt.date) -> pd.Series:
    return _weights(standards.table("signal_weights", on=on), on)


def _weights(rows: pd.DataFrame, on: dt.date) -> pd.Series:
    found = pd.Series(
        rows["value"].to_numpy(dtype=float),
        index=pd.MultiIndex.from_arrays([rows["component"].astype("str"), rows["choice"].astype("str")]),
        dtype=float,
    )
    wanted = [(part, name) for part, names in _NEEDED.items() for name in names]
    n_rows = Counter(found.index)
    faults = [
        Fault(f"signal weights on {on}: {' '.join(key)}", f"{n_rows[key]} rows", "one row")
        for key in wanted
        if n_rows[key] != 1
    ]
    refuse("signal weights", faults)
    return found
