"""The rules of CAP 1.2 that its schema cannot hold, and those of the project on top of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from riskkit.foundation.inputs.faults import Fault, RuleText, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import is_country
from riskkit.foundation.standards.warning_levels import code_of_rank, level_code
from riskkit.warning.publication.cap_message import CapAlert, CapArea, CapInfo, CapResource
from riskkit.warning.publication.cap_structure import is_time

GB_T_2260, UN_LOCODE, CUSTOMS = "GB/T 2260", "UN/LOCODE", "customs_district"
LEVEL, COLOUR = "warning_level", "warning_colour"
_LATER = ("Update", "Cancel", "Ack", "Error")
_POINT = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)", re.ASCII)
_CIRCLE = re.compile(rf"({_POINT.pattern}) (\d+(?:\.\d+)?)", re.ASCII)
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+", re.IGNORECASE)


def prose_faults(alert: CapAlert) -> list[Fault]:
    """Everything in a message of the right form that breaks a rule all the same.

    Parameters
    ----------
    alert : CapAlert

    References
    ----------
    .. [1] CAP 1.2, 3.2 and 3.3 (source ``oasis_cap_1_2``).

    Examples
    --------
    >>> import datetime as dt
    >>> one = CapAlert(identifier="x-2", sender="a", sent=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    ...                status="Actual", msg_type="Cancel", scope="Restricted")
    >>> [fault.place for fault in prose_faults(one)]
    ['alert/restriction', 'alert/references', 'alert/note']
    """
    faults = [*_scope(alert), *_references(alert)]
    if alert.msg_type in ("Cancel", "Error") and not alert.note:
        faults.append(Fault("alert/note", "", RuleText("the reason of an {} message", alert.msg_type)))
    if alert.status == "Exercise" and not alert.note:
        faults.append(Fault("alert/note", "", "the name of the exercise"))
    if alert.msg_type in ("Alert", "Update") and not alert.info:
        faults.append(Fault("alert/info", "", "what the message says, in one language at least"))
    languages = [info.language.lower() for info in alert.info]
    if len(set(languages)) < len(languages):
        faults.append(Fault("alert/info", ", ".join(languages), "each language once"))
    for number, info in enumerate(alert.info, start=1):
        faults += _info(alert, info, f"alert/info[{number}]")
    return faults


def _scope(alert: CapAlert) -> Iterator[Fault]:
    for word, name in (("Restricted", "restriction"), ("Private", "addresses")):
        value = getattr(alert, name)
        if alert.scope == word and not value:
            yield Fault(f"alert/{name}", "", RuleText("given, because the scope is {}", word))
        if alert.scope != word and value and name == "restriction":
            yield Fault(
                f"alert/{name}", shown(value), RuleText("left out, because the scope is {}", alert.scope)
            )


def _references(alert: CapAlert) -> Iterator[Fault]:
    place = "alert/references"
    if alert.msg_type in _LATER and not alert.references:
        yield Fault(place, "", RuleText("the messages that an {} message is about", alert.msg_type))
    for one in (alert.references or "").split():
        parts = one.split(",")
        if len(parts) != 3 or not all(parts) or not is_time(parts[2]):
            yield Fault(place, shown(one), "sender,identifier,sent")
        elif parts[:2] == [alert.sender, alert.identifier]:
            yield Fault(place, shown(one), "another message")


def _info(alert: CapAlert, info: CapInfo, place: str) -> Iterator[Fault]:
    begins = info.onset or info.effective or alert.sent
    begins = begins if alert.msg_type == "Cancel" else max(begins, alert.sent)
    if info.expires is not None and info.expires <= begins:
        yield Fault(f"{place}/expires", info.expires.isoformat(), RuleText("after {}", begins.isoformat()))
    if alert.scope == "Public" and alert.msg_type in ("Alert", "Update") and not info.area:
        yield Fault(f"{place}/area", "", "where a public message is meant")
    yield from _level(info, place)
    for number, area in enumerate(info.area, start=1):
        yield from _area(area, f"{place}/area[{number}]")
    for number, resource in enumerate(info.resource, start=1):
        yield from _resource(resource, f"{place}/resource[{number}]")


def _level(info: CapInfo, place: str) -> Iterator[Fault]:
    """Level and colour, where they are given, agree with each other and with the severity."""
    given = {name: value for name, value in info.parameter if name in (LEVEL, COLOUR)}
    if not given:
        return
    rows = standards.table("cap_meanings")
    fits = [
        (str(code_of_rank(int(str(row.value)))), str(row.colour), str(row.cap_word))
        for row in rows[rows["field"] == "level"].itertuples()
    ]
    told = (given.get(LEVEL), given.get(COLOUR), info.severity)
    read = [_code(given.get(name)) for name in (LEVEL, COLOUR)]
    if not any(read == [code, code] and word == info.severity for code, _, word in fits):
        rule = RuleText("a level with its colour and severity: {}", "; ".join(", ".join(one) for one in fits))
        yield Fault(f"{place}/parameter", shown(told), rule)


def _code(written: str | None) -> str | None:
    try:
        return level_code(written)
    except ValueError:
        return None


def _area(area: CapArea, place: str) -> Iterator[Fault]:
    for text in area.polygon:
        points = [_POINT.fullmatch(one) for one in text.split(" ")]
        if not all(points) or len(points) < 4 or text.split(" ")[0] != text.split(" ")[-1]:
            yield Fault(
                f"{place}/polygon", shown(text), "lat,lon … of four points or more, the last as the first"
            )
        elif not all(_on_earth(one[1], one[2]) for one in points if one):
            yield Fault(f"{place}/polygon", shown(text), "points on the earth")
    for text in area.circle:
        found = _CIRCLE.fullmatch(text)
        if not found or not _on_earth(found[2], found[3]):
            yield Fault(f"{place}/circle", shown(text), "lat,lon and a radius in km")
    for system, code in area.geocode:
        rule = _code_rule(system, code)
        if rule:
            yield Fault(f"{place}/geocode", shown(f"{system} {code}"), rule)
    if area.ceiling is not None and (area.altitude is None or area.ceiling < area.altitude):
        yield Fault(f"{place}/ceiling", str(area.ceiling), "above an altitude that is given")


def _on_earth(latitude: str, longitude: str) -> bool:
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180


def _code_rule(system: str, code: str) -> str:
    """What a code should be, if it is not; codes of other systems than ours are not judged."""
    if system == GB_T_2260:
        known = {str(one)[:2] for one in standards.table("province_codes")["code"]}
        is_known = re.fullmatch(r"\d{6}", code, re.ASCII) and code[:2] in known
        return "" if is_known else "a code of GB/T 2260 in a province that exists"
    if system == UN_LOCODE:
        is_known = re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", code) and is_country(code[:2])
        return "" if is_known else "a code of UN/LOCODE in a country that exists"
    if system == CUSTOMS:
        return "" if re.fullmatch(r"\d{4}", code, re.ASCII) else "a customs district of four figures"
    return ""


def _resource(resource: CapResource, place: str) -> Iterator[Fault]:
    if not _MIME.fullmatch(resource.mime_type):
        yield Fault(f"{place}/mimeType", shown(resource.mime_type), "a media type such as application/pdf")
    if not resource.uri and not resource.deref_uri:
        yield Fault(place, "", "an address, or the content itself")
    if resource.size is not None and resource.size < 0:
        yield Fault(f"{place}/size", str(resource.size), "0 or more")
    if resource.digest is not None and not re.fullmatch("[0-9a-fA-F]{40}", resource.digest):
        yield Fault(f"{place}/digest", shown(resource.digest), "a SHA-1 in hexadecimal")
    elif resource.deref_uri:
        yield from _content(resource, place)


def _content(resource: CapResource, place: str) -> Iterator[Fault]:
    try:
        content = base64.b64decode("".join((resource.deref_uri or "").split()), validate=True)
    except (binascii.Error, ValueError):
        yield Fault(f"{place}/derefUri", shown(resource.deref_uri), "content in Base64")
        return
    if resource.size is not None and resource.size != len(content):
        yield Fault(
            f"{place}/size", str(resource.size), RuleText("{}, the size of the content", len(content))
        )
    found = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if resource.digest is not None and resource.digest.lower() != found:
        yield Fault(f"{place}/digest", shown(resource.digest), "the SHA-1 of the content")
