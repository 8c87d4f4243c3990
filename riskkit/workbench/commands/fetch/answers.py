"""How the answer of each public interface is read: its rows, and the pages that it names."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.workbench.commands.fetch.interfaces import Interface

Window = tuple[dt.date, dt.date]
_DOCUMENTED = "rows in the form its publisher documents"
_REPORT = re.compile(r"/weeklyReport/detail/xml/(\d{1,12})(?!\d)")


@dataclass(frozen=True)
class Page:
    """The rows of one answer, how many there are in all where it says so, and the pages it names."""

    rows: tuple[Mapping[str, Any], ...]
    total: int | None = None
    further: tuple[str, ...] = ()


def read_page(of: Interface, window: Window, *, status: int, raw: bytes) -> Page:
    """The rows of an answer; what has another shape is refused whole."""
    place = f"{of.name} ({status})"
    if of.source == "safety_gate":
        return _weekly(of, window, place, raw=raw if status == 200 else b"")
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputFaults("fetch", [Fault(place, shown(raw[:60]), "an answer in JSON")]) from None
    total, further, is_fine = None, None, status == 200
    if of.source == "fda_recalls":
        if status == 404 and _at(told, "error", "code") == "NOT_FOUND":
            return Page((), 0)
        rows, total = _at(told, "results"), _at(told, "meta", "results", "total")
        is_fine = is_fine and isinstance(total, int)
    elif of.source == "rasff":
        rows, further = _at(told, "value"), _at(told, "nextLink")
        is_fine = is_fine and (further is None or isinstance(further, str))
    else:
        rows = told
    is_fine = is_fine and isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    refuse("fetch", [] if is_fine else [Fault(place, shown(told), _DOCUMENTED)])
    inside = [row for row in rows if of.source != "rasff" or not _is_outside(row, window)]
    return Page(tuple(inside), total, (further,) if further else ())


def _at(told: Any, *keys: str) -> Any:
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return told


def _is_outside(row: Mapping[str, Any], window: Window) -> bool:
    """Whether a notification is of another day; one whose day cannot be read is left to its reader."""
    try:
        day = dt.date.fromisoformat(str(row.get("NOTIF_DATE"))[:10])
    except ValueError:
        return False
    return not _is_in(day, window)


def _weekly(of: Interface, window: Window, place: str, *, raw: bytes) -> Page:
    """The list of weekly reports names those of the days; a report holds its notifications."""
    from defusedxml import DefusedXmlException, ElementTree  # type: ignore[import-untyped]

    try:
        told = ElementTree.fromstring(raw, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, RecursionError):
        raise InputFaults("fetch", [Fault(place, shown(raw[:60]), "a weekly report in XML")]) from None
    listed, alerts = told.findall("weeklyReport"), told.findall("notifications")
    days = [_day(report.findtext("publicationDate")) for report in listed]
    reports = [_REPORT.search(report.findtext("URL") or "") for report in listed]
    published = (told.findtext("report_date") or "").strip()
    is_fine = told.tag == "Safety-Gate" and None not in days and None not in reports
    is_fine = is_fine and (bool(listed) or _day(published) is not None)
    refuse("fetch", [] if is_fine else [Fault(place, shown(told.tag), _DOCUMENTED)])
    numbers = [
        found[1] for found, day in zip(reports, days, strict=True) if found and day and _is_in(day, window)
    ]
    # a report is asked for in the form that its own list uses; without "search" it is refused
    further = tuple(
        f"{of.address}/detail/xml/{number}?language=en&search=WEB_REPORT%7C:%7C{number}"
        for number in dict.fromkeys(numbers)
    )
    rows = [{"publicationDate": published, **{one.tag: _text(one) for one in alert}} for alert in alerts]
    return Page(tuple(rows), None, further)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.datetime.strptime((text or "").strip(), "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _is_in(day: dt.date, window: Window) -> bool:
    return window[0] <= day <= window[1]


def _text(element: Any) -> str:
    return "; ".join(text.strip() for text in element.itertext() if text.strip())
