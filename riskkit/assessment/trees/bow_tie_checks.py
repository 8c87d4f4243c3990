"""Everything that can be wrong with a bow-tie, found at once and told with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from riskkit.foundation.inputs.faults import RuleText
from riskkit.foundation.numbers.distributions import as_probability, parse_distribution, support

Finding = tuple[tuple[str | int, ...], object, str]
_KEYS = {
    "barriers": {"p_fails", "title", "source", "basis", "note"},
    "threats": {"rate", "barriers", "title", "source", "basis", "note"},
    "consequences": {"p", "barriers", "severity", "title", "source", "basis", "note"},
}
_TITLE = "a text in each of zh and en"


def bow_tie_findings(data: Mapping[str, Any]) -> list[Finding]:
    """Everything wrong with a bow-tie: places, values and the rules they break.

    Examples
    --------
    >>> bow_tie_findings({"consequences": {"fire": {"p": 2}}})
    [(('consequences', 'fire', 'p'), 2, 'a probability from 0 to 1')]
    """
    out: list[Finding] = [
        ((key,), data[key], "a known key") for key in data if key not in {"schema", "id", "title", *_KEYS}
    ]
    if data.get("schema", 1) != 1:
        out.append((("schema",), data["schema"], "1"))
    out += _title_findings((), data)
    seen: set[str] = set()
    for kind in _KEYS:
        items = data.get(kind, {})
        if not isinstance(items, Mapping) or (kind == "consequences" and not items):
            out.append(
                (
                    (kind,),
                    items,
                    "consequences by id, at least one"
                    if kind == "consequences"
                    else RuleText("{} by id", kind),
                )
            )
            continue
        for id_, item in items.items():
            if id_ in seen:
                out.append(((kind, id_), id_, "an id that stands once"))
            seen.add(str(id_))
            out += _item_findings(kind, str(id_), item, barriers=data.get("barriers", {}))
    return out


def _title_findings(place: tuple[str, ...], item: Mapping[str, Any]) -> Iterator[Finding]:
    title = item.get("title")
    lawful = (
        isinstance(title, Mapping)
        and set(title) == {"zh", "en"}
        and all(isinstance(t, str) for t in title.values())
    )
    if "title" in item and not lawful:
        yield (*place, "title"), title, _TITLE


def _item_findings(kind: str, id_: str, item: object, *, barriers: object) -> Iterator[Finding]:
    place = (kind, id_)
    if not isinstance(item, Mapping):
        yield place, item, RuleText("an entry with {}", ", ".join(sorted(_KEYS[kind])))
        return
    for key in item:
        if key not in _KEYS[kind]:
            yield (*place, key), item[key], "a known key"
    yield from _title_findings(place, item)
    number = {"barriers": "p_fails", "threats": "rate", "consequences": "p"}[kind]
    try:
        dist = parse_distribution(item.get(number, 1 if kind == "consequences" else None))
        if kind == "threats" and support(dist)[0] < 0:
            raise ValueError("a rate [1/year] that is not negative")
        if kind != "threats":
            as_probability(dist)
    except ValueError as error:
        yield (*place, number), item.get(number), str(error)
    if kind == "consequences" and item.get("severity", 1) not in (1, 2, 3, 4):
        yield (*place, "severity"), item["severity"], "a severity from 1 to 4"
    if kind != "barriers":
        yield from _barrier_findings((*place, "barriers"), item.get("barriers", []), barriers)


def _barrier_findings(place: tuple[str, ...], listed: object, barriers: object) -> Iterator[Finding]:
    if not isinstance(listed, list | tuple):
        yield place, listed, "a list of ids"
        return
    known = barriers if isinstance(barriers, Mapping) else {}
    for number, one in enumerate(listed):
        if not isinstance(one, str) or one not in known:
            yield place, one, "the id of a barrier"
        if one in listed[:number]:
            yield place, one, "a barrier that stands once"
