"""What makes or hides a signal without any hazard: a product that fills an event, reports sent twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.monitoring.disproportionality import statistics
from riskkit.monitoring.report_pairs import report_pairs


def masking(tables: pd.DataFrame) -> pd.DataFrame:
    """Whether one other product fills an event so much that a pair does not show.

    The pair is looked at again without any report of the product that has most of the event's other reports.

    Parameters
    ----------
    tables : DataFrame
        All pairs that occur: ``product, event, a, b, c, d`` (see `riskkit.monitoring.report_pairs`).

    Returns
    -------
    DataFrame
        With the index of `tables`: ``masked_by`` (missing where no other product has the event),
        ``masking_ratio`` = expected ÷ expected without it, ``ic025, ic025_unmasked`` [doublings],
        ``is_masked``: above 0 only without it. Exact where each report names one product; otherwise reports
        that name both products are counted as if they named the other one only.

    Raises
    ------
    InputFaults
        When a column is missing, a pair stands twice, or with every cell that is no count.

    References
    ----------
    .. [1] Maignen et al. (2014), Pharmacoepidemiol. Drug Saf. 23:195–207, the masking effect
       (``maignen_2014``); here with the expected count of the information component.

    Examples
    --------
    >>> rows = pd.DataFrame({"product": list("ABC"), "event": "x", "a": [90, 6, 1], "b": [10, 34, 200],
    ...                      "c": [7, 91, 96], "d": [234, 210, 44]})
    >>> masking(rows)[["masked_by", "is_masked"]].values.tolist()[1]
    ['A', True]
    """
    names = ["product", "event"]
    refuse(
        "tables", [Fault(f"tables: {name}", "missing", "a column") for name in names if name not in tables]
    )
    twice = np.flatnonzero(tables.duplicated(names))
    refuse("tables", [Fault(f"tables: row {row}", "a pair again", "every pair once") for row in twice])
    now = statistics(tables[["a", "b", "c", "d"]])
    other = _fullest_other(tables)
    a, b, c, d = (tables[cell].to_numpy(dtype=np.float64) for cell in ("a", "b", "c", "d"))
    with_event, of_other = other["a"].to_numpy(), other["n"].to_numpy()
    total = a + b + c + d - of_other
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (a + b) * np.maximum(a + c - with_event, a) / np.maximum(total, a + b)
    again = statistics(tables[["a", "b", "c", "d"]].assign(expected=expected))
    return pd.DataFrame(
        {
            "masked_by": other["product"].to_numpy(),
            "masking_ratio": now["expected"].to_numpy() / expected,
            "ic025": now["ic025"],
            "ic025_unmasked": again["ic025"],
            "is_masked": (now["ic025"] <= 0) & (again["ic025"] > 0),
        },
        index=tables.index,
    )


def _fullest_other(tables: pd.DataFrame) -> pd.DataFrame:
    """The other product with most reports of the event: its name, those reports, all its reports."""
    rows = pd.DataFrame({name: tables[name].to_numpy() for name in ("product", "event", "a")})
    rows["n"] = (tables["a"] + tables["b"]).to_numpy(dtype=np.float64)
    order = rows.sort_values(["event", "a"], ascending=[True, False], kind="stable")
    place = order.groupby("event").cumcount()
    first = order[place == 0].set_index("event")
    second = order[place == 1].set_index("event").reindex(first.index)
    is_first = (place == 0).sort_index().to_numpy()
    fullest, next_one = (found.loc[rows["event"]].reset_index(drop=True) for found in (first, second))
    found = pd.DataFrame(
        {name: fullest[name].mask(is_first, next_one[name]) for name in ("product", "a", "n")}
    )
    return found.fillna({"a": 0, "n": 0})


def duplicate_reports(
    reports: pd.DataFrame,
    *,
    same: Sequence[str],
    report: str = "report_id",
    product: str = "product",
    event: str = "event",
) -> pd.DataFrame:
    """Reports that say the same: the same products and events, and the same in further columns.

    Parameters
    ----------
    reports : DataFrame
        One row a mention: a report, one of its products, one of its events.
    same : sequence of str
        Further columns that must agree (day, region, age …). Without any, reports of a single product and
        event are left out: so short a report is alike by chance.
    report, product, event : str
        Columns that hold them.

    Returns
    -------
    DataFrame
        One row a report, in the order of first appearance, indexed by its id: ``first_report`` (the first
        that says the same; itself where there is none), ``n_alike`` [reports], ``is_suspected``.

    Raises
    ------
    InputFaults
        When a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"report_id": [1, 2, 3], "product": "A", "event": list("xxy"), "day": [5, 5, 5]})
    >>> duplicate_reports(rows, same=["day"])["is_suspected"].tolist()
    [False, True, False]
    """
    wanted = [report, product, event, *same]
    refuse(
        "reports",
        [Fault(f"reports: {name}", "missing", "a column") for name in wanted if name not in reports],
    )
    mentions = reports[wanted].drop_duplicates()
    said = pd.util.hash_pandas_object(mentions[wanted[1:]].astype("str"), index=False)
    by_report = said.groupby(mentions[report].to_numpy(), sort=False)
    print_of = by_report.sum()  # of the set of mentions, whatever their order
    is_long = (by_report.size() > 1).to_numpy() | bool(same)
    ids = print_of.index.to_series()
    first = ids.groupby(print_of.to_numpy(), sort=False).transform("first").where(is_long, ids)
    n_alike = ids.groupby(first).transform("size")
    found = pd.DataFrame({"first_report": first, "n_alike": n_alike, "is_suspected": first != ids})
    return found.rename_axis(report)


def duplicate_warnings(
    reports: pd.DataFrame,
    *,
    same: Sequence[str],
    report: str = "report_id",
    product: str = "product",
    event: str = "event",
) -> pd.DataFrame:
    """Which pairs stand out only because reports may have been sent twice.

    Parameters
    ----------
    reports, same, report, product, event
        As for `duplicate_reports`.

    Returns
    -------
    DataFrame
        One row a pair: ``product, event, a, a_once`` [reports; as they are, and with those that say the same
        counted once], ``ic025, ic025_once`` [doublings], ``is_fragile``: above 0 only with the duplicates.

    Raises
    ------
    InputFaults
        As of `riskkit.monitoring.report_pairs.report_pairs`.

    Examples
    --------
    >>> rows = pd.DataFrame({"report_id": range(24), "product": ["A"] * 4 + ["B"] * 20,
    ...                      "event": ["x"] * 4 + list("yzuvwklmno") * 2, "day": [1] * 4 + list(range(20))})
    >>> duplicate_warnings(rows, same=["day"])[["a", "a_once", "is_fragile"]].iloc[:1].values.tolist()
    [[4, 1, True]]
    """
    columns = {"report": report, "product": product, "event": event}
    alike = duplicate_reports(reports, same=same, **columns)
    once = reports[~reports[report].map(alike["is_suspected"]).astype(bool)]
    counted = [report_pairs(rows, **columns) for rows in (reports, once)]
    whole, single = (
        t.assign(ic025=statistics(t)["ic025"])[["product", "event", "a", "ic025"]] for t in counted
    )
    found = whole.merge(single, on=["product", "event"], how="left", suffixes=("", "_once"))
    return found.assign(is_fragile=(found["ic025"] > 0) & (found["ic025_once"] <= 0))[
        ["product", "event", "a", "a_once", "ic025", "ic025_once", "is_fragile"]
    ]
