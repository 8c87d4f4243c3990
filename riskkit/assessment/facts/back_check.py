"""Scenarios checked against experience: victims that they make one expect, beside those that are known.

Expected by now: units × probability over the life of a unit × share of that life that has passed × share of
harm that is reported. A count that is known has its exact Poisson interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import ArrayLike

from riskkit.assessment.facts.case_file import Case, Fact, Scenario, number_range
from riskkit.assessment.facts.observations import Observation
from riskkit.foundation.numbers.uncertainty import Fixed, Floats, best, quantile
from riskkit.foundation.short_repr import ShownInNotebooks
from riskkit.foundation.standards.method_numbers import method_number

if TYPE_CHECKING:
    import pandas as pd

METHOD = "back_check"
QUESTIONED = ("more_expected", "fewer_expected")
_SEVERITY = {"deaths": (4,), "serious_injuries": (3,), "injured": (1, 2, 3, 4)}
_FACTS = {"deaths": "deaths", "serious_injuries": "serious_injuries", "injured": "injured"} | {
    "incidents": "n_reports"
}
_ABROAD = {"deaths": "deaths_elsewhere", "serious_injuries": "serious_elsewhere"}
_CHANCE = 2 / 3  # events by which the upper end of every interval is above its count: a median of gamma is
COLUMNS = ["outcome", "where", "is_home", "scenario", "through", "units", "life_elapsed", "reported"]
COLUMNS += ["is_assumed", "expected_life", "expected", "p05", "p95", "observed", "lo", "hi", "ratio"]
COLUMNS += ["state", "source"]


@dataclass(frozen=True, repr=False)
class BackCheck(ShownInNotebooks):
    """What a case makes one expect, and what is known.

    Parameters
    ----------
    scenarios : DataFrame
        By scenario: scenario, per, p, units, life_elapsed, expected_life, expected (by now), p05, p95.
    compared : DataFrame
        By outcome and place: expected over the whole life and by now (reported), p05 and p95 from the
        uncertain probabilities, the number observed with its Poisson interval, ratio expected ÷ observed,
        and state: ``fits``, ``more_expected``, ``fewer_expected``, ``not_known`` or ``not_comparable``.

    Examples
    --------
    >>> import pandas as pd
    >>> BackCheck(pd.DataFrame(), pd.DataFrame(columns=["state"])).questioned().empty
    True
    """

    scenarios: pd.DataFrame
    compared: pd.DataFrame

    def questioned(self) -> pd.DataFrame:
        """Rows in which expectation and experience differ by more than chance and the bounds allow."""
        return self.compared[self.compared["state"].isin(QUESTIONED)]


def poisson_interval(events: ArrayLike, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Exact (Garwood) interval of a Poisson mean.

    Parameters
    ----------
    events : array_like of float
        Counts from 0 [events].
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of ndarray
        Lower and upper bound [events]; the lower one of 0 events is 0.

    Raises
    ------
    ValueError
        When a count is negative or the confidence lies outside 0–1.

    References
    ----------
    .. [1] Garwood (1936), Biometrika 28, 437–442 (``garwood_1936``).

    Examples
    --------
    >>> [round(float(end), 2) for end in poisson_interval(10)]
    [4.8, 18.39]
    """
    counts = np.asarray(events, dtype=np.float64)
    if bool((counts < 0).any()) or not 0 < confidence < 1:
        raise ValueError("counts from 0, and a confidence between 0 and 1")
    tail = (1 - confidence) / 2
    low = np.where(counts > 0, scipy.special.gammaincinv(np.maximum(counts, 1e-300), tail), 0.0)
    return low, np.asarray(scipy.special.gammaincinv(counts + 1, 1 - tail))  # half a quantile of chi-squared


def back_check(case: Case, point: Mapping[str, Floats], x: Mapping[str, Floats]) -> BackCheck:
    """Compare what the scenarios of a case make one expect with what is known.

    Parameters
    ----------
    case : Case
        The case: facts of harm at home and elsewhere, and its ``experience``.
    point, x : mapping of str to ndarray
        Inputs at best estimates (one entry) and over draws, by the names of
        `riskkit.case.case_inputs.point_of`.

    Returns
    -------
    BackCheck

    Notes
    -----
    Severity 4 holds harm that is fatal or could be, so expected deaths are an upper value. Incidents without
    harm are reported too: more incidents than expected harm is no contradiction, unless the observation names
    the steps of a scenario. Shares of life and of harm reported count at their best estimates.

    References
    ----------
    .. [1] Bounds ``back_check`` of ``method_numbers.csv`` (``riskkit_house``).

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.case.case_inputs import point_of
    >>> case = load_case("drop-side-cribs-2009")
    >>> at = {name: np.array([value]) for name, value in point_of(case).items()}
    >>> found = back_check(case, at, at).compared.set_index("outcome").loc["deaths"]
    >>> float(found["observed"]), found["state"]
    (4.0, 'fits')
    """
    import pandas as pd

    table = pd.DataFrame(compared_rows(case, point, x), columns=COLUMNS)
    return BackCheck(_by_scenario(case, point, x), table)


