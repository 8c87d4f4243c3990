"""A filled document in each format: page, PDF, a Word file with the layout of official documents, text."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from riskkit.foundation.language import in_language
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Photo
from riskkit.workbench.flows.warnings.templating import Line

FORMATS = ("html", "pdf", "docx", "txt")
_TAGS = {"zh": "zh-CN", "en": "en-GB"}
# GB/T 9704-2012 as later guides give it: size of type [pt]; the fonts fall back where they are not there
_TYPE = {
    "title": ("方正小标宋简体", 22, True),
    "heading": ("黑体", 16, False),
    "text": ("仿宋_GB2312", 16, False),
    "item": ("仿宋_GB2312", 16, False),
    "picture": ("仿宋_GB2312", 12, True),
    "signature": ("仿宋_GB2312", 16, False),
}
_LINES = {22: 33, 16: 28, 12: 18}
"""Distance of lines for each size of type [pt]."""
_RED = "B00020"
_PICTURE_SIDE = 9
"""Longest side of a picture in Word [cm]."""


@dataclass(frozen=True)
class FilledDocument:
    """A document that only waits for its format; a letter to one enterprise has no level."""

    lines: Sequence[Line]
    lang: str
    head: str
    number: str
    level: str
    level_words: str
    pictures: Sequence[Photo] = ()
    foot_words: str = ""

    @property
    def foot(self) -> str:
        """What it is not: with a level, that this follows a house profile too."""
        if self.foot_words:
            return self.foot_words
        return in_language(self.lang, say, "foot" if self.level else "foot_letter")

    @property
    def parts(self) -> tuple[tuple[str, str, Photo | None], ...]:
        """Kind, words and picture of each line; pictures with the same words come one after the other."""
        left: dict[str, list[Photo]] = {}
        for photo in self.pictures:
            left.setdefault(photo.alt, []).append(photo)
        return tuple(
            (kind, words, left[words].pop(0) if kind == "picture" and left.get(words) else None)
            for kind, words in self.lines
        )

    @property
    def title(self) -> str:
        """The title, or the first words where the template has none."""
        titles = [words for kind, words in self.lines if kind == "title"]
        return titles[0] if titles else self.lines[0][1]


def missing_for(format: str) -> tuple[str, ...]:  # noqa: A002 - the word users know
    """What the machine lacks for a format, and what to install; only a PDF needs parts of the system."""
    from riskkit.workbench.document.documents import missing_parts

    return missing_parts(format, has_figures=False) if format == "pdf" else ()


def in_format(document: FilledDocument, format: str) -> bytes:  # noqa: A002 - the word users know
    """A document as the bytes of a file; the same document gives the same bytes."""
    return {"html": _html, "pdf": _pdf, "docx": _word, "txt": _text}[format](document)


def _text(document: FilledDocument) -> bytes:
    before, after = {"heading": "\n"}, {"title": "\n"}
    lines = (
        before.get(kind, "") + in_language(document.lang, line_text, kind, words) + after.get(kind, "")
        for kind, words in document.lines
    )
    return ("\n".join(lines) + "\n").encode("utf-8")


def line_text(kind: str, words: str) -> str:
    """A line where there is nothing but text."""
    if kind == "picture":
        return say("picture_line", alt=words)
    return f"- {words}" if kind == "item" else words


@cache
def _room() -> Environment:
    loader = PackageLoader("riskkit.workbench.flows.warnings", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _html(document: FilledDocument) -> bytes:
    of = scale("warning")
    page = _room().get_template("official.html.j2").render(
        html_lang=_TAGS[document.lang], title=document.title, head=document.head, number=document.number,
        level=document.level_words, symbol=of.symbol(document.level) if document.level else "",
        colour=of.colour(document.level) if document.level else "", parts=document.parts, foot=document.foot,
    )  # fmt: skip
    return page.encode("utf-8")


def _pdf(document: FilledDocument) -> bytes:
    from riskkit.workbench.document.documents import pdf_of

    return in_language(document.lang, pdf_of, _html(document).decode("utf-8"))


def _word(document: FilledDocument) -> bytes:
    import docx
    from docx.shared import Cm

    from riskkit.workbench.document.word_marks import package_bytes, set_font

    made = docx.Document()
    in_language(document.lang, set_font, made.styles["Normal"], "仿宋_GB2312")
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.top_margin, page.bottom_margin = Cm(3.7), Cm(3.5)
    page.left_margin, page.right_margin = Cm(2.8), Cm(2.6)
    _word_head(made, document)
    for number, (kind, words, photo) in enumerate(document.parts):
        if photo is not None:
            _word_picture(made, photo)
        _word_line(made, kind, words, is_address=number == 1 and words.endswith((":", "：")),
                   is_bold=kind == "heading" and document.lang == "en")  # fmt: skip
    foot = made.add_paragraph()
    _run(foot, document.foot, font="仿宋_GB2312", size=10.5)
    about = made.core_properties
    about.title, about.author, about.language = document.title[:255], "", _TAGS[document.lang]
    return package_bytes(made)


def _word_head(made: Any, document: FilledDocument) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    head = made.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(head, document.head, font="方正小标宋简体", size=30, colour=_RED)
    number = made.add_paragraph()
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(number, document.number, font="仿宋_GB2312", size=16)
    level = made.add_paragraph()
    level.alignment = WD_ALIGN_PARAGRAPH.CENTER
    level.paragraph_format.space_after = Pt(18)
    symbol = f"{scale('warning').symbol(document.level)} " if document.level else ""
    _run(level, f"{symbol}{document.level_words}", font="黑体", size=14)
    _red_line(level)


def _red_line(paragraph: Any) -> None:
    from riskkit.workbench.document.word_marks import element

    borders = element("w:pBdr")
    borders.append(element("w:bottom", val="single", sz="18", space="6", color=_RED))
    paragraph._p.get_or_add_pPr().append(borders)


def _word_picture(made: Any, photo: Photo) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm

    from riskkit.workbench.document.word_marks import describe_picture

    paragraph = made.add_paragraph()
    paragraph.alignment, paragraph.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
    shape = paragraph.add_run().add_picture(io.BytesIO(base64.b64decode(photo.png)))
    scale_by = Cm(_PICTURE_SIDE) / max(shape.width, shape.height)
    shape.width, shape.height = int(shape.width * scale_by), int(shape.height * scale_by)
    describe_picture(shape, title=photo.alt, text=photo.alt)


def _word_line(made: Any, kind: str, words: str, *, is_address: bool, is_bold: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    font, size, is_centred = _TYPE[kind]
    paragraph = made.add_heading(level=1) if kind == "title" else made.add_paragraph()
    shape = paragraph.paragraph_format
    shape.line_spacing, shape.space_after, shape.space_before = Pt(_LINES[size]), Pt(0), Pt(0)
    if is_centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape.space_after = Pt(14)
    elif kind == "signature":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    elif not is_address:
        shape.first_line_indent = Pt(32)
    _run(paragraph, f"— {words}" if kind == "item" else words, font=font, size=size, is_bold=is_bold)


def _run(
    paragraph: Any, words: str, *, font: str, size: float, colour: str = "16202C", is_bold: bool = False
) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(words)
    run.font.size, run.font.color.rgb = Pt(size), RGBColor.from_string(colour)
    run.font.name = "Times New Roman"
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    run.bold = is_bold


def readable_text(document: FilledDocument) -> str:
    """What is measured for readability: sentences, without title, headings and signature."""
    return "\n".join(words for kind, words in document.lines if kind in ("text", "item"))


Made = Mapping[str, bytes]
"""file name → content"""


def letter_blocks(document: FilledDocument) -> list[Block]:
    """The lines of a letter as blocks of a report, items that follow each other as one list."""
    blocks: list[Block] = []
    for is_item, lines in itertools.groupby(document.lines, key=lambda line: line[0] == "item"):
        if is_item:
            blocks.append(Items(tuple(words for _, words in lines)))
            continue
        for kind, words in lines:
            blocks.append(Paragraph(words, "lead" if kind in ("title", "heading") else "body"))
    return blocks
