"""Time detectors of rising counts over a thousand series of ten years.

Run as a script; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from measure import cpu_seconds, say

from riskkit.monitoring.surveillance.ears import ears
from riskkit.monitoring.surveillance.farrington import farrington
from riskkit.monitoring.surveillance.weekly_scan import farrington_settings

# processor seconds of R's surveillance 1.26.0 for the same work, recorded elsewhere
FLEXIBLE_CPU, EARS_CPU = 7.9, 7.0
SERIES, WEEKS = 1_000, 520


def main() -> None:
    """Print the figures."""
    rng = np.random.default_rng(1)
    level = np.exp(rng.normal(1, 1, SERIES) + 0.3 * np.cos(np.arange(WEEKS) * 2 * np.pi / 52)[:, None])
    counts = pd.DataFrame(rng.negative_binomial(level / 1.5, 1 / 2.5))
    settings = farrington_settings("noufaily_2013", on=dt.date(2026, 6, 1))
    newest = cpu_seconds(lambda: farrington(counts, settings=settings), runs=5)
    say("Farrington Flexible, newest week [CPU s]", ours=newest, times_r=FLEXIBLE_CPU / newest)
    for method, alpha in (("C1", 0.001), ("C2", 0.001), ("C3", 0.025)):
        every = cpu_seconds(lambda m=method, a=alpha: ears(counts, method=m, alpha=a), runs=5)
        say(f"EARS {method}, every week [CPU s]", ours=every, times_r=EARS_CPU / every)
        assert every <= EARS_CPU / 50
    assert newest <= FLEXIBLE_CPU / 20


def test_surveillance() -> None:
    main()


if __name__ == "__main__":
    main()
