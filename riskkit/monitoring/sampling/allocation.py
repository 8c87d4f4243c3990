"""How samples are shared out over strata: in proportion, by Neyman, by cost; in whole numbers that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.monitoring.marginal_gain import share_budget

METHODS = ("proportional", "neyman")
COLUMNS = (
    NumberColumn("size", low=1, is_whole=True),
    NumberColumn("sd", low=0),
    NumberColumn("cost", low=0, is_above=True),
)


def proportional_shares(size: ArrayLike, *, n: float) -> Floats:
    """Samples in proportion to the strata, not rounded.

    Parameters
    ----------
    size : array_like of float, shape (h,)
        Items in each stratum.
    n : float
        Samples in all.

    References
    ----------
    .. [1] Cochran, Sampling Techniques, section 5.4 (``cochran_1977``).

    Examples
    --------
    >>> proportional_shares([5000, 3000, 2000], n=300).tolist()
    [150.0, 90.0, 60.0]
    """
    sizes = np.asarray(size, dtype=np.float64)
    return np.asarray(n * sizes / sizes.sum(), dtype=np.float64)


def neyman_shares(size: ArrayLike, sd: ArrayLike, *, n: float) -> Floats:
    """Samples that give the total its smallest variance, not rounded: n N S / Σ N S.

    Parameters
    ----------
    size, sd : array_like of float, shape (h,)
        Items in each stratum, and the standard deviation among them (√(p(1−p)) for a rate p).
    n : float
        Samples in all.

    References
    ----------
    .. [1] Neyman (1934), as Cochran, Sampling Techniques, section 5.5 (``cochran_1977``).

    Examples
    --------
    >>> neyman_shares([5000, 3000, 2000], [10, 20, 40], n=300).round(3).tolist()
    [78.947, 94.737, 126.316]
    """
    weight = np.asarray(size, dtype=np.float64) * np.asarray(sd, dtype=np.float64)
    if not weight.sum() > 0:
        raise ValueError("no stratum varies: there is nothing to share out by")
    return np.asarray(n * weight / weight.sum(), dtype=np.float64)


def cost_shares(size: ArrayLike, sd: ArrayLike, cost: ArrayLike, *, budget: float) -> Floats:
    """Samples that give the total its smallest variance for the money, not rounded: ∝ N S / √c.

    Parameters
    ----------
    size, sd, cost : array_like of float, shape (h,)
        Items in each stratum, standard deviation among them, cost of one sample.
    budget : float
        What all samples may cost, in the unit of `cost`.

    References
    ----------
    .. [1] Cochran, Sampling Techniques, section 5.5 (``cochran_1977``).

    Examples
    --------
    >>> cost_shares([100, 100], [1, 1], [1, 4], budget=60).tolist()
    [20.0, 10.0]
    """
    price = np.asarray(cost, dtype=np.float64)
    weight = np.asarray(size, dtype=np.float64) * np.asarray(sd, dtype=np.float64) / np.sqrt(price)
    if not weight.sum() > 0:
        raise ValueError("no stratum varies: there is nothing to share out by")
    return np.asarray(budget * weight / (weight * price).sum(), dtype=np.float64)


def allocate(
    strata: pd.DataFrame, *, budget: float, method: str = "neyman", minimum: int | None = None
) -> pd.DataFrame:
    """Whole numbers of samples for each stratum, within a budget.

    ``neyman`` gives the total its smallest variance among all whole numbers within the bounds; where costs
    differ, `bound` says how much of that variance could at most still be won. ``proportional`` rounds by
    the largest remainders.

    Parameters
    ----------
    strata : DataFrame
        size (items, from 1 up), sd (from 0 up; not needed for ``proportional``); cost of one sample, if
        costs differ (``neyman`` only; 1 otherwise).
    budget : float
        What may be spent in all: the number of samples where there is no cost.
    method : str
        ``neyman`` or ``proportional``.
    minimum : int, optional
        Fewest samples in a stratum (all of it, where it has fewer items); the house number otherwise, which
        is what a variance needs.

    Returns
    -------
    DataFrame
        Index of `strata`: n, share (not rounded and not bounded), spent, bound (the same in every row
        [variance of the total]).

    Raises
    ------
    InputFaults
        With every missing column and wrong value, or when the fewest samples cost more than the budget.

    References
    ----------
    .. [1] Wright (2012), The equivalence of Neyman optimum allocation for sampling and equal proportions
       (``wright_2012``).

    Examples
    --------
    >>> strata = pd.DataFrame({"size": [5000, 3000, 2000], "sd": [10, 20, 40]})
    >>> allocate(strata, budget=300)["n"].tolist()
    [79, 95, 126]
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {shown(method)}")
    given = strata if "cost" in strata else strata.assign(cost=1.0)
    given = given if "sd" in given or method == "neyman" else given.assign(sd=0.0)
    numbers = number_columns(given, COLUMNS, what="strata")
    size, sd, cost = (numbers[name] for name in ("size", "sd", "cost"))
    fewest = int(method_number("allocation", "minimum")) if minimum is None else minimum
    lower = np.minimum(fewest, size).astype(np.int64)
    if method == "proportional":
        rule = "the same in every stratum, for samples in proportion"
        refuse("strata", [] if np.ptp(cost) == 0 else [Fault("strata: cost", "differs", rule)])
        n = _largest_remainders(size, int(np.floor(budget / cost[0] + 1e-9)), lower)
        share, bound = proportional_shares(size, n=budget / cost[0]), 0.0
    else:
        squares = (size * sd) ** 2
        start = np.where(squares > 0, np.maximum(lower, 1), lower)

        def gain(count: np.ndarray) -> Floats:
            at = np.maximum(count, 1).astype(np.float64)
            return np.asarray(squares / (at * (at + 1)), dtype=np.float64)

        found = share_budget(gain, cost, budget=budget, lower=start, upper=size.astype(np.int64))
        n, bound = found.n, found.bound
        share = cost_shares(size, sd, cost, budget=budget)
    return pd.DataFrame({"n": n, "share": share, "spent": n * cost, "bound": bound}, index=strata.index)


def _largest_remainders(size: Floats, n: int, lower: np.ndarray) -> np.ndarray:
    """Whole numbers in proportion, not below `lower` nor above the stratum, that add up to n."""
    n = min(n, int(size.sum()))
    if int(lower.sum()) > n:
        refuse(
            "budget",
            [Fault("budget", str(n), RuleText("enough for the fewest samples: {}", int(lower.sum())))],
        )
    fixed = np.full(size.size, -1, dtype=np.int64)
    while True:
        is_free = fixed < 0
        left = n - int(fixed[~is_free].sum())
        ideal = np.where(is_free, left * size / size[is_free].sum() if is_free.any() else 0.0, 0.0)
        low, high = is_free & (ideal < lower), is_free & (ideal > size)
        if not (low | high).any():
            break
        fixed = np.where(low, lower, np.where(high & ~low.any(), size.astype(np.int64), fixed))
    out = np.where(is_free, np.floor(ideal + 1e-9).astype(np.int64), fixed)
    rest = ideal - np.floor(ideal + 1e-9)
    order = np.argsort(np.where(is_free & (out < size), -rest, np.inf), kind="stable")
    out[order[: n - int(out.sum())]] += 1
    return out
