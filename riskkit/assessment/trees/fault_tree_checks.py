"""Everything that can be wrong with a fault tree, found at once and told with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from riskkit.foundation.inputs.faults import RuleText
from riskkit.foundation.numbers.decision_diagrams import MAX_VARIABLES
from riskkit.foundation.numbers.distributions import as_probability, parse_distribution
from riskkit.foundation.numbers.graphs import cycles

KINDS = ("or", "and", "at_least", "not", "inhibit")
MAX_GATES = 5_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TREE_KEYS = {"schema", "id", "title", "top", "gates", "events"}
_GATE_KEYS = {"kind", "of", "k", "condition", "title"}
_EVENT_KEYS = {"p", "group", "title", "source", "basis", "note"}
_TITLE = "a text in each of zh and en"

Place = tuple[str | int, ...]
Finding = tuple[Place, object, str]


def parts_of(gate: object) -> tuple[str, ...]:
    """What a gate is made of, its condition last; empty where the gate says nothing usable.

    Examples
    --------
    >>> parts_of({"kind": "inhibit", "of": ["leak"], "condition": "open_flame"})
    ('leak', 'open_flame')
    """
    if not isinstance(gate, Mapping):
        return ()
    of, condition = gate.get("of", []), gate.get("condition")
    listed = [part for part in of if isinstance(part, str)] if isinstance(of, list | tuple) else []
    return (*listed, *([condition] if isinstance(condition, str) else []))


def findings(data: Mapping[str, Any]) -> list[Finding]:
    """Everything wrong with a tree: places, values and the rules they break.

    Parameters
    ----------
    data : mapping
        As read.

    Returns
    -------
    list of (key path, value, rule)
        Empty when nothing is wrong.

    Examples
    --------
    >>> gates = {"t": {"kind": "at_least", "k": 3, "of": ["a", "b"]}}
    >>> [rule for _, _, rule in findings({"gates": gates, "events": {"a": {"p": 0.1}, "b": {"p": 1.5}}})]
    ['a whole number from 1 to 2, the number of its parts', 'a probability from 0 to 1']
    """
    gates, events = data.get("gates"), data.get("events")
    out: list[Finding] = [((key,), data[key], "a known key") for key in data if key not in _TREE_KEYS]
    if data.get("schema", 1) != 1:
        out.append((("schema",), data["schema"], "1"))
    if "title" in data and not _is_title(data["title"]):
        out.append((("title",), data["title"], _TITLE))
    if not isinstance(gates, Mapping) or not gates:
        out.append((("gates",), gates, "at least one gate, by id"))
        gates = {}
    if not isinstance(events, Mapping) or not events:
        out.append((("events",), events, "at least one basic event, by id"))
        events = {}
    if len(gates) > MAX_GATES or len(events) > MAX_VARIABLES:
        many = f"{len(gates)} gates, {len(events)} events"
        return [
            *out,
            (("gates",), many, RuleText("at most {} gates and {} events", MAX_GATES, MAX_VARIABLES)),
        ]
    for id_, gate in gates.items():
        out += _gate_findings(str(id_), gate, known=gates.keys() | events.keys(), events=events)
    for id_, event in events.items():
        out += _event_findings(str(id_), event, is_gate=id_ in gates)
    out += _group_findings(events)
    return out + list(_shape_findings(data, gates, events))


def _is_title(title: object) -> bool:
    return (
        isinstance(title, Mapping)
        and set(title) == {"zh", "en"}
        and all(isinstance(text, str) and text.strip() for text in title.values())
    )


def _item_findings(place: Place, item: Mapping[str, Any], keys: set[str]) -> Iterator[Finding]:
    if not _ID.fullmatch(str(place[1])):
        yield place, place[1], "an id of letters, digits, - _ . (at most 64)"
    for key in item:
        if key not in keys:
            yield (*place, key), item[key], "a known key"
    if "title" in item and not _is_title(item["title"]):
        yield (*place, "title"), item["title"], _TITLE


def _gate_findings(
    id_: str, gate: object, *, known: Iterable[str], events: Mapping[str, Any]
) -> Iterator[Finding]:
    place = ("gates", id_)
    if not isinstance(gate, Mapping):
        yield place, gate, "a gate with kind and of"
        return
    yield from _item_findings(place, gate, _GATE_KEYS)
    kind, of = gate.get("kind"), gate.get("of")
    if kind not in KINDS:
        yield (*place, "kind"), kind, RuleText("one of {}", ", ".join(KINDS))
    if not isinstance(of, list | tuple) or not of or not all(isinstance(part, str) for part in of):
        yield (*place, "of"), of, "a list of at least one id"
        return
    names = set(known)
    for number, part in enumerate(of):
        if part not in names:
            yield (*place, "of"), part, "the id of a gate or event"
        if part in of[:number]:
            yield (*place, "of"), part, "a part that stands once"
    if kind in ("not", "inhibit") and len(of) != 1:
        yield (*place, "of"), of, RuleText("exactly one part for {}", kind)
    yield from _own_findings(place, gate, n=len(of), events=events)


def _own_findings(
    place: Place, gate: Mapping[str, Any], *, n: int, events: Mapping[str, Any]
) -> Iterator[Finding]:
    kind, k, condition = gate.get("kind"), gate.get("k"), gate.get("condition")
    if kind == "at_least" and (not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= n):
        yield (*place, "k"), k, RuleText("a whole number from 1 to {}, the number of its parts", n)
    if kind in KINDS and kind != "at_least" and k is not None:
        yield (*place, "k"), k, RuleText("no k for {}", kind)
    if kind == "inhibit" and (not isinstance(condition, str) or condition not in events):
        yield (*place, "condition"), condition, "the id of a basic event"
    if kind in KINDS and kind != "inhibit" and condition is not None:
        yield (*place, "condition"), condition, RuleText("no condition for {}", kind)


def _event_findings(id_: str, event: object, *, is_gate: bool) -> Iterator[Finding]:
    place = ("events", id_)
    if is_gate:
        yield place, id_, "an id that no gate has"
    if not isinstance(event, Mapping):
        yield place, event, "an event with p"
        return
    yield from _item_findings(place, event, _EVENT_KEYS)
    if "group" in event and not isinstance(event["group"], str):
        yield (*place, "group"), event["group"], "a name"
    try:
        as_probability(parse_distribution(event.get("p")))
    except ValueError as error:
        yield (*place, "p"), event.get("p"), str(error)


def _group_findings(events: Mapping[str, Any]) -> Iterator[Finding]:
    first: dict[str, tuple[str, Any]] = {}
    for id_, event in events.items():
        if not isinstance(event, Mapping) or not isinstance(event.get("group"), str):
            continue
        other, p = first.setdefault(event["group"], (id_, event.get("p")))
        if event.get("p") != p:
            yield ("events", id_, "p"), event.get("p"), RuleText("the p of {}, which shares its group", other)


def _shape_findings(
    data: Mapping[str, Any], gates: Mapping[str, Any], events: Mapping[str, Any]
) -> Iterator[Finding]:
    parts = {id_: parts_of(gate) for id_, gate in gates.items()}
    used = {part for of in parts.values() for part in of}
    circles = list(cycles(parts))
    for circle in circles:
        yield ("gates", circle[0]), " → ".join(circle), "a tree without a circle"
    tops = [id_ for id_ in gates if id_ not in used]
    if len(tops) > 1:
        yield ("gates",), ", ".join(tops), "one top: a single gate that no other gate names"
    if gates and not tops and not circles:
        yield ("gates",), None, "one top: a gate that no other gate names"
    if "top" in data and len(tops) == 1 and data["top"] != tops[0]:
        yield ("top",), data["top"], RuleText("{}, the gate that no other gate names", tops[0])
    for id_ in events:
        if id_ not in used:
            yield ("events", id_), id_, "an event that some gate names"
