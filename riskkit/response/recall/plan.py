"""Whether a recall plan fills every field of the official form."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.working_days import as_days

FORM = "samr_recall_plan"


def plan_completeness(plans: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which fields of the form each plan leaves empty.

    Parameters
    ----------
    plans : DataFrame
        One row a plan, a column a field of ``recall_plan_fields``; a column that is absent is empty. Words
        that stand for nothing (``empty_words``) are empty too.
    on : date
        Day on which the fields are in force.
    rules : DataFrame, optional
        Of the shape of ``recall_plan_fields``.

    Returns
    -------
    DataFrame
        The caller's index: decision (``complete``, ``incomplete``), rule_id, reason (``all_filled``,
        ``fields_missing``), margin (required fields still missing), status, source_id, missing (their names
        with spaces between), n_required, n_filled.

    Raises
    ------
    InputFaults
        With all: columns that are no field, days and counts that are none, production that ends before it
        starts, more recalled than produced, product types that are not on the form.

    References
    ----------
    .. [1] 缺陷消费品召回计划, form of 2018 (``recall_plan_form_2018``); contents by SAMR order 19.

    Examples
    --------
    >>> plans = pd.DataFrame({"product_name": ["电热水壶"], "brand": ["N/A"]})
    >>> found = plan_completeness(plans, on=dt.date(2026, 3, 1))
    >>> "brand" in found["missing"].iloc[0].split(), "product_name" in found["missing"].iloc[0].split()
    (True, False)
    """
    fields = standards.in_force(standards.table("recall_plan_fields") if rules is None else rules, on)
    names = list(fields["field"])
    given = _filled(plans)
    refuse("recall plan", [*_name_faults(plans, names), *_value_faults(given, fields)])
    required = [name for name in names if fields.set_index("field").at[name, "required"] == "yes"]
    is_filled = given.reindex(columns=required).notna().to_numpy()
    n_missing = (~is_filled).sum(axis=1)
    listed = [" ".join(np.array(required)[~row]) for row in is_filled]
    return pd.DataFrame(
        {
            "decision": np.where(n_missing == 0, "complete", "incomplete"),
            "rule_id": FORM,
            "reason": np.where(n_missing == 0, "all_filled", "fields_missing"),
            "margin": n_missing,
            "status": "derived",
            "source_id": "recall_plan_form_2018",
            "missing": listed,
            "n_required": len(required),
            "n_filled": is_filled.sum(axis=1),
        },
        index=plans.index,
    )


def _filled(plans: pd.DataFrame) -> pd.DataFrame:
    """The cells that say something; the rest missing."""
    rows = standards.table("empty_words")
    empty = {"", *rows["word"].str.casefold()}
    texts = plans.astype(object)
    is_empty = texts.map(lambda cell: isinstance(cell, str) and cell.strip().casefold() in empty)
    return texts.mask(is_empty.astype(bool) | texts.isna())


def _name_faults(plans: pd.DataFrame, names: list[str]) -> list[Fault]:
    return [
        Fault("column", shown(name), one_of(str(name), names)) for name in plans.columns if name not in names
    ]


def _value_faults(given: pd.DataFrame, fields: pd.DataFrame) -> list[Fault]:
    faults: list[Fault] = []
    rows = given.reset_index(drop=True)
    kinds = fields[fields["field"].isin(rows.columns)].set_index("field")["kind"]
    known: dict[str, Any] = {}
    for name, kind in kinds.items():
        try:
            if kind == "day":
                known[str(name)] = as_days(rows[name], what=str(name), may_miss=True)
            elif kind == "count":
                column = NumberColumn(str(name), low=1, is_whole=True, may_miss=True)
                known |= number_columns(rows, [column], what="plan")
        except InputFaults as error:
            faults += error.faults
        if kind not in {"text", "day", "count", "credit_code"}:
            allowed = kind.split("|")
            wrong = rows[name].notna() & ~rows[name].isin(allowed)
            faults += [Fault(f"{name}: row {k}", shown(rows[name][k]), one_of(str(rows[name][k]), allowed))
                       for k in np.flatnonzero(wrong)]  # fmt: skip
    for start, end in (("produced_from", "produced_to"), ("n_recalled", "n_produced")):
        if start in known and end in known:
            faults += [
                Fault(
                    f"{end}: row {k}",
                    shown(rows[end][k]),
                    RuleText("at least {}: {}", start, shown(rows[start][k])),
                )
                for k in np.flatnonzero(known[end] < known[start])
            ]
    return faults
