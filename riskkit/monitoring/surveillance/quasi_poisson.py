"""Log-linear quasi-Poisson fits of many series with one design, all at once.

The steps, the start (``y + 0.1``), the stop (relative change of the deviance below 1e-8) and the limit of 25
steps are those of R's ``glm``, so that a fit that runs to the edge (a season without a case) ends at the same
number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.records.number_columns import Floats

_STEPS, _NEAR, _START = 25, 1e-8, 0.1
_ROWS_AT_ONCE = 100  # so that the arrays of a step stay in the processor's cache
_LEAST_MEAN = np.finfo(np.float64).eps


@dataclass(frozen=True)
class QuasiPoissonFit:
    """What was fitted, one row a series.

    Parameters
    ----------
    coefficients : ndarray, shape (series, columns)
        On the log scale.
    mu, working : ndarray, shape (series, periods)
        Fitted means, and the weights of the last step.
    covariance : ndarray, shape (series, columns, columns)
        Without the dispersion.
    hat : ndarray, shape (series, periods)
        Leverages.
    n_free : ndarray of int, shape (series,)
        Degrees of freedom left.
    is_converged : ndarray of bool, shape (series,)
        Whether the deviance came to rest.
    """

    coefficients: Floats
    mu: Floats
    working: Floats
    covariance: Floats
    hat: Floats
    n_free: NDArray[np.int64]
    is_converged: NDArray[np.bool_]

    def dispersion(self, y: Floats, weights: Floats) -> Floats:
        """Pearson's χ² over its degrees of freedom, with weights of one's own; NaN without any left."""
        with np.errstate(invalid="ignore"):  # a fit that ran away has infinite means, and no dispersion
            chi2 = (weights * ((y - self.mu) / self.mu) ** 2).sum(axis=1)
        return np.where(self.n_free > 0, chi2 / np.maximum(self.n_free, 1), np.nan)


def fit_quasi_poisson(y: Floats, design: Floats, *, weights: Floats, offset: Floats) -> QuasiPoissonFit:
    """Fit ``log E(y) = design · coefficients + offset`` to every row of `y`.

    Parameters
    ----------
    y : ndarray, shape (series, periods)
        Counts; anything finite where the weight is 0.
    design : ndarray, shape (periods, columns)
        The same for all series. A column that is 0 wherever a series has weight gets coefficient 0.
    weights, offset : ndarray, shape (series, periods)
        Prior weights, 0 for what is unknown; logarithm of the exposure.

    Returns
    -------
    QuasiPoissonFit

    References
    ----------
    .. [1] McCullagh and Nelder, Generalized Linear Models, chapters 2 and 6 (``mccullagh_nelder``).

    Examples
    --------
    >>> y = np.array([[2.0, 4.0, 8.0, 17.0]]); design = np.column_stack([np.ones(4), np.arange(4)])
    >>> found = fit_quasi_poisson(y, design, weights=np.ones((1, 4)), offset=np.zeros((1, 4)))
    >>> found.coefficients.round(3).tolist(), found.n_free.tolist()
    ([[0.663, 0.721]], [2])
    """
    products = _products(design)
    shares = [
        _fit_rows(
            *(part[start : start + _ROWS_AT_ONCE] for part in (y, weights, offset)),
            design=design,
            products=products,
        )
        for start in range(0, len(y), _ROWS_AT_ONCE)
    ]
    beta, mu, working, is_converged, covariance, hat = (
        np.concatenate(part) for part in zip(*shares, strict=True)
    )
    is_used = (weights > 0).astype(np.float64) @ (design != 0) > 0
    n_free = (weights > 0).sum(axis=1) - is_used.sum(axis=1)
    return QuasiPoissonFit(beta, mu, working, covariance, hat, n_free, is_converged)


def _fit_rows(
    y: Floats, weights: Floats, offset: Floats, *, design: Floats, products: tuple[NDArray[np.int64], Floats]
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_], Floats, Floats]:
    beta, mu, working = np.zeros((len(y), design.shape[1])), np.empty_like(y), np.empty_like(y)
    is_converged = np.zeros(len(y), dtype=np.bool_)
    left, has_gaps = np.arange(len(y)), bool((weights == 0).any())
    log_y, mean = np.log(np.where(y > 0, y, 1.0)), y + _START
    parts = [
        y,
        log_y,
        weights,
        offset,
        mean,
        np.log(mean),
        _deviance(y, log_y - np.log(mean), mean, weights=weights),
    ]
    for step in range(_STEPS):
        cases, logs, prior, shift, mean, eta, deviance = parts
        w = prior * mean
        b = _least_squares(w, eta - shift + (cases - mean) / mean, design=design, products=products)
        eta = b @ design.T + shift
        with np.errstate(over="ignore"):
            mean = np.maximum(np.exp(eta), _LEAST_MEAN)
        if has_gaps:  # what is unknown may lie where the fit runs away
            mean[prior == 0] = 1.0
        new = _deviance(cases, logs - eta, mean, weights=prior)
        is_still = np.abs(new - deviance) < _NEAR * (np.abs(new) + 0.1)
        is_over = is_still | ~np.isfinite(new) | (step == _STEPS - 1)
        ended = left[is_over]
        is_converged[left[is_still]] = True
        beta[ended], mu[ended], working[ended] = b[is_over], mean[is_over], w[is_over]
        parts = [part[~is_over] for part in (cases, logs, prior, shift, mean, eta, new)]
        left = left[~is_over]
        if not left.size:
            break
    return beta, mu, working, is_converged, *_leverages(working, design=design, products=products)


def _products(design: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Which cross products of the columns are not 0 everywhere (those of two seasons are), and these."""
    every = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    kept = np.flatnonzero(every.any(axis=0))
    return kept, np.ascontiguousarray(every[:, kept])


def _deviance(y: Floats, log_ratio: Floats, mu: Floats, *, weights: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * np.sum(weights * (y * log_ratio - (y - mu)), axis=1))


def _scaled(w: Floats, products: tuple[NDArray[np.int64], Floats], n_columns: int) -> tuple[Floats, Floats]:
    """The weighted cross products with a diagonal of ones, and the scale of each column.

    A season without a case has weights near 0 beside others near 1000; unscaled, its digits are lost.
    """
    kept, columns = products
    flat = np.zeros((len(w), n_columns**2))
    flat[:, kept] = w @ columns
    matrix = flat.reshape(-1, n_columns, n_columns)
    diagonal = np.diagonal(matrix, axis1=1, axis2=2)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    row, column = np.nonzero(diagonal <= 0)
    matrix = matrix / (scale[:, :, None] * scale[:, None, :])
    matrix[row, column, column] = 1.0
    return matrix, scale


def _least_squares(
    w: Floats, response: Floats, *, design: Floats, products: tuple[NDArray[np.int64], Floats]
) -> Floats:
    matrix, scale = _scaled(w, products, design.shape[1])
    right = ((w * response) @ design) / scale
    return np.asarray(np.linalg.solve(matrix, right[..., None])[..., 0] / scale)


def _leverages(
    w: Floats, *, design: Floats, products: tuple[NDArray[np.int64], Floats]
) -> tuple[Floats, Floats]:
    kept, columns = products
    matrix, scale = _scaled(w, products, design.shape[1])
    covariance = np.linalg.inv(matrix) / (scale[:, :, None] * scale[:, None, :])
    return covariance, w * (covariance.reshape(len(w), -1)[:, kept] @ columns.T)
