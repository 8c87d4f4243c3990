"""What speaks for each combination of hazard, origin and product group, as of a day.

Two families of evidence (the newest week against the past of the same series, the year's reports against all
other combinations) and what is known beside them: whether it is new, how severe, how exposure moves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import floats
from riskkit.monitoring.disproportionality import corrected, statistics
from riskkit.monitoring.report_pairs import pair_sums
from riskkit.monitoring.signals.newest_weeks import rises
from riskkit.monitoring.signals.weights import signal_weights

KEYS = ("hazard", "origin", "product_group")
_WEEK = pd.Timedelta(days=7)
_YEAR = 52 * _WEEK
_SEPARATOR = "\x1f"  # sign that no key holds: unit separator


def weekly_counts(
    reports: pd.DataFrame,
    *,
    on: dt.date,
    keys: Sequence[str] = KEYS,
    date: str = "date",
    reported: str | None = None,
) -> pd.DataFrame:
    """Reports counted by week and combination, as known on a day.

    Parameters
    ----------
    reports : DataFrame
        One row a report of a hazard: `date` (the day of the report) and `keys`, the hazard first; optionally
        ``severity`` (0–4). A row without its day or hazard says nothing of a series and is left out; another
        key that is missing is the empty word.
    on : date
        Later reports are not known yet.
    keys : sequence of str
        Columns that make a combination.
    date : str
        Column of the day by which reports are counted.
    reported : str, optional
        Column of the day on which a report came, where `date` is the day of the event: what came after `on`
        is not known yet, whenever it happened. `date` itself if not given.

    Returns
    -------
    DataFrame
        `keys`, ``week`` (its Monday), ``n`` [reports] and ``severity`` (the gravest; missing where none is
        given).

    Raises
    ------
    InputFaults
        With every column that is missing and every date that is none.

    Examples
    --------
    >>> rows = pd.DataFrame({"date": ["2026-01-06", "2026-01-07", "2026-02-02"], "hazard": "lead",
    ...                      "origin": ["CN", "CN", "IN"], "product_group": "toys"})
    >>> weekly_counts(rows, on=dt.date(2026, 1, 11))[["origin", "n"]].values.tolist()
    [['CN', 2]]
    """
    came = reported or date
    wanted = list(dict.fromkeys([date, came, *keys]))
    refuse("reports", [Fault(f"reports: {c}", "missing", "a column") for c in wanted if c not in reports])
    faults, read = [], {}
    for name in dict.fromkeys([date, came]):
        read[name] = pd.to_datetime(reports[name], errors="coerce")
        wrong = np.flatnonzero(read[name].isna() & reports[name].notna())
        faults += [Fault(f"reports: row {k}: {name}", shown(reports[name].iloc[k]), "a date") for k in wrong]
    refuse("reports", faults)
    days = read[date]
    severity = reports.get("severity", np.nan)
    rows = reports[list(keys)].assign(week=monday_of(days), severity=pd.to_numeric(severity, errors="coerce"))
    is_known = days.notna() & (read[came] <= pd.Timestamp(on)) & rows[keys[0]].notna()
    rows = rows[is_known].fillna(dict.fromkeys(keys[1:], ""))
    grouped = rows.groupby([*keys, "week"], observed=True, sort=True)
    return grouped.agg(n=("week", "size"), severity=("severity", "max")).reset_index()


def monday_of(days: pd.Series) -> pd.Series:
    """The Monday of the week of each day.

    Examples
    --------
    >>> monday_of(pd.Series(pd.to_datetime(["2026-11-29", "2026-11-30"]))).dt.day.tolist()
    [23, 30]
    """
    monday: pd.Series = days.dt.normalize() - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return monday


def signal_id(keys: Sequence[object]) -> str:
    """The name of a combination that stays the same from week to week.

    Parameters
    ----------
    keys : sequence
        Values of the combination in the order of its columns.

    Returns
    -------
    str
        ``s`` and 12 hexadecimal digits of the SHA-256 of the values.

    Examples
    --------
    >>> signal_id(["lead", "CN", "toys"])
    's1805fe75c379'
    """
    text = json.dumps([str(value) for value in keys], ensure_ascii=False)
    return "s" + hashlib.sha256(text.encode()).hexdigest()[:12]


def newest_week(on: dt.date) -> pd.Timestamp:
    """The Monday of the last week that has ended by a day.

    Examples
    --------
    >>> newest_week(dt.date(2026, 1, 11)), newest_week(dt.date(2026, 1, 10))
    (Timestamp('2026-01-05 00:00:00'), Timestamp('2025-12-29 00:00:00'))
    """
    after = pd.Timestamp(on) + pd.Timedelta(days=1)
    return after - pd.Timedelta(days=after.day_of_week) - _WEEK


def evidence(
    weekly: pd.DataFrame,
    *,
    on: dt.date,
    keys: Sequence[str] = KEYS,
    exposure: pd.Series | None = None,
    n_back: int = 1,
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Everything that is known of each combination reported within the year, as of a day.

    Parameters
    ----------
    weekly : DataFrame
        As of `weekly_counts`; ``growth`` (exposure of this year ÷ of the year before, one value a
        combination) may be a further column. Counts of one combination and week are added up.
    on : date
        Only weeks that have ended by then are used.
    keys : sequence of str
        Columns that make a combination, the hazard first.
    exposure : Series, optional
        By week, share of the reports that have come so far (`surveillance.reporting_delay.completeness`):
        the newest weeks are then judged by what is in (right truncation).
    n_back : int
        How many of the newest weeks are judged: a late report adds to an earlier week. The p-value of the
        strongest is multiplied by their number (Bonferroni).
    rules : DataFrame, optional
        Weights of one's own, in the form of ``signal_weights.csv``.

    Returns
    -------
    DataFrame
        One row a combination, in their order: `keys`, signal_id, week; n_year, n_all [reports]; rise_week
        (of the weeks that are judged the one that stands out most) and its n_week, expected, bound [reports],
        p_rise, q_rise, is_rise and rise_rule, rise_reason;
        pair_expected [reports], prr, ic025 [doublings], p_pair, q_pair, is_pair of the last 52 weeks;
        first_week, novelty (``hazard``, ``combination``, ``known``, ``unknown``), severity, growth. A
        series with a faulty count lacks all numbers and says ``not_a_count``; q-values (Benjamini–Hochberg)
        count every series that has a p-value.

    Raises
    ------
    InputFaults
        With every column that is missing, when no week has ended, or when no week is to be judged.

    References
    ----------
    .. [1] Noufaily et al. (2013) (``noufaily_2013``); Norén et al. (2013) (``noren_2013``); Benjamini &
       Hochberg (1995) (``benjamini_hochberg_1995``).

    Examples
    --------
    >>> weeks = pd.date_range("2025-01-06", periods=60, freq="7D")
    >>> rows = pd.DataFrame({"hazard": "lead", "origin": ["CN"] * 60 + ["IN"], "product_group": "toys",
    ...                      "week": [*weeks, weeks[-1]], "n": [1] * 60 + [9]})
    >>> evidence(rows, on=dt.date(2026, 3, 1))[["origin", "n_week", "is_rise", "novelty"]].values.tolist()
    [['CN', 1, False, 'known'], ['IN', 9, True, 'combination']]
    """
    wanted = [*keys, "week", "n"]
    faults = [Fault(f"weekly: {c}", "missing", "a column") for c in wanted if c not in weekly]
    refuse("weekly", faults + ([] if n_back >= 1 else [Fault("n_back", shown(n_back), "1 or more")]))
    week = newest_week(on)
    known = weekly[pd.to_datetime(weekly["week"]) <= week]
    refuse("weekly", [] if len(known) else [Fault("weekly", f"no week that ended by {on}", "one or more")])
    place = known.groupby(list(keys), observed=True, sort=True).ngroup().to_numpy()
    rows = pd.DataFrame({"pair": place, "week": pd.to_datetime(known["week"]), "n": floats(known["n"])})
    for name in ("severity", "growth"):
        rows[name] = floats(known[name]) if name in known else np.nan
    is_count = (rows["n"] >= 0) & (rows["n"] == np.floor(rows["n"])) & np.isfinite(rows["n"])
    rows["is_faulty"] = (~is_count).groupby(rows["pair"]).transform("any")  # the whole series
    names = known[list(keys)].assign(pair=place).drop_duplicates("pair").set_index("pair").sort_index()
    weights = signal_weights(on=on, rules=rules)
    counted = _counted(rows, week)
    table = names.join(counted).join(rises(rows, week, exposure=exposure, n_back=n_back))
    table = table.join(_pairs(table, keys))
    limit = weights["limit"]
    table["is_rise"] = table["is_alarm"].astype("boolean") & (table["q_rise"] <= limit["fdr"])
    is_many = table["n_year"] >= limit["least_reports"]
    table["is_pair"] = (table["ic025"] > 0) & (table["q_pair"] <= limit["fdr"]) & is_many
    table["novelty"] = _novelty(table, keys[0], start=rows["week"].min(), week=week, limit=limit)
    table["signal_id"] = [signal_id(values) for values in table[list(keys)].itertuples(index=False)]
    is_recent = table["n_year"].ne(0).fillna(True)  # a faulty series has no count and is shown
    return table[is_recent].assign(week=week)[[*keys, *_COLUMNS]].reset_index(drop=True)


