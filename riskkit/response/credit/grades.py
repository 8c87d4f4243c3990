"""Credit of enterprises with customs (task 13): the grade that the rules in force on a day give.

Orders 225, 237 and 251 say when customs finds an enterprise discredited; their grounds are rows of
``credit_tests``. Of order 282 (from 2026-04-01) only the names of the grades could be read: until its grounds
are supplied (``rules=``), or customs has decided (``stated_grade``), the answer is missing with that reason.
This is arithmetic over the articles; that an enterprise is discredited is for customs to decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, floats, number_columns
from riskkit.foundation.standards import standards, tables
from riskkit.response.credit.penalty_records import identity_faults, text_cells
from riskkit.response.rule_results import Flags, Floats, RuleResults, any_of, joined_names, rule_results

TEXTS = ("enterprise", "credit_code", "certified_as", "stated_grade")
WORST = ("discredited", "seriously_discredited")
_COLUMNS_OF = {
    "count": NumberColumn("count", low=0, is_whole=True, may_miss=True),
    "money": NumberColumn("money", low=0, may_miss=True),
    "share": NumberColumn("share", low=0, high=1, may_miss=True),
    "months": NumberColumn("months", low=0, may_miss=True),
    "days": NumberColumn("days", low=0, is_whole=True, may_miss=True),
    "flag": NumberColumn("flag", low=0, high=1, is_whole=True, may_miss=True),
}


def rule_set(on: dt.date) -> str:
    """Which order on enterprise credit is in force on a day.

    Raises
    ------
    InputFaults
        For a day before the first of them.

    Examples
    --------
    >>> [rule_set(dt.date(*day)) for day in ((2018, 4, 30), (2018, 5, 1), (2026, 3, 31), (2026, 4, 1))]
    ['225', '237', '251', '282']
    """
    found = standards.table("credit_grades", on=on)["rule_set"].unique()
    rule = "a day from 2014-12-01 on, when order 225 came into force"
    refuse("credit", [] if len(found) == 1 else [Fault("on", str(on), rule)])
    return str(found[0])


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The credit grade of enterprises under the rules in force on a day.

    Parameters
    ----------
    facts : DataFrame
        One row an enterprise. Columns of ``credit_facts.csv`` (an absent column or empty cell is unknown),
        and if wanted credit_code, enterprise, certified_as (the grade that customs has certified, empty text
        for none; without the column none is certified) and stated_grade (what customs decided: it stands).
    on : date
        Day of the decision; penalties are those of the year before it.
    rules : DataFrame, optional
        Grounds of one's own, of the shape of ``credit_tests.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (a grade, missing where the facts leave it open), at_worst (the
        worst grade that they allow), rule_id, grounds (all that are met), reason, missing (facts), margin
        (share of the limit that is left before a ground is met; below 0 by how much it is exceeded; missing
        where no number decides), is_on_boundary, rule_set, status, source_id.

    Raises
    ------
    InputFaults
        With every unknown column, wrong number, wrong or doubled credit code.

    References
    ----------
    .. [1] 海关总署令第225号、第237号、第251号、第282号 (``gacc_order_225`` … ``gacc_order_282``);
       公告2018年第32号、2023年第170号 (``gacc_2018_32``, ``gacc_2023_170``).

    Examples
    --------
    >>> facts = pd.DataFrame({"is_broker": [0], "n_penalties": [3], "amount_penalties": [900_000],
    ...     "n_penalties_above_100k": [2], "n_documents": [1000]})
    >>> clean = {name: 0 for name in fact_kinds() if name not in facts}
    >>> facts = facts.assign(**clean)
    >>> [decide(facts, on=dt.date(year, 6, 1))["decision"].item() for year in (2016, 2022)]
    ['discredited', 'ordinary']
    """
    grades = standards.table("credit_grades", on=on).set_index("grade")
    tests, found = _applied(facts, rules, on=on)
    out = _decided(found, _standing(facts, grades), tests=tests)
    certified = grades[grades["rank"] > grades.at["ordinary", "rank"]].index
    is_certified = out["decision"].isin(certified) & (out["reason"] == "no_ground")
    out["reason"] = out["reason"].mask(is_certified, "certified")
    order = grades.at["ordinary", "source_id"]
    sources, statuses = tests["source_id"].to_dict(), tests["status"].to_dict()
    out["source_id"] = [sources.get(name, order) for name in out["rule_id"]]
    weakest = "house" if (tests["status"] == "house").any() else "derived"
    out["status"] = [statuses.get(name, weakest) for name in out["rule_id"]]
    stated = text_cells(facts, "stated_grade")
    is_stated = ~stated.isin([None, ""])
    for name in ("decision", "at_worst"):
        out[name] = out[name].mask(is_stated, stated)
    for name, value in (("reason", "stated"), ("status", "published"), ("missing", ""), ("source_id", order)):
        out[name] = out[name].mask(is_stated, value)
    return out.assign(rule_set=rule_set(on))[[*_COLUMNS]]


