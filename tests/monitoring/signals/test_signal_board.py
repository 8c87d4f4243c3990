"""The board of signals: judged, dismissed and drafted there, in few clicks, with nothing lost or written over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language, set_language
from riskkit.foundation.standards.tables import records
from riskkit.workbench.boards import panels
from riskkit.workbench.boards.signal_panel import SignalBoard, known_steps, record_step
from riskkit.workbench.reports.signals.scan_study import ScanStudy, study_signals

AT = dt.datetime(2026, 3, 2, 9)


@pytest.fixture(scope="module")
def study() -> ScanStudy:
    return study_signals()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_is_that_of_the_study_and_the_reports_are_those_behind(study: ScanStudy, lang: str) -> None:
    board = in_language(lang, SignalBoard, study, None)
    assert len(board.table.rows) == len(study.alarms)
    assert [row[2]["sort"] for row in board.table.rows] == study.alarms["n_week"].tolist()
    for k, row in enumerate(records(study.alarms)):
        board.one.value = board.rows[k]["signal_id"]
        mine = study.records[study.records["signal_id"] == row["signal_id"]]
        assert all(str(name) in board.drill.value for name in mine["report_id"])
        assert board.drawing is not None
        bars = next(trace for trace in board.drawing.chart.figure["data"] if trace["type"] == "bar")
        assert bars["y"][-1] == row["n_week"]


def test_a_point_leads_to_its_signal_or_to_the_reports_behind_what_is_none(study: ScanStudy) -> None:
    board = SignalBoard(study, None)
    assert board.multiples is not None and board.volcano is not None
    bars = [trace for trace in board.multiples.chart.figure["data"] if trace["type"] == "bar"]
    assert len({trace["yaxis"] for trace in bars}) == min(6, len(study.alarms))
    last = records(study.alarms)[-1]
    board.pick(str(last["signal_id"]))
    assert board.one.value == board.rows[-1]["signal_id"] and board.point.value == ""
    marks = board.volcano.chart.figure["data"][0]  # what is no signal
    ids = {str(name) for name in marks["customdata"]}
    assert ids.isdisjoint(study.alarms["signal_id"]) and marks["hoverinfo"] == "text"
    quiet = next(name for name in ids if name in set(study.records["signal_id"]))
    board.pick(quiet)
    behind = study.records[study.records["signal_id"] == quiet]
    assert all(str(name) in board.point.value for name in behind["report_id"])
    assert "no signal of this week" in board.point.value and board.one.value == board.rows[-1]["signal_id"]
    board.pick("s000000000000")
    assert board.point.value == ""


def test_without_a_folder_nothing_can_be_judged(study: ScanStudy) -> None:
    board = SignalBoard(study, None)
    assert board.confirm.disabled and board.dismiss.disabled and board.draft.disabled
    assert any("RISKKIT_SIGNALS" in getattr(part, "value", "") for part in board.parts)


def test_from_the_board_to_a_draft_and_its_level_in_two_clicks(study: ScanStudy, tmp_path: Path) -> None:
    board = SignalBoard(study, tmp_path)
    board.one.value = board.rows[1]["signal_id"]  # first click: choose
    board.draft.click()  # second click: draft and level
    drafts = list(tmp_path.glob("*.toml"))
    assert len(drafts) == 1 and drafts[0].name in board.status.value
    assert any(f"level {level}" in board.status.value for level in "ⅠⅡⅢⅣ")
    assert load_case(drafts[0]).product.name.en.startswith("toys")
    drafts[0].write_text(drafts[0].read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    board.draft.click()
    assert "# mine" in drafts[0].read_text(encoding="utf-8")  # somebody works on it: it stays


def test_a_dismissal_is_recorded_with_its_evidence_and_holds_next_time(
    study: ScanStudy, tmp_path: Path
) -> None:
    board = SignalBoard(study, tmp_path)
    board.by.value, board.reason.value = "Li", "one shipment, stopped"
    board.dismiss.click()
    steps = known_steps(tmp_path)
    first = study.alarms.iloc[0]
    assert steps[["signal_id", "event", "by", "reason"]].values.tolist() == [
        [first["signal_id"], "dismissed", "Li", "one shipment, stopped"]
    ]
    assert steps["n_reports"].tolist() == [first["n_all"]]
    assert board.table.rows[0][5]["text"] == "dismissed"
    assert board.table.rows[1][5]["text"] == "new"


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("Li", ""), ("  ", "  ")])
def test_a_judgement_without_name_or_reason_is_refused_and_not_written(
    study: ScanStudy, tmp_path: Path, by: str, reason: str
) -> None:
    set_language("zh")
    board = SignalBoard(study, tmp_path)
    board.by.value, board.reason.value = by, reason
    board.confirm.click()
    assert "未记录" in board.status.value
    assert len(known_steps(tmp_path)) == 0


def test_no_step_is_lost_and_a_formula_or_markup_stays_text(study: ScanStudy, tmp_path: Path) -> None:
    rows = records(study.alarms)
    for k, (event, reason) in enumerate(
        [("seen", ""), ("dismissed", '<b>x</b>, "y"\nz'), ("confirmed", "q")]
    ):
        record_step(tmp_path, rows[k], event, by="Li", reason=reason, at=AT + dt.timedelta(hours=k))
    steps = known_steps(tmp_path)
    assert steps["event"].tolist() == ["seen", "dismissed", "confirmed"]
    assert steps["reason"].fillna("").tolist() == ["", '<b>x</b>, "y"\nz', "q"]
    (tmp_path / "steps.csv").write_text("signal_id,event\ns1,praised\n", encoding="utf-8")
    with pytest.raises(InputFaults):
        record_step(tmp_path, rows[0], "seen", by="Li", reason="", at=AT)
    assert "praised" in (tmp_path / "steps.csv").read_text(encoding="utf-8")


def test_two_writers_wait_for_each_other(study: ScanStudy, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    rows: list[dict[str, Any]] = records(study.alarms)
    with ThreadPoolExecutor(4) as pool:
        done = [
            pool.submit(record_step, tmp_path, rows[k % len(rows)], "seen", by=f"p{k}", reason="", at=AT)
            for k in range(12)
        ]
        assert all(isinstance(one.result(), pd.DataFrame) for one in done)
    assert sorted(known_steps(tmp_path)["by"]) == sorted(f"p{k}" for k in range(12))


def test_the_dashboard_cell_shows_the_board_in_either_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RISKKIT_SIGNALS", str(tmp_path))
    shown = panels.board("signal_board")
    assert shown is not None and len(shown.children) >= 1
    assert panels.board("signal_board", interactive=False) is None


@pytest.mark.parametrize(("role", "may"), [("assessor", True), ("chair", True), ("auditor", False)])
def test_who_signed_in_judges_under_that_name_and_in_that_role_only(
    study: ScanStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, role: str, may: bool
) -> None:
    monkeypatch.setattr("riskkit.workbench.boards.signal_panel.as_visitor", lambda: ("Wang", role))
    board = SignalBoard(study, tmp_path)
    assert board.dismiss.disabled is not may
    if may:
        board.by.value, board.reason.value = "somebody else", "why"
        board.dismiss.click()
        assert known_steps(tmp_path)["by"].tolist() == ["Wang"]


def test_where_one_token_is_for_all_a_name_is_asked_for(
    study: ScanStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskkit.workbench.boards.signal_panel.as_visitor", lambda: ("", ""))
    board = SignalBoard(study, tmp_path)
    assert any(board.by in getattr(part, "children", ()) for part in board.parts)
