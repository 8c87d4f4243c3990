"""Agreement of two methods when each measured every sample several times."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t

from riskkit.application.acceptance.method_comparison import near_two
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns


def repeated_limits_of_agreement(
    results: pd.DataFrame, first: str, second: str, *, level: float = 0.95
) -> pd.Series:
    """Limits of agreement of first − second from repeated measurements of each item.

    The mean of several readings varies less than one reading. The limits are those of single readings, so
    the variance that averaging took away is added again. Readings of one item are taken as exchangeable (the
    item does not change between them); the numbers of readings may differ.

    Parameters
    ----------
    results : DataFrame
        One row a reading: item_id, method, value [one unit]. A reading without a value is left out; an item
        counts when both methods have a reading of it.
    first, second : str
        The two methods.
    level : float
        Share of the differences between the limits, and level of the interval of the bias.

    Returns
    -------
    Series
        n_items, n_first, n_second [readings used], bias, bias_lo, bias_hi, sd_within_first, sd_within_second
        (missing where no item was read twice), sd (of single differences), lower, upper,
        repeatability_first, repeatability_second (two readings of one item differ by less with probability
        `level`) [unit of the values].

    Raises
    ------
    InputFaults
        With every missing column, cell that is no finite number or has no item or method, and when fewer than
        two items were read by both methods or a method read several items, but none twice.

    References
    ----------
    .. [1] Bland and Altman, Statistical Methods in Medical Research 8, 1999, 135–160, section 5
       (``bland_altman_1999``).

    Examples
    --------
    >>> rows = [(k, method, value) for k, pair in enumerate([(1, 3, 2, 2), (4, 6, 3, 5), (7, 7, 9, 9)])
    ...         for method, value in zip("aabb", pair)]
    >>> table = pd.DataFrame(rows, columns=["item_id", "method", "value"])
    >>> found = repeated_limits_of_agreement(table, "a", "b")
    >>> found[["bias", "sd"]].round(3).tolist()
    [-0.333, 1.826]
    """
    rows = _readings(results, first, second)
    grouped = rows.groupby(["item_id", "method"])["value"]
    both = [first, second]
    count = grouped.count().unstack("method").reindex(columns=both).dropna()
    mean, spread = (one.unstack("method").reindex(count.index) for one in (grouped.mean(), grouped.var()))
    n = len(count)
    refuse("results", [] if n >= 2 else [Fault("results", f"{n} items read by both", "at least 2 items")])
    difference = mean[first] - mean[second]
    bias, variance = float(difference.mean()), float(difference.var(ddof=1))
    within: dict[str, float] = {}
    for method in both:
        spare = count[method] - 1
        pooled = float((spread[method].fillna(0) * spare).sum() / spare.sum()) if spare.sum() else np.nan
        within[method] = pooled
        # with one reading of each item nothing was averaged, and nothing is to be added
        variance += float(1 - (1 / count[method]).mean()) * (pooled if spare.sum() else 0.0)
    sd, reach = float(np.sqrt(variance)), near_two(level)
    margin = float(t.ppf((1 + level) / 2, n - 1) * difference.std(ddof=1) / np.sqrt(n))
    out = {"n_items": n, "bias": bias, "bias_lo": bias - margin, "bias_hi": bias + margin, "sd": sd,
           "lower": bias - reach * sd, "upper": bias + reach * sd}  # fmt: skip
    for side, method in (("first", first), ("second", second)):
        out[f"n_{side}"] = int(count[method].sum())
        out[f"sd_within_{side}"] = float(np.sqrt(within[method]))
        out[f"repeatability_{side}"] = reach * float(np.sqrt(2 * within[method]))
    return pd.Series(out)


def _readings(results: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    value = number_columns(results, [NumberColumn("value", may_miss=True)], what="results",
                           texts=["item_id", "method"])["value"]  # fmt: skip
    rows = results[["item_id", "method"]].reset_index(drop=True).assign(value=value)
    faults = [
        Fault(f"results: row {row}: {name}", "missing", "a name")
        for name in ("item_id", "method")
        for row in np.flatnonzero(rows[name].isna())
    ]
    known = list(dict.fromkeys(rows["method"].dropna()))
    faults += [
        Fault("method", shown(name), "one of the methods in the table") for name in (first, second)
        if name not in known
    ]  # fmt: skip
    if first == second:
        faults.append(Fault("second", shown(second), "another method than the first"))
    refuse("results", faults)
    return rows[rows["method"].isin([first, second]) & rows["value"].notna()]
