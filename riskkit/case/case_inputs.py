"""The inputs of a case by name: their distributions, their best estimates, draws of them."""

from __future__ import annotations

import math

import numpy as np

from riskkit.assessment.facts.case_file import Case
from riskkit.case.derived_facts import quotient_inputs
from riskkit.foundation.numbers.uncertainty import Distribution, Floats, best, sample
from riskkit.foundation.standards import standards


def inputs_of(case: Case) -> dict[str, Distribution]:
    """Every uncertain or fixed number of a case by name, in a fixed order; what is not known stays out.

    ``<scenario>.p<step>`` for step probabilities, the fact's name for facts, ``hazard_quotient.<dose>`` for
    the doses of substances.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> list(inputs_of(load_case("note7-battery-2016")))[0].endswith(".p1")
    True
    """
    steps = {f"{s.id}.p{j}": step.p for s in case.scenarios for j, step in enumerate(s.steps, start=1)}
    known = case.known_facts()
    facts = {name: known[name].value for name in standards.facts() if name in known}
    return steps | facts | quotient_inputs(case)


def point_of(case: Case) -> dict[str, float]:
    """Best estimate of every input; NaN for facts that are not known.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> point_of(load_case("note7-battery-2016"))["n_ports"]
    nan
    """
    values = {name: float(best(dist)) for name, dist in inputs_of(case).items()}
    for s in case.scenarios:
        values[f"{s.id}.severity"] = float(max(s.severity, key=lambda pair: (pair[1], pair[0]))[0])
    given = [name for name, kind in standards.facts().items() if kind.is_given]
    return values | {name: math.nan for name in given if name not in values}


def draw_inputs(case: Case, n: int, *, rng: np.random.Generator) -> dict[str, Floats]:
    """Monte Carlo draws of every input, counts rounded to whole numbers.

    Parameters
    ----------
    case : Case
        The case.
    n : int
        Draws.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    dict of str to ndarray
        Shape ``(n,)``, or ``(1,)`` for what is fixed or missing.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> x = draw_inputs(load_case("note7-battery-2016"), 10, rng=np.random.default_rng(1))
    >>> max(values.size for values in x.values())
    10
    """
    drawn = sample(inputs_of(case), n, rng=rng)
    for name, kind in standards.facts().items():
        if name in drawn and kind.kind in ("count", "money"):
            drawn[name] = np.rint(np.minimum(drawn[name], kind.maximum))
    for s in case.scenarios:
        levels, weights = (np.array(column) for column in zip(*s.severity, strict=True))
        size = 1 if levels.size == 1 else n
        pick = (
            np.searchsorted(np.cumsum(weights)[:-1], rng.random(size), side="right")
            if size > 1
            else np.zeros(1, int)
        )
        drawn[f"{s.id}.severity"] = levels[pick].astype(np.float64)
    return {name: drawn.get(name, np.array([value])) for name, value in point_of(case).items()}
