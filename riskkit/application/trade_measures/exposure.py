"""Export value that notifications hit, by notification and by sector, from the lines they match."""

from __future__ import annotations

import numpy as np
import pandas as pd


def exposure(matches: pd.DataFrame, lines: pd.DataFrame, *, verdicts: pd.DataFrame) -> pd.DataFrame:
    """The export value that each notification hits, from what is sure to what is possible.

    Parameters
    ----------
    matches : DataFrame
        From `matching.matched_lines`.
    lines : DataFrame
        All export lines: market, value [USD a year].
    verdicts : DataFrame
        From `matching.coded`; member of each notification in the column member.

    Returns
    -------
    DataFrame
        Indexed as `verdicts`: n_sure, n_possible (lines), value_lo, value_hi [USD a year; hit for sure, and
        with what may be hit], market_value [USD a year, all exports to the Member], share_lo, share_hi (of
        it). Where a code is unknown value_hi and share_hi are missing, for it may stand for any goods, and
        value_lo too where no code is known. A market without exports has no shares.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 18 (``sc_2017_43``). The definition is house.

    Examples
    --------
    >>> hit = pd.DataFrame({"base": ["n", "n"], "value": [4.0, 1.0], "decision": ["sure", "possible"]})
    >>> lines = pd.DataFrame({"market": ["EU", "EU", "US"], "value": [4.0, 1.0, 7.0]})
    >>> coding = pd.DataFrame({"decision": ["known"], "rule_id": ["tc-known"], "member": ["EU"]}, index=["n"])
    >>> exposure(hit, lines, verdicts=coding)[["value_lo", "value_hi", "share_hi"]].values.tolist()
    [[4.0, 5.0, 1.0]]
    """
    out = pd.DataFrame(index=verdicts.index)
    for decision in ("sure", "possible"):
        groups = matches[matches["decision"] == decision].groupby("base")["value"]
        out[f"n_{decision}"] = groups.size().reindex(out.index, fill_value=0).astype(int)
        out[f"value_{decision}"] = groups.sum().reindex(out.index, fill_value=0.0).astype(float)
    sure, possible = out.pop("value_sure"), out.pop("value_possible")
    is_open = verdicts["decision"] == "unknown"
    is_blind = is_open & (out["n_sure"] == 0)
    out["value_lo"] = sure.mask(is_blind)
    out["value_hi"] = (sure + possible).mask(is_open)
    total = lines.groupby("market")["value"].sum()
    out["market_value"] = verdicts["member"].map(total).fillna(0.0).astype(float)
    base = out["market_value"].where(out["market_value"] > 0)
    out["share_lo"], out["share_hi"] = out["value_lo"] / base, out["value_hi"] / base
    return out


def sector_table(
    matches: pd.DataFrame, lines: pd.DataFrame, *, verdicts: pd.DataFrame, rates: pd.DataFrame
) -> pd.DataFrame:
    """What all notifications together mean for each sector; a line that several hit counts once.

    Parameters
    ----------
    matches, lines, verdicts
        As for `exposure`.
    rates : DataFrame
        From `losses.loss_rates`, by sector: loss_rate, loss_rate_lo, loss_rate_hi, cost_rate, cost_rate_lo,
        cost_rate_hi [USD per USD of exports].

    Returns
    -------
    DataFrame
        By sector of the lines: n_notifications (with a line of the sector), value_lo, value_hi [USD a year],
        value [USD a year, all exports], share_lo, share_hi, loss_lo, loss_hi, cost_lo, cost_hi [USD a year;
        lowest exposure at the lowest rate to highest at the highest; missing where the survey has no such
        sector]. Notifications whose goods are unknown belong to no sector: ``n_unknown`` in the table's
        attrs counts them.

    Examples
    --------
    >>> hit = pd.DataFrame({"base": ["n", "m"], "line_id": ["1", "1"], "sector": ["toys", "toys"],
    ...                     "value": [4.0, 4.0], "decision": ["sure", "possible"]})
    >>> lines = pd.DataFrame({"line_id": ["1", "2"], "sector": ["toys", "food"], "value": [4.0, 7.0]})
    >>> coding = pd.DataFrame({"decision": ["known", "known"]}, index=["n", "m"])
    >>> rates = pd.DataFrame({name: [0.1] for name in RATES}, index=["toys"])
    >>> sector_table(hit, lines, verdicts=coding, rates=rates).loc["toys", ["value_hi", "loss_hi"]].tolist()
    [4.0, 0.4]
    """
    value = lines.groupby("sector")["value"].sum()
    out = pd.DataFrame({"n_notifications": matches.groupby("sector")["base"].nunique()}).reindex(value.index)
    out["n_notifications"] = out["n_notifications"].fillna(0).astype(int)
    each = matches.assign(is_sure=matches["decision"] == "sure")
    each = each.groupby(["sector", "line_id"]).agg(value=("value", "first"), is_sure=("is_sure", "any"))
    for name, rows in (("value_lo", each[each["is_sure"].astype(bool)]), ("value_hi", each)):
        out[name] = rows.groupby("sector")["value"].sum().reindex(value.index, fill_value=0.0).astype(float)
    out["value"] = value
    base = value.where(value > 0)
    out["share_lo"], out["share_hi"] = out["value_lo"] / base, out["value_hi"] / base
    known = rates.reindex(out.index)
    for name in ("loss", "cost"):
        for end in ("lo", "hi"):
            out[f"{name}_{end}"] = out[f"value_{end}"] * known[f"{name}_rate_{end}"]
    out.attrs["n_unknown"] = int((verdicts["decision"] == "unknown").sum())
    return out


RATES = ("loss_rate", "loss_rate_lo", "loss_rate_hi", "cost_rate", "cost_rate_lo", "cost_rate_hi")
"""Columns of `losses.loss_rates`."""


def impacts(exposed: pd.DataFrame, matches: pd.DataFrame, *, rates: pd.DataFrame) -> pd.DataFrame:
    """Expected direct loss and additional cost of each notification, at the rates of a survey.

    Parameters
    ----------
    exposed : DataFrame
        From `exposure`.
    matches : DataFrame
        From `matching.matched_lines`.
    rates : DataFrame
        As for `sector_table`.

    Returns
    -------
    DataFrame
        Indexed as `exposed`: loss_lo, loss_hi, cost_lo, cost_hi [USD a year], missing where the exposure is,
        or where a line's sector has no rate.

    Examples
    --------
    >>> hit = pd.DataFrame({"base": ["n"], "sector": ["toys"], "value": [4.0], "decision": ["possible"]})
    >>> exposed = pd.DataFrame({"value_lo": [0.0], "value_hi": [4.0]}, index=["n"])
    >>> rates = pd.DataFrame({name: [0.1] for name in RATES}, index=["toys"])
    >>> impacts(exposed, hit, rates=rates)[["loss_lo", "loss_hi"]].values.tolist()
    [[0.0, 0.4]]
    """
    out = pd.DataFrame(index=exposed.index)
    of_line = rates.reindex(matches["sector"])
    for name in ("loss", "cost"):
        for end, counts in (("lo", matches["decision"] == "sure"), ("hi", matches["decision"] != "")):
            amount = matches["value"].to_numpy() * of_line[f"{name}_rate_{end}"].to_numpy()
            rows = pd.DataFrame({"base": matches["base"], "amount": amount})[counts.to_numpy(dtype=bool)]
            total = rows.groupby("base")["amount"].agg(lambda part: np.sum(part.to_numpy()))
            total = total.reindex(out.index, fill_value=0.0).astype(float)
            out[f"{name}_{end}"] = total.mask(exposed[f"value_{end}"].isna())
    return out
