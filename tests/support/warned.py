"""Warnings for tests: an assessed case, a decision, a room with a clock that is moved by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.store.ledger.ledger import open_ledger
from riskkit.warning.dynamics.life import WarningEvent
from riskkit.workbench.flows.warnings.making import Decision, Issue, make_issue
from riskkit.workbench.flows.warnings.room import WarningRoom, take_step

NOW = dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC)
CASE = "note7-battery-2016"


@cache
def assessed_case(case: str = CASE) -> Assessment:
    return assess(load_case(case), rng=np.random.default_rng(1), draws=500)


def named(name: str) -> Assessment:
    """The same case about goods of another name, whatever it holds."""
    found = assessed_case()
    product = found.case.product
    words = dataclasses.replace(product.name, zh=name, en=name)
    case = dataclasses.replace(found.case, product=dataclasses.replace(product, name=words))
    return dataclasses.replace(found, case=case)


def decision(**more: Any) -> Decision:
    given = {
        "warning_id": "w-1", "issue": "w-1.1", "kind": "first", "level": 3, "issued_at": NOW, "starts_at": NOW,
        "ends_at": NOW + dt.timedelta(days=30), "ports": ("2200",), "is_exercise": True,
    }  # fmt: skip
    return Decision(**(given | more))


def issue(**more: Any) -> Issue:
    return make_issue(assessed_case(), decision(**more), formats=("txt",))


class HandClock:
    """Stands still; each look is a second later."""

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


def room_in(folder: Path) -> WarningRoom:
    return WarningRoom(open_ledger(str(folder / "ledger.sqlite")), HandClock())


def step(room: WarningRoom, event: str, who: str = "a", **more: Any) -> Any:
    given = {"reason": "why", "evidence": ("e",)} | more
    one = WarningEvent(warning_id="w-1", event=event, at=NOW, who=who, **given)
    return take_step(room, one)


def issued(room: WarningRoom, level: int = 3) -> Any:
    step(room, "proposed", level=level)
    step(room, "confirmed", "b", is_authorised=level == 4)
    return step(room, "issued", "c", ends_at=NOW + dt.timedelta(days=30))
