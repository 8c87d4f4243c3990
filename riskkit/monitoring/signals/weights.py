"""The points, limits and the budget behind the order of signals, from their table."""

from __future__ import annotations

import datetime as dt

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
    table = standards.table("signal_weights") if rules is None else rules
    rows = standards.in_force(table, on)
    found = pd.Series(
        rows["value"].to_numpy(dtype=float),
        index=pd.MultiIndex.from_arrays([rows["component"].astype("str"), rows["choice"].astype("str")]),
        dtype=float,
    )
    wanted = [(part, name) for part, names in _NEEDED.items() for name in names]
    faults = [
        Fault(f"signal weights on {on}: {' '.join(key)}", f"{(found.index == key).sum()} rows", "one row")
        for key in wanted
        if (found.index == key).sum() != 1
    ]
    refuse("signal weights", faults)
    return found
