"""How many ballots a second a ledger in SQLite acknowledges, each on disk by itself, from 1 and from 8 processes."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import time
from pathlib import Path
from typing import Any

from measure import say

from riskkit.foundation.events import Draft
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.ledger import open_ledger

FLOOR = 500  # acknowledged ballots a second
_N = 2000


def _ballot(name: str) -> Draft:
    answers = {f"q{n}": {"p05": 0.01, "p50": 0.02, "p95": 0.05, "reason": "as tested"} for n in range(12)}
    return Draft("committee/bench", "ballot_taken", answers, who=name, why="round 1", key=name)


def _vote(place: str, names: list[str], go: Any, done: Any) -> None:
    ledger = open_ledger(place)
    done.put("ready")
    go.wait()
    for name in names:
        ledger.append([_ballot(name)], clock=lambda: dt.datetime.now(dt.UTC))
    done.put("voted")
    ledger.close()


def _rate(place: str, n_processes: int) -> float:
    open_ledger(place).close()
    spawn = multiprocessing.get_context("spawn")
    go, done = spawn.Event(), spawn.Queue()
    names = [[f"e{p}-{n}" for n in range(_N // n_processes)] for p in range(n_processes)]
    voters = [spawn.Process(target=_vote, args=(place, some, go, done)) for some in names]
    for one in voters:
        one.start()
    for _ in voters:
        done.get()
    start = time.perf_counter()
    go.set()
    for _ in voters:
        done.get()
    seconds = time.perf_counter() - start
    for one in voters:
        one.join()
    ledger = open_ledger(place, is_reader=True)
    found = verify(ledger)
    ledger.close()
    assert found.is_whole
    assert found.n_events == _N
    return _N / seconds


def test_ballots_a_second(tmp_path: Path) -> None:
    one, eight = _rate(str(tmp_path / "one.sqlite"), 1), _rate(str(tmp_path / "eight.sqlite"), 8)
    say("ballots acknowledged by the ledger, SQLite", one_process_per_s=one, eight_processes_per_s=eight)
    assert max(one, eight) >= FLOOR
    assert min(one, eight) >= FLOOR / 2


def test_reading_the_chain_again(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "many.sqlite"))
    for start in range(0, 20_000, 1000):
        drafts = [_ballot(f"e{n}") for n in range(start, start + 1000)]
        ledger.append(drafts, clock=lambda: dt.datetime.now(dt.UTC))
    start_at = time.perf_counter()
    assert verify(ledger).is_whole
    say("ledger verified", events_per_s=20_000 / (time.perf_counter() - start_at))
    ledger.close()