_COLUMNS = [
    "signal_id", "week", "rise_week", "n_week", "n_year", "n_all", "expected", "bound", "p_rise", "q_rise",
    "is_rise", "rise_rule", "rise_reason", "pair_expected", "prr", "ic025", "p_pair", "q_pair", "is_pair",
    "first_week", "novelty", "severity", "growth",
]  # fmt: skip


def _counted(rows: pd.DataFrame, week: pd.Timestamp) -> pd.DataFrame:
    """Reports of a year and of all time; missing for a faulty series."""
    good = rows.assign(n=rows["n"].mask(rows["is_faulty"]))
    is_year = good["week"] > week - _YEAR
    size = good["pair"].max() + 1
    by = {
        "n_year": good["n"].where(is_year, 0),
        "n_all": good["n"],
    }
    sums = {name: np.bincount(good["pair"], values, minlength=size) for name, values in by.items()}
    found = pd.DataFrame(sums).astype("Int64")  # NaN is missing
    grouped = good.groupby("pair")
    found["first_week"] = good[good["n"].gt(0)].groupby("pair")["week"].min()
    found["severity"] = good["severity"].where(is_year).groupby(good["pair"]).max()
    found["growth"] = grouped["growth"].max()
    return found


def _pairs(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Disproportionality of the year: the hazard against all else that is reported of these goods."""
    here = table[table["n_year"].gt(0).fillna(False)]
    columns = ["pair_expected", "prr", "ic025", "p_pair", "q_pair"]
    if here.empty or len(keys) == 1:  # without goods there is nothing to compare with
        return pd.DataFrame(np.nan, index=table.index, columns=columns)
    goods = here[list(keys[1:])].astype("str").agg(_SEPARATOR.join, axis=1)
    pairs = pd.DataFrame({"product": goods, "event": here[keys[0]].astype("str"), "n11": here["n_year"]})
    sums = pair_sums(pairs.astype({"n11": float}))
    wanted = pd.MultiIndex.from_frame(pairs[["product", "event"]])
    cells = sums.set_index(["product", "event"]).loc[wanted].set_axis(here.index, axis=0)
    found = statistics(cells[["a", "b", "c", "d"]])
    found = found[["expected", "prr", "ic025", "fisher_midp_greater"]].set_axis(columns[:4], axis=1)
    return found.assign(q_pair=corrected(found["p_pair"])).reindex(table.index)


def _novelty(
    table: pd.DataFrame, hazard: str, *, start: pd.Timestamp, week: pd.Timestamp, limit: pd.Series
) -> pd.Series:
    """Whether the hazard, or only the combination, was first reported lately."""
    recent = week - pd.Timedelta(days=float(limit["new_days"]))
    first_of_hazard = table["first_week"].groupby(table[hazard], observed=True).transform("min")
    is_long = (week - start).days >= limit["history_days"]
    words = np.select(
        [table["first_week"].isna(), table["first_week"] <= recent, not is_long, first_of_hazard > recent],
        ["unknown", "known", "unknown", "hazard"],
        "combination",
    )
    return pd.Series(words, index=table.index)
