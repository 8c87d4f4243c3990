"""The genealogy of lots: all that a component went into, all that a product was made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown

Direction = Literal["forward", "back"]
_DIRECTIONS = ("forward", "back")
# lots that are made of each other in a circle would never end
_MOST_LEVELS = 1000


@dataclass(frozen=True)
class Genealogy:
    """Lots and events as one graph: an input lot leads to its event, an event to its output lots.

    Parameters
    ----------
    events : DataFrame
        Accepted rows of `events.trace_events`.
    lot_ids : Index
        The lots; a lot's place here is its node.
    forward, back : csr_array
        Links in the direction of the goods and against it; the last node is the start of a search.

    Examples
    --------
    >>> from riskkit.application.traceability.events import COLUMNS
    >>> len(genealogy(pd.DataFrame(columns=[*COLUMNS, "n_units"])).lot_ids)
    0
    """

    events: pd.DataFrame
    lot_ids: pd.Index
    forward: csr_array
    back: csr_array


def genealogy(events: pd.DataFrame) -> Genealogy:
    """Build the graph once, for any number of questions.

    Parameters
    ----------
    events : DataFrame
        Accepted rows of `events.trace_events`.

    Returns
    -------
    Genealogy
        The graph. It holds the links, not their times: a lot that was made in two runs, or a container that
        was filled twice, carries everything that ever went into it, so that a reach is never too small.

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": "e", "lot_id": ["steel", "pump"], "role": ["input", "output"]})
    >>> genealogy(rows).forward.toarray().astype(int).tolist()  # steel, pump, event, start
    [[0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    """
    lots, lot_ids = pd.factorize(events["lot_id"])
    event, event_ids = pd.factorize(events["event_id"])
    event = event + len(lot_ids)
    is_input = (events["role"] == "input").to_numpy(dtype=bool)
    is_link = is_input | (events["role"] == "output").to_numpy(dtype=bool)
    # int32 and float64 are what csgraph works in: other types would be copied at every question
    ends = np.where(is_input, [lots, event], [event, lots]).astype(np.int32)[:, is_link]
    size = len(lot_ids) + len(event_ids) + 1
    forward = coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(size, size)).tocsr()
    return Genealogy(events, pd.Index(lot_ids), forward, forward.T.tocsr())


def reach(graph: Genealogy, lots: Iterable[str], *, direction: Direction) -> pd.DataFrame:
    """All lots that some lots went into (forward) or were made of (back).

    Parameters
    ----------
    graph : Genealogy
        From `genealogy`.
    lots : iterable of str
        Where to start.
    direction : {"forward", "back"}
        With the goods or against them.

    Returns
    -------
    DataFrame
        lot_id, n_steps (fewest events between; 0: where it starts), nearest first.

    Raises
    ------
    InputFaults
        With all lots that are in no event, or when the direction is none.

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": ["e", "e", "f", "f"], "lot_id": ["steel", "pump", "pump", "kettle"],
    ...     "role": ["input", "output", "input", "output"]})
    >>> reach(genealogy(rows), ["steel"], direction="forward").values.tolist()
    [['steel', 0], ['pump', 1], ['kettle', 2]]
    >>> reach(genealogy(rows), ["pump"], direction="back")["lot_id"].tolist()
    ['pump', 'steel']
    """
    starts = _nodes(graph, lots, direction)
    links = graph.forward if direction == "forward" else graph.back
    order, before = breadth_first_order(_with_start(links, starts), links.shape[0] - 1)
    depth = _depths(order, before)
    is_lot = order < len(graph.lot_ids)
    # breadth first is nearest first; from the start to its lots is one link, then lot and event take turns
    return pd.DataFrame({"lot_id": graph.lot_ids[order[is_lot]], "n_steps": (depth[is_lot] - 1) // 2})


def _nodes(graph: Genealogy, lots: Iterable[str], direction: str) -> NDArray[np.intp]:
    wanted = pd.Index([lots] if isinstance(lots, str) else list(dict.fromkeys(lots)))
    nodes = graph.lot_ids.get_indexer(wanted)
    faults = [Fault("lot_id", shown(lot), "a lot of an event") for lot in wanted[nodes < 0]]
    if direction not in _DIRECTIONS:
        faults.append(Fault("direction", shown(direction), one_of(str(direction), _DIRECTIONS)))
    refuse("trace", faults)
    return nodes


def _with_start(links: csr_array, starts: NDArray[np.intp]) -> csr_array:
    """The same links and one from the last node, which has none, to each start: one search serves all."""
    ends = links.indptr.copy()
    ends[-1] += len(starts)
    heads = np.concatenate([links.indices, starts.astype(links.indices.dtype)])
    return csr_array((np.ones(len(heads)), heads, ends), shape=links.shape)


def _depths(order: NDArray[np.int32], before: NDArray[np.int32]) -> NDArray[np.int32]:
    """Links from the start of a search that went breadth first.

    Such a search takes the nodes level by level, so the places of their parents never fall: each level ends
    where the parents leave the level before. A chain of a million lots has a million levels; beyond a
    thousand, doubling takes twenty rounds instead.
    """
    n = len(order)
    place = np.empty(len(before), dtype=np.int32)
    place[order] = np.arange(n, dtype=np.int32)
    parent = place[before[order[1:]]]
    ends = [0, 1]
    while ends[-1] < n and len(ends) < _MOST_LEVELS:
        ends.append(int(np.searchsorted(parent, np.int32(ends[-1]))) + 1)  # of its type: no copy
    if ends[-1] == n:
        return np.repeat(np.arange(len(ends) - 1, dtype=np.int32), np.diff(ends))
    depth = np.minimum(np.arange(n, dtype=np.int32), 1)
    parent = np.concatenate([place[order[:1]], parent])
    while parent.any():
        depth, parent = depth + depth[parent], parent[parent]
    return depth


def next_lots(graph: Genealogy, lots: Iterable[str], *, direction: Direction) -> pd.DataFrame:
    """One step up (back) or down (forward), with the event that links the two.

    Parameters
    ----------
    graph : Genealogy
        From `genealogy`.
    lots : iterable of str
        The lots asked about.
    direction : {"forward", "back"}
        Forward: what each went into; back: what it was made of.

    Returns
    -------
    DataFrame
        lot_id, next_lot_id, event_id, event_time, stage, company_id; one row a link, in the order of the
        events.

    Raises
    ------
    InputFaults
        As `reach`.

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": "e", "event_time": pd.Timestamp("2026-03-01", tz="UTC"),
    ...     "stage": "production", "company_id": "A", "lot_id": ["steel", "pump"],
    ...     "role": ["input", "output"]})
    >>> next_lots(genealogy(rows), ["pump"], direction="back")[["lot_id", "next_lot_id"]].values.tolist()
    [['pump', 'steel']]
    """
    wanted = graph.lot_ids[_nodes(graph, lots, direction)]
    near, far = ("input", "output") if direction == "forward" else ("output", "input")
    rows = graph.events
    own = rows[(rows["role"] == near) & rows["lot_id"].isin(wanted)]
    is_other = (rows["role"] == far) & rows["event_id"].isin(own["event_id"])
    others = pd.DataFrame({"event_id": rows["event_id"], "next_lot_id": rows["lot_id"]})[is_other]
    linked = own[["lot_id", "event_id", "event_time", "stage", "company_id"]].merge(others, on="event_id")
    return linked[["lot_id", "next_lot_id", "event_id", "event_time", "stage", "company_id"]]


def affected_units(graph: Genealogy, lots: Iterable[str]) -> pd.DataFrame:
    """What a recall of some lots has to cover: every lot they went into, with its units.

    Parameters
    ----------
    graph : Genealogy
        From `genealogy`.
    lots : iterable of str
        The lots that are at fault.

    Returns
    -------
    DataFrame
        One row a lot: lot_id, n_steps, is_final (went into nothing further), produced_from, produced_to
        (UTC), n_produced [units] (missing where an event that made it says no number, and where none did),
        n_sold [units] (0 where no sale is recorded, missing where a sale has no number), companies (who
        recorded it, space between). A recall adds up the final lots: units of a part are inside them.

    Raises
    ------
    InputFaults
        With all lots that are in no event.

    Examples
    --------
    >>> rows = pd.DataFrame({"event_id": ["e", "e"], "stage": "production", "company_id": "A",
    ...     "event_time": pd.Timestamp("2026-03-01", tz="UTC"), "lot_id": ["steel", "pump"],
    ...     "role": ["input", "output"], "n_units": [None, 40.0]})
    >>> affected_units(genealogy(rows), ["steel"])[["lot_id", "is_final", "n_produced"]].values.tolist()
    [['steel', False, <NA>], ['pump', True, 40]]
    """
    found = reach(graph, lots, direction="forward").set_index("lot_id")
    rows = graph.events[graph.events["lot_id"].isin(found.index)]
    made = rows[(rows["stage"] == "production") & (rows["role"] == "output")]
    sold = rows[rows["stage"] == "sale"]
    found["is_final"] = ~found.index.isin(rows.loc[rows["role"] == "input", "lot_id"])
    times = made.groupby("lot_id")["event_time"]
    found["produced_from"], found["produced_to"] = times.min(), times.max()
    found["n_produced"] = _units(made).reindex(found.index).astype("Int64")
    is_sold = found.index.isin(sold["lot_id"])
    found["n_sold"] = _units(sold).reindex(found.index).where(is_sold, 0).astype("Int64")
    pairs = rows[["lot_id", "company_id"]].drop_duplicates().astype("string")
    found["companies"] = pairs.groupby("lot_id")["company_id"].agg(" ".join)
    return found.reset_index()


def _units(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("lot_id")["n_units"].agg(lambda units: units.sum(skipna=False)).astype(float)
