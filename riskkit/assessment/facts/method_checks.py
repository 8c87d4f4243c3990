"""Faults of the inputs that a case gives to further methods: references, limits, doses, dates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from riskkit.assessment.chemical.doses import read_exposure
from riskkit.assessment.facts.case_checks import Finding, found_by
from riskkit.assessment.facts.case_file import (
    Case,
    DangerFactors,
    Dose,
    Fact,
    NonconformingItem,
    number_range,
)
from riskkit.assessment.scoring import danger_score
from riskkit.foundation.inputs.faults import InputFaults


def method_faults(case: Case, *, is_partial: bool = False) -> tuple[Finding, ...]:
    """Everything wrong across the fields of a case's ``methods``.

    Parameters
    ----------
    case : Case
        A case whose single fields are lawful, or a partial one
        (`riskkit.foundation.records.partial_records`).
    is_partial : bool
        Whether fields of the case are absent.

    Returns
    -------
    tuple of (key path, value, rule)
        Empty when nothing is wrong.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> method_faults(load_case("note7-battery-2016"))
    ()
    """
    return found_by(
        _scores(case), _references(case), _sources(case), _items(case), _doses(case), is_partial=is_partial
    )


def _items(case: Case) -> Iterator[Finding]:
    for number, item in enumerate(case.methods.nonconformity):
        for path, value, rule in _item_faults(item):
            yield ("methods", "nonconformity", number, *path), value, rule


def _doses(case: Case) -> Iterator[Finding]:
    for number, dose in enumerate(case.methods.exposure):
        for path, value, rule in (*_dose_faults(dose), *_compared_faults(dose)):
            yield ("methods", "exposure", number, *path), value, rule


def _parts(case: Case) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    given = case.methods
    for name in ("kinney", "lec", "triage"):
        if getattr(given, name) is not None:
            yield ("methods", name), getattr(given, name)
    for name in ("nonconformity", "exposure", "tests"):
        for number, part in enumerate(getattr(given, name)):
            yield ("methods", name, number), part


def _scores(case: Case) -> Iterator[Finding]:
    for method in ("kinney", "lec"):
        given: DangerFactors | None = getattr(case.methods, method)
        if given is None:
            continue
        try:
            danger_score(given.probability, given.exposure, given.consequence, method=method)
        except InputFaults as error:
            for fault in error.faults:
                yield ("methods", method, fault.place), float(fault.value), fault.rule


def _references(case: Case) -> Iterator[Finding]:
    scenarios = {scenario.id for scenario in case.scenarios}
    items = {item.id for item in case.methods.nonconformity}
    seen: set[str] = set()
    for path, part in _parts(case):
        name = getattr(part, "scenario", None)
        if name is not None and name not in scenarios:
            yield (*path, "scenario"), name, "the id of a scenario in [[scenarios]]"
        if getattr(part, "id", None) in seen:
            yield (*path, "id"), part.id, "an id that stands once"
        seen |= {part.id} if hasattr(part, "id") else set()
    for number, batch in enumerate(case.methods.tests):
        path = ("methods", "tests", number)
        if batch.item is not None and batch.item not in items:
            yield (*path, "item"), batch.item, "the id of an item in [[methods.nonconformity]]"
        if batch.events > batch.trials:
            yield (*path, "events"), batch.events, "at most trials"
        if batch.date is not None and batch.date > case.assessed_on:
            yield (*path, "date"), batch.date, "not after assessed_on"


def _sources(case: Case) -> Iterator[Finding]:
    known = {source.id for source in case.sources}
    told = list(_parts(case))
    for path, part in list(told):
        for name in ("dose", "reference_point", "guidance_value"):
            if isinstance(getattr(part, name, None), Fact):
                told.append(((*path, name), getattr(part, name)))
    for path, part in told:
        if getattr(part, "basis", "") == "fact" and not part.source:
            yield (*path, "source"), "no source", "at least one source for a fact"
        for one in part.source:
            if one not in known:
                yield (*path, "source"), one, "the id of a source in [[sources]]"


def _item_faults(item: NonconformingItem) -> Iterator[Finding]:
    if (item.standard is None) != (item.clause is None):
        missing = "clause" if item.clause is None else "standard"
        yield (missing,), "nothing", "standard and clause together, or neither"
    if (item.measured is None) != (item.limit is None):
        yield ("measured",), item.measured, "measured and limit together, or neither"
    if item.measured is None or item.limit is None:
        return
    if item.unit is None:
        yield ("unit",), "nothing", "present where something was measured"
    beyond = item.measured > item.limit if item.worse == "more" else item.measured < item.limit
    if not beyond:
        yield ("measured",), item.measured, "beyond the limit: what conforms is no nonconforming item"


def _dose_faults(dose: Dose) -> Iterator[Finding]:
    if (dose.dose is None) == (dose.route is None):
        yield ("dose",), dose.route, "a dose, or a route with its inputs"
    if dose.route is not None:
        try:
            read_exposure(dose.route, dose.inputs)
        except InputFaults as error:
            for fault in error.faults:
                yield ("inputs",), f"{fault.place}: {fault.value}", fault.rule
    elif dose.inputs:
        yield ("inputs",), sorted(dose.inputs), "inputs of a route"


def _compared_faults(dose: Dose) -> Iterator[Finding]:
    if (dose.reference_point is None) != (dose.reference_kind is None):
        yield ("reference_kind",), dose.reference_kind, "reference_point and reference_kind together"
    if dose.exclusions and dose.structure is None:
        yield ("exclusions",), list(dose.exclusions), "with a structure"
    for name in ("dose", "reference_point", "guidance_value"):
        fact: Fact | None = getattr(dose, name)
        lowest = 0.0 if fact is None else number_range(fact)[0]
        if lowest < 0 or (fact is not None and lowest == 0 and name != "dose"):
            yield (name, "value"), lowest, "from 0 up" if name == "dose" else "above 0"
    if dose.reference_point is None and dose.guidance_value is None and dose.structure is None:
        yield ("dose",), dose.id, "with a reference_point, a guidance_value or a structure to compare with"
