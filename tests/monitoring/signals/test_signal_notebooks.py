"""The notebook of signals: whole, in one language, equal from a file and from a register, clear about bad files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from notebook_reports import HAN, check_report

from riskkit.case.case import assess
from riskkit.case.case_reading import parse_case
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.monitoring.signals.memory import STEPS
from riskkit.store.register.query import sql
from riskkit.workbench.commands.cli import main
from riskkit.workbench.reports.signals.scan_report import week_digest
from riskkit.workbench.reports.signals.scan_study import ScanStudy, study_signals
from riskkit.workbench.runs.folders.made_register import register_folder

SECTIONS = ["signals-scan-title", "signal-multiples", "signal-volcano", "signals-drill-title",
            "signals-memory-title", "signals-renamed-title", "signals-new-title", "signals-limits-title",
            "house-numbers"]  # fmt: skip
EXAMPLE = shipped.home() / "data" / "examples" / "signal_reports.csv"


@pytest.fixture(scope="module")
def study() -> ScanStudy:
    return study_signals(here="CN")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_a_report_and_the_same_result_again(tmp_path: Path, lang: str) -> None:
    check_report("signal_scan", tmp_path, lang=lang, parts=SECTIONS)


def test_the_example_shows_a_rise_a_newcomer_and_a_new_name(study: ScanStudy) -> None:
    first = study.alarms.iloc[0]
    assert (first["hazard"], first["origin"], first["rule_id"]) == ("overheating", "CN", "rise_pair")
    news = study.alarms[study.alarms["rule_id"] == "new"]["hazard"].tolist()
    assert set(news) == {"button battery ingestion", "nitrosamines"}
    assert study.renamed.loc[study.renamed["is_explained"], "old_name"].tolist() == ["phthalates"]
    assert "phthalates" not in set(study.found["hazard"])  # counted under the new name
    assert set(study.new["hazard"]) == {"button battery ingestion", "nitrosamines"}
    assert len(study.alarms) <= study.budget == 10


def test_the_reports_behind_a_signal_are_those_of_its_combination(study: ScanStudy) -> None:
    rows = pd.read_csv(EXAMPLE).set_index("report_id")
    others = set(study.records["signal_id"]) - set(study.alarms["signal_id"])
    assert set(study.alarms["signal_id"]) <= set(study.records["signal_id"])
    assert others and others <= set(study.found["signal_id"])  # what is none can be looked into too
    for alarm in study.alarms.itertuples():
        mine = study.records[study.records["signal_id"] == alarm.signal_id]
        behind = rows.loc[mine["report_id"]]
        assert set(behind["origin"]) == {alarm.origin} and set(behind["product_group"]) == {
            alarm.product_group
        }
        assert mine["date"].is_monotonic_decreasing


def test_the_last_week_drawn_is_the_week_that_was_judged(study: ScanStudy) -> None:
    last = study.series[study.series["week"] == study.week].set_index("signal_id")
    found = study.found.set_index("signal_id").loc[last.index]
    assert last["observed"].tolist() == found["n_week"].tolist()
    assert last["bound"].tolist() == pytest.approx(found["bound"].tolist())


def test_a_signal_that_was_dismissed_is_shown_and_no_alarm_again(study: ScanStudy, tmp_path: Path) -> None:
    alarm = study.alarms.iloc[0]
    step = {"signal_id": alarm["signal_id"], "event": "dismissed", "at": "2026-03-01", "by": "Li",
            "reason": "one shipment, already stopped", "n_reports": alarm["n_all"], "points": alarm["points"],
            "severity": alarm["severity"]}  # fmt: skip
    file = tmp_path / "steps.csv"
    pd.DataFrame([step])[list(STEPS)].to_csv(file, index=False)
    again = study_signals(steps=str(file)).found.set_index("signal_id").loc[alarm["signal_id"]]
    assert (again["decision"], again["state"]) == ("in_memory", "dismissed")
    assert again["judged_reason"] == "one shipment, already stopped"


def test_a_day_before_knows_nothing_of_the_rise() -> None:
    before = study_signals(on="2026-02-22")
    assert before.week == pd.Timestamp("2026-02-16") and before.on == dt.date(2026, 2, 22)
    assert "nitrosamines" not in set(before.found["hazard"])
    assert before.n_reports < study_signals().n_reports


@pytest.mark.parametrize(("on", "by"), [("2018-12-30", "report"), ("2024-06-30", "event")])
def test_a_register_is_scanned_as_its_records_are(on: str, by: str) -> None:
    found = study_signals("register_sample", on=on)
    assert found.delays.by == by  # the made records give both days; in 2018 there are too few of them
    day = "coalesce(date_reported, date)"
    counted = f"CASE WHEN date <= date_reported THEN date ELSE {day} END" if by == "event" else day
    first = dt.date.fromisoformat(on) - dt.timedelta(days=363)
    asked = (
        f"SELECT count(*) FILTER (WHERE hazard IS NOT NULL AND {day} <= DATE '{on}') AS n, "
        f"count(*) FILTER (WHERE hazard IS NULL OR {day} IS NULL) AS lost, "
        f"count(*) FILTER (WHERE hazard IS NOT NULL AND {day} <= DATE '{on}' "
        f"AND {counted} BETWEEN DATE '{first}' AND DATE '{on}') AS year FROM records"
    )
    known = sql(register_folder("register_sample"), asked).to_pylist()[0]
    assert (found.n_reports, found.n_left_out) == (known["n"], known["lost"])
    assert found.found["n_year"].sum() == known["year"] > 0
    assert found.is_sample


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"on": "tomorrow"}, "YYYY-MM-DD"),
        ({"budget": -1}, "whole number"),
        ({"reports": "nowhere.csv"}, "signal_reports"),
        ({"here": "Atlantis"}, "a region of the reports"),
        ({"on": "2001-01-01"}, "day|week"),
    ],
)
def test_what_is_wrong_with_the_parameters_is_said(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputFaults, match=rule):
        study_signals(**changes)


def test_a_file_with_bad_days_or_without_a_column_says_so(tmp_path: Path) -> None:
    rows = pd.read_csv(EXAMPLE, dtype=str).head(30)
    rows.loc[[3, 7], "date"] = "soon"
    rows.to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(InputFaults) as caught:
        study_signals(str(tmp_path / "bad.csv"))
    assert len(caught.value.faults) == 2
    rows.drop(columns=["hazard", "origin"]).to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(InputFaults) as caught:
        study_signals(str(tmp_path / "less.csv"))
    assert len(caught.value.faults) == 2


def test_words_of_a_file_that_would_be_markup_or_sql_stay_words(tmp_path: Path) -> None:
    rows = pd.read_csv(EXAMPLE, dtype=str)
    rows["hazard"] = rows["hazard"].replace({"overheating": "<b>hot</b>'; DROP TABLE records; --"})
    rows.to_csv(tmp_path / "odd.csv", index=False)
    found = study_signals(str(tmp_path / "odd.csv"))
    assert found.alarms.iloc[0]["hazard"] == "<b>hot</b>'; DROP TABLE records; --"


def test_the_command_writes_a_table_and_drafts_that_are_assessed_as_they_are(
    tmp_path: Path, study: ScanStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "signals"
    assert main(["signals", "--out", str(out), "--here", "CN", "--json", "--lang", "en"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["signal_id"] for row in told["signals"]] == study.alarms["signal_id"].tolist()
    assert {Path(name).name for name in told["files"]} == {path.name for path in out.iterdir()}
    table = pd.read_csv(out / "signals.csv")
    assert table["decision"].eq("alarm").sum() == len(study.alarms)
    assert "expected" in table["sentence"].iloc[0]
    drafts = sorted(out.glob("*.toml"))
    assert len(drafts) == len(study.alarms)
    for draft in drafts:
        case = parse_case(parse_toml(draft.read_bytes(), draft.name))
        reports = pd.read_csv(draft.with_name(f"{draft.stem}-reports.csv"))
        assert set(case.sources[0].document.split(": ")[1].split(", ")) == set(reports["report_id"])
        found = assess(case, rng=np.random.default_rng(1), draws=200)
        assert found.badge.level in {"Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"}
    (out / "signals.csv").write_text("mine", encoding="utf-8")
    assert main(["signals", "--out", str(out)]) == 2
    assert (out / "signals.csv").read_text(encoding="utf-8") == "mine"
    assert main(["signals", "--out", str(out), "--force"]) == 0


def test_a_formula_in_a_report_is_a_text_in_every_file(tmp_path: Path) -> None:
    rows = pd.read_csv(EXAMPLE, dtype=str)
    rows["hazard"] = rows["hazard"].replace({"overheating": "=cmd|' /C calc'!A0"})
    rows.to_csv(tmp_path / "odd.csv", index=False)
    assert main(["signals", str(tmp_path / "odd.csv"), "--out", str(tmp_path / "out"), "--lang", "en"]) == 0
    for file in (tmp_path / "out").glob("*.csv"):
        cells = pd.read_csv(file, dtype=str).fillna("")
        assert not cells.map(lambda cell: cell.startswith("=")).any(axis=None), file.name


def test_a_bad_budget_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "signals"
    assert main(["signals", "--out", str(out), "--budget", "-1"]) == 2
    assert main(["signals", str(tmp_path / "nothing.csv"), "--out", str(out)]) == 2
    assert not out.exists()


def test_what_was_on_one_list_takes_no_place_on_the_next(tmp_path: Path, study: ScanStudy) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["signals", "--out", str(first), "--lang", "en"]) == 0
    steps = first / "steps-20260301.csv"
    assert pd.read_csv(steps)["signal_id"].tolist() == study.alarms["signal_id"].tolist()
    assert main(["signals", "--out", str(second), "--steps", str(steps), "--lang", "en"]) == 0
    table = pd.read_csv(second / "signals.csv").set_index("signal_id")
    assert table.loc[study.alarms["signal_id"], "state"].tolist() == ["open"] * len(study.alarms)
    assert not table["decision"].eq("alarm").any()
    assert len(pd.read_csv(second / "steps-20260301.csv")) == len(study.alarms)


def test_the_digest_of_the_week_is_a_few_lines_in_each_language(study: ScanStudy) -> None:
    for lang, word in (("zh", "合成数据"), ("en", "made up")):
        lines = in_language(lang, week_digest, study)
        assert len(lines) == 4 and word in lines[0] and lines[1].startswith("overheating · CN")
        assert (lang == "zh") == bool(HAN.search(" ".join(lines)))
    quiet = study_signals(on="2024-01-07")
    assert len(week_digest(quiet)) == 1 + min(3, len(quiet.alarms))


@pytest.mark.slow
def test_a_batch_holds_the_week_of_a_register_beside_cases(tmp_path: Path) -> None:
    """The digest stands on the index page, with its place in the list told when something is wrong."""
    rows = ["case,notebook,reports,budget", ",signal_scan,../reports.csv,5"]
    (tmp_path / "lists").mkdir()
    (tmp_path / "reports.csv").write_bytes(EXAMPLE.read_bytes())
    (tmp_path / "lists" / "week.csv").write_text("\n".join(rows), encoding="utf-8")
    asked = ["batch", str(tmp_path / "lists" / "week.csv"), "--out", str(tmp_path / "out"), "--lang", "en"]
    assert main([*asked, "--profile", "house_three_factors"]) == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Signals of the week of 2026-02-23" in page and "(budget 5)" in page
    assert page.count("overheating · CN · electrical appliances: ") == 1
    (tmp_path / "lists" / "bad.csv").write_text(
        f"{rows[0]}\n,signal_scan,none,5\n,assess_case,,\n", encoding="utf-8"
    )
    assert main(["batch", str(tmp_path / "lists" / "bad.csv"), "--out", str(tmp_path / "no")]) == 2
    assert not (tmp_path / "no").exists()
