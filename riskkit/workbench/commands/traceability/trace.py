"""``riskkit trace``: where lots came from and went, what a recall has to cover, how an exercise went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, command, option
from riskkit.workbench.commands.options import FORCE, example, folder_out, put_all

if TYPE_CHECKING:
    import pandas as pd

    from riskkit.workbench.reports.traceability.trace_study import TraceStudy


@command(
    example("events", "trace_events"),
    option("lots", "--lots", metavar="LOTS", default=""),
    option("answers", "--answers", metavar="FILE", default=""),
    option("asked_at", "--asked-at", metavar="TIME", default=""),
    option("asked_until", "--until", "until", metavar="TIME", default=""),
    folder_out("trace"),
    FORCE,
)
def trace_lots(
    events: str, *, lots: str, answers: str, asked_at: str, until: str, out: Path, force: bool
) -> Answer:
    """Follow lots through a file of events; write the tables, all or nothing, and say what was found."""
    import pandas as pd

    from riskkit.workbench.reports.signals.draft_case import safe_csv
    from riskkit.workbench.reports.traceability.trace_study import study_trace

    study = study_trace(events, lots=lots, answers=answers, asked_at=asked_at, until=until)
    tables = {name: safe_csv(table) for name, table in trace_tables(study).items()}
    files = put_all(out, tables, is_forced=force)
    read, n_units = study.events, study.scope.iloc[0]["n_recalled"]
    rows = {"read": len(study.opened.table), "accepted": len(read.accepted),
            "quarantined": len(read.quarantined), "duplicates": len(read.duplicates)}  # fmt: skip
    facts = {"lots": list(study.lots), "rows": rows, "reached": list(study.affected["lot_id"]),
             "made_of": list(study.sources["lot_id"]), "exercise": _exercise(study),
             "n_recalled": None if pd.isna(n_units) else int(n_units), "files": files}  # fmt: skip
    return Answer(facts, _lines(facts, out))


def _exercise(study: TraceStudy) -> dict[str, Any] | None:
    """How the answers of a mock recall were scored; nothing without answers."""
    score = study.exercise
    if score is None:
        return None
    return {"decision": score.decision, "measures": score.measures, "score_lo": score.score_lo,
            "score_hi": score.score_hi}  # fmt: skip


def _lines(facts: Mapping[str, Any], folder: Path) -> Iterator[str]:
    units, score = facts["n_recalled"], facts["exercise"]
    yield say("trace_found", lots=" ".join(facts["lots"]), n=len(facts["reached"]) - len(facts["lots"]),
              units="—" if units is None else f"{units:,}", aside=facts["rows"]["quarantined"])  # fmt: skip
    if score is not None:
        yield say("trace_score", low=f"{score['score_lo']:g}", high=f"{score['score_hi']:g}")
    yield say("trace_written", path=folder, n=len(facts["files"]))


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
