"""An executed notebook as PDF (WeasyPrint) and as Word (python-docx).

Both are set from the same sections and pictures as the page, so the three cannot disagree. They return bytes
only when the whole document is there: nothing half-made leaves this file. Memory of one process levels off
(about 500 MB after ten documents here), so WeasyPrint runs in the caller's process.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import datetime as dt
import io
import shutil
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import language
from riskkit.words.catalogue import page_text
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.html import HTML_LANG, head_badges, provenance, view
from riskkit.workbench.document.level_marks import result_badge_note
from riskkit.workbench.document.numbering import Numbers
from riskkit.workbench.document.reading import Reading, brief_parts, read_notebook
from riskkit.workbench.document.rendering import asset, environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_FONT = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Zen Hei, sans-serif"
_SIZE = (680, 380)
_TALL, _HALF = 0.8, 480  # [width], [px]
"""Width and height [CSS pixels] of a picture that does not say its own height."""


def browser_path() -> str | None:
    """Where Chromium is on this machine; None if there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def is_tall(picture: Picture) -> bool:
    """Whether a picture is so tall that on paper it takes half the width, beside another one of its kind."""
    return _height(picture.figure) > _TALL * _SIZE[0]


def stills(pictures: Sequence[Picture], *, kind: Literal["svg", "png"]) -> list[bytes]:
    """The pictures drawn for paper, in the same order."""
    if not pictures:
        return []
    import kaleido

    _open_browser()
    figures = [each.figure for each in pictures]
    return [_bytes(kaleido.calc_fig_sync(_on_paper(figure), _options(figure, kind))) for figure in figures]


def _bytes(drawn: Any) -> bytes:
    return drawn.encode() if isinstance(drawn, str) else bytes(drawn)


def _options(figure: Mapping[str, Any], kind: str) -> dict[str, Any]:
    height, width = _height(figure), _SIZE[0]
    if kind == "svg" and height > _TALL * width:  # its letters stay as large as those of others
        width = _HALF
    return {"format": kind, "width": width, "height": height, "scale": 3 if kind == "png" else 1}


def _height(figure: Mapping[str, Any]) -> int:
    return int(figure.get("layout", {}).get("height") or _SIZE[1])


def _on_paper(figure: Mapping[str, Any]) -> dict[str, Any]:
    """The figure on white, in a font that has Chinese, without the title its caption repeats."""
    layout = {key: value for key, value in figure.get("layout", {}).items() if key not in ("title", "width")}
    margin = {"t": 16, "r": 16, "b": 48, **layout.get("margin", {})}
    font = {"color": "#16202c", **layout.get("font", {}), "family": _FONT}
    ground = {"paper_bgcolor": "#ffffff", "plot_bgcolor": "#ffffff"}
    layout = {**ground, **layout, "margin": margin, "font": font}
    return {"data": list(figure.get("data", [])), "layout": layout}


@cache
def _open_browser() -> None:
    import kaleido

    kaleido.start_sync_server(path=browser_path(), mathjax=False, silence_warnings=True)
    atexit.register(kaleido.stop_sync_server, silence_warnings=True)


FORMATS = ("pdf", "docx")
_BRIEF_SIZES = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
"""Type sizes of the brief, largest first [pt]."""
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


class MissingSystemPart(RuntimeError):
    """A document cannot be made here; the message says what to install."""


def missing_parts(
    format: str,  # noqa: A002 - the word users know
    *,
    has_figures: bool = True,
) -> tuple[str, ...]:
    """What is missing on this machine for a kind of document, and what to install."""
    refuse("document", [] if format in FORMATS else [Fault("format", shown(format), "pdf or docx")])
    missing = [
        ("missing_chromium", not has_figures or browser_path() is not None),
        ("missing_fonts", _has_chinese_font()),
        ("missing_pango", format != "pdf" or _has_pango()),
    ]
    return tuple(page_text(key) for key, there in missing if not there)


def to_pdf(notebook: Mapping[str, Any], *, title: str) -> bytes:
    """The report as PDF: A4, page numbers, running title, Chinese fonts embedded, tagged."""
    _ready("pdf")
    size = _brief_size(notebook, title=title)
    return pdf_of(print_html(notebook, title=title, brief_size=size))


