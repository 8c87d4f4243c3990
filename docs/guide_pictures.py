"""Take the pictures of the guides again: `.venv/bin/python docs/guide_pictures.py`.

The committee's are of the sample session that comes with riskkit, played up to its second round in a folder
that is thrown away; the board shows a made-up warning on a shipped case.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from pictures import LANGS, WIDTH, dashboard, take
from playwright.sync_api import Page, sync_playwright

from riskkit.case.case_reading import parse_case
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.committee.committee_reports import session_from
from riskkit.workbench.flows.committee.room import Room, cast_ballot, open_session, take_step

MOST_BYTES = 150_000
PATIENCE = 240_000  # milliseconds
SESSION = "sample"
CASE = "note7-battery-2016"


def play_committee(folder: Path) -> tuple[str, str]:
    """The sample session up to its second round; one of its experts, and its chair."""
    kept = resources.files("riskkit.workbench.flows.committee") / "sample" / "session.jsonl"
    with resources.as_file(kept) as path:
        told = session_from("", ledger="", export=path)
    case = parse_case(parse_toml(told.case_text.encode(), f"{told.case_id}.toml"))
    room = Room(open_ledger(str(folder / "ledger.sqlite")), folder / "ledger.sqlite.keys")
    rest = {"experts": told.experts, "rules": told.rules, "chair": told.chair, "why": "a sample"}
    open_session(room, SESSION, case, text=told.case_text, **rest)  # type: ignore[arg-type]
    for one in told.experts:
        take_step(room, SESSION, "declared", who=one.id, why="declaration", expert=one.id, interest="")
    take_step(room, SESSION, "round_opened", who=told.chair, why="agenda", round="1")
    first = told.rounds[0].answers()
    for expert, answers in first.items():
        cast_ballot(room, SESSION, expert, name="1", answers=answers, who=expert)
    take_step(room, SESSION, "round_closed", who=told.chair, why="all in", round="1")
    take_step(room, SESSION, "round_opened", who=told.chair, why="agenda", round="2")
    room.ledger.close()
    return next(iter(first)), told.chair


def run(folder: Path, *lines: str) -> None:
    """Commands as people type them in a folder."""
    with contextlib.chdir(folder):
        for line in lines:
            if cli.main(line.split()):
                raise SystemExit(line)


def links(folder: Path, lang: str, address: str) -> dict[str, str]:
    """The link of each invitation in one language, at the address where the boards are served now."""
    found = {}
    for path in (folder / "invitations").glob("*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        link = next(line for line in lines if line.startswith("http") and f"lang={lang}" in line)
        found[path.stem.partition("-")[2]] = link.replace("http://127.0.0.1:8866/", address)
    return found


def take_guides(page: Page, to: dict[str, str], lang: str, *, expert: str, chair: str) -> None:
    """The chair's page with the chart, an expert's ballot of the second round, and the board of warnings."""
    page.goto(to[expert])
    page.locator(".rkb-card:not([hidden])").wait_for(timeout=PATIENCE)
    page.locator(".rkb-main").click()
    page.locator(".rkb-card:not([hidden]) svg").wait_for()
    take(page, f"committee-ballot-{lang}", height=1_000, most=MOST_BYTES)
    page.goto(to[expert].replace("committee_ballot", "warning_board").partition("?")[0] + f"?lang={lang}")
    page.locator(".rkp-cases tbody tr").first.wait_for(timeout=PATIENCE)
    take(page, f"warning-steps-{lang}", height=1_100, most=MOST_BYTES)
    page.context.clear_cookies()
    page.goto(to[chair])
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for(timeout=PATIENCE)
    take(page, f"committee-chair-{lang}", height=1_500, most=MOST_BYTES)
    page.context.clear_cookies()


def main() -> None:
    """All pictures of the guides, in both languages."""
    os.environ.pop("RISKKIT_LEDGER", None)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        expert, chair = play_committee(folder)
        run(folder, f"committee invite {SESSION}", f"warning propose {CASE} --as zhang")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with dashboard(folder, "--access", "access.toml") as address:
            page = browser.new_context(viewport={"width": WIDTH, "height": 1_000}).new_page()
            base = address.partition("?")[0].removesuffix("voila/")
            for lang in LANGS:
                take_guides(page, links(folder, lang, base), lang, expert=expert, chair=chair)
        browser.close()


if __name__ == "__main__":
    main()
