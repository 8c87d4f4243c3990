"""Tracing: read events, follow lots forward and back, against a plain walk and chains worked out by hand."""

from __future__ import annotations

from collections import deque

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lot_events import event

from riskkit.application.traceability.events import COLUMNS, trace_events
from riskkit.application.traceability.genealogy import affected_units, genealogy, next_lots, reach
from riskkit.foundation.inputs.faults import InputFaults

CHAIN = pd.DataFrame([
    *event("make-cell", 1, "production", "cells", outputs={"cell-1": 1000}),
    *event("make-pack", 2, "production", "packs", inputs={"cell-1": 600}, outputs={"pack-1": 100}),
    *event("make-pack-2", 3, "production", "packs", inputs={"cell-1": 400, "foil": 9}, outputs={"pack-2": 60}),
    *event("make-phone", 4, "production", "phones", inputs={"pack-1": 100}, outputs={"phone-1": 100}),
    *event("check", 5, "inspection", "laboratory", seen={"phone-1": 5}),
    *event("box", 6, "logistics", "carrier", inputs={"phone-1": 100}, outputs={"box-1": None}),
    *event("sell", 7, "sale", "shop", seen={"phone-1": 80, "pack-2": 10}),
    *event("repair", 9, "repair", "workshop", inputs={"pack-2": 1}, outputs={"phone-9": 1}),
])  # fmt: skip


def graph_of(rows):
    read = trace_events(rows)
    assert read.faults == ()
    return genealogy(read.accepted)


def test_a_component_reaches_every_lot_it_went_into_and_each_leads_back():
    graph = graph_of(CHAIN)
    forward = reach(graph, ["cell-1"], direction="forward")
    assert dict(forward.to_numpy()) == {"cell-1": 0, "pack-1": 1, "pack-2": 1, "phone-1": 2, "phone-9": 2,
                                        "box-1": 3}  # fmt: skip
    back = reach(graph, ["phone-9"], direction="back")
    assert dict(back.to_numpy()) == {"phone-9": 0, "pack-2": 1, "cell-1": 2, "foil": 2}
    both = reach(graph, ["pack-1", "foil"], direction="forward")
    assert dict(both.to_numpy()) == {
        "pack-1": 0,
        "foil": 0,
        "phone-1": 1,
        "pack-2": 1,
        "box-1": 2,
        "phone-9": 2,
    }


def test_one_step_up_and_one_step_down():
    graph = graph_of(CHAIN)
    down = next_lots(graph, ["cell-1"], direction="forward")
    assert down[["next_lot_id", "event_id", "company_id"]].to_numpy().tolist() == [
        ["pack-1", "make-pack", "packs"], ["pack-2", "make-pack-2", "packs"],
    ]  # fmt: skip
    up = next_lots(graph, ["pack-2", "phone-9"], direction="back")
    assert up[["lot_id", "next_lot_id"]].to_numpy().tolist() == [
        ["pack-2", "cell-1"], ["pack-2", "foil"], ["phone-9", "pack-2"],
    ]  # fmt: skip
    assert next_lots(graph, ["cell-1"], direction="back").empty


def test_the_units_of_a_recall_are_those_of_the_lots_it_reaches():
    found = affected_units(graph_of(CHAIN), ["pack-1", "pack-2"]).set_index("lot_id")
    assert found["n_produced"].dropna().to_dict() == {"pack-1": 100, "pack-2": 60, "phone-1": 100}
    assert found["n_sold"].to_dict() == {"pack-1": 0, "pack-2": 10, "phone-1": 80, "phone-9": 0, "box-1": 0}
    assert list(found.index[found["is_final"]]) == ["phone-9", "box-1"]
    assert found.at["phone-1", "companies"] == "phones laboratory carrier shop"
    assert found.at["pack-2", "produced_to"] == pd.Timestamp("2026-03-03", tz="UTC")


def test_a_sale_without_a_number_makes_the_number_unknown():
    rows = pd.concat([CHAIN, pd.DataFrame(event("more", 8, "sale", "shop", seen={"phone-1": None}))])
    found = affected_units(graph_of(rows.reset_index(drop=True)), ["phone-1"]).set_index("lot_id")
    assert found.at["phone-1", "n_sold"] is pd.NA


def test_every_fault_is_listed_and_the_good_rows_stay():
    bad = pd.DataFrame([
        *event("turn", 8, "production", "packs", inputs={"b": 1}, outputs={"a": 1}),
        *event("back", 8, "production", "packs", inputs={"a": 1, "foil": 1}, outputs={"b": 1}),
        *event("early", 1, "sale", "shop", seen={"phone-1": 3}),
        *event("x", 8, "shipping", "shop", seen={"p": 1}),
        *event("y", 8, "sale", " ", seen={"p": -1}),
        *event("sell", 8, "sale", "shop", seen={"p": 1}),
        {**event("z", 8, "sale", "shop", seen={"p": 1})[0], "event_time": "2026-03-08T08:00:00"},
        {**event("w", 8, "sale", "shop", seen={"p": 1})[0], "role": "inputs", "event_time": "soon"},
    ])  # fmt: skip
    rows = pd.concat([CHAIN, bad, CHAIN.head(2)], ignore_index=True)
    found, n = trace_events(rows), len(CHAIN)
    assert found.accepted.index.tolist() == [*range(n), n + 3]  # what the circle took in besides is true
    assert found.duplicates.index.tolist() == [n + len(bad), n + len(bad) + 1]
    assert len(found.accepted) + len(found.quarantined) + len(found.duplicates) == len(rows)
    said = [(fault.place.removeprefix("events: row "), fault.rule) for fault in found.faults]
    assert [place for place, _ in said] == [
        *(f"{n + k}: lot_id" for k in (0, 1, 2, 4)), f"{n + 5}: event_time", f"{n + 6}: stage",
        f"{n + 7}: company_id", f"{n + 7}: n_units", f"{n + 8}: event_id", f"{n + 9}: event_time",
        f"{n + 10}: event_time", f"{n + 10}: role",
    ]  # fmt: skip
    rules = dict(said)
    assert rules[f"{n}: lot_id"] == "a lot that does not go into itself (event turn)"
    assert rules[f"{n + 5}: event_time"] == "not before the production of lot phone-1"
    assert rules[f"{n + 10}: role"].endswith("did you mean input?")


