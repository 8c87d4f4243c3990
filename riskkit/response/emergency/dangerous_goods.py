"""Dangerous goods at a port: class by UN number, and what stands too close together in a yard.

Which numbers have which class, and which classes keep which distance, are tables of the user. The packing
group stands on the declaration only: it does not follow from the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns

_CLASS = re.compile(r"1(\.[1-6][A-HJ-LNS]?)?|[24](\.[1-3])?|[56](\.[12])?|[3789]")
_NUMBER = re.compile(r"(?:UN ?)?([0-9]{4})", flags=re.IGNORECASE)
_GROUPS = {"I": "I", "II": "II", "III": "III", "Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III"}


def matched_goods(goods: pd.DataFrame, un_numbers: pd.DataFrame) -> pd.DataFrame:
    """The class of each consignment by its UN number, held against what is declared.

    Parameters
    ----------
    goods : DataFrame
        One row a consignment: un_number (``1203``, ``UN1203``, or a whole number whose zeros in front are
        lost); optionally class (declared: ``3``, ``2.1``, ``1.4S``) and packing_group (I, II, III), each
        missing where the declaration does not say.
    un_numbers : DataFrame
        The user's table: un_number, class, each number once. A class that is missing, ``?`` or has ``-`` in
        front belongs to a number that is no longer in use.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``matched``, ``class_conflict``, ``number_unknown``,
        ``number_not_in_use``), un_number (four digits), class (the more detailed of table and declaration
        where they agree, missing without a match), class_main, packing_group (as declared; missing
        otherwise), is_group_unknown.

    Raises
    ------
    InputFaults
        With every number, class and group that cannot be read in either table, and numbers twice in the
        user's table.

    Examples
    --------
    >>> table = pd.DataFrame({"un_number": ["1203", "1017"], "class": ["3", "2"]})
    >>> goods = pd.DataFrame({"un_number": ["UN1203", 1017, 9999], "class": ["8", "2.3", None]})
    >>> found = matched_goods(goods, table)
    >>> found["decision"].tolist(), found["class"].fillna("?").tolist()
    (['class_conflict', 'matched', 'number_unknown'], ['?', '2.3', '?'])
    """
    table, out_of_use = _classes(un_numbers)
    refuse("goods", [] if "un_number" in goods else [Fault("goods: un_number", "missing", "a column")])
    empty = pd.Series(None, index=goods.index, dtype=object)
    numbers = [_number(cell) for cell in goods["un_number"]]
    declared = [_text(cell) for cell in goods.get("class", empty)]
    groups = [_text(cell) for cell in goods.get("packing_group", empty)]
    faults = _unread(numbers, goods["un_number"], place="goods", rule="a UN number of four digits")
    for row, (of_class, group) in enumerate(zip(declared, groups, strict=True)):
        if of_class and not _CLASS.fullmatch(of_class):
            faults.append(
                Fault(f"goods: row {row}: class", shown(of_class), "a class such as 3, 2.1 or 1.4S")
            )
        if group and group not in _GROUPS:
            faults.append(Fault(f"goods: row {row}: packing_group", shown(group), "I, II or III"))
    refuse("goods", faults)
    rows = [
        _match(number, of_class, table=table, out_of_use=out_of_use)
        for number, of_class in zip(numbers, declared, strict=True)
    ]
    out = pd.DataFrame(rows, columns=["decision", "class"], index=goods.index, dtype=object)
    out.insert(1, "un_number", pd.Series(numbers, index=goods.index, dtype=object))
    out["class_main"] = pd.Series([name and name[0] for name in out["class"]], goods.index, dtype=object)
    out["packing_group"] = pd.Series(
        [_GROUPS.get(group or "") for group in groups], goods.index, dtype=object
    )
    return out.assign(is_group_unknown=out["packing_group"].isna())


def segregation_conflicts(yard: pd.DataFrame, distances: pd.DataFrame) -> pd.DataFrame:
    """Pairs of units in a yard that stand closer together than the user's table allows.

    Parameters
    ----------
    yard : DataFrame
        Index: unique ids of units. class, x_m and y_m (place in metres).
    distances : DataFrame
        The user's table: class_a, class_b, min_m (metres; 0: may stand together), in either order, each pair
        once. It has every pair of classes of the yard that occurs, a class with itself where it occurs
        twice: what has no row is not taken to be compatible.

    Returns
    -------
    DataFrame
        One row a conflict, the largest shortfall first: unit_a, unit_b, class_a, class_b, distance_m, min_m,
        short_m. A distance equal to the one asked for is no conflict.

    Raises
    ------
    InputFaults
        With every wrong cell, pair twice, and pair of classes that the table does not have.

    Examples
    --------
    >>> yard = pd.DataFrame({"class": ["3", "5.1", "5.1"], "x_m": [0, 3, 40], "y_m": [0, 4, 0]},
    ...                     index=["A", "B", "C"])
    >>> table = pd.DataFrame({"class_a": ["3", "5.1"], "class_b": ["5.1", "5.1"], "min_m": [6, 0]})
    >>> segregation_conflicts(yard, table)[["unit_a", "unit_b", "short_m"]].values.tolist()
    [['A', 'B', 1.0]]
    """
    places = number_columns(yard, [NumberColumn("x_m"), NumberColumn("y_m")], what="yard", texts=["class"])
    kinds = [_text(cell) or "" for cell in yard["class"]]
    faults = [
        Fault(f"yard: row {row}: class", shown(name), "a class such as 3, 2.1 or 1.4S")
        for row, name in enumerate(kinds)
        if not _CLASS.fullmatch(name)
    ]
    faults += [] if yard.index.is_unique else [Fault("yard", "an id twice", "each id once")]
    refuse("yard", faults)
    least = _distances(distances)
    counts = pd.Series(kinds, dtype=object).value_counts()
    needed = [
        (a, b) for i, a in enumerate(sorted(counts.index)) for b in sorted(counts.index)[i:]
        if a != b or counts[a] > 1
    ]  # fmt: skip
    refuse(
        "distances",
        [Fault("distances", f"no row for {a} with {b}", "a row") for a, b in needed if (a, b) not in least],
    )
    points = np.column_stack([places["x_m"], places["y_m"]])
    furthest = max((least[pair] for pair in needed), default=0.0)
    columns = ["unit_a", "unit_b", "class_a", "class_b", "distance_m", "min_m", "short_m"]
    near = cKDTree(points).query_pairs(furthest, output_type="ndarray") if len(points) else np.empty((0, 2))
    first, second = near.T.astype(np.intp)
    length = np.hypot(*(points[first] - points[second]).T)
    asked = np.array(
        [least[_pair(kinds[a], kinds[b])] for a, b in zip(first, second, strict=True)], dtype=np.float64
    )
    names, kind = yard.index.to_numpy(), np.array(kinds, dtype=object)
    cells = (names[first], names[second], kind[first], kind[second], length, asked, asked - length)
    found = pd.DataFrame(dict(zip(columns, cells, strict=True)))
    is_short = found["distance_m"] < found["min_m"]
    order = ["short_m", "unit_a", "unit_b"]
    return found[is_short].sort_values(order, ascending=[False, True, True], ignore_index=True)


def _classes(un_numbers: pd.DataFrame) -> tuple[dict[str, str], set[str]]:
    what = "un_numbers"
    wanted = ("un_number", "class")
    refuse(
        what, [Fault(f"{what}: {name}", "missing", "a column") for name in wanted if name not in un_numbers]
    )
    numbers = [_number(cell) for cell in un_numbers["un_number"]]
    kinds = [_text(cell) or "?" for cell in un_numbers["class"]]
    faults = _unread(numbers, un_numbers["un_number"], place=what, rule="a UN number of four digits")
    faults += [
        Fault(f"{what}: row {row}: class", shown(kind), "a class, ?, or a class with - in front")
        for row, kind in enumerate(kinds)
        if kind != "?" and not _CLASS.fullmatch(kind.removeprefix("-"))
    ]
    twice = pd.Series(numbers, dtype=object)
    faults += [
        Fault(f"{what}: row {row}: un_number", shown(numbers[row]), "each number once")
        for row in np.flatnonzero(twice.duplicated() & twice.notna())
    ]
    refuse(what, faults)
    is_out = [kind == "?" or kind.startswith("-") for kind in kinds]
    rows = list(zip(numbers, kinds, is_out, strict=True))
    return {n: kind for n, kind, out in rows if n and not out}, {n for n, _, out in rows if n and out}


def _match(
    number: str | None, declared: str | None, *, table: dict[str, str], out_of_use: set[str]
) -> tuple[str, str | None]:
    known = table.get(number or "")
    if known is None:
        return ("number_not_in_use" if number in out_of_use else "number_unknown"), None
    if declared is None:
        return "matched", known
    short, long = sorted((known, declared), key=len)
    return ("matched", long) if long.startswith(short) else ("class_conflict", None)


def _distances(distances: pd.DataFrame) -> dict[tuple[str, str], float]:
    texts = ["class_a", "class_b"]
    least = number_columns(distances, [NumberColumn("min_m", low=0)], what="distances", texts=texts)["min_m"]
    cells = zip(distances["class_a"], distances["class_b"], strict=True)
    pairs = [_pair(_text(a) or "", _text(b) or "") for a, b in cells]
    faults = [
        Fault(f"distances: row {row}", " with ".join(map(shown, pair)), "two classes")
        for row, pair in enumerate(pairs)
        if not all(map(_CLASS.fullmatch, pair))
    ]
    faults += [
        Fault(f"distances: row {row}", " with ".join(pairs[row]), "each pair once")
        for row in np.flatnonzero(pd.Series(pairs, dtype=object).duplicated())
    ]
    refuse("distances", faults)
    return dict(zip(pairs, least.tolist(), strict=True))


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a <= b else (b, a)


def _unread(found: list[str | None], given: Iterable[object], *, place: str, rule: str) -> list[Fault]:
    return [
        Fault(f"{place}: row {row}: un_number", shown(cell), rule)
        for row, (number, cell) in enumerate(zip(found, given, strict=True))
        if number is None
    ]


def _text(cell: object) -> str | None:
    """A cell as text, also a class that was read as a number; None where it is missing."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None


def _number(cell: object) -> str | None:
    """A UN number of four digits, or None. Only a cell of type number may have lost its zeros."""
    is_number = isinstance(cell, (int, float, np.integer)) and not isinstance(cell, bool)
    text = _text(cell)
    if text is None:
        return None
    found = _NUMBER.fullmatch(text.zfill(4) if is_number else text)
    return found[1] if found else None
