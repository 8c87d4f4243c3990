"""``riskkit response``: one command records a step of any flow, one shows a life, one lists what is open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from riskkit.foundation.language import in_language
from riskkit.response.flows import FLOWS, open_phases, response_flow
from riskkit.workbench.commands.cli import main
from riskkit.workbench.words.flow_words import flow_name, phase_name, role_name, step_name

OPERATOR = ["--as", "Firm", "--role", "operator", "--why", "r", "--evidence", "e"]
OFFICE = ["--as", "Wang", "--role", "authority", "--why", "r", "--evidence", "e"]


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.sqlite")


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code = main([*words, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == code
    return found


def test_a_recall_from_its_plan_to_its_first_report(capsys: pytest.CaptureFixture[str], place: str) -> None:
    at = ["--ledger", place]
    first = ["response", "record", "recall", "r-1", "plan_filed", *OPERATOR, *at]
    found = ask(capsys, *first, "--set", "n_affected=1200", "--set", "port=2201")
    assert (found["phase"], found["due_event"], found["n_affected"], found["port"]) == (
        "planned", "stage_reported", 1200, "2201",
    )  # fmt: skip
    ask(capsys, "response", "record", "recall", "r-1", "started", *OPERATOR, *at)
    report = ["response", "record", "recall", "r-1", "stage_reported", *OPERATOR, *at]
    found = ask(capsys, *report, "--set", "n_affected=1200", "--set", "n_completed=300")
    assert (found["phase"], found["n_acts"]) == ("running", 3)
    shown = ask(capsys, "response", "show", "recall", "r-1", *at)
    assert [act["event"] for act in shown["acts"]] == ["plan_filed", "started", "stage_reported"]
    assert {step["event"] for step in shown["next"]} == {"plan_changed", "stage_reported", "carried_out"}
    (listed,) = ask(capsys, "response", "list", *at)["lives"]
    assert listed["subject"] == "r-1" and not listed["is_overdue"]


def test_a_refusal_names_every_fault_and_records_nothing(
    capsys: pytest.CaptureFixture[str], place: str
) -> None:
    found = ask(capsys, "response", "record", "measure", "m-1", "proposed", "--as", " ", "--ledger", place)
    assert found["exit_code"] == 2
    names = {fault["place"].rpartition(".")[2] for fault in found["faults"]}
    assert {"who", "reason", "evidence", "measure"} <= names
    assert ask(capsys, "response", "list", "--ledger", place)["lives"] == []


@pytest.mark.parametrize(
    ("words", "place_of_fault"),
    [
        (["record", "recal", "r-1", "started"], "flow"),
        (["record", "recall", "R 1", "started"], "subject"),
        (["record", "recall", "r-1", "plan_filed", "--set", "n_affected=many"], "--set n_affected"),
        (["record", "recall", "r-1", "plan_filed", "--set", "n_affected"], "--set"),
        (["record", "recall", "r-1", "plan_filed", "--set", "who=Li"], "--set"),
        (["record", "measure", "m-1", "ordered", "--set", "due_at=soon"], "--set due_at"),
        (["record", "measure", "m-1", "ordered", "--set", "due_at=2026-12-01T08:00:00"], "--set due_at"),
        (["show", "recall", "r-9"], "subject"),
        (["list", "recal"], "flow"),
    ],
)
def test_what_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], place: str, words: list[str], place_of_fault: str
) -> None:
    ask(capsys, "response", "record", "signal", "s-1", "seen", "--ledger", place)
    found = ask(capsys, "response", *words, "--ledger", place)
    assert found["exit_code"] == 2
    assert [fault["place"] for fault in found["faults"]] == [place_of_fault]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_people_read_it_in_their_language(capsys: pytest.CaptureFixture[str], place: str, lang: str) -> None:
    order = ["--set", "due_at=2020-01-01", "--set", "measure=recall", "--ledger", place, "--lang", lang]
    assert main(["response", "record", "measure", "m-1", "proposed", *OFFICE, *order]) == 0
    assert main(["response", "show", "measure", "m-1", "--ledger", place, "--lang", lang]) == 0
    assert main(["response", "list", "--ledger", place, "--lang", lang]) == 0
    said = capsys.readouterr().out
    assert ("逾期：决定采取措施" if lang == "zh" else "overdue step: measure ordered") in said
    assert ("主管部门" if lang == "zh" else "authority") in said


def test_every_word_of_every_flow_is_there_in_both_languages() -> None:
    for flow in FLOWS:
        steps = response_flow(flow).steps
        for lang in ("zh", "en"):
            names = [in_language(lang, step_name, flow, event) for event in response_flow(flow).events]
            names += [in_language(lang, phase_name, flow, phase) for phase in open_phases(flow)]
            due = set(steps["due_event"]) - {"", "unchanged"}
            names += [
                in_language(lang, flow_name, flow),
                *(in_language(lang, step_name, flow, event) for event in due),
            ]
            names += [in_language(lang, role_name, role) for role in set(" ".join(steps["roles"]).split())]
            assert all(names)
