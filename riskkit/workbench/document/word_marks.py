"""Marks that python-docx does not know: East Asian fonts, fields, links, shading, repeated heads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.pkgwriter import PackageWriter
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Cm, Length, Pt
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run

from riskkit.foundation.language import language
from riskkit.workbench.document.block_kinds import Badge
from riskkit.workbench.document.rendering import ink, text_and_links

_LATIN = "Times New Roman"
_HEAD, _RULE, _FINE = "F3F5F8", "173A63", "C9D1DA"
_AFTER_BORDERS = {qn(f"w:{name}") for name in ("shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption")}


class _SameEachTime:
    """Takes the parts of a package as python-docx hands them over; none says when it was made."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package

    def write(self, name: Any, content: bytes) -> None:
        """A part, with the earliest date that a zip file knows."""
        self._package.writestr(zipfile.ZipInfo(name.membername), content, zipfile.ZIP_DEFLATED)


def package_bytes(document: WordDocument) -> bytes:
    """A ``.docx`` file whose bytes follow from its content.

    As `document.save`, which would put the time on every part, and would have to be packed a second time.
    """
    package, out = document.part.package, io.BytesIO()
    assert package is not None
    for part in package.parts:
        part.before_marshal()
    with zipfile.ZipFile(out, "w") as file:
        format_of: Any = PackageWriter  # python-docx has no types for it
        format_of._write_content_types_stream(_SameEachTime(file), package.parts)
        format_of._write_pkg_rels(_SameEachTime(file), package.rels)
        format_of._write_parts(_SameEachTime(file), package.parts)
    return out.getvalue()


def element(tag: str, **attributes: str) -> Any:
    """An element of WordprocessingML."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def set_font(style: Any, font: str) -> None:
    """Name a style's Chinese font beside its Latin one, and its languages."""
    style.font.name = _LATIN
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{script}"), _LATIN)
    fonts.set(qn("w:eastAsia"), font)
    for old in style.element.rPr.findall(qn("w:lang")):
        style.element.rPr.remove(old)
    latin = "en-GB" if language() == "en" else "zh-CN"
    style.element.rPr.append(element("w:lang", val=latin, eastAsia="zh-CN"))


def add_field(paragraph: WordParagraph, instruction: str, shown: str) -> None:
    """A field (page number, caption number …) with the value it shows until Word counts anew."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run(text if kind == "shown" else "")
        if kind in ("begin", "separate", "end"):
            run._r.append(element("w:fldChar", fldCharType=kind))
        elif not kind:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._r.append(code)


def page_numbers(paragraph: WordParagraph, words: Sequence[str]) -> None:
    """Page and number of pages, between the three words of a language."""
    before, between, after = words
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(before)
    add_field(paragraph, "PAGE", "1")
    paragraph.add_run(between)
    add_field(paragraph, "NUMPAGES", "1")
    paragraph.add_run(after)


def add_contents(document: WordDocument, entries: Sequence[tuple[int, str]]) -> None:
    """A table of contents that stands there at once; Word adds page numbers when it is refreshed (F9)."""
    lines = [document.add_paragraph() for _ in entries]
    _field_mark(lines[0], "begin")
    code = OxmlElement("w:instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = ' TOC \\o "1-2" \\h \\z \\u '
    lines[0].add_run()._r.append(code)
    _field_mark(lines[0], "separate")
    for line, (depth, words) in zip(lines, entries, strict=True):
        line.paragraph_format.left_indent, line.paragraph_format.space_after = Cm(0.7 * (depth - 1)), Pt(1)
        line.add_run(words)
    _field_mark(lines[-1], "end")


def _field_mark(paragraph: WordParagraph, kind: str) -> None:
    paragraph.add_run()._r.append(element("w:fldChar", fldCharType=kind))


def add_linked(paragraph: WordParagraph, text: str) -> None:
    """Add a text; web addresses in it become links."""
    for words, is_link in text_and_links(text):
        if not is_link:
            paragraph.add_run(words)
            continue
        target = paragraph.part.relate_to(words, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), target)
        paragraph._p.append(link)
        run = Run(OxmlElement("w:r"), paragraph)
        link.append(run._r)
        run.text, run.font.underline = words, True


def every_run(paragraph: WordParagraph) -> list[Run]:
    """The runs of a paragraph, those inside its links too."""
    pieces = (piece for piece in paragraph.iter_inner_content())
    return [run for piece in pieces for run in ([piece] if isinstance(piece, Run) else piece.runs)]


def add_badge(paragraph: WordParagraph, badge: Badge) -> None:
    """A level: its symbol on its colour, then its word."""
    mark = paragraph.add_run(f" {badge.symbol} ")
    mark._r.get_or_add_rPr().append(element("w:color", val=ink(badge.colour).lstrip("#")))
    fill = badge.colour.lstrip("#")
    mark._r.get_or_add_rPr().append(element("w:shd", val="clear", color="auto", fill=fill))
    paragraph.add_run(f" {badge.label}").bold = True


def three_lines(table: WordTable) -> None:
    """Rules of a three-line table: strong above and below, a fine one between rows; shaded head."""
    borders = OxmlElement("w:tblBorders")
    for side, size, colour in (("top", "12", _RULE), ("bottom", "12", _RULE), ("insideH", "4", _FINE)):
        borders.append(element(f"w:{side}", val="single", sz=size, space="0", color=colour))
    properties = table._tbl.tblPr
    later = [each for each in properties if each.tag in _AFTER_BORDERS]
    properties.insert(properties.index(later[0]) if later else len(properties), borders)
    for cell in table.rows[0].cells:
        cell._tc.get_or_add_tcPr().append(element("w:shd", val="clear", color="auto", fill=_HEAD))


def set_widths(table: WordTable, widths: Sequence[Length]) -> None:
    """Set the column widths, in the grid and in every cell: Word and LibreOffice each read one of them."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=False):
        column.width = width
        for cell in column.cells:
            cell.width = width


def turn_page(document: WordDocument, *, is_wide: bool) -> None:
    """Go on upright or across; a new page begins only where that changes."""
    last = document.sections[-1]
    height, width = last.page_height, last.page_width
    if height is None or width is None or (width > height) == is_wide:
        return
    turned = document.add_section(WD_SECTION.NEW_PAGE)
    turned.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    turned.page_width, turned.page_height = height, width


def heads_repeat(table: WordTable) -> None:
    """Repeat the first row on every page, and keep each row on one page."""
    for at, row in enumerate(table.rows):
        marks = row._tr.get_or_add_trPr()
        marks.append(element("w:cantSplit"))
        if at == 0:
            marks.append(element("w:tblHeader"))


def describe_picture(shape: Any, *, title: str, text: str) -> None:
    """Give a picture the text read out to those who cannot see it."""
    shape._inline.docPr.set("title", title)
    shape._inline.docPr.set("descr", text)
