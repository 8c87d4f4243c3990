"""Which records tell of the same thing: 同一信息, one commodity class and one brand, maker or consignor.

SN/T 4839-2017 defines it so. Names are compared after their letters, widths and company words are made alike;
two names match when their likeness reaches a threshold that can be seen and changed, and never when the
figures in them differ. What matched, and how well, is part of the answer.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import method_number

NAMES = ("brand", "maker", "consignor")
_BLOCK = 2000
_SIGNS = re.compile(r"[\W_]+")
_FIGURES = re.compile(r"\d+")


@dataclass(frozen=True)
class SameInformation:
    """Records grouped into 同一信息.

    Parameters
    ----------
    group : Series of Int64
        Number of the group of each record, from 1, in the order of first appearance.
    reason : Series of str
        Per record: ``grouped``, or why it stands alone: ``no_commodity``, ``no_name``.
    matches : DataFrame
        The names that were taken for one: ``field, commodity, name_a, name_b, likeness`` (as read, 0–100);
        equal names are not listed.
    """

    group: pd.Series
    reason: pd.Series
    matches: pd.DataFrame


@functools.cache
def _company_words() -> re.Pattern[str]:
    words = sorted(standards.table("name_words")["word"], key=len, reverse=True)
    latin = [re.escape(word) for word in words if word.isascii()]
    other = [re.escape(word) for word in words if not word.isascii()]
    return re.compile(rf"\b(?:{'|'.join(latin)})\b|(?:{'|'.join(other)})$")


def plain_name(name: str) -> str:
    """A name without what does not tell firms apart: case, width, signs, company words.

    Parameters
    ----------
    name : str
        As read.

    Returns
    -------
    str
        What is compared; the name itself, made plain, where nothing else would be left.

    Examples
    --------
    >>> plain_name("ＡＣＭＥ Trading Co., Ltd."), plain_name("示例玩具有限公司")
    ('acme trading', '示例玩具')
    """
    text = " ".join(_SIGNS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).split())
    return " ".join(_company_words().sub(" ", text).split()) or text


def same_information(
    records: pd.DataFrame, *, by: str = "product_group", threshold: float | None = None
) -> SameInformation:
    """Which records are 同一信息.

    Parameters
    ----------
    records : DataFrame
        With `by` and any of ``brand, maker, consignor``; each row one record.
    by : str
        Column that holds the commodity class.
    threshold : float, optional
        Likeness from which two names are one [0–100]; the table's if not given. 100 asks for equal names.

    Returns
    -------
    SameInformation
        Records linked through any chain of matching names of one field and class share a group. A record
        without class or without any name stands alone: not known is not the same.

    Raises
    ------
    InputFaults
        When a column is missing or the threshold is no number from 0 to 100.

    References
    ----------
    .. [1] SN/T 4839-2017, 3.1, as cited in public.
    .. [2] Threshold and the rule on figures: ``method_numbers.csv`` (house).

    Examples
    --------
    >>> import pandas as pd
    >>> found = same_information(pd.DataFrame({
    ...     "product_group": ["toys", "toys", "toys", "lamps"],
    ...     "brand": ["Shili Jia", "SHILI-JIA", "Other", "Shili Jia"]}))
    >>> found.group.tolist()
    [1, 1, 2, 3]
    """
    least = method_number("same_information", "threshold") if threshold is None else float(threshold)
    fields = [field for field in NAMES if field in records]
    faults = [] if by in records else [Fault("by", shown(by), "a column of the records")]
    faults += [] if fields else [Fault("records", "no name", RuleText("a column {}", ", ".join(NAMES)))]
    faults += [] if 0 <= least <= 100 else [Fault("threshold", shown(threshold), "a number from 0 to 100")]
    refuse("same information", faults)
    commodity = records[by].astype("string").reset_index(drop=True)
    n, links, matches = len(records), [], []
    start = n
    for field in fields:
        names = _Names.of(commodity, records[field].astype("string").reset_index(drop=True))
        pairs, likeness = names.matching(least)
        links += [np.stack([names.rows, start + names.codes]), start + pairs.T]
        matches.append(names.told(pairs, likeness, field=field))
        start += len(names.table)
    group = _components(np.concatenate(links, axis=1), size=start)[:n]
    named = records[fields].notna().any(axis=1).to_numpy()
    reason = np.where(commodity.isna(), "no_commodity", np.where(named, "grouped", "no_name"))
    return SameInformation(
        group=pd.Series(pd.factorize(group)[0] + 1, index=records.index, name="group", dtype="Int64"),
        reason=pd.Series(reason, index=records.index, name="reason", dtype="str"),
        matches=pd.concat(matches, ignore_index=True),
    )


def _components(links: NDArray[np.int64], *, size: int) -> NDArray[np.int32]:
    ones = np.ones(links.shape[1], dtype=np.int8)
    graph = coo_array((ones, (links[0], links[1])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1])


@dataclass(frozen=True)
class _Names:
    """The distinct names of one field in each commodity class, and which record bears which."""

    rows: NDArray[np.int64]  # records that have class and name
    codes: NDArray[np.int64]  # position of their name in `table`
    table: pd.DataFrame  # commodity, name (as first read), plain, figures; ordered by commodity

    @classmethod
    def of(cls, commodity: pd.Series, name: pd.Series) -> _Names:
        known = commodity.notna() & name.notna()
        rows = np.flatnonzero(known.to_numpy())
        distinct, place = np.unique(name[known].to_numpy(dtype=object).astype(str), return_inverse=True)
        plain = np.array([plain_name(one) for one in distinct], dtype=object)[place]
        given = pd.DataFrame(
            {"commodity": commodity[known].to_numpy(), "name": name[known].to_numpy(), "plain": plain}
        )
        codes = given.groupby(["commodity", "plain"], sort=True).ngroup().to_numpy().astype(np.int64)
        table = given.assign(code=codes).drop_duplicates("code").sort_values("code", ignore_index=True)
        figures = [" ".join(_FIGURES.findall(one)) for one in table["plain"]]
        return cls(rows=rows, codes=codes, table=table.assign(figures=figures))

    def matching(self, least: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Pairs of names of one class that are alike, and how alike."""
        pairs: list[NDArray[np.int64]] = [np.empty((0, 2), dtype=np.int64)]
        likeness: list[NDArray[np.float64]] = [np.empty(0)]
        if least < 100:
            for _, part in self.table.groupby(["commodity", "figures"], sort=False):
                found, how = _alike(part["plain"].tolist(), least)
                pairs.append(part.index.to_numpy(dtype=np.int64)[found])
                likeness.append(how)
        return np.concatenate(pairs), np.concatenate(likeness)

    def told(self, pairs: NDArray[np.int64], likeness: NDArray[np.float64], *, field: str) -> pd.DataFrame:
        """The pairs in the words of the records."""
        one, two = (self.table.loc[pairs[:, side]].reset_index(drop=True) for side in (0, 1))
        shown_pairs = {"commodity": one["commodity"], "name_a": one["name"], "name_b": two["name"]}
        return pd.DataFrame({**shown_pairs, "likeness": likeness}).assign(field=field)[
            ["field", "commodity", "name_a", "name_b", "likeness"]
        ]


def _alike(names: list[str], least: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs i < j at least so alike; a block of rows at a time, so that memory stays bounded."""
    from rapidfuzz import fuzz, process

    pairs: list[NDArray[np.int64]] = [np.empty((0, 2), dtype=np.int64)]
    how: list[NDArray[np.float64]] = [np.empty(0)]
    for start in range(0, len(names), _BLOCK):
        block = process.cdist(
            names[start : start + _BLOCK],
            names[start:],
            scorer=fuzz.token_sort_ratio,
            score_cutoff=least,
            dtype=np.float32,
        )
        i, j = np.nonzero(block >= max(least, 1e-6))
        keep = i < j
        pairs.append(np.stack([i[keep] + start, j[keep] + start], axis=1).astype(np.int64))
        how.append(block[i[keep], j[keep]].astype(np.float64))
    return np.concatenate(pairs), np.concatenate(how)
