"""How well a register is filled: completeness and timeliness per source, and what nobody looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.standards.glossary import codes
from riskkit.foundation.standards.method_numbers import method_number

AXES = ("source_class", "hazard_class", "channel")


def completeness(records: pd.DataFrame, *, by: str = "source", columns: Sequence[str] = ()) -> pd.DataFrame:
    """Which share of the cells each source fills.

    Parameters
    ----------
    records : DataFrame
        One row a record.
    by : str
        Column to group by.
    columns : sequence of str
        Columns to look at; all but `by` if not given.

    Returns
    -------
    DataFrame
        One row a source: ``n_records`` and, for each column, the share of records that fill it [0–1].

    Raises
    ------
    InputFaults
        With every column that is not there.

    Examples
    --------
    >>> completeness(pd.DataFrame({"source": ["a", "a"], "hs": ["95", None]})).values.tolist()
    [[2.0, 0.5]]
    """
    _columns(records, [by, *columns])
    looked_at = list(columns) or [name for name in records.columns if name != by]
    groups = records[by].fillna("").astype(str).to_numpy()
    counts = records[looked_at].notna().groupby(groups).mean()
    counts.insert(0, "n_records", records.groupby(groups).size())
    counts.index.name = by
    return counts


def timeliness(records: pd.DataFrame, *, by: str = "source", limit_days: float | None = None) -> pd.DataFrame:
    """How long it takes until something is reported.

    Parameters
    ----------
    records : DataFrame
        With ``date`` and ``date_reported`` (dates).
    by : str
        Column to group by.
    limit_days : float, optional
        What counts as in time [d]; the table's if not given.

    Returns
    -------
    DataFrame
        One row a source: ``n_records``, ``n_known`` (both dates known and in order), ``n_missing``,
        ``n_backwards`` (reported before it happened: not counted in the delays), ``median_days``,
        ``p90_days``, ``share_in_time`` of the known ones.

    Raises
    ------
    InputFaults
        With every column that is not there.

    References
    ----------
    .. [1] ``method_numbers.csv`` (house), after the 10 working days of injury surveillance in Guangdong.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-01"]), pd.to_datetime(["2024-01-04", "2024-02-01"])
    >>> told = timeliness(pd.DataFrame({"source": "a", "date": days[0], "date_reported": days[1]}))
    >>> told[["median_days", "share_in_time"]].values.tolist()
    [[17.0, 0.5]]
    """
    _columns(records, [by, "date", "date_reported"])
    limit = method_number("timeliness", "limit_days") if limit_days is None else limit_days
    groups = records[by].fillna("").astype(str).to_numpy()
    delay = (pd.to_datetime(records["date_reported"]) - pd.to_datetime(records["date"])).dt.days
    forward = delay.where(delay >= 0)
    each = forward.groupby(groups)
    out = pd.DataFrame({"n_records": records.groupby(groups).size(), "n_known": each.count()})
    out["n_missing"] = delay.isna().groupby(groups).sum()
    out["n_backwards"] = (delay < 0).groupby(groups).sum()
    out["median_days"], out["p90_days"] = each.median(), each.quantile(0.9)
    in_time = (forward <= limit).groupby(groups).sum()
    out["share_in_time"] = in_time / out["n_known"].where(out["n_known"] > 0)
    out.index.name = by
    return out


def coverage_matrix(records: pd.DataFrame, *, axes: Sequence[str] = AXES) -> pd.DataFrame:
    """How many records there are of every source class × hazard class × channel, gaps included.

    Parameters
    ----------
    records : DataFrame
        With the columns `axes`; each holds codes of the glossary's list of that name.
    axes : sequence of str
        What to cross.

    Returns
    -------
    DataFrame
        One row for every combination of the lists: the axes, ``n_records`` and ``is_gap`` (none). Records
        that miss a code stand under ``""``, in rows of their own that are never gaps: they may belong
        anywhere.

    Raises
    ------
    InputFaults
        With every column that is not there, and every code that is not of its list.

    Examples
    --------
    >>> cells = coverage_matrix(pd.DataFrame({"hazard_class": ["physical", None]}), axes=["hazard_class"])
    >>> cells[cells["n_records"] > 0].values.tolist()
    [['physical', 1, False], ['', 1, False]]
    """
    _columns(records, axes)
    faults = []
    for axis in axes:
        for code in sorted(set(records[axis].dropna().astype(str)) - set(codes(axis))):
            faults.append(Fault(axis, shown(code), one_of(str(code), codes(axis))))
    refuse("coverage", faults)
    found = records[list(axes)].astype("string").fillna("").value_counts(sort=False)
    known = pd.MultiIndex.from_product([codes(axis) for axis in axes], names=list(axes))
    counts = pd.Series(found.to_numpy(dtype=np.int64), index=found.index, name="n_records")
    counts.index = pd.MultiIndex.from_tuples(list(counts.index), names=list(axes))
    every = known.append(counts.index.difference(known, sort=True))
    out = counts.reindex(every, fill_value=0).reset_index()
    unknown = (out[list(axes)] == "").any(axis=1)
    return out.assign(is_gap=(out["n_records"] == 0) & ~unknown)


def _columns(records: pd.DataFrame, wanted: Sequence[str]) -> None:
    rule = "a column of the records"
    refuse("records", [Fault("column", shown(name), rule) for name in wanted if name not in records])
