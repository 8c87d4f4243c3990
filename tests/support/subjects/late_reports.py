"""Events of every week, reported late."""

from __future__ import annotations

import numpy as np
import pandas as pd

WEEKS = pd.date_range("2023-01-02", periods=149, freq="7D")


SHARES = (0.15, 0.2, 0.2, 0.15, 0.1, 0.08, 0.06, 0.06)  # of the reports by weeks of delay


SPIKE = 140  # the week in which events rise


DAY = pd.Timedelta(days=1)


def late(seed, *, spike, shares=SHARES, n_hazards=4, mean=6.0):
    """Events of every week, reported late; `spike` more of one hazard in one week."""
    rng = np.random.default_rng(seed)
    rows = []
    for j in range(n_hazards):
        for k, week in enumerate(WEEKS):
            n = rng.poisson(mean) + (spike if (j, k) == (0, SPIKE) else 0)
            days = week + DAY * rng.integers(7, size=n)
            came = days + 7 * DAY * rng.choice(len(shares), size=n, p=shares)
            rows.append(pd.DataFrame({"date_event": days, "date": came, "hazard": f"h{j}"}))
    return pd.concat(rows, ignore_index=True).assign(origin="CN", product_group="toys")
