"""Interrupted time series: what changed when a measure began, over many series at once.

Segmented regression: a line before, a step and a new slope after, seasons as harmonics, a control group by
interactions. Errors as ordinary, robust, Newey–West, AR(1), Poisson or quasi-Poisson. All series share a
design, so that the sums over periods are one array operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit, xlogy

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.short_repr import ShownInNotebooks
from riskkit.response.effect_correlated import ar1_correlation, fit_correlated

MODELS = ("ols", "hc0", "hc3", "newey_west", "ar1_ml", "ar1_reml", "poisson", "quasi_poisson")
_STEPS, _NEAR, _STEEPEST = 50, 1e-8, 30.0


def segmented_design(
    n_periods: int, first_post: int, *, has_slope: bool = True, n_harmonics: int = 0, season: float = 12
) -> pd.DataFrame:
    """The columns of a segmented regression.

    Parameters
    ----------
    n_periods : int
        Periods in all, counted from 1.
    first_post : int
        First period with the measure, at least 3.
    has_slope : bool
        Whether the slope may change too. It counts from the change (1 in its first period), as the authors
        of the tutorial corrected: a product with calendar time would move the step away from the change.
    n_harmonics : int
        Pairs of sine and cosine.
    season : float
        Periods in a season's round.

    Returns
    -------
    DataFrame
        const, time, level, slope_change, sin_1, cos_1, …; index 1 … n_periods.

    Raises
    ------
    InputFaults
        When there are fewer than two periods before or one after the change, or the harmonics are too many
        for the season.

    References
    ----------
    .. [1] Lopez Bernal, Cummins and Gasparrini (2017), Int. J. Epidemiol. 46:348–355, with the correction of
       its slope term (``lopez_bernal_2017``).

    Examples
    --------
    >>> segmented_design(5, 4)["slope_change"].tolist()
    [0.0, 0.0, 0.0, 1.0, 2.0]
    """
    faults = []
    if not 3 <= first_post <= n_periods:
        faults.append(
            Fault("first_post", shown(first_post), RuleText("from 3 to {}, the number of periods", n_periods))
        )
    if not 0 <= 2 * n_harmonics < season:
        faults.append(
            Fault(
                "n_harmonics", shown(n_harmonics), RuleText("from 0 up, less than half of {}", f"{season:g}")
            )
        )
    refuse("design", faults)
    time = np.arange(1.0, n_periods + 1)
    level = (time >= first_post).astype(np.float64)
    columns = {"const": np.ones(n_periods), "time": time, "level": level}
    if has_slope:
        columns["slope_change"] = np.maximum(time - first_post + 1, 0.0)
    for k in range(1, n_harmonics + 1):
        columns[f"sin_{k}"] = np.sin(2 * np.pi * k * time / season)
        columns[f"cos_{k}"] = np.cos(2 * np.pi * k * time / season)
    return pd.DataFrame(columns, index=pd.RangeIndex(1, n_periods + 1, name="period"))


def controlled_design(design: pd.DataFrame) -> pd.DataFrame:
    """The design of a treated series over its control, each with its own line; what differs is the effect.

    The outcomes of the treated series come first, those of the control below. Not for Newey–West or AR(1),
    whose lags would run across the seam: give those the difference of the two series and `design` itself.

    Parameters
    ----------
    design : DataFrame, shape (n, p)
        Of `segmented_design`.

    Returns
    -------
    DataFrame, shape (2n, …)
        The columns of `design`, and ``treated`` times each but the seasons. ``treated_level`` and
        ``treated_slope_change`` are the effect beyond the control's own change.

    References
    ----------
    .. [1] Lopez Bernal, Cummins and Gasparrini (2018), Int. J. Epidemiol. 47:2082–2093
       (``lopez_bernal_2018``).

    Examples
    --------
    >>> controlled_design(segmented_design(4, 3))["treated_level"].tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    both = pd.concat([design, design], ignore_index=True)
    treated = np.repeat([1.0, 0.0], len(design))
    own = [name for name in design if not str(name).startswith(("sin_", "cos_"))]
    extra = both[own].mul(treated, axis=0)
    extra.columns = ["treated" if name == "const" else f"treated_{name}" for name in own]
    return pd.concat([both, extra], axis=1)


