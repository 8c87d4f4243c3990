"""A newcomer's hour and a warning's life, with the commands that a page names and a browser.

A committee's day is in ``test_committee_in_browser.py``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chromium import needs_chromium, watched_page
from patience import HANGS
from PIL import Image
from playwright.sync_api import Page, expect
from shared import ROOT

from riskkit.foundation.shipped import case_path
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.commands.new_files import FILL

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.slow]
KNOWN = {name: text for name, text in os.environ.items() if not name.startswith("RISKKIT_")}
KNOWN["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), KNOWN.get("PYTHONPATH")]))
FEW = """import sys
from riskkit.workbench.runs import planning
planning._OF_DEMO = ()
planning.resources.shipped_cases = lambda: ("desk-lamps-cbec-2019",)
from riskkit.workbench.commands.cli import main
sys.exit(main(sys.argv[1:]))"""


WORDS = '"The handle comes off when hot"'


class Walk:
    """Somebody in a folder who types what pages name, and how long each step took."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.begun = folder, time.monotonic()

    def tell(self, what: str) -> None:
        now = time.monotonic()
        sys.stdout.write(f"{now - self.begun:6.1f} s  {what}\n")
        self.begun = now

    def run(self, line: str, named_on: str, *, program: str = "", **filled: str) -> str:
        """Run a command line of a page, its words in capitals filled in, and give its answer."""
        assert line in named_on, f"no page names {line}"
        words = shlex.split(re.sub(r"\b[A-Z]{2,}\b", lambda word: shlex.quote(filled[word[0]]), line))
        start = ["-c", program] if program else ["-m", "riskkit"]
        done = subprocess.run(
            [sys.executable, *start, *words[1:], "--lang", "en"],
            cwd=self.folder, env=KNOWN, capture_output=True, text=True, timeout=HANGS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        self.tell(line)
        return done.stdout

    def size(self, *places: str) -> None:
        for place in places:
            sys.stdout.write(f"{(self.folder / place).stat().st_size / 1024:7.0f} kB  {place}\n")


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    return Walk(tmp_path)


def page_text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@contextmanager
def dashboards(folder: Path) -> Iterator[str]:
    """`riskkit dashboard` in a folder: the address that it says, without what asks for the token."""
    command = [sys.executable, "-m", "riskkit", "dashboard", "--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=KNOWN, cwd=folder)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"]).replace("lang=zh", "lang=en")
    finally:
        process.terminate()
        process.communicate(timeout=HANGS)


def by_the_list(page: Page, name: str) -> None:
    """Open a board from the list of boards."""
    page.get_by_role("link", name=name).first.click()


def fill_in(file: Path) -> None:
    """Every line that says FILL, as an assessor with a kettle fills it."""
    answers = {
        "hs": '["851679"]', "hazard_class": '"physical"', "group": '"extreme_temperature"',
        "injury": '"burn"', "severity": '{ "1" = 0.6, "2" = 0.4 }', "p": "{ low = 0.001, mode = 0.01, high = 0.05 }",
        "deaths": "0", "injured": "3", "n_reports": "5", "units_on_market": "{ about = 20_000 }", "is_on_sale": "true",
    }  # fmt: skip
    table, lines = "", []
    for line in file.read_text(encoding="utf-8").splitlines():
        table = line.strip("[]") if line.startswith("[") else table
        key = line.partition(" = ")[0]
        if FILL["en"] in line.partition("#")[2] and not line.startswith("#"):
            name = table.removeprefix("facts.") if key == "value" else key
            lines.append(f"{key} = {answers.get(name, WORDS)}")
        else:
            lines.append(line)
    file.write_text("\n".join(lines), encoding="utf-8")


