"""An expert's page: the declaration, the ballot with what the last round came to, and the minutes to sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import ipywidgets
import traitlets

from riskkit.assessment.committee.minutes import minutes_data, minutes_hash
from riskkit.assessment.committee.pooling import given_answers
from riskkit.assessment.committee.questions import PROBABILITY, VOTE, Question, choices_of, word
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import labels_of, last_judged, seen_by
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import language
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.boards.committee_entry import (
    Entry,
    committee_page,
    deed,
    entered,
    look_again,
    note,
    refusal,
    section,
    title_of,
)
from riskkit.workbench.boards.panel_widgets import box, html
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.rendering import asset
from riskkit.workbench.flows.committee.question_notes import QuestionNote, question_notes
from riskkit.workbench.flows.committee.report import (
    assessed_section,
    judgement_section,
    judgement_words,
    local_minute,
    report_sections,
    round_name,
)
from riskkit.workbench.flows.committee.room import cast_ballot, take_step


def shown_back(now: Session, who: str) -> dict[str, dict[str, Any]]:
    """What the last closed round came to, for one expert, question by question."""
    name, is_vote = last_judged(now), any(one.name == VOTE for one in now.rounds)
    found = now.round(name)
    table = seen_by(now, asker=who, role="expert")
    if found is None or is_vote or not len(table):
        return {}
    table, ballots = table[table["round"] == name], found.answers()
    labels = labels_of(now, asker=who)
    back: dict[str, dict[str, Any]] = {}
    rows = minutes_data(now)["judgement"]
    for question, row in zip(now.questions, rows, strict=True):
        _, pooled, spread, n, _ = judgement_words(row, question)
        lines = table[table["question"] == question.id]
        marks = []
        if question.kind == PROBABILITY and "mid" in row:
            given = given_answers(ballots, question)
            marks = [[labels[one], given[one]["low"], given[one]["mid"], given[one]["high"]] for one in given]
            marks.sort(key=lambda mark: str(mark[0]))
            marks.append([say("col_pooled"), row["low"], row["mid"], row["high"]])
        back[question.id] = {
            "line": say("back_line", round=name, pooled=pooled, range=spread, n=n),
            "said": lines[["expert", "answer", "reason"]].to_numpy().tolist(),
            "marks": marks,
            "own": ballots.get(who, {}).get(question.id, {}),
        }
    return back


Look = Callable[[], None]
Widgets = list[ipywidgets.Widget]


class BallotForm(anywidget.AnyWidget):
    """A ballot as native controls, one question at a time."""

    _esm = str(asset("committee_ballot.js"))
    questions: Any = traitlets.List().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    sent = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)

    @property
    def is_being_filled(self) -> bool:
        """Whether its answers are still on the page alone, which is then left as it is."""
        return not self.told.get("ok")


def ballot_panel(session: str, *, who: str = "") -> ipywidgets.Widget:
    """The page of whoever opens it: what they have to do next in the session, and nothing of others."""

    def build(look: Look) -> Widgets:
        entry = entered(session, who)
        if not entry.who:
            return [note(say("need_identity"))]
        if entry.now.expert(entry.who) is None or entry.role not in ("", "expert"):
            return [note(say("not_member", who=entry.who))]
        return _next(entry, look)

    return committee_page(build)


def _next(entry: Entry, look: Look) -> Widgets:
    now, who = entry.now, entry.who
    found = now.open_round
    if who in now.recused:
        return [_heading(entry), note(say("you_recused", why=now.recused[who]))]
    if who not in now.declared:
        return _declaration(entry, look)
    if found is not None and who not in found.sealed:
        return _ballot(entry, found.name, look=look)
    if found is not None:
        done = say("already", at=local_minute(found.taken_at[who]), round=round_name(found.name))
        return [_heading(entry), note(done), look_again(look)]
    if now.confirmed:
        return _minutes(entry, look)
    shown = [section(judgement_section(now))] if last_judged(now) else []
    return [_heading(entry), note(say("no_round")), look_again(look), *shown]


def _heading(entry: Entry) -> ipywidgets.Widget:
    found = entry.now.open_round
    if found is None:
        return html("heading", title_of(entry.now))
    facts = {"title": title_of(entry.now), "round": round_name(found.name)}
    return html("heading", say("ballot_vote_title" if found.name == VOTE else "ballot_title", **facts))


def _declaration(entry: Entry, look: Look) -> Widgets:
    said = ipywidgets.Textarea(placeholder=say("declare_place"), layout=ipywidgets.Layout(width="auto"))
    told = box("rkp-col")

    def declare() -> None:
        facts = {"expert": entry.who, "interest": said.value.strip()}
        _done(entry, "declared", told, look=look, why=say("declare_why"), **facts)

    return [
        _heading(entry), note(say("declare_intro")), said,
        box("rkp-row", deed(say("declare_deed"), declare)), told,
    ]  # fmt: skip


def _ballot(entry: Entry, name: str, *, look: Look) -> Widgets:
    earlier = shown_back(entry.now, entry.who)
    notes = {} if name == VOTE else question_notes(entry.now)
    asked = [
        _asked(one, notes.get(one.id, QuestionNote())) | {"earlier": earlier.get(one.id, {})}
        for one in entry.now.asked_in(name)
    ]
    words = _form_words() | {"draft": f"{entry.now.id} {name} {entry.who}"}
    form = BallotForm(questions=asked, words=words, sent={}, told={})
    after = box("rkp-col")
    form.observe(_taker(entry, name, form=form, after=after, look=look), "sent")
    shown = [section(assessed_section(entry.now))] if name == VOTE else []
    intro = "ballot_intro_vote" if name == VOTE else "ballot_intro_again" if earlier else "ballot_intro"
    return [_heading(entry), *shown, note(say(intro)), form, after]


def _taker(
    entry: Entry, name: str, *, form: BallotForm, after: ipywidgets.Box, look: Look
) -> Callable[[Mapping[str, Any]], None]:
    def take(change: Mapping[str, Any]) -> None:
        answers = _without_gaps(change["new"].get("answers", {}))
        try:
            event = cast_ballot(
                entry.room, entry.now.id, entry.who, name=name, answers=answers, who=entry.who
            )
        except InputFaults as error:
            form.told = {"ok": False, "text": refusal(say("refused_ballot"), error)}
        else:
            facts = {"round": round_name(name), "at": local_minute(event.at), "sequence": event.sequence}
            form.told = {"ok": True, "text": say("handed_in", **facts)}
            after.children = (look_again(look),)

    return take


def _without_gaps(answers: Any) -> dict[str, Any]:
    """What a browser sent, as far as it has the shape of a ballot; the rest is refused with the ballot."""
    if not isinstance(answers, Mapping):
        return {}
    return {str(name): dict(one) if isinstance(one, Mapping) else {} for name, one in answers.items()}


def _asked(question: Question, note: QuestionNote) -> dict[str, Any]:
    choices = [[code, words, note.meanings.get(code, "")] for code, words in choices_of(question).items()]
    beside = {"evidence": list(note.evidence), "unit": note.unit}
    return {"id": question.id, "kind": question.kind, "asked": question.say(), "choices": choices} | beside


def _form_words() -> dict[str, str]:
    words = {key.removeprefix("ask_"): one[language()] for key, one in say.items() if key.startswith("ask_")}
    words |= {key: word(key) for key in ("low", "mid", "high", "abstain", "reason")}
    return words


def _minutes(entry: Entry, look: Look) -> Widgets:
    """The minutes as they are signed, and the button that signs just these."""
    now, told = entry.now, box("rkp-col")
    mine = minutes_hash(now)

    def sign() -> None:
        facts = {"expert": entry.who, "minutes": mine}
        _done(entry, "signed", told, look=look, why=say("sign_why"), **facts)

    if entry.who in now.signed:
        below: Widgets = [note(say("you_signed"))]
    else:
        below = [note(say("sign_intro", hash=mine)), box("rkp-row", deed(say("room_sign"), sign))]
    shown = report_sections(now, is_full=False)
    parts = [section(one) for one in shown if isinstance(one, Section)]
    return [_heading(entry), *below, told, *parts]


def _done(entry: Entry, kind: str, told: ipywidgets.Box, *, look: Look, why: str, **data: Any) -> None:
    try:
        take_step(entry.room, entry.now.id, kind, who=entry.who, why=why, **data)
    except InputFaults as error:
        told.children = (note(refusal(say("room_refused"), error), "lead"),)
    else:
        look()
