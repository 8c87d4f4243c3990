"""What a case file may say: the frozen records behind ``data/cases/*.toml``.

A number in a case is a :class:`Fact`: a value or a distribution, with where it comes from
(`basis` ``fact`` or ``judgement``, `source` ids). Texts exist in zh and en.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from riskkit.foundation import codes, glossary, standards
from riskkit.foundation.uncertainty import (
    Distribution,
    Fixed,
    as_probability,
    exact,
    parse_distribution,
    support,
)

_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

# Characters that hide or reorder text: controls other than line feed and tab, and bidirectional overrides.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _plain(text: str) -> str:
    if _HIDDEN.search(text):
        raise ValueError("text without control or direction-changing characters")
    if not text.strip():
        raise ValueError("text that is not empty")
    return text.strip()


def _of_list(kind: str) -> AfterValidator:
    def check(code: str) -> str:
        if code not in glossary.codes(kind):
            raise ValueError(f"one of {', '.join(glossary.codes(kind))}")
        return code

    return AfterValidator(check)


def _of_table(table: str, column: str, **rows: str) -> AfterValidator:
    """A value of a standard table's column, in its rows with the given values."""

    def check(value: Any) -> Any:
        found = standards.table(table)
        for name, wanted in rows.items():
            found = found[found[name] == wanted]
        known = found[column].tolist()
        if value not in known:
            raise ValueError(f"one of {', '.join(f'{one:g}' if column == 'value' else one for one in known)}")
        return value

    return AfterValidator(check)


def _country(code: str) -> str:
    if not codes.is_country(code):
        raise ValueError("an ISO 3166-1 alpha-2 country code, or EU")
    return code


def _hs(code: str) -> str:
    if not codes.is_hs(code):
        raise ValueError("an HS code of 2 to 10 digits in a chapter that exists")
    return code


def _distribution(value: Any) -> Distribution:
    return parse_distribution({True: 1, False: 0}[value] if isinstance(value, bool) else value)


def _severity(value: Any) -> tuple[tuple[int, float], ...]:
    if isinstance(value, tuple):  # of a record that was read before, now replaced in part
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        value = {str(value): 1}
    if (
        not isinstance(value, dict)
        or not value
        or any(str(level) not in {"1", "2", "3", "4"} for level in value)
    ):
        raise ValueError('a severity from 1 to 4, or a mix such as { "3" = 0.7, "4" = 0.3 }')
    mix = {int(level): exact(share) for level, share in value.items()}
    if any(share <= 0 for share in mix.values()) or sum(mix.values()) != 1:
        raise ValueError("shares above 0 that sum to 1")
    return tuple((level, float(mix[level])) for level in sorted(mix))


Word = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Line = Annotated[str, Field(max_length=400), AfterValidator(_plain)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_plain)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Country = Annotated[str, AfterValidator(_country)]
HsCode = Annotated[str, AfterValidator(_hs)]
Number = Annotated[Distribution, BeforeValidator(_distribution)]
Probability = Annotated[Distribution, BeforeValidator(_distribution), AfterValidator(as_probability)]
SeverityMix = Annotated[tuple[tuple[int, float], ...], BeforeValidator(_severity)]
SourceIds = Annotated[tuple[Id, ...], Field(max_length=20)]


@dataclass(frozen=True, config=_STRICT)
class Text:
    """The same text in Chinese and English."""

    zh: Prose
    en: Prose

    def say(self, lang: str) -> str:
        """The text in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, config=_STRICT)
class Fact:
    """A number (or yes/no) of a case: its value, what it rests on, and where it comes from."""

    value: Number
    basis: Literal["fact", "judgement"]
    source: SourceIds = ()
    note: Text | None = None

    def is_fixed(self) -> bool:
        """Whether the value is taken as known."""
        return isinstance(self.value, Fixed)


@dataclass(frozen=True, config=_STRICT)
class Step:
    """One step of a harm scenario, with its probability over the product's foreseeable life."""

    text: Text
    p: Probability
    evidence: Annotated[str, _of_list("evidence")]
    basis: Literal["fact", "judgement"]
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=_STRICT)
class Scenario:
    """A shortest path to a harm: steps with probabilities, and how severe the harm is."""

    id: Id
    hazard: Id
    title: Text
    harm: Annotated[str, _of_list("harm")]
    injury: Annotated[str, _of_list("injury")]
    severity: SeverityMix
    severity_reason: Text
    users: Annotated[str, _of_list("users")]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=30)]


@dataclass(frozen=True, config=_STRICT)
class Hazard:
    """A source of harm in the product."""

    id: Id
    hazard_class: Annotated[str, _of_list("hazard_class")]
    group: Annotated[str, _of_list("hazard_group")]
    agent: Annotated[str, _of_list("agent")]
    description: Text


@dataclass(frozen=True, config=_STRICT)
class Product:
    """What the case is about; an origin, brand or maker that is not known stays out."""

    name: Text
    hs: Annotated[tuple[HsCode, ...], Field(min_length=1, max_length=50)]
    description: Text
    origin: Annotated[tuple[Country, ...], Field(max_length=50)] = ()
    brand: Word | None = None
    maker: Line | None = None
    importer: Line | None = None


@dataclass(frozen=True, config=_STRICT)
class Exposure:
    """Who uses the product, how, and for how long."""

    users: Text
    lifetime_years: Fact


