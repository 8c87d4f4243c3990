"""The laws a profile keeps: total, monotone, and smooth, so that a level never jumps by two.

A level that jumps from Ⅳ to Ⅱ because one probability is a tenth higher is decided by noise. So along
the probability of a scenario the level table rises by one level at most, and a rule on expected victims
that guarantees Ⅱ or Ⅰ stands on a rule that guarantees one level less a little earlier.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, shown
from riskkit.foundation.standards import risk_matrices, standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.warning_levels import level_code
from riskkit.warning.grading_rules import Rule, meets

# Facts that rise with the probability of a scenario, in the same proportion.
EXPECTED = ("expected_deaths", "expected_serious")
RISE = 1.1  # what a probability is raised by in the law of smoothness (house)

Place = Callable[[str, int], str]
Ranks = NDArray[np.int8]


def table_ranks(
    levels: Ranks,
    factors: Sequence[str],
    grades: Mapping[str, NDArray[Any]],
    *,
    raises: Sequence[tuple[str, int, int]],
    max_raise: int,
) -> Ranks:
    """Level ranks 1 Ⅳ … 4 Ⅰ of a level table and its raises, before any trigger.

    Parameters
    ----------
    levels : ndarray of int8
        One axis of length 4 a factor; level codes 0 Ⅳ … 3 Ⅰ.
    factors : sequence of str
        Factors of the axes.
    grades : mapping of str to ndarray of int, shape (n,)
        Grades 1–4 of every factor of the table and of the raises.
    raises : sequence of (factor, at least, levels up)
        Adjustments after the table.
    max_raise : int
        Most levels that adjustments may add.

    Returns
    -------
    ndarray of int8, shape (n,)

    Examples
    --------
    >>> levels = np.array([0, 1, 2, 3], dtype=np.int8)
    >>> grades = {"urgency": np.array([1, 4]), "scope": np.array([4, 4])}
    >>> table_ranks(levels, ("urgency",), grades, raises=[("scope", 4, 1)], max_raise=1).tolist()
    [2, 4]
    """
    n = next(iter(grades.values())).shape
    place = np.zeros(n, dtype=np.int16)
    for factor in factors:
        place *= 4
        place += grades[factor].astype(np.int16) - 1
    ranks = levels.ravel()[place] + np.int8(1)
    raised = np.zeros(n, dtype=np.int8)
    for factor, at_least, up in raises:
        raised += (grades[factor] >= at_least) * np.int8(up)
    ranks += np.minimum(raised, np.int8(max_raise))
    return np.asarray(np.minimum(ranks, np.int8(4)), dtype=np.int8)


def level_table(
    cells: pd.DataFrame, factors: Sequence[str], *, place: Place
) -> tuple[Ranks, NDArray[np.int64], list[Fault]]:
    """The level table of a profile from its rows, and where it is not total or not monotone.

    Parameters
    ----------
    cells : DataFrame
        Rows in the shape of ``profile_cells.csv``.
    factors : sequence of str
        Factors of the axes.
    place : callable
        From a part of the file and a row of it to its place.

    Returns
    -------
    ndarray of int8, ndarray of int, list of Fault
        Level codes 0–3, one axis of length 4 a factor; the row of each cell; faults.

    Examples
    --------
    >>> rows = pd.DataFrame({"urgency": [1, 2, 3, 4], "level": ["Ⅳ", "Ⅲ", "Ⅳ", "Ⅰ"]})
    >>> [fault.place for fault in level_table(rows, ["urgency"], place=lambda part, row: f"{part}[{row}]")[2]]
    ['cells[2]']
    """
    known = scale("warning").codes
    levels = np.full((4,) * len(factors), -1, dtype=np.int8)
    at = np.zeros(levels.shape, dtype=np.int64)
    faults = []
    for index, row in cells.iterrows():
        spot = tuple(int(row[factor]) - 1 if row[factor] == row[factor] else -9 for factor in factors)
        where = place("cells", int(str(index)))
        try:
            level = known.index(level_code(row["level"], is_graded=True))
        except ValueError as error:
            faults.append(Fault(where, shown(row["level"]), str(error)))
            continue
        if any(not 0 <= grade <= 3 for grade in spot):
            faults.append(Fault(where, shown(row["level"]), "grades 1–4 and a level Ⅰ–Ⅳ"))
        elif levels[spot] >= 0:
            faults.append(Fault(where, shown(row["level"]), "one level only"))
        else:
            levels[spot], at[spot] = level, int(str(index))
    if faults:
        return levels, at, faults
    for spot in itertools.product(range(4), repeat=len(factors)):
        if levels[spot] < 0:
            grades = ", ".join(f"{f} {grade + 1}" for f, grade in zip(factors, spot, strict=True))
            faults.append(Fault(f"cells: {grades}", "no level", "a level for every combination"))
    return levels, at, faults or _falls(levels, factors, at, place=place)


def _falls(levels: Ranks, factors: Sequence[str], at: NDArray[np.int64], *, place: Place) -> list[Fault]:
    """Cells in which a worse grade gives a milder level."""
    faults = []
    for axis, factor in enumerate(factors):
        for spot in np.argwhere(np.diff(levels, axis=axis) < 0):
            spot[axis] += 1
            where = place("cells", int(at[tuple(spot)]))
            told = f"the level falls as {factor} rises to {spot[axis] + 1}"
            faults.append(Fault(where, told, "a level that never falls"))
    return faults


def jump_faults(
    levels: Ranks,
    factors: Sequence[str],
    at: NDArray[np.int64],
    *,
    raises: Sequence[tuple[str, int, int]],
    max_raise: int,
    place: Place,
) -> list[Fault]:
    """Cells in which the next band of probability brings a level two or more above.

    Every severity of harm, grade and band of the risk grid is tried, so what cannot occur is not refused.

    Parameters
    ----------
    levels, factors, at
        As from `level_table`.
    raises, max_raise
        As in `table_ranks`.
    place : callable
        From a part of the file and a row of it to its place.

    Examples
    --------
    >>> levels = np.array([0, 0, 2, 2], dtype=np.int8)
    >>> found = jump_faults(levels, ["risk"], np.arange(4), raises=[], max_raise=0,
    ...                     place=lambda part, row: f"{part}[{row}]")
    >>> found[0].place, found[0].value
    ('cells[2]', 'risk 2 → 3: Ⅳ → Ⅱ')
    """
    cells = risk_matrices.risk_matrix("eu_2024_3173").cells
    likelihood = standards.table("probability_bands").sort_values("band")["grade"].to_numpy()
    four = range(4)
    tried = np.array(list(itertools.product(range(len(likelihood)), four, four, four, four)))
    band, harm, severity, urgency, scope = tried.T
    grades = {
        "risk": cells[band, harm].astype(np.int64) + 1,
        "probability": likelihood[band],
        "severity": severity + 1,
        "urgency": urgency + 1,
        "scope": scope + 1,
    }
    ranks = table_ranks(levels, factors, grades, raises=raises, max_raise=max_raise)
    shape = (len(likelihood), -1)
    rises = np.diff(ranks.reshape(shape).astype(np.int64), axis=0)
    named = {name: values.reshape(shape) for name, values in grades.items()}
    codes = scale("warning").codes
    found: dict[int, Fault] = {}
    for step, column in np.argwhere(rises >= 2):
        spot = tuple(int(named[factor][step + 1, column]) - 1 for factor in factors)
        moved = [f for f in ("risk", "probability") if named[f][step, column] != named[f][step + 1, column]]
        steps = ", ".join(f"{f} {named[f][step, column]} → {named[f][step + 1, column]}" for f in moved)
        before, after = (codes[int(ranks.reshape(shape)[row, column]) - 1] for row in (step, step + 1))
        row = int(at[spot])
        rule = "a level that rises by one at most as a probability does"
        found.setdefault(row, Fault(place("cells", row), f"{steps}: {before} → {after}", rule))
    return [found[row] for row in sorted(found)]


def ladder_faults(
    rules: Mapping[str, Sequence[Rule]], rows: Mapping[tuple[str, str], int], *, place: Place
) -> list[Fault]:
    """Rules on expected victims that would make a level jump.

    Parameters
    ----------
    rules : mapping of str to sequence of Rule
        By factor.
    rows : mapping of (factor, rule) to int
        First row of each rule.
    place : callable
        From a part of the file and a row of it to its place.

    Examples
    --------
    >>> one = Rule("T", 3, (("expected_deaths", ">=", 10.0),), "", "", "", "", "house")
    >>> ladder_faults({"trigger": [one]}, {("trigger", "T"): 0}, place=lambda part, row: part)[0].value
    'T: expected_deaths ≥ 10 gives Ⅱ at once'
    """
    codes = scale("warning").codes
    faults = []
    for factor, found in rules.items():
        for rule in found:
            asked = [(fact, limit) for fact, _, limit in rule.conditions if fact in EXPECTED]
            if asked and factor != "trigger":
                where = place("rules", rows[factor, rule.rule])
                faults.append(Fault(where, rule.rule, "expected victims in triggers only"))
            elif asked and rule.grade > 2 and not any(_is_step(lower, rule) for lower in found):
                where = place("rules", rows[factor, rule.rule])
                told = ", ".join(f"{fact} ≥ {limit:g}" for fact, limit in asked)
                told = f"{rule.rule}: {told} gives {codes[rule.grade - 1]} at once"
                before = codes[rule.grade - 2]
                faults.append(
                    Fault(where, told, RuleText("a rule that gives {} before, at a tenth less", before))
                )
    return faults


def _is_step(lower: Rule, rule: Rule) -> bool:
    """Whether a rule holds, one level lower at most, whenever the other would after a rise by a tenth."""
    if lower.grade < rule.grade - 1:
        return False
    given: dict[tuple[str, str], float] = {}
    for fact, op, limit in rule.conditions:
        eased = limit / RISE if fact in EXPECTED else limit
        known = given.get((fact, op[0]), eased)
        given[fact, op[0]] = max(known, eased) if op[0] == ">" else min(known, eased)
    return all(
        (fact, op[0]) in given and meets(given[fact, op[0]], op, limit)
        for fact, op, limit in lower.conditions
    )
