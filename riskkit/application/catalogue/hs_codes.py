"""Codes and counts under another edition of the HS: mapped, divided by given shares, or refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.application.catalogue.hs_editions import PAIR, Correspondence, is_digits
from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.records.number_columns import NumberColumn, number_columns

_TOLERANCE = 1e-6  # of shares that sum to 1: shares printed with six decimals


def map_codes(codes: pd.Series, by: Correspondence) -> pd.DataFrame:
    """The code of another edition, where there is exactly one; otherwise why not.

    Parameters
    ----------
    codes : Series of str
        Codes of 6 to 10, or 13, digits; the first six are mapped, since national digits have no table.
    by : Correspondence
        From `correspondence`.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``mapped``, ``refused``, ``unknown``), rule_id, reason, code_to,
        candidates (joined by blanks), n_targets, n_catch_all (catch-alls set aside), n_digits_dropped,
        editions_found (editions that have the code, when the one named does not), path, status, source_id.

    References
    ----------
    .. [1] UN Statistics Division, correlation tables between HS editions (``unsd_hs_correlation``).

    Examples
    --------
    >>> import datetime as dt
    >>> from riskkit.application.catalogue.hs_editions import correspondence
    >>> rows = pd.DataFrame({"newer_edition": [2022] * 3, "older_edition": [2017] * 3,
    ...     "code_newer": ["880621", "880621", "010121"], "code_older": ["852580", "880211", "010121"]})
    >>> by = correspondence(rows, source=2022, target=2017, on=dt.date(2026, 5, 1))
    >>> found = map_codes(pd.Series(["8806210000", "010121", "852580"]), by)
    >>> found[["decision", "reason", "editions_found"]].values.tolist()
    [['refused', 'several_codes', ''], ['mapped', 'one_code', ''], ['unknown', 'not_in_edition', '2017']]
    """
    given = codes.reset_index(drop=True).astype(object)
    is_code = is_digits(given, "[0-9]{6,10}|[0-9]{13}")
    six = given.where(is_code).str[:6] if is_code.any() else given.where(is_code)
    by_code = _by_code(by.pairs)
    found = by_code.reindex(six).reset_index(drop=True)
    numbers = found[["n_targets", "n_catch_all", "n_unreadable"]].fillna(0).astype(int)
    tests = {
        "hs-missing": given.isna(),
        "hs-malformed": ~is_code,
        "hs-edition": ~six.isin(by_code.index),
        "hs-unreadable": numbers["n_unreadable"] > 0,
        "hs-several": numbers["n_targets"] > 1,
        "hs-beside": numbers["n_catch_all"] > 0,
    }
    rule = np.select([test.to_numpy(dtype=bool) for test in tests.values()], list(tests), default="hs-one")
    of_rule = by.rules.reindex(rule)[["decision", "reason", "status", "source_id"]].reset_index()
    candidates = found["candidates"].astype(object).where(found["candidates"].notna(), "")
    others = six.map(by.editions).astype(object)
    out = pd.DataFrame({
        **of_rule[["decision", "rule_id", "reason"]],
        "code_to": candidates.where(of_rule["decision"] == "mapped", None),
        "candidates": candidates,
        "n_targets": numbers["n_targets"],
        "n_catch_all": numbers["n_catch_all"],
        "n_digits_dropped": given.where(is_code, "000000").str.len().astype(int) - 6,
        "editions_found": others.where((rule == "hs-edition") & others.notna(), ""),
        "path": " ".join(map(str, by.path)),
        **of_rule[["status", "source_id"]],
    })  # fmt: skip
    return out.set_axis(codes.index)


def _by_code(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row a code: how many correspondences count, which, how many catch-alls stand beside them."""
    readable = pairs[pairs["code_to"].notna()]
    ordinary = readable[~readable["is_catch_all"]]
    only = readable[~readable["code_from"].isin(ordinary["code_from"])]
    counted = pd.concat([ordinary, only]).sort_values(PAIR).groupby("code_from")["code_to"]
    out = pd.DataFrame(index=pd.Index(sorted(pairs["code_from"].unique()), name="code_from"))
    out["n_targets"] = counted.size().reindex(out.index, fill_value=0)
    out["candidates"] = counted.agg(" ".join).reindex(out.index, fill_value="")
    n_all = readable.groupby("code_from").size().reindex(out.index, fill_value=0)
    out["n_catch_all"] = n_all - out["n_targets"]
    out["n_unreadable"] = pairs["code_to"].isna().groupby(pairs["code_from"]).sum()
    return out


