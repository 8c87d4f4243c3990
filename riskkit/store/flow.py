"""The desk: acts of lives in steps are checked with the door locked, and recorded in the ledger.

A life is a stream ``<flow>/<subject>``; its state is worked out from its events alone
(`riskkit.foundation.flows.replay`). An act that is refused is remembered with all its faults.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskkit.foundation.events import Draft, Event, canonical, moment_text
from riskkit.foundation.flows.replay import act_faults, standing
from riskkit.foundation.flows.steps import Flow
from riskkit.foundation.inputs.faults import InputFaults, refuse
from riskkit.store.ledger.ledger import Ledger, Reader

_OWN = ("subject", "event", "at", "who")


@dataclass(frozen=True)
class FlowDesk:
    """A ledger, the steps of one kind of life, and a clock.

    Parameters
    ----------
    ledger : Ledger
    flow : Flow
    clock : callable
        Gives the time with its offset.
    phases : mapping of str to bool, optional
        As of `riskkit.foundation.flows.replay.standing`.
    """

    ledger: Ledger
    flow: Flow
    clock: Callable[[], dt.datetime]
    phases: Mapping[str, bool] | None = None

    def stream(self, subject: str = "") -> str:
        """The stream of a life, or of all."""
        return f"{self.flow.name}/{subject}"


def acts_of(events: Sequence[Event]) -> pd.DataFrame:
    """Events of a ledger as the acts of lives.

    Parameters
    ----------
    events : sequence of Event
        Of streams ``<flow>/<subject>``.

    Returns
    -------
    DataFrame
        As `riskkit.foundation.flows.replay.replay` takes it.

    Examples
    --------
    >>> event = Event(1, "recall/r-1", "started", '{"evidence":["a","b"]}', "Li",
    ...               "2026-11-24T00:00:00.000000Z", "", "k", "p", "h")
    >>> acts_of([event])[["subject", "event", "who", "evidence"]].values.tolist()
    [['r-1', 'started', 'Li', 'a; b']]
    """
    rows = [
        {"subject": one.stream.partition("/")[2], "event": one.kind, "at": one.at, "who": one.who, **one.data}
        for one in events
    ]
    acts = pd.DataFrame(rows) if rows else pd.DataFrame({name: [] for name in _OWN}, dtype=object)
    for name in acts.columns:
        if name == "at" or name.endswith("_at"):
            acts[name] = pd.to_datetime(acts[name], utc=True, format="ISO8601")
    if "evidence" in acts:
        acts["evidence"] = ["; ".join(one) if isinstance(one, list) else one for one in acts["evidence"]]
    return acts


def desk_acts(desk: FlowDesk, *, until: dt.datetime | None = None) -> pd.DataFrame:
    """All acts of a desk's lives, or those up to a moment."""
    return acts_of(desk.ledger.events(desk.stream(), until=until))


def record_act(desk: FlowDesk, act: Mapping[str, Any]) -> pd.Series:
    """Record an act, if every check of its step is met.

    Parameters
    ----------
    desk : FlowDesk
    act : mapping
        subject, event, who; and what the checks look at (role, reason, evidence, due_at, …). Its time is that
        of the desk's clock.

    Returns
    -------
    Series
        Where the life stands then: a row of `riskkit.foundation.flows.replay.standing`.

    Raises
    ------
    InputFaults
        With everything that keeps the act from being taken. Nothing is recorded then but the refusal.

    Examples
    --------
    >>> import tempfile
    >>> from riskkit.foundation.flows.steps import STEP_COLUMNS
    >>> from riskkit.store.ledger.ledger import open_ledger
    >>> row = ["none", "opened", "open", "reason", "", "", None, "", "", ""]
    >>> flow = Flow("x", pd.DataFrame([row], columns=list(STEP_COLUMNS)))
    >>> with tempfile.TemporaryDirectory() as there:
    ...     ledger = open_ledger(f"{there}/ledger.sqlite")
    ...     desk = FlowDesk(ledger, flow, lambda: dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    ...     found = record_act(desk, {"subject": "a", "event": "opened", "who": "Li", "reason": "r"})
    ...     ledger.close()
    >>> found["phase"], int(found["n_acts"])
    ('open', 1)
    """
    at, stream = desk.clock(), desk.stream(str(act["subject"]))
    data = {name: _plain(value) for name, value in act.items() if name not in _OWN and _is_given(value)}
    proposed = pd.DataFrame([{**act, "at": pd.Timestamp(at)}])
    if "evidence" in act and not isinstance(act["evidence"], str):
        proposed["evidence"] = ["; ".join(act["evidence"])]

    def guard(reader: Reader) -> None:
        before = acts_of(reader.events(stream))
        refuse(desk.flow.name, act_faults(before, proposed, desk.flow))

    n_before = len(desk.ledger.events(stream))
    said = {"stream": stream, "kind": act["event"], "data": data, "who": act["who"], "n": n_before}
    reason = str(act.get("reason") or "").strip() or str(act["event"])
    who = str(act["who"]).strip() or "unknown"  # who says nothing is refused with all else that is wrong
    draft = Draft(stream, str(act["event"]), data, who, reason, _key("act", canonical(said)))
    try:
        desk.ledger.append([draft], clock=lambda: at, guard=guard)
    except InputFaults as error:
        _remember(desk, draft, error)
        raise
    acts = acts_of(desk.ledger.events(stream))
    return standing(acts, desk.flow, now=acts["at"].iloc[-1], phases=desk.phases).iloc[0]


def _is_given(value: object) -> bool:
    return value is not None and value not in ("", (), [])


def _plain(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, dt.datetime):
        return moment_text(value)
    return list(value) if isinstance(value, tuple) else value


def _key(what: str, said: str) -> str:
    return f"{what}:{hashlib.sha256(said.encode()).hexdigest()}"


def _remember(desk: FlowDesk, draft: Draft, error: InputFaults) -> None:
    """Record a refusal; where even that is impossible (a full disk), the refusal itself still stands."""
    said = f"{draft.key}\n{moment_text(desk.clock())}\n{error}"
    try:
        desk.ledger.append_refusal(
            draft.stream, error, who=draft.who, key=_key("refused", said), clock=desk.clock
        )
    except InputFaults as second:
        error.add_note(f"not recorded: {second}")
