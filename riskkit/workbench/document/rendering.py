"""Turns blocks into HTML: one Jinja2 environment in which every text is escaped.

Nothing else in the workbench writes markup. A web address inside a text becomes a link; nothing else in a
text is ever read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from riskkit.words.catalogue import page_text
from riskkit.workbench.document.table_widths import print_size, reach

_ADDRESS = re.compile(r"https?://[^\s<>\"'，。；、）】》]+[^\s<>\"'，。；、）】》.,;:!?)\]]")
_DARK, _LIGHT = "#14202e", "#ffffff"


@cache
def environment() -> Environment:
    """The Jinja2 environment of all pages: autoescape on, an unknown name is an error."""
    env = Environment(
        loader=PackageLoader("riskkit.workbench.document", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(linked=linked, ink=ink, script_json=script_json, reach=reach, print_size=print_size)
    env.globals.update(t=page_text)
    return env


@cache
def asset(name: str) -> Markup:
    """A style sheet or script of ours, as it stands."""
    source = resources.files("riskkit.workbench.document") / "templates" / name
    return Markup(source.read_text(encoding="utf-8"))  # noqa: S704 - a file of this package


def linked(text: str) -> Markup:
    """Escape a text; web addresses in it become links, line ends become breaks."""
    if "://" not in text and "\n" not in text:  # most texts
        return escape(text)
    link = Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>')
    parts = (link.format(words) if is_link else escape(words) for words, is_link in text_and_links(text))
    return Markup("<br>").join(Markup("").join(parts).split("\n"))


def text_and_links(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a text, each with whether it is a web address."""
    at = 0
    for hit in _ADDRESS.finditer(text):
        if hit.start() > at:
            yield text[at : hit.start()], False
        yield hit.group(), True
        at = hit.end()
    if at < len(text):
        yield text[at:], False


def ink(colour: str) -> str:
    """Dark or light writing, whichever is read more easily on a ``#rrggbb`` ground (WCAG 2 contrast)."""
    ground = luminance(colour)
    on_light = (1.05) / (ground + 0.05)
    on_dark = (ground + 0.05) / (luminance(_DARK) + 0.05)
    return _LIGHT if on_light >= on_dark else _DARK


def luminance(colour: str) -> float:
    """Relative luminance of a ``#rrggbb`` colour, 0 (black) to 1 (white), as WCAG 2 defines it."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def script_json(value: object) -> Markup:
    """A value as JSON that may stand inside ``<script>``: no character in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)  # noqa: S704 - the marks that could end the element are gone