@dataclass(frozen=True, repr=False)
class SeriesFit(ShownInNotebooks):
    """Fitted series.

    Parameters
    ----------
    terms : DataFrame
        One row a series and term (index series, term): estimate, se, lo, hi, p. Of the counts' models the
        estimates are logarithms of ratios.
    series : DataFrame
        One row a series: n, sigma, r2, durbin_watson, dispersion, deviance, phi, loglik (missing where the
        model has none), note (``missing_values``, ``negative_count``, ``not_converged``, or empty).
    covariance : ndarray, shape (series, p, p)
        Of the estimates.
    is_log : bool
        Whether the estimates are logarithms of ratios.
    """

    terms: pd.DataFrame
    series: pd.DataFrame
    covariance: Floats
    is_log: bool


def fit_series(
    outcomes: pd.DataFrame,
    design: pd.DataFrame,
    *,
    model: str = "newey_west",
    lag: int | None = None,
    is_small_sample: bool = True,
    exposure: pd.DataFrame | None = None,
    level: float = 0.95,
) -> SeriesFit:
    """Fit a design to every series.

    Parameters
    ----------
    outcomes : DataFrame, shape (n, series)
        One column a series, periods of equal length in the order of time.
    design : DataFrame, shape (n, p)
        Of `segmented_design`, or of one's own.
    model : str
        ``ols``, ``hc0``, ``hc3``, ``newey_west`` (errors of ordinary least squares, correlated up to `lag`),
        ``ar1_ml``, ``ar1_reml`` (generalised least squares), ``poisson``, ``quasi_poisson`` (log link).
    lag : int, optional
        Of Newey–West; the integer part of 4 (n/100)^(2/9) otherwise.
    is_small_sample : bool
        Whether Newey–West is widened by n/(n - p).
    exposure : DataFrame, optional
        Same shape as `outcomes`: population or lots behind each count, for the two models of counts.
    level : float
        Confidence level. The models of counts take the normal distribution, the others Student's t.

    Returns
    -------
    SeriesFit

    Raises
    ------
    InputFaults
        With everything that is wrong with design, exposure and model. A series that cannot be fitted has a
        note and missing estimates.

    References
    ----------
    .. [1] Newey and West (1987), Econometrica 55:703–708 (``newey_west_1987``).
    .. [2] McCullagh and Nelder, Generalized Linear Models (``mccullagh_nelder``).

    Examples
    --------
    >>> seen = pd.DataFrame({"port 1": [9.0, 11, 10, 12, 5, 6, 4, 6]})
    >>> fit = fit_series(seen, segmented_design(8, 5, has_slope=False), model="ols")
    >>> [f"{term:.3f}" for term in fit.terms["estimate"]]
    ['9.375', '0.450', '-7.050']
    """
    x = _checked(outcomes, design, exposure, model=model, lag=lag)
    y = outcomes.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64).T
    is_count = model.endswith("poisson")
    notes = np.where(np.isfinite(y).all(axis=1), "", "missing_values").astype(object)
    if is_count:
        notes[(notes == "") & (y < 0).any(axis=1)] = "negative_count"
    good = np.flatnonzero(notes == "")
    if is_count:
        offset = np.zeros_like(y) if exposure is None else np.log(exposure.to_numpy(np.float64).T)
        found = _count_fit(x, y[good], offset[good], is_scaled=model == "quasi_poisson")
    elif model.startswith("ar1"):
        found = _ar1_fit(x, y[good], is_restricted=model == "ar1_reml")
    else:
        found = _least_squares(x, y[good], _errors(model, len(x), lag=lag, is_small_sample=is_small_sample))
    coefficients, covariance, measures = found
    failed = ~np.isfinite(coefficients).all(axis=1)
    notes[good[failed]] = "not_converged"
    whole = np.full((len(y), x.shape[1]), np.nan)
    spread = np.full((*whole.shape, x.shape[1]), np.nan)
    whole[good], spread[good] = coefficients, covariance
    spread[good[failed]] = np.nan
    series = pd.DataFrame(measures, index=outcomes.columns[good])
    series[failed] = np.nan
    series = series.reindex(outcomes.columns).assign(n=len(x), note=notes)
    names = ["n", "sigma", "r2", "durbin_watson", "dispersion", "deviance", "phi", "loglik", "note"]
    degrees = np.inf if is_count else len(x) - x.shape[1]
    terms = _terms(whole, spread, degrees=degrees, level=level)
    terms.index = pd.MultiIndex.from_product([outcomes.columns, design.columns], names=["series", "term"])
    return SeriesFit(terms, series.reindex(columns=names), spread, is_count)


