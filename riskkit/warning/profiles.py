"""Warning profiles: the set of tables by which grades become a level. A profile is data.

No official table from severity × urgency × scope to Ⅰ–Ⅳ is public, so the shipped profiles are house
rules and say so; a user's own profile is a TOML file of the same rows.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation import standards
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.scales import scale
from riskkit.foundation.tables import check, records, typed
from riskkit.foundation.toml_file import TomlFile, read_toml
from riskkit.foundation.warning_levels import level_code
from riskkit.warning.profile_file import PARTS, shape_faults

FACTORS = ("severity", "probability", "risk", "urgency", "scope")
GRADED = ("severity", "urgency", "scope")

# What holds where a user's own profile says nothing.
_HEAD = {
    "ruleset": "house",
    "max_raise": 0,
    "harm_from": 3,
    "p_floor": 0,
    "note_zh": "使用者自定的方案。",
    "note_en": "A profile of the user's own.",
}


@dataclass(frozen=True)
class Rule:
    """One grading rule: when all its conditions hold, the grade is at least `grade`.

    Parameters
    ----------
    rule : str
        Its number, such as ``SC-7``.
    grade : int
        1–4; for a trigger the rank of the level it guarantees (1 Ⅳ … 4 Ⅰ).
    conditions : tuple of (fact, ``">="`` or ``"<="``, threshold)
        All must hold.
    zh, en : str
        What it says.
    source_id, locator, status : str
        Where it comes from.
    """

    rule: str
    grade: int
    conditions: tuple[tuple[str, str, float], ...]
    zh: str
    en: str
    source_id: str
    locator: str
    status: str


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
        A scenario of at most this probability is not graded by the level table; triggers still count.
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


def profile_names() -> tuple[str, ...]:
    """Names of the shipped profiles, the default first.

    Examples
    --------
    >>> profile_names()
    ('house_matrix', 'house_three_factors')
    """
    return tuple(standards.table("profiles")["profile"])


@functools.cache
def profile(name: str = "house_matrix") -> Profile:
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
        raise KeyError(f"no profile {shown(name)}; there are: {', '.join(profile_names())}")
    own = {table: rows[rows["profile"] == name] for table, rows in tables.items()}
    rules = standards.table("grade_rules")
    rules = rules[rules["ruleset"] == own["profiles"]["ruleset"].iloc[0]]
    return build_profile(own["profiles"].iloc[0], own["profile_cells"], own["profile_raises"], rules=rules)


def build_profile(
    head: pd.Series, cells: pd.DataFrame, raises: pd.DataFrame, *, rules: pd.DataFrame
) -> Profile:
    """Put a profile together from tidy rows, and refuse one that breaks a law.

    Parameters
    ----------
    head : Series
        A row in the shape of ``profiles.csv``.
    cells, raises, rules : DataFrame
        Rows in the shape of ``profile_cells.csv``, ``profile_raises.csv`` and ``grade_rules.csv``.

    Returns
    -------
    Profile

    Raises
    ------
    InputFaults
        When the level table is not total (one level for each combination) or not monotone, or a rule
        names an unknown fact or compares it in the direction that is not worse.

    Examples
    --------
    >>> build_profile(standards.table("profiles").iloc[1], standards.table("profile_cells").iloc[16:],
    ...               standards.table("profile_raises").iloc[:0], rules=standards.table("grade_rules")).name
    'house_three_factors'
    """
    factors = tuple(str(head["factors"]).split("|"))
    faults = [Fault("factors", shown(f), f"one of {', '.join(FACTORS)}") for f in factors if f not in FACTORS]
    faults += [Fault("factors", shown(f), "a factor that stands once") for f in _twice(factors)]
    refuse(f"profile {head['profile']}", faults)
    levels, faults = _level_table(cells, factors)
    compiled, more = _compile(rules)
    adjustments = tuple((r["factor"], int(r["at_least"]), int(r["raise_by"])) for r in records(raises))
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


def _level_table(cells: pd.DataFrame, factors: Sequence[str]) -> tuple[NDArray[np.int8], list[Fault]]:
    known = scale("warning").codes
    levels = np.full((4,) * len(factors), -1, dtype=np.int8)
    faults = []
    for row in cells.to_dict("records"):
        place = tuple(int(row[factor]) - 1 if row[factor] == row[factor] else -9 for factor in factors)
        where = f"cell {dict(zip(factors, (p + 1 for p in place), strict=True))}"
        try:
            level = known.index(level_code(row["level"], is_graded=True))
        except ValueError as error:
            faults.append(Fault(where, shown(row["level"]), str(error)))
            continue
        if any(not 0 <= p <= 3 for p in place):
            faults.append(Fault(where, shown(row["level"]), "grades 1–4 and a level Ⅰ–Ⅳ"))
        elif levels[place] >= 0:
            faults.append(Fault(where, shown(row["level"]), "one level only"))
        else:
            levels[place] = level
    for place in itertools.product(range(4), repeat=len(factors)):
        if levels[place] < 0 and not faults:
            faults.append(
                Fault(f"cell {tuple(p + 1 for p in place)}", "no level", "a level for every combination")
            )
    for axis, factor in enumerate(factors):
        if not faults and (np.diff(levels, axis=axis) < 0).any():
            faults.append(Fault(factor, "the level falls as the grade rises", "a level that never falls"))
    return levels, faults


def _compile(rules: pd.DataFrame) -> tuple[dict[str, tuple[Rule, ...]], list[Fault]]:
    worse = dict(standards.table("facts").set_index("fact")["worse"])
    out: dict[str, list[Rule]] = {factor: [] for factor in (*GRADED, "trigger")}
    faults = []
    for (factor, number), rows in rules.groupby(["factor", "rule"], sort=False):
        for row in records(rows):
            lawful = {"more": ">=", "less": "<="}.get(worse.get(row["fact"], ""))
            if row["op"] != lawful or factor not in out or not 1 <= row["grade"] <= 4:
                faults.append(
                    Fault(
                        f"rule {number}",
                        shown((factor, row["fact"], row["op"], row["grade"])),
                        "a known fact, compared in its worse direction, and a grade 1–4",
                    )
                )
        if not faults:
            first = rows.iloc[0]
            conditions = tuple((r["fact"], r["op"], float(r["threshold"])) for r in records(rows))
            words = (str(first[key]) for key in ("zh", "en", "source_id", "locator", "status"))
            out[str(factor)].append(Rule(str(number), int(first["grade"]), conditions, *words))
    return {factor: tuple(found) for factor, found in out.items()}, faults


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
    head = {**_HEAD, **file.data.get("profile", {})}
    name = str(head.pop("name", Path(file.name).stem))
    head["factors"] = "|".join(head.get("factors", []))
    written = {"profiles": [{"profile": name, **head}]}
    for part, table in PARTS.items():
        owner = "ruleset" if part == "rules" else "profile"
        written[table] = [{owner: name, **_with_sign(row)} for row in file.data.get(part, [])]
    faults = _head_faults(file, name, has_rules="rules" in file.data, ruleset=str(head["ruleset"]))
    tables: dict[str, pd.DataFrame] = {}
    for table, rows in written.items():
        try:
            tables[table] = _own_rows(rows, table, file.name)
        except InputFaults as error:
            faults += error.faults
    refuse(file.name, faults)
    rules = tables["grade_rules"]
    if "rules" not in file.data:
        rules = standards.table("grade_rules").query("ruleset == @head['ruleset']")
    one, cells, raises = (tables[table] for table in ("profiles", "profile_cells", "profile_raises"))
    return build_profile(one.iloc[0], cells, raises, rules=rules)


def _head_faults(file: TomlFile, name: str, *, has_rules: bool, ruleset: str) -> list[Fault]:
    faults = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name) or name in profile_names():
        rule = f"1 to 64 of a–z, 0–9, - and _, and none of {', '.join(profile_names())}"
        faults.append(Fault(file.place(("profile", "name")), shown(name), rule))
    known = tuple(standards.table("grade_rules")["ruleset"].unique())
    if not has_rules and ruleset not in known:
        place = file.place(("profile", "ruleset"))
        faults.append(Fault(place, shown(ruleset), f"one of {', '.join(known)}, or [[rules]]"))
    return faults


def _with_sign(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its level as a sign; one that is none is left for the check of the table."""
    try:
        return {**row, "level": level_code(row["level"], is_graded=True)} if "level" in row else row
    except ValueError:
        return row


def _written(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _own_rows(rows: list[dict[str, Any]], table: str, name: str) -> pd.DataFrame:
    words = standards.dictionary()
    columns = standards.table(table).columns
    defaults = {"source_id": "user", "locator": name, "status": "house", "valid_from": "", "valid_to": ""}
    frame = pd.DataFrame([{**defaults, **row} for row in rows])
    frame = frame.reindex(columns=[*columns, *(c for c in frame.columns if c not in columns)])
    frame = frame.astype(object).where(frame.notna(), "").map(_written).astype("str")
    check(frame, table, dictionary=words, name=f"{name}:{table}")
    return typed(frame, table, dictionary=words)
