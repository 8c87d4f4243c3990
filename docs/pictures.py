"""Take the pictures of the README again: `make demo`, then `.venv/bin/python docs/pictures.py [FOLDER]`.

They are taken with Debian's Chromium, 1400 px wide, from the reports of `make demo` and from the
dashboard; one that would pass 300 kB (a board: 150 kB) is reduced to fewer colours.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent / "img"
DEMO = Path(sys.argv[1] if len(sys.argv) > 1 else "reports/demo")
CASE = "desk-lamps-cbec-2019"
WIDTH, MOST_BYTES, MOST_BOARD_BYTES = 1400, 300_000, 150_000
BOARDS = {"overview": 1_500, "warning_board": 1_150}
"""Boards of which a picture is taken, and its height [px]."""
LANGS = ("en", "zh")


def take(page: Page, name: str, *, height: int, most: int = MOST_BYTES) -> None:
    """The upper part of the page as a PNG of at most so many bytes."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(500)
    raw = page.screenshot()
    for colours in (None, 256, 128, 64):
        picture = Image.open(io.BytesIO(raw)).convert("RGB")
        file = io.BytesIO()
        (picture if colours is None else picture.quantize(colours)).save(file, "PNG", optimize=True)
        if file.tell() <= most:
            (HERE / f"{name}.png").write_bytes(file.getvalue())
            return
    raise SystemExit(f"{name} stays above {most} bytes")


def take_report(page: Page, lang: str) -> None:
    """The head of a report."""
    page.goto((DEMO / lang / CASE / "assess_case" / "report.html").resolve().as_uri())
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    take(page, f"report-{lang}", height=1_140)


def take_index(page: Page, lang: str) -> None:
    """All cases at a glance."""
    page.goto((DEMO / ("index.html" if lang == "en" else "index.zh.html")).resolve().as_uri())
    take(page, f"index-{lang}", height=1_090)


@contextmanager
def dashboard(folder: Path | None = None, *more: str) -> Iterator[str]:
    """The address of a running dashboard that was started in a folder."""
    command = [sys.executable, "-m", "riskkit", "dashboard", "--port", "0", "--no-browser", "--json", *more]
    process = subprocess.Popen(  # noqa: S603 – our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait()


def take_what_if(page: Page, address: str, lang: str) -> None:
    """The what-if page of the same case."""
    page.goto(address)
    page.goto(f"{address.partition('/?')[0]}/voila/render/dashboards/what_if.ipynb?case={CASE}&lang={lang}")
    page.locator("input[type=range]").first.wait_for(timeout=120_000)
    page.wait_for_timeout(6_000)
    take(page, f"what-if-{lang}", height=1_100)


def take_board(page: Page, address: str, *, name: str, lang: str) -> None:
    """The upper part of a board."""
    page.goto(address)
    page.goto(f"{address.partition('/?')[0]}/voila/render/dashboards/{name}.ipynb?lang={lang}")
    page.locator(".rkp-drawn .main-svg").first.wait_for(timeout=120_000)
    page.wait_for_timeout(6_000)
    take(page, f"{name.replace('_', '-')}-{lang}", height=BOARDS[name], most=MOST_BOARD_BYTES)


def main() -> None:
    """All pictures, in both languages."""
    program = shutil.which("chromium")
    with sync_playwright() as playwright, dashboard() as address:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": WIDTH, "height": 1_000}).new_page()
        for lang in LANGS:
            take_report(page, lang)
            take_index(page, lang)
            take_what_if(page, address, lang)
            for name in BOARDS:
                take_board(page, address, name=name, lang=lang)
        browser.close()


if __name__ == "__main__":
    main()
