"""Many experts' distributions into one: weighted mixtures, worked out for many weightings at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit.assessment.elicitation.performance import Ints, Scored
from riskkit.assessment.elicitation.study import Bools, Floats

# a sum of weights may miss a quantile by the last bit of a float
_SAME = 1e-15
# studies are pooled in pieces of so many cells: about 32 MB at a time
_CELLS = 4_000_000


@dataclass(frozen=True)
class Mixtures:
    """The distributions of all experts at all the points where any of them bends.

    Parameters
    ----------
    scored : Scored
        The study.
    points : ndarray of float, shape (items, k)
        Rising; on the background scale.
    shares : ndarray of float, shape (items, k, experts)
        Probability that each expert puts below each point; 0 throughout where not answered.
    """

    scored: Scored
    points: Floats
    shares: Floats


def mixtures(of: Scored) -> Mixtures:
    """Each expert's distribution at every point at which one of them bends.

    Between neighbouring quantiles, and out to the ends of the intrinsic range, probability is spread evenly
    on the background scale.

    Parameters
    ----------
    of : Scored
        As from `scored`.

    Returns
    -------
    Mixtures

    Examples
    --------
    >>> from riskkit.assessment.elicitation.performance import scored
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> study = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> mixtures(scored(study)).points[0].tolist()
    [-1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 11.0]
    """
    answered = of.study.is_answered
    x = np.where(answered[:, :, None], of.quantiles, of.high[None, :, None])
    ends = [np.broadcast_to(end[None, :, None], (*x.shape[:2], 1)) for end in (of.low, of.high)]
    bends = np.concatenate([ends[0], x, ends[1]], axis=2)
    inner = np.moveaxis(x, 0, 1).reshape(x.shape[1], -1)
    points = np.sort(np.concatenate([of.low[:, None], inner, of.high[:, None]], axis=1), axis=1)
    starts, widths = bends[:, :, :-1], np.diff(bends, axis=2)
    shares = np.zeros((*points.shape, x.shape[0]))
    for b, mass in enumerate(of.masses):
        start, width = starts[:, :, b].T[:, None, :], widths[:, :, b].T[:, None, :]
        with np.errstate(invalid="ignore", divide="ignore"):
            shares += mass * np.clip((points[:, :, None] - start) / width, 0.0, 1.0)
    return Mixtures(of, points, np.where(answered.T[:, None, :], shares, 0.0))


def mixture_quantiles(of: Mixtures, weights: Floats, *, items: Ints | None = None) -> Floats:
    """Quantiles of mixtures, read off the pooled distribution exactly.

    Parameters
    ----------
    of : Mixtures
        As from `mixtures`.
    weights : ndarray of float, shape (d, experts) or (d, experts, items)
        One weighting a row, not negative; made to sum to 1 over the experts who answered an item.
    items : ndarray of int, optional
        Which items; all where not given.

    Returns
    -------
    ndarray of float, shape (d, items, q)
        On the background scale; NaN for an item that no expert with weight answered.

    Examples
    --------
    >>> from riskkit.assessment.elicitation.performance import scored
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> study = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> both = mixtures(scored(study))
    >>> mixture_quantiles(both, np.array([[1.0, 0.0], [0.5, 0.5]])).round(4).tolist()
    [[[1.0, 2.0, 3.0]], [[0.2174, 2.5, 9.5455]]]
    """
    which = np.arange(of.points.shape[0]) if items is None else items
    out = np.full((weights.shape[0], which.size, of.scored.study.probs.size), np.nan)
    step = max(1, _CELLS // (of.points.shape[1] * max(weights.shape[0], 1)))
    for start in range(0, which.size, step):
        part = which[start : start + step]
        out[:, start : start + step] = _quantiles(of, weights, part)
    return out


def _quantiles(of: Mixtures, weights: Floats, items: Ints) -> Floats:
    answered = of.scored.study.is_answered[:, items]
    by_item = weights[:, :, None] if weights.ndim == 2 else weights[:, :, items]
    w = np.where(answered[None], by_item, 0.0)
    total = w.sum(axis=1)
    with np.errstate(invalid="ignore"):
        w = np.moveaxis(w / total[:, None], 2, 0)  # (items, d, experts)
        pooled = np.matmul(w, np.swapaxes(of.shares[items], 1, 2))  # (items, d, k)
    pooled[~(total.T > 0)] = np.nan
    return _inverse(of.points[items], pooled, of.scored.study.probs)


def _inverse(points: Floats, pooled: Floats, probs: Floats) -> Floats:
    n_items, n, k = pooled.shape
    row = np.arange(n_items)[:, None]
    flat = pooled.reshape(-1, k)
    line = np.arange(flat.shape[0])
    out = np.empty((n_items, n, probs.size))
    for q, p in enumerate(probs):
        above = np.clip((flat < p - _SAME).sum(axis=1), 1, k - 1)
        f_hi, f_lo = flat[line, above], flat[line, above - 1]
        x_hi, x_lo = points[row, above.reshape(n_items, n)], points[row, above.reshape(n_items, n) - 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            along = np.clip((p - f_lo) / (f_hi - f_lo), 0.0, 1.0).reshape(n_items, n)
        is_there = (np.abs(f_hi - p) <= _SAME).reshape(n_items, n)
        out[:, :, q] = np.where(is_there, x_hi, x_lo + along * (x_hi - x_lo))
    out[np.isnan(pooled).any(axis=2)] = np.nan
    return np.moveaxis(out, 0, 1)


def bins_and_information(of: Scored, quantiles: Floats, *, items: Ints) -> tuple[Ints, Floats]:
    """Where realisations fell in pooled distributions, and how much these say.

    Parameters
    ----------
    of : Scored
        The study.
    quantiles : ndarray of float, shape (d, items, q)
        As from `mixture_quantiles`.
    items : ndarray of int
        Which items these are.

    Returns
    -------
    bins : ndarray of int, shape (d, items)
        As in `Scored`.
    information : ndarray of float, shape (d, items)

    Examples
    --------
    >>> from riskkit.assessment.elicitation.performance import scored
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> of = scored(expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1))
    >>> bins_and_information(of, np.array([[[1.0, 2.0, 3.0]]]), items=np.array([0]))[0].tolist()
    [[1]]
    """
    low, high, known = of.low[items], of.high[items], of.realised[items]
    log_widths = np.log(quantiles[:, :, 0] - low) * of.masses[0]
    for b in range(1, quantiles.shape[2]):
        log_widths = log_widths + of.masses[b] * np.log(quantiles[:, :, b] - quantiles[:, :, b - 1])
    log_widths = log_widths + of.masses[-1] * np.log(high - quantiles[:, :, -1])
    information = np.log(high - low) + (of.masses * np.log(of.masses)).sum() - log_widths
    seen: Bools = ~np.isnan(known) & ~np.isnan(quantiles[:, :, 0])
    bins = sum((known > quantiles[:, :, q]).astype(np.int64) for q in range(quantiles.shape[2]))
    return np.where(seen, bins, -1), information


def to_unit(of: Scored, quantiles: Floats) -> Floats:
    """Quantiles from the background scale back to the unit of each item.

    Parameters
    ----------
    of : Scored
        The study.
    quantiles : ndarray of float, shape (d, items, q)
        Of all items.

    Returns
    -------
    ndarray of float, shape (d, items, q)

    Examples
    --------
    >>> from riskkit.assessment.elicitation.performance import scored
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> study = expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], is_log=[True], fewest=1)
    >>> to_unit(scored(study), np.log([[[1.0, 2.0, 3.0]]])).round(9).tolist()
    [[[1.0, 2.0, 3.0]]]
    """
    is_log = of.study.is_log[None, :, None]
    return np.where(is_log, np.exp(np.where(is_log, quantiles, 0.0)), quantiles)
