"""Shipped cases through the whole response: measures, recall, effect, adjusted level, lifted, all in one ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.response.effect import effect_agrees
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.ledger import Ledger, open_ledger
from riskkit.workbench.flows.response.story import ResponseChain, response_chain
from riskkit.workbench.flows.warnings import rehearsal
from riskkit.workbench.flows.warnings.room import WarningRoom, states_in

BEGUN = dt.datetime(2026, 1, 5, 1, tzinfo=dt.UTC)
CASES = {"note7-battery-2016": 3, "desk-lamps-cbec-2019": 2, "lead-paint-toys-2007": 4}


def assessed(case: str) -> Assessment:
    return assess(load_case(case), rng=np.random.default_rng(1), draws=200)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = open_ledger(str(tmp_path / "ledger.sqlite"))
    yield found
    found.close()


@pytest.mark.parametrize(("case", "level"), CASES.items())
def test_a_shipped_case_goes_through_the_whole_response(ledger: Ledger, case: str, level: int) -> None:
    chain = response_chain(assessed(case), ledger, begun=BEGUN)
    # the level comes down one at a time and is lifted from the lowest
    assert [one.level for one in chain.levels] == [level] * 3 + [*range(level - 1, 0, -1), 1]
    assert chain.levels[-1].phase == "lifted"
    assert chain.verdicts["decision"].tolist() == ["lower"] * (level - 1) + ["lift"]
    rows = chain.state.table
    measures = rows[rows["flow"] == "measure"]
    assert sorted(measures["measure"]) == sorted(chain.sheet["measure"]) and len(measures) >= 3
    assert set(measures["phase"]) == {"lifted"}
    recall = rows[rows["flow"] == "recall"]
    assert recall["phase"].tolist() == ["closed"] and chain.grade == "good"
    assert chain.state.reports["n_completed"].tolist() == [4_800, 8_300, 9_350, 9_350]
    assert not rows["is_open"].any() and not rows["is_overdue"].any()
    # nobody was refused anything, and the ledger is whole
    assert ledger.events("refusals/") == () and verify(ledger).is_whole


def test_a_recall_of_vehicles_follows_the_steps_for_vehicles(ledger: Ledger) -> None:
    chain = response_chain(assessed("dsg-gearbox-2012"), ledger, begun=BEGUN)
    rows = chain.state.table
    assert rows[rows["flow"] == "vehicle_recall"]["phase"].tolist() == ["closed"]
    assert "recall" not in set(rows["flow"])
    kinds = [event.kind for event in ledger.events("vehicle_recall/")]
    assert kinds[:3] == ["plan_filed", "published", "owners_told"]
    assert set(chain.state.reports["recall_id"]) == {"vehicle_recall/dsg-gearbox-2012"}


def chain_of(ledger: Ledger) -> ResponseChain:
    return response_chain(assessed("desk-lamps-cbec-2019"), ledger, begun=BEGUN)


def test_nothing_is_lifted_where_the_effect_does_not_agree(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "AFTER", (19,) * 12)
    rehearsal._estimate.cache_clear()
    try:
        with pytest.raises(InputFaults, match="an evaluation of effect that agrees"):
            chain_of(ledger)
    finally:
        rehearsal._estimate.cache_clear()
    assert {state.phase for state in states_in(WarningRoom(ledger)).values()} == {"issued"}
    assert "lifted" not in {event.kind for event in ledger.events("measure/")}


def test_a_rate_above_the_limit_lowers_and_does_not_lift(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "LIMIT", 0.008)
    rehearsal._estimate.cache_clear()
    try:
        with pytest.raises(InputFaults):
            chain_of(ledger)
    finally:
        rehearsal._estimate.cache_clear()
    (state,) = states_in(WarningRoom(ledger)).values()
    assert (state.phase, state.level) == ("issued", 1)  # lowered to Ⅳ, and it stays


def test_every_act_of_the_chain_is_by_the_one_who_may(ledger: Ledger) -> None:
    chain_of(ledger)
    acts = {event.kind: event for event in ledger.events("measure/")}
    assert acts["ordered"].who != acts["proposed"].who != acts["lifted"].who
    assert acts["lifted"].data["effect_agrees"] is True and "EF-11" in acts["lifted"].why
    graded = {event.kind: event for event in ledger.events("recall/")}
    assert graded["final_reported"].who != graded["effect_graded"].who != graded["closed"].who


def test_the_estimate_behind_the_effect_by_hand() -> None:
    # 88 of 12,000 after 245 of 12,000: a ratio of 0.36; the upper bound of 88 Poisson events is 108.42
    found = rehearsal._estimate().iloc[0]
    assert found["ratio"] == pytest.approx(88 / 245, rel=0.05)
    assert found["rate_hi"] == pytest.approx(108.42 / 12_000, rel=1e-4)


def test_unknown_effect_agrees_to_nothing() -> None:
    verdicts = pd.Series(["lower", "lift", "keep", "raise", "not_enough_evidence", None])
    assert effect_agrees(verdicts, "lower").tolist() == [True, True, False, False, False, False]
    assert effect_agrees(verdicts, "lift").tolist() == [False, True, False, False, False, False]
    with pytest.raises(InputFaults, match="lower, lift"):
        effect_agrees(verdicts, "raise")
