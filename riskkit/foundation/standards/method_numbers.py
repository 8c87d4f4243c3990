"""Single numbers that methods need, and the bounds of their classes: each a row with its source."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from riskkit.foundation.standards import standards


@functools.cache
def _numbers() -> Mapping[tuple[str, str], float]:
    rows = standards.rows("method_numbers")
    return {(str(r["method"]), str(r["name"])): float(r["value"]) for r in rows}


def method_number(method: str, name: str) -> float:
    """A number that a method uses.

    Parameters
    ----------
    method, name : str
        Key of the row in ``method_numbers.csv``.

    Raises
    ------
    KeyError
        When there is no such row.

    Examples
    --------
    >>> method_number("algorithm_a", "scale")
    1.134
    """
    try:
        return _numbers()[method, name]
    except KeyError as error:
        raise KeyError(f"no number {name!r} of the method {method!r}") from error


@dataclass(frozen=True)
class ScoreBands:
    """How a score is cut into classes.

    Parameters
    ----------
    score : str
        Which score; also the name of the scale of its levels.
    edges : tuple of float
        Bounds between the classes, rising.
    closed : bool
        Whether a score exactly on a bound belongs to the class above it.
    """

    score: str
    edges: tuple[float, ...]
    closed: bool


@functools.cache
def score_bands(score: str) -> ScoreBands:
    """The classes of a score, from ``score_bands.csv``.

    Parameters
    ----------
    score : str
        ``kinney``, ``lec``, ``triage`` or ``repeated``.

    Raises
    ------
    KeyError
        When there is no such score.

    Examples
    --------
    >>> score_bands("lec").edges
    (20.0, 70.0, 160.0, 320.0)
    """
    rows = sorted(
        (row for row in standards.rows("score_bands") if row["score"] == score), key=itemgetter("above")
    )
    if not rows:
        raise KeyError(f"no bands for the score {score!r}")
    return ScoreBands(score, tuple(row["above"] for row in rows[1:]), rows[0]["closed"] == "yes")
