"""Carry what is not known through a calculation: sample → evaluate → analyse.

:func:`sample` draws the inputs, any vectorised function evaluates them, :func:`summary` and
:func:`shares` say what came out. The distributions are those of `riskkit.foundation.numbers.distributions`.
Two dimensions (knowledge and variability) are in `two_dimensional`, how many draws are enough in
`convergence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.numbers.dependence import Pairs, copula_points, rank_correlation, reordered
from riskkit.foundation.numbers.designs import MANY, design_points, quantile_of_many
from riskkit.foundation.numbers.distributions import (
    FORMS,
    Beta,
    Changed,
    Distribution,
    Fixed,
    Floats,
    LogNormal,
    Pert,
    Range,
    Unknown,
    as_probability,
    best,
    draw,
    parse_distribution,
    parse_number,
    quantile,
    support,
)
from riskkit.foundation.numbers.elicited import Elicited

__all__ = [
    "FORMS",
    "Beta",
    "Changed",
    "Distribution",
    "Elicited",
    "Fixed",
    "Floats",
    "LogNormal",
    "Pert",
    "Range",
    "Unknown",
    "as_probability",
    "best",
    "draw",
    "exact",
    "parse_distribution",
    "parse_number",
    "quantile",
    "sample",
    "shares",
    "summary",
    "support",
]


def sample(
    inputs: Mapping[str, Distribution],
    n: int,
    *,
    rng: np.random.Generator,
    design: str = "random",
    correlation: Pairs | None = None,
    dependence: str = "iman_conover",
) -> dict[str, Floats]:
    """Draw every input `n` times, in the order given.

    A fixed input comes back with one value (shape ``(1,)``), which broadcasts against the rest.

    Parameters
    ----------
    inputs : mapping of str to Distribution
        The inputs by name.
    n : int
        Draws, at least 1; for ``sobol`` a power of 2.
    rng : numpy.random.Generator
        The only source of chance: the same generator state gives the same draws.
    design : str
        ``random``, ``lhs`` (Latin hypercube) or ``sobol`` (scrambled Sobol' points). From 262,144 draws
        on, all designs go through quantiles (`quantile_of_many`).
    correlation : mapping of (str, str) to float, optional
        Spearman correlations of pairs of inputs; what is not named is independent.
    dependence : str
        ``iman_conover`` (re-orders the draws: every input keeps its values) or ``copula`` (Gaussian).

    Returns
    -------
    dict of str to ndarray of float
        Shape ``(n,)``, or ``(1,)`` for fixed inputs.

    Raises
    ------
    ValueError
        When `n` is below 1 or does not suit the design, or a design or dependence is not known.
    InputFaults
        When a correlation names a fixed or unknown input, or the correlations cannot be together.

    References
    ----------
    .. [1] As in `design_points`, `reordered` and `copula_points`.

    Examples
    --------
    >>> x = sample({"a": Range(0, 1), "b": Fixed(exact(2))}, 4, rng=np.random.default_rng(1))
    >>> x["a"].shape, x["b"]
    ((4,), array([2.]))
    >>> pair = {"a": Range(0, 1), "b": Range(0, 1)}
    >>> x = sample(pair, 512, rng=np.random.default_rng(1), design="sobol", correlation={("a", "b"): 0.8})
    >>> bool(abs(np.corrcoef(x["a"], x["b"])[0, 1] - 0.8) < 0.02)
    True
    """
    if n < 1:
        raise ValueError(f"draws must be at least 1, not {n}")
    if dependence not in ("iman_conover", "copula"):
        raise ValueError(f"no dependence {dependence!r}; there are iman_conover and copula")
    moving = [name for name, dist in inputs.items() if not isinstance(dist, Fixed)]
    tied, target = _tied(moving, inputs, correlation or {})
    bent = target if dependence == "copula" else None
    if design == "random" and n < MANY and bent is None:
        out = {
            name: draw(dist, 1 if isinstance(dist, Fixed) else n, rng=rng) for name, dist in inputs.items()
        }
    else:
        out = _through_quantiles(inputs, n, moving, points=(design, tied, bent), rng=rng)
    if tied and bent is None:
        columns = reordered(np.stack([out[name] for name in tied], axis=1), target, rng=rng)
        out |= {name: columns[:, number] for number, name in enumerate(tied)}
    return out


def _tied(
    moving: Sequence[str], inputs: Mapping[str, Distribution], pairs: Pairs
) -> tuple[list[str], Floats]:
    """The inputs that are correlated, in order, and their matrix."""
    if not pairs:
        return [], np.eye(0)
    fixed = [
        Fault(f"{a}, {b}", name, "an input that is not fixed")
        for a, b in pairs
        for name in (a, b)
        if name in inputs and name not in moving
    ]
    refuse("correlations", fixed)
    named = {name for pair in pairs for name in pair}
    rank_correlation(moving, pairs)
    tied = [name for name in moving if name in named]
    return tied, rank_correlation(tied, pairs)


def _through_quantiles(
    inputs: Mapping[str, Distribution],
    n: int,
    moving: Sequence[str],
    *,
    points: tuple[str, Sequence[str], Floats | None],
    rng: np.random.Generator,
) -> dict[str, Floats]:
    design, tied, bent = points
    u = np.empty((len(moving), n))
    if moving:
        u = design_points(n, len(moving), design=design, rng=rng).T
    if bent is not None and tied:
        rows = [moving.index(name) for name in tied]
        u[rows] = copula_points(u[rows].T, bent).T
    drawn = {
        name: quantile_of_many(inputs[name], np.ascontiguousarray(u[i])) for i, name in enumerate(moving)
    }
    return {name: drawn[name] if name in drawn else quantile(dist, [0.5]) for name, dist in inputs.items()}


def summary(values: ArrayLike, probs: Sequence[float] = (0.05, 0.5, 0.95)) -> Floats:
    """Quantiles of what came out, over the last axis.

    Examples
    --------
    >>> summary([1.0, 2.0, 3.0], [0.5])
    array([2.])
    """
    return np.asarray(np.quantile(np.asarray(values), np.asarray(probs), axis=-1))


def shares(codes: ArrayLike, n_levels: int) -> Floats:
    """Share of draws in each level.

    Parameters
    ----------
    codes : array_like of int, shape (n,)
        Level codes 0 … `n_levels` − 1.
    n_levels : int
        Number of levels.

    Returns
    -------
    ndarray of float, shape (n_levels,)
        Sums to 1. The standard error of a share s is √(s(1−s)/n).

    Examples
    --------
    >>> shares([0, 1, 1, 3], 4)
    array([0.25, 0.5 , 0.  , 0.25])
    """
    seen = np.asarray(codes)
    return np.asarray(np.bincount(seen, minlength=n_levels) / seen.size, dtype=np.float64)