def convert_counts(
    counts: pd.DataFrame, by: Correspondence, *, columns: Sequence[str], shares: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Counts under the codes of another edition; a code with several is divided by given shares only.

    Parameters
    ----------
    counts : DataFrame
        code and the `columns`, numbers from 0 up or missing.
    by : Correspondence
        From `correspondence`.
    columns : sequence of str
        Columns of numbers that are divided.
    shares : DataFrame, optional
        code_from, code_to (six digits), share (0–1, summing to 1 for each code_from).

    Returns
    -------
    DataFrame
        The caller's index, repeated where a row was divided: code, code_to, share, the columns, decision
        (``split`` where shares were used), reason. A row that is not mapped stays whole with no code_to, so
        that every column sums to what it summed to before.

    Raises
    ------
    InputFaults
        With every wrong count, and with every share that is no correspondence, is given twice, lies outside
        0 to 1 or belongs to a code whose shares do not sum to 1.

    Examples
    --------
    >>> import datetime as dt
    >>> from riskkit.application.catalogue.hs_editions import correspondence
    >>> rows = pd.DataFrame({"newer_edition": [2022] * 2, "older_edition": [2017] * 2,
    ...     "code_newer": ["880621"] * 2, "code_older": ["852580", "880211"]})
    >>> by = correspondence(rows, source=2022, target=2017, on=dt.date(2026, 5, 1))
    >>> shares = pd.DataFrame({"code_from": ["880621"] * 2, "code_to": ["852580", "880211"],
    ...                        "share": [0.9, 0.1]})
    >>> counts = pd.DataFrame({"code": ["880621"], "n_tested": [50]})
    >>> convert_counts(counts, by, columns=["n_tested"], shares=shares)["n_tested"].tolist()
    [45.0, 5.0]
    """
    kinds = [NumberColumn(name, low=0, may_miss=True) for name in columns]
    numbers = number_columns(counts, kinds, what="counts", texts=["code"])
    mapped = map_codes(counts["code"], by).reset_index(drop=True)
    whole = pd.DataFrame({"place": np.arange(len(counts)), "code": counts["code"].to_numpy(), **numbers})
    whole = whole.assign(share=1.0, **mapped[["code_to", "decision", "reason"]])
    if shares is not None:
        given = _checked_shares(shares, by.pairs)
        six = counts["code"].reset_index(drop=True).astype(object).where(mapped["n_targets"] > 0)
        whole["code_from"] = six.where(mapped["rule_id"] != "hs-unreadable").astype("string").str[:6]
        is_split = whole["code_from"].isin(given["code_from"]).to_numpy(dtype=bool)
        parts = whole[is_split].drop(columns=["code_to", "share"]).merge(given, on="code_from")
        rule = by.rules.loc["hs-split"]
        parts = parts.assign(decision=rule["decision"], reason=rule["reason"])
        parts[list(columns)] = parts[list(columns)].mul(parts["share"], axis=0)
        whole = pd.concat([whole[~is_split], parts]).sort_values("place", kind="stable")
    out = whole[["code", "code_to", "share", *columns, "decision", "reason"]]
    return out.set_axis(counts.index[whole["place"]])


def _checked_shares(shares: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    share = number_columns(shares, [NumberColumn("share", low=0, high=1)], what="shares", texts=PAIR)["share"]
    given = shares[PAIR].assign(share=share).reset_index(drop=True)
    asked = pd.MultiIndex.from_frame(given[PAIR])
    is_wrong = {"a correspondence of the table": ~asked.isin(pd.MultiIndex.from_frame(pairs[PAIR])),
                "given once": asked.duplicated()}  # fmt: skip
    names = [f"{code_from} → {code_to}" for code_from, code_to in asked]
    faults = [Fault(f"shares: row {at}", names[at], rule)
              for rule, wrong in is_wrong.items() for at in np.flatnonzero(wrong).tolist()]  # fmt: skip
    sums = given.groupby("code_from")["share"].sum()
    faults += [Fault(f"shares: {code}", f"sum {value:g}", "shares that sum to 1")
               for code, value in sums[(sums - 1).abs() > _TOLERANCE].items()]  # fmt: skip
    refuse("shares", faults)
    return given
