"""Time modes of supervision, inspection rates and the decision on lots over 13,000 commodities × 200 origins.

`make bench` runs it; prints seconds. Never a test.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from measure import say, seconds

from riskkit.application.supervision.firm_classes import firm_classes
from riskkit.application.supervision.inspection_rates import decide as decide_lots
from riskkit.application.supervision.inspection_rates import inspection_rates
from riskkit.application.supervision.modes import RISKS, decide

HS, ORIGINS, PORTS, LOTS = 13_000, 200, 40, 1_000_000
ON = dt.date(2026, 5, 1)


def test_supervision_over_all_commodities_and_origins_takes_half_a_minute() -> None:
    """Class, mode, rates under the hours of every port, and a decision for a million lots."""
    rng = np.random.default_rng(1)
    n = HS * ORIGINS
    n_tested = rng.poisson(30, n)
    bad = rng.binomial(n_tested, rng.beta(1, 20, n))
    facts = pd.DataFrame({
        "credit_grade": rng.choice(["advanced_certified", "certified", "ordinary", "discredited"], n),
        "is_assured": rng.integers(0, 2, n), "alpha": 1 + bad, "beta": 19 + n_tested - bad, "n_tested": n_tested,
        "product_risk": rng.choice(RISKS, n),
        "port": rng.integers(0, PORTS, n).astype(str), "n_lots": rng.poisson(4, n) + 1,
        "hours_per_lot": rng.uniform(0.5, 3, n), "harm": rng.lognormal(0, 1, n),
    })  # fmt: skip
    facts["rate"] = facts["alpha"] / (facts["alpha"] + facts["beta"])
    hours = {str(port): 100_000.0 for port in range(PORTS)}
    lots = pd.DataFrame({"lot_id": np.arange(LOTS).astype(str), "subject_id": rng.integers(0, n, LOTS)})
    took: dict[str, float] = {}

    def whole() -> pd.DataFrame:
        classes = firm_classes(facts, on=ON)
        modes = decide(facts.assign(firm_class=classes["decision"]), on=ON)
        return inspection_rates(facts.assign(rate_floor=modes["rate_floor"] / 5), hours=hours, on=ON)

    rates = whole()
    took["modes_and_rates"] = seconds(whole, runs=1)
    took["lots"] = seconds(lambda: decide_lots(lots, rates, seed="118"), runs=1)
    say("13,000 HS10 × 200 origins, 1,000,000 lots [s]", **took)
    assert (rates["rate_random"] > 0).all()
    assert sum(took.values()) < 30
