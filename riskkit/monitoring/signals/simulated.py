"""Made-up weekly series with outbreaks that are known, after the design of Noufaily et al. (2013)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.standards import standards

N_WEEKS = 624
JUDGED = pd.RangeIndex(576, 625)
"""The last 49 weeks: the newest outbreak lies here, and detectors are judged on them."""
_BASELINE = (313, 575)
_SIZES, _SPREAD = (2, 3, 5, 10), 0.5


@dataclass(frozen=True)
class SimulatedSeries:
    """Series and what was put into them.

    Parameters
    ----------
    counts : DataFrame
        One row a week from 1 to 624, one column a series [cases].
    outbreaks : DataFrame
        series, start, end (weeks that have a case of the outbreak), k [standard deviations], size [cases];
        only those that have a case.
    scenarios : DataFrame
        By series: scenario (1–42), parameters, trend (0, 1), m (0–2 harmonics), replicate.
    n_empty : int
        Outbreaks of the judged weeks that have no case at all: nothing to find.
    """

    counts: pd.DataFrame
    outbreaks: pd.DataFrame
    scenarios: pd.DataFrame
    n_empty: int


def simulated_series(rng: np.random.Generator, *, n_replicates: int = 1) -> SimulatedSeries:
    """42 scenarios (level, trend, season, dispersion), each some times, with outbreaks.

    The mean is exp(θ + β t + Σ γ₁ cos(2πjt/52) + γ₂ sin(2πjt/52)) and the variance φ times it. Four outbreaks
    lie in weeks 313–575 and one in the judged weeks; an outbreak has Poisson(k × standard deviation) cases,
    spread by a lognormal(0, 0.5) number of weeks after its start.

    Parameters
    ----------
    rng : Generator
        Randomness.
    n_replicates : int
        Series of each scenario.

    Returns
    -------
    SimulatedSeries
        Outbreaks of the judged weeks and the earlier ones, with ``is_judged``.

    References
    ----------
    .. [1] Noufaily et al. (2013), Statistics in Medicine 32:1206 (``noufaily_2013``); values in
       ``surveillance_scenarios.csv``.

    Examples
    --------
    >>> found = simulated_series(np.random.default_rng(1))
    >>> found.counts.shape, found.scenarios["scenario"].nunique()
    ((624, 42), 42)
    """
    week = np.arange(1.0, N_WEEKS + 1)
    series: dict[int, Floats] = {}
    about, outbreaks, n_empty = [], [], 0
    for row in standards.rows("surveillance_scenarios"):
        for trend, m in ((trend, m) for trend in (0, 1) for m in (0, 1, 2)):
            mean = _mean(row, week, trend=trend, m=m)
            for replicate in range(1, n_replicates + 1):
                name = len(series) + 1
                quiet = _counts(rng, mean, float(row["phi"]))
                found, extra, empty = _outbreaks(rng, mean, float(row["phi"]), name=name)
                series[name], n_empty = quiet + extra, n_empty + empty
                outbreaks += found
                scenario = 6 * (int(row["parameters"]) - 1) + 3 * trend + m + 1
                about.append({"series": name, "scenario": scenario, "parameters": row["parameters"],
                              "trend": trend, "m": m, "replicate": replicate})  # fmt: skip
    counts = pd.DataFrame(series, index=pd.RangeIndex(1, N_WEEKS + 1, name="week"))
    return SimulatedSeries(counts, pd.DataFrame(outbreaks), pd.DataFrame(about).set_index("series"), n_empty)


def _mean(row: Mapping[str, object], week: Floats, *, trend: int, m: int) -> Floats:
    theta, beta, gamma1, gamma2 = (float(str(row[name])) for name in ("theta", "beta", "gamma1", "gamma2"))
    log = theta + trend * beta * week
    for j in range(1, m + 1):
        log = log + gamma1 * np.cos(2 * np.pi * j * week / 52) + gamma2 * np.sin(2 * np.pi * j * week / 52)
    return np.asarray(np.exp(log))


def _counts(rng: np.random.Generator, mean: Floats, phi: float) -> Floats:
    """Negative binomial with variance φ × mean; Poisson where φ is 1."""
    return np.asarray(rng.poisson(mean if phi == 1 else rng.gamma(mean / (phi - 1), phi - 1)))


def _outbreaks(
    rng: np.random.Generator, mean: Floats, phi: float, *, name: int
) -> tuple[list[dict[str, object]], Floats, int]:
    """Four earlier outbreaks and one judged: those with cases, their cases, judged ones without."""
    found: list[dict[str, object]] = []
    extra, n_empty = np.zeros(N_WEEKS), 0
    starts = [*rng.integers(_BASELINE[0], _BASELINE[1] + 1, 4), rng.integers(JUDGED[0], JUDGED[-1] + 1)]
    sizes = [*rng.choice(_SIZES, 4), rng.integers(1, 11)]
    for k, (start, times) in enumerate(zip(starts, sizes, strict=True)):
        is_judged = k == len(starts) - 1
        size = rng.poisson(times * np.sqrt(phi * mean[start - 1]))
        last = JUDGED[-1] if is_judged else _BASELINE[1]
        weeks = np.minimum(start + np.floor(rng.lognormal(0, _SPREAD, size)).astype(int), last)
        if not size:
            n_empty += is_judged
            continue
        np.add.at(extra, weeks - 1, 1)
        found.append({"series": name, "start": int(weeks.min()), "end": int(weeks.max()), "k": int(times),
                      "size": int(size), "is_judged": bool(is_judged)})  # fmt: skip
    return found, extra, n_empty
