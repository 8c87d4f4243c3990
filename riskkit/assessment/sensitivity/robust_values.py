"""Assigned value of a proficiency test from its results: Algorithm A and Q/Hampel of ISO 13528."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from riskkit.foundation.standards.method_numbers import method_number

Floats = NDArray[np.float64]
_MOST_ROUNDS = 500


@dataclass(frozen=True)
class RobustValue:
    """A robust mean and standard deviation, and how it was reached.

    Parameters
    ----------
    method : str
        ``algorithm_a`` or ``q_hampel``.
    value : float
        Robust mean x*, the assigned value.
    deviation : float
        Robust standard deviation s*.
    uncertainty : float
        Standard uncertainty of the assigned value, 1.25 s*/√p.
    n : int
        Number p of results used.
    n_missing : int
        Results left out because they are missing.
    rounds : DataFrame
        Each iteration: value, deviation (round 0 is the start). Empty for Q/Hampel.
    third_figure_round : int
        First round after which the third significant figure of both no longer changed, the stopping rule
        the standard describes; −1 for Q/Hampel.
    note_zh, note_en : str
        What the reader should know; empty if nothing.
    """

    method: str
    value: float
    deviation: float
    uncertainty: float
    n: int
    n_missing: int
    rounds: pd.DataFrame
    third_figure_round: int
    note_zh: str = ""
    note_en: str = ""


def _results(results: ArrayLike) -> tuple[Floats, int]:
    given = np.asarray(results, dtype=np.float64).ravel()
    known = given[~np.isnan(given)]
    if np.isinf(known).any():
        raise ValueError("results are finite numbers")
    if known.size < 3:
        raise ValueError(f"a robust value needs at least 3 results, not {known.size}")
    return known, given.size - known.size


def algorithm_a(results: ArrayLike, *, tolerance: float = 1e-10, scale: float | None = None) -> RobustValue:
    """Robust mean and standard deviation by Algorithm A: pull in what lies beyond 1.5 s*, and repeat.

    Starts from x* = median, s* = 1.483 · median |x − x*|. Each round replaces results outside
    x* ± 1.5 s* by that limit and takes their mean, and 1.134 times their standard deviation. Iterates to
    convergence; the rounds show where the standard's rule (third figure unchanged) would have stopped.

    Parameters
    ----------
    results : array_like of float
        One result a laboratory; NaN for missing. At least 3.
    tolerance : float
        Stops when neither x* nor s* changes by more than this share of s*.
    scale : float, optional
        Factor of the standard deviation in place of 1.134 (Huber's exact one is 1.13340).

    Returns
    -------
    RobustValue

    Raises
    ------
    ValueError
        When there are fewer than 3 results or one is infinite.

    References
    ----------
    .. [1] ISO 13528, C.3.1 (C.1 in the 2005 edition) (``iso_13528``).

    Examples
    --------
    >>> found = algorithm_a([12, 19, 20, 23, 23, 25, 25, 26, 28, 28, 28, 29, 30, 30, 31, 32, 32, 45])
    >>> round(found.value, 2), round(found.deviation, 2)
    (26.81, 5.29)
    """
    x, n_missing = _results(results)
    factor = method_number("algorithm_a", "scale") if scale is None else scale
    reach = method_number("algorithm_a", "reach")
    value = float(np.median(x))
    deviation = method_number("algorithm_a", "made") * float(np.median(np.abs(x - value)))
    notes = ("", "")
    if deviation == 0 and np.ptp(x) > 0:
        deviation = float(x.std(ddof=1))
        notes = (
            "半数以上结果相同，起始值改用普通标准差",
            "over half of the results are equal: started from the ordinary standard deviation",
        )
    rounds = [(value, deviation)]
    for _ in range(_MOST_ROUNDS):
        pulled = np.clip(x, value - reach * deviation, value + reach * deviation)
        value, deviation = float(pulled.mean()), factor * float(pulled.std(ddof=1))
        rounds.append((value, deviation))
        moved = max(abs(value - rounds[-2][0]), abs(deviation - rounds[-2][1]))
        if moved <= tolerance * deviation:
            break
    else:
        notes = ("未收敛", "did not converge")
    table = pd.DataFrame(rounds, columns=["value", "deviation"])
    return RobustValue(
        "algorithm_a", value, deviation, _uncertainty(deviation, x.size), x.size, n_missing, table,
        _third_figure(table), *notes,
    )  # fmt: skip


def _third_figure(rounds: pd.DataFrame) -> int:
    """First round that leaves the third significant figure of s*, and that place of x*, as it was."""
    values, deviations = rounds["value"].to_numpy(), rounds["deviation"].to_numpy()
    for number in range(1, len(rounds)):
        if deviations[number] <= 0:
            return number
        places = 2 - math.floor(math.log10(deviations[number]))
        now, before = ((round(values[k], places), round(deviations[k], places)) for k in (number, number - 1))
        if now == before:
            return number
    return len(rounds) - 1


def _uncertainty(deviation: float, n: int) -> float:
    return method_number("assigned_value", "u_factor") * deviation / math.sqrt(n)


def q_deviation(results: ArrayLike) -> float:
    """Robust standard deviation by the Q method: from the differences of all pairs of results.

    H(x) is the share of pairs that differ by at most x; it is smoothed between its steps, and the
    difference at 0.25 + 0.75 H(0) is scaled to a standard deviation of normal results.

    Parameters
    ----------
    results : array_like of float
        One result a laboratory; NaN for missing. At least 3.

    Returns
    -------
    float
        s*, in the unit of the results.

    Raises
    ------
    ValueError
        When there are fewer than 3 results or one is infinite.

    References
    ----------
    .. [1] ISO 13528, C.5.2.2 (``iso_13528``).

    Examples
    --------
    >>> round(q_deviation([1.0, 2.0, 3.0, 4.0, 5.0]), 4)
    2.5362
    """
    x, _ = _results(results)
    first, second = np.triu_indices(x.size, k=1)
    width = np.abs(x[first] - x[second])
    grain = 1e-9 * max(float(np.abs(x).max()), np.finfo(np.float64).tiny)
    steps, counts = np.unique(np.round(width / grain), return_counts=True)
    share = np.cumsum(counts) / width.size
    at_zero = float(share[0]) if steps[0] == 0 else 0.0
    middle = (share + np.concatenate([[0.0], share[:-1]])) / 2
    if steps[0] == 0:
        steps, middle = steps[1:], middle[1:]
    if steps.size == 0:
        return 0.0
    wanted = 0.25 + 0.75 * at_zero
    found = np.interp(wanted, np.concatenate([[0.0], middle]), np.concatenate([[0.0], steps * grain]))
    return float(found / (math.sqrt(2) * ndtri(0.625 + 0.375 * at_zero)))


def hampel_mean(results: ArrayLike, deviation: float) -> float:
    """Robust mean by Hampel's estimator with the finite-step solution: far results weigh nothing.

    Solves Σ ψ((x_i − x*)/s*) = 0, where ψ is piecewise linear (turning at 1.5, 3 and 4.5), exactly between
    its turning points; of several solutions the one nearest the median, the median itself if two are
    equally near or there is none.

    Parameters
    ----------
    results : array_like of float
        One result a laboratory; NaN for missing. At least 3.
    deviation : float
        Robust standard deviation s*, such as from `q_deviation`; 0 gives the median.

    Returns
    -------
    float
        x*, in the unit of the results.

    Raises
    ------
    ValueError
        When there are fewer than 3 results, one is infinite, or the deviation is negative.

    References
    ----------
    .. [1] ISO 13528, C.5.3.3 (``iso_13528``).

    Examples
    --------
    >>> hampel_mean([9.0, 10.0, 11.0, 50.0], 1.0)
    10.0
    """
    x, _ = _results(results)
    median = float(np.median(x))
    if not deviation >= 0 or math.isinf(deviation):
        raise ValueError("a standard deviation is a finite number from 0 up")
    if deviation == 0:
        return median
    turns = np.array([method_number("hampel", name) for name in "abc"])
    nodes = np.unique((x[:, None] + deviation * np.concatenate([-turns, turns])).ravel())
    total = _psi((x[None, :] - nodes[:, None]) / deviation, turns).sum(axis=1)
    total[np.abs(total) < 1e-12 * x.size] = 0.0
    solutions = list(nodes[(total == 0) & _inside(total)])
    cross = np.flatnonzero(total[:-1] * total[1:] < 0)
    steps = total[cross] / (total[cross] - total[cross + 1])
    solutions += list(nodes[cross] + steps * (nodes[cross + 1] - nodes[cross]))
    flat = np.flatnonzero((total[:-1] == 0) & (total[1:] == 0))
    solutions += [median for k in flat if nodes[k] <= median <= nodes[k + 1]]
    if not solutions:
        return median
    away = np.abs(np.array(solutions) - median)
    nearest = np.unique(np.array(solutions)[away <= away.min() * (1 + 1e-12)])
    return float(nearest[0]) if nearest.size == 1 else median


def _inside(total: Floats) -> NDArray[np.bool_]:
    """Nodes that are not in the empty stretches before the first and after the last result's reach."""
    some = np.flatnonzero(total != 0)
    place = np.arange(total.size)
    return np.asarray((place > some[0]) & (place < some[-1]) if some.size else place >= 0, dtype=np.bool_)


def _psi(q: Floats, turns: Floats) -> Floats:
    a, b, c = turns
    size = np.abs(q)
    falling = a * (c - size) / (c - b)
    return np.asarray(
        np.sign(q) * np.minimum(np.minimum(size, a), np.maximum(falling, 0.0)), dtype=np.float64
    )


def q_hampel(results: ArrayLike) -> RobustValue:
    """Robust mean and standard deviation by Q/Hampel: fit for up to about half of the results being wild.

    Parameters
    ----------
    results : array_like of float
        One result a laboratory; NaN for missing. At least 3.

    Returns
    -------
    RobustValue

    Raises
    ------
    ValueError
        When there are fewer than 3 results or one is infinite.

    References
    ----------
    .. [1] ISO 13528, C.5.4 (``iso_13528``).

    Examples
    --------
    >>> found = q_hampel([10.1, 10.2, 9.9, 10.0, 50.0])
    >>> round(found.value, 2)
    10.05
    """
    x, n_missing = _results(results)
    deviation = q_deviation(x)
    empty = pd.DataFrame(columns=["value", "deviation"], dtype="float64")
    value = hampel_mean(x, deviation)
    return RobustValue(
        "q_hampel", value, deviation, _uncertainty(deviation, x.size), x.size, n_missing, empty, -1
    )
