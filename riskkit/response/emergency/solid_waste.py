"""Solid waste at a port: identification of its attribute, return, and the range of the fine."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.rule_results import Flags, Floats, any_of, rule_results

_FLAGS = ("is_suspected", "is_solid_waste", "is_transit", "is_hazardous", "is_entered")


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """What follows for goods that may be solid waste.

    Parameters
    ----------
    facts : DataFrame
        One row a lot; 0, 1 or missing, an absent column is unknown: is_suspected, is_solid_waste (what the
        identification of its attribute found; missing while there is no finding), is_transit, is_hazardous,
        is_entered (unlawfully in the country already). Optionally fine_cny (the fine proposed, yuan).
    on : date
        Day of the decision.
    rules : DataFrame, optional
        Of the shape of ``emergency_waste_routes``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``identify``: have the attribute identified; ``return``: order to
        return it, with a fine; ``disposal_opinion``: the environment department of the province gives its
        opinion and customs decides; ``fine_transit``; ``transit_unread``: no rule was read; ``no_waste``;
        ``not_suspected``; missing while facts are), missing (facts), rule_id, reason, fine_lo, fine_hi
        (yuan; missing without a fine), is_carrier_liable (jointly, for return and disposal), margin (always
        missing: no rule of these has a measure), status, source_id, locator, zh, en.

    Raises
    ------
    InputFaults
        With every unknown column, wrong flag, proposed fine outside the law, and where no rule is in force.

    References
    ----------
    .. [1] 固体废物污染环境防治法第二十四、二十五、一百一十五至一百一十七条 (``solid_waste_law``).

    Examples
    --------
    >>> lots = pd.DataFrame({"is_suspected": [1, 1], "is_solid_waste": [None, 1], "is_transit": 0,
    ...     "is_hazardous": 0, "is_entered": 0})
    >>> found = decide(lots, on=dt.date(2026, 1, 1))
    >>> found["decision"].tolist(), found["fine_lo"].fillna(0).tolist()
    (['identify', 'return'], [0.0, 500000.0])
    """
    rows = standards.in_force(standards.all_rows("emergency_waste_routes") if rules is None else rules, on)
    numbers = _numbers(facts, rows, on=on)
    fine = numbers.pop("fine_cny")
    # without a finding there is nothing yet that could be unknown about it
    numbers["is_identified"] = (~np.isnan(numbers["is_solid_waste"])).astype(np.float64)
    found = rule_results(numbers, rows, n=len(facts))
    is_open = any_of(found.may_be_met & ~found.is_met)
    rule = pd.Series(found.first_met(), index=facts.index, dtype=object)
    own = rows.drop_duplicates("test").set_index("test").reindex(rule).set_axis(facts.index)
    _require_lawful(fine, own, is_open=is_open)
    out = pd.DataFrame({"decision": own["decision"].mask(is_open, None)}, index=facts.index)
    out["missing"] = found.unknown_facts()
    out["rule_id"] = rule
    out["reason"] = np.where(is_open, "facts_missing", "waste_rule_met")
    out["fine_lo"], out["fine_hi"] = own["fine_lo"].astype(float), own["fine_hi"].astype(float)
    out["is_carrier_liable"] = own["is_carrier_liable"] == "yes"
    out["margin"] = np.nan
    return pd.concat([out, own[["status", "source_id", "locator", "zh", "en"]]], axis=1)


def _numbers(facts: pd.DataFrame, rows: pd.DataFrame, *, on: dt.date) -> dict[str, Floats]:
    known = [*_FLAGS, "fine_cny"]
    faults = [
        Fault(f"solid waste: {name}", "a column", one_of(str(name), known))
        for name in facts
        if name not in known
    ]
    if rows.empty:
        faults.append(Fault("solid waste: on", str(on), "a day on which a rule is in force"))
    refuse("solid waste", faults)
    given = facts.assign(**{name: facts.get(name, np.nan) for name in known})
    flags = [NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in _FLAGS]
    fine = NumberColumn("fine_cny", low=0, may_miss=True)
    return number_columns(given, [*flags, fine], what="solid waste")


def _require_lawful(fine: Floats, own: pd.DataFrame, *, is_open: Flags) -> None:
    """A fine needs a rule that fines, and stands within its range."""
    low, high = own["fine_lo"].to_numpy(dtype=float), own["fine_hi"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        is_lawful = (fine >= low) & (fine <= high) & ~is_open
    faults = [
        Fault(
            f"solid waste: row {row}: fine_cny",
            shown(fine[row]),
            "empty: no rule that is met has a fine"
            if is_open[row] or np.isnan(low[row])
            else RuleText("from {} to {} yuan", f"{low[row]:.0f}", f"{high[row]:.0f}"),
        )
        for row in np.flatnonzero(~np.isnan(fine) & ~is_lawful)
    ]
    refuse("solid waste", faults)
