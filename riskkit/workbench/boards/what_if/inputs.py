"""Which inputs a case has for a what-if, the values each can be set to, and what a setting says in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from riskkit.assessment.facts.case_file import Case, Scenario, Step
from riskkit.case.sentences import input_name
from riskkit.foundation.language import language
from riskkit.foundation.numbers.uncertainty import Fixed, best
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.standards import FactKind
from riskkit.warning.profiles import Profile
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import listed, percent, say_number
from riskkit.workbench.reports.case.words import distribution, scenario_titles

UNKNOWN = -1
"""The position of a fact that is not known."""
_STEPS = tuple(Fraction(n, 10) for n in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80))
_RAREST = 8
_WHOLE = ("count", "money", "days")


@dataclass(frozen=True)
class Stop:
    """A value an input can be set to, and how it is said."""

    value: Fraction
    said: str


@dataclass(frozen=True)
class Field:
    """One input of a case."""

    name: str
    kind: str
    group: str
    label: str
    note: str
    stops: tuple[Stop, ...]
    at: int
    start: int
    may_be_unknown: bool

    def to_json(self) -> dict[str, Any]:
        """What the page needs to draw it: words and positions, no numbers; whether its group stands open."""
        opens = self.may_be_unknown and self.at != UNKNOWN
        return vars(self) | {"stops": [stop.said for stop in self.stops], "opens": opens}


def fields(case: Case, *, profile: Profile) -> tuple[Field, ...]:
    """Every input of a case: the steps and severity of each scenario, then the facts."""
    titles = scenario_titles(case)
    found = [one for s in case.scenarios for one in _scenario_fields(s, titles[s.id])]
    limits = _limits(profile)
    facts = {name: kind for name, kind in standards.facts().items() if kind.is_given}
    found += [_fact_field(case, name, kind, limits=limits) for name, kind in facts.items()]
    return tuple(found)


def _scenario_fields(s: Scenario, title: str) -> list[Field]:
    steps = [_step_field(f"{s.id}.p{j}", step, title) for j, step in enumerate(s.steps, start=1)]
    return [*steps, _severity_field(s, title)]


def _step_field(name: str, step: Step, title: str) -> Field:
    own = best(step.p)
    values = {1 / (times * 10**power) for power in range(_RAREST) for times in _STEPS} | {own}
    stops = tuple(Stop(value, say_chance(value)) for value in sorted(values))
    basis, seen = label("basis", step.basis), label("evidence", step.evidence)
    known = "" if isinstance(step.p, Fixed) else distribution(step.p, "probability")
    note = listed([words for words in (known, basis, seen) if words])
    at, start = _placed(stops, own)
    return Field(name, "slider", title, step.text.say(), note, stops, at, start, may_be_unknown=False)


def _severity_field(s: Scenario, title: str) -> Field:
    harm, table = scale("harm"), standards.table("injury_severity")
    worded = set(table.loc[table["injury"] == s.injury, "level"].astype(int))
    own = max(s.severity, key=lambda pair: (pair[1], pair[0]))[0]
    levels = [level for level in range(1, 5) if level in worded]
    stops = [Stop(Fraction(level), f"{harm.symbol(str(level))} {harm.word(str(level))}") for level in levels]
    at = levels.index(own)
    if len(s.severity) > 1:  # the mix of the case comes first, as a setting of its own
        told = listed((f"{harm.symbol(str(level))} {percent(part)}" for level, part in s.severity))
        stops.insert(0, Stop(Fraction(own), say("as_the_case_says", mix=told)))
        at = 0
    note = s.severity_reason.say()
    name, what = f"{s.id}.severity", say("severity_of_harm")
    return Field(name, "choice", title, what, note, tuple(stops), at, at, may_be_unknown=False)


def _limits(profile: Profile) -> dict[str, set[tuple[str, Fraction]]]:
    """The thresholds of a profile's rules by fact."""
    found: dict[str, set[tuple[str, Fraction]]] = {}
    for rules in profile.rules.values():
        for fact, op, limit in (condition for rule in rules for condition in rule.conditions):
            found.setdefault(fact, set()).add((op, Fraction(repr(float(limit)))))
    return found


