"""Bow-ties: from threats through barriers to the top event, and on through barriers to consequences.

The left side is either a list of threats with their rates, or a rate of the top event handed over, for
instance the top probability of a fault tree times the items in use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.assessment.trees.bow_tie_checks import bow_tie_findings
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.foundation.numbers.distributions import (
    Distribution,
    Fixed,
    as_probability,
    best,
    draw,
    parse_distribution,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Barrier:
    """Something that holds a threat or a consequence back, and fails with probability `p_fails`."""

    id: str
    p_fails: Distribution
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Threat:
    """A cause of the top event, with its rate [1/year] before any barrier."""

    id: str
    rate: Distribution
    barriers: tuple[str, ...]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Consequence:
    """An outcome of the top event; `p` is its probability when all its barriers fail."""

    id: str
    p: Distribution
    barriers: tuple[str, ...]
    severity: int | None = None
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class BowTie:
    """A lawful bow-tie; without threats its top rate is handed over."""

    threats: tuple[Threat, ...]
    barriers: tuple[Barrier, ...]
    consequences: tuple[Consequence, ...]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class BowTieRates:
    """Rates [1/year], all in the shape of the inputs.

    Parameters
    ----------
    top : ndarray of float
        Rate of the top event.
    threats : dict of str to ndarray of float
        Rate at which each threat passes its barriers.
    consequences : dict of str to ndarray of float
        Rate of each consequence.
    paths : dict of (threat, consequence) to ndarray of float
        Rate along each path; the threat is ``top`` where the top rate was handed over.
    """

    top: Floats
    threats: dict[str, Floats]
    consequences: dict[str, Floats]
    paths: dict[tuple[str, str], Floats]


def load_bow_tie(path: str | Path) -> BowTie:
    """A bow-tie from a TOML file.

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> try:
    ...     load_bow_tie("nowhere.toml")
    ... except ValueError as error:
    ...     print(error.faults[0].rule)
    a file that exists
    """
    file = read_toml(path)
    found = bow_tie_findings(file.data)
    refuse(file.name, [Fault(file.place(place), shown(value), rule) for place, value, rule in found])
    return _built(file.data)


def bow_tie(data: Mapping[str, Any], *, name: str = "bow-tie") -> BowTie:
    """A bow-tie from a mapping of the form the TOML file has.

    Parameters
    ----------
    data : mapping
        ``barriers``, ``threats`` (may be left out) and ``consequences``, each a mapping by id.
    name : str, optional
        Name for messages.

    Raises
    ------
    InputFaults
        With every fault and its place.

    Examples
    --------
    >>> tie = bow_tie({"threats": {"surge": {"rate": 0.1, "barriers": ["fuse"]}},
    ...                "barriers": {"fuse": {"p_fails": 0.01}},
    ...                "consequences": {"fire": {"p": 0.5}}})
    >>> tie.threats[0].barriers
    ('fuse',)
    """
    found = bow_tie_findings(data)
    refuse(name, [Fault(".".join(map(str, place)), shown(value), rule) for place, value, rule in found])
    return _built(data)


def bow_tie_rates(
    tie: BowTie,
    values: Mapping[str, ArrayLike] | None = None,
    *,
    top_rate: ArrayLike | Mapping[str, ArrayLike] | None = None,
) -> BowTieRates:
    """Rates of the top event and of every consequence.

    Along a path from a threat to a consequence: rate of the threat × product of the failure
    probabilities of all barriers on the path × probability of the consequence. A barrier that stands on
    both sides of a path counts once: if it has failed, it has failed.

    Parameters
    ----------
    tie : BowTie
        Barriers fail independently of each other and of the threats.
    values : mapping of str to array_like, optional
        Values by id to use instead of the best ones: rate of a threat, failure probability of a
        barrier, probability of a consequence. Shapes are broadcast together.
    top_rate : array_like or mapping of consequence to array_like, optional
        Needed if and only if there are no threats: rate of the top event [1/year]. A mapping gives each
        consequence its own, where a barrier on the right is also a basic event of the tree on the left
        (the top rate with that event certain).

    Returns
    -------
    BowTieRates

    Raises
    ------
    ValueError
        When a name is unknown, a value lies outside its range, or `top_rate` is missing or too much.

    References
    ----------
    .. [1] IEC 31010:2019 lists bow-tie analysis and layers of protection analysis, whose product rule
       this is.

    Examples
    --------
    >>> tie = bow_tie({"threats": {"surge": {"rate": 0.1, "barriers": ["fuse"]}},
    ...                "barriers": {"fuse": {"p_fails": 0.01}, "alarm": {"p_fails": 0.2}},
    ...                "consequences": {"fire": {"p": 0.5, "barriers": ["alarm"]}}})
    >>> rates = bow_tie_rates(tie, {"alarm": [0.2, 1.0]})
    >>> rates.top.round(9), rates.consequences["fire"].round(9)
    (array([0.001, 0.001]), array([0.0001, 0.0005]))
    """
    x = _values(tie, values or {})
    if (top_rate is None) != bool(tie.threats):
        raise ValueError("a top rate if and only if there are no threats")
    shape = np.broadcast_shapes(*(value.shape for value in x.values()))
    starts = {threat.id: (x[threat.id], threat.barriers) for threat in tie.threats}
    threats = {id_: _through(rate, barriers, x) for id_, (rate, barriers) in starts.items()}
    paths: dict[tuple[str, str], Floats] = {}
    for outcome in tie.consequences:
        origin = starts or {"top": (_handed_over(top_rate, outcome.id), ())}
        for id_, (rate, barriers) in origin.items():
            on_path = dict.fromkeys((*barriers, *outcome.barriers))
            paths[id_, outcome.id] = _through(rate, tuple(on_path), x) * x[outcome.id]
    shape = np.broadcast_shapes(shape, *(rate.shape for rate in paths.values()))
    top = sum(threats.values(), np.zeros(())) if threats else _handed_over(top_rate, None)
    return BowTieRates(
        top=np.broadcast_to(top, shape).astype(np.float64),
        threats={id_: np.broadcast_to(rate, shape).astype(np.float64) for id_, rate in threats.items()},
        consequences={
            outcome.id: np.broadcast_to(
                sum((r for (_, to), r in paths.items() if to == outcome.id), np.zeros(())), shape
            ).astype(np.float64)
            for outcome in tie.consequences
        },
        paths={path: np.broadcast_to(rate, shape).astype(np.float64) for path, rate in paths.items()},
    )


def _through(rate: Floats, barriers: tuple[str, ...], x: Mapping[str, Floats]) -> Floats:
    for barrier in barriers:
        rate = rate * x[barrier]
    return np.asarray(rate)


def _handed_over(top_rate: Any, outcome: str | None) -> Floats:
    if isinstance(top_rate, Mapping):
        if outcome is None:
            return np.asarray(np.nan)
        if outcome not in top_rate:
            raise ValueError(f"no top rate for the consequence {outcome}")
        top_rate = top_rate[outcome]
    rate = np.asarray(top_rate, dtype=np.float64)
    if bool((rate < 0).any()):
        raise ValueError("a rate is not negative")
    return rate


def _values(tie: BowTie, given: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    own = _unknowns(tie)
    strange = sorted(set(given) - set(own))
    if strange:
        raise ValueError(f"no threats, barriers or consequences: {', '.join(strange)}")
    x = {id_: np.asarray(given.get(id_, float(best(dist))), dtype=np.float64) for id_, dist in own.items()}
    rates = {threat.id for threat in tie.threats}
    with np.errstate(invalid="ignore"):
        wrong = [
            id_ for id_, v in x.items() if bool((v < 0).any()) or (id_ not in rates and bool((v > 1).any()))
        ]
    if wrong:
        raise ValueError(f"a probability from 0 to 1, a rate not negative: {', '.join(wrong)}")
    return x


def _unknowns(tie: BowTie) -> dict[str, Distribution]:
    return {
        **{threat.id: threat.rate for threat in tie.threats},
        **{barrier.id: barrier.p_fails for barrier in tie.barriers},
        **{outcome.id: outcome.p for outcome in tie.consequences},
    }


def draw_bow_tie(tie: BowTie, n: int, *, rng: np.random.Generator) -> dict[str, Floats]:
    """Draws of everything that is uncertain in a bow-tie, to hand to `bow_tie_rates`.

    Examples
    --------
    >>> tie = bow_tie({"threats": {"surge": {"rate": {"low": 0, "high": 1}}},
    ...                "consequences": {"fire": {"p": 0.5}}})
    >>> list(draw_bow_tie(tie, 3, rng=np.random.default_rng(1)))
    ['surge']
    """
    if n < 1:
        raise ValueError(f"draws must be at least 1, not {n}")
    return {id_: draw(d, n, rng=rng) for id_, d in _unknowns(tie).items() if not isinstance(d, Fixed)}


def bow_tie_paths(tie: BowTie, *, top_rate: float | None = None) -> pd.DataFrame:
    """Every path through a bow-tie with its barriers and its best rate, for reading and drawing.

    Returns
    -------
    DataFrame
        threat, consequence, barriers (tuple of str, each once), rate [1/year], share (of the
        consequence's rate).

    Examples
    --------
    >>> tie = bow_tie({"threats": {"surge": {"rate": 0.1}}, "consequences": {"fire": {"p": 0.5}}})
    >>> bow_tie_paths(tie).to_dict("records")
    [{'threat': 'surge', 'consequence': 'fire', 'barriers': (), 'rate': 0.05, 'share': 1.0}]
    """
    rates = bow_tie_rates(tie, top_rate=top_rate)
    left: dict[str, tuple[str, ...]] = {threat.id: threat.barriers for threat in tie.threats} or {"top": ()}
    right = {outcome.id: outcome.barriers for outcome in tie.consequences}
    rows = [
        {
            "threat": start,
            "consequence": end,
            "barriers": tuple(dict.fromkeys((*left[start], *right[end]))),
            "rate": float(rate),
            "share": float(rate / rates.consequences[end]) if rates.consequences[end] > 0 else np.nan,
        }
        for (start, end), rate in rates.paths.items()
    ]
    return pd.DataFrame(rows)


def _built(data: Mapping[str, Any]) -> BowTie:
    def part(kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        return iter(data.get(kind, {}).items())

    def barriers(item: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(item.get("barriers", ()))

    return BowTie(
        threats=tuple(
            Threat(id_, parse_distribution(one["rate"]), barriers(one), *_title(one))
            for id_, one in part("threats")
        ),
        barriers=tuple(
            Barrier(id_, as_probability(parse_distribution(one["p_fails"])), *_title(one))
            for id_, one in part("barriers")
        ),
        consequences=tuple(
            Consequence(
                id_,
                as_probability(parse_distribution(one.get("p", 1))),
                barriers(one),
                one.get("severity"),
                *_title(one),
            )
            for id_, one in part("consequences")
        ),
        zh=_title(data)[0],
        en=_title(data)[1],
    )


def _title(item: Mapping[str, Any]) -> tuple[str, str]:
    title = item.get("title", {})
    return str(title.get("zh", "")), str(title.get("en", ""))