def compared_rows(case: Case, point: Mapping[str, Floats], x: Mapping[str, Floats]) -> list[dict[str, Any]]:
    """The rows of the table ``compared`` of `back_check`, for those who need no table.

    Examples
    --------
    >>> from riskkit.case.case_inputs import point_of
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("drop-side-cribs-2009")
    >>> at = {name: np.array([value]) for name, value in point_of(case).items()}
    >>> [row["observed"] for row in compared_rows(case, at, at) if row["outcome"] == "deaths"]
    [4.0]
    """
    return [_compared(case, one, (point, x)) for one in _observations(case)]


def may_be_questioned(case: Case, point: Mapping[str, Floats]) -> bool:
    """Whether any expectation is so far from what is known that its interval must be asked.

    Where none is, `back_check` questions nothing; intervals and tables need not be computed to know that.

    Parameters
    ----------
    case : Case
        As for `back_check`.
    point : mapping of str to ndarray
        Inputs at best estimates (one entry).

    Examples
    --------
    >>> from riskkit.case.case_inputs import point_of
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("samsung-washers-2016")
    >>> may_be_questioned(case, {name: np.array([value]) for name, value in point_of(case).items()})
    False
    """
    for one, is_home in _observations(case):
        elapsed, reported, _ = _shares(case, one, is_home=is_home)
        life = _product(_units(one, point, is_home=is_home), _per_unit(case, one, point))
        if _doubt(one, life * elapsed * reported, _counted(one.events)):
            return True
    return False


def _product(units: Floats, per_unit: Floats) -> float:
    return float((units * per_unit)[0])


def _observations(case: Case) -> Iterator[tuple[Observation, bool]]:
    """Each observation and whether it is at home: the case's own list, then facts where it says nothing."""
    told = set()
    for one in case.experience.observations:
        is_home = one.where in (None, case.jurisdiction)
        told.add((one.outcome, is_home) if one.scenario is None else ())
        yield one, is_home
    for is_home, names in ((True, _FACTS), (False, _ABROAD)):
        for outcome, name in names.items():
            if name in case.facts and (outcome, is_home) not in told:
                yield Observation(id=name, outcome=outcome, events=case.facts[name]), is_home


def _compared(
    case: Case, given: tuple[Observation, bool], inputs: tuple[Mapping[str, Floats], Mapping[str, Floats]]
) -> dict[str, Any]:
    (one, is_home), (point, x) = given, inputs
    elapsed, reported, is_assumed = _shares(case, one, is_home=is_home)
    per_unit = _per_unit(case, one, point), _per_unit(case, one, x)
    units = _units(one, point, is_home=is_home), _units(one, x, is_home=is_home)
    life = _product(units[0], per_unit[0])
    over = np.asarray(units[1] * per_unit[1] * elapsed * reported)
    low, high = (float(end) for end in np.quantile(over, [0.05, 0.95]))
    known = _counted(one.events)
    expected = life * elapsed * reported
    ends = poisson_interval([known[0], known[2]], confidence=method_number(METHOD, "confidence"))
    interval = float(ends[0][0]), float(ends[1][1])
    return {
        "outcome": one.outcome,
        "where": case.jurisdiction if is_home else one.where or "",
        "is_home": is_home,
        "scenario": one.scenario or "",
        "through": one.through or 0,
        "units": float(units[0][0]),
        "life_elapsed": elapsed,
        "reported": reported,
        "is_assumed": is_assumed,
        "expected_life": life,
        "expected": expected,
        "p05": low,
        "p95": high,
        "observed": known[1],
        "lo": interval[0],
        "hi": interval[1],
        "ratio": _ratio(expected, known[1]),
        "state": _state(_doubt(one, expected, known), expected, known, interval=interval),
        "source": " ".join(one.events.source),
    }


