"""Directed graphs given as parts by whole: circles in them, and an order from the parts upwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def cycles(parts: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Circles in a graph of parts, each named once from where it was met back to there.

    Examples
    --------
    >>> list(cycles({"a": ("b",), "b": ("c", "a"), "c": ()}))
    [('a', 'b', 'a')]
    """
    state: dict[str, int] = {}
    for start in parts:
        trail, waiting = [start], [iter(parts[start])]
        if state.get(start):
            continue
        state[start] = 1
        while trail:
            part = next((one for one in waiting[-1] if one in parts), None)
            if part is None:
                state[trail.pop()] = 2
                waiting.pop()
            elif state.get(part) == 1:
                yield (*trail[trail.index(part) :], part)
            elif not state.get(part):
                state[part] = 1
                trail.append(part)
                waiting.append(iter(parts[part]))


def upwards(parts: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The wholes in an order in which each comes after its parts; those on a circle are left out.

    Examples
    --------
    >>> upwards({"top": ("gate", "event"), "gate": ("event",)})
    ['gate', 'top']
    """
    left = {gate: sum(part in parts for part in of) for gate, of in parts.items()}
    wholes: dict[str, list[str]] = {}
    for gate, of in parts.items():
        for part in of:
            wholes.setdefault(part, []).append(gate)
    ready, order = [gate for gate in parts if left[gate] == 0], []
    while ready:
        gate = ready.pop()
        order.append(gate)
        for whole in wholes.get(gate, []):
            left[whole] -= 1
            if left[whole] == 0:
                ready.append(whole)
    return order
