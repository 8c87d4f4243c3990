"""Stage and final reports of recalls as documents."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number, rate
from riskkit.workbench.flows.papers.paper_files import Paper, file_name, issuer_faults
from riskkit.workbench.flows.warnings.official import FilledDocument
from riskkit.workbench.flows.warnings.templating import filled, template_text
from riskkit.workbench.reports.response.recall_study import LEVEL, RecallStudy

say = Texts("papers")
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
            _filled(study, recall, kind=kind, issuer=issuer, place=place),
        )
        for place, recall in enumerate(ids, start=1)
    )  # fmt: skip


def _filled(study: RecallStudy, recall: str, *, kind: str, issuer: str, place: int) -> FilledDocument:
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
