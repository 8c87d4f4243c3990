"""The notebook of enterprise credit: a report in both languages, its grades, and tables it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from in_process import IN_PROCESS

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.reports.credit import credit_report as credit
from riskkit.workbench.reports.credit.credit_report import open_enterprises, study_credit
from riskkit.workbench.runs.alone import alone_plan
from riskkit.workbench.runs.folders.resources import notebook
from riskkit.workbench.runs.runner import run_notebook

PARTS = ["summary", "grades", "grounds", "questions", "measures", "repair", "by-order", "unread"]
EXAMPLE = shipped.home() / "data" / "examples" / "enterprises.csv"


def run(out: Path, lang: str, **given: Any) -> Path:
    plan = alone_plan(notebook("enterprise_credit"), given, folder=out, out=out, lang=lang)
    done = run_notebook(plan.notebook, plan.case, given, out=out / lang, lang=lang, engine=IN_PROCESS)
    assert done.status == "done", done.error
    return done.folder


def table_of(section: Any) -> dict[str, tuple[str, ...]]:
    return {row[0]: row for row in next(one for one in section.blocks if one.kind == "table").rows}


def own(tmp_path: Path, **columns: list[object]) -> Path:
    path = tmp_path / "own.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_the_report_in_both_languages_from_one_record(tmp_path: Path) -> None:
    folders = {lang: run(tmp_path, lang) for lang in ("zh", "en")}
    for lang, folder in folders.items():
        reading = in_language(lang, read_notebook, nbformat.read(folder / "executed.ipynb", as_version=4))
        assert (reading.failures, reading.notes) == ((), ())
        ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
        assert ids == [*(f"credit-{name}" for name in PARTS), "limits"]
    assert (folders["zh"] / "result.json").read_bytes() == (folders["en"] / "result.json").read_bytes()
    result = json.loads((folders["zh"] / "result.json").read_bytes())
    assert (result["schema"], result["rule_set"]) == ("riskkit.credit/1", "251")
    assert result["rows"] == {"read": 9, "graded": 8}
    assert [row["decision"] for row in result["grades"]][2:7] == [
        "discredited",
        "ordinary",
        "ordinary",
        None,
        "discredited",
    ]


def test_what_is_shown_of_each_enterprise() -> None:
    study = study_credit(open_enterprises(), on="2025-09-01")
    grades = table_of(credit.credit_grades(study))
    assert grades["示例丁 Sample D"][1:] == ("other (ordinary measures)",) * 2 + (
        "none of the grounds is met",
        "on a limit",
    )
    assert grades["示例己 Sample F"][1:3] == ("—", "discredited"), (
        "an unknown number of documents decides nothing"
    )
    assert grades["示例丙 Sample C"][4] == "-20 %", "1.2 million yuan is a fifth above the limit"
    repair = table_of(credit.credit_repair(study))
    assert repair["示例丙 Sample C"][2:5] == ("2025-09-10", "2027-03-10", "9")
    orders = table_of(credit.credit_by_order(study))
    assert orders["示例戊 Sample E"][1:] == ("discredited", "discredited", "other (ordinary measures)", "—")
    asked = table_of(credit.credit_questions(study))
    assert list(asked) == ["示例己 Sample F"]


def test_of_an_order_that_could_not_be_read_only_what_customs_stated_is_shown() -> None:
    study = study_credit(open_enterprises(), on="2026-06-01")
    assert study.grades["decision"].dropna().to_dict() == {9: "ordinary"}
    assert "not guessed" in str(credit.credit_summary(study))
    assert list(study.unread["topic"]) == ["tests", "breach_classes", "measures", "repair"]
    assert credit.credit_grounds(study) is None and credit.credit_questions(study) is None


def test_an_empty_cell_is_unknown_and_none_says_that_an_enterprise_is_not_certified(tmp_path: Path) -> None:
    clean: dict[str, list[object]] = {name: [0, 0] for name in credit_facts()}
    path = own(tmp_path, enterprise=["A", "B"], certified_as=["none", None], **clean)
    study = study_credit(open_enterprises(str(path)), on="2025-09-01")
    assert study.grades["decision"].fillna("?").tolist() == ["ordinary", "?"]
    assert study.repair.empty and in_language("zh", credit.credit_repair, study) is None
    assert "虚构" not in str(in_language("zh", credit.credit_summary, study))


def credit_facts() -> list[str]:
    from riskkit.response.credit.grades import fact_kinds

    return list(fact_kinds())


def test_every_fault_of_a_table_is_listed_at_once(tmp_path: Path) -> None:
    path = own(tmp_path, enterprise=["A", None], n_penalties=[-1, 2], fines=[1, 2], credit_code=["1", None],
               found_on=["2025-13-01", None])  # fmt: skip
    with pytest.raises(InputFaults) as error:
        study_credit(open_enterprises(str(path)), on="2025-09-01")
    said = str(error.value)
    assert all(
        word in said for word in ("row 2: enterprise", "fines", "credit_code", "n_penalties", "2025-13-01")
    )


def test_a_name_is_shown_as_text_and_codes_of_digits_stay_whole(tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script>"
    path = own(tmp_path, enterprise=[nasty], credit_code=["911100006000373419"])
    opened = open_enterprises(str(path))
    assert opened.table["credit_code"].iloc[0] == "911100006000373419"
    path = own(tmp_path, enterprise=[nasty], n_penalties=[1])
    study = study_credit(open_enterprises(str(path)), on="2025-09-01")
    page = credit.credit_grades(study)._repr_mimebundle_()["text/html"]
    assert nasty not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize("day", ["yesterday", "2014-01-01"])
def test_a_day_without_rules_is_refused(day: str) -> None:
    with pytest.raises(InputFaults, match="on"):
        study_credit(open_enterprises(), on=day)
