"""Which finding leads to a risk notice (风险告知书) or a feedback letter, what is asked and by when."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.rule_results import rule_results
from riskkit.response.working_days import possible_last_days

TEXTS = ("enterprise_id", "product")
FACTS = (
    NumberColumn("n_tested", low=0, is_whole=True, may_miss=True),
    NumberColumn("n_nonconforming", low=0, is_whole=True, may_miss=True),
    NumberColumn("severity", low=1, high=4, is_whole=True, may_miss=True),
    NumberColumn("is_safety_item", low=0, high=1, is_whole=True, may_miss=True),
    NumberColumn("is_recalled_abroad", low=0, high=1, is_whole=True, may_miss=True),
    NumberColumn("is_suspected", low=0, high=1, is_whole=True, may_miss=True),
)
DECISIONS = ("risk_notice", "feedback_letter", "no_notice", "unknown")


def decide(findings: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """What each finding leads to: the first rule that is met.

    Parameters
    ----------
    findings : DataFrame
        One row a finding: enterprise_id, product, found_on (day), n_tested, n_nonconforming [count], severity
        (1–4; grades of injury), is_safety_item, is_recalled_abroad, is_suspected (1, 0; missing: unknown).
    on : date
        Day of the notice.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``enterprise_notice_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``risk_notice``, ``feedback_letter``, ``no_notice``, ``unknown``),
        at_worst (the decision if what is unknown were bad), rule_id, reason (the rule, or ``nothing_found``,
        ``facts_missing``), missing (unknown facts that matter, with spaces between), asks (requests, with
        spaces between), margin [share of the limit that the nearest rule not met has reached; missing where a
        rule is met], status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, finding of a later day, missing enterprise, and more nonconforming than tested
        units; or when no rules are in force.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 17 (``sc_2017_43``); 消费者权益保护法 Art. 19 (``consumer_law_19``).
       Which finding leads to which letter is house.

    Examples
    --------
    >>> finding = {"enterprise_id": "A", "product": "lamp", "found_on": "2026-03-02", "n_tested": 10,
    ...            "n_nonconforming": 1, "severity": 2, "is_safety_item": 1, "is_recalled_abroad": 0,
    ...            "is_suspected": 0}
    >>> found = decide(pd.DataFrame([finding]), on=dt.date(2026, 3, 5))
    >>> found[["decision", "rule_id"]].values.tolist()
    [['risk_notice', 'en-safety']]
    """
    table = _rules(on, rules)
    facts = read_findings(findings, on=on)
    n = len(findings)
    found = rule_results(facts, table, n=n)
    by_rule = table.drop_duplicates("test").set_index("test")
    first = np.array(found.first_met(), dtype=object)
    possible = found.is_met | found.may_be_met
    worst = np.where(possible.any(axis=1), np.array([*found.names])[possible.argmax(axis=1)], "")
    is_held, is_open = first != "", worst != first
    out = pd.DataFrame({"decision": np.where(is_held, by_rule["decision"].reindex(first), "no_notice")})
    out["decision"] = out["decision"].mask(~is_held & is_open, "unknown")
    out["at_worst"] = np.where(worst != "", by_rule["decision"].reindex(worst), "no_notice")
    out["rule_id"] = first
    out["reason"] = np.select([is_held, is_open], [first, "facts_missing"], default="nothing_found")
    out["missing"] = np.where(is_open, found.unknown_facts(), "")
    out["asks"] = np.where(is_held, by_rule["asks"].reindex(first), "")
    near = pd.DataFrame(found.reached).max(axis=1)
    out["margin"] = (1 - near).where(~is_held & ~is_open)
    out["status"] = np.where(is_held, by_rule["status"].reindex(first), "house")
    out["source_id"] = np.where(is_held, by_rule["source_id"].reindex(first), "riskkit_house")
    return out.set_index(findings.index)


def _rules(on: dt.date, rules: pd.DataFrame | None) -> pd.DataFrame:
    table = standards.all_rows("enterprise_notice_rules") if rules is None else rules
    table = standards.in_force(table, on).sort_values("order", kind="stable", ignore_index=True)
    refuse("notices", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    return table


def read_findings(findings: pd.DataFrame, *, on: dt.date) -> dict[str, Floats]:
    """The facts of findings as numbers, or every fault of all of them.

    Parameters
    ----------
    findings : DataFrame
        Of the shape that `decide` reads.
    on : date
        No finding may be of a later day.

    Returns
    -------
    dict of str to ndarray of float
        NaN where a fact is unknown.

    Raises
    ------
    InputFaults
        With every fault.

    Examples
    --------
    >>> read_findings(pd.DataFrame({name: [] for name in ("enterprise_id", "product", "found_on", "n_tested",
    ...     "n_nonconforming", "severity", "is_safety_item", "is_recalled_abroad", "is_suspected")}),
    ...     on=dt.date(2026, 3, 5))["severity"].size
    0
    """
    known = number_columns(findings, FACTS, what="findings", texts=[*TEXTS, "found_on"])
    days = pd.to_datetime(findings["found_on"].reset_index(drop=True), errors="coerce", format="%Y-%m-%d")
    with np.errstate(invalid="ignore"):
        is_above = known["n_nonconforming"] > known["n_tested"]
    late = RuleText("a day up to {}, as YYYY-MM-DD", on)
    tests = (
        ("enterprise_id", findings["enterprise_id"].isna(), "a name or number"),
        ("found_on", ~(days <= pd.Timestamp(on)), late),
        ("n_nonconforming", is_above, "at most n_tested"),
    )
    refuse(
        "findings",
        [
            Fault(f"findings: row {row}: {name}", shown(findings[name].iloc[row]), rule)
            for name, is_wrong, rule in tests
            for row in np.flatnonzero(is_wrong)
        ],
    )
    return known


def requests(decided: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """What the letters ask, each request with its last day.

    Parameters
    ----------
    decided : DataFrame
        From `decide`, at least the column asks.
    on : date
        Day on which the letter is delivered; terms start on the day after it.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``enterprise_requests.csv``.

    Returns
    -------
    DataFrame
        One row a finding and request, with the finding's index: request, amount, unit (``at_once``,
        ``working_day``, ``day``, ``month``), due_on (missing where the year's holidays are not published),
        status, source_id, locator, reading.

    Raises
    ------
    InputFaults
        With every request that no row of the table explains.

    References
    ----------
    .. [1] 民法典 Art. 201–203 (``civil_code``) for terms; the sources of each row.

    Examples
    --------
    >>> found = requests(pd.DataFrame({"asks": ["stop_sale acknowledge"]}), on=dt.date(2026, 3, 5))
    >>> [(row.request, str(row.due_on.date())) for row in found.itertuples()]
    [('stop_sale', '2026-03-05'), ('acknowledge', '2026-03-12')]
    """
    table = standards.in_force(standards.all_rows("enterprise_requests") if rules is None else rules, on)
    asked = decided["asks"].fillna("").str.split().explode().dropna()
    unknown = sorted(set(asked) - set(table["request"]))
    refuse("requests", [Fault("asks", shown(name), "a row of enterprise_requests") for name in unknown])
    columns = ["amount", "unit", "status", "source_id", "locator", "reading"]
    out = (
        table.set_index("request")[columns]
        .reindex(asked)
        .rename_axis("request")
        .reset_index()
        .set_index(asked.index)
    )
    due = np.full(len(out), np.datetime64(on, "D"))
    for unit in set(out["unit"]) - {"at_once"}:
        at = (out["unit"] == unit).to_numpy()
        amount = out.loc[at, "amount"].to_numpy(dtype=np.int64)
        due[at] = possible_last_days(np.full(amount.size, np.datetime64(on, "D")), amount, unit=unit)
    out.insert(3, "due_on", due.astype("datetime64[s]"))
    return out
