"""How the exposure of each combination moved in a year, from a table of trade by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import floats
from riskkit.monitoring.signals.weights import signal_weights

GOODS = ("origin", "product_group")
_YEAR = 12  # months


def exposure_growth(
    combinations: pd.DataFrame,
    trade: pd.DataFrame,
    *,
    on: dt.date,
    keys: Sequence[str] = GOODS,
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Trade of the newest twelve months over trade of the twelve before, for each combination.

    Parameters
    ----------
    combinations : DataFrame
        One row a combination, with `keys`.
    trade : DataFrame
        One row a month and goods: ``period`` (``YYYY-MM``), those of `keys` by which trade is known (one or
        more), ``value`` [any unit, the same throughout]; optionally ``published`` (a day: what was published
        after `on` is not known yet). A month without a row is unknown, not zero.
    on : date
        Only months that have ended by then are used.
    keys : sequence of str
        Columns of the goods that trade may be known by.
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    DataFrame
        With the index of `combinations`: value_now, value_before [unit of `trade`], growth (their ratio;
        infinite where there was no trade before), growth_reason (``known``, ``no_rows``: the goods are not
        in the table, ``months_missing``: one of the 24 months is not known, ``no_trade``: zero in both
        years, ``trade_old``: the newest month of the table ended too long ago) and until (the newest month).

    Raises
    ------
    InputFaults
        With every column that is missing, month that is none, value that is no number from 0 up, day of
        publication that is none, and month and goods that stand twice.

    References
    ----------
    .. [1] Limits: ``limit, trade_age`` and ``limit, growth`` of ``signal_weights.csv`` (``riskkit_house``).

    Examples
    --------
    >>> months = pd.period_range("2024-01", "2025-12", freq="M").astype(str)
    >>> trade = pd.DataFrame({"period": months, "product_group": "toys", "value": [10] * 12 + [25] * 12})
    >>> goods = pd.DataFrame({"origin": "CN", "product_group": ["toys", "tea"]})
    >>> exposure_growth(goods, trade, on=dt.date(2026, 1, 31))[["growth", "growth_reason"]].values.tolist()
    [[2.5, 'known'], [nan, 'no_rows']]
    """
    rows, by = _checked(trade, keys)
    limit = signal_weights(on=on, rules=rules)["limit"]
    end = pd.Timestamp(on) + pd.Timedelta(days=1)
    rows = rows[(rows["period"].dt.end_time < end) & ~(rows["published"] >= end)]
    found = pd.DataFrame(
        {"value_now": np.nan, "value_before": np.nan, "growth": np.nan, "growth_reason": "no_rows",
         "until": ""}, index=combinations.index,
    )  # fmt: skip
    if rows.empty:
        return found
    last = rows["period"].max()
    found["until"] = str(last)
    if (end - last.end_time).days > limit["trade_age"]:
        return found.assign(growth_reason="trade_old")
    years = _two_years(rows, combinations[by], last=last)
    return found.assign(**years)


def _two_years(rows: pd.DataFrame, goods: pd.DataFrame, *, last: pd.Period) -> dict[str, NDArray[Any]]:
    """Trade of the two years that end with a month, their ratio, and why there is none."""
    months = pd.period_range(end=last, periods=2 * _YEAR, freq="M")
    wide = rows.pivot(index=list(goods), columns="period", values="value").reindex(columns=months)
    wanted = pd.MultiIndex.from_frame(goods) if goods.shape[1] > 1 else goods.iloc[:, 0]
    own = wide.reindex(wanted).to_numpy(dtype=np.float64)
    before, now = own[:, :_YEAR].sum(axis=1), own[:, _YEAR:].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = now / before
    is_known = np.isfinite(own)
    reason = np.select(
        [~is_known.any(axis=1), ~is_known.all(axis=1), np.isnan(growth)],
        ["no_rows", "months_missing", "no_trade"],
        "known",
    )
    return {"value_now": now, "value_before": before, "growth": growth, "growth_reason": reason}


def _checked(trade: pd.DataFrame, keys: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The table with months, numbers and days, and the goods it knows; all faults at once."""
    by = [name for name in keys if name in trade]
    faults = [
        Fault(f"trade: {name}", "missing", "a column") for name in ("period", "value") if name not in trade
    ]
    faults += [] if by else [Fault("trade", "no column of the goods", " or ".join(keys))]
    refuse("trade", faults)
    texts = trade["period"].astype("string").str.strip()
    is_month = texts.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])").fillna(False).to_numpy(dtype=bool)
    value = floats(trade["value"])
    given = trade["published"] if "published" in trade else pd.Series(pd.NaT, index=trade.index)
    published = pd.to_datetime(given, errors="coerce", format="ISO8601")
    bad = {"period": (~is_month, trade["period"], "YYYY-MM"),
           "value": (~(np.isfinite(value) & (value >= 0)), trade["value"], "a number from 0 up"),
           "published": ((published.isna() & given.notna()).to_numpy(), given, "YYYY-MM-DD")}  # fmt: skip
    faults = [
        Fault(f"trade: row {k}: {name}", shown(cells.iloc[k]), rule)
        for name, (is_bad, cells, rule) in bad.items()
        for k in np.flatnonzero(is_bad)
    ]
    goods = trade[by].astype("string").fillna("")
    twice = goods.assign(period=texts).duplicated().to_numpy() & is_month
    faults += [
        Fault(f"trade: row {k}", shown(trade["period"].iloc[k]), "a month and goods that stand once")
        for k in np.flatnonzero(twice)
    ]
    refuse("trade", faults)
    months = pd.PeriodIndex(texts, freq="M")
    return goods.astype("str").assign(period=months, value=value, published=published.to_numpy()), by