def test_a_lot_that_goes_into_itself_in_one_event_is_a_circle():
    rows = pd.DataFrame(event("e", 1, "repair", "w", inputs={"a": 1, "part": 1}, outputs={"a": 1}))
    found = trace_events(rows)
    assert found.quarantined.index.tolist() == [0, 2]
    assert found.accepted["lot_id"].tolist() == ["part"]


def test_times_count_by_the_instant_not_by_the_wall_clock():
    rows = pd.DataFrame(
        event("made", 1, "production", "a", outputs={"l": 1}) + event("sold", 1, "sale", "b", seen={"l": 1})
    )
    rows["event_time"] = ["2026-03-01T08:00:00+08:00", "2026-03-01T01:00:00+01:00"]
    assert trace_events(rows).faults == ()
    rows.loc[1, "event_time"] = "2026-03-01T00:59:59+01:00"
    assert len(trace_events(rows).faults) == 1


def test_columns_that_are_missing_and_lots_that_are_in_no_event_are_listed_at_once():
    with pytest.raises(InputFaults) as raised:
        trace_events(CHAIN.drop(columns=["role", "stage"]))
    assert [fault.place for fault in raised.value.faults] == ["events: stage", "events: role"]
    with pytest.raises(InputFaults) as raised:
        reach(graph_of(CHAIN), ["cell-1", "x", "y"], direction="up")
    assert [fault.value for fault in raised.value.faults] == ["'x'", "'y'", "'up'"]


def test_no_events_are_read_as_none():
    found = trace_events(pd.DataFrame(columns=list(COLUMNS)))
    assert found.accepted.empty and found.faults == ()
    with pytest.raises(InputFaults):
        reach(genealogy(found.accepted), ["a"], direction="forward")


LINKS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(0, 3)).filter(lambda link: link[0] != link[1]),
    min_size=1, max_size=25,
)  # fmt: skip


def rows_of(links):
    """Events that each link one lot or several to one of a higher number."""
    rows = []
    for low, high, group in ((min(a, b), max(a, b), g) for a, b, g in links):
        rows += event(
            f"{high}-{group}", 1 + high, "production", "x", inputs={f"L{low}": 1}, outputs={f"L{high}": 1}
        )
    return pd.DataFrame(rows).drop_duplicates(ignore_index=True)


def walked(links, start):
    """Lots below a start with their least number of events, by a plain walk."""
    steps, waiting = {start: 0}, deque([start])
    while waiting:
        lot = waiting.popleft()
        for a, b, _ in links:
            if min(a, b) == lot and max(a, b) not in steps:
                steps[max(a, b)] = steps[lot] + 1
                waiting.append(max(a, b))
    return steps


@given(LINKS, st.integers(0, 11))
def test_the_reach_is_that_of_a_plain_walk_and_forward_undoes_back(links, start):
    graph = graph_of(rows_of(links))
    if f"L{start}" not in graph.lot_ids:
        return
    found = dict(reach(graph, [f"L{start}"], direction="forward").to_numpy())
    assert found == {f"L{lot}": steps for lot, steps in walked(links, start).items()}
    for lot, steps in found.items():
        back = dict(reach(graph, [lot], direction="back").to_numpy())
        assert back[f"L{start}"] == steps


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12))
def test_what_is_accepted_has_no_circle_and_what_is_not_lies_on_one(links):
    rows = pd.DataFrame([
        row for k, (a, b) in enumerate(links)
        for row in event(f"e{k}", 1, "logistics", "x", inputs={f"L{a}": 1}, outputs={f"L{b}": 1})
    ])  # fmt: skip
    found = trace_events(rows)
    is_on = [a in {int(lot[1:]) for lot in below(links, b)} for a, b in links]
    assert rows.index.isin(found.quarantined.index).tolist() == list(np.repeat(is_on, 2))


def below(links, start):
    seen, waiting = {start}, [start]
    while waiting:
        lot = waiting.pop()
        fresh = {b for a, b in links if a == lot} - seen
        seen |= fresh
        waiting += fresh
    return {f"L{lot}" for lot in seen}


def test_a_chain_of_a_hundred_thousand_lots_has_its_steps():
    n = 100_000
    rows = pd.DataFrame({
        "event_id": np.repeat(np.arange(n).astype(str), 2),
        "lot_id": np.column_stack([np.arange(n), np.arange(1, n + 1)]).ravel().astype(str),
        "role": np.tile(["input", "output"], n),
    })  # fmt: skip
    assert reach(genealogy(rows), ["0"], direction="forward")["n_steps"].tolist() == list(range(n + 1))
