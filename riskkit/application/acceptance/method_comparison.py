"""Agreement of two measurements of the same sample: an accepted agency's result and the customs re-test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import norm, t

from riskkit.assessment.consensus.ordinal_agreement import confusion, weighted_kappa
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.rates.proportions import clopper_pearson


@dataclass(frozen=True)
class Line:
    """A straight line between two methods, with the intervals of its numbers.

    Parameters
    ----------
    slope, slope_lo, slope_hi : float
        Proportional difference [1]; 1 when there is none.
    intercept, intercept_lo, intercept_hi : float
        Constant difference [unit of the second method]; 0 when there is none.
    """

    slope: float
    slope_lo: float
    slope_hi: float
    intercept: float
    intercept_lo: float
    intercept_hi: float


def _pairs(first: ArrayLike, second: ArrayLike, *, least: int) -> tuple[Floats, Floats]:
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        refuse("pairs", [Fault("pairs", f"{x.shape}, {y.shape}", "two lists of one length")])
    faults = [
        Fault(f"{name}: row {row}", shown(float(values[row])), "a finite number, or missing")
        for name, values in (("first", x), ("second", y))
        for row in np.flatnonzero(np.isinf(values))
    ]
    is_whole = ~(np.isnan(x) | np.isnan(y))
    if is_whole.sum() < least:
        faults.append(
            Fault("pairs", f"{is_whole.sum()} complete", RuleText("at least {} complete pairs", least))
        )
    refuse("pairs", faults)
    return x[is_whole], y[is_whole]


def limits_of_agreement(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> pd.Series:
    """Bland and Altman's limits of agreement of first − second.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        Measurements of the same samples [one unit]; a pair with a missing value is left out and shows in n.
    level : float
        Share of the differences between the limits, and level of the intervals.

    Returns
    -------
    Series
        n, bias, sd, lower, upper, lower_2sd, upper_2sd, bias_lo, bias_hi, lower_lo, lower_hi, upper_lo,
        upper_hi [unit of the measurements].

    Raises
    ------
    InputFaults
        With every infinite value, or when there are fewer than 2 pairs.

    References
    ----------
    .. [1] Bland and Altman, Lancet 327, 1986, 307–310 (``bland_altman_1986``).

    Examples
    --------
    >>> limits_of_agreement([1, 2, 3, 4], [1, 1, 3, 3])[["bias", "sd"]].round(3).tolist()
    [0.5, 0.577]
    """
    x, y = _pairs(first, second, least=2)
    n, bias, sd = x.size, float((x - y).mean()), float((x - y).std(ddof=1))
    # the interval of a limit is the paper's approximation, its variance being about 3 s²/n
    margin, width = t.ppf((1 + level) / 2, n - 1) * sd / np.sqrt(n), near_two(level) * sd
    out = {"n": n, "bias": bias, "sd": sd, "lower": bias - width, "upper": bias + width}
    out |= {"lower_2sd": bias - 2 * sd, "upper_2sd": bias + 2 * sd}
    for name, at, scale in (
        ("bias", bias, 1.0),
        ("lower", bias - width, 3**0.5),
        ("upper", bias + width, 3**0.5),
    ):
        out |= {f"{name}_lo": at - scale * margin, f"{name}_hi": at + scale * margin}
    return pd.Series(out)


def near_two(level: float) -> float:
    """How many standard deviations limits lie from the mean, 1.96 for 95 % as the papers have it.

    Parameters
    ----------
    level : float
        Share between the limits [share, 0–1].

    Examples
    --------
    >>> near_two(0.95), round(near_two(0.9), 3)
    (1.96, 1.645)
    """
    # the paper and everybody after it print 1.96, not 1.95996
    return 1.96 if level == 0.95 else float(ndtri((1 + level) / 2))


def deming(first: ArrayLike, second: ArrayLike, *, error_ratio: float = 1.0, level: float = 0.95) -> Line:
    """Deming's line: both methods have errors, with a known ratio of variances.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        Measurements of the same samples.
    error_ratio : float
        Variance of the first method's errors over that of the second's, above 0.
    level : float
        Level of the intervals, by the jackknife.

    Returns
    -------
    Line

    Raises
    ------
    InputFaults
        With every infinite value, fewer than 3 pairs, or a wrong ratio.

    References
    ----------
    .. [1] Linnet, Clinical Chemistry 39, 1993, 424–432 (``linnet_1993``).

    Examples
    --------
    >>> line = deming([1, 2, 3, 4], [3, 5, 7, 9])
    >>> round(line.slope, 6), round(line.intercept, 6)
    (2.0, 1.0)
    """
    x, y = _pairs(first, second, least=3)
    wrong = Fault("error_ratio", shown(error_ratio), "a number above 0")
    refuse("deming", [] if 0 < error_ratio < np.inf else [wrong])
    n = x.size
    whole = np.ones((1, n))
    slope, intercept = (float(one[0]) for one in _deming_lines(x, y, whole, ratio=error_ratio))
    parts = _deming_lines(x, y, 1 - np.eye(n), ratio=error_ratio)
    ends: list[float] = []
    for at, left_out in zip((slope, intercept), parts, strict=True):
        pseudo = n * at - (n - 1) * left_out
        width = t.ppf((1 + level) / 2, n - 2) * pseudo.std(ddof=1) / np.sqrt(n)
        ends += [float(at - width), float(at + width)]
    return Line(slope, ends[0], ends[1], intercept, ends[2], ends[3])


def _deming_lines(x: Floats, y: Floats, kept: Floats, *, ratio: float) -> tuple[Floats, Floats]:
    n, centre_x, centre_y = kept.sum(axis=1), x.mean(), y.mean()
    x, y = x - centre_x, y - centre_y  # sums of squares lose no digits
    mean_x, mean_y = kept @ x / n, kept @ y / n
    xx, yy = kept @ x**2 - n * mean_x**2, kept @ y**2 - n * mean_y**2
    xy = kept @ (x * y) - n * mean_x * mean_y
    gap = ratio * yy - xx
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (gap + np.sqrt(gap**2 + 4 * ratio * xy**2)) / (2 * ratio * xy)
    return slope, mean_y + centre_y - slope * (mean_x + centre_x)


def passing_bablok(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Line:
    """Passing and Bablok's line: the shifted median of all slopes between pairs.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        Measurements of the same samples that rise together.
    level : float
        Level of the intervals.

    Returns
    -------
    Line

    Raises
    ------
    InputFaults
        With every infinite value, fewer than 3 pairs, or when no two samples differ.

    References
    ----------
    .. [1] Passing and Bablok, J Clin Chem Clin Biochem 21, 1983, 709–720 (``passing_bablok_1983``).

    Examples
    --------
    >>> line = passing_bablok([1, 2, 3, 4, 9], [3, 5, 7, 9, 0])
    >>> line.slope, line.intercept
    (2.0, 1.0)
    """
    x, y = _pairs(first, second, least=3)
    i, j = np.triu_indices(x.size, 1)
    dx, dy = x[j] - x[i], y[j] - y[i]
    is_apart = (dx != 0) | (dy != 0)
    slopes = np.divide(dy, dx, out=np.full_like(dx, np.inf), where=dx != 0)[is_apart]
    slopes = np.sort(slopes[slopes != -1])
    refuse("pairs", [] if slopes.size else [Fault("pairs", "all alike", "samples that differ")])
    shift, many = int((slopes < -1).sum()), slopes.size
    middle = [(many - 1) // 2 + shift, many // 2 + shift]
    n = x.size
    width = norm.ppf((1 + level) / 2) * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = round((many - width) / 2)
    places = np.array([low - 1 + shift, many - low + shift])
    slope = float(slopes[np.clip(middle, 0, many - 1)].mean())
    padded = np.concatenate([[-np.inf], slopes, [np.inf]])
    lo, hi = (float(one) for one in padded[np.clip(places + 1, 0, many + 1)])
    at, at_lo, at_hi = (float(np.median(y - b * x)) if np.isfinite(b) else -b for b in (slope, hi, lo))
    return Line(slope, lo, hi, at, at_lo, at_hi)


def retest_agreement(
    is_reported_bad: ArrayLike, is_retested_bad: ArrayLike, *, level: float = 0.95
) -> pd.Series:
    """How often an agency's verdicts stand in the customs re-test.

    Parameters
    ----------
    is_reported_bad, is_retested_bad : array_like, shape (n,)
        1 nonconforming, 0 conforming, missing where unknown (the pair is left out).
    level : float
        Level of the exact interval.

    Returns
    -------
    Series
        n, kappa, rate_agree, n_reported_good, n_false_good and rate_false_good with rate_false_good_lo and
        _hi: goods reported as conforming that were not.

    Raises
    ------
    InputFaults
        With every value that is neither 0, 1 nor missing, or when no pair is complete.

    References
    ----------
    .. [1] Cohen, Educational and Psychological Measurement 20, 1960, 37–46 (``cohen_1960``).

    Examples
    --------
    >>> found = retest_agreement([0, 0, 0, 1], [0, 0, 1, 1])
    >>> found[["kappa", "rate_false_good"]].round(3).tolist()
    [0.5, 0.333]
    """
    reported, retested = (np.asarray(one, dtype=np.float64) for one in (is_reported_bad, is_retested_bad))
    refuse(
        "verdicts",
        [
            Fault(f"{name}: row {row}", shown(float(values[row])), "0, 1 or missing")
            for name, values in (("is_reported_bad", reported), ("is_retested_bad", retested))
            for row in np.flatnonzero(~np.isin(values, (0, 1)) & ~np.isnan(values))
        ],
    )
    reported, retested = _pairs(reported, retested, least=1)
    counts = confusion(reported.astype(int), retested.astype(int), n_levels=2)
    good, false_good = int(counts[:, 0].sum()), int(counts[1, 0])
    limits = clopper_pearson(false_good, good, level=level)
    return pd.Series(
        {
            "n": int(counts.sum()),
            "kappa": float(weighted_kappa(counts)),
            "rate_agree": float(np.trace(counts) / counts.sum()),
            "n_reported_good": good,
            "n_false_good": false_good,
            "rate_false_good": false_good / good if good else np.nan,
            "rate_false_good_lo": limits.lo,
            "rate_false_good_hi": limits.hi,
        }
    )
