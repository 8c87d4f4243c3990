"""``riskkit recall-report``, ``order-sheets`` and ``referral-letters``: papers, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, Together, command, option
from riskkit.workbench.commands.options import CASE, FORCE, ISSUER, example, folder_option, option_shown

if TYPE_CHECKING:
    from riskkit.workbench.flows.papers.papers import Paper

_DRAWS, _SEED = 20_000, 20170914
"""Those of the notebook of the response plan, so that sheets and report say the same."""


@dataclass(frozen=True)
class How:
    """Of which day papers are, who issues them, and where and as what they are written."""

    on: str
    issuer: str
    out: Path
    formats: str
    force: bool


_HOW = Together("how", How, (
    option("paper_day", "--on", metavar="DATE", required=True),
    ISSUER,
    folder_option("folder_out", "--out", "out", default=Path("papers")),
    option_shown("paper_format", "--format", "formats", default="docx"),
    FORCE,
))  # fmt: skip


@command(
    example("progress", "recall_progress"),
    option("recall_facts", "--facts", metavar="FILE", default=""),
    option("recall_kind", "--kind", type=click.Choice(("stage", "final")), default="stage"),
    _HOW,
)
def write_recall_reports(progress: str, *, facts: str, kind: str, how: How) -> Answer:
    """A stage or final report for each recall."""
    from riskkit.workbench.flows.papers.papers import recall_papers
    from riskkit.workbench.reports.response.recall_study import study_recalls

    study = study_recalls(progress, facts=facts, on=how.on)
    return _written(recall_papers(study, kind=kind, issuer=how.issuer), how)


@command(CASE, option("consignments", "--facts", metavar="FILE", required=True), _HOW)
def write_order_sheets(case: str, *, facts: str, how: How) -> Answer:
    """An order sheet for each port and operator, and all orders as a table."""
    import numpy as np

    from riskkit.case.case import assess
    from riskkit.workbench.flows.papers.papers import TABLE, order_papers, order_table
    from riskkit.workbench.reports.case.opening import open_case
    from riskkit.workbench.reports.measures.measure_report import open_consignments, study_measures

    opened = open_case(case)
    rng = np.random.default_rng(_SEED)
    assessment = assess(opened.case, profile=opened.profile, rng=rng, draws=_DRAWS)
    study = study_measures(assessment, open_consignments(facts), on=how.on)
    return _written(order_papers(study, issuer=how.issuer), how, tables={TABLE: order_table(study)})


@command(example("referrals", "referral"), _HOW)
def write_referral_letters(referrals: str, *, how: How) -> Answer:
    """A letter for each case whose route is certain."""
    from riskkit.workbench.flows.papers.papers import transfer_papers
    from riskkit.workbench.reports.referral.referral_study import study_referral

    study = study_referral(referrals, on=how.on)
    return _written(transfer_papers(study, issuer=how.issuer), how)


def _written(papers: Sequence[Paper], how: How, *, tables: Mapping[str, bytes] | None = None) -> Answer:
    from riskkit.workbench.flows.papers.papers import write_papers

    formats = how.formats.split(",")
    places = write_papers(papers, how.out, formats=formats, tables=tables, is_forced=how.force)
    facts = {"papers": len(papers), "files": [str(path.absolute()) for path in places]}
    return Answer(facts, [say("papers_written", n=len(papers), path=how.out)])
