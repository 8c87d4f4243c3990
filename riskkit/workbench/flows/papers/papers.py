"""Papers of the response: orders, recall notices, transfers of cases, filled from a study, as files."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, plain_text, refuse, shown
from riskkit.foundation.inputs.part_files import put_files, sweep
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number, rate
from riskkit.workbench.flows.warnings.official import FilledDocument, filled, in_format, template_text
from riskkit.workbench.reports.measures.measure_report import MeasureStudy
from riskkit.workbench.reports.referral.referral_study import ReferralStudy
from riskkit.workbench.reports.response.recall_study import LEVEL, RecallStudy
from riskkit.workbench.reports.signals.draft_case import safe_csv

FORMATS = ("docx", "html", "txt")


@dataclass(frozen=True)
class Paper:
    """A document with the name of its file, without its ending."""

    name: str
    document: FilledDocument


def file_name(kind: str, *ids: str) -> str:
    """A name from ids, which two of them never share."""
    plain = "-".join(re.sub(r"[^\w-]+", "_", one)[:30] for one in ids)
    return f"{kind}-{plain}-{hashlib.sha256(chr(0).join(ids).encode()).hexdigest()[:8]}"


def write_papers(
    papers: Sequence[Paper],
    out: Path,
    *,
    formats: Sequence[str] = ("docx",),
    tables: Mapping[str, bytes] | None = None,
    is_forced: bool | None = None,
) -> tuple[Path, ...]:
    """Write every paper in each format, and tables beside them; what is there already is never replaced."""
    refuse(
        "papers",
        [Fault("--format", shown(one), one_of(one, FORMATS)) for one in formats if one not in FORMATS],
    )
    files = {
        f"{paper.name}.{paper.document.lang}.{one}": in_format(paper.document, one)
        for paper in papers
        for one in formats
    }
    sweep(out)
    return put_files(out, files | dict(tables or {}), is_forced=is_forced)


def issuer_faults(issuer: str) -> list[Fault]:
    """An issuer that a paper cannot hold."""
    if not issuer.strip():
        return [Fault("--issuer", shown(issuer), "a name")]
    try:
        plain_text(issuer)
    except ValueError as error:
        return [Fault("--issuer", shown(issuer), str(error))]
    return []


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
        document = _order_filled(study, own, issuer=issuer, place=len(sheets) + 1)
        sheets.append(Paper(file_name("order", str(port), str(operator)), document))
    return tuple(sheets)


def _order_filled(study: MeasureStudy, own: pd.DataFrame, *, issuer: str, place: int) -> FilledDocument:
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


KINDS = ("stage", "final")


def recall_papers(study: RecallStudy, *, kind: str, issuer: str) -> tuple[Paper, ...]:
    """One report for each recall, in the order of the file."""
    faults = issuer_faults(issuer)
    faults += [] if kind in KINDS else [Fault("--kind", kind, one_of(kind, KINDS))]
    refuse("recall report", faults)
    ids = [str(name) for name in study.state["recall_id"]]
    return tuple(
        Paper(
            file_name(f"recall-{kind}", recall),
            _recall_filled(study, recall, kind=kind, issuer=issuer, place=place),
        )
        for place, recall in enumerate(ids, start=1)
    )  # fmt: skip


def _recall_filled(study: RecallStudy, recall: str, *, kind: str, issuer: str, place: int) -> FilledDocument:
    whole = _row(study.completion, recall)
    on = study.on.isoformat()
    values: dict[str, str | list[str]] = {
        "recall": recall,
        "on": on,
        "units": _units(whole),
        "channels": list(_channels(study, recall)),
        "state": _words(_row(study.state, recall)),
        "ahead": _ahead(study, recall),
        "duties": list(_duties(study, recall)),
        "advice": _advice(study, recall),
        "grade": _grade(study, recall),
        "open_units": _open_units(whole),
        "issuer": issuer,
    }
    name = f"recall_{kind}"
    lines = filled(template_text(name), values, name=name)
    code = say("number", year=on[:4], n=place)
    return FilledDocument(lines, language(), issuer, code, "", say(name))


def _row(table: pd.DataFrame, recall: str) -> dict[str, Any]:
    return records(table[table["recall_id"] == recall])[0]


def _units(whole: dict[str, Any]) -> str:
    counts = {name: number(float(whole[f"n_{name}"])) for name in ("affected", "removed", "completed")}
    shares = {name: rate(float(whole[name])) for name in ("rate", "rate_open")}
    return say("units", **counts, **shares)


def _open_units(whole: dict[str, Any]) -> str:
    """What is left; unknown where a count is missing."""
    left = float(whole["n_affected"]) - float(whole["n_removed"]) - float(whole["n_completed"])
    return say("open_unknown") if math.isnan(left) else say("open_units", n=number(left))


def _channels(study: RecallStudy, recall: str) -> Iterator[str]:
    parts = [name for name in ("channel", "operator") if name in study.channels]
    for row in records(study.channels[study.channels["recall_id"] == recall]) if parts else ():
        name = " · ".join(str(row[part]) for part in parts)
        counts = {key: number(float(row[f"n_{key}"])) for key in ("affected", "completed")}
        yield say("channel", name=name, **counts, rate=rate(float(row["rate_open"])))


def _words(row: dict[str, Any]) -> str:
    codes = pd.Series([row["decision"], row["reason"]], dtype=object).replace({"unknown": None})
    return ("，" if language() == "zh" else ", ").join(dict.fromkeys(w for w in reason_words(codes) if w))


def _ahead(study: RecallStudy, recall: str) -> str:
    """The completion ahead with its interval; nothing without a rate."""
    ahead = study.curve[study.curve["recall_id"] == recall].dropna(subset=["rate_mid"])
    if ahead.empty:
        return ""
    last = records(ahead)[-1]
    shares = {name: rate(float(last[f"rate_{name}"])) for name in ("mid", "lo", "hi")}
    return say("ahead", day=f"{last['day']:%Y-%m-%d}", level=rate(LEVEL), **shares)


def _duties(study: RecallStudy, recall: str) -> Iterator[str]:
    """Duties that are overdue, due or unknown, with their last day."""
    own = study.clocks[study.clocks["recall_id"] == recall]
    for row in records(own[own["decision"].isin(["overdue", "due_now", "running", "late", "unknown"])]):
        day = "—" if pd.isna(row["due_on"]) else f"{row['due_on']:%Y-%m-%d}"
        state = say(f"duty_{row['decision']}")
        yield say("duty", what=row[language()], day=day, state=state)


def _advice(study: RecallStudy, recall: str) -> str:
    code = study.advice.at[recall, "decision"]
    names = standards.table("recall_notices").set_index("channel")[language()].to_dict()
    return say("advice", channel=names[code]) if code in names else ""


def _grade(study: RecallStudy, recall: str) -> str:
    code = study.grades.at[recall, "decision"]
    names = standards.table("recall_effect_grades").set_index("grade")[language()].to_dict()
    return say("grade", grade=names[code]) if code in names else say("grade_unknown")


def transfer_papers(study: ReferralStudy, *, issuer: str) -> tuple[Paper, ...]:
    """A letter for each case and route that is certain; a route that is only possible gets none."""
    faults = issuer_faults(issuer)
    for row, cell in enumerate(study.tables["cases"]["case"], start=1):
        try:
            plain_text(str(cell or ""))
        except ValueError as error:
            faults.append(Fault(f"cases: row {row}: case", shown(cell), str(error)))
    refuse("letters of transfer", faults)
    routes = [
        (str(case), route)
        for case, decision in zip(study.routes.index, study.routes["decision"].fillna(""), strict=True)
        for route in decision.split()
    ]
    return tuple(
        Paper(
            file_name(f"referral-{route}", case),
            _transfer_filled(study, case, route=route, issuer=issuer, place=place),
        )
        for place, (case, route) in enumerate(routes, start=1)
    )  # fmt: skip


def _transfer_filled(
    study: ReferralStudy, case: str, *, route: str, issuer: str, place: int
) -> FilledDocument:
    names = {str(row["case_id"]): str(row["case"]) for row in records(study.tables["cases"])}
    rules = standards.table("referral_routes", on=study.on)
    rule = records(rules[rules["test"] == route])[0]
    papers = study.papers[(study.papers["case_id"] == case) & (study.papers["route"] == route)]
    is_there = papers["is_there"].astype(bool)
    required = papers["need"] == "required"
    on = study.on.isoformat()
    values: dict[str, str | list[str]] = {
        "to": say(f"to_{route}"),
        "case_id": case,
        "case": names[case],
        "why": str(rule[language()]),
        "law": f"{standards.source(rule['source_id'])['document']} {rule['locator']}",
        "papers": [str(words) for words in papers[is_there][language()]],
        "missing": [str(words) for words in papers[~is_there & required][language()]],
        "issuer": issuer,
        "on": on,
    }
    lines = filled(template_text("transfer_letter"), values, name="transfer_letter")
    code = say("number", year=on[:4], n=place)
    return FilledDocument(lines, language(), issuer, code, "", say("transfer_letter"))
