"""One whole assessment: 200,000 draws of each shipped case."""

from __future__ import annotations

import numpy as np
from measure import say, seconds

from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.shipped import home


def test_two_hundred_thousand_draws() -> None:
    took = {}
    for path in sorted((home() / "data" / "cases").glob("*.toml")):
        case = load_case(path)
        took[path.stem] = seconds(
            lambda case=case: assess(case, rng=np.random.default_rng(1), draws=200_000), runs=3
        )
    slowest = max(took, key=took.__getitem__)
    say("assess, 200,000 draws", median_s=float(np.median(list(took.values()))), slowest_s=took[slowest])
    assert took[slowest] < 1.0