@dataclass(frozen=True, config=_STRICT)
class Presumption:
    """A ground on which the method presumes a serious risk."""

    ground: Annotated[str, _of_list("presumption")]
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=_STRICT)
class Action:
    """What an authority or firm then did, and when."""

    date: dt.date
    authority: Text
    what: Text
    source: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]


@dataclass(frozen=True, config=_STRICT)
class Source:
    """A public document the case rests on."""

    id: Id
    publisher: Text
    year: Annotated[int, Field(ge=1900, le=2100)]
    document: Line
    url: Annotated[str, Field(pattern=r"^https?://[^\s<>\"']+$", max_length=500)] | None = None


@dataclass(frozen=True, config=_STRICT)
class Question:
    """Something the assessor leaves open."""

    text: Text


@dataclass(frozen=True, config=_STRICT)
class Kinney:
    """The three factors of Kinney's score, judged for one scenario."""

    scenario: Id
    probability: Annotated[float, _of_table("score_scales", "value", method="kinney", factor="probability")]
    exposure: Annotated[float, _of_table("score_scales", "value", method="kinney", factor="exposure")]
    consequence: Annotated[float, _of_table("score_scales", "value", method="kinney", factor="consequence")]
    reason: Text
    source: SourceIds = ()


@dataclass(frozen=True, config=_STRICT)
class Lec:
    """The three factors of the LEC's D, judged for one scenario; its words are not Kinney's."""

    scenario: Id
    probability: Annotated[float, _of_table("score_scales", "value", method="lec", factor="probability")]
    exposure: Annotated[float, _of_table("score_scales", "value", method="lec", factor="exposure")]
    consequence: Annotated[float, _of_table("score_scales", "value", method="lec", factor="consequence")]
    reason: Text
    source: SourceIds = ()


@dataclass(frozen=True, config=_STRICT)
class Triage:
    """Answers to questions of PRISM's triage that do not follow from the facts of the case."""

    reason: Text
    rationale: Annotated[str, _of_table("triage_scores", "choice", item="rationale")] | None = None
    hazards: Annotated[str, _of_table("triage_scores", "choice", item="hazards")] | None = None
    prevalence: Annotated[str, _of_table("triage_scores", "choice", item="prevalence")] | None = None
    source: SourceIds = ()


@dataclass(frozen=True, config=_STRICT)
class NonconformingItem:
    """A requirement that the product fails, and by how much; without `measured` it cannot be measured."""

    id: Id
    scenario: Id
    item: Text
    kind: Annotated[str, _of_list("nonconformity_kind")]
    basis: Literal["fact", "judgement"]
    measured: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    limit: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    unit: Word | None = None
    worse: Literal["more", "less"] = "more"
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=_STRICT)
class Dose:
    """The dose of a substance [mg/kg bw/d], or the inputs of a route, and what it is compared with."""

    id: Id
    scenario: Id
    substance: Text
    dose: Fact | None = None
    route: Annotated[str, _of_table("exposure_inputs", "route")] | None = None
    inputs: dict[str, float | str] = Field(default_factory=dict)
    reference_point: Fact | None = None
    reference_kind: Literal["genotoxic_bmdl10", "threshold_noael"] | None = None
    guidance_value: Fact | None = None
    structure: Annotated[str, _of_table("ttc", "group")] | None = None
    exclusions: tuple[Annotated[str, _of_table("ttc_exclusions", "exclusion")], ...] = ()
    basis: Literal["fact", "judgement"] = "judgement"
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=_STRICT)
class TestBatch:
    """How many of the tested pieces failed; `item` is the nonconforming item they failed on."""

    __test__ = False

    events: Annotated[int, Field(ge=0)]
    trials: Annotated[int, Field(gt=0)]
    basis: Literal["fact", "judgement"]
    item: Id | None = None
    date: dt.date | None = None
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=_STRICT)
class MethodInputs:
    """What further methods need and the case itself does not say; each part may stay out."""

    kinney: Kinney | None = None
    lec: Lec | None = None
    triage: Triage | None = None
    nonconformity: Annotated[tuple[NonconformingItem, ...], Field(max_length=20)] = ()
    exposure: Annotated[tuple[Dose, ...], Field(max_length=20)] = ()
    tests: Annotated[tuple[TestBatch, ...], Field(max_length=200)] = ()


@dataclass(frozen=True, config=_STRICT)
class Case:
    """A product-safety case as of a date, from one TOML file."""

    schema: Literal[1]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    title: Text
    summary: Text
    assessed_on: dt.date
    jurisdiction: Country
    goods: Annotated[str, _of_list("goods")]
    direction: Annotated[str, _of_list("direction")]
    channels: Annotated[tuple[Annotated[str, _of_list("channel")], ...], Field(min_length=1)]
    product: Product
    exposure: Exposure
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1, max_length=20)]
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1, max_length=30)]
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=200)]
    facts: dict[str, Fact] = Field(default_factory=dict)
    presumptions: tuple[Presumption, ...] = ()
    actions: tuple[Action, ...] = ()
    questions: tuple[Question, ...] = ()
    methods: MethodInputs = Field(default_factory=MethodInputs)

    def hazard_classes(self) -> tuple[str, ...]:
        """The policy's hazard classes in the case, in the policy's order."""
        present = {hazard.hazard_class for hazard in self.hazards}
        return tuple(code for code in glossary.codes("hazard_class") if code in present)


def number_range(fact: Fact) -> tuple[float, float]:
    """Lowest and highest value a fact can take.

    Examples
    --------
    >>> number_range(Fact(value={"low": 1, "high": 3}, basis="judgement"))
    (1.0, 3.0)
    """
    return support(fact.value)
