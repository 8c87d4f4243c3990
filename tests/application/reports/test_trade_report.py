"""The report and command of technical trade measures: whole, about what was read, with files that others can use."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import icalendar
import pandas as pd
import pytest
from click.testing import CliRunner
from notebook_reports import changed_example, check_report

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.trade import trade_report as trade
from riskkit.workbench.flows.trade import trade_study
from riskkit.workbench.flows.trade.comments import draft_comment, open_notifications
from riskkit.workbench.flows.trade.trade_study import study_trade

EXAMPLE = shipped.home() / "data" / "examples" / "trade_measures"
ON = "2026-05-01"
SECTIONS = ["trade-summary", "trade-notifications", "trade-exposure", "trade-figure", "trade-sectors",
            "trade-losses", "trade-gaps", "trade-comment", "trade-quarantined", "limits",
            "house-numbers"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_the_report(tmp_path: Path, lang: str) -> None:
    check_report("trade_measures", tmp_path, lang=lang, parts=SECTIONS)


@pytest.fixture(scope="module")
def study() -> trade_study.TradeStudy:
    return study_trade(on=ON)


def folder(tmp_path: Path, **changes: object) -> str:
    return changed_example(EXAMPLE, tmp_path / "mine", **changes)


def test_everything_read_is_accounted_for(study: trade_study.TradeStudy) -> None:
    read = study.read
    assert read.n_read == len(read.accepted) + len(read.quarantined) + read.n_duplicates == 13
    assert len(study.standing) == 8 and {fault.place.split(":")[1] for fault in read.faults} == {"row 13"}


def test_an_addendum_moved_the_final_date_and_a_withdrawal_leaves_the_sectors(
    study: trade_study.TradeStudy,
) -> None:
    assert study.deadlines.at["G/TBT/N/EU/90001", "comments_by"] == "2026-05-20"
    assert study.deadlines.at["G/TBT/N/EU/90007", "decision"] == "withdrawn"
    assert study.exposed.at["G/TBT/N/EU/90007", "value_hi"] == 230e6
    assert study.sectors.at["化矿金属 chemicals and metals", "value_hi"] == 0


def test_a_code_of_another_edition_hits_the_lines_it_became(study: trade_study.TradeStudy) -> None:
    found = study.matches[study.matches["base"] == "G/TBT/N/EU/90004"].set_index("line_id")["rule_id"]
    assert found.to_dict() == {"L04": "tm-whole", "L05": "tm-whole", "L06": "tm-split"}


def test_without_the_optional_files_the_rest_still_stands(tmp_path: Path) -> None:
    found = study_trade(folder(tmp_path, survey=None, requirements=None, hs_correspondence=None), on=ON)
    assert trade.trade_losses(found) is None and trade.trade_gaps(found) is None
    assert found.verdicts.at["G/TBT/N/EU/90004", "reason"] == "no_table"
    assert found.impacts.loc["G/TBT/N/EU/90001"].isna().all(), "no survey, no rate of loss"
    assert "no codes of goods" in str(trade.trade_comment(found, notification="G/TBT/N/EU/90004", issuer=""))


def test_json_in_place_of_csv_gives_the_same(tmp_path: Path, study: trade_study.TradeStudy) -> None:
    mine = Path(folder(tmp_path))
    rows = pd.read_csv(mine / "notifications.csv", dtype=object).fillna("").to_dict("records")
    (mine / "notifications.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(InputFaults, match="one of the two"):
        study_trade(str(mine), on=ON)
    (mine / "notifications.csv").unlink()
    pd.testing.assert_frame_equal(study_trade(str(mine), on=ON).exposed, study.exposed)


def test_every_fault_of_all_files_is_told_at_once(tmp_path: Path) -> None:
    bad = folder(
        tmp_path, exports={"value": -1, "hs": "85"}, survey={"weight": 0}, requirements={"side": "about"}
    )
    with pytest.raises(InputFaults) as wrong:
        study_trade(bad, on=ON)
    said = "\n".join(map(str, wrong.value.faults))
    assert all(one in said for one in ("lines: row 0: value", "lines: row 0: hs", "weight", "side"))
    with pytest.raises(InputFaults) as wrong:
        study_trade(folder(tmp_path / "b", exports={"colour": "red"}), on="soon", edition=2020)
    assert len(wrong.value.faults) == 3


@pytest.mark.parametrize(
    ("name", "text"), [("notifications.csv", b"\xff\xfe"), ("notifications.csv", b"a,b\n1,2\n")]
)
def test_notifications_that_cannot_be_read_are_refused(tmp_path: Path, name: str, text: bytes) -> None:
    mine = Path(folder(tmp_path))
    (mine / name).write_bytes(text)
    with pytest.raises(InputFaults, match="notifications"):
        study_trade(str(mine), on=ON)
    with pytest.raises(InputFaults, match="folder"):
        study_trade(str(tmp_path), on=ON)


def test_a_draft_states_exports_gaps_and_requests(study: trade_study.TradeStudy) -> None:
    words = [line for _, line in draft_comment(study, "G/TBT/N/JP/90003", issuer="x").lines]
    text = "\n".join(words)
    assert (
        "135 million US dollars" in text and "≤ 16 mg/kg is stricter than the own standard ≤ 20 mg/kg" in text
    )
    assert "Of 120 own products that were tested 5.8 % would fail" in text and "extend" in text
    assert open_notifications(study)[0] == "G/TBT/N/JP/90003"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_writes_a_calendar_tables_and_drafts(tmp_path: Path, lang: str) -> None:
    out = tmp_path / "out"
    asked = ["trade-measures", "--on", ON, "--out", str(out), "--json"]
    result = in_language(lang, lambda: CliRunner().invoke(cli.build(), asked))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["counts"] == {"comment": 4, "comment_now": 2, "unknown": 1, "withdrawn": 1}
    assert found["documents"] == {"read": 13, "accepted": 12, "quarantined": 1, "duplicates": 0}
    events = icalendar.Calendar.from_ical((out / "deadlines.ics").read_bytes()).walk("VEVENT")
    assert len(events) == 7 and len({str(event["UID"]) for event in events}) == 7
    assert [str(event["STATUS"]) for event in events].count("CANCELLED") == 1
    assert len(pd.read_csv(out / "notifications.csv")) == 8 and len(pd.read_csv(out / "sectors.csv")) == 5
    drafts = sorted(out.glob(f"*.{lang}.docx"))
    assert len(drafts) == 6 and len(list(out.glob(f"*.{lang}.html"))) == 6
    assert "G/TBT/N/EU/90001" in "\n".join(one.text for one in docx.Document(str(drafts[1])).paragraphs)
    other = [word.replace(ON, "2026-05-02") for word in asked]
    again = in_language(lang, lambda: CliRunner().invoke(cli.build(), other))
    assert again.exit_code != 0, "files of another day are not replaced unasked"
