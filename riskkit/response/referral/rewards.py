"""Rewards for reports of grave breaches (task 14): 5, 3 or 1 % of the fines, with floors and a cap.

Who is rewarded, and in which grade, is for the authority to decide; this works out what follows from the
facts. How a reward is shared between several reporters of one case could not be read: one row is one case.
"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.credit.penalty_records import text_cells

Floats = NDArray[np.float64]

EVIDENCE = ("none", "some", "direct", "detailed_and_direct")
MATCHES = ("no", "largely", "exact")
_FLAGS = ("is_major", "is_proved", "is_grave", "is_inside")


def decide(facts: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """What a reporter is due under the rules in force on a day.

    Parameters
    ----------
    facts : DataFrame
        One row a case: amount_fines [yuan, 0 where there are none]; is_major (a grave breach in the sense of
        the rules), is_proved (proved and closed); evidence (``none some direct detailed_and_direct``) and
        match with the facts (``no largely exact``), is_grave (especially serious, or suspected crime); the
        exclusions of ``reward_exclusions.csv``; is_inside (an inside reporter). A column reward_grade (1–3),
        where it is given, is the authority's own grade. Flags are 0, 1 or missing; what is absent is unknown.
    on : date
        Day of the decision.
    rules : DataFrame, optional
        Grades of one's own, of the shape of ``reward_grades.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``reward``, ``none`` or missing), grade, amount [yuan],
        is_with_finance (to be fixed with the finance department), may_be_raised (an inside reporter, with its
        consent), rule_id, reason, margin [yuan up to the next limit: finance department, then cap], status,
        source_id.

    Raises
    ------
    InputFaults
        With every negative fine, unknown word and wrong flag, or a day before the rules.

    References
    ----------
    .. [1] 国市监稽规〔2021〕4号 (``samr_reward_2021``).

    Examples
    --------
    >>> facts = pd.DataFrame({"amount_fines": [2_000_000, 20_000, 0], "reward_grade": [1, 1, 2]})
    >>> clear = {name: 0 for name in exclusions(dt.date(2026, 1, 1))}
    >>> facts = facts.assign(**clear, is_major=1, is_proved=1)
    >>> decide(facts, on=dt.date(2026, 1, 1))["amount"].tolist()
    [100000.0, 5000.0, 3000.0]
    """
    grades = standards.in_force(standards.all_rows("reward_grades") if rules is None else rules, on)
    late = Fault("on", str(on), "a day from 2021-12-01 on, when the rules came into force")
    refuse("rewards", [late] if grades.empty else [])
    excluded = exclusions(on)
    numbers = _checked(facts, (*_FLAGS, *excluded))
    grade = _grades(facts, numbers)
    fines = numbers["amount_fines"]
    limits = standards.table("reward_limits", on=on).set_index("limit")["amount"]
    cap, with_finance = float(limits["cap"]), float(limits["with_finance"])
    amount, floor = _amounts(grades, grade, fines)
    barred = np.array([numbers[name] for name in excluded])
    barred[excluded.index("is_offender")] *= 1 - np.nan_to_num(numbers["is_inside"])
    needed = numbers["is_major"] + numbers["is_proved"] + grade + fines
    reasons = [
        ((barred == 1).any(axis=0), "reward_excluded"),
        ((numbers["is_major"] == 0) | (numbers["is_proved"] == 0), "reward_not_major"),
        (grade == 0, "reward_not_found"),
        (np.isnan(barred.sum(axis=0) + needed), "reward_unknown"),
        (fines == 0, "reward_no_fine"),
        (amount < floor, "reward_floor"),
        (amount > cap, "reward_cap"),
    ]
    reason = np.select([when for when, _ in reasons], [why for _, why in reasons], default="reward_paid")
    is_due = np.isin(reason, ["reward_no_fine", "reward_floor", "reward_cap", "reward_paid"])
    due = np.where(
        is_due, np.clip(np.fmax(amount, floor), None, cap), np.where(reason == "reward_unknown", np.nan, 0)
    )
    out = pd.DataFrame(index=facts.index)
    out["decision"] = np.select([is_due, reason == "reward_unknown"], ["reward", ""], default="none")
    out["decision"] = out["decision"].mask(reason == "reward_unknown", None)
    out["grade"] = np.where(is_due, grade, np.nan)
    out["amount"] = due
    out["is_with_finance"] = due >= with_finance
    out["may_be_raised"] = is_due & (numbers["is_inside"] == 1)
    out["rule_id"] = [f"reward-{int(one)}" if due_ else "" for one, due_ in zip(grade, is_due, strict=True)]
    out["reason"] = reason
    out["margin"] = np.where(is_due, np.where(due < with_finance, with_finance, cap) - due, np.nan)
    return out.assign(status=grades["status"].iloc[0], source_id=grades["source_id"].iloc[0])


def exclusions(on: dt.date) -> list[str]:
    """The facts that exclude a reporter on a day.

    Examples
    --------
    >>> exclusions(dt.date(2026, 1, 1))[0]
    'is_not_natural_person'
    """
    return standards.table("reward_exclusions", on=on)["fact"].tolist()


def _amounts(grades: pd.DataFrame, grade: Floats, fines: Floats) -> tuple[Floats, Floats]:
    amount, floor = np.full(grade.size, np.nan), np.full(grade.size, np.nan)
    for row in records(grades):
        share, of_it = Fraction(row["share"]), grade == row["grade"]
        amount[of_it] = fines[of_it] * share.numerator / share.denominator
        floor[of_it] = row["floor"]
    return amount, floor


def _grades(facts: pd.DataFrame, numbers: dict[str, Floats]) -> Floats:
    """The authority's grade, or that of evidence, match and gravity; 0 for none, NaN where unknown."""
    given = numbers["reward_grade"]
    evidence = _places(text_cells(facts, "evidence"), EVIDENCE)
    match, grave = _places(text_cells(facts, "match"), MATCHES), numbers["is_grave"]
    exact_direct = (evidence >= EVIDENCE.index("direct")) & (match == MATCHES.index("exact"))
    known = ~(np.isnan(evidence) | np.isnan(match))
    detailed = evidence == EVIDENCE.index("detailed_and_direct")
    worked_out = np.select(
        [
            (evidence == 0) | (match == 0),
            ~known | (exact_direct & detailed & np.isnan(grave)),
            exact_direct & detailed & (grave == 1),
            exact_direct,
        ],
        [0.0, np.nan, 1.0, 2.0],
        default=3.0,
    )
    return np.asarray(np.where(np.isnan(given), worked_out, given), dtype=np.float64)


