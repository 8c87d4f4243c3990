"""Product hazards with few tests or none: from manufacturing quality and test data to injuries.

The idiom of Hunte, Neil & Fenton: how well a product is made says what its hazard rate may be, test data
(none included) correct that, and exposure and behaviour turn hazards into injuries. The hazard rate per
use is a mixture of beta distributions, one for each manufacturing quality, so that all of it is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, betaln, gammaln, xlog1py, xlogy

from riskkit.assessment.trees.product_model_file import ProductModel

Floats = NDArray[np.float64]
_LONG = 1_000_000


@dataclass(frozen=True)
class HazardRate:
    """Probability of the hazard in one use: a mixture of beta distributions.

    Parameters
    ----------
    qualities : tuple of str
        Names of the parts.
    weights, alpha, beta : ndarray of float
        Weights (sum to 1) and parameters of the parts.
    """

    qualities: tuple[str, ...]
    weights: Floats
    alpha: Floats
    beta: Floats


def hazard_rate(model: ProductModel, *, failures: int = 0, tests: int = 0) -> HazardRate:
    """Hazard rate per use after tests; without tests, what manufacturing quality alone says.

    The weight of a quality grows with how well it foretold the tests (beta-binomial); within a quality
    Beta(a, b) becomes Beta(a + failures, b + tests − failures).

    Parameters
    ----------
    model : ProductModel
        What was known before.
    failures, tests : int, optional
        Hazards seen, and uses tested.

    Raises
    ------
    ValueError
        Unless 0 ≤ failures ≤ tests.

    References
    ----------
    .. [1] Hunte, Neil & Fenton (2022), Product risk assessment: a Bayesian network approach, J. Safety
       Research (``hunte_2022``): the idiom. Their node tables are not used; the numbers are the user's.

    Examples
    --------
    >>> from riskkit.assessment.trees.product_model_file import product_model
    >>> model = product_model({"qualities": {"any": {"p": 1, "alpha": 1, "beta": 1}},
    ...                        "behaviours": {"any": {"share": 1, "uses": 1, "p_injury": 1}}})
    >>> rate = hazard_rate(model, failures=0, tests=299)
    >>> float(rate.alpha[0]), float(rate.beta[0])
    (1.0, 300.0)
    """
    if not 0 <= failures <= tests:
        raise ValueError(f"0 ≤ failures ≤ tests, not {failures} of {tests}")
    prior = np.array([one.p for one in model.qualities])
    a, b = (np.array([getattr(one, key) for one in model.qualities]) for key in ("alpha", "beta"))
    after_a, after_b = a + failures, b + tests - failures
    with np.errstate(divide="ignore"):
        logs = np.log(prior) + betaln(after_a, after_b) - betaln(a, b)
    weights = np.exp(logs - logs.max())
    return HazardRate(tuple(one.id for one in model.qualities), weights / weights.sum(), after_a, after_b)


def rate_mean(rate: HazardRate) -> float:
    """Mean of the hazard rate.

    Examples
    --------
    >>> rate_mean(HazardRate(("any",), np.array([1.0]), np.array([1.0]), np.array([300.0]))) == 1 / 301
    True
    """
    return float(np.sum(rate.weights * rate.alpha / (rate.alpha + rate.beta)))


def rate_quantile(rate: HazardRate, probs: ArrayLike) -> Floats:
    """Quantiles of the hazard rate.

    Parameters
    ----------
    rate : HazardRate
        The mixture.
    probs : array_like of float
        0–1, any shape.

    Returns
    -------
    ndarray of float
        In the shape of `probs`, to full precision (bisection between the parts' own quantiles).

    Examples
    --------
    >>> rate = HazardRate(("any",), np.array([1.0]), np.array([1.0]), np.array([300.0]))
    >>> round(float(rate_quantile(rate, 0.95)), 7)
    0.0099361
    """
    q = np.asarray(probs, dtype=np.float64)
    live = rate.weights > 0
    ends = np.array([betaincinv(a, b, q) for a, b in zip(rate.alpha[live], rate.beta[live], strict=True)])
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(200):
        middle = np.where(low > 0, np.sqrt(low * high), (low + high) / 2)
        reached = sum(
            w * betainc(a, b, middle) for w, a, b in zip(rate.weights, rate.alpha, rate.beta, strict=True)
        )
        low, high = np.where(reached < q, middle, low), np.where(reached < q, high, middle)
    return np.asarray(high, dtype=np.float64)


def p_harm(rate: HazardRate, *, uses: int, p_injury: float) -> float:
    """Probability that one product injures over its life: E[1 − (1 − θ·q)^U].

    Of U uses, K ~ Binomial(U, q) would injure if the hazard occurred in them, so that the expectation is
    Σ P(K = k)·(1 − B(a, b + k)/B(a, b)): a sum without cancellation, exact for a beta distribution.

    Parameters
    ----------
    rate : HazardRate
        θ, the probability of the hazard in one use.
    uses : int
        U, uses over the life of the product [count].
    p_injury : float
        q, probability that a hazard injures.

    References
    ----------
    .. [1] Hunte, Neil & Fenton (2022) (``hunte_2022``).

    Examples
    --------
    >>> rate = HazardRate(("any",), np.array([1.0]), np.array([1.0]), np.array([300.0]))
    >>> round(1 / p_harm(rate, uses=1, p_injury=1.0), 9)
    301.0
    """
    k, weight = _harmful_uses(uses, p_injury)
    spared = np.array([_log_spared(a, b, k) for a, b in zip(rate.alpha, rate.beta, strict=True)])
    return float(rate.weights @ (-np.expm1(spared) @ weight))


def _log_spared(a: float, b: float, k: Floats) -> Floats:
    """ln(B(a, b + k)/B(a, b)), the log probability that k uses in a row pass, without cancellation."""
    last = int(k[-1])
    if last > _LONG:
        return np.asarray(betaln(a, b + k) - betaln(a, b))
    steps = np.log1p(-a / (a + b + np.arange(last)))
    return np.asarray(np.concatenate([[0.0], np.cumsum(steps)])[int(k[0]) :])


def _harmful_uses(uses: int, p_injury: float) -> tuple[Floats, Floats]:
    """Numbers of uses in which a hazard would injure, and their probabilities; those below 1e-30 left out."""
    spread = 40.0 + 14.0 * np.sqrt(uses * p_injury * (1 - p_injury))
    low, high = max(0, int(uses * p_injury - spread)), min(uses, int(uses * p_injury + spread) + 1)
    k = np.arange(low, high + 1, dtype=np.float64)
    logs = gammaln(uses + 1) - gammaln(k + 1) - gammaln(uses - k + 1)
    weight = np.exp(logs + xlogy(k, p_injury) + xlog1py(uses - k, -p_injury))
    return k, weight / weight.sum()


def product_risk(
    model: ProductModel, *, failures: int = 0, tests: int = 0, n_products: float = 1.0, level: float = 0.95
) -> pd.DataFrame:
    """Injuries to expect, by behaviour and over all consumers.

    Parameters
    ----------
    model : ProductModel
        The product and its users.
    failures, tests : int, optional
        Test data; none is lawful.
    n_products : float, optional
        Products in use [count].
    level : float, optional
        Of the credible interval, which is that of the hazard rate carried through.

    Returns
    -------
    DataFrame
        behaviour (the last row is ``all``), share, p_injury (per product), p_injury_lo, p_injury_hi,
        expected_injuries.

    Raises
    ------
    ValueError
        Unless 0 ≤ failures ≤ tests, `n_products` ≥ 0 and 0 < `level` < 1.

    Examples
    --------
    >>> from riskkit.assessment.trees.product_model_file import product_model
    >>> model = product_model({"qualities": {"any": {"p": 1, "alpha": 1, "beta": 1}},
    ...                        "behaviours": {"any": {"share": 1, "uses": 1, "p_injury": 1}}})
    >>> table = product_risk(model, tests=299, n_products=301)
    >>> table[["behaviour", "expected_injuries"]].values.tolist()
    [['any', 1.0], ['all', 1.0]]
    """
    if not n_products >= 0 or not 0 < level < 1:
        raise ValueError("products at least 0, and a level between 0 and 1")
    rate = hazard_rate(model, failures=failures, tests=tests)
    ends = rate_quantile(rate, [(1 - level) / 2, (1 + level) / 2])
    rows: list[tuple[str, float, float, float, float]] = []
    for one in model.behaviours:
        mean = p_harm(rate, uses=one.uses, p_injury=one.p_injury)
        lo, hi = -np.expm1(xlog1py(one.uses, -ends * one.p_injury))
        rows.append((one.id, one.share, mean, float(lo), float(hi)))
    shares = np.array([row[1] for row in rows])
    whole = shares @ np.array([row[2:] for row in rows])
    rows.append(("all", 1.0, float(whole[0]), float(whole[1]), float(whole[2])))
    table = pd.DataFrame(rows, columns=["behaviour", "share", "p_injury", "p_injury_lo", "p_injury_hi"])
    share = np.array([row[1] for row in rows])
    return table.assign(expected_injuries=n_products * share * table["p_injury"])


def product_network(
    model: ProductModel,
    *,
    failures: int = 0,
    tests: int = 0,
    planned_tests: int = 0,
    n_bands: int = 40,
) -> dict[str, Any]:
    """The same model as a discrete network, to ask it backwards and to value a planned test.

    Nodes: ``quality``, ``hazard_rate`` (bands of θ), ``behaviour``, ``injury`` (yes, no) and, when tests
    are planned, ``failures`` in them. Within a band θ is spread as its quality says, so that each table
    is exact; only what two nodes share within a band is lost, less with more bands.

    Parameters
    ----------
    model : ProductModel
        The product and its users.
    failures, tests : int, optional
        Test data known already.
    planned_tests : int, optional
        Uses of one further test series.
    n_bands : int, optional
        Bands of θ, alike in probability.

    Returns
    -------
    dict
        A mapping of the form `bayes_net_file.network` reads.

    Raises
    ------
    ValueError
        When a number is out of its range.

    Examples
    --------
    >>> from riskkit.assessment.trees.product_model_file import product_model
    >>> model = product_model({"qualities": {"any": {"p": 1, "alpha": 1, "beta": 1}},
    ...                        "behaviours": {"any": {"share": 1, "uses": 1, "p_injury": 1}}})
    >>> list(product_network(model, planned_tests=10)["nodes"])
    ['quality', 'hazard_rate', 'behaviour', 'injury', 'failures']
    """
    if n_bands < 2 or not 0 <= planned_tests <= 1000:
        raise ValueError("at least 2 bands, and 0 to 1000 planned tests")
    rate = hazard_rate(model, failures=failures, tests=tests)
    edges = _bands(rate, n_bands)
    masses = np.array([_mass(a, b, edges) for a, b in zip(rate.alpha, rate.beta, strict=True)])
    bands = [f"{lo:.3g}–{hi:.3g}" for lo, hi in pairwise(edges)]
    bands = [f"{number}: {band}" for number, band in enumerate(bands, start=1)]
    nodes: dict[str, Any] = {
        "quality": {"states": list(rate.qualities), "table": _normal(rate.weights[None, :])},
        "hazard_rate": {"states": bands, "parents": ["quality"], "table": _normal(masses)},
        "behaviour": {
            "states": [one.id for one in model.behaviours],
            "table": _normal(np.array([[one.share for one in model.behaviours]])),
        },
        "injury": {
            "states": ["yes", "no"],
            "parents": ["quality", "hazard_rate", "behaviour"],
            "table": _normal(_injury_table(model, rate, edges)),
        },
    }
    if planned_tests:
        nodes["failures"] = {
            "states": [str(r) for r in range(planned_tests + 1)],
            "parents": ["quality", "hazard_rate"],
            "table": _normal(_test_table(rate, edges, planned_tests)),
        }
    return {"nodes": nodes}


def _bands(rate: HazardRate, n: int) -> Floats:
    inner = rate_quantile(rate, np.arange(1, n) / n)
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def _mass(a: float | Floats, b: float | Floats, edges: Floats) -> Floats:
    """Probability of each band under Beta(a, b); the upper tail is taken from above, where it is small."""
    below, above = betainc(a, b, edges), betainc(b, a, 1 - edges)
    return np.asarray(np.where(below[..., 1:] < 0.5, np.diff(below), -np.diff(above)))


def _normal(rows: Floats) -> list[list[float]]:
    """Rows that sum to 1; a row of zeros (a band its quality rules out) becomes even, as it never counts."""
    kept = np.maximum(rows, 0.0)
    total = kept.sum(axis=1, keepdims=True)
    even = np.full_like(kept, 1 / kept.shape[1])
    out: list[list[float]] = np.where(total > 0, kept / np.where(total > 0, total, 1), even).tolist()
    return out


def _injury_table(model: ProductModel, rate: HazardRate, edges: Floats) -> Floats:
    masses = np.array([_mass(a, b, edges) for a, b in zip(rate.alpha, rate.beta, strict=True)])
    out = np.zeros((*masses.shape, len(model.behaviours), 2))
    for j, one in enumerate(model.behaviours):
        k, weight = _harmful_uses(one.uses, one.p_injury)
        for i, (a, b) in enumerate(zip(rate.alpha, rate.beta, strict=True)):
            spared = np.exp(_log_spared(a, b, k))[:, None] * _mass(a, b + k[:, None], edges)
            no = np.minimum(weight @ spared, masses[i])
            out[i, :, j] = np.stack([masses[i] - no, no], axis=-1)
    return out.reshape(-1, 2)


def _test_table(rate: HazardRate, edges: Floats, n: int) -> Floats:
    r = np.arange(n + 1.0)[:, None]
    choose = gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1)
    parts: Sequence[Floats] = [
        (np.exp(choose + betaln(a + r, b + n - r) - betaln(a, b)) * _mass(a + r, b + n - r, edges)).T
        for a, b in zip(rate.alpha, rate.beta, strict=True)
    ]
    return np.concatenate(parts)
