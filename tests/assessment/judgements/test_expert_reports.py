"""The notebook of tested experts: its numbers by hand and against public studies, its faults, its pages."""

from __future__ import annotations

import html
import json
import math
from pathlib import Path

import numpy as np
import pytest
from elicited_studies import oracle_study
from scipy.stats import chi2

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.toml_record import toml_text
from riskkit.words.catalogue import method_text as say
from riskkit.workbench.commands import cli
from riskkit.workbench.reports.methods import expert_report
from riskkit.workbench.reports.methods.example_files import open_experts
from riskkit.workbench.reports.methods.expert_report import maker_counts, study_experts


def opened(name: str = "six-experts"):
    return open_experts(name)


def put(folder: Path, **changed: object) -> str:
    item = {"id": "a", "title": {"zh": "甲", "en": "a"}, "unit": {"zh": "%", "en": "%"}, "realisation": 2.0}
    data = {
        "title": {"zh": "题", "en": "t"},
        "quantiles": [0.05, 0.5, 0.95],
        "items": [item | {"id": f"a{n}"} for n in range(6)],
        "experts": [{"id": "x", "answers": {f"a{n}": [1.0, 2.0, 3.0] for n in range(6)}}],
    }
    path = folder / "own.toml"
    path.write_text(toml_text(data | changed), encoding="utf-8")
    return str(path)


def test_calibration_of_the_shipped_experts_by_counting() -> None:
    found = study_experts(opened())
    given = opened().content
    true = {one.id: one.realisation for one in given.items if one.realisation is not None}
    masses = np.array([0.05, 0.45, 0.45, 0.05])
    fewest = min(len(set(one.answers) & set(true)) for one in given.experts)
    assert fewest == 9  # one answer was left out
    for one, (_, row) in zip(given.experts, found.scores.iterrows(), strict=True):
        counts = np.zeros(4)
        for item, value in true.items():
            if item in one.answers:
                counts[sum(value > quantile for quantile in one.answers[item])] += 1
        share = counts / counts.sum()
        information = sum(s * math.log(s / p) for s, p in zip(share, masses, strict=True) if s)
        assert row["calibration"] == pytest.approx(chi2.sf(2 * fewest * information, 3), rel=1e-9)
        assert tuple(row["counts"]) == tuple(counts)


def test_the_example_worked_out_on_the_page_is_right() -> None:
    text = str(expert_report.expert_scores_section(study_experts(opened())))
    assert "I = 4/10·ln(4/10/0.45) + 6/10·ln(6/10/0.45) = 0.1255; 2·n·I = 2×9×0.1255 = 2.259" in text
    share = np.array([0.4, 0.6])
    value = float((share * np.log(share / 0.45)).sum())
    assert (round(value, 4), round(18 * value, 3)) == (0.1255, 2.259)
    assert f"{chi2.sf(18 * value, 3):.4f}" in text


@pytest.mark.parametrize("name", ["Arkansas", "Florida", "Sheep_Scab"])
def test_a_public_study_through_the_file_gives_what_another_program_gives(tmp_path: Path, name: str) -> None:
    study, expected = oracle_study(name)
    items = [
        {"id": f"i{k}", "title": {"zh": one, "en": one}, "unit": {"zh": "1", "en": "1"},
         "scale": "log" if study.is_log[k] else "uni"}
        | ({} if math.isnan(study.realisations[k]) else {"realisation": float(study.realisations[k])})
        for k, one in enumerate(study.items)
    ]  # fmt: skip
    experts = [
        {"id": f"e{e}", "answers": {f"i{k}": study.answers[e, k].tolist() for k in np.flatnonzero(row)}}
        for e, row in enumerate(study.is_answered)
    ]
    path = put(tmp_path, items=items, experts=experts, quantiles=study.probs.tolist())
    found = study_experts(opened(path))
    for one, (_, row) in zip(expected["experts"], found.scores.iterrows(), strict=True):
        assert row["calibration"] == pytest.approx(one["calibration_exact"], rel=1e-8)
    for mine, theirs in (("chosen", "global_opt"), ("equal", "equal")):
        pool = expected["decision_makers"][theirs]
        assert found.makers[mine].calibration == pytest.approx(pool["calibration_exact"], rel=1e-8)
        assert found.makers[mine].information == pytest.approx(pool["info_seed"], rel=1e-8)


