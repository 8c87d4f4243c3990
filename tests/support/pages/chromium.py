"""Debian's chromium for the browser tests, and what a page asked for while it was open."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from patience import PAGE_HANGS
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser, Page, expect, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


def missing_part() -> str:
    """What a browser test lacks here, with the Debian package that brings it; empty when all is there."""
    if PROGRAM is None:
        return "no chromium here: apt-get install chromium"
    tried = subprocess.run([compute_driver_executable()[0], "--version"], capture_output=True, check=False)
    return "Playwright's driver does not start: apt-get install libatomic1" if tried.returncode else ""


MISSING = missing_part()
needs_chromium = pytest.mark.skipif(bool(MISSING), reason=MISSING)
expect.set_options(timeout=PAGE_HANGS)
_open: list[Browser] = []
# jupyterlab-plotly calls this on an output of Voila's, which lacks it; the figure is drawn all the same.
# A widget that still measures itself while its page is left finds the connection closed.
KNOWN_ERRORS = ("setData is not a function", "Could not send widget sync message Error: Cannot send")


@dataclass
class Watched:
    """A page, the hosts it asked and the errors it met."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def note_request(self, address: str) -> None:
        """Remember the host; what lies inside the page asks nobody."""
        parts = urlsplit(address)
        if parts.scheme not in {"data", "blob", "about"}:
            self.hosts.add(parts.hostname or parts.scheme)

    def note_error(self, text: str) -> None:
        """Remember an error that is not known and harmless."""
        if not any(known in text for known in KNOWN_ERRORS):
            self.errors.append(text)


def watched_in(browser: Browser, *, width: int, height: int = 900) -> Watched:
    """An empty page of a browser, of a visitor whom it does not know, that waits for states as long as they take."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PAGE_HANGS)
    watched = Watched(context.new_page())
    watched.page.on("request", lambda request: watched.note_request(request.url))
    watched.page.on("pageerror", lambda error: watched.note_error(str(error)))
    watched.page.on("console", lambda line: line.type == "error" and watched.note_error(line.text))
    return watched


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser: the one that is open, which costs a second to start, or a new one."""
    if _open:
        yield _open[0]
        return
    with sync_playwright() as playwright:
        _open.append(playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"]))
        try:
            yield _open[0]
        finally:
            _open.pop().close()


@contextmanager
def watched_page(*, width: int = 1400, height: int = 900) -> Iterator[Watched]:
    """An empty page of a visitor whom the browser does not know."""
    with chromium() as browser:
        watched = watched_in(browser, width=width, height=height)
        try:
            yield watched
        finally:
            watched.page.context.close()


@contextmanager
def watched_pages(widths: Mapping[str, int]) -> Iterator[dict[str, Watched]]:
    """An empty page for each of several people, as wide as their screens."""
    with ExitStack() as opened:
        yield {who: opened.enter_context(watched_page(width=width)) for who, width in widths.items()}
