"""No label of the risk grid lies over another, measured by a browser for every shipped case."""

from __future__ import annotations

import json

import numpy as np
import pytest
from chromium import needs_chromium, watched_page
from plotly.offline import get_plotlyjs

from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.language import in_language
from riskkit.workbench.reports.figures.grid_figure import risk_grid
from riskkit.workbench.runs.folders.resources import shipped_cases

pytestmark = [needs_chromium, pytest.mark.browser, pytest.mark.usefixtures("browser")]
DRAW = """async figures => {
  for (const [id, figure] of Object.entries(figures))
    await Plotly.newPlot(id, figure.data, figure.layout, {responsive: false})
}"""
OVERLAPS = """() => [...document.querySelectorAll('.figure')].flatMap(figure => {
  const words = [...figure.querySelectorAll('.annotation-text-g text, g.textpoint text')]
    .map(word => [word.textContent, word.getBoundingClientRect()])
  return words.flatMap(([one, a], i) => words.slice(0, i)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
    .map(([other]) => [figure.id, one, other]))
})"""
N_WORDS = "() => document.querySelectorAll('g.textpoint text').length"


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    found: dict[str, object] = {}
    for name in shipped_cases():
        assessment = assess(load_case(name), rng=np.random.default_rng(1), draws=200)
        for lang in ("zh", "en"):
            picture = in_language(lang, risk_grid, assessment)
            if picture is not None:
                found[f"{name}-{lang}"] = json.loads(json.dumps(picture.figure))
    return found


@pytest.mark.parametrize("width", [380, 720])
def test_no_label_of_the_risk_grid_lies_over_another(figures: dict[str, object], width: int) -> None:
    with watched_page(width=width + 20) as watched:
        boxes = (f'<div class="figure" id="{name}" style="width:{width}px"></div>' for name in figures)
        watched.page.set_content("".join(boxes))
        watched.page.add_script_tag(content=get_plotlyjs())
        watched.page.evaluate(DRAW, figures)
        assert watched.page.evaluate(N_WORDS) > len(figures)
        assert watched.page.evaluate(OVERLAPS) == []
