"""The page of the documentation that compares the level of every shipped case with what authorities did."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from riskkit.assessment.facts.case_file import Action, Case
from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.language import language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.doc_pages.methods import markdown_table
from riskkit.workbench.document.level_marks import badge_note
from riskkit.workbench.runs.folders.resources import shipped_cases

# What keeps goods from people or sets terms for them; talks, studies, warnings and published results do not.
RESTRICTING = ("recall", "stop_sale", "ban", "dispose_lot", "rule")
KINDS = ("after", "before", "never")
_DRAWS, _SEED = 20_000, 20170914  # as the reports


@dataclass(frozen=True)
class Outcome:
    """The level shown of a case, and what the authorities of its jurisdiction did about the goods."""

    case: Case
    badge: LevelBadge
    first: Action | None

    def kind(self) -> str:
        """Whether that act came on or ``after`` the day of assessment, ``before`` it, or ``never``."""
        if self.first is None:
            return "never"
        return "before" if self.first.date < self.case.assessed_on else "after"

    def days(self) -> int | None:
        """Days from the assessment to that act: below 0 where the act came first."""
        return None if self.first is None else (self.first.date - self.case.assessed_on).days


def official_acts(case: Case) -> tuple[Action, ...]:
    """What authorities of the jurisdiction did about the goods, by date."""
    return tuple(
        act for act in case.actions if act.by == "authority" and act.where in (None, case.jurisdiction)
    )


def outcome(case: Case, badge: LevelBadge) -> Outcome:
    """What followed one assessed case."""
    acts = (act for act in official_acts(case) if not set(RESTRICTING).isdisjoint(act.measures))
    return Outcome(case, badge, next(acts, None))


@functools.cache
def shipped_outcomes() -> tuple[Outcome, ...]:
    """Every shipped case that is graded, under the default profile, simulated as its report is."""
    cases = (case for case in map(load_case, shipped_cases()) if case.goods != "food")
    found = (assess(case, rng=np.random.default_rng(_SEED), draws=_DRAWS) for case in cases)
    return tuple(outcome(one.case, one.badge) for one in found if one.badge is not None)


def outcomes_page() -> str:
    """The page ``docs/levels_and_outcomes`` in one language, as Markdown."""
    found = shipped_outcomes()
    never = [one for one in found if one.kind() == "never"]
    heads = [text(key) for key in ("outcomes_case", "outcomes_on", "outcomes_level")]
    acted = [text(key) for key in ("outcomes_acts", "outcomes_first")]
    kinds = ("outcomes_after", "outcomes_before", "outcomes_never")
    counted = [text("outcomes_level"), *(text(key) for key in kinds)]
    parts = [
        f"# {text('outcomes_page')}",
        _lead(found),
        text("outcomes_rule", what=_measures(RESTRICTING)),
        markdown_table(counted, _counts(found)),
        f"## {text('outcomes_never_title')}",
        text("outcomes_never_lead", n=len(never)),
        markdown_table(
            [*heads, text("outcomes_record")],
            ([*_opening(one), _everything(one.case)] for one in never),
        ),
        f"## {text('outcomes_all_title')}",
        markdown_table([*heads, *acted], (_row(one) for one in found)),
    ]
    return "\n\n".join(parts) + "\n"


def _lead(found: Sequence[Outcome]) -> str:
    """How many were restricted, how long that took, and how that agrees with the levels."""
    kinds = [one.kind() for one in found]
    after = [days for one in found if (days := one.days()) is not None and days >= 0]
    high = [one for one in found if one.badge.level in ("Ⅰ", "Ⅱ")]
    return text(
        "outcomes_lead", n=len(found), after=kinds.count("after"), before=kinds.count("before"),
        never=kinds.count("never"), same=sum(days <= 1 for days in after), median=f"{median(after):g}",
        longest=max(after), high=len(high), alarms=sum(one.kind() == "never" for one in high),
        missed=sum(one.badge.level in ("Ⅲ", "Ⅳ") and one.kind() != "never" for one in found),
    )  # fmt: skip


def _counts(found: Sequence[Outcome]) -> Iterator[list[str]]:
    """How often each level was followed by each kind of outcome."""
    signs = scale("warning")
    for level in reversed(signs.codes):
        kinds = [one.kind() for one in found if one.badge.level == level]
        yield [f"{signs.symbol(level)} {level}", *(str(kinds.count(kind)) for kind in KINDS)]


def _opening(one: Outcome) -> list[str]:
    """Case, day and level shown."""
    signs, badge = scale("warning"), one.badge
    level = "–".join(f"{signs.symbol(code)} {code}" for code in dict.fromkeys((badge.level, badge.level_hi)))
    note = badge_note(badge)
    return [one.case.title.say(), one.case.assessed_on.isoformat(), f"**{level}** {note}".rstrip()]


def _row(one: Outcome) -> list[str]:
    acts = [_act(act) for act in official_acts(one.case) if act.measures]
    return [*_opening(one), "<br>".join(acts) or "—", _first(one)]


def _first(one: Outcome) -> str:
    """The first restriction, and the days between."""
    days = one.days()
    if one.first is None or days is None:
        return text("outcomes_none")
    near = {-1: "outcomes_eve", 0: "outcomes_day", 1: "outcomes_next"}
    key = near.get(days, "outcomes_later" if days > 0 else "outcomes_earlier")
    return text(key, on=one.first.date.isoformat(), days=abs(days))


def _act(act: Action) -> str:
    return text(
        "outcomes_act",
        on=act.date.isoformat(),
        who=act.authority.say(),
        what=_measures(act.measures),
    )


def _everything(case: Case) -> str:
    """All that is on record, whoever did it, in the words of the case."""
    return "<br>".join(_told(act) for act in case.actions)


def _told(act: Action) -> str:
    where = "" if act.where is None else f" ({country_name(act.where)})"
    who, what = act.authority.say(), act.what.say()
    return f"{act.date.isoformat()} {who}{where}{'：' if language() == 'zh' else ': '}{what}"


def _measures(measures: Sequence[str]) -> str:
    return listed(label("official_measure", one) for one in measures)
