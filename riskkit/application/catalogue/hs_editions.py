"""Six-digit HS codes across editions, by correspondence tables that the caller gives.

A correspondence table lists every code of one edition that may hold goods of a code of another. Where one
code corresponds to several, no table says how the goods divide: such a code is refused, or divided by shares
that somebody gives, never guessed. A few codes are catch-alls (electronic waste of heading 8549 may come
from 1,019 codes of HS 2017): that goods may end there is no reason to refuse the ordinary correspondence of
a thousand codes, so a catch-all only counts where a code has no other correspondence, and is reported.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.standards import standards

EDITIONS = (1988, 1996, 2002, 2007, 2012, 2017, 2022)
LINK = ("newer_edition", "older_edition", "code_newer", "code_older")
PAIR = ["code_from", "code_to"]


def link_faults(links: pd.DataFrame) -> pd.DataFrame:
    """Rows of a correspondence table that cannot stand.

    Parameters
    ----------
    links : DataFrame
        newer_edition, older_edition (years), code_newer, code_older (six digits as text).

    Returns
    -------
    DataFrame
        One row a fault, with the caller's index: column, value, rule (``no_edition``, ``not_newer``,
        ``no_code``).

    Raises
    ------
    InputFaults
        With every missing column.

    References
    ----------
    .. [1] UN Statistics Division, correlation tables between HS editions (``unsd_hs_correlation``).

    Examples
    --------
    >>> rows = pd.DataFrame({"newer_edition": [2017, 2017], "older_edition": [2012, 2012],
    ...     "code_newer": ["030199", "010121"], "code_older": ["0000ex", "010121"]})
    >>> link_faults(rows)[["value", "rule"]].values.tolist()
    [["'0000ex'", 'no_code']]
    """
    refuse("links", [Fault(f"links: {name}", "missing", "a column") for name in LINK if name not in links])
    years = {name: pd.to_numeric(links[name], errors="coerce") for name in LINK[:2]}
    wrong = [(name, ~values.isin(EDITIONS), "no_edition") for name, values in years.items()]
    wrong.append(("newer_edition", years["newer_edition"] <= years["older_edition"], "not_newer"))
    wrong += [(name, ~_is_six(links[name]), "no_code") for name in LINK[2:]]
    found = []
    for name, is_wrong, rule in wrong:
        at = np.flatnonzero(is_wrong.to_numpy(dtype=bool))
        values = [shown(value) for value in links[name].iloc[at]]
        found.append(pd.DataFrame({"place": at, "column": name, "value": values, "rule": rule}))
    rows = pd.concat(found, ignore_index=True).sort_values("place", kind="stable")
    return rows.drop(columns="place").set_axis(links.index[rows["place"]])


def _is_six(codes: pd.Series) -> pd.Series:
    return is_digits(codes, "[0-9]{6}")


def is_digits(codes: pd.Series, pattern: str) -> pd.Series:
    """Whether each cell is text of a pattern; a number is no code, since it has lost its leading zeros.

    Examples
    --------
    >>> is_digits(pd.Series(["010121", 10121, None]), "[0-9]{6}").tolist()
    [True, False, False]
    """
    is_text = codes.map(lambda one: isinstance(one, str)).astype(bool)
    return is_text & codes.where(is_text, "").astype("string").str.fullmatch(pattern).astype(bool)


def _with_editions(links: pd.DataFrame, source: int, target: int) -> pd.DataFrame:
    """The table with editions as numbers; a row whose editions are wrong concerns nobody knows whom."""
    found = link_faults(links)
    found = found[found["rule"] != "no_code"]
    rule = RuleText("two of {}, the newer first", ", ".join(map(str, EDITIONS)))
    faults = [Fault(f"links: row {at}: {row['column']}", row["value"], rule) for at, row in found.iterrows()]
    known = [str(year) for year in EDITIONS]
    asked = {"source": source, "target": target}
    faults += [Fault(name, str(year), one_of(str(year), known))
               for name, year in asked.items() if year not in EDITIONS]  # fmt: skip
    refuse("links", faults)
    return links.assign(**{name: pd.to_numeric(links[name]).astype(int) for name in LINK[:2]})


def edition_path(links: pd.DataFrame, *, source: int, target: int) -> tuple[int, ...]:
    """The editions passed from one to another: as few tables as possible, the newer edition first in a tie.

    Parameters
    ----------
    links : DataFrame
        Of the shape of `link_faults`.
    source, target : int
        Years of the editions.

    Raises
    ------
    InputFaults
        With every row whose editions are wrong, or when no tables lead from one edition to the other.

    Examples
    --------
    >>> rows = pd.DataFrame({"newer_edition": [2022, 2017], "older_edition": [2017, 2007],
    ...     "code_newer": ["010121"] * 2, "code_older": ["010121", "010110"]})
    >>> edition_path(rows, source=2007, target=2022)
    (2007, 2017, 2022)
    """
    rows = _with_editions(links, source, target)
    steps = set(zip(rows["newer_edition"], rows["older_edition"], strict=True))
    steps |= {(to, start) for start, to in steps}
    paths: list[tuple[int, ...]] = [(source,)]
    seen = {source}
    for path in paths:
        if path[-1] == target:
            return path
        following = sorted(
            (int(to) for start, to in steps if start == path[-1] and to not in seen), reverse=True
        )
        seen |= set(following)
        paths += [(*path, to) for to in following]
    refuse(
        "links", [Fault(f"links: {source} to {target}", "no table", "tables that lead from one to the other")]
    )
    return ()


def _step(rows: pd.DataFrame, source: int, target: int, *, catch_all: float) -> pd.DataFrame:
    """Pairs of one step; a code to that cannot be read is missing."""
    sides = {(source, target): ("code_older", "code_newer"), (target, source): ("code_newer", "code_older")}
    name_from, name_to = sides[min(source, target), max(source, target)]
    is_here = (rows["newer_edition"] == max(source, target)) & (rows["older_edition"] == min(source, target))
    here = rows[is_here]
    bad = here.index[~_is_six(here[name_from]).to_numpy()]
    rule = "a six-digit code: what it stands for may be a second correspondence of any code"
    refuse(
        "links", [Fault(f"links: row {at}: {name_from}", shown(here.at[at, name_from]), rule) for at in bad]
    )
    pairs = pd.DataFrame(
        {"code_from": here[name_from], "code_to": here[name_to].where(_is_six(here[name_to]))}
    )
    pairs = pairs.drop_duplicates(ignore_index=True)
    n_from = pairs.groupby("code_to")["code_from"].transform("size")
    return pairs.assign(is_catch_all=(n_from > catch_all).to_numpy(dtype=bool))


@dataclass(frozen=True)
class Correspondence:
    """Which codes of one edition may hold goods of which codes of another.

    Parameters
    ----------
    path : tuple of int
        Years of the editions passed, from the source to the target.
    pairs : DataFrame
        code_from, code_to (missing where the table cannot be read), is_catch_all (every way is through one).
    editions : Series of str
        By code, the years of the editions that have it, joined by blanks.
    rules : DataFrame
        Rules in force, by rule_id.
    """

    path: tuple[int, ...]
    pairs: pd.DataFrame
    editions: pd.Series
    rules: pd.DataFrame


def correspondence(
    links: pd.DataFrame, *, source: int, target: int, on: dt.date, rules: pd.DataFrame | None = None
) -> Correspondence:
    """Every code of an edition with every code of another that may hold its goods.

    Parameters
    ----------
    links : DataFrame
        Of the shape of `link_faults`; several tables one below the other.
    source, target : int
        Years of the editions. Where no table has both, tables are chained (`edition_path`).
    on : date
        Day whose rules count.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``catalogue_rules.csv``; ``hs-catch-all`` says above how many codes
        a code is a catch-all.

    Raises
    ------
    InputFaults
        As `edition_path`, and with every code to be mapped that cannot be read: it may stand for any code.

    References
    ----------
    .. [1] UN Statistics Division, correlation tables between HS editions (``unsd_hs_correlation``).

    Examples
    --------
    >>> rows = pd.DataFrame({"newer_edition": [2017] * 2, "older_edition": [2007] * 2,
    ...     "code_newer": ["010121", "010129"], "code_older": ["010110", "010190"]})
    >>> found = correspondence(rows, source=2007, target=2017, on=dt.date(2026, 5, 1))
    >>> found.pairs["code_to"].tolist()
    ['010121', '010129']
    """
    path = edition_path(links, source=source, target=target)
    rows = _with_editions(links, source, target).reset_index(drop=True)
    table = standards.table("catalogue_rules") if rules is None else rules
    table = standards.in_force(table, on).set_index("rule_id")
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    editions = _editions(rows)
    if len(path) == 1:
        own = [code for code, years in editions.items() if str(source) in years.split()]
        pairs = pd.DataFrame({"code_from": own, "code_to": own, "is_catch_all": False})
    else:
        pairs = _chained(rows, path, catch_all=table["number"].astype(float)["hs-catch-all"])
    return Correspondence(path, pairs.sort_values(PAIR, ignore_index=True), editions, table)


def _editions(rows: pd.DataFrame) -> pd.Series:
    """By code, the editions that have it."""
    sides = [rows[list(names)].set_axis(["year", "code"], axis=1) for names in (LINK[::2], LINK[1::2])]
    held = pd.concat(sides).drop_duplicates().sort_values(["code", "year"])
    held = held[_is_six(held["code"])].astype(str)
    return held.groupby("code")["year"].agg(" ".join)


def _chained(rows: pd.DataFrame, path: tuple[int, ...], *, catch_all: float) -> pd.DataFrame:
    whole = _step(rows, path[0], path[1], catch_all=catch_all)
    for start, to in itertools.pairwise(path[1:]):
        further = _step(rows, start, to, catch_all=catch_all).set_axis(["by", "to", "is_next"], axis=1)
        both = whole.merge(further, left_on="code_to", right_on="by", how="left")
        is_one = both["is_catch_all"] | both["is_next"].eq(True)
        both = both.assign(code_to=both["to"], is_catch_all=is_one)
        whole = both.groupby(PAIR, dropna=False)["is_catch_all"].min().reset_index()
    return whole
