"""What a rehearsal's measures achieved: a made-up series of weeks, judged as a real one would be."""

from __future__ import annotations

import datetime as dt
import functools

import pandas as pd
from scipy.special import gammaincinv

from riskkit.response.effect import average_ratio, decide
from riskkit.response.effect_series import fit_series, segmented_design

BEFORE = (20, 22, 19, 21, 20, 23, 18, 21, 20, 19, 22, 20)
AFTER = (8, 7, 9, 6, 8, 7, 7, 8, 6, 7, 8, 7)
EXPOSURE = 1_000
"""Units looked at in each week."""
LIMIT = 0.010
"""Share of units with the defect that the rehearsal takes as acceptable."""


@functools.cache
def _estimate() -> pd.DataFrame:
    seen = pd.DataFrame({"n": [*BEFORE, *AFTER]})
    design = segmented_design(len(seen), len(BEFORE) + 1, has_slope=False)
    fit = fit_series(seen, design, model="quasi_poisson", exposure=seen * 0 + EXPOSURE)
    rate_hi = float(gammaincinv(sum(AFTER) + 1, 0.975)) / (EXPOSURE * len(AFTER))
    return average_ratio(fit, design).assign(design="interrupted_series", rate_hi=rate_hi, limit=LIMIT)


def rehearsed_effect(level: int, *, on: dt.date) -> pd.Series:
    """What the effect of a rehearsal's measures means for a warning of a level: a row of `decide`."""
    return decide(_estimate().assign(level=level), on=on).iloc[0]
