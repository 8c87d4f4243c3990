"""The mode of supervision of each enterprise and product: five modes, by class and product risk.

SN/T 2755.4 has five modes, and order 113 of 2009 lets class and risk grade decide among them. Only that much
could be read: the names of the modes, the cells and the least shares are house rows, or the caller's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.application.supervision.firm_classes import CLASSES
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

RISKS = ("high", "higher", "general")
"""Risk grades of products: 高风险、较高风险、一般风险."""
Cells = NDArray[np.int64]


def decide(facts: pd.DataFrame, *, on: dt.date, cells: pd.DataFrame | None = None) -> pd.DataFrame:
    """The mode of supervision of each enterprise and product.

    Parameters
    ----------
    facts : DataFrame
        firm_class (of `firm_classes`: a class or ``unknown``) and product_risk (``high``, ``higher``,
        ``general``, or missing).
    on : date
        Day whose rows count.
    cells : DataFrame, optional
        Rows of one's own, of the shape of ``supervision_mode_cells.csv``; no better class and no lower risk
        may have a stricter mode.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``special``, ``strict``, ``general``, ``verification``, ``credit``,
        ``unknown`` where class or risk is), applied (the mode to work with: the strictest that the facts
        allow where unknown), rate_floor (least share of lots inspected under the applied mode), rule_id (the
        cell), reason (``class_and_risk``, ``class_unknown``, ``risk_unknown``), margin [steps of strictness
        to the mildest mode that the facts allow; 0 where known], status, source_id.

    Raises
    ------
    InputFaults
        With every unknown class, risk and mode, and every cell that is missing or out of order.

    References
    ----------
    .. [1] SN/T 2755.4-2011 (``snt_2755_4_2011``): five modes. Names, cells and shares are house.

    Examples
    --------
    >>> facts = pd.DataFrame({"firm_class": ["class_1", "class_4", "unknown"],
    ...     "product_risk": ["general", "high", "general"]})
    >>> found = decide(facts, on=dt.date(2026, 5, 1))
    >>> found["decision"].tolist(), found["applied"].tolist()
    (['credit', 'special', 'unknown'], ['credit', 'special', 'strict'])
    """
    modes = standards.table("supervision_modes", on=on).set_index("mode")
    grid = _strictness(cells, modes, on)
    faults = [
        Fault(f"facts: row {row}: {name}", shown(value := facts[name].iloc[row]), one_of(str(value), known))
        for name, known in (("firm_class", (*CLASSES, "unknown")), ("product_risk", RISKS))
        for row in np.flatnonzero(_is_wrong(facts, name, known))
    ]
    refuse("facts", faults)
    at_class = facts["firm_class"].map({name: at for at, name in enumerate((*CLASSES, "unknown"))})
    at_risk = facts["product_risk"].map({name: at for at, name in enumerate(RISKS)}).fillna(len(RISKS))
    place = at_class.to_numpy(np.int64), at_risk.to_numpy(np.int64)
    worst, best = (_with_unknown(grid, end) for end in (np.max, np.min))
    # taken by place from the twenty cells: millions of texts that are made anew would cost most of the time
    names = modes.reset_index().set_index("strictness")
    rows = [_cell(at, to, worst=names.loc[worst[at, to]], spread=int(worst[at, to] - best[at, to]))
            for at in range(len(CLASSES) + 1) for to in range(len(RISKS) + 1)]  # fmt: skip
    out = pd.DataFrame(rows).take(place[0] * (len(RISKS) + 1) + place[1]).set_axis(facts.index)
    return out.assign(status="house", source_id="snt_2755_4_2011")


def _cell(at: int, to: int, *, worst: pd.Series, spread: int) -> dict[str, object]:
    """What stands in one cell; the last row and column are those of what is unknown."""
    is_class, is_risk = at < len(CLASSES), to < len(RISKS)
    is_known = is_class and is_risk
    reason = "class_and_risk" if is_known else "risk_unknown" if is_class else "class_unknown"
    found = {"decision": worst["mode"] if is_known else "unknown", "applied": worst["mode"]}
    found["rate_floor"] = float(worst["rate_floor"])
    return found | {
        "rule_id": f"{CLASSES[at]}|{RISKS[to]}" if is_known else "",
        "reason": reason,
        "margin": spread,
    }


def _with_unknown(grid: Cells, end: Callable[..., Any]) -> Cells:
    """The cells with a row for any class and a column for any risk."""
    rows = np.vstack([grid, end(grid, axis=0)])
    return np.column_stack([rows, end(rows, axis=1)])


def _is_wrong(facts: pd.DataFrame, name: str, known: Sequence[str]) -> NDArray[np.bool_]:
    refuse("facts", [] if name in facts else [Fault(f"facts: {name}", "missing", "a column")])
    may_miss = facts[name].isna() & (name == "product_risk")
    return ~(facts[name].isin(known) | may_miss).to_numpy(dtype=bool)


def _strictness(cells: pd.DataFrame | None, modes: pd.DataFrame, on: dt.date) -> Cells:
    """Strictness of each class (rows) and risk (columns); milder with each better class and lower risk."""
    table = standards.in_force(standards.table("supervision_mode_cells") if cells is None else cells, on)
    faults = [Fault(f"cells: {row['firm_class']}, {row['product_risk']}", shown(row["mode"]),
                    one_of(str(row["mode"]), [*map(str, modes.index)]))
              for row in records(table) if row["mode"] not in modes.index]  # fmt: skip
    refuse("cells", faults)
    grid = table.assign(strictness=table["mode"].map(modes["strictness"]).astype(float)).pivot_table(
        index="firm_class", columns="product_risk", values="strictness", aggfunc="max"
    )
    grid = grid.reindex(index=[*CLASSES], columns=[*RISKS])
    faults = [Fault(f"cells: {CLASSES[at]}, {RISKS[to]}", "missing", "a mode")
              for at, to in np.argwhere(grid.isna().to_numpy())]  # fmt: skip
    refuse("cells", faults)
    values = grid.to_numpy()
    faults = [Fault(f"cells: {CLASSES[at + 1]}, {RISKS[to]}", f"{values[at + 1, to]:g}",
                    RuleText("at least as strict as {}: {}", CLASSES[at], f'{values[at, to]:g}'))
              for at, to in np.argwhere(np.diff(values, axis=0) < 0)]  # fmt: skip
    faults += [Fault(f"cells: {CLASSES[at]}, {RISKS[to + 1]}", f"{values[at, to + 1]:g}",
                     RuleText("at most as strict as {}: {}", RISKS[to], f'{values[at, to]:g}'))
               for at, to in np.argwhere(np.diff(values, axis=1) > 0)]  # fmt: skip
    refuse("cells", faults)
    return values.astype(np.int64)
