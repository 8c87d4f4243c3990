"""A proposal: the level that is proposed, the reason, and the assessment that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit.case.case import Assessment
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.standards.warning_levels import code_of_rank, level_code, level_rank
from riskkit.workbench.flows.warnings.making import require_graded


@dataclass(frozen=True)
class Proposal:
    """What is proposed on an assessed case."""

    level: int
    reason: str
    assessed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def departs(self) -> bool:
        """Whether its level is not the assessed one: another, or one out of a range."""
        return bool(self.assessed) and set(self.assessed) != {code_of_rank(self.level)}


def proposal(found: Assessment, *, level: str = "", reason: str = "") -> Proposal:
    """The level that may be proposed on a case: the assessed one, or another with its reason."""
    require_graded(found)
    lo, hi = found.level_ends
    words = lo if lo == hi else f"{lo} to {hi}"
    faults = []
    code = hi if lo == hi and not level else ""
    try:
        code = level_code(level) if level else code
    except ValueError as error:
        faults.append(Fault("--level", shown(level), str(error)))
    if not code and not faults:
        rule = RuleText("given: the facts leave {} to {}; not known: {}", lo, hi, ", ".join(found.missing))
        faults.append(Fault("--level", "", rule))
    if not reason.strip() and {lo, hi} != {code}:
        rule = RuleText("given, where the level is not the assessed one ({})", lo)
        if lo != hi:
            rule = RuleText("given, where the level is not the assessed one ({} to {})", lo, hi)
        faults.append(Fault("--why", "", rule))
    refuse(found.case.id, faults)
    said = reason.strip() or f"{found.case.id}: {words}"
    return Proposal(level_rank(code), said, (lo, hi), found.missing if lo != hi else ())
