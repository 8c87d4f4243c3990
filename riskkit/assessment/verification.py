"""Whether a measure reduced the risk: nonconformities or incidents before and after, with interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, ndtri

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


@dataclass(frozen=True)
class Counted:
    """Events among trials, such as nonconforming among tested.

    Parameters
    ----------
    events, trials : int
        0 ≤ events ≤ trials, trials above 0.

    Raises
    ------
    ValueError
        When the numbers do not fit.
    """

    events: int
    trials: int

    def __post_init__(self) -> None:
        whole = all(isinstance(n, int | np.integer) for n in (self.events, self.trials))
        if not whole or not 0 <= self.events <= self.trials or self.trials == 0:
            raise ValueError(f"0 ≤ events ≤ trials, whole, trials above 0: not {self.events}/{self.trials}")

    @property
    def rate(self) -> float:
        """Events per trial."""
        return self.events / self.trials


@dataclass(frozen=True)
class Reduction:
    """How much a rate fell.

    Parameters
    ----------
    before, after : float
        Rates.
    difference, difference_lo, difference_hi : float
        before − after with its interval (Newcombe's hybrid score, method 10); above 0 is a reduction.
    ratio, ratio_lo, ratio_hi : float
        after / before with its interval (log method, half an event and half a trial added; NaN without any
        event).
    p_reduced : float
        Probability that the true rate fell by more than the margin (Jeffreys priors).
    verdict : str
        ``reduced`` (the whole interval lies above the margin), ``not_shown`` or ``worse`` (the whole
        interval lies below 0).
    say_zh, say_en : str
        The verdict in one sentence.
    """

    before: float
    after: float
    difference: float
    difference_lo: float
    difference_hi: float
    ratio: float
    ratio_lo: float
    ratio_hi: float
    p_reduced: float
    verdict: str
    say_zh: str
    say_en: str


def verify_reduction(
    before: Counted, after: Counted, *, margin: float = 0.0, level: float = 0.95
) -> Reduction:
    """Whether a measure reduced the rate of nonconformity or harm, from counts before and after.

    The counts must come from comparable samples: a change in what is sampled looks like an effect.

    Parameters
    ----------
    before, after : Counted
        Events among trials before and after the measure.
    margin : float
        Reduction of the rate that is asked for, 0–1; 0 asks for any.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    Reduction

    Raises
    ------
    ValueError
        When `margin` or `level` lies outside its range.

    References
    ----------
    .. [1] Newcombe (1998), Statistics in Medicine 17:873–890, method 10 (``newcombe_1998``).

    Examples
    --------
    >>> found = verify_reduction(Counted(56, 70), Counted(48, 80))
    >>> round(found.difference_lo, 4), round(found.difference_hi, 4), found.verdict
    (0.0524, 0.3339, 'reduced')
    """
    if not 0 <= margin <= 1 or not 0 < level < 1:
        raise ValueError("margin lies between 0 and 1, level strictly between them")
    z = float(ndtri(0.5 + level / 2))
    (low1, high1), (low2, high2) = _wilson(before, z), _wilson(after, z)
    difference = before.rate - after.rate
    lo = difference - math.hypot(before.rate - low1, high2 - after.rate)
    hi = difference + math.hypot(high1 - before.rate, after.rate - low2)
    verdict = "reduced" if lo > margin else ("worse" if hi < 0 else "not_shown")
    numbers = f"{before.rate:.3g} → {after.rate:.3g}", f"{lo:.3g}–{hi:.3g}"
    zh = {"reduced": "已降低", "not_shown": "尚不能证明已降低", "worse": "反而升高"}[verdict]
    en = {"reduced": "reduced", "not_shown": "not shown to be reduced", "worse": "higher than before"}[
        verdict
    ]
    return Reduction(
        before.rate,
        after.rate,
        difference,
        lo,
        hi,
        *_ratio(before, after, z),
        _p_reduced(before, after, margin),
        verdict,
        f"比率{zh}：{numbers[0]}，差的{level:.0%}区间 {numbers[1]}。",
        f"The rate is {en}: {numbers[0]}, {level:.0%} interval of the difference {numbers[1]}.",
    )


def _wilson(counted: Counted, z: float) -> tuple[float, float]:
    n, p = counted.trials, counted.rate
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if counted.events == 0 else middle - half
    return low, 1.0 if counted.events == n else middle + half


def _ratio(before: Counted, after: Counted, z: float) -> tuple[float, float, float]:
    if before.events == 0 and after.events == 0:
        return math.nan, math.nan, math.nan
    x1, n1, x2, n2 = before.events + 0.5, before.trials + 0.5, after.events + 0.5, after.trials + 0.5
    log_ratio = math.log(x2 / n2) - math.log(x1 / n1)
    se = math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    ratio = after.rate / before.rate if before.events else math.inf
    return ratio, math.exp(log_ratio - z * se), math.exp(log_ratio + z * se)


def _p_reduced(before: Counted, after: Counted, margin: float) -> float:
    """P(p_before − p_after > margin): the later rate's distribution function, averaged over the earlier."""
    share = (_NODES + 1) / 2
    first = betaincinv(before.events + 0.5, before.trials - before.events + 0.5, share)
    below = np.clip(first - margin, 0.0, 1.0)
    reached = betainc(after.events + 0.5, after.trials - after.events + 0.5, below)
    return float(np.clip((reached * _WEIGHTS).sum() / 2, 0.0, 1.0))
