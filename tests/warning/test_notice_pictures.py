"""Notices hold the picture of the product itself, in every format that can hold one."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import re
from html import unescape
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from noticed_cases import CONTACT, FRONT, drawn, whole_case
from PIL import Image
from warned import decision

from riskkit.assessment.facts.case_file import Text
from riskkit.assessment.facts.product_identity import CasePicture
from riskkit.case.case import Assessment
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.language import in_language
from riskkit.workbench.commands.warnings.commands import assessed
from riskkit.workbench.document.block_kinds import Photo
from riskkit.workbench.flows.warnings.making import Issue, make_issue
from riskkit.workbench.flows.warnings.official import in_format, missing_for
from riskkit.workbench.flows.warnings.warning_drafts import document_parts, draft_case
from riskkit.workbench.reports.case import opening as reports

LANGS = ("zh", "en")
HOSTILE = 'front "x" <img src=x onerror=alert(1)> & back'


def pictured(*pictures: PictureFile, alt: str = HOSTILE, folder: Path | None = None) -> Issue:
    """An issue whose case has the pictures, all described with the same words."""
    case_files = tuple(
        CasePicture(file=one.name, sha256="0" * 64, alt=Text(zh=f"正面{alt}", en=alt)) for one in pictures
    )
    found = whole_case()
    found = dataclasses.replace(found, case=dataclasses.replace(found.case, pictures=case_files))
    return make_issue(
        found,
        decision(level=3, contact=CONTACT),
        formats=("html", "docx", "txt"),
        pictures=pictures,
        templates=folder,
    )


def images_in(html: str) -> list[tuple[bytes, str]]:
    found = re.findall(r'<img src="data:image/png;base64,([^"]*)" alt="([^"]*)">', html)
    return [(base64.b64decode(png), unescape(alt)) for png, alt in found]


@pytest.mark.parametrize("document", ["announcement", "bulletin"])
def test_a_page_holds_the_image_with_its_alternative_text_escaped(document: str) -> None:
    made = pictured(FRONT)
    for lang, alt in {"zh": f"正面{HOSTILE}", "en": HOSTILE}.items():
        page = made.files[f"{document}.{lang}.html"].decode()
        assert images_in(page) == [(FRONT.png, alt)]
        assert page.count("<img") == 1 and "onerror=alert(1)>" not in page
        assert "img-src data:" in page and "max-width" in page
    assert made.open_rules == ()


def test_word_holds_the_image_within_its_page_with_its_alternative_text() -> None:
    tall = PictureFile("front.png", b"", drawn(size=(60, 720)))
    for picture in (FRONT, tall):
        document = Document(io.BytesIO(pictured(picture).files["announcement.en.docx"]))
        (shape,) = document.inline_shapes
        assert shape._inline.docPr.get("descr") == HOSTILE
        assert max(shape.width.cm, shape.height.cm) == pytest.approx(9, abs=0.01)
        with Image.open(io.BytesIO(picture.png)) as image:
            assert shape.width / shape.height == pytest.approx(image.width / image.height, rel=0.01)
        blip = shape._inline.find(f".//{qn('a:blip')}")
        assert document.part.related_parts[blip.get(qn("r:embed"))].blob == picture.png


@pytest.mark.skipif(bool(missing_for("pdf")), reason="; ".join(missing_for("pdf")) or "-")
def test_a_pdf_holds_the_image() -> None:
    import pypdf

    made = pictured(FRONT)
    for lang in LANGS:
        raw = in_format(made.documents[f"announcement.{lang}"], "pdf")
        reader = pypdf.PdfReader(io.BytesIO(raw))
        assert {image.image.size for page in reader.pages for image in page.images} == {(40, 30)}
        objects = (reader.get_object(number) for number in range(1, int(reader.trailer["/Size"])))
        alts = [thing["/Alt"] for thing in objects if isinstance(thing, dict) and "/Alt" in thing]
        assert alts == [made.documents[f"announcement.{lang}"].pictures[0].alt]


def test_pictures_described_with_the_same_words_all_stand_in_the_notice() -> None:
    other = PictureFile("back.png", b"", drawn("red"))
    page = pictured(FRONT, other).files["announcement.en.html"].decode()
    assert [png for png, _ in images_in(page)] == [FRONT.png, other.png]


def test_the_text_says_what_the_picture_shows() -> None:
    made = pictured(FRONT, alt="front of the phone")
    assert "Picture: front of the phone\n" in made.files["announcement.en.txt"].decode()
    assert "图片：正面front of the phone\n" in made.files["announcement.zh.txt"].decode()


def test_a_case_whose_picture_is_not_there_claims_none() -> None:
    made = make_issue(whole_case(), decision(level=3, contact=CONTACT), formats=("txt",))
    assert {one.rule for one in made.open_rules} == {"picture"}
    assert "front of the phone" not in made.files["announcement.en.txt"].decode()
    assert "[To be added: picture of the product]" in made.files["announcement.en.txt"].decode()


def test_an_own_template_that_only_writes_about_the_picture_leaves_the_rule_open(tmp_path: Path) -> None:
    words = "# {{ title }}\nPicture: {{ pictures|join('; ') }}\n{{ advice }}\n"
    (tmp_path / "announcement.en.txt").write_text(words, encoding="utf-8")
    made = pictured(FRONT, folder=tmp_path)
    assert "picture" in {one.rule for one in made.open_rules if one.lang == "en"}
    assert images_in(made.files["announcement.en.html"].decode()) == []


def test_the_same_pictures_give_the_same_files() -> None:
    assert pictured(FRONT).hashes() == pictured(FRONT).hashes()


def desk_lamps() -> tuple[Assessment, tuple[PictureFile, ...]]:
    return assessed("desk-lamps-cbec-2019")


def test_a_shipped_case_has_a_drawing_that_says_it_is_not_the_product() -> None:
    found, (picture,) = desk_lamps()
    (said,) = found.case.pictures
    assert hashlib.sha256(picture.raw).hexdigest() == said.sha256
    assert "not the product" in said.alt.en and "并非" in said.alt.zh
    decided = decision(level=2, all_goods_reason="no brand is published")
    made = make_issue(found, decided, formats=("html",), pictures=(picture,))
    assert images_in(made.files["bulletin.zh.html"].decode()) == [(picture.png, said.alt.zh)]


@pytest.mark.parametrize("lang", LANGS)
def test_the_report_of_drafts_shows_the_picture(lang: str) -> None:
    drafts = draft_case(whole_case(), level="2", reason="by the facts", ports="2200", pictures=(FRONT,))
    sections = in_language(lang, document_parts, drafts)
    shown = {
        section.id: [one.alt for one in section.blocks if isinstance(one, Photo)] for section in sections
    }
    alt = in_language(lang, whole_case().case.pictures[0].alt.say)
    assert shown["document-announcement"] == shown["document-bulletin"] == [alt]
    assert shown["document-short"] == []
    assert reports.open_case("desk-lamps-cbec-2019").pictures
