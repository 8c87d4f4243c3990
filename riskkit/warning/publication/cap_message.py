"""A message of the Common Alerting Protocol 1.2, under the names that the protocol uses.

Times are aware; what may stand more than once is a tuple; pairs are (valueName, value).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from riskkit.foundation.inputs.faults import Fault
from riskkit.foundation.standards import standards

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
Pairs = tuple[tuple[str, str], ...]
_CAPITAL = re.compile("[A-Z]")


@dataclass(frozen=True, kw_only=True)
class CapArea:
    """Where a message is meant.

    Parameters
    ----------
    area_desc : str
        In words.
    polygon, circle : tuple of str
        Closed rings and circles in WGS 84, as the protocol writes them. [degree, km]
    geocode : tuple of (str, str)
        System of codes and code.
    altitude, ceiling : float, optional
        [ft]
    """

    area_desc: str
    polygon: tuple[str, ...] = ()
    circle: tuple[str, ...] = ()
    geocode: Pairs = ()
    altitude: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True, kw_only=True)
class CapResource:
    """A file that belongs to a message.

    Parameters
    ----------
    resource_desc, mime_type : str
        What it is.
    size : int, optional
        [bytes]
    uri, deref_uri, digest : str, optional
        Where it is, or its content in Base64, and its SHA-1.
    """

    resource_desc: str
    mime_type: str
    size: int | None = None
    uri: str | None = None
    deref_uri: str | None = None
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class CapInfo:
    """What a message says, in one language.

    Parameters
    ----------
    category : tuple of str
        At least one.
    event, urgency, severity, certainty : str
        What it is about, and the words of the protocol for how soon, how bad and how sure.
    language : str
        RFC 3066 tag.
    effective, onset, expires : datetime, optional
        From when it holds, when the event begins, until when it holds.
    response_type, event_code, parameter, resource, area : tuple
        Recommended actions; codes; further values; files; areas.
    audience, sender_name, headline, description, instruction, web, contact : str, optional
        Texts.
    """

    category: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    language: str = "en-US"
    response_type: tuple[str, ...] = ()
    audience: str | None = None
    event_code: Pairs = ()
    effective: dt.datetime | None = None
    onset: dt.datetime | None = None
    expires: dt.datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameter: Pairs = ()
    resource: tuple[CapResource, ...] = ()
    area: tuple[CapArea, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CapAlert:
    """A message.

    Parameters
    ----------
    identifier, sender : str
        Which message, and whose.
    sent : datetime
        When it was sent.
    status, msg_type, scope : str
        Words of the protocol.
    source, restriction, addresses, note, references, incidents : str, optional
        As the protocol writes them; `references` is "sender,identifier,sent", with spaces between several.
    code : tuple of str
        Codes of its handling.
    info : tuple of CapInfo
        One for each language.
    deviations : tuple of Fault
        Where the message as it was received departs from the protocol though it can be read; no part of it.
    """

    identifier: str
    sender: str
    sent: dt.datetime
    status: str
    msg_type: str
    scope: str
    source: str | None = None
    restriction: str | None = None
    addresses: str | None = None
    code: tuple[str, ...] = ()
    note: str | None = None
    references: str | None = None
    incidents: str | None = None
    info: tuple[CapInfo, ...] = ()
    deviations: tuple[Fault, ...] = dataclasses.field(default=(), compare=False)


_GROUPS: dict[str, type] = {"info": CapInfo, "resource": CapResource, "area": CapArea}


def time_text(moment: dt.datetime) -> str:
    """A time as the protocol writes it: to the second, with its offset, never ``Z``.

    Raises
    ------
    ValueError
        When it has no offset.

    References
    ----------
    .. [1] CAP 1.2, 3.3.2 (source ``oasis_cap_1_2``).

    Examples
    --------
    >>> time_text(dt.datetime(2026, 5, 1, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=8))))
    '2026-05-01T08:00:00+08:00'
    >>> time_text(dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
    '2026-05-01T00:00:00-00:00'
    """
    if moment.utcoffset() is None:
        raise ValueError("a time with its offset from UTC")
    text = moment.isoformat(timespec="seconds")
    return f"{text[:-6]}-00:00" if not moment.utcoffset() else text


def reference_text(sender: str, identifier: str, sent: dt.datetime) -> str:
    """How a later message names an earlier one.

    Examples
    --------
    >>> reference_text("a@b.cn", "x-1", dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
    'a@b.cn,x-1,2026-05-01T00:00:00-00:00'
    """
    return f"{sender},{identifier},{time_text(sent)}"


def attribute_of(element: str) -> str:
    """The name of an element in our records.

    Examples
    --------
    >>> attribute_of("msgType"), attribute_of("areaDesc"), attribute_of("info")
    ('msg_type', 'area_desc', 'info')
    """
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", element)


def tree_of(alert: CapAlert) -> etree._Element:
    """The message as XML, in the order of the protocol; nothing is checked yet.

    Examples
    --------
    >>> one = CapAlert(identifier="x", sender="y", sent=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    ...                status="Test", msg_type="Alert", scope="Public")
    >>> [child.tag.rpartition("}")[2] for child in tree_of(one)][:3]
    ['identifier', 'sender', 'sent']
    """
    root: etree._Element = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _fill(root, "alert", alert)
    return root


def _fill(parent: etree._Element, group: str, record: Any) -> None:
    for element, value in _values(group, record):
        child = etree.SubElement(parent, f"{{{NAMESPACE}}}{element}")
        if isinstance(value, tuple):
            for name, text in zip(("valueName", "value"), value, strict=True):
                etree.SubElement(child, f"{{{NAMESPACE}}}{name}").text = text
        elif element in _GROUPS:
            _fill(child, element, value)
        else:
            child.text = time_text(value) if isinstance(value, dt.datetime) else str(value)


def _values(group: str, record: Any) -> Iterator[tuple[str, Any]]:
    rows = standards.table("cap_elements")
    for row in rows[rows["parent"] == group].itertuples():
        value = getattr(record, attribute_of(str(row.element)))
        several = value if isinstance(value, tuple) else () if value is None else (value,)
        yield from ((str(row.element), one) for one in several)


def message_of(tree: etree._Element) -> CapAlert:
    """The message of a tree that keeps the structure of the protocol.

    Examples
    --------
    >>> one = CapAlert(identifier="x", sender="y", sent=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    ...                status="Test", msg_type="Alert", scope="Public", code=("a", "b"))
    >>> message_of(tree_of(one)) == one
    True
    """
    found: CapAlert = _record(tree, "alert", CapAlert)
    return found


def _record(parent: etree._Element, group: str, kind: type) -> Any:
    rows = standards.table("cap_elements")
    given: dict[str, Any] = {}
    for row in rows[rows["parent"] == group].itertuples():
        element = str(row.element)
        children = parent.findall(f"{{{NAMESPACE}}}{element}")
        values = tuple(_value(child, element, str(row.kind)) for child in children)
        if values:
            given[attribute_of(element)] = values if _is_several(kind, attribute_of(element)) else values[0]
    return kind(**given)


def _is_several(kind: type, name: str) -> bool:
    found = next(field for field in dataclasses.fields(kind) if field.name == name)
    return "tuple" in str(found.type) or "Pairs" in str(found.type)


def _value(child: etree._Element, element: str, kind: str) -> Any:
    if kind == "group":
        return _record(child, element, _GROUPS[element])
    if kind == "pair":
        return tuple((one.text or "").strip() for one in child)
    text = (child.text or "").strip()
    if kind == "time":
        return dt.datetime.fromisoformat(text)
    return int(text) if kind == "whole" else float(text) if kind == "decimal" else text