def _fact_field(
    case: Case, name: str, kind: FactKind, *, limits: Mapping[str, Iterable[tuple[str, Fraction]]]
) -> Field:
    given = case.known_facts().get(name)
    own = best(given.value) if given else None
    values = {Fraction(0), Fraction(1)} if kind.kind == "flag" else _values(kind, own, limits.get(name, ()))
    stops = tuple(Stop(value, say_number(float(value), kind.kind)) for value in sorted(values))
    notes = [] if name in limits else [say("unused")]
    if given is None or own is None:
        at, start = UNKNOWN, 0 if kind.kind == "flag" or kind.worse == "more" else len(stops) - 1
    else:
        at, start = _placed(stops, own)
        known = [] if isinstance(given.value, Fixed) else [distribution(given.value, kind.kind)]
        notes = [*known, label("basis", given.basis), *notes]
    group = say("facts_open" if given is None else "facts")
    control = "choice" if kind.kind == "flag" else "slider"
    note = listed(notes, empty="")
    return Field(name, control, group, _with_unit(kind), note, stops, at, start, may_be_unknown=True)


def _with_unit(kind: FactKind) -> str:
    """A fact with its unit, where its name does not say it."""
    what, unit = (kind.zh, kind.unit_zh) if language() == "zh" else (kind.en, kind.unit_en)
    if not unit or (language() == "en" and kind.kind not in ("money", "days")):
        return what
    return say("with_unit", what=what, unit=unit)


def _placed(stops: tuple[Stop, ...], own: Fraction) -> tuple[int, int]:
    at = [stop.value for stop in stops].index(own)
    return at, at


def _values(kind: FactKind, own: Fraction | None, limits: Iterable[tuple[str, Fraction]]) -> set[Fraction]:
    """Round values from zero to well above what matters, both sides of each threshold, the case's own."""
    bounds = set(limits)
    heights = [bound for _, bound in bounds] + ([own] if own is not None else [])
    top = min(
        Fraction(int(kind.maximum)), max(Fraction(10), *(10 * height for height in heights), Fraction(10))
    )
    lowest = 0 if kind.kind in _WHOLE else -1
    powers = range(lowest, math.ceil(math.log10(float(top))) + 1)
    values = {times * Fraction(10) ** power for power in powers for times in _STEPS}
    if kind.kind in _WHOLE:
        values = {value for value in values if value.denominator == 1}
        values |= {Fraction(n) for n in range(10)}
        values |= {bound + (1 if op in ("<=", ">") else -1) for op, bound in bounds}
    values |= {bound for _, bound in bounds} | {Fraction(0)}
    inside = {value for value in values if kind.minimum <= value <= top}
    return inside | ({own} if own is not None else set())


def say_chance(p: Fraction) -> str:
    """A probability as one in so many, with the share where it is not small."""
    if p > Fraction(1, 2):
        return percent(float(p))
    if p < Fraction(1, 20):
        return say_number(float(p), "probability")
    return say("chance", n=f"{float(1 / p):.3g}", share=percent(float(p)))


def moves(known: Iterable[Field], positions: Mapping[str, int]) -> dict[str, Fraction | None]:
    """What was set, by input: those that stand elsewhere than in the case."""
    found: dict[str, Fraction | None] = {}
    for field in known:
        at = positions.get(field.name, field.at)
        if at == field.at or isinstance(at, bool) or not isinstance(at, int):
            continue
        if at == UNKNOWN and field.may_be_unknown:
            found[field.name] = None
        elif 0 <= at < len(field.stops):
            found[field.name] = field.stops[at].value
    return found


def said_moves(case: Case, known: Iterable[Field], positions: Mapping[str, int]) -> list[str]:
    """What was changed, in words: the input, its value in the case, its value now."""
    fresh = list(known)
    moved = moves(fresh, positions)
    return [
        say(
            "move",
            what=input_name(case, field.name),
            before=_at(field, field.at),
            after=_at(field, positions[field.name]),
        )
        for field in fresh
        if field.name in moved
    ]


def _at(field: Field, at: int) -> str:
    return say("not_known") if at == UNKNOWN else field.stops[at].said
