"""``riskkit trace``: where lots came from and went, what a recall has to cover, how an exercise went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pandas as pd

from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.reports.signals.draft_case import safe_csv
from riskkit.workbench.reports.traceability.trace_study import TraceStudy, study_trace
from riskkit.workbench.words.messages import answer


def trace_lots(events: str, **given: Any) -> int:
    """Follow lots through a file of events; write the tables, all or nothing, and say what was found."""
    study = study_trace(events, lots=given["lots"] or "", answers=given["answers"] or "",
                        asked_at=given["asked_at"] or "", until=given["asked_until"] or "")  # fmt: skip
    files, folder = {name: safe_csv(table) for name, table in trace_tables(study).items()}, Path(given["out"])
    put_files(folder, files, is_forced=given["force"])
    read, scope = study.events, study.scope.iloc[0]
    counts = {"read": len(study.opened.table), "accepted": len(read.accepted),
              "quarantined": len(read.quarantined), "duplicates": len(read.duplicates)}  # fmt: skip
    units = None if pd.isna(scope["n_recalled"]) else int(scope["n_recalled"])
    score = study.exercise
    if given["is_json"]:
        exercise = None
        if score is not None:
            rows = [{name: _plain(value) for name, value in row.items()} for row in records(score.measures)]
            exercise = {"decision": score.decision, "measures": rows, "score_lo": score.score_lo,
                        "score_hi": score.score_hi}  # fmt: skip
        answer({"command": "trace", "ok": True, "exit_code": 0, "lots": list(study.lots), "rows": counts,
                "reached": list(study.affected["lot_id"]), "made_of": list(study.sources["lot_id"]),
                "n_recalled": units, "exercise": exercise,
                "files": [str(folder.absolute() / name) for name in files]})  # fmt: skip
        return 0
    click.echo(say("trace_found", lots=" ".join(study.lots), n=len(study.affected) - len(study.lots),
                   units="—" if units is None else f"{units:,}", aside=counts["quarantined"]))  # fmt: skip
    if score is not None:
        click.echo(say("trace_score", low=f"{score.score_lo:g}", high=f"{score.score_hi:g}"))
    click.echo(say("trace_written", path=folder, n=len(files)))
    return 0


def trace_tables(study: TraceStudy) -> dict[str, pd.DataFrame]:
    """File name → table of all that was found."""
    found = {
        "reached.csv": study.affected, "made_of.csv": study.sources, "recall_plan.csv": study.scope,
        "balance.csv": study.balance, "completeness.csv": study.completeness, "breaks.csv": study.breaks,
        "quarantined.csv": study.events.quarantined,
    }  # fmt: skip
    if study.exercise is not None:
        found |= {"measures.csv": study.exercise.measures, "companies.csv": study.exercise.companies,
                  "located.csv": study.exercise.lots}  # fmt: skip
    return found


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
