"""The sections of a report: complete in both languages, escaped, and saying what the assessment says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from assessed import FIRM, FOOD, RANGE, SEED, SETTLED, assessed, changed, graded, tables_of, texts_of

from riskkit.case.case import Assessment
from riskkit.case.comparison.methods import compare_methods
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.profiles import profile_names
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import percent
from riskkit.workbench.document.block_kinds import Badge, Details, Items, Paragraph, Table
from riskkit.workbench.document.blocks import RESULT_MIME, Section
from riskkit.workbench.reports.brief import brief, decision
from riskkit.workbench.reports.case import basis, compare, evidence, levels, opening, summary
from riskkit.workbench.reports.case.citations import cite, cite_standard, source_table, standard_sources
from riskkit.workbench.reports.case.words import level_words
from riskkit.workbench.reports.figures import compare_figure, grid_figure, level_figures, step_figure
from riskkit.workbench.runs.result import result_record

HAN = re.compile(r"[\u3400-\u9fff]+")
PLACE = re.compile(r"\{(\w+)\}")
GRADED_ONLY = ("basis", "changes", "drivers", "levels", "profiles", "rules", "scenarios", "house_numbers")
ANY = (
    "brief",
    "brief_decision",
    "summary",
    "facts",
    "presumption",
    "actions",
    "open_points",
    "questions",
    "sources",
    "method",
)
COMPARED = ("agreement", "method_findings", "cards", "case_ranking")
CASES = tuple(sorted(path.stem for path in (shipped.home() / "data" / "cases").glob("*.toml")))


OF_A_CASE = (
    compare_figure.experience_picture,
    grid_figure.risk_grid,
    level_figures.level_chances,
    level_figures.profile_levels,
    level_figures.tornado,
    step_figure.step_chart,
)
PARTS = {name: part for module in (brief, decision, basis, compare, evidence, levels, summary)
         for name, part in vars(module).items()}  # fmt: skip


def section(name: str, assessment: Assessment, lang: str = "en") -> Section:
    found = in_language(lang, PARTS[name], assessment)
    assert isinstance(found, Section)
    return found


def report(assessment: Assessment, lang: str) -> list[Any]:
    """Everything a report shows, in no special order."""
    parts = [in_language(lang, PARTS[name], assessment) for name in (*ANY, *GRADED_ONLY, "handover")]
    parts += [in_language(lang, part, assessment) for part in OF_A_CASE]
    compared = compare_methods(assessment)
    parts += [
        in_language(lang, compare.methods_compared, compared),
        in_language(lang, compare_figure.method_actions, compared),
    ]
    parts += [in_language(lang, PARTS[name], compared) for name in COMPARED]
    parts.append(in_language(lang, summary.provenance, assessment, seed=SEED, case_sha256="ab" * 32))
    return [part for part in parts if part is not None]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("case", CASES)
def test_every_shipped_case_makes_a_report_in_both_languages(case: str, lang: str) -> None:
    a = assessed(case)
    words = [one for part in report(a, lang) for one in texts_of(part)]
    assert not any("nan" in re.findall(r"[a-z]+", one) or one == "None" or "{" in one for one in words)
    if lang == "en":
        allowed = _proper(a)
        strange = {run for one in words for run in HAN.findall(one) if run not in allowed}
        assert strange == set()


def _proper(assessment: Assessment) -> str:
    """Names, documents and clauses that stand in the language of their source."""
    case = assessment.case
    names = [case.product.brand, case.product.maker, case.product.importer]
    names += [firm.name for firm in case.operators]
    names += [source.document for source in case.sources]
    names += [str(standards.source(name)["document"]) for name in standard_sources(assessment)]
    tables = [standards.table(name) for name in ("grade_rules", "profile_cells", "routes", "method_cards")]
    names += [locator for table in tables for locator in table["locator"]]
    return " ".join(filter(None, names)) + " 二（三）8"


def test_ids_are_unique_within_a_report() -> None:
    ids = [part.id for part in report(assessed(RANGE), "zh")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", [*GRADED_ONLY])
def test_food_is_handed_over_and_nothing_of_it_is_graded(name: str) -> None:
    assert in_language("zh", PARTS[name], assessed(FOOD)) is None


def test_the_hand_over_note_says_ground_and_receiver() -> None:
    a = assessed(FOOD)
    note = section("handover", a)
    words = " ".join(texts_of(note))
    for name in ("sc_2017_43", "food_accident_plan", "food_safety_law"):
        assert cite_standard(a, name) in words
    assert "customs" in words and "health administration" in words
    levels = "|".join(re.escape(one) for one in scale("warning").symbols)
    assert not re.search(levels, " ".join(one for part in report(a, "en") for one in texts_of(part)))
    assert summary.handover(assessed(FIRM)) is None


@pytest.mark.parametrize("case", [FIRM, SETTLED, RANGE])
def test_the_level_is_the_same_wherever_it_stands(case: str) -> None:
    a = assessed(case)
    record = opening.publish(a, seed=SEED, case_sha256="x").record
    assert (record["warning"]["lo"], record["warning"]["hi"]) == (a.lo, a.hi)
    badge = a.badge
    assert badge is not None
    badges = [block.code for block in section("summary", a).blocks if isinstance(block, Badge)]
    assert badges == list(dict.fromkeys((badge.level, badge.level_hi)))
    assert (badge.best, badge.best_hi) == (a.lo, a.hi)
    best = list(dict.fromkeys((a.lo, a.hi)))
    results = [block.items[-1] for block in section("basis", a).blocks if isinstance(block, Items)]
    of = scale("warning")
    assert [
        line.split()[-len(of.word(code).split()) - 1] for line, code in zip(results, best, strict=True)
    ] == best
    picture = level_figures.profile_levels(a)
    assert picture is not None
    drawn = {of.codes[x - 1] for x in picture.figure["data"][0]["x"]}
    assert drawn == {badge.level, badge.level_hi}


@pytest.mark.parametrize("case", [case.id for case in graded()])
@pytest.mark.parametrize("profile", ["house_matrix", "house_three_factors"])
def test_the_way_from_grades_to_level_ends_at_the_level(case: str, profile: str) -> None:
    a = assessed(case, profile)
    ways = [block.items for block in section("basis", a, "zh").blocks if isinstance(block, Items)]
    of = scale("warning")
    for way in ways:
        reached = [code for line in way[:-1] for code in of.codes if f"{of.symbol(code)} {code}" in line]
        assert not reached or f"{of.symbol(reached[-1])} {reached[-1]}" in way[-1]


def test_a_range_says_which_facts_it_hangs_on() -> None:
    a = assessed(RANGE)
    cautions = [
        b.text for b in section("summary", a).blocks if isinstance(b, Paragraph) and b.role == "caution"
    ]
    assert len(cautions) == 3  # the range, what experience asks, the profile
    names = [standards.facts()[name].en for name in a.missing]
    assert names and all(name in cautions[0] for name in names)
    assert all(name in " ".join(texts_of(section("open_points", a))) for name in names)


def test_the_profile_is_called_ours_in_summary_and_method() -> None:
    a = assessed(FIRM)
    for name in ("summary", "method"):
        told = [
            b.text for b in section(name, a, "zh").blocks if isinstance(b, Paragraph) and b.role == "caution"
        ]
        assert any("不是官方标准" in words and a.profile.zh in words for words in told)


def test_every_fired_rule_stands_in_the_trace_with_its_source() -> None:
    a = assessed(FIRM)
    table = tables_of(section("rules", a))[0]
    fired = a.reasons[a.reasons["state"] == "fired"]
    rows = {row[1]: row for row in table.rows}
    for rule in fired.to_dict("records"):
        row = rows[rule["rule"]]
        assert row[4] == "fired"
        assert str(row[6]).startswith("[")
    hidden = [block for block in section("rules", a).blocks if isinstance(block, Details)]
    assert len(table.rows) + len(hidden[0].blocks[0].rows) == len(a.reasons)  # type: ignore[union-attr]


def test_every_house_row_is_footnoted() -> None:
    a = assessed(FIRM)
    table = tables_of(section("house_numbers", a))[0]
    assert [row[0] for row in table.rows] == [f"H{i}" for i in range(1, len(a.house_rows) + 1)]
    assert [row[3] for row in table.rows] == a.house_rows["en"].tolist()


def test_each_scenario_has_its_steps_with_basis_and_sources() -> None:
    a = assessed(FIRM)
    tables = tables_of(section("scenarios", a))
    assert len(tables[0].rows) == len(a.case.scenarios)
    for scenario, table in zip(a.case.scenarios, tables[1:], strict=True):
        assert scenario.title.en in table.caption
        assert [row[0] for row in table.rows] == [
            f"{j}. {s.text.en}" for j, s in enumerate(scenario.steps, start=1)
        ]
        for step, row in zip(scenario.steps, table.rows, strict=True):
            assert str(row[3]).endswith(cite(a.case, step.source)) or not step.source
            assert ("judgement" in str(row[3])) == (
                step.basis == "judgement" or step.evidence == "sole_judgement"
            )


def test_facts_are_told_apart_from_judgement() -> None:
    a = assessed(FIRM)
    rows = tables_of(section("facts", a))[0].rows
    bases = [fact.basis for name in standards.facts() if (fact := a.case.facts.get(name)) is not None]
    assert ["judgement" if "judgement" in str(row[2]) else "fact" for row in rows[:-1]] == bases


def test_what_came_after_the_assessment_is_marked() -> None:
    a = assessed(FIRM)
    rows = tables_of(section("actions", a))[0].rows
    later = sum(action.date > a.case.assessed_on for action in a.case.actions)
    assert sum("after the assessment" in str(row[0]) for row in rows) == later > 0
    assert [str(row[0])[:10] for row in rows] == sorted(str(row[0])[:10] for row in rows)


def test_sources_are_numbered_as_they_are_cited() -> None:
    a = assessed(FIRM)
    rows = source_table(a).rows
    assert [row[0] for row in rows] == [f"[{i}]" for i in range(1, len(rows) + 1)]
    for i, source in enumerate(a.case.sources):
        assert cite(a.case, [source.id]) == rows[i][0]
        assert source.document in str(rows[i][3])
    known = standard_sources(a)
    assert cite_standard(a, known[0]) == rows[len(a.case.sources)][0]
    assert set(a.house_rows["source_id"]) <= set(known)


def test_every_number_in_brackets_points_to_a_source_and_every_source_of_the_case_is_cited() -> None:
    a = assessed(RANGE)
    words = [one for part in report(a, "zh") if part.id != "sources" for one in texts_of(part)]
    cited = {int(found) for one in words for found in re.findall(r"\[(\d+)\]", one)}
    assert max(cited) <= len(in_language("zh", source_table, a).rows)
    assert set(range(1, len(a.case.sources) + 1)) <= cited


def test_changes_are_those_of_the_assessment_in_words() -> None:
    a = assessed(FIRM)
    rows = tables_of(section("changes", a))[0].rows
    assert len(rows) == len(a.flips)
    assert levels.changes(assessed(SETTLED)).blocks[0].text.startswith("No change")  # type: ignore[union-attr]


def test_presumption_says_whether_it_bears_on_the_level() -> None:
    for profile, word in (
        ("house_matrix", "leaves this warning level"),
        ("house_three_factors", "bears on the warning"),
    ):
        assert word in " ".join(texts_of(section("presumption", assessed(FIRM, profile))))


def test_markup_in_a_case_comes_out_as_text() -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>"

    def edit(data: dict[str, Any]) -> None:
        data["title"] = data["summary"] = data["product"]["name"] = {"zh": nasty, "en": nasty}
        data["product"]["brand"] = nasty
        data["scenarios"][0]["title"] = data["questions"][0]["text"] = {"zh": nasty, "en": nasty}
        data["sources"][0]["document"] = nasty

    a = changed(FIRM, edit)
    for part in (part for part in report(a, "en") if isinstance(part, Section)):
        html = part._repr_mimebundle_()["text/html"]
        assert "<script>alert" not in html and "<img" not in html
    assert "&lt;script&gt;" in section("summary", a)._repr_mimebundle_()["text/html"]


def test_a_boundary_is_flagged_in_the_scenarios() -> None:
    def edit(data: dict[str, Any]) -> None:
        for step, p in zip(data["scenarios"][2]["steps"], ("1/1000", 1, 1), strict=True):
            step["p"] = p

    shown = section("scenarios", changed(FIRM, edit))
    assert any(isinstance(b, Paragraph) and b.role == "caution" for b in shown.blocks)
    assert "exactly on a bound" in str(tables_of(shown)[0].rows[2][-1])


def test_a_scenario_too_rare_for_the_level_table_is_explained() -> None:
    def edit(data: dict[str, Any]) -> None:
        for scenario in data["scenarios"]:
            scenario["steps"][0]["p"] = "1/1000000000"

    assert text("way_rare", p="1 in 1,000,000", by=3, level=level_words("Ⅳ")) in " ".join(
        texts_of(section("basis", changed(FIRM, edit)))
    )


def test_a_users_own_profile_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(_own_profile(), encoding="utf-8")
    a = assessed(FIRM, str(path))
    told = " ".join(texts_of(section("summary", a)))
    assert "the user’s own profile “strict”" in told
    assert "no official table of warning levels" not in told
    assert len(tables_of(section("profiles", a))[0].rows) == 1 + len(profile_names())


def _own_profile() -> str:
    head = '[profile]\nname = "own"\nfactors = ["urgency", "scope"]\nzh = "从严"\nen = "strict"\n'
    head += 'note_zh = "试用。"\nnote_en = "On trial."\n'
    cells = [
        f'[[cells]]\nurgency = {u}\nscope = {s}\nlevel = "{("Ⅱ", "Ⅰ")[u + s > 5]}"'
        for u in range(1, 5)
        for s in range(1, 5)
    ]
    return head + "\n".join(cells)


def test_published_record_is_the_result_and_plain_json() -> None:
    a = assessed(RANGE)
    bundle = opening.publish(a, seed=SEED, case_sha256="ab")._repr_mimebundle_()
    assert bundle[RESULT_MIME] == result_record(a, seed=SEED, case_sha256="ab")
    assert json.loads(json.dumps(bundle[RESULT_MIME], allow_nan=False)) == bundle[RESULT_MIME]
    assert bundle[RESULT_MIME]["inputs"]["case_sha256"] == "ab"


@pytest.mark.parametrize("case", ["../x", "no such", "<b>", "x/y", ""])
def test_a_case_that_is_neither_id_nor_file_is_refused(case: str) -> None:
    with pytest.raises(InputFaults):
        opening.open_case(case)


def test_opened_case_carries_the_hash_of_its_file() -> None:
    opened = opening.open_case(shipped.case_path(FIRM))
    assert opened.sha256 == opening.open_case(FIRM).sha256
    assert len(opened.sha256) == 64


def test_shares_are_never_rounded_to_certainty() -> None:
    assert [percent(share) for share in (0.0, 1e-9, 0.5, 0.999999, 1.0)] == [
        "0 %",
        "<1 %",
        "50 %",
        ">99 %",
        "100 %",
    ]


def test_tables_of_a_section_survive_json() -> None:
    for part in report(assessed(RANGE), "zh"):
        if isinstance(part, Section):
            assert Section.from_json(json.loads(json.dumps(part.to_json()))) == part
        else:
            assert isinstance(part.table, Table)
