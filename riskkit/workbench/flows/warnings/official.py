"""A filled document in each format: page, PDF, a Word file with the layout of official documents, text."""

from __future__ import annotations

import base64
import io
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    PackageLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Photo

MARK = "\u2063"
"""Begins a line that the template marked as a heading, item, picture or signature: no value can hold it."""
_MARKED = re.compile(r"^(##?|>|-|!) ", re.MULTILINE)
_FILTERS = ("join", "default", "length", "upper", "lower")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.For, nodes.Const,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Getattr,
)  # fmt: skip
_LARGEST = 100_000
Line = tuple[str, str]
"""Its kind – ``title``, ``heading``, ``item``, ``picture``, ``signature`` or ``text`` – and its words."""
_KINDS = {"#": "title", "##": "heading", "-": "item", ">": "signature", "!": "picture"}


def template_text(name: str, *, folder: Path | None = None) -> str:
    """A template: one's own where the folder has it, else the one that comes with riskkit."""
    own = folder / f"{name}.{language()}.txt" if folder is not None else None
    if own is None or not own.is_file():
        shipped = (
            resources.files("riskkit.workbench.flows.warnings") / "templates" / f"{name}.{language()}.txt"
        )
        return shipped.read_text(encoding="utf-8")
    with own.open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise InputFaults(own.name, [Fault(own.name, "too large", RuleText("at most {} bytes", _LARGEST))])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFaults(own.name, [Fault(own.name, f"byte {error.start}", "UTF-8 text")]) from None


def filled(text: str, values: Mapping[str, str | list[str]], *, name: str = "template") -> list[Line]:
    """The lines of a document: a template filled with values, each line with its kind."""
    template = _checked(text, frozenset(values), name)
    _refuse_hidden(text, values, name)
    try:
        made = template.render(**values)
    except TemplateError as error:
        raise InputFaults(name, [Fault(name, shown(str(error)), "a template")]) from None
    return [_line(one) for one in made.splitlines() if one.strip(f" {MARK}#->!")]


@lru_cache(maxsize=64)
def _checked(text: str, values: frozenset[str], name: str) -> Template:
    """A template that asks for nothing but these values; the same one serves thousands of letters."""
    room = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        tree = room.parse(text)
        refuse(name, sorted(_faults(tree, values, name), key=lambda fault: fault.place))
        return room.from_string(_MARKED.sub(lambda found: f"{MARK}{found[1]} ", text))
    except TemplateSyntaxError as error:
        place = f"{name}:{error.lineno}"
        raise InputFaults(name, [Fault(place, shown(str(error.message)), "a template")]) from None


def _faults(tree: nodes.Template, values: Collection[str], name: str) -> Iterator[Fault]:
    rule = RuleText("values, if, for and the filters {} only", ", ".join(_FILTERS))
    bound = {one.name for loop in tree.find_all(nodes.For) for one in loop.target.find_all(nodes.Name)}
    bound |= {loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)}
    for node in tree.find_all(nodes.Node):
        place = f"{name}:{node.lineno}"
        is_strange = not isinstance(node, _ALLOWED) or (
            isinstance(node, nodes.Filter) and node.name not in _FILTERS
        )
        if isinstance(node, nodes.Getattr) and not _is_of_loop(node):
            is_strange = True
        if is_strange:
            yield Fault(place, type(node).__name__, rule)
        elif (
            isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in {*values, *bound, "loop"}
        ):
            yield Fault(place, shown(node.name), "a value that there is")


def _is_of_loop(node: nodes.Getattr) -> bool:
    is_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
    return is_loop and node.attr in ("first", "last", "index")


def _refuse_hidden(text: str, values: Mapping[str, str | list[str]], name: str) -> None:
    found = [name] if MARK in text else []
    found += [
        key
        for key, value in values.items()
        if any(MARK in one for one in ([value] if isinstance(value, str) else value))
    ]
    rule = "text without control, hidden or direction-changing characters"
    refuse(name, [Fault(one, "U+2063", rule) for one in found])


def _line(text: str) -> Line:
    if text.startswith(MARK):
        sign, _, words = text[1:].partition(" ")
        return _KINDS[sign], words.strip()
    return "text", text.strip()


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
