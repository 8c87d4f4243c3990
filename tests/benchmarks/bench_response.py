"""Time fits of interrupted series against statsmodels' loop over the same series.

`make bench` runs it; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import statsmodels.api as sm
from measure import cpu_seconds, say

from riskkit.response.effect_series import fit_series, segmented_design
from riskkit.response.measures_ending import lawful_ends

SERIES, COUNTS, PERIODS, FIRST_POST, LAG = 500, 1000, 104, 60, 4
OPEN = 100_000


def test_newey_west_is_no_slower_than_statsmodels() -> None:
    """500 series of 104 points, Newey–West errors."""
    design = segmented_design(PERIODS, FIRST_POST)
    x = design.to_numpy()
    seen = pd.DataFrame(np.random.default_rng(1).normal(10, 1, (PERIODS, SERIES)))

    def peer() -> None:
        for name in seen:
            assert sm.OLS(seen[name].to_numpy(), x).fit(cov_type="HAC", cov_kwds={"maxlags": LAG}).bse.size

    ours, theirs = cpu_seconds(lambda: fit_series(seen, design, lag=LAG), runs=3), cpu_seconds(peer, runs=3)
    say("500 series with Newey–West errors [CPU s]", ours=ours, statsmodels=theirs, times=theirs / ours)
    assert ours <= theirs


def test_quasi_poisson_is_five_times_as_fast_as_statsmodels() -> None:
    """1,000 quasi-Poisson series of 104 points."""
    design = segmented_design(PERIODS, FIRST_POST)
    x = design.to_numpy()
    seen = pd.DataFrame(np.random.default_rng(2).poisson(20, (PERIODS, COUNTS)))

    def peer() -> None:
        for name in seen:
            assert sm.GLM(seen[name].to_numpy(), x, family=sm.families.Poisson()).fit(scale="X2").bse.size

    ours = cpu_seconds(lambda: fit_series(seen, design, model="quasi_poisson"), runs=3)
    theirs = cpu_seconds(peer, runs=3)
    say("1,000 quasi-Poisson series [CPU s]", ours=ours, statsmodels=theirs, times=theirs / ours)
    assert 5 * ours <= theirs


def test_a_board_of_open_measures_takes_less_than_a_second() -> None:
    """100,000 open measures: last day and state of each."""
    rng = np.random.default_rng(3)
    started = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 100, OPEN), unit="D")
    held = pd.DataFrame(
        {"measure": rng.choice(["seizure", "recall", "suspend_sale"], OPEN), "started": started}
    )
    ours = cpu_seconds(lambda: lawful_ends(held, on=dt.date(2026, 3, 1)), runs=3)
    say("100,000 open measures [CPU s]", ours=ours)
    assert ours < 1
