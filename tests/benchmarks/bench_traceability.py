"""Time the reach of a lot among a million events against a walk over dictionaries, as networkx keeps them.

`make bench` runs it; prints seconds and ratios. Never a test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from measure import say, seconds

from riskkit.application.traceability.genealogy import genealogy, reach

EVENTS = 1_000_000


def test_the_reach_among_a_million_events_is_ten_times_a_walk() -> None:
    """Each event makes a new lot of one that is there: a component that most lots descend from."""
    rng = np.random.default_rng(1)
    before = np.floor(rng.random(EVENTS) * np.arange(1, EVENTS + 1)).astype(int)
    rows = pd.DataFrame(
        {
            "event_id": np.repeat(np.arange(EVENTS), 2).astype(str),
            "lot_id": np.column_stack([before, np.arange(1, EVENTS + 1)]).ravel().astype(str),
            "role": np.tile(["input", "output"], EVENTS),
        }
    )
    graph = genealogy(rows)
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
    say("reach of a lot, 1,000,000 events [s]", ours=took, walk=peer, ratio=peer / took)
    assert took < 1
