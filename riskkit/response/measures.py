"""Which measures a finding calls for: in proportion to level, hazard, stage and conduct, lawful and possible.

The nine measures that the policy names and the guarantee for moving goods away from the port. Rules of
``measure_tests`` call for a measure, name what it needs first, or bar it; ``measure_conflicts`` says which of
two that exclude each other prevails. An unknown fact neither calls for a measure nor rules it out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.rule_results import Flags, Floats, joined_names, rule_results

FLAGS = (
    *("is_import", "is_at_port", "is_on_market", "is_nonconforming", "is_defect", "is_treatable"),
    *("is_returnable", "is_dangerous", "is_banned", "is_lot_identified", "is_breach_final", "is_case_filed"),
    *("is_retest_closed", "has_guarantee", "has_storage"),
)
_COLUMNS = (
    NumberColumn("level", low=1, high=4, is_whole=True, may_miss=True),
    NumberColumn("conduct", low=0, high=2, is_whole=True, may_miss=True),
    NumberColumn("n_findings", low=0, is_whole=True, may_miss=True),
    *(NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in FLAGS),
)
DECISIONS = ("take", "superseded", "barred", "prerequisite_missing", "undecided", "not_called_for")


def proposed(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every measure for every subject, and why it is taken or not.

    Parameters
    ----------
    facts : DataFrame
        One row a subject, its index unique. level (1 is Ⅳ … 4 is Ⅰ), conduct (0 acts by itself, 1 acts when
        ordered, 2 obstructs), n_findings (on the same firm before) and flags (0, 1): is_import, is_at_port,
        is_on_market, is_nonconforming, is_defect, is_treatable, is_returnable, is_dangerous (to move or
        store), is_banned, is_lot_identified, is_breach_final, is_case_filed, is_retest_closed, has_guarantee,
        has_storage. What is missing, cell or column, is unknown.
    on : date
        Day whose rules apply.
    rules : DataFrame, optional
        Of the shape of ``measure_tests``.

    Returns
    -------
    DataFrame
        Index subject, measure: decision (``take``, ``superseded`` by a measure that excludes it, ``barred``,
        ``prerequisite_missing``, ``undecided``, ``not_called_for``), rule_id (what calls for it or, if
        barred, bars it), missing (rules not fulfilled or facts unknown, spaces between), superseded_by
        (a measure), reached (share of the way to being called for), status, source_id (of `rule_id`).

    Raises
    ------
    InputFaults
        With every subject that stands twice, or every wrong cell.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 11 (``sc_2017_43``); what calls for a measure is house unless its row names
       a law.

    Examples
    --------
    >>> kettle = pd.DataFrame({"level": [3], "is_defect": [1], "is_on_market": [1], "is_lot_identified": [1]})
    >>> found = proposed(kettle, on=dt.date(2026, 5, 1)).loc[0]
    >>> found.index[found["decision"] == "take"].tolist()
    ['trace_investigation', 'recall', 'tightened_supervision', 'suspend_sale']
    """
    tests = standards.in_force(standards.all_rows("measure_tests") if rules is None else rules, on)
    measures = list(standards.table("response_measures", on=on)["measure"])
    twice = facts.index[facts.index.duplicated()]
    refuse("facts", [Fault("facts: index", shown(name), "each subject once") for name in twice])
    filled = facts.reindex(columns=[column.name for column in _COLUMNS]).astype(object)
    known = number_columns(filled, _COLUMNS, what="facts")
    parts = [_one_measure(tests[tests["measure"] == name], known, n=len(facts)) for name in measures]
    # subjects in the order of the caller, each with all measures
    table = pd.concat(parts, ignore_index=True).iloc[
        np.arange(len(facts) * len(measures)).reshape(len(measures), -1).T.ravel()
    ]
    table.index = pd.MultiIndex.from_product([facts.index, measures], names=["subject", "measure"])
    _supersede(table, measures, standards.table("measure_conflicts", on=on))
    of = tests.drop_duplicates("test").set_index("test").reindex(table["rule_id"])
    return table.assign(status=of["status"].to_numpy(), source_id=of["source_id"].to_numpy())


