"""Time and score the forecasts of recalls against a logistic fit and the last rate.

Run as a script; prints seconds, errors and the share of 90 % intervals that held. Never a test.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from measure import say, seconds
from reference_recall import half_year_forecasts, logistic, scores, takata_recalls

from riskkit.response.recall.forecast import fit_curve_prior, forecast_completion

RECALLS, REPORTS = 10_000, 12
DAY = dt.date(2026, 6, 30)
FLOOR = 30.0  # seconds for all 10,000 recalls, the prior included


def open_recalls(rng: np.random.Generator) -> pd.DataFrame:
    """Monthly reports of open recalls."""
    days = pd.date_range(end="2026-06-30", periods=REPORTS, freq="30D")
    rates = 1 - np.exp(
        -np.cumsum(rng.gamma(0.4, rng.gamma(1, 0.3, (RECALLS, 1)), (RECALLS, REPORTS)), axis=1)
    )
    return pd.DataFrame(
        {
            "recall_id": np.repeat([f"recall {k}" for k in range(RECALLS)], REPORTS),
            "report_date": np.tile(days, RECALLS),
            "n_affected": 10_000,
            "n_completed": np.round(10_000 * rates).ravel(),
        }
    )


def test_recall() -> None:
    reports = open_recalls(np.random.default_rng(1))

    def ours() -> pd.DataFrame:
        return forecast_completion(
            reports, on=DAY, days=[91, 183, 365], prior=fit_curve_prior(reports, on=DAY)
        )

    years = np.arange(-REPORTS + 1, 1) * 30 / 365.25
    rates = (reports["n_completed"] / 10_000).to_numpy().reshape(RECALLS, REPORTS)

    def fits() -> list[float]:
        return [logistic(years, row, 0.5)[0] for row in rates[:100]]

    wall, peer = seconds(ours, runs=3), seconds(fits, runs=1) * RECALLS / 100
    say("10,000 open recalls re-forecast [s]", ours=wall, times_logistic_fits=peer / wall)
    assert wall < FLOOR
    for months in (6, 12):
        for row in scores(half_year_forecasts(takata_recalls(), months=months)).itertuples():
            say(f"{months} months ahead, {row.Index}", error=row.error, held=row.held)


if __name__ == "__main__":
    test_recall()
