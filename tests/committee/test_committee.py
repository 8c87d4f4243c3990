"""The committee as pure functions and in its room: questions, sealing, order, secrecy, pooling, minutes."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import hmac
import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import committees
import numpy as np
import pytest
import python_calamine
import reference_committee
from committees import (
    EXPERTS,
    ballot,
    close_round,
    declared,
    open_round,
    opened,
    votes,
    whole_round,
    whole_session,
)
from hypothesis import given
from hypothesis import strategies as st
from ledgers import START

from riskkit.assessment.committee import sealing
from riskkit.assessment.committee.answers import check_answers
from riskkit.assessment.committee.minutes import minutes_data, minutes_hash, vote_of
from riskkit.assessment.committee.pooling import decided, feedback, judged_case, pooled_quantiles
from riskkit.assessment.committee.questions import (
    PROBABILITY,
    Question,
    digest_of,
    questions_of,
    vote_questions,
)
from riskkit.assessment.committee.session import Expert, session_of, stream_of
from riskkit.assessment.committee.visible import ROLES, labels_of, progress, seen_by
from riskkit.assessment.facts.case_file import Text
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers.toml_record import toml_text, written
from riskkit.foundation.shipped import home
from riskkit.store.ledger.checks import verify
from riskkit.store.ledger.copies import export_ledger
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import read_probability
from riskkit.workbench.flows.committee.committee_reports import document, session_from
from riskkit.workbench.flows.committee.forms import form_lines, read_form, write_form
from riskkit.workbench.flows.committee.room import Room, cast_ballot, session_in, sessions_in, take_step

KEY = bytes(range(32))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = committees.make_room(tmp_path)
    yield made
    made.ledger.close()


def rules_of(call: Callable[[], object]) -> str:
    with pytest.raises(InputFaults) as caught:
        call()
    return "\n".join(fault.rule for fault in caught.value.faults)


# -- questions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", sorted(path.stem for path in (home() / "data" / "cases").glob("*.toml")))
def test_every_number_of_every_case_is_asked_once(case: str) -> None:
    read = load_case(case)
    asked = questions_of(read)
    assert len({one.id for one in asked}) == len(asked)
    targets = [target for one in asked if one.kind == PROBABILITY for target in one.targets]
    steps = [f"{s.id}/{n}" for s in read.scenarios for n in range(len(s.steps))]
    assert sorted(targets) == sorted(steps)
    assert {one.targets[0] for one in asked if one.id.startswith("severity.")} == {
        s.id for s in read.scenarios
    }
    assert [one.id for one in asked][-3:] == ["urgency", "scope", "measures"]
    assert all(one.zh and one.en and "{" not in one.zh + one.en for one in asked)


def test_questions_do_not_show_the_numbers_of_the_case() -> None:
    for one in questions_of(load_case("note7-battery-2016")):
        assert "9e-05" not in one.zh + one.en
        assert "26" not in one.en


# -- answers ---------------------------------------------------------------------------------------------

QUESTIONS = questions_of(load_case("note7-battery-2016"))
GOOD = ballot(QUESTIONS, 1)
P = "p.burn_on_body.1"


@pytest.mark.parametrize(
    ("name", "answer", "rule"),
    [
        (P, {"low": 0.2, "mid": 0.1, "high": 0.3}, "quantiles that rise"),
        (P, {"low": 0.1, "mid": 0.10001, "high": 0.3}, "quantiles that rise"),
        (P, {"low": 0.0, "mid": 0.1, "high": 0.3}, "above 0 and below 1"),
        (P, {"low": 0.1, "mid": 0.2, "high": 1.0}, "above 0 and below 1"),
        (P, {"low": 0.1, "mid": 0.2}, "above 0 and below 1"),
        (P, {"low": True, "mid": 0.2, "high": 0.3}, "above 0 and below 1"),
        (P, {"low": "0.1", "mid": 0.2, "high": 0.3}, "above 0 and below 1"),
        (P, {"low": math.nan, "mid": 0.2, "high": math.inf}, "above 0 and below 1"),
        (P, {"level": "3"}, "one of high, low, mid, reason"),
        (P, {"abstain": True}, "abstention with its reason"),
        (P, {"abstain": False, "reason": "x"}, "true, or left out"),
        (P, {"reason": "only"}, "an answer, or an abstention"),
        ("scope", {"level": "5"}, "one of 1, 2, 3, 4"),
        ("scope", {"level": "1", "reason": "a\u202eb"}, "hidden or direction-changing"),
        ("scope", {"level": "1", "reason": "x" * 2001}, "at most 2000"),
        ("measures", {"codes": ["recall", "recall"]}, "codes that stand once"),
        ("measures", {"codes": ["burn it"]}, "one of notify_ports"),
        ("measures", {"codes": "recall"}, "codes that stand once"),
        ("nonsense", {"level": "1"}, "a question of this round"),
    ],
)
def test_an_answer_out_of_its_range_is_refused(name: str, answer: dict[str, Any], rule: str) -> None:
    assert rule in rules_of(lambda: check_answers(QUESTIONS, {**GOOD, name: answer}, what="ballot"))


def test_all_that_is_wrong_with_a_ballot_is_said_at_once() -> None:
    text = rules_of(lambda: check_answers(QUESTIONS, {P: {"low": 1}}, what="ballot"))
    assert text.count("an answer, or an abstention") == len(QUESTIONS) - 1


def test_a_good_ballot_is_kept_in_the_order_of_the_questions() -> None:
    kept = check_answers(QUESTIONS, dict(reversed(GOOD.items())), what="ballot")
    assert [*kept] == [one.id for one in QUESTIONS]
    assert check_answers(QUESTIONS, kept, what="ballot") == kept


# -- sealing ---------------------------------------------------------------------------------------------


@given(st.text(max_size=3000), st.text(max_size=20), st.binary(min_size=32, max_size=32))
def test_a_sealed_ballot_opens_for_its_expert_and_key_only(text: str, expert: str, key: bytes) -> None:
    answers = {"q": {"reason": text.encode("utf-8", "replace").decode()}}
    expert = expert.encode("utf-8", "replace").decode()
    sealed = sealing.seal(answers, key=key, expert=expert)
    assert sealing.seal(answers, key=key, expert=expert) == sealed
    assert sealing.unseal(sealed, key=key, expert=expert) == answers
    for other in (
        {"key": KEY if key != KEY else bytes(32), "expert": expert},
        {"key": key, "expert": expert + "x"},
    ):
        with pytest.raises(ValueError, match="sealed for this expert"):
            sealing.unseal(sealed, **other)


@given(st.data())
def test_no_byte_of_a_sealed_ballot_can_be_changed(data: st.DataObject) -> None:
    sealed = sealing.seal({"q": {"level": "3"}}, key=KEY, expert="e1")
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHabcdefgh0123+/="))
    changed = sealed[:place] + other + sealed[place + 1 :]
    if changed != sealed:
        with pytest.raises(ValueError, match="sealed for this expert"):
            sealing.unseal(changed, key=KEY, expert="e1")


def test_sealing_is_what_its_description_says() -> None:
    plain = b'{"q":{"level":"3"}}'.ljust(1024)
    mac = hmac.new(KEY, b"riskkit tag", hashlib.sha256).digest()
    tag = hmac.new(mac, b"e1\n" + plain, hashlib.sha256).digest()
    stream = hashlib.shake_256(b"riskkit stream" + KEY + tag).digest(1024)
    import base64

    expected = base64.b64encode(tag + bytes(a ^ b for a, b in zip(plain, stream, strict=True))).decode()
    assert sealing.seal({"q": {"level": "3"}}, key=KEY, expert="e1") == expected


def test_the_ledger_and_its_export_say_nothing_of_an_open_ballot(room: Room, tmp_path: Path) -> None:
    opened(room)
    declared(room)
    open_round(room, "1")
    answers = ballot(QUESTIONS, 1)
    answers["scope"] = {"level": "4", "reason": "UNMISTAKABLE words 不会认错"}
    cast_ballot(room, "n7", "e1", name="1", answers=answers, who="e1")
    export_ledger(room.ledger, tmp_path / "l.jsonl")
    raw = (tmp_path / "l.jsonl").read_bytes()
    raw += b"".join(path.read_bytes() for path in tmp_path.glob("ledger.sqlite*"))
    assert b"UNMISTAKABLE" not in raw and "不会认错".encode() not in raw
    key = (tmp_path / "keys" / "n7.key").read_bytes().strip()
    assert key not in raw
    assert (tmp_path / "keys" / "n7.key").stat().st_mode & 0o077 == 0


# -- who sees what ---------------------------------------------------------------------------------------


def test_nobody_sees_an_open_ballot_the_chair_included(room: Room) -> None:
    opened(room)
    declared(room)
    whole_round(room, "1")
    open_round(room, "2")
    for number, one in enumerate(EXPERTS):
        cast_ballot(room, "n7", one.id, name="2", answers=ballot(QUESTIONS, number), who=one.id)
    now = session_in(room, "n7")
    for role in ROLES:
        for asker in ("chair", "e1", "e2", "somebody"):
            assert set(seen_by(now, asker=asker, role=role)["round"]) <= {"1"}
    assert now.rounds[1].answers() == {}
    assert progress(now).loc[1, ["n_voters", "n_ballots"]].tolist() == [3, 3]
    assert len(in_language("zh", seen_by, now, asker="chair", role="chair")) == 3 * len(QUESTIONS)
    assert len(in_language("zh", seen_by, now, asker="boss", role="leadership")) == 0
    assert len(in_language("zh", seen_by, now, asker="stranger", role="expert")) == 0
    with pytest.raises(ValueError, match="one of assessor"):
        seen_by(now, asker="x", role="root")


def test_names_are_letters_until_the_vote_is_confirmed(room: Room) -> None:
    opened(room)
    declared(room)
    whole_round(room, "1")
    now = session_in(room, "n7")
    assert sorted(labels_of(now, asker="chair").values()) == ["A", "B", "C"]
    assert labels_of(now, asker="e2")["e2"] == "Li Er"
    assert not {one.name for one in EXPERTS} & set(seen_by(now, asker="chair", role="chair")["expert"])


def test_letters_go_on_after_z(room: Room) -> None:
    many = [Expert(f"x{n}", f"n{n}", "f") for n in range(30)]
    labels = set(labels_of(opened(room, many), asker="chair").values())
    assert len(labels) == 30 and {"Z", "AA", "AD"} <= labels


# -- what may come next ----------------------------------------------------------------------------------


def test_a_session_in_its_order(room: Room) -> None:
    now = whole_session(room)
    vote = vote_of(now)
    assert vote is not None
    assert (vote.level, vote.is_confirmed, vote.n_ballots) == ("Ⅱ", True, 3)
    assert vote.dissent == (("e3", "Ⅰ", "deaths are possible"),)
    assert set(now.signed.values()) == {minutes_hash(now)}
    assert verify(room.ledger).is_whole
    assert sessions_in(room) == ("n7",)


def test_steps_out_of_order_are_refused_and_remembered(room: Room) -> None:
    opened(room)

    def step(kind: str, who: str = "chair", **data: str) -> Callable[[], object]:
        return lambda: take_step(room, "n7", kind, who=who, why="now", **data)

    assert "declaration of independence" in rules_of(step("round_opened", round="1"))
    declared(room)
    assert "one declaration" in rules_of(lambda: take_step(
        room, "n7", "declared", who="e1", why="again", expert="e1", interest="shares"))  # fmt: skip
    assert "a blind round before the vote" in rules_of(step("round_opened", round="vote"))
    assert "the next round" in rules_of(step("round_opened", round="2"))
    assert "the chair" in rules_of(step("round_opened", who="e1", round="1"))
    assert "a round that is open" in rules_of(step("round_closed", round="1"))
    open_round(room, "1")
    assert "closed before the next" in rules_of(step("round_opened", round="2"))
    assert "quorum of 67%" in rules_of(step("round_closed", round="1"))
    assert "a vote that is closed" in rules_of(step("confirmed", level="Ⅱ", is_confirmed="yes"))
    assert "confirmed or not" in rules_of(step("signed", expert="chair", minutes="x"))
    assert "the chair has signed" in rules_of(step("ended"))
    refusals = room.ledger.events("refusals/committee/n7")
    assert len(refusals) == 11
    assert verify(room.ledger).is_whole


def test_a_recused_experts_ballot_is_refused(room: Room) -> None:
    opened(room)
    declared(room)
    take_step(room, "n7", "recused", who="e3", why="works for the maker", expert="e3")
    open_round(room, "1")
    text = rules_of(lambda: cast_ballot(room, "n7", "e3", name="1", answers=GOOD, who="e3"))
    assert text == "an expert who is not recused: works for the maker"
    cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1")
    assert "before the expert's first ballot" in rules_of(
        lambda: take_step(room, "n7", "recused", who="e1", why="late thought", expert="e1")
    )
    assert len(seen_by(session_in(room, "n7"), asker="e3", role="expert")) == 0


def test_doubled_late_and_foreign_ballots_are_refused_and_nothing_is_lost(room: Room) -> None:
    opened(room)
    declared(room)
    assert "a round that was opened" in rules_of(
        lambda: cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1")
    )
    open_round(room, "1")
    first = cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1")
    assert cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1") == first  # the answer was lost
    other = {**GOOD, "scope": {"level": "4"}}
    assert "one ballot a round" in rules_of(
        lambda: cast_ballot(room, "n7", "e1", name="1", answers=other, who="e1")
    )
    assert "an expert of the session" in rules_of(
        lambda: cast_ballot(room, "n7", "e9", name="1", answers=GOOD, who="e9")
    )
    cast_ballot(room, "n7", "e2", name="1", answers=GOOD, who="e2")
    close_round(room, "1")
    assert "before the round was closed" in rules_of(
        lambda: cast_ballot(room, "n7", "e3", name="1", answers=GOOD, who="e3")
    )
    assert cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1") == first
    assert len(session_in(room, "n7").rounds[0].answers()) == 2
    assert len(room.ledger.events("refusals/")) == 4


def test_a_clock_that_runs_backwards_stops_the_session_and_loses_nothing(tmp_path: Path) -> None:
    times = [START]
    room = committees.make_room(tmp_path, lambda: times[0])
    opened(room)
    times[0] = START - dt.timedelta(days=1)
    assert "does not run backwards" in rules_of(lambda: declared(room))
    assert [e.kind for e in room.ledger.events()] == ["opened", "refused"]
    assert room.ledger.events("refusals/")[0].said_at is not None
    times[0] = START
    declared(room)
    room.ledger.close()


def test_another_key_is_refused(room: Room, tmp_path: Path) -> None:
    opened(room)
    declared(room)
    open_round(room, "1")
    (tmp_path / "keys" / "n7.key").write_text("00" * 32)
    assert "opened with" in rules_of(lambda: cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1"))
    (tmp_path / "keys" / "n7.key").write_text("nonsense")
    assert "key file" in rules_of(lambda: cast_ballot(room, "n7", "e1", name="1", answers=GOOD, who="e1"))


@pytest.mark.parametrize(
    ("session", "experts", "rules", "said"),
    [
        ("N 7", EXPERTS, {}, "small letters"),
        ("../x", EXPERTS, {}, "small letters"),
        ("n7", (), {}, "at least one expert"),
        ("n7", (EXPERTS[0], EXPERTS[0]), {}, "ids that stand once"),
        ("n7", (Expert("E 1", " ", "a\x00b"),), {}, "small letters"),
        ("n7", EXPERTS, {"quorum": 0.0}, "a share above 0"),
        ("n7", EXPERTS, {"n_rounds": 0}, "1 to 20 rounds"),
    ],
)
def test_a_session_that_cannot_be_is_refused(
    room: Room, session: str, experts: tuple[Expert, ...], rules: dict[str, Any], said: str
) -> None:
    from riskkit.assessment.committee.session import Rules
    from riskkit.workbench.flows.committee.room import open_session

    given = {"n_rounds": 2, "quorum": 0.5, "majority": 0.5} | rules
    text = rules_of(lambda: open_session(
        room, session, load_case("note7-battery-2016"), text="", experts=experts, rules=Rules(**given),
        chair="chair", why="x"))  # fmt: skip
    assert said in text
    assert room.ledger.head().sequence == 0


def test_an_id_is_taken_once(room: Room) -> None:
    opened(room)
    assert "not taken" in rules_of(lambda: opened(room))


def test_time_travel_shows_the_session_as_it_was(room: Room) -> None:
    whole_session(room)
    events = room.ledger.events(stream_of("n7"))
    for event in events:
        now = session_in(room, "n7", until=event.sequence)
        assert now == session_of(events[: event.sequence])
    before = session_in(room, "n7", until=next(e.sequence for e in events if e.kind == "round_closed") - 1)
    assert before.open_round is not None and before.rounds[0].answers() == {}


# -- pooling ---------------------------------------------------------------------------------------------

TRIPLES = st.tuples(st.floats(-12, -0.2), st.floats(0.05, 2), st.floats(0.05, 2)).map(
    lambda t: tuple(sorted((math.exp(t[0] - t[1] - t[2]), math.exp(t[0] - t[1]), math.exp(t[0]))))
)


@given(st.lists(TRIPLES, min_size=1, max_size=6), st.data())
def test_the_pool_agrees_with_the_slow_one(judged: list[tuple[float, ...]], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.floats(0.1, 3), min_size=len(judged), max_size=len(judged)))
    for prob in (0.05, 0.31, 0.5, 0.95):
        mine = float(pooled_quantiles(judged, weights=weights, probs=[prob])[0])
        assert reference_committee.pool_cdf(judged, weights, mine) == pytest.approx(prob, abs=1e-9)


@given(st.lists(TRIPLES, min_size=1, max_size=6))
def test_the_pool_lies_between_the_experts_and_rises(judged: list[tuple[float, ...]]) -> None:
    low, mid, high = pooled_quantiles(judged, probs=[0.05, 0.5, 0.95])
    assert low < mid < high
    assert min(one[1] for one in judged) <= mid * (1 + 1e-12)
    assert mid <= max(one[1] for one in judged) * (1 + 1e-12)
    assert high < 1


@given(TRIPLES, st.integers(1, 5))
def test_experts_who_agree_are_one_expert(one: tuple[float, ...], n: int) -> None:
    assert pooled_quantiles([one] * n, probs=[0.05, 0.5, 0.95]) == pytest.approx(one, rel=1e-9)


def test_a_weight_of_zero_is_nobody() -> None:
    judged = [(0.01, 0.02, 0.03), (0.5, 0.6, 0.7)]
    assert pooled_quantiles(judged, weights=[1, 0], probs=[0.5])[0] == pytest.approx(0.02)
    for bad in ([0, 0], [1], [1, -1], [1, math.nan]):
        with pytest.raises(ValueError, match="one weight each"):
            pooled_quantiles(judged, weights=bad, probs=[0.5])
    with pytest.raises(ValueError, match="at least one"):
        pooled_quantiles([], probs=[0.5])


def test_between_two_experts_who_share_nothing_lies_the_middle() -> None:
    found = pooled_quantiles([(1e-5, 2e-5, 4e-5), (0.1, 0.2, 0.4)], probs=[0.5])[0]
    edges = 4e-5 * (4e-5 / 1e-5) ** 0.1, 0.1 / (0.4 / 0.1) ** 0.1
    assert found == pytest.approx(math.sqrt(edges[0] * edges[1]), rel=1e-9)


def test_what_nobody_answered_is_missing_and_the_case_keeps_its_own() -> None:
    case = load_case("note7-battery-2016")
    answers = {"e1": {one.id: {"abstain": True, "reason": "x"} for one in QUESTIONS}}
    table = feedback(answers, QUESTIONS)
    assert table[["low", "mid", "high"]].isna().all(axis=None) and (table["n_abstained"] == 1).all()
    assert judged_case(case, answers, QUESTIONS, method=Text("法", "way")) == case


def test_the_judgement_becomes_a_case_that_can_be_written_and_assessed() -> None:
    from riskkit.case.case_reading import parse_case
    from riskkit.foundation.inputs.toml_file import parse_toml

    case = load_case("note7-battery-2016")
    answers = {
        one.id: check_answers(QUESTIONS, ballot(QUESTIONS, n), what="b") for n, one in enumerate(EXPERTS)
    }
    found = judged_case(case, answers, QUESTIONS, method=Text("等权", "equal weights"))
    assert (
        found.scenarios[0].steps[0].p == found.scenarios[2].steps[0].p
    )  # asked once, used wherever it stands
    assert found.scenarios[0].severity == ((1, 1 / 3), (2, 1 / 3), (3, 1 / 3))
    assert found.scenarios[0].steps[0].note == Text("等权", "equal weights")
    again = parse_case(parse_toml(toml_text(written(found)).encode(), "judged.toml"))
    assert again.scenarios[0].steps == found.scenarios[0].steps
    first, second = (assess(one, rng=np.random.default_rng(1), draws=300) for one in (found, again))
    assert (first.lo, first.hi, first.risk) == (second.lo, second.hi, second.risk)


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 6)), st.floats(0.5, 0.99))
def test_a_majority_is_more_than_its_share_of_the_votes(counts: dict[str, int], majority: float) -> None:
    found = decided(counts, majority=majority)
    winners = [code for code, n in counts.items() if n > majority * sum(counts.values())]
    assert ([found] if found else []) == winners


# -- minutes and report ----------------------------------------------------------------------------------


def test_minutes_say_what_was_recorded(room: Room) -> None:
    now = whole_session(room)
    data = minutes_data(now)
    assert data["judged_round"] == "2" and len(data["judgement"]) == len(QUESTIONS)
    assert data["vote"]["dissent"] == [{"expert": "e3", "level": "Ⅰ", "reason": "deaths are possible"}]
    assert json.loads(json.dumps(data)) == data
    assert minutes_hash(now) == minutes_hash(dataclasses.replace(now, signed={}, ended_at=""))
    assert minutes_hash(now) != minutes_hash(dataclasses.replace(now, recused={"e1": "x"}))


def test_the_report_from_the_export_alone_is_the_same_byte_for_byte(room: Room, tmp_path: Path) -> None:
    whole_session(room)
    export_ledger(room.ledger, tmp_path / "l.jsonl")
    (tmp_path / "elsewhere").mkdir()
    for name in ("l.jsonl", "l.jsonl.manifest.json"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    kept = session_from("n7", ledger="", export=tmp_path / "elsewhere" / "l.jsonl")
    direct = session_from("n7", ledger=str(tmp_path / "ledger.sqlite"), export=None)
    for lang in ("zh", "en"):
        for is_full in (True, False):
            one = in_language(lang, document, direct, ".html", is_full=is_full)
            assert one == in_language(lang, document, kept, ".html", is_full=is_full)
            assert b"deaths are possible" in one
            assert minutes_hash(direct).encode() in one


def test_the_report_shows_how_the_pool_moved_between_rounds(room: Room) -> None:
    from riskkit.workbench.flows.committee.report import report_sections

    now = whole_session(room, said=committees.sample_ballot)
    table = next(one for one in report_sections(now) if one.id == "movement").blocks[0]
    row = next(one for one in table.rows if "thermal runaway" in one[0])
    rounds = [feedback(one.answers(), QUESTIONS).set_index("question") for one in now.rounds[:2]]
    for cell, found in zip(row[1:], rounds, strict=True):
        assert read_probability(cell.split(" (")[0]) == pytest.approx(
            found.loc["p.burn_on_body.1", "mid"], rel=5e-3
        )
    assert row[1] != row[2]


def test_hostile_words_are_shown_as_words(room: Room) -> None:
    opened(room)
    declared(room)
    open_round(room, "1")
    nasty = "<script>alert(1)</script> =cmd()"
    for number, one in enumerate(EXPERTS):
        answers = ballot(QUESTIONS, number) | {"scope": {"level": "1", "reason": nasty}}
        cast_ballot(room, "n7", one.id, name="1", answers=answers, who=one.id)
    close_round(room, "1")
    page = document(session_in(room, "n7"), ".html", is_full=True).decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_vote_asks_for_a_level_and_a_confirmation() -> None:
    assert digest_of(vote_questions()) != digest_of(QUESTIONS)
    assert check_answers(vote_questions(), votes("none", "no"), what="b")["vote.level"] == {"level": "none"}
    assert in_language("zh", Question("x", "level", "甲", "A").say) == "甲"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_form_of_the_second_round_shows_the_first_and_nobody_elses_answers(
    room: Room, tmp_path: Path, lang: str
) -> None:
    opened(room)
    declared(room)

    def sheets(name: str) -> dict[str, list[list[Any]]]:
        now = session_in(room, "n7")
        lines = in_language(lang, form_lines, now, name, "e2", key=bytes(32))
        written = in_language(lang, write_form, now, tmp_path / f"{name}.xlsx", lines)
        with python_calamine.CalamineWorkbook.from_path(written) as book:
            return {one: book.get_sheet_by_name(one).to_python() for one in book.sheet_names}

    whole_round(room, "1")
    assert in_language(lang, say, "form_earlier_sheet") not in sheets("1")
    assert in_language(lang, say, "form_note_sheet") in sheets("1")
    open_round(room, "2")
    found, questions = sheets("2"), session_in(room, "n7").questions
    rows = found[in_language(lang, say, "form_earlier_sheet")]
    assert len(rows) == 1 + len(questions)
    first = next(n for n, one in enumerate(questions, start=1) if one.kind == PROBABILITY)
    said = {
        "zh": ("1/33 (1/133 – 5.4%)", "1/100 – 9%"),
        "en": ("1 in 33 (1 in 133 – 5.4 %)", "1 in 100 – 9 %"),
    }
    assert (rows[first][-2], rows[first][3]) == said[lang]  # what e2 said, and all together
    assert rows[first][4] == "3"
    shown = " ".join(str(cell) for row in rows for cell in row)
    assert "1/400" not in shown and "1 in 400" not in shown and "tests of lab 1" not in shown  # what e1 said
    assert re.fullmatch(r"[ABC]: tests of lab [02]\n[ABC]: tests of lab [02]", rows[first][-1])
    assert "王一" not in shown and "Zhao" not in shown
    path = in_language(lang, write_form, now := session_in(room, "n7"), tmp_path / "2.csv",
                       in_language(lang, form_lines, now, "2", "e2", key=bytes(32)))  # fmt: skip
    with path.open(encoding="utf-8-sig", newline="") as file:
        same = list(csv.reader(file))[first][11:]
    assert same == rows[first][1:]
    assert read_form(path).expert == "e2"
    assert next(iter(found)) == in_language(lang, say, "form_sheet")
    assert read_form(tmp_path / "2.xlsx").expert == "e2"
