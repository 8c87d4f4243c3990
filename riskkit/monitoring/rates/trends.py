"""Whether a rate of nonconformity rises or falls over months, quarters or years.

Two answers from the same counts: the Cochran–Armitage test (is there a trend?) and logistic regression on
time (how steep is it?). The interval of the slope is widened by the scatter of the periods about the line
(Pearson's χ² over its degrees of freedom, never below 1), because batches differ by more than chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtr, ndtri

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats
from riskkit.monitoring.rates.rates import read_counts

EVERY = {"month": 12, "quarter": 4, "year": 1}
_STEPS, _NEAR = 50, 1e-12
_HALVINGS, _ROUNDING = 30, 1e-10


def period_scores(dates: pd.Series, *, every: str) -> pd.Series:
    """The start of each date's month, quarter or year, in years.

    Parameters
    ----------
    dates : Series
        Days, as ``YYYY-MM-DD`` or dates.
    every : str
        ``month``, ``quarter`` or ``year``.

    Returns
    -------
    Series of float
        [yr]; NaN where a date is missing.

    Raises
    ------
    InputFaults
        With every date that is none.
    ValueError
        When `every` is none of the three.

    Examples
    --------
    >>> period_scores(pd.Series(["2024-01-31", "2024-07-01"]), every="quarter").tolist()
    [2024.0, 2024.5]
    """
    if every not in EVERY:
        raise ValueError(f"every is one of {', '.join(EVERY)}, not {shown(every)}")
    days = pd.to_datetime(dates, errors="coerce", format="%Y-%m-%d")
    wrong = np.flatnonzero(days.isna().to_numpy() & dates.notna().to_numpy())
    refuse(
        "dates", [Fault(f"row {row}: {dates.name}", shown(dates.iloc[row]), "YYYY-MM-DD") for row in wrong]
    )
    part = (days.dt.month - 1) * EVERY[every] // 12
    return days.dt.year + part / EVERY[every]


def cochran_armitage(
    n_nonconforming: ArrayLike, n_tested: ArrayLike, scores: ArrayLike
) -> tuple[float, float]:
    """The Cochran–Armitage test for a trend in rates.

    Parameters
    ----------
    n_nonconforming, n_tested : array_like of float, shape (k,)
        Counts by period or dose.
    scores : array_like of float, shape (k,)
        Its place on the axis.

    Returns
    -------
    z : float
        Above 0 for a rising rate; NaN where there is no variation.
    p : float
        Two-sided.

    References
    ----------
    .. [1] Armitage (1955), Biometrics 11:375–386 (``armitage_1955``).

    Examples
    --------
    >>> z, p = cochran_armitage([48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38], [0, 0.5, 1.5, 4, 7])
    >>> round(z**2, 2), round(p, 3)
    (6.57, 0.01)
    """
    x, n, t = (np.asarray(values, dtype=np.float64) for values in (n_nonconforming, n_tested, scores))
    z = float(_trend_z(x, n, t, group=np.zeros(x.size, dtype=np.int64))[0])
    return z, float(2 * ndtr(-abs(z)))


def _trend_z(x: Floats, n: Floats, t: Floats, *, group: NDArray[np.int64]) -> Floats:
    sums = [np.bincount(group, values) for values in (n, x, n * t)]
    with np.errstate(invalid="ignore", divide="ignore"):
        share, middle = sums[1] / sums[0], sums[2] / sums[0]
        apart = t - middle[group]
        top = np.bincount(group, (x - n * share[group]) * apart)
        spread = share * (1 - share) * np.bincount(group, n * apart**2)
        return np.where(spread > 0, top / np.sqrt(spread), np.nan)


def nonconformity_trends(
    records: pd.DataFrame, *, by: Sequence[str], every: str, date: str = "date", level: float = 0.95
) -> pd.DataFrame:
    """Whether and how fast the rate of each group rises or falls.

    Parameters
    ----------
    records : DataFrame
        n_tested, n_nonconforming, a column of dates, and the columns of `by`. Records without a date or
        with a missing count are left out and counted.
    by : sequence of str
        Columns to group by; none for one row over all.
    every : str
        ``month``, ``quarter`` or ``year``.
    date : str
        The column of dates.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a group: the keys, n_periods, n_unknown, rate_first, rate_last, ca_z, ca_p
        (Cochran–Armitage), odds_ratio [per year] with odds_ratio_lo, odds_ratio_hi, dispersion (Pearson's
        χ² over its degrees of freedom; NaN with two periods), direction (``rising``, ``falling``,
        ``not_shown``, missing without a slope), note (``too_few_periods``, ``all_alike``: none or all is
        nonconforming, ``separated``: one time splits all nonconforming from all conforming, so the slope
        has no finite value; empty).

    Raises
    ------
    InputFaults
        With every missing column, wrong count or wrong date.

    References
    ----------
    .. [1] Armitage (1955), Biometrics 11:375–386 (``armitage_1955``).
    .. [2] McCullagh and Nelder, Generalized Linear Models, section 4.5 (``mccullagh_nelder``).

    Examples
    --------
    >>> seen = pd.DataFrame({"date": ["2022-03-01", "2023-03-01", "2024-03-01"], "n_tested": [200] * 3,
    ...                      "n_nonconforming": [10, 20, 36]})
    >>> found = nonconformity_trends(seen, by=[], every="year")
    >>> found[["odds_ratio", "direction"]].round(2).values.tolist()
    [[2.03, 'rising']]
    """
    if not 0 < level < 1:
        raise ValueError(f"level lies between 0 and 1, not {shown(level)}")
    counts = read_counts(records, what="records", keys=[*by, date])
    rows = records[list(by)].assign(
        t=period_scores(records[date], every=every), x=counts["n_nonconforming"], n=counts["n_tested"]
    )
    group = rows.groupby(list(by), dropna=False, observed=True).ngroup() if by else pd.Series(0, rows.index)
    heads = rows[list(by)].assign(group=group).drop_duplicates("group").sort_values("group")
    is_known = rows[["t", "x", "n"]].notna().all(axis=1) & (rows["n"] > 0)
    n_unknown = np.bincount(group[rows[["t", "x", "n"]].isna().any(axis=1)], minlength=len(heads))
    sums = (
        rows[is_known].assign(group=group[is_known]).groupby(["group", "t"])[["x", "n"]].sum().reset_index()
    )
    found = _slopes(sums, len(heads), float(ndtri(0.5 + level / 2)))
    found.insert(1, "n_unknown", n_unknown)
    return pd.concat([heads[list(by)].reset_index(drop=True), found], axis=1)


def _slopes(sums: pd.DataFrame, n_groups: int, z: float) -> pd.DataFrame:
    x, n, t = (sums[name].to_numpy(dtype=np.float64) for name in ("x", "n", "t"))
    group = sums["group"].to_numpy(dtype=np.int64)
    n_periods = np.bincount(group, minlength=n_groups)
    first, last = (np.full(n_groups, np.nan) for _ in range(2))
    with np.errstate(invalid="ignore", divide="ignore"):
        first[group[::-1]], last[group] = (x / n)[::-1], x / n
    notes = _no_slope(x, n, t, group=group, n_periods=n_periods)
    slope, se, dispersion = _logistic(x, n, t, group=group, is_fitted=notes == "")
    ca = np.full(n_groups, np.nan)
    if group.size:
        ca[: group.max() + 1] = _trend_z(x, n, t, group=group)
    lo, hi = slope - z * se, slope + z * se
    with np.errstate(invalid="ignore", over="ignore"):  # an interval may have no upper end
        odds = np.exp([slope, lo, hi])
        words = np.select(
            [lo > 0, hi < 0, np.isfinite(slope)], ["rising", "falling", "not_shown"], default=""
        )
    return pd.DataFrame(
        {
            "n_periods": n_periods,
            "rate_first": first,
            "rate_last": last,
            "ca_z": ca,
            "ca_p": 2 * ndtr(-np.abs(ca)),
            "odds_ratio": odds[0],
            "odds_ratio_lo": odds[1],
            "odds_ratio_hi": odds[2],
            "dispersion": dispersion,
            "direction": pd.Series(words, dtype="str").replace("", None),
            "note": notes,
        }
    )


def _no_slope(
    x: Floats, n: Floats, t: Floats, *, group: NDArray[np.int64], n_periods: NDArray[np.int64]
) -> NDArray[np.str_]:
    """Why a group has no finite slope."""
    size = n_periods.size
    ends = []
    for has in (x > 0, x < n):
        least, most = np.full(size, np.inf), np.full(size, -np.inf)
        np.minimum.at(least, group[has], t[has])
        np.maximum.at(most, group[has], t[has])
        ends.append((least, most))
    (bad_least, bad_most), (good_least, good_most) = ends
    is_alike = np.isinf(bad_least) | np.isinf(good_least)
    is_split = (bad_least >= good_most) | (bad_most <= good_least)
    return np.select(
        [n_periods < 2, is_alike, is_split], ["too_few_periods", "all_alike", "separated"], default=""
    )


def _logistic(
    x: Floats, n: Floats, t: Floats, *, group: NDArray[np.int64], is_fitted: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Slope, its widened standard error and the dispersion of all groups at once, by Newton's steps."""
    slope, se, dispersion = (np.full(is_fitted.size, np.nan) for _ in range(3))
    keep = is_fitted[group]
    if not keep.any():
        return slope, se, dispersion
    which, g = np.unique(group[keep], return_inverse=True)
    x, n, t = x[keep], n[keep], t[keep]
    apart = t - (np.bincount(g, n * t) / np.bincount(g, n))[g]
    share = np.bincount(g, x) / np.bincount(g, n)
    a, b = np.log(share / (1 - share)), np.zeros(which.size)

    def likelihood(a: Floats, b: Floats) -> Floats:
        logit = a[g] + b[g] * apart
        return np.asarray(np.bincount(g, x * logit - n * np.logaddexp(0, logit)), dtype=np.float64)

    for _ in range(_STEPS):
        p = expit(a[g] + b[g] * apart)
        w, r = n * p * (1 - p), x - n * p
        whole = np.bincount(g, w)
        centre = np.bincount(g, w * apart) / whole
        off = apart - centre[g]
        step_b = np.bincount(g, r * off) / np.bincount(g, w * off**2)
        step_a = np.bincount(g, r) / whole - centre * step_b
        reached, part = likelihood(a, b), np.minimum(1, 2 / np.fmax(np.abs(step_a), np.abs(step_b)).clip(1))
        reached -= _NEAR + _ROUNDING * np.abs(reached)
        for _ in range(_HALVINGS):  # a whole step may lead beyond the maximum, then back, and beyond again
            is_lower = likelihood(a + part * step_a, b + part * step_b) < reached
            if not is_lower.any():
                break
            part[is_lower] /= 2
        a, b = a + part * step_a, b + part * step_b
        if max(np.abs(step_a).max(), np.abs(step_b).max()) < _NEAR:
            break
    p = expit(a[g] + b[g] * apart)
    w, df = n * p * (1 - p), np.bincount(g) - 2.0
    off = apart - (np.bincount(g, w * apart) / np.bincount(g, w))[g]
    missed = np.divide((x - n * p) ** 2, w, out=np.zeros_like(w), where=w > 0)  # 0 where p is 0 or 1
    scatter = np.where(df > 0, np.bincount(g, missed) / np.where(df > 0, df, 1), np.nan)
    slope[which], dispersion[which] = b, scatter
    se[which] = np.sqrt(np.fmax(scatter, 1.0) / np.bincount(g, w * off**2))
    return slope, se, dispersion
