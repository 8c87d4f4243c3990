"""Time the gamma-Poisson shrinker, prior fit included, on a million pairs.

Run as a script; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import numpy as np
from measure import cpu_seconds, say

from riskkit.monitoring.ebgm import gamma_poisson_scores
from riskkit.monitoring.gamma_poisson import fit_gamma_poisson

OPEN_EBGM_CPU = 55  # processor seconds of openEBGM 0.9.1 for the same work, recorded elsewhere
PAIRS = 1_000_000


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(0)
    expected = rng.lognormal(-0.5, 1.5, 3 * PAIRS)
    ratio = np.where(rng.random(expected.size) < 0.1, rng.gamma(0.5, 5, expected.size), 1.0)
    ratio *= rng.gamma(1.7, 1 / 2.2, expected.size)
    n = rng.poisson(ratio * expected)
    n, expected = n[n > 0][:PAIRS], expected[n > 0][:PAIRS]
    prior = fit_gamma_poisson(n, expected)
    fit = cpu_seconds(lambda: fit_gamma_poisson(n, expected), runs=2)
    score = cpu_seconds(lambda: gamma_poisson_scores(n, expected, prior=prior), runs=2)
    say("EBGM of 1,000,000 pairs [CPU s]", fit=fit, scores=score, of_open_ebgm=(fit + score) / OPEN_EBGM_CPU)
    assert prior.is_converged
    assert fit + score <= OPEN_EBGM_CPU / 10


def test_signals() -> None:
    main()


if __name__ == "__main__":
    main()