def _one_measure(tests: pd.DataFrame, known: Mapping[str, Floats], *, n: int) -> pd.DataFrame:
    calls, needs, bars = (
        rule_results(known, tests[tests["kind"] == kind], n=n) for kind in ("calls", "needs", "bars")
    )
    is_called, may_be_called = calls.is_met.any(axis=1), calls.may_be_met.any(axis=1)
    is_barred = bars.is_met.any(axis=1)
    # a bar that cannot be ruled out is a question to settle first
    open_ = np.hstack([~needs.is_met, bars.may_be_met & ~bars.is_met, np.zeros((n, 1), dtype=np.bool_)])
    decision = np.select(
        [~may_be_called, ~is_called, is_barred, open_.any(axis=1)],
        ["not_called_for", "undecided", "barred", "prerequisite_missing"],
        default="take",
    )
    rule = np.where(is_barred & is_called, bars.first_met(), calls.first_met())
    prerequisites = joined_names(open_, [*needs.names, *bars.names, ""])
    missing = np.select(
        [decision == "prerequisite_missing", decision == "undecided"],
        [prerequisites, calls.unknown_facts()],
        "",
    )
    # on an early day no rule may call for a measure yet
    reached = np.minimum(np.fmax.reduce(calls.reached, axis=1, initial=np.nan), 1.0)
    columns = {
        "decision": decision,
        "rule_id": rule,
        "missing": missing,
        "superseded_by": "",
        "reached": reached,
    }
    return pd.DataFrame(columns)


