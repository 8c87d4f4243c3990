"""Time the grounds of credit grades against the articles written out as a plain loop over the enterprises.

`make bench` runs it; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.response.credit.grades import decide, fact_kinds

ENTERPRISES = 100_000
DAY = dt.date(2022, 6, 1)


def enterprises(rng: np.random.Generator) -> pd.DataFrame:
    """Made enterprises: counts, fines and documents; every other fact is clear."""
    facts = pd.DataFrame(0.0, index=range(ENTERPRISES), columns=[*fact_kinds()])
    facts["is_broker"] = rng.integers(0, 2, ENTERPRISES)
    facts["n_penalties"] = rng.poisson(2, ENTERPRISES)
    facts["n_documents"] = rng.integers(0, 5000, ENTERPRISES)
    facts["amount_penalties"] = rng.integers(0, 2_000_000, ENTERPRISES)
    return facts


def test_grades_are_no_slower_than_a_loop_over_the_articles() -> None:
    """100,000 enterprises, order 251 with all its grounds; the loop has the ground on counts and fines alone."""
    facts = enterprises(np.random.default_rng(1))

    def loop() -> int:
        n = 0
        for row in facts.to_dict("records"):
            often = row["n_penalties"] * 10_000 > row["n_documents"] * (5 if row["is_broker"] else 10)
            n += (often or row["n_documents"] == 0) and row["amount_penalties"] > (
                300_000 if row["is_broker"] else 1_000_000
            )
        return n

    found = decide(facts, on=DAY)
    assert (found["decision"] == "discredited").sum() == loop()
    ours, theirs = cpu_seconds(lambda: decide(facts, on=DAY), runs=3), cpu_seconds(loop, runs=3)
    say("100,000 credit grades [CPU s]", ours=ours, loop=theirs, times=theirs / ours)
    assert ours <= theirs
