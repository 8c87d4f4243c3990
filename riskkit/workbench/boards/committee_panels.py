"""The room of a committee as its chair runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets

from riskkit.assessment.committee import order, steps
from riskkit.assessment.committee.minutes import minutes_hash, vote_of
from riskkit.assessment.committee.questions import VOTE
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import last_judged, progress
from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.words.catalogue import committee_text as say
from riskkit.words.catalogue import panel_text
from riskkit.words.numbers import listed
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
from riskkit.workbench.boards.panel_widgets import Drawing, box, html
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.flows.committee.agreement_sections import judged_answers, judgement_picture
from riskkit.workbench.flows.committee.report import (
    assessed_section,
    local_minute,
    report_sections,
    round_name,
)
from riskkit.workbench.flows.committee.room import take_step

_DEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "room_open_round": ("round_opened", {}),
    "room_close_round": ("round_closed", {}),
    "room_open_vote": ("round_opened", {"round": VOTE}),
    "room_confirm": ("confirmed", {"is_confirmed": "yes"}),
    "room_reject": ("confirmed", {"is_confirmed": "no"}),
    "room_sign": ("signed", {}),
    "room_end": ("ended", {}),
}


def session_panel(session: str, *, who: str = "") -> ipywidgets.Widget:
    """The room as the chair runs it: progress, feedback of closed rounds, and what may be done next."""
    told = box("rkp-col")  # stays when the page is drawn anew

    def build(look: Callable[[], None]) -> list[ipywidgets.Widget]:
        entry = entered(session, who)
        head = html("heading", say("room_title", title=title_of(entry.now)))
        shown = [note(say("room_secret")), *_shown(entry.now)]
        if entry.who != entry.now.chair:
            text = say("room_not_chair", chair=entry.now.chair, who=entry.who or "—")
            return [head, note(text), look_again(look), *shown]
        return [head, *_deeds(entry, told=told, look=look), told, *shown]

    return committee_page(build)


def _deeds(entry: Entry, *, told: ipywidgets.Box, look: Callable[[], None]) -> list[ipywidgets.Widget]:
    reason = ipywidgets.Text(placeholder=say("room_why"), layout=ipywidgets.Layout(width="auto"))

    def act(kind: str, **data: Any) -> None:
        try:
            done = _acted(entry, kind, data, why=reason.value.strip())
        except InputFaults as error:  # the page stays as it is, with the reason somebody has begun to write
            told.children = (note(refusal(say("room_refused"), error), "lead"),)
        else:
            look()
            told.children = (note(done, "lead"),)

    buttons = [
        deed(say(key), partial(act, kind, **data), is_possible=_is_possible(entry, kind, data))
        for key, (kind, data) in _DEEDS.items()
    ]
    return [note(_next(entry), "lead"), reason, box("rkp-row", *buttons), look_again(look)]


def _next(entry: Entry) -> str:
    """What the chair can do now, and who is still missing in the open round."""
    now = entry.now
    possible = [say(key) for key, (kind, data) in _DEEDS.items() if _is_possible(entry, kind, data)]
    said = [say("room_next", what=listed(possible, empty=say("room_waits")))]
    open_now = now.open_round
    missing = [one.id for one in now.voters if open_now and one.id not in open_now.sealed]
    undeclared = [one.id for one in now.voters if one.id not in now.declared]
    said += [say("room_missing", who=listed(missing, empty=""))] if missing else []
    said += [say("room_undeclared", who=listed(undeclared, empty=""))] if undeclared else []
    return "\n".join(said)


def _acted(entry: Entry, kind: str, data: Mapping[str, Any], *, why: str) -> str:
    """Do it, and say what came of it."""
    if kind == "confirmed" and not why:
        rule = "the reason of a confirmation or its refusal"
        raise InputFaults("committee", [Fault(say("room_why"), "—", rule)])
    more = {"who": entry.who, "why": why or say("room_title", title=entry.now.id)}
    event = take_step(entry.room, entry.now.id, kind, **more, **_filled(entry.now, kind, data))
    return say("room_done", sequence=event.sequence, at=local_minute(event.at))


def _is_possible(entry: Entry, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether a deed may come next, as the page knows the session; the ledger asks again."""
    try:
        draft = steps.step(entry.now, kind, who=entry.who, why="—", **_filled(entry.now, kind, data))
        order.require_next(entry.now, draft)
    except InputFaults:
        return False
    return True


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


def _shown(now: Session) -> list[ipywidgets.Widget]:
    heads = tuple(say(f"col_{one}") for one in ("round", "opened_at", "closed_at", "ballots", "missing"))
    times = {one.name: (one.opened_at, one.closed_at) for one in now.rounds}
    rows = tuple(
        (
            round_name(row["round"]),
            *(local_minute(at) if at else "—" for at in times[row["round"]]),
            f"{row['n_ballots']} / {row['n_voters']}",
            ", ".join(row["missing"]) or "—",
        )
        for row in progress(now).to_dict("records")
    )
    table = Table(say("rounds"), heads, rows, numeric=(3,))
    done = [*(["decision"] if now.confirmed else []), "vote", "signatures"] if vote_of(now) else []
    wanted = [*done, "judgement", "movement", "experts"]
    judged = [assessed_section(now)] if last_judged(now) else []
    picture = judgement_picture(judged_answers(now)) if last_judged(now) else None
    drawn = [] if picture is None else [Drawing(picture, panel_text("numbers")).box]
    shown = report_sections(now, is_full=False)
    parts = {one.id: one for one in shown if isinstance(one, Section)}
    first = [Section("progress", "", 2, (table,))] if rows else []
    rest = [section(parts[name]) for name in wanted if name in parts]
    return [*(section(one) for one in [*first, *judged]), *drawn, *rest]
