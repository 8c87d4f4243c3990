"""Tidy tables, typed and checked against a column dictionary.

A dictionary row says of a column: type (``text``, ``whole``, ``number``, ``fraction``, ``date``,
``yes_no``), whether it is required, whether it belongs to the key, the allowed words and the bounds.
`typed` gives columns their types; `check` finds every fault at once (with pandera).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class TableFault(ValueError):
    """A table that breaks a law of its kind."""


_PATTERNS = {
    "whole": r"[+-]?[0-9]{1,18}",
    "number": r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?|inf|-inf",
    "fraction": r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?|[0-9]+/[0-9]*[1-9][0-9]*",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "yes_no": r"yes|no",
}
_KINDS = {
    "whole": "a whole number",
    "number": "a number",
    "fraction": "a number or fraction",
    "date": "YYYY-MM-DD",
}

_COLUMNS = {"column_in_schema": "a known column", "column_in_dataframe": "a column that is there"}


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain mappings, for walking over a small table.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"a": [1, 2]}))
    [{'a': 1}, {'a': 2}]
    """
    names = [str(name) for name in rows.columns]
    found = rows.to_numpy(
        dtype=object
    ).tolist()  # at once: a Series of each column takes longer than all else
    return [
        dict(zip(names, [one if type(one) in _NATIVE else _native(one) for one in row], strict=True))
        for row in found
    ]


_NATIVE = frozenset({str, int, float, bool})


def _native(value: Any) -> Any:
    import pandas as pd

    if value is pd.NA:
        return None
    return value.item() if isinstance(value, (np.number, np.bool_)) else value


def columns_of(table: str, dictionary: pd.DataFrame) -> pd.DataFrame:
    """The dictionary rows for one table, its own first, then those common to all (``*``).

    A table whose own rows name `source_id` describes all its columns itself.

    Examples
    --------
    >>> from riskkit.foundation.standards.standards import dictionary
    >>> columns_of("risk_matrices", dictionary())["column"].tolist()[:2]
    ['matrix', 'band']
    """
    import pandas as pd

    own = dictionary[dictionary["table"] == table]
    shared = dictionary[dictionary["table"] == "*"]
    return own if "source_id" in set(own["column"]) else pd.concat([own, shared], ignore_index=True)


def typed(columns: Mapping[str, Sequence[str]], types: Mapping[str, str]) -> dict[str, Sequence[Any]]:
    """Give each column the type that is named for it; an empty number becomes NaN.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        The cells as read from a file, by column.
    types : mapping of str to str
        As from :func:`riskkit.foundation.standards.standards.column_types`.

    Returns
    -------
    dict of str to sequence

    Examples
    --------
    >>> typed({"n": ["1.5", ""], "zh": ["", "a"]}, {"n": "number"})
    {'n': [1.5, nan], 'zh': ['', 'a']}
    """
    return {name: _typed(cells, types.get(name, "text")) for name, cells in columns.items()}


def _typed(cells: Sequence[str], kind: str) -> Sequence[Any]:
    if kind == "number" or (kind == "whole" and "" in cells):
        return [float(cell or "nan") for cell in cells]
    return [int(cell) for cell in cells] if kind == "whole" else cells


def _schema(words: pd.DataFrame) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    def checks(row: pd.Series) -> list[pa.Check]:
        found = []
        if row["type"] in _PATTERNS:
            kind = _KINDS.get(row["type"], "yes or no")
            pattern = rf"(?:{_PATTERNS[row['type']]})" + ("" if row["required"] == "yes" else "|")
            found.append(pa.Check.str_matches(rf"^(?:{pattern})\Z", error=kind))
        if row["required"] == "yes":
            found.append(pa.Check.str_length(min_value=1, error="not empty"))
        if row["allowed"]:
            words_ = row["allowed"].split("|") + ([] if row["required"] == "yes" else [""])
            found.append(pa.Check.isin(words_, error=f"one of {row['allowed']}"))
        return found

    columns = {row["column"]: pa.Column(str, checks(row), required=True) for _, row in words.iterrows()}
    return pa.DataFrameSchema(columns, strict=True)


def check(rows: pd.DataFrame, table: str, *, dictionary: pd.DataFrame, name: str = "") -> None:
    """Refuse a table that breaks its dictionary, telling every fault with row and column.

    Parameters
    ----------
    rows : DataFrame of str
        As read from a file, header excluded; row 2 is the first row of the file below the header.
    table : str
        Name of the table in the dictionary.
    dictionary : DataFrame
        See :func:`riskkit.foundation.standards.standards.dictionary`.
    name : str, optional
        File name for the messages.

    Raises
    ------
    InputFaults
        With all faults.

    Examples
    --------
    >>> import pandas as pd
    >>> words = pd.DataFrame({"table": ["t"], "column": ["n"], "type": ["number"], "required": ["yes"],
    ...                       "key": ["yes"], "allowed": [""], "minimum": ["0"], "maximum": [""]})
    >>> check(pd.DataFrame({"n": ["1", "2"]}), "t", dictionary=words)
    >>> try:
    ...     check(pd.DataFrame({"n": ["1", "x", "-3"]}), "t", dictionary=words, name="t.csv")
    ... except InputFaults as error:
    ...     print(error)
    t.csv: 2 faults
      t.csv:3:n: 'x', must be: a number
      t.csv:4:n: '-3', must be: at least 0
    """
    import pandas as pd
    import pandera.errors

    name = name or f"{table}.csv"
    words = columns_of(table, dictionary)
    faults: list[Fault] = []
    try:
        _schema(words).validate(rows, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        for case in records(errors.failure_cases):
            row = "" if pd.isna(case["index"]) else int(case["index"]) + 2
            column = (
                case["column"]
                if isinstance(case["column"], str) and not pd.isna(case["index"])
                else case["failure_case"]
            )
            said = str(case["check"])
            rule = RuleText("one of {}", said[7:]) if said[:7] == "one of " else _COLUMNS.get(said, said)
            faults.append(Fault(f"{name}:{row}:{column}", shown(case["failure_case"]), rule))
    faults += _bounds(rows, words, name) + _doubled(rows, words, name)
    refuse(name, sorted(faults, key=lambda fault: fault.place))


def _bounds(rows: pd.DataFrame, words: pd.DataFrame, name: str) -> list[Fault]:
    import pandas as pd

    faults = []
    for word in records(words[words["column"].isin(rows.columns)]):
        values = pd.to_numeric(rows[word["column"]], errors="coerce")
        for bound, broken, rule in (
            (
                word["minimum"],
                values < float(word["minimum"] or "nan"),
                RuleText("at least {}", word["minimum"]),
            ),
            (
                word["maximum"],
                values > float(word["maximum"] or "nan"),
                RuleText("at most {}", word["maximum"]),
            ),
        ):
            if bound:
                for row in rows.index[broken]:
                    faults.append(
                        Fault(f"{name}:{row + 2}:{word['column']}", shown(rows.at[row, word["column"]]), rule)
                    )
    return faults


def _doubled(rows: pd.DataFrame, words: pd.DataFrame, name: str) -> list[Fault]:
    key = [column for column in words.loc[words["key"] == "yes", "column"] if column in rows.columns]
    if not key:
        return []
    again = rows.index[rows.duplicated(key)]
    return [
        Fault(f"{name}:{row + 2}:{'+'.join(key)}", shown(tuple(rows.loc[row, key])), "a key that stands once")
        for row in again
    ]


__all__ = ["InputFaults", "TableFault", "check", "columns_of", "typed"]
