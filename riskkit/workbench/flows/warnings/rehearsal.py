"""A warning's whole life on one case: assessed, approved, released, adjusted, lifted, all in the ledger."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scipy.special import gammaincinv

from riskkit.case.case import Assessment
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.standards import standards
from riskkit.response.effect import average_ratio, decide, effect_agrees
from riskkit.response.effect_series import fit_series, segmented_design
from riskkit.store.ledger.ledger import Ledger
from riskkit.warning.alerts.drafts import CHINA, LEVELS
from riskkit.warning.dynamics.life import WarningEvent, WarningState
from riskkit.warning.publication.channels import Channel
from riskkit.workbench.flows.clocks import MovedClock
from riskkit.workbench.flows.warnings.case_words import about_case
from riskkit.workbench.flows.warnings.delivery import release
from riskkit.workbench.flows.warnings.making import Decision, Issue, make_issue, require_graded
from riskkit.workbench.flows.warnings.room import WarningRoom, approve, record_draft, take_step

BEFORE = (20, 22, 19, 21, 20, 23, 18, 21, 20, 19, 22, 20)
AFTER = (8, 7, 9, 6, 8, 7, 7, 8, 6, 7, 8, 7)
EXPOSURE = 1_000
"""Units looked at in each week."""
LIMIT = 0.010
"""Share of units with the defect that the rehearsal takes as acceptable."""


@functools.cache
def _estimate() -> pd.DataFrame:
    seen = pd.DataFrame({"n": [*BEFORE, *AFTER]})
    design = segmented_design(len(seen), len(BEFORE) + 1, has_slope=False)
    fit = fit_series(seen, design, model="quasi_poisson", exposure=seen * 0 + EXPOSURE)
    rate_hi = float(gammaincinv(sum(AFTER) + 1, 0.975)) / (EXPOSURE * len(AFTER))
    return average_ratio(fit, design).assign(design="interrupted_series", rate_hi=rate_hi, limit=LIMIT)


def rehearsed_effect(level: int, *, on: dt.date) -> pd.Series:
    """What the effect of a rehearsal's measures means for a warning of a level: a row of `decide`."""
    return decide(_estimate().assign(level=level), on=on).iloc[0]


