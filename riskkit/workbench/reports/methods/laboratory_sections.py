"""How well laboratories measure, and where they cannot do what monitoring needs, as sections."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from riskkit.assessment.chemical.laboratories import (
    capability_gaps,
    en_score,
    is_uncertainty_negligible,
    judge_score,
    z_prime_score,
    z_score,
    zeta_score,
)
from riskkit.assessment.sensitivity.robust_values import RobustValue, algorithm_a, q_hampel
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import table
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import Ability, LaboratoryRound
from riskkit.workbench.reports.methods.words import basis_cell, how, started_from

KINDS = ("z", "z_prime", "zeta", "en")


@dataclass(frozen=True)
class RoundStudy:
    """A round of proficiency testing with all that is said of it."""

    opened: OpenFile[LaboratoryRound]
    robust: dict[str, RobustValue]
    u_assigned: float
    is_negligible: bool
    scores: pd.DataFrame
    gaps: pd.DataFrame
    on: dt.date


def study_round(opened: OpenFile[LaboratoryRound], *, on: dt.date) -> RoundStudy:
    """Everything the notebook shows of a round."""
    given = opened.content.round
    rows = pd.DataFrame([vars(one) for one in given.results]).set_index("laboratory")
    rows = rows[["result", "expanded_uncertainty", "coverage_factor"]].astype("float64")
    x, u = rows["result"], rows["expanded_uncertainty"] / rows["coverage_factor"]
    u_assigned = given.expanded_assigned / given.coverage_assigned
    claimed = rows["expanded_uncertainty"]
    scores = pd.DataFrame(
        {
            "result": x,
            "z": z_score(x, given.assigned, sigma=given.sigma),
            "z_prime": z_prime_score(x, given.assigned, sigma=given.sigma, u_assigned=u_assigned),
            "zeta": zeta_score(x, given.assigned, u_results=u, u_assigned=u_assigned),
            "en": en_score(
                x, given.assigned, expanded_results=claimed, expanded_assigned=given.expanded_assigned
            ),
        }
    )
    robust = {"algorithm_a": algorithm_a(x), "q_hampel": q_hampel(x)}
    negligible = is_uncertainty_negligible(u_assigned, sigma=given.sigma)
    return RoundStudy(opened, robust, u_assigned, negligible, scores, _gaps(opened.content, on), on)


def _gaps(given: LaboratoryRound, on: dt.date) -> pd.DataFrame:
    needs = pd.DataFrame([vars(one) for one in given.needs], columns=[*_NEED])
    abilities = pd.DataFrame([vars(one) for one in given.abilities], columns=[*_ABILITY])
    if needs.empty:
        return pd.DataFrame()
    return capability_gaps(needs.astype({"limit_needed": "float64"}), abilities, on=on)


_NEED = ("need_id", "item", "n_per_year", "limit_needed")
_ABILITY = ("laboratory", "item", "n_per_year", "limit_reached", "valid_to", "last_score")


def round_scores(study: RoundStudy) -> Section:
    """The assigned and the robust values, and the scores of every laboratory."""
    given = study.opened.content.round
    said = {"item": given.item.say(), "unit": given.unit, "assigned": f"{given.assigned:g}"}
    said |= {"sigma": f"{given.sigma:g}", "u": f"{study.u_assigned:g}"}
    key = "round_negligible" if study.is_negligible else "round_not_negligible"
    lead = f"{say('round_lead', **said)}{'' if language() == 'zh' else ' '}{say(key)}"
    robust = [
        (
            say(f"robust_{name}"),
            *(figure(v, 4) for v in (r.value, r.deviation, r.uncertainty)),
            str(r.n),
        )
        for name, r in study.robust.items()
    ]
    heads = ("col_method", "#col_robust", "#col_deviation", "#col_uncertainty", "#col_n")
    blocks = (
        Paragraph(lead, "lead"),
        table("robust_table", heads, rows=robust),
        _scores(study),
        how("scores"),
        Paragraph(basis_cell({"basis": given.basis, "source": given.source}), "source"),
        started_from(study.opened),
    )
    return Section("round-scores", say("round_title"), 1, blocks)


def _scores(study: RoundStudy) -> Table:
    judged = {kind: judge_score(study.scores[kind], kind=kind) for kind in KINDS}
    rows = [
        (
            str(name),
            f"{row['result']:g}",
            _claimed(study, i),
            *(_scored(row[kind], judged[kind][i]) for kind in KINDS),
        )
        for i, (name, row) in enumerate(study.scores.iterrows())
    ]
    heads = (
        "col_laboratory",
        "#col_result",
        "#col_claimed",
        "#col_z",
        "#col_z_prime",
        "#col_zeta",
        "#col_en",
    )
    return table("scores_table", heads, rows=rows)


def _claimed(study: RoundStudy, i: int) -> str:
    one = study.opened.content.round.results[i]
    if one.expanded_uncertainty is None or one.coverage_factor is None:
        return "—"
    return f"{one.expanded_uncertainty:g} ({one.coverage_factor:g})"


def _scored(value: float, word: str | None) -> str:
    if word is None:
        return "—"
    mark = {"satisfactory": "", "questionable": " ?", "unsatisfactory": " ✗"}[word]
    return f"{value:.2f}".replace("-", "−") + mark


def capability_section(study: RoundStudy) -> Section | None:
    """Where the laboratories cannot do what monitoring needs."""
    if study.gaps.empty:
        return None
    rows = [
        (
            row["need_id"],
            row["item"],
            *(figure(float(row[name])) for name in ("needed", "served", "gap")),
            say(f"gap_{row['reason']}"),
            row["laboratories"] or "—",
            str(row["n_without_score"]),
        )
        for row in records(study.gaps.reset_index())
    ]
    short = float(study.gaps["gap"].sum()), float(study.gaps["needed"].sum())
    lead = say("gap_lead", day=study.on.isoformat(), gap=figure(short[0]), needed=figure(short[1]))
    heads = (
        "col_need",
        "col_test",
        "#col_needed",
        "#col_served",
        "#col_gap",
        "col_reason",
        "col_able",
        "#col_unscored",
    )
    blocks = (
        Paragraph(lead, "lead"),
        table("gap_table", heads, rows=rows),
        *_given(study.opened.content),
        how("gap"),
    )
    return Section("capability", say("gap_title"), 1, blocks)


def _ability(one: Ability) -> tuple[str, ...]:
    numbers = figure(one.n_per_year), figure(one.limit_reached)
    return one.laboratory, one.item, *numbers, one.valid_to.isoformat(), figure(one.last_score)


def _given(given: LaboratoryRound) -> tuple[Table, Table]:
    """What the gaps rest on: limits needed, and what each laboratory can do."""
    needs = [(one.need_id, figure(one.limit_needed)) for one in given.needs]
    able = [_ability(one) for one in given.abilities]
    heads = (
        "col_laboratory",
        "col_test",
        "#col_a_year",
        "#col_limit_reached",
        "col_valid_to",
        "#col_last_score",
    )
    return (
        table("needs_table", ("col_need", "#col_limit_needed"), rows=needs),
        table("able_table", heads, rows=able),
    )
