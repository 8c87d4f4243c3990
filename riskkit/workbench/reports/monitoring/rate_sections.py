"""What the monitoring of rates found, as sections in one language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import shown
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


def rates_summary(study: RateStudy, *, lang: str) -> Section:
    """What was read and tested, the rate over all, and what was set aside."""
    w, opened = study.whole, study.opened
    ends = {"lo": rate(float(w["rate_lo"]), lang), "hi": rate(float(w["rate_hi"]), lang)}
    lead = say(
        "rates_lead",
        lang,
        n=number(float(w["n_tested"])),
        x=number(float(w["n_nonconforming"])),
        share=rate(float(w["rate"]), lang),
        level=rate(study.level, lang),
        **ends,
    )
    told = say(
        "rates_read",
        lang,
        read=number(opened.n_read),
        used=number(len(opened.table)),
        doubled=number(opened.n_doubled),
        aside=number(opened.n_aside),
    )
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(told)]
    if w["n_records_unknown"]:
        blocks.append(
            Paragraph(say("rates_unknown", lang, n=number(float(w["n_records_unknown"]))), "caution")
        )
    if opened.is_sample:
        blocks.append(Paragraph(say("rates_synthetic", lang), "caution"))
    if len(opened.aside):
        blocks.append(_aside(opened, lang))
    return Section("rates-summary", say("rates_summary", lang), 1, tuple(blocks))


def _aside(opened: OpenTable, lang: str) -> Table:
    rows = records(opened.aside.head(_MOST_ASIDE))
    heads = tuple(say(key, lang) for key in ("col_row", "col_column", "col_value", "col_rule"))
    cells = tuple(
        (
            str(row["row"]),
            column_name(row["column"], lang),
            shown(str(row["value"])),
            rule_word(row["rule"], lang),
        )
        for row in rows
    )
    return Table(say("aside_table", lang, n=len(cells)), heads, cells, numeric=(0,))


def rates_table(study: RateStudy, *, lang: str) -> Section:
    """The rate of each group, highest first."""
    rows = []
    for row in records(study.groups.head(_MOST_ROWS)):
        ends = say("from_to", lang, low=rate(row["rate_lo"], lang), high=rate(row["rate_hi"], lang))
        counts = [
            "—" if pd.isna(row[name]) else number(float(row[name]))
            for name in ("n_tested", "n_nonconforming")
        ]
        name = study.name([row[key] for key in study.by], lang)
        why = reason_text(row["note"], lang)
        rows.append((name, *counts, rate(row["rate"], lang), ends, why))
    heads = ("col_group", "col_tested", "col_bad", "col_rate", "col_interval", "col_note")
    caption = say(
        "rates_table", lang, method=say(f"method_{study.method}", lang), level=rate(study.level, lang)
    )
    table = Table(caption, tuple(say(key, lang) for key in heads), tuple(rows), numeric=(1, 2, 3, 4))
    return Section("rates", say("rates_title", lang), 1, (table,))


def rates_ranking(study: RateStudy, *, lang: str) -> Section:
    """The estimates with the other groups, and how sure the ranks are."""
    title = say("ranking", lang)
    if not np.isfinite(study.prior.alpha):
        why = say("ranking_none", lang, why=reason_text(study.prior.note, lang))
        return Section("rates-ranking", title, 1, (Paragraph(why, "caution"),))
    ranked = study.groups.dropna(subset=["shrunk"]).sort_values("shrunk", ascending=False, kind="stable")
    rows = []
    for row in records(ranked.head(_MOST_ROWS)):
        ends = {"lo": rate(row["shrunk_lo"], lang), "hi": rate(row["shrunk_hi"], lang)}
        estimate = say("percent_of", lang, share=rate(row["shrunk"], lang), **ends)
        places = f"{row['rank_lo']:.0f}–{row['rank_hi']:.0f}"
        name = study.name([row[key] for key in study.by], lang)
        rows.append((name, estimate, rate(row["p_exceeds"], lang), rate(row["p_top"], lang), places))
    heads = [say(key, lang) for key in ("col_group", "col_shrunk", "col_exceeds")]
    heads += [say("col_top", lang, top=TOP), say("col_rank", lang)]
    caption = say("ranking_table", lang, draws=number(study.draws))
    shape = {"alpha": f"{study.prior.alpha:.3g}", "beta": f"{study.prior.beta:.3g}"}
    lead = [Paragraph(say("ranking_lead", lang, **shape))]
    lead += [Paragraph(reason_text(study.prior.note, lang), "caution")] if study.prior.note else []
    table = Table(caption, tuple(heads), tuple(rows), numeric=(1, 2, 3, 4))
    return Section("rates-ranking", title, 1, (*lead, table))


def rates_trends(study: RateStudy, *, lang: str) -> Section:
    """Whether the rate of each group rises or falls."""
    title = say("trends", lang)
    if study.trends.empty:
        return Section("rates-trends", title, 1, (Paragraph(say("trends_none", lang), "caution"),))
    rows = []
    for row in records(study.trends.head(_MOST_ROWS)):
        path = say("from_to", lang, low=rate(row["rate_first"], lang), high=rate(row["rate_last"], lang))
        odds = f"{row['odds_ratio']:.3g} ({row['odds_ratio_lo']:.3g}–{row['odds_ratio_hi']:.3g})"
        test = "—" if np.isnan(row["ca_p"]) else f"{row['ca_p']:.2g}"
        word = row["direction"] if isinstance(row["direction"], str) else row["note"]
        name = study.name([row[key] for key in study.by], lang)
        odds = "—" if np.isnan(row["odds_ratio"]) else odds
        rows.append((name, str(row["n_periods"]), path, odds, test, reason_text(word, lang)))
    heads = ("col_group", "col_periods", "col_first_last", "col_odds", "col_test", "col_direction")
    table = Table(
        say("trends_table", lang), tuple(say(key, lang) for key in heads), tuple(rows), numeric=(1, 2, 3, 4)
    )
    lead = say("trends_lead", lang, every=say(f"every_{study.every}", lang))
    return Section("rates-trends", title, 1, (Paragraph(lead), table))


def rates_published(study: RateStudy, *, lang: str) -> Section:
    """The table that can be handed out: small cells hidden so that no sum gives them back."""
    keys = [name for name in study.hidden.columns[:2] if name not in ("n_tested", "n_nonconforming")]
    first, second = keys[0], keys[-1]
    cells = {tuple(row[key] for key in keys): row for row in records(study.hidden)}
    lines = list(dict.fromkeys(study.hidden[first]))
    across = list(dict.fromkeys(study.hidden[second])) if len(keys) == 2 else [ALL]
    rows = [
        (
            _key_name(line, first, lang),
            *(_published_cell(cells.get((line, one) if len(keys) == 2 else (line,)), lang) for one in across),
        )
        for line in lines
    ]
    heads = (column_name(first, lang), *(_key_name(one, second, lang) for one in across))
    names = {"first": column_name(first, lang), "second": column_name(second, lang)}
    table = Table(say("hidden_table", lang, **names), heads, tuple(rows), numeric=tuple(range(1, len(heads))))
    n_more = int((study.hidden["shown"] == "complement").sum())
    minimum = f"{method_number('disclosure', 'minimum'):g}"
    lead = say("hidden_lead", lang, minimum=minimum, complement=n_more)
    return Section("rates-published", say("hidden", lang), 1, (Paragraph(lead), table))


def _key_name(key: str, column: str, lang: str) -> str:
    if key == ALL:
        return say("all_groups", lang)
    return group_name([None if key == "?" else key], [column], lang)


def _published_cell(row: dict[str, object] | None, lang: str) -> str:
    if row is None:
        return "—"
    if row["shown"] != "shown":
        return say("hidden_cell", lang)
    return say("none_tested_cell", lang) if row["n_tested"] == 0 else rate(float(str(row["rate"])), lang)


def house_numbers_used(methods: Sequence[str], *, lang: str) -> Section:
    """Values set by this project behind the given methods."""
    table = standards.table("method_numbers")
    found = table[table["method"].isin(list(methods)) & (table["status"] == "house")]
    rows = tuple((row[lang], f"{row['value']:g}") for row in records(found))
    heads = say("col_meaning", lang), say("col_number", lang)
    block = Table(f"{say('house_used', lang)} ({label('status', 'house', lang)})", heads, rows, numeric=(1,))
    return Section("house-numbers", say("house_used", lang), 1, (block,))


def rates_limits(*, lang: str) -> Section:
    """How to read the rates, and how far they go."""
    keys = ("limit_signal", "limit_sample", "limit_multiple", "limit_prior")
    return Section("limits", say("limits_rates", lang), 1, (Items(tuple(say(key, lang) for key in keys)),))
