"""What follows from a credit grade: measures, repair of credit, and the extract for the national platform."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.language import in_language
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.credit.penalty_records import is_credit_code, text_cells
from riskkit.response.reason_words import reason_words
from riskkit.response.rule_results import Floats
from riskkit.response.working_days import Days, as_days, possible_last_days

_NEVER = np.datetime64("NaT", "D")
_DECISIONS = {
    "automatic": "automatic",
    "may_apply": "may_apply",
    "not_discredited": "not_needed",
    "facts_missing": None,
    "rules_unread": None,
}


def measures(decisions: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """The incentives and penalties that a credit grade brings under the order in force on a day.

    Parameters
    ----------
    decisions : DataFrame
        As `riskkit.response.credit.grades.decide` gives it; an enterprise without a grade has no measures.
    on : date
        Day.

    Returns
    -------
    DataFrame
        One row a measure, with the index of its enterprise: grade, measure, kind (incentive or penalty),
        limit (a share; missing where it is no number), zh, en, source_id, locator, status. What could not be
        read of an order is no row here: `unread` lists it.

    References
    ----------
    .. [1] 海关总署令第237号第二十三、二十四条 (``gacc_order_237``).

    Examples
    --------
    >>> decisions = pd.DataFrame({"decision": ["advanced_certified", None]}, index=["A", "B"])
    >>> found = measures(decisions, on=dt.date(2019, 6, 1))
    >>> found.loc[found["measure"] == "inspection_rate", "limit"].to_dict()
    {'A': 0.2}
    """
    rows = standards.table("credit_measures", on=on)
    columns = ["grade", "measure", "kind", "limit", "zh", "en", "source_id", "locator", "status"]
    grades = decisions["decision"].to_frame("grade")
    grades = grades.assign(place=np.arange(len(grades)))[grades["grade"].notna()]
    found = grades.astype({"grade": "str"}).merge(rows.astype({"grade": "str"}), on="grade", how="inner")
    found = found.sort_values("place", kind="stable")
    return found.set_axis(decisions.index[found["place"].to_numpy(dtype=np.intp)], axis=0)[columns]


def unread(on: dt.date) -> pd.DataFrame:
    """What of the order in force on a day could not be read, so that it is asked for and not guessed.

    Examples
    --------
    >>> unread(dt.date(2026, 6, 1))["topic"].tolist()
    ['tests', 'breach_classes', 'measures', 'repair']
    """
    return standards.table("credit_unread", on=on)[["rule_set", "topic", "zh", "en", "source_id"]]


def repair(facts: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Whether discredited enterprises may apply for repair of credit, or customs repairs it by itself.

    Parameters
    ----------
    facts : DataFrame
        One row an enterprise: found_on (day of the finding; missing where it is not discredited), ground
        (of the finding, such as ``251-22-3``), last_ground_on (last day on which any ground was met again;
        missing for none), is_corrected and is_listed (0 or 1, missing where unknown): whether it corrected
        the breach and removed its effects, and whether it is on the list of seriously dishonest entities.
    on : date
        Day of the decision.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``automatic``, ``may_apply``,
        ``not_yet``, ``not_needed`` or missing), rule_id, reason,
        apply_from and automatic_from (days), margin (days until the nearer of them), status, source_id.

    Raises
    ------
    InputFaults
        With every wrong day, unknown ground, and finding after the day.

    References
    ----------
    .. [1] 海关总署令第251号第二十七条, as answered by customs (``gacc_order_251``); 237号第十三条
       (``gacc_order_237``); 公告2018年第32号第二项 (``gacc_2018_32``). Order 282: not read.

    Examples
    --------
    >>> facts = pd.DataFrame({"found_on": ["2022-03-01"] * 2, "ground": ["251-22-3", "251-22-2"],
    ...     "last_ground_on": [None] * 2, "is_corrected": [1, 1], "is_listed": [0, 0]})
    >>> repair(facts, on=dt.date(2022, 9, 1))["decision"].tolist()
    ['may_apply', 'not_yet']
    """
    found_on, last, flags = _checked(facts, on)
    rules = standards.table("credit_repair", on=on)
    ground = text_cells(facts, "ground").fillna("")
    today = np.datetime64(on, "D")
    apply, by_rule = _terms(rules[rules["route"] == "application"], ground, since=found_on)
    automatic, of_itself = _terms(rules[rules["route"] == "automatic"], ground, since=np.fmax(found_on, last))
    out = pd.DataFrame({"apply_from": apply, "automatic_from": automatic}, index=facts.index)
    corrected, listed = flags["is_corrected"], flags["is_listed"]
    reasons = [
        (np.isnat(found_on), "not_discredited"),
        (np.isnat(automatic) & np.isnat(apply), "rules_unread"),
        (automatic <= today, "automatic"),
        (np.isnat(apply), "no_route"),
        (listed == 1, "listed"),
        (corrected == 0, "not_corrected"),
        (~(apply <= today), "too_early"),
        (np.isnan(corrected) | np.isnan(listed), "facts_missing"),
    ]
    reason = np.select([when for when, _ in reasons], [why for _, why in reasons], default="may_apply")
    out["reason"] = reason
    out["decision"] = [_DECISIONS.get(why, "not_yet") for why in reason]
    out["rule_id"] = np.where((automatic <= today) | np.isnat(apply), of_itself, by_rule)
    nearer = np.fmin(np.where(listed == 1, _NEVER, apply), automatic)
    out["margin"] = pd.Series(nearer - today, index=facts.index).dt.days
    own = rules.drop_duplicates("rule").set_index("rule")
    order = standards.table("credit_grades", on=on)["source_id"].iloc[0]
    statuses, sources = own["status"].to_dict(), own["source_id"].to_dict()
    out["status"] = [statuses.get(rule, "derived") for rule in out["rule_id"]]
    out["source_id"] = [sources.get(rule, order) for rule in out["rule_id"]]
    return out


