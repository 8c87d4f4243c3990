"""The slow, obvious versions of the monitoring room's functions."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from math import comb

import pandas as pd


def wilson_ends(x: int, n: int, z: float) -> tuple[float, float]:
    """Where |p̂ − p| = z √(p(1−p)/n), by halving."""

    def beyond(p: float) -> bool:
        return (x / n - p) ** 2 > z * z * p * (1 - p) / n

    ends = []
    for far in (0.0, 1.0):
        near = x / n
        low, high = far, near
        if not beyond(far + (1e-300 if far == 0 else -1e-16)) and far == near:
            ends.append(far)
            continue
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if beyond(middle) else (low, middle)
        ends.append(high)
    return ends[0], ends[1]


def beta_binomial_loglik(x: list[int], n: list[int], a: float, b: float) -> float:
    def logbeta(p: float, q: float) -> float:
        return math.lgamma(p) + math.lgamma(q) - math.lgamma(p + q)

    return sum(
        math.log(comb(m, k)) + logbeta(k + a, m - k + b) - logbeta(a, b) for k, m in zip(x, n, strict=True)
    )


def survey_total(rows: list[tuple[str, int, float, float]]) -> tuple[float, float]:
    """Total and with-replacement variance from (stratum, unit, weight, value) rows."""
    sums: dict[tuple[str, int], float] = {}
    for stratum, unit, weight, value in rows:
        sums[stratum, unit] = sums.get((stratum, unit), 0.0) + weight * value
    total, variance = sum(sums.values()), 0.0
    for stratum in {key[0] for key in sums}:
        mine = [value for (s, _), value in sums.items() if s == stratum]
        mean = sum(mine) / len(mine)
        variance += len(mine) / (len(mine) - 1) * sum((value - mean) ** 2 for value in mine)
    return total, variance


def none_found(n: int, lot: int, bad: int, sensitivity: Fraction) -> Fraction:
    """P(none of n tested is found), exactly."""
    whole = Fraction(0)
    for k in range(max(0, n + bad - lot), min(bad, n) + 1):
        whole += Fraction(comb(bad, k) * comb(lot - bad, n - k), comb(lot, n)) * (1 - sensitivity) ** k
    return whole


def smallest_to_detect(lot: int, bad: int, confidence: Fraction, sensitivity: Fraction) -> int | None:
    for n in range(lot + 1):
        if 1 - none_found(n, lot, bad, sensitivity) >= confidence:
            return n
    return None


def accepts(plan: tuple[int, ...], p: float) -> float:
    """Binomial acceptance of (n1, ac1, re1, n2, ac2): every pair of findings, one by one."""
    n1, ac1, re1, n2, ac2 = plan

    def exactly(k: int, n: int) -> float:
        return comb(n, k) * p**k * (1 - p) ** (n - k)

    if n2 == 0:
        return sum(exactly(k, n1) for k in range(min(re1 - 1, n1) + 1))
    total = sum(exactly(k, n1) for k in range(min(ac1, n1) + 1))
    for k in range(ac1 + 1, min(re1 - 1, n1) + 1):
        total += exactly(k, n1) * sum(exactly(j, n2) for j in range(min(ac2 - k, n2) + 1))
    return total


def best_sharing(gains: list[list[float]], cost: list[int], budget: int) -> float:
    """The most that can be gained within a budget; gains[cell][k] is that of its (k+1)th sample."""
    best = 0.0
    for counts in itertools.product(*(range(len(g) + 1) for g in gains)):
        if sum(c * n for c, n in zip(cost, counts, strict=True)) <= budget:
            best = max(best, sum(sum(g[:n]) for g, n in zip(gains, counts, strict=True)))
    return best


def feasible_counts(
    cells: dict[tuple[str, str], int | None],
    rows: dict[str, int | None],
    columns: dict[str, int | None],
    *,
    total: int | None,
    most: int,
) -> dict[tuple[str, str], set[int]]:
    """Every whole number that each hidden cell of a two-way table could be under all sums that are shown."""
    hidden = [key for key, value in cells.items() if value is None]
    found: dict[tuple[str, str], set[int]] = {key: set() for key in hidden}
    for values in itertools.product(range(most + 1), repeat=len(hidden)):
        full = {**cells, **dict(zip(hidden, values, strict=True))}
        good = all(
            shown is None or sum(v for (r, _), v in full.items() if r == name) == shown
            for name, shown in rows.items()
        ) and all(
            shown is None or sum(v for (_, c), v in full.items() if c == name) == shown
            for name, shown in columns.items()
        )
        if good and (total is None or sum(full.values()) == total):
            for key, value in zip(hidden, values, strict=True):
                found[key].add(value)
    return found


def tables_that_fit(shown: pd.DataFrame, *, minimum: int, most: int) -> dict[str, list[tuple[int, int, int]]]:
    """Tested, nonconforming and conforming counts of every cell, in all tables that fit what is published.

    One key, the sum under ``*``. What the words say counts too.
    """

    def choices(name: str) -> list[tuple[int, int]]:
        row = shown.loc[name]
        if row["shown"] == "shown":
            return [(int(row["n_tested"]), int(row["n_nonconforming"]))]
        top = minimum - 1 if row["shown"] == "too_few" else most
        return [(n, x) for n in range(1, top + 1) for x in range(n + 1)]

    names = [name for name in shown.index if name != "*"]
    reached: dict[tuple[int, int], dict[str, set[tuple[int, int]]]] = {(0, 0): {}}
    for name in names:  # sums reached so far, with the counts of each cell on some way to them
        nxt: dict[tuple[int, int], dict[str, set[tuple[int, int]]]] = {}
        for (n, x), ways in reached.items():
            for dn, dx in choices(name):
                if n + dn <= most and x + dx <= n + dn:
                    there = nxt.setdefault((n + dn, x + dx), {})
                    for other, seen in ways.items():
                        there.setdefault(other, set()).update(seen)
                    there.setdefault(name, set()).add((dn, dx))
        reached = nxt
    found: dict[str, set[tuple[int, int, int]]] = {}
    for n, x in set(choices("*")) & set(reached) if shown.at["*", "shown"] != "shown" else choices("*"):
        found.setdefault("*", set()).add((n, x, n - x))
        for name, pairs in reached[n, x].items():
            found.setdefault(name, set()).update((a, b, a - b) for a, b in pairs)
    return {name: sorted(values) for name, values in found.items()}


def variance_of_a_domain(
    rows: list[tuple[str, int, float, bool]], *, lonely: str, domain_lonely: bool
) -> float:
    """Variance of a weighted count by the published rules for strata of one unit, row by row.

    A row is stratum, unit, weight and whether it is of the domain. Strata without a row of the domain are left
    out; units without one count 0.
    """
    sizes = {h: len({unit for g, unit, _, _ in rows if g == h}) for h, *_ in rows}
    strata = sorted({h for h, _, _, is_in in rows if is_in})
    sums: dict[str, dict[int, float]] = {h: {} for h in strata}
    for h, unit, weight, is_in in rows:
        if is_in:
            sums[h][unit] = sums[h].get(unit, 0.0) + weight
    grand = sum(sum(units.values()) for units in sums.values()) / sum(sizes[h] for h in strata)
    parts: list[float | None] = []
    for h in strata:
        n, values = sizes[h], [*sums[h].values()]
        is_alone = n == 1 or (domain_lonely and len(values) == 1 and lonely in ("adjust", "average"))
        values += [0.0] * (n - len(values))
        centre = grand if is_alone and lonely == "adjust" else sum(values) / n
        scale = n / (n - 1) if n > 1 else 1.0
        part = scale * sum((value - centre) ** 2 for value in values)
        parts.append(None if is_alone and lonely == "average" else part)
    known = [part for part in parts if part is not None]
    return sum(known) * len(parts) / len(known) if known else math.nan
