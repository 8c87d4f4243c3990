"""``riskkit catalogue-review``: the draft notice on the catalogue with the tables behind it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.flows.catalogue.catalogue_study import study_catalogue
from riskkit.workbench.flows.catalogue.catalogue_words import draft_notice, moved
from riskkit.workbench.flows.catalogue.catalogue_words import say as goods_say
from riskkit.workbench.flows.warnings.official import in_format
from riskkit.workbench.reports.signals.draft_case import safe_csv
from riskkit.workbench.words.messages import answer
from riskkit.workbench.words.rules import fault_line

FORMATS = ("html", "docx")


def write_review(review: str, **given: Any) -> int:
    """Write all files or none, and say how many goods are proposed to move."""
    day = given["on"] or dt.datetime.now().astimezone().date().isoformat()
    study = study_catalogue(review, on=day, edition=given["edition"], hours=given["hours"])
    document = draft_notice(study, issuer=given["issuer"] or goods_say("issuer"))
    proposals = study.evidence.join(study.decided.drop(columns=["is_prior_only"])).join(study.within)
    files = {f"notice.{language()}.{one}": in_format(document, one) for one in FORMATS}
    tables = {"proposals": proposals, "evidence": study.fine, "certificates": study.certificates}
    files |= {f"{name}.csv": safe_csv(table.reset_index()) for name, table in tables.items()}
    out = Path(given["out"])
    put_files(out, files, is_forced=given["force"])
    into, away = (moved(study, one) for one in ("propose_in", "propose_out"))
    if given["is_json"]:
        answer({"command": "catalogue-review", "ok": True, "exit_code": 0, "on": study.on.isoformat(),
                "into": into, "out": away, "faults": [str(fault) for fault in study.quarantined],
                "files": [str(out.absolute() / name) for name in files]})  # fmt: skip
        return 0
    click.echo(
        say("catalogue_written", into=len(into), out=len(away), path=out / f"notice.{language()}.docx")
    )
    for fault in study.quarantined:
        click.echo(f"  {fault_line(vars(fault))}")
    return 0
