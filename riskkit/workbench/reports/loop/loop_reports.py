"""Everything that the notebook of the whole chain calls: study, show, publish."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import joined, section, table_section, text_table
from riskkit.workbench.reports.loop.loop_study import LoopStudy
from riskkit.workbench.runs.result import ResultRecord, found_record

say = Texts("loop")


def loop_summary(study: LoopStudy) -> Section:
    """What the year changed in the plan, in two sentences."""
    changes = study.plan.changes
    moved = {name: int(changes[f"change_{name}"].abs().sum()) for name in ("evidence", "decisions")}
    n = int((changes["n_after"] != changes["n_before"]).sum())
    lead = say("lead", n=number(n), cells=number(len(changes)), evidence=number(moved["evidence"]),
               decisions=number(moved["decisions"]))  # fmt: skip
    blocks: list[Block] = [Paragraph(lead, "lead")]
    cautions = {
        "synthetic": study.records.is_sample,
        "made_goods": study.goods_file.is_sample,
        "house_factors": True,
    }
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_file", name=study.records.name, sha256=study.records.sha256[:12],
                 goods=study.goods_file.name)  # fmt: skip
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def loop_steps(study: LoopStudy) -> Section:
    """The chain, step by step, with what went in and came out."""
    taken = sum(len(one.split()) for one in study.measures["take"])
    moved = {name: int((study.catalogue["decision"] == f"propose_{name}").sum()) for name in ("in", "out")}
    n_open = int((~study.firm_modes["is_known"].astype(bool)).sum())
    out = {
        "files": say("out_files", read=number(study.records.n_read),
                     used=number(len(study.records.table)), twice=number(study.records.n_doubled),
                     aside=number(study.records.n_aside)),
        "rates": say("out_rates", n=number(study.goods["rate"].notna().sum())),
        "cases": say("out_cases", n=int(study.goods["p_harm"].notna().sum())),
        "levels": say("out_levels", n=number(study.goods["level"].notna().sum())),
        "warning": say("out_warning", n=number((study.measures["documents"] != "").sum())),
        "measures": say("out_measures", n=number(taken),
                        open=number(study.measures["n_undecided"].sum())),
        "effect": say("out_effect", n=number(len(study.effects))),
        "scope": say("out_scope", n=number(study.scope["decision"].isin(["admit", "withdraw"]).sum())),
        "catalogue": say("out_catalogue", **moved),
        "supervision": say("out_supervision", n=len(study.firm_modes), open=n_open),
        "index": say("out_index", n=number(study.index["index"].notna().sum()),
                     years=number(len(study.index))),
        "plan": say("out_plan", n=number(study.plan.plan.cells["n_samples"].sum()),
                    outside=number(study.n_without_hazard)),
    }  # fmt: skip
    rows = [(number(place), say(f"step_{name}"), words, say(f"from_{name}"))
            for place, (name, words) in enumerate(out.items(), start=1)]  # fmt: skip
    heads = ("#col_step", "col_what", "col_out", "col_with")
    return table_section(say, "steps", heads=heads, rows=rows)


def loop_levels(study: LoopStudy) -> Section:
    """Rate and level of each kind of goods."""
    rows = []
    for commodity, row in zip(study.goods.index, records(study.goods), strict=True):
        levels = list(
            dict.fromkeys(one for one in (row["level_lo"], row["level_hi"]) if isinstance(one, str))
        )
        rows.append((
            str(commodity), number(row["n_tested"]), rate(row["rate"]),
            say("between", low=rate(row["rate_lo"]), high=rate(row["rate_hi"])),
            figure(row["p_harm"], 2), "–".join(levels) or "—",
        ))  # fmt: skip
    heads = ("col_commodity", "#col_tested", "#col_rate", "#col_interval", "#col_harm", "col_level")
    return table_section(say, "levels", heads=heads, rows=rows)


def loop_measures(study: LoopStudy) -> Section:
    """Documents and measures of each kind of goods, and the effect where two years can be compared."""
    documents = standards.table("alert_documents").set_index("document")[language()]
    words = standards.table("response_measures", on=study.on).set_index("measure")[language()]
    rows = [
        (str(commodity), joined(documents[one] for one in row["documents"].split()) or "—",
         joined(words[one] for one in row["take"].split()) or "—", number(row["n_undecided"]))
        for commodity, row in zip(study.measures.index, records(study.measures), strict=True)
    ]  # fmt: skip
    heads = ("col_commodity", "col_documents", "col_measures", "#col_undecided")
    compared = [
        (row["commodity"], say("years", first=row["year_first"], last=row["year_last"]),
         figure(row["ratio"]),
         say("between", low=figure(row["ratio_lo"]), high=figure(row["ratio_hi"])), row[language()])
        for row in records(study.effects)
    ]  # fmt: skip
    effect_heads = ("col_commodity", "col_years", "#col_ratio", "#col_interval", "col_verdict")
    return section(
        say, "measures", *text_table(say, "measures", heads=heads, rows=rows),
        *text_table(say, "effects", heads=effect_heads, rows=compared),
    )  # fmt: skip


def loop_catalogue(study: LoopStudy) -> Section:
    """Proposals to move kinds of goods into or out of the catalogue, with the certainty behind them."""
    rules = standards.table("catalogue_rules").set_index("rule_id")[language()]
    rows = [
        (str(commodity), say(f"listed_{_listed(study.goods, commodity)}"), rate(row["rate_mean"]),
         _chance(row["p_above"]), _chance(row["p_below"]), say(f"catalogue_{row['decision']}"),
         rules[row["rule_id"]])
        for commodity, row in zip(study.catalogue.index, records(study.catalogue), strict=True)
    ]  # fmt: skip
    heads = (
        "col_commodity",
        "col_listed",
        "#col_shrunk",
        "#col_above",
        "#col_below",
        "col_proposal",
        "col_reason",
    )
    return table_section(say, "catalogue", heads=heads, rows=rows)


def _chance(p: float) -> str:
    """A probability; what is almost sure or almost impossible without digits that mean nothing."""
    return "—" if math.isnan(p) else "< 0.001" if p < 0.001 else "> 0.999" if p > 0.999 else figure(p, 2)


def _listed(goods: pd.DataFrame, commodity: Any) -> str:
    value = goods["is_listed"].astype(float)[commodity] if "is_listed" in goods else float("nan")
    return "unknown" if pd.isna(value) else "yes" if value else "no"


def loop_supervision(study: LoopStudy) -> Section | None:
    """Class and mode of each firm; the strictest of each kind of goods counts in the plan."""
    if study.firm_modes.empty:
        return None
    modes = standards.table("supervision_modes", on=study.on).set_index("mode")[language()]
    rows = []
    for row in records(study.firm_modes):
        firm = "class_unknown" if row["firm_class"] == "unknown" else str(row["firm_class"])
        mark, mode = say("prior_mark") if row["is_prior_only"] else "", str(modes[row["applied"]])
        word = mode if row["is_known"] else say("until_known", mode=mode)
        rows.append((row["firm_id"], row["commodity"], say(firm) + mark, word))
    heads = ("col_firm", "col_commodity", "col_class", "col_mode")
    return table_section(say, "supervision", heads=heads, rows=rows)


def loop_index(study: LoopStudy) -> Section:
    """The index of each year: a year that tested other goods has none."""
    rows = [
        (str(row["year"]), number(row["n_tested"]), rate(row["rate_crude"]),
         rate(row["share_known"]), figure(row["index"]))
        for row in records(study.index)
    ]  # fmt: skip
    heads = ("col_year", "#col_tested", "#col_rate", "#col_known", "#col_index")
    return table_section(say, "index", heads=heads, rows=rows)


def loop_decisions(study: LoopStudy) -> Section:
    """Every decision of the year, with the factor it puts on the weight of harm."""
    table = standards.table("next_plan_rules")
    rules = {(row["kind"], row["decision"]): row for row in records(table)}
    grouped = study.decisions.groupby(["kind", "decision"], sort=False)["commodity"]
    rows = [
        (
            say(f"kind_{kind}"),
            rules[kind, word][language()],
            joined(names),
            figure(rules[kind, word]["factor"]),
        )
        for (kind, word), names in grouped
    ]
    heads = ("col_kind", "col_decision", "col_commodities", "#col_factor")
    return table_section(say, "decisions", heads=heads, rows=rows)


def loop_plan(study: LoopStudy) -> Section:
    """Next year's samples of each cell, what changed them, and why."""
    words = standards.table("next_plan_rules").set_index("rule_id")
    changes = study.plan.changes.sort_values("change_decisions", key=lambda one: -one.abs(), kind="stable")
    rows = []
    for row in records(changes):
        why = [str(words.at[one, language()]) for one in row["rules"].split() if words.at[one, "factor"] != 1]
        rows.append((
            row["commodity"], label("hazard_class", row["hazard"]), number(row["n_before"]),
            _signed(row["change_evidence"]), _signed(row["change_decisions"]), number(row["n_after"]),
            joined(why) or "—",
        ))  # fmt: skip
    heads = (
        "col_commodity",
        "col_hazard",
        "#col_before",
        "#col_evidence",
        "#col_decisions",
        "#col_after",
        "col_why",
    )
    blocks: list[Block] = [Paragraph(say("plan_note", budget=number(study.budget), seed=study.seed), "note")]
    blocks += text_table(say, "plan", heads=heads, rows=rows)
    if study.n_without_hazard:
        blocks.append(Paragraph(say("outside", n=number(study.n_without_hazard)), "caution"))
    if study.unknown_goods:
        blocks.append(Paragraph(say("no_goods", names=joined(study.unknown_goods)), "caution"))
    return section(say, "plan", *blocks)


