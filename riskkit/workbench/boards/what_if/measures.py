"""The measures that a what-if panel can load, and what is kept in it written as a file of what-ifs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.assessment.what_if.what_if import changed
from riskkit.assessment.what_if.what_if_file import (
    Change,
    WhatIf,
    WhatIfs,
    apply,
    load_what_ifs,
    what_ifs_text,
)
from riskkit.case.sentences import input_name
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.distributions import Distribution
from riskkit.foundation.shipped import what_ifs_path
from riskkit.words.catalogue import panel_text as say
from riskkit.workbench.reports.what_if.sections import change_words

Moves = Mapping[str, Fraction | None]


def shipped_measures(case: Case) -> dict[str, WhatIf]:
    """The what-ifs that come with a case, by id; none where there is no file, or it does not fit the case."""
    path = what_ifs_path(case.id)
    if not path.is_file():
        return {}
    try:
        return {one.id: one for one in load_what_ifs(str(path), case).what_ifs}
    except InputFaults:  # a user's own case under the same id
        return {}


def with_measure(case: Case, measure: WhatIf | None, moved: Moves) -> Case:
    """A case with a measure made to it, and then what was moved by hand."""
    return changed(apply(case, measure) if measure else case, moved)


def measure_lines(case: Case, measure: WhatIf) -> list[str]:
    """What a measure changes, and why, one line a change."""
    lines = []
    for change in measure.changes:
        is_channel = change.input == "channels"
        what = say("channels") if is_channel else input_name(case, change.input)
        told = {"does": change_words(change), "why": change.reason.say()}
        lines.append(say("measure_line", what=what, **told))
    return lines


def kept_what_if(
    case: Case, measure: WhatIf | None, moved: Moves, *, name: str, number: int
) -> WhatIf | None:
    """What was set in the panel, as a what-if; None where nothing is changed that a what-if can change."""
    after = with_measure(case, measure, moved)
    reason = Text(**{lang: say["set_by_hand"][lang] for lang in ("zh", "en")})
    own = [
        Change(input=one, do="set", value=_value_of(after, one), reason=reason, evidence="sole_judgement")
        for one, to in moved.items()
        if to is not None
    ]
    changes = (*(measure.changes if measure else ()), *own)
    if not changes:
        return None
    title = "".join(sign for sign in name if sign.isprintable()).strip() or str(number)
    return WhatIf(
        id=f"kept-{number}",
        kind=measure.kind if measure and not own else "other_measure",
        title=Text(zh=title, en=title),
        changes=changes,
        cost_cny=measure.cost_cny if measure and not own else None,
    )


def _value_of(case: Case, name: str) -> Distribution | tuple[tuple[int, float], ...]:
    scenario_id, _, part = name.rpartition(".")
    if not scenario_id:
        return case.facts[name].value
    scenario = next(s for s in case.scenarios if s.id == scenario_id)
    return scenario.severity if part == "severity" else scenario.steps[int(part[1:]) - 1].p


def kept_text(case: Case, kept: Sequence[WhatIf]) -> str:
    """Kept scenarios as the text of a file of what-ifs; empty where there are none."""
    return what_ifs_text(WhatIfs(schema=1, case=case.id, what_ifs=tuple(kept))) if kept else ""
