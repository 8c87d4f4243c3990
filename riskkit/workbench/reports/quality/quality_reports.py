"""Everything that the notebook of the index of quality and safety calls."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit import __version__
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, section, text_table
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.quality.quality_study import WRONG_BY, QualityStudy, study_quality
from riskkit.workbench.runs.result import ResultRecord

__all__ = ["adoption_record", "index_figure", "index_league", "index_limits", "index_moved", "index_summary",
           "index_years", "publish_quality", "study_quality"]  # fmt: skip
say = Texts("quality")


def _points(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.1f}".replace("-", "−")


def _between(low: float, high: float) -> str:
    return "—" if math.isnan(low + high) else say("between", low=_points(low), high=_points(high))


def index_summary(study: QualityStudy) -> Section:
    """The index of the last year, whether it is better than the year before, and how firm that is."""
    last = records(study.years)[-1]
    key = "lead" if pd.notna(last["index"]) else "lead_unknown"
    span = _between(last["index_lo"], last["index_hi"])
    text = say(key, year=last["year"], index=_points(last["index"]), span=span,
               share=rate(last["share_known"]))  # fmt: skip
    blocks: list[Block] = [Paragraph(text, "lead")]
    if len(study.verdicts):
        verdict = records(study.verdicts)[-1]
        words = standards.table("quality_index_rules").set_index("reason")[language()]
        blocks.append(Paragraph(say(f"is_{verdict['decision']}", before=verdict["year_before"],
                                    why=words[verdict["reason"]])))  # fmt: skip
    if study.weights is not None:
        blocks.append(Paragraph(say("weights", factor=number(WRONG_BY), span=_between(*study.weights))))
    blocks += [Paragraph(say(key), "caution") for key, is_on in
               (("house_index", True), ("synthetic", study.opened.is_sample)) if is_on]  # fmt: skip
    source = say("input_file", name=study.opened.name, sha256=study.opened.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def index_years(study: QualityStudy) -> Section:
    """Every year: crude rate, index with interval, what was not tested, and the verdict."""
    verdicts = {row["year"]: row for row in records(study.verdicts)}
    rows = []
    for row in records(study.years):
        verdict = verdicts.get(row["year"])
        change = "—" if verdict is None else _between(verdict["change_lo"], verdict["change_hi"])
        rows.append((
            str(row["year"]), number(row["n_tested"]),
            rate(row["rate_crude"]), rate(row["share_known"]),
            _points(row["index"]), _between(row["index_lo"], row["index_hi"]),
            _between(row["index_if_worst"], row["index_if_best"]), change,
            "—" if verdict is None else say(f"word_{verdict['decision']}"),
        ))  # fmt: skip
    heads = ("col_year", "#col_tested", "#col_crude", "#col_known", "#col_index", "#col_interval",
             "#col_extremes", "#col_change", "col_verdict")  # fmt: skip
    note = Paragraph(say("years_note"), "note")
    return section(say, "years", note, *text_table(say, "years", heads=heads, rows=rows))


def index_figure(study: QualityStudy) -> Picture | None:
    """The index of each year with its interval."""
    seen = study.years.dropna(subset=["index"])
    if len(seen) < 2:
        return None
    title = say("figure")
    years = [str(year) for year in seen["year"]]
    trace = {
        "type": "scatter", "mode": "lines+markers", "x": years, "y": seen["index"].tolist(),
        "hoverinfo": "skip", "line": {"color": style.DARK, "width": 2},
        "marker": {"symbol": "square", "size": 8, "color": style.DARK},
        "error_y": {"type": "data", "symmetric": False, "color": style.DARK, "thickness": 1.5,
                    "array": (seen["index_hi"] - seen["index"]).tolist(),
                    "arrayminus": (seen["index"] - seen["index_lo"]).tolist()},
    }  # fmt: skip
    shape = style.layout(title, height=320, margin={"t": 36, "l": 48})
    remark, room = style.below(say("figure_marks"), at=34)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    shape["xaxis"] = style.quiet_axis() | {"type": "category"}
    shape["yaxis"] = style.quiet_axis()
    spans = [_between(row["index_lo"], row["index_hi"]) for row in records(seen)]
    rows = tuple(
        (year, _points(row["index"]), span)
        for year, row, span in zip(years, records(seen), spans, strict=True)
    )
    alt = say("figure_alt", first=years[0], last=years[-1], low=_points(seen["index"].min()),
              high=_points(seen["index"].max()))  # fmt: skip
    heads = tuple(say(key) for key in ("col_year", "col_index", "col_interval"))
    return Picture("quality-figure", title, alt, Table(title, heads, rows, numeric=(1, 2)),
                   {"data": [trace], "layout": shape})  # fmt: skip


def index_moved(study: QualityStudy) -> Section | None:
    """Which commodities moved the index, and what the mix of sampling did to the crude rate."""
    if study.moved.empty:
        return None
    rows = [
        (str(row["label"]), rate(row["share_weight"]), _signed(row["change_index"]),
         _signed(100 * row["rate_effect"]), _signed(100 * row["mix_effect"]), number(row["n_strata_unknown"]))
        for row in records(study.moved)
    ]  # fmt: skip
    heads = (
        "col_commodity",
        "#col_weight",
        "#col_moved",
        "#col_rate_effect",
        "#col_mix_effect",
        "#col_untested",
    )
    note = Paragraph(say("moved_note"), "note")
    return section(say, "moved", note, *text_table(say, "moved", heads=heads, rows=rows))


def _signed(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def index_league(study: QualityStudy) -> Section:
    """Origins with their ranks, never without the interval of the rank."""
    rows = [
        (str(row["origin"]), number(row["n_tested"]), _points(row["index"]),
         _between(row["index_lo"], row["index_hi"]), _rank(row), rate(row["p_first"]))
        for row in records(study.league)
    ]  # fmt: skip
    heads = ("col_origin", "#col_tested", "#col_index", "#col_interval", "#col_rank", "#col_first")
    note = Paragraph(say("league_note", n=number(study.resamples)), "note")
    return section(say, "league", note, *text_table(say, "league", heads=heads, rows=rows))


def _rank(row: dict[str, Any]) -> str:
    """The interval of the rank; one number only where the interval is one rank."""
    if pd.isna(row["rank_lo"]):
        return "—"
    low, high = number(row["rank_lo"]), number(row["rank_hi"])
    return low if low == high else say("between", low=low, high=high)


def adoption_record(study: QualityStudy) -> Section | None:
    """Finding → decision → result, and how many findings were adopted."""
    if study.adoption.empty:
        return None
    entries = study.adopted.table.reset_index(drop=True)
    rows = []
    for entry, row in zip(records(entries), records(study.adoption), strict=True):
        answer = say(entry["answer"]) if pd.notna(entry["answer"]) else say("undecided")
        told = [str(entry[name]) for name in ("result", "reason") if pd.notna(entry[name])]
        rows.append((
            str(entry["assessment_id"]), str(entry["finding"]), say(f"changes_{entry['kind']}"), answer,
            day_cell(entry["decided_on"]), say(f"state_{row['decision']}"), told[0] if told else "—",
        ))  # fmt: skip
    heads = (
        "col_assessment",
        "col_finding",
        "col_changes",
        "col_answer",
        "col_decided",
        "col_state",
        "col_result",
    )
    sums = [
        (say(f"changes_{kind}"), *(number(row[name]) for name in ("n", "n_adopted", "n_result_shown")),
         _share(row), figure(row["median_days"], 3))
        for kind, row in zip(study.adoption_rates.index, records(study.adoption_rates), strict=True)
    ]  # fmt: skip
    sum_heads = ("col_changes", "#col_n", "#col_adopted", "#col_shown", "#col_share", "#col_days")
    return section(
        say, "adoption", *text_table(say, "adoption", heads=heads, rows=rows),
        *text_table(say, "adoption_rates", heads=sum_heads, rows=sums),
    )  # fmt: skip


def _share(row: dict[str, Any]) -> str:
    if pd.isna(row["share_adopted"]):
        return "—"
    low, high = (rate(row[f"share_adopted_{end}"]) for end in ("lo", "hi"))
    return f"{rate(row['share_adopted'])} ({say('between', low=low, high=high)})"


def index_limits() -> Section:
    """How to read the index, and how far it goes."""
    keys = ("limit_index", "limit_mix", "limit_interval", "limit_ranks", "limit_weights")
    return Section("limits", say("limits"), 1, (Items(tuple(say(key) for key in keys)),))


def publish_quality(study: QualityStudy) -> ResultRecord:
    """Put the index into the notebook, where the runner reads it back."""
    inputs = {"riskkit": __version__, "on": study.on.isoformat(), "case_sha256": study.opened.sha256,
              "standard_sha256": study.standard.sha256, "adoptions_sha256": study.adopted.sha256,
              "resamples": study.resamples}  # fmt: skip
    title = in_each_language(say, "case", day=study.on.isoformat())
    record: dict[str, Any] = {"schema": "riskkit.quality/1", "inputs": inputs, "weights": study.weights}
    record["case"] = {"id": study.opened.name, "title": title}
    record |= {name: getattr(study, name) for name in ("years", "verdicts", "moved", "league", "adoption")}
    return ResultRecord(record | {"adoption_rates": study.adoption_rates.reset_index()})
