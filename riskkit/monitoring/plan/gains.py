"""What a further sample gains in each cell of a monitoring plan: it teaches, and it may find.

The gain of a plan is w·L + (1 − w)·F. L is the share of the uncertainty about the harm-weighted volume of
nonconforming goods, Σ (exposure·consequence)²·V, that testing is expected to take away; F is the share of
Σ exposure·consequence in cells where it finds at least one nonconforming item. Both are sums over cells that
rise ever more slowly with the samples of a cell, so that sharing by marginal gain is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.marginal_gain import share_budget
from riskkit.monitoring.plan.preposterior import (
    expected_reduction,
    next_found,
    next_reduction,
    p_found,
    rate_variance,
)

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Gains:
    """What a further sample gains in each cell; made by `gains_of`.

    Parameters
    ----------
    alpha, beta : ndarray of float
        Of each cell's rate.
    doubt, harm : ndarray of float
        (exposure·consequence)² over Σ (exposure·consequence)²·V; exposure·consequence over its sum. 0 where
        unknown.
    weight : float
        w.
    cost : ndarray of float
        Of one sample.
    drawn, most : ndarray of int
        Samples drawn at random, which come first; most samples besides them.
    is_usable : ndarray of bool
        Whether the cell is planned and its exposure and consequence are known.
    """

    alpha: Floats
    beta: Floats
    doubt: Floats
    harm: Floats
    weight: float
    cost: Floats
    drawn: Whole
    most: Whole
    is_usable: NDArray[np.bool_]

    def parts(self, n: Whole) -> tuple[Floats, Floats]:
        """What the next targeted sample gains by teaching and by finding, where there are n."""
        taken = n + self.drawn
        learns = self.weight * self.doubt * next_reduction(self.alpha, self.beta, taken)
        return learns, (1 - self.weight) * self.harm * next_found(self.alpha, self.beta, taken)

    def gain(self, n: Whole) -> Floats:
        """What the next targeted sample gains, where there are n."""
        learns, finds = self.parts(n)
        return learns + finds

    def won(self, n: Whole) -> tuple[float, float]:
        """L and F of n targeted samples and those drawn."""
        taken = n + self.drawn
        learned = self.doubt * expected_reduction(self.alpha, self.beta, taken)
        found = self.harm * p_found(self.alpha, self.beta, taken)
        return float(learned.sum()), float(found.sum())


def gains_of(cells: pd.DataFrame, numbers: dict[str, Floats], *, weight: float) -> Gains:
    """The gains of cells.

    Parameters
    ----------
    cells : DataFrame
        alpha, beta, n_random, is_planned.
    numbers : dict of str to ndarray of float
        exposure, consequence, unit_cost, n_most (NaN for unknown, or for no bound).
    weight : float
        Of learning against finding, 0–1.

    Examples
    --------
    >>> cells = pd.DataFrame({"alpha": [1.0], "beta": [1.0], "n_random": [0], "is_planned": [True]})
    >>> numbers = {"exposure": np.ones(1), "consequence": np.ones(1), "unit_cost": np.ones(1),
    ...            "n_most": np.full(1, np.nan)}
    >>> [round(part, 3) for part in gains_of(cells, numbers, weight=0.5).won(np.array([2]))]
    [0.5, 0.667]
    """
    alpha, beta = (cells[name].to_numpy(dtype=np.float64) for name in ("alpha", "beta"))
    value = numbers["exposure"] * numbers["consequence"]
    is_usable = cells["is_planned"].to_numpy(dtype=np.bool_) & ~np.isnan(value)
    value = np.where(is_usable, value, 0.0)
    doubt, harm = float((value**2 * rate_variance(alpha, beta)).sum()), float(value.sum())
    drawn = cells["n_random"].to_numpy(dtype=np.int64)
    most = np.clip(np.nan_to_num(numbers["n_most"], nan=2.0**40) - drawn, 0, 2.0**40)
    return Gains(
        alpha,
        beta,
        value**2 / doubt if doubt > 0 else np.zeros_like(value),
        value / harm if harm > 0 else np.zeros_like(value),
        weight,
        numbers["unit_cost"],
        drawn,
        np.where(is_usable, most, 0).astype(np.int64),
        is_usable,
    )


def class_floors(gains: Gains, classes: NDArray[np.object_], *, budget: float, share: float) -> Whole:
    """The fewest targeted samples of each cell so that no hazard class goes without.

    Parameters
    ----------
    gains : Gains
        Of all cells.
    classes : ndarray of str
        Hazard class of each cell.
    budget : float
        Of the targeted samples, in the unit of the costs.
    share : float
        Of the budget, for each class that has a usable cell.

    Returns
    -------
    ndarray of int
        For each class its best samples within that share.

    Examples
    --------
    >>> cells = pd.DataFrame({"alpha": [1.0] * 2, "beta": [1.0] * 2, "n_random": 0, "is_planned": True})
    >>> numbers = {"exposure": np.array([1.0, 1e-9]), "consequence": np.ones(2), "unit_cost": np.ones(2),
    ...            "n_most": np.full(2, np.nan)}
    >>> both = np.array(["physical", "chemical"], dtype=object)
    >>> class_floors(gains_of(cells, numbers, weight=0.5), both, budget=20, share=0.1).tolist()
    [2, 2]
    """
    fewest = np.zeros(len(classes), dtype=np.int64)
    for name in dict.fromkeys(classes):
        most = np.where((classes == name) & gains.is_usable, gains.most, 0)
        if most.any() and share > 0:
            none = np.zeros_like(fewest)
            found = share_budget(gains.gain, gains.cost, budget=budget * share, lower=none, upper=most)
            fewest += found.n
    return fewest
