"""Rates of nonconformity by any grouping of a table, with intervals and what is not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.monitoring.rates.proportions import interval

COUNTS = (
    NumberColumn("n_tested", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_nonconforming", low=0, is_whole=True, may_miss=True),
)


def read_counts(
    table: pd.DataFrame, *, what: str, keys: Sequence[str] = (), further: Sequence[NumberColumn] = ()
) -> dict[str, Floats]:
    """The counts of a table as floats, with nonconforming never above tested.

    Parameters
    ----------
    table : DataFrame
        n_tested, n_nonconforming (whole, from 0 up, or missing), and `keys`.
    what : str
        The table's name in the faults.
    keys : sequence of str
        Further columns that must be there.
    further : sequence of NumberColumn
        Further columns of numbers to read.

    Returns
    -------
    dict of str to ndarray of float

    Raises
    ------
    InputFaults
        With every missing column, or with every wrong cell.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_tested": [20, None], "n_nonconforming": [3, 1]})
    >>> read_counts(rows, what="batches")["n_tested"].tolist()
    [20.0, nan]
    """
    found = number_columns(table, [*COUNTS, *further], what=what, texts=keys)
    with np.errstate(invalid="ignore"):
        more = np.flatnonzero(found["n_nonconforming"] > found["n_tested"])
    bad = table["n_nonconforming"]
    refuse(
        what,
        [
            Fault(f"{what}: row {row}: n_nonconforming", shown(bad.iloc[row]), "not above n_tested")
            for row in more
        ],
    )
    return found


def nonconformity_rates(
    records: pd.DataFrame, *, by: Sequence[str], method: str = "wilson", level: float = 0.95
) -> pd.DataFrame:
    """The rate of nonconformity of each group, with its interval and with what is not known of it.

    A record of which one count is missing is not added up, but counted: to take a missing count for 0
    would make an unknown group look safe.

    Parameters
    ----------
    records : DataFrame
        n_tested, n_nonconforming, and the columns of `by`.
    by : sequence of str
        Columns to group by, any number; none for one row over all. A missing key is a group of its own.
    method : str
        ``wilson``, ``clopper_pearson`` or ``jeffreys``.
    level : float
        Confidence level of the interval, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a group in order of its keys: the keys, n_records, n_records_unknown, n_tested and
        n_nonconforming (missing where no record is known), rate, rate_lo, rate_hi, note (``unknown``: no
        record is known; ``none_tested``; ``partly_unknown``; empty).

    Raises
    ------
    InputFaults
        With every missing column, or with every wrong cell.
    ValueError
        When there is no such method, or `level` lies outside its range.

    References
    ----------
    .. [1] Newcombe (1998), Statistics in Medicine 17:857–872 (``newcombe_1998_single``).

    Examples
    --------
    >>> seen = pd.DataFrame({"port": ["Y", "X", "X"], "n_tested": [20, 200, 63],
    ...                      "n_nonconforming": [None, 60, 21]})
    >>> found = nonconformity_rates(seen, by=["port"])
    >>> found[["port", "rate_lo", "rate_hi", "note"]].round(4).values.tolist()
    [['X', 0.2553, 0.3662, ''], ['Y', nan, nan, 'unknown']]
    """
    counts = read_counts(records, what="records", keys=by)
    is_known = ~(np.isnan(counts["n_tested"]) | np.isnan(counts["n_nonconforming"]))
    rows = records[list(by)].assign(
        n_records=1,
        n_records_unknown=(~is_known).astype(np.int64),
        n_tested=np.where(is_known, counts["n_tested"], 0),
        n_nonconforming=np.where(is_known, counts["n_nonconforming"], 0),
    )
    columns = ["n_records", "n_records_unknown", "n_tested", "n_nonconforming"]
    if by:
        groups = rows.groupby(list(by), dropna=False, observed=True, sort=True)[columns].sum().reset_index()
    else:
        groups = rows[columns].sum().to_frame().T
    return _with_rates(groups, method=method, level=level)


def _with_rates(groups: pd.DataFrame, *, method: str, level: float) -> pd.DataFrame:
    n, x = (groups[name].to_numpy(dtype=np.float64) for name in ("n_tested", "n_nonconforming"))
    unknown = groups["n_records_unknown"].to_numpy() >= groups["n_records"].to_numpy()
    found = interval(x, n, method=method, level=level)
    out = groups.astype({"n_records": "int64", "n_records_unknown": "int64"})
    for name, values in (("n_tested", n), ("n_nonconforming", x)):
        out[name] = pd.Series(np.where(unknown, np.nan, values), index=out.index).astype("Int64")
    with np.errstate(invalid="ignore", divide="ignore"):
        out["rate"] = x / n
    out["rate_lo"], out["rate_hi"] = found.lo, found.hi
    partly = groups["n_records_unknown"].to_numpy() > 0
    notes = [unknown, n == 0, partly]
    out["note"] = np.select(notes, ["unknown", "none_tested", "partly_unknown"], default="")
    return out
