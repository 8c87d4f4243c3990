"""The memory of signals as a file: who confirmed or dismissed which signal, when, why, on what evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit.case.case import assess, parse_case
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.monitoring.signals.memory import STEPS, check_steps
from riskkit.store.register.lock import writing
from riskkit.workbench.reports.signals.draft_case import case_id, draft_files
from riskkit.workbench.reports.signals.scan_study import ScanStudy, read_steps

SIGNALS_VARIABLE = "RISKKIT_SIGNALS"
"""Names the folder that holds the steps and the drafts; without it signals are looked at only."""
STEPS_FILE = "steps.csv"
_WAIT = 5.0  # how long another writer is waited for [s]
_DRAWS = 2000


def known_steps(folder: Path | None) -> pd.DataFrame:
    """The steps so far; none without a folder or before the first step."""
    file = None if folder is None else folder / STEPS_FILE
    return read_steps(str(file) if file is not None and file.is_file() else "")


def record_step(
    folder: Path, alarm: Mapping[str, Any], event: str, *, by: str, reason: str, at: dt.datetime
) -> pd.DataFrame:
    """Add a step about a signal, whole or not at all; who else writes is waited for, and no step is lost."""
    evidence = {"n_reports": alarm["n_all"], "points": alarm["points"], "severity": alarm["severity"]}
    step = {"signal_id": alarm["signal_id"], "event": event, "at": at.isoformat(timespec="seconds"),
            "by": by, "reason": reason} | evidence  # fmt: skip
    check_steps(pd.DataFrame([step]))
    with writing(folder, wait=_WAIT):
        before = known_steps(folder)
        before["at"] = [when.isoformat() for when in before["at"]] if len(before) else before["at"]
        rows = pd.DataFrame([*before[list(STEPS)].to_dict("records"), step], columns=list(STEPS))
        text = rows.to_csv(index=False, lineterminator="\n")
        put_files(folder, {STEPS_FILE: text.encode()}, is_forced=True)
    return check_steps(rows)


def draft_and_level(folder: Path, study: ScanStudy, signal_id: str) -> tuple[Path, str, str]:
    """Write the draft of a signal and assess it as it is: its file, its level, and the gravest it may be."""
    files = draft_files(study, signal_id)
    name = f"{case_id(signal_id, study.on)}.toml"
    place = folder / name
    if not place.is_file():  # a draft that somebody works on stays as it is
        put_files(folder, files, is_forced=False)
    case = parse_case(parse_toml(place.read_bytes(), name))
    badge = assess(case, rng=np.random.default_rng(1), draws=_DRAWS).badge
    assert badge is not None  # there is one whenever anything was drawn
    return place, str(badge.level), str(badge.level_hi)
