"""What may come next in the life of a warning, each as the command that records it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from riskkit.foundation.events import Event
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.warning.dynamics.life import WarningState
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.flows.warnings.room import APPROVED, DELIVERED, DRAFTED, RELEASE

COMMANDS = {
    "confirmed": "confirm", "rejected": "reject", "issued": "issue", "raised": "raise", "lowered": "lower",
    "prolonged": "prolong", "corrected": "correct", "lifted": "lift", "expired": "expire",
}  # fmt: skip
_OPTIONS = {
    "reason": "--why TEXT",
    "evidence": "--evidence TEXT",
    "effect": "--effect",
    "consent": "--consent",
    "longer": "--until DATE",
}
_GRAVEST = 4


def next_commands(
    state: WarningState, events: Sequence[Event], *, now: dt.datetime
) -> tuple[tuple[str, str], ...]:
    """What each command does and its line, those about documents first."""
    return (*_documents(state, events), *_steps(state, now))


def _steps(state: WarningState, now: dt.datetime) -> Iterator[tuple[str, str]]:
    rows = records(standards.table("warning_steps"))
    for row in rows:
        event = str(row["event"])
        is_early = event == "expired" and state.ends_at is not None and now <= state.ends_at
        if row["phase_before"] == state.phase and event in COMMANDS and not is_early:
            needs = str(row["needs"]).split()
            asked = [_OPTIONS[need] for need in needs if need in _OPTIONS]
            asked += ["--level LEVEL"] if row["level_rule"] in ("given", "higher", "lower") else []
            asked += ["--until DATE"] if event == "issued" else []
            is_bound = "authorised" in needs and row["level_rule"] == "same" and state.level == _GRAVEST
            asked += ["--authorised"] if is_bound else []
            line = " ".join(["riskkit warning", COMMANDS[event], state.warning_id, "--as NAME", *asked])
            yield say(f"next_{event}"), line


def _documents(state: WarningState, events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """The documents of where a warning stands: to be drafted, approved as drafted, or delivered."""
    if state.phase not in ("issued", "lifted"):
        return
    name, drafts = state.warning_id, [one for one in events if one.kind == DRAFTED]
    steps = [one.sequence for one in events if one.kind not in RELEASE]
    if not drafts or drafts[-1].sequence < steps[-1]:
        more = "--port PORT --contact TEXT --out DIR --as NAME"
        yield say("next_draft"), f"riskkit warning draft CASE --warning {name} {more}"
        return
    last = drafts[-1]
    issue, of = str(last.data["issue"]), [one for one in events if one.sequence > last.sequence]
    if not any(one.kind == APPROVED and one.data["drafted"] == last.hash for one in of):
        yield say("next_approve"), f"riskkit warning approve {name} {issue} --as NAME"
    elif not any(one.kind == DELIVERED for one in of):
        more = f"DIR/{issue} --channels FILE --as NAME"
        yield say("next_release"), f"riskkit warning release {name} {issue} {more}"
