"""Everything that the notebook of the inspection catalogue calls: study, show, publish."""

from __future__ import annotations

from riskkit import __version__
from riskkit.foundation.language import in_each_language
from riskkit.workbench.flows.catalogue.catalogue_figure import catalogue_figure
from riskkit.workbench.flows.catalogue.catalogue_sections import (
    catalogue_budget,
    catalogue_certificates,
    catalogue_codes,
    catalogue_evidence,
    catalogue_house,
    catalogue_limits,
    catalogue_notice,
    catalogue_proposals,
    catalogue_summary,
)
from riskkit.workbench.flows.catalogue.catalogue_study import CatalogueStudy, study_catalogue
from riskkit.workbench.flows.catalogue.catalogue_words import moved, say
from riskkit.workbench.runs.result import ResultRecord

__all__ = [
    "catalogue_budget", "catalogue_certificates", "catalogue_codes", "catalogue_evidence", "catalogue_figure",
    "catalogue_house", "catalogue_limits", "catalogue_notice", "catalogue_proposals", "catalogue_summary",
    "publish_catalogue", "study_catalogue",
]  # fmt: skip


def publish_catalogue(study: CatalogueStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    return ResultRecord({
        "schema": "riskkit.catalogue/1",
        "case": {"id": study.name, "title": in_each_language(say, "case", day=on)},
        "inputs": {"riskkit": __version__, "on": on, "hours": study.hours, "case_sha256": study.sha256},
        "moved": {name: moved(study, name) for name in ("propose_in", "propose_out")},
        "proposals": study.evidence.join(study.decided.drop(columns=["is_prior_only"])).reset_index(),
        "within_hours": study.within.reset_index(),
        "certificates": study.certificates.reset_index(),
        "evidence": study.fine.reset_index(),
        "codes": study.codes,
        "quarantined": [str(fault) for fault in study.quarantined],
    })  # fmt: skip
