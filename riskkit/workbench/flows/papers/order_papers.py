"""Order sheets: one for each port and operator, and all orders as one table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.workbench.flows.papers.paper_files import Paper, file_name, issuer_faults
from riskkit.workbench.flows.warnings.official import FilledDocument
from riskkit.workbench.flows.warnings.templating import filled, template_text
from riskkit.workbench.reports.measures.measure_study import MeasureStudy
from riskkit.workbench.reports.signals.draft_case import safe_csv

say = Texts("papers")
TABLE = "orders.csv"
_HEADS = ("port", "operator", "subject", "measure", "words", "executor", "evidence", "law", "rule_id",
          "last_day")  # fmt: skip


def order_papers(study: MeasureStudy, *, issuer: str) -> tuple[Paper, ...]:
    """One sheet for each port and operator that have an order, in the order of the table."""
    faults = issuer_faults(issuer)
    if study.orders.empty:
        faults.append(Fault("orders", "0 rows", "a measure that is taken for some consignment"))
    refuse("order sheets", faults)
    unknown = say("not_known")
    rows = study.orders.assign(
        port=study.orders["port"].fillna(unknown), operator=study.orders["operator"].fillna(unknown)
    )
    sheets: list[Paper] = []
    for (port, operator), own in rows.groupby(["port", "operator"], sort=False):
        document = _filled(study, own, issuer=issuer, place=len(sheets) + 1)
        sheets.append(Paper(file_name("order", str(port), str(operator)), document))
    return tuple(sheets)


def _filled(study: MeasureStudy, own: pd.DataFrame, *, issuer: str, place: int) -> FilledDocument:
    first, on = records(own)[0], study.on.isoformat()
    values: dict[str, str | list[str]] = {
        "port": str(first["port"]),
        "operator": str(first["operator"]),
        "product": study.assessment.case.title.say(),
        "orders": [_line(row) for row in records(own)],
        "laws": list(dict.fromkeys(str(law) for law in own[f"law_{language()}"])),
        "issuer": issuer,
        "on": on,
    }
    lines = filled(template_text("order_sheet"), values, name="order_sheet")
    code = say("number", year=on[:4], n=place)
    return FilledDocument(lines, language(), issuer, code, "", say("order_sheet"))


def _line(row: dict[str, Any]) -> str:
    until = "" if pd.isna(row["last_day"]) else say("order_until", day=f"{row['last_day']:%Y-%m-%d}")
    return say("order", subject=row["subject"], what=row[language()], who=row[f"executor_{language()}"],
               evidence=row[f"evidence_{language()}"], until=until)  # fmt: skip


def order_table(study: MeasureStudy) -> bytes:
    """All orders as CSV, for a spreadsheet."""
    named = {"words": language()} | {name: f"{name}_{language()}" for name in ("executor", "evidence", "law")}
    days = study.orders["last_day"]
    found = study.orders.assign(
        last_day=days.dt.strftime("%Y-%m-%d").where(days.notna(), ""),
        **{name: study.orders[column] for name, column in named.items()},
    )
    return safe_csv(found[list(_HEADS)].fillna(""))
