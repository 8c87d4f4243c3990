"""The notebooks of the application of results: whole, in one language, clear about bad files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from notebook_reports import check_report

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.flows.enterprise.enterprise_study import study_enterprises
from riskkit.workbench.reports.acceptance import acceptance_report as acceptance
from riskkit.workbench.reports.loop import loop_reports as loop
from riskkit.workbench.reports.loop import loop_study
from riskkit.workbench.reports.quality import quality_report as quality
from riskkit.workbench.runs.folders.resources import CaseSource

HAN = re.compile(r"[㐀-鿿]")
NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)
EXAMPLES = shipped.home() / "data" / "examples"
SECTIONS = {
    "enterprise_notice": ["enterprise-summary", "enterprise-findings", "enterprise-requests", "enterprise-duties",
                          "enterprise-trend", "enterprise-letter", "limits", "house-numbers"],
    "quality_index": ["quality-summary", "quality-years", "quality-figure", "quality-moved", "quality-league",
                      "quality-adoption", "limits"],
    "acceptance_review": ["acceptance-summary", "acceptance-decisions", "acceptance-agreement",
                          "acceptance-scope", "acceptance-list", "limits", "house-numbers"],
    "lot_trace": ["trace-summary", "trace-steps", "trace-reach", "trace-figure", "trace-plan", "trace-completeness",
                  "trace-exercise", "limits", "house-numbers"],
    "supervision_modes": ["supervision-summary", "supervision-modes", "supervision-procedures", "supervision-rates",
                          "supervision-lots", "supervision-certificates", "supervision-fairness", "supervision-figure", "supervision-draw", "limits",
                          "house-numbers"],
    "from_data_to_next_plan": ["loop-summary", "loop-steps", "loop-levels", "loop-measures", "loop-catalogue",
                               "loop-supervision", "loop-index", "loop-decisions", "loop-plan", "limits", "house-numbers"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", list(SECTIONS))
def test_the_notebook_makes_a_report_and_the_same_result_again(tmp_path: Path, name: str, lang: str) -> None:
    check_report(name, tmp_path, lang=lang, parts=SECTIONS[name])


def cells(section: Any, place: int = 0) -> list[tuple[str, ...]]:
    return [one for one in section.blocks if one.kind == "table"][place].rows


def changed(tmp_path: Path, name: str, **columns: object) -> str:
    rows = pd.read_csv(EXAMPLES / f"{name}.csv", dtype=object).assign(**columns)
    path = tmp_path / f"{name}.csv"
    rows.to_csv(path, index=False)
    return str(path)


def test_the_crude_rate_rises_with_the_mix_and_the_index_does_not_fall() -> None:
    study = quality.study_quality()
    first, last = study.years.iloc[1], study.years.iloc[2]
    assert last["rate_crude"] > 1.3 * first["rate_crude"] and last["index"] >= first["index"]
    assert study.moved["mix_effect"].sum() > 0.03
    assert study.verdicts["decision"].tolist() == ["no_clear_change"] * 2


def test_a_year_tested_too_little_has_no_index_and_no_verdict(tmp_path: Path) -> None:
    rows = pd.read_csv(EXAMPLES / "quality_counts.csv")
    rows = rows[(rows["year"] < 2026) | rows["commodity"].str.startswith("玩具")]
    path = tmp_path / "counts.csv"
    rows.to_csv(path, index=False)
    study = quality.study_quality(str(path))
    assert pd.isna(study.years["index"].iloc[-1]) and study.verdicts["decision"].iloc[-1] == "unknown"
    assert study.adoption.empty and study.league["index"].isna().all()


def test_every_fault_of_the_counts_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as wrong:
        quality.study_quality(changed(tmp_path, "quality_counts", n_tested=-1), resamples=5)
    assert "resamples" in str(wrong.value)
    with pytest.raises(InputFaults, match="n_tested"):
        quality.study_quality(changed(tmp_path, "quality_counts", n_tested=-1, year="soon"))
    with pytest.raises(InputFaults, match="did you mean"):
        quality.study_quality(changed(tmp_path, "quality_counts", n_nonconformin=1))


def test_an_agency_is_suspended_by_its_re_tests_and_overlapping_entries_are_not_listed() -> None:
    study = acceptance.study_acceptance(on="2026-03-05")
    assert study.decided["decision"].tolist() == [
        "accept",
        "refuse",
        "suspend",
        "barred",
        "unknown",
        "remove",
    ]
    suspended = next(one for one in study.agreement if one.agency_id == "A-02")
    assert suspended.verdicts["rate_false_good_lo"] > 0.05 and suspended.deming.slope_hi < 0.95
    assert "A-04" not in set(study.listed["agency_id"]) and list(study.list_faults.index) == [4, 5]


def test_reports_alone_are_judged_without_re_tests(tmp_path: Path) -> None:
    study = acceptance.study_acceptance(changed(tmp_path, "acceptance_agencies"), on="2026-03-05")
    assert study.decided["reason"].iloc[0] == "met_not_retested"
    assert study.agreement == () and study.scope.empty


@pytest.mark.parametrize("on", ["", "soon", "2020-01-01"])
def test_a_day_without_rules_of_acceptance_is_refused(on: str) -> None:
    with pytest.raises(InputFaults, match="on"):
        acceptance.study_acceptance(on=on)


def test_every_fault_of_re_tests_and_reports_is_listed_at_once(tmp_path: Path) -> None:
    retests = changed(tmp_path, "acceptance_retests", is_reported_bad=2, reported="much")
    reports = changed(tmp_path, "acceptance_agencies", issued_on="soon")
    with pytest.raises(InputFaults) as wrong:
        acceptance.study_acceptance(reports, retests=retests, on="2026-03-05")
    said = "\n".join(map(str, wrong.value.faults))
    assert all(one in said for one in ("reported", "is_reported_bad", "issued_on"))


def test_findings_alone_give_letters_without_duties_and_trend(tmp_path: Path) -> None:
    study = study_enterprises(changed(tmp_path, "enterprise_findings"))
    assert study.ledger.empty and study.trend.empty and len(study.decided) == 7


def test_the_record_of_a_result_names_its_inputs() -> None:
    record = json.loads(json.dumps(quality.publish_quality(quality.study_quality()).record))
    assert set(record["inputs"]) >= {"case_sha256", "standard_sha256", "adoptions_sha256"}


LOOP = {"goods": "loop_goods", "cut": "2021-12-31", "budget": 60_000.0, "seed": "2023-118"}


def test_the_chain_runs_from_raw_files_to_the_next_plan_and_each_change_has_its_parts() -> None:
    study = loop_study.study_loop("register_sample", **LOOP)
    opened, changes = study.records, study.plan.changes
    assert opened.n_read == len(opened.table) + opened.n_doubled + opened.n_aside
    assert study.goods.at["服装", "rate"] == pytest.approx(1839 / 31300), "the published rate of 2015"
    parts = changes["change_evidence"] + changes["change_decisions"]
    assert (parts == changes["n_after"] - changes["n_before"]).all() and parts.any()
    assert study.effects["decision"].tolist() == ["not_enough_evidence"]
    assert study.index_verdicts["decision"].eq("unknown").all(), "each year tested other goods"
    factors = changes.groupby("commodity")["factor"].first()
    assert factors["电玩具适配器"] == pytest.approx(1.2 * 1.5 * 1.3), "warning, catalogue, supervision"
    assert factors["服装"] == 1.5 and factors["日用消费品"] == 0.9
    assert set(changes.loc[changes["factor"] > 1, "commodity"]) == {
        "电玩具适配器",
        "服装",
        "目录外商品",
        "婴童用品",
        "婴童服装",
    }
    assert study.plan.plan.cells["cost"].sum() <= LOOP["budget"]


def test_a_decision_that_is_not_made_changes_nothing_else_of_the_chain(tmp_path: Path) -> None:
    whole = loop_study.study_loop("register_sample", **LOOP)
    other = loop_study.study_loop(
        "register_sample", **LOOP | {"goods": changed(tmp_path, "loop_goods", is_accepted=0)}
    )
    assert whole.goods["level"].tolist() == other.goods["level"].tolist()
    clothing = other.plan.changes["commodity"] == "服装"
    assert (other.plan.changes.loc[clothing, "factor"] == 1).all()
    before, after = whole.plan.changes, other.plan.changes
    assert before["change_evidence"].tolist() == after["change_evidence"].tolist()


def test_the_catalogue_and_the_modes_of_firms_reach_the_plan_and_unknown_ones_do_not_fall_silent(
    tmp_path: Path,
) -> None:
    study = loop_study.study_loop("register_sample", **LOOP)
    assert study.catalogue["decision"].value_counts().to_dict() == {
        "stay_in": 3,
        "propose_in": 3,
        "stay_out": 1,
    }
    modes = study.firm_modes.set_index("firm_id")
    assert modes.at["firm-g", "applied"] == "special" and modes.at["firm-i", "is_prior_only"]
    assert not modes.at["firm-j", "is_known"] and modes.at["firm-j", "applied"] == "strict"
    rows = pd.read_csv(EXAMPLES / "loop_goods.csv").drop(columns="is_listed")
    path = tmp_path / "goods.csv"
    rows.to_csv(path, index=False)
    bare = loop_study.study_loop("register_sample", **LOOP | {"goods": str(path)})
    assert (bare.catalogue["decision"] == "unknown").all() and bare.firm_modes.empty
    assert in_language("zh", loop.loop_supervision, bare) is None
    assert bare.plan.changes["change_evidence"].tolist() == study.plan.changes["change_evidence"].tolist()


def test_every_fault_of_the_firms_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as wrong:
        loop_study.study_loop(
            "register_sample", **LOOP, firms=changed(tmp_path, "loop_firms", n_nonconforming=1000)
        )
    assert len(wrong.value.faults) == 10
    with pytest.raises(InputFaults, match="did you mean"):
        loop_study.study_loop(
            "register_sample", **LOOP, firms=changed(tmp_path, "loop_firms", credit_grade="ordinari")
        )


def test_goods_without_assumptions_are_named_and_not_lost(tmp_path: Path) -> None:
    rows = pd.read_csv(EXAMPLES / "loop_goods.csv").iloc[:-1]
    path = tmp_path / "goods.csv"
    rows.to_csv(path, index=False)
    study = loop_study.study_loop("register_sample", **LOOP | {"goods": str(path)})
    assert study.unknown_goods == ("食品接触产品",)
    assert "食品接触产品" in str(in_language("zh", loop.loop_plan, study))


def test_every_fault_of_the_chain_s_inputs_is_listed_at_once(tmp_path: Path) -> None:
    bad = changed(tmp_path, "loop_goods", severity=9, unit_cost=0)
    with pytest.raises(InputFaults) as wrong:
        loop_study.study_loop("register_sample", **LOOP | {"goods": bad, "cut": "1999-01-01"})
    assert len(wrong.value.faults) == 2 * 7 + 1
