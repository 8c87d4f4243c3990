"""Notices for machines that ask: an Atom feed and a calendar of what is due."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import icalendar
from lxml import etree

from riskkit.foundation.inputs.faults import Fault, plain_text, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards.warning_levels import code_of_rank
from riskkit.warning.publication.notices import Notice, check_notice

_ATOM = "http://www.w3.org/2005/Atom"
_NAMES = uuid.UUID("6f9c3a0e-8f43-5d0b-9a51-7c1d0f2b4e66")


@dataclass(frozen=True, kw_only=True)
class DueDate:
    """Something that has to be done by a certain time.

    Parameters
    ----------
    due_id, warning_id : str
        Which duty, of which warning.
    what : mapping of str to str
        In zh and en.
    due_at : datetime
        With its offset.
    """

    due_id: str
    warning_id: str
    what: dict[str, str]
    due_at: dt.datetime


def atom_feed(notices: Sequence[Notice], *, address: str, title: str, now: dt.datetime) -> bytes:
    """The notices that hold, newest first, for feed readers.

    Parameters
    ----------
    notices : sequence of Notice
        Lifted ones and those past their end are left out.
    address : str
        Where the feed lies, ending in ``/``; each entry links to ``<notice_id>.cap.xml`` beside it.
    title : str
        Name of the feed.
    now : datetime
        With its offset.

    Returns
    -------
    bytes
        UTF-8.

    Raises
    ------
    InputFaults
        When a notice does not say what a warning has to say.

    References
    ----------
    .. [1] IETF RFC 4287, The Atom Syndication Format (source ``rfc_4287``).

    Examples
    --------
    >>> feed = atom_feed([], address="https://example.org/w/", title="Warnings",
    ...                  now=dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
    >>> b"<updated>2026-05-01T00:00:00+00:00</updated>" in feed
    True
    """
    for notice in notices:
        check_notice(notice)
    current = sorted(holding(notices, now=now), key=lambda one: one.issued_at, reverse=True)
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", {"zh": "zh-CN", "en": "en"}[language()])
    newest = max((one.issued_at for one in current), default=now)
    _texts(root, {"id": address, "title": title, "updated": newest.isoformat(timespec="seconds")})
    etree.SubElement(root, f"{{{_ATOM}}}link", rel="self", href=f"{address}feed-{language()}.xml")
    for notice in current:
        _entry(root, notice, address=address)
    etree.indent(root)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"


def _entry(root: etree._Element, notice: Notice, *, address: str) -> None:
    entry = etree.SubElement(root, f"{{{_ATOM}}}entry")
    issued = notice.issued_at.isoformat(timespec="seconds")
    _texts(entry, {"id": f"urn:uuid:{uuid.uuid5(_NAMES, notice.notice_id)}",
                   "title": notice.title[language()], "updated": issued,
                   "published": issued, "summary": notice.event[language()]})  # fmt: skip
    author = etree.SubElement(entry, f"{{{_ATOM}}}author")
    _texts(author, {"name": notice.issuer[language()]})
    etree.SubElement(entry, f"{{{_ATOM}}}category", term=f"level-{code_of_rank(notice.level)}")
    link = etree.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", type="application/cap+xml")
    link.set("href", f"{address}{notice.notice_id}.cap.xml")


def _texts(parent: etree._Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        etree.SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def holding(notices: Iterable[Notice], *, now: dt.datetime) -> list[Notice]:
    """The latest issue of each warning, if it holds.

    Parameters
    ----------
    notices : iterable of Notice
    now : datetime

    Examples
    --------
    >>> holding([], now=dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
    []
    """
    latest: dict[str, Notice] = {}
    for notice in sorted(notices, key=lambda one: one.issued_at):
        if notice.issued_at <= now:
            latest[notice.warning_id] = notice
    return [
        one for one in latest.values() if one.kind != "lifted" and (one.ends_at is None or one.ends_at > now)
    ]


def due_calendar(due: Sequence[DueDate], *, now: dt.datetime) -> bytes:
    """What is due, for calendars.

    Parameters
    ----------
    due : sequence of DueDate
    now : datetime
        When the calendar is written.

    Returns
    -------
    bytes
        iCalendar, UTF-8.

    Raises
    ------
    InputFaults
        When a duty stands twice, or its words or its time are no such thing.

    References
    ----------
    .. [1] IETF RFC 5545, iCalendar (source ``rfc_5545``).

    Examples
    --------
    >>> day = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> one = DueDate(due_id="d-1", warning_id="w-1", what={"zh": "复评", "en": "Review"}, due_at=day)
    >>> b"SUMMARY:Review" in due_calendar([one], now=day)
    True
    """
    refuse("calendar", _due_faults(due))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//riskkit//warnings//")
    calendar.add("version", "2.0")
    for one in due:
        event = icalendar.Event()
        event.add("uid", f"{one.due_id}@{one.warning_id}")
        event.add("dtstamp", now.astimezone(dt.UTC))
        event.add("dtstart", one.due_at.astimezone(dt.UTC))
        event.add("summary", one.what[language()])
        event.add("categories", [one.warning_id])
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _due_faults(due: Sequence[DueDate]) -> list[Fault]:
    faults, seen = [], set()
    for number, one in enumerate(due, start=1):
        place = f"due[{number}]"
        if (one.due_id, one.warning_id) in seen:
            faults.append(Fault(place, shown(one.due_id), "each duty once"))
        seen.add((one.due_id, one.warning_id))
        if one.due_at.utcoffset() is None:
            faults.append(Fault(f"{place}.due_at", str(one.due_at), "a time with its offset from UTC"))
        try:
            plain_text(one.what.get(language(), ""))
        except ValueError as error:
            faults.append(Fault(f"{place}.what.{language()}", shown(one.what.get(language())), str(error)))
    return faults
