"""Time the scoring, laboratory and repeated-information methods against a plain bound or a peer.

Run as a script; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from measure import seconds

from riskkit.assessment.chemical.hazard_quotients import moe_percentiles
from riskkit.assessment.nonconformity import hazard_grade
from riskkit.assessment.ranking import borda
from riskkit.assessment.sensitivity.level_distance import level_distance
from riskkit.assessment.sensitivity.robust_values import algorithm_a, q_hampel
from riskkit.assessment.what_if.repeated_information import house_weights, repeated_information
from riskkit.foundation.standards.risk_matrices import risk_matrix


def row(what: str, ours: float, bound: float, against: str) -> None:
    """One line of the table."""
    print(f"{what:58s} {ours:9.4f} s   {bound:9.4f} s   {ours / bound:6.2f} × {against}")


def main() -> None:
    """Print the table."""
    from statsmodels.robust.scale import Huber

    rng = np.random.default_rng(1)
    n = 200_000
    p, severity = 10 ** rng.uniform(-7, 0, n), rng.integers(1, 5, n)
    eu = risk_matrix("eu_2024_3173")
    edges = eu.edge_values()
    plain = seconds(lambda: eu.cells[np.searchsorted(edges, p), severity - 1])
    row(
        f"level_distance, {n:,} risks",
        seconds(lambda: level_distance(p, severity, matrix=eu)),
        plain,
        "table look-up",
    )

    results = np.r_[rng.normal(10, 1, 60), rng.normal(30, 5, 8)]
    peer = seconds(lambda: Huber(c=1.5, tol=1e-10, maxiter=500)(results))
    row("algorithm_a, 68 laboratories", seconds(lambda: algorithm_a(results)), peer, "statsmodels Huber")

    many = rng.normal(10, 1, 1000)
    pairs = seconds(lambda: np.sort(np.abs(many[:, None] - many).ravel()))
    row("q_hampel, 1,000 laboratories", seconds(lambda: q_hampel(many)), pairs, "sorting all differences")

    values = pd.DataFrame(rng.integers(0, 9, (20_000, 6)))
    ranks = seconds(values.rank)
    row("borda, 20,000 products × 6 criteria", seconds(lambda: borda(values)), ranks, "pandas rank")

    exposure = rng.lognormal(0, 1, 1_000_000)
    quantile = seconds(lambda: np.quantile(exposure, [0.99, 0.999]))
    found = seconds(lambda: moe_percentiles(exposure, 100.0, probs=[0.01, 0.001]))
    row("moe_percentiles, 1,000,000 exposures", found, quantile, "numpy quantile")

    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, 100_000), unit="D")
    records = pd.DataFrame(
        {
            "commodity": "toy",
            "maker": rng.integers(0, 3000, 100_000).astype(str),
            "date": days.strftime("%Y-%m-%d"),
            "n_tested": 20,
            "n_nonconforming": rng.integers(0, 5, 100_000),
            "hazard_score": 2.0,
        }
    )
    keys = ["commodity", "maker", "date"]

    def grouped() -> pd.Series:
        return records.groupby(keys)["n_tested"].sum()

    group = seconds(grouped, runs=2)
    ours = seconds(lambda: repeated_information(records, weights=house_weights()), runs=2)
    row("repeated_information, 100,000 records of 3,000 makers", ours, group, "pandas groupby sum")

    items = pd.DataFrame(
        {
            "kind": rng.choice(["paperwork", "marking", "function", "safety"], n),
            "exceedance": rng.choice(["slight", "clear", "large", "extreme"], n),
            "severity": rng.integers(1, 5, n),
            "users": rng.integers(0, 3, n),
        }
    )
    merge = seconds(lambda: items.merge(items.drop_duplicates(), how="left"), runs=2)
    row(
        f"hazard_grade, {n:,} items with reasons",
        seconds(lambda: hazard_grade(items), runs=2),
        merge,
        "pandas merge",
    )


def test_scoring() -> None:
    main()


if __name__ == "__main__":
    main()