def _checked(
    outcomes: pd.DataFrame,
    design: pd.DataFrame,
    exposure: pd.DataFrame | None,
    *,
    model: str,
    lag: int | None,
) -> Floats:
    faults = []
    x = design.to_numpy(np.float64)
    if model not in MODELS:
        faults.append(Fault("model", shown(model), one_of(str(model), MODELS)))
    if len(x) != len(outcomes):
        faults.append(Fault("design", f"{len(x)} rows", RuleText("{} rows, one a period", len(outcomes))))
    elif not np.isfinite(x).all():
        faults.append(Fault("design", "a missing value", "finite numbers"))
    elif len(x) <= x.shape[1]:
        faults.append(
            Fault("outcomes", f"{len(x)} periods", RuleText("more than {}, the number of terms", x.shape[1]))
        )
    elif np.linalg.matrix_rank(x) < x.shape[1]:
        faults.append(Fault("design", "a column that the others give", "columns that tell different things"))
    if lag is not None and not 0 <= lag < len(x):
        faults.append(Fault("lag", shown(lag), RuleText("from 0 to {}", len(x) - 1)))
    if exposure is not None and (
        exposure.shape != outcomes.shape or not (exposure.to_numpy(np.float64) > 0).all()
    ):
        faults.append(Fault("exposure", shown(exposure.shape), "above 0, in the shape of outcomes"))
    refuse("series", faults)
    return x


Errors = Callable[[Floats, Floats, Floats], Floats]
Fitted = tuple[Floats, Floats, dict[str, Floats]]


def _errors(model: str, n: int, *, lag: int | None, is_small_sample: bool) -> Errors:
    """The covariance of coefficients of all series, from design, inverse of its square, and residuals."""
    if model == "newey_west":
        reach = int(4 * (n / 100) ** (2 / 9)) if lag is None else lag
        return lambda x, inverse, rest: (
            _newey_west(x, inverse, rest, lag=reach) * (n / (n - x.shape[1]) if is_small_sample else 1.0)
        )
    if model == "ols":
        return lambda x, inverse, rest: (
            inverse * (np.square(rest).sum(axis=1) / (n - x.shape[1]))[:, None, None]
        )

    def sandwich(x: Floats, inverse: Floats, rest: Floats) -> Floats:
        leverage = np.einsum("np,pq,nq->n", x, inverse, x)
        weights = np.square(rest / (1 - leverage)) if model == "hc3" else np.square(rest)
        return np.asarray(inverse @ np.einsum("sn,np,nq->spq", weights, x, x, optimize=True) @ inverse)

    return sandwich


def _newey_west(x: Floats, inverse: Floats, rest: Floats, *, lag: int) -> Floats:
    scores = rest[:, :, None] * x
    middle = scores.transpose(0, 2, 1) @ scores
    for step in range(1, lag + 1):
        ahead = scores[:, step:].transpose(0, 2, 1) @ scores[:, :-step]
        middle += (1 - step / (lag + 1)) * (ahead + ahead.transpose(0, 2, 1))
    return np.asarray(inverse @ middle @ inverse)


