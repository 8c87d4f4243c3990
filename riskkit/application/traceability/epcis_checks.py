"""What an EPCIS event must be: its kind, fields, lists and prefixes; every fault with its place."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from riskkit.foundation.inputs.faults import REQUIRED, Fault, RuleText, one_of, shown

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_CONTEXTS = (
    CONTEXT,
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
)
"""What is known of a context is known by its address: nothing is fetched."""
_ACTIONS = ("ADD", "OBSERVE", "DELETE")
KINDS = {
    "ObjectEvent": ("epcList", "quantityList", "sensorElementList"),
    "AggregationEvent": ("parentID", "childEPCs", "childQuantityList"),
    "AssociationEvent": ("parentID",),
    "TransactionEvent": ("parentID", "epcList", "quantityList"),
    "TransformationEvent": ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"),
}
"""Kinds of events; each must have one of its fields."""
_STEPS = {
    "production": "commissioning creating_class_instance assembling disassembling encoding killing",
    "inspection": "inspecting sampling sensor_reporting accepting",
    "sale": "retail_selling dispensing",
    "use": "installing",
    "repair": "repairing replacing removing",
    "logistics": "arriving collecting consigning cycle_counting decommissioning departing destroying "
    "entering_exiting holding loading other packing picking receiving repackaging reserving shipping "
    "staging_outbound stock_taking stocking storing transporting unloading unpacking void_shipping",
}
STAGE_OF_STEP = {step: stage for stage, steps in _STEPS.items() for step in steps.split()}
"""Stage of task 22 for each business step of CBV 2.0 (the choice is this project's own)."""
_DISPOSITIONS = (
    "active", "available", "completeness_inferred", "completeness_verified", "conformant",
    "container_closed", "container_open", "damaged", "destroyed", "dispensed", "disposed", "encoded",
    "expired", "in_progress", "in_transit", "inactive", "mismatch_class", "mismatch_instance",
    "mismatch_quantity", "needs_replacement", "no_pedigree_match", "non_conformant",
    "non_sellable_other", "partially_dispensed", "recalled", "reserved", "retail_sold", "returned",
    "sellable_accessible", "sellable_not_accessible", "stolen", "unavailable", "unknown",
)  # fmt: skip
_KNOWN_PREFIXES = ("rdfs", "cbv", "gs1", "cbvmda", "epcis", "rdf", "owl", "xsd", "dcterms")
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def read_contexts(given: Any, at: str = "@context") -> tuple[dict[str, str], list[Fault]]:
    """Prefixes that a context declares, and what is wrong with it.

    Parameters
    ----------
    given : object
        What stands at ``@context``: an address, prefixes with namespaces, or a list of these.
    at : str
        Where it stands.

    Returns
    -------
    tuple
        Namespace of each prefix; faults.

    Examples
    --------
    >>> read_contexts([CONTEXT, {"ex": "https://example.com/"}])
    ({'ex': 'https://example.com/'}, [])
    >>> print(*read_contexts("https://example.com/c")[1])
    @context[0]: 'https://example.com/c', must be: a context of EPCIS 2.0, or prefixes with their namespaces
    """
    prefixes: dict[str, str] = {}
    if not given:
        return prefixes, [Fault(at, "", REQUIRED)]
    faults = []
    for place, each in enumerate(listed(given)):
        where = f"{at}[{place}]"
        if isinstance(each, dict):
            texts = {name: value for name, value in each.items() if isinstance(value, str)}
            prefixes |= texts
            faults += [Fault(f"{where}.{name}", shown(value), "an absolute URI")
                       for name, value in texts.items() if not _URI.fullmatch(value)]  # fmt: skip
        elif each not in _CONTEXTS:
            rule = "a context of EPCIS 2.0, or prefixes with their namespaces"
            faults.append(Fault(where, shown(each), rule))
    return prefixes, faults


def event_faults(event: Any, prefixes: dict[str, str], at: str) -> tuple[dict[str, str], list[Fault]]:
    """Everything that is wrong with one event.

    Parameters
    ----------
    event : object
        What stands in the list of events.
    prefixes : dict
        Namespaces that the document declares.
    at : str
        Where it stands.

    Returns
    -------
    tuple
        Namespaces in force in the event, its own context included; faults.

    Examples
    --------
    >>> event = {"type": "ObjectEvent", "action": "SEEN", "eventTime": "2026-03-01T08:00:00+08:00",
    ...     "eventTimeZoneOffset": "+08:00", "epcList": ["lot 7"]}
    >>> print(*event_faults(event, {}, "e")[1], sep="\\n")
    e.action: 'SEEN', must be: one of ADD, OBSERVE, DELETE
    e.epcList[0]: 'lot 7', must be: a URI
    """
    if not isinstance(event, dict):
        return prefixes, [Fault(at, shown(event), "an event")]
    more, faults = read_contexts(event["@context"], f"{at}.@context") if "@context" in event else ({}, [])
    own = prefixes | more
    kind = event.get("type")
    if kind not in tuple(KINDS):
        return own, [*faults, Fault(f"{at}.type", shown(kind), one_of(str(kind), KINDS))]
    if not any(event.get(name) for name in KINDS[kind]):
        faults.append(Fault(at, "none of them", RuleText("with one of {}", ", ".join(KINDS[kind]))))
    faults += _field_faults(event, at)
    faults += _word_faults(event, at)
    faults += _place_faults(event, at)
    faults += _prefix_faults(event, own, at)
    faults += _list_faults(event, at)
    return own, faults


def _field_faults(event: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """Time and action."""
    is_acting = event["type"] != "TransformationEvent"
    time, offset, action = (event.get(name) for name in ("eventTime", "eventTimeZoneOffset", "action"))
    if not _has_offset(time):
        yield Fault(f"{at}.eventTime", shown(time), "a time with its offset")
    if not _OFFSET.fullmatch(str(offset)):
        yield Fault(f"{at}.eventTimeZoneOffset", shown(offset), "an offset as +08:00")
    if is_acting and action not in _ACTIONS:
        yield Fault(f"{at}.action", shown(action), one_of(str(action), _ACTIONS))


def _word_faults(event: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """Words of the vocabulary and fields that hold a URI."""
    for name, known in (("bizStep", tuple(STAGE_OF_STEP)), ("disposition", _DISPOSITIONS)):
        word = event.get(name)
        if word is not None and word not in known and not _is_uri(word):
            yield Fault(f"{at}.{name}", shown(word), one_of(str(word), known))
    for name in ("parentID", "transformationID"):
        if name in event and not _is_uri(event[name]):
            yield Fault(f"{at}.{name}", shown(event[name]), "a URI")
    for each in listed(event.get("certificationInfo", [])):
        if not _is_uri(each):
            yield Fault(f"{at}.certificationInfo", shown(each), "a URI")


def _place_faults(event: Mapping[str, Any], at: str) -> Iterator[Fault]:
    """The two places, and what a maker adds."""
    for name in ("readPoint", "bizLocation"):
        if name in event and not (isinstance(event[name], dict) and _is_uri(event[name].get("id"))):
            yield Fault(f"{at}.{name}", shown(event[name]), "an object with a URI as id")
    own_fields = event.get("ilmd", {})
    if not isinstance(own_fields, dict) or any(":" not in name for name in own_fields):
        yield Fault(f"{at}.ilmd", shown(own_fields), "an object of fields with a prefix each")


def listed(value: Any) -> list[Any]:
    """A list as it is, and one thing as a list of one: JSON-LD allows both.

    Examples
    --------
    >>> listed("a"), listed(["a"])
    (['a'], ['a'])
    """
    return value if isinstance(value, list) else [value]


def _is_uri(value: Any) -> bool:
    return isinstance(value, str) and _URI.fullmatch(value) is not None


def _has_offset(value: Any) -> bool:
    try:
        return dt.datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _prefix_faults(part: Any, prefixes: Mapping[str, str], at: str) -> Iterator[Fault]:
    """Names with a prefix that no context declares, at any depth."""
    if isinstance(part, list):
        for place, each in enumerate(part):
            yield from _prefix_faults(each, prefixes, f"{at}[{place}]")
    elif isinstance(part, dict):
        for name, value in part.items():
            prefix, colon, _ = name.partition(":")
            if colon and prefix not in {*prefixes, *_KNOWN_PREFIXES} and not name.startswith("@"):
                yield Fault(f"{at}.{name}", shown(prefix), "a prefix that a context declares")
            yield from _prefix_faults(value, prefixes, f"{at}.{name}")


def _list_faults(event: Mapping[str, Any], at: str) -> Iterator[Fault]:
    for name, value in event.items():
        if not name.endswith(("List", "EPCs")) or ":" in name:
            continue
        if not isinstance(value, list):
            yield Fault(f"{at}.{name}", shown(value), "a list")
            continue
        is_text = name.endswith(("EPCs", "epcList", "EPCList"))
        for place, each in enumerate(value):
            where = f"{at}.{name}[{place}]"
            if is_text and not _is_uri(each):
                yield Fault(where, shown(each), "a URI")
            elif not is_text and not isinstance(each, dict):
                yield Fault(where, shown(each), "an object")
            elif name == "sourceList" and not _is_uri(each.get("source")):
                yield Fault(f"{where}.source", shown(each.get("source")), "a URI")
            elif name.lower().endswith("quantitylist"):
                yield from _quantity_faults(each, where)


def _quantity_faults(each: Mapping[str, Any], where: str) -> Iterator[Fault]:
    number = each.get("quantity", 0)
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not is_number or not 0 <= number < math.inf:
        yield Fault(f"{where}.quantity", shown(number), "a number from 0 up")
    if not _is_uri(each.get("epcClass")):
        yield Fault(f"{where}.epcClass", shown(each.get("epcClass")), "a URI")
