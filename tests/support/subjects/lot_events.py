"""Events of lots as the tests of traceability write them."""

from __future__ import annotations


def event(event_id, day, stage, company, **lots):
    """Rows of one event: `inputs`, `outputs`, `seen` as lot: units."""
    roles = {"inputs": "input", "outputs": "output", "seen": "seen"}
    return [
        {"event_id": event_id, "event_time": f"2026-03-{day:02d}T08:00:00+08:00", "stage": stage,
         "company_id": company, "lot_id": lot, "role": roles[role], "n_units": units}
        for role, some in lots.items()
        for lot, units in some.items()
    ]  # fmt: skip
