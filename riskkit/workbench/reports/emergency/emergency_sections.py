"""What is said of emergencies at a port, as sections in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.response.reason_words import reason_words
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import listed, number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import joined, section, table_section, text_cell, text_table
from riskkit.workbench.reports.emergency.emergency_study import EmergencyStudy
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.response.examples import house_rows
from riskkit.workbench.runs.result import ResultRecord, found_record

say = Texts("emergency")
MOST_UNITS, MOST_CONFLICTS = 60, 30
"""What can be told apart at 400 px; beyond it only the units in conflict are drawn, the worst first."""
_SHORT = "#8a1a12"


def yard_figure(yard: pd.DataFrame, conflicts: pd.DataFrame) -> Picture | None:
    """The plan of a yard with its conflicts; nothing without a yard."""
    if yard.empty:
        return None
    worst = conflicts.head(MOST_CONFLICTS)
    units = yard.set_index("unit_id")
    if len(units) > MOST_UNITS:
        units = units.loc[list(dict.fromkeys([*worst["unit_a"], *worst["unit_b"]]))]
    in_conflict = units.index.isin([*conflicts["unit_a"], *conflicts["unit_b"]])
    title = say("yard")
    marks = say("yard_marks")
    if len(units) < len(yard):
        marks += say("yard_cut", n=len(units), total=number(len(yard)))
    traces = [
        _between(units, row)
        for row in records(worst)
        if row["unit_a"] in units.index and row["unit_b"] in units.index
    ]
    traces += [_squares(units[~in_conflict], is_short=False), _squares(units[in_conflict], is_short=True)]
    alt = say("yard_alt", n=len(yard), conflicts=len(conflicts))
    if len(conflicts):
        first = conflicts.iloc[0]
        lengths = {"distance": _m(first["distance_m"]), "least": _m(first["min_m"])}
        alt += say("yard_alt_first", a=first["unit_a"], b=first["unit_b"], **lengths)
    rows = tuple(
        (f"{row['unit_a']} – {row['unit_b']}", f"{row['class_a']} – {row['class_b']}",
         *(_m(row[name]) for name in ("distance_m", "min_m", "short_m")))
        for row in records(conflicts.head(200))
    )  # fmt: skip
    heads = ("col_units", "col_classes", "col_distance", "col_least", "col_wanting")
    table = Table(say("yard_table"), tuple(say(key) for key in heads), rows, numeric=(2, 3, 4))
    return Picture("emergency-yard", title, alt, table, {"data": traces, "layout": _shape(title, marks)})


def _m(value: float) -> str:
    return f"{value:.1f}"


def _squares(units: pd.DataFrame, *, is_short: bool) -> dict[str, Any]:
    look = {
        "symbol": "diamond" if is_short else "square",
        "size": 15 if is_short else 20,
        "color": style.tint(_SHORT, 0.15) if is_short else style.SOFT,
        "line": {"color": _SHORT if is_short else style.QUIET, "width": 2 if is_short else 1},
    }
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": units["x_m"].astype(float).tolist(),
        "y": units["y_m"].astype(float).tolist(),
        "text": [style.clean(str(name)) for name in units["class"]],
        "customdata": [style.clean(str(name)) for name in units.index],
        "hovertemplate": "%{customdata}<br>%{text}<br>%{x:.0f} m, %{y:.0f} m<extra></extra>",
        # two units in conflict stand close: their classes go above the marks
        "textposition": "top center" if is_short else "middle center",
        "marker": look,
        "textfont": {"size": 9, "color": style.INK},
        "cliponaxis": False,
    }


def _between(units: pd.DataFrame, row: Any) -> dict[str, Any]:
    ends = units.loc[[row["unit_a"], row["unit_b"]]]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ends["x_m"].astype(float).tolist(),
        "y": ends["y_m"].astype(float).tolist(),
        "line": {"color": _SHORT, "width": 4},
        "hoverinfo": "skip",
    }


def _shape(title: str, marks: str) -> dict[str, Any]:
    shape = style.layout(title, height=380, margin={"t": 36, "l": 48})
    remark, room = style.below(marks, at=46)
    shape["annotations"], shape["margin"]["b"] = [remark], room
    named = {"title": {"text": style.clean(say("metres")), "standoff": 4, "font": {"size": 11}}}
    shape["xaxis"] = style.quiet_axis() | named
    shape["yaxis"] = style.quiet_axis() | named
    return shape


_CLAUSES = re.compile(r"\s*第[一二三四五六七八九十百、至]+条.*$")
"""The clauses in the name of a source: the row has its own."""


def emergency_summary(study: EmergencyStudy) -> Section:
    """How many emergencies have which level, and what is wanting on the day."""
    found = study.levels["decision"].value_counts()
    counted = [say("of_level", level=_word(name), n=n) for name, n in found.items()]
    n_open = int(study.levels["decision"].isna().sum())
    counted += [say("of_open", n=n_open)] if n_open else []
    lead = say("lead", day=study.on.isoformat(), n=len(study.levels), levels=joined(counted))
    wanting = [
        ("wanting_conflicts", len(study.conflicts)),
        ("wanting_goods", int((study.matched["decision"] != "matched").sum())),
        ("wanting_groups", int(study.matched["is_group_unknown"].sum())),
        ("wanting_materials", int((study.materials["decision"] != "adequate").sum())),
        ("wanting_drills", int((study.drills["decision"] != "passed").sum())),
        ("wanting_log", len(study.gaps)),
    ]
    items = Items(tuple(say(key, n=n) for key, n in wanting if n))
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(say("not_an_order"), "caution")]
    blocks += [Paragraph(say("synthetic"), "caution")] if study.is_sample else []
    blocks += [Paragraph(say("wanting")), items] if items.items else []
    source = say("input_folder", name=study.name, sha256=study.sha256[:12])
    return Section("emergency-summary", say("summary"), 1, (*blocks, Paragraph(source, "source")))


def emergency_levels(study: EmergencyStudy) -> Section:
    """The level of each emergency, the range while a fact is missing, the reason and its source."""
    events, facts = study.tables["events"].set_index("event_id"), _facts()
    rows = []
    for event, row in zip(study.levels.index, records(study.levels), strict=True):
        span = say("from_to", low=_word(row["at_least"]), high=_word(row["at_most"]))
        level = span if pd.isna(row["decision"]) else _word(row["decision"])
        asked = [facts[name] for name in row["missing"].split()]
        why = _word(row["rule_id"] or row["reason"])
        why = joined([why, say("to_ask", facts=joined(asked))]) if asked else why
        what, left = str(events.at[event, "event"]), rate(float(row["margin"]))
        rows.append((str(event), what, level, why, left, _origin(row)))
    heads = ("col_event", "col_what", "col_level", "col_reason", "#col_margin", "col_place")
    return table_section(say, "levels", heads=heads, rows=rows)


def emergency_goods(study: EmergencyStudy) -> Section | None:
    """Dangerous goods: the class by number, held against the declaration; the packing group as declared."""
    if study.matched.empty:
        return None
    goods = study.tables["goods"].set_index("lot_id")
    rows = [
        (str(lot), str(goods.at[lot, "goods"]), f"UN {row['un_number']}", text_cell(goods.at[lot, "class"]),
         text_cell(row["class"]), text_cell(row["packing_group"]), _word(row["decision"]))
        for lot, row in zip(study.matched.index, records(study.matched), strict=True)
    ]  # fmt: skip
    heads = ("col_lot", "col_goods", "col_number", "col_declared", "col_class", "col_group", "col_result")
    return table_section(say, "goods", heads=heads, rows=rows)


def emergency_plan(study: EmergencyStudy) -> Section | None:
    """What is to be done in each emergency with which lots, and what has to be asked first."""
    if study.steps.empty:
        return None
    events = study.tables["goods"].set_index("lot_id")["event_id"]
    steps = study.steps.assign(event=events.loc[study.steps["lot"]].to_numpy())
    to_do = steps[steps["decision"] == "do"]
    rows = []
    for event, of_event in sorted(to_do.groupby("event"), key=lambda pair: str(pair[0])):
        order = standards.table("emergency_plan_steps", on=study.on)["rule_id"].tolist()
        for rule in sorted(of_event["rule_id"].unique(), key=order.index):
            of_rule = of_event[of_event["rule_id"] == rule]
            row = records(of_rule)[0]
            kind = say(f"kind_{row['kind']}")
            lots = listed(of_rule["lot"].astype(str))
            rows.append((str(event), kind, row[language()], lots, _origin(row)))
    heads = ("col_event", "col_kind", "col_step", "col_lots", "col_place")
    ask_heads = ("col_lot", "col_missing", "col_until_known")
    blocks = (
        Paragraph(say("plan_note"), "note"),
        *text_table(say, "plan", heads=heads, rows=rows),
        *text_table(say, "questions", heads=ask_heads, rows=_questions(study)),
    )
    return section(say, "plan", *blocks)


def _questions(study: EmergencyStudy) -> list[tuple[str, ...]]:
    """The facts that decide on further steps, lot by lot."""
    names, facts = _lots(study), _facts()
    rows: list[tuple[str, ...]] = []
    asked = study.steps[study.steps["decision"] == "ask"]
    for (lot, fact), steps in asked.groupby(["lot", "missing"], sort=False):
        of_class = say("until_class", n=len(steps))
        rows.append(
            (names[str(lot)], facts[str(fact)], of_class if fact == "class" else joined(steps[language()]))
        )
    return rows


def emergency_waste(study: EmergencyStudy) -> Section | None:
    """Suspected solid waste: identification, return, and the range of the fine."""
    if study.waste.empty:
        return None
    names, facts = _lots(study), _facts()
    rows = []
    for lot, row in zip(study.waste.index, records(study.waste), strict=True):
        is_open = pd.isna(row["decision"])
        asked = joined(facts[name] for name in row["missing"].split())
        what = say("to_ask", facts=asked) if is_open else row[language()]
        ends = {"low": number(float(row["fine_lo"])), "high": number(float(row["fine_hi"]))}
        fine = "—" if is_open or pd.isna(row["fine_lo"]) else say("from_to", **ends)
        liable = say("yes" if row["is_carrier_liable"] and not is_open else "no")
        place = "—" if is_open else _origin(row)
        rows.append((names[str(lot)], what, fine, liable, place))
    heads = ("col_lot", "col_what_follows", "col_fine", "col_carrier", "col_place")
    return table_section(say, "waste", heads=heads, rows=rows)


def emergency_yard(study: EmergencyStudy) -> Picture | None:
    """The yard with the pairs that stand too close together."""
    return yard_figure(study.tables["yard"], study.conflicts)


def emergency_materials(study: EmergencyStudy) -> Section | None:
    """Materials against what each scenario needs."""
    if study.materials.empty:
        return None
    needs = study.tables["needs"]
    rows = [
        (str(need["scenario"]), str(need["item"]), number(float(need["n_needed"])), number(row["n_usable"]),
         number(row["n_expired"]), rate(row["rate_covered"]), number(row["n_short"]),
         _word(row["decision"]) or say("not_counted"))
        for need, row in zip(records(needs), records(study.materials), strict=True)
    ]  # fmt: skip
    heads = ("col_scenario", "col_item", "#col_needed", "#col_usable", "#col_expired", "#col_covered",
             "#col_short", "col_result")  # fmt: skip
    return table_section(say, "materials", heads=heads, rows=rows)


def emergency_drills(study: EmergencyStudy) -> Section | None:
    """The score of each drill."""
    if study.drills.empty:
        return None
    rows = []
    for drill, row in zip(study.drills.index, records(study.drills), strict=True):
        ends = {"low": rate(row["rate_lo"]), "high": rate(row["rate_hi"])}
        score = ends["low"] if row["rate_lo"] == row["rate_hi"] else say("from_to", **ends)
        result = _word(row["decision"]) or say("open")
        counts = number(row["n_items"]), number(row["n_unjudged"])
        rows.append((str(drill), score, *counts, result, _word(row["reason"])))
    heads = ("col_drill", "#col_score", "#col_items", "#col_unjudged", "col_result", "col_reason")
    return table_section(say, "drills", heads=heads, rows=rows)


def emergency_log(study: EmergencyStudy) -> Section | None:
    """The log of each response, and what it lacks."""
    log = study.tables["log"]
    if log.empty:
        return None
    steps = standards.table("emergency_steps", on=study.on).set_index("step")[language()]
    gaps = study.gaps.assign(row=study.gaps["row"].astype(float))
    rows = []
    for place, row in enumerate(records(log)):
        remark = [_word(name) for name in gaps.loc[gaps["row"] == place, "finding"]]
        cells = (row["event_id"], str(row["at"])[:16], steps[row["step"]], row["actor"] or "—")
        rows.append((*map(str, cells), joined(remark) or "—"))
    missing = [
        (str(row["event_id"]), steps[row["step"]], _word(row["finding"]))
        for row in records(gaps[gaps["row"].isna()])
    ]
    heads = ("col_event", "col_at", "col_log_step", "col_actor", "col_remark")
    blocks = (
        *text_table(say, "log", heads=heads, rows=rows),
        *text_table(say, "log_gaps", heads=("col_event", "col_log_step", "col_remark"), rows=missing),
    )
    return section(say, "log", *blocks)


def emergency_house_numbers() -> Section:
    """Values set by this project behind the drills."""
    return house_rows([standards.table("emergency_limits")], value=("number",))


def _word(code: object) -> str:
    return str(reason_words(pd.Series([code], dtype=object)).iloc[0])


def _lots(study: EmergencyStudy) -> Mapping[str, str]:
    """Each lot with its event and its name."""
    goods = study.tables["goods"]
    return {
        str(row["lot_id"]): f"{row['event_id']} · {row['lot_id']} {row['goods']}" for row in records(goods)
    }


def _facts() -> Mapping[str, str]:
    rows = standards.table("emergency_facts")
    return dict(zip(rows["fact"], rows[language()], strict=True))


def _origin(row: Mapping[str, Any]) -> str:
    """The document and clause, or that this project set it."""
    if row["status"] == "house":
        return say("set_here")
    document = _CLAUSES.sub("", str(standards.source(row["source_id"])["document"]))
    return f"{document} {row['locator']}"


def publish_emergency(study: EmergencyStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    on = study.on.isoformat()
    title = in_each_language(say, "case", n=len(study.levels), on=on)
    named = {
        "levels": study.levels.rename_axis("event_id").reset_index(),
        "goods": study.matched.rename_axis("lot_id").reset_index(),
        "waste": study.waste.rename_axis("lot_id").reset_index(),
        "drills": study.drills.rename_axis("drill_id").reset_index(),
        "materials": pd.concat([study.tables["needs"], study.materials], axis=1),
        "steps": study.steps.drop(columns=["zh", "en"], errors="ignore"),
        "conflicts": study.conflicts,
        "log_gaps": study.gaps,
    }
    return found_record(
        "port_emergency", study.name, title, inputs={"case_sha256": study.sha256, "on": on}, **named
    )
