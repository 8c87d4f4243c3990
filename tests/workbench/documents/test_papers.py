"""Papers of the response: what they say, that all are written or none, and that nothing there is replaced."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from riskkit.case.case import assess
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.papers.papers import (
    Paper,
    file_name,
    order_papers,
    order_table,
    recall_papers,
    transfer_papers,
    write_papers,
)
from riskkit.workbench.flows.warnings.official import in_format
from riskkit.workbench.reports.case.opening import open_case
from riskkit.workbench.reports.measures.measure_report import MeasureStudy, open_consignments, study_measures
from riskkit.workbench.reports.referral.referral_study import ReferralStudy, study_referral
from riskkit.workbench.reports.response.recall_study import RecallStudy, study_recalls

ISSUER = "示例海关 Sample Customs"
ON = "2026-05-01"


@pytest.fixture(scope="module")
def recalls() -> RecallStudy:
    return study_recalls("recall_progress", on="2020-12-31")


@pytest.fixture(scope="module")
def measures() -> MeasureStudy:
    opened = open_case("note7-battery-2016")
    assessment = assess(opened.case, profile=opened.profile, rng=np.random.default_rng(1), draws=2_000)
    return study_measures(assessment, open_consignments("consignments"), on=ON)


@pytest.fixture(scope="module")
def referrals() -> ReferralStudy:
    return study_referral(on="2026-05-15")


def text_of(paper: Paper) -> str:
    return in_format(paper.document, "txt").decode()


def test_a_stage_report_has_the_numbers_of_the_recall(recalls) -> None:
    papers = recall_papers(recalls, kind="stage", issuer=ISSUER)
    assert len(papers) == len(recalls.state) == len({paper.name for paper in papers})
    kettle = next(text_of(paper) for paper in papers if "kettle-2020" in paper.name)
    # 42,000 affected, 11,600 + 5,300 done, 350 gone: 24,750 are open
    for words in ("42,000 units affected", "16,900 done", "24,750 units are still open", "overdue", ISSUER):
        assert words in kettle, words
    final = text_of(in_language("zh", recall_papers, recalls, kind="final", issuer=ISSUER)[0])
    assert "召回总结报告" in final and "非国家标准等级" in final


def test_a_missing_count_is_no_zero_in_a_report(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "recall_id,report_date,n_affected,n_completed\n../x=1,2026-01-31,100,\n", encoding="utf-8"
    )
    (paper,) = recall_papers(study_recalls(str(path), on=ON), kind="final", issuer="a")
    text = text_of(paper)
    assert "how many units are open is not known" in text and "the effect is not graded" in text
    assert "/" not in paper.name and "." not in paper.name


def test_an_order_sheet_for_each_port_and_operator_and_a_table_of_all(measures) -> None:
    papers = order_papers(measures, issuer=ISSUER)
    pairs = measures.orders[["port", "operator"]].fillna("?").drop_duplicates()
    assert len(papers) == len(pairs) == 4
    said = "\n".join(text_of(paper) for paper in papers)
    assert said.count("carried out by:") == len(measures.orders)
    assert "(not stated), 示例公司三 Firm 3:" in said and "until 2026-05-31 at the latest" in said
    rows = list(csv.DictReader(io.StringIO(order_table(measures).decode("utf-8-sig"))))
    assert len(rows) == len(measures.orders)
    assert [row["last_day"] for row in rows if row["measure"] == "seizure"] == ["2026-05-31"]


def test_a_letter_for_each_certain_route_only(referrals) -> None:
    papers = transfer_papers(referrals, issuer=ISSUER)
    assert [paper.name.rsplit("-", 2)[0] for paper in papers] == [
        "referral-transfer", "referral-civil", "referral-civil", "referral-administrative"
    ]  # fmt: skip
    first = text_of(papers[0])
    assert "still missing" in first and "list of the goods" in first and "第三条" in first
    assert not any("A5" in paper.name for paper in papers), "a route that is only possible gets no letter"


def test_papers_are_written_together_and_replace_nothing(tmp_path: Path, referrals) -> None:
    papers = in_language("zh", transfer_papers, referrals, issuer=ISSUER)
    files = write_papers(papers, tmp_path / "a", formats=["docx", "txt"], tables={"t.csv": b"x"})
    assert len(files) == 2 * len(papers) + 1 and all(path.is_file() for path in files)
    other = tmp_path / "b"
    other.mkdir()
    (other / f"{papers[2].name}.zh.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(InputFaults):
        write_papers(papers, other)
    assert [path.read_text(encoding="utf-8") for path in other.iterdir()] == ["mine"]
    with pytest.raises(InputFaults, match="pdfx"):
        write_papers(papers, other, formats=["docx", "pdfx"])
    same = [in_format(papers[0].document, "docx") for _ in range(2)]
    assert same[0] == same[1]


def test_names_of_files_are_no_paths_and_never_shared() -> None:
    names = {file_name("x", *ids) for ids in (("a", "b"), ("a-b",), ("a/b",), ("../../a", "b"), ("ab", ""))}
    assert len(names) == 5
    assert not any(sign in name for name in names for sign in "/\\.")


def test_what_a_paper_cannot_hold_is_refused(recalls, measures, referrals) -> None:
    with pytest.raises(InputFaults) as caught:
        recall_papers(recalls, kind="weekly", issuer=" ")
    assert len(caught.value.faults) == 2
    with pytest.raises(InputFaults, match="--issuer"):
        order_papers(measures, issuer="a\u202eb")
    bad = referrals.tables["cases"].assign(case="a\u202eb")
    with pytest.raises(InputFaults, match="cases: row 1: case"):
        transfer_papers(replace(referrals, tables={**referrals.tables, "cases": bad}), issuer="x")
    with pytest.raises(InputFaults, match="0 rows"):
        order_papers(replace(measures, orders=measures.orders.head(0)), issuer="x")


@pytest.mark.parametrize(
    ("words", "n"),
    [
        (["recall-report", "--on", "2020-12-31", "--kind", "final"], 3),
        (["order-sheets", "note7-battery-2016", "--facts", "consignments", "--on", ON], 5),
        (["referral-letters", "--on", "2026-05-15"], 4),
    ],
)
def test_the_commands_write_and_say_what_they_wrote(tmp_path: Path, capsys, words, n) -> None:
    out = tmp_path / "out"
    given = [*words, "--issuer", ISSUER, "--out", str(out), "--lang", "en"]
    assert cli.main(given) == 0
    assert str(out) in capsys.readouterr().out and len(list(out.iterdir())) == n
    assert cli.main(given) == 0, "the same papers again are no others"
    next(out.iterdir()).write_text("mine", encoding="utf-8")
    assert cli.main(given) == 2, "what somebody changed is not replaced"
    assert cli.main([*given, "--force"]) == 0
    assert cli.main([*words, "--issuer", " ", "--out", str(out), "--force"]) == 2
