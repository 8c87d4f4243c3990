"""How far each input moves the chance of a level."""

from __future__ import annotations

import math
from typing import Any

from riskkit.case.case import Assessment
from riskkit.foundation.standards.tables import records

MOST_INPUTS = 10


def standard_error(share: float, draws: int) -> float:
    """Standard error of a share of draws."""
    return math.sqrt(share * (1 - share) / draws)


def moving_inputs(assessment: Assessment) -> list[dict[str, Any]]:
    """The rows of the tornado whose swing is more than chance and at least 0.01 levels, widest first."""
    least = max(chance_swing(assessment), 0.01)
    return [row for row in records(assessment.tornado) if row["swing"] >= least][:MOST_INPUTS]


def chance_swing(assessment: Assessment) -> float:
    """The largest swing of an input that chance alone may bring about [levels]."""
    spread = sum(math.sqrt(max(0.0, square - mean**2)) for mean, square in _moments(assessment)) / 2
    return 2 * spread * math.sqrt(2 / max(1.0, 0.1 * assessment.draws))


def _moments(assessment: Assessment) -> list[tuple[float, float]]:
    """Mean and mean square of the proven and of the possible rank, from the shares at least at each rank."""
    proven = [float(share) for share in assessment.shares["at_least"]]
    above = [*proven[1:], 0.0]  # a draw may be of a level if it reaches it and is not proven to be above
    possible = [float(p) + q for p, q in zip(assessment.shares["possible"], above, strict=True)]
    return [
        (sum(shares), sum((2 * rank - 1) * share for rank, share in enumerate(shares, start=1)))
        for shares in (proven, possible)
    ]


def mean_rank(assessment: Assessment) -> float:
    """Mean level over draws, 1 Ⅳ … 4 Ⅰ, the middle where missing facts leave a range."""
    return sum(mean for mean, _ in _moments(assessment)) / 2
