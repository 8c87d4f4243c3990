"""The slow, obvious versions of uncertainty, sensitivity and the value of information."""

from __future__ import annotations

import itertools
import math


def sobol_indices(a, b, mixed):
    """S and ST of one input, one base sample at a time."""
    n, both = len(a), [*a, *b]
    centre = sum(both) / len(both)
    variance = sum((y - centre) ** 2 for y in both) / len(both)
    first = sum(b[j] * (mixed[j] - a[j]) for j in range(n)) / n
    total = sum((a[j] - mixed[j]) ** 2 for j in range(n)) / (2 * n)
    return first / variance, total / variance


def kolmogorov_smirnov(a, b):
    points = [*a, *b]
    return max(abs(sum(x <= t for x in a) / len(a) - sum(x <= t for x in b) / len(b)) for t in points)


def best_cut_cost(x, losses):
    """Least total loss of a rule that passes through the decisions once, up or down, at values of x."""
    order = sorted(range(len(x)), key=lambda i: x[i])
    places = [p for p in range(len(x) + 1) if p in (0, len(x)) or x[order[p - 1]] < x[order[p]]]
    decisions = len(losses[0])
    best = math.inf
    for cuts in itertools.combinations_with_replacement(places, decisions - 1):
        for turned in (False, True):
            cost = 0.0
            for rank, draw in enumerate(order):
                passed = sum(rank >= cut for cut in cuts)
                cost += losses[draw][decisions - 1 - passed if turned else passed]
            best = min(best, cost)
    return best


def percentile_bands(rows, prob):
    """Median over the rows of the percentile within each."""
    inner = sorted(quantile(row, prob) for row in rows)
    return quantile(inner, 0.5)


def quantile(values, prob):
    ordered = sorted(values)
    place = prob * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def expected_harm(steps, severity, units, rank):
    """Cases of harm of one severity: scenarios added."""
    total = 0.0
    for p_steps, s in zip(steps, severity, strict=True):
        if s == rank:
            total += math.prod(p_steps) * units
    return total
