"""The probabilities of the steps of each scenario on a logarithmic axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from riskkit.assessment.facts.case_file import Scenario, Step
from riskkit.case.case import Assessment
from riskkit.foundation.numbers.distributions import Fixed, best, quantile
from riskkit.foundation.standards.glossary import codes, label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import probability
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.case.words import scenario_titles
from riskkit.workbench.reports.figures import style

_SHAPES = {"sole_judgement": "circle", "some_data": "diamond", "strong_data": "square"}
_MOST_SCENARIOS = 5


@dataclass(frozen=True)
class _Line:
    """One row of the chart: a step, or the whole scenario (then without evidence)."""

    scenario: str
    words: str
    p: float
    low: float
    high: float
    evidence: str | None = None
    basis: str | None = None


def step_chart(assessment: Assessment) -> Picture | None:
    """Step by step, how probable each scenario is: best estimate, 5–95 % range, evidence and basis."""
    if assessment.lo is None:
        return None
    scenarios = _chosen(assessment)
    lines = [line for s in scenarios for line in _lines(assessment, s)]
    titles = scenario_titles(assessment.case)
    figure = _figure(lines, titles={s.id: titles[s.id] for s in scenarios})
    alt = _alt(assessment, scenarios[0])
    return Picture("step-chart", text("steps_title"), alt, _table(lines, titles=titles), figure)


def _chosen(assessment: Assessment) -> list[Scenario]:
    governs = dict(zip(assessment.scenarios["scenario"], assessment.scenarios["governs"], strict=True))
    return sorted(assessment.case.scenarios, key=lambda s: not governs[s.id])[:_MOST_SCENARIOS]


def _lines(assessment: Assessment, scenario: Scenario) -> list[_Line]:
    row = next(r for r in records(assessment.scenarios) if r["scenario"] == scenario.id)
    steps = [_step_line(scenario, j, step) for j, step in enumerate(scenario.steps, start=1)]
    whole = _Line(scenario.id, text("steps_whole"), row["p_best"], row["p05"], row["p95"])
    return [*steps, whole]


def _step_line(scenario: Scenario, j: int, step: Step) -> _Line:
    at = float(best(step.p))
    low, high = (at, at) if isinstance(step.p, Fixed) else (float(q) for q in quantile(step.p, [0.05, 0.95]))
    return _Line(scenario.id, f"{j}. {step.text.say()}", at, low, high, step.evidence, step.basis)


def _figure(lines: list[_Line], *, titles: dict[str, str]) -> dict[str, Any]:
    floor = style.lowest_power([line.low for line in lines]) - 0.15
    rows = style.Rows(body=1.3)
    traces: list[dict[str, Any]] = []
    for name, title in titles.items():
        rows.add(title, bold=True, body=0.3)
        for line in (one for one in lines if one.scenario == name):
            said = text("label_value", label=line.words, value=probability(line.p))
            traces += _marks(line, rows.add(said, body=1.3 if line.evidence else 2.0), floor=floor)
    margin = {"l": 12, "r": 14, "t": 10, "b": 116}
    shape = style.layout(text("steps_title"), height=rows.height() + 126, margin=margin)
    values, ticks = style.chance_ticks(floor, every=1 if floor > -4.5 else 2)
    across = {"tickvals": values, "ticktext": ticks, "range": [floor, 0.12]}
    shape["xaxis"] = style.quiet_axis() | across | {"title": {"text": text("steps_x"), "font": {"size": 12}}}
    shape["yaxis"] = rows.axis()
    shape["annotations"] = rows.labels
    place = {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": -62 / max(rows.height(), 1),
        "yanchor": "top",
    }
    shape["legend"] = place | {"font": {"size": 11}, "itemclick": False, "itemdoubleclick": False}
    shape["showlegend"] = True
    return {"data": [*traces, *_key()], "layout": shape}


def _marks(line: _Line, y: float, *, floor: float) -> list[dict[str, Any]]:
    ink = style.DARK if line.evidence else style.INK
    low, high, at = (style.power(value, floor) for value in (line.low, line.high, line.p))
    quiet = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}
    whisker = {"x": [low, high], "y": [y, y], "mode": "lines", "line": {"color": ink, "width": 3}}
    point = {"x": [at], "y": [y], "mode": "markers", "marker": _marker(line.evidence, line.basis)}
    return [whisker | quiet, point | quiet]


def _marker(evidence: str | None, basis: str | None) -> dict[str, Any]:
    if evidence is None:
        return {"symbol": "star", "size": 15, "color": style.INK, "line": {"color": "#ffffff", "width": 1}}
    fill = style.DARK if basis == "fact" else "#ffffff"
    return {"symbol": _SHAPES[evidence], "size": 12, "color": fill, "line": {"color": style.DARK, "width": 2}}


def _key() -> list[dict[str, Any]]:
    """What the marks mean: shape by evidence, filled for a fact, open for a judgement."""
    shapes = [(label("evidence", code), _marker(code, "judgement")) for code in codes("evidence")]
    fact = text("key_filled", what=label("basis", "fact"))
    judged = text("key_open", what=label("basis", "judgement"))
    fills = [(fact, _marker("sole_judgement", "fact")), (judged, _marker("sole_judgement", "judgement"))]
    whole = [(text("steps_whole"), _marker(None, None))]
    plain = {"type": "scatter", "x": [None], "y": [None], "mode": "markers", "hoverinfo": "skip"}
    return [
        plain | {"name": style.clean(name), "marker": marker} for name, marker in [*shapes, *fills, *whole]
    ]


def _alt(assessment: Assessment, scenario: Scenario) -> str:
    row = next(r for r in records(assessment.scenarios) if r["scenario"] == scenario.id)
    weakest = min(scenario.steps, key=lambda step: best(step.p))
    judged = sum(step.basis == "judgement" for s in assessment.case.scenarios for step in s.steps)
    return text(
        "steps_alt",
        scenario=scenario_titles(assessment.case)[scenario.id],
        p=probability(row["p_best"]),
        low=probability(row["p05"]),
        high=probability(row["p95"]),
        step=weakest.text.say(),
        step_p=probability(float(best(weakest.p))),
        judged=judged,
        n=sum(len(s.steps) for s in assessment.case.scenarios),
    )


def _table(lines: list[_Line], *, titles: Any) -> Table:
    heads = ("col_scenario", "col_step", "col_best", "col_p05", "col_p95", "col_evidence", "col_basis")
    rows = tuple(
        (
            titles[line.scenario].split("　")[0].split(" · ")[0],
            line.words,
            *(probability(value) for value in (line.p, line.low, line.high)),
            label("evidence", line.evidence) if line.evidence else "—",
            label("basis", line.basis) if line.basis else "—",
        )
        for line in lines
    )
    return Table(text("steps_table"), tuple(text(head) for head in heads), rows, numeric=(2, 3, 4))
