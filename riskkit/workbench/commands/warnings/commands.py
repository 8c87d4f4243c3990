"""The commands ``riskkit warning …``: each checks, does one thing, and says what it did."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.warning_levels import code_of_rank, level_rank
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.committee import who_acts
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.flows.warnings.words import open_rule_words
from riskkit.workbench.words.messages import answer

if TYPE_CHECKING:
    import pandas as pd

    from riskkit.case.case import Assessment
    from riskkit.foundation.inputs.picture_file import PictureFile
    from riskkit.workbench.flows.warnings.making import Decision
    from riskkit.workbench.flows.warnings.room import WarningRoom

_DRAWS, _SEED = 20_000, 20170914


@contextlib.contextmanager
def using_room(given: Mapping[str, Any], *, is_reader: bool = False) -> Iterator[WarningRoom]:
    """The warnings of the ledger that ``--ledger`` names."""
    from riskkit.workbench.flows.warnings.room import WarningRoom

    with using_ledger(given["ledger"], is_reader=is_reader) as ledger:
        yield WarningRoom(ledger)


def assessed(case: str) -> tuple[Assessment, tuple[PictureFile, ...]]:
    """A case, assessed, and its pictures."""
    from riskkit.case.case import assess, parse_case
    from riskkit.case.case_pictures import case_pictures
    from riskkit.foundation.inputs.toml_file import parse_toml
    from riskkit.workbench.runs.folders.resources import find_case

    source = find_case(case)
    folder = source.path.parent
    read = parse_case(parse_toml(source.content, source.file_name), folder=folder)
    found = assess(read, rng=np.random.default_rng(_SEED), draws=_DRAWS)
    return found, case_pictures(read, folder)


def take(
    warning: str, event: str, given: Mapping[str, Any], *, about: Mapping[str, Any] | None = None, **more: Any
) -> int:
    """Record a step of a warning's life as the options say, and say where the warning stands then."""
    from riskkit.warning.dynamics.clocks import clocks
    from riskkit.warning.dynamics.life import WarningEvent
    from riskkit.workbench.commands.warnings.standing import say_step, standings
    from riskkit.workbench.flows.warnings.room import take_step

    asked: dict[str, Any] = {"evidence": tuple(given.get("evidence") or ())}
    asked |= {"reason": given.get("why") or "", "is_authorised": bool(given.get("authorised"))}
    asked |= {"effect_agrees": given.get("effect") or None, "has_consent": given.get("consent") or None}
    if given.get("level") and "level" not in more:
        asked["level"] = _rank(given["level"])
    with using_room(given) as room:
        asked |= {"warning_id": warning, "event": event, "at": room.clock(), "who": who_acts(given)}
        state = take_step(room, WarningEvent(**{**asked, **more}), about=about)
        standing = standings({warning: state}, clocks([state], now=room.clock()))[0]
    say_step(standing, event, is_json=given["is_json"])
    return 0


def _rank(written: str) -> int:
    try:
        return level_rank(written)
    except ValueError as error:
        raise InputFaults("warning", [Fault("--level", shown(written), str(error))]) from None


def confirm(warning: str, **given: Any) -> int:
    """Confirm a warning, as another person than the one who proposed it."""
    return take(warning, "confirmed", given)


def reject(warning: str, **given: Any) -> int:
    """Reject a proposal."""
    return take(warning, "rejected", given)


def issue(warning: str, **given: Any) -> int:
    """Issue a confirmed warning."""
    return take(warning, "issued", given, ends_at=_day(given["until"]))


def raise_level(warning: str, **given: Any) -> int:
    """Raise the level."""
    return take(warning, "raised", given)


def lower_level(warning: str, **given: Any) -> int:
    """Lower the level, where the effect agrees and the committee consents."""
    return take(warning, "lowered", given)


def prolong(warning: str, **given: Any) -> int:
    """Prolong the term."""
    return take(warning, "prolonged", given, ends_at=_day(given["until"]))


def correct(warning: str, **given: Any) -> int:
    """Correct the level."""
    return take(warning, "corrected", given)


def lift(warning: str, **given: Any) -> int:
    """Lift a warning, where the effect agrees and the committee consents."""
    return take(warning, "lifted", given)


def expire(warning: str, **given: Any) -> int:
    """Record that the term of a warning has passed."""
    return take(warning, "expired", given)


def _day(text: str | None) -> dt.datetime | None:
    from riskkit.warning.alerts.drafts import CHINA

    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise InputFaults("warning", [Fault("--until", shown(text), "YYYY-MM-DD")]) from None
    return dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=CHINA)


def draft(case: str, **given: Any) -> int:
    """Write every document and message for where a warning stands, and record their hashes."""
    from riskkit.foundation.inputs.part_files import put_files
    from riskkit.workbench.flows.warnings.making import make_issue
    from riskkit.workbench.flows.warnings.room import drafted_hashes, record_draft

    found, pictures = assessed(case)
    warning = given["warning"] or found.case.id
    with using_room(given) as room:
        decision = _decision(room, warning, given)
        made = make_issue(found, decision, templates=given["templates"], pictures=pictures)
        folder = given["out"] / decision.issue
        put_files(given["out"], made.files, within=(decision.issue,), ours=drafted_hashes(room, warning))
        record_draft(
            room, warning, decision.issue, files=made.hashes(), who=who_acts(given), about=made.about()
        )
    plain = {
        lang: {"score": round(one.score, 3), "is_plain": one.is_plain} for lang, one in made.reading.items()
    }
    facts = {
        "issue": decision.issue,
        "documents": made.chosen,
        "files": sorted(made.files),
        "folder": str(folder),
    }
    if given["is_json"]:
        told = {"ok": True, "exit_code": 0, **facts, "readability": plain, "open_rules": made.unmet()}
        told |= _not_written(made.not_written, given)
        answer({"command": "warning draft", **told})
        return 0
    click.echo(say("drafted_done", issue=decision.issue, n=len(made.files), folder=folder))
    _not_written(made.not_written, given)
    for of, one in made.reading.items():
        if not one.is_plain:
            click.echo(say("plain_no", of=of, score=round(one.score, 2)), err=True)
    for rule in made.open_rules:
        click.echo(open_rule_words(rule), err=True)
    return 0


