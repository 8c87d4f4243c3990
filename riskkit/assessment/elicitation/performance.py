"""How far experts were right before, and how much they said: the scores of Cooke's Classical Model."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, xlogy

from riskkit.assessment.elicitation.study import Bools, ExpertStudy, Floats
from riskkit.foundation.standards.method_numbers import method_number

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Scored:
    """A study on its background scale, with what each expert's answer to each item is worth.

    Parameters
    ----------
    study : ExpertStudy
        What was judged.
    low, high : ndarray of float, shape (items,)
        Intrinsic range of each item on its background scale (the logarithm for log items).
    quantiles : ndarray of float, shape (experts, items, q)
        Answers on the background scale.
    realised : ndarray of float, shape (items,)
        Realisations on the background scale.
    bins : ndarray of int, shape (experts, items)
        Between which quantiles the realisation fell, from 0; -1 where there is none to compare.
    information : ndarray of float, shape (experts, items)
        Shannon information relative to the background measure; NaN where not answered.
    """

    study: ExpertStudy
    low: Floats
    high: Floats
    quantiles: Floats
    realised: Floats
    bins: Ints
    information: Floats

    @functools.cached_property
    def masses(self) -> Floats:
        """Probability between neighbouring quantiles, shape (q + 1,).

        Examples
        --------
        >>> from riskkit.assessment.elicitation.study import expert_study
        >>> one = expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
        >>> scored(one).masses.round(2).tolist()
        [0.05, 0.45, 0.45, 0.05]
        """
        return np.diff(self.study.probs, prepend=0.0, append=1.0)


def scored(study: ExpertStudy, *, overshoot: float | None = None) -> Scored:
    """Put a study on its background scale and score each answer.

    The intrinsic range of an item reaches from the lowest to the highest quantile of all experts and the
    realisation, and by `overshoot` of that width further on either side. A log item is uniform in its
    logarithm. A realisation that equals a quantile counts in the bin below it.

    Parameters
    ----------
    study : ExpertStudy
        As from `expert_study`.
    overshoot : float, optional
        Share of the width [0–1]; else ``classical_model/overshoot`` (0.1).

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        When the overshoot is not above 0.

    References
    ----------
    .. [1] R. M. Cooke, Experts in Uncertainty, Oxford University Press 1991, chapter 12 (``cooke_1991``).

    Examples
    --------
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> two = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> found = scored(two)
    >>> found.low.tolist(), found.high.tolist(), found.bins.tolist()
    ([-1.0], [11.0], [[1], [1]])
    """
    k = method_number("classical_model", "overshoot") if overshoot is None else overshoot
    if not 0 < k < np.inf:
        raise ValueError("an overshoot above 0")
    x = np.where(
        study.is_log[:, None], np.log(np.where(study.is_log[:, None], study.answers, 1.0)), study.answers
    )
    known = np.where(
        study.is_log, np.log(np.where(study.is_log, study.realisations, 1.0)), study.realisations
    )
    low, high = _ranges(x, known, k)
    ends = [np.broadcast_to(end[None, :, None], (*x.shape[:2], 1)) for end in (low, high)]
    widths = np.diff(np.concatenate([ends[0], x, ends[1]], axis=2), axis=2)
    masses = np.diff(study.probs, prepend=0.0, append=1.0)
    with np.errstate(divide="ignore"):
        information = np.log(high - low) + (masses * (np.log(masses) - np.log(widths))).sum(axis=2)
    is_compared = study.is_answered & study.is_seed
    bins = np.where(is_compared, (known[None, :, None] > x).sum(axis=2), -1)
    return Scored(study, low, high, x, known, bins.astype(np.int64), information)


def _ranges(x: Floats, known: Floats, k: float) -> tuple[Floats, Floats]:
    every = np.concatenate([np.moveaxis(x, 1, 0).reshape(x.shape[1], -1), known[:, None]], axis=1)
    low = np.where(np.isnan(every), np.inf, every).min(axis=1)
    high = np.where(np.isnan(every), -np.inf, every).max(axis=1)
    gone = ~(low < high)
    low, high = np.where(gone, np.nan, low), np.where(gone, np.nan, high)
    return low - k * (high - low), high + k * (high - low)


def statistical_accuracy(counts: ArrayLike, masses: ArrayLike, *, n: ArrayLike | None = None) -> Floats:
    """Calibration: how likely counts at least this far from the stated probabilities are, were they true.

    1 - F(2·n·I) with the chi-square distribution F of (bins - 1) degrees of freedom and the relative
    information I of the shares found against the shares stated.

    Parameters
    ----------
    counts : array_like of int, shape (..., bins)
        Realisations in each bin.
    masses : array_like of float, shape (bins,)
        Stated probabilities of the bins, sum 1.
    n : array_like of float, optional
        Size of the test in place of the sum of the counts (to compare experts on the fewest seeds any of
        them answered).

    Returns
    -------
    ndarray of float, shape (...)
        0–1; NaN where there are no counts.

    References
    ----------
    .. [1] R. M. Cooke, Experts in Uncertainty, Oxford University Press 1991, chapter 12 (``cooke_1991``).

    Examples
    --------
    >>> float(statistical_accuracy([1, 3, 2, 1], [0.05, 0.45, 0.45, 0.05]).round(9))
    0.554034544
    """
    found, p = np.asarray(counts, dtype=np.float64), np.asarray(masses, dtype=np.float64)
    total = found.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = found / total[..., None]
        divergence = np.maximum(xlogy(shares, shares / p).sum(axis=-1), 0.0)
    size = total if n is None else np.asarray(n, dtype=np.float64)
    return np.asarray(chdtrc(p.size - 1, 2 * size * divergence), dtype=np.float64)


def bin_counts(bins: Ints, n_bins: int, *, of: Bools | None = None) -> Ints:
    """Realisations in each bin.

    Parameters
    ----------
    bins : ndarray of int, shape (..., items)
        As in `Scored`.
    n_bins : int
        Number of bins.
    of : ndarray of bool, shape (..., items), optional
        Which items count.

    Returns
    -------
    ndarray of int, shape (..., n_bins)

    Examples
    --------
    >>> bin_counts(np.array([0, 1, 1, -1]), 3).tolist()
    [1, 2, 0]
    """
    seen = bins if of is None else np.where(of, bins, -1)
    return np.stack([(seen == b).sum(axis=-1) for b in range(n_bins)], axis=-1)


def mean_over(values: Floats, of: Bools) -> Floats:
    """Mean over the items that count and have a value; NaN where there are none.

    Parameters
    ----------
    values : ndarray of float, shape (..., items)
        NaN where there is none.
    of : ndarray of bool, shape (..., items)
        Which items count.

    Returns
    -------
    ndarray of float, shape (...)

    Examples
    --------
    >>> float(mean_over(np.array([1.0, 3.0, np.nan]), np.array([True, True, True])))
    2.0
    """
    use = of & ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(use, values, 0.0).sum(axis=-1) / use.sum(axis=-1))


def calibration_and_information(of: Scored) -> tuple[Floats, Floats, Ints]:
    """Each expert's calibration, mean information on the seeds, and counts of realisations in each bin.

    Parameters
    ----------
    of : Scored
        As from `scored`.

    Returns
    -------
    calibration, information : ndarray of float, shape (experts,)
    counts : ndarray of int, shape (experts, bins)

    Examples
    --------
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> one = scored(expert_study([[[1, 2, 3]]], [2], probs=[0.05, 0.5, 0.95], fewest=1))
    >>> calibration_and_information(one)[2].tolist()
    [[0, 1, 0, 0]]
    """
    counts = bin_counts(of.bins, of.masses.size)
    calibration = statistical_accuracy(counts, of.masses, n=counts.sum(axis=1).min())
    return calibration, mean_over(of.information, of.study.is_seed), counts


def expert_scores(of: Scored) -> pd.DataFrame:
    """Each expert's calibration, information and their product.

    Where experts left seeds out, all are tested as on the fewest seeds any of them answered, so that an
    expert does not look better for having been tested less; information is the mean over what was answered.

    Parameters
    ----------
    of : Scored
        As from `scored`.

    Returns
    -------
    DataFrame
        ``expert``, ``n_seeds``, ``counts`` (tuple), ``calibration`` [0–1], ``information`` (seeds),
        ``information_all``, ``combined``.

    References
    ----------
    .. [1] R. M. Cooke, Experts in Uncertainty, Oxford University Press 1991, chapter 12 (``cooke_1991``).

    Examples
    --------
    >>> from riskkit.assessment.elicitation.study import expert_study
    >>> two = expert_study([[[1, 2, 3]], [[0, 5, 10]]], [2], probs=[0.05, 0.5, 0.95], fewest=1)
    >>> expert_scores(scored(two))["counts"].tolist()
    [(0, 1, 0, 0), (0, 1, 0, 0)]
    """
    calibration, on_seeds, counts = calibration_and_information(of)
    return pd.DataFrame(
        {
            "expert": list(of.study.experts),
            "n_seeds": counts.sum(axis=1),
            "counts": [tuple(row) for row in counts.tolist()],
            "calibration": calibration,
            "information": on_seeds,
            "information_all": mean_over(of.information, np.ones_like(of.information, dtype=bool)),
            "combined": calibration * on_seeds,
        }
    )
