"""The largest count that chance explains, from a fitted mean, its error and the dispersion."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import nbinom, poisson

from riskkit.foundation.records.number_columns import Floats

BOUNDS = ("delta", "nb_plugin", "muan")
_LARGEST = 1e9  # cases
POWERS = {"none": 1.0, "1/2": 0.5, "2/3": 2 / 3}
"""Transformations towards symmetry, as exponents."""


def bound_of(
    observed: Floats, eta: Floats, se: Floats, *, phi: Floats, how: str, power: str, alpha: float
) -> tuple[Floats, Floats, Floats]:
    """Upper prediction bound, exceedance score and one-sided p-value.

    Parameters
    ----------
    observed : ndarray
        Counts.
    eta, se : ndarray
        Logarithm of what is expected, and its standard error.
    phi : ndarray
        Dispersion, 1 or more: the variance is ``phi`` times the mean.
    how : str
        ``delta``: normal after a power transformation, with the error of the mean; ``nb_plugin``: quantile
        of a negative binomial with the fitted mean; ``muan``: with the upper ``1 - alpha`` limit of the mean.
    power : str
        For ``delta``: one of `POWERS`.
    alpha : float
        One-sided level.

    Returns
    -------
    bound, score, p_value : ndarray

    References
    ----------
    .. [1] Farrington et al. (1996), JRSS A 159:547 (``farrington_1996``).
    .. [2] Noufaily et al. (2013), Statistics in Medicine 32:1206 (``noufaily_2013``).

    Examples
    --------
    >>> one = np.ones(1)
    >>> found = bound_of(12 * one, np.log(4) * one, one / 9, phi=1.5 * one, how="nb_plugin", power="none",
    ...                  alpha=0.005)
    >>> [round(float(number[0]), 4) for number in found]
    [12.0, 1.0, 0.0074]
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = np.exp(eta)
        if how == "delta":
            return _delta(observed, mean, se * mean, phi=phi, exponent=POWERS[power], z=float(-ndtri(alpha)))
        mean = np.exp(eta - ndtri(alpha) * se) if how == "muan" else mean
        mean = np.where(np.isfinite(mean), mean, np.nan)
        bound, tail = negative_binomial_bound(observed, mean, phi=phi, alpha=alpha)
        return bound, (observed - eta) / (bound - eta), tail


def negative_binomial_bound(
    observed: Floats, mean: Floats, *, phi: Floats, alpha: float
) -> tuple[Floats, Floats]:
    """Upper quantile and upper tail of a count with variance ``phi · mean``; Poisson where `phi` is 1.

    Past a mean of 10⁹ the quantile is the normal one: SciPy's own hangs or ends the process there.

    Parameters
    ----------
    observed, mean, phi : ndarray
        Counts, what is expected, and the dispersion, 1 or more.
    alpha : float
        One-sided level.

    Returns
    -------
    bound, p_value : ndarray

    Examples
    --------
    >>> one = np.ones(1)
    >>> found = negative_binomial_bound(12 * one, 4 * one, phi=1.5 * one, alpha=0.005)
    >>> [round(float(number[0]), 4) for number in found]
    [12.0, 0.0074]
    """
    is_large = mean > _LARGEST
    usual = np.where(is_large, 1.0, mean)
    size = np.where(phi > 1, usual / np.where(phi > 1, phi - 1, 1.0), np.nan)
    bound = np.where(phi > 1, nbinom.ppf(1 - alpha, size, 1 / phi), poisson.ppf(1 - alpha, usual))
    tail = np.where(phi > 1, nbinom.sf(observed - 1, size, 1 / phi), poisson.sf(observed - 1, usual))
    normal = np.ceil(mean - ndtri(alpha) * np.sqrt(mean * phi))
    return np.where(is_large, normal, bound), np.where(
        is_large, ndtr((mean - observed) / np.sqrt(mean * phi)), tail
    )


def _delta(
    observed: Floats, mean: Floats, error: Floats, *, phi: Floats, exponent: float, z: float
) -> tuple[Floats, Floats, Floats]:
    """Normal after ``count ** e``: the variance there is e² · mean^(2e - 1) · (phi + error²/mean)."""
    spread = exponent * np.sqrt(mean ** (2 * exponent - 1) * (phi + error**2 / mean))
    middle = mean**exponent
    bound = np.fmax((middle + z * spread) ** (1 / exponent), (middle - z * spread) ** (1 / exponent))
    return bound, (observed - mean) / (bound - mean), ndtr((middle - observed**exponent) / spread)
