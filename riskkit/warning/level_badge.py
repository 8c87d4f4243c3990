"""The level that is shown: the gravest that at least half of the simulations reach.

Two things keep a level from being one sign, and they are kept apart: facts that are missing leave a range
(`level` to `level_hi`), uncertain numbers spread the simulations (`p_level`, `may_be`).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.short_repr import html_card
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale

Ranks = NDArray[np.int8]


class Levels(Protocol):
    """Level ranks with missing facts at their mildest and at their worst, 1 Ⅳ … 4 Ⅰ, one a simulation."""

    @property
    def lo(self) -> Ranks:
        """Missing facts at their mildest."""

    @property
    def hi(self) -> Ranks:
        """Missing facts at their worst."""


class _Risk(Protocol):
    @property
    def risk_rank(self) -> Ranks:
        """Rank 1–4 of the risk of a scenario, serious where that is presumed."""


class Graded(Levels, Protocol):
    """Levels with the scenarios behind them."""

    @property
    def scenarios(self) -> Sequence[_Risk]:
        """By scenario."""


@dataclass(frozen=True)
class LevelBadge:
    """What is shown of a level, and what is said beside it.

    Parameters
    ----------
    scale : str
        ``warning`` or ``risk``.
    level, level_hi : str
        The gravest level that the share `reached` of the simulations reaches, with missing facts at their
        mildest and at their worst: they differ only where a missing fact matters.
    best, best_hi : str
        The level at the best estimates, with missing facts at their mildest and at their worst.
    p_level : float
        Share of the simulations that come to exactly `level`, missing facts at their mildest.
    p_reached : float
        Share of the simulations that reach `level` or a graver one.
    may_be : tuple of (str, float)
        Levels graver than `level_hi` that at least the share `named` of the simulations reaches with
        missing facts at their worst, the mildest first, each with that share.
    draws : int
        Simulations.
    reached, named : float
        The two shares that were used.
    """

    scale: str
    level: str
    level_hi: str
    best: str
    best_hi: str
    p_level: float
    p_reached: float
    may_be: tuple[tuple[str, float], ...]
    draws: int
    reached: float
    named: float

    def __repr__(self) -> str:
        may_be = "".join(f", {level} {share:.0%}" for level, share in self.may_be)
        ends = self.level if self.level == self.level_hi else f"{self.level} to {self.level_hi}"
        return f"LevelBadge({self.scale} {ends}, p_reached={self.p_reached:.3g}{may_be})"

    def _repr_html_(self) -> str:
        shown = {"level": self.level, "level_hi": self.level_hi, "p_level": f"{self.p_level:.3g}"}
        return html_card(f"LevelBadge {self.scale}", shown | {"draws": self.draws})

    def is_range(self) -> bool:
        """Whether missing facts leave more than one level."""
        return self.level != self.level_hi

    def differs_from_best(self) -> bool:
        """Whether the best estimates come to other levels than the simulations."""
        return (self.level, self.level_hi) != (self.best, self.best_hi)


@functools.cache
def badge_shares(*, on: dt.date) -> tuple[float, float]:
    """The shares in force on a day: of simulations that must reach a level for it to be shown or named.

    Raises
    ------
    KeyError
        When none is in force.

    References
    ----------
    .. [1] Rows ``badge`` of ``method_numbers.csv``, house.

    Examples
    --------
    >>> badge_shares(on=dt.date(2026, 5, 1))
    (0.5, 0.2)
    """
    rows = standards.table("method_numbers", on=on)
    found = rows[rows["method"] == "badge"].set_index("name")["value"]
    return float(found["reached"]), float(found["may_be"])


def level_badge(
    ranks: tuple[Ranks, Ranks],
    best: tuple[int, int],
    *,
    shares: tuple[float, float],
    of: str = "warning",
    draws: int | None = None,
) -> LevelBadge:
    """The badge of a level from its simulations.

    Parameters
    ----------
    ranks : pair of ndarray of int8, shape (draws,)
        Rank 1–4 of each simulation, with missing facts at their mildest and at their worst.
    best : pair of int
        The same at the best estimates.
    shares : pair of float
        As from `badge_shares`: what must be reached, above 0 and at most 1, and what is named.
    of : str
        Scale: ``warning`` or ``risk``.
    draws : int, optional
        Simulations behind ranks that are the same in all of them.

    Returns
    -------
    LevelBadge

    Raises
    ------
    ValueError
        When a share lies outside 0–1 or there is no simulation.

    Examples
    --------
    >>> lo = np.array([3] * 63 + [4] * 37, dtype=np.int8)
    >>> badge = level_badge((lo, lo), (3, 3), shares=(0.5, 0.2))
    >>> badge.level, badge.p_level, badge.may_be
    ('Ⅱ', 0.63, (('Ⅰ', 0.37),))
    >>> level_badge((lo, lo), (3, 3), shares=(0.3, 0.2)).level
    'Ⅰ'
    """
    reached, named = shares
    if not (0 < reached <= 1 and 0 < named <= 1):
        raise ValueError("shares above 0 and at most 1")
    at_least = [_at_least(end) for end in ranks]
    codes = scale(of).codes
    shown = [max(rank for rank in range(4) if found[rank] >= reached) for found in at_least]
    lo, hi = shown[0], shown[1]
    next_up = at_least[0][lo + 1] if lo < 3 else 0.0
    return LevelBadge(
        scale=of,
        level=codes[lo],
        level_hi=codes[hi],
        best=codes[best[0] - 1],
        best_hi=codes[best[1] - 1],
        p_level=round(at_least[0][lo] - next_up, 12),
        p_reached=at_least[0][lo],
        may_be=tuple((codes[k], at_least[1][k]) for k in range(hi + 1, 4) if at_least[1][k] >= named),
        draws=draws or max(end.size for end in ranks),
        reached=reached,
        named=named,
    )


def outcome_badge(now: Levels, drawn: Levels, *, on: dt.date, draws: int) -> LevelBadge:
    """The badge of the warning level of a graded case, with the shares in force on a day.

    Parameters
    ----------
    now, drawn : Levels
        At the best estimates (one entry) and over the simulations.
    on : date
        Day of the assessment.
    draws : int
        Simulations.

    Raises
    ------
    KeyError
        When no shares are in force on that day.

    Examples
    --------
    >>> from types import SimpleNamespace as Made
    >>> now, rank = Made(lo=np.array([3]), hi=np.array([3])), np.array([3, 4], dtype=np.int8)
    >>> outcome_badge(now, Made(lo=rank, hi=rank), on=dt.date(2026, 5, 1), draws=2).level
    'Ⅰ'
    """
    best = int(now.lo[0]), int(now.hi[0])
    return level_badge((drawn.lo, drawn.hi), best, shares=badge_shares(on=on), draws=draws)


def risk_badge(now: Graded, drawn: Graded, *, on: dt.date, draws: int) -> LevelBadge:
    """The badge of the product's risk: that of its gravest scenario, serious where that is presumed.

    Parameters
    ----------
    now, drawn, on, draws
        As for `outcome_badge`.

    Raises
    ------
    KeyError
        When no shares are in force on that day.

    Examples
    --------
    >>> from types import SimpleNamespace as Made
    >>> now, drawn = (Made(lo=None, hi=None, scenarios=[Made(risk_rank=np.array(ranks, dtype=np.int8))])
    ...               for ranks in ([1], [1, 2, 2]))
    >>> risk_badge(now, drawn, on=dt.date(2026, 5, 1), draws=3).level
    'medium'
    """
    over, at = (
        np.max(np.broadcast_arrays(*(s.risk_rank for s in one.scenarios)), axis=0) for one in (drawn, now)
    )
    best = int(at[0]), int(at[0])
    return level_badge((over, over), best, shares=badge_shares(on=on), of="risk", draws=draws)


def _at_least(ranks: Ranks) -> Sequence[float]:
    """Share of simulations that reach each rank, from whole counts."""
    if ranks.size == 0:
        raise ValueError("at least one simulation")
    return [float(int((ranks >= rank).sum()) / ranks.size) for rank in range(1, 5)]
