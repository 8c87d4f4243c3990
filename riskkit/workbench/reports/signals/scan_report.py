"""The signals of a week as sections: the list, why each stands on it, the reports behind, what else moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, figure, number, percent, probability
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import day_cell, keyed_table, section, text_cell
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.response.examples import house_rows
from riskkit.workbench.reports.signals.scan_study import N_DRAWN, ScanStudy
from riskkit.workbench.runs.result import ResultRecord, found_record

say = Texts("signals")
_PANEL = 132  # height of a small multiple [px]
_MOST_P = 12.0  # powers of ten at which the axis of p-values ends
_QUIET = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}


def combination(row: dict[str, Any]) -> str:
    """A hazard, its origin and goods in one line; what is not known is said."""
    parts = [str(row[key]) or say("not_known") for key in ("hazard", "origin", "product_group")]
    return " · ".join(parts)


def scan_multiples(study: ScanStudy, *, signal: str = "") -> Picture | None:
    """The weeks before each of the strongest alarms, or before one: observed, expected, bound."""
    alarms = study.alarms[study.alarms["signal_id"].isin(study.series["signal_id"])]
    drawn = records(alarms[alarms["signal_id"] == signal] if signal else alarms.head(N_DRAWN))
    if not drawn:
        return None
    title, traces, notes, shape = say("multiples_title"), [], [], {}
    share = 1 / len(drawn)
    for k, row in enumerate(drawn):
        mine = study.series[study.series["signal_id"] == row["signal_id"]]
        y, top = f"y{k + 1}".removesuffix("1") if k == 0 else f"y{k + 1}", 1 - k * share
        traces += [trace | {"yaxis": y, "xaxis": "x"} for trace in _lines(mine)]
        ceiling = max(1.0, float(np.nanmax(mine[["observed", "bound"]].to_numpy(dtype=float)))) * 1.1
        shape["yaxis" if k == 0 else f"yaxis{k + 1}"] = {
            "domain": [top - share * 0.72, top - share * 0.2], "range": [0, ceiling], "fixedrange": True,
            "nticks": 4, "gridcolor": style.LINE, "tickfont": {"size": 10}, "anchor": "x",
        }  # fmt: skip
        words = style.clean(f"{number(float(row['rank']))} {combination(row)}")
        place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top - share * 0.17, "yref": "paper"}
        notes.append(style.annotation(words, **place, yanchor="bottom", borderpad=0))
    remark, room = style.below(say("multiples_marks"), at=36)
    layout = style.layout(title, height=_PANEL * len(drawn) + room, margin={"t": 8, "b": room, "l": 34})
    layout |= shape | {"annotations": [*notes, remark]}
    layout["xaxis"] = style.quiet_axis() | {"anchor": f"y{len(drawn)}" if len(drawn) > 1 else "y"}
    first = drawn[0]
    seen = {"seen": number(first["n_week"]), "expected": amount(float(first["expected"]))}
    alt = say("multiples_alt", n=len(drawn), first=combination(first), **seen)
    rows = [
        (combination(row), f"{week['week']:%Y-%m-%d}", number(week["observed"]),
         amount(float(week["expected"])), number(float(week["bound"])))
        for row in drawn
        for week in records(study.series[study.series["signal_id"] == row["signal_id"]])
    ]  # fmt: skip
    heads = ("col_combination", "col_week", "#col_observed", "#col_expected", "#col_bound")
    table = keyed_table(say, "multiples_title", heads=heads, rows=rows)
    return Picture("signal-multiples", title, alt, table, {"data": traces, "layout": layout})


def _lines(mine: pd.DataFrame) -> list[dict[str, Any]]:
    days = [f"{week:%Y-%m-%d}" for week in mine["week"]]
    is_alarm = mine["is_alarm"].to_numpy(dtype=bool)
    colours = [style.INK if alarm else style.tint(style.DARK, 0.45) for alarm in is_alarm]
    bound = [None if pd.isna(value) else float(value) for value in mine["bound"]]
    expected = [None if pd.isna(value) else float(value) for value in mine["expected"]]
    bars = {"type": "bar", "x": days, "y": mine["observed"].astype(float).tolist(), "hoverinfo": "skip",
            "showlegend": False, "marker": {"color": colours}}  # fmt: skip
    dotted = {"color": style.QUIET, "width": 1.5, "dash": "dot"}
    return [
        bars,
        _QUIET | {"x": days, "y": expected, "mode": "lines", "line": {"color": style.DARK, "width": 1.5}},
        _QUIET | {"x": days, "y": bound, "mode": "lines", "line": dotted},
    ]


def scan_volcano(study: ScanStudy) -> Picture | None:
    """Every combination of the year: how many times the expected count, and how far beyond chance."""
    known = study.found[study.found["n_year"].gt(0).fillna(False) & study.found["p_pair"].notna()]
    if known.empty:
        return None
    title = say("volcano_title")
    times = np.log2(known["n_year"].astype(float) / known["pair_expected"].astype(float))
    with np.errstate(divide="ignore"):
        powers = np.minimum(-np.log10(known["p_pair"].astype(float)), _MOST_P)
    is_alarm = (known["decision"] == "alarm").to_numpy(dtype=bool)
    traces = []
    for chosen, look in (
        (~is_alarm, {"size": 6, "color": style.tint(style.DARK, 0.4)}),
        (is_alarm, {"size": 11, "color": style.INK, "symbol": "diamond"}),
    ):
        points = {"x": times[chosen].tolist(), "y": powers[chosen].tolist(), "mode": "markers",
                  "customdata": known.loc[chosen, "signal_id"].tolist(),
                  "hovertext": [combination(row) for row in records(known[chosen])]}  # fmt: skip
        traces.append(_QUIET | points | {"marker": look})
    remark, room = style.below(say("volcano_marks"), at=62)
    layout = style.layout(title, height=330 + room, margin={"t": 8, "b": room, "l": 48})
    layout["xaxis"] = style.quiet_axis() | {"title": {"text": say("volcano_x")}}
    layout["yaxis"] = style.quiet_axis() | {"title": {"text": say("volcano_y")}, "rangemode": "tozero"}
    named = known.assign(times=times, powers=powers)[is_alarm].head(8)
    layout["annotations"] = [remark] + [
        style.annotation(
            number(float(row["rank"])), x=row["times"], y=row["powers"], xref="x", yref="y", yshift=11
        )
        for row in records(named)
    ]
    alt = say("volcano_alt", n=number(float(len(known))), pairs=number(float(known["is_pair"].sum())))
    rows = [
        (combination(row), number(row["n_year"]), amount(float(row["pair_expected"])),
         figure(float(row["prr"])), figure(float(row["ic025"])), figure(float(row["q_pair"])))
        for row in records(known.sort_values("q_pair").head(30))
    ]  # fmt: skip
    heads = ("col_combination", "#col_year", "#col_pair_expected", "#col_prr", "#col_ic025", "#col_q")
    table = keyed_table(say, "volcano_table", heads=heads, rows=rows)
    return Picture("signal-volcano", title, alt, table, {"data": traces, "layout": layout})


N_DIGEST = 3
_PARTS = ("rise", "pair", "severity", "novelty", "exposure")
SHOWN = (
    "signal_id", "hazard", "origin", "product_group", "rise_week", "n_week", "n_year", "expected", "bound",
    "p_rise", "q_rise", "ic025", "q_pair", "novelty", "severity", "growth", "growth_reason", "points",
    "decision", "rule_id", "reason", "margin", "is_on_boundary", "rank", "is_reserved", "state",
    "reopened_by",
)  # fmt: skip


def reason_sentence(row: dict[str, Any]) -> str:
    """Why a combination is on the list, in one sentence by the evidence that speaks."""
    if not row["rule_id"]:
        return say("reason_none")
    is_back = row["rise_week"] < row["week"]
    parts = [
        say(f"reason_{part}{'_back' if part == 'rise' and is_back else ''}", **_values(row))
        for part in str(row["rule_id"]).split("_")
    ]
    joined = ("；" if language() == "zh" else "; ").join(parts)
    grade = row["severity"]
    known = "severity_unknown" if pd.isna(grade) else "severity_known"
    last = say(known, grade="" if pd.isna(grade) else number(float(grade)))
    whole = say("reason_whole", parts=joined, severity=last, growth=_growth(row),
                points=amount(float(row["points"])))  # fmt: skip
    return whole + (say("reserved") if row["is_reserved"] else "")


def _growth(row: dict[str, Any]) -> str:
    """How exposure moved in a year; what is not known is said."""
    growth = float(row["growth"])
    if pd.isna(growth):
        return say("growth_unknown")
    return say("growth_new" if growth == np.inf else "growth_known", times=figure(growth, 2))


def _values(row: dict[str, Any]) -> dict[str, str]:
    return {
        "n": number(float(row["n_week"])),
        "expected": amount(float(row["expected"])),
        "q": figure(float(row["q_rise"]), 2),
        "year": number(float(row["n_year"])),
        "pair": amount(float(row["pair_expected"])),
        "q_pair": figure(float(row["q_pair"]), 2),
        "since": day_cell(row["first_week"]),
        "rise_week": day_cell(row["rise_week"]),
    }


def scan_summary(study: ScanStudy) -> Section:
    """The list of the week: at most as many as the budget, the strongest first, each with its sentence."""
    counts = study.found["decision"].value_counts()
    blocks: list[Block] = [Paragraph(_lead(study), "lead")]
    blocks += [Paragraph(say("scan_sample"), "caution")] if study.is_sample else []
    blocks += [] if study.is_day_given else [Paragraph(say("scan_day", on=study.on.isoformat()))]
    unknown = int(counts.get("unknown", 0))
    blocks += [Paragraph(say("scan_unknown", n=unknown), "caution")] if unknown else []
    if study.n_left_out:
        blocks.append(Paragraph(say("scan_left_out", n=number(study.n_left_out)), "caution"))
    blocks += [Paragraph(_delays(study)), Paragraph(_exposure(study))]
    if study.alarms.empty:
        return section(say, "scan_title", *blocks, Paragraph(say("scan_none")))
    rows = [
        (number(float(row["rank"])), combination(row), number(float(row["n_week"])),
         amount(float(row["expected"])), amount(float(row["points"])), reason_sentence(row))
        for row in records(study.alarms)
    ]  # fmt: skip
    heads = ("#col_rank", "col_combination", "#col_observed", "#col_expected", "#col_points", "col_reason")
    return section(say, "scan_title", *blocks, keyed_table(say, "scan_table", heads=heads, rows=rows))


def _lead(study: ScanStudy) -> str:
    """The week in one sentence: reports, combinations, signals, budget."""
    counts = study.found["decision"].value_counts()
    return say("scan_lead", week=f"{study.week:%Y-%m-%d}", reports=number(study.n_reports),
               combinations=number(len(study.found)), alarms=int(counts.get("alarm", 0)),
               budget=number(study.budget), waits=int(counts.get("waits", 0)))  # fmt: skip


def _delays(study: ScanStudy) -> str:
    """By which day reports are counted, and what that allows for."""
    delays = study.delays
    share = percent(float(delays.completeness.iloc[-1])) if delays.by == "event" else ""
    dated = percent(delays.share_dated)
    return say(f"delays_{delays.reason}", dated=dated, share=share, weeks=delays.n_back)


def _exposure(study: ScanStudy) -> str:
    """Of how many combinations the change of exposure is known."""
    if not study.exposure:
        return say("growth_none")
    known = int(study.found["growth"].notna().sum())
    return say("growth_table", name=Path(study.exposure).name, until=study.trade_until or "—",
               known=number(known), rest=number(len(study.found) - known))  # fmt: skip


def scan_drill(study: ScanStudy) -> Section:
    """What the points of each alarm are made of, and the newest reports behind it."""
    blocks: list[Block] = []
    if study.alarms.empty:
        return section(say, "drill_title", Paragraph(say("scan_none")))
    rows = [
        (combination(row), *(amount(float(row[f"points_{part}"])) for part in _PARTS),
         amount(float(row["points"])))
        for row in records(study.alarms)
    ]  # fmt: skip
    heads = ("col_combination", *(f"#points_{part}" for part in _PARTS), "#col_points")
    blocks.append(keyed_table(say, "points_table", heads=heads, rows=rows))
    for alarm in records(study.alarms):
        blocks.append(_records_table(study, alarm))
    return section(say, "drill_title", *blocks)


def records_of(study: ScanStudy, alarm: dict[str, Any]) -> Section:
    """The newest reports behind one signal."""
    return Section("signal-records", "", 2, (_records_table(study, alarm),))


def _records_table(study: ScanStudy, alarm: dict[str, Any]) -> Table:
    mine = study.records[study.records["signal_id"] == alarm["signal_id"]]
    lines = [
        (day_cell(row["date"]), str(row["report_id"]), str(row["hazard"]), text_cell(row["region"]),
         number(row["severity"]))
        for row in records(mine)
    ]  # fmt: skip
    heads = ("col_day", "col_report", "col_hazard", "col_region", "#col_severity")
    return keyed_table(say, "records_table", heads=heads, rows=lines, name=combination(alarm))


def scan_memory(study: ScanStudy) -> Section:
    """What has evidence and is no alarm (beyond the budget, looked at before), and what opened again."""
    rest = study.found[study.found["decision"].isin(["waits", "in_memory"])]
    again = study.found[study.found["state"] == "reopened"]
    lead = say("memory_lead", steps=number(study.n_steps), n=len(rest), again=len(again))
    rows = [
        (combination(row), say(f"decision_{row['decision']}"), say(f"state_{row['state']}"),
         day_cell(row["judged_at"]), text_cell(row["judged_reason"]), amount(float(row["points"])))
        for row in records(pd.concat([again[again["decision"] == "alarm"], rest]))
    ]  # fmt: skip
    heads = ("col_combination", "col_decision", "col_state", "col_day", "col_judged_reason", "#col_points")
    table = [keyed_table(say, "memory_table", heads=heads, rows=rows)] if rows else []
    return section(say, "memory_title", Paragraph(lead), *table)


def scan_renamed(study: ScanStudy) -> Section | None:
    """Names that took over from others; nothing where there is none."""
    found = study.renamed[study.renamed["is_renaming"]] if len(study.renamed) else study.renamed
    if found.empty:
        return None
    rows = [
        (str(row["old_name"]), str(row["new_name"]), day_cell(row["switch"]),
         say("renamed_explained" if row["is_explained"] else "renamed_rises"))
        for row in records(found)
    ]  # fmt: skip
    heads = ("col_old", "col_new", "col_switch", "col_meaning")
    table = keyed_table(say, "renamed_table", heads=heads, rows=rows)
    return section(say, "renamed_title", Paragraph(say("renamed_lead")), table)


def scan_new(study: ScanStudy) -> Section | None:
    """What others report and we never have; nothing where no region was named."""
    if not study.here:
        return None
    lead = Paragraph(say("new_lead", here=study.here))
    if study.new.empty:
        return section(say, "new_title", lead, Paragraph(say("new_none")))
    rows = [
        (combination(row), number(float(row["n_28d"])), number(float(row["n_364d"])),
         number(float(row["n_regions"])), number(float(row["days_since"])),
         "—" if pd.isna(row["p_arrival"]) else probability(float(row["p_arrival"])))
        for row in records(study.new)
    ]  # fmt: skip
    heads = ("col_combination", "#col_28d", "#col_year", "#col_regions", "#col_since", "#col_arrival")
    table = keyed_table(say, "new_table", heads=heads, rows=rows)
    caution = Paragraph(say("new_caution"), "caution")
    return section(say, "new_title", lead, table, caution)


def scan_limits() -> Section:
    """How to read this, and how far it goes."""
    keys = (
        "limit_signal",
        "limit_budget",
        "limit_fdr",
        "limit_delays",
        "limit_rate",
        "limit_first",
        "limit_points",
    )
    return section(say, "limits_title", Items(tuple(say(key) for key in keys)))


def scan_house_numbers() -> Section:
    """Weights and limits set by this project."""
    return house_rows([standards.table("signal_weights")], value=("value",))


def week_digest(study: ScanStudy) -> list[str]:
    """The week in a few lines for the index of a batch: how many, then the strongest with their sentences."""
    sample = say("digest_sample") if study.is_sample else ""
    first = records(study.alarms.head(N_DIGEST))
    return [_lead(study) + sample] + [
        say("digest_line", name=combination(row), why=reason_sentence(row)) for row in first
    ]


def publish_signals(study: ScanStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    titles, index_titles = (
        in_each_language(say, key, week=f"{study.week:%Y-%m-%d}") for key in ("scan_case", "scan_about")
    )
    inputs = {"on": study.on.isoformat(), "budget": study.budget, "reports_sha256": study.sha256,
              "exposure_sha256": study.exposure_sha256, "counted_by": study.delays.by,
              "n_weeks_judged": study.delays.n_back, "here": study.here}  # fmt: skip
    counts = {str(name): int(n) for name, n in study.found["decision"].value_counts().items()}
    table = study.found[list(SHOWN)].assign(week=f"{study.week:%Y-%m-%d}")
    return found_record(
        "signals",
        study.name,
        titles,
        inputs=inputs,
        index_title=index_titles,
        digest=in_each_language(week_digest, study),
        counts=counts,
        alarms=table[table["decision"] == "alarm"],
        others=table[table["decision"].isin(["waits", "in_memory", "unknown"])],
    )
