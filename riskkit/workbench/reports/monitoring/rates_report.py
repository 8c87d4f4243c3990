"""Rates of nonconformity: worked out once, shown and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.plan.reasons import reason_text
from riskkit.monitoring.rates.disclosure import ALL, hide_small_cells
from riskkit.monitoring.rates.rates import nonconformity_rates
from riskkit.monitoring.rates.shrinkage import BetaPrior, fit_beta_binomial, rank_probabilities, shrunk_rates
from riskkit.monitoring.rates.trends import nonconformity_trends
from riskkit.words.catalogue import monitoring_text as say
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.document.text_tables import limits_section
from riskkit.workbench.reports.figures import style
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.monitoring.words import column_name, group_name, rule_word
from riskkit.workbench.runs.result import ResultRecord, found_record

TOP = 3


@dataclass(frozen=True)
class RateStudy:
    """Rates of groups with all that is said of them."""

    opened: OpenTable
    by: tuple[str, ...]
    across: str
    every: str
    method: str
    level: float
    whole: pd.Series
    groups: pd.DataFrame
    prior: BetaPrior
    trends: pd.DataFrame
    hidden: pd.DataFrame
    draws: int

    def name(self, key: Sequence[object]) -> str:
        """A group in words."""
        return group_name(key, self.by)


def study_rates(
    opened: OpenTable,
    *,
    by: str,
    across: str,
    every: str,
    rng: np.random.Generator,
    method: str = "wilson",
    draws: int = 10_000,
) -> RateStudy:
    """Everything the notebook of rates shows."""
    keys = tuple(part.strip() for part in by.split(",") if part.strip())
    table, level = opened.table, 0.95
    missing = [name for name in (*keys, across) if name not in table]
    refuse(
        "rates", [Fault("by", shown(name), one_of(str(name), map(str, table.columns))) for name in missing]
    )
    found = nonconformity_rates(table, by=list(keys), method=method, level=level)
    whole = nonconformity_rates(table, by=[], method=method, level=level).iloc[0]
    x, n = (
        found[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("n_nonconforming", "n_tested")
    )
    prior = fit_beta_binomial(x, n)
    shrunk = shrunk_rates(x, n, prior=prior, level=level)
    ranks = rank_probabilities(shrunk["alpha"], shrunk["beta"], rng=rng, top=TOP, draws=draws)
    names = {"rate_mean": "shrunk", "rate_lo": "shrunk_lo", "rate_hi": "shrunk_hi", "p_exceeds": "p_exceeds"}
    more = pd.concat([shrunk[list(names)].set_axis(list(names.values()), axis=1), ranks], axis=1)
    groups = pd.concat([found, more], axis=1).sort_values("rate", ascending=False, kind="stable")
    has_dates = "date" in table and table["date"].notna().any()
    trends = nonconformity_trends(table, by=list(keys), every=every) if has_dates else pd.DataFrame()
    hidden = _published(table, first=keys[0] if keys else across, second=across)
    return RateStudy(
        opened,
        keys,
        across,
        every,
        method,
        level,
        whole,
        groups.reset_index(drop=True),
        prior,
        trends,
        hidden,
        draws,
    )


def _published(table: pd.DataFrame, *, first: str, second: str) -> pd.DataFrame:
    keys = list(dict.fromkeys((first, second)))
    known = table.dropna(subset=["n_tested", "n_nonconforming"])
    rows = known.assign(**{key: known[key].astype("string").fillna("?").replace(ALL, "∗") for key in keys})
    sums = rows.groupby(keys)[["n_tested", "n_nonconforming"]].sum().reset_index()
    return hide_small_cells(sums, by=keys)


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
    return limits_section(say, "signal", "sample", "multiple", "prior", title="limits_rates")


MOST = 25


def rates_forest(study: RateStudy) -> Picture | None:
    """The rate of each group with its interval, and what the other groups make of it."""
    known = study.groups.dropna(subset=["rate"])
    if known.empty:
        return None
    title, drawn = say("rates_title"), records(known.head(MOST))
    rows, traces = style.Rows(body=1.3), []
    for row in drawn:
        words = f"{_name(study, row)} · {_counts(row)} · {rate(row['rate'])}"
        traces += _marks(row, rows.add(words))
    whole = float(study.whole["rate"])
    high = max(float(known["rate_hi"].head(MOST).max()), whole) * 1.04
    across = {
        "range": [0, min(high, 1.0) + 0.001],
        "tickformat": ".0%",
        "title": {"text": say("rates_x")},
    }
    marks, lines = _remark(len(drawn), len(known)), [style.upright(whole)]
    figure = rows.figure(title, traces, x=style.quiet_axis() | across, marks=marks, at=44, shapes=lines)
    return Picture("rates-forest", title, _alt(study, drawn[0]), _table(study), figure)


def _name(study: RateStudy, row: dict[str, Any]) -> str:
    return study.name([row[key] for key in study.by])


def _counts(row: dict[str, Any]) -> str:
    return say("counts", x=number(float(row["n_nonconforming"])), n=number(float(row["n_tested"])))


def _remark(shown: int, n: int) -> str:
    more = "" if shown == n else say("rates_more", shown=shown, n=n)
    return f"{say('rates_marks')}{'' if language() == 'zh' else ' '}{more}".strip()


def _marks(row: dict[str, Any], y: float) -> list[dict[str, Any]]:
    quiet = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}
    ends = {"x": [row["rate_lo"], row["rate_hi"]], "y": [y, y], "mode": "lines"}
    point = {"symbol": "square", "size": 9, "color": style.DARK}
    marks = [
        quiet | ends | {"line": {"color": style.DARK, "width": 3}},
        quiet | {"x": [row["rate"]], "y": [y], "mode": "markers", "marker": point},
    ]
    if np.isfinite(row["shrunk"]):
        open_mark = {"symbol": "diamond-open", "size": 12, "color": style.INK, "line": {"width": 2}}
        marks.append(quiet | {"x": [row["shrunk"]], "y": [y], "mode": "markers", "marker": open_mark})
    return marks


def _alt(study: RateStudy, top: dict[str, Any]) -> str:
    whole = float(study.whole["rate"])
    known = study.groups.dropna(subset=["rate"])
    return say(
        "rates_alt",
        n=len(known),
        group=_name(study, top),
        share=rate(top["rate"]),
        lo=rate(top["rate_lo"]),
        hi=rate(top["rate_hi"]),
        whole=rate(whole),
        above=int((known["rate_lo"] > whole).sum()),
    )


def _table(study: RateStudy) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for row in records(study.groups.dropna(subset=["rate"])):
        ends = say("from_to", low=rate(row["rate_lo"]), high=rate(row["rate_hi"]))
        shares = rate(row["rate"]), ends, rate(row["shrunk"])
        rows.append((_name(study, row), _counts(row), *shares))
    heads = ("col_group", "col_bad", "col_rate", "col_interval", "col_shrunk")
    return Table(say("rates_title"), tuple(say(key) for key in heads), tuple(rows), numeric=(1, 2, 3, 4))


def publish_rates(study: RateStudy, *, seed: int) -> ResultRecord:
    """Put what was found of the rates into the notebook, where the runner reads it back."""
    opened = study.opened
    inputs = {"seed": seed, "draws": study.draws, "case_sha256": opened.sha256}
    settings = {"by": list(study.by), "across": study.across, "every": study.every, "method": study.method}
    rows = {"read": opened.n_read, "doubled": opened.n_doubled, "aside": opened.n_aside}
    return found_record(
        "rates",
        opened.name,
        in_each_language(say, "title_rates"),
        inputs=inputs | settings,
        rows=rows,
        whole=study.whole,
        groups=study.groups,
        trends=study.trends,
    )
