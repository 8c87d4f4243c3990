"""What each public interface is asked: the addresses of its pages, window by window."""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from urllib.parse import urlencode

from riskkit.foundation.inputs.faults import Fault, InputFaults, one_of, refuse, shown

NOT_KNOWN = {"opss", "usda_fsis", "neiss", "fda_caers", "fda_import_refusals"}
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


def page_address(of: Interface, window: tuple[dt.date, dt.date], skipped: int) -> str:
    """Where the page behind so many rows is; the first one where the answers themselves name the others."""
    since, until = window
    if of.source == "safety_gate":
        return f"{of.address}/list/xml/en"
    if of.source == "cpsc_recalls":
        asked = {"format": "json", "RecallDateStart": f"{since}", "RecallDateEnd": f"{until}"}
    elif of.source == "fda_recalls":
        asked = {"search": f"report_date:[{since:%Y%m%d} TO {until:%Y%m%d}]", "sort": "report_date:asc"}
        asked |= {"limit": f"{of.page_rows}", "skip": f"{skipped}"}
    elif of.source == "rasff":
        # the same interface serves five more networks; a first day alone is known to work as a bound
        asked = {"format": "json", "api-version": "v1.1", "NETWORK_DESC": "RASFF"}
        asked |= {"NOTIF_DATE_FROM": f"{since}T00:00:00Z"}
    else:
        between = f"report_received_date between '{since}T00:00:00' and '{until}T23:59:59'"
        asked = {"$where": between, "$order": "report_received_date,nhtsa_id"}
        asked |= {"$limit": f"{of.page_rows}", "$offset": f"{skipped}"}
    # the data lake of DG SANTE answers 400 to a colon written %3A
    return f"{of.address}?{urlencode(asked, safe=':' if of.source == 'rasff' else '')}"
