"""A national board regraded, and a long log replayed."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from measure import say

from riskkit.foundation.flows.replay import replay
from riskkit.warning.dynamics.adjustment import adjustments
from riskkit.warning.dynamics.life import warning_flow

OPEN_CASES, EVENTS = 100_000, 1_000_000
NOW = pd.Timestamp("2026-06-01", tz="UTC")


def test_a_hundred_thousand_open_cases_on_new_evidence() -> None:
    rng = np.random.default_rng(1)
    ids = np.array([f"w{number}" for number in range(OPEN_CASES)])
    board = pd.DataFrame({"warning_id": ids, "level": rng.integers(1, 5, OPEN_CASES), "effect_agrees": rng.random(OPEN_CASES) < 0.8,
                          "has_consent": rng.random(OPEN_CASES) < 0.8})  # fmt: skip
    lo = rng.integers(0, 4, 6 * OPEN_CASES)
    seen = pd.DataFrame({"warning_id": np.tile(ids, 6), "at": NOW - pd.to_timedelta(rng.integers(0, 90, len(lo)), unit="D"),
                         "level_lo": lo, "level_hi": lo + rng.integers(0, 2, len(lo))})  # fmt: skip
    start = time.perf_counter()
    found = adjustments(board, seen, now=NOW)
    took = time.perf_counter() - start
    say("100,000 open cases, 600,000 assessments", s=took, moved=float((found["move"] != "hold").sum()))
    assert took < 10


def test_a_million_events() -> None:
    each = 10
    n = EVENTS // each
    kinds = ["proposed", "confirmed", "issued", *["raised", "lowered"] * 3, "lifted"]
    levels = [2, None, None, *[3, 2] * 3, None]
    at = NOW + pd.to_timedelta(np.arange(each), unit="h")
    one = pd.DataFrame({"event": kinds, "at": at, "who": ["a", *["b"] * 9], "level": pd.array(levels, dtype="Int64"), "reason": "why",
                        "evidence": "file", "ends_at": pd.Series([pd.NaT] * each, dtype="datetime64[us, UTC]"), "second": "", "trigger": "",
                        "is_authorised": False, "effect_agrees": True, "has_consent": True, "other": ""})  # fmt: skip
    events = one.loc[np.tile(np.arange(each), n)].assign(subject=np.repeat(np.arange(n).astype(str), each))
    events = events.reset_index(drop=True)
    start = time.perf_counter()
    found = replay(events, warning_flow())
    took = time.perf_counter() - start
    say("a million events of 100,000 warnings", s=took)
    assert found["phase"].eq("lifted").all()
    assert took < 10
