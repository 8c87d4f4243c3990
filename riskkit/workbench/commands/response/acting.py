"""The commands ``riskkit response record``, ``show`` and ``list``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.words.catalogue import Texts
from riskkit.workbench.commands.defining import Answer, argument, command, flag, option
from riskkit.workbench.commands.ledger import using_ledger
from riskkit.workbench.commands.options import ACT, LEDGER, Act
from riskkit.workbench.words.flow_words import due_text, flow_name, phase_name, role_name, step_name

if TYPE_CHECKING:
    import pandas as pd

say = Texts("flow")
_CHINA = dt.timezone(dt.timedelta(hours=8))
_FLAGS = {"yes": True, "no": False}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SUBJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_FLOW, _SUBJECT = argument("flow", "FLOW"), argument("subject", "SUBJECT")
_OWN = ("subject", "event", "at", "who", "role", "reason", "evidence")


@command(
    _FLOW,
    _SUBJECT,
    argument("step", "STEP"),
    option("acting_role", "--role", "acting_role", metavar="ROLE"),
    option("evidence", "--evidence", metavar="TEXT", multiple=True),
    option("facts", "--set", "facts", metavar="NAME=VALUE", multiple=True),
    ACT,
)
def record_step(
    flow: str, subject: str, step: str, *, acting_role: str | None, evidence: tuple[str, ...],
    facts: tuple[str, ...], act: Act,
) -> Answer:  # fmt: skip
    """Record a step of a life, if every check of it is met, and say where the life stands then."""
    from riskkit.store.flow import record_act
    from riskkit.workbench.flows.response.board_state import desk_of

    # the ledger would call it a stream, which nobody typed
    is_name = _SUBJECT_NAME.fullmatch(subject)
    rule = "a name of small letters, digits and signs"
    refuse("response", [] if is_name else [Fault("subject", shown(subject), rule)])
    about: dict[str, Any] = {"subject": subject, "event": step, "who": act.name, "role": acting_role or ""}
    about |= {"reason": act.why or "", "evidence": evidence, **_facts(facts)}
    with using_ledger(act.ledger) as opened:
        found = record_act(desk_of(opened, flow), about)
    row = {"flow": flow, **_plain(found)}
    return Answer({"event": step, **row}, [say("recorded", step=step_name(flow, step), line=_line(row))])


@command(_FLOW, _SUBJECT, LEDGER)
def show_life(flow: str, subject: str, *, ledger: str) -> Answer:
    """Say what was done in a life, where it stands, and what may follow."""
    from riskkit.foundation.standards.tables import records
    from riskkit.response.flows import response_flow
    from riskkit.workbench.flows.clocks import utc_now
    from riskkit.workbench.flows.response.board_state import response_acts, response_standing

    steps = response_flow(flow).steps
    with using_ledger(ledger, is_reader=True) as opened:
        acts = response_acts(opened).get(flow)
    mine = None if acts is None else acts[acts["subject"] == subject]
    if mine is None or mine.empty:
        raise InputFaults("response", [Fault("subject", shown(subject), "a subject with a recorded step")])
    now = utc_now()
    row = _plain(response_standing({flow: mine}, now=now).iloc[0])
    may = response_flow(flow).may_follow(row["phase"], now.astimezone(_CHINA).date())
    of = steps[(steps["phase_before"] == row["phase"]) & steps["event"].isin(may)]
    next_steps = [{name: step[name] for name in ("event", "needs", "roles")} for step in records(of)]
    done = [_plain(mine.iloc[k]) for k in range(len(mine))]
    lines = _life_lines(flow, row, done, next_steps=next_steps)
    return Answer({**row, "acts": done, "next": next_steps}, lines)


@command(argument("flow", "FLOW", required=False), flag("all", "--all"), LEDGER)
def list_lives(flow: str | None, *, all: bool, ledger: str) -> Answer:  # noqa: A002 - as the option is called
    """Say where every life stands, what is due first above."""
    from riskkit.response.flows import FLOWS
    from riskkit.workbench.flows.clocks import utc_now
    from riskkit.workbench.flows.response.board_state import response_acts, response_standing

    is_known = flow in (None, *FLOWS)
    refuse("response", [] if is_known else [Fault("flow", shown(flow), one_of(str(flow), FLOWS))])
    with using_ledger(ledger, is_reader=True) as opened:
        acts = {name: one for name, one in response_acts(opened).items() if flow in (None, name)}
    table = response_standing(acts, now=utc_now())
    table = table if all else table[table["is_open"].astype(bool)]
    rows = [_plain(table.iloc[k]) for k in range(len(table))]
    return Answer({"lives": rows}, [_line(row) for row in rows] or [say("none")])


def _facts(written: Sequence[str]) -> dict[str, Any]:
    """What ``--set NAME=VALUE`` says: numbers, yes and no, days and times, texts."""
    found: dict[str, Any] = {}
    faults = []
    for text in written:
        name, is_pair, value = (part.strip() for part in text.partition("="))
        if not is_pair or not _NAME.fullmatch(name) or name in _OWN:
            faults.append(
                Fault("--set", shown(text), "NAME=VALUE, where the step has no option for the name")
            )
            continue
        try:
            found[name] = _value(name, value)
        except ValueError as error:
            faults.append(Fault(f"--set {name}", shown(value), str(error)))
    refuse("response", faults)
    return found


def _value(name: str, text: str) -> Any:
    from riskkit.foundation.flows.acts import is_moment, is_number

    if is_moment(name):
        return _moment(text)
    if not is_number(name):
        return text
    if text.lower() in _FLAGS:
        return _FLAGS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        raise ValueError("a number, yes or no") from None
    return int(number) if number.is_integer() else number


def _moment(text: str) -> dt.datetime:
    """A moment with its offset; a day alone means its end in China."""
    rule = "a day such as 2026-11-24 or a moment such as 2026-11-24T08:00:00Z"
    try:
        if len(text) == len("2026-11-24"):
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(23, 59, 59), _CHINA)
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(rule) from None
    if found.tzinfo is None:
        raise ValueError(rule)
    return found


def _plain(row: pd.Series) -> dict[str, Any]:
    """A row as plain values, moments as texts, without what is missing."""
    import pandas as pd

    found = {str(name): value for name, value in row.items() if not pd.isna(value) and value != ""}
    return {
        name: value.tz_convert(_CHINA).isoformat(timespec="seconds")
        if isinstance(value, pd.Timestamp)
        else value
        for name, value in found.items()
    }


def _line(row: Mapping[str, Any]) -> str:
    """One life in a line: what, which, phase, and what is due."""
    flow, due = str(row["flow"]), row.get("due_event")
    words = ""
    if due:
        key = "overdue" if row.get("is_overdue") else "due" if "due_at" in row else "due_unknown"
        at = due_text(dt.datetime.fromisoformat(row["due_at"])) if "due_at" in row else ""
        words = say(key, what=step_name(flow, due), at=at)
    name = flow_name(flow)
    line = say("line", flow=name, subject=row["subject"], phase=phase_name(flow, row["phase"]))
    return f"{line}  {words}" if words else line


def _life_lines(
    flow: str, row: Mapping[str, Any], done: Sequence[Mapping[str, Any]], *,
    next_steps: Sequence[Mapping[str, str]]) -> list[str]:  # fmt: skip
    lines = [_line(row)]
    for act in done:
        at = str(act["at"])[:16].replace("T", " ")
        step = step_name(flow, act["event"])
        lines.append(f"  {at}  {step}  {act['who']}  {act.get('reason', '')}".rstrip())
    for one in next_steps:
        roles = [role_name(role) for role in one["roles"].split()]
        who = say("by", roles=("、" if language() == "zh" else ", ").join(roles)) if roles else ""
        lines.append(say("may", step=step_name(flow, one["event"]), event=one["event"], who=who))
    return lines
