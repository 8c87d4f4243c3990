"""Penalties of enterprises as records: who is who, and what a year of them adds up to."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, floats, number_columns

_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_CODE_LENGTH = 18
_LARGE_FINE = 100_000  # yuan: order 225 counts breaches fined above it


def text_cells(facts: pd.DataFrame, name: str) -> pd.Series:
    """A column of texts, None where a cell is missing; empty texts where the column is not there.

    Examples
    --------
    >>> text_cells(pd.DataFrame({"a": ["x", float("nan")]}), "a").tolist()
    ['x', None]
    """
    given = facts[name] if name in facts else pd.Series("", index=facts.index)
    result: pd.Series = given.astype(object).where(given.notna(), None)
    return result


def identity_faults(facts: pd.DataFrame) -> list[Fault]:
    """Credit codes that are wrong or doubled, and enterprises that stand under two codes.

    Parameters
    ----------
    facts : DataFrame
        Columns credit_code and enterprise, as far as they are there.

    References
    ----------
    .. [1] GB 32100-2015 (``gb_32100_2015``): 18 characters, the last one a check digit modulo 31.

    Examples
    --------
    >>> codes = pd.DataFrame({"credit_code": ["91110000600037341L", "91110000600037341X"]})
    >>> [fault.place for fault in identity_faults(codes)]
    ['credit: row 1: credit_code']
    """
    if "credit_code" not in facts:
        return []
    codes = text_cells(facts, "credit_code")
    rule = "a credit code of 18 characters with its check digit"
    faults = [
        Fault(f"credit: row {row}: credit_code", shown(code), rule)
        for row, code in enumerate(codes)
        if code not in (None, "") and not is_credit_code(str(code))
    ]
    given = pd.DataFrame({"code": codes, "name": text_cells(facts, "enterprise")})
    given = given[given["code"].notna() & (given["code"] != "")]
    for code in given.loc[given["code"].duplicated(), "code"].unique():
        faults.append(Fault("credit: credit_code", shown(code), "a code that stands once"))
    named = given[given["name"].notna() & (given["name"] != "")].drop_duplicates()
    for name in named.loc[named["name"].duplicated(), "name"].unique():
        faults.append(Fault("credit: enterprise", shown(name), "an enterprise under one credit code"))
    return faults


def is_credit_code(code: str) -> bool:
    """Whether a text is a unified social credit code with its right check digit.

    References
    ----------
    .. [1] GB 32100-2015 (``gb_32100_2015``).

    Examples
    --------
    >>> is_credit_code("91110000600037341L"), is_credit_code("91110000600037341X")
    (True, False)
    """
    if len(code) != _CODE_LENGTH or any(letter not in _CODE for letter in code):
        return False
    places = [_CODE.index(letter) for letter in code]
    total = sum(place * pow(3, power, 31) for power, place in enumerate(places[:-1]))
    return (total + places[-1]) % 31 == 0


def yearly_facts(penalties: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Penalties of customs within the year before a day, counted and added up by enterprise.

    Parameters
    ----------
    penalties : DataFrame
        Columns enterprise, decided_on (date), amount [yuan, may be missing], and if known is_unintended.
    on : date
        Day of the decision. The year ends with it; a penalty decided later is not known yet and left out.

    Returns
    -------
    DataFrame
        One row an enterprise (index): n_penalties, n_penalties_above_100k, amount_penalties, and with
        is_unintended also n_penalties_unintended and amount_penalties_unintended. A sum with an unknown part
        is missing.

    Raises
    ------
    InputFaults
        With every missing enterprise or date and every negative amount.

    References
    ----------
    .. [1] 公告2023年第170号 (``gacc_2023_170``) for what is without intent; that the year is the twelve
       months up to the day is a house reading.

    Examples
    --------
    >>> rows = pd.DataFrame({"enterprise": ["A", "A"], "amount": [150_000, 5000],
    ...                      "decided_on": ["2022-03-01", "2021-03-01"]})
    >>> yearly_facts(rows, on=dt.date(2022, 3, 1))["amount_penalties"].to_dict()
    {'A': 150000.0}
    """
    amounts = number_columns(
        penalties,
        [NumberColumn("amount", low=0, may_miss=True)],
        what="penalties",
        texts=("enterprise", "decided_on"),
    )["amount"]
    days = pd.to_datetime(penalties["decided_on"], errors="coerce")
    faults = [
        Fault(f"penalties: row {row}: {name}", shown(penalties[name].iloc[row]), rule)
        for name, wrong, rule in (
            (
                "enterprise",
                penalties["enterprise"].isna() | (penalties["enterprise"] == ""),
                "a name or code",
            ),
            ("decided_on", days.isna(), "a date"),
        )
        for row in np.flatnonzero(wrong)
    ]
    refuse("penalties", faults)
    table = pd.DataFrame(
        {"enterprise": penalties["enterprise"].to_numpy(), "n_penalties": 1.0, "amount_penalties": amounts}
    )
    large = np.where(np.isnan(amounts), np.nan, amounts > _LARGE_FINE)
    table["n_penalties_above_100k"] = large
    if "is_unintended" in penalties:
        unmeant = floats(penalties["is_unintended"].astype(object))
        table["n_penalties_unintended"], table["amount_penalties_unintended"] = unmeant, unmeant * amounts
    end = pd.Timestamp(on)
    within = ((days > end - pd.DateOffset(years=1)) & (days <= end)).to_numpy()
    table.loc[~within, table.columns[1:]] = 0.0
    numbers = table.set_index("enterprise").astype(np.float64)
    unknown = numbers.isna().groupby(level=0).any()
    return numbers.groupby(level=0).sum().mask(unknown)
