"""What a file may say that the notebooks of rankings, laboratories and doses start from."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from riskkit.assessment.facts.case_file import Text
from riskkit.foundation.numbers.distributions import Distribution, parse_distribution

_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Basis = Literal["fact", "judgement"]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Uncertain = Annotated[Distribution, BeforeValidator(parse_distribution)]


@dataclass(frozen=True, config=_STRICT)
class PreferenceEntry:
    """How a difference on a criterion becomes a preference, as `Preference`."""

    kind: str
    q: float = math.nan
    p: float = math.nan
    s: float = math.nan


@dataclass(frozen=True, config=_STRICT)
class Criterion:
    """A criterion, and the scale on which its values are compared with those of the others."""

    id: Id
    title: Text
    unit: Text
    is_cost: bool
    worst: Number
    best: Number
    preference: PreferenceEntry


@dataclass(frozen=True, config=_STRICT)
class Alternative:
    """An alternative with one value a criterion."""

    id: Id
    title: Text
    figures: Annotated[tuple[Number, ...], Field(min_length=2)]


@dataclass(frozen=True, config=_STRICT)
class Expert:
    """An expert's pairwise judgements of the criteria."""

    id: Id
    judgements: Annotated[tuple[tuple[str | float | None, ...], ...], Field(min_length=2)]


@dataclass(frozen=True, config=_STRICT)
class FuzzyRelation:
    """How strongly each criterion (row) puts an alternative into each grade (column)."""

    grades: Annotated[tuple[Text, ...], Field(min_length=2)]
    relation: tuple[tuple[Number, ...], ...]


@dataclass(frozen=True, config=_STRICT)
class Ranking:
    """What is to be ranked, by what, and who said how much each criterion matters."""

    title: Text
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=2)]
    alternatives: Annotated[tuple[Alternative, ...], Field(min_length=2)]
    experts: Annotated[tuple[Expert, ...], Field(min_length=1)]
    share: Annotated[float, Field(ge=0, le=1)]
    fuzzy: FuzzyRelation
    fuzzy_of: Id
    operator: Literal["weighted_mean", "min_max", "product_max", "min_bounded_sum"]


@dataclass(frozen=True, config=_STRICT)
class LaboratoryResult:
    """What one laboratory reported."""

    laboratory: str
    result: Number
    expanded_uncertainty: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    coverage_factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


@dataclass(frozen=True, config=_STRICT)
class Round:
    """One round of proficiency testing."""

    item: Text
    unit: str
    assigned: Number
    expanded_assigned: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    coverage_assigned: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    sigma: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    results: Annotated[tuple[LaboratoryResult, ...], Field(min_length=3)]
    basis: Basis
    source: str = ""


@dataclass(frozen=True, config=_STRICT)
class Need:
    """Tests that monitoring needs in a year."""

    need_id: str
    item: str
    n_per_year: Number
    limit_needed: Number | None = None


@dataclass(frozen=True, config=_STRICT)
class Ability:
    """Tests that a laboratory can take in a year."""

    laboratory: str
    item: str
    n_per_year: Number
    limit_reached: Number
    valid_to: dt.date
    last_score: Number | None = None


@dataclass(frozen=True, config=_STRICT)
class LaboratoryRound:
    """A round, and what is needed of the laboratories and what they can do."""

    title: Text
    round: Round
    needs: tuple[Need, ...] = ()
    abilities: tuple[Ability, ...] = ()


@dataclass(frozen=True, config=_STRICT)
class Information:
    """One piece of information on a product: how many were tested and failed."""

    id: Id
    date: dt.date
    n_tested: Count
    n_nonconforming: Count
    title: Text
    basis: Basis
    source: str = ""
    hazard_score: Annotated[float, Field(ge=1, le=4)] | None = None


@dataclass(frozen=True, config=_STRICT)
class Measure:
    """A measure, and the pieces of information before and after it."""

    title: Text
    before: Id
    after: Id
    basis: Basis
    source: str = ""
    caution: Text | None = None


@dataclass(frozen=True, config=_STRICT)
class InformationHistory:
    """What was heard of a product over time."""

    title: Text
    commodity: Text
    maker: Text
    records: Annotated[tuple[Information, ...], Field(min_length=1)]
    measure: Measure | None = None


@dataclass(frozen=True, config=_STRICT)
class Dose:
    """One dose: a route with its inputs, and the values it is held against [mg/kg bw/d]."""

    id: Id
    substance: str
    title: Text
    basis: Basis
    organ: str = ""
    route: Literal["ingestion", "mouthing", "dermal", "inhalation", "migration"] | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)
    uncertain: dict[str, Uncertain] = Field(default_factory=dict)
    guidance_value: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    reference_point: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    moe_basis: Literal["genotoxic_bmdl10", "threshold_noael"] | None = None
    ttc_group: str = ""
    ttc_exclusions: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, config=_STRICT)
class Doses:
    """Doses of substances from one product."""

    title: Text
    doses: Annotated[tuple[Dose, ...], Field(min_length=1)]


@dataclass(frozen=True, config=_STRICT)
class AskedItem:
    """A question to experts: a seed where the true value is known, else a target."""

    id: Id
    title: Text
    unit: Text
    scale: Literal["uni", "log"] = "uni"
    lower: Number | None = None
    upper: Number | None = None
    realisation: Number | None = None
    basis: Basis | None = None
    source: str = ""


@dataclass(frozen=True, config=_STRICT)
class ExpertAnswers:
    """An expert's quantiles, question by question; a question left out stays out."""

    id: Id
    answers: dict[Id, tuple[Number, ...]]
    basis: Basis = "judgement"


@dataclass(frozen=True, config=_STRICT)
class ScoredExperts:
    """Experts' quantiles for questions of which some have a known answer."""

    title: Text
    quantiles: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=3, max_length=5)]
    items: Annotated[tuple[AskedItem, ...], Field(min_length=1, max_length=500)]
    experts: Annotated[tuple[ExpertAnswers, ...], Field(min_length=1, max_length=200)]
