"""Everything that the what-if report shows, worked out once, from effects to convergence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import pdtrik

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.sensitivity.drivers import regional_sensitivity
from riskkit.assessment.sensitivity.indices import morris, sobol
from riskkit.assessment.what_if.harm import harm_draws
from riskkit.assessment.what_if.level_information import Information, information_value, loss_table
from riskkit.assessment.what_if.sample_information import WorthOfTests, values_of_tests
from riskkit.assessment.what_if.what_if_file import WhatIfs, load_what_ifs
from riskkit.case import case_inputs, case_levels
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.case.what_if_effects import Effect, Grading, effects
from riskkit.foundation import shipped
from riskkit.foundation.numbers.convergence import running_quantile, running_share
from riskkit.foundation.numbers.two_dimensional import cross, percentile_bands
from riskkit.foundation.numbers.uncertainty import Distribution, Fixed, Floats, Range
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale
from riskkit.warning.profiles import Profile, profile

Evaluate = Callable[[Mapping[str, Floats]], Floats]
# the logarithm of no harm at all would be infinite
_LEAST = 1e-15
PERCENTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class WhatIfStudy:
    """What the what-if report shows of a case that is graded."""

    assessment: Assessment
    planned: WhatIfs | None
    effects: tuple[Effect, ...]
    screening: pd.DataFrame
    harm_shares: pd.DataFrame
    level_shares: pd.DataFrame
    regional: pd.DataFrame
    regional_level: str | None
    information: Information
    tests: WorthOfTests | None
    settled_level: str
    running_level: pd.DataFrame
    running_harm: pd.DataFrame
    bands: pd.DataFrame
    known_share: float
    units: float
    seed: int


def study_case(
    case: Case, planned: WhatIfs | None, *, profile: Profile, draws: int, seed: int
) -> WhatIfStudy | Assessment:
    """Work out everything the what-if report shows."""
    assessment = assess(case, profile=profile, rng=np.random.default_rng(seed), draws=draws)
    if assessment.lo is None:
        return assessment
    x = case_inputs.draw_inputs(case, draws, rng=np.random.default_rng(seed))
    ranks = np.broadcast_to(case_levels.evaluate(case, x, profile=profile).hi, draws)
    screening, harm_shares, level_shares = _sensitivity(case, profile, seed=seed)
    known, worth = _information(x, ranks, planned)
    level = _settled_level(ranks)
    bands, share, units = harm_bands(case, rng=np.random.default_rng([seed, 4]))
    behaviour = _reached(ranks)
    codes = scale("warning").codes
    return WhatIfStudy(
        assessment,
        planned,
        study_effects(case, planned, profile=profile, draws=draws, seed=seed),
        screening,
        harm_shares,
        level_shares,
        regional_sensitivity(x, ranks >= (behaviour or 5)),
        None if behaviour is None else codes[behaviour - 1],
        known,
        worth,
        codes[level - 1],
        running_share(ranks == level),
        running_quantile(np.broadcast_to(harm_power(case, x), draws), 0.5),
        bands,
        share,
        units,
        seed,
    )


def study_effects(
    case: Case, planned: WhatIfs | None, *, profile: Profile, draws: int, seed: int
) -> tuple[Effect, ...]:
    """The case as it is, and as each planned measure would make it, on the draws of the assessment."""
    grading = Grading(
        case_inputs.point_of,
        lambda one, n: case_inputs.draw_inputs(one, n, rng=np.random.default_rng(seed)),
        lambda one, x: case_levels.evaluate(one, x, profile=profile),
    )
    measures = planned.what_ifs if planned else ()
    return effects(case, measures, grading=grading, rng=np.random.default_rng([seed, 1]), draws=draws)


def harm_power(case: Case, x: Mapping[str, Floats]) -> Floats:
    """The power of ten of the probability that one unit harms in its life, over all scenarios."""
    one = dict(x) | {"units_on_market": np.ones(1)}
    return np.asarray(np.log10(np.maximum(harm_draws(case, one).sum(axis=0), _LEAST)))


def uncertain_inputs(case: Case) -> dict[str, Distribution]:
    """Every input of a case; a severity that may be several levels as a place between 0 and 1."""
    mixed = {f"{s.id}.severity": Range(0.0, 1.0) for s in case.scenarios if len(s.severity) > 1}
    return dict(case_inputs.inputs_of(case)) | mixed


def _values(case: Case, places: Mapping[str, Floats]) -> dict[str, Floats]:
    """Inputs as a case has them: whole counts, severities as levels, what is missing missing."""
    x = {name: np.array([value]) for name, value in case_inputs.point_of(case).items()} | dict(places)
    for name, kind in standards.facts().items():
        if name in places and kind.kind in ("count", "money"):
            x[name] = np.rint(np.minimum(x[name], kind.maximum))
    for s in case.scenarios:
        if len(s.severity) > 1:
            levels, weights = (np.array(part, dtype=np.float64) for part in zip(*s.severity, strict=True))
            at = np.searchsorted(np.cumsum(weights)[:-1], x[f"{s.id}.severity"], side="right")
            x[f"{s.id}.severity"] = levels[at]
    return x


def _harm_of(case: Case, places: Mapping[str, Floats]) -> Floats:
    return harm_power(case, _values(case, places))


def _level_of(case: Case, profile: Profile, places: Mapping[str, Floats]) -> Floats:
    return case_levels.evaluate(case, _values(case, places), profile=profile).hi.astype(np.float64)


def _sensitivity(
    case: Case, profile: Profile, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    inputs = uncertain_inputs(case)
    if all(isinstance(dist, Fixed) for dist in inputs.values()):
        none = pd.DataFrame(columns=["s", "s_lo", "s_hi", "st", "st_lo", "st_hi"])
        return pd.DataFrame(columns=["mu", "mu_star", "sigma", "se"]), none, none
    harm, level = partial(_harm_of, case), partial(_level_of, case, profile)
    n = {name: round(method_number("what_if", name)) for name in ("trajectories", "base_samples")}
    rng = np.random.default_rng([seed, 2])
    return (
        morris(inputs, harm, trajectories=n["trajectories"], rng=rng),
        sobol(inputs, harm, n=n["base_samples"], rng=np.random.default_rng([seed, 3])),
        sobol(inputs, level, n=n["base_samples"], rng=np.random.default_rng([seed, 3])),
    )


def _information(
    x: Mapping[str, Floats], ranks: NDArray[np.int8], planned: WhatIfs | None
) -> tuple[Information, WorthOfTests | None]:
    n = min(ranks.size, round(method_number("what_if", "most_draws")))
    few = {name: values[:n] if values.size > 1 else values for name, values in x.items()}
    losses = loss_table()
    known = information_value(few, ranks[:n], losses=losses)
    tests = planned.tests if planned else ()
    return known, values_of_tests(tests, few, ranks[:n], losses=losses) if tests else None


def _reached(ranks: NDArray[np.int8]) -> int | None:
    """The highest level rank that some but not all draws reach; None where all are alike."""
    top = int(ranks.max())
    return top if (ranks < top).any() else None


def _settled_level(ranks: NDArray[np.int8]) -> int:
    """The most frequent level rank, the higher of two."""
    return 4 - int(np.bincount(4 - ranks.astype(np.int64), minlength=4).argmax())


def harm_bands(case: Case, *, rng: np.random.Generator) -> tuple[pd.DataFrame, float, float]:
    """Cases of harm when what is not known and what is chance are kept apart."""
    shape = tuple(round(method_number("what_if", name)) for name in ("rows", "columns"))
    drawn = cross(case_inputs.inputs_of(case), {"chance": Range(0.0, 1.0)}, (shape[0], shape[1]), rng=rng)
    chance = drawn.pop("chance")
    point = case_inputs.point_of(case)
    x = {name: np.array([value]) for name, value in point.items()}
    x |= {name: values.ravel() for name, values in drawn.items()}
    units = float(x["units_on_market"].mean())
    if not units > 0:
        x["units_on_market"] = np.full(1, method_number("what_if", "reference_units"))
    expected = np.broadcast_to(harm_draws(case, x).sum(axis=0), shape[0])[:, None]
    with np.errstate(invalid="ignore"):
        found = np.ceil(pdtrik(chance, np.maximum(expected, _LEAST)))
    cases = np.where(np.isfinite(found), np.maximum(found, 0.0), 0.0)
    whole = float(cases.var())
    share = float(cases.mean(axis=1).var()) / whole if whole > 0 else float("nan")
    return percentile_bands(cases, probs=PERCENTILES), share, float(x["units_on_market"].mean())


@cache
def studied(name: str = "note7-battery-2016", draws: int = 400) -> WhatIfStudy:
    """The what-if study of a shipped case that is graded and has a file of what-ifs."""
    case = load_case(name)
    found = study_case(
        case,
        load_what_ifs(str(shipped.what_ifs_path(name)), case),
        profile=profile(),
        draws=draws,
        seed=1,
    )
    assert isinstance(found, WhatIfStudy)
    return found
