"""Ten million rows through the two grids: rows a second, and memory beside inputs and outputs."""

from __future__ import annotations

import numpy as np
from measure import peak_bytes, say, seconds

from riskkit.assessment.scenarios import risk_level
from riskkit.foundation.standards.risk_matrices import risk_matrix
from riskkit.warning.grading import warning_level
from riskkit.warning.profiles import profile, profile_names

N = 10_000_000
RNG = np.random.default_rng(1)


def grades() -> np.ndarray:
    return RNG.integers(1, 5, N).astype(np.int8)


def plain_lookup(p: np.ndarray, severity: np.ndarray) -> np.ndarray:
    """The NumPy bound: one binary search and one look-up, no checks, nothing missing."""
    matrix = risk_matrix("eu_2024_3173")
    return matrix.cells[np.searchsorted(matrix.edge_values(), p), severity - 1]


def test_risk_level_on_ten_million_rows() -> None:
    p, severity = 10.0 ** RNG.uniform(-8, 0, N), grades()
    matrix = risk_matrix("eu_2024_3173")

    def ours() -> object:
        return risk_level(p, severity, matrix=matrix)

    ours_s, bound_s = seconds(ours), seconds(lambda: plain_lookup(p, severity))
    held = p.nbytes + severity.nbytes + N
    memory = (held - N + peak_bytes(ours)) / held
    say(
        "risk_level, 10^7 rows",
        rows_per_s=N / ours_s,
        times_plain_numpy=ours_s / bound_s,
        memory_ratio=memory,
    )
    assert N / ours_s >= 5e6
    assert memory <= 3


def test_warning_level_on_ten_million_rows() -> None:
    severity, probability, urgency, scope = grades(), grades(), grades(), grades()
    risk = np.array(["low", "medium", "high", "serious"])
    import pandas as pd

    risks = pd.Categorical.from_codes(RNG.integers(0, 4, N).astype(np.int8), list(risk), ordered=True)
    for name in profile_names():
        used = profile(name)

        def ours(used=used) -> object:
            return warning_level(severity, urgency, scope, probability=probability, risk=risks, profile=used)

        took = seconds(ours)
        held = 4 * N + N + N
        memory = (held - N + peak_bytes(ours)) / held
        say(f"warning_level {name}, 10^7 rows", rows_per_s=N / took, memory_ratio=memory)
        assert N / took >= 5e6
        assert memory <= 3
