"""The notebooks of recalls and of the effect of a measure: whole, in one language, clear about bad files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from notebook_reports import check_report

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.response import curve_figures
from riskkit.workbench.reports.response import effect_report as effects
from riskkit.workbench.reports.response import recall_report as recalls
from riskkit.workbench.reports.response.effect_study import study_effect
from riskkit.workbench.reports.response.recall_study import study_recalls
from riskkit.workbench.runs.folders.resources import CaseSource

HAN = re.compile(r"[㐀-鿿]")
NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)
SECTIONS = {
    "recall_progress": [
        "recall-summary",
        "recall-duties",
        "recall-completion",
        "recall-curve",
        "recall-advice",
    ],
    "effect_evaluation": [
        "effect-summary",
        "effect-curve",
        "effect-estimates",
        "effect-verdict",
        "effect-power",
    ],
}
TITLES = {
    "recall_progress": {"zh": "召回进展报告", "en": "Progress of recalls"},
    "effect_evaluation": {"zh": "措施效果评估报告", "en": "Effect of a measure"},
}
RECALL_PARTS = (recalls.recall_summary, recalls.recall_duties, recalls.recall_completion, curve_figures.recall_curve,
                recalls.recall_advice)  # fmt: skip
EFFECT_PARTS = (effects.effect_summary, curve_figures.effect_curve, effects.effect_estimates, effects.effect_verdict,
                effects.effect_power)  # fmt: skip
EFFECT = {"began": "2026-03-02", "level": "Ⅱ"}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", list(SECTIONS))
def test_the_notebook_makes_a_report_and_the_same_result_again(tmp_path: Path, name: str, lang: str) -> None:
    folder = check_report(name, tmp_path, lang=lang, parts=[*SECTIONS[name], "limits", "house-numbers"])
    page = (folder / "report.html").read_text(encoding="utf-8")
    head = page[page.index("<h1") : page.index("<main")]
    assert TITLES[name][lang] in head and "Ⅳ" not in head


def recall_study(**changes: Any) -> Any:
    return study_recalls(**({"table": "recall_progress"} | changes))


def effect_study(**changes: Any) -> Any:
    return study_effect(**({"table": "effect_series"} | EFFECT | changes))


def test_both_languages_show_the_same_parts_and_numbers() -> None:
    for study, parts in ((recall_study(), RECALL_PARTS), (effect_study(), EFFECT_PARTS)):
        for part in parts:
            zh, en = in_language("zh", part, study), part(study)
            assert zh.id == en.id and zh.title != en.title
            if isinstance(zh, Picture):
                assert len(zh.table.rows) == len(en.table.rows) and zh.alt != en.alt
                assert [one["y"] for one in zh.figure["data"]] == [one["y"] for one in en.figure["data"]]


def test_the_example_of_recalls_says_what_can_be_worked_out_by_hand() -> None:
    study = recall_study()
    late = study.clocks.set_index("duty").loc["stage_report"]
    # three months after the latest stage report of 3 August end on 3 November, 58 days before 31 December
    assert (late["decision"], f"{late['due_on']:%Y-%m-%d}", late["margin"]) == ("overdue", "2020-11-03", -58)
    whole = study.completion.set_index("recall_id").loc["kettle-2020"]
    assert (whole["n_affected"], whole["n_completed"]) == (42_000, 11_600 + 5_300)
    assert whole["rate_open"] == pytest.approx(16_900 / 41_650)
    # 24,750 units open, 35 % of owners reachable, half of them come after a direct notice
    assert study.advice.loc["kettle-2020", "n_expected"] == pytest.approx(24_750 * 0.35 * 0.5)
    table = recalls.recall_duties(study).blocks[1]
    assert table.rows[0][2] == "overdue · the last day has passed"
    assert "每三个月" in table.rows[0][-1] and table.rows[0][-1].endswith("as reported by others")


def test_the_day_decides_what_is_overdue_and_which_reports_are_looked_at() -> None:
    early, late = recall_study(on="2020-10-15"), recall_study(on="2021-06-30")
    assert (early.clocks["decision"] == "overdue").sum() == 0
    assert (late.state["decision"] == "silent").all()
    assert early.completion.set_index("recall_id").loc["kettle-2020", "n_completed"] == 16_100
    caution = [one.text for one in recalls.recall_summary(recall_study()).blocks if hasattr(one, "text")]
    assert any("No day was given" in text for text in caution)
    assert "No day was given" not in str(recalls.recall_summary(early))


def progress(tmp_path: Path, *lines: str, head: str = "recall_id,report_date,n_affected,n_completed") -> str:
    path = tmp_path / "progress.csv"
    path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return str(path)


def test_a_table_of_ones_own_without_facts_shows_duties_as_not_given(tmp_path: Path) -> None:
    table = progress(tmp_path, "007,2026-01-31,100,40", "007,2026-04-30,100,")
    study = recall_study(table=table)
    assert study.state["recall_id"].tolist() == ["007"], "an id stays as written"
    assert study.state["decision"].tolist() == ["unknown"] and np.isnan(study.completion["rate"].iloc[0])
    assert "not given" in str(recalls.recall_summary(study))
    assert "No facts were given" in str(recalls.recall_duties(study))
    assert study.advice["decision"].tolist() == ["unknown"], "a missing count never advises"


def test_channels_that_report_on_different_days_are_added_up_by_their_latest_reports(tmp_path: Path) -> None:
    head = "recall_id,report_date,channel,n_affected,n_completed"
    rows = ["a,2026-01-31,shop,40,10", "a,2026-02-28,consumer,60,6", "a,2026-03-31,shop,40,30"]
    study = recall_study(table=progress(tmp_path, *rows, head=head))
    assert study.whole[["n_affected", "n_completed"]].to_numpy().tolist() == [[100, 16], [100, 36]]
    assert study.completion["rate"].tolist() == [0.36]


def faults(call: Any) -> str:
    with pytest.raises(InputFaults) as error:
        call()
    return str(error.value)


def test_all_faults_of_both_files_are_listed_at_once(tmp_path: Path) -> None:
    table = progress(tmp_path, "a,2026-01-31,100,140", "a,2026-02-30,100,50")
    facts = tmp_path / "facts.csv"
    facts.write_text("recall_id,goods,learned_on,used\nb,toy,soon,shouting\n", encoding="utf-8")
    told = faults(lambda: recall_study(table=table, facts=str(facts), on="2026-05-01", recall="z"))
    for word in (
        "report_date",
        "at most the units affected",
        "goods",
        "soon",
        "shouting",
        "recall_id",
        "recall: ",
    ):
        assert word in told, told
    misspelt = progress(tmp_path, "a,2026-01-31,100,40", head="recall_id,report_date,n_affected,n_done")
    told = faults(lambda: recall_study(table=misspelt, on="May"))
    assert "n_completed" in told and "n_done" in told and "YYYY-MM-DD" in told
    above = progress(tmp_path, "a,2026-01-31,100,140")
    assert "at most the units affected" in faults(lambda: recall_study(table=above))
    first = progress(tmp_path, "a,2026-01-31,100,40")
    assert "first report" in faults(lambda: recall_study(table=first, on="2025-01-01"))
    assert "table" in faults(lambda: recall_study(table=str(tmp_path / "none.csv")))


def test_the_example_of_effects_finds_the_ratio_it_was_made_with() -> None:
    study = effect_study()
    found = study.estimates.loc["quasi_poisson"]
    assert found["ratio_lo"] < 0.55 < found["ratio_hi"], "the example is made with 0.55"
    assert (found["n_before"], found["n_after"]) == (60, 26)
    after = study.series[study.series["period"] >= "2026-03-02"]
    # a Poisson fit with an own line before and after gives back the sums before and after
    assert after["fitted"].sum() == pytest.approx(after["n"].sum(), rel=1e-6)
    assert after["n"].sum() / after["without"].sum() == pytest.approx(found["ratio"], rel=0.05)
    assert (study.series["without_lo"] < study.series["without"]).all()


def test_models_that_disagree_are_said_to(tmp_path: Path) -> None:
    study = effect_study()
    assert study.verdicts["decision"].tolist() == ["lower", "lower", "keep"]
    assert "different verdicts" in str(effects.effect_summary(study))


def series(tmp_path: Path, counts: list[int], *, step: int = 7, skip: int = -1) -> str:
    days = pd.date_range("2026-01-05", periods=len(counts), freq=f"{step}D").strftime("%Y-%m-%d")
    path = tmp_path / "series.csv"
    table = pd.DataFrame({"period": days, "n": counts})
    table.drop(index=skip, errors="ignore").to_csv(path, index=False)
    return str(path)


def test_too_little_never_lowers_and_a_lift_needs_the_limit(tmp_path: Path) -> None:
    few = series(tmp_path, [20, 22, 19, 21, 5, 4, 6, 5])
    assert (effect_study(table=few, began="2026-02-02").verdicts["decision"] == "not_enough_evidence").all()
    fell = series(tmp_path, [20, 22, 19, 21, 20, 18, 23, 20, 21, 19, 20, 22, 2, 1, 3, 2, 1, 2, 2, 1])
    given = {"table": fell, "began": "2026-03-30", "level": "Ⅳ"}
    assert effect_study(**given).verdicts["decision"].iloc[0] == "keep"
    assert effect_study(**given, limit=1.0).verdicts["decision"].iloc[0] == "keep", "1.75 a period remain"
    assert effect_study(**given, limit=9.0).verdicts["decision"].iloc[0] == "lift"
    none = series(tmp_path, [0] * 20)
    nothing = effect_study(table=none, began="2026-03-30")
    assert (nothing.verdicts["decision"] == "not_enough_evidence").all()
    assert curve_figures.effect_curve(nothing) is None
    assert "could not be fitted" in str(effects.effect_summary(nothing))
    for part in EFFECT_PARTS:
        in_language("zh", part, nothing)


def test_bad_series_and_parameters_are_refused_with_all_faults(tmp_path: Path) -> None:
    gap = series(tmp_path, [20] * 20, skip=8)
    assert "every period once" in faults(lambda: effect_study(table=gap, began="2026-03-30"))
    told = faults(lambda: effect_study(began="March", level="V", wanted=2.0, limit=-1.0))
    for word in ("began", "level", "wanted", "limit"):
        assert word in told
    path = tmp_path / "bad.csv"
    path.write_text("period,n\n2026-01-05,-3\nsoon,x\n", encoding="utf-8")
    told = faults(lambda: effect_study(table=str(path)))
    assert "-3" in told and "soon" in told
    short = series(tmp_path, [20] * 9)
    assert "periods before" in faults(lambda: effect_study(table=short, began="2027-01-01"))


def test_the_examples_say_what_is_made_up_and_where_the_rest_comes_from() -> None:
    said = (shipped.home() / "data" / "examples" / "README.md").read_text(encoding="utf-8")
    for name in ("recall_progress.csv", "recall_facts.csv", "effect_series.csv"):
        assert name in said
    assert "Takata" in said and "made up" in said
