"""Whether the rate of nonconformity of an enterprise falls over the periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.trends import nonconformity_trends

SIGNIFICANT = 0.05
"""Chance of calling a steady rate a trend."""


def improvement(
    records: pd.DataFrame,
    *,
    on: dt.date,
    every: str = "quarter",
    enterprises: Sequence[str] = (),
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The trend of each enterprise, and whether that is an improvement.

    Parameters
    ----------
    records : DataFrame
        enterprise_id, date, n_tested, n_nonconforming [count]. Records after `on` are left out.
    on : date
        The day.
    every : str
        ``month``, ``quarter`` or ``year``.
    enterprises : sequence of str
        Enterprises that have a row even without a record up to `on`: no history is unknown, not good.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``enterprise_trend_rules.csv``.

    Returns
    -------
    DataFrame
        One row an enterprise (its index): decision (``improving``, ``worsening``, ``no_clear_change``,
        ``all_conforming``, ``all_nonconforming``, ``unknown``), rule_id, n_periods, rate_first, rate_last
        [share], odds_ratio [per year] with odds_ratio_lo and _hi, ca_p (of the test), margin [how far that
        p lies from 0.05], status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, or when no rules are in force.

    References
    ----------
    .. [1] Armitage (1955), Biometrics 11:375–386 (``armitage_1955``).

    Examples
    --------
    >>> rows = pd.DataFrame({"enterprise_id": "A", "date": ["2025-01-10", "2025-04-10", "2025-07-10"],
    ...                      "n_tested": 100, "n_nonconforming": [30, 18, 6]})
    >>> improvement(rows, on=dt.date(2025, 12, 31))["decision"].tolist()
    ['improving']
    """
    table = standards.in_force(standards.table("enterprise_trend_rules") if rules is None else rules, on)
    refuse("trend", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    table = table.set_index("rule_id")
    absent = [name for name in ("enterprise_id", "date") if name not in records]
    refuse("records", [Fault(f"records: {name}", "missing", "a column") for name in absent])
    days = pd.to_datetime(records["date"], errors="coerce", format="%Y-%m-%d")
    past = records[~(days > pd.Timestamp(on))]  # a day that cannot be read is refused below
    found = nonconformity_trends(past, by=["enterprise_id"], every=every).set_index("enterprise_id")
    strangers = [one for one in dict.fromkeys(enterprises) if one not in found.index]
    found = found.reindex([*found.index, *strangers]).rename_axis("enterprise_id")
    found["n_periods"] = found["n_periods"].fillna(0).astype(np.int64)
    least = table["number"].astype(float)["et-few"]
    is_constant = found["note"] == "all_alike"
    tests = {
        "et-few": (found["n_periods"] < least) | found["rate_first"].isna(),
        "et-clean": is_constant & (found["rate_first"] == 0),
        "et-bad": is_constant,
        "et-better": (found["ca_p"] < SIGNIFICANT) & (found["ca_z"] < 0),
        "et-worse": (found["ca_p"] < SIGNIFICANT) & (found["ca_z"] > 0),
    }
    rule = np.select(list(tests.values()), list(tests), default="et-chance")
    columns = ["n_periods", "rate_first", "rate_last", "odds_ratio", "odds_ratio_lo", "odds_ratio_hi", "ca_p"]
    out = found[columns].copy()
    out.insert(0, "decision", table["decision"].reindex(rule).to_numpy())
    out.insert(1, "rule_id", rule)
    out["margin"] = (out["ca_p"] - SIGNIFICANT).abs()
    for name in ("status", "source_id"):
        out[name] = table[name].reindex(rule).to_numpy()
    return out
