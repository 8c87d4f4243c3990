"""The slow and obvious Classical Model: one expert, one item, one number at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.stats import chi2

from riskkit.assessment.elicitation.study import ExpertStudy


def background(study: ExpertStudy, item: int, value: float) -> float:
    return math.log(value) if study.is_log[item] else value


def span(study: ExpertStudy, item: int) -> tuple[float, float]:
    seen = [q for one in study.answers[:, item] for q in one.tolist() if not math.isnan(q)]
    if study.is_seed[item]:
        seen.append(float(study.realisations[item]))
    placed = [background(study, item, one) for one in seen]
    reach = 0.1 * (max(placed) - min(placed))
    return min(placed) - reach, max(placed) + reach


def bends(study: ExpertStudy, expert: int, item: int) -> list[float]:
    low, high = span(study, item)
    return [low, *(background(study, item, q) for q in study.answers[expert, item].tolist()), high]


def scores(study: ExpertStudy) -> tuple[list[float], list[float]]:
    levels = [0.0, *study.probs.tolist(), 1.0]
    masses = [b - a for a, b in itertools.pairwise(levels)]
    seeds = [
        [i for i in range(len(study.items)) if study.is_seed[i] and study.is_answered[e, i]]
        for e in range(len(study.experts))
    ]
    n = min(len(one) for one in seeds)
    calibration, information = [], []
    for e, asked in enumerate(seeds):
        counts = [0] * len(masses)
        said = []
        for i in asked:
            counts[sum(study.realisations[i] > q for q in study.answers[e, i])] += 1
            edges = bends(study, e, i)
            low, high = span(study, i)
            widths = [b - a for a, b in itertools.pairwise(edges)]
            terms = [m * math.log(m / (w / (high - low))) for m, w in zip(masses, widths, strict=True)]
            said.append(sum(terms))
        shares = [c / len(asked) for c in counts]
        divergence = sum(s * math.log(s / m) for s, m in zip(shares, masses, strict=True) if s)
        calibration.append(float(chi2.sf(2 * n * divergence, len(masses) - 1)))
        information.append(sum(said) / len(said))
    return calibration, information


def pooled(study: ExpertStudy, item: int, weights: np.ndarray) -> list[float]:
    """Quantiles of the mixture on the background scale, by halving an interval."""
    who = [e for e in range(len(study.experts)) if study.is_answered[e, item]]
    if not who:
        return [math.nan] * study.probs.size
    levels = [0.0, *study.probs.tolist(), 1.0]
    total = sum(weights[e] for e in who)

    def below(x: float) -> float:
        return sum(weights[e] * float(np.interp(x, bends(study, e, item), levels)) for e in who) / total

    found = []
    for p in study.probs:
        low, high = span(study, item)
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle) < p - 1e-13 else (low, middle)
        found.append(high)
    return found
