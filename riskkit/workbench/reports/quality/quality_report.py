"""The index of quality and safety: worked out once, shown and published."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from riskkit.application.quality_index import adoptions, changes
from riskkit.application.quality_index.index import (
    StratumCounts,
    league_table,
    quality_index,
    resampled,
    stratum_counts,
)
from riskkit.foundation.inputs.faults import Fault, refuse, shown, tried
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, section, table_section, text_table
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.examples import (
    column_faults,
    object_rows,
    one_day,
    open_example,
    open_further,
)
from riskkit.workbench.runs.result import ResultRecord, found_record

COUNTS, STANDARD, ADOPTIONS = "quality_counts", "quality_standard", "adoptions"
_STRATUM = ("commodity", "origin")
_COUNTS = ("year", *_STRATUM, "n_tested", "n_nonconforming")
_STANDARD = (*_STRATUM, "exposure", "severity")
_ADOPTIONS = ("assessment_id", "finding", "kind", "found_on", "decided_on", "result_due_on", "result_on",
              "answer", "reason", "result")  # fmt: skip
WRONG_BY = 2.0
"""Factor by which each weight may be wrong in the range that is shown."""


@dataclass(frozen=True)
class QualityStudy:
    """Index of every year, ranks of origins in the last, and what moved it."""

    opened: OpenTable
    standard: OpenTable
    adopted: OpenTable
    on: dt.date
    years: pd.DataFrame
    verdicts: pd.DataFrame
    moved: pd.DataFrame
    weights: tuple[float, float] | None
    league: pd.DataFrame
    adoption: pd.DataFrame
    adoption_rates: pd.DataFrame
    level: float
    resamples: int


def study_quality(
    counts: str = COUNTS,
    *,
    standard: str = "",
    adopted: str = "",
    on: str = "",
    seed: int = 1,
    resamples: int = 1_000,
) -> QualityStudy:
    """Everything that the notebook of the index shows, or one error with every fault of all files."""
    opened = open_example(counts, sample=COUNTS, what="counts", texts=_STRATUM)
    weights = open_example(standard or STANDARD, sample=STANDARD, what="standard", texts=_STRATUM)
    record = open_further(
        adopted, opened, sample=ADOPTIONS, columns=_ADOPTIONS, texts=_ADOPTIONS, what="adoptions"
    )
    rows, base, entries = (object_rows(one.table.reset_index(drop=True)) for one in (opened, weights, record))
    faults = column_faults(rows, what="counts", needed=_COUNTS, known=_COUNTS)
    faults += column_faults(base, what="standard", needed=_STANDARD, known=_STANDARD)
    if len(entries):
        faults += column_faults(entries, what="adoptions", needed=_ADOPTIONS, known=_ADOPTIONS)
    if not 100 <= resamples <= 100_000:
        faults.append(Fault("resamples", shown(resamples), "from 100 to 100,000"))
    day = one_day(on, what="on", faults=faults) or _last_day(rows)
    refuse("quality index", faults)
    faults += _year_faults(rows)
    rows, base = _with_stratum(rows), _with_stratum(base)
    by_year = tried(faults, partial(stratum_counts, rows, base, by=["year"]))
    adoption = tried(faults, partial(_adoption, entries, day))
    refuse("quality index", faults)
    assert by_year is not None
    assert adoption is not None
    years = quality_index(by_year)
    last = rows[rows["year"] == years["year"].max()]
    return QualityStudy(
        opened, weights, record, day, years, _verdicts(years, day), _moved(by_year, base),
        _weight_range(by_year), _league(last, base, seed=seed, resamples=resamples), *adoption,
        0.95, resamples,
    )  # fmt: skip


def _adoption(entries: pd.DataFrame, on: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    if entries.empty:
        return pd.DataFrame(), pd.DataFrame()
    return adoptions.decide(entries, on=on), adoptions.adoption_rates(entries, on=on)


def _moved(counts: StratumCounts, base: pd.DataFrame) -> pd.DataFrame:
    """What moved the index between the last two years."""
    n = len(counts.groups)
    if n < 2:
        return pd.DataFrame()
    return changes.decompose(counts, base["commodity"], before=n - 2, after=n - 1)


def _verdicts(years: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Each year against the one before."""
    now = years.iloc[1:].reset_index(drop=True)
    past = years.iloc[:-1].reset_index(drop=True)
    facts = now[["index", "index_lo", "index_hi", "share_known"]].assign(
        before=past["index"], before_lo=past["index_lo"], before_hi=past["index_hi"],
        before_share_known=past["share_known"],
    )  # fmt: skip
    return changes.decide(facts, on=on).assign(year=now["year"], year_before=past["year"])


