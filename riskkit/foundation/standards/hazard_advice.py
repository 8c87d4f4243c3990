"""What consumers are advised for each hazard, and what the hazard is called in titles."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from riskkit.foundation.standards import standards


@dataclass(frozen=True)
class HazardAdvice:
    """One row of ``hazard_advice``.

    Parameters
    ----------
    advice : str
        Its code.
    hazard, text : mapping of str to str
        In zh and en: the name of the hazard, and what to do.
    status, source_id : str
        How far it is published, and where.
    """

    advice: str
    hazard: Mapping[str, str]
    text: Mapping[str, str]
    status: str
    source_id: str


def advice_of(code: str) -> HazardAdvice:
    """The advice with a code.

    Raises
    ------
    KeyError
        When there is none.

    Examples
    --------
    >>> advice_of("lead").hazard["en"]
    'lead poisoning'
    """
    row = _rows()[code]
    return HazardAdvice(
        code,
        {"zh": row["hazard_zh"], "en": row["hazard_en"]},
        {"zh": row["zh"], "en": row["en"]},
        row["status"],
        row["source_id"],
    )


def advice_for(group: str, *, injuries: Collection[str], agent: str = "none") -> HazardAdvice:
    """The most specific advice for a hazard: what its row asks for must hold, and it asks for most.

    Parameters
    ----------
    group : str
        Hazard group, of the glossary.
    injuries : collection of str
        Injuries of its scenarios.
    agent : str
        Agent, of ``agents``.

    Returns
    -------
    HazardAdvice

    Raises
    ------
    KeyError
        When the group is unknown.

    References
    ----------
    .. [1] ``hazard_advice.csv``; each row names its source.

    Examples
    --------
    >>> advice_for("toxicity", injuries=["long_term_damage"], agent="neurotoxicant").advice
    'lead'
    >>> advice_for("operating", injuries=["suffocation"]).advice, advice_for("operating", injuries=[]).advice
    ('infant_sleep', 'unsafe_use')
    """
    found, asked = None, 0
    for code, row in _rows().items():
        has = [(row["group"], [group]), (row["injury"], injuries), (row["agent"], [agent])]
        named = [(want, given) for want, given in has if want]
        if len(named) > asked and all(want in given for want, given in named):
            found, asked = code, len(named)
        elif row["agent"] and row["agent"] == agent and asked <= 1:
            found, asked = code, 2  # an agent says more of the harm than a group or an injury does
    if found is None:
        raise KeyError(f"no advice for the hazard group {group!r}")
    return advice_of(found)


@functools.cache
def _rows() -> dict[str, Mapping[str, str]]:
    return {row["advice"]: row for row in standards.rows("hazard_advice")}
