"""Hot spots of breaches (task 14): places with more cases for their trade than the other places."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy.stats import binom

from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.disproportionality import corrected

_KINDS = (
    NumberColumn("n_cases", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_consignments", low=0, is_above=True, may_miss=True),
)


def hot_spots(places: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which places have more cases than their share of the trade explains.

    Given all cases, those of one place follow a binomial distribution with its share of the consignments if
    every place has the same rate. The upper tail is the p-value; the false discovery rate over all places
    (Benjamini–Hochberg) decides.

    Parameters
    ----------
    places : DataFrame
        One row a place: n_cases [number], n_consignments [number]; missing where unknown. A place with an
        unknown number is left out of the comparison and stays open.
    on : date
        Day whose limits apply.
    rules : DataFrame, optional
        Of the shape of ``hot_spot_limits``: ``q_hot`` and ``least_cases`` (house: not official).

    Returns
    -------
    DataFrame
        With the caller's index: decision (``hot``, ``not_hot``; missing where open or too few cases), reason,
        expected [cases], ratio (observed over expected), p_value, q_value, margin (limit less q_value),
        rule_id, status, source_id.

    Raises
    ------
    InputFaults
        With every wrong number and missing column.

    References
    ----------
    .. [1] Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289–300 (``benjamini_hochberg_1995``).

    Examples
    --------
    >>> places = pd.DataFrame({"n_cases": [30, 10, 10, None], "n_consignments": [100, 100, 100, 100]})
    >>> found = hot_spots(places, on=dt.date(2026, 1, 1))
    >>> found["decision"].fillna("?").tolist(), found["expected"].round(2).tolist()[:2]
    (['hot', 'not_hot', 'not_hot', '?'], [16.67, 16.67])
    """
    numbers = number_columns(places, list(_KINDS), what="hot spots")
    table = standards.in_force(standards.table("hot_spot_limits") if rules is None else rules, on)
    limits = table.set_index("limit")
    q_hot, least = (float(limits["number"][name]) for name in ("q_hot", "least_cases"))
    n, trade = numbers["n_cases"], numbers["n_consignments"]
    is_known = ~(np.isnan(n) | np.isnan(trade))
    with np.errstate(invalid="ignore"):  # no place is known: nothing is expected
        total, share = n[is_known].sum(), np.where(is_known, trade, np.nan) / trade[is_known].sum()
    expected = total * share
    p = pd.Series(np.where(is_known, binom.sf(n - 1, total, share), np.nan), index=places.index)
    q = corrected(p).to_numpy(dtype=float)
    cases = [
        (~is_known, "", "hot_unknown"),
        (n < least, "", "hot_few_cases"),
        (q <= q_hot, "hot", "hot"),
    ]
    when = [case[0] for case in cases]
    decision = pd.Series(np.select(when, [case[1] for case in cases], default="not_hot"), index=places.index)
    out = pd.DataFrame({"decision": decision.astype(object).mask(decision == "", None)}, index=places.index)
    out["reason"] = np.select(when, [case[2] for case in cases], default="not_hot")
    with np.errstate(divide="ignore", invalid="ignore"):
        out["expected"], out["ratio"] = expected, n / expected
    out["p_value"], out["q_value"], out["margin"] = p, q, q_hot - q
    out["rule_id"] = np.where(out["reason"] == "hot_few_cases", "least_cases", "q_hot")
    own = limits[["status", "source_id"]].reindex(out["rule_id"]).set_axis(places.index)
    return pd.concat([out, own], axis=1)
