"""Pairs never seen here and now reported by others: what is known of each, and how likely it arrives soon.

A pair is a combination of hazard, origin and product group. Everything about it is as of a day: reports of a
later day do not count, whatever happened before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from scipy.special import expit
from scipy.stats import rankdata

from riskkit.foundation.inputs.faults import Fault, refuse, shown

KEYS = ("hazard", "origin", "product_group")
HORIZON = 28  # days
_RECENT = (28, 91, 364)  # days back over which reports of others are counted
# whole weeks, so that no day of the week counts more often than others
_YEAR = 364
_LEAST_ARRIVED = 50  # arrivals to learn from; with fewer there is no model


def new_pairs(
    reports: pd.DataFrame,
    *,
    here: str,
    on: dt.date,
    keys: Sequence[str] = KEYS,
    region: str = "region",
    within: int | None = None,
) -> pd.DataFrame:
    """The pairs that others have reported by a day and that were never reported here.

    Parameters
    ----------
    reports : DataFrame
        One row a report of a hazard: ``date`` (day of the report, not of the event), `region` (who reports)
        and `keys`. A row that lacks one of them says nothing of a pair and is left out.
    here : str
        The region that is asked about, as it stands in `region`.
    on : date
        Reports of this day still count.
    keys : sequence of str
        Columns that make a pair.
    region : str
        Column that holds who reports.
    within : int, optional
        Only pairs that others reported in so many days up to `on`: what is reported now.

    Returns
    -------
    DataFrame
        One row a pair with its keys and, each up to `on`: ``n_28d, n_91d, n_364d`` reports of others in so
        many days, ``n_regions`` others that reported it within a year, ``days_since`` the last of all reports
        of others and ``days_known`` since the first, and reports here within a year of each part of the pair:
        ``n_here_<keys>`` for every key and every two keys.

    Raises
    ------
    InputFaults
        When a column is missing, or with every date that is none.

    Examples
    --------
    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2024-01-02", "2024-01-20", "2024-02-20"]),
    ...     "region": ["FR", "IT", "DE"], "hazard": "lead", "origin": ["CN", "IN", "CN"],
    ...     "product_group": "toys"})
    >>> new_pairs(rows, here="DE", on=dt.date(2024, 1, 31))[["origin", "n_28d", "days_since"]].values.tolist()
    [['CN', 0, 29], ['IN', 1, 11]]
    >>> new_pairs(rows, here="DE", on=dt.date(2024, 1, 31), within=14)["origin"].tolist()
    ['IN']
    """
    return _facts(_counted(reports, [here], keys, region=region), on=on, within=within)[0]


@dataclass(frozen=True)
class _Counted:
    """Reports with numbers for names, so that many days and regions are looked at without comparing names.

    `names` has one row a pair; `reports` one a report with `date`, `pair`, `reporter` and `place` (position
    among the regions asked about, -1 elsewhere) and the number of each part of a pair; `parts` has these by
    pair.
    """

    names: pd.DataFrame
    reports: pd.DataFrame
    parts: pd.DataFrame
    n_places: int


def _counted(reports: pd.DataFrame, here: Sequence[str], keys: Sequence[str], *, region: str) -> _Counted:
    known = _dated(reports, keys, region=region).reset_index(drop=True)
    rows = pd.DataFrame({"date": known["date"], "reporter": pd.factorize(known[region])[0]})
    rows["place"] = pd.Index(here).get_indexer(pd.Index(known[region]))
    parts = {"_".join(part): part for part in _parts(keys)}
    for name, part in [("pair", tuple(keys)), *parts.items()]:
        rows[name] = known.groupby(list(part), observed=True, sort=True).ngroup()
    one_each = rows.drop_duplicates("pair").sort_values("pair").index
    return _Counted(known.loc[one_each, list(keys)], rows, rows.loc[one_each, list(parts)], len(here))


def _facts(
    known: _Counted, *, on: dt.date, within: int | None
) -> tuple[pd.DataFrame, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Facts of every pair new to each region, with the numbers of the region and of the pair.

    A pair that a region never reported has reports of others only, so that they are counted once for all.
    """
    past = known.reports[known.reports["date"] <= pd.Timestamp(on)]
    n, pair, place = len(known.names), past["pair"].to_numpy(), past["place"].to_numpy()
    age = (pd.Timestamp(on) - past["date"]).dt.days.to_numpy()
    since, first = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    np.minimum.at(since, pair, age)
    np.maximum.at(first, pair, age)
    is_asked = (first >= 0) & (True if within is None else since < within)
    is_new = np.tile(is_asked, (known.n_places, 1))
    is_new[place[place >= 0], pair[place >= 0]] = False
    where, of = np.nonzero(is_new)
    found = known.names.iloc[of].reset_index(drop=True)
    for days in _RECENT:
        found[f"n_{days}d"] = np.bincount(pair[age < days], minlength=n)[of]
    found["days_since"], found["days_known"] = since[of], first[of]
    lately = past[age < _YEAR]
    reported = lately[["pair", "reporter"]].drop_duplicates()["pair"]
    found["n_regions"] = np.bincount(reported, minlength=n)[of]
    ours = lately[lately["place"] >= 0]
    for part, codes in known.parts.items():
        counts = np.bincount(ours["place"] * n + ours[part], minlength=known.n_places * n)
        found[f"n_here_{part}"] = counts[where * n + codes.to_numpy()[of]]
    return found, where, of


