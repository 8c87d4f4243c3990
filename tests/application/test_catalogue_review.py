"""The review of the inspection catalogue: its report and command, certificates, codes of older editions, bad files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import docx
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from notebook_reports import changed_example, check_report

from riskkit.application.catalogue import ccc_verification
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.catalogue import catalogue_study
from riskkit.workbench.flows.catalogue.catalogue_report import moved
from riskkit.workbench.flows.catalogue.catalogue_study import study_catalogue

EXAMPLE = shipped.home() / "data" / "examples" / "catalogue_review"
ON, DAY = "2026-05-01", dt.date(2026, 5, 1)
SECTIONS = ["goods-summary", "goods-proposals", "goods-figure", "goods-budget", "goods-evidence",
            "goods-certificates", "goods-codes", "goods-notice", "limits", "house-numbers"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_the_report(tmp_path: Path, lang: str) -> None:
    check_report("catalogue_review", tmp_path, lang=lang, parts=SECTIONS)


def folder(tmp_path: Path, **changes: object) -> str:
    return changed_example(EXAMPLE, tmp_path / "mine", **changes)


@pytest.fixture(scope="module")
def study() -> catalogue_study.CatalogueStudy:
    return study_catalogue(on=ON, hours=300)


def test_goods_move_on_enough_evidence_only(study: catalogue_study.CatalogueStudy) -> None:
    reasons = study.decided["reason"]
    assert reasons["8504401400"] == "rate_probably_high" and reasons["8712002000"] == "hazard_severe"
    assert reasons["8513100000"] == "no_history" and study.decided.at["8513100000", "decision"] == "stay_out"
    assert moved(study, "propose_in") == ["8504401400"], "the others do not fit into the hours"
    wide = study_catalogue(on=ON, hours=10_000)
    assert set(moved(wide, "propose_in")) == {"8504401400", "8509809000", "9506910000"}


def test_the_evidence_by_firm_and_port_adds_up_to_that_of_the_goods(
    study: catalogue_study.CatalogueStudy,
) -> None:
    sums = study.fine.groupby("hs")[["n_tested", "n_nonconforming", "n_lots"]].sum()
    assert sums.equals(study.evidence[["n_tested", "n_nonconforming", "n_lots"]].loc[sums.index])
    assert set(study.fine.index.names) == {"hs", "firm_id", "port"} and study.fine["credit"].notna().all()


def test_old_codes_are_mapped_or_refused_and_bad_records_set_aside(
    study: catalogue_study.CatalogueStudy,
) -> None:
    fared = study.codes.set_index("hs")
    assert fared.at["8525800000", "decision"] == "refused" and fared.at["8539500000", "code_to"] == "853952"
    assert "852580" not in study.evidence.index and study.evidence.at["853952", "n_tested"] == 80
    assert {fault.value for fault in study.quarantined} == {"'85x'", "9"}
    used = int(study.evidence["n_tested"].sum()) + 60 + 5 + 5
    rows = pd.read_csv(EXAMPLE / "records.csv")
    assert used == rows["n_tested"].sum(), "used, refused and set aside are all there is"


def test_without_a_correspondence_nothing_is_guessed(tmp_path: Path) -> None:
    found = study_catalogue(folder(tmp_path, hs_correspondence=None), on=ON)
    assert found.codes["decision"].eq("refused").all() and "853952" not in found.evidence.index


def test_every_fault_of_all_files_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as wrong:
        study_catalogue(
            folder(tmp_path, records={"colour": 1}, goods={"hour": 1}), on="soon", edition=2020, hours=-1
        )
    assert len(wrong.value.faults) == 5
    with pytest.raises(InputFaults, match="severity"):
        study_catalogue(folder(tmp_path / "b", goods={"severity": 9}), on=ON)
    with pytest.raises(InputFaults, match="given once"):
        study_catalogue(folder(tmp_path / "c", goods={"hs": "8504401400"}), on=ON)
    with pytest.raises(InputFaults, match="folder"):
        study_catalogue(str(tmp_path), on=ON)


@pytest.mark.parametrize(
    ("facts", "decision"),
    [((None, 9, 0, 0.0), "unknown"), ((0, 9, 9, 1.0), "no_certificate"), ((1, 60, 0, 0.49), "verify_drawn"),
     ((1, 59, 0, 0.0), "verify_each"), ((1, None, None, 0.0), "verify_each"), ((1, 99, 1, 0.0), "verify_each"),
     ((1, 99, 0, 0.5), "verify_each"), ((1, 99, 0, None), "verify_each")],
)  # fmt: skip
def test_how_certificates_are_checked_at_each_bound(facts: tuple[float | None, ...], decision: str) -> None:
    names = ["is_ccc", "n_verified", "n_mismatched", "p_above"]
    assert ccc_verification.decide(pd.DataFrame([facts], columns=names), on=DAY)["decision"].tolist() == [
        decision
    ]


@given(st.integers(0, 500), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_rate_never_makes_the_check_milder(n: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    facts = pd.DataFrame({"is_ccc": 1, "n_verified": n, "n_mismatched": 0, "p_above": [low, high]})
    found = ccc_verification.decide(facts, on=DAY)["decision"].tolist()
    assert found != ["verify_each", "verify_drawn"]


def test_more_mismatched_than_verified_certificates_are_refused() -> None:
    facts = pd.DataFrame(
        {"is_ccc": [1, 2], "n_verified": [1, 1], "n_mismatched": [2, 0], "p_above": [0.1, 0.1]}
    )
    with pytest.raises(InputFaults, match="is_ccc"):
        ccc_verification.decide(facts, on=DAY)
    with pytest.raises(InputFaults, match="at most n_verified"):
        ccc_verification.decide(facts.assign(is_ccc=1), on=DAY)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_writes_the_notice_with_its_list_and_tables(tmp_path: Path, lang: str) -> None:
    asked = ["catalogue-review", "--on", ON, "--hours", "300", "--out", str(tmp_path / "out"), "--json"]
    result = in_language(lang, lambda: CliRunner().invoke(cli.build(), asked))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["into"] == ["8504401400"] and len(found["out"]) == 4 and len(found["faults"]) == 2
    words = "\n".join(
        one.text for one in docx.Document(str(tmp_path / "out" / f"notice.{lang}.docx")).paragraphs
    )
    assert all(code in words for code in (*found["into"], *found["out"]))
    assert found["into"][0] in (tmp_path / "out" / f"notice.{lang}.html").read_text(encoding="utf-8")
    assert len(pd.read_csv(tmp_path / "out" / "evidence.csv")) > 80
