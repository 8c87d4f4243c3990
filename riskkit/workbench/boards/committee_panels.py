"""The pages of a committee: an expert's ballot, and the room that the chair runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import anywidget
import ipywidgets
import traitlets

from riskkit.assessment.committee.minutes import minutes_hash, vote_of
from riskkit.assessment.committee.questions import VOTE, Question, choices_of, word
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import progress
from riskkit.foundation.faults import Fault, InputFaults
from riskkit.store.ledger import open_ledger
from riskkit.workbench.boards.panel_widgets import box, html, in_either_language
from riskkit.workbench.committee.keys import keys_folder
from riskkit.workbench.committee.report import judgement_section
from riskkit.workbench.committee.room import Room, cast_ballot, session_in, sessions_in, take_step
from riskkit.workbench.committee.words import committee_texts, say
from riskkit.workbench.decision_groups import LEDGER_VARIABLE
from riskkit.workbench.pages.blocks import Paragraph, Role, Section, Table
from riskkit.workbench.pages.rendering import asset
from riskkit.workbench.rules import rule_in
from riskkit.workbench.serving.identity import as_visitor


class BallotForm(anywidget.AnyWidget):
    """A ballot as native controls, one question at a time.

    Parameters
    ----------
    questions : list of dict
        ``id``, ``kind``, ``asked``, ``choices`` (pairs of code and words).
    words : dict of str to str
    sent : dict
        ``n`` and ``answers``, when the expert has handed in.
    told : dict
        ``ok`` and ``text``, what became of it.
    """

    _esm = str(asset("committee_ballot.js"))
    questions: Any = traitlets.List().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    sent = traitlets.Dict().tag(sync=True)
    told = traitlets.Dict().tag(sync=True)


def here() -> Room:
    """The room of the ledger that ``RISKKIT_LEDGER`` names.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When there is no such ledger.

    Examples
    --------
    >>> here.__name__
    'here'
    """
    place = os.environ.get(LEDGER_VARIABLE) or "ledger.sqlite"
    open_ledger(place, is_reader=True).close()
    return Room(open_ledger(place), keys_folder(place, None, os.environ))


def asker(who: str) -> tuple[str, str]:
    """Who asks, and in which role: by what served the page; outside of serving, as the notebook says.

    Examples
    --------
    >>> asker("e1")
    ('e1', '')
    """
    return as_visitor() or (who, "")


def ballot_panel(session: str, *, lang: str, who: str = "") -> ipywidgets.Widget:
    """The ballot of whoever opens the page, for the round that is open.

    Parameters
    ----------
    session : str
        Its id; the latest of the ledger when empty.
    lang : str
        ``zh`` or ``en``.
    who : str
        The expert, where nothing is served (a notebook on one's own machine).

    Examples
    --------
    >>> ballot_panel.__name__
    'ballot_panel'
    """
    name, role = asker(who)
    return in_either_language(lang, lambda spoken: [_style(), *_ballot(session, name, role, lang=spoken)])


def _ballot(session: str, who: str, role: str, *, lang: str) -> list[ipywidgets.Widget]:
    room, now, why = _entered(session, lang)
    if room is None or now is None:
        return [_note(why)]
    found = now.open_round
    if not who:
        return [_note(say("need_identity", lang))]
    if who not in {one.id for one in now.voters} or role not in ("", "expert"):
        return [_note(say("not_member", lang, who=who))]
    if found is None:
        return [_note(say("no_round", lang))]
    title = say("ballot_title", lang, title=_title(now, lang), round=_round_name(found.name, lang))
    if who in found.sealed:
        done = say("already", lang, at=found.taken_at[who], round=_round_name(found.name, lang))
        return [html("heading", title), _note(done)]
    form = BallotForm(
        questions=[_asked(one, lang) for one in now.asked_in(found.name)],
        words=_form_words(lang), sent={}, told={},
    )  # fmt: skip
    form.observe(_taker(room, now, who, name=found.name, lang=lang, form=form), "sent")
    return [html("heading", title), _note(say("ballot_intro", lang)), form]


def _taker(
    room: Room, now: Session, who: str, *, name: str, lang: str, form: BallotForm
) -> Callable[[Mapping[str, Any]], None]:
    def take(change: Mapping[str, Any]) -> None:
        try:
            answers = _without_gaps(change["new"].get("answers", {}))
            event = cast_ballot(room, now.id, who, name=name, answers=answers, who=who)
        except InputFaults as error:
            form.told = {"ok": False, "text": _said(say("refused_ballot", lang), error, lang)}
        else:
            facts = {"round": _round_name(name, lang), "at": event.at, "sequence": event.sequence}
            form.told = {"ok": True, "text": say("handed_in", lang, **facts)}

    return take


def _without_gaps(answers: Any) -> dict[str, Any]:
    """What a browser sent, as far as it has the shape of a ballot; the rest is refused with the ballot."""
    if not isinstance(answers, Mapping):
        return {}
    return {str(name): dict(one) if isinstance(one, Mapping) else {} for name, one in answers.items()}


def _asked(question: Question, lang: str) -> dict[str, Any]:
    choices = [list(pair) for pair in choices_of(question, lang).items()]
    return {"id": question.id, "kind": question.kind, "asked": question.say(lang), "choices": choices}


def _form_words(lang: str) -> dict[str, str]:
    words = {
        key.removeprefix("ask_"): one[lang]
        for key, one in committee_texts().items()
        if key.startswith("ask_")
    }
    words |= {key: word(key, lang) for key in ("low", "mid", "high", "abstain", "reason")}
    return words | {"locale": "zh-CN" if lang == "zh" else "en"}


def session_panel(session: str, *, lang: str, who: str = "") -> ipywidgets.Widget:
    """The room as the chair runs it: progress, feedback of closed rounds, and what may be done next.

    Parameters
    ----------
    session : str
        Its id; the latest of the ledger when empty.
    lang : str
        ``zh`` or ``en``.
    who : str
        Who asks, where nothing is served.

    Examples
    --------
    >>> session_panel.__name__
    'session_panel'
    """
    name, _ = asker(who)
    return in_either_language(lang, lambda spoken: [_style(), *_room(session, name, lang=spoken)])


def _room(session: str, who: str, *, lang: str) -> list[ipywidgets.Widget]:
    room, now, why = _entered(session, lang)
    if room is None or now is None:
        return [_note(why)]
    if not who and as_visitor() is not None:
        return [_note(say("need_identity", lang))]
    shown = ipywidgets.VBox(children=_shown(now, lang))
    if who != now.chair:
        text = say("room_not_chair", lang, chair=now.chair, who=who or "—")
        return [html("heading", say("room_title", lang, title=_title(now, lang))), _note(text), shown]
    reason = ipywidgets.Text(
        description="", placeholder=say("room_why", lang), layout=ipywidgets.Layout(width="auto")
    )
    told = ipywidgets.HTML()

    def act(kind: str, **data: Any) -> None:
        try:
            current = session_in(room, now.id)
            if kind == "confirmed" and not reason.value.strip():
                rule = "the reason of a confirmation or its refusal"
                raise InputFaults("committee", [Fault(say("room_why", lang), "—", rule)])
            event = take_step(
                room,
                now.id,
                kind,
                who=who,
                why=reason.value or say("room_title", lang, title=now.id),
                **_filled(current, kind, data),
            )
            told.value = _told_html(say("room_done", lang, sequence=event.sequence, at=event.at))
        except InputFaults as error:
            told.value = _told_html(_said(say("room_refused", lang), error, lang))
        shown.children = _shown(session_in(room, now.id), lang)

    buttons = [_button(say(key, lang), partial(act, kind, **data)) for key, (kind, data) in _DEEDS.items()]
    return [
        html("heading", say("room_title", lang, title=_title(now, lang))), _note(say("room_secret", lang)),
        shown, reason, box("rkp-row", *buttons), told,
    ]  # fmt: skip


_DEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "room_open_round": ("round_opened", {}),
    "room_close_round": ("round_closed", {}),
    "room_open_vote": ("round_opened", {"round": VOTE}),
    "room_confirm": ("confirmed", {"is_confirmed": "yes"}),
    "room_reject": ("confirmed", {"is_confirmed": "no"}),
    "room_sign": ("signed", {}),
    "room_end": ("ended", {}),
}


def _filled(now: Session, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A deed with what it needs to know of the session."""
    if kind == "round_opened":
        return {"round": str(len(now.rounds) + 1), **data}
    if kind == "round_closed":
        return {"round": now.open_round.name if now.open_round else "—", **data}
    if kind == "confirmed":
        vote = vote_of(now)
        return {"level": (vote.level if vote else None) or "", **data}
    if kind == "signed":
        return {"expert": now.chair, "minutes": minutes_hash(now), **data}
    return dict(data)


def _shown(now: Session, lang: str) -> tuple[ipywidgets.Widget, ...]:
    heads = tuple(say(f"col_{one}", lang) for one in ("round", "ballots", "missing"))
    rows = tuple(
        (
            _round_name(row["round"], lang),
            f"{row['n_ballots']} / {row['n_voters']}",
            ", ".join(row["missing"]) or "—",
        )
        for row in progress(now).to_dict("records")
    )
    table = Section(
        "rounds", say("rounds", lang), 2, (Table(say("rounds", lang), heads, rows, numeric=(1,)),)
    )
    return tuple(
        ipywidgets.HTML(one._repr_mimebundle_()["text/html"]) for one in (table, judgement_section(now, lang))
    )


def _entered(session: str, lang: str) -> tuple[Room | None, Session | None, str]:
    try:
        room = here()
        known = sessions_in(room)
        return (
            (room, session_in(room, session or known[-1]), "")
            if known
            else (None, None, say("no_session", lang))
        )
    except InputFaults as error:
        return None, None, _said(say("no_session", lang), error, lang)


def _said(head: str, error: InputFaults, lang: str) -> str:
    lines = [f"{one.place}: {one.value} — {rule_in(one.rule, lang)}" for one in error.faults[:20]]
    return "\n".join([head, *lines])


def _title(now: Session, lang: str) -> str:
    return now.title_zh if lang == "zh" else now.title_en


def _round_name(name: str, lang: str) -> str:
    return say("round_vote", lang) if name == VOTE else name


def _note(text: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(_told_html(text, "body"))


def _told_html(text: str, role: Role = "lead") -> str:
    return str(Section("told", "", 2, (Paragraph(text, role),))._repr_mimebundle_()["text/html"])


def _style() -> ipywidgets.HTML:
    return ipywidgets.HTML(f"<style>{asset('committee.css')}</style>")


def _button(words: str, act: Callable[[], None]) -> ipywidgets.Button:
    made = ipywidgets.Button(description=words, layout=ipywidgets.Layout(width="auto"))
    made.on_click(lambda _: act())
    return made
