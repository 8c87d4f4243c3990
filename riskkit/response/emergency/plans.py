"""What to do with the goods of an emergency, step by step: bulk resources, dangerous goods, solid waste."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.credit.penalty_records import text_cells
from riskkit.response.rule_results import Flags, Floats

_CLASS = "class"


def plan_steps(lots: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The steps of the plan that apply to each lot; what is not known is a question, never a step left out.

    Parameters
    ----------
    lots : DataFrame
        Index: unique ids. kind (``bulk``, ``dangerous``, ``waste``), optionally class (of dangerous goods: by
        number or as declared, such as ``3`` or ``2.1``; missing where unknown), and the facts that the rules
        name, each 0, 1 or missing; an absent column is unknown.
    on : date
        Day of the plan.
    rules : DataFrame, optional
        Of the shape of ``emergency_plan_steps``: a rule without a fact always applies to its kind; one on
        ``class`` applies to the class and to its divisions.

    Returns
    -------
    DataFrame
        One row a lot and step, by lot and place: lot, kind, rule_id, decision (``do``; ``ask`` where the fact
        is unknown), missing (that fact), status, source_id, locator, zh, en.

    Raises
    ------
    InputFaults
        With every unknown kind and column, wrong flag, and id that stands twice.

    References
    ----------
    .. [1] 固体废物污染环境防治法 (``solid_waste_law``); 危险化学品安全管理条例
       (``hazardous_chemicals_rules``); other steps are values set by this project, not official.

    Examples
    --------
    >>> lots = pd.DataFrame({"kind": ["dangerous"], "class": ["4.3"], "is_group_unknown": [1]}, index=["A"])
    >>> found = plan_steps(lots, on=dt.date(2026, 1, 1))
    >>> [rule for rule in found["rule_id"] if rule in ("D-04", "D-06", "D-20")]
    ['D-20', 'D-06']
    """
    rows = standards.in_force(standards.all_rows("emergency_plan_steps") if rules is None else rules, on)
    flags = [name for name in dict.fromkeys(rows["fact"]) if name and name != _CLASS]
    numbers = _checked(lots, flags, kinds=list(dict.fromkeys(rows["kind"])))
    classes = text_cells(lots, _CLASS) if _CLASS in lots else pd.Series(None, lots.index, dtype=object)
    kinds, found = lots["kind"].to_numpy(), []
    for place, row in enumerate(records(rows.sort_values("place", kind="stable"))):
        holds, is_known = _applies(row, classes, numbers)
        at = np.flatnonzero((kinds == row["kind"]) & (holds | ~is_known))
        found.append(
            pd.DataFrame({"at": at, "place": place, "is_known": is_known[at]}).assign(
                rule_id=row["rule_id"], fact=row["fact"]
            )
        )
    steps = pd.concat(found).sort_values(["at", "place"], ignore_index=True)
    own = rows.set_index("rule_id").loc[steps["rule_id"]].reset_index(drop=True)
    out = pd.DataFrame({"lot": lots.index.to_numpy()[steps["at"].astype(int)]})
    out["kind"], out["rule_id"] = own["kind"], steps["rule_id"]
    out["decision"] = np.where(steps["is_known"].astype(bool), "do", "ask")
    out["missing"] = np.where(steps["is_known"].astype(bool), "", steps["fact"])
    return pd.concat([out, own[["status", "source_id", "locator", "zh", "en"]]], axis=1)


def _applies(
    row: Mapping[str, Any], classes: pd.Series, numbers: Mapping[str, Floats]
) -> tuple[Flags, Flags]:
    """Whether a rule applies to each lot, and whether that is known."""
    fact, value = row["fact"], row["value"]
    if not fact:
        always = np.ones(len(classes), np.bool_)
        return always, always
    if fact == _CLASS:
        texts = classes.fillna("").astype(str)
        is_of = (texts == value) | texts.str.startswith(value if "." in value else f"{value}.")
        # a class without its division may be of the division asked for
        may_be = (texts == "") | (texts == value.partition(".")[0]) & ("." in value)
        return is_of.to_numpy(dtype=np.bool_), (is_of | ~may_be).to_numpy(dtype=np.bool_)
    return numbers[fact] == float(value), ~np.isnan(numbers[fact])


def _checked(lots: pd.DataFrame, flags: list[str], *, kinds: list[str]) -> dict[str, Floats]:
    known = ["kind", _CLASS, *flags]
    faults = [
        Fault(f"lots: {name}", "a column", one_of(str(name), known)) for name in lots if name not in known
    ]
    faults += [] if "kind" in lots else [Fault("lots: kind", "missing", "a column")]
    faults += [] if lots.index.is_unique else [Fault("lots", "an id twice", "each id once")]
    refuse("plan", faults)
    faults = [
        Fault(f"lots: row {row}: kind", shown(name), one_of(str(name), kinds))
        for row, name in enumerate(lots["kind"])
        if name not in kinds
    ]
    refuse("plan", faults)
    columns = [NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in flags]
    given = lots.assign(**{name: lots.get(name, np.nan) for name in flags})
    return dict(number_columns(given, columns, what="lots"))
