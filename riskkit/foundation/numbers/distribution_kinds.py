"""The kinds of distributions by which a number can be known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from riskkit.foundation.numbers.elicited import Elicited


@dataclass(frozen=True)
class Fixed:
    """A value taken as known, kept exactly (``"1/50"`` stays one fiftieth)."""

    value: Fraction


@dataclass(frozen=True)
class Range:
    """Anything between two bounds, all equally credible (uniform)."""

    low: float
    high: float


@dataclass(frozen=True)
class Pert:
    """Lowest, most credible and highest value: the beta-PERT distribution with shape 4."""

    low: float
    mode: float
    high: float


@dataclass(frozen=True)
class Beta:
    """A probability with a beta distribution, for instance from counts."""

    alpha: float
    beta: float


@dataclass(frozen=True)
class LogNormal:
    """Median and geometric standard deviation, cut off above `upper` (1 for a probability)."""

    median: float
    gsd: float
    upper: float = math.inf


@dataclass(frozen=True)
class Changed:
    """A number that a measure changes: the number as it was, times a factor, and at most a bound.

    Keeping what was known before beside what the measure does makes a what-if exact and readable.
    """

    of: Distribution
    times: Distribution
    at_most: float = math.inf


@dataclass(frozen=True)
class Unknown:
    """A number that is not known, but lies between two bounds: it leaves a range and is never drawn."""

    at_least: float = 0.0
    at_most: float = math.inf


Distribution = Fixed | Range | Pert | Beta | LogNormal | Elicited | Changed | Unknown
