"""What each public interface is asked and how its answer is read: pages of rows, window by window."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown

NOT_KNOWN = {"safety_gate", "rasff", "opss", "usda_fsis", "neiss", "fda_caers", "fda_import_refusals"}
"""Sources whose publishers document no interface of this kind; their files are downloaded by a person."""


@dataclass(frozen=True)
class Interface:
    """One public interface: a row of ``interfaces.csv``; the sizes are those its publisher states or less."""

    name: str
    source: str
    address: str
    window_days: int
    page_rows: int
    most_skipped: int


@dataclass(frozen=True)
class Page:
    """The rows of one answer, and how many there are in all where the answer says so."""

    rows: tuple[Mapping[str, Any], ...]
    total: int | None


@functools.cache
def interfaces() -> dict[str, Interface]:
    """All of them, by name."""
    text = (resources.files("riskkit.workbench.commands.fetch") / "interfaces.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        row["name"]: Interface(
            row["name"],
            row["source"],
            row["address"],
            int(row["window_days"]),
            int(row["page_rows"]),
            int(row["most_skipped"]),
        )
        for row in rows
    }


def interface(name: str) -> Interface:
    """One of them; the refusal says what to do for a source that has none."""
    known = interfaces()
    if name in NOT_KNOWN:
        rule = "a source with a documented interface; download its file and use riskkit ingest"
        raise InputFaults("fetch", [Fault("SOURCE", shown(name), rule)])
    refuse("fetch", [] if name in known else [Fault("SOURCE", shown(name), one_of(name, known))])
    return known[name]


def windows(since: dt.date, until: dt.date, *, days: int) -> Iterator[tuple[dt.date, dt.date]]:
    """The days from one to another, both counted, in pieces."""
    while since <= until:
        last = min(until, since + dt.timedelta(days=days - 1))
        yield since, last
        since = last + dt.timedelta(days=1)


def question(of: Interface, window: tuple[dt.date, dt.date], skipped: int) -> str:
    """The query of one page."""
    since, until = window
    if of.source == "cpsc_recalls":
        asked = {"format": "json", "RecallDateStart": f"{since}", "RecallDateEnd": f"{until}"}
    elif of.source == "fda_recalls":
        asked = {"search": f"report_date:[{since:%Y%m%d} TO {until:%Y%m%d}]", "sort": "report_date:asc"}
        asked |= {"limit": f"{of.page_rows}", "skip": f"{skipped}"}
    else:
        between = f"report_received_date between '{since}T00:00:00' and '{until}T23:59:59'"
        asked = {"$where": between, "$order": "report_received_date,nhtsa_id"}
        asked |= {"$limit": f"{of.page_rows}", "$offset": f"{skipped}"}
    return urlencode(asked)


def read_page(of: Interface, status: int, raw: bytes) -> Page:
    """The rows of an answer; what has another shape is refused whole."""
    place = f"{of.name} ({status})"
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputFaults("fetch", [Fault(place, shown(raw[:60]), "an answer in JSON")]) from None
    if of.source == "fda_recalls":
        if status == 404 and _at(told, "error", "code") == "NOT_FOUND":
            return Page((), 0)
        rows, total = _at(told, "results"), _at(told, "meta", "results", "total")
        is_fine = status == 200 and isinstance(total, int)
    else:
        rows, total, is_fine = told, None, status == 200
    is_fine = is_fine and isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    refuse(
        "fetch", [] if is_fine else [Fault(place, shown(told), "rows in the form its publisher documents")]
    )
    return Page(tuple(rows), total)


def _at(told: Any, *keys: str) -> Any:
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return told
