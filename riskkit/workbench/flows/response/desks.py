"""Where every life of the response stands: read from the ledger, flow by flow, as one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pandas as pd

from riskkit.foundation.flows.replay import standing
from riskkit.response.flows import FLOWS, open_phases, response_flow
from riskkit.store.flow import FlowDesk, acts_of
from riskkit.store.ledger.ledger import Ledger

ABOUT = ("title_zh", "title_en", "measure", "port", "operator", "level")
"""What an act may say about its subject, shown beside it."""
_COLUMNS = ("flow", "subject", "phase", "since", "last_at", "last_by", "due_event", "due_at", "n_acts",
            "is_open", "is_overdue", "days_left", *ABOUT)  # fmt: skip


def utc_now() -> dt.datetime:
    """The time of this machine."""
    return dt.datetime.now(dt.UTC)


def desk_of(ledger: Ledger, flow: str, *, clock: Callable[[], dt.datetime] = utc_now) -> FlowDesk:
    """The desk for one kind of life."""
    return FlowDesk(ledger, response_flow(flow), clock, open_phases(flow))


def response_acts(ledger: Ledger, *, until: dt.datetime | None = None) -> dict[str, pd.DataFrame]:
    """The acts of all lives, by flow; flows without any are left out."""
    found = {name: ledger.events(f"{name}/", until=until) for name in FLOWS}
    return {name: acts_of(events) for name, events in found.items() if events}


def response_standing(acts: Mapping[str, pd.DataFrame], *, now: dt.datetime) -> pd.DataFrame:
    """Where all lives stand at a moment, what is due first above."""
    parts = []
    for name, table in acts.items():
        found = standing(table, response_flow(name), now=now, phases=open_phases(name))
        parts.append(found.assign(flow=name).reindex(columns=list(_COLUMNS)))
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS))
    whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return whole.sort_values(["due_at", "flow", "subject"], ignore_index=True, na_position="last")