def test_the_newcomers_hour(walk: Walk) -> None:
    readme, guide = page_text("README.md"), page_text("docs/first_brief.md")
    walk.run("riskkit demo --out reports/demo", readme, program=FEW)
    walk.size("reports/demo/index.html")
    walk.run("riskkit new case my-case", guide)
    file = walk.folder / "my-case.toml"
    assert file.read_text(encoding="utf-8").count("FILL") > 10
    fill_in(file)
    assert "ok" in walk.run("riskkit check my-case.toml", guide)
    walk.run("riskkit assess my-case.toml --brief", guide)
    walk.size(*(f"reports/my-case/brief/report.{ending}" for ending in ("html", "pdf", "docx")))
    assert "riskkit dashboard" in guide
    with dashboards(walk.folder) as address, watched_page() as watched:
        page = watched.page
        page.goto(address)
        by_the_list(page, "What if")
        page.get_by_label("Case", exact=True).select_option("The handle comes off when hot")
        page.get_by_role("heading", name="The handle comes off when hot").first.wait_for()
        slider = page.get_by_role("slider").first
        slider.focus()
        page.keyboard.press("End")
        expect(page.get_by_role("textbox", name="TOML text")).to_have_value(re.compile("→"))
        walk.tell("what-if on the own case")
        page.goto(address)
        by_the_list(page, "Overview")
        page.get_by_role("searchbox").first.fill("handle comes off")
        page.get_by_role("link", name="The handle comes off when hot").click()
        page.get_by_role("heading", name="The handle comes off when hot").first.wait_for()
        walk.tell("overview, and from there to the case")
        assert watched.errors == [] and watched.hosts == {"127.0.0.1"}


def pictured_case(folder: Path) -> Path:
    """A case file of one's own, with the picture that an announcement needs."""
    Image.new("RGB", (300, 200), "#7a7a7a").save(folder / "front.png")
    digest = hashlib.sha256((folder / "front.png").read_bytes()).hexdigest()
    picture = (
        f'[[pictures]]\nfile = "front.png"\nsha256 = "{digest}"\nalt = {{ zh = "正面", en = "the front" }}\n'
    )
    file = folder / "phone.toml"
    file.write_text(f"{case_path('note7-battery-2016').read_text(encoding='utf-8')}\n{picture}", "utf-8")
    return file


def test_a_warnings_life(walk: Walk) -> None:
    guide = page_text("docs/warning_steps.md")
    (walk.folder / "channels.toml").write_text(re.search(r"```toml\n(.*?)```", guide, re.DOTALL)[1])  # type: ignore[index]
    who = {"CASE": pictured_case(walk.folder).name, "NAME": "zhang"}
    walk.run("riskkit warning propose CASE --as NAME", guide, **who)
    with dashboards(walk.folder) as address, watched_page() as watched:
        page = watched.page
        page.goto(address)
        by_the_list(page, "Warnings")
        for command, name in LIFE:
            board = page.get_by_text("What may come next").locator("xpath=following-sibling::ul[1]")
            line = board.get_by_text(f"riskkit warning {command} ").inner_text().partition(": ")[2]
            walk.run(line, board.inner_text(), **who | FILLED | {"NAME": name})
            page.reload()
            board.wait_for()
        page.get_by_label("Show", exact=True).select_option("all")
        page.get_by_role("cell", name="Lifted").first.wait_for()
        walk.tell("the board shows it lifted")
        assert watched.errors == [] and watched.hosts == {"127.0.0.1"}
    assert {one.suffix for one in (walk.folder / "delivered").rglob("*") if one.is_file()} >= {".html"}
    ledger = open_ledger(str(walk.folder / "ledger.sqlite"), is_reader=True)
    assert verify(ledger).is_whole
    ledger.close()


FILLED = {
    "TEXT": "the reasons are in file 7", "DATE": "2099-12-31", "LEVEL": "Ⅲ", "DIR": "drafts", "PORT": "2200", "FILE": "channels.toml"
}  # fmt: skip
LIFE = (
    ("confirm", "liu"), ("issue", "zhao"), ("draft", "zhang"), ("approve", "liu"), ("release", "zhao"),
    ("lower", "liu"), ("lift", "liu"),
)  # fmt: skip
