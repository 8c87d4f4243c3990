"""Checks of a field against a standard table, for records that are read from a file."""

from __future__ import annotations

from typing import Any

from pydantic import AfterValidator, BeforeValidator

from riskkit.foundation.inputs.faults import one_of
from riskkit.foundation.standards import standards


def of_table(table: str, column: str, **rows: str) -> AfterValidator:
    """A value that stands in a column of a standard table, in its rows with the given values.

    Parameters
    ----------
    table, column : str
        Where it must stand.
    **rows : str
        Column and value of the rows that count.

    Examples
    --------
    >>> of_table("ttc", "group").func("cramer_1")
    'cramer_1'
    """

    def check(value: Any) -> Any:
        lawful = [
            row[column]
            for row in standards.every_row(table)
            if all(row[name] == wanted for name, wanted in rows.items())
        ]
        if value not in lawful:
            raise ValueError(one_of(str(value), dict.fromkeys(lawful)))
        return value

    return AfterValidator(check)


def _number(value: Any) -> Any:
    if type(value) not in (int, float):
        raise ValueError("a number")
    return value


AS_NUMBER = BeforeValidator(_number)
"""A number as written: neither a text nor yes or no."""