def grounds(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Ground by ground, whether it is met: yes, no, or missing where the facts leave it open.

    Parameters
    ----------
    facts, on, rules
        As for `decide`.

    Returns
    -------
    DataFrame of boolean
        With the caller's index, one column a ground in force on that day.

    Raises
    ------
    InputFaults
        As for `decide`.

    Examples
    --------
    >>> facts = pd.DataFrame({"is_broker": [0, 0], "n_penalties": [2, 2], "n_documents": [1000, 1000],
    ...                       "amount_penalties": [1_000_001, None]})
    >>> grounds(facts, on=dt.date(2022, 6, 1))["251-22-3"].tolist()
    [True, <NA>]
    """
    _, found = _applied(facts, rules, on=on)
    table = pd.DataFrame(found.is_met, index=facts.index, columns=pd.Index(found.names)).astype("boolean")
    return table.mask(
        pd.DataFrame(found.may_be_met & ~found.is_met, index=table.index, columns=table.columns)
    )


_COLUMNS = (
    "decision", "at_worst", "rule_id", "grounds", "reason", "missing", "margin", "is_on_boundary", "rule_set",
    "status", "source_id",
)  # fmt: skip


def fact_kinds() -> Mapping[str, str]:
    """The facts that grounds rest on, with their kind (count, money, share, months, days or flag).

    Examples
    --------
    >>> fact_kinds()["n_documents"]
    'count'
    """
    rows = standards.table("credit_facts")
    return dict(zip(rows["fact"], rows["kind"], strict=True))


def _applied(
    facts: pd.DataFrame, rules: pd.DataFrame | None, *, on: dt.date
) -> tuple[pd.DataFrame, RuleResults]:
    """The grounds in force, one row each, and what they say; a table of one's own is checked first."""
    rule_set(on)
    values = _checked(facts)
    if rules is not None:
        tables.check(rules.astype(str), "credit_tests", dictionary=standards.dictionary(), name="rules")
    rows = standards.in_force(standards.all_rows("credit_tests") if rules is None else rules, on)
    return rows.drop_duplicates("test").set_index("test"), _results(values, rows, on=on, n=len(facts))


def _checked(facts: pd.DataFrame) -> dict[str, Floats]:
    kinds = fact_kinds()
    known = (*kinds, *TEXTS)
    faults = [
        Fault(f"credit: {name}", "a column", one_of(str(name), known)) for name in facts if name not in known
    ]
    faults += identity_faults(facts)
    grades = set(standards.all_rows("credit_grades")["grade"])
    for name, allowed in (("certified_as", grades - {*WORST, "ordinary"}), ("stated_grade", grades)):
        given = text_cells(facts, name)
        for row in np.flatnonzero(~given.isin([None, "", *allowed])):
            rule = RuleText("empty or {}", one_of(str(given.iloc[row]), sorted(allowed)))
            faults.append(Fault(f"credit: row {row}: {name}", shown(given.iloc[row]), rule))
    columns = [replace(_COLUMNS_OF[kinds[name]], name=name) for name in kinds if name in facts]
    raw = {column.name: floats(facts[column.name]) for column in columns}
    for rows in standards.all_rows("credit_exclusions").itertuples():
        fact, part = str(rows.fact), str(rows.excluded)
        if fact in raw and part in raw:
            for row in np.flatnonzero(raw[part] > raw[fact]):
                value = shown(facts[part].iloc[row])
                faults.append(Fault(f"credit: row {row}: {part}", value, RuleText("at most {}", fact)))
    try:
        number_columns(facts, columns, what="credit")
    except ValueError as error:
        faults += getattr(error, "faults", ())
    refuse("credit", faults)
    return raw


def _results(values: Mapping[str, Floats], tests: pd.DataFrame, *, on: dt.date, n: int) -> RuleResults:
    """The grounds, with what is not counted on that day left out."""
    counted = dict(values)
    excluded = standards.table("credit_exclusions", on=on)
    for rows in excluded.itertuples():
        fact, part = str(rows.fact), str(rows.excluded)
        if fact in values:
            unknown = np.full(n, np.nan)
            broker, out = values.get("is_broker", unknown), values.get(part, unknown)
            is_free = (broker == 1) | (out == 0) | (values[fact] == 0)
            left = np.where(broker == 0, values[fact] - out, np.nan)
            counted[fact] = np.where(is_free, values[fact], left)
    found = rule_results(counted, tests, n=n)
    if excluded.empty:
        return found
    whole = rule_results(values, tests, n=n)
    # what is not met with everything counted cannot be met with a part of it
    return RuleResults(
        found.names,
        found.is_met & whole.is_met,
        found.may_be_met & whole.may_be_met,
        np.where(np.isnan(found.reached), whole.reached, found.reached),
        found.is_on_boundary,
        found.missing,
        found.facts_of,
    )


def _standing(facts: pd.DataFrame, grades: pd.DataFrame) -> pd.Series:
    """The grade an enterprise has when no ground is met; None where that is unknown."""
    held = text_cells(facts, "certified_as")
    result: pd.Series = held.where(held.isin([*grades.index]) | held.isna(), "ordinary")
    return result


def _decided(found: RuleResults, standing: pd.Series, *, tests: pd.DataFrame) -> pd.DataFrame:
    out = pd.DataFrame(index=standing.index)
    if not found.names:
        out["decision"] = out["at_worst"] = None
        out["rule_id"] = out["grounds"] = out["missing"] = ""
        return out.assign(reason="rules_unread", margin=np.nan, is_on_boundary=False)
    serious = (tests["grade"] == WORST[1]).to_numpy()
    met, may = any_of(found.is_met), any_of(found.may_be_met)
    met_serious, may_serious = any_of(found.is_met[:, serious]), any_of(found.may_be_met[:, serious])
    held = standing.to_numpy(dtype=object)
    good = np.where(met_serious, WORST[1], np.where(met, WORST[0], held))
    out["decision"] = pd.Series(good, index=out.index).mask(may & ~met, None)
    out["at_worst"] = np.where(may_serious, WORST[1], np.where(may, WORST[0], held))
    out["rule_id"] = found.first_met()
    out["grounds"] = joined_names(found.is_met, found.names)
    out["missing"] = found.unknown_facts()
    none = np.where(standing.isna(), "unknown_certification", "no_ground")
    out["reason"] = np.where(met, out["rule_id"], np.where(may, "facts_missing", none))
    decisive = np.where(met[:, np.newaxis] & ~found.is_met, np.nan, found.reached)
    out["margin"] = np.where(may & ~met, np.nan, 1 - _closest(decisive))
    out["is_on_boundary"] = any_of(found.is_on_boundary)
    return out


def _closest(reached: Floats) -> Floats:
    """The largest share of a limit that is reached; a ground without a number has no share."""
    finite: Flags = np.isfinite(reached)
    largest = np.where(finite, reached, -np.inf).max(axis=1, initial=-np.inf)
    result: Floats = np.where(np.isfinite(largest), largest, np.nan)
    return result
