"""A draft case from a signal: its reports as facts, all else as judgement that a person has to replace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.assessment.hazard_priors import hazard_priors
from riskkit.foundation.language import in_each_language
from riskkit.foundation.numbers.toml_record import toml_text
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.store.register.quarantine_sheet import safe_cell
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, number
from riskkit.workbench.reports.signals.scan_study import ScanStudy

say = Texts("signals")
_SOURCE = "signal-reports"
_OF_KIND = ("hazard_class", "hazard_group", "injury", "goods", "hs")
_ASKED = ("share", "severity", "units", "code")
_FAULT = {
    "low": 0.001,
    "mode": 0.01,
    "high": 0.1,
}  # share of the goods that has the fault: not known, so wide
_HARM = 1e-4  # probability of harm where no prior fits, in the middle of the scale
_EXPOSED = {"low": 0.1, "mode": 0.5, "high": 1.0}
_WIDER = 10.0  # the prior is a first guess: a factor of ten either way


def draft_files(study: ScanStudy, signal_id: str) -> dict[str, bytes]:
    """The case as TOML and the reports behind it as CSV, by file name; `riskkit assess` takes it as it is."""
    alarm = records(study.found[study.found["signal_id"] == signal_id])[0]
    mine = study.records[study.records["signal_id"] == signal_id]
    case = _case(study, alarm, mine)
    table = mine.drop(columns="signal_id").assign(date=pd.to_datetime(mine["date"]).dt.strftime("%Y-%m-%d"))
    name = case_id(signal_id, study.on)
    return {
        f"{name}.toml": toml_text(case).encode(),
        f"{name}-reports.csv": safe_csv(table),
    }


def safe_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV of which a spreadsheet takes no cell for a formula."""
    safe = table.apply(
        lambda column: (
            column.map(safe_cell, na_action="ignore") if pd.api.types.is_string_dtype(column) else column
        )
    )
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8-sig")


def case_id(signal_id: str, on: dt.date) -> str:
    """The id of the draft of a signal on a day."""
    return f"signal-{signal_id}-{on:%Y%m%d}"


def _case(study: ScanStudy, alarm: Mapping[str, Any], mine: pd.DataFrame) -> dict[str, Any]:
    kind = _kind(str(alarm["hazard"]))
    values = _values(study, alarm) | {"hs": kind["hs"]}
    fact = {"basis": "fact", "source": [_SOURCE]}
    hazard = {"id": "hazard_1", "hazard_class": kind["hazard_class"], "group": kind["hazard_group"],
              "agent": "none", "description": _texts("draft_hazard", values)}  # fmt: skip
    case: dict[str, Any] = {
        "schema": 1, "id": case_id(str(alarm["signal_id"]), study.on),
        "title": _texts("draft_title", values), "summary": _texts("draft_summary", values),
        "problem": _texts("draft_problem", values), "assessed_on": study.on, "jurisdiction": "CN",
        "goods": kind["goods"], "direction": "import", "channels": ["general_trade"],
        "product": _product(alarm, values),
        "exposure": {"users": _texts("draft_users", values), "lifetime_years": {
            "value": {"low": 1, "mode": 3, "high": 10}, "basis": "judgement"}},
        "hazards": [hazard], "scenarios": [_scenario(alarm, kind, values)],
        "facts": {"n_reports": {"value": int(alarm["n_all"]), **fact}},
        "questions": [{"text": _texts(f"draft_ask_{key}", values)} for key in _ASKED],
        "sources": [{"id": _SOURCE, "publisher": dict.fromkeys(("zh", "en"), study.name),
                     "year": study.on.year, "document": _document(study, mine)}],
    }  # fmt: skip
    return case


def _product(alarm: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    own = {"name": _texts("draft_product", values), "hs": [values["hs"]],
           "description": _texts("draft_description", values)}  # fmt: skip
    is_code = len(str(alarm["origin"])) == 2 and str(alarm["origin"]).isupper()
    return own | ({"origin": [str(alarm["origin"])]} if is_code else {})


def _scenario(alarm: Mapping[str, Any], kind: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    grade = alarm["severity"]
    severity = {"1": 0.3, "2": 0.4, "3": 0.3} if pd.isna(grade) else int(grade)
    p = kind["p"]
    harm = {"low": p / _WIDER, "mode": p, "high": min(1.0, p * _WIDER)}
    judged = {"evidence": "sole_judgement", "basis": "judgement"}
    return {
        "id": "scenario_1", "hazard": "hazard_1", "title": _texts("draft_scenario", values), "harm": "health",
        "injury": kind["injury"], "severity": severity,
        "severity_reason": _texts("draft_severity", values), "users": "general",
        "steps": [{"text": _texts("draft_fault", values), "p": _FAULT, **judged},
                  {"text": _texts("draft_exposed", values), "p": _EXPOSED, **judged},
                  {"text": _texts("draft_harm", values), "p": harm, **judged}],
    }  # fmt: skip


def _kind(hazard: str) -> dict[str, Any]:
    """What the words of a hazard say of its class and injury: the first guess of the priors."""
    found = hazard_priors(pd.Series([hazard])).iloc[0]
    priors = standards.table("hazard_priors").set_index("prior_id")["hazard_group"]
    group = "other" if pd.isna(found["prior_id"]) else str(priors[found["prior_id"]])
    rows = standards.table("signal_drafts").set_index("prior_group")
    row = rows.loc[group if group in rows.index else "other"]
    p = _HARM if pd.isna(found["p"]) else min(max(float(found["p"]), 1e-9), 1.0)
    return {name: str(row[name]) for name in _OF_KIND} | {"p": p}


def _values(study: ScanStudy, alarm: Mapping[str, Any]) -> dict[str, str]:
    return {
        "hazard": str(alarm["hazard"]),
        "goods": str(alarm["product_group"]) or "—",
        "origin": str(alarm["origin"]) or "—",
        "week": f"{study.week:%Y-%m-%d}",
        "n": number(float(alarm["n_week"])),
        "expected": amount(float(alarm["expected"])),
        "all": number(float(alarm["n_all"])),
        "points": amount(float(alarm["points"])),
    }


def _texts(key: str, values: Mapping[str, str]) -> dict[str, str]:
    return in_each_language(say, key, **values)


def _document(study: ScanStudy, mine: pd.DataFrame) -> str:
    """Which reports: the names by which they are found, and the digest of the file they came from."""
    named = ", ".join(str(name) for name in mine["report_id"])
    return f"{study.name}, SHA-256 {study.sha256}: {named}"
