"""What an intervention is worth beside the level: harm expected with and without it, and what it costs."""

from __future__ import annotations

import base64
import math
from urllib.parse import quote

import numpy as np

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.what_if.harm import expected_harm, harm_draws
from riskkit.assessment.what_if.what_if_file import WhatIf
from riskkit.case.case_levels import draw_inputs
from riskkit.foundation.numbers.uncertainty import best, support
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import amount
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures import style

SEVERE = (3, 4)
_COLOURS = ("#2f6f4f", "#8a5a00")


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


def harm_picture(before: float, after: float, *, cost: str) -> Picture | None:
    """Severe harm when nothing is done and with what is set now; none where units are not known."""
    if math.isnan(before) or math.isnan(after):
        return None
    names, values = (say("with_now"), say("without")), (after, before)
    said = [amount(value) for value in values]
    bars = {
        "type": "bar", "orientation": "h", "y": list(names), "x": list(values), "text": said,
        "textposition": "outside", "cliponaxis": False, "marker": {"color": list(_COLOURS)},
        "hoverinfo": "none",
    }  # fmt: skip
    title = say("harm_title")
    layout = style.layout(title, height=150, margin={"l": 110, "r": 60, "t": 8, "b": 24})
    layout["xaxis"] = style.quiet_axis() | {"rangemode": "tozero"}
    facts = {"before": amount(before), "after": amount(after), "avoided": amount(abs(before - after))}
    key = "harm_same" if said[0] == said[1] else "harm_avoided" if after < before else "harm_added"
    alt = " ".join((say(key, **facts), cost))
    rows = tuple(zip(reversed(names), reversed(said), strict=True))
    table = Table(title, (say("harm_when"), say("harm_head")), rows, numeric=(1,))
    return Picture("what-if-harm", title, alt, table, {"data": [bars], "layout": layout})


def file_link(name: str, text: str) -> dict[str, str]:
    """A file that the page itself holds, for the macro ``download``."""
    content = base64.b64encode(text.encode()).decode()
    return {
        "name": name,
        "href": f"data:application/toml;base64,{quote(content)}",
        "words": say("download", name=name),
    }
