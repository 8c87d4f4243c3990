"""Time the index of quality and safety with its resamples against drawing the records themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.application.quality_index.index import quality_index, resampled, stratum_counts

RECORDS, STRATA, RESAMPLES = 10_000_000, 20_000, 1_000


def test_an_index_with_resamples_of_many_records() -> None:
    """10 million records in 20,000 strata, 1,000 resamples; a plain bootstrap draws every record anew."""
    rng = np.random.default_rng(1)
    names = pd.Index([f"{k:05d}" for k in range(STRATA)])
    stratum = rng.integers(0, STRATA, RECORDS)
    bad = (rng.random(RECORDS) < 0.05).astype(np.int64)
    ids = pd.Categorical.from_codes(stratum, names)
    records = pd.DataFrame({"year": 2026, "stratum_id": ids, "n_tested": 1, "n_nonconforming": bad})
    standard = pd.DataFrame(
        {"stratum_id": names, "exposure": rng.random(STRATA) + 0.1, "severity": rng.random(STRATA)}
    )

    def ours() -> np.ndarray:
        counts = stratum_counts(records, standard, by=["year"])
        assert quality_index(counts)["note"].tolist() == [""]
        return resampled(counts, rng=np.random.default_rng(2), resamples=RESAMPLES)

    def one_plain_resample() -> float:
        drawn = rng.integers(0, RECORDS, RECORDS)
        weight = standard["exposure"].to_numpy() * standard["severity"].to_numpy()
        tested = np.bincount(stratum[drawn], minlength=STRATA)
        found = np.bincount(stratum[drawn], weights=bad[drawn], minlength=STRATA)
        return float((weight * found / tested).sum() / weight.sum())

    mine, plain = cpu_seconds(ours, runs=1), cpu_seconds(one_plain_resample, runs=1) * RESAMPLES
    say("index of 10⁷ records, 1,000 resamples [CPU s]", ours=mine, plain=plain, times=plain / mine)
    assert mine < 10
    assert plain >= 10 * mine