def _parts(keys: Sequence[str]) -> list[tuple[str, ...]]:
    pairs = [(one, other) for k, one in enumerate(keys) for other in keys[k + 1 :]]
    return [*((key,) for key in keys), *(pairs if len(keys) > 2 else [])]


def _dated(reports: pd.DataFrame, keys: Sequence[str], *, region: str) -> pd.DataFrame:
    wanted = ["date", region, *keys]
    refuse(
        "reports",
        [Fault(f"reports: {name}", "missing", "a column") for name in wanted if name not in reports],
    )
    days = pd.to_datetime(reports["date"], errors="coerce")
    wrong = np.flatnonzero(days.isna() & reports["date"].notna())
    rule = "a date"
    refuse("reports", [Fault(f"reports: row {k}: date", shown(reports["date"].iloc[k]), rule) for k in wrong])
    return reports[wanted].assign(date=days).dropna()


def arrival_history(
    reports: pd.DataFrame,
    *,
    here: str | Sequence[str],
    days: Sequence[dt.date],
    keys: Sequence[str] = KEYS,
    region: str = "region",
    within: int | None = None,
) -> pd.DataFrame:
    """What was known of every new pair on each of many days, and whether it then arrived within 28 days.

    Parameters
    ----------
    reports, keys, region, within
        As for `new_pairs`.
    here : str or sequence of str
        The region that is asked about, or several.
    days : sequence of date
        Days to look from.

    Returns
    -------
    DataFrame
        Rows of `new_pairs` for each day and region, with ``on``, `region` and ``arrived`` (boolean; missing
        where the reports end before the 28 days do: it is not known yet).

    Raises
    ------
    InputFaults
        As of `new_pairs`.

    Examples
    --------
    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2024-01-02", "2024-01-20", "2024-02-20"]),
    ...     "region": ["FR", "IT", "DE"], "hazard": "lead", "origin": ["CN", "IN", "CN"],
    ...     "product_group": "toys"})
    >>> found = arrival_history(rows, here="DE", days=[dt.date(2024, 1, 10), dt.date(2024, 1, 23)])
    >>> found["arrived"].tolist()
    [False, True, False]
    """
    regions = [here] if isinstance(here, str) else list(here)
    known = _counted(reports, regions, keys, region=region)
    first_here = known.reports.groupby(["place", "pair"])["date"].min()
    tables = []
    for day in days:
        found, where, of = _facts(known, on=day, within=within)
        until = pd.Timestamp(day) + pd.Timedelta(days=HORIZON)
        first = first_here.reindex(pd.MultiIndex.from_arrays([where, of])).to_numpy()
        came = first <= until.to_datetime64()
        arrived = pd.array(came, dtype="boolean")
        if until > known.reports["date"].max():
            arrived[~came] = pd.NA
        tables.append(
            found.assign(on=pd.Timestamp(day), arrived=arrived, **{region: pd.Index(regions)[where]})
        )
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class ArrivalModel:
    """A logistic model of arrival within 28 days.

    Parameters
    ----------
    weights : Series of float
        Of each fact (counts as logarithms) and ``const`` [logit]; empty where there is nothing to learn from.
    n_rows, n_arrived : int
        Pairs on days, and how many of them arrived.
    is_converged : bool
        Whether the fit came to rest.
    """

    weights: pd.Series
    n_rows: int
    n_arrived: int
    is_converged: bool


def _design(facts: pd.DataFrame) -> pd.DataFrame:
    counts = [name for name in facts if str(name).startswith(("n_", "days_"))]
    logs = np.log1p(facts[counts].to_numpy(dtype=np.float64))
    return pd.DataFrame(logs, columns=counts, index=facts.index).assign(const=1.0)


def fit_arrival(history: pd.DataFrame) -> ArrivalModel:
    """Learn from past pairs how likely one arrives within 28 days.

    Parameters
    ----------
    history : DataFrame
        As of `arrival_history`; rows whose outcome is not known yet are left out.

    Returns
    -------
    ArrivalModel
        Without weights where fewer than 50 pairs arrived.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> facts = pd.DataFrame({"n_28d": rng.integers(0, 9, 4000), "days_since": 1})
    >>> arrived = rng.random(4000) < 0.02 * (1 + facts["n_28d"])
    >>> bool(fit_arrival(facts.assign(arrived=arrived)).weights["n_28d"] > 0.5)
    True
    """
    known = history[history["arrived"].notna()]
    arrived = known["arrived"].to_numpy(dtype=np.float64)
    n_arrived = int(arrived.sum())
    if n_arrived < _LEAST_ARRIVED:
        return ArrivalModel(pd.Series(dtype=np.float64), len(known), n_arrived, is_converged=False)
    design = _design(known)
    design = design.loc[:, (np.ptp(design.to_numpy(), axis=0) > 0) | (design.columns == "const")]
    fit = sm.GLM(arrived, design, family=sm.families.Binomial()).fit()
    return ArrivalModel(fit.params, len(known), n_arrived, is_converged=bool(fit.converged))


