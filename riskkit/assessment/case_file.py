"""What a case file may say: the frozen records behind ``data/cases/*.toml``.

A number in a case is a :class:`Fact`: a value or a distribution, with where it comes from
(`basis` ``fact`` or ``judgement``, `source` ids). Texts exist in zh and en.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from riskkit.foundation import codes, standards
from riskkit.foundation.uncertainty import Distribution, check_support, parse_distribution

_STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True, str_strip_whitespace=True)

Basis = Literal["fact", "judgement"]
Evidence = Literal["sole_judgement", "some_data", "strong_data"]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
