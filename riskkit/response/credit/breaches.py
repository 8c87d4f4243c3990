"""Classes of breach information: minor, general or serious (task 13).

Order 282 grades breach information so from 2026-04-01, but its criteria could not be read. A class that
customs has stated stands. For planning, the penalty itself is classed by the national scheme of credit
repair, and marked: that class is not customs' own.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.response.credit.penalty_records import text_cells

CLASSES = ("minor", "general", "serious")


def breach_classes(records: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """The class of each record of a breach.

    Parameters
    ----------
    records : DataFrame
        One row a record: penalty (a kind of ``breach_classes.csv``; missing where unknown), and if customs
        has stated it, stated_class (``minor``, ``general`` or ``serious``).
    on : date
        Day whose scheme applies.

    Returns
    -------
    DataFrame
        With the caller's index: decision (the class customs stated, or missing), by_scheme (the class of
        the national scheme), months_min and months_max (how long such information is shown there), reason,
        status, source_id.

    Raises
    ------
    InputFaults
        With every unknown penalty and class, or a day before the scheme.

    References
    ----------
    .. [1] 国家市场监督管理总局令第107号 (``samr_order_107``) for the periods of the classes; which penalty is
       in which class is taken from reports on the draft of the national measures
       (``ndrc_repair_draft_2025``). 海关总署令第282号 (``gacc_order_282``): names of the classes only.

    Examples
    --------
    >>> rows = pd.DataFrame({"penalty": ["fine", "revoke_licence"], "stated_class": ["minor", None]})
    >>> found = breach_classes(rows, on=dt.date(2026, 5, 1))
    >>> found["decision"].fillna("?").tolist(), found["by_scheme"].tolist()
    (['minor', '?'], ['general', 'serious'])
    """
    scheme = standards.table("breach_classes", on=on).set_index("penalty")
    penalty, stated = text_cells(records, "penalty"), text_cells(records, "stated_class")
    faults = (
        [] if len(scheme) else [Fault("on", str(on), "a day from 2025-12-25 on, when it came into force")]
    )
    for name, cells, known in (
        ("penalty", penalty, scheme.index.tolist()),
        ("stated_class", stated, CLASSES),
    ):
        for row in np.flatnonzero(~cells.isin([None, "", *known])):
            faults.append(
                Fault(
                    f"breaches: row {row}: {name}",
                    shown(cells.iloc[row]),
                    one_of(str(cells.iloc[row]), known),
                )
            )
    refuse("breaches", faults)
    out = pd.DataFrame(index=records.index)
    is_stated = ~stated.isin([None, ""])
    out["decision"] = stated.where(is_stated, None)
    for name, column in (
        ("by_scheme", "breach_class"),
        ("months_min", "months_min"),
        ("months_max", "months_max"),
    ):
        out[name] = penalty.map(scheme[column].to_dict())
    out["reason"] = np.where(is_stated, "stated", "rules_unread")
    out["status"] = np.where(is_stated, "published", "house")
    out["source_id"] = np.where(is_stated, "gacc_order_282", "samr_order_107")
    return out
