"""Time the reach of a lot among a million events against plain walks of the same graph in the same process.

`make bench` runs it; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from measure import say, seconds

from riskkit.application.traceability.genealogy import Genealogy, affected_units, genealogy, reach
from riskkit.application.traceability.trace_records import record_completeness, unit_balance

EVENTS = 1_000_000


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Each event makes a new lot of one that is there: a component that most lots descend from."""
    rng = np.random.default_rng(1)
    before = np.floor(rng.random(EVENTS) * np.arange(1, EVENTS + 1)).astype(int)
    lots = np.column_stack([before, np.arange(1, EVENTS + 1)]).ravel()
    return pd.DataFrame(
        {
            "event_id": np.repeat(np.arange(EVENTS), 2).astype(str),
            "event_time": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(lots, unit="s"),
            "stage": "production",
            "company_id": (lots % 997).astype(str),
            "lot_id": lots.astype(str),
            "role": np.tile(["input", "output"], EVENTS),
            "n_units": 1.0,
        }
    )


@pytest.fixture(scope="module")
def graph(rows: pd.DataFrame) -> Genealogy:
    """The graph, made once for any number of questions."""
    return genealogy(rows)


def test_the_reach_among_a_million_events_takes_less_than_a_second(
    rows: pd.DataFrame, graph: Genealogy
) -> None:
    """Against a walk over dictionaries, without any library in between."""
    below: dict[str, dict[str, None]] = {}
    for tail, head in zip(rows["lot_id"][::2], rows["lot_id"][1::2], strict=True):
        below.setdefault(tail, {})[head] = None

    def walk() -> dict[str, int]:
        steps, level = {"0": 0}, ["0"]
        while level:
            found: list[str] = []
            for lot in level:
                for head in below.get(lot, ()):
                    if head not in steps:
                        steps[head] = steps[lot] + 1
                        found.append(head)
            level = found
        return steps

    ours = reach(graph, ["0"], direction="forward")
    assert dict(zip(ours["lot_id"], ours["n_steps"], strict=True)) == walk()
    took, peer = seconds(lambda: reach(graph, ["0"], direction="forward"), runs=3), seconds(walk, runs=3)
    say("reach of a lot, 1,000,000 events [s]", ours=took, times_plain_walk=peer / took)
    assert took < 1


def test_the_reach_is_ten_times_a_walk_of_networkx(rows: pd.DataFrame, graph: Genealogy) -> None:
    """Against networkx, where it is installed: all descendants with their distance, the same graph."""
    networkx = pytest.importorskip("networkx")
    theirs = networkx.DiGraph(zip(rows["lot_id"][::2], rows["lot_id"][1::2], strict=True))

    def walk() -> dict[str, int]:
        return dict(networkx.single_source_shortest_path_length(theirs, "0"))

    ours = reach(graph, ["0"], direction="forward")
    assert dict(zip(ours["lot_id"], ours["n_steps"], strict=True)) == walk()
    took, peer = seconds(lambda: reach(graph, ["0"], direction="forward"), runs=3), seconds(walk, runs=3)
    say("reach of a lot, 1,000,000 events, beside networkx [s]", ours=took, times_networkx=peer / took)
    assert took < 1
    assert peer > 10 * took


def test_what_is_said_of_a_million_events_takes_seconds(rows: pd.DataFrame, graph: Genealogy) -> None:
    """Units of a recall, completeness by company and stage, balance of every lot."""
    few = seconds(lambda: reach(graph, ["999000"], direction="back"), runs=3)
    recall = seconds(lambda: affected_units(graph, ["999000"]), runs=3)
    complete = seconds(lambda: record_completeness(rows), runs=1)
    balance = seconds(lambda: unit_balance(rows), runs=1)
    say("1,000,000 events [s]", back=few, recall=recall, completeness=complete, balance=balance)
    assert few < 1
