"""Warning profiles: the set of tables by which grades become a level. A profile is data.

No official table from severity × urgency × scope to Ⅰ–Ⅳ is public, so the shipped profiles are house
rules and say so; a user's own profile is a TOML file of the same rows.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.inputs.toml_file import read_toml
from riskkit.foundation.short_repr import html_card
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.warning.grading_rules import LAWFUL, Rule
from riskkit.warning.profile_file import PARTS, own_tables, shape_faults
from riskkit.warning.profile_laws import Place, jump_faults, ladder_faults, level_table

DEFAULT = "house_graded_exposure"
FACTORS = ("severity", "probability", "risk", "urgency", "scope")
GRADED = ("severity", "urgency", "scope")


@dataclass(frozen=True)
class Profile:
    """A set of tables that turns grades into a level.

    Parameters
    ----------
    name : str
        Its name.
    factors : tuple of str
        Factors of the level table, out of severity, probability, risk, urgency, scope.
    levels : ndarray of int8
        One axis of length 4 a factor; level codes 0 Ⅳ … 3 Ⅰ.
    raises : tuple of (factor, at least, levels up)
        Adjustments after the table.
    max_raise : int
        Most levels that adjustments may add.
    harm_from : int
        Harm that has happened counts for scenarios of at least this severity.
    p_floor : float
        A scenario of at most this probability counts one level less in the level table, and one level less
        again for each further half power of ten; triggers count in full.
    rules : mapping of str to tuple of Rule
        Rules by ``severity``, ``urgency``, ``scope`` and ``trigger``.
    rows : DataFrame
        Every table row behind the profile with source, locator and status, for footnotes.
    zh, en, note_zh, note_en, status : str
        Name, remark and status.
    sha256 : str
        Hash of the rows: two profiles with the same hash grade alike.
    """

    name: str
    factors: tuple[str, ...]
    levels: NDArray[np.int8]
    raises: tuple[tuple[str, int, int], ...]
    max_raise: int
    harm_from: int
    p_floor: float
    rules: Mapping[str, tuple[Rule, ...]]
    rows: pd.DataFrame
    zh: str
    en: str
    note_zh: str
    note_en: str
    status: str
    sha256: str

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, factors={self.factors}, status={self.status!r})"

    def _repr_html_(self) -> str:
        shown = {"en": self.en, "zh": self.zh, "factors": ", ".join(self.factors), "status": self.status}
        return html_card(f"Profile {self.name}", shown)


def profile_names() -> tuple[str, ...]:
    """Names of the shipped profiles, the default first.

    Examples
    --------
    >>> profile_names()
    ('house_graded_exposure', 'house_matrix', 'house_three_factors')
    """
    return tuple(standards.table("profiles")["profile"])


@functools.cache
def profile(name: str = DEFAULT) -> Profile:
    """A shipped profile by name.

    Raises
    ------
    KeyError
        When there is none of that name.

    References
    ----------
    .. [1] Level names and colours: 国发〔2017〕43号, 二（三）8 (``sc_2017_43``); the tables are house
       rules on the published matrix ``food_warning_matrix``.

    Examples
    --------
    >>> profile("house_matrix").factors
    ('severity', 'probability')
    """
    tables = {table: standards.table(table) for table in ("profiles", "profile_cells", "profile_raises")}
    if name not in set(tables["profiles"]["profile"]):
        raise KeyError(f"no profile {shown(name)}; {one_of(name, profile_names())}")
    own = {table: rows[rows["profile"] == name] for table, rows in tables.items()}
    rules = rules_of(str(own["profiles"]["ruleset"].iloc[0]))
    return build_profile(own["profiles"].iloc[0], own["profile_cells"], own["profile_raises"], rules=rules)


def rules_of(ruleset: str) -> pd.DataFrame:
    """The rows of a shipped set of grading rules; a row may belong to several sets, ``a|b``.

    Examples
    --------
    >>> len(rules_of("house")) < len(standards.table("grade_rules"))
    True
    """
    rules = standards.table("grade_rules")
    return rules[[ruleset in sets.split("|") for sets in rules["ruleset"]]]


def build_profile(
    head: pd.Series,
    cells: pd.DataFrame,
    raises: pd.DataFrame,
    *,
    rules: pd.DataFrame,
    place: Place = "{}[{}]".format,
) -> Profile:
    """Put a profile together from tidy rows, and refuse one that breaks a law.

    Parameters
    ----------
    head : Series
        A row in the shape of ``profiles.csv``.
    cells, raises, rules : DataFrame
        Rows in the shape of ``profile_cells.csv``, ``profile_raises.csv`` and ``grade_rules.csv``.
    place : callable
        From a part (``cells``, ``rules``) and a row of it to where it stands, for faults.

    Returns
    -------
    Profile

    Raises
    ------
    InputFaults
        When the level table is not total (one level for each combination), not monotone or not smooth (a
        level that jumps by two as a probability rises by a tenth), or a rule names an unknown fact,
        compares it in the direction that is not worse, or does not say one thing.

    Examples
    --------
    >>> cells = standards.table("profile_cells")
    >>> build_profile(standards.table("profiles").iloc[0], cells[cells["profile"] == DEFAULT],
    ...               standards.table("profile_raises").iloc[:0], rules=rules_of("graded_exposure")).factors
    ('risk', 'urgency', 'scope')
    """
    factors = tuple(str(head["factors"]).split("|"))
    faults = [Fault("factors", shown(f), one_of(str(f), FACTORS)) for f in factors if f not in FACTORS]
    faults += [Fault("factors", shown(f), "a factor that stands once") for f in _twice(factors)]
    refuse(f"profile {head['profile']}", faults)
    levels, at, faults = level_table(cells, factors, place=place)
    compiled, more = _compile(rules, place=place)
    adjustments = tuple((r["factor"], int(r["at_least"]), int(r["raise_by"])) for r in records(raises))
    if not faults:
        most = int(head["max_raise"])
        faults += jump_faults(levels, factors, at, raises=adjustments, max_raise=most, place=place)
    for factor in GRADED:
        if factor in {*factors, *(one for one, _, _ in adjustments)} and not (compiled[factor] or more):
            faults.append(Fault(factor, "no rule", "a rule for each factor that counts"))
    p_floor = _floor(str(head["p_floor"]))
    if p_floor is None:
        faults.append(Fault("p_floor", shown(head["p_floor"]), "a probability below 1"))
    refuse(f"profile {head['profile']}", [*faults, *more])
    assert p_floor is not None
    tables = {"profile_cells": cells, "profile_raises": raises, "grade_rules": rules}
    rows = pd.concat([rows_of(rows, table) for table, rows in tables.items()])
    numbers = tuple(str(head[key]) for key in ("max_raise", "harm_from", "p_floor"))
    text = [str(head["profile"]), *numbers, *(t.to_csv() for t in (cells, raises, rules))]
    return Profile(
        name=str(head["profile"]),
        factors=factors,
        levels=levels,
        raises=adjustments,
        max_raise=int(head["max_raise"]),
        harm_from=int(head["harm_from"]),
        p_floor=p_floor,
        rules=compiled,
        rows=rows.reset_index(drop=True),
        **{key: str(head[key]) for key in ("zh", "en", "note_zh", "note_en", "status")},
        sha256=hashlib.sha256("\n".join(text).encode()).hexdigest(),
    )


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _floor(written: str) -> float | None:
    try:
        value = exact(written)
    except ValueError:
        return None
    return float(value) if 0 <= value < 1 else None


def rows_of(rows: pd.DataFrame, table: str) -> pd.DataFrame:
    """The rows with the table they stand in, for footnotes.

    Examples
    --------
    >>> rows_of(standards.table("agents"), "agents")["table"].iloc[0]
    'agents'
    """
    keep = [
        column for column in ("rule", "grade", "zh", "en", "source_id", "locator", "status") if column in rows
    ]
    return rows[keep].assign(table=table).drop_duplicates()


def _compile(rules: pd.DataFrame, *, place: Place) -> tuple[dict[str, tuple[Rule, ...]], list[Fault]]:
    worse = {str(row["fact"]): str(row["worse"]) for row in standards.rows("facts")}
    out: dict[str, list[Rule]] = {factor: [] for factor in (*GRADED, "trigger")}
    first_rows: dict[tuple[str, str], int] = {}
    faults = []
    groups: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = {}
    for index, row in zip(rules.index, records(rules), strict=True):
        groups.setdefault((str(row["factor"]), str(row["rule"])), []).append((int(str(index)), row))
    for (factor, number), rows in groups.items():
        start, first = rows[0]
        for index, row in rows:
            lawful = LAWFUL.get(worse.get(row["fact"], ""), ())
            where = place("rules", index)
            if row["op"] not in lawful or factor not in out or not 1 <= row["grade"] <= 4:
                said = shown((factor, row["fact"], row["op"], row["grade"]))
                rule = "a known fact, compared in its worse direction, and a grade 1–4"
                faults.append(Fault(where, said, rule))
            elif any(row[key] != first[key] for key in ("grade", "zh", "en")):
                said = shown((number, row["grade"], row["zh"], row["en"]))
                faults.append(Fault(where, said, "one grade and one wording for all conditions of a rule"))
        if not faults:
            conditions = tuple((r["fact"], r["op"], float(r["threshold"])) for _, r in rows)
            words = (str(first[key]) for key in ("zh", "en", "source_id", "locator", "status"))
            out[factor].append(Rule(number, int(first["grade"]), conditions, *words))
            first_rows[factor, number] = start
    compiled = {factor: tuple(found) for factor, found in out.items()}
    return compiled, faults or ladder_faults(compiled, first_rows, place=place)


def load_profile(path: str | Path) -> Profile:
    """A profile from a user's own TOML file.

    The file has ``[profile]`` (name, factors, max_raise, zh, en …), ``[[cells]]``, optional
    ``[[raises]]`` and optional ``[[rules]]``; without rules it uses a shipped set (``ruleset``).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Profile

    Raises
    ------
    InputFaults
        With every fault of the file.

    Examples
    --------
    >>> try:
    ...     load_profile("missing.toml")
    ... except Exception as error:
    ...     print(type(error).__name__)
    InputFaults
    """
    file = read_toml(path)
    refuse(file.name, shape_faults(file))
    tables = own_tables(file, taken=profile_names(), rulesets=_rulesets())
    head = tables["profiles"].iloc[0]
    rules = tables["grade_rules"]
    if "rules" not in file.data:
        rules = rules_of(str(head["ruleset"]))
    cells, raises = tables["profile_cells"], tables["profile_raises"]
    own = set(PARTS) if "rules" in file.data else set(PARTS) - {"rules"}

    def place(part: str, row: int) -> str:
        return file.place((part, row)) if part in own else f"{part}[{row}]"

    return build_profile(head, cells, raises, rules=rules, place=place)


def _rulesets() -> tuple[str, ...]:
    return tuple(dict.fromkeys("|".join(standards.table("grade_rules")["ruleset"]).split("|")))