def pdf_of(page: str) -> bytes:
    """An HTML page as tagged PDF; its text reaches no file and no host."""
    if not _has_pango():
        raise MissingSystemPart(page_text("missing_pango"))
    made: bytes = _typeset(page).write_pdf(pdf_tags=True)
    return made


def _typeset(page: str) -> Any:
    from weasyprint import HTML

    return HTML(string=page, url_fetcher=_only_data())


def _brief_size(notebook: Mapping[str, Any], *, title: str) -> float:
    """The largest type in which the brief takes no more than its two pages, whatever fonts are here [pt]."""
    reading = read_notebook(notebook)
    brief = replace(reading, parts=brief_parts(reading)[0])
    if not brief.parts:
        return _BRIEF_SIZES[0]
    for size in _BRIEF_SIZES[:-1]:
        page = _print_page(brief, {}, title=title, brief_size=size)
        if len(_typeset(page).render().pages) <= len(brief.parts):
            return size
    return _BRIEF_SIZES[-1]  # texts are bounded in length: this one fits


def to_docx(notebook: Mapping[str, Any], *, title: str, made_at: dt.datetime | None = None) -> bytes:
    """The report as a Word document: real headings, repeated table heads, captions, page numbers."""
    _ready("docx")
    from riskkit.workbench.document.word import word_document

    reading = read_notebook(notebook)
    drawn = stills([part for part in reading.parts if isinstance(part, Picture)], kind="png")
    return word_document(reading, drawn, title=title, made_at=made_at)


def print_html(notebook: Mapping[str, Any], *, title: str, brief_size: float = _BRIEF_SIZES[0]) -> str:
    """The page WeasyPrint sets: everything stands open, pictures are drawn, numbers follow in an annex."""
    reading = read_notebook(notebook)
    pictures = [part for part in reading.parts if isinstance(part, Picture)]
    svgs = stills(pictures, kind="svg")
    drawn = {each.id: _data_url(svg) for each, svg in zip(pictures, svgs, strict=True)}
    return _print_page(reading, drawn, title=title, brief_size=brief_size)


def _print_page(reading: Reading, drawn: Mapping[str, str], *, title: str, brief_size: float) -> str:
    numbers = Numbers()
    before, between, after = page_text("page_of", page="\0", pages="\0").split("\0")
    brief, parts = ([view(part, numbers) for part in some] for some in brief_parts(reading))
    return (
        environment()
        .get_template("print.html.j2")
        .render(
            lang=language(),
            html_lang=HTML_LANG[language()],
            title=title,
            brief=brief,
            brief_size=brief_size,
            parts=parts,
            drawn=drawn,
            tall={part.id for part in reading.parts if isinstance(part, Picture) and is_tall(part)},
            reading=reading,
            badges=[] if brief else head_badges(reading.result),  # a brief opens with them
            badge_note=result_badge_note(reading.result or {}),
            provenance=provenance(reading.result),
            page_words=(before, between, after),
            css=asset("blocks.css") + asset("print.css"),
        )
    )


def _ready(format: str) -> None:  # noqa: A002 - the word users know
    missing = missing_parts(format)
    if missing:
        raise MissingSystemPart("\n".join(missing))


def _data_url(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _only_data() -> Any:
    """A fetcher that opens data: addresses and nothing else, so that no text can reach a file or host."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",))


@cache
def _has_pango() -> bool:
    # WeasyPrint prints a notice of its own to stdout where a library is missing: it would spoil a JSON answer
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # told at import where libharfbuzz-subset0 is missing: Chinese fonts would then be embedded whole
        warnings.filterwarnings("error", message="HarfBuzz-Subset")
        try:
            import weasyprint  # noqa: F401 - loads Pango
        except (OSError, DeprecationWarning):
            return False
    return True


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        folders = (Path(folder).expanduser() for folder in _FONT_FOLDERS)
        return any(True for folder in folders for _ in folder.rglob("*CJK*"))
    asked = [lister, ":lang=zh", "family"]
    return bool(subprocess.run(asked, capture_output=True, check=False, timeout=60).stdout.strip())
