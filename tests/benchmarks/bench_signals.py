"""Time what the weekly list rests on: the gamma-Poisson shrinker, the detectors, and a scan of many reports.

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
from riskkit.monitoring.surveillance.detectors import published_detectors

OPEN_EBGM_CPU = 55  # processor seconds of openEBGM 0.9.1 for the same work, recorded elsewhere
FARRINGTON_CPU, EARS_CPU = 7.9, 7.0  # of R's surveillance 1.26.0 for the same work, recorded elsewhere
PAIRS, REPORTS = 1_000_000, 10_000_000
N_SERIES, N_WEEKS = 1000, 520
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


def detectors() -> None:
    """The newest week of 1,000 series by Farrington Flexible, and all weeks by EARS C1 to C3."""
    weeks = pd.date_range("2016-03-14", periods=N_WEEKS, freq="7D")
    counts = pd.DataFrame(np.random.default_rng(1).poisson(4, (N_WEEKS, N_SERIES)).astype(float), index=weeks)
    chosen = published_detectors(["noufaily_2013", "ears_c1", "ears_c2", "ears_c3"], on=ON)
    flexible = cpu_seconds(lambda: chosen["noufaily_2013"](counts, weeks[-1:]), runs=2)
    say("Farrington Flexible, newest week of 1,000 × 520 [CPU s]", seconds=flexible,
        times_r=FARRINGTON_CPU / flexible)  # fmt: skip
    for name in ("ears_c1", "ears_c2", "ears_c3"):
        seconds = cpu_seconds(lambda name=name: chosen[name](counts, weeks[20:]), runs=2)
        say(f"{name}, 1,000 × 500 weeks [CPU s]", seconds=seconds, times_r=EARS_CPU / seconds)
        assert seconds <= EARS_CPU / 50
    assert flexible <= FARRINGTON_CPU / 20


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
    detectors()


def test_signals() -> None:
    main()


if __name__ == "__main__":
    main()