def _least_squares(x: Floats, y: Floats, errors: Errors) -> Fitted:
    q, r = np.linalg.qr(x)
    coefficients = np.linalg.solve(r, q.T @ y.T).T
    inverse = np.linalg.inv(r.T @ r)
    rest = y - coefficients @ x.T
    squares = np.square(rest).sum(axis=1)
    total = np.square(y - y.mean(axis=1, keepdims=True)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        measures = {
            "sigma": np.sqrt(squares / (len(x) - x.shape[1])),
            "r2": 1 - squares / total,
            "durbin_watson": np.square(np.diff(rest, axis=1)).sum(axis=1) / squares,
        }
    return coefficients, errors(x, inverse, rest), measures


def _ar1_fit(x: Floats, y: Floats, *, is_restricted: bool) -> Fitted:
    correlation = ar1_correlation(len(x))
    fits = [
        fit_correlated(x, row, correlation, bounds=(-0.99, 0.99), is_restricted=is_restricted) for row in y
    ]
    measures = {
        "sigma": np.array([np.sqrt(fit.sigma2) for fit in fits]),
        "phi": np.array([fit.parameter for fit in fits]),
        "loglik": np.array([fit.loglik for fit in fits]),
    }
    p = x.shape[1]
    coefficients = np.array([fit.coefficients for fit in fits]).reshape(-1, p)
    return coefficients, np.array([fit.covariance for fit in fits]).reshape(-1, p, p), measures


def _count_fit(x: Floats, y: Floats, offset: Floats, *, is_scaled: bool) -> Fitted:
    """Poisson regressions by reweighted least squares, all series in step until each has converged.

    Where it stops, and that the covariance is of the weights of the last step, is as in R's glm.
    """
    n, p = x.shape
    products = (x[:, :, None] * x[:, None, :]).reshape(n, p * p)
    mu, coefficients = y + 0.1, np.full((len(y), p), np.nan)
    link, weights = np.log(mu), mu.copy()
    deviance, open_ = np.full(len(y), np.inf), np.arange(len(y))
    is_done = np.zeros(len(y), dtype=np.bool_)
    for _ in range(_STEPS):
        if open_.size == 0:
            break
        weights[open_], working = mu[open_], link[open_] - offset[open_] + y[open_] / mu[open_] - 1
        left = (weights[open_] @ products).reshape(-1, p, p)
        coefficients[open_] = _solved(left, (weights[open_] * working) @ x)
        link[open_] = np.clip(coefficients[open_] @ x.T + offset[open_], -_STEEPEST, 700)
        mu[open_] = np.exp(link[open_])
        now = 2 * (xlogy(y[open_], y[open_] / mu[open_]) - y[open_] + mu[open_]).sum(axis=1)
        is_done[open_] = np.abs(now - deviance[open_]) <= _NEAR * (np.abs(now) + 0.1)
        deviance[open_] = now
        open_ = open_[~is_done[open_] & np.isfinite(now)]
    # a fitted count that runs to nothing has no finite coefficient: the data separate
    is_done &= (link > -_STEEPEST).all(axis=1) & (mu > 1e-6).all(axis=1)
    coefficients[~is_done] = np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        dispersion = (weights * np.square(y / mu - 1)).sum(axis=1) / (n - p)
    covariance = _inverses((weights @ products).reshape(-1, p, p), is_done)
    factor = dispersion if is_scaled else np.ones(len(y))
    measures = {"dispersion": factor, "deviance": deviance}
    return coefficients, covariance * factor[:, None, None], measures


def _solved(left: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:  # one singular series must not stop the others
        return np.asarray((np.linalg.pinv(left) @ right[:, :, None])[:, :, 0])


def _inverses(matrices: Floats, is_done: NDArray[np.bool_]) -> Floats:
    out = np.full_like(matrices, np.nan)
    out[is_done] = np.linalg.inv(matrices[is_done])
    return out


def _terms(coefficients: Floats, covariance: Floats, *, degrees: float, level: float) -> pd.DataFrame:
    se = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    half = (1 + level) / 2
    reach = float(ndtri(half) if np.isinf(degrees) else stdtrit(degrees, half))
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.abs(coefficients / se)
    columns = {
        "estimate": coefficients,
        "se": se,
        "lo": coefficients - reach * se,
        "hi": coefficients + reach * se,
        "p": 2 * stdtr(degrees, -score),
    }
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})
