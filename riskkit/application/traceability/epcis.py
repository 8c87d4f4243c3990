"""EPCIS 2.0 JSON-LD in and out: documents read with suspicion, good events kept."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.application.traceability.epcis_checks import CONTEXT, KINDS, event_faults, read_contexts
from riskkit.application.traceability.event_hash import event_hash
from riskkit.foundation.inputs.faults import REQUIRED, Fault, InputFaults, one_of, refuse, shown

_DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")


@dataclass(frozen=True)
class EpcisEvents:
    """Events of a document; every event is accepted, quarantined or a duplicate.

    Parameters
    ----------
    accepted : dict of str to mapping
        Good events by their hash ID.
    quarantined, duplicates : tuple
        Events that break a rule; events that are equal to an accepted one.
    prefixes : mapping
        Namespaces that the contexts declare.
    faults : tuple of Fault
        All that is wrong with the quarantined events.

    Examples
    --------
    >>> EpcisEvents({}, (), (), {}, ()).accepted
    {}
    """

    accepted: dict[str, Mapping[str, Any]]
    quarantined: tuple[Any, ...]
    duplicates: tuple[Mapping[str, Any], ...]
    prefixes: Mapping[str, str]
    faults: tuple[Fault, ...]


def read_epcis(text: str) -> EpcisEvents:
    """Read an EPCIS 2.0 document or the answer to a query, as JSON-LD.

    Parameters
    ----------
    text : str
        The document.

    Returns
    -------
    EpcisEvents
        Good events by hash ID, the others with what is wrong with them.

    Raises
    ------
    InputFaults
        With all that is wrong with the document as a whole: no JSON, no or an unknown context, another
        kind or version, no list of events.

    References
    ----------
    .. [1] GS1 EPCIS 2.0 and CBV 2.0 (``gs1_epcis_2_0``, ``gs1_cbv_2_0``).

    Examples
    --------
    >>> read_epcis('{"@context": ["https://example.com/c"], "type": "EPCISDocument", "schemaVersion": "2.0"}')
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: EPCIS: 2 faults
      @context[0]: 'https://example.com/c', must be: a context of EPCIS 2.0, or prefixes with their namespaces
      epcisBody: missing (required)
    """
    document = _parsed(text)
    prefixes, faults = read_contexts(document.get("@context"))
    events = _event_list(document)
    kind = document.get("type")
    if kind not in (*_DOCUMENTS, *KINDS):
        faults.append(Fault("type", shown(kind), one_of(str(kind), _DOCUMENTS)))
    if kind not in tuple(KINDS) and not re.match(r"2(\.|$)", str(document.get("schemaVersion", ""))):
        faults.append(Fault("schemaVersion", shown(document.get("schemaVersion")), "2.0"))
    if not isinstance(events, list):
        faults.append(Fault("epcisBody", "", REQUIRED))
    refuse("EPCIS", faults)
    accepted: dict[str, Mapping[str, Any]] = {}
    quarantined, duplicates = [], []
    for place, event in enumerate(events):
        name, wrong = _named(event, prefixes, f"eventList[{place}]")
        if wrong:
            quarantined.append(event)
            faults += wrong
        elif name in accepted:
            duplicates.append(event)
        else:
            accepted[name] = event
    return EpcisEvents(accepted, tuple(quarantined), tuple(duplicates), prefixes, tuple(faults))


def _named(event: Any, prefixes: dict[str, str], at: str) -> tuple[str, list[Fault]]:
    """The hash ID of a good event, or what is wrong with it."""
    try:
        own, wrong = event_faults(event, prefixes, at)
        return ("", wrong) if wrong else (event_hash(event, own), [])
    except RecursionError:
        return "", [Fault(at, "lists within lists", "less deep than this")]


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputFaults("EPCIS", [Fault("document", shown(str(error)), "JSON")]) from None
    refuse("EPCIS", [] if isinstance(found, dict) else [Fault("document", shown(found), "a JSON object")])
    document: dict[str, Any] = found
    return document


def _event_list(document: Mapping[str, Any]) -> Any:
    if document.get("type") in tuple(KINDS):
        return [{name: value for name, value in document.items() if name != "@context"}]
    body = document.get("epcisBody")
    for name in ("queryResults", "resultsBody"):
        body = body.get(name, body) if isinstance(body, dict) else body
    if not isinstance(body, dict):
        return None
    return body["eventList"] if "eventList" in body else [body["event"]] if "event" in body else None


def epcis_text(
    events: Iterable[Mapping[str, Any]], *, created_at: dt.datetime, prefixes: Mapping[str, str]
) -> str:
    """An EPCIS 2.0 document with some events; those without an ID get their hash ID.

    Parameters
    ----------
    events : iterable of mapping
        Events as EPCIS 2.0 JSON has them.
    created_at : datetime
        When it is written, with its time zone.
    prefixes : mapping
        Namespaces of the prefixes that the events use.

    Returns
    -------
    str
        JSON-LD that `read_epcis` reads.

    Raises
    ------
    InputFaults
        With all that is wrong with the events, and when `created_at` has no time zone.

    Examples
    --------
    >>> event = {"type": "ObjectEvent", "action": "ADD", "eventTime": "2026-03-01T08:00:00+08:00",
    ...     "eventTimeZoneOffset": "+08:00", "epcList": ["urn:x:pump"]}
    >>> text = epcis_text([event], created_at=dt.datetime(2026, 3, 2, tzinfo=dt.UTC), prefixes={})
    >>> [lot for event in read_epcis(text).accepted.values() for lot in event["epcList"]]
    ['urn:x:pump']
    """
    listed, own = list(events), dict(prefixes)
    wrong = [] if created_at.tzinfo else [Fault("created_at", str(created_at), "a time with its time zone")]
    for place, event in enumerate(listed):
        wrong += event_faults(event, own, f"eventList[{place}]")[1]
    refuse("EPCIS", wrong)
    document = {
        "@context": [CONTEXT, *([own] if own else [])],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created_at.isoformat(),
        "epcisBody": {"eventList": [{"eventID": event_hash(event, own), **event} for event in listed]},
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
