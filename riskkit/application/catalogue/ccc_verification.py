"""How the certificates (CCC) of catalogue goods are to be checked."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards

_FACTS = (
    NumberColumn("is_ccc", low=0, high=1, is_whole=True, may_miss=True),
    NumberColumn("n_verified", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_mismatched", low=0, is_whole=True, may_miss=True),
    NumberColumn("p_above", low=0, high=1, may_miss=True),
)


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Whether the certificate of every lot is checked against the goods, or of lots drawn at random.

    Parameters
    ----------
    facts : DataFrame
        is_ccc (1: goods that need the compulsory certificate), n_verified, n_mismatched [lots whose
        certificate was checked, and of those the ones that it does not fit], p_above (P(rate > bound in) of
        `proposals.decide`); each may be missing.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``catalogue_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``no_certificate``, ``verify_each``, ``verify_drawn``,
        ``unknown``), rule_id, reason, status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, more mismatched than verified lots, or when no rules are in force.

    References
    ----------
    .. [1] 认证认可条例 Art. 30, 66 (``certification_regulation``). The intensity of the check is house.

    Examples
    --------
    >>> facts = pd.DataFrame({"is_ccc": [1, 1, 0], "n_verified": [200, 0, 0], "n_mismatched": [0, 0, 0],
    ...                       "p_above": [0.01, 0.01, 0.9]})
    >>> decide(facts, on=dt.date(2026, 5, 1))["decision"].tolist()
    ['verify_drawn', 'verify_each', 'no_certificate']
    """
    table = standards.in_force(standards.table("catalogue_rules") if rules is None else rules, on)
    table = table.set_index("rule_id")
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    known = number_columns(facts, _FACTS, what="facts")
    is_ccc, n, wrong = known["is_ccc"], known["n_verified"], known["n_mismatched"]
    with np.errstate(invalid="ignore"):
        above = np.flatnonzero(wrong > n)
    refuse("facts", [Fault(f"facts: row {row}: n_mismatched", shown(wrong[row]), "at most n_verified")
                     for row in above])  # fmt: skip
    bound = table["number"].astype(float)
    with np.errstate(invalid="ignore"):
        tests = {
            "cc-unknown": np.isnan(is_ccc),
            "cc-none": is_ccc == 0,
            "cc-mismatch": wrong > 0,
            "cc-high": ~(known["p_above"] < bound["cc-high"]),
            "cc-few": ~(n >= bound["cc-few"]),
        }
    rule = np.select(list(tests.values()), list(tests), default="cc-drawn")
    out = table[["decision", "reason", "status", "source_id"]].reindex(rule).reset_index(names="rule_id")
    return out[["decision", "rule_id", "reason", "status", "source_id"]].set_index(facts.index)
