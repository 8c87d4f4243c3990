"""How a report says things in zh and en: its own texts, and numbers, grades and distributions in words."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case
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


def fact_value(name: str, value: float, lang: str) -> str:
    """A fact's value with its unit."""
    kind = standards.facts()[name]
    unit = kind.unit_zh if lang == "zh" else kind.unit_en
    said = say_number(value, kind.kind, lang)
    return said if math.isnan(value) or not unit else f"{said} {unit}"


def fact_name(name: str, lang: str) -> str:
    """A fact in words."""
    kind = standards.facts()[name]
    return kind.zh if lang == "zh" else kind.en


def distribution(dist: Distribution, kind: str, lang: str) -> str:  # noqa: PLR0911 - one answer a form
    """What is known of a number, in words."""

    def say(value: float) -> str:
        return say_number(float(value), kind, lang)

    match dist:
        case Fixed(value):
            return say(float(value))
        case Range(low, high):
            return text("dist_range", lang, low=say(low), high=say(high))
        case Pert(low, mode, high):
            return text("dist_pert", lang, low=say(low), mode=say(mode), high=say(high))
        case Beta(alpha, beta):
            shapes = f"{alpha:g}, {beta:g}"
            return text("dist_beta", lang, best=say(float(best(dist))), shapes=shapes)
        case LogNormal(median, gsd, _):
            return text("dist_lognormal", lang, median=say(median), gsd=f"{gsd:.3g}")
        case Changed(of, times, at_most):
            before, factor = distribution(of, kind, lang), distribution(times, "ratio", lang)
            key = "dist_changed" if at_most in (1.0, math.inf) else "dist_capped"
            return text(key, lang, of=before, times=factor, at_most=say(at_most))
        case Unknown(at_least, at_most):
            key = "dist_unknown_between" if at_least else "dist_unknown_at_most"
            key = "dist_unknown_at_least" if math.isinf(at_most) else key
            return text(key, lang, low=say(at_least), high=say(at_most))
        case _:
            pairs = zip(dist.probs, dist.values, strict=True)
            told = listed((text("dist_quantile", lang, p=percent(p, lang), v=say(v)) for p, v in pairs), lang)
            keeping = {"piecewise": "dist_piecewise", "metalog": "dist_metalog"}
            key = keeping.get(dist.family, "dist_elicited")
            return text(key, lang, told=told)


def grade(factor: str, rank: int, lang: str) -> str:
    """A grade 1–4 as symbol (its number) and word."""
    of = scale(factor)
    code = of.codes[rank - 1]
    return f"{of.symbol(code)} {of.word(code, lang)}"


def level_words(code: str, lang: str) -> str:
    """A warning level as symbol, number and word."""
    of = scale("warning")
    return f"{of.symbol(code)} {code} {of.word(code, lang)}"


def level_spoken(code: str, lang: str) -> str:
    """A warning level in words alone, for text that is read out."""
    return text("spoken_level", lang, code=code, word=scale("warning").word(code, lang))


def level_range(lo: str, hi: str, lang: str) -> str:
    """A level, or from a level to a higher one, each with symbol and word."""
    if lo == hi:
        return level_words(lo, lang)
    return text("from_to", lang, low=level_words(lo, lang), high=level_words(hi, lang))


def risk_badge(code: str, lang: str) -> Badge:
    """The badge of a risk level."""
    of = scale("risk")
    return Badge(label("factor", "risk", lang), code, of.word(code, lang), of.symbol(code), of.colour(code))


def level_cell(lo: str, hi: str, lang: str) -> str | Badge:
    """A level for a table: a badge, or the range in words."""
    return level_badge(lo, lang) if lo == hi else level_range(lo, hi, lang)


def scenario_number(case: Case, scenario_id: str) -> str:
    """The number by which a report calls a scenario."""
    return f"S{[s.id for s in case.scenarios].index(scenario_id) + 1}"


def scenario_titles(case: Case, lang: str) -> Mapping[str, str]:
    """Number and title of each scenario by id."""
    gap = "　" if lang == "zh" else " · "
    return {s.id: f"S{i}{gap}{s.title.say(lang)}" for i, s in enumerate(case.scenarios, start=1)}


def width(words: str) -> int:
    """How wide a text is, in halves of a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)


def titled(item: Any, lang: str) -> str:
    """What an event, gate, barrier or node is called; its id where it has no title."""
    return str((item.zh if lang == "zh" else item.en) or item.id)


def table(
    key: str, lang: str, heads: Sequence[str], *, rows: Iterable[Sequence[Cell]], **said: object
) -> Table:
    """A table of the reports on single methods."""
    return keyed_table(method_text, key, lang, heads=heads, rows=rows, **said)
