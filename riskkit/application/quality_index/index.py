"""The index of quality and safety: 100 when nothing is found wrong, whatever the mix of what was sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.application.quality_index.standardised import direct_rate
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.monitoring.rates.rates import nonconformity_rates

STRATA_AT_A_TIME = 2_000
"""Strata drawn together: 1,000 resamples of as many take 16 MB."""


@dataclass(frozen=True)
class StratumCounts:
    """Counts of every group and stratum, with the weights of the standard.

    Parameters
    ----------
    groups : DataFrame
        Keys of the groups.
    n_tested, n_nonconforming : ndarray, shape (groups, strata)
        Counts [count]; 0 tested where nothing is known.
    weight : ndarray, shape (strata,)
        Exposure times severity of each stratum.
    """

    groups: pd.DataFrame
    n_tested: Floats
    n_nonconforming: Floats
    weight: Floats


def stratum_counts(records: pd.DataFrame, standard: pd.DataFrame, *, by: Sequence[str]) -> StratumCounts:
    """Records added up by group and stratum, once for every later question.

    Parameters
    ----------
    records : DataFrame
        stratum_id (commodity × origin, as a rule), n_tested, n_nonconforming [count] and the columns of
        `by`. A record of which one count is missing is not added up.
    standard : DataFrame
        One row a stratum: stratum_id, exposure (trade value or lots of a fixed period) from 0 up, severity
        0–1.
    by : sequence of str
        Keys of the groups to compare: period, origin, port …

    Returns
    -------
    StratumCounts

    Raises
    ------
    InputFaults
        With every wrong cell, doubled stratum, stratum without a weight, or when all weights are 0.

    Examples
    --------
    >>> seen = pd.DataFrame({"year": [1, 2], "stratum_id": ["a", "a"], "n_tested": [10, 20],
    ...                      "n_nonconforming": [1, 1]})
    >>> toys = pd.DataFrame({"stratum_id": ["a"], "exposure": [5.0], "severity": [0.5]})
    >>> stratum_counts(seen, toys, by=["year"]).n_tested.tolist()
    [[10.0], [20.0]]
    """
    weight = _weights(standard)
    sums = nonconformity_rates(records, by=[*by, "stratum_id"])
    place = pd.Index(standard["stratum_id"]).get_indexer(sums["stratum_id"])
    unlisted = sums.loc[place < 0, "stratum_id"].drop_duplicates()
    refuse("records", [Fault("stratum_id", shown(one), "a stratum of the standard") for one in unlisted])
    grouped = sums.groupby(list(by), dropna=False, sort=True)
    row = grouped.ngroup().to_numpy()
    groups = sums[list(by)].assign(_row=row).drop_duplicates("_row").sort_values("_row")
    shape = len(groups), weight.size
    n, x = np.zeros(shape), np.zeros(shape)
    n[row, place] = sums["n_tested"].fillna(0).to_numpy(dtype=np.float64)
    x[row, place] = sums["n_nonconforming"].fillna(0).to_numpy(dtype=np.float64)
    return StratumCounts(groups.drop(columns="_row").reset_index(drop=True), n, x, weight)


def _weights(standard: pd.DataFrame) -> Floats:
    columns = (NumberColumn("exposure", low=0), NumberColumn("severity", low=0, high=1))
    numbers = number_columns(standard, columns, what="standard", texts=["stratum_id"])
    doubled = standard.loc[standard["stratum_id"].duplicated(), "stratum_id"].drop_duplicates()
    faults = [Fault("stratum_id", shown(one), "one row a stratum") for one in doubled]
    weight = np.asarray(numbers["exposure"] * numbers["severity"])
    if not weight.sum() > 0:
        faults.append(Fault("exposure × severity", "all 0", "at least one stratum above 0"))
    refuse("standard", faults)
    return weight


def quality_index(
    counts: StratumCounts, *, min_share_known: float = 0.8, level: float = 0.95
) -> pd.DataFrame:
    """100 × (1 − directly standardised rate of nonconformity), weighted by exposure × severity.

    As the weights are fixed, sampling more of a bad stratum does not move the index. A stratum of which
    nothing was tested is not taken for good: the index is that of the tested strata and says which share
    they are.

    Parameters
    ----------
    counts : StratumCounts
        From `stratum_counts`.
    min_share_known : float
        Least share of the weight that must have been tested; below it the index is missing.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        One row a group: its keys, n_tested, n_nonconforming, rate_crude, share_known, index, index_lo,
        index_hi (Fay and Feuer; Poisson, so wide rather than narrow), index_if_worst and index_if_best
        (all untested strata bad, or good), note (``coverage_low``, ``partly_tested`` or empty).

    References
    ----------
    .. [1] Fay and Feuer, Statistics in Medicine 16, 1997, 791–801 (``fay_feuer_1997``).

    Examples
    --------
    >>> weight = np.array([1.0, 1.0])
    >>> years = pd.DataFrame({"year": [1, 2]})
    >>> tested, bad = np.array([[100.0, 100], [100, 900]]), np.array([[10.0, 20], [10, 180]])
    >>> found = quality_index(StratumCounts(years, tested, bad, weight))
    >>> found[["rate_crude", "index"]].round(2).values.tolist()
    [[0.15, 85.0], [0.19, 85.0]]
    """
    n, x, whole = counts.n_tested, counts.n_nonconforming, counts.weight / counts.weight.sum()
    known = np.where(n > 0, whole, 0.0)
    share = known.sum(axis=1)
    is_enough = (share >= min_share_known - 1e-12) & (share > 0)
    weight = np.where((share > 0)[:, None], known, whole)
    rate, limits = direct_rate(x, n, weight, level=level, method="gamma")
    bad = share * np.where(share > 0, rate, 0)
    out = counts.groups.assign(n_tested=n.sum(axis=1), n_nonconforming=x.sum(axis=1))
    out["rate_crude"] = out["n_nonconforming"] / out["n_tested"].where(out["n_tested"] > 0)
    out["share_known"] = share
    for name, value in (("index", rate), ("index_lo", limits.hi), ("index_hi", limits.lo)):
        out[name] = np.where(is_enough, 100 * (1 - np.clip(value, 0, 1)), np.nan)
    out["index_if_worst"], out["index_if_best"] = 100 * (share - bad), 100 * (1 - bad)
    notes = [~is_enough, share < 1 - 1e-12]
    return out.assign(note=np.select(notes, ["coverage_low", "partly_tested"], default=""))


def resampled(counts: StratumCounts, *, rng: np.random.Generator, resamples: int = 1_000) -> Floats:
    """The index of every group in samples drawn anew from the tested items of each stratum.

    Drawing records with replacement within a stratum gives a binomial count, so the added-up counts suffice.

    Parameters
    ----------
    counts : StratumCounts
        From `stratum_counts`.
    rng : numpy.random.Generator
        The only source of chance.
    resamples : int
        Number of samples.

    Returns
    -------
    ndarray, shape (resamples, groups)
        Indices over the tested strata; missing where a group has none.

    References
    ----------
    .. [1] Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.2.

    Examples
    --------
    >>> one = StratumCounts(pd.DataFrame({"year": [1]}), np.array([[50.0]]), np.array([[50.0]]), np.ones(1))
    >>> resampled(one, rng=np.random.default_rng(1), resamples=2).tolist()
    [[0.0], [0.0]]
    """
    n, x = counts.n_tested, counts.n_nonconforming
    drawn = np.empty((resamples, len(counts.groups)))
    for row in range(len(counts.groups)):
        weight = np.where(n[row] > 0, counts.weight, 0)
        total = weight.sum()
        rate = np.divide(x[row], n[row], out=np.zeros_like(n[row]), where=n[row] > 0)
        # without weight, or with nothing or everything wrong, a draw changes nothing
        moving = np.flatnonzero((weight > 0) & (rate > 0) & (rate < 1))
        fixed = weight[rate == 1].sum()
        sums = np.full(resamples, fixed if total > 0 else np.nan)
        for start in range(0, moving.size, STRATA_AT_A_TIME):
            part = moving[start : start + STRATA_AT_A_TIME]
            size = n[row, part].astype(np.int64)
            # one stratum a row: numpy prepares a draw anew whenever its numbers differ from the last
            draws = rng.binomial(size[:, None], rate[part, None], size=(part.size, resamples))
            sums += (weight[part] / size) @ draws
        drawn[:, row] = 100 * (1 - sums / (total if total > 0 else 1))
    return drawn


def league_table(index: pd.Series, drawn: Floats, *, level: float = 0.95) -> pd.DataFrame:
    """Ranks with their intervals: rank 1 is the highest index.

    Parameters
    ----------
    index : Series
        Index of each group.
    drawn : ndarray, shape (resamples, groups)
        From `resampled`.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        With the caller's index: index, rank, rank_lo, rank_hi, p_first; missing where the index is missing.

    Raises
    ------
    InputFaults
        When `drawn` has not a column a group.

    References
    ----------
    .. [1] Goldstein and Spiegelhalter, JRSS A 159, 1996, 385–443 (``goldstein_spiegelhalter_1996``).

    Examples
    --------
    >>> league_table(pd.Series([90.0, 80.0]), np.array([[91.0, 79], [89, 90]]))["rank_hi"].tolist()
    [2.0, 2.0]
    """
    fault = Fault("drawn", str(drawn.shape), RuleText("a column for each of {} groups", len(index)))
    refuse("league table", [] if drawn.ndim == 2 and drawn.shape[1] == len(index) else [fault])
    is_known = index.notna().to_numpy() & ~np.isnan(drawn).any(axis=0)
    out = pd.DataFrame({"index": index, "rank": index.where(is_known).rank(ascending=False, method="min")})
    ranks = pd.DataFrame(drawn[:, is_known]).rank(axis=1, ascending=False, method="min").to_numpy()
    tails = [(1 - level) / 2, (1 + level) / 2]
    lo, hi = np.quantile(ranks, tails, axis=0, method="inverted_cdf") if ranks.size else (np.nan, np.nan)
    for name, value in (
        ("rank_lo", lo),
        ("rank_hi", hi),
        ("p_first", (ranks == 1).mean(axis=0) if ranks.size else np.nan),
    ):
        out[name] = np.nan
        out.loc[is_known, name] = value
    return out
