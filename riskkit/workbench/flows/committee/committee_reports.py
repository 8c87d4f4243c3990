"""The documents of a session: minutes, report and judged case, for a notebook and as files."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from importlib import resources
from pathlib import Path

from riskkit.assessment.committee.minutes import method_text, minutes_data, minutes_hash, vote_of
from riskkit.assessment.committee.pooling import judged_case
from riskkit.assessment.committee.session import Session, session_of, stream_of
from riskkit.assessment.committee.visible import last_judged
from riskkit.case.case_reading import parse_case
from riskkit.foundation.event_times import rebases_in, with_right_times
from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language, language
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.flows.committee.report import report_notebook, report_sections
from riskkit.workbench.reports.case.case_toml import case_toml
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE
from riskkit.workbench.runs.result import ResultRecord, found_record
from riskkit.workbench.serving.identity import as_visitor

_LONGEST_ID = 64
ENDINGS = (".html", ".pdf", ".docx")


def session_from(session: str, *, ledger: str, export: Path | None) -> Session:
    """A session from a ledger, or from an export of one; the latest, where no id is given."""
    from riskkit.store.ledger.copies import read_export
    from riskkit.store.ledger.ledger import open_ledger

    if export is not None:
        copied = read_export(export)
        events: tuple[Event, ...] = tuple(with_right_times(copied, rebases_in(copied)))
    else:
        found = open_ledger(ledger, is_reader=True)
        try:
            events = found.events(stream_of(session) if session else "committee/")
        finally:
            found.close()
    opened = [one.stream for one in events if one.kind == "opened" and one.stream.startswith("committee/")]
    wanted = stream_of(session) if session else opened[-1] if opened else ""
    if wanted not in opened:
        raise InputFaults("committee", [Fault("session", shown(session), "a session that was opened")])
    return session_of(one for one in events if one.stream == wanted)


def document(now: Session, ending: str, *, is_full: bool) -> bytes:
    """The minutes or the report of a session as a file."""
    if ending not in ENDINGS:
        raise InputFaults(
            "committee",
            [Fault("--out", shown(ending), RuleText("a file that ends in {}", ", ".join(ENDINGS)))],
        )
    notebook = report_notebook(report_sections(now, is_full=is_full))
    name = now.title_zh if language() == "zh" else now.title_en
    title = say("title_report" if is_full else "title_minutes", title=name)
    if ending == ".html":
        from riskkit.workbench.document.html import to_html

        return to_html(notebook, title=title).encode("utf-8")
    from riskkit.workbench.document.documents import to_docx, to_pdf

    if ending == ".pdf":
        return to_pdf(notebook, title=title)
    return to_docx(notebook, title=title, made_at=_last_moment(now))


def _last_moment(now: Session) -> dt.datetime:
    """When the session last went on, which is what a copy made later is dated by."""
    told = [now.opened_at, now.ended_at, str(now.confirmed.get("at", ""))]
    told += [at for one in now.rounds for at in (one.opened_at, one.closed_at)]
    return moment_of(max(told))


def write_document(now: Session, path: Path, *, is_full: bool, is_forced: bool = False) -> Path:
    """Write the minutes or the report, whole or not at all."""
    content = document(now, path.suffix.lower(), is_full=is_full)
    return put_files(path.parent, {path.name: content}, is_forced=is_forced)[0]


def judged_text(now: Session) -> str:
    """The case of a session with the committee's judgement in it, as a file that ``riskkit assess`` takes."""
    name = last_judged(now)
    found = now.round(name)
    if found is None:
        raise InputFaults("committee", [Fault("round", "", "a round that is closed")])
    case = parse_case(parse_toml(now.case_text.encode(), f"{now.case_id}.toml"))
    judged = judged_case(case, found.answers(), now.questions, method=method_text(now))
    facts = {"session": now.id, "round": name, "hash": minutes_hash(now)}
    remarks = [in_language(lang, say, "judged_remark", **facts) for lang in ("zh", "en")]
    return case_toml(
        replace(judged, id=f"{case.id}-{now.id}".replace("_", "-")[:_LONGEST_ID]), remarks=remarks
    )


def write_judged(now: Session, path: Path, *, is_forced: bool = False) -> Path:
    """Write the judged case of a session, whole or not at all."""
    if path.suffix != ".toml":
        raise InputFaults("committee", [Fault("--out", shown(path.name), "a file that ends in .toml")])
    content = judged_text(now).encode("utf-8")
    return put_files(path.parent, {path.name: content}, is_forced=is_forced)[0]


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
    return found_record(
        "committee",
        now.id,
        title,
        inputs={"case_sha256": data["case_sha256"]},
        minutes_sha256=minutes_hash(now),
        vote=data["vote"] if vote else None,
        confirmation=data["confirmation"],
    )