def _signed(value: int) -> str:
    return f"{value:+,d}".replace("-", "−") if value else "0"


def loop_house() -> Section:
    """Factors by which decisions change the plan, all set by this project."""
    rows = [(say(f"kind_{row['kind']}"), str(row[language()]), figure(row["factor"]))
            for row in standards.rows("next_plan_rules")]  # fmt: skip
    heads = ("col_kind", "col_decision", "#col_factor")
    return Section("house-numbers", say("house"), 1, text_table(say, "house", heads=heads, rows=rows))


def publish_loop(study: LoopStudy) -> ResultRecord:
    """Put the chain into the notebook, where the runner reads it back."""
    title = in_each_language(say, "case", day=study.on.isoformat())
    inputs = {"on": study.on.isoformat(), "cut": study.cut.isoformat(),
              "budget": study.budget, "seed": study.seed, "case_sha256": study.records.sha256,
              "goods_sha256": study.goods_file.sha256, "firms_sha256": study.firms_file.sha256}  # fmt: skip
    rows = {"read": study.records.n_read, "used": len(study.records.table),
            "repeated": study.records.n_doubled, "quarantined": study.records.n_aside}  # fmt: skip
    found: dict[str, Any] = {"rows": rows, "firm_modes": study.firm_modes}
    for name in ("goods", "measures", "scope", "catalogue"):
        found[name] = getattr(study, name).reset_index()
    found |= {name: getattr(study, name) for name in ("effects", "index", "index_verdicts", "decisions")}
    found["plan"] = study.plan.changes.drop(columns=["origin", "port"])
    found |= {name: getattr(study.plan, name) for name in ("outside", "unmatched")}
    return found_record("loop", study.records.name, title, inputs=inputs, **found)
