"""What the monitoring of rates found, as sections in one language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import shown
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.rates.disclosure import ALL
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.monitoring.rate_study import TOP, RateStudy
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.monitoring.words import column_name, group_name, rule_word

_MOST_ROWS, _MOST_ASIDE = 200, 20


def rates_summary(study: RateStudy) -> Section:
    """What was read and tested, the rate over all, and what was set aside."""
    w, opened = study.whole, study.opened
    ends = {"lo": rate(float(w["rate_lo"])), "hi": rate(float(w["rate_hi"]))}
    lead = say(
        "rates_lead",
        n=number(float(w["n_tested"])),
        x=number(float(w["n_nonconforming"])),
        share=rate(float(w["rate"])),
        level=rate(study.level),
        **ends,
    )
    told = say(
        "rates_read",
        read=number(opened.n_read),
        used=number(len(opened.table)),
        doubled=number(opened.n_doubled),
        aside=number(opened.n_aside),
    )
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(told)]
    if w["n_records_unknown"]:
        blocks.append(Paragraph(say("rates_unknown", n=number(float(w["n_records_unknown"]))), "caution"))
    if opened.is_sample:
        blocks.append(Paragraph(say("rates_synthetic"), "caution"))
    if len(opened.aside):
        blocks.append(_aside(opened))
    return Section("rates-summary", say("rates_summary"), 1, tuple(blocks))


def _aside(opened: OpenTable) -> Table:
    rows = records(opened.aside.head(_MOST_ASIDE))
    heads = tuple(say(key) for key in ("col_row", "col_column", "col_value", "col_rule"))
    cells = tuple(
        (
            str(row["row"]),
            column_name(row["column"]),
            shown(str(row["value"])),
            rule_word(row["rule"]),
        )
        for row in rows
    )
    return Table(say("aside_table", n=len(cells)), heads, cells, numeric=(0,))


def rates_table(study: RateStudy) -> Section:
    """The rate of each group, highest first."""
    rows = []
    for row in records(study.groups.head(_MOST_ROWS)):
        ends = say("from_to", low=rate(row["rate_lo"]), high=rate(row["rate_hi"]))
        counts = [
            "—" if pd.isna(row[name]) else number(float(row[name]))
            for name in ("n_tested", "n_nonconforming")
        ]
        name = study.name([row[key] for key in study.by])
        why = reason_text(row["note"])
        rows.append((name, *counts, rate(row["rate"]), ends, why))
    heads = ("col_group", "col_tested", "col_bad", "col_rate", "col_interval", "col_note")
    caption = say("rates_table", method=say(f"method_{study.method}"), level=rate(study.level))
    table = Table(caption, tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3, 4))
    return Section("rates", say("rates_title"), 1, (table,))


def rates_ranking(study: RateStudy) -> Section:
    """The estimates with the other groups, and how sure the ranks are."""
    title = say("ranking")
    if not np.isfinite(study.prior.alpha):
        why = say("ranking_none", why=reason_text(study.prior.note))
        return Section("rates-ranking", title, 1, (Paragraph(why, "caution"),))
    ranked = study.groups.dropna(subset=["shrunk"]).sort_values("shrunk", ascending=False, kind="stable")
    rows = []
    for row in records(ranked.head(_MOST_ROWS)):
        ends = {"lo": rate(row["shrunk_lo"]), "hi": rate(row["shrunk_hi"])}
        estimate = say("percent_of", share=rate(row["shrunk"]), **ends)
        places = f"{row['rank_lo']:.0f}–{row['rank_hi']:.0f}"
        name = study.name([row[key] for key in study.by])
        rows.append((name, estimate, rate(row["p_exceeds"]), rate(row["p_top"]), places))
    heads = [say(key) for key in ("col_group", "col_shrunk", "col_exceeds")]
    heads += [say("col_top", top=TOP), say("col_rank")]
    caption = say("ranking_table", draws=number(study.draws))
    shape = {"alpha": f"{study.prior.alpha:.3g}", "beta": f"{study.prior.beta:.3g}"}
    lead = [Paragraph(say("ranking_lead", **shape))]
    lead += [Paragraph(reason_text(study.prior.note), "caution")] if study.prior.note else []
    table = Table(caption, tuple(heads), tuple(rows), numeric=(1, 2, 3, 4))
    return Section("rates-ranking", title, 1, (*lead, table))


def rates_trends(study: RateStudy) -> Section:
    """Whether the rate of each group rises or falls."""
    title = say("trends")
    if study.trends.empty:
        return Section("rates-trends", title, 1, (Paragraph(say("trends_none"), "caution"),))
    rows = []
    for row in records(study.trends.head(_MOST_ROWS)):
        path = say("from_to", low=rate(row["rate_first"]), high=rate(row["rate_last"]))
        odds = f"{row['odds_ratio']:.3g} ({row['odds_ratio_lo']:.3g}–{row['odds_ratio_hi']:.3g})"
        test = "—" if np.isnan(row["ca_p"]) else f"{row['ca_p']:.2g}"
        word = row["direction"] if isinstance(row["direction"], str) else row["note"]
        name = study.name([row[key] for key in study.by])
        odds = "—" if np.isnan(row["odds_ratio"]) else odds
        rows.append((name, str(row["n_periods"]), path, odds, test, reason_text(word)))
    heads = ("col_group", "col_periods", "col_first_last", "col_odds", "col_test", "col_direction")
    table = Table(say("trends_table"), tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3, 4))
    lead = say("trends_lead", every=say(f"every_{study.every}"))
    return Section("rates-trends", title, 1, (Paragraph(lead), table))


def rates_published(study: RateStudy) -> Section:
    """The table that can be handed out: small cells hidden so that no sum gives them back."""
    keys = [name for name in study.hidden.columns[:2] if name not in ("n_tested", "n_nonconforming")]
    first, second = keys[0], keys[-1]
    cells = {tuple(row[key] for key in keys): row for row in records(study.hidden)}
    lines = list(dict.fromkeys(study.hidden[first]))
    across = list(dict.fromkeys(study.hidden[second])) if len(keys) == 2 else [ALL]
    rows = [
        (
            _key_name(line, first),
            *(_published_cell(cells.get((line, one) if len(keys) == 2 else (line,))) for one in across),
        )
        for line in lines
    ]
    heads = (column_name(first), *(_key_name(one, second) for one in across))
    names = {"first": column_name(first), "second": column_name(second)}
    table = Table(say("hidden_table", **names), heads, tuple(rows), numeric=tuple(range(1, len(heads))))
    n_more = int((study.hidden["shown"] == "complement").sum())
    minimum = f"{method_number('disclosure', 'minimum'):g}"
    lead = say("hidden_lead", minimum=minimum, complement=n_more)
    return Section("rates-published", say("hidden"), 1, (Paragraph(lead), table))


def _key_name(key: str, column: str) -> str:
    if key == ALL:
        return say("all_groups")
    return group_name([None if key == "?" else key], [column])


def _published_cell(row: dict[str, object] | None) -> str:
    if row is None:
        return "—"
    if row["shown"] != "shown":
        return say("hidden_cell")
    return say("none_tested_cell") if row["n_tested"] == 0 else rate(float(str(row["rate"])))


def house_numbers_used(methods: Sequence[str]) -> Section:
    """Values set by this project behind the given methods."""
    table = standards.table("method_numbers")
    found = table[table["method"].isin(list(methods)) & (table["status"] == "house")]
    rows = tuple((row[language()], f"{row['value']:g}") for row in records(found))
    heads = say("col_meaning"), say("col_number")
    block = Table(f"{say('house_used')} ({label('status', 'house')})", heads, rows, numeric=(1,))
    return Section("house-numbers", say("house_used"), 1, (block,))


def rates_limits() -> Section:
    """How to read the rates, and how far they go."""
    keys = ("limit_signal", "limit_sample", "limit_multiple", "limit_prior")
    return Section("limits", say("limits_rates"), 1, (Items(tuple(say(key) for key in keys)),))
