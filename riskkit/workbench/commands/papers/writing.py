"""``riskkit recall-report``, ``order-sheets`` and ``referral-letters``: papers, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from riskkit.words.catalogue import command_text as say
from riskkit.workbench.flows.papers.order_papers import TABLE, order_papers, order_table
from riskkit.workbench.flows.papers.paper_files import Paper, write_papers
from riskkit.workbench.flows.papers.recall_papers import recall_papers
from riskkit.workbench.flows.papers.transfer_papers import transfer_papers
from riskkit.workbench.words.messages import answer

_DRAWS, _SEED = 20_000, 20170914
"""Those of the notebook of the response plan, so that sheets and report say the same."""


def write_recall_reports(progress: str, **given: Any) -> int:
    """A stage or final report for each recall."""
    from riskkit.workbench.reports.response.recall_study import study_recalls

    study = study_recalls(progress, facts=given["facts"] or "", on=given["on"])
    papers = recall_papers(study, kind=given["kind"], issuer=given["issuer"])
    return _written("recall-report", papers, given=given)


def write_order_sheets(case: str, **given: Any) -> int:
    """An order sheet for each port and operator, and all orders as a table."""
    import numpy as np

    from riskkit.case.case import assess
    from riskkit.workbench.reports.case_report import open_case
    from riskkit.workbench.reports.measures.measure_facts import open_consignments
    from riskkit.workbench.reports.measures.measure_study import study_measures

    opened = open_case(case)
    rng = np.random.default_rng(_SEED)
    assessment = assess(opened.case, profile=opened.profile, rng=rng, draws=_DRAWS)
    study = study_measures(assessment, open_consignments(given["facts"]), on=given["on"])
    papers = order_papers(study, issuer=given["issuer"])
    tables = {TABLE: order_table(study)}
    return _written("order-sheets", papers, given=given, tables=tables)


def write_referral_letters(referrals: str, **given: Any) -> int:
    """A letter for each case whose route is certain."""
    from riskkit.workbench.reports.referral.referral_study import study_referral

    study = study_referral(referrals, on=given["on"])
    papers = transfer_papers(study, issuer=given["issuer"])
    return _written("referral-letters", papers, given=given)


def _written(
    command: str,
    papers: Sequence[Paper],
    *,
    given: Mapping[str, Any],
    tables: Mapping[str, bytes] | None = None,
) -> int:
    folder = Path(given["out"])
    formats = given["paper_formats"].split(",")
    places = write_papers(papers, folder, formats=formats, tables=tables, is_forced=given["force"])
    if given["is_json"]:
        files = [str(path.absolute()) for path in places]
        answer({"command": command, "ok": True, "exit_code": 0, "papers": len(papers), "files": files})
        return 0
    click.echo(say("papers_written", n=len(papers), path=folder))
    return 0
