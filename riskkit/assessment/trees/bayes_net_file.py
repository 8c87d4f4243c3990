"""Discrete Bayesian networks as plain data: what a network is, how it is read, all that can be wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.foundation.numbers.graphs import cycles, upwards

MAX_NODES = 500
MAX_CELLS = 1_000_000
SUM_TOLERANCE = 1e-9
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_NET_KEYS = {"schema", "id", "title", "nodes"}
_NODE_KEYS = {"states", "parents", "table", "title", "source", "basis", "note"}

Finding = tuple[tuple[str | int, ...], object, str]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Node:
    """A variable with its states and its table.

    Parameters
    ----------
    id : str
        Name.
    states : tuple of str
        At least one.
    parents : tuple of str
        What it depends on directly.
    table : tuple of tuple of float
        A row for each combination of parents' states (the last parent's changing fastest), a column
        for each state; rows sum to 1.
    zh, en : str
        Title.
    """

    id: str
    states: tuple[str, ...]
    parents: tuple[str, ...]
    table: tuple[tuple[float, ...], ...]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Network:
    """A lawful Bayesian network; parents stand before their children."""

    nodes: tuple[Node, ...]
    zh: str = ""
    en: str = ""

    def states(self) -> dict[str, tuple[str, ...]]:
        """States by node."""
        return {node.id: node.states for node in self.nodes}


def load_network(path: str | Path) -> Network:
    """A network from a TOML file with ``[nodes.<id>]``: states, parents, table.

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> try:
    ...     load_network("nowhere.toml")
    ... except ValueError as error:
    ...     print(error.faults[0].rule)
    a file that exists
    """
    file = read_toml(path)
    found = network_findings(file.data)
    refuse(file.name, [Fault(file.place(place), shown(value), rule) for place, value, rule in found])
    return _built(file.data)


def network(data: Mapping[str, Any], *, name: str = "network") -> Network:
    """A network from a mapping of the form the TOML file has.

    Parameters
    ----------
    data : mapping
        ``nodes``: a mapping by id of ``states`` (list of str), ``parents`` (list of ids, may be left
        out) and ``table`` (a row for each combination of the parents' states, the last parent's
        changing fastest; without parents a single row, which may stand alone).
    name : str, optional
        Name for messages.

    Raises
    ------
    InputFaults
        With every fault and its place.

    Examples
    --------
    >>> net = network({"nodes": {
    ...     "flaw": {"states": ["yes", "no"], "table": [0.01, 0.99]},
    ...     "alarm": {"states": ["yes", "no"], "parents": ["flaw"], "table": [[0.9, 0.1], [0.05, 0.95]]}}})
    >>> [node.id for node in net.nodes]
    ['flaw', 'alarm']
    """
    found = network_findings(data)
    refuse(name, [Fault(".".join(map(str, place)), shown(value), rule) for place, value, rule in found])
    return _built(data)


def _built(data: Mapping[str, Any]) -> Network:
    nodes: Mapping[str, Any] = data["nodes"]
    order = upwards({id_: tuple(item.get("parents", ())) for id_, item in nodes.items()})
    return Network(
        tuple(
            Node(
                id_,
                tuple(nodes[id_]["states"]),
                tuple(nodes[id_].get("parents", ())),
                tuple(tuple(_number(p) for p in row) for row in _rows(nodes[id_]["table"])),
                *_title(nodes[id_]),
            )
            for id_ in order
        ),
        *_title(data),
    )


def _number(value: Any) -> float:
    """A probability as a float; fractions such as ``"1/3"`` are read, however small a float may be."""
    if isinstance(value, float | np.floating) and math.isfinite(value):
        return float(value)
    return float(exact(value))


def _title(item: Mapping[str, Any]) -> tuple[str, str]:
    title = item.get("title", {})
    return str(title.get("zh", "")), str(title.get("en", ""))


def _rows(table: Any) -> list[Any]:
    rows = list(table)
    return (
        rows
        if rows and isinstance(rows[0], Sequence | np.ndarray) and not isinstance(rows[0], str)
        else [rows]
    )


def network_findings(data: Mapping[str, Any]) -> list[Finding]:
    """Everything wrong with a network: places, values and the rules they break.

    Examples
    --------
    >>> network_findings({"nodes": {"a": {"states": ["x", "y"], "table": [0.5, 0.6]}}})
    [(('nodes', 'a', 'table'), 'row 1: 1.1', 'rows that sum to 1')]
    """
    out: list[Finding] = [((key,), data[key], "a known key") for key in data if key not in _NET_KEYS]
    if data.get("schema", 1) != 1:
        out.append((("schema",), data["schema"], "1"))
    out += _title_findings((), data)
    nodes = data.get("nodes")
    if not isinstance(nodes, Mapping) or not nodes or len(nodes) > MAX_NODES:
        return [
            *out,
            (("nodes",), nodes if not nodes else len(nodes), RuleText("1 to {} nodes, by id", MAX_NODES)),
        ]
    for id_, node in nodes.items():
        out += _node_findings(str(id_), node, nodes)
    parents = {str(id_): _names(node, "parents") for id_, node in nodes.items()}
    for circle in cycles(parents):
        out.append((("nodes", circle[0], "parents"), " → ".join(circle), "a network without a circle"))
    return out


def _names(node: object, key: str) -> tuple[str, ...]:
    listed = node.get(key, ()) if isinstance(node, Mapping) else ()
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list | tuple) else ()


def _title_findings(place: tuple[str, ...], item: Mapping[str, Any]) -> Iterator[Finding]:
    title = item.get("title")
    is_lawful = (
        isinstance(title, Mapping)
        and set(title) == {"zh", "en"}
        and all(isinstance(t, str) for t in title.values())
    )
    if "title" in item and not is_lawful:
        yield (*place, "title"), title, "a text in each of zh and en"


def _node_findings(id_: str, node: object, nodes: Mapping[str, Any]) -> Iterator[Finding]:
    place = ("nodes", id_)
    if not _ID.fullmatch(id_):
        yield place, id_, "an id of letters, digits, - _ . (at most 64)"
    if not isinstance(node, Mapping):
        yield place, node, "a node with states and table"
        return
    for key in node:
        if key not in _NODE_KEYS:
            yield (*place, key), node[key], "a known key"
    yield from _title_findings(place, node)
    named, known = _names(node, "states"), _names(node, "parents")
    yield from _state_findings((*place, "states"), node.get("states"), named)
    yield from _parent_findings((*place, "parents"), node.get("parents", []), nodes)
    if named and all(parent in nodes for parent in known):
        n_rows = math.prod(max(1, len(_names(nodes[parent], "states"))) for parent in known)
        yield from _table_findings((*place, "table"), node.get("table"), shape=(n_rows, len(named)))


def _state_findings(place: tuple[str, ...], states: object, named: tuple[str, ...]) -> Iterator[Finding]:
    if not isinstance(states, list | tuple) or not named or len(named) < len(states) or "" in named:
        yield place, states, "a list of at least one word"
    for state in sorted({one for one in named if named.count(one) > 1}):
        yield place, state, "a state that stands once"


def _parent_findings(place: tuple[str, ...], parents: object, nodes: Mapping[str, Any]) -> Iterator[Finding]:
    if not isinstance(parents, list | tuple):
        yield place, parents, "a list of ids"
        return
    for number, parent in enumerate(parents):
        if not isinstance(parent, str) or parent not in nodes:
            yield place, parent, "the id of a node"
        if parent in parents[:number]:
            yield place, parent, "a parent that stands once"


def _table_findings(place: tuple[str, ...], table: Any, *, shape: tuple[int, int]) -> Iterator[Finding]:
    n_rows, n_states = shape
    if n_rows * n_states > MAX_CELLS:
        yield (place, f"{n_rows * n_states:,} numbers", RuleText("at most {} numbers", f"{MAX_CELLS:,}"))
        return
    if not isinstance(table, list | tuple | np.ndarray) or len(table) == 0:
        yield place, table, RuleText("{} rows of {} probabilities", n_rows, n_states)
        return
    rows = _rows(table)
    if len(rows) != n_rows:
        yield (
            place,
            f"{len(rows)} rows",
            RuleText("{} rows, one for each combination of the parents' states", n_rows),
        )
    for number, row in enumerate(rows, start=1):
        try:
            values = [_number(p) for p in row]
        except (ValueError, TypeError) as error:
            yield (place, f"row {number}: {shown(row)}", RuleText("probabilities from 0 to 1 ({})", error))
            continue
        if len(values) != n_states:
            yield (
                place,
                f"row {number}: {len(values)} numbers",
                RuleText("{} numbers, one for each state", n_states),
            )
        elif any(not 0 <= p <= 1 for p in values):
            yield place, f"row {number}: {shown(values)}", "probabilities from 0 to 1"
        elif abs(math.fsum(values) - 1) > SUM_TOLERANCE:
            yield place, f"row {number}: {math.fsum(values):.10g}", "rows that sum to 1"
