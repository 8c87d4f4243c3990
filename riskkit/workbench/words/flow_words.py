"""Words for the lives of the response: flows, phases, steps, roles and what is due."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

_Key = tuple[str, str, str]


@functools.cache
def _words() -> Mapping[_Key, Mapping[str, str]]:
    found: dict[_Key, Mapping[str, str]] = {}
    for row in records(standards.all_rows("flow_steps")):
        found.setdefault((row["flow"], "step", row["event"]), row)
    return found | {(row["flow"], row["kind"], row["word"]): row for row in standards.rows("flow_words")}


def flow_name(flow: str) -> str:
    """A kind of life."""
    return _words()[flow, "flow", flow][language()]


def phase_name(flow: str, phase: str) -> str:
    """A phase of a life; of one that has not begun, a dash."""
    return _words()[flow, "phase", phase][language()] if phase != "none" else "—"


def step_name(flow: str, event: str) -> str:
    """A step, or something due that is no step of its own."""
    kind = "step" if (flow, "step", event) in _words() else "due"
    return _words()[flow, kind, event][language()]


def role_name(role: str) -> str:
    """Who may take a step."""
    return _words()["", "role", role][language()]


def due_text(at: dt.datetime) -> str:
    """The last moment of a term: its day alone where the whole day counts."""
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (23, 59) else f"{at:%Y-%m-%d %H:%M}"
