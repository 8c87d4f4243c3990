"""``riskkit catalogue-review``: the draft notice on the catalogue with the tables behind it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, command, option
from riskkit.workbench.commands.options import (
    EDITION,
    FORCE,
    SUBMITTER,
    Number,
    example,
    fault_lines,
    folder_out,
    option_shown,
    put_all,
)

FORMATS = ("html", "docx")


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
    from riskkit.workbench.flows.catalogue.catalogue_study import study_catalogue
    from riskkit.workbench.flows.catalogue.catalogue_words import draft_notice, moved
    from riskkit.workbench.flows.catalogue.catalogue_words import say as goods_say
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
