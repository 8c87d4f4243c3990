"""``riskkit trade-measures``: tables, a calendar of final dates, a draft for each open notification."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import click
import pandas as pd

from riskkit.application.trade_measures.deadlines import deadline_calendar
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.flows.trade.comments import calendar_events, draft_comment, open_notifications
from riskkit.workbench.flows.trade.trade_study import TradeStudy, study_trade
from riskkit.workbench.flows.trade.trade_words import say as trade_say
from riskkit.workbench.flows.warnings.official import in_format
from riskkit.workbench.reports.signals.draft_case import safe_csv
from riskkit.workbench.words.messages import answer
from riskkit.workbench.words.rules import fault_line

FORMATS = ("html", "docx")
_BOXES = ["member", "title", "latest", "distributed_on", "is_withdrawn"]
_DUE = ["decision", "rule_id", "comments_by", "margin", "is_short"]


def write_measures(notifications: str, **given: Any) -> int:
    """Write all files or none, and say how many notifications are open."""
    study = study_trade(notifications, on=given["on"] or "", edition=given["edition"])
    files = trade_files(study, issuer=given["issuer"] or "")
    out = Path(given["out"])
    put_files(out, files, is_forced=given["force"])
    places = [str(out.absolute() / name) for name in files]
    counts = {str(name): int(n) for name, n in study.deadlines["decision"].value_counts().items()}
    read = {"read": study.read.n_read, "accepted": len(study.read.accepted),
            "quarantined": len(study.read.quarantined), "duplicates": study.read.n_duplicates}  # fmt: skip
    if given["is_json"]:
        answer({"command": "trade-measures", "ok": True, "exit_code": 0, "on": study.on.isoformat(),
                "counts": counts, "documents": read,
                "faults": [str(fault) for fault in study.read.faults], "files": places})  # fmt: skip
        return 0
    n_open = len(open_notifications(study))
    click.echo(say("trade_written", n=len(study.standing), open=n_open, path=out / "deadlines.ics"))
    if len(study.read.quarantined):
        click.echo(say("trade_quarantined", n=len(study.read.quarantined)))
        for fault in study.read.faults:
            click.echo(f"  {fault_line(vars(fault))}")
    return 0


def trade_files(study: TradeStudy, *, issuer: str) -> dict[str, bytes]:
    """The calendar, the tables and the drafts."""
    events = calendar_events(study)
    whole = pd.concat([study.standing[_BOXES], study.deadlines[_DUE], study.exposed, study.impacts], axis=1)
    files = {
        "deadlines.ics": deadline_calendar(events, now=dt.datetime.now(dt.UTC)),
        "notifications.csv": safe_csv(whole.rename_axis("symbol").reset_index()),
        "sectors.csv": safe_csv(study.sectors.rename_axis("sector").reset_index()),
    }
    for symbol in open_notifications(study):
        document = draft_comment(study, symbol, issuer=issuer or trade_say("issuer"))
        name = re.sub(r"[^A-Za-z0-9.]+", "-", symbol)
        files |= {f"{name}.{language()}.{one}": in_format(document, one) for one in FORMATS}
    return files