def _shares(case: Case, one: Observation | None, *, is_home: bool) -> tuple[float, float, bool]:
    """Share of life that has passed, share of harm reported, and whether the first is only assumed."""
    own = case.experience
    elapsed = (one and one.life_elapsed) or (own.life_elapsed if is_home else None)
    reported = (one and one.reported) or own.reported
    return (
        method_number(METHOD, "life_elapsed") if elapsed is None else float(best(elapsed.value)),
        method_number(METHOD, "reported") if reported is None else float(best(reported.value)),
        elapsed is None,
    )


def _units(one: Observation, x: Mapping[str, Floats], *, is_home: bool) -> Floats:
    if one.units is not None:
        return np.array([float(best(one.units.value))])
    return x["units_on_market"] if is_home else np.array([math.nan])


def _per_unit(case: Case, one: Observation, x: Mapping[str, Floats]) -> Floats:
    """Probability of the outcome over the life of one unit, summed over the scenarios it is about."""
    asked = [s for s in case.scenarios if one.scenario in (None, s.id)]
    comparable = [s for s in asked if s.per == "product" or one.units is not None]
    total: Floats = np.zeros(1) if comparable else np.full(1, np.nan)
    for s in comparable:
        if one.outcome == "incidents":
            total = total + _through(s, x, one.through or len(s.steps))
        elif s.harm == "health":
            share = sum(part for level, part in s.severity if level in _SEVERITY[one.outcome])
            total = total + _through(s, x, len(s.steps)) * share
    return total


def _through(s: Scenario, x: Mapping[str, Floats], steps: int) -> Floats:
    p: Floats = np.ones(1)
    for step in range(1, steps + 1):
        p = p * x[f"{s.id}.p{step}"]
    return p


def _counted(events: Fact) -> tuple[float, float, float]:
    """Least, best and most events; NaN as best where only bounds are known."""
    if isinstance(events.value, Fixed):
        return (float(events.value.value),) * 3
    low, high = number_range(events)
    if not events.is_known():
        return low, math.nan, high
    if not math.isfinite(high):
        low, high = (float(end) for end in quantile(events.value, [0.05, 0.95]))
    return low, float(round(best(events.value))), high


def _ratio(expected: float, observed: float) -> float:
    if observed > 0 or math.isnan(observed):
        return expected / observed
    return math.inf if expected > 0 else math.nan


def _doubt(one: Observation, expected: float, known: tuple[float, float, float]) -> str:
    """In which direction the ratio is out of its bounds; empty where it is not, or cannot be known."""
    if math.isnan(expected):
        return ""
    low, at_best, high = known
    most, least = (high, low) if math.isnan(at_best) else (at_best, at_best)
    if _ratio(expected, most) > method_number(METHOD, "ratio_high") and expected > most + _CHANCE:
        return "more_expected"
    is_partial = one.outcome == "incidents" and not one.through
    is_less = least > 0 and expected / least < method_number(METHOD, "ratio_low")
    return "fewer_expected" if is_less and not is_partial else ""


def _state(
    doubt: str, expected: float, known: tuple[float, float, float], *, interval: tuple[float, float]
) -> str:
    """Whether they differ by more than the bounds of the ratio, and by more than chance."""
    if math.isnan(expected):
        return "not_comparable"
    if doubt == "more_expected" and expected > interval[1]:
        return doubt
    if doubt == "fewer_expected" and expected < interval[0]:
        return doubt
    return "not_known" if math.isnan(known[1]) else "fits"


def _by_scenario(case: Case, point: Mapping[str, Floats], x: Mapping[str, Floats]) -> pd.DataFrame:
    import pandas as pd

    elapsed, _, _ = _shares(case, None, is_home=True)
    rows = []
    for s in case.scenarios:
        p, over = _through(s, point, len(s.steps)), _through(s, x, len(s.steps))
        is_unit = s.per == "product"
        units = float(point["units_on_market"][0]) if is_unit else math.nan
        low, high = np.quantile(over * x["units_on_market"] * elapsed, [0.05, 0.95])
        rows.append(
            {
                "scenario": s.id,
                "per": s.per,
                "p": float(p[0]),
                "units": units,
                "life_elapsed": elapsed,
                "expected_life": units * float(p[0]),
                "expected": units * float(p[0]) * elapsed,
                "p05": float(low) if is_unit else math.nan,
                "p95": float(high) if is_unit else math.nan,
            }
        )
    return pd.DataFrame(rows)
