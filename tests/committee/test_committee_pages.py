"""The committee's pages without a browser: what each shows to whom, and what a browser may send."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import committees
import ipywidgets
import pytest
from committees import CASE, EXPERTS, ballot, cast_ballot, close_round, declared, open_round, opened, votes
from hypothesis import given
from hypothesis import strategies as st

from riskkit.case.case_reading import load_case
from riskkit.foundation.language import in_language, set_language
from riskkit.foundation.standards import standards
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import probability, read_probability
from riskkit.workbench.boards.ballot_panel import BallotForm, ballot_panel, shown_back
from riskkit.workbench.boards.committee_panels import session_panel
from riskkit.workbench.boards.panel_widgets import Chart
from riskkit.workbench.flows.clocks import utc_now
from riskkit.workbench.flows.committee.report import local_minute
from riskkit.workbench.flows.committee.room import Room, session_in, take_step
from riskkit.workbench.runs.folders.ledger_places import OWN_LEDGER, places_here


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    made = committees.make_room(tmp_path, utc_now)
    opened(made)
    monkeypatch.setenv("RISKKIT_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("RISKKIT_COMMITTEE_KEYS", str(tmp_path / "keys"))
    yield made
    made.ledger.close()


def all_in(widget: Any) -> Iterator[Any]:
    yield widget
    for one in getattr(widget, "children", ()):
        yield from all_in(one)


def words_of(page: Any) -> str:
    """Every text that a page sends to the browser."""
    return "\n".join(str({**one.get_state()}) for one in all_in(page) if isinstance(one, ipywidgets.Widget))


def press(page: Any, key: str, lang: str) -> None:
    found = [one for one in all_in(page) if getattr(one, "description", "") == in_language(lang, say, key)]
    assert len(found) == 1 and not found[0].disabled
    found[0].click()


def form_in(page: Any) -> BallotForm:
    return next(one for one in all_in(page) if isinstance(one, BallotForm))


def hand_in(page: Any, answers: Any) -> dict[str, Any]:
    form = form_in(page)
    form.sent = {"n": form.sent.get("n", 0) + 1, "answers": answers}
    told: dict[str, Any] = form.told
    return told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_experts_page_from_the_declaration_to_the_signature(room: Room, lang: str) -> None:
    set_language(lang)
    page = ballot_panel("", who="e1")
    press(page, "declare_deed", lang)
    assert in_language(lang, say, "no_round") in words_of(page)
    assert session_in(room, "n7").declared == {"e1": ""}
    for one in EXPERTS[1:]:
        take_step(room, "n7", "declared", who=one.id, why="x", expert=one.id, interest="")
    open_round(room, "1")
    press(page, "look_again", lang)
    questions = session_in(room, "n7").questions
    assert [one["id"] for one in form_in(page).questions] == [one.id for one in questions]
    assert all(one["earlier"] == {} for one in form_in(page).questions)
    severity, step = form_in(page).questions[:2]
    burns = standards.table("injury_severity").query("injury == 'burn'")
    assert [meaning for *_, meaning in severity["choices"]] == [*burns[lang]]
    assert step["choices"] == [] and step["unit"] == in_language(lang, say, "unit_product")
    assert len(step["evidence"]) >= 2 and severity["evidence"] == []
    case = load_case(CASE)
    own = [one.document for one in case.sources if one.id in case.scenarios[0].steps[0].source]
    assert own and all(any(document in line for line in step["evidence"]) for document in own)
    told = hand_in(page, {"scope": {"level": "9"}})
    assert not told["ok"] and in_language(lang, say, "refused_ballot") in told["text"]
    told = hand_in(page, ballot(questions, 0))
    assert told["ok"], told
    press(page, "look_again", lang)
    assert in_language(lang, say, "already", at="", round="1")[:4] in words_of(page)
    for number, one in enumerate(EXPERTS[1:], start=1):
        cast_ballot(room, "n7", one.id, name="1", answers=ballot(questions, number), who=one.id)
    close_round(room, "1")
    open_round(room, "vote")
    press(page, "look_again", lang)
    assert in_language(lang, say, "ballot_intro_vote") in words_of(page) and in_language(
        lang, say, "assessed_table"
    ) in words_of(page)
    assert hand_in(page, votes("Ⅱ"))["ok"]
    for one in EXPERTS[1:]:
        cast_ballot(room, "n7", one.id, name="vote", answers=votes("Ⅱ"), who=one.id)
    close_round(room, "vote")
    take_step(room, "n7", "confirmed", who="chair", why="clear", level="Ⅱ", is_confirmed="yes")
    press(page, "look_again", lang)
    press(page, "room_sign", lang)
    assert in_language(lang, say, "you_signed") in words_of(page)
    assert set(session_in(room, "n7").signed) == {"e1"}


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "x",
        7,
        {"scope": None},
        {"scope": []},
        {1: {}},
        {"scope": {"level": {}}},
        {"measures": {"codes": [{}]}},
        {"scope": {"level": "1", "reason": 3}},
    ],
)
def test_whatever_a_browser_sends_is_a_ballot_or_refused(room: Room, sent: Any) -> None:
    declared(room)
    open_round(room, "1")
    page = ballot_panel("n7", who="e1")
    assert hand_in(page, sent)["ok"] is False
    assert session_in(room, "n7").rounds[0].sealed == {}
    assert len(room.ledger.events("refusals/")) == 1


def test_feedback_calls_others_by_letters_and_shows_ones_own_answer(room: Room) -> None:
    declared(room)
    open_round(room, "1")
    questions = session_in(room, "n7").questions
    for number, one in enumerate(EXPERTS):
        cast_ballot(room, "n7", one.id, name="1", answers=ballot(questions, number), who=one.id)
    assert shown_back(session_in(room, "n7"), "e2") == {}
    close_round(room, "1")
    open_round(room, "2")
    found = shown_back(session_in(room, "n7"), "e2")
    step = next(one.id for one in questions if one.kind == "probability")
    labels = [label for label, _, _ in found[step]["said"]]
    assert "Li Er" in labels and len(set(labels)) == 3
    assert not {"王一", "Zhao"} & set(labels)
    assert found[step]["own"] == committees.answer(questions[1], 1)
    assert [mark[0] for mark in found[step]["marks"]] == [*sorted(labels), say("col_pooled")]
    assert shown_back(session_in(room, "n7"), "stranger") == {}
    text = words_of(ballot_panel("n7", who="e2"))
    assert "tests of lab 0" in text and "王一" not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_chair_sees_the_judgements_on_a_chart_under_letters_and_when_rounds_ran(
    room: Room, lang: str
) -> None:
    set_language(lang)
    declared(room)
    open_round(room, "1")
    questions = session_in(room, "n7").questions
    for number, one in enumerate(EXPERTS):
        cast_ballot(room, "n7", one.id, name="1", answers=ballot(questions, number), who=one.id)
    chair = session_panel("", who="chair")
    assert not [one for one in all_in(chair) if isinstance(one, Chart)]  # nothing of an open round
    close_round(room, "1")
    chair = session_panel("", who="chair")
    (figure,) = [one for one in all_in(chair) if isinstance(one, Chart)]
    asked = [one for one in questions if one.kind == "probability"]
    lines = [trace for trace in figure.figure["data"] if trace["mode"] == "lines"]
    assert len(lines) == len(asked) * (len(EXPERTS) + 1)  # each expert's interval, and the pool's
    named = [one["text"] for one in figure.figure["layout"]["annotations"]]
    assert {"A", "B", "C"} <= set(named) and not any(one.name in "".join(named) for one in EXPERTS)
    now = session_in(room, "n7").rounds[0]
    text = words_of(chair)
    assert local_minute(now.opened_at) in text and local_minute(now.closed_at) in text
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d ?[(（].*[)）]", local_minute(now.opened_at))


def test_no_page_shows_an_open_ballot(room: Room) -> None:
    declared(room)
    open_round(room, "1")
    answers = ballot(session_in(room, "n7").questions, 1)
    answers["scope"] = {"level": "3", "reason": "UNMISTAKABLE"}
    cast_ballot(room, "n7", "e1", name="1", answers=answers, who="e1")
    for lang in ("zh", "en"):
        for who in ("chair", "e2", "somebody", ""):
            pages = [
                in_language(lang, session_panel, "", who=who),
                in_language(lang, ballot_panel, "", who=who),
            ]
            assert all("UNMISTAKABLE" not in words_of(page) for page in pages)
    assert "1 / 3" in words_of(session_panel("", who="chair"))


@pytest.mark.parametrize(
    ("who", "role", "key"),
    [("li", "chair", "not_member"), ("e1", "leadership", "not_member"), ("e3", "expert", "you_recused")],
)
def test_the_ballot_is_for_experts_who_are_not_recused(
    room: Room, monkeypatch: pytest.MonkeyPatch, who: str, role: str, key: str
) -> None:
    declared(room)
    take_step(room, "n7", "recused", who="chair", why="works for the maker", expert="e3")
    open_round(room, "1")
    monkeypatch.setenv("HTTP_X_RISKKIT_WHO", who)
    monkeypatch.setenv("HTTP_X_RISKKIT_ROLE", role)
    page = ballot_panel("", who="e1")  # what the notebook says does not count where it is served
    assert say(key, who=who, why="works for the maker") in words_of(page)
    assert not [one for one in all_in(page) if isinstance(one, BallotForm)]


def test_a_page_without_identity_or_ledger_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKKIT_LEDGER", str(tmp_path / "none.sqlite"))
    assert say("no_session") in words_of(session_panel("", who="chair"))
    monkeypatch.setenv("HTTP_X_RISKKIT_WHO", "")
    for panel in (session_panel, ballot_panel):
        assert in_language("zh", say, "need_identity") in words_of(in_language("zh", panel, "", who="e1"))
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_where_somebody_stands_is_meant_and_what_is_named_goes_first(tmp_path: Path) -> None:
    here = {"RISKKIT_CASES": str(tmp_path)}
    assert places_here({}, tmp_path) == here
    (tmp_path / OWN_LEDGER).touch()
    assert places_here({}, tmp_path) == {**here, "RISKKIT_LEDGER": str(tmp_path / OWN_LEDGER)}
    named = {"RISKKIT_LEDGER": "postgresql://h/d", "RISKKIT_COMMITTEE_KEYS": "keys"}
    assert places_here(named, tmp_path) == {**here, **named, "RISKKIT_COMMITTEE_KEYS": str(tmp_path / "keys")}


@given(st.integers(20, 10**9), st.sampled_from(["1 in {:,}", "1/{}", "1 / {:,}", "１／{}", "1 IN  {}"]))
def test_a_probability_reads_the_same_in_every_notation(n: int, notation: str) -> None:
    assert read_probability(notation.format(n)) == 1 / n
    for text in (f"{1 / n!r}", f"{100 / n:.17g} %", f"{1000 / n:.17g}‰", f"{1 / n:.17g}".replace(".", ",")):
        assert read_probability(text) == pytest.approx(1 / n, rel=1e-12)
    again = read_probability(probability(1 / n))
    assert again == pytest.approx(1 / n, rel=0.006)  # shown with three digits


@pytest.mark.parametrize(
    "text", ["", "often", "1/0", "1/", "-0.1", "1 in", "1,000,000", "nan", "inf", "1e", "0x1", "%"]
)
def test_what_is_no_probability_is_not_guessed(text: str) -> None:
    assert math.isnan(read_probability(text))


def test_the_chair_sees_what_comes_next_who_is_missing_and_the_level(room: Room) -> None:
    page = session_panel("", who="chair")
    assert "No declaration of interest yet: e1, e2" in words_of(page)
    declared(room)
    open_round(room, "1")
    press(page, "look_again", "en")
    assert "No ballot yet in this round: " in words_of(page) and "You can do next: " in words_of(page)
    questions = session_in(room, "n7").questions
    for number, one in enumerate(EXPERTS):
        cast_ballot(room, "n7", one.id, name="1", answers=ballot(questions, number), who=one.id)
    close_round(room, "1")
    press(page, "look_again", "en")
    assert "The assessment with the committee" in words_of(page) and "warning level" in words_of(page)
    assert "No ballot yet" not in words_of(page) and "Open the vote" in words_of(page)
