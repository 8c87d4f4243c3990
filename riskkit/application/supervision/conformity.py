"""The mix of conformity procedures of article 6 of the inspection law, by mode of supervision and facts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

_FLAGS = ("is_ccc", "needs_registration", "has_accepted_report")


def procedures(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The mix of conformity procedures of each enterprise and product.

    Parameters
    ----------
    facts : DataFrame
        mode (as applied), is_ccc (goods of the compulsory certification catalogue), needs_registration (of
        the maker or the goods), has_accepted_report (of an accepted body) [0, 1 or missing].
    on : date
        Day whose rows count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``conformity_procedures.csv``.

    Returns
    -------
    DataFrame
        One row a subject and rule, in the order of both, with the subject's label in `subject`: procedure,
        decision (``apply``, ``not_needed``, ``unknown``), rule_id, reason (``mode``, ``fact``,
        ``mode_excludes``, ``fact_absent``, ``fact_missing``), status, source_id.

    Raises
    ------
    InputFaults
        With every unknown mode and wrong cell, or when no rules are in force.

    References
    ----------
    .. [1] 进出口商品检验法 (``inspection_law_2021``), article 6. Which mode brings which procedure is house.

    Examples
    --------
    >>> facts = pd.DataFrame({"mode": ["credit"], "is_ccc": [1], "needs_registration": [0],
    ...     "has_accepted_report": [None]})
    >>> procedures(facts, on=dt.date(2026, 5, 1))["decision"].tolist()
    ['apply', 'apply', 'apply', 'not_needed', 'unknown']
    """
    known = [*map(str, standards.table("supervision_modes", on=on)["mode"])]
    table = standards.in_force(standards.table("conformity_procedures") if rules is None else rules, on)
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    kinds = [NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in _FLAGS]
    flags = number_columns(facts, kinds, what="facts", texts=["mode"])
    wrong = np.flatnonzero(~facts["mode"].isin(known))
    refuse("facts", [Fault(f"facts: row {row}: mode", shown(mode := facts["mode"].iloc[row]),
                           one_of(str(mode), known)) for row in wrong])  # fmt: skip
    parts = []
    for place, rule in enumerate(records(table)):
        named = str(rule["modes"]).split() if pd.notna(rule["modes"]) and rule["modes"] else known
        is_in = facts["mode"].isin(named).to_numpy()
        fact = flags.get(str(rule["fact"]), np.ones(len(facts)))
        tests = [~is_in, np.isnan(fact), fact == 0]
        decision = np.select(tests, ["not_needed", "unknown", "not_needed"], default="apply")
        why = "fact" if str(rule["fact"]) in flags else "mode"
        reason = np.select(tests, ["mode_excludes", "fact_missing", "fact_absent"], default=why)
        part = {"subject": facts.index, "procedure": rule["procedure"], "decision": decision}
        part |= {"rule_id": rule["rule_id"], "reason": reason, "status": rule["status"]}
        parts.append(
            pd.DataFrame(part | {"source_id": rule["source_id"], "at": place, "row": range(len(facts))})
        )
    out = pd.concat(parts).sort_values(["row", "at"], kind="stable", ignore_index=True)
    return out.drop(columns=["row", "at"])
