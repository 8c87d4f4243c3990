"""What has become known of harm by a product: records of a case file that a back-check compares with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from riskkit.assessment.facts.case_values import STRICT, Country, Fact, Id, of_list, only


@dataclass(frozen=True, config=STRICT)
class Observation:
    """Harm or incidents counted somewhere, and how many units they came from.

    `through` asks for incidents: how many had gone through the first steps of a scenario.
    """

    id: Id
    outcome: Annotated[str, of_list("observed_outcome")]
    events: Fact
    units: Fact | None = None
    life_elapsed: Fact | None = None
    reported: Fact | None = None
    where: Country | None = None
    scenario: Id | None = None
    through: Annotated[int, only(int), Field(ge=1, le=30)] | None = None


@dataclass(frozen=True, config=STRICT)
class Experience:
    """Share of their life that units have behind them, share of harm that is reported, and what is known."""

    life_elapsed: Fact | None = None
    reported: Fact | None = None
    observations: Annotated[tuple[Observation, ...], Field(max_length=50)] = ()