def test_pools_count_as_their_answers_say() -> None:
    found = study_experts(opened(), weighting="item")
    true = {one.id: one.realisation for one in opened().content.items if one.realisation is not None}
    for name in found.makers:
        counts = [0, 0, 0, 0]
        for item, value in true.items():
            counts[int((value > found.answer(name, item)).sum())] += 1
        assert maker_counts(found, name) == counts


def test_a_cut_off_of_ones_own_is_kept_to() -> None:
    found = study_experts(opened(), cut_off=0.1)
    kept = found.scores["calibration"].to_numpy() >= 0.1
    assert ((found.makers["chosen"].weights > 0) == kept).all()
    assert found.without_seeds.empty and not found.without_experts.empty
    with pytest.raises(InputFaults, match="best calibration"):
        study_experts(opened(), cut_off=0.99)
    with pytest.raises(InputFaults, match="weighting"):
        study_experts(opened(), weighting="<b>")


def test_equal_weights_need_no_robustness(tmp_path: Path) -> None:
    found = study_experts(opened(), weighting="equal")
    assert "do not change with the seeds" in str(expert_report.expert_robustness_section(found))


def test_a_study_without_targets_has_no_picture_of_them(tmp_path: Path) -> None:
    found = study_experts(opened(put(tmp_path)), weighting="equal")
    assert in_language("zh", expert_report.picture_of_answers, found) is None
    assert "没有目标问题" in str(in_language("zh", expert_report.expert_targets_section, found))


def test_everything_wrong_with_answers_is_said_at_once(tmp_path: Path) -> None:
    answers = {f"a{n}": [1.0, 2.0, 3.0] for n in range(6)} | {"a0": [3.0, 2.0, 1.0], "a9": [1.0, 2.0, 3.0]}
    experts = [{"id": "x", "answers": answers}, {"id": "x", "answers": {"a1": [1.0, 2.0, 3.0]}}]
    with pytest.raises(InputFaults) as caught:
        study_experts(opened(put(tmp_path, experts=experts)))
    told = str(caught.value)
    assert "x/a0" in told and "a9" in told and len(caught.value.faults) >= 3
    short = [{"id": "x", "answers": {f"a{n}": [1.0, 2.0] for n in range(3)}}]
    with pytest.raises(InputFaults) as caught:
        study_experts(opened(put(tmp_path, experts=short)))
    assert [one.rule for one in caught.value.faults] == ["3 quantiles"] * 3


def test_values_out_of_bounds_and_at_zero_on_a_logarithmic_scale_are_refused(tmp_path: Path) -> None:
    base = {"title": {"zh": "甲", "en": "a"}, "unit": {"zh": "%", "en": "%"}, "realisation": 2.0}
    items = [base | {"id": f"a{n}"} for n in range(6)]
    items[0] |= {"upper": 2.5}
    items[1] |= {"scale": "log"}
    answers = {f"a{n}": [1.0, 2.0, 3.0] for n in range(6)} | {"a1": [0.0, 2.0, 3.0]}
    with pytest.raises(InputFaults) as caught:
        study_experts(opened(put(tmp_path, items=items, experts=[{"id": "x", "answers": answers}])))
    assert {one.place for one in caught.value.faults} == {"x/a0", "x/a1"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pictures_say_in_words_what_they_show(lang: str) -> None:
    found = study_experts(opened())
    calibration = in_language(lang, expert_report.picture_of_calibration, found)
    answers = in_language(lang, expert_report.picture_of_answers, found)
    assert answers is not None
    for name in ("A", "F", in_language(lang, say, "maker_chosen")):
        assert name in calibration.alt
    assert in_language(lang, say, "maker_equal") in answers.alt
    assert len(calibration.table.rows) == 9 and len(answers.table.rows) == 24


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_runs(tmp_path: Path, lang: str) -> None:
    assert cli.main(["run", "expert_judgement", "--lang", lang, "--out", str(tmp_path)]) == 0
    folder = next(tmp_path.rglob("report.html")).parent
    page = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    record = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    found = study_experts(opened())
    assert record["cut_off"] == pytest.approx(found.makers["chosen"].cut_off)
    assert [one["weight"] for one in record["experts"]] == pytest.approx(
        found.makers["chosen"].weights.tolist()
    )
    for key in ("experts_title", "experts_targets", "experts_robust", "experts_seeds", "calibration_title"):
        assert in_language(lang, say, key) in page
