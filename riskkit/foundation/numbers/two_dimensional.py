"""Two kinds of not knowing, kept apart: knowledge outside, variability inside.

*Knowledge* is what more data would settle (the true seal failure rate); *variability* is what differs
from one item, user or day to the next and stays. `cross` draws both, any vectorised function evaluates
them, `percentile_bands` says how well each percentile of the variability is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.numbers.distributions import Distribution, Floats
from riskkit.foundation.numbers.uncertainty import sample


def cross(
    knowledge: Mapping[str, Distribution],
    variability: Mapping[str, Distribution],
    shape: tuple[int, int],
    *,
    rng: np.random.Generator,
    design: str = "random",
) -> dict[str, Floats]:
    """Draw what is not known down the rows, and what varies along the columns.

    All rows see the same variable draws, as the R package mc2d does, so that rows differ by knowledge
    alone. A variable quantity whose own parameter is not known is written as a product or shift in the
    function that is evaluated (a spread around 1, drawn here, times a median from `knowledge`).

    Parameters
    ----------
    knowledge, variability : mapping of str to Distribution
        Inputs by name; no name in both.
    shape : (int, int)
        Draws of knowledge and draws of variability.
    rng : numpy.random.Generator
        The only source of chance.
    design : str
        As in `riskkit.foundation.numbers.uncertainty.sample`, for each of the two.

    Returns
    -------
    dict of str to ndarray of float
        Shape ``(rows, 1)`` for knowledge, ``(1, columns)`` for variability: they broadcast.

    Raises
    ------
    InputFaults
        For every name that stands in both.

    References
    ----------
    .. [1] H. C. Frey, D. E. Burmaster, Risk Anal. 19 (1999) 109–130.
    .. [2] R. Pouillot, M. L. Delignette-Muller, Int. J. Food Microbiol. 142 (2010) 330–340 (mc2d).

    Examples
    --------
    >>> from riskkit.foundation.numbers.uncertainty import Range
    >>> x = cross({"rate": Range(0, 1)}, {"dose": Range(1, 2)}, (3, 5), rng=np.random.default_rng(1))
    >>> (x["rate"] * x["dose"]).shape
    (3, 5)
    """
    refuse(
        "two-dimensional inputs",
        [
            Fault(name, "named as knowledge and as variability", "one of the two")
            for name in knowledge
            if name in variability
        ],
    )
    rows = sample(knowledge, shape[0], rng=rng, design=design)
    columns = sample(variability, shape[1], rng=rng, design=design)
    return {name: values[:, None] for name, values in rows.items()} | {
        name: values[None, :] for name, values in columns.items()
    }


def flattened(
    evaluate: Callable[[Mapping[str, Floats]], ArrayLike],
) -> Callable[[Mapping[str, Floats]], Floats]:
    """Let a function of one-dimensional draws be evaluated on the two dimensions of `cross`.

    Parameters
    ----------
    evaluate : callable
        From inputs of shape ``(n,)`` or ``(1,)`` to n values.

    Returns
    -------
    callable
        From inputs that broadcast to ``(rows, columns)`` to values of that shape.

    Examples
    --------
    >>> x = {"a": np.array([[1.0], [2.0]]), "b": np.array([[10.0, 20.0, 30.0]])}
    >>> flattened(lambda x: x["a"] * x["b"])(x)
    array([[10., 20., 30.],
           [20., 40., 60.]])
    """

    def on_both(x: Mapping[str, Floats]) -> Floats:
        shape = np.broadcast_shapes(*(values.shape for values in x.values()))
        flat = {
            name: values.ravel() if values.size == 1 else np.broadcast_to(values, shape).ravel()
            for name, values in x.items()
        }
        return np.broadcast_to(np.asarray(evaluate(flat)), int(np.prod(shape))).reshape(shape)

    return on_both


def percentile_bands(
    values: ArrayLike,
    *,
    probs: Sequence[float] = (0.05, 0.5, 0.95),
    band: tuple[float, float] = (0.05, 0.95),
) -> pd.DataFrame:
    """How well each percentile of what varies is known.

    Parameters
    ----------
    values : array_like, shape (rows, columns)
        Results: knowledge down, variability along.
    probs : sequence of float
        Percentiles of the variability.
    band : (float, float)
        Percentiles of the knowledge.

    Returns
    -------
    DataFrame
        Index the percentile of variability (and ``mean``); columns lo, median, hi over the knowledge.

    Raises
    ------
    ValueError
        When the values do not have two dimensions.

    Examples
    --------
    >>> percentile_bands(np.array([[1.0, 2.0, 3.0], [11.0, 12.0, 13.0]]), probs=[0.5]).loc[0.5].tolist()
    [2.5, 7.0, 11.5]
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2:
        raise ValueError(f"two dimensions are needed, knowledge by variability, not {found.ndim}")
    inner = np.vstack([np.quantile(found, np.asarray(probs), axis=1), found.mean(axis=1)])
    outer = np.quantile(inner, [band[0], 0.5, band[1]], axis=1).T
    index = pd.Index([*probs, "mean"], name="percentile")
    return pd.DataFrame(outer, index=index, columns=["lo", "median", "hi"])
