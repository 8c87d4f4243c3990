"""The slow, obvious scalar forms of the methods of riskkit.assessment.preferences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Matrix = Sequence[Sequence[float]]


def topsis(values: Matrix, weights: Sequence[float], is_cost: Sequence[bool]) -> list[float]:
    m, n = len(values), len(weights)
    v = [[0.0] * n for _ in range(m)]
    for j in range(n):
        norm = math.sqrt(sum(values[i][j] ** 2 for i in range(m)))
        for i in range(m):
            v[i][j] = weights[j] * values[i][j] / norm
    out = []
    for i in range(m):
        near = far = 0.0
        for j in range(n):
            column = [v[k][j] for k in range(m)]
            best, worst = (min(column), max(column)) if is_cost[j] else (max(column), min(column))
            near += (v[i][j] - best) ** 2
            far += (v[i][j] - worst) ** 2
        out.append(math.sqrt(far) / (math.sqrt(near) + math.sqrt(far)))
    return out


def vikor(values: Matrix, weights: Sequence[float], is_cost: Sequence[bool], v: float) -> list[float]:
    m, n = len(values), len(weights)
    s, r = [0.0] * m, [0.0] * m
    for i in range(m):
        for j in range(n):
            column = [values[k][j] for k in range(m)]
            best, worst = (min(column), max(column)) if is_cost[j] else (max(column), min(column))
            short = 0.0 if best == worst else weights[j] * (best - values[i][j]) / (best - worst)
            s[i] += short
            r[i] = max(r[i], short)

    def unit(x: list[float]) -> list[float]:
        return [0.0 if max(x) == min(x) else (one - min(x)) / (max(x) - min(x)) for one in x]

    return [v * a + (1 - v) * b for a, b in zip(unit(s), unit(r), strict=True)]


DEGREES: dict[str, Callable[[float, float, float, float], float]] = {
    "usual": lambda d, q, p, s: 1.0 if d > 0 else 0.0,
    "u_shape": lambda d, q, p, s: 1.0 if d > q else 0.0,
    "v_shape": lambda d, q, p, s: 0.0 if d <= 0 else min(d / p, 1.0),
    "level": lambda d, q, p, s: 0.0 if d <= q else (0.5 if d <= p else 1.0),
    "linear": lambda d, q, p, s: 0.0 if d <= q else min((d - q) / (p - q), 1.0),
    "gaussian": lambda d, q, p, s: 0.0 if d <= 0 else 1 - math.exp(-(d**2) / (2 * s**2)),
}


def promethee(
    values: Matrix, weights: Sequence[float], is_cost: Sequence[bool], functions: Sequence[tuple]
) -> list[float]:
    m, n = len(values), len(weights)

    def pi(a: int, b: int) -> float:
        total = 0.0
        for j in range(n):
            d = values[a][j] - values[b][j]
            kind, q, p, s = functions[j]
            total += weights[j] * DEGREES[kind](-d if is_cost[j] else d, q, p, s)
        return total

    return [sum(pi(a, b) - pi(b, a) for b in range(m) if b != a) / (m - 1) for a in range(m)]


def entropy_weights(values: Matrix) -> list[float]:
    m, n = len(values), len(values[0])
    told = []
    for j in range(n):
        total = sum(values[i][j] for i in range(m))
        p = [values[i][j] / total for i in range(m)]
        told.append(1 + sum(x * math.log(x) for x in p if x > 0) / math.log(m))
    return [t / sum(told) for t in told]


def critic_weights(values: Matrix, is_cost: Sequence[bool]) -> list[float]:
    m, n = len(values), len(values[0])
    columns = []
    for j in range(n):
        x = [values[i][j] for i in range(m)]
        low, high = min(x), max(x)
        columns.append([(high - one if is_cost[j] else one - low) / (high - low) for one in x])

    def moment(a: list[float], b: list[float]) -> float:
        return sum((x - sum(a) / m) * (y - sum(b) / m) for x, y in zip(a, b, strict=True)) / m

    sd = [math.sqrt(moment(c, c)) for c in columns]
    told = [
        sd[j] * sum(1 - moment(columns[j], columns[k]) / (sd[j] * sd[k]) for k in range(n)) for j in range(n)
    ]
    return [t / sum(told) for t in told]


def principal(matrix: Matrix, turns: int = 2000) -> tuple[float, list[float]]:
    """Principal eigenvalue and vector by the power method."""
    n = len(matrix)
    w, value = [1 / n] * n, float(n)
    for _ in range(turns):
        image = [sum(matrix[i][j] * w[j] for j in range(n)) for i in range(n)]
        value = sum(image)
        w = [x / value for x in image]
    return value, w


def composition(weights: Sequence[float], relation: Matrix, operator: str) -> list[float]:
    grades = len(relation[0])
    pairs = [[(a, row[k]) for a, row in zip(weights, relation, strict=True)] for k in range(grades)]
    if operator == "weighted_mean":
        return [sum(a * r for a, r in one) for one in pairs]
    if operator == "min_max":
        return [max(min(a, r) for a, r in one) for one in pairs]
    if operator == "product_max":
        return [max(a * r for a, r in one) for one in pairs]
    return [min(1.0, sum(min(a, r) for a, r in one)) for one in pairs]


def acceptability(tables: Sequence[Matrix], weights: Matrix) -> list[list[float]]:
    m = len(tables[0])
    out = [[0.0] * m for _ in range(m)]
    for table, w in zip(tables, weights, strict=True):
        scores = [sum(a * x for a, x in zip(w, row, strict=True)) for row in table]
        for i in range(m):
            out[i][sum(scores[k] > scores[i] for k in range(m))] += 1 / len(weights)
    return out
