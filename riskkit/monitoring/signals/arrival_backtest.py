"""What the forecast of new pairs was worth on history: its order, the top of the list, its size."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riskkit.monitoring.new_pairs import KEYS, forecast_quality
from riskkit.monitoring.rates.proportions import clopper_pearson

ORDERS = ("p_arrival", "n_364d")
_BANDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


def order_quality(
    history: pd.DataFrame,
    *,
    orders: Sequence[str] = ORDERS,
    n_top: int = 100,
    keys: Sequence[str] = KEYS,
    region: str = "region",
) -> pd.DataFrame:
    """How well each of several orders puts the pairs first that arrive.

    Parameters
    ----------
    history : DataFrame
        As of `walk_forward`, of one region or of several together; rows without a forecast or whose outcome
        is not known are left out of every order.
    orders : sequence of str
        Columns to order by, the largest first.
    n_top : int
        Length of the list that is looked at.
    keys, region
        As for `new_pairs`.

    Returns
    -------
    DataFrame
        One row an order: as of `forecast_quality`, with ``precision_lo, precision_hi`` (exact 95 % interval
        as if the first were independent: they are not where a pair stays listed), ``precision_weekly`` (mean
        of the share of the first `n_top` of each day), and among the first of all days ``n_pairs_top``
        different pairs of a region, ``n_pairs_arrived`` of which arrived.

    Examples
    --------
    >>> history = pd.DataFrame({"hazard": ["a", "a", "b", "c"], "region": "DE", "on": [1, 2, 2, 2],
    ...     "p_arrival": [0.4, 0.5, 0.1, 0.2], "arrived": [True, True, False, False]})
    >>> order_quality(history, orders=["p_arrival"], n_top=2, keys=["hazard"]).T["p_arrival"][
    ...     ["auc", "precision_top", "precision_weekly", "n_pairs_top"]].tolist()
    [1.0, 1.0, 0.75, 1.0]
    """
    known = history[history["p_arrival"].notna() & history["arrived"].notna()]
    rows = {}
    for order in orders:
        row = forecast_quality(known[order], known["arrived"], n_top=n_top)
        of_days = [
            forecast_quality(day[order], day["arrived"], n_top=n_top) for _, day in known.groupby("on")
        ]
        top = known.nlargest(n_top, order)
        pairs = top.groupby([region, *keys], observed=True)["arrived"].any()
        ends = clopper_pearson(round(row["precision_top"] * len(top)) if len(top) else 0, len(top))
        row["precision_lo"], row["precision_hi"] = ends.lo, ends.hi
        row["precision_weekly"] = pd.DataFrame(of_days, columns=row.index)["precision_top"].mean()
        row["n_pairs_top"], row["n_pairs_arrived"] = len(pairs), pairs.sum()
        rows[order] = row
    return pd.DataFrame(rows).T.rename_axis("order")


def forecast_bands(history: pd.DataFrame, *, edges: Sequence[float] = _BANDS) -> pd.DataFrame:
    """Forecasts beside what came, by the size of the forecast.

    Parameters
    ----------
    history : DataFrame
        As for `order_quality`.
    edges : sequence of float
        Where one band ends and the next begins [probability]; a forecast on an edge is in the lower band.

    Returns
    -------
    DataFrame
        One row a band that occurs: ``lo, hi`` (its ends), ``n``, ``mean_forecast`` and ``rate`` (share that
        arrived).

    Examples
    --------
    >>> history = pd.DataFrame({"p_arrival": [0.01, 0.03, 0.2], "arrived": [False, True, None]})
    >>> forecast_bands(history.astype({"arrived": "boolean"}), edges=[0.1]).values.tolist()
    [[0.0, 0.1, 2.0, 0.02, 0.5]]
    """
    known = history[history["p_arrival"].notna() & history["arrived"].notna()]
    p = known["p_arrival"]
    ends = [0.0, *edges, 1.0]
    band = pd.cut(p, ends, labels=False, include_lowest=True)
    rows = pd.DataFrame({"n": 1, "mean_forecast": p, "rate": known["arrived"].astype(float)})
    found = rows.groupby(band).agg({"n": "sum", "mean_forecast": "mean", "rate": "mean"})
    places = found.index.astype(int)
    lo, hi = ([ends[k + step] for k in places] for step in (0, 1))
    return pd.DataFrame({"lo": lo, "hi": hi}).join(found.reset_index(drop=True))
