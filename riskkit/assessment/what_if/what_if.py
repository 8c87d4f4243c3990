"""What if an input were different: the same case with other numbers, each still as uncertain as before."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from riskkit.assessment.facts.case_file import Case, Fact, Scenario, Step, Text
from riskkit.foundation.numbers.elicited import Elicited, fit_quantiles
from riskkit.foundation.numbers.uncertainty import (
    Beta,
    Changed,
    Distribution,
    Fixed,
    LogNormal,
    Pert,
    Range,
    Unknown,
    best,
)
from riskkit.foundation.standards import standards

_NOTE = Text(zh="假设分析中改动的数值，不是事实。", en="Changed in a what-if; not a fact.")


@functools.lru_cache(maxsize=4096)
def moved(dist: Distribution, to: Fraction, *, most: float) -> Distribution:  # noqa: PLR0911 - one a form
    """A distribution moved to another best estimate, its spread in proportion kept.

    Parameters
    ----------
    dist : Distribution
        What is known of the number.
    to : Fraction
        The new best estimate, at least 0.
    most : float
        The highest value the number can take; the distribution is narrowed where it would pass it.

    Returns
    -------
    Distribution
        Of the same kind. A fixed value, and a number moved to or from 0, is fixed: there is no proportion
        to keep. A beta distribution keeps its first shape when moved down and the sum of both when moved up,
        so that it never claims to rest on fewer events than were counted. Judged quantiles are fitted again
        and come as near as the fit allows.

    Examples
    --------
    >>> moved(Pert(0.1, 0.2, 0.4), Fraction(1, 10), most=1)
    Pert(low=0.05, mode=0.1, high=0.2)
    >>> moved(Range(0.2, 0.6), Fraction(9, 10), most=1)
    Range(low=0.8, high=1.0)
    >>> moved(Beta(2, 18), Fraction(1, 100), most=1)
    Beta(alpha=2.0, beta=198.0)
    """
    if isinstance(dist, Unknown):
        return Fixed(to)
    now, most_exact = best(dist), Fraction(repr(float(most)))
    if isinstance(dist, Fixed) or now <= 0 or not 0 < to < most_exact:
        return Fixed(to)
    match dist:
        case Range(low, high):
            half = min(_exact(high - low) / 2 * to / now, most_exact - to, to)
            return Range(float(to - half), float(to + half))
        case Pert(low, _, high):
            return Pert(
                float(_exact(low) * to / now), float(to), float(min(_exact(high) * to / now, most_exact))
            )
        case Beta(alpha, beta):
            n = (_exact(alpha) + _exact(beta)) * max(Fraction(1), now / to)
            return Beta(float(to * n), float((1 - to) * n))
        case LogNormal(_, gsd, upper):
            return LogNormal(float(to), gsd, upper)
        case Changed(of, times, at_most):
            return Changed(moved(of, to / best(times), most=most), times, max(at_most, float(to)))
        case _:
            return _moved_quantiles(dist, to, most=most) or Fixed(to)


def _exact(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def _moved_quantiles(dist: Elicited, to: Fraction, *, most: float) -> Elicited | None:
    """Judged quantiles, multiplied until the fitted median is there; None where one would reach `most`."""
    times, there, family = 1.0, dist, dist.family if dist.is_chosen else None
    for _ in range(8):
        times *= float(to / best(there))
        values = [value * times for value in dist.values]
        if values[-1] >= most:
            return None
        try:
            there = fit_quantiles(values, dist.probs, upper=dist.upper, family=family)
        except ValueError:  # so near its bound that the family asked for cannot hold them
            return None
        if math.isclose(float(best(there)), float(to), rel_tol=1e-6):
            break
    return there


def changed(case: Case, moves: Mapping[str, Fraction | None]) -> Case:
    """A case with other values for some of its inputs; what was changed is called a judgement.

    Parameters
    ----------
    case : Case
        The case.
    moves : mapping of str to Fraction or None
        New best estimate by input, named as in `riskkit.case.case_inputs.point_of`; None makes a fact
        unknown.

    Returns
    -------
    Case

    Raises
    ------
    KeyError
        When the case has no such input.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> other = changed(load_case("note7-battery-2016"), {"n_ports": Fraction(5), "days_to_act": None})
    >>> other.facts["n_ports"].basis, "days_to_act" in other.facts
    ('judgement', False)
    """
    left = dict(moves)
    scenarios = tuple(_scenario(s, left) for s in case.scenarios)
    facts = dict(case.facts)
    for name in [name for name, kind in standards.facts().items() if kind.is_given and name in left]:
        to = left.pop(name)
        known = facts.pop(name, None)
        if to is not None:
            most = standards.facts()[name].maximum
            value = moved(known.value, to, most=most) if known else Fixed(to)
            facts[name] = Fact(value=value, basis="judgement", note=_NOTE)
    if left:
        raise KeyError(f"case {case.id} has no input {', '.join(sorted(left))}")
    return replace(case, scenarios=scenarios, facts=facts)


def _scenario(scenario: Scenario, left: dict[str, Fraction | None]) -> Scenario:
    """A scenario with its own moves, which are taken out of what is left to do."""
    steps = tuple(
        _step(step, left.pop(f"{scenario.id}.p{j}", None)) for j, step in enumerate(scenario.steps, start=1)
    )
    severity = left.pop(f"{scenario.id}.severity", None)
    mix = ((int(severity), 1.0),) if severity is not None else scenario.severity
    if steps == scenario.steps and mix == scenario.severity:
        return scenario
    return replace(scenario, steps=steps, severity=mix)


def _step(step: Step, to: Fraction | None) -> Step:
    if to is None:
        return step
    p = moved(step.p, to, most=1.0)
    return replace(step, p=p, evidence="sole_judgement", basis="judgement", source=(), note=_NOTE)
