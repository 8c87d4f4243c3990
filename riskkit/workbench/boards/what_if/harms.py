"""What an intervention is worth beside the level: harm expected with and without it, and what it costs."""

from __future__ import annotations

import base64
import math
from typing import Any
from urllib.parse import quote

import numpy as np

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.what_if.harm import expected_harm, harm_draws
from riskkit.assessment.what_if.what_if_file import WhatIf
from riskkit.case.case_levels import draw_inputs
from riskkit.foundation.numbers.uncertainty import best, support
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import amount

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
