"""The hash that names an EPCIS event: equal for equal events, however they are written."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from riskkit.application.traceability.gs1_links import canonical_key

_CBV, _VOC = "https://ref.gs1.org/cbv/", "https://gs1.org/voc/"
_EPCS = ("epcList", "inputEPCList", "childEPCs", "outputEPCList")
_TYPED = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
_IN_ORDER = (
    "eventTime", "eventTimeZoneOffset", "certificationInfo", "parentID", "epcList", "inputEPCList",
    "childEPCs", "quantityList", "childQuantityList", "inputQuantityList", "outputEPCList",
    "outputQuantityList", "action", "transformationID", "bizStep", "disposition", "persistentDisposition",
    "readPoint", "bizLocation", "sensorElementList",
)  # fmt: skip
_INNER = {
    "quantityElement": ("epcClass", "quantity", "uom"),
    "persistentDisposition": ("set", "unset"),
    "readPoint": ("id",),
    "bizLocation": ("id",),
    "sensorElement": ("sensorMetadata", "sensorReport"),
    "sensorMetadata": ("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData",
                       "dataProcessingMethod", "bizRules"),
    "sensorReport": ("type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod",
                     "time", "microorganism", "chemicalSubstance", "value", "component", "stringValue",
                     "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue",
                     "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem"),
}  # fmt: skip
"""The order of fields, as CBV 2.0, 8.9.2 has it; what is not in it is sorted and stands at the end."""
_BARE = {
    ("", "bizStep"): _CBV + "BizStep-", ("", "disposition"): _CBV + "Disp-",
    ("persistentDisposition", "set"): _CBV + "Disp-", ("persistentDisposition", "unset"): _CBV + "Disp-",
    ("bizTransaction", "type"): _CBV + "BTT-", ("source", "type"): _CBV + "SDT-",
    ("destination", "type"): _CBV + "SDT-", ("sensorReport", "component"): _CBV + "Comp-",
    ("sensorReport", "type"): _VOC, ("sensorReport", "exception"): _VOC,
}  # fmt: skip
_OLD = {"bizstep": "BizStep-", "disp": "Disp-", "btt": "BTT-", "sdt": "SDT-", "er": "ER-"}
_IGNORED = {"type", "@context", "eventID", "recordTime", "errorDeclaration", "rdfs:comment", "comment"}


def event_hash(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    """The event's hash ID of CBV 2.0.

    Parameters
    ----------
    event : mapping
        One event as EPCIS 2.0 JSON has it.
    prefixes : mapping
        Namespace of each prefix that the contexts declare.

    Returns
    -------
    str
        ``ni:///sha-256;…?ver=CBV2.0``

    References
    ----------
    .. [1] GS1 CBV 2.0, 8.9 (``gs1_cbv_2_0``); epcis-event-hash-generator 1.9.3.

    Examples
    --------
    >>> event = {"type": "ObjectEvent", "eventTime": "2026-03-01T08:00:00+08:00"}
    >>> same = {**event, "eventTime": "2026-03-01T00:00:00.000Z", "recordTime": "2026-03-02T00:00:00Z"}
    >>> event_hash(event, {}) == event_hash(same, {}), event_hash({**event, "action": "ADD"}, {})[:25]
    (True, 'ni:///sha-256;240556d37a0')
    """
    digest = hashlib.sha256(event_prehash(event, prefixes).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def event_prehash(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    """The canonical text of an event, of which the hash is taken.

    Parameters
    ----------
    event, prefixes : mapping
        As in `event_hash`.

    Returns
    -------
    str
        Names and values in their order, without space between.

    Examples
    --------
    >>> event_prehash({"type": "ObjectEvent", "bizStep": "shipping", "a:b": 1.0}, {"a": "urn:x:"})
    'eventType=ObjectEventbizStep=https://ref.gs1.org/cbv/BizStep-shipping{urn:x:}b=1'
    """
    ordered = "".join(_named(name, event[name], prefixes) for name in _IN_ORDER if name in event)
    rest = [_named(name, event[name], prefixes) for name in event if name not in {*_IN_ORDER, *_IGNORED}]
    return f"eventType={event.get('type', '')}{ordered}{''.join(sorted(rest))}"


def _named(name: str, value: Any, prefixes: Mapping[str, str], *, inside: str = "") -> str:
    """One field: a list of things has the name once and its elements sorted."""
    if name in _EPCS:
        return name + "".join(sorted(_named("epc", epc, prefixes) for epc in value)) if value else ""
    if name.endswith("List") and isinstance(value, list):
        inner = "quantityElement" if name.lower().endswith("quantitylist") else _TYPED.get(name, name[:-4])
        return name + "".join(sorted(_fields(inner, each, prefixes) for each in value)) if value else ""
    if isinstance(value, list):
        return "".join(sorted(_named(name, each, prefixes, inside=inside) for each in value))
    if isinstance(value, Mapping):
        return _expanded_name(name, prefixes) + _fields(name, value, prefixes, is_named=False)
    text = _text(name, value, prefixes, inside=inside)
    return f"{_expanded_name(name, prefixes)}={text}" if text else ""


def _fields(name: str, value: Any, prefixes: Mapping[str, str], *, is_named: bool = True) -> str:
    first = ("type", name) if name in _TYPED.values() else _INNER.get(name, ())
    ordered = "".join(_named(key, value[key], prefixes, inside=name) for key in first if key in value)
    rest = [_named(key, value[key], prefixes, inside=name) for key in value if key not in {*first, *_IGNORED}]
    return (name if is_named and name not in _TYPED.values() else "") + ordered + "".join(sorted(rest))


def _expanded_name(name: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    return f"{{{prefixes[prefix]}}}{local}" if colon and prefix in prefixes else name


def _text(name: str, value: Any, prefixes: Mapping[str, str], *, inside: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip()
    if ":" not in name and "time" in name.lower() and "offset" not in name.lower():
        return _instant(text)
    if (inside, name) in _BARE and ":" not in text:
        return _BARE[inside, name] + text
    prefix, colon, local = text.partition(":")
    if colon and prefix in prefixes:
        text = prefixes[prefix] + local
    for old, new in _OLD.items():
        text = text.replace(f"urn:epcglobal:cbv:{old}:", _CBV + new)
    return canonical_key(_number(text))


def _number(text: str) -> str:
    try:
        number = float(text)
        return str(int(number)) if number == int(number) else str(number)
    except (ValueError, OverflowError):
        return text


def _instant(text: str) -> str:
    """UTC with milliseconds."""
    try:
        moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        return text
    rounded = moment.replace(microsecond=0) + dt.timedelta(milliseconds=round(moment.microsecond / 1000))
    return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")
