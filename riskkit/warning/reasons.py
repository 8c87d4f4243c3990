"""Why a grade is what it is: every rule with what it asks, what the case says, and how near it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.warning.profiles import Profile

COLUMNS = ("factor", "rule", "grade", "state", "evidence", "zh", "en", "source_id", "locator", "status")


def reasons(facts: Mapping[str, ArrayLike], factor: str, *, profile: Profile) -> pd.DataFrame:
    """Every rule of a factor, with its state for one case.

    Parameters
    ----------
    facts : mapping of str to float
        One value a fact; NaN or absent is missing.
    factor : str
        ``severity``, ``urgency``, ``scope`` or ``trigger``.
    profile : Profile
        Whose rules.

    Returns
    -------
    DataFrame
        factor, rule, grade, state (``fired``, ``open``: a missing fact decides, ``no``), evidence (a tuple of
        (fact, op, threshold, value) each), zh, en, source_id, locator, status.

    Examples
    --------
    >>> from riskkit.warning.profiles import profile
    >>> rows = reasons({"n_ports": 5.0}, "scope", profile=profile()).set_index("rule")
    >>> rows.loc[["SC-4", "SC-7"], "state"].tolist()
    ['fired', 'open']
    """
    values = {name: float(np.ravel(np.asarray(value, dtype=np.float64))[0]) for name, value in facts.items()}
    rows: list[dict[str, Any]] = []
    for rule in profile.rules[factor]:
        evidence = tuple((fact, op, limit, values.get(fact, np.nan)) for fact, op, limit in rule.conditions)
        words = {
            "zh": rule.zh,
            "en": rule.en,
            "source_id": rule.source_id,
            "locator": rule.locator,
            "status": rule.status,
        }
        rows.append(
            {
                "factor": factor,
                "rule": rule.rule,
                "grade": rule.grade,
                "state": _state(evidence),
                "evidence": evidence,
            }
            | words
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _state(evidence: tuple[tuple[str, str, float, float], ...]) -> str:
    met = [value >= limit if op == ">=" else value <= limit for _, op, limit, value in evidence]
    unknown = [bool(np.isnan(value)) for *_, value in evidence]
    if all(met):
        return "fired"
    return "open" if all(m or u for m, u in zip(met, unknown, strict=True)) else "no"
