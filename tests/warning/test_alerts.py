"""Documents of warnings: which, what they must say, how they read, templates that people edit, formats."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import zipfile
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from office import needs_office, office_texts
from warned import NOW, assessed_case, decision, issue, named

from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.warning.alerts.choice import DOCUMENTS, authority_of, choose_documents, default_measures
from riskkit.warning.alerts.readability import readability, syllables
from riskkit.warning.publication.cap_xml import from_xml
from riskkit.workbench.commands import cli
from riskkit.workbench.document.documents import missing_parts
from riskkit.workbench.flows.warnings.making import make_issue
from riskkit.workbench.flows.warnings.official import (
    FORMATS,
    MARK,
    FilledDocument,
    filled,
    in_format,
    template_text,
)
from riskkit.workbench.flows.warnings.warning_drafts import (
    choice_part,
    document_parts,
    draft_case,
    reading_part,
)
from riskkit.workbench.runs.folders.resources import shipped_cases

MEASURES = standards.table("alert_measures")["measure"].astype(str).tolist()


@pytest.mark.parametrize(
    ("measures", "documents"),
    [
        (["notify_ports"], ["bulletin"]),
        (["notify_firms"], ["circular"]),
        (["recall", "stop_sale"], ["announcement"]),
        (["recall", "strengthen_inspection", "notify_firms"], ["bulletin", "circular", "announcement"]),
    ],
)
def test_documents_follow_from_measures_as_the_policy_says(measures: list[str], documents: list[str]) -> None:
    assert [one.document for one in choose_documents(measures)] == documents


@given(st.lists(st.sampled_from(MEASURES), min_size=1))
def test_every_measure_is_in_one_document_and_no_document_is_idle(measures: list[str]) -> None:
    found = choose_documents(measures)
    assert sorted(one for document in found for one in document.measures) == sorted(set(measures))
    assert all(document.measures for document in found)
    assert [DOCUMENTS.index(one.document) for one in found] == sorted(
        DOCUMENTS.index(d.document) for d in found
    )


@pytest.mark.parametrize("goods", ["consumer_product", "industrial"])
@pytest.mark.parametrize("direction", ["import", "export"])
def test_a_higher_level_never_brings_fewer_measures(goods: str, direction: str) -> None:
    found = [set(default_measures(level, direction=direction, goods=goods)) for level in range(1, 5)]
    assert all(low <= high for low, high in itertools.pairwise(found))
    assert ("ban" in found[3]) == (direction == "import")
    assert ("public_notice" in found[3]) == (goods == "consumer_product")


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_recall_is_owed_for_a_defect_whatever_the_level(level: int) -> None:
    def brings(goods: str, has_defect: bool | None) -> bool:
        return "recall" in default_measures(level, direction="import", goods=goods, has_defect=has_defect)

    assert brings("consumer_product", True) and brings("vehicle", True)
    assert not brings("consumer_product", False)
    assert brings("consumer_product", None) == (level >= 3), "nothing said of a defect: from Ⅱ on"
    assert brings("waste", True) == (level >= 3), "rules on recalls are for goods in people's hands"


def test_unknown_measures_and_levels_are_refused() -> None:
    with pytest.raises(InputFaults, match="2 faults"):
        choose_documents(["a", "recall", "b"])
    with pytest.raises(InputFaults, match="one at least"):
        choose_documents([])
    with pytest.raises(ValueError, match="from 1 to 4"):
        default_measures(5, direction="import", goods="food")


def test_the_highest_level_needs_authorisation_and_no_other() -> None:
    assert [authority_of(level)[1] for level in (1, 2, 3, 4)] == [False, False, False, True]
    with pytest.raises(InputFaults, match="authorised by the State Council"):
        issue(level=4)
    assert issue(level=4, is_authorised=True).chosen == DOCUMENTS


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(InputFaults) as caught:
        issue(level=4, ports=(), ends_at=None, issuer={"zh": "海关"})
    said = {one.place for one in caught.value.faults}
    assert {"issuer.en", "bulletin.ports", "bulletin.ends_at", "bulletin.is_authorised"} <= said


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(InputFaults, match="after the beginning"):
        issue(ends_at=NOW - dt.timedelta(days=1))


def test_food_is_handed_over() -> None:
    with pytest.raises(InputFaults, match="food-accident plan"):
        make_issue(assessed_case(food_case()), decision())


def food_case() -> str:
    return next(one for one in shipped_cases() if assessed_case(one).route != "graded")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", ["first", "changed", "lifted"])
def test_the_documents_say_what_the_law_asks(lang: str, kind: str) -> None:
    more = {} if kind == "first" else {"reason": "证据 evidence", "earlier": (("w-1.0", NOW),)}
    found = issue(kind=kind, **more)
    texts = {name: content.decode() for name, content in found.files.items() if name.endswith(f".{lang}.txt")}
    assert len(texts) == 4
    notice = found.notice
    for name, text in texts.items():
        assert notice.title[lang] in text, name
        assert notice.issuer[lang] in text, name
        if kind == "changed" and not name.startswith("short"):
            assert "证据 evidence" in text
        if kind != "lifted":
            assert ("2026年5月31日" if lang == "zh" else "31 May 2026") in text, name
            if name.startswith(("announcement", "short")):
                assert notice.advice[lang] in text, name
            if name.startswith("bulletin"):
                case = assessed_case().case
                assert getattr(case.hazards[0].description, lang) in text
                assert notice.advice[lang] not in text, "advice to consumers is not the ports'"
            assert "Ⅱ" in text and ("橙色" if lang == "zh" else "orange") in text
    bulletin = texts[f"bulletin.{lang}.txt"]
    if kind != "lifted":
        assert notice.category[lang] in bulletin and notice.reach[lang] in bulletin
        assert "851712" in bulletin and "2200" in bulletin


def test_a_public_notice_reads_plainly_and_that_is_measured() -> None:
    found = issue().reading
    assert found["zh"].is_plain and found["en"].is_plain
    assert found["en"].score > 50
    hard = "Notwithstanding aforementioned considerations, determination of electrochemical instability necessitates"
    assert not readability(hard + " discontinuation of utilisation.", lang="en").is_plain
    assert not readability("镉镍镧铈镨钕钷钐铕钆。", lang="zh").is_plain
    assert not readability("很" * 100 + "。", lang="zh").is_plain
    assert not readability("", lang="zh").is_plain


def test_reading_ease_is_that_of_the_formula() -> None:
    """Ten words of one syllable in one sentence: 206.835 - 10.15 - 84.6."""
    text = "The cat sat on the mat and the dog slept."
    assert readability(text, lang="en").score == pytest.approx(206.835 - 1.015 * 10 - 84.6)
    assert [syllables(one) for one in ("battery", "recall", "safe", "exchange")] == [3, 2, 1, 2]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ nothing }}", "a value that there is"),
        ("{{ title.__class__ }}", "Getattr"),
        ("{{ title['__class__'] }}", "Getitem"),
        ("{{ title.upper() }}", "Call"),
        ("{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}", "Getattr"),
        ("{% import 'os' as os %}", "Import"),
        ("{% include '/etc/passwd' %}", "Include"),
        ("{% set a = 1 %}", "Assign"),
        ("{% macro a() %}{% endmacro %}", "Macro"),
        ("{{ title|attr('x') }}", "Filter"),
        ("{{ 9 ** 9 ** 9 }}", "Pow"),
        ("{{ title", "a template"),
        ("{% if %}", "a template"),
        (f"{MARK}# {{{{ title }}}}", "hidden"),
    ],
)
def test_code_in_a_template_is_refused(template: str, words: str) -> None:
    with pytest.raises(InputFaults, match=words):
        filled(template, {"title": "lamp"})


def test_all_that_is_wrong_with_a_template_is_said_at_once() -> None:
    with pytest.raises(InputFaults, match="3 faults"):
        filled("{{ a }}\n{{ title.b }}\n{{ c|attr('d') }}", {"title": "lamp", "c": "x"})


@given(st.text(max_size=40))
def test_no_value_becomes_a_heading_an_item_or_a_line_of_its_own(value: str) -> None:
    words = " ".join(value.split())
    if MARK in words or not words.replace("#", "").replace("-", "").replace(">", "").strip():
        return
    found = filled("# T\n{{ title }}\n- {{ title }}", {"title": words})
    assert [kind for kind, _ in found] == ["title", "text", "item"][: len(found)]


def test_ones_own_template_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "announcement.zh.txt").write_text("# 自拟：{{ title }}\n{{ advice }}\n", encoding="utf-8")
    found = make_issue(assessed_case(), decision(), formats=("txt",), templates=tmp_path)
    assert found.files["announcement.zh.txt"].decode().startswith("自拟：")
    assert not found.files["announcement.en.txt"].decode().startswith("自拟")
    (tmp_path / "announcement.zh.txt").write_bytes("# 自拟".encode("gbk"))
    with pytest.raises(InputFaults, match="UTF-8"):
        in_language("zh", template_text, "announcement", folder=tmp_path)
    (tmp_path / "announcement.zh.txt").write_bytes(b"x" * 100_001)
    with pytest.raises(InputFaults, match="at most 100000"):
        in_language("zh", template_text, "announcement", folder=tmp_path)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "# lamp", "a & b", "儿童<b>手表"])
def test_hostile_names_of_goods_are_shown_as_words(name: str) -> None:
    found = make_issue(named(name), decision(), formats=("html", "docx", "txt"))
    page = found.files["announcement.zh.html"].decode()
    assert "<script>" not in page and "<b>" not in page
    assert page.count("<h1>") == 1
    words = docx.Document(io.BytesIO(found.files["bulletin.en.docx"]))
    assert any(name in paragraph.text for paragraph in words.paragraphs)
    assert json.loads(found.files["data.json"])["title"]["zh"].startswith(name.split("存", maxsplit=1)[0][:2])


@pytest.mark.parametrize("text", ["lamp\u202egnp", "a\x00b", "a\u2063b"])
@pytest.mark.parametrize("name", ["ports", "lots", "issuer"])
def test_texts_that_hide_something_are_refused(name: str, text: str) -> None:
    value = {"zh": text, "en": text} if name == "issuer" else (text,)
    with pytest.raises(InputFaults, match="hidden"):
        issue(**{name: value})


def test_the_same_issue_is_the_same_bytes_and_its_messages_can_be_read() -> None:
    formats = ("html", "docx", "txt")
    one, two = (make_issue(assessed_case(), decision(), formats=formats) for _ in range(2))
    assert one.files == two.files
    alert = from_xml(one.files["cap.xml"])
    assert (alert.status, alert.msg_type) == ("Exercise", "Alert")
    assert json.loads(one.files["data.json"])["level"] == "Ⅱ"
    assert b"20260531" in one.files["due.zh.ics"]


def test_a_word_document_has_the_layout_of_official_documents() -> None:
    raw = make_issue(assessed_case(), decision(), formats=("docx",)).files["circular.zh.docx"]
    made = docx.Document(io.BytesIO(raw))
    page = made.sections[0]
    assert [round(one.cm, 1) for one in (page.page_width, page.page_height)] == [21.0, 29.7]
    assert [round(one.cm, 1) for one in (page.top_margin, page.left_margin)] == [3.7, 2.8]
    texts = [one.text for one in made.paragraphs]
    assert texts[1] == "示警告〔2026〕1号"
    xml = zipfile.ZipFile(io.BytesIO(raw)).read("word/document.xml").decode()
    assert 'w:eastAsia="仿宋_GB2312"' in xml and 'w:eastAsia="方正小标宋简体"' in xml
    title = next(one for one in made.paragraphs if one.style.name == "Heading 1")
    assert title.text.startswith("风险警示通告")


@pytest.mark.skipif(bool(missing_parts("pdf")), reason="; ".join(missing_parts("pdf")) or "-")
def test_a_pdf_is_made_and_says_the_same() -> None:
    import pypdf

    lines = [("title", "Lamp"), ("text", "Stop using it."), ("signature", "Customs")]
    made = in_format(FilledDocument(lines, "en", "Customs", "1", "Ⅱ", "Level Ⅱ"), "pdf")
    text = pypdf.PdfReader(io.BytesIO(made)).pages[0].extract_text()
    assert "Stop using it." in text and "Lamp" in text


def test_every_format_and_document_has_a_template_in_both_languages() -> None:
    assert FORMATS == ("html", "pdf", "docx", "txt")
    for name in (*DOCUMENTS, "short"):
        for lang in ("zh", "en"):
            assert "title" in in_language(lang, template_text, name)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_of_drafts_shows_what_would_go_out(tmp_path: Path, lang: str) -> None:
    told = ["assess", "note7-battery-2016", "--notebook", "draft_warning", "--out", str(tmp_path)]
    assert cli.main([*told, "-p", "draws=200", "--lang", lang]) == 0
    folder = next(tmp_path.rglob("report.html")).parent
    page = (folder / "report.html").read_text(encoding="utf-8")
    record = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    expected = draft_case(assessed_case(), ports="2200")
    assert expected.issue is not None
    assert record["drafts"]["documents"] == list(expected.issue.chosen)
    for name in expected.issue.chosen:
        title = expected.issue.files[f"{name}.{lang}.txt"].decode().splitlines()[0]
        assert title in page


def test_the_notebook_of_drafts_names_what_is_missing_and_shows_no_document() -> None:
    made = draft_case(assessed_case(), level="Ⅰ", reason="children were hurt")
    assert {one.place for one in made.missing} == {"bulletin.ports"} | {
        f"{name}.is_authorised" for name in DOCUMENTS
    }
    assert in_language("zh", document_parts, made) == () and in_language("zh", reading_part, made) is None
    told = str(in_language("zh", choice_part, made))
    assert "补齐前不得发布" in told and "国务院" in told


@pytest.mark.parametrize("level", ["I", "1", "一级", "red", "红色"])
def test_a_draft_at_another_level_than_the_assessed_one_says_both_and_needs_a_reason(level: str) -> None:
    without = draft_case(assessed_case(), level=level)
    assert without.issue is None and "--why" in {one.place for one in without.missing}
    decided = decision(level=4, is_authorised=True, assessed=("Ⅲ", "Ⅲ"), level_reason="children were hurt")
    made = make_issue(assessed_case(), decided, formats=("txt",))
    for name in DOCUMENTS:
        english, chinese = (
            " ".join(made.files[f"{name}.{lang}.txt"].decode().split()) for lang in ("en", "zh")
        )
        assert "Assessed: level Ⅲ; set at level Ⅰ. Reason: children were hurt" in english
        assert "评估结果：Ⅲ级；确定为Ⅰ级，理由：children were hurt" in chinese
    assert "Assessed" not in issue().files["announcement.en.txt"].decode()


def test_a_public_notice_tells_the_facts_and_leaves_the_assessors_question_out() -> None:
    for name in shipped_cases():
        case = load_case(name)
        assert case.problem is not None, name
        for lang, words in (("zh", ("待评估", "问题是", "本例")), ("en", ("The question is", "This case"))):
            told = in_language(lang, case.summary.say)
            assert told.endswith(("。", ".")) and not any(word in told for word in words), name
            assert in_language(lang, case.problem.say) not in told
    told = issue().files["announcement.en.txt"].decode()
    assert load_case("note7-battery-2016").summary.en in " ".join(told.split())
    assert "The question" not in told


@needs_office
def test_every_word_document_opens_and_reads_the_same_in_another_program(tmp_path: Path) -> None:
    made = make_issue(assessed_case(), decision(), formats=("docx", "txt"))
    names = [name for name in made.files if name.endswith(".docx")]
    assert len(names) == 6
    for name in names:
        (tmp_path / name).write_bytes(made.files[name])
    read = office_texts([tmp_path / name for name in names], tmp_path)
    for name in names:
        shown = "".join(read[name].split())
        text = made.files[name.replace(".docx", ".txt")].decode("utf-8")
        lines = ["".join(line.lstrip("#->— ").split()) for line in text.splitlines() if line.strip()]
        assert lines and [line for line in lines if line not in shown] == [], name
