"""The board of signals: the week's list, the counts and reports behind each, a judgement, a draft case."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd

from riskkit.case.case import assess
from riskkit.case.case_reading import parse_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.signals.memory import STEPS, check_steps, remembered
from riskkit.store.register.lock import writing
from riskkit.words.catalogue import Texts
from riskkit.words.catalogue import panel_text as panel_say
from riskkit.words.numbers import amount, number
from riskkit.workbench.boards.page_tools import in_address, written
from riskkit.workbench.boards.panel_widgets import (
    Drawing,
    SortedTable,
    box,
    button,
    fragment,
    html,
    in_either_language,
)
from riskkit.workbench.reports.signals.draft_case import case_id, draft_files
from riskkit.workbench.reports.signals.scan_report import (
    combination,
    reason_sentence,
    records_of,
    scan_multiples,
    scan_volcano,
)
from riskkit.workbench.reports.signals.scan_study import SAMPLE, ScanStudy, read_steps, study_signals
from riskkit.workbench.serving.identity import as_visitor
from riskkit.workbench.words.rules import fault_line

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


say = Texts("signals")
_JUDGES = ("", "assessor", "chair")
"""Roles that may judge; none where one token is for all, or outside of serving."""
_HEADS = ("rank", "combination", "observed", "expected", "points", "state", "reason")


def signal_board(reports: str = SAMPLE, *, folder: str = "") -> ipywidgets.Widget:
    """The signals of the week, to look into, judge and draft cases from."""
    place = folder or os.environ.get(SIGNALS_VARIABLE, "")
    home = Path(place) if place else None
    file = home / "steps.csv" if home else None
    shown: list[tuple[Hashable, ScanStudy]] = []
    boards: list[SignalBoard] = []

    def build() -> list[ipywidgets.Widget]:
        there = written(reports)
        if not shown or shown[0][0] != there:
            steps = str(file) if file and file.is_file() else ""
            is_sample = reports == SAMPLE and not steps
            shown[:] = [(there, sample_study() if is_sample else study_signals(reports, steps=steps))]
        board = SignalBoard(shown[0][1], home)
        if boards and boards[-1].lang == board.lang:  # what came of an act here stays to be read
            board.status.value = boards[-1].status.value
        boards[:] = [board]
        return board.parts

    return in_either_language(build, seen=lambda: (written(reports), written(str(file or ""))))


@functools.cache
def sample_study() -> ScanStudy:
    """The signals of the example, worked out once for all who look."""
    return study_signals()


class SignalBoard:
    """The panel: widgets, and what fills them."""

    def __init__(self, study: ScanStudy, home: Path | None) -> None:
        self.study, self.home, self.lang = study, home, language()
        self.rows = records(study.alarms)
        self.status, self.why, self.drill = (ipywidgets.HTML() for _ in range(3))
        names = [(f"{number(float(row['rank']))} {combination(row)}", row["signal_id"]) for row in self.rows]
        self.one = ipywidgets.Dropdown(options=names, description=say("choose_signal"))
        self.one.observe(lambda _: self.look(), "value")
        in_address("signal", self.one)
        self.point = ipywidgets.HTML()
        self.reason = ipywidgets.Text(description=say("judge_reason"))
        self.by = ipywidgets.Text(description=say("judge_by"))
        self.confirm = button(say("judge_confirm"), lambda: self.judge("confirmed"))
        self.dismiss = button(say("judge_dismiss"), lambda: self.judge("dismissed"))
        self.draft = button(say("judge_draft"), self.draft_case, is_main=True)
        sorting = {"sort_by": panel_say("sort_by"), "colon": panel_say("colon")}
        caption = {"caption": say("scan_table"), "empty": say("scan_none")}
        columns = [{"title": say(f"col_{name}")} for name in _HEADS]
        self.table = SortedTable(columns=columns, rows=[], by=0, names=1, down=False, words=caption | sorting)
        self.drawing = self._drawing(self._picture())
        self.multiples = self._drawing(scan_multiples(study))
        self.volcano = self._drawing(scan_volcano(study), pick=self.pick)
        self.parts = self._laid_out()
        self.fill()

    def _drawing(self, picture: Any, *, pick: Callable[[str], None] | None = None) -> Drawing | None:
        return None if picture is None else Drawing(picture, panel_say("numbers"), pick=pick)

    def pick(self, signal_id: str) -> None:
        """Choose the signal of a point, or show the reports behind a combination that is no signal."""
        is_listed = any(row["signal_id"] == signal_id for row in self.rows)
        found = records(self.study.found[self.study.found["signal_id"] == signal_id])
        self.point.value = ""
        if is_listed:
            self.one.value = signal_id
        elif found:
            name, why = combination(found[0]), reason_sentence(found[0])
            words = say("picked", name=name, why=why)
            behind = fragment("section", records_of(self.study, found[0]))
            self.point.value = fragment("status", words) + behind

    def _picture(self) -> Any:
        if not self.rows:
            return None
        return scan_multiples(self.study, signal=str(self._now()["signal_id"]))

    def _now(self) -> dict[str, Any]:
        return next(row for row in self.rows if row["signal_id"] == self.one.value)

    def _laid_out(self) -> list[ipywidgets.Widget]:
        made = [html("note", say("scan_sample"))] if self.study.is_sample else []
        closed = [] if self.home else [html("note", say("board_closed", name=SIGNALS_VARIABLE))]
        name, role = as_visitor() or ("", "")
        closed += [html("note", say("board_role"))] if role not in _JUDGES else []
        for part in (self.confirm, self.dismiss, self.draft, self.reason, self.by):
            part.disabled = self.home is None or not self.rows or role not in _JUDGES
        named = [] if name else [self.by]  # who signed in needs no other name and can take none
        drawn = [one.box for one in (self.multiples, self.volcano) if one is not None]
        looked = [box("rkp-two", *drawn), self.point] if drawn else []
        looked += [box("rkp-row", self.one), self.why] if self.rows else []
        looked += [] if self.drawing is None else [self.drawing.box]
        judged = box("rkp-row", *named, self.reason, self.confirm, self.dismiss, self.draft)
        week = say("scan_case", week=f"{self.study.week:%Y-%m-%d}")
        return [*made, html("heading", f"{say('scan_title')} · {week}"), self.table, *looked,
                *([judged] if self.rows else []), self.status, self.drill, *closed]  # fmt: skip

    def fill(self) -> None:
        """Show the list with the state of each signal as it is now."""
        today = self.study.alarms[["signal_id", "n_all", "points", "severity"]]
        memory = remembered(today, known_steps(self.home), on=dt.datetime.now(dt.UTC).date())
        states = dict(zip(today["signal_id"], memory["state"], strict=True))
        self.table.rows = [self._cells(row, states[row["signal_id"]]) for row in self.rows]
        self.look()

    def _cells(self, row: dict[str, Any], state: str) -> list[dict[str, Any]]:
        numbers = [("rank", number), ("n_week", number), ("expected", amount), ("points", amount)]
        rank, seen, expected, points = (
            {"text": shown(float(row[name])), "sort": float(row[name])} for name, shown in numbers
        )
        words = (
            combination(row),
            say(f"state_{state}"),
            reason_sentence(row),
        )
        name, what, why = ({"text": text, "sort": text} for text in words)
        return [rank, name, seen, expected, points, what, why]

    def look(self) -> None:
        """Show the chosen signal: why it is one, its weeks, and the reports behind it."""
        if not self.rows:
            return
        row = self._now()
        self.why.value = fragment("status", reason_sentence(row))
        picture = self._picture()
        if self.drawing is not None and picture is not None:
            self.drawing.show(picture)
        self.drill.value = fragment("section", records_of(self.study, row))

    def judge(self, event: str) -> None:
        """Keep who confirms or dismisses the chosen signal, and why."""
        name, _ = as_visitor() or ("", "")
        self._try(lambda: self._judged(event, name or str(self.by.value)))

    def _judged(self, event: str, by: str) -> str:
        assert self.home is not None
        at = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        record_step(self.home, self._now(), event, by=by, reason=str(self.reason.value), at=at)
        self.fill()
        return say("judged", state=say(f"state_{event}"),
                   name=combination(self._now()))  # fmt: skip

    def draft_case(self) -> None:
        """Draft a case from the chosen signal and say its level."""
        self._try(self._drafted)

    def _drafted(self) -> str:
        assert self.home is not None
        place, level, high = draft_and_level(self.home, self.study, str(self._now()["signal_id"]))
        return say("drafted", file=place.name, level=level, high=high)

    def _try(self, act: Any) -> None:
        """Do it, and say what came of it: the answer, or every fault."""
        try:
            self.status.value = fragment("status", act())
        except InputFaults as error:
            rows = [{"place": one.place, "value": one.value, "rule": one.rule} for one in error.faults]
            lines = [fault_line(row) for row in rows]
            self.status.value = fragment("lines", say("not_done"), lines, "")
