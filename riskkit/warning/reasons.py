"""Why a grade is what it is: every rule with what it asks, what the case says, and how near it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.warning.grading_rules import meets
from riskkit.warning.profiles import Profile

COLUMNS = ("factor", "rule", "grade", "state", "evidence", "zh", "en", "source_id", "locator", "status")


def reasons(
    facts: Mapping[str, ArrayLike],
    factor: str,
    *,
    profile: Profile,
    limits: Mapping[str, tuple[Any, Any]] | None = None,
) -> pd.DataFrame:
    """Every rule of a factor, with its state for one case.

    Parameters
    ----------
    facts : mapping of str to float
        One value a fact; NaN or absent is missing.
    factor : str
        ``severity``, ``urgency``, ``scope`` or ``trigger``.
    profile : Profile
        Whose rules.
    limits : mapping of str to (least, most), optional
        Bounds of facts that are missing but bounded.

    Returns
    -------
    DataFrame
        factor, rule, grade, state (``fired``, ``open``: a missing fact decides, ``no``), evidence (a tuple of
        (fact, op, threshold, value) each), zh, en, source_id, locator, status.

    Examples
    --------
    >>> from riskkit.warning.profiles import profile
    >>> rows = reasons({"n_ports": 5.0}, "scope", profile=profile("house_matrix")).set_index("rule")
    >>> rows.loc[["SC-4", "SC-7"], "state"].tolist()
    ['fired', 'open']
    """
    values = {name: _first(value) for name, value in facts.items()}
    bounds = {name: (_first(least), _first(most)) for name, (least, most) in (limits or {}).items()}
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
                "state": _state(evidence, bounds),
                "evidence": evidence,
            }
            | words
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _first(value: ArrayLike) -> float:
    return float(np.ravel(np.asarray(value, dtype=np.float64))[0])


def _state(
    evidence: tuple[tuple[str, str, float, float], ...], bounds: Mapping[str, tuple[float, float]]
) -> str:
    can: list[bool] = []
    must: list[bool] = []
    for fact, op, limit, value in evidence:
        ends = (value, value) if not np.isnan(value) else bounds.get(fact, (-np.inf, np.inf))
        met = [meets(end, op, limit) for end in ends]
        must.append(all(met))
        can.append(any(met))
    if all(must):
        return "fired"
    return "open" if all(can) else "no"
