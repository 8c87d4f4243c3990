"""Count reports into product-event pairs: the 2×2 table of each pair and the count to be expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns

Codes = NDArray[np.integer[Any]]
Counts = NDArray[Any]


def report_pairs(
    reports: pd.DataFrame,
    *,
    report: str = "report_id",
    product: str = "product",
    event: str = "event",
    strata: Sequence[str] = (),
) -> pd.DataFrame:
    """The 2×2 table of every pair that occurs, counted in reports.

    A report that names a pair several times counts once; a report may name several products and events.

    Parameters
    ----------
    reports : DataFrame
        One row a mention: a report, one of its products, one of its events.
    report, product, event : str
        Columns that hold them.
    strata : sequence of str
        Columns by which the expected count is stratified; a missing value is a stratum of its own.

    Returns
    -------
    DataFrame
        ``product, event, a, b, c, d, expected``, in the order of product and event: reports [number] with
        both, with the product only, with the event only, with neither. ``expected`` is the sum over strata
        of reports with the product × reports with the event ÷ reports.

    Raises
    ------
    InputFaults
        When a column is missing, or with every row that lacks its report, product or event.

    References
    ----------
    .. [1] DuMouchel (1999), The American Statistician 53:177–190, stratified expected counts
       (``dumouchel_1999``).

    Examples
    --------
    >>> rows = pd.DataFrame({"report_id": [1, 1, 2, 3], "product": list("AABB"), "event": list("xyxz")})
    >>> report_pairs(rows).query("product == 'A' and event == 'x'")[["a", "b", "c", "d"]].values.tolist()
    [[1, 0, 1, 1]]
    """
    _present(reports, [report, product, event], strata)
    r = pd.factorize(reports[report])[0]
    p, products = pd.factorize(reports[product], sort=True)
    e, events = pd.factorize(reports[event], sort=True)
    s = reports.groupby(list(strata), dropna=False).ngroup().to_numpy() if strata else np.zeros_like(r)
    layer = _distinct(s, r)  # a report counts once in each stratum that it is in
    pairs = _distinct(p, e, r)
    both, a = _counted(p[pairs], e[pairs])
    n_product = np.bincount(p[_distinct(p, r)], minlength=len(products))
    n_event = np.bincount(e[_distinct(e, r)], minlength=len(events))
    expected = np.zeros(len(a))
    totals = np.bincount(s[layer])
    in_product, in_event = _distinct(s, p, r), _distinct(s, e, r)
    for k, total in enumerate(totals):  # a few strata
        with_product = np.bincount(p[in_product][s[in_product] == k], minlength=len(products))
        with_event = np.bincount(e[in_event][s[in_event] == k], minlength=len(events))
        expected += with_product[both[0]] * with_event[both[1]] / total
    names = pd.DataFrame({"product": products.take(both[0]), "event": events.take(both[1])})
    n_reports = np.unique(r).size
    table = _tables(names, a, (n_product[both[0]], n_event[both[1]], n_reports))
    return table.assign(expected=expected)


def pair_sums(
    pairs: pd.DataFrame, *, product: str = "product", event: str = "event", n: str = "n11"
) -> pd.DataFrame:
    """The 2×2 table of every pair from counts of pairs, margins being sums over pairs.

    Where a report may name several products the sums count it several times; `report_pairs` does not.

    Parameters
    ----------
    pairs : DataFrame
        One row a pair with its count; rows of one pair are added up.
    product, event, n : str
        Columns that hold the pair and its count [reports].

    Returns
    -------
    DataFrame
        As of `report_pairs`; pairs that were counted 0 times stay.

    Raises
    ------
    InputFaults
        When a column is missing, or with every row without product or event or whose count is no whole
        number from 0 up.

    Examples
    --------
    >>> rows = pd.DataFrame({"product": list("AAB"), "event": list("xyx"), "n11": [3, 1, 4]})
    >>> pair_sums(rows)[["a", "b", "c", "d", "expected"]].values.tolist()[0]
    [3.0, 1.0, 4.0, 0.0, 3.5]
    """
    _present(pairs, [product, event], [n])
    count = number_columns(pairs, [NumberColumn(n, low=0, is_whole=True)], what="pairs")[n]
    p, products = pd.factorize(pairs[product], sort=True)
    e, events = pd.factorize(pairs[event], sort=True)
    both, a = _counted(p, e, count)
    n_product, n_event = np.bincount(p, count), np.bincount(e, count)
    total = count.sum()
    names = pd.DataFrame({"product": products.take(both[0]), "event": events.take(both[1])})
    margins = n_product[both[0]], n_event[both[1]], total
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = margins[0] * margins[1] / total
    return _tables(names, a, margins).assign(expected=expected)


def zero_pairs(tables: pd.DataFrame, *, width: float = 0.02) -> pd.DataFrame:
    """The pairs that never occur, gathered by their expected count: what a full table adds to a fit.

    Parameters
    ----------
    tables : DataFrame
        All pairs that occur, as of `pair_sums` or `report_pairs` without strata.
    width : float
        Width of the bins of the expected count [natural logarithm].

    Returns
    -------
    DataFrame
        ``n`` (0), ``expected`` (mean of the bin) and ``weight`` (number of pairs).

    Examples
    --------
    >>> rows = pd.DataFrame({"product": list("AAB"), "event": list("xyx"), "n11": [3, 1, 4]})
    >>> zero_pairs(pair_sums(rows)).values.tolist()
    [[0.0, 0.5, 1.0]]
    """
    total = float(tables[["a", "b", "c", "d"]].iloc[0].sum())
    rows, n_rows = np.unique(
        (tables["a"] + tables["b"]).groupby(tables["product"]).first(), return_counts=True
    )
    columns, n_columns = np.unique(
        (tables["a"] + tables["c"]).groupby(tables["event"]).first(), return_counts=True
    )
    expected = np.outer(rows, columns).ravel() / total
    weight = np.outer(n_rows, n_columns).ravel().astype(np.float64)
    occurs = tables["a"].to_numpy() > 0
    expected = np.concatenate([expected, tables["expected"].to_numpy(dtype=np.float64)[occurs]])
    weight = np.concatenate([weight, -np.ones(occurs.sum())])
    is_possible = expected > 0
    expected, weight = expected[is_possible], weight[is_possible]
    bins, place = np.unique(np.floor(np.log(expected) / width), return_inverse=True)
    n_pairs = np.bincount(place, weight, minlength=bins.size)
    summed = np.bincount(place, weight * expected, minlength=bins.size)
    some = n_pairs > 0.5
    return pd.DataFrame({"n": 0.0, "expected": summed[some] / n_pairs[some], "weight": n_pairs[some]})


def _present(table: pd.DataFrame, filled: Sequence[str], others: Sequence[str]) -> None:
    refuse(
        "reports",
        [Fault(f"reports: {c}", "missing", "a column") for c in [*filled, *others] if c not in table],
    )
    empty = [(row, c) for c in filled for row in np.flatnonzero(table[c].isna())]
    refuse("reports", [Fault(f"reports: row {row}: {c}", shown(None), "present") for row, c in sorted(empty)])


def _key(*codes: Codes) -> Codes:
    """One whole number for each combination of codes, in their order."""
    key = codes[0].astype(np.int64)
    for code in codes[1:]:
        key = key * (int(code.max(initial=0)) + 1) + code
    return key


def _distinct(*codes: Codes) -> Codes:
    """Places of the first row of each combination of codes."""
    return np.flatnonzero(~pd.Series(_key(*codes)).duplicated().to_numpy())


def _counted(p: Codes, e: Codes, weight: Floats | None = None) -> tuple[tuple[Codes, Codes], Counts]:
    """The pairs in order, and how often each occurs."""
    keys, place = np.unique(_key(p, e), return_inverse=True)
    n_events = int(e.max(initial=0)) + 1
    return (keys // n_events, keys % n_events), np.bincount(place, weight, minlength=keys.size)


def _tables(names: pd.DataFrame, a: Counts, margins: tuple[Counts, Counts, float]) -> pd.DataFrame:
    n_product, n_event, total = margins
    cells = {"a": a, "b": n_product - a, "c": n_event - a, "d": total - n_product - n_event + a}
    return names.assign(**{name: np.asarray(values).astype(np.int64) for name, values in cells.items()})
