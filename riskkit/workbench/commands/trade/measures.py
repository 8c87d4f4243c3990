"""``riskkit trade-measures``: tables, a calendar of final dates, a draft for each open notification."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, command, option
from riskkit.workbench.commands.options import (
    EDITION,
    FORCE,
    ON,
    SUBMITTER,
    Number,
    example,
    fault_lines,
    folder_out,
    option_shown,
    put_all,
)

if TYPE_CHECKING:
    from riskkit.workbench.flows.trade.trade_study import TradeStudy


FORMATS = ("html", "docx")
_BOXES = ["member", "title", "latest", "distributed_on", "is_withdrawn"]
_DUE = ["decision", "rule_id", "comments_by", "margin", "is_short"]


@command(
    example("notifications", "trade_measures"), ON, EDITION, SUBMITTER, folder_out("trade-measures"), FORCE
)
def write_measures(
    notifications: str, *, on: str | None, edition: int, issuer: str | None, out: Path, force: bool
) -> Answer:
    """Write all files or none, and say how many notifications are open."""
    from riskkit.workbench.flows.trade.trade_study import study_trade

    study = study_trade(notifications, on=on or "", edition=edition)
    files = put_all(out, trade_files(study, issuer=issuer or ""), is_forced=force)
    counts = {str(name): int(n) for name, n in study.deadlines["decision"].value_counts().items()}
    read = {"read": study.read.n_read, "accepted": len(study.read.accepted),
            "quarantined": len(study.read.quarantined), "duplicates": study.read.n_duplicates}  # fmt: skip
    faults = [str(fault) for fault in study.read.faults]
    facts = {"on": study.on.isoformat(), "counts": counts, "documents": read, "faults": faults}
    return Answer({**facts, "files": files}, _lines(study, out / "deadlines.ics"))


def _lines(study: TradeStudy, calendar: Path) -> Iterator[str]:
    from riskkit.workbench.flows.trade.comments import open_notifications

    n_open, n_aside = len(open_notifications(study)), len(study.read.quarantined)
    yield say("trade_written", n=len(study.standing), open=n_open, path=calendar)
    if n_aside:
        yield say("trade_quarantined", n=n_aside)
        yield from fault_lines(study.read.faults)


def trade_files(study: TradeStudy, *, issuer: str) -> dict[str, bytes]:
    """The calendar, the tables and the drafts."""
    import pandas as pd

    from riskkit.application.trade_measures.deadlines import deadline_calendar
    from riskkit.workbench.flows.trade.comments import calendar_events, draft_comment, open_notifications
    from riskkit.workbench.flows.trade.trade_study import say as trade_say
    from riskkit.workbench.flows.warnings.official import in_format
    from riskkit.workbench.reports.signals.draft_case import safe_csv

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


@command(
    example("review", "catalogue_review"),
    option("review_day", "--on", "on", metavar="DATE"),
    EDITION,
    option_shown("review_hours", "--hours", type=Number(0, 1e6), default=1_000.0),
    SUBMITTER,
    folder_out("catalogue-review"),
    FORCE,
)
def write_review(
    review: str, *, on: str | None, edition: int, hours: float, issuer: str | None, out: Path, force: bool
) -> Answer:
    """Write all files or none, and say how many goods are proposed to move."""
    from riskkit.workbench.flows.catalogue.catalogue_report import draft_notice, moved
    from riskkit.workbench.flows.catalogue.catalogue_report import say as goods_say
    from riskkit.workbench.flows.catalogue.catalogue_study import study_catalogue
    from riskkit.workbench.flows.warnings.official import in_format
    from riskkit.workbench.reports.signals.draft_case import safe_csv

    day = on or dt.datetime.now().astimezone().date().isoformat()
    study = study_catalogue(review, on=day, edition=edition, hours=hours)
    document = draft_notice(study, issuer=issuer or goods_say("issuer"))
    proposals = study.evidence.join(study.decided.drop(columns=["is_prior_only"])).join(study.within)
    files = {f"notice.{language()}.{one}": in_format(document, one) for one in FORMATS}
    tables = {"proposals": proposals, "evidence": study.fine, "certificates": study.certificates}
    files |= {f"{name}.csv": safe_csv(table.reset_index()) for name, table in tables.items()}
    places = put_all(out, files, is_forced=force)
    into, away = (moved(study, one) for one in ("propose_in", "propose_out"))
    faults = study.quarantined
    facts = {"on": study.on.isoformat(), "into": into, "out": away, "files": places}
    said = say("catalogue_written", into=len(into), out=len(away), path=out / f"notice.{language()}.docx")
    return Answer({**facts, "faults": [str(fault) for fault in faults]}, [said, *fault_lines(faults)])
