"""The report and the command of a trace: whole, in both languages, clear about bad files."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskkit.application.traceability.epcis import epcis_text
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.commands import cli
from riskkit.workbench.document.text_tables import limits
from riskkit.workbench.reports.traceability import trace_report as trace
from riskkit.workbench.reports.traceability import trace_study
from riskkit.workbench.reports.traceability.trace_report import drawn_lots

HAN = re.compile(r"[㐀-鿿]")
TIMES = {"asked_at": "2026-05-11T09:00+08:00", "until": "2026-05-14T09:00+08:00"}
EXAMPLES = shipped.home() / "data" / "examples"
PARTS = (trace.trace_summary, trace.trace_steps, trace.trace_reach, trace.trace_plan, trace.trace_completeness,
         trace.trace_exercise)  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Any:
    return trace_study.study_trace(**TIMES)


def test_the_example_counts_every_row_and_every_unit_once(study: Any) -> None:
    read = study.events
    assert len(study.opened.table) == len(read.accepted) + len(read.quarantined) + len(read.duplicates) == 46
    assert set(study.affected["lot_id"]) == {"cell-0601", "bank-201", "bank-202", "bank-r1", "container-9"}
    assert study.scope.at[0, "n_recalled"] == 3990 + 2980 + 20
    assert study.sources["lot_id"].tolist() == ["cell-0601", "foil-7"]
    assert study.exercise.decision == "failed" and study.exercise.score_lo == 81.5
    assert study.exercise.outside["lot_id"].tolist() == ["bank-207"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_part_is_in_one_language(study: Any, lang: str) -> None:
    for part in PARTS:
        found = in_language(lang, part, study)
        assert bool(HAN.search(str(found))) == (lang == "zh"), part
    assert bool(HAN.search(str(in_language(lang, limits, "trace")))) == (lang == "zh")
    assert bool(HAN.search(str(in_language(lang, trace.trace_house)))) == (lang == "zh")


def test_the_picture_is_layered_and_says_everything_without_colour(study: Any) -> None:
    table, links = drawn_lots(study)
    layer = table.set_index("lot_id")["layer"]
    assert all(layer[head] > layer[tail] for tail, head in links.itertuples(index=False))
    picture = trace.trace_figure(study)
    words = " ".join(one["text"] for one in picture.figure["layout"]["annotations"])
    assert all(one in words for one in ("lot asked about", "source", "container", "last lot"))
    symbols = {shape["path"] for shape in picture.figure["layout"]["shapes"] if "yanchor" in shape}
    assert len(symbols) >= table["kind"].nunique(), "each kind has its own symbol"
    assert len(picture.table.rows) == len(table)


def test_without_answers_there_is_no_exercise(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes((EXAMPLES / "trace_events.csv").read_bytes())
    study = trace_study.study_trace(str(path), lots="bank-202 bank-203")
    assert study.exercise is None and in_language("zh", trace.trace_exercise, study) is None
    assert set(study.sources["lot_id"]) >= {"cell-0601", "cell-0602", "board-11", "foil-7"}


def test_an_epcis_document_is_traced_as_a_table_is(tmp_path: Path) -> None:
    event = {"type": "TransformationEvent", "eventTime": "2026-03-01T08:00:00+08:00",
             "eventTimeZoneOffset": "+08:00", "inputEPCList": ["urn:x:steel"], "outputEPCList": ["urn:x:pump"],
             "bizLocation": {"id": "urn:x:works"}}  # fmt: skip

    text = epcis_text([event], created_at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC), prefixes={})
    document = json.loads(text)
    document["epcisBody"]["eventList"].append({"type": "ObjectEvent", "action": "SEEN"})
    path = tmp_path / "events.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    study = trace_study.study_trace(str(path), lots="urn:x:steel")
    assert study.affected["lot_id"].tolist() == ["urn:x:steel", "urn:x:pump"]
    assert study.epcis_faults and "eventList[1]" in str(trace.trace_summary(study))


def test_every_fault_of_files_and_parameters_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as wrong:
        trace_study.study_trace(asked_at="soon", until="2026-05-14T09:00")
    assert [fault.place for fault in wrong.value.faults] == ["asked_at", "until"]
    with pytest.raises(InputFaults, match="a lot of an event"):
        trace_study.study_trace(lots="cell-0601 none", **TIMES)
    with pytest.raises(InputFaults, match="asked_at"):
        trace_study.study_trace(answers=str(EXAMPLES / "trace_answers.csv"))
    bad = tmp_path / "answers.csv"
    pd.read_csv(EXAMPLES / "trace_answers.csv").drop(columns="lot_id").assign(lots=1).to_csv(bad, index=False)
    with pytest.raises(InputFaults) as wrong:
        trace_study.study_trace(answers=str(bad), **TIMES)
    assert len(wrong.value.faults) == 2
    broken = tmp_path / "events.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(InputFaults, match="JSON"):
        trace_study.study_trace(str(broken))
    with pytest.raises(InputFaults, match="events"):
        trace_study.study_trace(str(tmp_path / "absent.json"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_writes_all_tables_and_answers_in_its_language(
    tmp_path: Path, capsys: Any, lang: str
) -> None:
    out = tmp_path / "trace"
    arguments = [
        "--lang",
        lang,
        "trace",
        "--asked-at",
        TIMES["asked_at"],
        "--until",
        TIMES["until"],
        "--out",
        str(out),
    ]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert bool(HAN.search(said)) == (lang == "zh") and "81.5" in said
    assert (pd.read_csv(out / "reached.csv")["lot_id"] == "bank-r1").any()
    (out / "reached.csv").write_text("mine", encoding="utf-8")
    assert cli.main(arguments) == 2, "what somebody else wrote is not written over"
    capsys.readouterr()
    assert cli.main([*arguments, "--force", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["n_recalled"] == 6990 and found["exercise"]["decision"] == "failed"
    assert found["rows"] == {"read": 46, "accepted": 40, "quarantined": 5, "duplicates": 1}
