"""Lives in steps: where 100,000 open measures stand, what is due and what is overdue."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from measure import say, seconds

from riskkit.foundation.flows.replay import standing
from riskkit.response.flows import open_phases, response_flow
from riskkit.workbench.boards.response_panel import ResponseBoard
from riskkit.workbench.flows.response.board_state import response_state

N = 100_000
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


def acts() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    begun = pd.Timestamp("2026-06-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 150, N), unit="D")
    names = pd.Series([f"m{k:06d}" for k in range(N)])
    ports, firms = np.array(["2200", "3100", "4400"]), np.array([f"firm {k}" for k in range(500)])
    about = {"measure": "recall", "port": rng.choice(ports, N), "operator": rng.choice(firms, N)}

    def all_do(event: str, hours: int, who: str, **more: object) -> pd.DataFrame:
        own = {"subject": names, "event": event, "at": begun + pd.Timedelta(hours=hours), "who": who}
        return pd.DataFrame({**own, "role": "authority", "reason": "r", "evidence": "e", **more})

    ordered = all_do("ordered", 5, "Wang", due_at=begun + pd.Timedelta(days=10))
    executed = all_do("executed", 50, "Zhao")[rng.random(N) < 0.7]
    return pd.concat([all_do("proposed", 0, "Li", **about), ordered, executed], ignore_index=True)


def test_where_a_hundred_thousand_open_measures_stand() -> None:
    table = acts()

    def stand() -> pd.DataFrame:
        return standing(table, response_flow("measure"), now=NOW, phases=open_phases("measure"))

    assert stand()["is_open"].all()
    took = seconds(stand, runs=3)
    say("where 100,000 open measures stand", acts=len(table), seconds=took)
    assert took < 1.0


def test_the_board_of_a_hundred_thousand_open_measures() -> None:
    table = acts()

    def opened() -> ResponseBoard:
        return ResponseBoard(response_state({"measure": table}, now=NOW), is_sample=False)

    assert len(opened().table.rows) == 200
    took = seconds(opened, runs=3)
    say("the board of 100,000 open measures", acts=len(table), seconds=took)
    assert took < 1.0
