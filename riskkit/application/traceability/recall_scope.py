"""What a recall plan has to say of the lots that defective lots reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from riskkit.application.traceability.genealogy import Genealogy, affected_units
from riskkit.application.traceability.trace_records import unit_balance


def recall_scope(graph: Genealogy, lots: Iterable[str]) -> pd.DataFrame:
    """The fields of the recall plan that the reach of some lots fills in.

    Every unit counts once: as the lot it is on the day of the records, not as the parts inside it and not as
    the container it lies in.

    Parameters
    ----------
    graph : Genealogy
        From `genealogy.genealogy`.
    lots : iterable of str
        The defective lots.

    Returns
    -------
    DataFrame
        One row, with fields of `riskkit.response.recall.plan.plan_completeness`: batch (lots of which units
        are left or may be, space between), produced_from, produced_to (days in UTC, ``YYYY-MM-DD``, or
        missing), n_produced, n_recalled [units], main_sellers (who recorded a sale, space between),
        sales_quantities (units sold, as text). A number is missing where that of any lot is.

    Raises
    ------
    InputFaults
        With all lots that are in no event.

    References
    ----------
    .. [1] 缺陷消费品召回计划, form of 2018 (``recall_plan_form_2018``), sections 2 and 3.

    Examples
    --------
    >>> from riskkit.application.traceability.genealogy import genealogy
    >>> rows = pd.DataFrame({"event_id": ["e", "e", "f"], "stage": ["production", "production", "sale"],
    ...     "event_time": pd.Timestamp("2026-03-01", tz="UTC"), "company_id": ["A", "A", "shop"],
    ...     "lot_id": ["cell", "pack", "pack"], "role": ["input", "output", "seen"],
    ...     "n_units": [20.0, 10, 8]})
    >>> found = recall_scope(genealogy(rows), ["pack"])
    >>> found[["batch", "produced_from", "n_recalled", "main_sellers"]].values.tolist()
    [['pack', '2026-03-01', 10, 'shop']]
    """
    reached = affected_units(graph, lots).set_index("lot_id")
    rows = graph.events[graph.events["lot_id"].isin(reached.index)]
    units = unit_balance(rows).set_index("lot_id").reindex(reached.index)
    is_there = ~units["is_container"].astype(bool) & (units["n_left"] != 0).fillna(value=True).astype(bool)
    own, sellers = reached[is_there], rows.loc[rows["stage"] == "sale", "company_id"].drop_duplicates()
    first, last = own["produced_from"].min(), own["produced_to"].max()
    sums = units.loc[is_there, ["n_made", "n_left", "n_sold"]].sum(skipna=False)
    fields = {
        "batch": " ".join(own.index.astype(str)),
        "produced_from": _day(first),
        "produced_to": _day(last),
        "main_sellers": " ".join(sellers.astype(str)) or None,
        "sales_quantities": None if pd.isna(sums["n_sold"]) else f"{sums['n_sold']:.0f}",
    }
    counts = {"n_produced": "n_made", "n_recalled": "n_left"}
    table = pd.DataFrame([fields]).astype(object)
    for field, name in counts.items():
        table[field] = pd.array([sums[name]], dtype="Int64")
    order = ["batch", "produced_from", "produced_to", "n_produced", "n_recalled"]
    return table[[*order, "main_sellers", "sales_quantities"]]


def _day(time: Any) -> str | None:
    return None if pd.isna(time) else f"{time:%Y-%m-%d}"
