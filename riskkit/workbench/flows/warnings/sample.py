"""Warnings to look at where there is no ledger: made-up steps on shipped cases, marked so in every reason."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import shutil
from pathlib import Path

import numpy as np

from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.events import Event
from riskkit.store.ledger.ledger import open_ledger
from riskkit.warning.alerts.drafts import LEVELS
from riskkit.warning.dynamics.life import WarningEvent
from riskkit.workbench.flows.clocks import MovedClock
from riskkit.workbench.flows.warnings.case_words import about_case
from riskkit.workbench.flows.warnings.making import Decision, Issue, notice_of
from riskkit.workbench.flows.warnings.room import WarningRoom, record_draft, take_step
from riskkit.workbench.runs.folders.run_folders import private_folder

_CASES = ("hoverboards-2016", "lead-paint-toys-2007", "note7-battery-2016", "desk-lamps-cbec-2019",
          "powerbanks-export-2017", "toilet-paper-bacteria-2017")  # fmt: skip
_AGO = (38, 34, 9, 3, 2, 1)
"""How many days ago each of them began."""
_WHY = "示例 sample"
DAY = dt.timedelta(days=1)


def sample_events(now: dt.datetime) -> tuple[Event, ...]:
    """Events of a few made-up warnings, as if recorded in the weeks before a moment."""
    return _made(now.replace(hour=0, minute=0, second=0, microsecond=0))


@functools.lru_cache(maxsize=2)
def _made(today: dt.datetime) -> tuple[Event, ...]:
    folder = Path(private_folder())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    ledger = open_ledger(str(folder / "warnings.sqlite"))
    clock = MovedClock(today - 40 * DAY)
    room = WarningRoom(ledger, clock)
    try:
        for n, name in enumerate(one for one in _CASES if _is_shipped(one)):
            clock.now = max(clock.now, today - _AGO[n] * DAY)
            _live(room, name, until=n, clock=clock)
        return ledger.events("warning/")
    finally:
        ledger.close()


def _is_shipped(case: str) -> bool:
    from riskkit.workbench.runs.folders.resources import shipped_cases

    return case in shipped_cases()


def _live(room: WarningRoom, name: str, *, until: int, clock: MovedClock) -> None:
    """A few steps of one warning: the first ones go all the way, the last are only proposed."""
    found = assess(load_case(name), rng=np.random.default_rng(1), draws=200)
    level = LEVELS.index(found.level_ends[1]) + 1
    now = room.clock()

    def step(event: str, who: str, **more: object) -> None:
        given = {
            "reason": _WHY,
            "evidence": (name,),
            "warning_id": name,
            "at": now,
            "event": event,
            "who": who,
        }
        about = about_case(found.case) if event == "proposed" else None
        take_step(room, WarningEvent(**{**given, **more}), about=about)  # type: ignore[arg-type]

    step("proposed", "assessor", level=level, assessed=found.level_ends, missing=found.missing)
    if until >= len(_CASES) - 1:
        return
    clock.now += DAY / 12
    step("confirmed", "approver", is_authorised=True)
    clock.now += DAY / 8
    step("issued", "publisher", ends_at=now + 60 * DAY)
    notice = notice_of(found, Decision(
        warning_id=name, issue=f"{name}.1", kind="first", level=level, issued_at=now, starts_at=now,
        ends_at=now + 60 * DAY, is_exercise=True,
    ))  # fmt: skip
    record_draft(room, name, f"{name}.1", files={}, who="publisher", about=Issue(notice, {}, (), {}).about())
    clock.now += (3 * DAY, 20 * DAY, 4 * DAY, DAY / 8, DAY / 8)[until]
    agreed = {"effect_agrees": True, "has_consent": True}
    if until == 0:
        step("lifted", "approver", **agreed)
    elif until == 1 and level > 1:
        step("lowered", "approver", level=level - 1, **agreed)
    elif until == 2 and level < len(LEVELS):
        step("raised", "approver", level=level + 1, is_authorised=True)
