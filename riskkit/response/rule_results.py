"""Rules that are rows of a table, applied to many subjects at once, where a fact may be unknown.

A rule is met when one of its groups is, and a group is met when all its conditions are. An unknown fact
leaves a rule undecided unless the other conditions decide it: unknown is neither met nor ruled out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.standards.tables import records

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RuleResults:
    """What every rule says of every subject.

    Parameters
    ----------
    names : tuple of str
        The rules, in the order of their table.
    is_met, may_be_met : ndarray of bool, shape (subjects, rules)
        Whether the rule is met for certain, and whether it can be met given what is unknown.
    reached : ndarray of float, shape (subjects, rules)
        Share of the limit reached by the condition that is furthest from being met (1 = at the limit), in
        the group that comes closest; NaN where nothing is known.
    is_on_boundary : ndarray of bool, shape (subjects, rules)
        Whether a number lies exactly on a limit above zero and the least change of it could decide the rule.
    missing : dict of str to ndarray of bool
        Fact → subjects of which it is unknown.
    facts_of : dict of str to tuple of str
        Rule → the facts it needs.
    """

    names: tuple[str, ...]
    is_met: Flags
    may_be_met: Flags
    reached: Floats
    is_on_boundary: Flags
    missing: Mapping[str, Flags]
    facts_of: Mapping[str, tuple[str, ...]]

    def unknown_facts(self) -> list[str]:
        """For each subject the unknown facts of undecided rules, with spaces between."""
        undecided = self.may_be_met & ~self.is_met
        facts = tuple(self.missing)
        wanted = np.zeros((len(undecided), len(facts)), dtype=np.bool_)
        for place, name in enumerate(self.names):
            for at, fact in enumerate(facts):
                if fact in self.facts_of[name]:
                    wanted[:, at] |= undecided[:, place] & self.missing[fact]
        return joined_names(wanted, facts)

    def first_met(self) -> list[str]:
        """For each subject the first rule that is met, or an empty text."""
        names = np.array([*self.names, ""], dtype=object)
        first = self.is_met.argmax(axis=1) if self.names else np.zeros(len(self.is_met), dtype=np.intp)
        return list(names[np.where(self.is_met.any(axis=1), first, len(self.names))])


def rule_results(facts: Mapping[str, Floats], conditions: pd.DataFrame, *, n: int) -> RuleResults:
    """Apply rules to subjects.

    Parameters
    ----------
    facts : mapping of str to ndarray of float, shape (n,)
        One number a subject, flags as 0 and 1; NaN, or an absent name, where unknown.
    conditions : DataFrame
        Columns test, group, fact, relation (``gt ge lt le is``), threshold (a number or fraction as text) and
        per: a fact that the threshold is multiplied by, or empty. As in ``credit_tests.csv``.
    n : int
        How many subjects.

    Returns
    -------
    RuleResults

    Examples
    --------
    >>> rows = pd.DataFrame({"test": ["x", "x"], "group": ["a", "a"], "fact": ["n", "yuan"],
    ...     "relation": ["gt", "gt"], "threshold": ["1/1000", "100"], "per": ["documents", ""]})
    >>> facts = {"n": np.array([1, 2, 2.0]), "documents": np.array([1000, 1000, 1000.0]),
    ...          "yuan": np.array([500, np.nan, 500])}
    >>> found = rule_results(facts, rows, n=3)
    >>> found.is_met[:, 0].tolist(), found.may_be_met[:, 0].tolist()
    ([False, False, True], [False, True, True])
    >>> found.is_on_boundary[:, 0].tolist(), found.unknown_facts()
    ([True, False, False], ['', 'yuan', ''])
    """
    names = tuple(dict.fromkeys(conditions["test"]))
    unknown = np.full(n, np.nan)
    shape = (n, len(names))
    met, may, edge = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    reached = np.full(shape, np.nan)
    needed: dict[str, tuple[str, ...]] = dict.fromkeys(names, ())
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in records(conditions):
        groups.setdefault((row["test"], row["group"]), []).append(row)
    for (test, _), group in groups.items():
        at = names.index(test)
        all_met, all_may, near = np.ones(n, np.bool_), np.ones(n, np.bool_), np.ones(n, np.bool_)
        share, at_limit = np.full(n, np.nan), np.zeros(n, np.bool_)
        for row in group:
            value = facts.get(row["fact"], unknown)
            per = facts.get(row["per"], unknown) if row["per"] else np.ones(n)
            holds, is_known, part, on_edge = _condition(value, per, row=row)
            all_met &= holds
            all_may &= holds | ~is_known
            near &= holds | ~is_known | on_edge
            at_limit |= on_edge
            share = np.fmin(share, part)
            needed[test] += tuple(filter(None, (row["fact"], row["per"])))
        met[:, at] |= all_met
        may[:, at] |= all_may
        edge[:, at] |= near & at_limit
        reached[:, at] = np.fmax(reached[:, at], share)
    missing = {fact: np.isnan(facts.get(fact, unknown)) for many in needed.values() for fact in many}
    return RuleResults(names, met, may, reached, edge, missing, needed)


def joined_names(flags: Flags, names: Sequence[str]) -> list[str]:
    """For each row the names of the columns that hold, with spaces between.

    Examples
    --------
    >>> joined_names(np.array([[True, True], [False, False]]), ["a", "b"])
    ['a b', '']
    """
    # one number a row, since sorting whole rows is slow; bytes where the names are too many for a number
    if flags.shape[1] < 63:
        codes: NDArray[np.generic] = flags @ (np.int64(1) << np.arange(flags.shape[1]))
    else:
        codes = np.array([row.tobytes() for row in flags], dtype=object)
    place, kinds = pd.factorize(codes)
    first = np.zeros(len(kinds), dtype=np.intp)
    first[place[::-1]] = np.arange(len(flags))[::-1]
    texts = [" ".join(name for name, holds in zip(names, flags[at], strict=True) if holds) for at in first]
    return [texts[k] for k in place]


def any_of(flags: Flags) -> Flags:
    """Whether any column holds, row by row.

    Examples
    --------
    >>> any_of(np.array([[True, False], [False, False]])).tolist()
    [True, False]
    """
    return np.asarray(flags.any(axis=1), dtype=np.bool_)


def _condition(value: Floats, per: Floats, *, row: Mapping[str, str]) -> tuple[Flags, Flags, Floats, Flags]:
    """Whether it holds, whether it is known, the share of the limit reached, whether it is at the limit."""
    threshold = Fraction(row["threshold"])
    left, right = (
        value * threshold.denominator,
        per * threshold.numerator,
    )  # both sides whole: compared exactly
    is_known = ~(np.isnan(left) | np.isnan(right))
    with np.errstate(divide="ignore", invalid="ignore"):
        relation = row["relation"]
        holds = {
            "gt": left > right,
            "ge": left >= right,
            "lt": left < right,
            "le": left <= right,
            "is": left == right,
        }[relation]
        if relation in ("gt", "ge"):
            share = np.where(right > 0, left / right, np.where(holds, np.inf, 0.0))
        else:
            share = np.where(holds, np.inf, 0.0)
    share = np.where(is_known, share, np.nan)
    return holds, is_known, share, (left == right) & (right > 0) & (relation != "is")
