"""The commands of ``riskkit warning …`` that record a step of a warning's life."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.defining import Answer, Make, Together, command, flag, option
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.options import CASE, LEDGER, WARNING, WHY, Act

if TYPE_CHECKING:
    from riskkit.case.case import Assessment
    from riskkit.foundation.inputs.picture_file import PictureFile
    from riskkit.workbench.flows.warnings.room import WarningRoom


# those of the report of a case, so that a warning is proposed at the level which the report shows
_DRAWS, _SEED = 20_000, 20170914

ACT = Together("act", Act, (option("warning_as", "--as", "who", metavar="NAME"), WHY, LEDGER))
WARNING_ID = option("warning_id", "--warning", "warning", metavar="ID")
LEVEL = option("warning_level", "--level", metavar="LEVEL")
AUTHORISED = flag("warning_authorised", "--authorised")
_EVIDENCE = option("warning_evidence", "--evidence", metavar="TEXT", multiple=True)
_UNTIL = option("warning_until", "--until", metavar="DATE")
_EFFECT, _CONSENT = flag("warning_effect", "--effect"), flag("warning_consent", "--consent")


@dataclass(frozen=True)
class Step:
    """What the options say of a step; those that a step does not have are as without it."""

    level: str | None = None
    evidence: tuple[str, ...] = ()
    until: str | None = None
    authorised: bool = False
    effect: bool = False
    consent: bool = False


@contextlib.contextmanager
def using_room(place: str, *, is_reader: bool = False) -> Iterator[WarningRoom]:
    """The warnings of the ledger that ``--ledger`` names."""
    from riskkit.workbench.flows.warnings.room import WarningRoom

    with using_ledger(place, is_reader=is_reader) as ledger:
        yield WarningRoom(ledger)


def assessed(case: str) -> tuple[Assessment, tuple[PictureFile, ...]]:
    """A case, assessed, and its pictures."""
    import numpy as np

    from riskkit.case.case import assess
    from riskkit.case.case_pictures import case_pictures
    from riskkit.case.case_reading import parse_case
    from riskkit.foundation.inputs.toml_file import parse_toml
    from riskkit.workbench.runs.folders.resources import find_case

    source = find_case(case)
    folder = source.path.parent
    read = parse_case(parse_toml(source.content, source.file_name), folder=folder)
    found = assess(read, rng=np.random.default_rng(_SEED), draws=_DRAWS)
    return found, case_pictures(read, folder)


def take(
    warning: str, event: str, act: Act, *, step: Step, about: Mapping[str, Any] | None = None, **more: Any
) -> Answer:
    """Record a step of a warning's life as the options say, and say where the warning stands then."""
    from riskkit.warning.dynamics.clocks import clocks
    from riskkit.warning.dynamics.life import WarningEvent
    from riskkit.workbench.commands.warnings.standing import standings, step_answer
    from riskkit.workbench.flows.warnings.room import take_step

    asked: dict[str, Any] = {"evidence": step.evidence, "reason": act.why or ""}
    asked |= {"is_authorised": step.authorised, "ends_at": _day(step.until)}
    asked |= {"effect_agrees": step.effect or None, "has_consent": step.consent or None}
    asked |= {"level": _rank(step.level)} if step.level and "level" not in more else {}
    with using_room(act.ledger) as room:
        asked |= {"warning_id": warning, "event": event, "at": room.clock(), "who": act.name}
        state = take_step(room, WarningEvent(**{**asked, **more}), about=about)
        standing = standings({warning: state}, clocks([state], now=room.clock()))[0]
    return step_answer(standing, event)


def _rank(written: str) -> int:
    from riskkit.foundation.standards.warning_levels import level_rank

    try:
        return level_rank(written)
    except ValueError as error:
        raise InputFaults("warning", [Fault("--level", shown(written), str(error))]) from None


def _day(text: str | None) -> dt.datetime | None:
    from riskkit.warning.alerts.drafts import CHINA

    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise InputFaults("warning", [Fault("--until", shown(text), "YYYY-MM-DD")]) from None
    return dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=CHINA)


def _step(event: str, *options: Make) -> Callable[..., Answer]:
    """The command that records a step of this name."""

    @command(WARNING, Together("step", Step, options), ACT)
    def run(warning: str, *, step: Step, act: Act) -> Answer:
        return take(warning, event, act, step=step)

    return run


confirm = _step("confirmed", AUTHORISED)
reject = _step("rejected")
issue = _step("issued", _UNTIL)
raise_level = _step("raised", LEVEL, _EVIDENCE, AUTHORISED)
lower_level = _step("lowered", LEVEL, _EVIDENCE, _EFFECT, _CONSENT)
prolong = _step("prolonged", _UNTIL)
correct = _step("corrected", LEVEL, _EVIDENCE, AUTHORISED)
lift = _step("lifted", _EVIDENCE, _EFFECT, _CONSENT)
expire = _step("expired")


@command(CASE, WARNING_ID, LEVEL, ACT)
def propose(case: str, *, warning: str | None, level: str | None, act: Act) -> Answer:
    """Propose a warning on a case, at the level of its assessment, or at another with its reason."""
    from riskkit.workbench.flows.warnings.case_words import about_case
    from riskkit.workbench.flows.warnings.proposals import proposal

    found, _ = assessed(case)
    wanted = proposal(found, level=level or "", reason=act.why or "")
    evidence = tuple(one.id for one in found.case.sources) or (found.case.id,)
    return take(
        warning or found.case.id, "proposed", act, step=Step(evidence=evidence), about=about_case(found.case),
        level=wanted.level, reason=wanted.reason, assessed=wanted.assessed, missing=wanted.missing,
    )  # fmt: skip


@command(LEDGER)
def show_status(*, ledger: str) -> Answer:
    """Say where each warning stands, and what is due."""
    from riskkit.warning.dynamics.clocks import clocks
    from riskkit.workbench.commands.warnings.standing import standings, status_line
    from riskkit.workbench.flows.warnings.room import states_in

    with using_room(ledger, is_reader=True) as room:
        states = states_in(room)
        rows = standings(states, clocks(states.values(), now=room.clock()))
    lines = [status_line(one) for one in rows] or [say("status_none")]
    return Answer({"warnings": [asdict(one) for one in rows]}, lines)
