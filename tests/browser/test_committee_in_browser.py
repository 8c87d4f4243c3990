"""A session on a shipped case from open to signed minutes, the ballots driven through a real browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import Watched, needs_chromium, watched_page

from riskkit.store.ledger import open_ledger
from riskkit.store.ledger_checks import verify
from riskkit.workbench import cli

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
EXPERTS = ("e1", "e2", "e3")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`riskkit dashboard --access` over the shipped notebooks."""
    known = {**os.environ, "RISKKIT_LEDGER": str(folder / "ledger.sqlite")}
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), known.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "riskkit", "dashboard", "--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(
        [*command, "--access", str(folder / "access.toml")],
        stdout=subprocess.PIPE,
        text=True,
        env=known,
        cwd=folder,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"].partition("?")[0].removesuffix("voila/")
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Any:
        assert cli.main([*words, "--json", "--lang", "en"]) == 0
        return json.loads(capsys.readouterr().out)

    return call


def page_of(base: str, name: str, token: str) -> str:
    return f"{base}voila/render/dashboards/{name}.ipynb?lang=en&token={token}"


def answer_all(watched: Watched, number: int) -> list[float]:
    """Answer question after question as a finger would; the seconds each took."""
    page, took = watched.page, []
    for _ in range(40):
        start = time.monotonic()
        card = page.locator(".rkb-card:not([hidden])")
        card.wait_for()
        if card.locator("input[type=text]").count():
            for name, value in zip(
                ("low", "mid", "high"), ("0.1%", f"1/{100 - 20 * number}", "0.2"), strict=True
            ):
                card.get_by_label(re.compile(f"^{'middle' if name == 'mid' else name}")).fill(value)
        elif card.locator("input[type=radio]").count():
            radios = card.locator("input[type=radio]")
            radios.nth(min(1 + (number == 2), radios.count() - 1)).check()
        else:
            card.locator(".rkb-choice:not(.rkb-abstain) input").nth(number).check()
        card.locator("textarea").fill(f"because of {number} <b>")
        last = page.get_by_role("button", name="Hand in")
        is_last = last.count() > 0
        (last if is_last else page.get_by_role("button", name="Next")).click()
        took.append(time.monotonic() - start)
        if is_last:
            break
    page.get_by_text("Handed in:").wait_for(timeout=30_000)
    return took


def begin(run: Any, folder: Path) -> dict[str, str]:
    """A session with its first round open, and everybody's token."""
    people = "".join(f"{one},Expert {one},field\n" for one in EXPERTS)
    (folder / "experts.csv").write_text("id,name,field\n" + people)
    tokens = {one: run("access", "add", one, "--role", "expert")["token"] for one in EXPERTS}
    tokens["li"] = run("access", "add", "li", "--role", "chair")["token"]
    tokens["boss"] = run("access", "add", "boss", "--role", "leadership")["token"]
    tokens["gone"] = "gone.no-such-secret"
    run(
        "committee", "open", "note7-battery-2016", "--experts", "experts.csv", "--session", "n7", "--as", "li"
    )
    for one in EXPERTS:
        run("committee", "declare", "n7", "--expert", one, "--as", one)
    run("committee", "open-round", "n7", "--as", "li")
    return tokens


def first_round(base: str, tokens: dict[str, str]) -> None:
    for number, one in enumerate(EXPERTS):
        with watched_page(width=400) as watched:
            watched.page.goto(page_of(base, "committee_ballot", tokens[one]))
            watched.page.locator(".rkb-card:not([hidden])").wait_for(timeout=60_000)
            assert tokens[one] not in watched.page.url
            assert watched.page.evaluate("document.documentElement.scrollWidth") <= 400
            assert len(answer_all(watched, number)) == 13
            assert (watched.hosts, watched.errors) == ({"127.0.0.1"}, [])


def test_from_open_to_signed_minutes(run: Any, tmp_path: Path) -> None:
    tokens = begin(run, tmp_path)
    with served(tmp_path) as base:
        first_round(base, tokens)
        with (
            watched_page() as watched
        ):  # the chair: who has answered, never what; then closes and opens the vote
            page = watched.page
            page.goto(page_of(base, "committee_session", tokens["li"]))
            page.get_by_text("3 / 3").wait_for(timeout=60_000)
            assert "because of" not in page.content()
            page.get_by_role("button", name="Close the open round").click()
            page.get_by_text("Recorded: event").wait_for(timeout=30_000)
            page.get_by_role("heading", name="Judgement of round 1").wait_for(timeout=30_000)
            assert "because of" not in page.content()
            page.get_by_role("button", name="Open the vote").click()
            page.get_by_text("0 / 3").wait_for(timeout=30_000)
        for number, one in enumerate(EXPERTS):
            with watched_page(width=400) as watched:
                watched.page.goto(page_of(base, "committee_ballot", tokens[one]))
                watched.page.locator(".rkb-card:not([hidden])").wait_for(timeout=60_000)
                assert len(answer_all(watched, 0 if number < 2 else 2)) == 2
                watched.page.reload()
                watched.page.get_by_text("You handed in your ballot").wait_for(timeout=60_000)
        with watched_page() as watched:
            page = watched.page
            for who, name in (
                ("boss", "committee_ballot"),
                ("e1", "committee_session"),
                ("li", "committee_ballot"),
            ):
                answer = page.goto(page_of(base, name, tokens[who]))
                assert answer is not None and answer.status == 404
                page.context.clear_cookies()
            answer = page.goto(page_of(base, "committee_ballot", tokens["gone"]))
            assert answer is not None and answer.status == 403
    run("committee", "close-round", "n7", "--as", "li")
    run("committee", "confirm", "n7", "--as", "li", "--why", "a clear majority")
    for who in ("li", *EXPERTS):
        run("committee", "sign", "n7", "--as", who)
    run("committee", "end", "n7", "--as", "li")
    run("committee", "report", "n7", "--out", "direct.html")
    run("ledger", "export", "--out", "l.jsonl")
    run("committee", "report", "n7", "--export", "l.jsonl", "--out", "again.html")
    assert (tmp_path / "direct.html").read_bytes() == (tmp_path / "again.html").read_bytes()
    text = (tmp_path / "direct.html").read_text(encoding="utf-8")
    assert "because of 2 &lt;b&gt;" in text and "<b>" not in text.partition("<main")[2]
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"), is_reader=True)
    assert verify(ledger).is_whole
    assert len(ledger.events("committee/n7", kinds=["ballot_taken"])) == 6
    ledger.close()
