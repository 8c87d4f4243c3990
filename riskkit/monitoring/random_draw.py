"""A random draw that anybody can do again: order by the SHA-256 of a published seed and a name.

Policy asks that what is inspected and who inspects it be drawn at random and the result made public
(双随机、一公开). A draw from a published seed can be checked on any computer: the ticket of an object is the
SHA-256, in hexadecimal, of the text ``seed|object|round`` in UTF-8, and the objects with the lowest tickets
are drawn (``printf '%s' 'seed|object|1' | sha256sum``). Nobody can steer it who cannot choose the seed after
the list is closed, so let the seed be something that is not known when the list closes, such as the result
of a public lottery.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown

_BAR = "|"


def ticket(seed: str, name: str, number: int = 1) -> str:
    """The ticket of an object in a round of the draw: the SHA-256 of ``seed|name|round``.

    Parameters
    ----------
    seed : str
        Published; without ``|``.
    name : str
        Of the object, as in the published list.
    number : int
        Round, from 1 up.

    References
    ----------
    .. [1] FIPS 180-4 (``nist_fips_180_4``).

    Examples
    --------
    >>> ticket("2026-lottery-118", "toy|CN|Y|lead")[:16]
    '62a86d0909e4c705'
    """
    return hashlib.sha256(f"{seed}{_BAR}{name}{_BAR}{number}".encode()).hexdigest()


def draw_order(names: Sequence[str], *, seed: str, number: int = 1) -> pd.DataFrame:
    """The order in which objects are drawn.

    Parameters
    ----------
    names : sequence of str
        The published list; each name once.
    seed : str
        Published, not empty, without ``|``.
    number : int
        Round, from 1 up; each round has an order of its own.

    Returns
    -------
    DataFrame
        place (in `names`), name, ticket; in the order of the draw.

    Raises
    ------
    InputFaults
        With every doubled or empty name, and a seed that cannot be published.

    Examples
    --------
    >>> draw_order(["a", "b", "c"], seed="118")["name"].tolist()
    ['c', 'b', 'a']
    """
    faults = [Fault("seed", shown(seed), "a text that is not empty, without |")] if not _is_seed(seed) else []
    faults += [] if number >= 1 else [Fault("round", str(number), "a whole number from 1 up")]
    seen: set[str] = set()
    for place, name in enumerate(names):
        if not str(name).strip() or name in seen:
            faults.append(Fault(f"name {place}", shown(name), "a name that stands once"))
        seen.add(name)
    refuse("draw", faults)
    rows = [(place, name, ticket(seed, name, number)) for place, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["place", "name", "ticket"]).sort_values("ticket", ignore_index=True)


def _is_seed(seed: str) -> bool:
    return seed.strip() != "" and _BAR not in seed


def draw(names: Sequence[str], *, seed: str, n: int) -> tuple[str, ...]:
    """The objects drawn, each with the same chance.

    Parameters
    ----------
    names, seed
        As for `draw_order`.
    n : int
        How many; all where there are fewer.

    Examples
    --------
    >>> len(draw(["a", "b", "c"], seed="118", n=2))
    2
    """
    return tuple(draw_order(names, seed=seed)["name"].head(n))


def assign_inspectors(
    objects: Sequence[str],
    inspectors: Sequence[str],
    *,
    seed: str,
    each: int = 2,
    barred: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Who inspects what, drawn at random; an inspector who is barred from an object is passed over.

    For each object the inspectors are put in the order of their tickets ``seed|object/inspector|1``; those
    with the fewest objects so far come first, so that the load is even.

    Parameters
    ----------
    objects, inspectors : sequence of str
        As published; each name once. Objects in the order they were drawn.
    seed : str
        Published.
    each : int
        Inspectors an object, from 1 up.
    barred : mapping of str to collection of str, optional
        Object → inspectors who may not inspect it.

    Returns
    -------
    DataFrame
        object, inspectors (with ``; `` between), n_missing (inspectors that could not be found).

    Raises
    ------
    InputFaults
        With every doubled name and every barred name that is on neither list.

    References
    ----------
    .. [1] 国办发〔2015〕58号 (``sc_2015_58``), the principle only.

    Examples
    --------
    >>> found = assign_inspectors(["p"], ["A", "B", "C"], seed="118", barred={"p": ["A"]})
    >>> sorted(found["inspectors"].item().split("; "))
    ['B', 'C']
    """
    bars = barred or {}
    named = [(o, i) for o, many in bars.items() for i in many]
    wrong = [f"{o}: {i}" for o, i in named if o not in objects or i not in inspectors]
    refuse(
        "barred", [Fault("barred", shown(pair), "an object and an inspector of the lists") for pair in wrong]
    )
    draw_order(objects, seed=seed)
    draw_order(inspectors, seed=seed)
    load = dict.fromkeys(inspectors, 0)
    rows = []
    for name in objects:
        free = [who for who in inspectors if who not in bars.get(name, ())]
        order = sorted(free, key=lambda who, name=name: (load[who], ticket(seed, f"{name}/{who}")))  # type: ignore[misc]
        chosen = order[:each]
        for who in chosen:
            load[who] += 1
        rows.append((name, "; ".join(chosen), each - len(chosen)))
    return pd.DataFrame(rows, columns=["object", "inspectors", "n_missing"])
