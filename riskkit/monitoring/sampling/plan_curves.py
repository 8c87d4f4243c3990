"""What a sampling plan does: how often it accepts, what passes it, what it costs.

Acceptance counts a lot as accepted when fewer than the rejection number are found. Under the reduced plans
of MIL-STD-105E, with their gap, that is what happens too: the lot passes, only the inspection changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import bdtr, pdtr, xlog1py, xlogy
from scipy.special import gammaln as lgamma
from scipy.stats import hypergeom

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats

KINDS = ("binomial", "poisson", "hypergeometric")
_LARGEST = 1_000_000


@dataclass(frozen=True)
class AcceptancePlan:
    """A single plan, or a double one where `n2` is above 0.

    Parameters
    ----------
    n1, ac1, re1 : int
        Items in the first (or only) sample; accept up to, reject from.
    n2 : int
        Items in the second sample; 0 for a single plan.
    ac2, re2 : int
        Accept up to, reject from, counted over both samples.

    Raises
    ------
    InputFaults
        With every number that fits no plan.

    Examples
    --------
    >>> AcceptancePlan(200, 7, 8).n2
    0
    """

    n1: int
    ac1: int
    re1: int
    n2: int = 0
    ac2: int = 0
    re2: int = 0

    def __post_init__(self) -> None:
        rules = {
            "n1": (self.n1 >= 1, "from 1 up"),
            "ac1": (self.ac1 >= 0, "from 0 up"),
            "re1": (self.re1 > self.ac1, "above ac1"),
            "n2": (self.n2 >= 0, "from 0 up"),
            "ac2": (self.n2 == 0 or self.ac2 >= self.ac1, "not below ac1"),
            "re2": (self.n2 == 0 or self.re2 == self.ac2 + 1, "ac2 + 1"),
        }
        refuse(
            "plan", [Fault(k, str(getattr(self, k)), rule) for k, (good, rule) in rules.items() if not good]
        )


def plan_curve(
    plan: AcceptancePlan, p: ArrayLike, *, kind: str = "binomial", lot_size: int | None = None
) -> pd.DataFrame:
    """The operating characteristic of a plan, with what it costs and what passes.

    Parameters
    ----------
    plan : AcceptancePlan
        The plan.
    p : array_like of float
        Share of nonconforming items in the lot, 0–1 (for ``poisson``: nonconformities per item).
    kind : str
        ``binomial`` (a long series of lots), ``poisson`` (nonconformities per item), ``hypergeometric``
        (this one lot; p × lot size is rounded to a whole number, halves to the even one).
    lot_size : int, optional
        Items in the lot; needed for ``hypergeometric``. Without it outgoing quality is that of very large
        lots, and the total inspected is missing.

    Returns
    -------
    DataFrame
        p, p_accept, p_second (probability that the second sample is drawn), asn (mean number sampled,
        samples inspected to the end), aoq (mean share of nonconforming items that passes when rejected lots
        are sorted and their nonconforming items replaced), ati (mean total inspected, sorting included).

    Raises
    ------
    InputFaults
        With every p outside its range.
    ValueError
        When there is no such kind, or the lot is missing or too small.

    References
    ----------
    .. [1] Schilling and Neubauer, Acceptance Sampling in Quality Control, chapters 5 and 6
       (``schilling_neubauer``).

    Examples
    --------
    >>> plan_curve(AcceptancePlan(200, 7, 8), [0.01, 0.05])["p_accept"].round(6).tolist()
    [0.998987, 0.213305]
    """
    shares = _shares(p, plan, kind=kind, lot_size=lot_size)
    first, second, drawn = _accepted(plan, shares, kind=kind, lot_size=lot_size)
    both = plan.n1 + plan.n2
    accepted = np.clip(first + second, 0, 1)
    size = np.inf if lot_size is None else float(lot_size)
    left = first * (1 - plan.n1 / size) + second * (1 - both / size)
    ati = plan.n1 * first + both * second + (1 - accepted) * (np.nan if lot_size is None else size)
    columns = {"p": shares, "p_accept": accepted, "p_second": drawn, "asn": plan.n1 + plan.n2 * drawn}
    return pd.DataFrame({**columns, "aoq": shares * left, "ati": ati})


def _shares(p: ArrayLike, plan: AcceptancePlan, *, kind: str, lot_size: int | None) -> Floats:
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {shown(kind)}")
    if lot_size is None and kind == "hypergeometric":
        raise ValueError("a hypergeometric curve is that of one lot: lot_size is needed")
    if lot_size is not None and lot_size < plan.n1 + plan.n2:
        raise ValueError(f"a lot of {lot_size} is smaller than the samples; then the whole lot is inspected")
    shares = np.atleast_1d(np.asarray(p, dtype=np.float64))
    most = np.inf if kind == "poisson" else 1.0
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero(~((shares >= 0) & (shares <= most) & (shares < np.inf)))
    refuse("curve", [Fault(f"p {k}", f"{shares[k]:g}", RuleText("from 0 to {}", f"{most:g}")) for k in wrong])
    return shares


def _accepted(
    plan: AcceptancePlan, p: Floats, *, kind: str, lot_size: int | None
) -> tuple[Floats, Floats, Floats]:
    """Probability of acceptance on the first sample, on the second, and of drawing the second."""
    bad = None if lot_size is None else np.rint(p * lot_size)
    first = _at_most(plan.ac1 if plan.n2 else plan.re1 - 1, plan.n1, p, kind=kind, lot=lot_size, bad=bad)
    second, drawn = np.zeros_like(p), np.zeros_like(p)
    if plan.n2:
        drawn = _at_most(plan.re1 - 1, plan.n1, p, kind=kind, lot=lot_size, bad=bad) - first
        for found in range(plan.ac1 + 1, min(plan.re1 - 1, plan.ac2) + 1):
            exactly = _exactly(found, plan.n1, p, kind=kind, lot=lot_size, bad=bad)
            rest = None if lot_size is None else lot_size - plan.n1
            left = None if bad is None or rest is None else np.clip(bad - found, 0, rest)
            second += exactly * _at_most(plan.ac2 - found, plan.n2, p, kind=kind, lot=rest, bad=left)
    return first, second, np.clip(drawn, 0, 1)


def _at_most(c: int, n: int, p: Floats, *, kind: str, lot: int | None, bad: Floats | None) -> Floats:
    if kind == "binomial":
        return np.asarray(np.ones_like(p) if c >= n else bdtr(float(c), n, p), dtype=np.float64)
    if kind == "poisson":
        return np.asarray(pdtr(float(c), n * p), dtype=np.float64)
    return np.asarray(hypergeom.cdf(c, lot, bad, n), dtype=np.float64)


def _exactly(k: int, n: int, p: Floats, *, kind: str, lot: int | None, bad: Floats | None) -> Floats:
    if kind == "binomial":
        if k > n:
            return np.zeros_like(p)
        choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        return np.asarray(np.exp(choose + xlogy(k, p) + xlog1py(n - k, -p)), dtype=np.float64)
    if kind == "poisson":
        return np.asarray(np.exp(xlogy(k, n * p) - n * p - lgamma(k + 1)), dtype=np.float64)
    return np.asarray(hypergeom.pmf(k, lot, bad, n), dtype=np.float64)


def find_plan(
    good: tuple[float, float],
    bad: tuple[float, float],
    *,
    kind: str = "binomial",
    lot_size: int | None = None,
) -> AcceptancePlan:
    """The smallest single plan that passes good lots often enough and bad ones seldom enough.

    Parameters
    ----------
    good : tuple of float
        Share of nonconforming items of a good lot, and the probability with which it must at least pass.
    bad : tuple of float
        The same of a bad lot, and the probability with which it may at most pass.
    kind, lot_size
        As for `plan_curve`.

    Returns
    -------
    AcceptancePlan
        That with the smallest acceptance number, and for it the smallest sample.

    Raises
    ------
    ValueError
        When the two points cannot be told apart, or no plan of at most 1,000,000 (or the lot) does.

    References
    ----------
    .. [1] Kiermeier (2008), Visualizing and assessing acceptance sampling plans, J. Stat. Software 26(6)
       (``kiermeier_2008``).

    Examples
    --------
    >>> find_plan((0.01, 0.95), (0.10, 0.10))
    AcceptancePlan(n1=52, ac1=2, re1=3, n2=0, ac2=0, re2=0)
    """
    (low, pass_often), (high, pass_seldom) = good, bad
    if not (0 < low < high and 0 < pass_seldom < pass_often < 1):
        raise ValueError("a good lot has fewer nonconforming items than a bad one, and passes more often")
    most = _LARGEST if lot_size is None else lot_size

    def accepts(n: int, c: int, p: float) -> float:
        bad_items = None if lot_size is None else np.rint(np.array([p]) * lot_size)
        return float(_at_most(c, n, np.array([p]), kind=kind, lot=lot_size, bad=bad_items)[0])

    if kind not in KINDS or (kind == "hypergeometric" and lot_size is None):
        raise ValueError(f"kind is one of {', '.join(KINDS)}, with lot_size for hypergeometric")
    n, c = 1, 0
    while True:
        n = _first(lambda size, c=c: accepts(size, c, high) <= pass_seldom, n, most)  # type: ignore[misc]
        if accepts(n, c, low) >= pass_often:
            return AcceptancePlan(n, c, c + 1)
        c += 1


def _first(holds: Callable[[int], bool], low: int, most: int) -> int:
    """The smallest whole number from `low` up at which a condition holds that holds ever after."""
    high = low
    while not holds(min(high, most)):
        if high >= most:
            raise ValueError(f"no plan of at most {most} items does this")
        low, high = high + 1, high * 2
    high = min(high, most)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
