"""Time what the weekly list rests on: the gamma-Poisson shrinker and a scan of many reports.

Run as a script; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import datetime as dt
import resource
import time

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.monitoring.ebgm import gamma_poisson_scores
from riskkit.monitoring.gamma_poisson import fit_gamma_poisson
from riskkit.monitoring.signals.evidence import KEYS, evidence, weekly_counts
from riskkit.monitoring.signals.ranking import decide

OPEN_EBGM_CPU = 55  # processor seconds of openEBGM 0.9.1 for the same work, recorded elsewhere
PAIRS, REPORTS, N_WEEKS = 1_000_000, 10_000_000, 520
MOST_SECONDS, MOST_BYTES = 60, 4 * 2**30
ON = dt.date(2026, 3, 1)


def shrinker() -> None:
    """EBGM and its prior on a million pairs."""
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


def scan() -> None:
    """The list of a week from ten million reports."""
    rng = np.random.default_rng(2)
    n_days = 7 * N_WEEKS
    days = pd.Timestamp(ON) - pd.to_timedelta(rng.integers(0, n_days, REPORTS, dtype=np.int32), unit="D")
    sizes = dict(zip(KEYS, (200, 40, 30), strict=True))
    named = {
        name: pd.Categorical.from_codes(
            np.minimum(rng.geometric(8 / n, REPORTS) - 1, n - 1).astype(np.int16),
            [f"{name}{k}" for k in range(n)],
        )
        for name, n in sizes.items()
    }
    reports = pd.DataFrame({"date": days, **named})
    start = time.perf_counter()
    weekly = weekly_counts(reports, on=ON)
    found = evidence(weekly, on=ON)
    judged = decide(found, on=ON)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    say(
        "list of a week from 10,000,000 reports [s]",
        seconds=seconds,
        combinations=len(found),
        gib=peak / 2**30,
    )
    assert (judged["decision"] == "alarm").sum() <= 10
    assert seconds <= MOST_SECONDS
    assert peak <= MOST_BYTES


def main() -> None:
    """Print the figures."""
    scan()  # first: the peak of memory is that of the process
    shrinker()


def test_signals() -> None:
    main()


if __name__ == "__main__":
    main()
