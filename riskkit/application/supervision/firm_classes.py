"""The class of an enterprise for a product, by its credit, quality assurance and record of quality.

Order 113 of 2009 names the three; its bounds could not be read and are house rows of
``supervision_class_rules.csv``, or the caller's.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from scipy.special import betainc

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, floats, number_columns
from riskkit.foundation.standards import standards

CLASSES = ("class_1", "class_2", "class_3", "class_4")
_SHARES = ("rate-high", "sure-high", "rate-low", "sure-low", "rate-middle", "sure-middle")
_ORDINARY, _CERTIFIED = 2, 3
"""Ranks of ``credit_grades.csv``: below ordinary is discredited, from certified up customs has certified."""


def firm_classes(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The class of each enterprise for a product, by credit, quality assurance and quality.

    Parameters
    ----------
    facts : DataFrame
        credit_grade (a grade in force on the day, or missing), is_assured (1: quality assurance was checked
        and is good; 0: wanting; or missing), alpha, beta (posterior of the rate of nonconformity) and
        n_tested [units], as from `riskkit.application.catalogue.proposals.evidence`, or missing.
    on : date
        Day whose rules and credit grades count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``supervision_class_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``class_1`` best to ``class_4``, ``unknown``), at_worst (the worst
        class that the facts allow), rule_id, reason, margin [probability; how far the certainty that decides
        lies from the one asked, missing where none decides], is_prior_only (nothing tested: the rate is the
        spread over other enterprises), status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, unknown grade and wrong bound, or when no rules are in force.

    References
    ----------
    .. [1] 质检总局令第113号 (``aqsiq_order_113_2009``), article 3; the bounds are house.

    Examples
    --------
    >>> facts = pd.DataFrame({"credit_grade": ["advanced_certified", "ordinary", "ordinary"], "is_assured": 1,
    ...     "alpha": [1, 2, 1.4], "beta": [999, 98, 8.6], "n_tested": [990, 90, 0]})
    >>> found = firm_classes(facts, on=dt.date(2026, 5, 1))
    >>> found["decision"].tolist(), found["is_prior_only"].tolist()
    (['class_1', 'class_2', 'class_3'], [False, False, True])
    """
    table = standards.table("supervision_class_rules") if rules is None else rules
    table = standards.in_force(table, on).set_index("rule_id")
    bound = _bounds(table, on)
    rank = _ranks(facts, on)
    known = _numbers(facts)
    a, b, n, assured = (known[name] for name in ("alpha", "beta", "n_tested", "is_assured"))
    p_bad = 1 - betainc(a, b, bound["rate-high"])
    p_low, p_middle = betainc(a, b, bound["rate-low"]), betainc(a, b, bound["rate-middle"])
    is_open = np.isnan(rank) | np.isnan(assured) | np.isnan(p_bad) | np.isnan(n)
    is_good = (rank >= _CERTIFIED) & (p_low >= bound["sure-low"]) & (n >= bound["least"])
    tests = {
        "sm-credit-bad": rank < _ORDINARY,
        "sm-rate-bad": (p_bad >= bound["sure-high"]) & (n > 0),
        "sm-unknown": is_open,
        "sm-not-assured": assured == 0,
        "sm-untested": n == 0,
        "sm-class-1": is_good,
        "sm-class-2": p_middle >= bound["sure-middle"],
    }
    names = [*tests, "sm-class-3"]
    place = np.select(list(tests.values()), range(len(tests)), default=len(tests))
    gaps = {
        "sm-rate-bad": p_bad - bound["sure-high"],
        "sm-class-1": p_low - bound["sure-low"],
        "sm-class-2": p_middle - bound["sure-middle"],
        "sm-class-3": bound["sure-middle"] - p_middle,
    }
    margin = np.select([place == names.index(name) for name in gaps], list(gaps.values()), default=np.nan)
    # taken by place from short columns: millions of texts that are made anew would cost most of the time
    rows = table.reindex(names).rename_axis("rule_id").reset_index()
    rows["at_worst"] = rows["decision"].where(rows["decision"] != "unknown", CLASSES[-1])
    out = rows.take(place).set_axis(facts.index).assign(margin=margin, is_prior_only=n == 0)
    return out[
        ["decision", "at_worst", "rule_id", "reason", "margin", "is_prior_only", "status", "source_id"]
    ]


def _bounds(table: pd.DataFrame, on: dt.date) -> dict[str, float]:
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    number = {str(name).removeprefix("sm-"): float(value) for name, value in table["number"].items()}
    faults = [Fault(f"sm-{name}", shown(number.get(name)), "a share from 0 to 1")
              for name in _SHARES if not 0 <= number.get(name, np.nan) <= 1]  # fmt: skip
    refuse("rules", faults)
    low, middle, high = (number[f"rate-{name}"] for name in ("low", "middle", "high"))
    tests = {
        "rate-middle": (low <= middle <= high, RuleText("from {} to {}", f"{low:g}", f"{high:g}")),
        "least": (number.get("least", -1) >= 0, "0 or more"),
    }
    for name in ("sure-high", "sure-low", "sure-middle"):
        tests[name] = (number[name] > 0.5, "above 0.5, so that one rate is not two things at once")
    faults = [Fault(f"sm-{name}", shown(number.get(name)), rule)
              for name, (is_good, rule) in tests.items() if not is_good]  # fmt: skip
    refuse("rules", faults)
    return number


def _ranks(facts: pd.DataFrame, on: dt.date) -> Floats:
    """Rank of each credit grade; NaN where there is none."""
    number_columns(facts, (), what="facts", texts=["credit_grade"])
    grades = standards.table("credit_grades", on=on).set_index("grade")["rank"].astype(float)
    given = facts["credit_grade"]
    is_wrong = given.notna() & ~given.isin(grades.index)
    refuse("facts", [Fault(f"facts: row {row}: credit_grade", shown(given.iloc[row]),
                           one_of(str(given.iloc[row]), [*map(str, grades.index)]))
                     for row in np.flatnonzero(is_wrong)])  # fmt: skip
    return floats(given.map(grades))


def _numbers(facts: pd.DataFrame) -> dict[str, Floats]:
    return number_columns(facts, (
        NumberColumn("is_assured", low=0, high=1, is_whole=True, may_miss=True),
        NumberColumn("alpha", low=0, is_above=True, may_miss=True),
        NumberColumn("beta", low=0, is_above=True, may_miss=True),
        NumberColumn("n_tested", low=0, may_miss=True),
    ), what="facts")  # fmt: skip
