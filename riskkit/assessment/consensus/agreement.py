"""How far experts give the same answers: Fleiss' kappa and Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.short_repr import ShownInNotebooks

Floats = NDArray[np.float64]
METRICS = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True)
class Agreement(ShownInNotebooks):
    """A coefficient of agreement.

    Parameters
    ----------
    value : float
        1 for full agreement, 0 for what chance gives; NaN where all answers are one and the same (then
        nothing can be said) or no item was judged twice.
    lo, hi : float
        95 % interval by resampling items; NaN where none was asked for.
    by_category : dict of float to float
        Kappa of each category against the rest; empty for alpha.
    """

    value: float
    lo: float
    hi: float
    by_category: dict[float, float]


def fleiss_kappa(ratings: ArrayLike) -> Agreement:
    """Fleiss' κ: agreement of several experts on categories beyond chance.

    Parameters
    ----------
    ratings : array_like of float, shape (items, experts)
        Codes of categories; no gaps (with gaps take `krippendorff_alpha`).

    Returns
    -------
    Agreement

    Raises
    ------
    InputFaults
        When there are gaps or fewer than 2 experts.

    References
    ----------
    .. [1] J. L. Fleiss, Psychological Bulletin 76, 1971, 378–382 (``fleiss_1971``).

    Examples
    --------
    >>> round(fleiss_kappa([[1, 1], [2, 2], [1, 2]]).value, 4)
    0.3333
    """
    given = np.asarray(ratings, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2 or not given.size or not np.isfinite(given).all():
        refuse("agreement", [Fault("ratings", f"shape {given.shape}", "items × at least 2 experts, no gaps")])
    codes = np.unique(given)
    counts = (given[:, :, None] == codes).sum(axis=1)
    m = given.shape[1]
    share = counts.sum(axis=0) / given.size
    agreed = ((counts**2).sum(axis=1) - m).mean() / (m * (m - 1))
    chance = float((share**2).sum())
    value = (agreed - chance) / (1 - chance) if chance < 1 else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        split = (counts * (m - counts)).sum(axis=0) / (len(given) * m * (m - 1) * share * (1 - share))
    return Agreement(
        float(value), np.nan, np.nan, dict(zip(codes.tolist(), (1 - split).tolist(), strict=True))
    )


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    metric: str = "ordinal",
    rng: np.random.Generator | None = None,
    resamples: int = 1000,
) -> Agreement:
    """Krippendorff's α = 1 - observed / expected disagreement; gaps are allowed.

    Parameters
    ----------
    ratings : array_like of float, shape (items, experts)
        Answers; NaN where an expert gave none. An item judged once says nothing and is left out.
    metric : str
        ``nominal``, ``ordinal``, ``interval`` or ``ratio`` (answers not negative).
    rng : numpy.random.Generator, optional
        For a 95 % interval by resampling items.
    resamples : int
        Resamples.

    Returns
    -------
    Agreement

    Raises
    ------
    InputFaults
        When there is no such metric, a value is infinite, or negative under ``ratio``.

    References
    ----------
    .. [1] K. Krippendorff, Content Analysis, chapter on reliability (``krippendorff``).

    Examples
    --------
    >>> round(krippendorff_alpha([[1, 1], [2, 2], [1, 2]], metric="nominal").value, 4)
    0.4444
    """
    given = np.atleast_2d(np.asarray(ratings, dtype=np.float64))
    faults = [] if metric in METRICS else [Fault("metric", shown(metric), one_of(str(metric), METRICS))]
    if np.isinf(given).any() or (metric == "ratio" and (given < 0).any()):
        faults.append(Fault("ratings", "infinite or negative", "finite, and not negative for ratios"))
    refuse("agreement", faults)
    codes, counts = _paired_counts(given)
    once = np.ones(len(counts))
    value = _alpha(codes, counts, once, metric=metric)
    if rng is None or not len(counts):
        return Agreement(value, np.nan, np.nan, {})
    draws = rng.integers(0, len(counts), (resamples, len(counts)))
    times = [np.bincount(draw, minlength=len(counts)).astype(np.float64) for draw in draws]
    found = np.array([_alpha(codes, counts, often, metric=metric) for often in times])
    known = found[~np.isnan(found)]
    lo, hi = np.quantile(known, [0.025, 0.975]) if known.size else (np.nan, np.nan)
    return Agreement(value, float(lo), float(hi), {})


def _paired_counts(given: Floats) -> tuple[Floats, Floats]:
    is_told = ~np.isnan(given)
    codes, which = np.unique(given[is_told], return_inverse=True)
    places = np.nonzero(is_told)[0] * len(codes) + which
    counts = np.bincount(places, minlength=len(given) * len(codes)).reshape(len(given), len(codes))
    return codes, counts[counts.sum(axis=1) >= 2].astype(np.float64)


def _alpha(codes: Floats, counts: Floats, often: Floats, *, metric: str) -> float:
    """From how many experts gave each answer to each item, and how often each item counts."""
    total = often @ counts
    n = total.sum()
    if n == 0 or (total > 0).sum() < 2:
        return float("nan")
    distance = _DISTANCES[metric](codes, total)
    per_item = counts.sum(axis=1)
    pairs = (counts * (often / (per_item - 1))[:, None]).T @ counts
    observed = float((pairs * distance).sum()) / n
    expected = float((np.outer(total, total) * distance).sum()) / (n * (n - 1))
    return float(1 - observed / expected) if expected > 0 else float("nan")


def _ordinal(codes: Floats, total: Floats) -> Floats:
    below = np.cumsum(total) - total / 2
    return np.asarray((below[:, None] - below) ** 2)


def _ratio(codes: Floats, total: Floats) -> Floats:
    sums = codes[:, None] + codes
    return np.asarray((np.divide(codes[:, None] - codes, sums, out=np.zeros_like(sums), where=sums > 0)) ** 2)


_DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "nominal": lambda codes, total: (codes[:, None] != codes).astype(np.float64),
    "ordinal": _ordinal,
    "interval": lambda codes, total: np.asarray((codes[:, None] - codes) ** 2),
    "ratio": _ratio,
}
