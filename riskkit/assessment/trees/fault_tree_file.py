"""Fault trees as plain data: what a tree is and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.assessment.trees.fault_tree_checks import findings, parts_of
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.foundation.numbers.distributions import Distribution, as_probability, parse_distribution
from riskkit.foundation.numbers.graphs import upwards
from riskkit.foundation.short_repr import ShownInNotebooks


@dataclass(frozen=True)
class Event:
    """A basic event: it happens or not, independently of all others, with probability `p`.

    Events of one `group` share what is not known of `p`: one draw serves them all.
    """

    id: str
    p: Distribution
    group: str = ""
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Gate:
    """An event made of others. `k` counts for ``at_least``; the last part of ``inhibit`` is its condition."""

    id: str
    kind: str
    of: tuple[str, ...]
    k: int = 0
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, repr=False)
class FaultTree(ShownInNotebooks):
    """A lawful fault tree; its gates stand in an order in which every part comes before its whole."""

    top: str
    gates: tuple[Gate, ...]
    events: tuple[Event, ...]
    zh: str = ""
    en: str = ""


def load_fault_tree(path: str | Path) -> FaultTree:
    """A fault tree from a TOML file.

    Parameters
    ----------
    path : str or Path
        The file: ``[gates.<id>]`` with `kind`, `of` and where needed `k` or `condition`, and
        ``[events.<id>]`` with `p`.

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> try:
    ...     load_fault_tree("nowhere.toml")
    ... except ValueError as error:
    ...     print(error.faults[0].rule)
    a file that exists
    """
    file = read_toml(path)
    refuse(
        file.name,
        [Fault(file.place(place), shown(value), rule) for place, value, rule in findings(file.data)],
    )
    return _built(file.data)


def fault_tree(data: Mapping[str, Any], *, name: str = "fault tree") -> FaultTree:
    """A fault tree from a mapping of the form the TOML file has.

    Parameters
    ----------
    data : mapping
        ``gates`` and ``events``, each a mapping by id; ``top`` may be left out.
    name : str, optional
        Name for messages.

    Raises
    ------
    InputFaults
        With every fault and its place.

    Examples
    --------
    >>> tree = fault_tree({"gates": {"fire": {"kind": "and", "of": ["spark", "vapour"]}},
    ...                    "events": {"spark": {"p": 0.01}, "vapour": {"p": "1/50"}}})
    >>> tree.top, [event.id for event in tree.events]
    ('fire', ['spark', 'vapour'])
    """
    found = findings(data)
    refuse(name, [Fault(".".join(map(str, place)), shown(value), rule) for place, value, rule in found])
    return _built(data)


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (not isinstance(value, str | list) and bool(pd.isna(value)))


def _built(data: Mapping[str, Any]) -> FaultTree:
    gates: Mapping[str, Any] = data["gates"]
    parts = {id_: parts_of(gate) for id_, gate in gates.items()}
    used = {part for of in parts.values() for part in of}
    (top,) = (id_ for id_ in gates if id_ not in used)
    return FaultTree(
        top=top,
        gates=tuple(
            Gate(id_, gates[id_]["kind"], parts[id_], gates[id_].get("k", 0), *_title(gates[id_]))
            for id_ in upwards(parts)
        ),
        events=tuple(
            Event(id_, as_probability(parse_distribution(event["p"])), event.get("group", ""), *_title(event))
            for id_, event in data["events"].items()
        ),
        zh=_title(data)[0],
        en=_title(data)[1],
    )


def _title(item: Mapping[str, Any]) -> tuple[str, str]:
    title = item.get("title", {})
    return str(title.get("zh", "")), str(title.get("en", ""))
