"""What a case file may say: the frozen records behind ``data/cases/*.toml``.

A number is a :class:`Fact`: a value, a distribution or bounds, with its basis and sources.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from riskkit.assessment.facts.case_values import (
    STRICT,
    Country,
    Date,
    Fact,
    HsCode,
    Id,
    Line,
    Number,
    Once,
    Probability,
    SeverityMix,
    SourceIds,
    Text,
    Word,
    number_of,
    number_range,
    of_list,
    only,
    severity_mix,
)
from riskkit.assessment.facts.observations import Experience
from riskkit.assessment.facts.product_identity import CasePicture, Gtin, Marks, Operator, Place
from riskkit.foundation.short_repr import html_card
from riskkit.foundation.standards import glossary
from riskkit.foundation.standards.choices import AS_NUMBER, of_table

__all__ = [
    "Case",
    "DangerFactors",
    "Dose",
    "Fact",
    "Id",
    "NonconformingItem",
    "Number",
    "Scenario",
    "SourceIds",
    "Step",
    "Text",
    "number_of",
    "number_range",
    "of_list",
    "severity_mix",
]


@dataclass(frozen=True, config=STRICT)
class Step:
    """One step of a harm scenario, with its probability over the product's foreseeable life."""

    text: Text
    p: Probability
    evidence: Annotated[str, of_list("evidence")]
    basis: Literal["fact", "judgement"]
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class Scenario:
    """A shortest path to a harm: steps with probabilities, and how severe the harm is."""

    id: Id
    hazard: Id
    title: Text
    harm: Annotated[str, of_list("harm")]
    injury: Annotated[str, of_list("injury")]
    severity: SeverityMix
    severity_reason: Text
    users: Annotated[str, of_list("users")]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=30)]
    per: Literal["product", "shipment"] = "product"


@dataclass(frozen=True, config=STRICT)
class Hazard:
    """A source of harm in the product."""

    id: Id
    hazard_class: Annotated[str, of_list("hazard_class")]
    group: Annotated[str, of_list("hazard_group")]
    agent: Annotated[str, of_list("agent")]
    description: Text
    advice: Annotated[str, of_table("hazard_advice", "advice")] | None = None


@dataclass(frozen=True, config=STRICT)
class Product:
    """What the case is about; an origin, brand or maker that is not known stays out."""

    name: Text
    hs: Annotated[tuple[HsCode, ...], Field(min_length=1, max_length=50), Once]
    description: Text
    origin: Annotated[tuple[Country, ...], Field(max_length=50), Once] = ()
    brand: Word | None = None
    maker: Line | None = None
    importer: Line | None = None
    models: Marks = ()
    batches: Marks = ()
    serials: Marks = ()
    gtin: Annotated[tuple[Gtin, ...], Field(max_length=50), Once] = ()


@dataclass(frozen=True, config=STRICT)
class Exposure:
    """Who uses the product, how, and for how long."""

    users: Text
    lifetime_years: Fact


@dataclass(frozen=True, config=STRICT)
class Presumption:
    """A ground on which the method presumes a serious risk."""

    ground: Annotated[str, of_list("presumption")]
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class Action:
    """What an authority or firm then did, and when; where, if not in the case's own jurisdiction."""

    date: Date
    authority: Text
    what: Text
    source: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]
    by: Annotated[str, of_list("actor")] = "authority"
    where: Country | None = None
    measures: Annotated[
        tuple[Annotated[str, of_list("official_measure")], ...], Field(max_length=20), Once
    ] = ()


@dataclass(frozen=True, config=STRICT)
class Source:
    """A public document the case rests on."""

    id: Id
    publisher: Text
    year: Annotated[int, only(int), Field(ge=1900, le=2100)]
    document: Line
    url: Annotated[str, Field(pattern=r"^https?://[^\s<>\"']+$", max_length=500)] | None = None


@dataclass(frozen=True, config=STRICT)
class Question:
    """Something the assessor leaves open."""

    text: Text


@dataclass(frozen=True, config=STRICT)
class DangerFactors:
    """The three factors of Kinney's score or of the LEC's D, judged for one scenario, with the reason."""

    scenario: Id
    probability: Annotated[float, AS_NUMBER]
    exposure: Annotated[float, AS_NUMBER]
    consequence: Annotated[float, AS_NUMBER]
    reason: Text
    source: SourceIds = ()


@dataclass(frozen=True, config=STRICT)
class Triage:
    """Answers to questions of PRISM's triage that do not follow from the facts of the case."""

    reason: Text
    rationale: Annotated[str, of_table("triage_scores", "choice", item="rationale")] | None = None
    hazards: Annotated[str, of_table("triage_scores", "choice", item="hazards")] | None = None
    prevalence: Annotated[str, of_table("triage_scores", "choice", item="prevalence")] | None = None
    source: SourceIds = ()


