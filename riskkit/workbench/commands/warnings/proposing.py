"""``riskkit warning propose``."""

from __future__ import annotations

from riskkit.workbench.commands.defining import Answer, command
from riskkit.workbench.commands.options import CASE, Act
from riskkit.workbench.commands.warnings.commands import ACT, LEVEL, WARNING_ID, Step, assessed, take


@command(CASE, WARNING_ID, LEVEL, ACT)
def propose(case: str, *, warning: str | None, level: str | None, act: Act) -> Answer:
    """Propose a warning on a case, at the level of its assessment, or at another with its reason."""
    from riskkit.workbench.flows.warnings.case_words import about_case
    from riskkit.workbench.flows.warnings.proposals import proposal

    found, _ = assessed(case)
    wanted = proposal(found, level=level or "", reason=act.why or "")
    evidence = tuple(one.id for one in found.case.sources) or (found.case.id,)
    return take(
        warning or found.case.id, "proposed", act, step=Step(evidence=evidence), about=about_case(found.case),
        level=wanted.level, reason=wanted.reason, assessed=wanted.assessed, missing=wanted.missing,
    )  # fmt: skip
