"""Sets a reading of a notebook as a Word document.

Fonts follow the form of official documents (GB/T 9704: 黑体 and 楷体 for headings, 仿宋 for text); they are
named,
not embedded: Word on a Chinese desktop has them. Latin letters are Times New Roman.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections.abc import Iterator, Sequence

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from riskkit.foundation.language import language
from riskkit.words.catalogue import page_text
from riskkit.workbench.document.block_kinds import Badge, Block, Details, Items, Paragraph, Photo, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.html import HTML_LANG, head_badges, provenance
from riskkit.workbench.document.level_marks import result_badge_note
from riskkit.workbench.document.numbering import Numbers
from riskkit.workbench.document.reading import Failure, Part, Reading, brief_parts
from riskkit.workbench.document.table_widths import column_widths, reach, type_size
from riskkit.workbench.document.word_marks import (
    add_badge,
    add_contents,
    add_field,
    add_linked,
    describe_picture,
    every_run,
    heads_repeat,
    package_bytes,
    page_numbers,
    set_font,
    set_widths,
    three_lines,
    turn_page,
)

_ACCENT, _ALARM, _QUIET = RGBColor(0x17, 0x3A, 0x63), RGBColor(0x8A, 0x1A, 0x12), RGBColor(0x4B, 0x58, 0x68)
_LONGEST_PROPERTY = 255  # characters, which is what the format holds
_TEXT_WIDTH, _WIDE_WIDTH, _PHOTO_WIDTH = 15.8, 24.5, 5.0  # [cm]
_READABLE = 7.0  # type below which a table goes on a page turned across [pt]
_CELL_PADDING = 4.2  # Word's own margins in a cell, left and right, and a little air [mm]
_OTHER_FONTS = 1.12  # where Word's fonts are missing, wider ones stand in
_STYLES = {
    "Normal": ("仿宋_GB2312", 12, False),
    "Title": ("黑体", 22, True),
    "Heading 1": ("黑体", 15, True),
    "Heading 2": ("楷体_GB2312", 13.5, True),
    "Heading 3": ("仿宋_GB2312", 12, True),
    "Caption": ("黑体", 10.5, True),
    "List Bullet": ("仿宋_GB2312", 12, False),
    "List Number": ("仿宋_GB2312", 12, False),
    "Header": ("仿宋_GB2312", 9, False),
    "Footer": ("仿宋_GB2312", 9, False),
    "Intense Quote": ("仿宋_GB2312", 12, False),
}


def word_document(
    reading: Reading, drawn: Sequence[bytes], *, title: str, made_at: dt.datetime | None = None
) -> bytes:
    """The document as bytes of a ``.docx`` file."""
    document = Document()
    _prepare(document, title=title, made_at=made_at or dt.datetime.now(dt.UTC))
    brief, parts = brief_parts(reading)
    _head(document, reading, title=title)
    numbers, pictures = Numbers(), iter(drawn)
    _brief(document, brief, numbers)
    if parts or not brief:
        _contents(document, reading, is_new_page=bool(brief))
    labels: list[tuple[str, Table]] = []
    for part in parts:
        match part:
            case Section():
                _section(document, part, numbers)
            case Picture():
                label = numbers.figure()
                labels.append((label, part.table))
                _picture(document, part, next(pictures), label=label)
            case Failure():
                where = f"{page_text('failed_cell')} {part.cell}"
                _alarm(document, f"✕ {where}: {part.name}: {part.message}")
    if brief and not parts:
        return package_bytes(document)
    _annex(document, [(label, table) for label, table in labels if table.rows])
    _provenance(document, reading)
    return package_bytes(document)


def _brief(document: WordDocument, brief: Sequence[Part], numbers: Numbers) -> None:
    """The pages that open a report, set close, each on a page of its own."""
    for at, part in enumerate(brief):
        first, tables = len(document.paragraphs), len(document.tables)
        assert isinstance(part, Section)
        _section(document, part, numbers)
        document.paragraphs[first].paragraph_format.page_break_before = at > 0
        cells = [cell for table in document.tables[tables:] for row in table.rows for cell in row.cells]
        inner = [paragraph for cell in cells for paragraph in cell.paragraphs]
        for paragraph, size in [(one, 10) for one in document.paragraphs[first:]] + [
            (one, 8.5) for one in inner
        ]:
            paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(1)
            paragraph.paragraph_format.line_spacing = 1.0
            for run in every_run(paragraph):
                run.font.size = Pt(size)


def _prepare(document: WordDocument, *, title: str, made_at: dt.datetime) -> None:
    for name, (font, size, strong) in _STYLES.items():
        set_font(document.styles[name], font)
        document.styles[name].font.size = Pt(size)
        document.styles[name].font.bold = strong
        document.styles[name].font.italic = False
        document.styles[name].font.color.rgb = _ACCENT if strong else RGBColor(0x16, 0x20, 0x2C)
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    document.styles["Normal"].paragraph_format.line_spacing = 1.4
    document.styles["Caption"].paragraph_format.keep_with_next = True
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    page.top_margin, page.bottom_margin = Cm(2.8), Cm(2.5)
    page.header.paragraphs[0].text = title
    page_numbers(page.footer.paragraphs[0], page_text("page_of", page="\0", pages="\0").split("\0"))
    about = document.core_properties
    about.title = title if len(title) <= _LONGEST_PROPERTY else title[: _LONGEST_PROPERTY - 1] + "…"
    about.language, about.author, about.comments = HTML_LANG[language()], "riskkit", ""
    about.created = about.modified = made_at.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)


def _head(document: WordDocument, reading: Reading, *, title: str) -> None:
    kicker = document.add_paragraph()
    kicker.add_run(page_text("kicker")).font.color.rgb = _QUIET
    document.add_paragraph(title, style="Title")
    if reading.question:
        document.add_paragraph().add_run(reading.question).font.color.rgb = _QUIET
    is_brief = bool(brief_parts(reading)[0])  # which opens with the badges itself
    for badge in [] if is_brief else head_badges(reading.result):
        _badge(document, badge)
    note = result_badge_note(reading.result or {})
    if note:
        document.add_paragraph(note)
    if reading.failures:
        _alarm(document, f"✕ {page_text('failed_title')}")
        _alarm(document, page_text("failed_lead"))


def _contents(document: WordDocument, reading: Reading, *, is_new_page: bool) -> None:
    if is_new_page:
        document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    entries = list(_headings(reading))
    if entries:
        head = document.add_paragraph()
        head.add_run(page_text("contents")).bold = True
        add_contents(document, entries)


def _headings(reading: Reading) -> Iterator[tuple[int, str]]:
    numbers = Numbers()
    for part in reading.parts:
        if isinstance(part, Section) and part.title:
            number = numbers.part(part.depth)
            if part.depth < 3:
                yield part.depth, number + part.title
    yield 1, page_text("provenance")


def _section(document: WordDocument, section: Section, numbers: Numbers) -> None:
    if section.title:
        turn_page(document, is_wide=bool(section.blocks) and _is_wide(section.blocks[0]))
        document.add_heading(numbers.part(section.depth) + section.title, section.depth)
    for block in section.blocks:
        _block(document, block, numbers)


def _block(document: WordDocument, block: Block, numbers: Numbers) -> None:
    turn_page(document, is_wide=_is_wide(block))
    match block:
        case Paragraph():
            _paragraph(document, block)
        case Items():
            style = "List Number" if block.ordered else "List Bullet"
            for at, item in enumerate(block.items, 1):
                # Word would count on from one list to the next, so a numbered list carries its numbers
                paragraph = document.add_paragraph(style="Normal" if block.ordered else style)
                if block.ordered:
                    paragraph.paragraph_format.left_indent = Cm(0.9)
                    paragraph.paragraph_format.first_line_indent = Cm(-0.7)
                add_linked(paragraph, f"{at}. {item}" if block.ordered else item)
        case Badge():
            _badge(document, block)
        case Table():
            _table(document, block, label=numbers.table())
        case Photo():
            frame = document.add_paragraph().add_run()
            shape = frame.add_picture(io.BytesIO(base64.b64decode(block.png)), width=Cm(_PHOTO_WIDTH))
            describe_picture(shape, title=block.alt, text=block.alt)
        case Details():
            head = document.add_paragraph()
            head.paragraph_format.keep_with_next = True
            head.add_run(block.summary).bold = True
            for inner in block.blocks:
                _block(document, inner, numbers)


def _paragraph(document: WordDocument, block: Paragraph) -> None:
    paragraph = document.add_paragraph(style="Intense Quote" if block.role == "caution" else "Normal")
    add_linked(paragraph, block.text)
    if block.role == "caution":
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Cm(0.4)
    for run in every_run(paragraph):
        if block.role == "lead":
            run.bold = True
        elif block.role in ("note", "source"):
            run.font.size, run.font.color.rgb = Pt(10), _QUIET
        elif block.role == "code":
            run.font.name, run.font.size = "Courier New", Pt(9)


def _badge(document: WordDocument, badge: Badge) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run(f"{badge.scale}  ").font.color.rgb = _QUIET
    add_badge(paragraph, badge)


def _table(document: WordDocument, block: Table, *, label: str = "") -> None:
    width = _WIDE_WIDTH if _is_wide(block) else _TEXT_WIDTH
    size = _type(block, width)
    caption = document.add_paragraph(style="Caption")
    _caption(caption, label, block.caption)
    table = document.add_table(rows=1 + len(block.rows), cols=max(len(block.columns), 1))
    three_lines(table)
    heads_repeat(table)
    set_widths(table, _widths(block, size * _OTHER_FONTS, width))
    for r, row in enumerate((block.columns, *block.rows)):
        for c, cell in enumerate(row):
            paragraph = table.cell(r, c).paragraphs[0]
            paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = Pt(2), 1.15
            if c in block.numeric:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if isinstance(cell, Badge):
                add_badge(paragraph, cell)
            else:
                add_linked(paragraph, cell)
            for run in every_run(paragraph):
                run.font.size = Pt(size)
                run.bold = run.bold or r == 0 or (c == 0 and block.row_heads)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _is_wide(block: Block) -> bool:
    return isinstance(block, Table) and _type(block, _TEXT_WIDTH) < _READABLE


def _type(block: Table, width: float) -> float:
    return type_size(block, width=10 * width, padding=_CELL_PADDING, largest=9.5, stretch=_OTHER_FONTS)


def _widths(block: Table, size: float, width: float) -> list[Cm]:
    """Column widths [cm] in which no word breaks, in proportion to what stands in them."""
    rows = [block.columns, *block.rows]
    longest = [max(_reach(row[c]) for row in rows) for c in range(len(block.columns))]
    found = column_widths(block, longest, width=10 * width, padding=_CELL_PADDING, size=size)
    return [Cm(one / 10) for one in found]


def _reach(cell: str | Badge) -> int:
    """Width of a cell's text, a Chinese character counted as two letters; a badge has its symbol too."""
    return reach(cell if isinstance(cell, str) else f"    {cell.label}")


