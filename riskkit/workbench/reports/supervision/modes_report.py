"""Modes of supervision and what follows from them, as sections in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import figure, number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import joined, keyed_table, section, table_section, text_table
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.supervision.modes_study import ModesStudy
from riskkit.workbench.runs.result import ResultRecord, found_record

say = Texts("supervision")
_MARKS = {"above": "triangle-up", "below": "triangle-down", "no_clear_difference": "square"}
_MOST = 40


def fairness_figure(study: ModesStudy) -> Picture | None:
    """How much more or less of each is inspected than of all others under the same mode."""
    parts = [one.rename_axis("name").reset_index() for one in (study.by_firm, study.by_port) if len(one)]
    seen = pd.concat(parts).dropna(subset=["difference"]).head(_MOST) if parts else pd.DataFrame()
    if seen.empty:
        return None
    title, rows = say("figure"), style.Rows()
    verdicts = [say(f"is_{decision}") for decision in seen["decision"]]
    heights = [rows.add(f"{name} · {verdict}") for name, verdict in zip(seen["name"], verdicts, strict=True)]
    points = {name: (100 * seen[name]).tolist() for name in ("difference", "difference_lo", "difference_hi")}
    ends = [high - mid for high, mid in zip(points["difference_hi"], points["difference"], strict=True)]
    starts = [mid - low for low, mid in zip(points["difference_lo"], points["difference"], strict=True)]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "markers", "x": points["difference"], "y": heights, "hoverinfo": "skip",
        "marker": {"symbol": [_MARKS[one] for one in seen["decision"]], "size": 10, "color": style.DARK},
        "error_x": {"type": "data", "symmetric": False, "array": ends, "arrayminus": starts,
                    "color": style.DARK, "thickness": 1.5},
    }  # fmt: skip
    look: dict[str, Any] = {
        "marks": say("figure_marks"),
        "at": 34,
        "sides": (12, 14, 24),
        "shapes": [style.upright(0)],
    }
    figure = rows.figure(title, [trace], x=style.quiet_axis() | {"ticksuffix": " "}, **look)
    counts = {name: int((seen["decision"] == name).sum()) for name in ("above", "below")}
    cells = [
        (
            row["name"],
            number(row["n_lots"]),
            *(f"{100 * row[one]:+.1f}".replace("-", "−") for one in points),
            word,
        )
        for row, word in zip(records(seen), verdicts, strict=True)
    ]
    heads = ("col_name", "#col_lots", "#col_points", "#col_low", "#col_high", "col_verdict")
    alt = say("figure_alt", n=len(seen), **counts)
    table = keyed_table(say, "figure_table", heads=heads, rows=cells)
    return Picture("supervision-figure", title, alt, table, figure)


def _words(name: str, key: str) -> Mapping[str, str]:
    table = standards.table(name)
    return dict(zip(table[key].astype(str), table[language()].astype(str), strict=True))


def modes_summary(study: ModesStudy) -> Section:
    """How many subjects are under which mode, and what the hours leave undone."""
    names, counts = _words("supervision_modes", "mode"), study.modes["applied"].value_counts()
    by_mode = joined(say("of_mode", mode=names[mode], n=int(counts[mode]))
                      for mode in names if mode in counts)  # fmt: skip
    lead = say("lead", day=study.on.isoformat(), n=len(study.subjects), modes=by_mode)
    used, have = float(study.rates["hours"].sum()), sum(study.hours.values())
    blocks: list[Block] = [Paragraph(lead, "lead")]
    blocks.append(Paragraph(say("hours", used=number(round(used)), have=number(round(have)),
                                missed=figure(max(float(study.rates["harm_missed"].sum()), 0)))))  # fmt: skip
    n_open = int(study.rates["harm_missed"].isna().sum())
    blocks += [Paragraph(say("harm_open", n=n_open), "caution")] if n_open else []
    cautions = {
        "synthetic": study.opened.is_sample,
        "names_unread": True,
        "facts_unknown": bool((study.modes["decision"] == "unknown").any()),
        "prior_only": bool(study.classes["is_prior_only"].any()),
    }
    blocks += [Paragraph(say(key), "caution") for key, applies in cautions.items() if applies]
    source = say("input_file", name=study.opened.name, sha256=study.opened.sha256[:12])
    return section(say, "summary", *blocks, Paragraph(source, "source"))


def modes_table(study: ModesStudy) -> Section:
    """Class, risk and mode of each firm and product, with the reason."""
    modes = _words("supervision_modes", "mode")
    rules = _words("supervision_class_rules", "rule_id")
    rows, classes = [], {"unknown": "class_unknown"}
    for label, firm, mode in zip(
        study.subjects.index, records(study.classes), records(study.modes), strict=True
    ):
        fact = study.subjects.loc[label]
        risk = say("risk_unknown" if pd.isna(fact["product_risk"]) else f"risk_{fact['product_risk']}")
        mark = say("prior_mark") if firm["is_prior_only"] else ""
        applied = modes[mode["applied"]]
        word = say("until_known", mode=applied) if mode["decision"] == "unknown" else applied
        tested = rate(fact["rate_mean"]) + mark
        rows.append(
            (
                str(label),
                say(classes.get(firm["decision"], firm["decision"])),
                risk,
                word,
                tested,
                rules[firm["rule_id"]],
            )
        )
    heads = ("col_subject", "col_class", "col_risk", "col_mode", "#col_rate", "col_reason")
    return section(say, "modes", Paragraph(say("modes_note"), "note"),
                   *text_table(say, "modes", heads=heads, rows=rows))  # fmt: skip


def modes_procedures(study: ModesStudy) -> Section:
    """Which conformity procedures each firm and product gets, and which facts are missing."""
    words = _words("conformity_procedures", "rule_id")
    rows = []
    for label, group in study.procedures.groupby("subject", sort=False):
        named = {word: joined(words[one] for one in group.loc[group["decision"] == word, "rule_id"])
                 for word in ("apply", "unknown")}  # fmt: skip
        rows.append((str(label), named["apply"] or "—", named["unknown"] or "—"))
    heads = ("col_subject", "col_procedures", "col_open")
    return table_section(say, "procedures", heads=heads, rows=rows)


def modes_rates(study: ModesStudy) -> Section:
    """Shares of lots inspected at random and by risk, the hours they take and the harm that is missed."""
    rules = _words("supervision_rules", "rule_id")
    table = study.rates.assign(
        floor=study.modes["rate_floor"], missed=study.rates["harm_missed"].clip(lower=0)
    )
    shares = ("floor", "rate_random", "rate_targeted", "rate_inspected")
    rows = [
        (str(label), *(rate(row[name]) for name in shares), figure(row["hours"], 2),
         figure(row["missed"], 2), rules[row["rule_id"]])
        for label, row in zip(table.index, records(table), strict=True)
    ]  # fmt: skip
    heads = ("col_subject", "#col_floor", "#col_random", "#col_targeted", "#col_inspected", "#col_hours",
             "#col_missed", "col_reason")  # fmt: skip
    return section(say, "rates", Paragraph(say("rates_note"), "note"),
                   *text_table(say, "rates", heads=heads, rows=rows))  # fmt: skip


def modes_lots(study: ModesStudy) -> Section | None:
    """What happens to each lot, and why."""
    if study.lots.empty:
        return None
    reasons = {"no_rate": say("no_rate")}
    table = standards.table("supervision_rules")
    reasons |= dict(zip(table["reason"].astype(str), table[language()].astype(str), strict=True))
    rows = [
        (row["lot_id"], row["subject_id"], say(f"is_{row['decision']}"),
         say(f"arm_{row['arm']}") if row["arm"] else "—", reasons[row["reason"]],
         figure(row["margin"], 2))
        for row in records(study.lots)
    ]  # fmt: skip
    heads = ("col_lot", "col_subject", "col_decision", "col_arm", "col_reason", "#col_margin")
    return table_section(say, "lots", heads=heads, rows=rows)


def modes_certificates(study: ModesStudy) -> Section | None:
    """The verification list: lots of the compulsory certification catalogue and their certificates."""
    if study.certificates.empty:
        return None
    rules = _words("certificate_rules", "rule_id")
    asked = study.certificates[study.certificates["decision"] != "not_needed"]
    rows = [
        (row["lot_id"], row["firm_id"], row["product"],
         "—" if pd.isna(row["certificate_id"]) else str(row["certificate_id"]),
         say(f"certificate_{row['decision']}"), rules[row["rule_id"]],
         number(row["margin"]))
        for row in records(asked)
    ]  # fmt: skip
    heads = (
        "col_lot",
        "col_by_firm",
        "col_product",
        "col_certificate",
        "col_decision",
        "col_reason",
        "#col_days",
    )
    note = say("certificates_note", n=len(asked), hold=int((asked["decision"] == "hold").sum()))
    return section(say, "certificates", Paragraph(note),
                   *text_table(say, "certificates", heads=heads, rows=rows))  # fmt: skip


def modes_fairness(study: ModesStudy) -> Section | None:
    """The share inspected of each firm and port against all others under the same mode."""
    if study.by_firm.empty:
        return None
    blocks: list[Block] = [Paragraph(say("fairness_note"), "note")]
    for name, table in (("by_firm", study.by_firm), ("by_port", study.by_port)):
        rows = [
            (str(label), number(row["n_lots"]), rate(row["rate"]), rate(row["rate_expected"]),
             _span(row), figure(row["p_adjusted"], 2),
             say(f"is_{row['decision']}"))
            for label, row in zip(table.index, records(table), strict=True)
        ]  # fmt: skip
        heads = (f"col_{name}", "#col_lots", "#col_inspected", "#col_expected", "#col_difference", "#col_p",
                 "col_verdict")  # fmt: skip
        blocks += text_table(say, name, heads=heads, rows=rows)
    return section(say, "fairness", *blocks)


def _span(row: Mapping[str, Any]) -> str:
    if pd.isna(row["difference"]):
        return "—"
    low, high = (f"{100 * row[f'difference_{end}']:+.0f}".replace("-", "−") for end in ("lo", "hi"))
    return say("between", low=low, high=high)


def modes_draw(study: ModesStudy) -> Section:
    """What is published before the draw, and how anybody repeats it."""
    texts = {
        "list": study.commitment.list_digest,
        "secret": study.commitment.secret_digest,
        "seed": study.seed,
    }
    lines = tuple(say(f"draw_{key}", value=value) for key, value in texts.items())
    return section(say, "draw", Paragraph(say("draw_note")), Items(lines))


def modes_house() -> Section:
    """Bounds of the classes, cells and least shares of the modes, all set by this project."""
    tables = ("supervision_class_rules", "supervision_rules", "fairness_rules")
    rows = [(str(row[language()]), figure(row["number"])) for name in tables
            for row in standards.rows(name) if pd.notna(row["number"])]  # fmt: skip
    modes = _words("supervision_modes", "mode")
    floors = [(modes[row["mode"]], rate(row["rate_floor"]))
              for row in standards.rows("supervision_modes")]  # fmt: skip
    cells = [(say(row["firm_class"]), say(f"risk_{row['product_risk']}"), modes[row["mode"]])
             for row in standards.rows("supervision_mode_cells")]  # fmt: skip
    return Section("house-numbers", say("house"), 1, (
        *text_table(say, "house", heads=("col_meaning", "#col_value"), rows=rows),
        *text_table(say, "cells", heads=("col_class", "col_risk", "col_mode"), rows=cells),
        *text_table(say, "floors", heads=("col_mode", "#col_floor"), rows=floors),
    ))  # fmt: skip


def publish_modes(study: ModesStudy) -> ResultRecord:
    """Put the modes into the notebook, where the runner reads them back."""
    day = study.on.isoformat()
    inputs = {"on": day, "case_sha256": study.opened.sha256, "seed": study.seed,
              "hours_sha256": study.hours_file.sha256, "lots_sha256": study.lots_file.sha256,
              "certificates_sha256": study.certificates_file.sha256}  # fmt: skip
    digests = {name: getattr(study.commitment, name) for name in ("list_digest", "secret_digest")}
    found: dict[str, Any] = {}
    for name in ("classes", "modes", "rates"):
        found[name] = getattr(study, name).rename_axis("subject").reset_index()
    found |= {name: getattr(study, name) for name in ("procedures", "lots", "certificates")}
    for name in ("by_firm", "by_port"):
        found[name] = getattr(study, name).reset_index()
    title = in_each_language(say, "case", day=day)
    return found_record("supervision", study.opened.name, title, inputs=inputs, commitment=digests, **found)
