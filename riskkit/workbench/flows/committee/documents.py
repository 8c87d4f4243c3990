"""Minutes and reports on disk: HTML, PDF or Word, from a ledger or from its export alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from riskkit.assessment.committee.minutes import method_text, minutes_hash
from riskkit.assessment.committee.pooling import judged_case
from riskkit.assessment.committee.session import Session, session_of, stream_of
from riskkit.assessment.committee.visible import last_judged
from riskkit.case.case import parse_case
from riskkit.foundation.event_times import rebases_in, with_right_times
from riskkit.foundation.events import Event, moment_of
from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language, language
from riskkit.words.catalogue import committee_text as say
from riskkit.workbench.flows.committee.report import report_notebook, report_sections
from riskkit.workbench.reports.case.case_toml import case_toml

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
            "committee", [Fault("--out", shown(ending), f"a file that ends in {', '.join(ENDINGS)}")]
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