def _caption(paragraph: WordParagraph, label: str, words: str) -> None:
    """The label's number is a field, so that Word counts on when somebody adds a table."""
    kind, _, number = label.rpartition(" ")
    if kind:
        paragraph.add_run(f"{kind} ")
        add_field(paragraph, f"SEQ {kind} \\* ARABIC", number)
        paragraph.add_run("  ")
    paragraph.add_run(words)


def _picture(document: WordDocument, picture: Picture, png: bytes, *, label: str) -> None:
    turn_page(document, is_wide=False)
    frame = document.add_paragraph()
    frame.paragraph_format.keep_with_next = True
    shape = frame.add_run().add_picture(io.BytesIO(png), width=Cm(15.6))
    describe_picture(shape, title=picture.title, text=picture.alt)
    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = False
    _caption(caption, label, picture.title)
    told = document.add_paragraph()
    words = told.add_run(picture.alt)
    words.font.size, words.font.color.rgb = Pt(10), _QUIET


def _alarm(document: WordDocument, text: str) -> None:
    run = document.add_paragraph().add_run(text)
    run.bold, run.font.color.rgb = True, _ALARM


def _annex(document: WordDocument, tables: Sequence[tuple[str, Table]]) -> None:
    if tables:
        turn_page(document, is_wide=False)
        document.add_heading(page_text("annex_numbers"), 1)
    for label, table in tables:
        named = Table(f"{label}  {table.caption}", table.columns, table.rows, table.numeric)
        turn_page(document, is_wide=_is_wide(named))
        _table(document, named)


def _provenance(document: WordDocument, reading: Reading) -> None:
    turn_page(document, is_wide=False)
    document.add_heading(page_text("provenance"), 1)
    rows = provenance(reading.result)
    for name, value in rows:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.add_run(name + page_text("colon")).font.color.rgb = _QUIET
        paragraph.add_run(value)
    _paragraph(document, Paragraph(page_text("prov_note" if rows else "prov_absent"), "note"))
