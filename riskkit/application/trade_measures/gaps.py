"""How a notified requirement differs from one's own standard."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.numbers.units import convert
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards

SIDES = ("max", "min")
TEXTS = ("base", "item", "side", "unit", "own_side", "own_unit", "method", "own_method")
LIMITS = (NumberColumn("limit", low=0, may_miss=True), NumberColumn("own_limit", low=0, may_miss=True))
TESTED = (
    NumberColumn("n_tested", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_failing", low=0, is_whole=True, may_miss=True),
)


def decide(requirements: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Each notified limit against the own standard.

    Parameters
    ----------
    requirements : DataFrame
        One row a notified item: base (symbol), item, side (``max``: an upper limit, ``min``: a lower one),
        limit, unit, method; own_side, own_limit, own_unit, own_method (missing: no such requirement);
        n_tested, n_failing (own products measured, and those that would fail the notified limit; may be
        missing).
    on : date
        The day.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``trade_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``stricter``, ``same``, ``milder``, ``new_requirement``,
        ``unknown``), rule_id, reason, own_in_unit (the own limit in the unit of the notified one), ratio
        (notified over own limit), margin [share of the own limit by which the notified one is stricter;
        negative: milder], share_failing, share_failing_lo, share_failing_hi (95 %, exact), status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, unknown side, missing item, and more failing than tested products.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 18 (``sc_2017_43``). The comparison is house.

    Examples
    --------
    >>> rows = pd.DataFrame([{"base": "G/TBT/N/EU/9", "item": "lead", "side": "max", "limit": 90,
    ...     "unit": "mg/kg", "method": "EN 71-3", "own_side": "max", "own_limit": 0.1, "own_unit": "g/kg",
    ...     "own_method": "EN 71-3", "n_tested": 50, "n_failing": 2}])
    >>> decide(rows, on=dt.date(2026, 5, 1))[["decision", "ratio", "share_failing"]].values.tolist()
    [['stricter', 0.9, 0.04]]
    """
    table = standards.in_force(standards.table("trade_rules") if rules is None else rules, on)
    table = table.set_index("rule_id")
    refuse("trade measures", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    known = number_columns(requirements, (*LIMITS, *TESTED), what="requirements", texts=TEXTS)
    texts = requirements[list(TEXTS)].reset_index(drop=True).astype(object)
    texts = texts.where(texts.notna() & (texts != ""), None)
    refuse("requirements", _faults(texts, known))
    own, is_comparable = _own_limits(texts, known["own_limit"])
    limit = known["limit"]
    is_max = (texts["side"] == "max").to_numpy()
    gap = np.where(is_max, own - limit, limit - own)
    is_same = np.isclose(own, limit, rtol=1e-12, atol=0)
    tests = {
        "tg-unknown": np.isnan(limit) | texts["unit"].isna().to_numpy(),
        "tg-new": np.isnan(known["own_limit"]) & texts["own_side"].isna().to_numpy(),
        "tg-units": ~is_comparable | np.isnan(known["own_limit"]),
        "tg-side": (texts["side"] != texts["own_side"]).to_numpy(),
        "tg-method": (texts["method"] != texts["own_method"]).to_numpy(),
        "tg-same": is_same,
        "tg-stricter": gap > 0,
    }
    rule = np.select(list(tests.values()), list(tests), default="tg-milder")
    is_judged = np.isin(rule, ["tg-same", "tg-stricter", "tg-milder"])
    of_rule = table.reindex(rule)
    out = pd.DataFrame({"decision": of_rule["decision"].to_numpy(), "rule_id": rule,
                        "reason": of_rule["reason"].to_numpy(), "own_in_unit": own})  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        out["ratio"] = np.where(is_judged, limit / own, np.nan)
        out["margin"] = np.where(is_judged, gap / own, np.nan)
    out = out.assign(**_share_failing(known["n_tested"], known["n_failing"]))
    for name in ("status", "source_id"):
        out[name] = of_rule[name].to_numpy()
    return out.set_index(requirements.index)


def _share_failing(n: Floats, x: Floats) -> dict[str, Floats]:
    """The share of own products that would fail, with its exact 95 % interval."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n > 0, x / n, np.nan)
    lo = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, 0.025), 0.0)
    hi = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 0.975), 1.0)
    is_known = n > 0
    ends = {
        "share_failing_lo": np.where(is_known, lo, np.nan),
        "share_failing_hi": np.where(is_known, hi, np.nan),
    }
    return {"share_failing": share, **ends}


def _faults(texts: pd.DataFrame, known: dict[str, Floats]) -> list[Fault]:
    with np.errstate(invalid="ignore"):
        is_above = known["n_failing"] > known["n_tested"]
    is_side = {name: texts[name].isin(SIDES) for name in ("side", "own_side")}
    tests = [
        ("base", texts["base"].isna(), "a symbol"),
        ("item", texts["item"].isna(), "a name"),
        ("side", ~is_side["side"], "one of max, min"),
        ("own_side", ~is_side["own_side"] & texts["own_side"].notna(), "one of max, min, or missing"),
        ("n_failing", pd.Series(is_above), "at most n_tested"),
    ]
    columns = texts.assign(n_failing=known["n_failing"])
    return [Fault(f"requirements: row {at}: {name}", shown(columns[name].iloc[at]), rule)
            for name, wrong, rule in tests for at in np.flatnonzero(wrong)]  # fmt: skip


def _own_limits(texts: pd.DataFrame, limits: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The own limits in the units of the notified ones, and where that is possible."""
    out, good = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool)
    pairs = texts[["own_unit", "unit"]].dropna().drop_duplicates()
    for own_unit, unit in pairs.itertuples(index=False):
        here = ((texts["own_unit"] == own_unit) & (texts["unit"] == unit)).to_numpy()
        try:
            out[here] = convert(limits[here], own_unit, unit)
        except ValueError:
            continue
        good[here] = True
    return out, good
