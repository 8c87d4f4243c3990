"""Items 12–43 of the standard for advanced certified enterprises (2026-34), checked by an enterprise itself.

The wording is that of two public programs that quote the announcement; the annex itself was not read. How the
items make a certificate, and the items on internal control and trade security, are not here: customs decides.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.rule_results import rule_results

OUTCOMES = ("not_met", "basically_met", "met")
_OPINIONS = 2  # of an audit: 0 adverse or none, 1 qualified, 2 unqualified


def check_items(facts: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """What each item of the standard says of each enterprise.

    Parameters
    ----------
    facts : DataFrame
        One row an enterprise; the facts of ``aeo_conditions.csv``, each over the months of ``aeo_items.csv``:
        ``is_`` 0 or 1, ``n_`` whole numbers, ``amount_`` yuan, ``ratio_`` shares, audit_opinion 2
        (unqualified), 1 (qualified) or 0. What is missing or absent is unknown.
    on : date
        Day of the check.

    Returns
    -------
    DataFrame
        With the caller's index, one column an item (its number): ``met``, ``basically_met``, ``not_met``,
        or missing where the facts leave it open.

    Raises
    ------
    InputFaults
        With every unknown column and wrong number, or a day before the standard.

    References
    ----------
    .. [1] 海关总署公告2026年第34号, items 12–43 (``gacc_2026_34``).

    Examples
    --------
    >>> facts = pd.DataFrame({"n_penalties": [3, 4, 4], "n_documents": [1000, 1000, 4000],
    ...                       "amount_penalties": [100_000, 0, 0]})
    >>> check_items(facts, on=dt.date(2026, 6, 1))[19].tolist()
    ['met', 'not_met', 'met']
    """
    conditions = standards.table("aeo_conditions", on=on)
    items = standards.table("aeo_items", on=on)
    late = Fault("on", str(on), "a day from 2026-04-01 on, when the standard came into force")
    refuse("certification", [late] if items.empty else [])
    found = rule_results(_checked(facts, conditions), conditions, n=len(facts))
    of_item = conditions.drop_duplicates("test")["item"].to_numpy()
    out = {}
    for row in records(items):
        here = of_item == row["item"]
        sure = np.minimum(found.is_met[:, here].sum(axis=1), row["needed"])
        possible = np.minimum(found.may_be_met[:, here].sum(axis=1), row["needed"])
        step = 2 if row["needed"] == 1 else 1
        named = pd.Series(np.array(OUTCOMES, dtype=object)[sure * step], index=facts.index)
        out[row["item"]] = named.mask(sure != possible, None)
    return pd.DataFrame(out, index=facts.index)


def _checked(facts: pd.DataFrame, conditions: pd.DataFrame) -> dict[str, np.ndarray]:
    known = [name for name in dict.fromkeys([*conditions["fact"], *conditions["per"]]) if name]
    faults = [
        Fault(f"certification: {name}", "a column", one_of(str(name), known))
        for name in facts
        if name not in known
    ]
    refuse("certification", faults)
    columns = [_column(name) for name in known if name in facts]
    return number_columns(facts, columns, what="certification")


def _column(name: str) -> NumberColumn:
    """What may stand in a column, by the first part of its name; profits and cash flows may be below zero."""
    if name.startswith("is_"):
        return NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True)
    if name == "audit_opinion":
        return NumberColumn(name, low=0, high=_OPINIONS, is_whole=True, may_miss=True)
    if name.startswith("n_"):
        return NumberColumn(name, low=0, is_whole=True, may_miss=True)
    may_be_below = "profit" in name or "cash" in name or "return" in name or "margin" in name
    return NumberColumn(name, low=-np.inf if may_be_below else 0, may_miss=True)
