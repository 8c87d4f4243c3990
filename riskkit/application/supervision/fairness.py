"""Whether firms or ports are inspected alike at equal risk: shares compared within strata, with intervals."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy.stats import norm

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards

_REASONS = {"above": "more_than_others", "below": "less_than_others", "no_clear_difference": "within_chance",
            "unknown": "no_others_at_equal_risk"}  # fmt: skip


def fairness(
    counts: pd.DataFrame, *, by: str, on: dt.date, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The share of lots inspected of each group against all others of the same risk.

    Within each stratum a group is compared with everybody else, and the differences are weighted as Mantel
    and Haenszel do, so that a group with riskier goods is not taken for one that is treated harder.

    Parameters
    ----------
    counts : DataFrame
        The column `by` (firm, port, …; none missing), stratum (of equal risk; none missing), n_lots,
        n_inspected [lots]; rows of one group and stratum are added up.
    by : str
        The column that names the groups.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``fairness_rules.csv``: ``fa-level``, the certainty of intervals
        and decisions.

    Returns
    -------
    DataFrame
        One row a group, indexed by `by`: decision (``above``, ``below``, ``no_clear_difference``,
        ``unknown`` where nobody else has lots of its strata, or all or none there are inspected), rule_id,
        reason, n_lots, rate (share inspected), rate_expected (with the share of its strata), difference (to
        all others at equal risk), difference_lo, difference_hi (of each group alone), p_value (two-sided,
        without correction), p_adjusted (Holm, over all groups), margin (|1 − level − p_adjusted|), status,
        source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, every row with more inspected than lots, and a level outside 0.5 to 1.

    References
    ----------
    .. [1] Mantel and Haenszel (``mantel_haenszel_1959``); variance of the difference by Greenland and Robins
       (``greenland_robins_1985``).

    Examples
    --------
    >>> counts = pd.DataFrame({"port": ["P", "Q", "P", "Q"], "stratum": ["a", "a", "b", "b"],
    ...     "n_lots": [100, 400, 400, 100], "n_inspected": [50, 200, 40, 10]})
    >>> found = fairness(counts, by="port", on=dt.date(2026, 5, 1))
    >>> found["rate"].tolist(), found["difference"].tolist(), found["decision"].tolist()
    ([0.18, 0.42], [0.0, 0.0], ['no_clear_difference', 'no_clear_difference'])
    """
    level = _level(on, rules)
    sums = _sums(counts, by)
    n, k = (sums[name].to_numpy(np.float64) for name in ("n_lots", "n_inspected"))
    whole = sums.groupby(level="stratum")[["n_lots", "n_inspected"]].transform("sum")
    all_n, all_k = (whole[name].to_numpy(np.float64) for name in whole)
    parts = _parts(n, k, other_n=all_n - n, other_k=all_k - k)
    parts |= {"n_lots": n, "n_inspected": k, "expected": n * np.divide(all_k, all_n)}
    out = pd.DataFrame(parts, index=sums.index).groupby(level=by, sort=True).sum()
    weight, spread = out.pop("weight"), out.pop("spread")
    is_open = (weight <= 0) | (out["variance"] <= 0)
    difference = (out.pop("gap") / weight).mask(is_open)
    half = float(norm.ppf(0.5 + level / 2)) * np.sqrt(spread) / weight
    p_value = pd.Series(2 * norm.sf(np.abs(difference * weight) / np.sqrt(out.pop("variance"))), out.index)
    p_value = p_value.mask(is_open)
    adjusted = pd.Series(_holm(p_value.to_numpy()), out.index)
    tests = [is_open, (adjusted < 1 - level) & (difference > 0), adjusted < 1 - level]
    decision = np.select(tests, ["unknown", "above", "below"], default="no_clear_difference")
    found = {"decision": decision, "rule_id": "fa-level", "reason": [_REASONS[one] for one in decision]}
    found |= {"n_lots": out["n_lots"], "rate": out["n_inspected"] / out["n_lots"]}
    found |= {"rate_expected": out["expected"] / out["n_lots"], "difference": difference}
    found |= {"difference_lo": difference - half, "difference_hi": difference + half, "p_value": p_value}
    found |= {"p_adjusted": adjusted, "margin": (1 - level - adjusted).abs()}
    return pd.DataFrame(found, index=out.index).assign(status="derived", source_id="mantel_haenszel_1959")


def _level(on: dt.date, rules: pd.DataFrame | None) -> float:
    table = standards.in_force(standards.table("fairness_rules") if rules is None else rules, on)
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    level = float(table.set_index("rule_id")["number"].astype(float).get("fa-level", np.nan))
    refuse(
        "rules", [] if 0.5 <= level < 1 else [Fault("fa-level", shown(level), "a share from 0.5 to below 1")]
    )
    return level


def _sums(counts: pd.DataFrame, by: str) -> pd.DataFrame:
    kinds = [NumberColumn(name, low=0, is_whole=True) for name in ("n_lots", "n_inspected")]
    known = number_columns(counts, kinds, what="counts", texts=[by, "stratum"])
    faults = [Fault(f"counts: row {row}: {name}", shown(None), "a value")
              for name in (by, "stratum") for row in np.flatnonzero(counts[name].isna())]  # fmt: skip
    faults += [Fault(f"counts: row {row}: n_inspected", shown(known["n_inspected"][row]), "at most n_lots")
               for row in np.flatnonzero(known["n_inspected"] > known["n_lots"])]  # fmt: skip
    refuse("counts", faults)
    keys = [counts[by].to_numpy(), counts["stratum"].to_numpy()]
    sums = pd.DataFrame(known).groupby(keys, sort=True).sum()
    sums.index.names = [by, "stratum"]
    return sums[sums["n_lots"] > 0]


def _parts(n: Floats, k: Floats, *, other_n: Floats, other_k: Floats) -> dict[str, Floats]:
    """What each stratum adds to the difference, its weight, and both variances."""
    total, found = n + other_n, k + other_k
    has_both = other_n > 0
    weight = np.divide(n * other_n, total, out=np.zeros_like(n), where=has_both)
    gap = np.where(has_both, k - n * found / total, 0)
    rest = np.divide(found * (total - found), total**2 * (total - 1), out=np.zeros_like(n), where=total > 1)
    of_own = np.divide(k * (n - k), n**3)
    of_other = np.divide(other_k * (other_n - other_k), other_n**3, out=np.zeros_like(n), where=has_both)
    spread = weight**2 * (of_own + of_other)
    return {
        "weight": weight,
        "gap": gap,
        "variance": np.where(has_both, n * other_n * rest, 0),
        "spread": spread,
    }


def _holm(p_values: Floats) -> Floats:
    """Holm's adjustment over the p-values that are known."""
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    out = np.full(len(p_values), np.nan)
    out[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)), 1)
    return out