def _terms(rules: pd.DataFrame, ground: pd.Series, *, since: Days) -> tuple[Days, NDArray[np.object_]]:
    """When the term of the first rule for each ground ends, and which rule that is."""
    ends, names = np.full(len(ground), _NEVER), np.full(len(ground), "", dtype=object)
    for rule in records(rules):
        of_it = ground.str.startswith(tuple(rule["grounds"].split())).to_numpy(dtype=np.bool_) & (names == "")
        months = np.full(len(ground), int(rule["months"]))
        ends = np.where(of_it, possible_last_days(since, months, unit="month", rolls=False), ends)
        names[of_it] = rule["rule"]
    return ends, names


def _checked(facts: pd.DataFrame, on: dt.date) -> tuple[Days, Days, dict[str, Floats]]:
    texts = ("found_on", "ground", "last_ground_on")
    flags = number_columns(facts, [_flag("is_corrected"), _flag("is_listed")], what="repair", texts=texts)
    found_on = as_days(facts["found_on"], what="found_on", may_miss=True)
    last = as_days(facts["last_ground_on"], what="last_ground_on", may_miss=True)
    known = standards.all_rows("credit_tests")["test"].unique()
    faults = [
        Fault(f"repair: row {row}: {name}", str(days[row]), RuleText("not after {}", on))
        for name, days in (("found_on", found_on), ("last_ground_on", last))
        for row in np.flatnonzero(days > np.datetime64(on, "D"))
    ]
    for row, ground in enumerate(text_cells(facts, "ground")):
        if not np.isnat(found_on[row]) and ground not in known:
            faults.append(Fault(f"repair: row {row}: ground", shown(ground), one_of(str(ground), known)))
    refuse("repair", faults)
    return found_on, last, flags


def _flag(name: str) -> NumberColumn:
    return NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True)


def platform_extract(decisions: pd.DataFrame, identities: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """What the national platform of credit information gets: one row a graded enterprise.

    Parameters
    ----------
    decisions : DataFrame
        As `riskkit.response.credit.grades.decide` gives it. A grade that is missing is not handed on.
    identities : DataFrame
        The same index: credit_code and enterprise.
    on : date
        Day of the decision.

    Returns
    -------
    DataFrame
        With the caller's index: credit_code, enterprise, grade_zh, ground_zh, rule_set, is_stated (whether
        customs decided it; the others are worked out and must be confirmed first), as_of. The columns are a
        house choice: the platform's own form was not read.

    Raises
    ------
    InputFaults
        With every enterprise without a name or a right credit code.

    Examples
    --------
    >>> decisions = pd.DataFrame({"decision": ["ordinary"], "reason": ["no_ground"], "rule_set": ["251"]})
    >>> who = pd.DataFrame({"credit_code": ["91110000600037341L"], "enterprise": ["甲公司"]})
    >>> platform_extract(decisions, who, on=dt.date(2022, 6, 1))["grade_zh"].item()
    '其他企业'
    """
    kept = decisions[decisions["decision"].notna()]
    codes, names = (text_cells(identities.loc[kept.index], name) for name in ("credit_code", "enterprise"))
    faults = [
        Fault(f"extract: {kept.index[row]}: {name}", shown(value), rule)
        for name, column, rule in (
            ("credit_code", codes, "a right credit code"),
            ("enterprise", names, "a name"),
        )
        for row, value in enumerate(column)
        if not value or (name == "credit_code" and not is_credit_code(str(value)))
    ]
    refuse("extract", faults)
    grades = standards.table("credit_grades", on=on).set_index("grade")["zh"].to_dict()
    return pd.DataFrame(
        {
            "credit_code": codes,
            "enterprise": names,
            "grade_zh": [grades[grade] for grade in kept["decision"]],
            "ground_zh": in_language("zh", reason_words, kept["reason"]),
            "rule_set": kept["rule_set"],
            "is_stated": kept["reason"] == "stated",
            "as_of": on.isoformat(),
        },
        index=kept.index,
    )
