"""A notice as plain data, and the schema of that data."""

from __future__ import annotations

from typing import Any

from riskkit.foundation.inputs.plain_data import plain
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.warning_levels import code_of_rank
from riskkit.warning.publication.notices import KINDS, Notice, check_notice


def notice_data(notice: Notice) -> dict[str, Any]:
    """A notice as plain data, as ``data/dictionary/notice.schema.json`` describes it.

    Parameters
    ----------
    notice : Notice

    Examples
    --------
    >>> sorted(notice_schema()["required"])[:3]
    ['advice', 'audience', 'category']
    """
    check_notice(notice)
    found: dict[str, Any] = plain(notice)
    found["level"] = code_of_rank(notice.level)
    found["earlier"] = [{"notice_id": name, "issued_at": at} for name, at in found["earlier"]]
    return found


def notice_schema() -> dict[str, Any]:
    """The JSON Schema of `notice_data`.

    References
    ----------
    .. [1] JSON Schema, draft 2020-12 (source ``json_schema_2020``).

    Examples
    --------
    >>> notice_schema()["properties"]["level"]["enum"]
    ['Ⅳ', 'Ⅲ', 'Ⅱ', 'Ⅰ']
    """
    words = {"type": "object", "required": ["zh", "en"], "additionalProperties": {"type": "string"}}
    free, text = {"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string"}
    time = {"type": "string", "format": "date-time"}
    grade = {"type": "integer", "minimum": 1, "maximum": 4}
    level = {"enum": list(scale("warning").codes)}
    place = {"name": words, "system": text, "code": text}
    earlier = {"notice_id": text, "issued_at": time}
    said = dict.fromkeys(("category", "title", "event", "reach", "advice", "measures", "issuer"), words)
    properties = {
        "notice_id": text, "warning_id": text, "kind": {"enum": list(KINDS)}, "level": level,
        **said, "issued_at": time, "starts_at": time, "ends_at": {"anyOf": [time, {"type": "null"}]},
        "places": {"type": "array", "minItems": 1, "items": _closed(place)},
        "hazard_classes": {"type": "array", "minItems": 1, "items": text}, "urgency": grade,
        "probability": {"anyOf": [grade, {"type": "null"}]}, "has_harmed": {"type": "boolean"},
        "hs": {"type": "array", "items": {"type": "string", "pattern": "^([0-9]{2}){1,5}$"}},
        "lots": {"type": "array", "items": text}, "audience": free, "contact": free, "reason": free,
        "earlier": {"type": "array", "items": _closed(earlier)},
    }  # fmt: skip
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "riskkit notice"}
    return head | _closed(properties)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }
