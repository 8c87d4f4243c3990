"""The linear pool of expert distributions, the slow and obvious way: one expert, one step, one bisection at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

PROBS = (0.05, 0.50, 0.95)


def expert_cdf(judged: Sequence[float], x: float) -> float:
    """Even on the logarithmic scale between neighbouring quantiles, a tenth of the range beyond the outer ones."""
    low, mid, high = (math.log(value) for value in judged)
    reach = 0.1 * (high - low)
    points = [(low - reach, 0.0), (low, 0.05), (mid, 0.5), (high, 0.95), (min(high + reach, 0.0), 1.0)]
    at = math.log(x)
    if at <= points[0][0]:
        return 0.0
    for (x0, p0), (x1, p1) in itertools.pairwise(points):
        if at <= x1:
            return p0 + (p1 - p0) * (at - x0) / (x1 - x0)
    return 1.0


def pool_cdf(judged: Sequence[Sequence[float]], weights: Sequence[float], x: float) -> float:
    return sum(w * expert_cdf(one, x) for one, w in zip(judged, weights, strict=True)) / sum(weights)


def pool_quantile(judged: Sequence[Sequence[float]], weights: Sequence[float], prob: float) -> float:
    lo, hi = -80.0, 0.0
    for _ in range(200):
        middle = (lo + hi) / 2
        if pool_cdf(judged, weights, math.exp(middle)) < prob:
            lo = middle
        else:
            hi = middle
    return math.exp((lo + hi) / 2)
