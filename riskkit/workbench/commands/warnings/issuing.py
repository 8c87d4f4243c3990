"""The commands that draft, approve and deliver the documents of a warning, and rehearse it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.language import in_language
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.defining import Answer, Together, argument, command, flag, option, wants_json
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.options import CASE, FILE, WARNING, Act, file_option, folder_option
from riskkit.workbench.commands.warnings.commands import ACT, AUTHORISED, WARNING_ID, assessed, using_room

if TYPE_CHECKING:
    import pandas as pd

    from riskkit.workbench.flows.warnings.making import Decision, Issue
    from riskkit.workbench.flows.warnings.room import WarningRoom

_ISSUE = argument("issue_id", "ISSUE")
_OUT = folder_option("folder_out", "--out", "out", required=True)
_PORTS = option("warning_port", "--port", "ports", metavar="TEXT", multiple=True)


@dataclass(frozen=True)
class Content:
    """What the documents of an issue say besides the case and the warning."""

    ports: tuple[str, ...]
    lots: tuple[str, ...]
    all_goods: str
    contact: str
    measures: tuple[str, ...]
    templates: Path | None
    authorised: bool
    exercise: bool


_CONTENT = Together("content", Content, (
    _PORTS,
    option("warning_lot", "--lot", "lots", metavar="TEXT", multiple=True),
    option("warning_all_goods", "--all-goods", metavar="REASON", default=""),
    option("warning_contact", "--contact", metavar="TEXT", default=""),
    option("warning_measure", "--measure", "measures", metavar="CODE", multiple=True),
    folder_option("warning_templates", "--templates"),
    AUTHORISED,
    flag("warning_exercise", "--exercise"),
))  # fmt: skip


@command(CASE, WARNING_ID, _OUT, _CONTENT, ACT)
def draft(case: str, *, warning: str | None, out: Path, content: Content, act: Act) -> Answer:
    """Write every document and message for where a warning stands, and record their hashes."""
    from riskkit.foundation.inputs.part_files import put_files
    from riskkit.workbench.flows.warnings.making import make_issue
    from riskkit.workbench.flows.warnings.room import drafted_hashes, record_draft

    found, pictures = assessed(case)
    warning = warning or found.case.id
    with using_room(act.ledger) as room:
        decision = _decision(room, warning, content)
        made = make_issue(found, decision, templates=content.templates, pictures=pictures)
        put_files(out, made.files, within=(decision.issue,), ours=drafted_hashes(room, warning))
        record_draft(room, warning, decision.issue, files=made.hashes(), who=act.name, about=made.about())
    return _drafted(made, decision.issue, out / decision.issue)


def _drafted(made: Issue, issue: str, folder: Path) -> Answer:
    missing = _missing(made.not_written)
    facts = {
        "issue": issue,
        "documents": made.chosen,
        "files": sorted(made.files),
        "folder": str(folder),
        "readability": {
            lang: {"score": round(one.score, 3), "is_plain": one.is_plain}
            for lang, one in made.reading.items()
        },
        "open_rules": made.unmet(),
        "not_written": missing,
    }
    done = say("drafted_done", issue=issue, n=len(made.files), folder=folder)
    return Answer(facts, [done], notes=[*_missing_lines(missing), *_draft_notes(made)])


def _draft_notes(made: Issue) -> Iterator[str]:
    """What of a draft a person should look at before it is approved."""
    from riskkit.workbench.flows.warnings.words import open_rule_words

    for of, one in made.reading.items():
        if not one.is_plain:
            yield say("plain_no", of=of, score=round(one.score, 2))
    yield from map(open_rule_words, made.open_rules)


def _missing(formats: Iterable[str]) -> dict[str, Any]:
    """What the machine lacks for each format that was not written."""
    from riskkit.workbench.flows.warnings.official import missing_for

    return {name: missing_for(name) for name in formats}


def _missing_lines(missing: Mapping[str, Any]) -> list[str]:
    return [say("format_not_written", format=name, missing="; ".join(two)) for name, two in missing.items()]


def _decision(room: WarningRoom, warning: str, content: Content) -> Decision:
    from riskkit.foundation.events import moment_of
    from riskkit.workbench.flows.warnings.making import Decision
    from riskkit.workbench.flows.warnings.room import APPROVED, DRAFTED, state_of, stream_of

    events = room.ledger.events(stream_of(warning))
    state = state_of(events, warning)
    if state.phase not in ("issued", "lifted") or state.level is None:
        rule = "a warning that is issued or lifted"
        raise InputFaults("warning", [Fault("phase", in_language("en", say, f"phase_{state.phase}"), rule)])
    ready = {one.data["drafted"] for one in events if one.kind == APPROVED}
    earlier = tuple(
        (one.data["issue"], moment_of(one.at)) for one in events if one.kind == DRAFTED and one.hash in ready
    )
    now = room.clock()
    return Decision(
        warning_id=warning, issue=f"{warning}.{len(earlier) + 1}", level=state.level,
        kind="lifted" if state.phase == "lifted" else "changed" if earlier else "first",
        issued_at=now, starts_at=state.since if state.since and state.phase == "issued" else now,
        ends_at=state.ends_at, reason=state.reason if earlier else "",
        earlier=earlier, number=len(earlier) + 1,
        measures=content.measures, ports=content.ports, lots=content.lots,
        is_authorised=content.authorised, is_exercise=content.exercise,
        assessed=state.assessed if state.departs else (), level_reason=state.reason,
        all_goods_reason=content.all_goods, contact=content.contact,
    )  # fmt: skip


@command(WARNING, _ISSUE, ACT)
def approve_issue(warning: str, issue_id: str, *, act: Act) -> Answer:
    """Approve an issue as it was drafted, as another person."""
    from riskkit.workbench.flows.warnings.room import approve

    with using_room(act.ledger) as room:
        event = approve(room, warning, issue_id, who=act.name, why=act.why or issue_id)
    return Answer({"issue": issue_id, "event": event.sequence}, [say("approved_done", issue=issue_id)])


@command(
    WARNING,
    _ISSUE,
    argument("files", "DIR", type=FILE),
    file_option("warning_channels", "--channels", required=True),
    file_option("warning_recipients", "--recipients"),
    ACT,
)
def release_issue(
    warning: str, issue_id: str, files: Path, *, channels: Path, recipients: Path | None, act: Act
) -> Answer:
    """Deliver an approved issue; 1 where something failed, to be tried again."""
    from riskkit.foundation.inputs.toml_file import parse_toml
    from riskkit.warning.publication.channels import read_channels
    from riskkit.workbench.flows.warnings.delivery import read_issue, refuse_gaps, release

    if not channels.is_file():
        fault = Fault("--channels", shown(str(channels)), "a .toml file that exists")
        raise InputFaults("channels", [fault])
    ways = read_channels(parse_toml(channels.read_bytes(), channels.name).data)
    people = None if recipients is None else _recipients(recipients)
    content = read_issue(files)
    refuse_gaps(content)
    with using_room(act.ledger) as room:
        done = release(
            room, warning, issue_id, files=content, channels=ways, who=act.name, recipients=people,
            base=channels.absolute().parent,
        )  # fmt: skip
    counts = {"n": len(done.delivered), "before": len(done.before), "failed": len(done.failed)}
    counts["again"] = len(done.again)
    lines = [say("released_done", issue=issue_id, **counts)]
    return Answer({"issue": issue_id, **counts}, lines, code=0 if done.is_whole else 1)


def _recipients(path: Path) -> pd.DataFrame:
    import pandas as pd

    from riskkit.monitoring.sources.files.native_file import native_file
    from riskkit.monitoring.sources.files.opened import file_facts

    rows: list[dict[str, Any]] = []
    with native_file(file_facts(path)) as file:
        for chunk in file.chunks:
            rows += chunk.table.to_pylist()
        return pd.DataFrame(rows, columns=list(file.headers))


@command(CASE, _OUT, _PORTS)
def rehearse_case(case: str, *, out: Path, ports: tuple[str, ...]) -> Answer:
    """Take a case from assessment to lifted warning in a folder of its own."""
    from riskkit.foundation.standards.warning_levels import code_of_rank
    from riskkit.store.ledger.checks import verify
    from riskkit.workbench.flows.warnings.rehearsal import rehearse

    if out.is_dir() and any(out.iterdir()):
        raise InputFaults("warning", [Fault("--out", shown(str(out)), "a new or empty folder")])
    found, pictures = assessed(case)
    out.mkdir(parents=True, exist_ok=True)
    tell = (lambda text: None) if wants_json() else (lambda text: click.echo(f"  {text}", err=True))
    with using_ledger(str(out / "ledger.sqlite"), is_reader=False) as ledger:
        done = rehearse(found, ledger, out=out, ports=ports or ("2200",), tell=tell, pictures=pictures)
        checked = verify(ledger)
    facts = {"n": done.n_files, "sent": done.n_deliveries, "events": checked.n_events, "folder": str(out)}
    life = [{"phase": one.phase, "level": code_of_rank(one.level)} for one in done.states]
    missing = _missing(done.not_written)
    return Answer(
        {**facts, "life": life, "not_written": missing}, [say("rehearsed_done", **facts)],
        notes=_missing_lines(missing), code=0 if checked.is_whole else 1,
    )  # fmt: skip
