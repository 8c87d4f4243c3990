"""TBT and SPS notifications box by box: read from CSV and JSON, checked, linked, as they stand on a day."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from riskkit.application.trade_measures.symbols import hs_codes, ics_codes, read_symbol
from riskkit.foundation.inputs.faults import (
    REQUIRED,
    Fault,
    InputFaults,
    RuleText,
    one_of,
    plain_text,
    refuse,
    shown,
)
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import is_country
from riskkit.foundation.standards.tables import records

_MOST_PAGES = 100_000
_REST = ""  # what stands in a line beyond its last column
EDITIONS = ("1988", "1996", "2002", "2007", "2012", "2017", "2022")
CHANGES = ("comment_period", "adopted", "in_force", "withdrawn", "content", "guidance", "other")
"""What an addendum may be about (recommendation of the TBT Committee of June 2014)."""


@dataclass(frozen=True)
class Notifications:
    """Documents that were read; each is accepted, quarantined or a duplicate.

    Parameters
    ----------
    accepted : DataFrame
        One row a document: the columns of ``trade_boxes.csv`` (days as text YYYY-MM-DD, missing where a box
        is empty), agreement, base (symbol of the notification), kind, parent, is_parent_known.
    quarantined : DataFrame
        Documents that break a rule, as given.
    n_read, n_duplicates : int
        Documents read; documents that repeat another one word for word.
    faults : tuple of Fault
        All that is wrong with the quarantined documents.
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    n_read: int
    n_duplicates: int
    faults: tuple[Fault, ...]


@cache
def _boxes() -> dict[str, Mapping[str, Any]]:
    return {row["column"]: row for row in standards.rows("trade_boxes")}


def read_csv(text: str, *, name: str = "notifications.csv") -> Notifications:
    """Notifications from a CSV file whose heads are the columns of ``trade_boxes.csv``.

    Parameters
    ----------
    text : str
        The file.
    name : str
        Its name in the faults.

    Raises
    ------
    InputFaults
        With all that is wrong with the file as a whole: columns that are unknown, doubled or missing.

    References
    ----------
    .. [1] WTO notification formats (``wto_tbt_formats``, ``wto_sps_formats``).

    Examples
    --------
    >>> found = read_csv("symbol,distributed_on,member,title,description,comments_by\\n"
    ...     "G/TBT/N/EU/9,2026-03-01,EU,Lamps,Limits of flicker,2026-02-01\\n")
    >>> print(found.faults[0])
    notifications.csv:row 1:comments_by: '2026-02-01', must be: not before distributed_on (2026-03-01)
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if any(line)]
    except csv.Error as error:
        raise InputFaults(name, [Fault(name, shown(str(error)), "CSV")]) from None
    heads = lines[0] if lines else []
    refuse(name, _head_faults(heads, name))
    rows = [dict(zip(heads, line, strict=False)) for line in lines[1:]]
    for row, line in zip(rows, lines[1:], strict=True):
        if len(line) > len(heads):
            row[_REST] = " ".join(line[len(heads) :])
    return _sorted_out(rows, name)


def read_json(text: str, *, name: str = "notifications.json") -> Notifications:
    """Notifications from a JSON list of objects whose names are the columns of ``trade_boxes.csv``.

    Parameters
    ----------
    text : str
        The file; a box of codes may be a list of texts.
    name : str
        Its name in the faults.

    Raises
    ------
    InputFaults
        When it is no list of objects, or names columns that are unknown.

    References
    ----------
    .. [1] WTO notification formats (``wto_tbt_formats``, ``wto_sps_formats``).

    Examples
    --------
    >>> read_json('[{"symbol": "G/TBT/N/EU/9"}]').faults[0].place
    'notifications.json:row 1:distributed_on'
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputFaults(name, [Fault(name, shown(str(error)), "JSON")]) from None
    is_list = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    refuse(name, [] if is_list else [Fault(name, shown(type(found).__name__), "a list of objects")])
    heads = list(dict.fromkeys(key for one in found for key in one))
    refuse(name, [fault for fault in _head_faults(heads, name) if fault.rule != REQUIRED])
    return _sorted_out([{key: _cell(value) for key, value in one.items()} for one in found], name)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _head_faults(heads: Sequence[str], name: str) -> list[Fault]:
    known = list(_boxes())
    faults = [
        Fault(f"{name}: column", shown(head), one_of(head, known)) for head in heads if head not in known
    ]
    faults += [Fault(f"{name}: column", shown(head), "given once") for head in sorted(set(heads))
               if heads.count(head) > 1]  # fmt: skip
    return faults + [Fault(f"{name}: {head}", "", REQUIRED) for head, box in _boxes().items()
                     if box["needed"] == "yes" and head not in heads]  # fmt: skip


