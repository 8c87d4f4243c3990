"""What moved the index, how far the weights carry it, and whether it is better or worse than before."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.application.quality_index.index import StratumCounts
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.proportions import Interval

_SIDES = tuple(
    NumberColumn(name, low=0, high=100, may_miss=True)
    for name in ("index", "index_lo", "index_hi", "before", "before_lo", "before_hi")
)
_SHARES = tuple(
    NumberColumn(name, low=0, high=1, may_miss=True) for name in ("share_known", "before_share_known")
)


def decompose(counts: StratumCounts, labels: ArrayLike, *, before: int, after: int) -> pd.DataFrame:
    """Which commodities (or origins) moved the index, and what the mix did to the crude rate.

    Parameters
    ----------
    counts : StratumCounts
        From `stratum_counts`.
    labels : array_like, shape (strata,)
        The commodity or origin of each stratum, in the order of the standard.
    before, after : int
        Rows of `counts.groups` to compare.

    Returns
    -------
    DataFrame
        One row a label, largest change first: label, share_weight, n_strata_unknown (not tested on both
        sides), change_index [index points; over the strata tested on both sides; adds up to the change of
        their index], rate_effect and mix_effect (parts of the change of the crude rate; add up to it).

    Raises
    ------
    InputFaults
        When there is not a label a stratum, or no such group.

    References
    ----------
    .. [1] Kitagawa, JASA 50, 1955, 1168–1194 (``kitagawa_1955``).

    Examples
    --------
    >>> tested, bad = np.array([[100.0, 100], [100, 300]]), np.array([[10.0, 20], [10, 30]])
    >>> both = StratumCounts(pd.DataFrame({"year": [1, 2]}), tested, bad, np.ones(2))
    >>> moved = decompose(both, ["toys", "shoes"], before=0, after=1)
    >>> moved[["label", "change_index"]].round(2).values.tolist()
    [['shoes', 5.0], ['toys', 0.0]]
    """
    n, x = counts.n_tested, counts.n_nonconforming
    names = np.asarray(labels)
    faults = (
        [] if names.shape == counts.weight.shape else [Fault("labels", str(names.shape), "one a stratum")]
    )
    faults += [
        Fault(name, shown(row), RuleText("a row from 0 to {}", len(n) - 1))
        for name, row in (("before", before), ("after", after))
        if not 0 <= row < len(n)
    ]
    refuse("decomposition", faults)
    rate = np.divide(x, n, out=np.full_like(n, np.nan), where=n > 0)
    old, new = rate[before], rate[after]
    is_known = ~np.isnan(old + new)
    weight = np.where(is_known, counts.weight, 0)
    total = weight.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        q_old, q_new = n[before] / n[before].sum(), n[after] / n[after].sum()
    # a stratum tested on one side only belongs to the mix alone
    filled_old, filled_new = np.where(np.isnan(old), new, old), np.where(np.isnan(new), old, new)
    rows = pd.DataFrame(
        {
            "label": names,
            "share_weight": counts.weight / counts.weight.sum(),
            "n_strata_unknown": ~is_known,
            "change_index": np.where(
                is_known, -100 * weight * (new - old) / (total if total > 0 else np.nan), 0
            ),
            "rate_effect": np.nan_to_num((filled_new - filled_old) * (q_old + q_new) / 2),
            "mix_effect": np.nan_to_num((q_new - q_old) * (filled_old + filled_new) / 2),
        }
    )
    out = rows.groupby("label", sort=True, dropna=False).sum().reset_index()
    n_strata = rows.groupby("label", sort=True, dropna=False).size().to_numpy()
    out["change_index"] = out["change_index"].mask(out["n_strata_unknown"].to_numpy() == n_strata)
    return out.sort_values("change_index", key=lambda one: -one.abs(), kind="stable", ignore_index=True)


def weight_range(rate: ArrayLike, weight: ArrayLike, *, factor: float) -> Interval:
    """How far the index can move when every weight may be wrong by a factor.

    Parameters
    ----------
    rate : array_like, shape (strata,)
        Rates of nonconformity [share, 0–1].
    weight : array_like, shape (strata,)
        Weights, from 0 up.
    factor : float
        Each weight lies between weight ÷ factor and weight × factor; at least 1.

    Returns
    -------
    Interval
        Exact lowest and highest index.

    Raises
    ------
    InputFaults
        With a factor below 1, wrong rates or weights.

    Examples
    --------
    >>> found = weight_range([0.0, 0.5], [1, 1], factor=2)
    >>> round(float(found.lo), 1), round(float(found.hi), 1)
    (60.0, 90.0)
    """
    p, w = np.asarray(rate, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    checks = (
        ("factor", factor >= 1, "a number from 1 up"),
        ("rate", bool(((p >= 0) & (p <= 1)).all()), "shares from 0 to 1, none missing"),
        ("weight", bool((w >= 0).all() and w.sum() > 0 and np.isfinite(w).all()), "from 0 up, not all 0"),
        ("weight", p.shape == w.shape and p.ndim == 1, "a list as long as the rates"),
    )
    refuse(
        "weights",
        [
            Fault(name, shown(factor) if name == "factor" else "…", rule)
            for name, ok, rule in checks
            if not ok
        ],
    )
    return Interval(100 * (1 - _largest(p, w, factor)), 100 * (1 + _largest(-p, w, factor)))


def _largest(p: Floats, w: Floats, factor: float) -> float:
    # at the extreme the largest rates have the largest weights, and the others the smallest
    order = np.argsort(-p, kind="stable")
    p, w = p[order], w[order]
    raised = np.concatenate([[0.0], np.cumsum(w * (factor - 1 / factor))])
    raised_sum = np.concatenate([[0.0], np.cumsum(p * w * (factor - 1 / factor))])
    return float(((raised_sum + (p * w).sum() / factor) / (raised + w.sum() / factor)).max())


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Whether the index is better or worse than before.

    Parameters
    ----------
    facts : DataFrame
        index, index_lo, index_hi, share_known and before, before_lo, before_hi, before_share_known.
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``quality_index_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``better``, ``worse``, ``no_clear_change``, ``unknown``),
        rule_id, reason, change, change_lo, change_hi [index points], margin [index points to another
        decision], status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, or when no rules are in force.

    References
    ----------
    .. [1] Zou and Donner, Statistics in Medicine 27, 2008, 1693–1702 (``zou_donner_2008``): limits of a
       difference.

    Examples
    --------
    >>> year = {"index": 95.0, "index_lo": 94.0, "index_hi": 96.0, "share_known": 1.0}
    >>> past = {"before": 90.0, "before_lo": 89.0, "before_hi": 91.0, "before_share_known": 1.0}
    >>> found = decide(pd.DataFrame([year | past]), on=dt.date(2026, 1, 1))
    >>> found[["decision", "margin"]].round(2).values.tolist()
    [['better', 3.59]]
    """
    table = standards.in_force(standards.table("quality_index_rules") if rules is None else rules, on)
    refuse("quality index", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    at = _read(facts)
    change = at["index"] - at["before"]
    lo = change - np.hypot(at["index"] - at["index_lo"], at["before_hi"] - at["before"])
    hi = change + np.hypot(at["index_hi"] - at["index"], at["before"] - at["before_lo"])
    by_decision = table.set_index("decision")
    least = by_decision["number"].astype(float)["unknown"]
    share = at["share_known"].combine(at["before_share_known"], np.fmin)
    is_open = (
        (share < least) | at["share_known"].isna() | at["before_share_known"].isna() | lo.isna() | hi.isna()
    )
    decision = np.select([is_open, lo > 0, hi < 0], ["unknown", "better", "worse"], default="no_clear_change")
    margin = np.select([is_open, lo > 0, hi < 0], [np.nan, lo, -hi], default=np.minimum(-lo, hi))
    out = pd.DataFrame({"decision": decision})
    for name in ("rule_id", "reason"):
        out[name] = by_decision[name].reindex(decision).to_numpy()
    out = out.assign(change=change, change_lo=lo, change_hi=hi, margin=margin)
    for name in ("status", "source_id"):
        out[name] = by_decision[name].reindex(decision).to_numpy()
    return out.set_index(facts.index)


def _read(facts: pd.DataFrame) -> dict[str, pd.Series]:
    found = number_columns(facts, (*_SIDES, *_SHARES), what="facts")
    with np.errstate(invalid="ignore"):
        crossed = {
            name: np.flatnonzero((found[f"{name}_lo"] > found[name]) | (found[name] > found[f"{name}_hi"]))
            for name in ("index", "before")
        }
    faults = [
        Fault(
            f"facts: row {row}: {name}", shown(found[name][row]), RuleText("from {}_lo to {}_hi", name, name)
        )
        for name, rows in crossed.items()
        for row in rows
    ]
    refuse("facts", faults)
    return {name: pd.Series(values) for name, values in found.items()}
