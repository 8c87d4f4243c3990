"""Tests and surveys that could be made before a level is decided, as their file holds them.

A test looks at one input of a case, with a likelihood of what it may show: how many of n items show the
event (``binomial``), or a measurement of the number with an error (``normal``) or a factor (``log_normal``).
What a test is worth is worked out in `sample_information`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from riskkit.assessment.facts.case_file import Case, Id, Number, SourceIds, Text
from riskkit.foundation.numbers.uncertainty import Distribution, Fixed, best, support

_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
MOST_ITEMS = 1_000_000_000


@dataclass(frozen=True, config=_STRICT)
class PlannedTest:
    """A test or survey of one input, before it is made.

    Attributes
    ----------
    id : str
        Its name among the tests of a case.
    title : Text
        What people call it.
    input : str
        ``<scenario>.p<step>``, or a fact that the case states.
    likelihood : str
        ``binomial``: so many of `n` items show the event; ``normal``: the mean of `n` measurements, each
        with the standard error `spread`; ``log_normal``: the geometric mean of `n` measurements, each with
        the geometric standard deviation `spread`.
    n : int
        Items tested, or measurements.
    cost_cny : Distribution
        What it costs [yuan].
    reason : Text
        Why this size and this error are expected.
    spread : float, optional
        Unit of the input (``normal``), or a factor above 1 (``log_normal``); none for ``binomial``.
    """

    id: Id
    title: Text
    input: Annotated[str, Field(max_length=80)]
    likelihood: Literal["binomial", "normal", "log_normal"]
    n: Annotated[int, Field(strict=True, ge=1, le=MOST_ITEMS)]
    cost_cny: Number
    reason: Text
    spread: Annotated[float, Field(gt=0)] | None = None
    basis: Literal["fact", "judgement"] = "judgement"
    source: SourceIds = ()


def varying(case: Case) -> dict[str, Distribution]:
    """The inputs of a case that a test could look at: steps and facts that are not certain.

    Parameters
    ----------
    case : Case
        The case.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> sorted(varying(load_case("note7-battery-2016")))[:2]
    ['burn_on_body.p1', 'burn_on_body.p2']
    """
    steps = {f"{s.id}.p{j}": step.p for s in case.scenarios for j, step in enumerate(s.steps, start=1)}
    known = steps | {name: fact.value for name, fact in case.known_facts().items()}
    return {name: dist for name, dist in known.items() if not isinstance(dist, Fixed)}


def planned_misfits(test: PlannedTest, case: Case) -> Iterator[tuple[str, object, str]]:
    """Everything about a test that does not fit its case or itself: part, value, rule.

    Parameters
    ----------
    test : PlannedTest
        The test.
    case : Case
        The case it belongs to.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> one = PlannedTest(id="t", title=Text(zh="试", en="t"), input="n_moons", likelihood="binomial", n=9,
    ...                   cost_cny=100, reason=Text(zh="因", en="r"))
    >>> [part for part, _, _ in planned_misfits(one, load_case("note7-battery-2016"))]
    ['input']
    """
    ids, known = {source.id for source in case.sources}, varying(case)
    yield from (("source", one, "a source of the case") for one in test.source if one not in ids)
    if not best(test.cost_cny) > 0 or support(test.cost_cny)[0] < 0:
        yield "cost_cny", float(best(test.cost_cny)), "a cost above 0"
    if test.input not in known:
        yield "input", test.input, "a step or fact of the case that is not certain"
    elif test.likelihood == "binomial" and "." not in test.input:
        yield "likelihood", test.likelihood, "normal or log_normal for a fact"
    elif test.likelihood == "log_normal" and support(known[test.input])[0] < 0:
        yield "likelihood", test.likelihood, "an input above 0"
    yield from _spread_misfits(test)


def _spread_misfits(test: PlannedTest) -> Iterator[tuple[str, object, str]]:
    if test.likelihood == "binomial":
        if test.spread is not None:
            yield "spread", test.spread, "left out where items are counted"
    elif test.spread is None or not math.isfinite(test.spread):
        yield "spread", test.spread, "the error of one measurement"
    elif test.likelihood == "log_normal" and test.spread <= 1:
        yield "spread", test.spread, "a factor above 1"
