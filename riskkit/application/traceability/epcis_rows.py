"""EPCIS events as the rows that tracing works on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from riskkit.application.traceability.epcis_checks import STAGE_OF_STEP
from riskkit.application.traceability.gs1_links import canonical_key

_STEP_NAME = re.compile(r"^(?:https?://ref\.gs1\.org/cbv/BizStep-|urn:epcglobal:cbv:bizstep:|cbv:BizStep-)")


def trace_rows(events: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """EPCIS events as the rows that `events.trace_events` checks.

    Parameters
    ----------
    events : mapping
        Good events by hash ID, from `read_epcis`.

    Returns
    -------
    DataFrame
        event_id (the hash ID), event_time, stage (by the business step; without one: production where lots
        are made, logistics elsewhere), company_id (business location, else read point, else first source),
        lot_id (canonical Digital Link), role (what goes into a transformation or container is ``input``, what
        comes of it ``output``, what is commissioned too), n_units [units] (missing for weights and volumes).

    Examples
    --------
    >>> event = {"type": "TransformationEvent", "eventTime": "2026-03-01T08:00:00+08:00",
    ...     "inputEPCList": ["urn:x:steel"], "outputEPCList": ["urn:x:pump"]}
    >>> trace_rows({"e": event})[["stage", "lot_id", "role"]].values.tolist()
    [['production', 'urn:x:steel', 'input'], ['production', 'urn:x:pump', 'output']]
    """
    columns = ("event_id", "event_time", "stage", "company_id", "lot_id", "role", "n_units")
    rows = [
        (name, event["eventTime"], _stage(event), _place(event), canonical_key(lot), role, units)
        for name, event in events.items()
        for lot, role, units in _lots(event)
    ]
    return pd.DataFrame(rows, columns=list(columns))


def _is_making(event: Mapping[str, Any]) -> bool:
    is_added = event["type"] == "ObjectEvent" and event.get("action") == "ADD"
    return is_added or event["type"] == "TransformationEvent"


def _stage(event: Mapping[str, Any]) -> str:
    step = _STEP_NAME.sub("", event.get("bizStep", ""))
    return STAGE_OF_STEP.get(step, "production" if _is_making(event) else "logistics")


def _place(event: Mapping[str, Any]) -> str | None:
    known = [event.get(name, {}).get("id") for name in ("bizLocation", "readPoint")]
    known += [source.get("source") for source in event.get("sourceList", [])]
    return next((canonical_key(name) for name in known if name), None)


def _lots(event: Mapping[str, Any]) -> Iterator[tuple[str, str, float | None]]:
    is_packing = event["type"] in ("AggregationEvent", "AssociationEvent") and event.get("action") == "ADD"
    own = "output" if _is_making(event) else "seen"
    child, parent = ("input", "output") if is_packing else ("seen", "seen")
    roles = {"epc": own, "quantity": own, "child": child, "childQuantity": child, "input": "input",
             "inputQuantity": "input", "output": "output", "outputQuantity": "output"}  # fmt: skip
    for name, value in event.items():
        role = roles.get(name.removesuffix("List").removesuffix("EPCs").removesuffix("EPC"))
        if name == "parentID":
            yield value, parent, 1
        elif role and name.endswith("uantityList"):
            for each in value:
                yield each["epcClass"], role, None if "uom" in each else each.get("quantity")
        elif role:
            yield from ((epc, role, 1) for epc in value)