def _sorted_out(rows: Sequence[Mapping[str, str]], name: str) -> Notifications:
    """Good documents apart from those that break a rule; a document sent twice counts once."""
    good: dict[str, dict[str, Any]] = {}
    bad: list[Mapping[str, str]] = []
    faults: list[Fault] = []
    n_doubled = 0
    for at, given in enumerate(rows, start=1):
        row = {column: given.get(column, "").strip() or None for column in _boxes()}
        place = f"{name}:row {at}"
        wrong = list(_row_faults(row, place))
        if _REST in given:
            wrong.append(Fault(place, shown(given[_REST]), "no more cells than columns"))
        key = row["symbol"] or ""
        if not wrong and key in good:
            if good[key] == row:
                n_doubled += 1
                continue
            wrong = [Fault(f"{place}:symbol", shown(key), "one document a symbol")]
        if wrong:
            bad.append(given)
            faults += wrong
        else:
            good[key] = row
    out, late = _linked(good, name)
    bad += [{key: value or "" for key, value in good[fault.value].items()} for fault in late]
    kept = out[~out["symbol"].isin([fault.value for fault in late])].reset_index(drop=True)
    return Notifications(kept, pd.DataFrame(bad), len(rows), n_doubled, (*faults, *late))


def _row_faults(row: Mapping[str, str | None], place: str) -> Iterator[Fault]:
    for column, box in _boxes().items():
        value = row[column]
        if value is None:
            if box["needed"] == "yes" and _is_needed(column, row):
                yield Fault(f"{place}:{column}", "", REQUIRED)
            continue
        rule = _broken(str(box["kind"]), value)
        if rule:
            yield Fault(f"{place}:{column}", shown(value), rule)
    start = row["distributed_on"]
    if _is_day(start) and _is_day(row["comments_by"]) and str(row["comments_by"]) < str(start):
        yield Fault(
            f"{place}:comments_by",
            shown(row["comments_by"]),
            RuleText("not before distributed_on ({})", start),
        )


def _is_needed(column: str, row: Mapping[str, str | None]) -> bool:
    """An addendum or corrigendum fills only the boxes that change."""
    symbol = read_symbol(row["symbol"] or "")
    is_whole = symbol is None or symbol.kind in ("notification", "revision")
    return is_whole or column in ("symbol", "distributed_on")


def _is_pages(value: str) -> bool:
    return value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= _MOST_PAGES


def _broken(kind: str, value: str) -> str:
    """The rule that a cell breaks; empty when it breaks none."""
    if kind == "text":
        try:
            plain_text(value)
        except ValueError as error:
            return str(error)
        return ""
    is_kept, rule = _KINDS[kind]
    return "" if is_kept(value) else rule(value) if callable(rule) else rule


def _is_day(value: str | None) -> bool:
    try:
        return value is not None and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_KINDS: dict[str, tuple[Callable[[str], object], str | Callable[[str], str]]] = {
    "symbol": (read_symbol, "a symbol such as G/TBT/N/EU/825/Add.1"),
    "day": (_is_day, "a day as YYYY-MM-DD"),
    "member": (is_country, "an ISO 3166-1 alpha-2 code, or EU"),
    "hs": (hs_codes, "HS codes of 2 to 10 digits with ; between, no ranges"),
    "ics": (ics_codes, "ICS codes such as 97.200.50 with ; between"),
    "edition": (EDITIONS.__contains__, lambda value: one_of(value, EDITIONS)),
    "change": (CHANGES.__contains__, lambda value: one_of(value, CHANGES)),
    "whole": (_is_pages, RuleText("a whole number from 1 to {}", _MOST_PAGES)),
}


