"""How a report says things in zh and en: its own texts, and numbers, grades and distributions in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.language import language
from riskkit.foundation.numbers.distributions import (
    Beta,
    Changed,
    Distribution,
    Fixed,
    LogNormal,
    Pert,
    Range,
    Unknown,
    best,
)
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import method_text
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed, percent, say_number
from riskkit.workbench.document.block_kinds import Badge, Cell, Table
from riskkit.workbench.document.level_marks import level_badge
from riskkit.workbench.document.text_tables import keyed_table


def rows_of(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a table, each as a dict."""
    yield from ({str(name): value for name, value in row.items()} for row in table.to_dict("records"))


def fact_value(name: str, value: float) -> str:
    """A fact's value with its unit."""
    kind = standards.facts()[name]
    unit = kind.unit_zh if language() == "zh" else kind.unit_en
    said = say_number(value, kind.kind)
    return said if math.isnan(value) or not unit else f"{said} {unit}"


def fact_name(name: str) -> str:
    """A fact in words."""
    kind = standards.facts()[name]
    return kind.zh if language() == "zh" else kind.en


def distribution(dist: Distribution, kind: str) -> str:  # noqa: PLR0911 - one answer a form
    """What is known of a number, in words."""

    def say(value: float) -> str:
        return say_number(float(value), kind)

    match dist:
        case Fixed(value):
            return say(float(value))
        case Range(low, high):
            return text("dist_range", low=say(low), high=say(high))
        case Pert(low, mode, high):
            return text("dist_pert", low=say(low), mode=say(mode), high=say(high))
        case Beta(alpha, beta):
            shapes = f"{alpha:g}, {beta:g}"
            return text("dist_beta", best=say(float(best(dist))), shapes=shapes)
        case LogNormal(median, gsd, _):
            return text("dist_lognormal", median=say(median), gsd=f"{gsd:.3g}")
        case Changed(of, times, at_most):
            before, factor = distribution(of, kind), distribution(times, "ratio")
            key = "dist_changed" if at_most in (1.0, math.inf) else "dist_capped"
            return text(key, of=before, times=factor, at_most=say(at_most))
        case Unknown(at_least, at_most):
            key = "dist_unknown_between" if at_least else "dist_unknown_at_most"
            key = "dist_unknown_at_least" if math.isinf(at_most) else key
            return text(key, low=say(at_least), high=say(at_most))
        case _:
            pairs = zip(dist.probs, dist.values, strict=True)
            told = listed((text("dist_quantile", p=percent(p), v=say(v)) for p, v in pairs))
            keeping = {"piecewise": "dist_piecewise", "metalog": "dist_metalog"}
            key = keeping.get(dist.family, "dist_elicited")
            return text(key, told=told)


def grade(factor: str, rank: int) -> str:
    """A grade 1–4 as symbol (its number) and word."""
    of = scale(factor)
    code = of.codes[rank - 1]
    return f"{of.symbol(code)} {of.word(code)}"


def level_words(code: str) -> str:
    """A warning level as symbol, number and word."""
    of = scale("warning")
    return f"{of.symbol(code)} {code} {of.word(code)}"


def level_spoken(code: str) -> str:
    """A warning level in words alone, for text that is read out."""
    return text("spoken_level", code=code, word=scale("warning").word(code))


def level_range(lo: str, hi: str) -> str:
    """A level, or from a level to a higher one, each with symbol and word."""
    if lo == hi:
        return level_words(lo)
    return text("from_to", low=level_words(lo), high=level_words(hi))


def risk_badge(code: str) -> Badge:
    """The badge of a risk level."""
    of = scale("risk")
    return Badge(label("factor", "risk"), code, of.word(code), of.symbol(code), of.colour(code))


def level_cell(lo: str, hi: str) -> str | Badge:
    """A level for a table: a badge, or the range in words."""
    return level_badge(lo) if lo == hi else level_range(lo, hi)


def scenario_number(case: Case, scenario_id: str) -> str:
    """The number by which a report calls a scenario."""
    return f"S{[s.id for s in case.scenarios].index(scenario_id) + 1}"


def scenario_titles(case: Case) -> Mapping[str, str]:
    """Number and title of each scenario by id."""
    gap = "　" if language() == "zh" else " · "
    return {s.id: f"S{i}{gap}{s.title.say()}" for i, s in enumerate(case.scenarios, start=1)}


def titled(item: Any) -> str:
    """What an event, gate, barrier or node is called; its id where it has no title."""
    return str((item.zh if language() == "zh" else item.en) or item.id)


def table(key: str, heads: Sequence[str], *, rows: Iterable[Sequence[Cell]], **said: object) -> Table:
    """A table of the reports on single methods."""
    return keyed_table(method_text, key, heads=heads, rows=rows, **said)
