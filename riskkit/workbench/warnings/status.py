"""Where every warning stands and what is due, as the command line tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import click

from riskkit.foundation.scales import scale
from riskkit.warning.alerts.drafts import LEVELS
from riskkit.warning.dynamics.clocks import Clock, clocks
from riskkit.warning.dynamics.life import WarningState
from riskkit.workbench.messages import answer
from riskkit.workbench.warnings.words import say


@dataclass(frozen=True)
class Due:
    """Something due on a warning.

    Parameters
    ----------
    what : str
        ``confirm``, ``issue``, ``review`` or ``expire``.
    at : str
    is_overdue : bool

    Examples
    --------
    >>> Due("review", "2026-05-01T08:00", False).what
    'review'
    """

    what: str
    at: str
    is_overdue: bool


@dataclass(frozen=True)
class Standing:
    """Where a warning stands.

    Parameters
    ----------
    warning, phase : str
    level : int or None
    due : tuple of Due

    Examples
    --------
    >>> Standing("w", "issued", 3, ()).phase
    'issued'
    """

    warning: str
    phase: str
    level: int | None
    due: tuple[Due, ...]


def standings(states: Mapping[str, WarningState], due: Iterable[Clock]) -> list[Standing]:
    """Every warning with what is due on it, the gravest first.

    Examples
    --------
    >>> standings({"w": WarningState(warning_id="w", phase="lifted", level=2)}, [])[0].level
    2
    """
    waiting: dict[str, list[Due]] = {}
    for one in due:
        told = Due(one.clock, one.due_at.isoformat(timespec="minutes"), one.is_overdue)
        waiting.setdefault(one.warning_id, []).append(told)
    found = [
        Standing(name, state.phase, state.level, tuple(waiting.get(name, ())))
        for name, state in states.items()
    ]
    return sorted(found, key=lambda one: (-(one.level or 0), one.warning))


def show_status(**given: Any) -> int:
    """Say where each warning stands, and what is due.

    Examples
    --------
    >>> show_status.__name__
    'show_status'
    """
    from riskkit.workbench.warnings.commands import using_room
    from riskkit.workbench.warnings.room import states_in

    with using_room(given, is_reader=True) as room:
        states = states_in(room)
        rows = standings(states, clocks(states.values(), now=room.clock()))
    if given["is_json"]:
        told = [asdict(one) for one in rows]
        answer({"command": "warning status", "ok": True, "exit_code": 0, "warnings": told})
        return 0
    for one in rows:
        click.echo(status_line(one, given["lang"]))
    if not rows:
        click.echo(say("status_none", given["lang"]))
    return 0


def status_line(one: Standing, lang: str) -> str:
    """One warning in a line: level with its symbol, phase, and what is due.

    Examples
    --------
    >>> status_line(Standing("w", "issued", 3, (Due("review", "2026-05-01T08:00", True),)), "en")
    '◆ level Ⅱ w  issued  OVERDUE review: 2026-05-01T08:00'
    """
    code = LEVELS[one.level - 1] if one.level else "—"
    due = "; ".join(
        say(
            "overdue_at" if two.is_overdue else "due_at", lang, what=say(f"clock_{two.what}", lang), at=two.at
        )
        for two in one.due
    )
    symbol = scale("warning").symbol(code) if one.level else "·"
    phase = say(f"phase_{one.phase}", lang)
    return say("status_line", lang, symbol=symbol, level=code, warning=one.warning, phase=phase, due=due)
