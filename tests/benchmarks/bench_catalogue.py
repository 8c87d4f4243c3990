"""Time evidence and proposals on the inspection catalogue: every HS10 code with every origin."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.application.catalogue.proposals import decide, evidence

CODES, ORIGINS = 13_000, 200


def test_proposals_for_every_code_and_origin() -> None:
    """2.6 million subjects: posterior, probabilities above and below both bounds, proposal with its reason."""
    rng = np.random.default_rng(1)
    n = CODES * ORIGINS
    tested = rng.poisson(rng.gamma(0.3, 20, n))
    rows = pd.DataFrame({
        "hs": np.repeat([f"{code:010d}" for code in range(CODES)], ORIGINS),
        "origin": np.tile([f"{one:03d}" for one in range(ORIGINS)], CODES),
        "n_tested": tested, "n_nonconforming": rng.binomial(tested, rng.beta(1, 15, n)),
        "n_lots": rng.poisson(5, n), "n_complaints": rng.poisson(0.1, n),
        "n_recalls_abroad": rng.poisson(0.01, n), "severity": rng.integers(1, 5, n),
    })  # fmt: skip
    is_listed = rng.integers(0, 2, n)

    def ours() -> None:
        found = evidence(rows, by=["hs", "origin"])
        decided = decide(found.assign(is_listed=is_listed), on=dt.date(2026, 5, 1))
        assert len(decided) == n and decided["decision"].notna().all()

    mine = cpu_seconds(ours, runs=1)
    say("proposals on 13,000 codes × 200 origins [CPU s]", ours=mine)
    assert mine < 30
