"""Scenario risk: probability of harm × severity, read from a risk matrix.

The method of Delegated Regulation (EU) 2024/3173, Annex II: three to five steps, the product of their
probabilities, the 8 × 4 grid, and the highest scenario counts. Other matrices are other tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import shown
from riskkit.foundation.standards.risk_matrices import DEFAULT_MATRIX, RiskMatrix, risk_matrix
from riskkit.foundation.standards.scales import as_levels, band_codes, chunks, level_codes, on_edge, scale
from riskkit.foundation.standards.standards import Prevalence

_NEAR = 1e-9  # a product of probabilities on a boundary may miss it by the last bits of a float


def _is_exact(p: Any) -> bool:
    return isinstance(p, str | Fraction | Decimal)


def scenario_probability(steps: Sequence[Any], *, matrix: RiskMatrix | None = None) -> Any:
    """Probability of the harm: the product of the step probabilities.

    Parameters
    ----------
    steps : sequence
        One entry a step. Scalars (numbers, ``"1/50"``, `Fraction`) are multiplied exactly, a decimal
        standing for what it says (0.1 is one tenth). Arrays or Series are multiplied element by
        element. A step of probability 0 makes the product 0.
    matrix : RiskMatrix, optional
        For arrays: products that come within rounding of one of its bounds are worked out exactly,
        so that 0.2 × 0.5 does not fall to the wrong side of 1/10.

    Returns
    -------
    Fraction, ndarray of float or Series of float
        A `Fraction` for scalars; the common shape for arrays. NaN where a step is missing.

    Raises
    ------
    ValueError
        When there is no step, or a probability lies outside 0–1.

    References
    ----------
    .. [1] Delegated Regulation (EU) 2024/3173, Annex II 3.4.2–3.4.3 (``eu_2024_3173``).

    Examples
    --------
    >>> scenario_probability(["1", "1/50", "1/10", "1"])
    Fraction(1, 500)
    >>> scenario_probability([np.array([0.5, 0.1]), 0.2])
    array([0.1 , 0.02])
    """
    if len(steps) == 0:
        raise ValueError("a scenario needs at least one step")
    if all(np.ndim(step) == 0 for step in steps) and not any(step is None or step is pd.NA for step in steps):
        product = Fraction(1)
        for step in steps:
            product *= _probability(step)
        return product
    values = [np.asarray(step, dtype=np.float64) for step in steps]
    for value in values:
        _refuse_outside(value)
    out = np.ones(np.broadcast_shapes(*(value.shape for value in values)))
    for value in values:
        out *= value
    if matrix is not None:
        _mend_near_bounds(out, values, matrix)
    series = next((step for step in steps if isinstance(step, pd.Series)), None)
    return out if series is None else pd.Series(out, index=series.index, name="p_harm")


def _probability(step: Any) -> Fraction:
    value = exact(str(step) if isinstance(step, Decimal) else step)
    if not 0 <= value <= 1:
        raise ValueError(f"a probability lies between 0 and 1, not {shown(step)}")
    return value


def _refuse_outside(p: NDArray[np.float64]) -> None:
    with np.errstate(invalid="ignore"):
        wrong = (p < 0) | (p > 1)
    if wrong.any():
        raise ValueError(
            f"a probability lies between 0 and 1, not {shown(p[wrong].ravel()[0])} ({wrong.sum()} such)"
        )


def _mend_near_bounds(
    out: NDArray[np.float64], values: list[NDArray[np.float64]], matrix: RiskMatrix
) -> None:
    near = on_edge(out, matrix.edge_values().tolist(), rtol=_NEAR)
    if not near.any():
        return
    spread = [np.broadcast_to(value, out.shape)[near] for value in values]
    rows = np.unique(np.stack(spread, axis=1), axis=0, return_inverse=True)
    products = [_banded(scenario_probability([_meant(p) for p in row.tolist()]), matrix) for row in rows[0]]
    out[near] = np.array(products)[rows[1].ravel()]


def _meant(p: float) -> Fraction:
    """The simple fraction a float stands for (0.1: one tenth, 0.333…: one third), else its decimal."""
    simple = Fraction(p).limit_denominator(10**7)
    return simple if float(simple) == p else exact(p)


def risk_codes(p_harm: NDArray[np.float64], severity: NDArray[Any], matrix: RiskMatrix) -> NDArray[np.int8]:
    """Risk level codes 0 low … 3 serious, −1 where probability or severity is missing.

    Parameters
    ----------
    p_harm : ndarray of float, shape (n,)
        Probability of harm over the foreseeable lifetime of the product, 0–1.
    severity : ndarray of int or float, shape (n,) or (1,)
        1–4; NaN for missing.
    matrix : RiskMatrix
        The grid.

    Raises
    ------
    ValueError
        When a probability or a severity lies outside its range.

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> risk_codes(np.array([0.002, np.nan]), np.array([4, 4]), risk_matrix("eu_2024_3173"))
    array([ 3, -1], dtype=int8)
    """
    n = max(p_harm.size, severity.size)
    p_all, severity_all = np.broadcast_to(p_harm, n), np.broadcast_to(severity, n)
    cells, width = matrix.cells.ravel(), matrix.cells.shape[1]
    edges = matrix.edge_values().tolist()
    out = np.empty(n, dtype=np.int8)
    for part in chunks(n):
        p, level = p_all[part], severity_all[part]
        if bool((p < 0).any() or (p > 1).any()):
            _refuse_outside(p)
        bands = band_codes(p, edges, closed=matrix.closed)
        ranks = _severity_ranks(level, width)
        found = cells[bands.astype(np.int16) * width + ranks]
        found[(bands < 0) | (ranks < 0)] = -1
        out[part] = found
    return out


def _severity_ranks(severity: NDArray[Any], width: int) -> NDArray[np.int8]:
    missing = np.isnan(severity) if severity.dtype.kind == "f" else None
    known = severity if missing is None else severity[~missing]
    if known.size and (known.min() < 1 or known.max() > width or (missing is not None and (known % 1).any())):
        raise ValueError(f"severity is a whole number from 1 to {width}")
    ranks = (
        np.where(missing, 0, severity).astype(np.int8) if missing is not None else severity.astype(np.int8)
    )
    return np.asarray(ranks - 1, dtype=np.int8)


def risk_level(p_harm: Any, severity: Any, *, matrix: RiskMatrix | None = None) -> Any:
    """Risk level of a harm from its probability and severity.

    The probability is compared as it is, never rounded. Exactly on a bound it stays in the lower band
    (the grid says "greater than"; the Excel toolkit of PRISM says "at least" and is its own table).

    Parameters
    ----------
    p_harm : float, Fraction, str, array_like or Series
        Probability of harm over the foreseeable lifetime of the product, 0–1. `Fraction` and ``"1/10"``
        are compared exactly. None or NaN is missing.
    severity : int, array_like or Series
        1–4.
    matrix : RiskMatrix, optional
        Such as ``risk_matrices.risk_matrix("prism")``; the grid of Regulation (EU) 2024/3173 otherwise.

    Returns
    -------
    str, Categorical or Series
        ``low`` < ``medium`` < ``high`` < ``serious``, in the shape of the input; missing in, missing out.

    Raises
    ------
    ValueError
        When a probability lies outside 0–1 or a severity outside 1–4.

    See Also
    --------
    on_boundary : flags values exactly on a bound.

    References
    ----------
    .. [1] Delegated Regulation (EU) 2024/3173, Annex II 3.6.2 (``eu_2024_3173``).

    Examples
    --------
    >>> risk_level("1/500", 1)
    'low'
    >>> list(risk_level([0.6, 0.5], [1, 1]))
    ['high', 'medium']
    >>> risk_level("1/2", 1), risk_level("1/2", 1, matrix=risk_matrix("prism_excel"))
    ('medium', 'high')
    """
    used = matrix or risk_matrix(DEFAULT_MATRIX)
    like = p_harm if isinstance(p_harm, pd.Series) or not isinstance(severity, pd.Series) else severity
    p, levels = np.broadcast_arrays(_floats(p_harm, matrix=used), _numbers(severity))
    codes = risk_codes(p.ravel(), levels.ravel(), used).reshape(p.shape)
    return as_levels(codes, scale("risk"), like)


def _banded(p: Fraction, matrix: RiskMatrix) -> float:
    """A float on the same side of every bound as the exact value."""
    value = float(p)
    for edge in matrix.edges:
        if p != edge and value == float(edge):
            return float(np.nextafter(value, 1.0 if p > edge else 0.0))
    return value


def _floats(values: Any, *, matrix: RiskMatrix | None = None) -> NDArray[np.float64]:
    """Probabilities as floats; with a matrix, each on the same side of its bounds as the exact value."""
    raw = np.asarray(values)
    if raw.dtype.kind in "OU":
        known = [None if pd.isna(v) else _probability(v) for v in raw.ravel()]
        as_float: Callable[[Fraction], float] = float if matrix is None else partial(_banded, matrix=matrix)
        flat = [np.nan if p is None else as_float(p) for p in known]
        return np.array(flat, dtype=np.float64).reshape(raw.shape)
    return raw.astype(np.float64, copy=False)


def _numbers(values: Any) -> NDArray[Any]:
    raw = np.asarray(values)
    if raw.dtype.kind in "iu":
        return raw
    return np.asarray(pd.to_numeric(pd.Series(raw.ravel(), dtype=object)), dtype=np.float64).reshape(
        raw.shape
    )


def on_boundary(p_harm: Any, *, matrix: RiskMatrix) -> Any:
    """Whether a probability lies exactly on a bound of the matrix, where its level is not settled.

    Parameters
    ----------
    p_harm : float, Fraction, str, array_like or Series
        Probability, 0–1. Floats count as on the bound within 1e-9 of it, relative.
    matrix : RiskMatrix
        The grid whose bounds are meant.

    Returns
    -------
    bool, ndarray of bool or Series of bool
        In the shape of the input.

    References
    ----------
    .. [1] Delegated Regulation (EU) 2024/3173, Annex II: the index (3.4.4) says "≥ 50 %", the grid
       (3.6.2) "> 50 %".

    Examples
    --------
    >>> on_boundary("1/10", matrix=risk_matrix("eu_2024_3173"))
    True
    """
    if _is_exact(p_harm):
        return _probability(p_harm) in matrix.edges
    flags = on_edge(_floats(p_harm), matrix.edge_values().tolist(), rtol=_NEAR)
    raw = np.asarray(p_harm)
    if raw.dtype.kind in "OU":  # what is written exactly is on a bound or is not
        exactly = [_probability(v) in matrix.edges if _is_exact(v) else None for v in raw.ravel()]
        told = np.array([v is not None for v in exactly]).reshape(raw.shape)
        flags = np.where(told, np.array([bool(v) for v in exactly]).reshape(raw.shape), flags)
    if isinstance(p_harm, pd.Series):
        return pd.Series(flags, index=p_harm.index, name="on_boundary")
    return bool(flags) if flags.ndim == 0 else flags


def product_level(levels: Any) -> Any:
    """Level of a product from the levels of its scenarios: the highest counts.

    A missing level leaves the product level missing, unless a known one is already ``serious``.

    Parameters
    ----------
    levels : sequence, Categorical or Series of str
        One level a scenario, at least one.

    Returns
    -------
    str
        The level, or ``pd.NA``.

    Raises
    ------
    ValueError
        When there is no scenario, or a word is no risk level.

    References
    ----------
    .. [1] Delegated Regulation (EU) 2024/3173, Annex II 3.7.2.

    Examples
    --------
    >>> product_level(["low", "high", "medium"])
    'high'
    """
    codes = level_codes(levels, scale("risk")).ravel()
    if codes.size == 0:
        raise ValueError("a product level needs at least one scenario")
    unknown = bool((codes < 0).any()) and int(codes.max()) < 3
    return as_levels(np.array(-1 if unknown else codes.max(), dtype=np.int8), scale("risk"), None)


def combined_probability(p_harm: ArrayLike, severity: ArrayLike, *, matrix: RiskMatrix) -> pd.Series:
    """Probability of harm by severity, scenarios put together as the matrix's method says.

    Parameters
    ----------
    p_harm : array_like of float or Fraction, shape (scenarios,)
        Probability of each scenario.
    severity : array_like of int, shape (scenarios,)
        Severity of each scenario, 1–4.
    matrix : RiskMatrix
        Its `combine` is ``highest`` (EU) or ``sum`` (PRISM's combined scenario, capped at 1).

    Returns
    -------
    Series of Fraction
        Indexed by severity.

    References
    ----------
    .. [1] OPSS PRISM: scenarios of identical severity may be combined by the sum (``opss_prism_code``).

    Examples
    --------
    >>> from riskkit.foundation.standards.risk_matrices import risk_matrix
    >>> combined_probability(["1/2000", "1/3000"], [3, 3], matrix=risk_matrix("prism"))[3]
    Fraction(1, 1200)
    """
    raw = np.asarray(p_harm, dtype=object).ravel()
    frame = pd.DataFrame({"p": [_probability(p) for p in raw], "severity": np.asarray(severity).ravel()})
    groups = frame.groupby("severity")["p"]
    if matrix.combine == "sum":
        return groups.agg(lambda p: min(Fraction(1), sum(p, Fraction(0))))
    return groups.agg(max)


def prevalence_level(levels: Any, n_items: Any, *, table: Prevalence) -> Any:
    """Risk level moved by the number of items in use.

    Parameters
    ----------
    levels : str, sequence, Categorical or Series of str
        Base risk levels.
    n_items : float, array_like or Series
        Items in use [count]; missing stays missing.
    table : Prevalence
        Such as ``standards.prevalence("prism_web")``.

    Returns
    -------
    str, Categorical or Series
        In the shape of the input.

    Raises
    ------
    ValueError
        When a number of items is negative.

    References
    ----------
    .. [1] OPSS PRISM prevalence matrix (``opss_prism_code``).

    Examples
    --------
    >>> from riskkit.foundation.standards.standards import prevalence
    >>> prevalence_level("high", 600_000, table=prevalence("prism_web"))
    'serious'
    """
    base, items = np.broadcast_arrays(
        level_codes(levels, scale("risk")), np.asarray(n_items, dtype=np.float64)
    )
    if bool((items < 0).any()):
        raise ValueError("items in use cannot be negative")
    bands = band_codes(items, table.edges, closed=table.closed)
    codes = table.cells[bands, base]
    return as_levels(
        np.where((bands < 0) | (base < 0), np.int8(-1), codes).astype(np.int8), scale("risk"), levels
    )
