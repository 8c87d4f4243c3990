"""Judgements in the manner of SHELF – quartiles, tertiles, chips – and what fits them, shown back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.numbers.elicited import elicited_quantile, fit_quantiles

Floats = NDArray[np.float64]
QUARTILES, TERTILES = (0.25, 0.5, 0.75), (1 / 3, 0.5, 2 / 3)
SHOWN_BACK = (0.05, 0.25, 0.5, 0.75, 0.95)
_RISING = "rising, and strictly inside the plausible range"


def quantile_judgements(
    values: Sequence[float], *, manner: str = "quartiles", lower: float = -math.inf, upper: float = math.inf
) -> tuple[Floats, Floats]:
    """Three judged values with the probabilities that they stand for.

    Parameters
    ----------
    values : sequence of float, length 3
        Lower quartile, median, upper quartile; or lower tertile, median, upper tertile.
    manner : str
        ``quartiles`` or ``tertiles``.
    lower, upper : float
        Plausible range.

    Returns
    -------
    values, probs : ndarray of float, shape (3,)

    Raises
    ------
    InputFaults
        When the values are not three, not rising or outside the plausible range.

    References
    ----------
    .. [1] SHELF protocol, R package SHELF 1.12.0 (``shelf_package``).

    Examples
    --------
    >>> quantile_judgements([30, 40, 50], manner="tertiles")[1].round(3).tolist()
    [0.333, 0.5, 0.667]
    """
    known = {"quartiles": QUARTILES, "tertiles": TERTILES}
    if manner not in known:
        refuse("judgements", [Fault("manner", shown(manner), one_of(str(manner), known))])
    x = np.asarray(values, dtype=np.float64)
    is_right = x.shape == (3,) and lower < x[0] < x[1] < x[2] < upper
    refuse("judgements", [] if is_right else [Fault(manner, shown(x.tolist()), _RISING)])
    return x, np.array(known[manner])


def roulette_judgements(edges: ArrayLike, chips: ArrayLike) -> tuple[Floats, Floats]:
    """Chips laid into bins, as values with the probabilities of lying below them.

    Parameters
    ----------
    edges : array_like of float, shape (bins + 1,)
        Rising.
    chips : array_like of int, shape (bins,)
        How many chips lie in each bin.

    Returns
    -------
    values, probs : ndarray of float
        The inner edges at which some, and not all, of the probability lies below; edges between which no
        chip lies are given once, in their middle.

    Raises
    ------
    InputFaults
        When edges do not rise, chips are negative or no whole numbers, or fewer than two bins hold any.

    References
    ----------
    .. [1] SHELF protocol, R package SHELF 1.12.0 (``shelf_package``).

    Examples
    --------
    >>> values, probs = roulette_judgements([0, 10, 20, 30, 40], [1, 4, 4, 1])
    >>> values.tolist(), probs.tolist()
    ([10.0, 20.0, 30.0], [0.1, 0.5, 0.9])
    """
    x, n = np.asarray(edges, dtype=np.float64), np.asarray(chips, dtype=np.float64)
    faults = []
    is_rising = x.ndim == 1 and bool(np.isfinite(x).all()) and bool((np.diff(x) > 0).all())
    if not is_rising or n.shape != (x.size - 1,):
        faults.append(Fault("edges", shown(x.tolist()), "rising numbers, one more than bins"))
    if not (np.isfinite(n) & (n >= 0) & (n == np.floor(n))).all() or (n > 0).sum() < 2:
        faults.append(Fault("chips", shown(n.tolist()), "whole numbers, not negative, in two bins at least"))
    refuse("judgements", faults)
    below = n.cumsum()[:-1] / n.sum()
    inside = (below > 0) & (below < 1)
    table = pd.DataFrame({"value": x[1:-1][inside], "prob": below[inside]})
    found = table.groupby("prob", sort=True)["value"].mean()
    return found.to_numpy(dtype=np.float64), found.index.to_numpy(dtype=np.float64)


def fitted_families(
    values: ArrayLike, probs: ArrayLike, *, lower: float = -math.inf, upper: float = math.inf
) -> pd.DataFrame:
    """Every family that suits the range, fitted to the judgements, best first, with what it says back.

    The feedback – quantiles that nobody was asked for – is what an expert checks: if they surprise, the
    judgement is changed, not the fit.

    Parameters
    ----------
    values, probs : array_like of float, same length
        As from `quantile_judgements` or `roulette_judgements`; two at least.
    lower, upper : float
        Natural range: the normal is always tried, gamma and log-normal above a lower bound, beta between two.

    Returns
    -------
    DataFrame
        One row a family: ``family``, ``first``, ``second`` (its parameters as in
        `riskkit.foundation.numbers.elicited.Elicited`), ``sum_of_squares``, and ``q05``, ``q25``, ``q50``,
        ``q75``, ``q95`` as feedback.

    Raises
    ------
    ValueError
        When the judgements are not in order or outside the range.

    References
    ----------
    .. [1] SHELF protocol, R package SHELF 1.12.0 (``shelf_package``).

    Examples
    --------
    >>> found = fitted_families([30, 40, 50], [0.25, 0.5, 0.75], lower=0, upper=100)
    >>> found["family"].tolist()
    ['normal', 'beta', 'gamma', 'lognormal']
    >>> found.loc[0, ["first", "second", "q05"]].astype(float).round(3).tolist()
    [40.0, 14.826, 15.613]
    """
    x = np.asarray(values, dtype=np.float64)
    p = np.asarray(probs, dtype=np.float64)
    names = ["normal"] + (["gamma", "lognormal"] if lower > -math.inf else [])
    names += ["beta"] if lower > -math.inf and upper < math.inf else []
    rows = [_row(name, x, p, bounds=(lower, upper)) for name in names]
    return pd.DataFrame(rows).sort_values("sum_of_squares", kind="stable").reset_index(drop=True)


def _row(name: str, x: Floats, p: Floats, *, bounds: tuple[float, float]) -> dict[str, object]:
    # gamma and log-normal are fitted from the lower bound up, as though there were no upper one
    upper = bounds[1] if name in ("beta", "normal") else math.inf
    fit = fit_quantiles(x.tolist(), p.tolist(), lower=bounds[0], upper=upper, family=name)
    back = elicited_quantile(fit, np.array(SHOWN_BACK))
    told = dict(zip((f"q{round(100 * one):02d}" for one in SHOWN_BACK), back.tolist(), strict=True))
    first, second = fit.parameters
    return {"family": name, "first": first, "second": second, "sum_of_squares": fit.sum_of_squares, **told}
