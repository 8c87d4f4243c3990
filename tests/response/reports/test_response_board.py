"""The board of the response: what it shows is what a plain reading of the acts gives, in both languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language, set_language
from riskkit.foundation.standards.tables import records
from riskkit.store.flow import record_act
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.boards import panels
from riskkit.workbench.boards.response_panel import ResponseBoard, response_board
from riskkit.workbench.flows.response.board_state import (
    ResponseState,
    completion_curves,
    counts_by,
    desk_of,
    recall_reports,
    response_state,
)
from riskkit.workbench.flows.response.sample import sample_acts

NOW = dt.datetime(2026, 6, 24, 2, tzinfo=dt.UTC)
LANGS = ("zh", "en")


@pytest.fixture(scope="module")
def state() -> ResponseState:
    return response_state(sample_acts(NOW), now=NOW)


def board(state: ResponseState, lang: str = "en") -> ResponseBoard:
    return in_language(lang, ResponseBoard, state, is_sample=False)


def test_what_is_due_and_overdue_as_worked_by_hand(state: ResponseState) -> None:
    rows = state.table.set_index("subject")
    # reviewed on 25 April: again by 25 May; ordered to be executed by 11 June; proposed on 22 June: 72 hours
    assert str(rows.loc["m-2612", "due_at"].tz_convert("Asia/Shanghai").date()) == "2026-05-25"
    assert rows.loc["m-2612", "is_overdue"] and rows.loc["m-2613", "is_overdue"]
    assert rows.loc["m-2616", "is_soon"] and not rows.loc["m-2616", "is_overdue"]
    assert not rows.loc["m-2611", "is_open"]  # lifted
    # a stage report of 16 March: the next by 16 June
    assert rows.loc["r-2602", "is_overdue"]
    assert rows.index[0] == state.table.sort_values("due_at")["subject"].iloc[0]


@pytest.mark.parametrize("name", ["port", "operator"])
def test_counts_by_port_and_operator_are_those_of_the_rows(state: ResponseState, name: str) -> None:
    counts = counts_by(state.table, name)
    rows = [row for row in records(state.table) if row["is_open"]]
    for row in records(counts):
        mine = [one for one in rows if (one[name] if isinstance(one[name], str) else "") == row[name]]
        assert (row["n_open"], row["n_overdue"]) == (len(mine), sum(bool(one["is_overdue"]) for one in mine))
    assert counts["n_open"].sum() == len(rows)
    assert counts["n_overdue"].is_monotonic_decreasing


@pytest.mark.parametrize("lang", LANGS)
def test_the_panel_shows_what_is_due_first_and_filters(state: ResponseState, lang: str) -> None:
    set_language(lang)
    panel = board(state, lang)
    n_open = int(state.table["is_open"].sum())
    assert len(panel.table.rows) == n_open
    assert ("逾期" if lang == "zh" else "overdue step") in panel.table.rows[0][5]["text"]
    panel.which.value = "overdue"
    assert len(panel.table.rows) == int(state.table["is_overdue"].sum())
    panel.which.value = "all"
    assert len(panel.table.rows) == len(state.table)
    panel.kind.value = "recall"
    assert {row[0]["text"] for row in panel.table.rows} == {"缺陷召回" if lang == "zh" else "recall"}
    panel.kind.value, panel.port.value = "", "5301"
    assert {row[3]["text"] for row in panel.table.rows} == {"5301"}


@pytest.mark.parametrize("lang", LANGS)
def test_the_curve_of_each_recall_has_its_reports(state: ResponseState, lang: str) -> None:
    panel = board(state, lang)
    reports = state.reports
    assert [value for _, value in panel.recall.options] == list(dict.fromkeys(reports["recall_id"]))
    for name in panel.curves:
        panel.recall.value = name
        mine = reports[reports["recall_id"] == name]
        assert panel.drawing is not None
        line = panel.drawing.chart.figure["data"][-1]
        assert list(line["y"]) == pytest.approx((mine["n_completed"] / mine["n_affected"]).tolist())
        assert name in panel.drawing.caption.value


def test_a_recall_counts_from_its_reports_only() -> None:
    acts = sample_acts(NOW)
    early = recall_reports(acts, now=NOW - dt.timedelta(days=120))
    assert set(early["recall_id"]) == {"r-2603"}
    assert recall_reports({}, now=NOW).empty
    # a recall of vehicles under the same number is another recall
    both = recall_reports({"recall": acts["recall"], "vehicle_recall": acts["recall"]}, now=NOW)
    assert len(both) == 2 * len(recall_reports(acts, now=NOW))
    assert completion_curves(response_state({"measure": acts["measure"]}, now=NOW)) == {}
    panel = board(response_state({"measure": acts["measure"]}, now=NOW))
    assert panel.drawing is None


def test_the_board_reads_a_ledger_and_hostile_words_stay_words(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"))
    word = "<script>alert(1)</script>"
    act = {"subject": "m-1", "event": "proposed", "who": "Li", "reason": word, "evidence": word}
    record_act(desk_of(ledger, "measure", clock=lambda: NOW), act | {"measure": "recall", "operator": word})
    ledger.close()
    shown = response_board(str(tmp_path / "ledger.sqlite"), now=NOW)
    inside = [getattr(part, "value", "") for part in shown.children[-1].children]
    assert not any(word in text for text in inside)
    assert any("&lt;script&gt;" in text for text in inside)


def test_an_empty_ledger_is_an_empty_board(tmp_path: Path) -> None:
    open_ledger(str(tmp_path / "ledger.sqlite")).close()
    shown = response_board(str(tmp_path / "ledger.sqlite"), now=NOW)
    assert any("counts yet" in getattr(part, "value", "") for part in shown.children[-1].children)


@pytest.mark.parametrize("lang", LANGS)
def test_without_a_ledger_an_example_is_shown_and_before_one_is_made_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.delenv("RISKKIT_LEDGER", raising=False)
    first = in_language(lang, response_board, now=NOW).children[-1].children[0].value
    assert ("虚构" if lang == "zh" else "fictitious") in first
    monkeypatch.setenv("RISKKIT_LEDGER", str(tmp_path / "ledger.sqlite"))
    unmade = in_language(lang, response_board, now=NOW).children[-1].children[0].value
    assert "riskkit response record" in unmade
    with pytest.raises(InputFaults, match="a ledger that exists"):
        in_language(lang, response_board, str(tmp_path / "no" / "ledger.sqlite"), now=NOW)
    assert in_language(lang, panels.board, "response_board", interactive=False) is None


def test_many_rows_are_cut_and_said_to_be() -> None:
    one = sample_acts(NOW)["measure"].query("subject == 'm-2615'")
    many = pd.concat([one.assign(subject=f"m-{k}") for k in range(250)], ignore_index=True)
    panel = board(response_state({"measure": many}, now=NOW))
    assert len(panel.table.rows) == 200 and "50 more" in panel.more.value
