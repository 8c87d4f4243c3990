"""Segregation of 10,000 containers in a yard against a plain loop over the pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.response.emergency.dangerous_goods import segregation_conflicts

UNITS, LOOPED = 10_000, 1_000
CLASSES = ("2.1", "3", "4.3", "5.1", "8", "9")


def yard(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """A made yard as dense as a real one: a unit on each place of a grid of 6 by 3 metres."""
    side = int(np.ceil(np.sqrt(n)))
    places = np.arange(n)
    return pd.DataFrame(
        {"class": rng.choice(CLASSES, n), "x_m": 6.0 * (places % side), "y_m": 3.0 * (places // side)}
    )


def distances() -> pd.DataFrame:
    """Made distances: 12 metres between two classes, none within one."""
    pairs = [(a, b, 0.0 if a == b else 12.0) for i, a in enumerate(CLASSES) for b in CLASSES[i:]]
    return pd.DataFrame(pairs, columns=["class_a", "class_b", "min_m"])


def looped(units: pd.DataFrame, least: dict[tuple[str, str], float]) -> int:
    """Every pair, one by one."""
    rows = list(units.itertuples(index=False, name=None))
    n = 0
    for i, (kind, x, y) in enumerate(rows):
        for other, u, v in rows[:i]:
            n += ((x - u) ** 2 + (y - v) ** 2) ** 0.5 < least[min(kind, other), max(kind, other)]
    return n


def test_ten_thousand_containers() -> None:
    """The loop runs over a tenth of the units, whose pairs are a hundredth, and its time is multiplied."""
    rng, table = np.random.default_rng(1), distances()
    least = {(a, b): m for a, b, m in table.itertuples(index=False, name=None)}
    small, large = yard(rng, LOOPED), yard(rng, UNITS)
    assert len(segregation_conflicts(small, table)) == looped(small, least)
    ours = cpu_seconds(lambda: segregation_conflicts(large, table), runs=3)
    pairs = UNITS * (UNITS - 1) / (LOOPED * (LOOPED - 1))
    loop = cpu_seconds(lambda: looped(small, least), runs=1) * pairs
    n = float(len(segregation_conflicts(large, table)))
    say("segregation of 10,000 units [CPU s]", ours=ours, loop_scaled=loop, times=loop / ours, conflicts=n)
    assert ours <= loop / 10