def _weight_range(counts: StratumCounts) -> tuple[float, float] | None:
    """Lowest and highest index of the last year when every weight may be wrong; none with untested strata."""
    n, x = counts.n_tested[-1], counts.n_nonconforming[-1]
    is_known = n > 0
    if not (counts.weight[is_known].sum() > 0):
        return None
    found = changes.weight_range(x[is_known] / n[is_known], counts.weight[is_known], factor=WRONG_BY)
    return float(found.lo), float(found.hi)


def _league(rows: pd.DataFrame, base: pd.DataFrame, *, seed: int, resamples: int) -> pd.DataFrame:
    """Origins of a year, each weighted by the whole trade in the commodities, so that the mix is one."""
    by_commodity = base.assign(weight=base["exposure"] * base["severity"]).groupby("commodity", sort=False)
    exposure = by_commodity["exposure"].sum()
    mean = by_commodity["weight"].sum() / exposure.where(exposure > 0)
    common = pd.DataFrame({"stratum_id": exposure.index, "exposure": exposure.to_numpy(),
                           "severity": mean.fillna(0).to_numpy()})  # fmt: skip
    counts = stratum_counts(rows.assign(stratum_id=rows["commodity"]), common, by=["origin"])
    found = quality_index(counts)
    drawn = resampled(counts, rng=np.random.default_rng(seed), resamples=resamples)
    ranks = league_table(found["index"], drawn).drop(columns="index")
    out = found.join(ranks)
    return out.sort_values(["rank", "origin"], ignore_index=True)


def _with_stratum(rows: pd.DataFrame) -> pd.DataFrame:
    both = rows["commodity"].astype(str) + " × " + rows["origin"].astype(str)
    return rows.assign(stratum_id=both.where(rows[list(_STRATUM)].notna().all(axis=1), None))


def _year_faults(rows: pd.DataFrame) -> list[Fault]:
    years = pd.to_numeric(rows["year"], errors="coerce")
    wrong = ~(years.between(1900, 2200) & (years == np.floor(years)))
    faults = [
        Fault(f"counts: row {row}: year", shown(rows["year"][row]), "a year") for row in np.flatnonzero(wrong)
    ]
    return faults + [
        Fault(f"counts: row {row}: {name}", "missing", "a name")
        for name in _STRATUM for row in np.flatnonzero(rows[name].isna())
    ]  # fmt: skip


def _last_day(rows: pd.DataFrame) -> dt.date:
    years = pd.to_numeric(rows.get("year", pd.Series(dtype=object)), errors="coerce").dropna()
    years = years[years.between(1900, 2200)]
    return dt.date(int(years.max()), 12, 31) if len(years) else dt.date.max


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
    return table_section(say, "years", heads=heads, rows=rows)


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
    return table_section(say, "moved", heads=heads, rows=rows)


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


def publish_quality(study: QualityStudy) -> ResultRecord:
    """Put the index into the notebook, where the runner reads it back."""
    inputs = {"on": study.on.isoformat(), "case_sha256": study.opened.sha256,
              "standard_sha256": study.standard.sha256, "adoptions_sha256": study.adopted.sha256,
              "resamples": study.resamples}  # fmt: skip
    title = in_each_language(say, "case", day=study.on.isoformat())
    names = ("weights", "years", "verdicts", "moved", "league", "adoption")
    found = {name: getattr(study, name) for name in names}
    found["adoption_rates"] = study.adoption_rates.reset_index()
    return found_record("quality", study.opened.name, title, inputs=inputs, **found)
