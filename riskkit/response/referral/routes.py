"""Where a case goes (tasks 14 and 15): to the police, to the procuratorate, or nowhere yet.

The facts are findings of the authority. Whether an act is a suspected crime and whether the public interest
is harmed are questions of law (``referral_lawyer``): where nobody has answered them, the route is missing.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.rule_results import any_of, joined_names, rule_results


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The routes that a case takes under the rules in force on a day.

    Parameters
    ----------
    facts : DataFrame
        One row a case; flags 0, 1 or missing, an absent column is unknown: is_crime_suspected,
        is_public_interest_harmed, is_many_consumers (many unspecified consumers), is_operator_unlawful,
        is_agency_unlawful (unlawful act or inaction of the agency), is_harm_growing.
    on : date
        Day of the decision.
    rules : DataFrame, optional
        Routes of one's own, of the shape of ``referral_routes.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (routes with spaces between: ``transfer`` to the police, ``civil``
        and ``administrative`` litigation; empty for none; missing while a route is open), possible (routes
        that cannot be ruled out), missing (facts), next_clocks (names of ``referral_clocks.csv``), reason,
        rule_id, status, source_id.

    Raises
    ------
    InputFaults
        With every unknown column and wrong flag.

    References
    ----------
    .. [1] 国务院令第310号第三条 (``sc_order_310``); 检察公益诉讼解释第十三、二十一条
       (``procuratorate_public_interest``); 消费民事公益诉讼解释第二条 (``consumer_public_interest``).

    Examples
    --------
    >>> facts = pd.DataFrame({"is_crime_suspected": [0, None], "is_public_interest_harmed": [1, 0],
    ...     "is_many_consumers": [1, 0], "is_operator_unlawful": [1, 1], "is_agency_unlawful": [0, 0],
    ...     "is_harm_growing": [0, 0]})
    >>> found = decide(facts, on=dt.date(2026, 1, 1))
    >>> found["decision"].fillna("?").tolist(), found["missing"].tolist()
    (['civil', '?'], ['', 'is_crime_suspected'])
    """
    rows = standards.in_force(standards.all_rows("referral_routes") if rules is None else rules, on)
    known = [*dict.fromkeys([*rows["fact"], "is_harm_growing"])]
    faults = [
        Fault(f"referral: {name}", "a column", one_of(str(name), known))
        for name in facts
        if name not in known
    ]
    refuse("referral", faults)
    columns = [
        NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in known if name in facts
    ]
    numbers = number_columns(facts, columns, what="referral")
    found = rule_results(numbers, rows, n=len(facts))
    is_open = any_of(found.may_be_met & ~found.is_met)
    out = pd.DataFrame({"decision": joined_names(found.is_met, found.names)}, index=facts.index)
    out["possible"] = joined_names(found.may_be_met, found.names)
    out["missing"] = found.unknown_facts()
    growing = numbers.get("is_harm_growing", np.full(len(facts), np.nan))
    urgent = np.where(
        np.isnan(growing),
        "agency_reply agency_reply_urgent",
        np.where(growing == 1, "agency_reply_urgent", "agency_reply"),
    )
    first = {"transfer": "transfer_decision", "civil": "civil_notice"}
    out["next_clocks"] = [
        " ".join(first.get(route, clock) for route in routes.split())
        for routes, clock in zip(out["decision"], urgent, strict=True)
    ]
    own = rows.drop_duplicates("test").set_index("test")
    lead = found.first_met()
    out["rule_id"] = lead
    out["reason"] = np.where(is_open, "facts_missing", [name or "no_route_met" for name in lead])
    out["source_id"] = [own["source_id"].to_dict().get(name, "sc_order_310") for name in lead]
    out["status"] = [own["status"].to_dict().get(name, "derived") for name in lead]
    out["decision"] = out["decision"].mask(is_open, None)
    return out[["decision", "possible", "missing", "next_clocks", "reason", "rule_id", "status", "source_id"]]
