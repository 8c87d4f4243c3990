"""Rank products across criteria: Borda counts, and the order a risk matrix gives with its ties broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy  # its parts load when they are used: half a second that checking a case need not take
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown


def borda(values: pd.DataFrame, *, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Borda count of each product over several criteria.

    Under each criterion a product gets N − r points, r its rank with 1 the worst risk; equal values share
    the mean of their ranks. Points are added, times the criterion's weight.

    Parameters
    ----------
    values : DataFrame
        One row a product, one column a criterion; more is worse. Ranks are enough.
    weights : mapping of str to float, optional
        Weight of each criterion, not negative; all 1 if left out.

    Returns
    -------
    DataFrame
        Index as `values`: count, rank (1 = highest count; equal counts share the lowest rank number),
        n_tied (products with the same count).

    Raises
    ------
    InputFaults
        With every missing or infinite value and every wrong weight.

    References
    ----------
    .. [1] Engert and Lansdowne (1999), Risk Matrix User's Guide, MITRE (``engert_lansdowne_1999``).

    Examples
    --------
    >>> two = pd.DataFrame({"probability": [3, 2, 2], "severity": [4, 4, 1]}, index=["toy", "lamp", "mug"])
    >>> borda(two)["count"].tolist()
    [3.5, 2.0, 0.5]
    """
    numbers = values.apply(pd.to_numeric, errors="coerce")
    finite = np.isfinite(numbers.to_numpy(dtype=np.float64))
    faults = [
        Fault(f"{values.index[row]}: {values.columns[column]}", shown(values.iloc[row, column]), "a number")
        for row, column in np.argwhere(~finite)
    ]
    given = dict.fromkeys(values.columns, 1.0) if weights is None else dict(weights)
    for name in [*values.columns, *(extra for extra in given if extra not in values)]:
        weight = given.get(name)
        if name not in values or weight is None or not 0 <= weight < float("inf"):
            faults.append(Fault(f"weight of {name}", shown(weight), "a weight from 0 up for each criterion"))
    refuse("ranking", faults)
    ranks = scipy.stats.rankdata(-numbers.to_numpy(dtype=np.float64), axis=0)
    points = (len(values) - ranks) @ np.array([given[name] for name in values.columns])
    count = pd.Series(np.round(points, 9), index=values.index)
    return pd.DataFrame(
        {
            "count": count,
            "rank": count.rank(method="min", ascending=False).astype("int64"),
            "n_tied": count.groupby(count).transform("size").astype("int64"),
        }
    )


def matrix_ranking(
    products: pd.DataFrame, *, levels: tuple[str, ...], severity_values: Mapping[int, float]
) -> pd.DataFrame:
    """Products in the order of their matrix level, ties broken by Borda, beside their expected harm.

    A risk matrix ties all products of one level. Within a level they are ordered by the Borda count of
    probability and severity; expected harm (probability × value of the severity) is the order a scale of
    value would give, and where the two disagree the matrix hides it.

    Parameters
    ----------
    products : DataFrame
        One row a product: p_harm (0–1), severity (1, 2, …), level (word of the matrix).
    levels : tuple of str
        Level words from low to high.
    severity_values : mapping of int to float
        What one harm of each severity is worth, in any one unit; the result depends on it.

    Returns
    -------
    DataFrame
        The products, worst first: p_harm, severity, level, borda_count, matrix_rank (ties within a level),
        rank (ties broken), expected_harm, harm_rank, n_disagree (products that the matrix puts strictly
        on the other side of this one than expected harm does).

    Raises
    ------
    InputFaults
        With every missing column, unknown level and value outside its range.

    References
    ----------
    .. [1] Engert and Lansdowne (1999) (``engert_lansdowne_1999``); Cox (2008) on rank reversal
       (``cox_2008``).

    Examples
    --------
    >>> known = pd.DataFrame({"p_harm": [0.011, 0.0099], "severity": [2, 3], "level": ["serious", "serious"]})
    >>> found = matrix_ranking(known, levels=("low", "serious"), severity_values={2: 10, 3: 100})
    >>> found[["matrix_rank", "rank", "harm_rank"]].values.tolist()
    [[1, 1, 2], [1, 1, 1]]
    """
    _refuse_products(products, levels, severity_values)
    p, severity = products["p_harm"].astype("float64"), products["severity"].astype("int64")
    code = products["level"].map({word: number for number, word in enumerate(levels)}).astype("int64")
    count = borda(pd.DataFrame({"p_harm": p, "severity": severity}))["count"]
    harm = p * severity.map(dict(severity_values))
    order = code * (2.0 * len(products) + 1) + count
    table = products[["p_harm", "severity", "level"]].assign(
        borda_count=count,
        matrix_rank=code.rank(method="min", ascending=False).astype("int64"),
        rank=order.rank(method="min", ascending=False).astype("int64"),
        expected_harm=harm,
        harm_rank=harm.rank(method="min", ascending=False).astype("int64"),
        n_disagree=_n_disagree(code.to_numpy(), harm.to_numpy()),
    )
    return table.sort_values("rank", kind="stable")


def _n_disagree(code: NDArray[Any], harm: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each product: those of a higher level with less harm and of a lower level with more."""
    out = np.zeros(code.size, dtype=np.int64)
    for level in np.unique(code):
        sorted_harm = np.sort(harm[code == level])
        less = np.searchsorted(sorted_harm, harm, side="left")
        more = sorted_harm.size - np.searchsorted(sorted_harm, harm, side="right")
        out += np.where(code < level, less, np.where(code > level, more, 0))
    return out


def rank_agreement(first: pd.Series, second: pd.Series) -> float:
    """Kendall's tau-b between two rankings of the same products: 1 same order, −1 reversed; NaN if all tie.

    Parameters
    ----------
    first, second : Series
        Ranks or scores, with the same index.

    Raises
    ------
    ValueError
        When the products differ.

    Examples
    --------
    >>> rank_agreement(pd.Series([1, 2, 3]), pd.Series([1, 3, 2])).__round__(4)
    0.3333
    """
    if not first.index.sort_values().equals(second.index.sort_values()):
        raise ValueError("both rankings must rank the same products")
    return float(scipy.stats.kendalltau(first, second.loc[first.index]).statistic)


def _refuse_products(
    products: pd.DataFrame, levels: tuple[str, ...], severity_values: Mapping[int, float]
) -> None:
    faults = [
        Fault(name, "missing", "a column of the products")
        for name in ("p_harm", "severity", "level")
        if name not in products
    ]
    refuse("ranking", faults)
    for row in products[["p_harm", "severity", "level"]].assign(name=products.index).to_dict("records"):
        p = pd.to_numeric(row["p_harm"], errors="coerce")
        if not 0 <= p <= 1:
            faults.append(Fault(f"{row['name']}: p_harm", shown(row["p_harm"]), "a probability from 0 to 1"))
        if row["severity"] not in severity_values:
            rule = RuleText("one of {}", ", ".join(map(str, severity_values)))
            faults.append(Fault(f"{row['name']}: severity", shown(row["severity"]), rule))
        if row["level"] not in levels:
            faults.append(
                Fault(f"{row['name']}: level", shown(row["level"]), one_of(str(row["level"]), levels))
            )
    for level, value in severity_values.items():
        if not 0 <= value < float("inf"):
            faults.append(Fault(f"value of severity {level}", shown(value), "a number from 0 up"))
    refuse("ranking", faults)
