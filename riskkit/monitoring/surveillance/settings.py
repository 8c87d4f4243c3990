"""The settings of published detectors, from their table, as in force on a day."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards import standards

Setting = bool | int | float | str


def surveillance_rules(*, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """The rows in force on a day: the shipped ones, or a table of one's own in the same form.

    Examples
    --------
    >>> rows = surveillance_rules(on=dt.date(2026, 1, 1))
    >>> rows.loc[(rows["method"] == "noufaily_2013") & (rows["name"] == "n_excluded"), "value"].tolist()
    ['26']
    """
    if rules is not None:
        return standards.in_force(rules, on)
    return standards.table("surveillance_settings", on=on)


def settings_of(method: str, *, on: dt.date, rules: pd.DataFrame | None = None) -> dict[str, Setting]:
    """The settings of a method by name.

    Parameters
    ----------
    method : str
        A method of ``surveillance_settings.csv``.
    on : date
        The day that is judged.
    rules : DataFrame, optional
        A table of one's own.

    Returns
    -------
    dict
        ``yes`` and ``no`` as bool, whole numbers as int, other numbers as float, words as they are.

    Raises
    ------
    InputFaults
        When there is no such method on that day.

    Examples
    --------
    >>> settings_of("ears_c3", on=dt.date(2026, 1, 1))
    {'method': 'C3', 'alpha': 0.025, 'baseline': 7, 'min_sigma': 0}
    """
    rows = surveillance_rules(on=on, rules=rules)
    mine = rows[rows["method"] == method]
    known = one_of(method, sorted(set(rows["method"])))
    refuse("settings", [Fault(f"settings on {on}", shown(method), known)] if mine.empty else [])
    return {str(name): _read(str(value)) for name, value in zip(mine["name"], mine["value"], strict=True)}


def _read(text: str) -> Setting:
    if text in {"yes", "no"}:
        return text == "yes"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
