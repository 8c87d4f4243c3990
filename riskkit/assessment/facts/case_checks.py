"""Faults of a case that no single field shows: references, methods, ranges, order."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from riskkit.assessment.facts.case_file import Case, Fact, number_range
from riskkit.foundation.inputs.faults import RuleText, one_of
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.records.partial_records import ABSENT
from riskkit.foundation.standards.risk_matrices import RiskMatrix
from riskkit.foundation.standards.standards import FactKind

Finding = tuple[tuple[str | int, ...], object, str]


def case_faults(
    case: Case,
    *,
    facts: Mapping[str, FactKind],
    injuries: Sequence[Mapping[str, Any]],
    matrix: RiskMatrix,
    is_partial: bool = False,
) -> tuple[Finding, ...]:
    """Everything wrong across the fields of a case.

    Parameters
    ----------
    case : Case
        A case whose single fields are lawful, or a partial one
        (`riskkit.foundation.records.partial_records`).
    facts : mapping of str to FactKind
        As from `riskkit.foundation.standards.standards.facts`.
    injuries : sequence of mapping
        The rows of the standard table ``injury_severity``.
    matrix : RiskMatrix
        The method, which says how many steps a scenario may have.
    is_partial : bool
        Whether fields of the case are absent.

    Returns
    -------
    tuple of (key path, value, rule)
        Empty when nothing is wrong.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> from riskkit.foundation.standards import standards
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> case_faults(load_case("note7-battery-2016"), facts=standards.facts(),
    ...             injuries=standards.rows("injury_severity"), matrix=risk_matrix("eu_2024_3173"))
    ()
    """
    return found_by(
        _twice(case),
        _references(case),
        _scenario_faults(case, injuries, matrix),
        _fact_faults(case, facts),
        _order(case),
        _identity(case),
        _unknown_faults(case),
        _contradictions(case),
        is_partial=is_partial,
    )


def found_by(*checks: Iterator[Finding], is_partial: bool) -> tuple[Finding, ...]:
    """What each check finds; a check that needs a field with a fault ends there, the others go on.

    Examples
    --------
    >>> from riskkit.foundation.records.partial_records import ABSENT
    >>> def check(dose):
    ...     if float(dose) <= 0:
    ...         yield ("dose",), dose, "above 0"
    >>> found_by(check(-1), check(ABSENT), is_partial=True)
    ((('dose',), -1, 'above 0'),)
    """
    found: list[Finding] = []
    for check in checks:
        with contextlib.suppress(*((AttributeError, TypeError, ValueError) if is_partial else ())):
            for one in check:
                found.append(one)  # noqa: PERF402
    return tuple(found)


def yes_no_faults(written: Mapping[str, Any], facts: Mapping[str, FactKind]) -> Iterator[Finding]:
    """Where a case says true or false of something that is counted: "yes, ports" is not "one port".

    Parameters
    ----------
    written : mapping
        What stands in the file of a lawful case.
    facts : mapping of str to FactKind
        As from `riskkit.foundation.standards.standards.facts`.

    Examples
    --------
    >>> from riskkit.foundation.standards import standards
    >>> written = {"facts": {"n_ports": {"value": True}, "is_on_sale": {"value": True}}}
    >>> [place for place, _, _ in yes_no_faults(written, standards.facts())]
    [('facts', 'n_ports', 'value')]
    """
    flags = {name for name, kind in facts.items() if kind.kind == "flag"}
    numbers = {("facts", name): fact for name, fact in written.get("facts", {}).items() if name not in flags}
    numbers["exposure", "lifetime_years"] = written.get("exposure", {}).get("lifetime_years", {})
    said = {(*at, "value"): one.get("value") for at, one in numbers.items() if isinstance(one, dict)}
    yield from ((place, value, "a number") for place, value in said.items() if isinstance(value, bool))


def _twice(case: Case) -> Iterator[Finding]:
    for part in ("hazards", "scenarios", "sources"):
        seen: set[str] = set()
        for number, item in enumerate(getattr(case, part)):
            if item.id in seen:
                yield (part, number, "id"), item.id, "an id that stands once"
            seen.add(item.id)


def _references(case: Case) -> Iterator[Finding]:
    known = {source.id for source in case.sources}
    used: list[tuple[tuple[str | int, ...], tuple[str, ...], str]] = [
        (("facts", name), fact.source, fact.basis) for name, fact in case.facts.items()
    ]
    used.append(
        (
            ("exposure", "lifetime_years"),
            case.exposure.lifetime_years.source,
            case.exposure.lifetime_years.basis,
        )
    )
    for i, scenario in enumerate(case.scenarios):
        used += [
            (("scenarios", i, "steps", j), step.source, step.basis) for j, step in enumerate(scenario.steps)
        ]
    for part in ("operators", "pictures"):
        used += [
            ((part, i), one.source, getattr(one, "basis", "judgement"))
            for i, one in enumerate(getattr(case, part))
        ]
    used += [(("places", i), place.source, "fact") for i, place in enumerate(case.places)]
    used += [(("actions", i), action.source, "fact") for i, action in enumerate(case.actions)]
    used += [(("presumptions", i), ground.source, "judgement") for i, ground in enumerate(case.presumptions)]
    for path, ids, basis in used:
        if basis == "fact" and not ids:
            yield (*path, "source"), "no source", "at least one source for a fact"
        for one in ids:
            if one not in known:
                yield (*path, "source"), one, "the id of a source in [[sources]]"


def _scenario_faults(
    case: Case, injuries: Sequence[Mapping[str, Any]], matrix: RiskMatrix
) -> Iterator[Finding]:
    hazards = {hazard.id for hazard in case.hazards}
    worded = {(row["injury"], row["level"]) for row in injuries}
    for i, scenario in enumerate(case.scenarios):
        n = len(scenario.steps)
        if not matrix.min_steps <= n <= matrix.max_steps:
            yield (
                ("scenarios", i, "steps"),
                f"{n} steps",
                RuleText("{} to {} steps ({})", matrix.min_steps, matrix.max_steps, matrix.name),
            )
        if scenario.hazard not in {*hazards, ABSENT}:
            yield ("scenarios", i, "hazard"), scenario.hazard, "the id of a hazard in [[hazards]]"
        is_known = ABSENT not in (scenario.harm, scenario.injury)
        if is_known and (scenario.harm == "health") == (scenario.injury == "other_harm"):
            yield (
                ("scenarios", i, "injury"),
                scenario.injury,
                "an injury for harm to health, other_harm for other harm",
            )
        for level, _ in scenario.severity:
            if (scenario.injury, level) not in worded:
                yield (
                    ("scenarios", i, "severity"),
                    level,
                    RuleText("a severity the injury table words for {}", scenario.injury),
                )
    for i, hazard in enumerate(case.hazards):
        if case.scenarios is not ABSENT and hazard.id not in {one.hazard for one in case.scenarios}:
            yield ("hazards", i, "id"), hazard.id, "a hazard with at least one scenario"


def _fact_faults(case: Case, facts: Mapping[str, FactKind]) -> Iterator[Finding]:
    known = {name: kind for name, kind in facts.items() if kind.is_given}
    for name, fact in case.facts.items():
        if name not in known:
            yield ("facts", name), name, one_of(name, known)
            continue
        if fact.value is ABSENT:
            continue
        kind, (low, high) = known[name].kind, number_range(fact)
        least, most = known[name].minimum, known[name].maximum
        if low < least or _most(fact) > most:
            yield (
                ("facts", name, "value"),
                f"{low:g} to {high:g}",
                RuleText("{} to {}", f"{least:g}", f"{most:g}"),
            )
        if kind == "flag" and not (fact.is_fixed() and low in (0.0, 1.0)):
            yield ("facts", name, "value"), fact.value, "true or false"
        if kind in ("count", "money") and fact.is_fixed() and low % 1:
            yield ("facts", name, "value"), low, "a whole number"
    years = number_range(case.exposure.lifetime_years)[0]
    if years < 0:
        yield ("exposure", "lifetime_years", "value"), years, "at least 0"


def _most(fact: Fact) -> float:
    """The best estimate, or the bound of what is not known."""
    if fact.is_known():
        return float(best(fact.value))
    low, high = number_range(fact)
    return high if math.isfinite(high) else low


def _unknown_faults(case: Case) -> Iterator[Finding]:
    """What a method works with has a value; only facts of the case may be unknown and bounded."""
    measured: dict[tuple[str | int, ...], Fact] = {
        ("exposure", "lifetime_years"): case.exposure.lifetime_years
    }
    for number, dose in enumerate(case.methods.exposure):
        for part in ("dose", "reference_point", "guidance_value"):
            if getattr(dose, part) is not None:
                measured["methods", "exposure", number, part] = getattr(dose, part)
    for path, fact in measured.items():
        if not fact.is_known():
            yield (*path, "value"), fact.value, "a value: only facts of the case may be unknown and bounded"


def _order(case: Case) -> Iterator[Finding]:
    dates = [action.date for action in case.actions]
    for number, (before, after) in enumerate(itertools.pairwise(dates), start=1):
        if after < before:
            yield ("actions", number, "date"), after, "actions in time order"


def _identity(case: Case) -> Iterator[Finding]:
    """Firms, places and pictures that stand twice, and a maker or importer named in two ways."""
    for part, name in (("operators", "name"), ("places", "province"), ("pictures", "file")):
        seen: set[object] = set()
        for number, one in enumerate(getattr(case, part)):
            known = (getattr(one, "role", None), getattr(one, "port", None), getattr(one, name))
            if known in seen:
                yield (part, number, name), getattr(one, name), "an entry that stands once"
            seen.add(known)
    for role in ("maker", "importer"):
        named = {one.name for one in case.operators if one.role == role}
        told = getattr(case.product, role)
        if named and told is not None and told not in named:
            yield ("product", role), told, RuleText("one of the {}s in [[operators]]", role)


# What cannot be: (the part, the whole it is a part of, the rule, said in the case file's own terms).
_PARTS = (
    ("deaths", "injured", "all persons harmed, deaths and serious injuries included"),
    ("serious_injuries", "injured", "all persons harmed, deaths and serious injuries included"),
    ("units_on_sale", "units_on_market", "all units on the market, those on sale included"),
    ("n_provinces", "n_cities", "at least one city for each province"),
    ("n_cities", "n_counties", "at least one county for each city"),
)


def _ends(case: Case, name: str) -> tuple[float, float] | None:
    """Least and most a fact is taken to be: its best estimate, or its bounds where it is not known."""
    fact = case.facts.get(name)
    if fact is None or fact.value is ABSENT:
        return None
    return (float(best(fact.value)),) * 2 if fact.is_known() else number_range(fact)


def _contradictions(case: Case) -> Iterator[Finding]:
    """Facts that cannot hold together."""
    for part, whole, rule in _PARTS:
        inner, outer = _ends(case, part), _ends(case, whole)
        if inner and outer and outer[1] < inner[0]:
            yield (
                ("facts", whole, "value"),
                outer[1],
                RuleText("{}: {} is {}", RuleText(rule), part, f"{inner[0]:g}"),
            )
    nothing = {name for name in case.facts if (_ends(case, name) or (0, 1))[1] == 0}
    yes = {name for name in ("is_spreading", "is_on_sale") if (_ends(case, name) or (0, 0))[0] == 1}
    if "units_on_market" in nothing:
        for name in sorted(yes):
            yield ("facts", name, "value"), True, "false where units_on_market is 0"
    growth = _ends(case, "reports_growth")
    if "n_reports" in nothing and growth and growth[0] > 1:
        yield ("facts", "reports_growth", "value"), growth[0], "at most 1 where n_reports is 0"