def _supersede(table: pd.DataFrame, measures: list[str], conflicts: pd.DataFrame) -> None:
    """Of two measures that exclude each other one prevails; what gave way displaces nothing itself."""
    decision = table["decision"].to_numpy(dtype=object).reshape(-1, len(measures)).copy()
    winner = table["superseded_by"].to_numpy(dtype=object).reshape(-1, len(measures)).copy()
    for row in records(conflicts):
        if row["prevails"] not in measures or row["measure"] not in measures:
            continue
        stays, goes = measures.index(row["prevails"]), measures.index(row["measure"])
        both = (decision[:, stays] == "take") & (decision[:, goes] == "take")
        decision[both, goes], winner[both, goes] = "superseded", row["prevails"]
    table["decision"], table["superseded_by"] = decision.ravel(), winner.ravel()


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The measures of each subject in one row.

    Parameters
    ----------
    facts, on, rules
        As of `proposed`.

    Returns
    -------
    DataFrame
        Index of `facts`: decision (``take``, ``settle_first`` where measures are called for but none can be
        taken yet, ``undecided`` where facts are missing to say, ``none``), measures (taken), superseded,
        barred, waiting (called for, a prerequisite missing), undecided: names with spaces between; rule_id
        (what calls for the first measure taken, else of the first that waits), reason (all such rules),
        missing (prerequisites and unknown facts), margin (how close the nearest measure not called for is: 1
        is at its limit), status (``house`` if any of the rules is), source_id.

    Raises
    ------
    InputFaults
        With every wrong cell.

    References
    ----------
    .. [1] 国发〔2017〕43号, task 11 (``sc_2017_43``).

    Examples
    --------
    >>> goods = pd.DataFrame({"level": [4], "is_import": [1], "is_at_port": [1], "is_nonconforming": [1],
    ...                       "is_treatable": [0], "is_returnable": [1], "is_dangerous": [0]})
    >>> decide(goods, on=dt.date(2026, 5, 1))[["decision", "measures", "waiting"]].iloc[0].tolist()
    ['take', 'trace_investigation tightened_supervision ban_trade return_shipment', 'seizure']
    """
    table = proposed(facts, on=on, rules=rules)
    measures = list(standards.table("response_measures", on=on)["measure"])
    shape = (len(facts), len(measures))
    decision, rule, missing, status, source = (
        table[name].to_numpy(dtype=object).reshape(shape)
        for name in ("decision", "rule_id", "missing", "status", "source_id")
    )
    lists = {name: joined_names(decision == name, measures) for name in DECISIONS}
    is_taken, waits = decision == "take", decision == "prerequisite_missing"
    counted = np.where(is_taken.any(axis=1)[:, None], is_taken, waits)
    first = counted.argmax(axis=1)
    any_counted, row = counted.any(axis=1), np.arange(len(facts))
    reached = np.where(decision == "not_called_for", table["reached"].to_numpy().reshape(shape), np.nan)
    return pd.DataFrame(
        {
            "decision": np.select(
                [is_taken.any(axis=1), waits.any(axis=1), (decision == "undecided").any(axis=1)],
                ["take", "settle_first", "undecided"],
                default="none",
            ),
            "measures": lists["take"],
            "superseded": lists["superseded"],
            "barred": lists["barred"],
            "waiting": lists["prerequisite_missing"],
            "undecided": lists["undecided"],
            "rule_id": np.where(any_counted, rule[row, first], ""),
            "reason": [" ".join(names[take]) for names, take in zip(rule, counted, strict=True)],
            "missing": [" ".join(dict.fromkeys(" ".join(names).split())) for names in missing],
            "margin": np.fmax.reduce(reached, axis=1),
            "status": _of_rules(status, counted, any_counted),
            "source_id": np.where(any_counted, source[row, first], ""),
        },
        index=facts.index,
    )


def _of_rules(status: NDArray[np.object_], counted: Flags, any_counted: Flags) -> NDArray[np.object_]:
    """The weakest status of the rules behind a decision."""
    weak = [((status == name) & counted).any(axis=1) for name in ("house", "derived")]
    return np.select([~any_counted, *weak], ["", "house", "derived"], default="published").astype(object)


def orders(table: pd.DataFrame, subjects: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """The order sheet: what each port and operator has to do, by whom, proven by what, until when.

    Parameters
    ----------
    table : DataFrame
        Of `proposed`.
    subjects : DataFrame
        Index as of the facts; port and operator, missing where none.
    on : date
        Day of the order.

    Returns
    -------
    DataFrame
        One row a measure taken, by port and operator: port, operator, subject, measure, zh, en, executor_zh,
        executor_en, evidence_zh, evidence_en, law_zh, law_en, rule_id, last_day (by law, counted from the day
        after the order; missing where it lasts until lifted).

    Raises
    ------
    InputFaults
        When `subjects` lacks a column or a subject.

    Examples
    --------
    >>> day, goods = dt.date(2026, 5, 1), pd.DataFrame({"level": [2]}, index=["lamp"])
    >>> who = pd.DataFrame({"port": ["2201"], "operator": ["A"]}, index=["lamp"])
    >>> orders(proposed(goods, on=day), who, on=day)[["port", "measure"]].to_numpy().tolist()
    [['2201', 'tightened_supervision']]
    """
    faults = [
        Fault(f"subjects: {name}", "missing", "a column")
        for name in ("port", "operator")
        if name not in subjects
    ]
    there = set(subjects.index)
    absent = [name for name in dict.fromkeys(table.index.get_level_values("subject")) if name not in there]
    refuse(
        "orders", [*faults, *(Fault("subjects", shown(name), "a row for each subject") for name in absent)]
    )
    taken = table[table["decision"] == "take"].reset_index()[["subject", "measure", "rule_id"]]
    catalogue = standards.table("response_measures", on=on)
    words = ["zh", "en", "executor_zh", "executor_en", "evidence_zh", "evidence_en", "law_zh", "law_en"]
    sheet = taken.merge(catalogue[["measure", *words, "term_days"]], on="measure", how="left")
    sheet = sheet.merge(subjects[["port", "operator"]], left_on="subject", right_index=True, how="left")
    sheet["last_day"] = pd.Timestamp(on) + pd.to_timedelta(sheet["term_days"], unit="D")
    columns = ["port", "operator", "subject", "measure", *words, "rule_id", "last_day"]
    return sheet.sort_values(["port", "operator"], kind="stable")[columns].reset_index(drop=True)
