"""How pressing a piece of information is: grade 一, 二 or 三.

The official definitions are in words only (一: act at once; 二: act within a set time; 三: study further).
The figures that stand for them here are rows of ``information_grades.csv`` and our own choice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.standards import standards

_SUMS = ("n_dead", "n_injured", "n_nonconforming")


def group_facts(records: pd.DataFrame, group: pd.Series) -> pd.DataFrame:
    """What is known of each group of records: counts added up, the worst severity, how many sources.

    Parameters
    ----------
    records : DataFrame
        With any of ``n_dead, n_injured, n_nonconforming, severity, source_class``.
    group : Series of int
        Group of each record, as from `same_information`.

    Returns
    -------
    DataFrame
        One row a group, with the columns above, ``n_records``, ``n_source_classes`` and, for each fact,
        ``<fact>_missing``: records that do not say it. A fact no record says is missing, not 0.

    Raises
    ------
    InputFaults
        When records and groups have different rows.

    Examples
    --------
    >>> facts = group_facts(pd.DataFrame({"n_dead": [1, None, None]}), pd.Series([1, 1, 2]))
    >>> facts["n_dead"].tolist(), facts["n_dead_missing"].tolist()
    ([1, <NA>], [1, 1])
    """
    refuse(
        "groups", [] if records.index.equals(group.index) else [Fault("group", "", "the rows of the records")]
    )
    by = records.groupby(group.to_numpy(), sort=True)
    out = pd.DataFrame({"n_records": by.size().astype("Int64")})
    for fact in (*_SUMS, "severity"):
        values = records[fact] if fact in records else pd.Series(pd.NA, index=records.index)
        each = pd.to_numeric(values).astype("Float64").groupby(group.to_numpy(), sort=True)
        found = each.max() if fact == "severity" else each.sum(min_count=1)
        out[fact] = found.round().astype("Int64")
        out[f"{fact}_missing"] = (out["n_records"] - each.count()).astype("Int64")
    if "source_class" in records:
        out["n_source_classes"] = by["source_class"].nunique().astype("Int64")
    out.index.name = "group"
    return out


def information_grades(facts: pd.DataFrame) -> pd.DataFrame:
    """The grade of each piece of information, and what it rests on.

    Parameters
    ----------
    facts : DataFrame
        As from `group_facts`; a column may be absent.

    Returns
    -------
    DataFrame
        ``grade`` (1 most pressing, 2, 3; missing where nothing known makes it risk information), ``rule``
        (id of the row that gave it), ``may_be_worse`` (a fact that could raise it is not known for every
        record).

    References
    ----------
    .. [1] AQSIQ guidance on risk information (``aqsiq_info_grades``): the three grades in words.
    .. [2] ``information_grades.csv``: the figures (house).

    Examples
    --------
    >>> facts = pd.DataFrame({"n_dead": [0, 1, 3, None], "n_injured": [0, 0, 0, 1]}, dtype="Int64")
    >>> information_grades(facts)[["grade", "may_be_worse"]].values.tolist()
    [[<NA>, True], [2, False], [1, False], [3, True]]
    """
    grade = pd.Series(pd.NA, index=facts.index, dtype="Int64")
    rule = pd.Series(pd.NA, index=facts.index, dtype="string")
    may_be_worse = pd.Series(False, index=facts.index)
    for row in standards.table("information_grades").sort_values("grade", kind="stable").itertuples():
        fact = str(row.fact)
        values = facts[fact] if fact in facts else pd.Series(pd.NA, index=facts.index, dtype="Int64")
        fires = (values >= row.at_least).fillna(False).astype(bool)
        missing = facts[f"{fact}_missing"].gt(0) if f"{fact}_missing" in facts else values.isna()
        takes = fires & grade.isna()
        grade[takes], rule[takes] = row.grade, row.rule_id
        may_be_worse |= ~fires & missing.fillna(True).astype(bool) & (grade.isna() | (grade > row.grade))
    out = pd.DataFrame({"grade": grade, "rule": rule, "may_be_worse": may_be_worse})
    return out.assign(may_be_worse=np.where(grade.eq(1).fillna(False), False, out["may_be_worse"]))
