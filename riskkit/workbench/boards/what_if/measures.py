"""The measures that a what-if panel can load, and what is kept in it written as a file of what-ifs."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import numpy as np

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.assessment.what_if.harm import expected_harm, harm_draws
from riskkit.assessment.what_if.what_if import changed
from riskkit.assessment.what_if.what_if_file import (
    Change,
    WhatIf,
    WhatIfs,
    apply,
    load_what_ifs,
    what_ifs_text,
)
from riskkit.case.case_inputs import draw_inputs
from riskkit.case.sentences import input_name
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.numbers.distributions import Distribution
from riskkit.foundation.numbers.uncertainty import best, support
from riskkit.foundation.shipped import what_ifs_path
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import amount
from riskkit.workbench.reports.what_if.sections import change_words

SEVERE = (3, 4)


def severe_harm(case: Case, *, draws: int, seed: int) -> float:
    """Persons expected to come to severe harm (severity 3 or 4); NaN where units are not known."""
    drawn = draw_inputs(case, draws, rng=np.random.default_rng(seed))
    mean = expected_harm(harm_draws(case, drawn))["mean"]
    return float(mean.loc[[*SEVERE]].sum(skipna=False))


def cost_words(measure: WhatIf | None) -> str:
    """What a measure costs, with its range; that it is not estimated where nothing says so."""
    if measure is None or measure.cost_cny is None:
        return say("cost_unknown")
    low, high = (amount(float(end)) for end in support(measure.cost_cny))
    return say("cost_line", best=amount(float(best(measure.cost_cny))), low=low, high=high)


def harm_words(before: float, after: float, *, cost: str) -> dict[str, Any]:
    """Severe harm when nothing is done and with what is set now, as bars and as a sentence."""
    heads = (say("harm_when"), "", say("harm_head"))
    found: dict[str, Any] = {
        "caption": say("harm_title"),
        "heads": heads,
        "rows": [],
        "empty": say("harm_unknown"),
    }
    if math.isnan(before) or math.isnan(after):
        return found | {"told": ""}
    most = max(before, after) or 1.0
    ends = ((say("without"), before), (say("with_now"), after))
    rows = [
        {"label": name, "width": 100 * value / most, "n": amount(value), "said": ""} for name, value in ends
    ]
    facts = {"before": amount(before), "after": amount(after), "avoided": amount(abs(before - after))}
    is_same = facts["before"] == facts["after"]
    key = "harm_same" if is_same else "harm_avoided" if after < before else "harm_added"
    return found | {"rows": rows, "told": f"{say(key, **facts)} {cost}".strip()}


def file_link(name: str, text: str) -> dict[str, str]:
    """A file that the page itself holds, for the macro ``download``."""
    content = base64.b64encode(text.encode()).decode()
    return {
        "name": name,
        "href": f"data:application/toml;base64,{quote(content)}",
        "words": say("download", name=name),
    }


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
