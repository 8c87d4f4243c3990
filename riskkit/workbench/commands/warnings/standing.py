"""Where a warning stands and what is due on it, as the command line says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from riskkit.foundation.language import language
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.warning_levels import code_of_rank
from riskkit.warning.dynamics.clocks import Clock
from riskkit.warning.dynamics.life import WarningState
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.defining import Answer
from riskkit.workbench.flows.warnings.words import assessed_words
from riskkit.workbench.reports.case.words import fact_name


@dataclass(frozen=True)
class Due:
    """Something due on a warning."""

    what: str
    at: str
    is_overdue: bool


@dataclass(frozen=True)
class Standing:
    """Where a warning stands."""

    warning: str
    phase: str
    level: str | None
    due: tuple[Due, ...]
    assessed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""


def standings(states: Mapping[str, WarningState], due: Iterable[Clock]) -> list[Standing]:
    """Every warning with what is due on it, the gravest first."""
    waiting: dict[str, list[Due]] = {}
    for one in due:
        told = Due(one.clock, one.due_at.isoformat(timespec="minutes"), one.is_overdue)
        waiting.setdefault(one.warning_id, []).append(told)
    return [
        Standing(name, state.phase, code_of_rank(state.level), tuple(waiting.get(name, ())),
                 state.assessed, state.missing, state.reason)
        for name, state in sorted(states.items(), key=lambda pair: (-(pair[1].level or 0), pair[0]))
    ]  # fmt: skip


def status_line(one: Standing) -> str:
    """One warning in a line: level with its symbol, phase, and what is due."""
    code = one.level or "—"
    symbol = scale("warning").symbol(code) if one.level else "·"
    phase = say(f"phase_{one.phase}")
    line = say("status_line", symbol=symbol, level=code, warning=one.warning, phase=phase, due=_due(one))
    return f"{line}  {assessed_words(one.assessed)}" if _departs(one) else line


def _due(one: Standing) -> str:
    return "; ".join(
        say("overdue_at" if two.is_overdue else "due_at", what=say(f"clock_{two.what}"), at=two.at)
        for two in one.due
    )


def _departs(one: Standing) -> bool:
    return bool(one.assessed) and set(one.assessed) != {one.level}


def step_answer(one: Standing, event: str) -> Answer:
    """What was recorded: phase, level and deadline, and the assessed level where it differs."""
    return Answer({"event": event, **asdict(one)}, _step_lines(one, event), name=f"warning {event}")


def _step_lines(one: Standing, event: str) -> Iterator[str]:
    phase, level = say(f"phase_{one.phase}"), one.level or "—"
    yield say("step_done", warning=one.warning, event=event, phase=phase, level=level)
    if _departs(one):
        yield f"  {assessed_words(one.assessed)}"
    if one.missing and _departs(one):
        comma = "、" if language() == "zh" else ", "
        yield f"  {say('not_known', facts=comma.join(fact_name(name) for name in one.missing))}"
    if one.due:
        yield f"  {_due(one)}"
