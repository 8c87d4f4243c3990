"""Everything that the notebook of a committee's report calls: open a session, show its parts, publish it."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from riskkit import __version__
from riskkit.assessment.committee.minutes import minutes_data, minutes_hash, vote_of
from riskkit.assessment.committee.session import Session
from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.foundation.language import in_language
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.flows.committee.documents import session_from
from riskkit.workbench.flows.committee.report import report_sections
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE
from riskkit.workbench.runs.result import ResultRecord
from riskkit.workbench.serving.identity import as_visitor

_JUDGED = ("judgement", "movement", "agreement", "assessed", "answers-")
_VOTED = ("vote", "signatures", "reading")


def open_session_record(ledger: str = "", *, session: str = "") -> Session:
    """A session from a ledger, from an export of one, or the sample that comes with riskkit."""
    place = ledger or os.environ.get(LEDGER_VARIABLE) or "sample"
    if place == "sample":
        kept = resources.files("riskkit.workbench.flows.committee") / "sample" / "session.jsonl"
        with resources.as_file(kept) as path:
            found = session_from(session, ledger="", export=path)
    elif place.endswith(".jsonl"):
        found = session_from(session, ledger="", export=Path(place))
    else:
        found = session_from(session, ledger=place, export=None)
    name, role = as_visitor() or ("", "auditor")
    if role == "expert" or name in found.recused or (role in ("", "leadership") and not found.confirmed):
        rule = "a session whose vote is confirmed, or the role of chair, assessor or auditor"
        raise InputFaults("committee", [Fault("role", role or "—", rule)])
    return found


def _parts(now: Session) -> tuple[Section | Picture, ...]:
    return report_sections(now, is_full=True)


def decision_part(now: Session) -> tuple[Section | Picture, ...]:
    """What was decided, about what, by whom and by which rules."""
    rest = (*_JUDGED, *_VOTED)
    return tuple(one for one in _parts(now) if not one.id.startswith(rest))


def judgement_part(now: Session) -> tuple[Section | Picture, ...]:
    """What the experts judged, and the assessment with their judgement in it."""
    return tuple(one for one in _parts(now) if one.id.startswith(_JUDGED))


def vote_part(now: Session) -> tuple[Section | Picture, ...]:
    """How the committee voted, who dissented and why, and who signed."""
    return tuple(one for one in _parts(now) if one.id.startswith(_VOTED))


def publish_session(now: Session) -> ResultRecord:
    """Put what was decided into the notebook, where the runner reads it back."""
    vote = vote_of(now)
    named = {"zh": now.title_zh, "en": now.title_en}
    title = {lang: in_language(lang, say, "about_title", title=words) for lang, words in named.items()}
    data = minutes_data(now)
    return ResultRecord(
        {
            "schema": "riskkit.committee/1",
            "case": {"id": now.id, "title": title},
            "inputs": {"riskkit": __version__, "case_sha256": data["case_sha256"]},
            "minutes_sha256": minutes_hash(now),
            "vote": data["vote"] if vote else None,
            "confirmation": data["confirmation"],
        }
    )
