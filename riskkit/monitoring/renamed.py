"""Names that changed: when a name stops and one like it starts, a jump of the new one is no news.

Sources rename what they report (RASFF its hazards in October and November 2020). Each name then looks like a
hazard never seen before. Two names are taken for one when they are alike and one follows the other within a
short time; what was found, and how well it fits, is part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils
from scipy.sparse import csr_array
from scipy.stats import binom

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.records.number_columns import Floats
from riskkit.foundation.standards.method_numbers import method_number

Dates = NDArray[np.datetime64]
_BLOCK = 1000  # names that are compared with all others at a time
_WINDOW = np.timedelta64(182, "D")
_FIGURES = re.compile(r"\d+")
_COLUMNS = ("old_name", "new_name", "switch", "likeness", "context_likeness", "share_clean", "gap_days")


def renamings(reports: pd.DataFrame, *, name: str = "hazard", context: Sequence[str] = ()) -> pd.DataFrame:
    """Pairs of names of which the second took over from the first.

    Parameters
    ----------
    reports : DataFrame
        One row a report: ``date`` and `name`; rows that lack either are left out.
    name : str
        Column that holds the name.
    context : sequence of str
        Columns that say what the name was reported of (origin, product group …).

    Returns
    -------
    DataFrame
        One row a pair of names alike, in the order of ``switch`` (the day that parts the two best):

        - ``old_name, new_name, likeness`` [0–100], and ``context_likeness`` of what they were reported of
          [0–100; NaN without `context`];
        - ``share_clean``: share of the old before the switch or of the new from it on, the smaller [0–1];
        - ``gap_days``: from the day by which 90 % of the old had come to that by which 10 % of the new had;
        - ``n_before, n_after``: reports of either name in the 182 days before and after;
        - ``p_rise``: chance of so many after, had nothing but the name changed [0–1];
        - ``is_renaming``, and ``is_explained``: a renaming after which the two are not reported more.

        It is a proposal for a person to confirm: two substances of like name can take turns.

    Raises
    ------
    InputFaults
        When a column is missing.

    References
    ----------
    .. [1] Bounds: ``method_numbers.csv``, method ``renaming`` (house).

    Examples
    --------
    >>> days = pd.date_range("2020-01-01", periods=40, freq="7D")
    >>> rows = pd.DataFrame({"date": days, "hazard": ["aflatoxin"] * 20 + ["Aflatoxin - mycotoxins"] * 20})
    >>> renamings(rows)[["old_name", "switch", "is_explained"]].values.tolist()
    [['aflatoxin', Timestamp('2020-05-20 00:00:00'), True]]
    """
    wanted = ["date", name, *context]
    refuse("reports", [Fault(f"reports: {c}", "missing", "a column") for c in wanted if c not in reports])
    known = reports[reports["date"].notna() & reports[name].notna()]
    each = known["date"].groupby(known[name].astype("str"))
    days = {str(key): np.sort(dates.to_numpy()) for key, dates in each}
    days = {key: dates for key, dates in days.items() if dates.size >= method_number("renaming", "n_least")}
    likeness = _likely(days)
    rows = [(old, new, *_switch(days[old], days[new])) for old, new, _ in likeness]
    columns = ["old_name", "new_name", "switch", "share_clean", "gap_days", "n_before", "n_after"]
    found = pd.DataFrame(rows, columns=columns).astype({"share_clean": float, "gap_days": float})
    found["likeness"] = [value for *_, value in likeness]
    found["context_likeness"] = _context_likeness(known, found, name=name, context=context)
    n = found["n_before"] + found["n_after"]
    found["p_rise"] = binom.sf(found["n_after"].to_numpy(float) - 1, n.to_numpy(float), 0.5)
    alike = (found["likeness"] >= method_number("renaming", "sure")) | (
        found["context_likeness"] >= method_number("renaming", "context")
    )
    found["is_renaming"] = (
        alike
        & (found["share_clean"] >= method_number("renaming", "share_clean"))
        & (found["gap_days"].abs() <= method_number("renaming", "gap_days"))
    )
    found["is_explained"] = found["is_renaming"] & (found["p_rise"] > method_number("renaming", "p_rise"))
    order = [*_COLUMNS, "n_before", "n_after", "p_rise", "is_renaming", "is_explained"]
    return found[order].sort_values(["switch", "old_name", "new_name"], ignore_index=True)


def _likely(days: dict[str, Dates]) -> list[tuple[str, str, float]]:
    """Names alike, the one with the earlier middle first; never names whose figures differ."""
    whole = list(days)
    names = _telling([utils.default_process(name) for name in whole])
    figures = [frozenset(_FIGURES.findall(name)) for name in whole]
    middle = [dates[dates.size // 2] for dates in days.values()]
    least = method_number("renaming", "likeness")
    found: list[tuple[str, str, float]] = []
    for start in range(0, len(names), _BLOCK):
        block = names[start : start + _BLOCK]
        scores = process.cdist(block, names, scorer=fuzz.token_set_ratio, score_cutoff=least)
        for row, new in zip(*np.nonzero(scores >= least), strict=True):
            old = start + int(row)
            apart = figures[old] and figures[new] and figures[old] != figures[new]
            if middle[old] < middle[new] and not apart:
                found.append((whole[old], whole[int(new)], float(scores[row, new])))
    return found


def _telling(names: list[str]) -> list[str]:
    """Names without the words that many of them share: those say a class, not what was found."""
    words = [name.split() for name in names]
    spread = pd.Series([word for each in words for word in set(each)]).value_counts()
    limit = max(method_number("renaming", "share_common") * len(names), method_number("renaming", "n_least"))
    common = set(spread.index[spread > limit])
    return [" ".join(word for word in each if word not in common) or " ".join(each) for each in words]


def _switch(old: Dates, new: Dates) -> tuple[pd.Timestamp, float, float, int, int]:
    """The day that parts two names best, the share it parts rightly, the gap, and reports around it."""
    days = np.unique(np.concatenate([old, new]))
    before = np.searchsorted(old, days, side="left") / old.size
    after = 1 - np.searchsorted(new, days, side="left") / new.size
    best = int(np.argmax(before + after))
    day = days[best]
    late = old[int(np.ceil(0.9 * old.size)) - 1]
    early = new[int(np.ceil(0.1 * new.size)) - 1]
    both = np.concatenate([old, new])
    n_before = int(((both >= day - _WINDOW) & (both < day)).sum())
    n_after = int(((both >= day) & (both < day + _WINDOW)).sum())
    share = float(min(before[best], after[best]))
    return pd.Timestamp(day), share, float((early - late) / np.timedelta64(1, "D")), n_before, n_after


def _context_likeness(
    known: pd.DataFrame, found: pd.DataFrame, *, name: str, context: Sequence[str]
) -> Floats:
    """Cosine of what two names were reported of [0–100]."""
    if not context or found.empty:
        return np.full(len(found), np.nan)
    place = known.groupby(list(context), dropna=False).ngroup().to_numpy()
    codes, names = pd.factorize(known[name].astype("str"))
    counts = csr_array((np.ones(len(known)), (codes, place)), shape=(len(names), int(place.max()) + 1))
    length = np.sqrt(counts.multiply(counts).sum(axis=1))
    old, new = (pd.Index(names).get_indexer(found[side]) for side in ("old_name", "new_name"))
    return np.asarray(100 * counts[old].multiply(counts[new]).sum(axis=1) / (length[old] * length[new]))


def present_names(names: pd.Series, found: pd.DataFrame) -> pd.Series:
    """Names as they are called now: each renamed one under the name that took over, through any chain.

    Parameters
    ----------
    names : Series of str
        As reported; a missing one stays missing.
    found : DataFrame
        As of `renamings`; only explained renamings count; of several, the one most alike.

    Returns
    -------
    Series of str
        With the index of `names`.

    Examples
    --------
    >>> found = pd.DataFrame({"old_name": ["a", "b"], "new_name": ["b", "c"], "likeness": 100.0,
    ...     "share_clean": 1.0, "is_explained": [True, True]})
    >>> present_names(pd.Series(["a", "c", "x"]), found).tolist()
    ['c', 'c', 'x']
    """
    best = found[found["is_explained"]].sort_values(["likeness", "share_clean"], kind="stable")
    step = best.drop_duplicates("old_name", keep="last").set_index("old_name")["new_name"]
    # A name is only followed by one with a later middle, so a chain ends.
    now = step
    while now.isin(step.index).any():
        now = now.map(step).fillna(now)
    return names.where(~names.isin(now.index), names.map(now).astype(names.dtype))
