"""Regression whose errors are correlated by one number, fitted by the profile of its likelihood.

Two kinds: errors that fade from one period to the next (AR(1)), and a level that drifts (a random walk below
the noise). The second forecasts what would have come without a measure, from series that it did not touch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.standards.method_numbers import method_number

Correlation = Callable[[float], Floats]
_WIDEST_DRIFT, _DRIFTS = 2.0, 81  # of the steps of a level, in standard deviations of the noise


def ar1_correlation(n: int) -> Correlation:
    """Correlation of `n` periods in a row, by the correlation of neighbours.

    Examples
    --------
    >>> ar1_correlation(3)(0.5)[0].tolist()
    [1.0, 0.5, 0.25]
    """
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return lambda phi: np.asarray(np.float64(phi) ** apart)


def drifting_level(n: int) -> Correlation:
    """Covariance of noise of variance 1 on a random walk, by the standard deviation of the walk's steps.

    Examples
    --------
    >>> drifting_level(2)(0.5).tolist()
    [[1.25, 0.25], [0.25, 1.5]]
    """
    walk = np.minimum.outer(np.arange(1.0, n + 1), np.arange(1.0, n + 1))
    return lambda drift: np.asarray(np.eye(n) + drift**2 * walk)


@dataclass(frozen=True)
class CorrelatedFit:
    """A regression with correlated errors.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        Generalised least squares at the fitted parameter.
    covariance : ndarray, shape (p, p)
        Of the coefficients.
    parameter : float
        The one of the correlation.
    sigma2 : float
        Factor of the correlation matrix.
    loglik : float
        Log-likelihood, restricted or not, as asked.
    """

    coefficients: Floats
    covariance: Floats
    parameter: float
    sigma2: float
    loglik: float


def fit_correlated(
    x: Floats, y: Floats, correlation: Correlation, *, bounds: tuple[float, float], is_restricted: bool = True
) -> CorrelatedFit:
    """Coefficients and the parameter of the correlation, by (restricted) maximum likelihood.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Design; p < n and of full rank.
    y : ndarray, shape (n,)
        Outcome.
    correlation : callable
        The matrix for a parameter, such as `ar1_correlation`.
    bounds : tuple of float
        Between which the parameter is sought.
    is_restricted : bool
        REML if true, else ML; its factor of variance is then corrected for p, as nlme does.

    Returns
    -------
    CorrelatedFit

    References
    ----------
    .. [1] Pinheiro and Bates (2000), Mixed-Effects Models in S and S-PLUS, 5.1 (``pinheiro_bates_2000``).

    Examples
    --------
    >>> y = np.array([1.0, 1.2, 0.8, 1.1, 3.0, 3.3, 2.9, 3.1])
    >>> x = np.column_stack([np.ones(8), np.arange(8) >= 4])
    >>> fit = fit_correlated(x, y, ar1_correlation(8), bounds=(-0.95, 0.95))
    >>> bool(1.9 < fit.coefficients[1] < 2.2)
    True
    """
    # the likelihood may have two tops, so a grid says where to look
    grid = np.linspace(*bounds, 9)
    at = [_at(x, y, correlation(value), is_restricted=is_restricted)[0] for value in grid]
    best = int(np.argmax(at))
    found = minimize_scalar(
        lambda value: -_at(x, y, correlation(value), is_restricted=is_restricted)[0],
        bounds=(grid[max(best - 1, 0)], grid[min(best + 1, 8)]),
        method="bounded",
        options={"xatol": 1e-9},
    )
    loglik, coefficients, inverse, squares = _at(x, y, correlation(found.x), is_restricted=is_restricted)
    sigma2 = squares / (len(y) - x.shape[1])
    return CorrelatedFit(coefficients, sigma2 * inverse, float(found.x), sigma2, loglik)


def _at(x: Floats, y: Floats, v: Floats, *, is_restricted: bool) -> tuple[float, Floats, Floats, float]:
    factor = cho_factor(v, lower=True)
    weighed = cho_solve(factor, x)
    inverse = np.linalg.inv(x.T @ weighed)
    coefficients = inverse @ (weighed.T @ y)
    rest = y - x @ coefficients
    # a series that the design fits exactly (all zero) has a likelihood without bound: held finite
    squares = max(float(rest @ cho_solve(factor, rest)), float(np.finfo(np.float64).tiny))
    log_v = 2 * float(np.log(np.diag(factor[0])).sum())
    n = len(y) - x.shape[1] if is_restricted else len(y)
    loglik = -0.5 * (n * np.log(2 * np.pi * squares / n) + n + log_v)
    if is_restricted:
        loglik += 0.5 * float(np.linalg.slogdet(inverse)[1])
    return float(loglik), coefficients, inverse, squares


@dataclass(frozen=True)
class ForecastEffect:
    """What came after a measure beside what would have come without it.

    Parameters
    ----------
    actual, predicted : float
        Mean of the periods after it.
    sd : float
        Of the error of `predicted`.
    effect, effect_lo, effect_hi : float
        Actual less predicted.
    p : float
        Two-sided.
    path : DataFrame
        One row a period after it: actual, predicted, sd.
    """

    actual: float
    predicted: float
    sd: float
    effect: float
    effect_lo: float
    effect_hi: float
    p: float
    path: pd.DataFrame


def forecast_effect(
    outcome: pd.Series, controls: pd.DataFrame, *, first_post: int, level: float = 0.95
) -> ForecastEffect:
    """The effect of a measure as the outcome less its forecast from untouched series and a drifting level.

    How far the level drifts is averaged over, since the most likely drift is often none and would promise too
    much: the restricted likelihood times an exponential prior (house) of its size relative to the noise. The
    relation to the controls is learnt before the measure only. What is predicted is wrong where the
    measure touched a control, or where the relation changed for another reason.

    Parameters
    ----------
    outcome : Series, shape (n,)
        In the order of time, periods of equal length.
    controls : DataFrame, shape (n, k)
        Series that the measure did not touch, on the same index.
    first_post : int
        Place, from 0, of the first period with the measure.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    ForecastEffect

    Raises
    ------
    InputFaults
        With every value missing, or fewer than k + 3 periods before or none after.

    References
    ----------
    .. [1] Brodersen et al. (2015), Ann. Appl. Stat. 9:247–274 (``brodersen_2015``), with a prior of our own.

    Examples
    --------
    >>> x = pd.Series([1.0, 3, 2, 5, 4, 6, 5, 7, 6, 8])
    >>> y = 2 * x + [0.1, -0.1, 0.05, -0.05, 0.1, -0.1, 0, 5, 5, 5]
    >>> round(forecast_effect(y, x.to_frame("x"), first_post=7).effect, 1)
    5.1
    """
    _require(outcome, controls, first_post)
    y = outcome.to_numpy(np.float64)
    # standardised by the time before, so that the normal equations stay well conditioned
    before = controls.iloc[:first_post].astype(np.float64)
    varies = before.std() > 0
    scaled = (controls - before.mean()) / before.std()
    x = np.column_stack([np.ones(len(y)), scaled.loc[:, varies].to_numpy(np.float64)])
    path, errors = _averaged(x, y[:first_post])
    predicted = pd.DataFrame(
        {"actual": y[first_post:], "predicted": path, "sd": np.sqrt(np.diag(errors))},
        index=outcome.index[first_post:],
    )
    actual, expected = float(y[first_post:].mean()), float(path.mean())
    sd = float(np.sqrt(errors.mean()))
    effect, reach = actual - expected, float(ndtri((1 + level) / 2)) * sd
    p = float(2 * ndtr(-abs(effect) / sd))
    return ForecastEffect(actual, expected, sd, effect, effect - reach, effect + reach, p, predicted)


def _require(outcome: pd.Series, controls: pd.DataFrame, first_post: int) -> None:
    faults = []
    if not outcome.index.equals(controls.index):
        faults.append(Fault("controls", shown(controls.index), "on the index of outcome"))
    if not controls.shape[1] + 3 <= first_post < len(outcome):
        rule = RuleText("a place from {} up and below the number of periods", controls.shape[1] + 3)
        faults.append(Fault("first_post", shown(first_post), rule))
    for name, column in {"outcome": outcome, **dict(controls.items())}.items():
        if not np.isfinite(pd.to_numeric(column, errors="coerce")).all():
            faults.append(Fault(str(name), "a missing value", "finite numbers"))
    refuse("forecast", faults)


def _averaged(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The forecast of the periods after `y` and the covariance of its errors, over all sizes of drift."""
    drifts, covariance = np.linspace(0, _WIDEST_DRIFT, _DRIFTS), drifting_level(len(x))
    found = [_predicted(x, y, v=covariance(drift)) for drift in drifts]
    logs = np.array([part[0] for part in found]) - drifts / method_number("effect", "drift_prior")
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    paths, errors = np.array([part[1] for part in found]), np.array([part[2] for part in found])
    path = weights @ paths
    apart = paths - path
    return path, np.tensordot(weights, errors, axes=1) + (apart.T * weights) @ apart


def _predicted(x: Floats, y: Floats, *, v: Floats) -> tuple[float, Floats, Floats]:
    """Likelihood, best linear forecast of the periods after `y`, and the covariance of its errors."""
    n = len(y)
    loglik, coefficients, inverse, squares = _at(x[:n], y, v[:n, :n], is_restricted=True)
    weights = np.linalg.solve(v[:n, :n], v[:n, n:]).T
    ahead = x[n:] @ coefficients + weights @ (y - x[:n] @ coefficients)
    unseen = x[n:] - weights @ x[:n]
    errors = v[n:, n:] - weights @ v[:n, n:] + unseen @ inverse @ unseen.T
    return loglik, ahead, errors * squares / (n - x.shape[1])
