"""Carry what is not known through a calculation: sample → evaluate → analyse.

:func:`sample` draws the inputs, any vectorised function evaluates them, :func:`summary` and
:func:`shares` say what came out. The distributions are those of `riskkit.foundation.distributions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from riskkit.foundation.distributions import (
    FORMS,
    Beta,
    Distribution,
    Fixed,
    Floats,
    LogNormal,
    Pert,
    Range,
    as_probability,
    best,
    draw,
    exact,
    parse_distribution,
    quantile,
    support,
)
from riskkit.foundation.elicited import Elicited

__all__ = [
    "FORMS",
    "Beta",
    "Distribution",
    "Elicited",
    "Fixed",
    "Floats",
    "LogNormal",
    "Pert",
    "Range",
    "as_probability",
    "best",
    "draw",
    "exact",
    "parse_distribution",
    "quantile",
    "sample",
    "shares",
    "summary",
    "support",
]


def sample(inputs: Mapping[str, Distribution], n: int, *, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw every input `n` times, independently, in the order given.

    A fixed input comes back with one value (shape ``(1,)``), which broadcasts against the rest.

    Parameters
    ----------
    inputs : mapping of str to Distribution
        The inputs by name.
    n : int
        Draws, at least 1.
    rng : numpy.random.Generator
        The only source of chance: the same generator state gives the same draws.

    Returns
    -------
    dict of str to ndarray of float
        Shape ``(n,)``, or ``(1,)`` for fixed inputs.

    Raises
    ------
    ValueError
        When `n` is below 1.

    Examples
    --------
    >>> x = sample({"a": Range(0, 1), "b": Fixed(exact(2))}, 4, rng=np.random.default_rng(1))
    >>> x["a"].shape, x["b"]
    ((4,), array([2.]))
    """
    if n < 1:
        raise ValueError(f"draws must be at least 1, not {n}")
    return {name: draw(dist, 1 if isinstance(dist, Fixed) else n, rng=rng) for name, dist in inputs.items()}


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
