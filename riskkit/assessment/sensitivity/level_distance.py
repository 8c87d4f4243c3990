"""How far a risk is from another level: the bounds around it and the factor that would flip it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.standards.risk_matrices import RiskMatrix
from riskkit.foundation.standards.scales import band_codes, on_edge

Floats = NDArray[np.float64]


def level_distance(p_harm: ArrayLike, severity: ArrayLike, *, matrix: RiskMatrix) -> pd.DataFrame:
    """For each risk its level, the nearest bounds, and the factors on its probability that change the level.

    A *flip factor* is the bound divided by the probability: multiplied by more than `up_factor` the risk
    enters `up_level`; multiplied by `down_factor` or less it falls to `down_level` (where the matrix's
    bounds belong to the band above, the other way round). A factor of 1 is a coin toss.

    Parameters
    ----------
    p_harm : array_like of float, shape (n,)
        Probability of harm over the product's lifetime, 0–1; NaN for missing.
    severity : array_like of int, shape (n,)
        1, 2, … ; NaN for missing.
    matrix : RiskMatrix
        A lawful matrix of any shape.

    Returns
    -------
    DataFrame
        One row a risk: level, is_on_bound, up_factor, up_level, down_factor, down_level (missing where no
        change of probability alone reaches another level), decades_to_flip (the shorter way, log10),
        decades_to_bound (to the nearest bound, whether or not the level changes there).

    Raises
    ------
    ValueError
        When a probability or a severity lies outside its range.

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> found = level_distance([1e-4, 0.002], [3, 1], matrix=risk_matrix("eu_2024_3173"))
    >>> found[["level", "up_factor", "up_level"]].values.tolist()
    [['medium', 1.0, 'high'], ['low', 5.0, 'medium']]
    """
    p, ranks = np.broadcast_arrays(np.asarray(p_harm, dtype=np.float64), _ranks(severity, matrix))
    p, ranks = p.ravel(), ranks.ravel()
    with np.errstate(invalid="ignore"):
        if ((p < 0) | (p > 1)).any():
            raise ValueError("a probability lies between 0 and 1")
    edges = matrix.edge_values()
    near = on_edge(p, edges.tolist())
    bands = band_codes(_settled(p, edges, near), edges.tolist(), closed=matrix.closed).astype(np.int64)
    known = (bands >= 0) & (ranks >= 0)
    at = (np.where(known, bands, 0), np.where(known, ranks, 0))
    up, down = _next_level(matrix.cells, 1), _next_level(matrix.cells, -1)
    up_factor, up_level = _flip(p, edges, (up[at], up[at] - 1), known=known)
    down_factor, down_level = _flip(p, edges, (down[at], down[at]), known=known)
    words = np.array([*matrix.levels, pd.NA], dtype=object)
    with np.errstate(divide="ignore", invalid="ignore"):
        flips = np.fmin(np.log10(up_factor), -np.log10(down_factor))
        bounds = np.abs(np.log10(p[:, None]) - np.log10(edges[None, :])).min(axis=1) if edges.size else np.nan
    return pd.DataFrame(
        {
            "level": words[np.where(known, matrix.cells[at].astype(np.int64), -1)],
            "is_on_bound": near,
            "up_factor": up_factor,
            "up_level": words[np.where(up_level >= 0, matrix.cells[up_level, at[1]], -1)],
            "down_factor": down_factor,
            "down_level": words[np.where(down_level >= 0, matrix.cells[down_level, at[1]], -1)],
            "decades_to_flip": flips,
            "decades_to_bound": bounds,
        },
        index=_index(p_harm, severity),
    )


def _ranks(severity: ArrayLike, matrix: RiskMatrix) -> NDArray[np.int64]:
    values = np.asarray(severity, dtype=np.float64)
    missing, width = np.isnan(values), matrix.cells.shape[1]
    known = values[~missing]
    if known.size and (known.min() < 1 or known.max() > width or (known % 1).any()):
        raise ValueError(f"severity is a whole number from 1 to {width}")
    return np.where(missing, 0, values).astype(np.int64) - 1


def _settled(p: Floats, edges: Floats, near: NDArray[np.bool_]) -> Floats:
    """Values within rounding of a bound, put on it."""
    out = p.copy()
    if near.any():
        out[near] = edges[np.abs(p[near, None] - edges[None, :]).argmin(axis=1)]
    return out


def _next_level(cells: NDArray[np.int8], step: int) -> NDArray[np.int64]:
    """For each cell the nearest band above (below) with another level in its column; −1 for none."""
    out = np.full(cells.shape, -1, dtype=np.int64)
    order = range(cells.shape[0] - 2, -1, -1) if step > 0 else range(1, cells.shape[0])
    for band in order:
        same = cells[band + step] == cells[band]
        out[band] = np.where(same, out[band + step], band + step)
    return out


def _flip(
    p: Floats,
    edges: Floats,
    target: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    known: NDArray[np.bool_],
) -> tuple[Floats, NDArray[np.int64]]:
    """Bound before the target band divided by p, and the band, where there is one."""
    band, edge = target
    found = known & (band >= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(found, edges[np.where(found, edge, 0)] / p, np.nan) if edges.size else p * np.nan
    on = np.abs(factor - 1.0) <= 1e-9
    return np.where(on, 1.0, factor), np.where(found, band, -1)


def _index(*given: Any) -> pd.Index | None:
    return next((value.index for value in given if isinstance(value, pd.Series)), None)
