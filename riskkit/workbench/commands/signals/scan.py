"""``riskkit signals``: the signals of a week as a table, with a draft case and its reports for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pandas as pd

from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.signals.memory import STEPS
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.reports.signals.draft_case import draft_files, safe_csv
from riskkit.workbench.reports.signals.scan_report import SHOWN, combination, reason_sentence
from riskkit.workbench.reports.signals.scan_study import ScanStudy, read_steps, study_signals
from riskkit.workbench.words.messages import answer


def scan_signals(reports: str, **given: Any) -> int:
    """Scan reports or a register; write the table and the drafts, all or nothing, and say what was found."""
    study = study_signals(
        reports, on=given["on"] or "", budget=given["budget"], steps=str(given["steps"] or ""),
        here=given["here"] or "", exposure=str(given["exposure"] or ""), engine=given["engine"],
    )  # fmt: skip
    files = {"signals.csv": signals_table(study)}
    for signal in study.alarms["signal_id"]:
        files |= draft_files(study, str(signal))
    files[f"steps-{study.on:%Y%m%d}.csv"] = seen_steps(study, read_steps(str(given["steps"] or "")))
    if study.here:
        files["new.csv"] = safe_csv(study.new)
    folder = Path(given["out"])
    put_files(folder, files, is_forced=given["force"])
    places = [str(folder.absolute() / name) for name in files]
    counts = {str(name): int(n) for name, n in study.found["decision"].value_counts().items()}
    if given["is_json"]:
        found = [{name: _plain(row[name]) for name in SHOWN} for row in records(study.alarms)]
        answer({"command": "signals", "ok": True, "exit_code": 0, "on": study.on.isoformat(),
                "week": f"{study.week:%Y-%m-%d}", "budget": study.budget, "counts": counts,
                "signals": found, "files": places})  # fmt: skip
        return 0
    click.echo(say("signals_found", week=f"{study.week:%Y-%m-%d}", n=len(study.alarms), budget=study.budget,
                   waits=counts.get("waits", 0)))  # fmt: skip
    for row in records(study.alarms):
        line = f"{int(row['rank'])}. {combination(row)}: {reason_sentence(row)}"
        click.echo("".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line))
    click.echo(say("signals_written", path=folder / "signals.csv", n=len(study.alarms)))
    return 0


def seen_steps(study: ScanStudy, before: pd.DataFrame) -> bytes:
    """The steps so far, and that each signal of this list was seen: what `--steps` takes next time."""
    seen = study.alarms[["signal_id", "n_all", "points", "severity"]].rename(columns={"n_all": "n_reports"})
    seen = seen.assign(event="seen", at=study.on.isoformat(), by="riskkit signals", reason="")
    earlier = before.assign(at=[str(at) if isinstance(at, str) else at.isoformat() for at in before["at"]])
    rows = pd.DataFrame([*records(earlier[list(STEPS)]), *records(seen[list(STEPS)])], columns=list(STEPS))
    return safe_csv(rows)


def signals_table(study: ScanStudy) -> bytes:
    """Every combination with evidence or a fault, as CSV that a spreadsheet may open."""
    known = study.found[study.found["decision"] != "no_signal"]
    table = known[list(SHOWN)].assign(
        week=f"{study.week:%Y-%m-%d}", sentence=[reason_sentence(row) for row in records(known)]
    )
    return safe_csv(table)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
