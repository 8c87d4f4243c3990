"""PDF and Word: Chinese set properly, the content of the page, and a clear word where a part is missing."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import nbformat
import pytest
from docx import Document
from docx.oxml.ns import qn
from office import needs_office, office_texts, unbroken
from page_samples import HOSTILE, TITLES, code, display, failure, notebook, pictures, sections
from patience import HANGS

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import LANGS, in_language
from riskkit.words.catalogue import page_text
from riskkit.workbench.document import documents
from riskkit.workbench.document.block_kinds import Details, Paragraph, Table, block_from_json, to_json
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.documents import MissingSystemPart, missing_parts, print_html, to_docx, to_pdf
from riskkit.workbench.document.reading import Reading, read_notebook
from riskkit.workbench.document.word import word_document
from riskkit.workbench.runs import plans, runner
from riskkit.workbench.runs.folders import resources

needs_parts = pytest.mark.skipif(
    bool(missing_parts("pdf")), reason="needs Debian packages: " + "; ".join(missing_parts("pdf"))
)
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs Debian's poppler-utils")
NO_PICTURES = {"cells": [code(display(Section("a", "甲", 1, (Paragraph("汉字 text"),))))]}


def pdf_tool(tool: str, content: bytes, folder: Path, *options: str) -> str:
    path = folder / "report.pdf"
    path.write_bytes(content)
    tail = ["-"] if tool == "pdftotext" else []
    asked = [tool, *options, str(path), *tail]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=HANGS).stdout


@pytest.fixture(scope="module")
def pdfs():
    return {lang: in_language(lang, to_pdf, notebook(lang), title=TITLES[lang]) for lang in LANGS}


@pytest.fixture(scope="module")
def words():
    return {lang: in_language(lang, to_docx, notebook(lang), title=TITLES[lang]) for lang in LANGS}


# ---- PDF ----------------------------------------------------------------------------------------


@needs_parts
@needs_poppler
@pytest.mark.parametrize("lang", LANGS)
def test_the_pdf_carries_selectable_text_of_every_section(lang, pdfs, tmp_path):
    text = unbroken(pdf_tool("pdftotext", pdfs[lang], tmp_path))
    assert unbroken(TITLES[lang]) in text
    for section in sections(lang):
        assert unbroken(section.title) in text
    lead = next(block.text for block in sections(lang)[0].blocks if isinstance(block, Paragraph))
    assert unbroken(lead) in text
    assert unbroken(HOSTILE) in text
    for picture in pictures(lang):
        assert unbroken(picture.title) in text
        assert unbroken(picture.alt) in text


@needs_parts
@needs_poppler
def test_chinese_in_the_pdf_is_a_subset_of_a_real_cid_font_and_no_type_3(pdfs, tmp_path):
    rows = pdf_tool("pdffonts", pdfs["zh"], tmp_path).splitlines()[2:]
    assert rows
    assert not [row for row in rows if "Type 3" in row]
    assert any("CJK" in row and "CID" in row for row in rows)
    assert all(re.match(r"[A-Z]{6}\+", row) for row in rows)


@needs_parts
@needs_poppler
@pytest.mark.parametrize("lang", LANGS)
def test_every_page_of_the_pdf_has_its_number_and_the_document_its_title(lang, pdfs, tmp_path):
    about = pdf_tool("pdfinfo", pdfs[lang], tmp_path)
    pages = int(re.search(r"Pages:\s+(\d+)", about).group(1))
    assert re.search(rf"Title:\s+{re.escape(TITLES[lang])}", about)
    assert re.search(r"Tagged:\s+yes", about)
    assert re.search(r"Page size:.*A4", about)
    each = pdf_tool("pdftotext", pdfs[lang], tmp_path).split("\f")[:pages]
    for number, text in enumerate(each, 1):
        assert unbroken(in_language(lang, page_text, "page_of", page=number, pages=pages)) in unbroken(text)
        assert number == 1 or unbroken(TITLES[lang]) in unbroken(text)


@needs_parts
@needs_poppler
@pytest.mark.parametrize("lang", LANGS)
def test_a_report_about_a_case_has_at_most_fifteen_pages_and_says_what_is_not_printed(lang, tmp_path):
    case = resources.find_case("note7-battery-2016")
    plan = plans.make_plan(
        resources.home() / "notebooks" / "assess_case.ipynb",
        case,
        {"draws": 2000},
        out=tmp_path,
        lang=lang,
        formats=("pdf",),
    )
    made = runner.run_plan(plan)
    assert made.ok, made.error
    pdf = (made.folder / "report.pdf").read_bytes()
    assert int(re.search(r"Pages:\s+(\d+)", pdf_tool("pdfinfo", pdf, tmp_path)).group(1)) <= 15
    text = unbroken(pdf_tool("pdftotext", pdf, tmp_path))
    reading = read_notebook(nbformat.read(made.folder / "executed.ipynb", as_version=4))
    blocks = [block for part in reading.parts if isinstance(part, Section) for block in part.blocks]
    hidden = [one for one in blocks if isinstance(one, Details) and not one.is_printed]
    assert len(hidden) >= 3
    for one in hidden:
        assert unbroken(one.summary + in_language(lang, page_text, "colon")) in text
    # numbers of tables are those of the page: what is not printed is counted
    assert unbroken(in_language(lang, page_text, "not_printed")) in text


def test_a_table_after_one_that_is_not_printed_keeps_its_number():
    table = Table("Kept", ("a", "b"), (("c", "d"),))
    shown = Section("s", "S", 1, (Details("More", (table,), is_printed=False), table))
    assert block_from_json(to_json(shown.blocks[0])) == shown.blocks[0]
    page = print_html({"cells": [code(display(shown))]}, title="T")
    assert page.count("<caption") == 1
    assert "Table 2</span> Kept" in re.sub(r"\s+", " ", page)


@needs_parts
def test_two_tall_figures_stand_side_by_side_and_one_alone_beside_its_caption():
    tall, wide = ({"data": [], "layout": {"height": height}} for height in (900, 380))
    table = Table("N", ("a", "b"), (("c", "d"),))
    drawn = [Picture(f"p{n}", "T", "alt", table, one) for n, one in enumerate((tall, tall, wide, tall))]
    page = print_html({"cells": [code(display(one)) for one in drawn]}, title="T")
    assert re.findall(r'<figure class="([^"]*)"', page) == ["plot tall", "plot tall", "plot", "plot aside"]


@needs_parts
def test_figures_stand_in_the_pdf_as_drawings_of_lines_with_an_alternative(pdfs):
    page = in_language("zh", print_html, notebook("zh"), title="T")
    assert page.count('<img src="data:image/svg+xml;base64,') == len(pictures("zh"))
    for picture in pictures("zh"):
        assert f'alt="{picture.alt}"' in page
    assert b"/Subtype /Image" not in pdfs["zh"]
    assert b"/Subtype/Image" not in pdfs["zh"]


@needs_parts
def test_no_text_of_a_report_makes_the_pdf_fetch_a_file_or_a_host():
    fetch = documents._only_data().fetch
    for address in ("file:///etc/hostname", "http://127.0.0.1:9/x.png", "https://cdn.plot.ly/x.js"):
        with pytest.raises(ValueError, match="disallowed protocol"):
            fetch(address)
    text = '<img src="file:///etc/hostname"><link rel=attachment href=x>'
    hostile = Section("a", HOSTILE, 1, (Paragraph(text),))
    page = print_html({"cells": [code(display(hostile))]}, title=HOSTILE)
    assert "<img" not in page
    assert "<link" not in page


@needs_parts
@needs_poppler
def test_a_long_table_repeats_its_head_on_the_next_page(tmp_path):
    rows = tuple((f"批次 {n}", "不合格") for n in range(120))
    long = Section("a", "长表", 1, (Table("抽检", ("批次编号", "结论"), rows),))
    pdf = in_language("zh", to_pdf, {"cells": [code(display(long))]}, title="长表")
    each = [page for page in pdf_tool("pdftotext", pdf, tmp_path).split("\f") if "批次 " in page]
    assert len(each) >= 3
    assert all("批次编号" in page for page in each)


@needs_parts
@needs_poppler
def test_a_failed_cell_is_not_hidden_on_paper(tmp_path):
    broken = {"cells": [code(display(sections("en")[0])), code(failure("no exposure"))]}
    text = pdf_tool("pdftotext", to_pdf(broken, title="T"), tmp_path)
    assert "This report is not complete" in text
    assert "no exposure" in text
    word = Document(io.BytesIO(to_docx(broken, title="T")))
    assert any("no exposure" in paragraph.text for paragraph in word.paragraphs)


# ---- pictures -----------------------------------------------------------------------------------


@needs_parts
def test_one_browser_stays_open_for_all_pictures_and_closes_with_the_process(tmp_path):
    script = (
        "import kaleido, subprocess, sys\n"
        "opened = []\n"
        "start = kaleido.start_sync_server\n"
        "kaleido.start_sync_server = lambda *a, **k: (opened.append(k), start(*a, **k))\n"
        "from page_samples import pictures\n"
        "from riskkit.workbench.document.documents import stills\n"
        "svgs = stills(pictures('zh'), kind='svg') + stills(pictures('en'), kind='svg')\n"
        "assert all(svg.startswith(b'<svg') for svg in svgs), svgs[0][:80]\n"
        "assert len(opened) == 1 and opened[0]['mathjax'] is False, opened\n"
        "print(len(svgs))\n"
    )
    here = os.pathsep.join(sys.path)
    asked = [sys.executable, "-c", script]
    env = os.environ | {"PYTHONPATH": here}
    told = subprocess.run(
        asked, capture_output=True, text=True, check=True, timeout=HANGS, cwd=tmp_path, env=env
    )
    assert told.stdout.split() == ["4"]


@needs_parts
def test_still_pictures_carry_chinese_and_drop_the_title_that_the_caption_has():
    (svg,) = documents.stills(pictures("zh")[:1], kind="svg")
    text = svg.decode()
    assert "概率" in text
    assert pictures("zh")[0].title not in text
    (png,) = documents.stills(pictures("zh")[:1], kind="png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"


# ---- Word ---------------------------------------------------------------------------------------


@needs_parts
@pytest.mark.parametrize("lang", LANGS)
def test_word_has_real_headings_and_the_text_of_every_section(lang, words):
    document = Document(io.BytesIO(words[lang]))
    heads = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]
    for section in sections(lang):
        assert any(
            name == f"Heading {section.depth}" and text.endswith(section.title) for name, text in heads
        ), section.title
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert HOSTILE in text
    assert document.core_properties.title == TITLES[lang]
    assert document.core_properties.language == {"zh": "zh-CN", "en": "en"}[lang]


@needs_parts
def test_word_names_a_chinese_font_beside_the_latin_one_in_every_style_used(words):
    document = Document(io.BytesIO(words["zh"]))
    used = {paragraph.style.name for paragraph in document.paragraphs} | {"Header", "Footer"}
    for name in used:
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) in ("仿宋_GB2312", "黑体", "楷体_GB2312"), name
        assert fonts.get(qn("w:ascii")) == "Times New Roman", name
        assert not [key for key in fonts.attrib if key.endswith("Theme")], name


@needs_parts
def test_word_tables_repeat_their_heads_and_pictures_have_a_text_alternative(words):
    document = Document(io.BytesIO(words["en"]))
    assert len(document.tables) == 2 + len(pictures("en"))
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        order = [each.tag.rpartition("}")[2] for each in table._tbl.tblPr]
        assert order.index("tblBorders") < order.index("tblLook")
    told = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert told == [picture.alt for picture in pictures("en")]


@needs_parts
@pytest.mark.parametrize("lang", LANGS)
def test_word_counts_pages_and_captions_by_fields(lang, words):
    with zipfile.ZipFile(io.BytesIO(words[lang])) as parts:
        body = parts.read("word/document.xml").decode()
        footers = "".join(parts.read(name).decode() for name in parts.namelist() if "footer" in name)
    assert " PAGE " in footers
    assert " NUMPAGES " in footers
    figure, table = in_language(lang, page_text, "figure"), in_language(lang, page_text, "table")
    assert body.count(f" SEQ {figure} ") == 2
    assert body.count(f" SEQ {table} ") == 2
    assert body.count('fldCharType="begin"') == body.count('fldCharType="end"') == 5
    assert ' TOC \\o "1-2"' in body


def test_word_holds_only_characters_that_a_document_can_hold():
    text = Paragraph("汉字 <b>&amp;</b> https://example.org/?a=1&b=2")
    reading = Reading((Section("a", "A", 1, (text,)),), (), None)
    document = Document(io.BytesIO(in_language("zh", word_document, reading, [], title="<标题>")))
    (paragraph,) = [p for p in document.paragraphs if "汉字" in p.text]
    assert paragraph.text == "汉字 <b>&amp;</b> https://example.org/?a=1&b=2"
    assert [link.address for link in paragraph.hyperlinks] == ["https://example.org/?a=1&b=2"]


def test_a_title_longer_than_a_property_of_a_document_may_be_is_shortened_there_only():
    reading = Reading((Section("a", "A", 1, (Paragraph("text"),)),), (), None)
    document = Document(io.BytesIO(word_document(reading, [], title="标题 " * 500)))
    assert len(document.core_properties.title) == 255
    assert document.core_properties.title.endswith("…")
    assert any("标题 " * 490 in paragraph.text for paragraph in document.paragraphs)


@needs_parts
@needs_office
@pytest.mark.slow
def test_another_office_programme_opens_the_word_document(words, tmp_path):
    path = tmp_path / "report.docx"
    path.write_bytes(words["zh"])
    text = unbroken(office_texts([path], tmp_path)["report.docx"])
    assert unbroken(TITLES["zh"]) in text
    assert unbroken(HOSTILE) in text


# ---- what is missing ----------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_missing_is_named_with_the_package_that_brings_it(lang, monkeypatch):
    monkeypatch.setattr(documents, "browser_path", lambda: None)
    monkeypatch.setattr(documents, "_has_chinese_font", lambda: False)
    monkeypatch.setattr(documents, "_has_pango", lambda: False)
    told = "\n".join(in_language(lang, missing_parts, "pdf"))
    pango = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
    for package in ("chromium", "fonts-noto-cjk", *pango):
        assert package in told
    assert len(in_language(lang, missing_parts, "docx")) == 2
    for make in (to_pdf, to_docx):
        with pytest.raises(MissingSystemPart, match="apt-get install chromium"):
            in_language(lang, make, NO_PICTURES, title="T")


def _no_library():
    raise OSError("cannot load library 'libpango-1.0-0'")


def _no_subsetting():
    warnings.warn("HarfBuzz-Subset will be required in the next version", DeprecationWarning, stacklevel=2)


@pytest.mark.parametrize("loading", [_no_library, _no_subsetting])
def test_a_library_that_cannot_be_loaded_is_missing_not_a_crash(monkeypatch, loading):
    documents._has_pango.cache_clear()
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    monkeypatch.setattr("builtins.__import__", _importing(__import__, loading))
    try:
        assert not documents._has_pango()
    finally:
        documents._has_pango.cache_clear()


def _importing(importing, loading):
    def importer(name, *rest, **options):
        if name == "weasyprint":
            loading()
        return importing(name, *rest, **options)

    return importer


def test_an_unknown_format_or_language_is_refused():
    with pytest.raises(InputFaults, match="pdf or docx"):
        missing_parts("odt")
    with pytest.raises(InputFaults, match="one of zh, en"):
        in_language("fr", to_docx, NO_PICTURES, title="T")
