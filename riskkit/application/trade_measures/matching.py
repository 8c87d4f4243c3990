"""Which export lines a notification hits, by the HS and ICS codes of its box of products.

A line is hit for sure only where all of it is notified. Where the notification names a part (``ex``), a code
of more than six digits (national digits, which mean nothing in another tariff), a code of another HS edition
that was divided, or only an ICS code, the line may be hit: it counts in the upper end of the exposure only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskkit.application.catalogue.hs_editions import Correspondence
from riskkit.application.trade_measures.symbols import hs_codes, ics_codes
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import is_country
from riskkit.foundation.standards.tables import records

LINE_TEXTS = ("line_id", "hs", "market", "sector")
_CODE = ["base", "code", "rule_id"]
_LENGTHS = (2, 4, 6)


def check_lines(lines: pd.DataFrame) -> None:
    """Refuse export lines that cannot stand, with every fault of all of them.

    Parameters
    ----------
    lines : DataFrame
        line_id, hs (6, 8 or 10 digits as text, all of one edition), market (ISO alpha-2 or EU), sector, value
        [USD a year, from 0 up], ics (optional).

    Raises
    ------
    InputFaults
        With every wrong cell, negative value and repeated line_id.

    Examples
    --------
    >>> check_lines(pd.DataFrame({"line_id": ["1"], "hs": ["85044014"], "market": ["EU"],
    ...     "sector": ["machinery"], "value": [-1.0]}))
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: lines: 1 fault
      lines: row 0: value: -1.0, must be: a finite number from 0 up
    """
    texts = lines.reindex(columns=LINE_TEXTS).astype(object)
    missing = [Fault(f"lines: {name}", "missing", "a column") for name in (*LINE_TEXTS, "value")
               if name not in lines]  # fmt: skip
    refuse("lines", missing)
    is_hs = texts["hs"].map(lambda code: _plain_hs(code) is not None)
    is_ics = _ics(lines).map(lambda codes: codes is None or ics_codes(codes) is not None)
    tests: list[tuple[str, Any, str]] = [
        ("line_id", texts["line_id"].isna() | texts["line_id"].duplicated(), "a name, given once"),
        ("hs", ~is_hs.astype(bool), "an HS code of 6, 8 or 10 digits as text"),
        ("market", ~texts["market"].map(lambda code: isinstance(code, str) and is_country(code)).astype(bool),
         "an ISO 3166-1 alpha-2 code, or EU"),
        ("sector", texts["sector"].isna(), "a name"),
        ("ics", ~is_ics.astype(bool), "ICS codes such as 97.200.50 with ; between"),
    ]  # fmt: skip
    faults = [Fault(f"lines: row {at}: {name}", shown(lines[name].iloc[at]), rule)
              for name, wrong, rule in tests for at in wrong.to_numpy().nonzero()[0]]  # fmt: skip
    value = pd.to_numeric(lines["value"], errors="coerce")
    column = NumberColumn("value", low=0)
    bad = (~column.is_kept(value.to_numpy(dtype=float, na_value=float("nan")))).nonzero()[0]
    faults += [Fault(f"lines: row {at}: value", shown(lines["value"].iloc[at]), column.rule) for at in bad]
    refuse("lines", faults)


def _plain_hs(code: object) -> str | None:
    found = hs_codes(code) if isinstance(code, str) else None
    if not found or len(found) > 1 or found[0][1] or len(found[0][0]) < 6:
        return None
    return found[0][0]


def _ics(lines: pd.DataFrame) -> pd.Series:
    column = lines["ics"] if "ics" in lines else pd.Series(None, index=lines.index)
    column = column.astype(object)
    return column.where(column.notna() & (column != ""), None)


def coded(
    standing: pd.DataFrame, *, edition: int, tables: Mapping[int, Correspondence], on: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The notified codes under the HS edition of the export lines, and how each notification fared.

    Parameters
    ----------
    standing : DataFrame
        From `notifications.standing`: hs, ics, hs_edition, distributed_on.
    edition : int
        Edition of the export lines.
    tables : mapping of int to Correspondence
        By edition notified, the correspondence from it to `edition` (`hs_editions.correspondence`).
    on : date
        Day whose rules count.

    Returns
    -------
    codes : DataFrame
        base, code (2, 4 or 6 digits under `edition`), rule_id (how much of the code is meant).
    verdicts : DataFrame
        By notification: decision (``known``, ``unknown``), rule_id, reason, edition (used), codes_unknown
        (codes that the edition does not have, with blanks between), status, source_id.

    References
    ----------
    .. [1] UN Statistics Division, correlation tables between HS editions (``unsd_hs_correlation``).

    Examples
    --------
    >>> rows = pd.DataFrame({"hs": ["8504.40"], "ics": [None], "hs_edition": [None],
    ...     "distributed_on": ["2026-03-01"]}, index=["G/TBT/N/EU/9"])
    >>> codes, verdicts = coded(rows, edition=2022, tables={}, on=dt.date(2026, 5, 1))
    >>> codes["code"].tolist(), verdicts["reason"].tolist()
    (['850440'], ['edition_assumed'])
    """
    rules = _rules(on, "coding")
    editions = standards.all_rows("trade_hs_editions")
    found: list[pd.DataFrame] = []
    verdicts = []
    for base, row in zip(standing.index, records(standing), strict=True):
        stated = row["hs_edition"]
        held = standards.in_force(editions, dt.date.fromisoformat(row["distributed_on"]))["edition"]
        year = int(stated) if stated else int(held.iloc[0]) if len(held) else None
        codes, unknown, rule = _codes_of(row["hs"], year, edition=edition, table=tables.get(year or 0))
        if rule == "tc-known" and row["hs"] and not stated:
            rule = "tc-assumed"
        if rule == "tc-no-code" and row["ics"]:
            rule = "tc-known"
        found.append(codes.assign(base=base))
        verdicts.append((rule, year, " ".join(unknown)))
    out = pd.DataFrame(verdicts, columns=["rule_id", "edition", "codes_unknown"], index=standing.index)
    of_rule = rules.reindex(out["rule_id"])
    for name in ("decision", "reason", "status", "source_id"):
        out[name] = of_rule[name].to_numpy()
    return (pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_CODE))[_CODE], out


