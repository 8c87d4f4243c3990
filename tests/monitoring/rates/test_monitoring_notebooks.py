"""The notebooks of rates and of the yearly plan, and what they show: whole, in one language, escaped."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from in_process import IN_PROCESS

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.monitoring.plan.plan import monitoring_plan
from riskkit.monitoring.siting import maximal_coverage
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.reading import Reading, read_notebook
from riskkit.workbench.reports.monitoring import plan_report, rates_report, records
from riskkit.workbench.runs.folders.resources import CaseSource, notebook
from riskkit.workbench.runs.runner import run_notebook

NASTY = "<script>alert(1)</script>"
HAN = re.compile(r"[\u3400-\u9fff]")
NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)


def made(out: Path, name: str, lang: str, *, engine: str | None = IN_PROCESS, **given: Any) -> Path:
    run = run_notebook(notebook(name), NO_CASE, given, out=out, lang=lang, engine=engine)
    assert run.status == "done", run.error
    return run.folder


def shown(folder: Path, lang: str) -> Reading:
    return in_language(lang, read_notebook, nbformat.read(folder / "executed.ipynb", as_version=4))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_of_rates_makes_a_report(tmp_path: Path, lang: str) -> None:
    engine = None if lang == "zh" else IN_PROCESS
    folder = made(tmp_path, "nonconformity_rates", lang, draws=500, engine=engine)
    reading = shown(folder, lang)
    assert (reading.failures, reading.notes) == ((), ())
    ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
    parts = ["rates-summary", "rates-forest", "rates", "rates-ranking", "rates-trends", "rates-published"]
    assert ids == [*parts, "limits", "house-numbers"]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    programmes = json.loads(
        (shipped.home() / "data" / "register_sample" / "known_answers.json").read_text(encoding="utf-8")
    )["programmes"]
    assert result["whole"]["n_tested"] == sum(one["n"] for one in programmes)
    assert result["whole"]["n_nonconforming"] == sum(one["n_nonconforming"] for one in programmes)
    rows = result["rows"]
    assert rows["read"] == rows["doubled"] + rows["aside"] + sum(g["n_records"] for g in result["groups"])
    page = (folder / "report.html").read_text(encoding="utf-8")
    head = page[page.index("<h1") : page.index("<main")]
    assert ("不合格率监测报告" if lang == "zh" else "Rates of nonconformity") in head
    assert "Ⅳ" not in head and "未分级" not in head, "a report that grades nothing shows no level"
    if lang == "en":
        heads = re.findall(r"<(?:h[1-6]|caption|figcaption)\b[^>]*>(.*?)</", page, flags=re.DOTALL)
        assert heads and not any(HAN.search(one) for one in heads)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_of_the_plan_makes_a_report(tmp_path: Path, lang: str) -> None:
    engine = None if lang == "zh" else IN_PROCESS
    folder = made(tmp_path, "monitoring_plan", lang, budget=40_000.0, engine=engine)
    reading = shown(folder, lang)
    assert (reading.failures, reading.notes) == ((), ())
    ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
    first = ["plan-summary", "plan-bars", "plan-classes", "plan-rows", "plan-draw"]
    assert ids == [*first, "sites", "demand-gaps", "limits", "house-numbers"]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert sum(cell["cost"] for cell in result["cells"]) <= 40_000
    food = [cell for cell in result["cells"] if cell["reasons"] == "food_handed_over"]
    assert len(food) == 2 and all(cell["n_samples"] == 0 for cell in food)
    again = made(tmp_path / "again", "monitoring_plan", lang, budget=40_000.0)
    assert (again / "result.json").read_bytes() == (folder / "result.json").read_bytes()


def study(**changes: Any) -> Any:
    given = {"by": "product_group", "across": "origin", "every": "year", "draws": 200} | changes
    return rates_report.study_rates(records.open_records(), rng=np.random.default_rng(1), **given)


def pieces(lang: str) -> list[Any]:
    found = study()
    opened = plan_report.open_cells()
    plan = monitoring_plan(opened.table, budget=30_000, seed="118")
    siting = maximal_coverage(*plan_report.open_demand(), reach=30, n_sites=2)
    of_rates = (
        rates_report.rates_summary,
        rates_report.rates_forest,
        rates_report.rates_table,
        rates_report.rates_ranking,
        rates_report.rates_trends,
        rates_report.rates_published,
    )
    of_plan = (plan_report.plan_bars, plan_report.plan_classes, plan_report.plan_rows, plan_report.plan_draw)
    return [
        *(in_language(lang, make, found) for make in of_rates),
        *(in_language(lang, make, plan) for make in of_plan),
        in_language(lang, plan_report.plan_summary, plan, opened),
        in_language(lang, plan_report.site_rows, siting),
        in_language(lang, plan_report.demand_gaps, siting),
    ]


def test_both_languages_show_the_same_parts_and_numbers() -> None:
    for zh, en in zip(pieces("zh"), pieces("en"), strict=True):
        assert zh.id == en.id
        if isinstance(zh, Picture):
            assert len(zh.table.rows) == len(en.table.rows) and zh.alt != en.alt
            assert [t.get("x") for t in zh.figure["data"]] == [t.get("x") for t in en.figure["data"]]
        assert zh.title != en.title


def test_the_forest_draws_what_the_table_says() -> None:
    found = study()
    picture = rates_report.rates_forest(found)
    known = found.groups.dropna(subset=["rate"])
    points = [t["x"][0] for t in picture.figure["data"] if t.get("marker", {}).get("symbol") == "square"]
    assert points == known["rate"].tolist()
    assert len(picture.table.rows) == len(known)
    nothing = study(by="product_group").groups.iloc[:0]
    assert rates_report.rates_forest(dataclasses.replace(found, groups=nothing)) is None


def test_hidden_cells_do_not_reach_the_table() -> None:
    found = study()
    table = rates_report.rates_published(found).blocks[1]
    hidden = int((found.hidden["shown"] != "shown").sum())
    assert hidden > 0
    assert sum(row.count("not published") for row in table.rows) == hidden


def own_file(tmp_path: Path, **changes: list[str]) -> Path:
    rows = {
        "product_group": ["toy", "toy", "lamp", "lamp"],
        "origin": ["DE", "DE", "FR", ""],
        "n_tested": ["10", "20", "30", "40"],
        "n_nonconforming": ["1", "2", "3", "4"],
    }
    path = tmp_path / "records.csv"
    pd.DataFrame({**rows, **changes}).to_csv(path, index=False)
    return path


def test_a_file_of_ones_own_is_read_and_its_faulty_rows_set_aside(tmp_path: Path) -> None:
    path = own_file(
        tmp_path,
        n_tested=["10", "10", "-3", "40"],
        n_nonconforming=["1", "11", "1", ""],
        date=["2024-01-01"] * 4,
    )
    opened = records.open_records(str(path))
    assert (opened.n_read, opened.n_doubled, opened.n_aside, len(opened.table)) == (4, 0, 2, 2)
    assert opened.aside["row"].tolist() == [3, 2, 3]
    assert opened.aside["rule"].tolist() == ["rule_count", "rule_not_above", "rule_not_above"]
    assert opened.table["n_nonconforming"].isna().sum() == 1
    twice = tmp_path / "twice.csv"
    twice.write_text(path.read_text(encoding="utf-8") + "toy,DE,10,1,2024-01-01\n", encoding="utf-8")
    assert records.open_records(str(twice)).n_doubled == 1
    found = rates_report.study_rates(
        opened, by="product_group", across="origin", every="year", rng=np.random.default_rng(1), draws=10
    )
    assert found.whole["n_records_unknown"] == 1
    told = str(rates_report.rates_summary(found))
    assert "4 rows were read: 2 used, 0 repeating an earlier one, 2 set aside" in told


def test_records_come_in_through_the_same_door_as_those_of_a_register(tmp_path: Path) -> None:
    head = "source_class,date,product,product_group,origin,n_tested,n_nonconforming\n"
    rows = [
        "2024年1月31日,lamp,lamps,德国,１０,1",
        "2024-01-31,lamp,lamps,DE,10,11",
        "2024-02-30,lamp,lamps,DE,10,1",
    ]
    lines = [f"monitoring,{row}\n" for row in [*rows, rows[0]]]
    (tmp_path / "a.csv").write_text(head + "".join(lines), encoding="utf-8")
    opened = records.open_records(str(tmp_path / "a.csv"))
    assert (opened.n_read, opened.n_doubled, opened.n_aside, len(opened.table)) == (4, 1, 2, 1)
    assert opened.aside["rule"].tolist() == ["nonconforming_over_tested", "date_unreadable"]
    assert opened.table[["origin", "n_tested"]].values.tolist() == [["DE", 10.0]]
    given = {"by": "origin", "across": "origin", "every": "year", "draws": 10}
    found = rates_report.study_rates(opened, rng=np.random.default_rng(1), **given)
    for lang, word in (("zh", "不合格数不大于检验数"), ("en", "no more nonconforming than tested")):
        assert word in str(in_language(lang, rates_report.rates_summary, found))


def test_the_sample_sets_aside_what_its_answers_say() -> None:
    opened = records.open_records()
    answers = json.loads(
        (shipped.home() / "data" / "register_sample" / "known_answers.json").read_text(encoding="utf-8")
    )["rows"]
    both = [one for one in answers if one["sheet"] in ("border_inspection", "market_sampling")]
    wanted = tuple(sum(one[name] for one in both) for name in ("rows", "repeated", "faulty"))
    assert (opened.n_read, opened.n_doubled, opened.n_aside) == wanted


def test_markup_in_a_file_reaches_the_page_as_text(tmp_path: Path) -> None:
    path = own_file(tmp_path, product_group=[NASTY, NASTY, "lamp", "=cmd()"])
    found = rates_report.study_rates(
        records.open_records(str(path)),
        by="product_group",
        across="origin",
        every="year",
        rng=np.random.default_rng(1),
        draws=10,
    )
    for part in (
        rates_report.rates_table(found),
        rates_report.rates_ranking(found),
        rates_report.rates_published(found),
    ):
        assert NASTY not in part._repr_mimebundle_()["text/html"]
    labels = [a["text"] for a in rates_report.rates_forest(found).figure["layout"]["annotations"]]
    assert not any("<script" in text for text in labels)


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for name in ("no_such", "../secrets.toml", str(tmp_path / "none.csv")):
        with pytest.raises(InputFaults, match="records"):
            records.open_records(name)
    shutil.copy(notebook("nonconformity_rates"), tmp_path / "a.csv")
    with pytest.raises(InputFaults):
        records.open_records(str(tmp_path / "a.csv"))
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(InputFaults, match="UTF-8"):
        records.open_records(str(tmp_path / "b.csv"))
    with pytest.raises(InputFaults, match="magic"):
        study(by="magic")
    (tmp_path / "c.csv").write_text("point,demand\na,1\n", encoding="utf-8")
    with pytest.raises(InputFaults, match="candidate"):
        plan_report.open_demand(str(tmp_path / "c.csv"))


def test_the_made_plan_tables_say_that_they_are_made() -> None:
    folder = shipped.home() / "data" / "plan_sample"
    assert "合成" in (folder / "README.md").read_text(encoding="utf-8")
    with (folder / "plan_cells.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(plan_report.open_cells().table)
