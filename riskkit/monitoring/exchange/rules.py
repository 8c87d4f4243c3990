"""What may be handed on of records and counts: columns kept, dropped or coarsened, small cells hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.monitoring.rates.disclosure import ALL, hide_small_cells

UNKNOWN = "?"
INSPECTIONS = ("enforcement", "monitoring")
"""Classes of source that tell of what was tested, good and bad."""
KEYS = (
    "source_class", "channel", "product_group", "hs", "origin", "port", "customs_district", "region",
    "hazard_class", "hazard", "year",
)  # fmt: skip
"""What counts may be grouped by; names of firms and people are not among them."""


@dataclass(frozen=True)
class Shared:
    """What is handed on, and what was held back.

    Parameters
    ----------
    table : DataFrame
        The rows.
    held_back : DataFrame
        column, rule (``drop``, ``coarsen``, ``too_few``, ``complement``, ``not_counted``), n_values, zh, en.
    """

    table: pd.DataFrame
    held_back: pd.DataFrame


def shared_records(rows: pd.DataFrame) -> Shared:
    """Records as they may be handed to another agency.

    Parameters
    ----------
    rows : DataFrame
        With the columns of the record.

    Returns
    -------
    Shared
        The same rows and columns, dropped columns empty; `held_back` has a row for each column of which a
        value was dropped or made coarser.

    Raises
    ------
    InputFaults
        With every column that ``exchange_columns.csv`` has no rule for: what is not known is not handed on.

    References
    ----------
    .. [1] ``exchange_columns.csv`` (house).

    Examples
    --------
    >>> found = shared_records(pd.DataFrame({"text": ["Mr X", None], "age_years": [7.0, None]}))
    >>> found.table["text"].tolist(), found.table["age_years"].tolist()
    ([nan, nan], [5.0, nan])
    >>> found.held_back[["column", "rule", "n_values"]].values.tolist()
    [['text', 'drop', 1], ['age_years', 'coarsen', 1]]
    """
    rules = {row["column"]: row for row in standards.rows("exchange_columns")}
    unruled = [name for name in rows.columns if name not in rules]
    refuse("export", [Fault("column", shown(name), "a column with a rule for exchange") for name in unruled])
    out, held = rows.copy(), []
    for name in rows.columns:
        rule = rules[name]
        if rule["rule"] == "drop":
            touched = int(rows[name].notna().sum())
            out[name] = pd.Series(np.nan, index=rows.index, dtype=object)
        elif rule["rule"] == "coarsen":
            step = float(rule["step"])
            out[name] = np.floor(rows[name].astype("float64") / step) * step
            touched = int((out[name] != rows[name].astype("float64")).sum() - rows[name].isna().sum())
        else:
            continue
        if touched:
            held.append((name, rule["rule"], touched, rule["zh"], rule["en"]))
    return Shared(out, _held(held))


def _held(rows: Sequence[tuple[str, str, int, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["column", "rule", "n_values", "zh", "en"])


def shared_counts(rows: pd.DataFrame, *, by: Sequence[str]) -> Shared:
    """Counts of inspections as they may be published: no small cell can be read or worked out.

    Parameters
    ----------
    rows : DataFrame
        With source_class, n_tested, n_nonconforming and the columns of `by` (``year`` from ``date``).
    by : sequence of str
        One to three of `KEYS`.

    Returns
    -------
    Shared
        As from `riskkit.monitoring.rates.disclosure.hide_small_cells`; a key that is not known is ``?``.

    Raises
    ------
    InputFaults
        With every key that counts may not be grouped by, or when there are not one to three.

    Examples
    --------
    >>> rows = pd.DataFrame({"source_class": "monitoring", "port": ["X", "Y", "Z"], "n_tested": [2, 20, 90],
    ...                      "n_nonconforming": [1, 2, 8]})
    >>> shared_counts(rows, by=["port"]).table["shown"].tolist()
    ['too_few', 'complement', 'shown', 'shown']
    """
    rule = RuleText("one to three different ones of {}", ", ".join(KEYS))
    is_fine = 1 <= len(by) <= 3 and len(set(by)) == len(by) and all(one in KEYS for one in by)
    refuse("export", [] if is_fine else [Fault("--by", shown(", ".join(by)), rule)])
    given = rows.assign(year=pd.to_datetime(rows["date"]).dt.strftime("%Y")) if "year" in by else rows
    counts = given[["n_tested", "n_nonconforming"]]
    is_counted = given["source_class"].isin(INSPECTIONS) & counts.notna().all(axis=1)
    known = given[is_counted]
    keys = {name: known[name].astype("string").fillna(UNKNOWN).replace(ALL, "∗") for name in by}
    sums = known.assign(**keys).groupby(list(by), sort=True)[["n_tested", "n_nonconforming"]].sum()
    table = hide_small_cells(sums.reset_index(), by=list(by))
    return Shared(table, _held(_hidden(table, n_left=int((~is_counted).sum()))))


def _hidden(table: pd.DataFrame, *, n_left: int) -> list[tuple[str, str, int, str, str]]:
    few = f"{method_number('disclosure', 'minimum'):g}"
    told = {
        "too_few": (f"检验数不足 {few}，不公开", f"fewer than {few} tested: not published"),
        "complement": ("为防止由合计推出而隐藏", "hidden so that no sum gives a small cell back"),
    }
    held = [
        ("n_tested, n_nonconforming, rate", rule, int((table["shown"] == rule).sum()), zh, en)
        for rule, (zh, en) in told.items()
    ]
    zh, en = (
        "不是检验记录，或缺少检验数、不合格数，未计入",
        "no inspection, or a count is missing: not counted",
    )
    held.append(("n_tested, n_nonconforming", "not_counted", n_left, zh, en))
    return [row for row in held if row[2]]
