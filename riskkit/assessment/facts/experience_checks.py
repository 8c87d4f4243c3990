"""Faults of what a case says of experience: places, shares, counts, and what contradicts its facts."""

from __future__ import annotations

import math
from collections.abc import Iterator

from riskkit.assessment.facts.case_checks import Finding, found_by
from riskkit.assessment.facts.case_file import Case, Fact, number_range
from riskkit.foundation.inputs.faults import RuleText
from riskkit.foundation.numbers.uncertainty import best

Path = tuple[str | int, ...]
_HOME = {"deaths": "deaths", "serious_injuries": "serious_injuries", "injured": "injured"}
_ABROAD = {"deaths": "deaths_elsewhere", "serious_injuries": "serious_elsewhere"}


def experience_faults(case: Case, *, is_partial: bool = False) -> tuple[Finding, ...]:
    """Everything wrong across the fields of a case's ``experience``.

    Parameters
    ----------
    case : Case
        A case whose single fields are lawful.
    is_partial : bool
        Whether some of its fields have faults of their own, and are absent.

    Returns
    -------
    tuple of (key path, value, rule)
        Empty when nothing is wrong.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> experience_faults(load_case("takata-inflators-2017"))
    ()
    """
    checks = _twice(case), _numbers(case), _references(case), _contradictions(case)
    return found_by(*checks, is_partial=is_partial)


def _twice(case: Case) -> Iterator[Finding]:
    ids = [one.id for one in case.experience.observations]
    for number, id_ in enumerate(ids):
        if id_ in ids[:number]:
            yield ("experience", "observations", number, "id"), id_, "an id that stands once"


def _facts(case: Case) -> Iterator[tuple[Path, Fact]]:
    own = case.experience
    parts: list[tuple[Path, object]] = [(("experience",), own)]
    parts += [(("experience", "observations", n), one) for n, one in enumerate(own.observations)]
    for path, part in parts:
        for name in ("life_elapsed", "reported", "units", "events"):
            fact = getattr(part, name, None)
            if fact is not None:
                yield (*path, name), fact


def _numbers(case: Case) -> Iterator[Finding]:
    for path, fact in _facts(case):
        (low, high), name = number_range(fact), path[-1]
        said = f"{low:g} to {high:g}" if low != high else low
        if name in ("life_elapsed", "reported"):
            if low < 0 or high > 1 or (name == "reported" and fact.is_known() and best(fact.value) <= 0):
                yield (*path, "value"), said, "from 0 to 1" if name == "life_elapsed" else "above 0, to 1"
        elif low < 0 or (name == "units" and high == 0):
            yield (*path, "value"), said, "at least 0" if name == "events" else "above 0"
        if name == "events" and fact.is_fixed() and low % 1:
            yield (*path, "value"), low, "a whole number"
        if name == "events" and not fact.is_known() and not math.isfinite(high):
            yield (*path, "value"), said, "a number, or at most a number"
        if name != "events" and not fact.is_known():
            yield (*path, "value"), fact.value, "a value: only events may be unknown and bounded"


def _references(case: Case) -> Iterator[Finding]:
    known = {source.id for source in case.sources}
    for path, fact in _facts(case):
        if fact.basis == "fact" and not fact.source:
            yield (*path, "source"), "no source", "at least one source for a fact"
        for source in fact.source:
            if source not in known:
                yield (*path, "source"), source, "the id of a source in [[sources]]"
    steps = {s.id: len(s.steps) for s in case.scenarios}
    for number, one in enumerate(case.experience.observations):
        path = ("experience", "observations", number)
        if one.scenario is not None and one.scenario not in steps:
            yield (*path, "scenario"), one.scenario, "the id of a scenario in [[scenarios]]"
        if one.through is not None:
            if one.scenario is None or one.outcome != "incidents":
                yield (*path, "through"), one.through, "incidents of a scenario that is named"
            elif one.through > steps.get(one.scenario, one.through):
                yield (
                    (*path, "through"),
                    one.through,
                    RuleText("at most {}, the steps there are", steps[one.scenario]),
                )


def _contradictions(case: Case) -> Iterator[Finding]:
    """Counts that cannot hold beside the facts of the case, or beside each other."""
    most: dict[tuple[str, str], float] = {}
    for number, one in enumerate(case.experience.observations):
        path = ("experience", "observations", number, "events", "value")
        is_home = one.where in (None, case.jurisdiction)
        name = (_HOME if is_home else _ABROAD).get(one.outcome)
        if name is not None and name in case.facts and one.scenario is None:
            low, high = number_range(one.events)
            least, top = number_range(case.facts[name])
            if low > top or (is_home and high < least):
                yield (
                    path,
                    f"{low:g} to {high:g}",
                    RuleText("what facts.{} says: {} to {}", name, f"{least:g}", f"{top:g}"),
                )
        if one.scenario is None:
            most[one.where or case.jurisdiction, one.outcome] = number_range(one.events)[1]
    for number, one in enumerate(case.experience.observations):
        injured = most.get((one.where or case.jurisdiction, "injured"), math.inf)
        if one.outcome in ("deaths", "serious_injuries") and number_range(one.events)[0] > injured:
            path = ("experience", "observations", number, "events", "value")
            yield (
                path,
                number_range(one.events)[0],
                RuleText("at most the persons harmed there: {}", f"{injured:g}"),
            )
