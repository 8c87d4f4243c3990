"""Starters of cases, profiles, studies and mappings: what is to be filled is listed, and filled they work."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from shared import ROOT

from riskkit.assessment.what_if.what_if_file import load_what_ifs
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case, parse_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.monitoring.sources.mapping import read_mapping
from riskkit.warning.profiles import load_profile, profile
from riskkit.workbench.commands.cli import build, main
from riskkit.workbench.commands.new_files import FILL, KINDS, starter
from riskkit.workbench.reports.brief.brief import brief, texts
from riskkit.workbench.reports.brief.decision import brief_decision
from riskkit.workbench.reports.methods.example_files import open_experts
from riskkit.workbench.reports.methods.expert_report import study_experts
from riskkit.workbench.words.rules import rule_in

DAY = dt.date(2026, 5, 1)
WORDS = {"zh": "手柄受热后脱落", "en": "The handle comes off when hot"}
VALUES = {
    "hs": '["851679"]',
    "hazard_class": '"physical"',
    "group": '"extreme_temperature"',
    "injury": '"burn"',
    "severity": '{ "1" = 0.6, "2" = 0.4 }',
    "p": "{ low = 0.001, mode = 0.01, high = 0.05 }",
}
RULES = (
    "text that is not empty",
    "the id of a source in [[sources]]",
    "at least one source for a fact",
    "standard and clause together, or neither",
    "a GTIN of 8, 12, 13 or 14 digits whose check digit is right",
    "a picture file beside the case file, and no link",
)
FACTS = {
    "deaths": "0",
    "injured": "3",
    "n_reports": "5",
    "units_on_market": "{ about = 20_000 }",
    "is_on_sale": "true",
}


def filled(text: str, lang: str) -> str:
    """The starter of a case as somebody fills it, line by line."""
    table, lines = "", []
    for line in text.splitlines():
        table = line.strip("[]") if line.startswith("[facts") else table
        key = line.partition(" = ")[0]
        if not line.startswith("#") and FILL[lang] in line.partition("#")[2]:
            value = VALUES.get(key, f'"{WORDS[lang]}"')
            value = FACTS[table.removeprefix("facts.")] if key == "value" else value
            lines.append(f"{key} = {value}")
        else:
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_case_lists_exactly_the_places_that_are_to_be_filled(lang: str) -> None:
    text = in_language(lang, starter, "case", "kettle", day=DAY)
    with pytest.raises(InputFaults) as error:
        parse_case(parse_toml(text.encode(), "kettle.toml"))
    told = sorted(int(re.match(r"kettle\.toml:(\d+) ", fault.place)[1]) for fault in error.value.faults)  # type: ignore[index]
    to_fill = [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if not line.startswith("#") and FILL[lang] in line
    ]
    assert told == to_fill


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_case_that_was_filled_in_one_language_is_assessed_and_briefed_in_both(
    lang: str, tmp_path: Path
) -> None:
    file = tmp_path / "kettle.toml"
    file.write_text(filled(in_language(lang, starter, "case", "kettle", day=DAY), lang), encoding="utf-8")
    found = assess(load_case(file), rng=np.random.default_rng(1), draws=200)
    assert found.case.assessed_on == DAY and found.badge is not None
    mark = {"zh": "[not translated]", "en": "〔未翻译〕"}[lang]
    for shown in ("zh", "en"):
        words = " ".join(
            one
            for page in (in_language(shown, brief, found), in_language(shown, brief_decision, found))
            for block in page.blocks
            for one in texts(block)
        )
        assert (mark in words) == (shown != lang)
        assert WORDS[lang] in words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_profile_grades_as_the_default_until_it_is_changed(lang: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(in_language(lang, starter, "profile", "mine", day=DAY), encoding="utf-8")
    mine, default = load_profile(file), profile()
    assert mine.name == "mine"
    assert (mine.factors, mine.harm_from, mine.p_floor) == (
        default.factors,
        default.harm_from,
        default.p_floor,
    )
    np.testing.assert_array_equal(mine.levels, default.levels)
    case = load_case("note7-battery-2016")
    levels = [
        assess(case, profile=one, rng=np.random.default_rng(1), draws=300).shares.to_numpy()
        for one in (mine, default)
    ]
    np.testing.assert_array_equal(*levels)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_mapping_and_a_new_study_are_read(lang: str, tmp_path: Path) -> None:
    for kind in ("mapping", "study"):
        (tmp_path / f"{kind}.toml").write_text(
            in_language(lang, starter, kind, "mine", day=DAY), encoding="utf-8"
        )
    assert read_mapping(tmp_path / "mapping.toml").name == "mine"
    study_experts(open_experts(str(tmp_path / "study.toml")))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_new_what_ifs_fit_their_case_and_the_brief_then_estimates_costs_and_effects(
    lang: str, tmp_path: Path
) -> None:
    case = load_case("note7-battery-2016")
    file = tmp_path / "measures.toml"
    file.write_text(in_language(lang, starter, "what-ifs", case.id, day=DAY), encoding="utf-8")
    found = assess(case, rng=np.random.default_rng(1), draws=200)
    unknown = {"zh": "未比较措施", "en": "No measures were compared"}[lang]
    how = "riskkit new what-ifs"
    for planned, is_compared in ((None, False), (load_what_ifs(str(file), case), True)):
        page = in_language(lang, brief_decision, found, planned=planned)
        words = " ".join(one for block in page.blocks for one in texts(block))
        assert (unknown in words and how in words) == (not is_compared)
        assert ("0.3" in words or "30" in words) or not is_compared


def test_new_what_ifs_lie_beside_the_case_under_a_name_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "case", "kettle", "--lang", "en"]) == 0
    assert main(["new", "what-ifs", "kettle", "--lang", "en"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kettle-what-ifs.toml", "kettle.toml"]
    assert "-p what_ifs=kettle-what-ifs.toml" in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_is_in_one_language_and_names_no_place_holder(kind: str) -> None:
    zh, en = (in_language(lang, starter, kind, "mine", day=DAY) for lang in ("zh", "en"))
    assert "¦" not in zh + en and "@" not in zh + en
    notes = [line.partition("# ")[2] for line in en.splitlines() if "# " in line]
    assert notes and not any(re.search(r"[\u3400-\u9fff]", note) for note in notes)
    assert any(re.search(r"[\u3400-\u9fff]", line.partition("# ")[2]) for line in zh.splitlines())


@pytest.mark.parametrize("name", ["", "Kettle", "../x", "a b", "x" * 70, "名"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_no_file_can_have_is_refused(kind: str, name: str) -> None:
    with pytest.raises(InputFaults, match="1 to") as refused:
        starter(kind, name, day=DAY)
    assert "个字符" in in_language("zh", rule_in, refused.value.faults[0].rule)


def test_new_writes_once_and_never_over_a_file_unless_it_is_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "case", "kettle", "--lang", "en"]) == 0
    assert (tmp_path / "kettle.toml").read_text(encoding="utf-8").startswith("# A case")
    assert main(["check", "kettle.toml", "--lang", "en"]) == 2
    assert "title: '', must be: text that is not empty" in capsys.readouterr().out
    (tmp_path / "kettle.toml").write_text("mine", encoding="utf-8")
    assert main(["new", "case", "kettle", "--lang", "en"]) == 2
    assert (tmp_path / "kettle.toml").read_text(encoding="utf-8") == "mine"
    assert main(["new", "case", "kettle", "--lang", "zh", "--force"]) == 0
    assert "填写" in (tmp_path / "kettle.toml").read_text(encoding="utf-8")
    assert CliRunner().invoke(build(), ["new", "report", "x"]).exit_code == 2


@pytest.mark.parametrize(
    ("page", "begins"), [("first_brief.md", "must be: "), ("first_brief.zh.md", "应为：")]
)
def test_the_messages_that_the_guide_explains_are_those_of_the_program(page: str, begins: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    shown = re.findall(rf"`{begins}(.+?)`", text)
    lang = "zh" if page.endswith(".zh.md") else "en"
    known = {in_language(lang, rule_in, rule) for rule in RULES}
    assert len(shown) == len(RULES) and set(shown) == known


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", ["case", "mapping"])
def test_the_lines_left_out_of_a_starter_can_be_taken_in(kind: str, lang: str) -> None:
    text = in_language(lang, starter, kind, "x1", day=dt.date(2026, 5, 1))
    whole = re.sub(r'^# (?=\[|[a-z_]+ = |"[^"]+" = )', "", text, flags=re.MULTILINE)
    assert whole.count("\n[") > text.count("\n[")
    data = tomllib.loads(whole)
    named = {"case": ("operators", "pictures", "methods"), "mapping": ("units", "words", "header_row")}
    assert set(named[kind]) <= set(data)
    if kind == "case":
        assert {"brand", "maker", "models", "gtin"} <= set(data["product"])
        assert {"role", "name", "country", "source"} == set(data["operators"][0])
        assert {"standard", "clause"} <= set(data["methods"]["nonconformity"][0])


def test_check_reads_each_kind_of_starter_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in KINDS:
        name = "kettle" if kind in ("case", "what-ifs") else f"my{kind}"
        assert main(["new", kind, name, "--lang", "en"]) == 0
    (tmp_path / "kettle.toml").write_text(
        filled((tmp_path / "kettle.toml").read_text("utf-8"), "en"), "utf-8"
    )
    capsys.readouterr()
    assert main(["check", *sorted(path.name for path in tmp_path.iterdir()), "--lang", "en"]) == 0
    ok = [line.removeprefix("ok  ") for line in capsys.readouterr().out.splitlines() if line.startswith("ok")]
    assert ok == [
        "measures to compare kettle-what-ifs.toml",
        "case kettle.toml",
        "mapping mymapping.toml",
        "profile myprofile.toml",
        "study mystudy.toml",
    ]


@pytest.mark.parametrize(
    ("kind", "old", "new", "told"),
    [
        ("profile", 'level = "Ⅳ"', 'level = "Ⅸ"', "level"),
        ("study", "realisation = 65.1", 'realisation = "?"', "realisation"),
        ("mapping", '= "product"', '= "prodct"', "did you mean product?"),
        ("what-ifs", 'do = "multiply"', 'do = "multiplies"', "multiply"),
    ],
)
def test_check_says_what_is_wrong_with_a_file_of_each_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, kind: str, old: str, new: str, told: str
) -> None:
    name = "note7-battery-2016" if kind == "what-ifs" else "mine"
    text = in_language("en", starter, kind, name, day=DAY)
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1), "utf-8")
    assert main(["check", str(tmp_path / "mine.toml"), "--lang", "en"]) == 2
    assert told in capsys.readouterr().out