def _not_written(formats: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What the machine lacks, format by format: said where people read, returned where programs do."""
    from riskkit.workbench.flows.warnings.official import missing_for

    missing = {name: missing_for(name) for name in formats}
    for name, parts in () if given["is_json"] else missing.items():
        said = say("format_not_written", format=name, missing="; ".join(parts))
        click.echo(said, err=True)
    return {"not_written": missing}


def _decision(room: WarningRoom, warning: str, given: Mapping[str, Any]) -> Decision:
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
        measures=tuple(given["measures"]), ports=tuple(given["ports"]), lots=tuple(given["lots"]),
        is_authorised=bool(given["authorised"]), is_exercise=bool(given["exercise"]),
        assessed=state.assessed if state.departs else (), level_reason=state.reason,
        all_goods_reason=given["all_goods"], contact=given["contact"],
    )  # fmt: skip


def approve_issue(warning: str, issue_id: str, **given: Any) -> int:
    """Approve an issue as it was drafted, as another person."""
    from riskkit.workbench.flows.warnings.room import approve

    with using_room(given) as room:
        event = approve(room, warning, issue_id, who=who_acts(given), why=given["why"] or issue_id)
    if given["is_json"]:
        answer(
            {
                "command": "warning approve",
                "ok": True,
                "exit_code": 0,
                "issue": issue_id,
                "event": event.sequence,
            }
        )
    else:
        click.echo(say("approved_done", issue=issue_id))
    return 0


def release_issue(warning: str, issue_id: str, files: Path, **given: Any) -> int:
    """Deliver an approved issue; 1 where something failed, to be tried again."""
    from riskkit.foundation.inputs.toml_file import parse_toml
    from riskkit.warning.publication.channels import read_channels
    from riskkit.workbench.flows.warnings.delivery import read_issue, refuse_gaps, release

    path = given["channels"]
    if not path.is_file():
        raise InputFaults("channels", [Fault("--channels", shown(str(path)), "a .toml file that exists")])
    channels = read_channels(parse_toml(path.read_bytes(), path.name).data)
    recipients = None if given["recipients"] is None else _recipients(given["recipients"])
    content = read_issue(files)
    refuse_gaps(content)
    with using_room(given) as room:
        done = release(
            room, warning, issue_id, files=content, channels=channels, who=who_acts(given),
            recipients=recipients, base=path.absolute().parent,
        )  # fmt: skip
    counts = {"n": len(done.delivered), "before": len(done.before), "failed": len(done.failed)}
    counts["again"] = len(done.again)
    code = 0 if done.is_whole else 1
    if given["is_json"]:
        answer({"command": "warning release", "ok": not code, "exit_code": code, "issue": issue_id, **counts})
    else:
        click.echo(say("released_done", issue=issue_id, **counts))
    return code


def _recipients(path: Path) -> pd.DataFrame:
    import pandas as pd

    from riskkit.monitoring.sources.files.native_file import native_file
    from riskkit.monitoring.sources.files.opened import file_facts

    rows: list[dict[str, Any]] = []
    with native_file(file_facts(path)) as file:
        for chunk in file.chunks:
            rows += chunk.table.to_pylist()
        return pd.DataFrame(rows, columns=list(file.headers))


def rehearse_case(case: str, **given: Any) -> int:
    """Take a case from assessment to lifted warning in a folder of its own."""
    from riskkit.store.ledger.checks import verify
    from riskkit.workbench.flows.warnings.rehearsal import rehearse

    out = given["out"]
    place = out / "ledger.sqlite"
    if out.is_dir() and any(out.iterdir()):
        raise InputFaults("warning", [Fault("--out", shown(str(out)), "a new or empty folder")])
    found, pictures = assessed(case)
    out.mkdir(parents=True, exist_ok=True)
    tell = (lambda text: None) if given["is_json"] else (lambda text: click.echo(f"  {text}", err=True))
    with using_ledger(str(place), is_reader=False) as ledger:
        ports = tuple(given["ports"]) or ("2200",)
        done = rehearse(found, ledger, out=out, ports=ports, tell=tell, pictures=pictures)
        checked = verify(ledger)
    facts = {"n": done.n_files, "sent": done.n_deliveries, "events": checked.n_events, "folder": str(out)}
    code = 0 if checked.is_whole else 1
    if given["is_json"]:
        phases = [{"phase": one.phase, "level": code_of_rank(one.level)} for one in done.states]
        answer({"command": "warning rehearse", "ok": not code, "exit_code": code, **facts, "life": phases,
                **_not_written(done.not_written, given)})  # fmt: skip
    else:
        click.echo(say("rehearsed_done", **facts))
        _not_written(done.not_written, given)
    return code
