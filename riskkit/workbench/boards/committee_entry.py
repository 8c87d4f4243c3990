"""What the pages of a committee share: whose room it is, who asks, and how a refusal is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import ipywidgets

from riskkit.assessment.committee.session import Session
from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.foundation.language import language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.boards.page_tools import newest_event
from riskkit.workbench.boards.panel_widgets import box, in_either_language
from riskkit.workbench.document.block_kinds import Paragraph, Role
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.rendering import asset
from riskkit.workbench.flows.committee.room import Room, keys_folder, session_in, sessions_in
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE
from riskkit.workbench.serving.identity import as_visitor
from riskkit.workbench.words.rules import rule_in


@dataclass(frozen=True)
class Entry:
    """Somebody in the room of a session."""

    room: Room
    now: Session
    who: str
    role: str


def here() -> Room:
    """The room of the ledger that ``RISKKIT_LEDGER`` names."""
    place = os.environ.get(LEDGER_VARIABLE) or "ledger.sqlite"
    open_ledger(place, is_reader=True).close()
    return _room(place)


@cache
def _room(place: str) -> Room:
    return Room(open_ledger(place), keys_folder(place, None, os.environ))


def asker(who: str) -> tuple[str, str]:
    """Who asks, and in which role: by what served the page; outside of serving, as the notebook says."""
    return as_visitor() or (who, "")


def entered(session: str, who: str) -> Entry:
    """Somebody in the room of a session as it is now."""
    name, role = asker(who)
    if not name and as_visitor() is not None:
        raise InputFaults("identity", [Fault("identity", "—", "riskkit dashboard --access")])
    room = here()
    known = sessions_in(room)
    if not known:
        raise InputFaults("committee", [Fault("session", "", "a session that was opened")])
    return Entry(room, session_in(room, session or known[-1]), name, role)


def committee_page(
    build: Callable[[Callable[[], None]], Sequence[ipywidgets.Widget]],
) -> ipywidgets.Widget:
    """A page that is drawn anew when somebody asks how things stand now."""

    def drawn() -> list[ipywidgets.Widget]:
        inside = box("rkp-col")

        def look() -> None:
            try:
                inside.children = tuple(build(look))
            except InputFaults as error:
                key = "need_identity" if error.what == "identity" else "no_session"
                inside.children = (
                    note(refusal(say(key), error)),
                    look_again(look),
                )

        look()
        return [ipywidgets.HTML(f"<style>{asset('committee.css')}</style>"), inside]

    return in_either_language(drawn, seen=_seen)


def _seen() -> int:
    """How far the ledger of the session has come; nowhere where there is none."""
    try:
        return newest_event(os.environ.get(LEDGER_VARIABLE) or "ledger.sqlite")
    except InputFaults:
        return -1


def look_again(look: Callable[[], None]) -> ipywidgets.Widget:
    """The button that draws a page anew."""
    return box("rkp-row", deed(say("look_again"), look))


def deed(words: str, act: Callable[[], None], *, is_possible: bool = True) -> ipywidgets.Button:
    """A button as wide as its words."""
    made = ipywidgets.Button(
        description=words, disabled=not is_possible, layout=ipywidgets.Layout(width="auto")
    )
    made.on_click(lambda _: act())
    return made


def refusal(head: str, error: InputFaults) -> str:
    """Why something was refused, in words."""
    lines = [f"{one.place}: {one.value} — {rule_in(one.rule)}" for one in error.faults[:20]]
    return "\n".join([head, *lines])


def title_of(now: Session) -> str:
    """The title of a session's case."""
    return now.title_zh if language() == "zh" else now.title_en


def note(text: str, role: Role = "body") -> ipywidgets.HTML:
    """A line of text on a page."""
    return section(Section("told", "", 2, (Paragraph(text, role),)))


def section(one: Section) -> ipywidgets.HTML:
    """A section on a page."""
    return ipywidgets.HTML(str(one._repr_mimebundle_()["text/html"]))