def _rules(on: dt.date, part: str) -> pd.DataFrame:
    table = standards.table("trade_rules", on=on)
    table = table[table["part"] == part]
    refuse("trade measures", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    return table.set_index("rule_id")


def _codes_of(
    text: str | None, year: int | None, *, edition: int, table: Correspondence | None
) -> tuple[pd.DataFrame, list[str], str]:
    given = hs_codes(text or "") or ()
    names = [code for code, _ in given]
    empty = pd.DataFrame(columns=_CODE[1:])
    if not given:
        return empty, [], "tc-no-code"
    if table is None and year != edition:
        return empty, names, "tc-no-table"
    rules = ["tm-ex" if is_part else "tm-finer" if len(code) > 6 else "tm-whole" for code, is_part in given]
    if table is None or year == edition:
        return pd.DataFrame({"code": [code[:6] for code in names], "rule_id": rules}), [], "tc-known"
    has = [table.pairs["code_from"].str.startswith(code[:6]) for code in names]
    unknown = [code for code, hit in zip(names, has, strict=True) if not hit.any()]
    whole = [hit for hit, rule in zip(has, rules, strict=True) if rule == "tm-whole"]
    covered = pd.concat(whole, axis=1).any(axis=1) if whole else pd.Series(False, index=table.pairs.index)
    parts = [_mapped(table, hit, rule, covered=covered)
             for hit, rule in zip(has, rules, strict=True) if hit.any()]  # fmt: skip
    return (pd.concat(parts) if parts else empty), unknown, "tc-edition" if unknown else "tc-known"


def _mapped(table: Correspondence, is_here: pd.Series, rule: str, *, covered: pd.Series) -> pd.DataFrame:
    """Codes of the other edition: divided where a source of the code lies outside what is notified."""
    pairs = table.pairs
    ordinary = set(pairs.loc[is_here & ~pairs["is_catch_all"], "code_from"])
    mine = pairs[is_here & (~pairs["is_catch_all"] | ~pairs["code_from"].isin(ordinary))]
    codes = sorted(set(mine["code_to"].dropna()))
    outside = set(pairs.loc[~covered, "code_to"])
    rules = ["tm-split" if rule == "tm-whole" and code in outside else rule for code in codes]
    return pd.DataFrame({"code": codes, "rule_id": rules})


def matched_lines(
    standing: pd.DataFrame, lines: pd.DataFrame, *, codes: pd.DataFrame, on: dt.date
) -> pd.DataFrame:
    """Export lines to the notifying Member that a notification hits, for sure or possibly.

    Parameters
    ----------
    standing : DataFrame
        From `notifications.standing`; member, ics.
    lines : DataFrame
        See `check_lines`.
    codes : DataFrame
        From `coded`.
    on : date
        Day whose rules count.

    Returns
    -------
    DataFrame
        One row a notification and line: base, line_id, sector, market, value, decision (``sure``,
        ``possible``), rule_id, reason, status, source_id. A notification with HS codes is not matched by ICS.

    Raises
    ------
    InputFaults
        As `check_lines`.

    References
    ----------
    .. [1] WTO notification formats, box 4 (``wto_tbt_formats``); what counts as possible is house.

    Examples
    --------
    >>> rows = pd.DataFrame({"hs": ["8504.40"], "ics": [None], "hs_edition": ["2022"], "member": ["EU"],
    ...     "distributed_on": ["2026-03-01"]}, index=["G/TBT/N/EU/9"])
    >>> day = dt.date(2026, 5, 1)
    >>> codes, _ = coded(rows, edition=2022, tables={}, on=day)
    >>> lines = pd.DataFrame({"line_id": ["a", "b"], "hs": ["85044014", "85065000"], "market": "EU",
    ...     "sector": "machinery", "value": [5e6, 1e6]})
    >>> matched_lines(rows, lines, codes=codes, on=day)[["line_id", "decision"]].values.tolist()
    [['a', 'sure']]
    """
    check_lines(lines)
    rules = _rules(on, "match")
    own = lines.assign(hs=lines["hs"].map(_plain_hs), ics=_ics(lines))
    members = pd.DataFrame({"base": standing.index, "market": standing["member"].to_numpy()})
    asked = codes.merge(members, on="base")
    parts = [_by_prefix(asked, own, length) for length in _LENGTHS]
    parts.append(_by_ics(standing, own))
    found = pd.concat(parts, ignore_index=True)
    order = rules["order"].astype(int)
    found["rank"] = found["rule_id"].map(order)
    # of several codes that hit a line, the one that covers most of it counts
    found = found.sort_values("rank", ascending=False, kind="stable").drop_duplicates(["base", "line_id"])
    found = found.sort_values(["base", "line_id"], ignore_index=True)
    of_rule = rules.reindex(found["rule_id"])
    for name in ("decision", "reason", "status", "source_id"):
        found[name] = of_rule[name].to_numpy()
    out = found.merge(own[["line_id", "sector", "market", "value"]], on="line_id")
    heads = ["base", "line_id", "sector", "market", "value", "decision", "rule_id", "reason"]
    return out[[*heads, "status", "source_id"]]


def _by_prefix(asked: pd.DataFrame, lines: pd.DataFrame, length: int) -> pd.DataFrame:
    """Lines that begin with a notified code of one length."""
    mine = asked[asked["code"].str.len() == length]
    own = lines.assign(code=lines["hs"].str[:length])[["code", "line_id", "market"]]
    return mine.merge(own, on=["code", "market"])[["base", "line_id", "rule_id"]]


def _by_ics(standing: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    is_asked = standing["hs"].isna() & standing["ics"].notna()
    asked = standing.loc[is_asked, ["member", "ics"]].rename_axis("base").reset_index()
    asked["code"] = asked["ics"].map(lambda text: list(ics_codes(text) or ()))
    own = lines.loc[lines["ics"].notna(), ["line_id", "market", "ics"]]
    own = own.assign(own=own["ics"].map(lambda text: list(ics_codes(text) or ())))
    asked, own = asked.explode("code"), own.explode("own").drop(columns="ics")
    both = asked.merge(own, left_on="member", right_on="market")
    pairs = zip(both["code"], both["own"], strict=True)
    hit = both[np.array([str(one).startswith(str(other)) for other, one in pairs], dtype=bool)]
    return hit[["base", "line_id"]].drop_duplicates().assign(rule_id="tm-ics")