def p_arrival(facts: pd.DataFrame, *, model: ArrivalModel) -> pd.Series:
    """The probability that each pair is reported here within 28 days.

    Parameters
    ----------
    facts : DataFrame
        As of `new_pairs`.
    model : ArrivalModel
        Learned before the day of `facts`.

    Returns
    -------
    Series of float
        Probability [0–1], with the index of `facts`; NaN where the model has no weights.

    Examples
    --------
    >>> model = ArrivalModel(pd.Series({"const": -3.0, "n_28d": 1.0}), 900, 50, True)
    >>> facts = pd.DataFrame({"n_28d": [0, 9], "days_since": 1})
    >>> p_arrival(facts, model=model).round(3).tolist()
    [0.047, 0.332]
    """
    if model.weights.empty:
        return pd.Series(np.nan, index=facts.index, name="p_arrival")
    logit = _design(facts)[list(model.weights.index)].to_numpy() @ model.weights.to_numpy()
    return pd.Series(expit(logit), index=facts.index, name="p_arrival")


def walk_forward(history: pd.DataFrame, *, n_days_between: int = 182) -> pd.DataFrame:
    """Probabilities that a model would have given on each day, learned only from what was known by then.

    Parameters
    ----------
    history : DataFrame
        As of `arrival_history`.
    n_days_between : int
        Days after which the model is learned again.

    Returns
    -------
    DataFrame
        `history` with ``p_arrival``; NaN before the first model. An outcome teaches once its 28 days are
        over.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> facts = pd.DataFrame({"n_28d": rng.integers(0, 9, 4000), "days_since": 1})
    >>> facts["on"] = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.arange(4000) // 40 * 7, unit="D")
    >>> found = walk_forward(facts.assign(arrived=rng.random(4000) < 0.02 * (1 + facts["n_28d"])))
    >>> found.loc[found["p_arrival"].notna(), "on"].min()
    Timestamp('2024-12-30 00:00:00')
    """
    start = history["on"].min()
    period = (history["on"] - start).dt.days // n_days_between
    p = pd.Series(np.nan, index=history.index)
    once = history[(history["on"] - start).dt.days % HORIZON == 0]  # each 28 days of a pair teach once
    for number, rows in history.groupby(period):
        learned_by = start + pd.Timedelta(days=int(str(number)) * n_days_between)
        taught = once[once["on"] + pd.Timedelta(days=HORIZON) <= learned_by]
        p.loc[rows.index] = p_arrival(rows, model=fit_arrival(taught))
    return history.assign(p_arrival=p)


def forecast_quality(forecast: pd.Series, arrived: pd.Series, *, n_top: int = 100) -> pd.Series:
    """How good a forecast was: order, top of the list, size of the numbers.

    Parameters
    ----------
    forecast : Series of float
        Probability, or anything that orders pairs; rows without one are left out.
    arrived : Series of bool
        What happened; rows for which it is not known are left out.
    n_top : int
        Length of the list that is looked at.

    Returns
    -------
    Series of float
        ``auc`` [0–1] (ties half), ``precision_top`` (share of the first `n_top` that arrived; of equal ones
        the share that is expected), ``rate`` (share of all that arrived), ``mean_forecast``, ``n``.

    Examples
    --------
    >>> forecast_quality(pd.Series([0.9, 0.5, 0.1]), pd.Series([True, False, False]), n_top=1).tolist()
    [1.0, 1.0, 0.3333333333333333, 0.5, 3.0]
    """
    known = forecast.notna() & arrived.notna()
    p, came = forecast[known].to_numpy(dtype=np.float64), arrived[known].to_numpy(dtype=np.bool_)
    ranks, n_came = rankdata(p), int(came.sum())
    auc = np.nan
    if 0 < n_came < p.size:
        auc = (ranks[came].sum() - n_came * (n_came + 1) / 2) / (n_came * (p.size - n_came))
    cut = np.sort(p)[-min(n_top, p.size)] if p.size else np.nan
    above, level = p > cut, p == cut
    some = min(n_top, p.size) - above.sum()
    top = (came[above].sum() + some * came[level].mean()) / (above.sum() + some) if p.size else np.nan
    names = ["auc", "precision_top", "rate", "mean_forecast", "n"]
    values = [auc, top, came.mean() if p.size else np.nan, p.mean() if p.size else np.nan, p.size]
    return pd.Series(values, index=names, dtype=np.float64)