def _places(words: pd.Series, order: tuple[str, ...]) -> Floats:
    places = words.map({word: float(k) for k, word in enumerate(order)})
    return np.asarray(places, dtype=np.float64)


def _checked(facts: pd.DataFrame, flags: tuple[str, ...]) -> dict[str, Floats]:
    columns = [NumberColumn("amount_fines", low=0, may_miss=True)]
    columns += (
        [NumberColumn("reward_grade", low=1, high=3, is_whole=True, may_miss=True)]
        if "reward_grade" in facts
        else []
    )
    columns += [
        NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in flags if name in facts
    ]
    known = ("amount_fines", "reward_grade", "evidence", "match", *flags)
    faults = [
        Fault(f"rewards: {name}", "a column", one_of(str(name), known)) for name in facts if name not in known
    ]
    for name, words in (("evidence", EVIDENCE), ("match", MATCHES)):
        cells = text_cells(facts, name)
        for row in np.flatnonzero(~cells.isin([None, "", *words])):
            faults.append(
                Fault(
                    f"rewards: row {row}: {name}", shown(cells.iloc[row]), one_of(str(cells.iloc[row]), words)
                )
            )
    found: dict[str, Floats] = {}
    try:
        found = number_columns(facts, columns, what="rewards")
    except ValueError as error:
        faults += getattr(error, "faults", ())
    refuse("rewards", faults)
    unknown = np.full(len(facts), np.nan)
    return {name: found.get(name, unknown) for name in ("amount_fines", "reward_grade", *flags)}
