"""The two pages that open every report: how long they are, what they say, and in which documents they come."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import io
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from registers import taken

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.assessment.facts.nearest_cases import nearest_cases
from riskkit.assessment.facts.product_identity import CasePicture, Operator
from riskkit.assessment.what_if.what_if_file import load_what_ifs
from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.language import in_language
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.commands.cli import build
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.documents import missing_parts, to_docx, to_pdf
from riskkit.workbench.document.html import to_html
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.reports.brief.brief import brief, section_length, shortened, texts
from riskkit.workbench.reports.brief.decision import brief_decision
from riskkit.workbench.reports.case.opening import open_case
from riskkit.workbench.runs.folders.resources import notebook, shipped_cases
from riskkit.workbench.runs.lists import Request
from riskkit.workbench.runs.planning import Wishes, plan_request
from riskkit.workbench.runs.runner import _title, run_plan

MOST = {"en": 700, "zh": 1200}
DRAWS = 200
DOUBTED = ("takata-inflators-2017", "samsung-washers-2016")
needs_documents = pytest.mark.skipif(
    bool(missing_parts("pdf")), reason="; ".join(missing_parts("pdf")) or "nothing is missing"
)


@functools.cache
def assessed(name: str) -> Assessment:
    return assess(load_case(name), rng=np.random.default_rng(7), draws=DRAWS)


def pages(found: Assessment, lang: str, **more: object) -> tuple[Section, Section]:
    path = shipped.what_ifs_path(found.case.id)
    planned = load_what_ifs(str(path), found.case) if path.is_file() else None
    return in_language(lang, brief, found, **more), in_language(lang, brief_decision, found, planned=planned)  # type: ignore[arg-type]


def said(section: Section) -> str:
    return "\n".join([section.title, *(words for block in section.blocks for words in texts(block))])


def counted(words: str, lang: str) -> int:
    """As a person counts who knows nothing of our own counter: words between spaces, or signs that are no space."""
    return len(words.split()) if lang == "en" else len(re.sub(r"\s", "", words))


def rows(section: Section, caption: str) -> list[tuple[object, ...]]:
    table = next(one for one in section.blocks if isinstance(one, Table) and one.caption.startswith(caption))
    return list(table.rows)


@pytest.mark.parametrize("name", shipped_cases())
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_brief_of_every_case_holds_its_length(name: str, lang: str) -> None:
    both = pages(assessed(name), lang)
    assert sum(counted(said(one), lang) for one in both) <= MOST[lang]
    assert sum(in_language(lang, section_length, one) for one in both) <= MOST[lang]
    assert [one.id for one in both] == ["brief", "brief-decision"]


@needs_documents
def test_a_case_whose_every_text_is_as_long_as_it_may_be_holds_the_length_too() -> None:
    import pypdf

    found = assessed("note7-battery-2016")
    long = Text(zh="很长的文字" * 700, en="very long " * 380)
    line = "x" * 390
    case: Case = dataclasses.replace(
        found.case,
        title=long,
        problem=long,
        product=dataclasses.replace(
            found.case.product,
            name=long,
            brand="b" * 190,
            models=tuple(f"{line[:190]}{n}" for n in range(50)),
        ),
        operators=tuple(Operator("retailer", f"{line}{n}", "CN") for n in range(30)),
        hazards=tuple(dataclasses.replace(one, description=long) for one in found.case.hazards),
        scenarios=tuple(dataclasses.replace(one, title=long) for one in found.case.scenarios),
        exposure=dataclasses.replace(found.case.exposure, users=long),
    )
    heavy = dataclasses.replace(found, case=case, robustness=long, questions=(long,))
    for lang in ("zh", "en"):
        both = pages(heavy, lang)
        assert sum(in_language(lang, section_length, one) for one in both) <= MOST[lang]
        made = in_language(lang, to_pdf, shown(*both), title="T")
        assert len(pypdf.PdfReader(io.BytesIO(made)).pages) == 2


@pytest.mark.parametrize(
    ("words", "most", "lang", "right"),
    [
        ("It burns. It smells. It smokes.", 4, "en", "It burns. It smells."),
        ("GB 1.2 fails and more", 4, "en", "GB 1.2 fails…"),
        ("它起火。它冒烟。它发热。", 9, "zh", "它起火。它冒烟。"),
        ("一二三四五六七八九十", 5, "zh", "一二三四…"),
        ("short", 9, "en", "short"),
    ],
)
def test_a_text_is_cut_at_a_sentence_or_shows_that_it_was_cut(
    words: str, most: int, lang: str, right: str
) -> None:
    assert in_language(lang, shortened, words, most) == right
    assert counted(in_language(lang, shortened, words, most), lang) <= most


def test_the_brief_says_what_it_is_how_bad_how_sure_and_what_to_decide() -> None:
    first, second = pages(assessed("note7-battery-2016"), "en")
    assert first.blocks[0].code == assessed("note7-battery-2016").badge.level  # type: ignore[union-attr]
    what = dict(rows(first, "What it is"))
    assert "Samsung" in str(what["Product"]) and "maker" in str(what["Firms"])
    assert {"Known in the jurisdiction", "Expected (units × probability, over their remaining life)"} <= set(
        dict(rows(first, "How bad"))
    )
    cases = [str(row[0]) for row in rows(second, "What happened")]
    assert len(cases) == 6 and any("hoverboards" in one for one in cases)
    recall = next(row for row in rows(second, "Options") if row[0] == "recall")
    assert recall[1:3] == ("maker, importer", "Consumer Rights Law, Art. 19")
    assert str(recall[3]).startswith("CNY 5") and str(recall[4]).endswith("%")
    assert [row[0] for row in rows(second, "Signatures")] == ["Prepared by", "Reviewed by", "Chair"]


def test_a_level_that_experience_does_not_bear_out_is_questioned_on_page_one() -> None:
    takata, washers = (dict(rows(pages(assessed(name), "en")[0], "How sure")) for name in DOUBTED)
    assert "United States, deaths" in str(takata["Against experience"])
    assert "Against experience" not in washers


def test_what_the_sources_do_not_state_is_listed_and_not_left_out_silently() -> None:
    first, _ = pages(assessed("formaldehyde-babywear-2015"), "en")
    what = dict(rows(first, "What it is"))
    assert "GTIN" in str(what["Not stated in the sources"])
    assert "41.5 mg/kg" in str(what["Standard or limit breached"])


def test_a_food_case_is_briefed_as_handed_over() -> None:
    first, second = pages(assessed("melamine-milk-2008"), "en")
    assert first.blocks[0].code == "food"  # type: ignore[union-attr]
    assert "food-safety authority" in said(second) and "Options" not in said(second).splitlines()


@pytest.mark.parametrize("jurisdiction", ["US", "EU", "GB"])
def test_the_legal_basis_follows_the_jurisdiction_and_the_day(jurisdiction: str) -> None:
    found = assessed("note7-battery-2016")
    law = {}
    for day in ("2016-09-15", "2026-01-15"):
        case = dataclasses.replace(
            found.case, jurisdiction=jurisdiction, assessed_on=type(found.case.assessed_on).fromisoformat(day)
        )
        _, second = pages(dataclasses.replace(found, case=case), "en")
        law[day] = next(str(row[2]) for row in rows(second, "Options") if row[0] == "recall")
    expected = {"US": "CPSA", "EU": "Directive 2001/95/EC", "GB": "General Product Safety Regulations"}
    assert law["2016-09-15"].startswith(expected[jurisdiction])
    assert ("2023/988" in law["2026-01-15"]) == (jurisdiction == "EU")


def test_a_law_that_is_not_known_is_left_to_be_added() -> None:
    found = assessed("note7-battery-2016")
    _, second = pages(
        dataclasses.replace(found, case=dataclasses.replace(found.case, jurisdiction="BR")), "en"
    )
    assert all(row[2] == "to be added" for row in rows(second, "Options")[:1])


def test_nearest_cases_are_the_same_whatever_the_order_of_the_library() -> None:
    library = [load_case(name) for name in shipped_cases()]
    for case in library[:4]:
        forwards, backwards = nearest_cases(case, library), nearest_cases(case, library[::-1])
        assert list(forwards.index) == list(backwards.index)
        assert len(forwards) == 5 and case.id not in forwards.index
        assert forwards["likeness"].between(0, 1).all() and forwards["likeness"].is_monotonic_decreasing


def test_a_copy_of_a_case_under_another_name_is_its_nearest() -> None:
    library = [load_case(name) for name in shipped_cases()]
    copy = dataclasses.replace(load_case("magnet-sets-2012"), id="magnets-again")
    assert nearest_cases(copy, library, n=1)["likeness"].to_dict() == {"magnet-sets-2012": pytest.approx(1.0)}


def notebook_of(lang: str, *, picture: bool = False) -> dict[str, list[dict[str, object]]]:
    found = assessed("note7-battery-2016")
    pictures = ()
    if picture:
        out = io.BytesIO()
        Image.new("RGB", (60, 40), (20, 90, 160)).save(out, "PNG")
        pictures = (PictureFile("a.png", out.getvalue(), out.getvalue()),)
        front = CasePicture("a.png", "0" * 64, Text(zh="手机正面", en="Front of the phone"))
        found = dataclasses.replace(found, case=dataclasses.replace(found.case, pictures=(front,)))
    return shown(*pages(found, lang, pictures=pictures))


def shown(*sections: Section) -> dict[str, list[dict[str, object]]]:
    """An executed notebook that shows some sections."""
    bundles = [
        {"output_type": "display_data", "data": one._repr_mimebundle_(), "metadata": {}} for one in sections
    ]
    return {
        "cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": [one]} for one in bundles]
    }


@needs_documents
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_brief_alone_is_a_pdf_of_exactly_two_pages(lang: str) -> None:
    import pypdf

    made = in_language(lang, to_pdf, notebook_of(lang, picture=True), title="Samsung Galaxy Note7")
    read = pypdf.PdfReader(io.BytesIO(made))
    assert len(read.pages) == 2
    first, second = (re.sub(r"\s", "", page.extract_text()) for page in read.pages)
    heads = {"zh": ("决策简报", "处置选项与待决事项"), "en": ("Decisionbrief", "Optionsanddecisionasked")}[
        lang
    ]
    assert heads[0] in first and heads[1] in second
    assert counted(" ".join(page.extract_text() for page in read.pages), lang) <= MOST[lang]


@needs_documents
def test_a_report_opens_with_the_brief_and_the_rest_is_its_annex() -> None:
    import pypdf

    report = notebook_of("en")
    rest = Section("summary", "Summary of the annex", 1, ())
    report["cells"] += shown(rest)["cells"]
    read = pypdf.PdfReader(io.BytesIO(to_pdf(report, title="T")))
    assert "Decision brief" in read.pages[0].extract_text()
    assert "Signatures" in read.pages[1].extract_text()
    assert (
        "Contents" in read.pages[2].extract_text() and "Summary of the annex" in read.pages[2].extract_text()
    )


@needs_documents
def test_the_brief_in_word_and_html_shows_the_picture_with_its_words() -> None:
    import docx

    report = notebook_of("en", picture=True)
    page = to_html(report, title="T")
    assert '<img src="data:image/png;base64,iVBOR' in page and 'alt="Front of the phone"' in page
    document = docx.Document(io.BytesIO(to_docx(report, title="T")))
    assert len(document.inline_shapes) == 1
    assert any("Options and decision asked" in one.text for one in document.paragraphs)
    assert any(one.paragraph_format.page_break_before for one in document.paragraphs)


def test_a_photo_that_is_no_png_is_refused() -> None:
    from riskkit.workbench.document.block_kinds import Photo

    svg = base64.b64encode(b"<svg onload='x()'/>").decode()
    for hostile in (svg, 'iVBORw0KGgo" onerror="x()', ""):
        with pytest.raises(InputFaults, match="PNG"):
            Photo(hostile, "alt")


def test_brief_and_another_notebook_do_not_go_together() -> None:
    run = CliRunner().invoke(
        build(),
        ["assess", "note7-battery-2016", "--brief", "--notebook", "what_if"],
        standalone_mode=True,
    )
    assert run.exit_code == 2 and "--brief" in run.output


CASE_NOTEBOOKS = ("assess_case", "brief", "compare_methods", "draft_warning", "what_if")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_about_no_case_says_its_title_once(lang: str) -> None:
    source = nbformat.read(notebook("nonconformity_rates"), as_version=4)
    title = source.metadata["riskkit"]["title"]
    assert _title(SimpleNamespace(lang=lang), source, {"case": {"title": title}}) == title[lang]  # type: ignore[arg-type]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_reports_about_one_case_say_on_the_first_screen_which_question_they_answer(lang: str) -> None:
    heads = set()
    for name in CASE_NOTEBOOKS:
        source = nbformat.read(notebook(name), as_version=4)
        title = _title(SimpleNamespace(lang=lang), source, {"case": {"title": {lang: "Kettle"}}})  # type: ignore[arg-type]
        assert title.endswith("Kettle") and len(title) > len("Kettle: ")
        read = in_language(lang, read_notebook, {"cells": [], "metadata": source.metadata})
        page = in_language(lang, to_html, {"cells": [], "metadata": source.metadata}, title=title)
        assert read.question and read.question in page[: page.index("<main")]
        heads.add((title, read.question))
    assert (
        len({title for title, _ in heads}) == len({question for _, question in heads}) == len(CASE_NOTEBOOKS)
    )


def test_a_case_of_ones_own_with_a_picture_becomes_a_brief_with_it(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (20, 90, 160)).save(out, "JPEG")
    (tmp_path / "front.jpg").write_bytes(out.getvalue())
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    text = shipped.case_path("samsung-washers-2016").read_text(encoding="utf-8")
    text += f'\n[[pictures]]\nfile = "front.jpg"\nsha256 = "{digest}"\nalt = {{ zh = "正面", en = "Seen from the front" }}\n'
    (tmp_path / "mine.toml").write_text(text.replace("samsung-washers-2016", "mine"), encoding="utf-8")
    wishes = Wishes(tmp_path / "reports", "en", notebook="brief", given={"draws": 50}, folder=tmp_path)
    made = run_plan(plan_request(Request("", "mine.toml", {}), wishes))
    assert made.ok, made.error
    assert (made.folder / "front.jpg").read_bytes() == out.getvalue()
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert 'alt="Seen from the front"' in page and "data:image/png;base64," in page
    (tmp_path / "front.jpg").write_bytes(out.getvalue() + b"0")
    with pytest.raises(InputFaults, match="the hash of the file"):
        plan_request(Request("", "mine.toml", {}), wishes)


def test_the_brief_shows_notices_of_a_register_among_the_nearest(tmp_path: Path) -> None:
    head = "source_class,date,product,brand,hs,hazard_class,hazard,event,evidence\n"
    near = "foreign_notification,2016-03-01,Galaxy mobile phone,Acme,8517,physical,battery fire,recall,N-1\n"
    late = near.replace("2016-03-01", "2016-12-01").replace("N-1", "N-2").replace("Acme", "Later")
    complaint = (
        near.replace("foreign_notification", "complaint").replace("N-1", "N-3").replace("Acme", "Asked")
    )
    far = "foreign_notification,2016-02-01,paper towels,Far,4818,physical,wrong plug,recall,N-4\n"
    sheet = tmp_path / "notices.csv"
    sheet.write_text(head + near + late + complaint + far, encoding="utf-8")
    taken(tmp_path / "register", sheet)
    opened = open_case("note7-battery-2016", register=str(tmp_path / "register"))
    assert opened.like is not None
    assert opened.like["brand"].tolist() == ["Acme", "Far"]
    assert opened.like["likeness"].is_monotonic_decreasing
    found = assessed("note7-battery-2016")
    for lang in ("zh", "en"):
        alone, with_register = (
            rows(
                in_language(lang, brief_decision, found, like=like),
                in_language(lang, text, "brief_elsewhere"),
            )
            for like in (None, opened.like)
        )
        assert len(with_register) == len(alone)
        named = [row for row in with_register if "Acme" in str(row[0]) or "Galaxy mobile" in str(row[0])]
        assert [row[1] for row in named] == ["2016-03-01 recall"]
        assert all("Far" not in str(row[0]) for row in with_register)


def test_a_register_that_is_none_is_refused_by_the_brief(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="the folder of a register"):
        open_case("note7-battery-2016", register=str(tmp_path))
