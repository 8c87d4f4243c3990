"""What a case and a table of its consignments state of the facts behind measures; the rest is unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from riskkit.assessment.facts.case_file import Case, NonconformingItem, number_range
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.response.measures import FLAGS
from riskkit.workbench.reports.monitoring.records import OpenTable, open_table

SAMPLE = "consignments"
FACTS = ("level", "conduct", "n_findings", *FLAGS)
_WHO = ("consignment", "port", "operator")


def open_consignments(name: str) -> OpenTable | None:
    """Facts by consignment: the shipped example, a ``.csv`` file, or nothing for the case alone."""
    return open_table(name, sample=SAMPLE, folder="examples", texts=_WHO) if name else None


def case_facts(case: Case) -> dict[str, float]:
    """The facts that the case itself states; what it does not state is missing, never no."""
    on_sale, units = _number(case, "is_on_sale"), _range(case, "units_on_market")
    is_recalled = any(
        "recall" in one.measures and one.date <= case.assessed_on and one.where in (None, case.jurisdiction)
        for one in case.actions
    )
    found = {
        "is_import": float(case.direction == "import"),
        "is_on_market": 1.0
        if on_sale == 1 or units[0] > 0
        else 0.0
        if on_sale == 0 and units[1] == 0
        else math.nan,
        "is_nonconforming": 1.0 if any(map(_is_broken, case.methods.nonconformity)) else math.nan,
        "is_defect": 1.0 if is_recalled else math.nan,
        "is_banned": _number(case, "is_prohibited_import"),
        "is_lot_identified": 1.0 if case.product.batches or case.product.serials else math.nan,
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _range(case: Case, name: str) -> tuple[float, float]:
    fact = case.facts.get(name)
    return number_range(fact) if fact is not None and fact.is_known() else (math.nan, math.nan)


def _number(case: Case, name: str) -> float:
    low, high = _range(case, name)
    return low if low == high else math.nan


def _is_broken(item: NonconformingItem) -> bool:
    """Whether an item is known to break its requirement; one without a number is listed because it does."""
    if item.basis != "fact" or item.kind == "paperwork":
        return False
    if item.measured is None or item.limit is None:
        return True
    return item.measured > item.limit if item.worse == "more" else item.measured < item.limit


def subjects_of(case: Case, opened: OpenTable | None) -> pd.DataFrame:
    """One row a consignment: port, operator and the facts of the table; the case where there is none."""
    if opened is None:
        who = {"port": None, "operator": case.product.importer or case.product.maker}
        return pd.DataFrame([{**who, **dict.fromkeys(FACTS)}], index=pd.Index([case.id], name="consignment"))
    table = opened.table
    known = (*_WHO, *FACTS)
    faults = [
        Fault(f"facts: {name}", "a column", one_of(str(name), known)) for name in table if name not in known
    ]
    faults += [Fault(f"facts: {name}", "missing", "a column") for name in _WHO if name not in table]
    names = table.get("consignment", pd.Series(dtype=object)).astype(object)
    faults += [
        Fault(f"facts: row {row}: consignment", "missing", "a name") for row in names.index[names.isna()]
    ]
    faults += [
        Fault(f"facts: row {row}: consignment", shown(names[row]), "each consignment once")
        for row in names.index[names.duplicated() & names.notna()]
    ]
    refuse("facts", faults)
    return (
        table.astype(object).where(table.notna(), None).reindex(columns=list(known)).set_index("consignment")
    )


def with_case(subjects: pd.DataFrame, known: Mapping[str, float]) -> pd.DataFrame:
    """The facts of each consignment, with those of the case where the table leaves them empty."""
    facts = subjects[list(FACTS)].copy()
    for name, value in known.items():
        facts[name] = facts[name].where(facts[name].notna(), value)
    return facts