ASSESSOR, APPROVER, PUBLISHER = "assessor", "approver", "publisher"
_HIGHEST = len(LEVELS)
CHANNELS = (
    Channel(
        "archive",
        "folder",
        "sent",
        ("bulletin", "circular", "announcement", "short", "cap", "data"),
        ("zh", "en"),
    ),
    Channel("post", "mail", "mail", ("announcement", "circular"), ("zh", "en")),
)
"""Where a rehearsal delivers to: folders beside its ledger. Nothing leaves the machine."""


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal came to."""

    warning_id: str
    states: tuple[WarningState, ...]
    issues: tuple[Issue, ...]
    n_files: int
    n_deliveries: int

    @property
    def not_written(self) -> tuple[str, ...]:
        """Formats for which this machine lacks a part of the system."""
        return tuple(dict.fromkeys(name for issue in self.issues for name in issue.not_written))


def rehearse(
    found: Assessment, ledger: Ledger, *, out: Path, ports: tuple[str, ...] = ("2200",),
    tell: Callable[[str], None] = lambda text: None, pictures: Sequence[PictureFile] = (),
) -> Rehearsal:  # fmt: skip
    """Take an assessed case from proposal to lifted warning, with every document and message on disk."""
    case = found.case
    require_graded(found)
    clock = MovedClock(dt.datetime.combine(case.assessed_on, dt.time(9), tzinfo=CHINA))
    room = WarningRoom(ledger, clock)
    level = LEVELS.index(found.level_ends[1]) + 1
    evidence = tuple(one.id for one in case.sources) or (case.id,)
    first = _first_decision(case.id, level, clock.now, ports=ports)
    states: list[WarningState] = []
    issues: list[Issue] = []
    sent = 0
    basis = {"assessed": found.level_ends, "missing": found.missing}
    for step, decision in _plan(first, evidence, clock):
        is_first = step.event == "proposed"
        asked = dataclasses.replace(step, **basis) if is_first else step  # type: ignore[arg-type]
        states.append(take_step(room, asked, about=about_case(case) if is_first else None))
        tell(step.event)
        if decision is not None:
            issue = make_issue(found, decision, pictures=pictures)
            sent += _out(room, issue, decision, out=out)
            issues.append(issue)
            tell(decision.issue)
    n_files = sum(len(one.files) for one in issues)
    return Rehearsal(case.id, tuple(states), tuple(issues), n_files, sent)


def _first_decision(case_id: str, level: int, now: dt.datetime, *, ports: tuple[str, ...]) -> Decision:
    return Decision(
        warning_id=case_id[:56], issue=f"{case_id[:56]}.1", kind="first", level=level, issued_at=now,
        starts_at=now, ends_at=now + dt.timedelta(days=90), ports=ports, is_exercise=True,
        is_authorised=level == _HIGHEST, all_goods_reason="演练 rehearsal",
    )  # fmt: skip


def _hold(level: int) -> dt.timedelta:
    rules = standards.table("warning_adjustment").set_index("level")
    return dt.timedelta(days=float(rules["hold_days"].loc[level]))


def _plan(
    first: Decision, evidence: tuple[str, ...], clock: MovedClock
) -> Iterator[tuple[WarningEvent, Decision | None]]:
    """Step after step, with the issue that follows from it; the clock moves as time would pass."""
    reason, level = "演练：按评估结果 rehearsal: by the assessment", first.level
    common = {"warning_id": first.warning_id, "at": clock.now, "reason": reason, "evidence": evidence}

    def step(event: str, who: str, **more: object) -> WarningEvent:
        return WarningEvent(**{**common, "event": event, "who": who, **more})  # type: ignore[arg-type]

    may = first.is_authorised
    yield step("proposed", ASSESSOR, level=level), None
    clock.now += dt.timedelta(hours=2)
    yield step("confirmed", APPROVER, is_authorised=may), None
    clock.now += dt.timedelta(hours=1)
    issued = dataclasses.replace(first, issued_at=clock.now, starts_at=clock.now)
    yield step("issued", PUBLISHER, ends_at=issued.ends_at), issued
    if level == 1:
        clock.now += _hold(level)
        told, level = "演练：新证据 rehearsal: new evidence", level + 1
        issued = _next_issue(issued, level, clock.now, reason=told)
        yield step("raised", APPROVER, level=level, reason=told), issued
    while level > 1:
        clock.now += _hold(level)
        told, agreed = _agreed(level, clock.now, "lower")
        level -= 1
        issued = _next_issue(issued, level, clock.now, reason=told)
        yield step("lowered", APPROVER, level=level, reason=told, **agreed), issued
    clock.now += _hold(level)
    told, agreed = _agreed(level, clock.now, "lift")
    lifted = dataclasses.replace(_next_issue(issued, level, clock.now, reason=told), kind="lifted")
    yield step("lifted", APPROVER, reason=told, **agreed), lifted


def _agreed(level: int, now: dt.datetime, move: str) -> tuple[str, dict[str, bool]]:
    """The verdict on the effect of the measures, in words, and what it and the committee agree to.

    In a rehearsal the committee consents to what the effect supports and to nothing else.
    """
    found = rehearsed_effect(level, on=now.date())
    agrees = bool(effect_agrees(pd.Series([found["decision"]]), move).iloc[0])
    words = f"演练：{found['zh']} rehearsal: {found['en']} ({found['rule_id']})"
    return words, {"effect_agrees": agrees, "has_consent": agrees}


def _next_issue(before: Decision, level: int, now: dt.datetime, *, reason: str) -> Decision:
    number = before.number + 1
    return dataclasses.replace(
        before, issue=f"{before.warning_id}.{number}", kind="changed", level=level, issued_at=now,
        reason=reason, earlier=(*before.earlier, (before.issue, before.issued_at)), number=number,
        is_authorised=False,
    )  # fmt: skip


def _out(room: WarningRoom, issue: Issue, decision: Decision, *, out: Path) -> int:
    """Write, record, have approved, and deliver."""
    put_files(out, issue.files, within=("issues", decision.issue))
    record_draft(
        room, decision.warning_id, decision.issue, files=issue.hashes(), who=PUBLISHER, about=issue.about()
    )
    approve(room, decision.warning_id, decision.issue, who=APPROVER, why="演练 rehearsal")
    files = {name: content for name, content in issue.files.items() if content}
    done = release(
        room, decision.warning_id, decision.issue, files=files, channels=CHANNELS, who=PUBLISHER, base=out
    )
    return len(done.delivered)
