"""``riskkit warning propose``."""

from __future__ import annotations

from typing import Any

from riskkit.workbench.commands.warnings.commands import assessed, take
from riskkit.workbench.flows.warnings.case_words import about_case
from riskkit.workbench.flows.warnings.proposals import proposal


def propose(case: str, **given: Any) -> int:
    """Propose a warning on a case, at the level of its assessment, or at another with its reason."""
    found, _ = assessed(case)
    wanted = proposal(found, level=given["level"] or "", reason=given["why"] or "")
    evidence = tuple(one.id for one in found.case.sources) or (found.case.id,)
    told = {"level": wanted.level, "evidence": evidence, "reason": wanted.reason}
    told |= {"assessed": wanted.assessed, "missing": wanted.missing}
    return take(given["warning"] or found.case.id, "proposed", given, about=about_case(found.case), **told)
