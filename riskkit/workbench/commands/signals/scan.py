"""``riskkit signals``: the signals of a week as a table, with a draft case and its reports for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, Together, command, option
from riskkit.workbench.commands.options import ENGINE, FORCE, SPARK, example, folder_out, put_all

if TYPE_CHECKING:
    import pandas as pd

    from riskkit.workbench.reports.signals.scan_study import ScanStudy


@dataclass(frozen=True)
class Question:
    """What is asked of the reports, with the files that the answer depends on."""

    on: str
    budget: int | None
    steps: str
    here: str
    exposure: str


@command(
    example("reports", "signal_reports"),
    Together(
        "question",
        Question,
        (
            option("on", "--on", metavar="DATE", default=""),
            option("budget", "--budget", type=click.IntRange(0, 10_000)),
            option("steps", "--steps", metavar="FILE", default=""),
            option("here", "--here", metavar="NAME", default=""),
            option("exposure", "--exposure", metavar="FILE", default=""),
        ),
    ),
    ENGINE,
    SPARK,
    folder_out("signals"),
    FORCE,
)
def scan_signals(
    reports: str, *, question: Question, engine: str, cluster: str | None, out: Path, force: bool
) -> Answer:
    """Scan reports or a register; write the table and the drafts, all or nothing, and say what was found."""
    from riskkit.foundation.standards.tables import records
    from riskkit.store.register.spark import of_cluster
    from riskkit.workbench.reports.signals.draft_case import draft_files, safe_csv
    from riskkit.workbench.reports.signals.scan_report import SHOWN
    from riskkit.workbench.reports.signals.scan_study import read_steps, study_signals

    with of_cluster(cluster, engine) as where:
        study = study_signals(reports, **vars(question), **where)
    files = {"signals.csv": signals_table(study)}
    for signal in study.alarms["signal_id"]:
        files |= draft_files(study, str(signal))
    files[f"steps-{study.on:%Y%m%d}.csv"] = seen_steps(study, read_steps(question.steps))
    if study.here:
        files["new.csv"] = safe_csv(study.new)
    counts = {str(name): int(n) for name, n in study.found["decision"].value_counts().items()}
    found = [{name: row[name] for name in SHOWN} for row in records(study.alarms)]
    facts = {"on": study.on.isoformat(), "week": f"{study.week:%Y-%m-%d}", "budget": study.budget}
    facts |= {"counts": counts, "signals": found, "files": put_all(out, files, is_forced=force)}
    return Answer(facts, _lines(study, out / "signals.csv", n_waiting=counts.get("waits", 0)))


def _lines(study: ScanStudy, place: Path, *, n_waiting: int) -> Iterator[str]:
    from riskkit.foundation.standards.tables import records
    from riskkit.workbench.reports.signals.scan_report import combination, reason_sentence

    n, week = len(study.alarms), f"{study.week:%Y-%m-%d}"
    yield say("signals_found", week=week, n=n, budget=study.budget, waits=n_waiting)
    for row in records(study.alarms):
        yield f"{int(row['rank'])}. {combination(row)}: {reason_sentence(row)}"
    yield say("signals_written", path=place, n=n)


def seen_steps(study: ScanStudy, before: pd.DataFrame) -> bytes:
    """The steps so far, and that each signal of this list was seen: what `--steps` takes next time."""
    import pandas as pd

    from riskkit.foundation.standards.tables import records
    from riskkit.monitoring.signals.memory import STEPS
    from riskkit.workbench.reports.signals.draft_case import safe_csv

    seen = study.alarms[["signal_id", "n_all", "points", "severity"]].rename(columns={"n_all": "n_reports"})
    seen = seen.assign(event="seen", at=study.on.isoformat(), by="riskkit signals", reason="")
    earlier = before.assign(at=[str(at) if isinstance(at, str) else at.isoformat() for at in before["at"]])
    rows = pd.DataFrame([*records(earlier[list(STEPS)]), *records(seen[list(STEPS)])], columns=list(STEPS))
    return safe_csv(rows)


def signals_table(study: ScanStudy) -> bytes:
    """Every combination with evidence or a fault, as CSV that a spreadsheet may open."""
    from riskkit.foundation.standards.tables import records
    from riskkit.workbench.reports.signals.draft_case import safe_csv
    from riskkit.workbench.reports.signals.scan_report import SHOWN, reason_sentence

    known = study.found[study.found["decision"] != "no_signal"]
    table = known[list(SHOWN)].assign(
        week=f"{study.week:%Y-%m-%d}", sentence=[reason_sentence(row) for row in records(known)]
    )
    return safe_csv(table)
