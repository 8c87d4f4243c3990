"""How many draws are enough: running estimates with their error, and a rule to stop.

The errors are those of independent draws. Latin hypercube and Sobol' draws are as a rule nearer to the
truth than these errors say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import ArrayLike

from riskkit.foundation.numbers.distributions import Floats

# with fewer draws the estimate of the error is itself mostly error
_FIRST = 100
_COLUMNS = ["n", "estimate", "se", "lo", "hi"]


def checkpoints(n: int) -> tuple[int, ...]:
    """Numbers of draws at which a running estimate is shown: 100, 200, 400, … and all.

    Examples
    --------
    >>> checkpoints(1000)
    (100, 200, 400, 800, 1000)
    """
    doubled = [_FIRST << step for step in range(max(n // _FIRST, 1).bit_length()) if _FIRST << step < n]
    return (*doubled, n)


def running_share(flags: ArrayLike, *, at: Sequence[int] | None = None, level: float = 0.95) -> pd.DataFrame:
    """A share of draws as the draws come in, with its error.

    Parameters
    ----------
    flags : array_like of bool, shape (n,)
        Whether each draw counts.
    at : sequence of int, optional
        Numbers of draws to show; `checkpoints` otherwise.
    level : float
        Of the confidence interval.

    Returns
    -------
    DataFrame
        n, estimate, se (√(s(1−s)/n)), lo, hi (Wilson's interval, which does not shrink to nothing at 0
        and 1).

    References
    ----------
    .. [1] E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209–212.

    Examples
    --------
    >>> running_share([True] + [False] * 9, at=[10]).round(4).iloc[0].tolist()
    [10.0, 0.1, 0.0949, 0.0179, 0.4042]
    """
    seen = np.asarray(flags, dtype=np.float64)
    n = np.asarray(at if at is not None else checkpoints(seen.size), dtype=np.float64)
    share = np.cumsum(seen)[n.astype(np.int64) - 1] / n
    z = float(scipy.special.ndtri((1 + level) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    rows = [n.astype(np.int64), share, np.sqrt(share * (1 - share) / n), middle - half, middle + half]
    return pd.DataFrame(dict(zip(_COLUMNS, rows, strict=True)))


def running_quantile(
    values: ArrayLike, prob: float, *, at: Sequence[int] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """A quantile as the draws come in, with its error.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Draws.
    prob : float
        Which quantile, strictly between 0 and 1.
    at : sequence of int, optional
        Numbers of draws to show; `checkpoints` otherwise.
    level : float
        Of the confidence interval.

    Returns
    -------
    DataFrame
        n, estimate, se (half the interval over its normal quantile), lo, hi (order statistics at
        n p ∓ z √(n p (1−p)); infinite while there are too few draws for them).

    References
    ----------
    .. [1] H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed. (2003).

    Examples
    --------
    >>> running_quantile(np.arange(1000.0), 0.5, at=[1000]).round(1).iloc[0].tolist()
    [1000.0, 499.5, 15.8, 468.0, 530.0]
    """
    seen, z = np.asarray(values, dtype=np.float64), float(scipy.special.ndtri((1 + level) / 2))
    rows = []
    for n in at if at is not None else checkpoints(seen.size):
        ordered = np.sort(seen[:n])
        reach = z * math.sqrt(n * prob * (1 - prob))
        below, above = math.floor(n * prob - reach) - 1, math.ceil(n * prob + reach) - 1
        lo = float(ordered[below]) if below >= 0 else -math.inf
        hi = float(ordered[above]) if above < n else math.inf
        rows.append((n, float(np.quantile(ordered, prob)), (hi - lo) / (2 * z), lo, hi))
    return pd.DataFrame(rows, columns=_COLUMNS)


def is_settled(running: pd.DataFrame, *, absolute: float = 0.0, relative: float = 0.0) -> bool:
    """Whether the last estimate of a running table is near enough.

    Parameters
    ----------
    running : DataFrame
        As from `running_share` or `running_quantile`.
    absolute, relative : float
        Half the width the interval may have, as such or as a part of the estimate; the larger counts.

    Examples
    --------
    >>> is_settled(running_share([False] * 100), absolute=0.01)
    False
    >>> is_settled(running_share([False] * 1000), absolute=0.01)
    True
    """
    last = running.iloc[-1]
    return bool((last["hi"] - last["lo"]) / 2 <= max(absolute, relative * abs(last["estimate"])))


@dataclass(frozen=True)
class Settled:
    """Draws taken until an estimate was near enough, or until there were as many as allowed.

    Parameters
    ----------
    values : ndarray
        All draws.
    running : DataFrame
        The estimate after each batch.
    is_settled : bool
        Whether it was near enough when the drawing stopped.
    """

    values: Floats
    running: pd.DataFrame
    is_settled: bool


def draw_until(
    draw: Callable[[int], Floats],
    running: Callable[[Floats, Sequence[int]], pd.DataFrame],
    *,
    absolute: float = 0.0,
    relative: float = 0.0,
    most: int = 1_000_000,
) -> Settled:
    """Draw, doubling each time, until an estimate is near enough.

    Looking again and again lets a test stop a little early by luck: the interval at the stop holds the
    truth slightly less often than its level says.

    Parameters
    ----------
    draw : callable
        From a number to that many further results.
    running : callable
        From all results and the numbers of draws to show, to a running table.
    absolute, relative : float
        As in `is_settled`.
    most : int
        Draws at which to stop in any case.

    Returns
    -------
    Settled

    Raises
    ------
    ValueError
        When neither tolerance is above 0, or `most` is below 1,000.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> def median(values, at):
    ...     return running_quantile(values, 0.5, at=at)
    >>> done = draw_until(rng.random, median, absolute=0.01)
    >>> done.is_settled, len(done.values) in (8000, 16000)
    (True, True)
    """
    if max(absolute, relative) <= 0 or most < 10 * _FIRST:
        raise ValueError(f"a tolerance above 0 and at least {10 * _FIRST} draws")
    values = np.asarray(draw(10 * _FIRST), dtype=np.float64)
    at = [values.size]
    while not is_settled(running(values, at[-1:]), absolute=absolute, relative=relative):
        more = min(values.size, most - values.size)
        if more <= 0:
            return Settled(values, running(values, at), is_settled=False)
        values = np.concatenate([values, draw(more)])
        at.append(values.size)
    return Settled(values, running(values, at), is_settled=True)
