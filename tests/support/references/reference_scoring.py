"""Slow and obvious versions of the scoring, chemical, laboratory and repeated-information methods."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from statistics import median

from scipy.special import ndtri
from scipy.stats import beta


def level_of(
    p: Fraction, severity: int, *, edges: list[Fraction], cells: list[list[int]], closed: bool
) -> int:
    """Level code of one risk, by walking the bounds."""
    band = sum((p >= edge) if closed else (p > edge) for edge in edges)
    return cells[band][severity - 1]


def is_consistent(
    low: list[Fraction], high: list[Fraction], cells: list[list[int]], bounds: list[Fraction]
) -> bool:
    """Weak consistency for given severity bounds: every red against every green cell."""
    top = max(max(row) for row in cells)
    places = [(i, j) for i in range(len(cells)) for j in range(len(cells[0]))]
    red = [low[i] * bounds[j] for i, j in places if cells[i][j] == top]
    green = [high[i] * bounds[j + 1] for i, j in places if cells[i][j] == 0]
    return not red or not green or min(red) >= max(green)


def borda_counts(values: list[list[float]], weights: list[float]) -> list[float]:
    """For each row: the products it is worse than, half for equals, times the weight."""
    out = []
    for i, row in enumerate(values):
        points = 0.0
        for k, weight in enumerate(weights):
            for j, other in enumerate(values):
                if j != i:
                    points += weight * (1.0 if row[k] > other[k] else 0.5 if row[k] == other[k] else 0.0)
        out.append(points)
    return out


def algorithm_a(x: list[float]) -> tuple[float, float]:
    """Algorithm A, by the words of the standard, 500 rounds."""
    value = median(x)
    deviation = 1.483 * median([abs(v - value) for v in x])
    for _ in range(500):
        pulled = [min(max(v, value - 1.5 * deviation), value + 1.5 * deviation) for v in x]
        value = sum(pulled) / len(pulled)
        deviation = 1.134 * math.sqrt(sum((v - value) ** 2 for v in pulled) / (len(pulled) - 1))
    return value, deviation


def q_deviation(x: list[int]) -> float:
    """Q method on whole numbers, so that equal differences are equal."""
    p = len(x)
    width = [abs(x[i] - x[j]) for i in range(p) for j in range(i + 1, p)]

    def share(d: float) -> float:
        return sum(w <= d for w in width) / len(width)

    steps = sorted({w for w in width if w > 0})
    if not steps:
        return 0.0
    points = [(0.0, 0.0)]
    before = share(0)
    for step in steps:
        points.append((float(step), (share(step) + before) / 2))
        before = share(step)
    wanted = 0.25 + 0.75 * share(0)
    found = points[-1][0]
    for (x0, g0), (x1, g1) in itertools.pairwise(points):
        if g0 <= wanted <= g1:
            found = x0 + (wanted - g0) / (g1 - g0) * (x1 - x0)
            break
    return found / (math.sqrt(2) * float(ndtri(0.625 + 0.375 * share(0))))


def psi(q: float) -> float:
    """Hampel's weight of one deviation."""
    size = abs(q)
    height = size if size <= 1.5 else 1.5 if size <= 3 else 4.5 - size if size <= 4.5 else 0.0
    return math.copysign(height, q)


def moving_beta(
    records: list[tuple[int, int, int]], *, on: int, half_life: float, prior: float
) -> tuple[float, float]:
    """Mean of the rate and P(rate > 0.1) on day `on`, each (day, tested, bad) faded to that day."""
    a = b = prior
    for day, tested, bad in records:
        if day <= on:
            weight = 0.5 ** ((on - day) / half_life)
            a, b = a + weight * bad, b + weight * (tested - bad)
    return a / (a + b), float(beta.sf(0.1, a, b))
