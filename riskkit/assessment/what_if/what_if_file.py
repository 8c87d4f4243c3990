"""What-if scenarios as their file holds them: named changes of a case, with their reasons.

A warning label, a design fix, a partial recall, a closed channel, a control at the port: each is a list of
changes of named inputs (set, multiply, cap, close), with a reason and an evidence grade. `apply` makes the
changed case. What the change does to level and harm is worked out in `what_if_effects`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, ValidationInfo
from pydantic.dataclasses import dataclass

from riskkit.assessment.facts.case_file import (
    Case,
    Fact,
    Id,
    Number,
    Scenario,
    SourceIds,
    Step,
    Text,
    number_of,
    of_list,
    severity_mix,
)
from riskkit.assessment.what_if.planned_tests import PlannedTest, planned_misfits
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.inputs.toml_file import TomlFile, read_toml
from riskkit.foundation.numbers.toml_record import as_record, toml_text, written
from riskkit.foundation.numbers.uncertainty import (
    Changed,
    Distribution,
    Fixed,
    Unknown,
    as_probability,
    best,
    exact,
    support,
)
from riskkit.foundation.standards import glossary, standards

_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
_INPUT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\.(p[1-9][0-9]?|severity)|[a-z][a-z_]{0,63}")
Mix = tuple[tuple[int, float], ...]


def _input(name: str) -> str:
    if not _INPUT.fullmatch(name):
        raise ValueError("a fact, 'channels', '<scenario>.p<step>' or '<scenario>.severity'")
    return name


def _value(value: Any, info: ValidationInfo) -> Distribution | Mix | str:
    name, do = str(info.data.get("input", "")), info.data.get("do")
    if (name == "channels") != (do == "close"):
        raise ValueError("'close' with the input 'channels', and another change with any other input")
    if do == "close":
        if value not in glossary.codes("channel"):
            raise ValueError(RuleText("one of {}", ", ".join(glossary.codes("channel"))))
        return str(value)
    if name.endswith(".severity"):
        if do != "set":
            raise ValueError("a severity that is set; it cannot be multiplied or capped")
        return severity_mix(value)
    number = number_of(value)
    if support(number)[0] < 0:
        raise ValueError("a number of at least 0")
    if do == "cap" and not isinstance(number, Fixed):
        raise ValueError("a bound without uncertainty")
    return as_probability(number) if do == "set" and "." in name else number


@dataclass(frozen=True, config=_STRICT)
class Change:
    """One change of one input, why it is expected, and how good the evidence for that is.

    Attributes
    ----------
    input : str
        ``<scenario>.p<step>``, ``<scenario>.severity``, a fact, or ``channels``.
    do : str
        ``set`` to the value, ``multiply`` by it, ``cap`` at it, or ``close`` a channel.
    value : Distribution, mix of severities or str
        A number, a distribution, severities with shares, or a channel.
    reason : Text
        Why the measure does this.
    evidence : str
        ``sole_judgement``, ``some_data`` or ``strong_data``.
    """

    input: Annotated[str, AfterValidator(_input)]
    do: Literal["set", "multiply", "cap", "close"]
    value: Annotated[Any, PlainValidator(_value)]
    reason: Text
    evidence: Annotated[str, of_list("evidence")]
    basis: Literal["fact", "judgement"] = "judgement"
    source: SourceIds = ()


@dataclass(frozen=True, config=_STRICT)
class WhatIf:
    """A measure, or another assumption: a named list of changes.

    Attributes
    ----------
    id : str
        Its name among the what-ifs of a case.
    kind : str
        ``warning_label``, ``design_fix``, ``partial_recall``, ``channel_closed``, ``port_control`` or
        ``other_measure``.
    title : Text
        What people call it.
    changes : tuple of Change
        In the order in which they are made.
    cost_cny : Distribution, optional
        What it costs [yuan].
    """

    id: Id
    kind: Annotated[str, of_list("what_if")]
    title: Text
    changes: Annotated[tuple[Change, ...], Field(min_length=1, max_length=50)]
    cost_cny: Number | None = None


@dataclass(frozen=True, config=_STRICT)
class WhatIfs:
    """What-ifs that belong to one case, and tests that could be made first, as one file holds them."""

    schema: Literal[1]
    case: Id
    what_ifs: Annotated[tuple[WhatIf, ...], Field(min_length=1, max_length=100)]
    tests: Annotated[tuple[PlannedTest, ...], Field(max_length=100)] = ()


def load_what_ifs(path: str, case: Case) -> WhatIfs:
    """The what-ifs of a case from their TOML file.

    Parameters
    ----------
    path : str
        The file.
    case : Case
        The case they belong to.

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> load_what_ifs("no-such-file.toml", None)
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: no-such-file.toml: 1 fault
      no-such-file.toml: 'no-such-file.toml', must be: a file that exists
    """
    return parse_what_ifs(read_toml(path), case)


def parse_what_ifs(file: TomlFile, case: Case) -> WhatIfs:
    """The what-ifs of a case from a TOML file already read.

    Raises
    ------
    InputFaults
        With every fault of the file and its line: of form, and of what does not fit the case.

    Examples
    --------
    >>> from riskkit.foundation.inputs.toml_file import parse_toml
    >>> try:
    ...     parse_what_ifs(parse_toml(b"schema = 1", "x.toml"), None)
    ... except ValueError as error:
    ...     print(len(error.faults))
    2
    """
    found = as_record(file, WhatIfs)
    faults = [Fault(file.place(("case",)), shown(found.case), case.id)] if found.case != case.id else []
    faults += list(_doubled(file, "what_ifs", found.what_ifs)) + list(_doubled(file, "tests", found.tests))
    for number, what_if in enumerate(found.what_ifs):
        for place, value, rule in _misfits(what_if, case):
            faults.append(Fault(file.place(("what_ifs", number, *place)), shown(value), rule))
    for number, test in enumerate(found.tests):
        for part, value, rule in planned_misfits(test, case):
            faults.append(Fault(file.place(("tests", number, part)), shown(value), rule))
    refuse(file.name, faults)
    return found


def _doubled(file: TomlFile, part: str, items: Sequence[WhatIf | PlannedTest]) -> Iterator[Fault]:
    ids = [one.id for one in items]
    for number, one in enumerate(ids):
        if one in ids[:number]:
            yield Fault(file.place((part, number, "id")), one, "an id that stands once")


def what_ifs_text(what_ifs: WhatIfs) -> str:
    """What-ifs as the text of their TOML file: `parse_what_ifs` reads them back unchanged.

    Examples
    --------
    >>> label = WhatIf(id="label", kind="warning_label", title=Text(zh="标签", en="Label"), changes=(Change(
    ...     input="burn.p1", do="multiply", value=0.5, reason=Text(zh="提示", en="It warns"),
    ...     evidence="some_data"),))
    >>> print(what_ifs_text(WhatIfs(schema=1, case="kettle", what_ifs=(label,))).splitlines()[-4])
    value = 0.5
    """
    return toml_text(written(what_ifs))


Misfit = tuple[tuple[str | int, ...], object, str]


def _misfits(what_if: WhatIf, case: Case) -> Iterator[Misfit]:
    """Every change that cannot be made to this case."""
    steps = {f"{s.id}.p{j}" for s in case.scenarios for j in range(1, len(s.steps) + 1)}
    known = steps | {f"{s.id}.severity" for s in case.scenarios}
    ids, open_channels = {source.id for source in case.sources}, list(case.channels)
    stated = set(case.known_facts())
    for number, change in enumerate(what_if.changes):
        here = ("changes", number)
        yield from (
            ((*here, "source"), one, "a source of the case") for one in change.source if one not in ids
        )
        if change.do == "close":
            if change.value not in open_channels or len(open_channels) == 1:
                rule = RuleText("one of {}, and not the last", ", ".join(open_channels))
                yield (*here, "value"), change.value, rule
            else:
                open_channels.remove(change.value)
        elif "." in change.input:
            if change.input not in known:
                yield (*here, "input"), change.input, RuleText("one of {}", ", ".join(sorted(known)))
        else:
            yield from (
                (*((*here, part),), value, rule) for part, value, rule in _fact_misfits(change, stated)
            )
            stated.add(change.input)


def _fact_misfits(change: Change, stated: set[str]) -> Iterator[tuple[str, object, str]]:
    given = [name for name, kind in standards.facts().items() if kind.is_given]
    if change.input not in given:
        yield "input", change.input, RuleText("one of {}", ", ".join(given))
        return
    kind = standards.facts()[change.input]
    if isinstance(change.value, Unknown):
        yield "value", change.value, "a value that is known"
        return
    if change.do != "set" and change.input not in stated:
        yield (
            "input",
            change.input,
            "a fact that the case states: what is not known cannot be multiplied or capped",
        )
    if kind.kind == "flag" and not (
        change.do == "set" and isinstance(change.value, Fixed) and change.value.value in (0, 1)
    ):
        yield "value", best(change.value), "a yes/no that is set to true or false"
    elif change.do == "set" and not (
        support(change.value)[0] >= kind.minimum and best(change.value) <= kind.maximum
    ):
        rule = RuleText("{} to {}", f"{kind.minimum:g}", f"{kind.maximum:g}")
        yield "value", float(best(change.value)), rule


def apply(case: Case, what_if: WhatIf) -> Case:
    """The case as it would be.

    Parameters
    ----------
    case : Case
        The case as it is.
    what_if : WhatIf
        The changes, made one after the other.

    Returns
    -------
    Case
        With an id and a title of its own. A changed number keeps what was known before beside the change
        (`Changed`), its evidence grade is the weaker of the two, and its note tells the reason.

    Raises
    ------
    InputFaults
        With every change that cannot be made to this case.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("note7-battery-2016")
    >>> stop = WhatIf(id="stop", kind="other_measure", title=Text(zh="停售", en="Stop"), changes=(Change(
    ...     input="is_on_sale", do="set", value=False, reason=Text(zh="下架", en="Off the shelves"),
    ...     evidence="some_data"),))
    >>> after = apply(case, stop)
    >>> after.id, after.facts["is_on_sale"].value
    ('note7-battery-2016--stop', Fixed(value=Fraction(0, 1)))
    """
    found = [
        Fault(".".join(map(str, place)), shown(value), rule) for place, value, rule in _misfits(what_if, case)
    ]
    refuse(f"what-if {what_if.id}", found)
    changed = functools.reduce(_with, what_if.changes, case)
    title = Text(
        zh=f"{case.title.zh}（假设：{what_if.title.zh}）", en=f"{case.title.en} (what if: {what_if.title.en})"
    )
    return dataclasses.replace(changed, id=f"{case.id}--{what_if.id}"[:64], title=title)


def _with(case: Case, change: Change) -> Case:
    if change.do == "close":
        left = tuple(channel for channel in case.channels if channel != change.value)
        return dataclasses.replace(case, channels=left)
    scenario_id, _, part = change.input.rpartition(".")
    if not scenario_id:
        return dataclasses.replace(
            case, facts={**case.facts, change.input: _fact(case.facts.get(change.input), change)}
        )
    scenarios = tuple(_scenario(s, part, change) if s.id == scenario_id else s for s in case.scenarios)
    return dataclasses.replace(case, scenarios=scenarios)


def _scenario(scenario: Scenario, part: str, change: Change) -> Scenario:
    if part == "severity":
        return dataclasses.replace(scenario, severity=change.value, severity_reason=change.reason)
    number = int(part[1:])
    steps = [_step(step, change) if j == number else step for j, step in enumerate(scenario.steps, start=1)]
    return dataclasses.replace(scenario, steps=tuple(steps))


def _step(step: Step, change: Change) -> Step:
    return dataclasses.replace(
        step,
        p=as_probability(changed_number(step.p, change, top=1.0)),
        evidence=min(step.evidence, change.evidence, key=glossary.codes("evidence").index),
        **_grounds(step, change),
    )


def _fact(fact: Fact | None, change: Change) -> Fact:
    if fact is None or change.do == "set":
        return Fact(value=change.value, basis=change.basis, source=change.source, note=change.reason)
    kind = standards.facts()[change.input]
    moved = changed_number(fact.value, change, top=kind.maximum)
    if isinstance(moved, Fixed) and kind.kind in ("count", "money"):
        moved = Fixed(exact(round(moved.value)))
    return dataclasses.replace(fact, value=moved, **_grounds(fact, change))


def _grounds(number: Step | Fact, change: Change) -> dict[str, Any]:
    """What a changed number rests on: what it rested on, and what the change rests on."""
    both: Sequence[Text] = (
        [change.reason] if number.note is None or change.do == "set" else [number.note, change.reason]
    )
    return {
        "basis": "judgement" if "judgement" in (number.basis, change.basis) else "fact",
        "source": tuple(dict.fromkeys((*number.source, *change.source)))[:20],
        "note": Text(
            zh="；".join(note.zh for note in both)[:4000], en="; ".join(note.en for note in both)[:4000]
        ),
    }


def changed_number(number: Distribution, change: Change, *, top: float) -> Distribution:
    """A distribution after a change.

    Parameters
    ----------
    number : Distribution
        As it is.
    change : Change
        ``set``, ``multiply`` or ``cap``.
    top : float
        The most it can be in any case.

    Examples
    --------
    >>> half = Change(input="a.p1", do="multiply", value=0.5, reason=Text(zh="半", en="half"),
    ...               evidence="some_data")
    >>> changed_number(Fixed(exact("1/3")), half, top=1.0)
    Fixed(value=Fraction(1, 6))
    """
    value: Distribution = change.value
    if change.do == "set":
        return value
    times, bound = (value, top) if change.do == "multiply" else (Fixed(exact(1)), float(best(value)))
    if isinstance(number, Fixed) and isinstance(times, Fixed):
        return Fixed(
            min(number.value * times.value, exact(bound) if change.do == "multiply" else best(value))
        )
    return Changed(number, times, bound if change.do == "cap" or top <= 1 else math.inf)