def _linked(good: Mapping[str, Mapping[str, Any]], name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Each document with the one it changes; documents older than what they change are faults."""
    rows, late = [], []
    for key, row in good.items():
        symbol = read_symbol(key)
        assert symbol is not None  # every good row has one
        parent = good.get(symbol.parent)
        is_known = not symbol.parent or parent is not None
        rows.append({**row, "agreement": symbol.agreement, "base": symbol.base, "kind": symbol.kind,
                     "parent": symbol.parent, "is_parent_known": is_known})  # fmt: skip
        if parent is not None and row["distributed_on"] < parent["distributed_on"]:
            rule = RuleText("distributed on or after {}, as {} was", parent["distributed_on"], symbol.parent)
            late.append(Fault(f"{name}:{row['distributed_on']}", key, rule))
    heads = [*_boxes(), "agreement", "base", "kind", "parent", "is_parent_known"]
    out = pd.DataFrame(rows, columns=heads, dtype=object)  # None for an empty box in every column
    return out.astype({"is_parent_known": bool}), late


def csv_text(accepted: pd.DataFrame) -> str:
    """Notifications as the CSV that `read_csv` reads.

    Parameters
    ----------
    accepted : DataFrame
        From `read_csv` or `read_json`.

    Examples
    --------
    >>> text = "symbol,distributed_on\\nG/SPS/N/JP/7/Corr.1,2026-03-01\\n"
    >>> found = read_json('[{"symbol": "G/SPS/N/JPN/7/Corr.1", "distributed_on": "2026-03-01"}]').accepted
    >>> read_csv(csv_text(found)).accepted.equals(found)
    True
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_boxes())
    rows.writerows([row[name] or "" for name in _boxes()] for row in records(accepted))
    return text.getvalue()


def json_text(accepted: pd.DataFrame) -> str:
    """Notifications as the JSON that `read_json` reads; empty boxes are left out.

    Parameters
    ----------
    accepted : DataFrame
        From `read_csv` or `read_json`.

    Examples
    --------
    >>> one = '[{"symbol": "G/SPS/N/JPN/7/Corr.1", "distributed_on": "2026-03-01"}]'
    >>> json.loads(json_text(read_json(one).accepted)) == json.loads(one)
    True
    """
    rows = [{name: row[name] for name in _boxes() if row[name]} for row in records(accepted)]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def standing(accepted: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Every notification as its addenda, corrigenda and revisions have left it on a day.

    Parameters
    ----------
    accepted : DataFrame
        From `read_csv` or `read_json`.
    on : date
        Documents of a later day do not count.

    Returns
    -------
    DataFrame
        One row a notification, indexed by its symbol (base): the boxes (those of the latest revision, each
        changed by the documents after it that fill the box), agreement, n_documents, latest (symbol of the
        last document), changed (boxes that a later document changed, with blanks between), is_whole (False
        where only addenda are known and the notification itself is not), is_withdrawn.

    References
    ----------
    .. [1] TBT Committee, Coherent use of notification formats, June 2014 (``wto_tbt_formats``).

    Examples
    --------
    >>> rows = [{"symbol": "G/TBT/N/EU/9", "distributed_on": "2026-03-01", "member": "EU", "title": "Lamps",
    ...          "description": "Flicker", "comments_by": "2026-05-01"},
    ...         {"symbol": "G/TBT/N/EU/9/Add.1", "distributed_on": "2026-04-20", "change": "comment_period",
    ...          "comments_by": "2026-06-01"}]
    >>> found = standing(read_json(json.dumps(rows)).accepted, on=dt.date(2026, 5, 2))
    >>> found.loc["G/TBT/N/EU/9", ["comments_by", "changed", "latest"]].tolist()
    ['2026-06-01', 'comments_by', 'G/TBT/N/EU/9/Add.1']
    """
    seen = accepted[accepted["distributed_on"] <= on.isoformat()]
    order = {"notification": 0, "revision": 1}
    rank = seen["kind"].map(order).fillna(2)
    seen = seen.assign(rank=rank).sort_values(["base", "distributed_on", "rank", "symbol"], kind="stable")
    round_ = (seen["kind"] == "revision").groupby(seen["base"]).cumsum()
    last = seen[round_ == round_.groupby(seen["base"]).transform("max")]
    boxes = [name for name in _boxes() if name != "symbol"]
    groups = last.groupby("base", sort=True)
    out = groups[[*boxes, "agreement"]].last().astype(object)
    out = out.where(out.notna(), None)
    out["n_documents"] = seen.groupby("base").size()
    out["latest"] = groups["symbol"].last()
    contents = [name for name in boxes if name not in ("distributed_on", "change")]
    head = last.drop_duplicates("base").set_index("base").reindex(out.index)[contents]
    is_moved = (out[contents].fillna("") != head.fillna("")).to_numpy(dtype=bool)
    out["changed"] = [
        " ".join(name for name, moved in zip(contents, row, strict=True) if moved) for row in is_moved
    ]
    out["is_whole"] = groups["kind"].first().isin(list(order))
    out["is_withdrawn"] = (last["change"] == "withdrawn").groupby(last["base"]).any()
    return out
