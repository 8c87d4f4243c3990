"""Minutes and reports on disk: HTML, PDF or Word, from a ledger or from its export alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from riskkit.assessment.committee.session import Session, session_of, stream_of
from riskkit.foundation.events import Event
from riskkit.foundation.faults import Fault, InputFaults, shown
from riskkit.workbench.committee.report import report_notebook, report_sections
from riskkit.workbench.committee.words import say

ENDINGS = (".html", ".pdf", ".docx")


def session_from(session: str, *, ledger: str, export: Path | None) -> Session:
    """A session from a ledger, or from an export of one; the latest, where no id is given.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When there is no such session, or the export is not whole.

    Examples
    --------
    >>> try:
    ...     session_from("a", ledger="", export=Path("no such export.jsonl"))
    ... except InputFaults as error:
    ...     print(error.faults[0].rule)
    an export of a ledger with its manifest beside it
    """
    from riskkit.store.ledger import open_ledger
    from riskkit.store.ledger_copies import read_export

    if export is not None:
        events: tuple[Event, ...] = tuple(read_export(export))
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


def document(now: Session, ending: str, *, lang: str, is_full: bool) -> bytes:
    """The minutes or the report of a session as a file.

    Parameters
    ----------
    now : Session
    ending : str
        ``.html``, ``.pdf`` or ``.docx``.
    lang : str
    is_full : bool
        The report, else the minutes.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When it is another ending.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> now = Session("a", "case", "", "甲", "A", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))
    >>> document(now, ".html", lang="en", is_full=False)[:15]
    b'<!DOCTYPE html>'
    """
    if ending not in ENDINGS:
        raise InputFaults(
            "committee", [Fault("--out", shown(ending), f"a file that ends in {', '.join(ENDINGS)}")]
        )
    notebook = report_notebook(report_sections(now, lang=lang, is_full=is_full))
    name = now.title_zh if lang == "zh" else now.title_en
    title = say("title_report" if is_full else "title_minutes", lang, title=name)
    if ending == ".html":
        from riskkit.workbench.pages.html import to_html

        return to_html(notebook, lang=lang, title=title).encode("utf-8")
    from riskkit.workbench.pages.documents import to_docx, to_pdf

    return (to_pdf if ending == ".pdf" else to_docx)(notebook, lang=lang, title=title)


def write_document(now: Session, path: Path, *, lang: str, is_full: bool) -> Path:
    """Write the minutes or the report, whole or not at all.

    Raises
    ------
    riskkit.foundation.faults.InputFaults
        When it cannot be written there.

    Examples
    --------
    >>> from riskkit.assessment.committee.session import Rules
    >>> now = Session("a", "case", "", "甲", "A", "li", "ab", "", (), (), Rules(1, 0.5, 0.5))
    >>> with tempfile.TemporaryDirectory() as there:
    ...     write_document(now, Path(there) / "m.html", lang="en", is_full=False).stat().st_size > 1000
    True
    """
    content = document(now, path.suffix.lower(), lang=lang, is_full=is_full)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        fault = Fault("--out", shown(error.strerror), "a file that can be written")
        raise InputFaults(str(path), [fault]) from error
    return path
