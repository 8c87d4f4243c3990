"""A committee's day as its guide tells it, from open to signed minutes, the ballots driven through a real browser."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ballot_pages import answer_all, look_again, page_of, press
from chromium import Watched, needs_chromium, watched_pages
from playwright.sync_api import Page, expect
from serving import served_to_people
from shared import ROOT

from riskkit.assessment.committee.session import session_of
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.ledger import open_ledger
from riskkit.words.numbers import probability, read_probability
from riskkit.workbench.commands import cli

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.slow]
GUIDE = (ROOT / "docs" / "committee_day.md").read_text(encoding="utf-8")
EXPERTS = ("wang", "li", "e3")
RECUSED, CHAIR = "e4", "zhang"
NAMES = {"CASE": "note7-battery-2016", "ID": "n7", "CHAIR": CHAIR, "URL": "http://127.0.0.1:8866/"}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Any:
        assert cli.main([*words, "--json", "--lang", "en"]) == 0
        return json.loads(capsys.readouterr().out)

    return call


NOTATIONS = {
    "1 in 5,000": "= 1 in 5,000", "1/5000": "= 1 in 5,000", "0.02 %": "= 1 in 5,000", "２e-4": "= 1 in 5,000",
    "0,0002": "= 1 in 5,000", "0.2‰": "= 1 in 5,000", "3/1000": "= 1 in 333", "0.3": "= 30 %", "often": "", "1/0": "", "5": "",
}  # fmt: skip
"""Probabilities as people write them, and how each is shown; `read_probability` reads the same."""


def to_a_probability(page: Page) -> int:
    """Go to the first question that asks for one; how many stand before it."""
    card = page.locator(".rkb-card:not([hidden])")
    card.wait_for()
    for n_before in range(40):
        if card.locator("input[type=text]").count():
            return n_before
        card.locator("input[type=radio]").first.check()
        press(page, "Next")
    raise AssertionError("no question asks for a probability")


def draft_and_notations(page: Page) -> None:
    """Every notation is read and shown in one way; what was written is there again when the page is loaded again."""
    to_a_probability(page)
    cards = page.locator(".rkb-card:not([hidden])")
    middle, shown = cards.get_by_label(re.compile("^middle")), cards.locator("output").nth(1)
    for text, said in NOTATIONS.items():
        middle.fill(text)
        expect(shown).to_have_text(said)
        value = read_probability(text)
        assert (f"= {probability(value)}" if 0 < value < 1 else "") == said
    middle.fill("1 in 777")
    cards.locator("textarea").fill("a draft")
    page.reload()
    page.get_by_text("Your draft from this browser has been restored.").wait_for()
    n_before = to_a_probability(page)
    expect(cards.get_by_label(re.compile("^middle"))).to_have_value("1 in 777")
    expect(cards.locator("textarea")).to_have_value("a draft")
    for _ in range(n_before):
        press(page, "Back")


def begun(chair: Page, n_experts: int) -> None:
    """A round with no ballot cannot be closed."""
    chair.get_by_text(f"0 / {n_experts}").wait_for()
    chair.get_by_role("button", name="Close the open round", disabled=True).wait_for()


def close_round(chair: Page) -> None:
    """The chair sees that all have answered, not what."""
    look_again(chair)
    chair.get_by_text("3 / 3").last.wait_for()
    assert "because of" not in chair.content()
    press(chair, "Close the open round")


def guided(run: Any, line: str, **more: str) -> Any:
    """Run a command line of the guide, its words in capitals filled in."""
    assert line in GUIDE, f"the guide names no {line}"
    names = NAMES | more
    return run(*shlex.split(re.sub(r"\b[A-Z]{2,}\b", lambda word: shlex.quote(names[word[0]]), line))[1:])


def begin(run: Any, folder: Path) -> dict[str, str]:
    """A session that has been opened, and the link of everybody who was invited."""
    shown = re.search(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
    assert shown is not None
    more = "".join(f"{one},Expert {one},field,\n" for one in ("e3", RECUSED))
    (folder / "experts.csv").write_text(shown[1] + more, encoding="utf-8")
    guided(run, "riskkit committee open CASE --experts experts.csv --session ID --rounds 2 --as CHAIR")
    guided(run, "riskkit committee invite ID --url URL")
    assert "riskkit dashboard --access access.toml" in GUIDE
    return {one: link_of(folder / "invitations" / f"n7-{one}.txt") for one in (CHAIR, *EXPERTS, RECUSED)}


def link_of(invitation: Path) -> str:
    """The English link of an invitation, as somebody follows it."""
    assert invitation.stat().st_mode & 0o077 == 0
    return next(line for line in invitation.read_text(encoding="utf-8").splitlines() if "lang=en" in line)


def tokens_of(run: Any, links: dict[str, str]) -> dict[str, str]:
    """The token of everybody invited, of others who may look, and one that is none."""
    found = {who: parse_qs(urlsplit(link).query)["token"][0] for who, link in links.items()}
    for who, role in (("boss", "leadership"), ("watch", "auditor")):
        found[who] = run("access", "add", who, "--role", role)["token"]
    return found | {"gone": "gone.no-such-secret"}


@contextmanager
def everybody(base: str, links: dict[str, str]) -> Iterator[dict[str, Watched]]:
    """The chair at a desk and the experts at their phones, each page open from the first step to the last."""
    with watched_pages(dict.fromkeys((*EXPERTS, RECUSED), 400) | {CHAIR: 1400}) as pages:
        for who, watched in pages.items():
            watched.page.goto(links[who].replace(NAMES["URL"], base), wait_until="commit")
        yield pages


def declare_all(pages: dict[str, Watched]) -> None:
    for who in (*EXPERTS, RECUSED):
        page = pages[who].page
        page.get_by_role("button", name="Declare").wait_for()
        assert "token" not in page.url
        press(page, "Declare")
        page.get_by_text("No round is open now").wait_for()


def blind_round(pages: dict[str, Watched], run: Any) -> None:
    """Everybody answers; one is recused meanwhile and refused; the chair sees who has answered, never what."""
    chair = pages[CHAIR].page
    look_again(chair)
    chair.get_by_role("button", name="Open the next round", disabled=False).click()
    begun(chair, 4)
    for number, who in enumerate((*EXPERTS, RECUSED)):
        page = pages[who].page
        look_again(page)
        page.locator(".rkb-card:not([hidden])").wait_for()
        if number == 0:
            draft_and_notations(page)
        if who == RECUSED:
            run("committee", "recuse", "n7", "--expert", who, "--as", CHAIR, "--why", "works for the maker")
        assert answer_all(pages[who], number) == 13
        told = "expert who is not recused: works for the maker" if who == RECUSED else "Handed in:"
        page.get_by_text(told).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
    close_round(chair)
    chair.get_by_role("heading", name="Judgement of round 1").wait_for()


def second_round(pages: dict[str, Watched]) -> None:
    press(pages[CHAIR].page, "Open the next round")
    begun(pages[CHAIR].page, 3)
    for number, who in enumerate(EXPERTS):
        page = pages[who].page
        look_again(page)
        page.locator(".rkb-earlier").first.wait_for(state="attached")
        assert answer_all(pages[who], number, n_earlier=3) == 13
        page.get_by_text("Handed in:").wait_for()
    close_round(pages[CHAIR].page)
    pages[CHAIR].page.get_by_role("heading", name="Judgement of round 2").wait_for()


def vote_and_sign(pages: dict[str, Watched]) -> None:
    chair = pages[CHAIR].page
    press(chair, "Open the vote")
    chair.get_by_text("0 / 3").wait_for()
    for number, who in enumerate(EXPERTS):
        page = pages[who].page
        look_again(page)
        page.get_by_text("with the committee's: warning level").wait_for()
        assert answer_all(pages[who], 0 if number < 2 else 2) == 2
        page.get_by_text("Handed in:").wait_for()
    close_round(chair)
    chair.get_by_role("heading", name="Vote", exact=True).wait_for()
    press(chair, "Confirm the vote")
    chair.get_by_text("the reason of a confirmation").wait_for()
    chair.get_by_placeholder("Reason").fill("a clear majority")
    press(chair, "Confirm the vote")
    chair.get_by_text("a clear majority").first.wait_for()
    for who in EXPERTS:
        page = pages[who].page
        look_again(page)
        press(page, "Sign the minutes")
        page.get_by_text("You have signed the minutes.").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
    press(chair, "Sign the minutes")
    chair.get_by_role("button", name="End the session", disabled=False).click()
    chair.get_by_role("button", name="End the session", disabled=True).wait_for()


def refused_pages(pages: dict[str, Watched], base: str, tokens: dict[str, str]) -> None:
    """A page of another role is not there; a token that is none opens nothing."""
    page = pages[CHAIR].page
    for who, name, status in (
        ("boss", "committee_ballot", 404),
        ("boss", "committee_session", 404),
        ("wang", "committee_session", 404),
        (CHAIR, "committee_ballot", 404),
        ("gone", "committee_ballot", 403),
    ):
        page.context.clear_cookies()
        answer = page.goto(page_of(base, name, tokens[who]))
        assert answer is not None and answer.status == status, (who, name)


def test_from_open_to_signed_minutes(run: Any, tmp_path: Path) -> None:
    links = begin(run, tmp_path)
    tokens = tokens_of(run, links)
    with served_to_people(tmp_path) as base, everybody(base, links) as pages:
        declare_all(pages)
        blind_round(pages, run)
        second_round(pages)
        vote_and_sign(pages)
        assert all(one.errors == [] and one.hosts == {"127.0.0.1"} for one in pages.values())
        refused_pages(pages, base, tokens)
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"), is_reader=True)
    now = session_of(ledger.events("committee/n7"))
    assert verify(ledger).is_whole
    assert [(one.name, len(one.sealed)) for one in now.rounds] == [("1", 3), ("2", 3), ("vote", 3)]
    assert set(now.signed) == {CHAIR, *EXPERTS} and now.ended_at and now.confirmed["level"]
    refusals = [event.why for event in ledger.events("refusals/")]
    assert any("works for the maker" in why for why in refusals)
    ledger.close()
    for command, file in {"minutes": "minutes.docx", "report": "report.pdf", "case": "judged.toml"}.items():
        guided(run, f"riskkit committee {command} ID --out {file}")
        assert (tmp_path / file).stat().st_size > 1000
    from_the_export_alone(run, tmp_path)


def from_the_export_alone(run: Any, folder: Path) -> None:
    """The ledger taken into an empty place gives the same report, byte for byte: page, Word, result and all."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    run("ledger", "export", "--out", "l.jsonl")
    run("ledger", "import", "l.jsonl", "--ledger", "elsewhere/ledger.sqlite")
    made = [reports_in(run, place) for place in (folder, elsewhere)]
    assert {"report.html", "executed.ipynb", "result.json", "signed.html", "signed.docx"} <= made[0].keys()
    assert made[0] == made[1]
    assert json.loads(made[0]["result.json"])["vote"]["n_ballots"] == 3
    text = made[0]["signed.html"].decode()
    assert "because of 2 &lt;b&gt;" in text and "<b>" not in text.partition("<main")[2]


def reports_in(run: Any, place: Path) -> dict[str, bytes]:
    """Every file of the report that is made where a ledger stands, but for the manifest's time of day."""
    os.chdir(place)
    run("run", "committee_report", "--out", "made")
    for ending in ("html", "docx"):
        run("committee", "report", "n7", "--out", f"made/signed.{ending}")
    found = {path.name: path.read_bytes() for path in (place / "made").rglob("*") if path.is_file()}
    assert json.loads(found.pop("manifest.json"))["started_at"]
    return found