@dataclass(frozen=True, config=STRICT)
class NonconformingItem:
    """A requirement that the product fails, and by how much; without `measured` it cannot be measured."""

    id: Id
    scenario: Id
    item: Text
    kind: Annotated[str, of_list("nonconformity_kind")]
    basis: Literal["fact", "judgement"]
    measured: Annotated[float, AS_NUMBER, Field(ge=0, allow_inf_nan=False)] | None = None
    limit: Annotated[float, AS_NUMBER, Field(ge=0, allow_inf_nan=False)] | None = None
    unit: Word | None = None
    worse: Literal["more", "less"] = "more"
    standard: Line | None = None
    clause: Word | None = None
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class Dose:
    """The dose of a substance [mg/kg bw/d], or the inputs of a route, and what it is compared with."""

    id: Id
    scenario: Id
    substance: Text
    dose: Fact | None = None
    route: Annotated[str, of_table("exposure_inputs", "route")] | None = None
    inputs: Annotated[dict[str, float | Line], Field(max_length=20)] = Field(default_factory=dict)
    reference_point: Fact | None = None
    reference_kind: Literal["genotoxic_bmdl10", "threshold_noael"] | None = None
    guidance_value: Fact | None = None
    structure: Annotated[str, of_table("ttc", "group")] | None = None
    exclusions: Annotated[
        tuple[Annotated[str, of_table("ttc_exclusions", "exclusion")], ...], Field(max_length=20)
    ] = ()
    basis: Literal["fact", "judgement"] = "judgement"
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class TestBatch:
    """How many of the tested pieces failed; `item` is the nonconforming item they failed on."""

    __test__ = False

    events: Annotated[int, only(int), Field(ge=0, le=10**12)]
    trials: Annotated[int, only(int), Field(gt=0, le=10**12)]
    basis: Literal["fact", "judgement"]
    item: Id | None = None
    date: Annotated[dt.date, only(dt.date)] | None = None
    source: SourceIds = ()
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class MethodInputs:
    """What further methods need and the case itself does not say; each part may stay out."""

    kinney: DangerFactors | None = None
    lec: DangerFactors | None = None
    triage: Triage | None = None
    nonconformity: Annotated[tuple[NonconformingItem, ...], Field(max_length=20)] = ()
    exposure: Annotated[tuple[Dose, ...], Field(max_length=20)] = ()
    tests: Annotated[tuple[TestBatch, ...], Field(max_length=200)] = ()


@dataclass(frozen=True, config=STRICT)
class Case:
    """A product-safety case as of a date, from one TOML file."""

    schema: Annotated[Literal[1], only(int)]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    title: Text
    summary: Text
    assessed_on: Date
    jurisdiction: Country
    goods: Annotated[str, of_list("goods")]
    direction: Annotated[str, of_list("direction")]
    channels: Annotated[
        tuple[Annotated[str, of_list("channel")], ...], Field(min_length=1, max_length=50), Once
    ]
    product: Product
    exposure: Exposure
    hazards: Annotated[tuple[Hazard, ...], Field(min_length=1, max_length=20)]
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1, max_length=30)]
    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=200)]
    lang: Literal["zh", "en"] | None = None
    problem: Text | None = None
    operators: Annotated[tuple[Operator, ...], Field(max_length=30)] = ()
    places: Annotated[tuple[Place, ...], Field(max_length=50)] = ()
    pictures: Annotated[tuple[CasePicture, ...], Field(max_length=3)] = ()
    facts: dict[str, Fact] = Field(default_factory=dict)
    presumptions: Annotated[tuple[Presumption, ...], Field(max_length=20)] = ()
    actions: Annotated[tuple[Action, ...], Field(max_length=300)] = ()
    questions: Annotated[tuple[Question, ...], Field(max_length=100)] = ()
    methods: MethodInputs = Field(default_factory=MethodInputs)
    experience: Experience = Field(default_factory=Experience)

    def __repr__(self) -> str:
        return f"Case({self.id!r}, assessed_on={self.assessed_on}, {len(self.scenarios)} scenarios)"

    def _repr_html_(self) -> str:
        shown = {"title": self.title.en, "标题": self.title.zh, "assessed on": self.assessed_on}
        return html_card(f"Case {self.id}", shown | {"goods": self.goods, "scenarios": len(self.scenarios)})

    def hazard_classes(self) -> tuple[str, ...]:
        """The policy's hazard classes in the case, in the policy's order."""
        present = {hazard.hazard_class for hazard in self.hazards}
        return tuple(code for code in glossary.codes("hazard_class") if code in present)

    def known_facts(self) -> dict[str, Fact]:
        """The facts that have a value, not only bounds."""
        return {name: fact for name, fact in self.facts.items() if fact.is_known()}
