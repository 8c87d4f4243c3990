"""The what-if report: shipped files, numbers as direct calls give them, both languages, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
import re
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from in_process import IN_PROCESS
from scipy.stats import poisson
from shared import TESTS

from riskkit.assessment.sensitivity.robustness import level_shares
from riskkit.assessment.what_if.harm import harm_draws
from riskkit.assessment.what_if.level_information import loss_table, value_of_knowing
from riskkit.assessment.what_if.sample_information import outcome_chances, value_of_testing
from riskkit.assessment.what_if.what_if_file import apply, load_what_ifs, parse_what_ifs
from riskkit.case import case_inputs, case_levels
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.case.what_if_effects import changed_draws, effects_table
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.shipped import home, what_ifs_path
from riskkit.foundation.standards.scales import scale
from riskkit.warning.profiles import profile
from riskkit.words.numbers import amount
from riskkit.workbench.boards.what_if.inputs import UNKNOWN
from riskkit.workbench.boards.what_if.measures import harm_words, severe_harm
from riskkit.workbench.boards.what_if.panel import WhatIf as Panel
from riskkit.workbench.commands import cli
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.reports.what_if import analysis, sections
from riskkit.workbench.reports.what_if.analysis import leading_inputs
from riskkit.workbench.reports.what_if.sections import what_ifs_compared
from riskkit.workbench.reports.what_if.study import WhatIfStudy, harm_bands, studied, study_case
from riskkit.workbench.runs.batch import Request
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.index import Entry, index_html
from riskkit.workbench.runs.planning import Wishes, demo_requests, plan_request

CASES = TESTS / "cases"
PLANNED = sorted(path.stem for path in (home() / "data" / "what_ifs").glob("*.toml"))
NOTE7, PAPER = "note7-battery-2016", "us-waste-paper-2018"
DRAWS, SEED = 600, 7
HAN = re.compile(r"[\u3400-\u9fff]")
SECTIONS = {
    "what-if-case",
    "what-ifs",
    "what-if-levels",
    "what-if-sensitivity",
    "what-if-drivers",
    "what-if-information",
    "what-if-convergence",
    "what-if-running",
    "what-if-limits",
}


def planned_of(name: str) -> Any:
    return load_what_ifs(str(what_ifs_path(name)), load_case(name))


@cache
def study_of(name: str, **more: Any) -> WhatIfStudy:
    given = {"profile": profile(), "draws": DRAWS, "seed": SEED} | more
    found = study_case(load_case(name), planned_of(name), **given)
    assert isinstance(found, WhatIfStudy)
    return found


# The shipped files


def test_shipped_what_ifs_cover_all_classes_of_hazard_and_both_directions() -> None:
    cases = [load_case(name) for name in PLANNED]
    assert len(cases) >= 6
    assert {kind for case in cases for kind in case.hazard_classes()} == {
        "biological",
        "chemical",
        "environmental",
        "health",
        "physical",
    }
    assert {case.direction for case in cases} >= {"import", "export"}
    kinds = {one.kind for name in PLANNED for one in planned_of(name).what_ifs}
    assert kinds == {*_kinds()}


def _kinds() -> list[str]:
    from riskkit.foundation.standards.glossary import codes

    return list(codes("what_if"))


@pytest.mark.parametrize("name", PLANNED)
def test_a_measure_never_raises_harm_or_level_unless_it_is_no_measure(name: str) -> None:
    case, found = load_case(name), study_of(name, draws=300)
    x = case_inputs.draw_inputs(case, 300, rng=np.random.default_rng(SEED))
    units = {"units_on_market": np.ones(1)}
    before = harm_draws(case, x | units)
    order = scale("warning").codes
    for one in found.effects[1:]:
        assert one.what_if is not None
        if one.what_if.kind == "other_measure" and "raises" in one.what_if.title.en:
            assert (one.avoided["mean"] <= 0).all()
            continue
        after = changed_draws(x, one.what_if, draws=300, rng=np.random.default_rng(1))
        assert (harm_draws(apply(case, one.what_if), after | units) <= before + 1e-15).all()
        assert (one.avoided["mean"] >= -1e-12).all()
        for end in ("level", "level_hi", "best", "best_hi"):
            assert order.index(getattr(one.badge, end)) <= order.index(getattr(found.effects[0].badge, end))
        assert order.index(one.worst) <= order.index(found.effects[0].worst)


@pytest.mark.parametrize("name", PLANNED)
def test_every_planned_test_and_change_has_its_reason_in_both_languages(name: str) -> None:
    found = planned_of(name)
    assert found.tests
    texts = [one.reason for one in found.tests] + [c.reason for one in found.what_ifs for c in one.changes]
    texts += [one.title for one in (*found.tests, *found.what_ifs)]
    assert all(HAN.search(text.zh) and not HAN.search(text.en) for text in texts)


# The study against direct calls


@pytest.fixture(scope="module")
def study() -> WhatIfStudy:
    return study_of(NOTE7)


def test_the_case_as_it_is_is_the_assessment(study: WhatIfStudy) -> None:
    direct = assess(load_case(NOTE7), rng=np.random.default_rng(SEED), draws=DRAWS)
    assert study.effects[0].shares.equals(direct.shares)
    assert study.effects[0].badge == direct.badge


def test_before_and_after_are_what_the_changed_draws_give(study: WhatIfStudy) -> None:
    case, first = load_case(NOTE7), study.effects[1]
    assert first.what_if is not None
    x = case_inputs.draw_inputs(case, DRAWS, rng=np.random.default_rng(SEED))
    rng = np.random.default_rng([SEED, 1])
    moved = changed_draws(x, first.what_if, draws=DRAWS, rng=rng)
    out = case_levels.evaluate(apply(case, first.what_if), moved, profile=profile())
    shares = level_shares(out.lo, out.hi)
    assert first.shares.to_numpy() == pytest.approx(shares.to_numpy())
    harm = harm_draws(apply(case, first.what_if), moved)
    assert first.harm["mean"].to_numpy() == pytest.approx(harm.mean(axis=1))


def test_the_value_of_a_test_is_that_of_the_direct_call_and_in_order(study: WhatIfStudy) -> None:
    case = load_case(NOTE7)
    x = case_inputs.draw_inputs(case, DRAWS, rng=np.random.default_rng(SEED))
    ranks = case_levels.evaluate(case, x, profile=profile()).hi
    cost = loss_table().T[ranks - 1]
    one = next(test for test in planned_of(NOTE7).tests if test.id == "cell-dissection")
    chances = outcome_chances(x[one.input], likelihood="binomial", n=one.n)
    assert study.tests is not None
    row = study.tests.table.loc[one.id]
    assert row["evsi"] == pytest.approx(value_of_testing(chances, cost).value)
    assert row["evppi"] == pytest.approx(value_of_knowing(x[one.input], cost).value)
    for name in PLANNED:
        worth = study_of(name).tests
        assert worth is not None
        table = worth.table
        assert (table["evsi"] <= table["evppi"] + 1e-9).all()
        assert (table["evppi"] <= worth.loss + 1e-9).all()
        assert (table["evsi"] >= 0).all()


def test_the_same_seed_gives_the_same_record_and_another_one_another() -> None:
    first, again, other = (study_of.__wrapped__(PAPER, seed=seed) for seed in (1, 1, 2))
    texts = [
        json.dumps(sections.publish_what_ifs(one, seed=1, case_sha256="").record["what_if"])
        for one in (first, again, other)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_what_is_certain_leaves_chance_alone(tmp_path: Path) -> None:
    """The kettle: 20,000 units at 1/2,000, so Poisson of 10, and nothing more to know."""
    bands, share, units = harm_bands(load_case(CASES / "kettle.toml"), rng=np.random.default_rng(1))
    assert (units, share) == (20000.0, 0.0)
    assert bands.loc["mean", "median"] == pytest.approx(10, abs=0.5)
    expected = poisson.ppf([0.05, 0.5, 0.95], 10)
    assert bands["median"].to_numpy()[:3] == pytest.approx(expected, abs=1)
    assert (bands["lo"] == bands["hi"]).all()


def test_more_knowledge_is_most_of_the_variance_where_units_are_many() -> None:
    _, share, units = harm_bands(load_case(PAPER), rng=np.random.default_rng(1))
    assert 0.9 < share < 1
    assert units == 100_000  # none on the market: the reference number


def test_a_case_without_uncertainty_or_file_is_still_shown() -> None:
    found = study_case(load_case(CASES / "kettle.toml"), None, profile=profile(), draws=50, seed=1)
    assert isinstance(found, WhatIfStudy)
    assert found.screening.empty and found.tests is None
    for lang in ("zh", "en"):
        parts = [
            sections.what_if_case,
            *(part for name, part in vars(analysis).items() if name.startswith("what_if")),
        ]
        shown = [in_language(lang, part, found) for part in parts]
        assert sum(part is None for part in shown) == 2  # no picture of levels, none of drivers
        assert "nan" not in " ".join(str(part) for part in shown if part is not None).lower()


# The notebook


def made(out: Path, case: str, lang: str, **given: Any) -> Path:
    from riskkit.workbench.runs.runner import run_notebook

    told = {"draws": DRAWS, "seed": SEED} | given
    engine = None if (case, lang) == (NOTE7, "zh") else IN_PROCESS
    source = resources.find_case(case)
    run = run_notebook(resources.notebook("what_if"), source, told, out=out, lang=lang, engine=engine)
    assert run.status == "done", run.error
    return run.folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("reports")
    return {
        f"{case}.{lang}": made(out / lang, case, lang) for case in (NOTE7, PAPER) for lang in ("zh", "en")
    }


@pytest.mark.slow
@pytest.mark.parametrize("case", [NOTE7, PAPER])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_the_report_in_both_languages(
    folders: dict[str, Path], case: str, lang: str
) -> None:
    folder = folders[f"{case}.{lang}"]
    reading = in_language(lang, read_notebook, nbformat.read(folder / "executed.ipynb", as_version=4))
    assert (reading.failures, reading.notes) == ((), ())
    ids = {part.id for part in reading.parts if not hasattr(part, "traceback")}
    assert ids >= SECTIONS | {"summary", "sources", "method", "reproduction"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    heads = re.findall(r"<(?:h[1-6]|th|caption|figcaption)\b[^>]*>(.*?)</", page, flags=re.DOTALL)
    assert heads and (lang == "zh" or not any(HAN.search(head) for head in heads))


@pytest.mark.slow
@pytest.mark.parametrize("case", [NOTE7, PAPER])
def test_the_result_is_what_direct_calls_give_in_either_language(folders: dict[str, Path], case: str) -> None:
    raw = [(folders[f"{case}.{lang}"] / "result.json").read_bytes() for lang in ("zh", "en")]
    assert raw[0] == raw[1]
    direct = study_of(case)
    found = json.loads(raw[0])["what_if"]
    table = effects_table(direct.effects)
    assert [row["what_if"] for row in found["effects"]] == table.index.tolist()
    for row in found["effects"]:
        assert row["p_Ⅲ"] == pytest.approx(table.at[row["what_if"], "p_Ⅲ"])
        assert row["harm_3"] == pytest.approx(table.at[row["what_if"], "harm_3"])
    assert direct.tests is not None
    assert {row["test"]: row["evsi"] for row in found["tests"]} == pytest.approx(
        direct.tests.table["evsi"].to_dict()
    )
    assert found["evpi"] == pytest.approx(direct.information.loss)


@pytest.mark.slow
def test_the_page_says_the_numbers_of_the_result(folders: dict[str, Path]) -> None:
    page = (folders[f"{NOTE7}.en"] / "report.html").read_text(encoding="utf-8")
    found = json.loads((folders[f"{NOTE7}.en"] / "result.json").read_bytes())["what_if"]
    for row in found["effects"]:
        assert amount(row["harm_3"]) in page
    for row in found["tests"]:
        assert amount(row["evsi"]) in page


@pytest.mark.slow
def test_a_food_case_is_handed_over(tmp_path: Path) -> None:
    folder = made(tmp_path, "melamine-milk-2008", "en")
    reading = read_notebook(nbformat.read(folder / "executed.ipynb", as_version=4))
    ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
    assert "handover" in ids and not set(ids) & SECTIONS
    assert json.loads((folder / "result.json").read_bytes())["what_if"] is None


def test_the_sections_show_each_what_if_and_escape_nothing_themselves() -> None:
    section = in_language("zh", what_ifs_compared, studied())
    assert section is not None
    words = str(section)
    for one in studied().effects[1:]:
        assert one.what_if is not None and one.what_if.title.zh in words
    assert len(leading_inputs(studied())) == 8


# Commands


def test_the_shipped_file_goes_with_the_run_and_a_bad_one_is_refused_with_all_faults(tmp_path: Path) -> None:
    wishes = Wishes(tmp_path, "zh", notebook="what_if", folder=tmp_path)
    plan = plan_request(Request("", NOTE7, {}), wishes)
    assert plan.parameters["what_ifs"] == "what-ifs.toml"
    assert plan.input_files["what-ifs.toml"] == what_ifs_path(NOTE7).read_bytes()
    none = plan_request(Request("", "magnet-sets-2012", {}), wishes)
    assert none.parameters["what_ifs"] == "" and len(none.input_files) == 1
    text = what_ifs_path(NOTE7).read_text(encoding="utf-8")
    bad = text.replace('"night_fire.p2"', '"night_fire.p9"').replace("n = 2000", "n = 2000\nspread = 3.0")
    (tmp_path / "bad.toml").write_text(
        bad.replace('id = "charge-limit"', 'id = "formal-recall"'), encoding="utf-8"
    )
    with pytest.raises(InputFaults) as caught:
        plan_request(Request("", NOTE7, {"what_ifs": "bad.toml"}), wishes)
    assert len(caught.value.faults) == 4
    for strange in ("no.toml", "../bad.toml", "bad", 3):
        with pytest.raises(InputFaults):
            plan_request(Request("", NOTE7, {"what_ifs": strange}), wishes)


def test_the_command_tells_the_faults_of_a_file_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = what_ifs_path(NOTE7).read_text(encoding="utf-8").replace('"night_fire.p1"', '"n_reports"')
    Path("own.toml").write_text(text, encoding="utf-8")
    told = ["assess", NOTE7, "--notebook", "what_if", "-p", "what_ifs=own.toml", "--lang", "zh"]
    assert cli.main(told) == 2
    assert "案例中不确定的一步或事实" in capsys.readouterr().err


def test_the_demo_asks_for_the_what_ifs_of_every_case_that_has_a_file() -> None:
    asked = [
        (one.case, one.given["lang"]) for one in demo_requests(("zh", "en")) if one.notebook == "what_if"
    ]
    assert sorted(asked) == sorted((name, lang) for name in PLANNED for lang in ("zh", "en"))


def test_the_index_links_the_further_reports_of_a_case() -> None:
    entry = Entry(
        {"case": {"id": "a", "title": {"zh": "甲", "en": "A"}}},
        {"zh": "zh/a/assess_case/report.html"},
        more={"What <if>": {"zh": "zh/a/what_if/report.html", "en": "en/a/what_if/report.html"}},
    )
    page = index_html([entry])
    assert page.count('class="card"') == 1
    assert 'href="en/a/what_if/report.html"' in page and "What &lt;if&gt;" in page
    with pytest.raises(InputFaults):
        index_html([Entry(entry.result, {}, more={"x": {"zh": "https://x"}})])


# The panel


@pytest.fixture
def panel() -> Panel:
    return Panel(NOTE7, profile="house_matrix", draws=200, seed=1)


def test_a_shipped_measure_can_be_loaded_and_taken_back(panel: Panel) -> None:
    before = panel.seen.shares.copy()
    panel.measure.value = "charge-limit"
    assert panel.case.id == f"{NOTE7}--charge-limit"
    assert "System update" in panel.made.value and "times" in panel.made.value
    assert panel.seen.shares.loc["Ⅰ", "certain"] < before.loc["Ⅰ", "certain"]
    panel.set({"n_ports": 5})
    assert panel.case.facts["n_ports"].basis == "judgement" and "--charge-limit" in panel.case.id
    panel.reset()
    assert panel.seen.shares.equals(before) and panel.made.value == ""


def test_kept_scenarios_are_written_as_a_file_of_what_ifs_that_does_the_same(panel: Panel) -> None:
    assert panel.what_ifs.value == ""
    panel.measure.value = "formal-recall"
    panel.keep()
    panel.measure.value = ""
    panel.set({"n_ports": 5, "night_fire.p1": 70, "burn_on_body.severity": 2, "days_to_act": UNKNOWN})
    panel.name.value = 'by hand "<b>"'
    panel.keep()
    case = load_case(NOTE7)
    found = parse_what_ifs(parse_toml(panel.what_ifs.value.encode(), "x.toml"), case).what_ifs
    assert [one.kind for one in found] == ["partial_recall", "other_measure"]
    assert found[0].changes == panel.measures["formal-recall"].changes
    after = apply(case, found[1])
    assert {change.input for change in found[1].changes} == {
        "n_ports",
        "night_fire.p1",
        "burn_on_body.severity",
    }
    assert after.facts["n_ports"].value == panel.case.facts["n_ports"].value
    steps = [one.scenarios[1].steps[0].p for one in (after, panel.case)]
    assert steps[0] == steps[1]
    assert "Measure taken: Formal recall" in panel.side.value


def test_a_case_without_a_file_has_no_measures_to_load() -> None:
    panel = in_language("zh", Panel, "magnet-sets-2012", profile="house_matrix", draws=50, seed=1)
    assert panel.measures == {} and len(panel.measure.options) == 1
    panel.set({"n_ports": 3})
    assert panel.case.facts["n_ports"].value.value == Fraction(3)  # type: ignore[union-attr]


# Words


def test_amounts_are_short_and_missing_ones_are_a_dash() -> None:
    assert [amount(v) for v in (0.0, 99.95, 1e9, float("inf"))] == ["0", "100", "1,000,000,000", "—"]
    assert isinstance(studied().regional, pd.DataFrame)


def test_a_recall_is_not_the_same_as_doing_nothing() -> None:
    panel = Panel(NOTE7, profile="house_matrix", draws=2000, seed=1)
    assert "do not change this" in panel.harm.value and "Cost" not in panel.harm.value
    panel.measure.value = "formal-recall"
    panel.settle()
    now, nothing = severe_harm(panel.case, draws=2000, seed=1), panel.harm_before
    assert 0 < now < nothing
    case = load_case(NOTE7)
    drawn = case_inputs.draw_inputs(case, 2000, rng=np.random.default_rng(1))
    assert nothing == pytest.approx(harm_draws(case, drawn)[2:].mean(axis=1).sum())
    assert f"spare {amount(nothing - now)}" in panel.harm.value and "Cost: about" in panel.harm.value
    panel.set({"n_ports": 0})
    panel.settle()
    assert "The cost has not been estimated" in panel.harm.value


def test_what_was_set_is_undone_and_done_again() -> None:
    panel = Panel(NOTE7, profile="house_matrix", draws=50, seed=1)
    states = [({}, ""), ({"n_ports": 1}, ""), ({"n_ports": 1}, "formal-recall"), ({}, "formal-recall")]
    for positions, measure in states[1:]:
        panel.set(positions)
        panel.measure.value = measure
        panel.settle()
    seen = [panel.case]
    for _ in range(5):  # two more than there are steps
        panel.go(-1)
        seen.append(panel.case)
    assert panel.undo_button.disabled and panel.case == panel.original
    for positions, measure in states[1:]:
        panel.go(1)
        assert (dict(panel.inputs.positions), panel.measure.value) == (positions, measure)
    assert panel.redo_button.disabled and panel.case == seen[0]
    panel.go(-1)
    panel.set({"n_ports": 0})
    panel.settle()
    assert panel.redo_button.disabled and not panel.undo_button.disabled


def test_a_file_of_what_ifs_is_exported_and_taken_back_and_faults_are_said() -> None:
    panel = Panel(NOTE7, profile="house_matrix", draws=50, seed=1)
    panel.set({"n_ports": 0})
    panel.name.value = "one port"
    panel.keep()
    assert 'download="note7-battery-2016-what-ifs.toml"' in panel.take_what_ifs.value
    text = panel.what_ifs.value.encode()
    other = Panel(NOTE7, profile="house_matrix", draws=50, seed=1)
    chosen = {
        "name": "mine.toml",
        "type": "",
        "size": len(text),
        "content": memoryview(text),
        "last_modified": dt.datetime.now(dt.UTC),
    }
    other.chosen.value = (chosen,)
    assert other.measure.value == "kept-1" and "Imported mine.toml: 1 measure." in other.told.value
    other.settle()
    assert other.case.facts["n_ports"].value == panel.case.facts["n_ports"].value
    wrong = b"schema = 1\n<b>"
    other.chosen.value = (chosen | {"content": memoryview(wrong), "size": len(wrong), "name": "bad<b>.toml"},)
    assert "bad&lt;b&gt;.toml" in other.told.value and other.measure.value == "kept-1"


def test_without_the_number_of_units_no_harm_is_counted() -> None:
    unknown = harm_words(float("nan"), 1.0, cost="")
    assert (unknown["rows"], unknown["told"]) == ([], "") and "not known" in unknown["empty"]
    told = in_language("zh", harm_words, 18.0, 6.0, cost="成本未估计。")["told"]
    assert told == "不采取措施时预期 18 人受到重度伤害，当前设定避免其中 12 人，余 6 人。 成本未估计。"
    assert "2 more" in harm_words(4.0, 6.0, cost="")["told"]
    assert "do not change" in harm_words(0.0, 0.0, cost="")["told"]
