"""The notebooks of trees, rankings and doses, their pictures and the examples they start from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_process import IN_PROCESS
from shared import own

from riskkit.assessment.preferences.pairwise import priorities
from riskkit.assessment.preferences.ranking import topsis
from riskkit.assessment.trees.bayes_nets import posterior
from riskkit.assessment.trees.bow_ties import bow_tie, bow_tie_rates
from riskkit.assessment.trees.fault_tree_file import fault_tree
from riskkit.assessment.trees.fault_trees import gate_probabilities, importance, top_probability
from riskkit.assessment.verification import Counted, verify_reduction
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.distributions import best
from riskkit.foundation.shipped import example_path
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import plain
from riskkit.workbench.document.reading import Reading, read_notebook
from riskkit.workbench.reports.figures.tree_figure import MOST, bow_tie_picture, tree_picture, tree_rows
from riskkit.workbench.reports.methods import (
    dose_sections,
    example_files,
    information_sections,
    laboratory_sections,
    network_sections,
    ranking_sections,
    tree_sections,
)
from riskkit.workbench.reports.methods.example_files import example_names, open_experts
from riskkit.workbench.reports.methods.ranking_sections import decision_values
from riskkit.workbench.reports.response import examples
from riskkit.workbench.runs.folders.resources import CaseSource, notebook
from riskkit.workbench.runs.runner import run_notebook

NASTY = "<script>alert(1)</script>"
HAN = re.compile(r"[\u3400-\u9fff]")
NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)
PARTS = {
    "trees_and_networks": [
        "tree-summary", "fault-tree", "tree-cut-sets", "tree-importance", "drivers", "bow-tie", "bow-tie-rates",
        "network-states", "network-conflict", "network-values", "product-model",
    ],
    "rank_and_measure": [
        "ranking-values", "expert-weights", "all-weights", "ranks", "acceptability", "weight-changes",
        "fuzzy-grade", "round-scores", "capability", "before-after", "information", "house-numbers",
    ],
    "doses_and_drivers": ["doses", "dose-margins", "organ-index", "drivers"],
}  # fmt: skip
OPENERS: dict[str, Callable[[str], Any]] = {
    "feed-mercury-round": example_files.open_round,
    "jewellery-doses": example_files.open_doses,
    "note7-bow-tie": example_files.open_bow_tie,
    "note7-fault-tree": example_files.open_fault_tree,
    "note7-measures": example_files.open_ranking,
    "note7-network": example_files.open_network,
    "note7-product-model": example_files.open_product_model,
    "power-banks-2017-2025": example_files.open_history,
    "six-experts": open_experts,
}


def made(out: Path, name: str, lang: str, *, engine: str | None = IN_PROCESS, **changes: Any) -> Path:
    given = {"draws": 200} | changes
    run = run_notebook(notebook(name), NO_CASE, given, out=out, lang=lang, engine=engine)
    assert run.status == "done", run.error
    return run.folder


def shown(folder: Path, lang: str) -> Reading:
    return in_language(lang, read_notebook, nbformat.read(folder / "executed.ipynb", as_version=4))


def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "result.json").read_text(encoding="utf-8")))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PARTS)
def test_a_notebook_of_methods_makes_a_report(tmp_path: Path, name: str, lang: str) -> None:
    folder = made(tmp_path, name, lang, engine=None if lang == "zh" else IN_PROCESS)
    reading = shown(folder, lang)
    assert (reading.failures, reading.notes) == ((), ())
    assert [part.id for part in reading.parts if not hasattr(part, "traceback")] == PARTS[name]
    page = (folder / "report.html").read_text(encoding="utf-8")
    heads = re.findall(r"<(?:h[1-6]|caption|figcaption|th)\b[^>]*>(.*?)</", page, flags=re.DOTALL)
    assert heads
    if lang == "en":
        assert not any(HAN.search(one) for one in heads)
    else:
        assert all(HAN.search(one) for one in re.findall(r"<caption[^>]*>(.*?)</caption>", page, re.DOTALL))
    again = made(tmp_path / "again", name, lang)
    assert (again / "result.json").read_bytes() == (folder / "result.json").read_bytes()


@pytest.mark.slow
def test_numbers_of_the_trees_are_those_of_direct_calls(tmp_path: Path) -> None:
    found = record(made(tmp_path, "trees_and_networks", "en", failures=0, tests=0))
    tree = example_files.open_fault_tree("note7-fault-tree").content
    tie = example_files.open_bow_tie("note7-bow-tie").content
    case = example_files.open_network("note7-network").content
    assert found["fault_tree"]["p"] == pytest.approx(top_probability(tree), rel=1e-9)
    firsts = [row["event"] for row in found["fault_tree"]["importance"]]
    assert firsts == importance(tree)["event"].tolist()
    rates = bow_tie_rates(tie)
    assert found["bow_tie"]["rates_per_year"]["top"] == pytest.approx(float(rates.top), rel=1e-9)
    direct = posterior(case.net, case.evidence)["p"].tolist()
    assert [row["p"] for row in found["network"]["states"]] == pytest.approx(direct, rel=1e-9)
    assert found["product"]["with"] == found["product"]["without"], "no test leaves the product as it was"
    assert found["inputs"]["files"]["note7-network"] == example_files.open_network("note7-network").sha256


@pytest.mark.slow
def test_numbers_of_the_ranking_are_those_of_direct_calls(tmp_path: Path) -> None:
    found = record(made(tmp_path, "rank_and_measure", "zh"))
    asked = example_files.open_ranking("note7-measures").content
    values, is_cost = decision_values(asked), [one.is_cost for one in asked.criteria]
    first = priorities([list(row) for row in asked.experts[0].judgements])
    assert found["experts"]["expert_1"]["weights"] == pytest.approx(first.weights.tolist(), rel=1e-9)
    mixed = [row["mixed"] for row in found["weights"]]
    direct = topsis(values, mixed, is_cost=is_cost)
    assert [row["closeness"] for row in found["ranks"]] == pytest.approx(direct.closeness.tolist(), rel=1e-8)
    effect = verify_reduction(Counted(35, 99), Counted(74, 260))
    assert found["effect"]["difference_lo"] == pytest.approx(effect.difference_lo, rel=1e-9)
    case = own("iso_13528_annex_e.json")["scores"]
    printed = {row[0]: dict(zip(case["columns"], row, strict=True)) for row in case["rows"]}
    assert len(found["scores"]) == len(printed)
    for row in found["scores"]:
        for kind in ("z", "z_prime", "zeta", "en"):
            assert row[kind] == pytest.approx(printed[row["laboratory"]][kind], abs=0.005 + 1e-9)


def test_every_example_opens_and_says_what_its_numbers_rest_on() -> None:
    assert set(OPENERS) == set(example_names())
    readme = (example_path("any").parent / "README.md").read_text(encoding="utf-8")
    for name, opener in OPENERS.items():
        opened = opener(name)
        assert f"`{name}.toml`" in readme
        assert HAN.search(in_language("zh", opened.title)) and not HAN.search(opened.title())
        for place, entry in _entries(opened.data):
            assert entry["basis"] in ("fact", "judgement"), place
            assert entry["basis"] == "judgement" or entry.get("source"), (
                f"{name} {place}: a fact has a source"
            )
    tree = example_files.open_fault_tree("note7-fault-tree")
    assert {"fact", "judgement"} == {tree.entry("events", event.id)["basis"] for event in tree.content.events}


def _entries(data: Any, place: str = "") -> list[tuple[str, dict[str, Any]]]:
    if isinstance(data, list):
        return [one for i, part in enumerate(data) for one in _entries(part, f"{place}[{i}]")]
    if not isinstance(data, dict):
        return []
    inner = [one for key, part in data.items() for one in _entries(part, f"{place}.{key}")]
    return [(place, data), *inner] if "basis" in data else inner


@pytest.mark.parametrize("name", OPENERS)
def test_faults_of_a_file_are_told_at_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(example_path(name).read_text(encoding="utf-8"), encoding="utf-8")
    assert OPENERS[name](str(path)).name == "own.toml"
    text = "nonsense = 1\nmore = 2\n" + path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFaults) as told:
        OPENERS[name](str(path))
    assert len(told.value.faults) == 2
    for wrong in ("no-such", "../secret", "../secret.toml", ""):
        with pytest.raises(InputFaults):
            OPENERS[name](wrong)


def changed(tmp_path: Path, name: str, old: str, *, new: str) -> str:
    text = example_path(name).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_shapes_and_ids_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    wrong = (
        ("note7-measures", "figures = [0.90, 14, 900, 0.93]", "figures = [0.90, 14, 900]"),
        ("note7-measures", 'fuzzy_of = "recall_refund"', 'fuzzy_of = "nothing"'),
        ("note7-measures", "[0.7, 0.2, 0.1, 0.0], ", ""),
        ("note7-measures", 'id = "exchange"', 'id = "recall_refund"'),
        ("note7-measures", '["1", "3", "5", "2"], ', ""),
        ("power-banks-2017-2025", 'after = "national_2025"', 'after = "national_2030"'),
        ("power-banks-2017-2025", "n_nonconforming = 29", "n_nonconforming = 290"),
        ("note7-network", 'reports = "many"', "reports = 3"),
        ("note7-network", "lot_check = 0.2", "lot_check = -1"),
        ("note7-network", 'observe = [["lot_check"]', 'observe = ["lot_check"'),
        ("jewellery-doses", 'id = "dbp_mouthed"', 'id = "dehp_mouthed"'),
    )
    for name, old, new in wrong:
        with pytest.raises(InputFaults):
            OPENERS[name](changed(tmp_path, name, old, new=new))
    opened = example_files.open_doses("jewellery-doses")
    with pytest.raises(InputFaults, match="asked"):
        dose_sections.study_doses(opened, asked="none", draws=10, rng=np.random.default_rng(1))
    with pytest.raises(InputFaults, match="YYYY"):
        examples.parameter_day("tomorrow")


def test_a_dose_that_is_not_known_never_reads_as_safe() -> None:
    opened, rng = example_files.open_doses("jewellery-doses"), np.random.default_rng(1)
    found = dose_sections.study_doses(opened, asked="dehp_mouthed", draws=50, rng=rng, base=64)
    row = found.table.set_index("id").loc["dbp_mouthed"]
    assert np.isnan(row["dose"]) and np.isnan(row["hq"])
    margins = {cells[0]: cells for cells in dose_sections.dose_margins(found).blocks[0].rows}
    assert margins["DBP, not tested"][2] == "not known"
    organs = {cells[0]: cells for cells in dose_sections.organ_index(found).blocks[0].rows}
    assert organs["testis"][4] == "not known"


def test_one_dose_by_hand() -> None:
    opened, rng = example_files.open_doses("jewellery-doses"), np.random.default_rng(1)
    table = dose_sections.study_doses(
        opened, asked="dehp_mouthed", draws=50, rng=rng, base=64
    ).table.set_index("id")
    assert table.at["cd_swallowed", "dose"] == pytest.approx(20 / 15)
    assert table.at["cd_mouthed", "dose"] == pytest.approx(2.2 / 360 * 30 / 15)
    assert table.at["cd_swallowed", "hq"] == pytest.approx(20 / 15 / 0.011)
    assert table.at["dehp_mouthed", "moe"] == pytest.approx(5 / 0.01)


@st.composite
def trees(draw: st.DrawFn) -> Any:
    """A small tree whose gates name events and later gates, some of them twice."""
    n = draw(st.integers(1, 5))
    events = {f"e{i}": {"p": draw(st.integers(0, 10)) / 10} for i in range(5)}
    gates: dict[str, Any] = {}
    for i in range(n):
        own_events = draw(st.lists(st.sampled_from(sorted(events)), min_size=1, max_size=3, unique=True))
        later = [f"g{j}" for j in range(i + 1, n) if j == i + 1 or draw(st.booleans())]
        of, kind = [*own_events, *later], draw(st.sampled_from(["and", "or", "at_least", "not", "inhibit"]))
        if kind in ("not", "inhibit") and len(of) > 1:
            kind = "or"
        extra = {"k": draw(st.integers(1, len(of)))} if kind == "at_least" else {}
        extra |= {"condition": "e0"} if kind == "inhibit" else {}
        gates[f"g{i}"] = {"kind": kind, "of": of, **extra}
    used = {part for gate in gates.values() for part in (*gate["of"], gate.get("condition"))}
    return fault_tree({"gates": gates, "events": {k: v for k, v in events.items() if k in used}})


@given(trees())
def test_the_picture_of_a_tree_shows_every_part_and_its_probability(tree: Any) -> None:
    rows, picture = tree_rows(tree), tree_picture(tree)
    assert {row.item.id for row in rows} == {one.id for one in (*tree.gates, *tree.events)}
    known = {event.id: float(best(event.p)) for event in tree.events}
    found = gate_probabilities(tree)
    known |= dict(zip(found["gate"], found["p"], strict=True))
    assert all(row.p == known[row.item.id] for row in rows)
    assert [cells[0] for cells in picture.table.rows] == [row.number for row in rows]
    assert len({row.number for row in rows}) == len(rows)
    for row in rows:
        above = [one for one in rows if row.number.startswith(f"{one.number}.")]
        assert len(above) == row.layer
    for number, row in enumerate(rows):
        assert row.is_repeated == any(one.item.id == row.item.id for one in rows[:number])
    symbols = [one for one in picture.figure["layout"]["shapes"] if "yanchor" in one]
    assert len(symbols) == min(len(rows), MOST)
    assert figure(float(top_probability(tree))) in picture.alt


def test_each_kind_of_gate_has_its_own_symbol_and_its_own_word() -> None:
    from riskkit.workbench.reports.figures.tree_figure import _SYMBOLS

    kinds = [kind for kind in _SYMBOLS if kind != "at_least"]
    assert len({_SYMBOLS[kind] for kind in kinds}) == len(kinds), "at_least has the OR outline with k/n in it"
    for lang in ("zh", "en"):
        words = [say[f"gate_{kind}"][lang] for kind in _SYMBOLS]
        assert len(set(words)) == len(words)
    picture = in_language("zh", tree_picture, example_files.open_fault_tree("note7-fault-tree").content)
    texts = [one["text"] for one in picture.figure["layout"]["annotations"]]
    assert "2/3" in texts and any("表决门（3 取 2）" in text for text in texts)


def test_a_large_tree_is_drawn_in_part_and_listed_whole() -> None:
    n = 200
    events = {f"e{i}": {"p": 0.001} for i in range(n)}
    tree = fault_tree({"gates": {"t": {"kind": "or", "of": list(events)}}, "events": events})
    picture = tree_picture(tree)
    symbols = [one for one in picture.figure["layout"]["shapes"] if "yanchor" in one]
    assert len(symbols) == MOST and len(picture.table.rows) == n + 1
    assert any(f"{MOST} of {n + 1}" in one["text"] for one in picture.figure["layout"]["annotations"])


def test_pictures_say_the_same_in_both_languages_and_show_markup_as_text() -> None:
    tie = bow_tie(
        {
            "title": {"zh": NASTY, "en": NASTY},
            "threats": {"t": {"rate": 2, "barriers": ["b"], "title": {"zh": NASTY, "en": NASTY}}},
            "barriers": {"b": {"p_fails": 0.5, "title": {"zh": NASTY, "en": NASTY}}},
            "consequences": {"c": {"p": 0.25, "barriers": ["b"], "title": {"zh": NASTY, "en": NASTY}}},
        }
    )
    tree = fault_tree(
        {
            "gates": {"t": {"kind": "or", "of": ["a"], "title": {"zh": NASTY, "en": NASTY}}},
            "events": {"a": {"p": 0.1, "title": {"zh": NASTY, "en": NASTY}}},
        }
    )
    for draw in (
        lambda lang: in_language(lang, bow_tie_picture, tie),
        lambda lang: in_language(lang, tree_picture, tree),
    ):
        zh, en = draw("zh"), draw("en")
        assert len(zh.table.rows) == len(en.table.rows) and zh.alt != en.alt and zh.id == en.id
        assert len(zh.figure["layout"]["shapes"]) == len(en.figure["layout"]["shapes"])
        for picture in (zh, en):
            assert not any("<script" in one["text"] for one in picture.figure["layout"]["annotations"])


def test_the_bow_tie_draws_each_barrier_where_it_stands() -> None:
    tie = example_files.open_bow_tie("note7-bow-tie").content
    picture = bow_tie_picture(tie)
    stands = [barrier for lane in (*tie.threats, *tie.consequences) for barrier in lane.barriers]
    drawn = [one for one in picture.figure["layout"]["annotations"] if one["font"]["size"] == 9]
    numbers = {barrier.id: str(n) for n, barrier in enumerate(tie.barriers, start=1)}
    assert [one["text"] for one in drawn] == [numbers[id_] for id_ in stands]
    assert len(picture.table.rows) == len(tie.threats) * len(tie.consequences)
    handed = bow_tie({"consequences": {"c": {"p": 0.25}}})
    assert "2.5" in bow_tie_picture(handed, top_rate=10).alt


def test_every_result_says_how_to_check_it() -> None:
    day, rng = examples.parameter_day("2026-06-01"), np.random.default_rng(1)
    tree = tree_sections.study_tree(
        example_files.open_fault_tree("note7-fault-tree"), draws=50, rng=rng, base=64
    )
    net = network_sections.study_network(example_files.open_network("note7-network"))
    ranked = ranking_sections.study_ranking(example_files.open_ranking("note7-measures"), draws=50, rng=rng)
    heard = information_sections.study_history(example_files.open_history("power-banks-2017-2025"), on=day)
    tested = laboratory_sections.study_round(example_files.open_round("feed-mercury-round"), on=day)
    for lang in ("zh", "en"):
        for part in (
            in_language(lang, tree_sections.tree_summary, tree),
            in_language(lang, tree_sections.tree_cut_sets, tree),
            in_language(lang, tree_sections.tree_importance, tree),
            in_language(lang, tree_sections.tree_drivers, tree),
            in_language(lang, network_sections.network_states, net),
            in_language(lang, network_sections.network_conflict, net),
            in_language(lang, network_sections.network_values, net),
            in_language(lang, ranking_sections.expert_weights, ranked),
            in_language(lang, ranking_sections.all_weights, ranked),
            in_language(lang, ranking_sections.ranks_table, ranked),
            in_language(lang, ranking_sections.acceptability_table, ranked),
            in_language(lang, ranking_sections.weight_changes, ranked),
            in_language(lang, ranking_sections.fuzzy_grade, ranked),
            in_language(lang, laboratory_sections.round_scores, tested),
            in_language(lang, laboratory_sections.capability_section, tested),
            in_language(lang, information_sections.before_after, heard),
            in_language(lang, information_sections.information_section, heard),
        ):
            assert part is not None
            told = [block for block in part.blocks if block.kind == "details"]
            assert len(told) == 1 and len(told[0].blocks) == 3, part.id
            assert all(plain(block).strip() for block in told[0].blocks)


def test_findings_that_conflict_are_told(tmp_path: Path) -> None:
    name = changed(tmp_path, "note7-network", 'teardown = "corner_bent"', new='teardown = "nothing"')
    found = network_sections.study_network(example_files.open_network(name))
    assert found.conflict.value > 0
    section = network_sections.network_conflict(found)
    assert "conflict" in plain(section.blocks[0]) and "agree" not in plain(section.blocks[0])
    agreed = network_sections.network_conflict(
        network_sections.study_network(example_files.open_network("note7-network"))
    )
    assert "agree" in plain(agreed.blocks[0])


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_reads_back_to_three_figures(value: float) -> None:
    text = figure(value).replace("−", "-").replace(",", "")
    marks = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    front, _, power = text.partition("×10")
    read = float(f"{front}e{power.translate(marks)}") if power else float(front)
    assert read == pytest.approx(value, rel=5.1e-3, abs=1e-300)
