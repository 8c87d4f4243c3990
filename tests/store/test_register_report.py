"""The notebook of the register: the known answers come out, in both languages, and nothing is made quiet."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from in_process import IN_PROCESS

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.monitoring.rates.rates import nonconformity_rates
from riskkit.monitoring.sources.canonical import SOURCE
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.reports.monitoring import register_figures, register_sections
from riskkit.workbench.reports.monitoring.register_sections import register_tops, source_word
from riskkit.workbench.reports.monitoring.register_study import RegisterStudy, study_register, year_table
from riskkit.workbench.runs import parameters
from riskkit.workbench.runs.folders import made_register
from riskkit.workbench.runs.folders.resources import CaseSource, notebook
from riskkit.workbench.runs.runner import run_notebook

FUNCTIONS = vars(register_sections) | vars(register_figures)
NASTY = "<script>alert(1)</script>"
HAN = re.compile(r"[\u3400-\u9fff]")
NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)
ANSWERS = json.loads(
    (shipped.home() / "data" / "register_sample" / "known_answers.json").read_text(encoding="utf-8")
)
PARTS = (
    "register_summary", "register_years_figure", "register_years", "register_quality", "register_same",
    "coverage_grid", "register_gaps", "rate_over_time", "register_forest", "register_rates", "register_tops",
    "register_map", "register_quarantine",
)  # fmt: skip


def study(register: str = "", **given: Any) -> RegisterStudy:
    return study_register(register, rng=np.random.default_rng(1), **({"draws": 50} | given))


@pytest.fixture(scope="module")
def made() -> RegisterStudy:
    return study()


def own_register(tmp_path: Path, rows: str) -> str:
    file = tmp_path / "own.csv"
    file.write_text(rows, encoding="utf-8")
    made_register.take_in(tmp_path / "own", file, SOURCE, now=made_register.READ_ON)
    return str(tmp_path / "own")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_a_report_with_the_known_answers(tmp_path: Path, lang: str) -> None:
    engine = None if lang == "zh" else IN_PROCESS
    given = {"draws": 200}
    run = run_notebook(notebook("monitor_register"), NO_CASE, given, out=tmp_path, lang=lang, engine=engine)
    assert run.status == "done", run.error
    reading = in_language(lang, read_notebook, nbformat.read(run.folder / "executed.ipynb", as_version=4))
    assert (reading.failures, reading.notes) == ((), ())
    result = json.loads((run.folder / "result.json").read_text(encoding="utf-8"))
    for one in ANSWERS["rows"]:
        sound = one["rows"] - one["repeated"] - one["faulty"]
        assert result["by_source"][one["sheet"]] == sound, one
    rows = {name: sum(one[name] for one in ANSWERS["rows"]) for name in ("rows", "repeated", "faulty")}
    assert (result["rows"]["read"], result["rows"]["duplicates"]) == (rows["rows"], rows["repeated"])
    assert result["rows"]["quarantined"] == rows["faulty"] == sum(q["n_rows"] for q in result["quarantine"])
    for name, answer in (("n_tested", "n"), ("n_nonconforming", "n_nonconforming")):
        total = sum(one[answer] for one in ANSWERS["programmes"])
        assert result["whole"][name] == total == sum(one[name] for one in result["groups"])
        assert sum(one[name] for one in result["periods"]) == total
        assert all(sum(one[name] or 0 for one in result["tops"][top]) == total for top in result["tops"])
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    if lang == "en":
        heads = re.findall(r"<(?:h[1-6]|figcaption)\b[^>]*>(.*?)</", page, flags=re.DOTALL)
        assert heads and not any(HAN.search(one) for one in heads)


def test_every_programme_comes_out_as_it_was_published(made: RegisterStudy) -> None:
    from riskkit.store.register.query import sql

    question = "SELECT event, n_tested, n_nonconforming FROM records WHERE source_class IN ('enforcement', 'monitoring')"
    rows = sql(made_register.made_register(), question).to_pandas()
    found = nonconformity_rates(rows, by=["event"]).set_index("event")
    for one in ANSWERS["programmes"]:
        assert found.at[one["zh"], "n_tested"] == one["n"], one
        assert found.at[one["zh"], "n_nonconforming"] == one["n_nonconforming"], one
    assert len(found) == len(ANSWERS["programmes"])


def test_both_languages_show_the_same_parts_and_numbers(made: RegisterStudy) -> None:
    for name in PARTS:
        zh, en = (in_language(lang, FUNCTIONS[name], made) for lang in ("zh", "en"))
        assert zh.id == en.id
        if isinstance(zh, Picture):
            assert len(zh.table.rows) == len(en.table.rows) and zh.alt != en.alt
            assert not HAN.search(re.sub(r"“.*?”", "", en.title))
        else:
            assert [block.kind for block in zh.blocks] == [block.kind for block in en.blocks]


def test_the_threshold_of_the_notebook_is_that_of_the_table() -> None:
    known = parameters.declared(nbformat.read(notebook("monitor_register"), as_version=4))
    default = next(one.default for one in known if one.name == "threshold")
    assert default == method_number("same_information", "threshold")


def test_a_source_without_channels_is_not_called_silent(made: RegisterStudy) -> None:
    told = str(register_sections.register_gaps(made))
    silent = next(line for line in told.splitlines() if line.startswith("Classes of source without"))
    for code in made.records["source_class"].unique():
        assert source_word(code) not in silent
    assert "media and internet" in silent


def test_the_grid_and_the_years_hold_every_record(made: RegisterStudy) -> None:
    assert int(year_table(made).to_numpy().sum()) == len(made.records)
    table = register_figures.coverage_grid(made).table
    n = sum(int(cell.split()[0].replace(",", "")) for row in table.rows for cell in row[1:] if cell != "gap")
    assert n == int(made.records["hazard_class"].notna().sum())
    gaps = sum(cell == "gap" for row in table.rows for cell in row[1:])
    assert f"{gaps} have no record" in register_figures.coverage_grid(made).alt


def test_a_period_leaves_records_out_and_says_so() -> None:
    found = study(since="2015-01-01", until="2015-12-31")
    assert set(found.records["date"].dt.year) == {2015}
    left = found.whole.n_accepted - len(found.records)
    assert f"{left} more records lie outside" in str(register_sections.register_summary(found))
    year = sum(one["n"] for one in ANSWERS["programmes"] if one["year"] == 2015)
    assert found.rates is not None and found.rates.whole["n_tested"] == year


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"since": "2015-13-01"}, "since"),
        ({"since": "2016-01-01", "until": "2015-01-01"}, "until"),
        ({"every": "week"}, "every"),
        ({"by": "magic"}, "by"),
        ({"since": "1999-01-01", "until": "1999-01-02"}, "register"),
        ({"threshold": 101.0}, "threshold"),
        ({"register": "no such folder"}, "register"),
    ],
)
def test_what_cannot_be_answered_is_refused(given: dict[str, Any], place: str) -> None:
    with pytest.raises(InputFaults) as error:
        study(**given)
    assert place in [fault.place for fault in error.value.faults]


def test_a_register_without_inspections_shows_no_rate_rather_than_none(tmp_path: Path) -> None:
    rows = "source_class,date,product,product_group,brand\ncomplaint,2024-01-31,lamp,lamps,A\n"
    found = study(own_register(tmp_path, rows))
    assert found.rates is None and register_sections.register_forest(found) is None
    assert in_language("zh", register_figures.rate_over_time, found) is None
    assert "no rate" in str(register_sections.register_rates(found))
    for name in PARTS:
        in_language("zh", FUNCTIONS[name], found)
    record = register_sections.publish_register(found, seed=1).record
    assert record["whole"] is None and json.dumps(record, allow_nan=False)


def test_markup_and_formulas_in_a_register_reach_the_page_as_text(tmp_path: Path) -> None:
    head = "source_class,date,product,product_group,origin,region,port,brand,n_tested,n_nonconforming\n"
    rows = f"enforcement,2024-01-31,{NASTY},{NASTY},DE,上海市,{NASTY},{NASTY},10,1\n"
    found = study(own_register(tmp_path, head + rows))
    for name in PARTS:
        part = FUNCTIONS[name](found)
        if isinstance(part, Picture):
            drawn = part.figure["data"] if name == "register_map" else []
            words = [part.figure.get("layout", {}).get("annotations", []), drawn]
            assert NASTY not in json.dumps(words)
        else:
            assert NASTY not in part._repr_mimebundle_()["text/html"]


def test_the_order_of_reading_in_changes_nothing(tmp_path: Path) -> None:
    from riskkit.monitoring.sources.catalogue import SOURCES

    readers = {one.name: one for one in SOURCES}
    files = sorted((shipped.home() / "data" / "register_sample").glob("*.csv"), reverse=True)
    for file in files:
        made_register.take_in(tmp_path / "other", file, readers[file.stem], now=made_register.READ_ON)
    one, other = (
        register_sections.publish_register(study(name), seed=1).record
        for name in ("", str(tmp_path / "other"))
    )
    one["case"] = other["case"]
    assert one == other


def test_rates_say_what_the_rows_in_quarantine_could_do_to_them(tmp_path: Path) -> None:
    head = "source_class,date,product,n_tested,n_nonconforming,evidence\n"
    rows = [f"monitoring,2026-01-31,lamp,1,{int(not n)},R-{n}\n" for n in range(8)]
    (tmp_path / "a").mkdir()
    good = register_tops(study(own_register(tmp_path / "a", head + "".join(rows))))
    assert all("quarantine" not in block.text for block in good.blocks if block.kind == "paragraph")
    late = [f"monitoring,2026-02-31,lamp,1,0,R-{n}\n" for n in (8, 9)]
    found = study(own_register(tmp_path, head + "".join(rows + late)))
    assert found.n_left_out == 2
    said = register_tops(found).blocks[1].text
    assert "Another 2 rows" in said
    assert re.findall(r"\d+(?:\.\d+)?(?= ?%)", said) == ["10", "30"]


def test_the_map_counts_what_names_a_province_and_says_how_much_that_is(
    tmp_path: Path, made: RegisterStudy
) -> None:
    picture = register_figures.register_map(made)
    by_region = made.records.groupby("region").size()
    shown = {row[0]: int(row[2].replace(",", "")) for row in picture.table.rows}
    assert shown["Shanghai (SH)"] == by_region["上海市"] and "洋山港区" in shown
    n_placed = int(by_region[[name for name in by_region.index if name.endswith(("市", "省"))]].sum())
    notes = str(picture.figure["layout"]["annotations"]).replace("<br>", " ")
    assert f"{n_placed:,} of {len(made.records):,} records name a province" in notes
    head = "source_class,date,product,n_tested,n_nonconforming,evidence\n"
    bare = study(own_register(tmp_path, head + "monitoring,2026-01-31,lamp,1,0,R-1\n"))
    assert register_figures.register_map(bare) is None
