"""Experts' judgement weighted by how well they know what is known: worked out once, and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.elicitation.decision_makers import DecisionMaker, column_names, decision_maker
from riskkit.assessment.elicitation.performance import expert_scores, scored
from riskkit.assessment.elicitation.pooling import mixtures
from riskkit.assessment.elicitation.robustness import without_experts, without_seeds
from riskkit.assessment.elicitation.study import ExpertStudy, study_from_tables
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.numbers.distributions import Floats
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Paragraph, Table
from riskkit.workbench.document.blocks import Picture, Section
from riskkit.workbench.reports.case.words import table
from riskkit.workbench.reports.figures.calibration_figure import answers_picture, calibration_picture
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import AskedItem, ScoredExperts
from riskkit.workbench.reports.methods.words import basis_cell, how, started_from
from riskkit.workbench.runs.result import ResultRecord, found_record

WEIGHTINGS = ("global", "item", "equal")
OPTIMISED = -1.0
"""A cut-off that stands for the optimised one, since parameters of notebooks are plain numbers."""


@dataclass(frozen=True)
class ExpertFindings:
    """Experts, their scores, two decision makers, and how firm the chosen one is."""

    opened: OpenFile[ScoredExperts]
    study: ExpertStudy
    scores: pd.DataFrame
    makers: dict[str, DecisionMaker]
    without_seeds: pd.DataFrame
    without_experts: pd.DataFrame

    @property
    def items(self) -> dict[str, AskedItem]:
        """Id → question."""
        return {one.id: one for one in self.opened.content.items}

    @property
    def targets(self) -> tuple[str, ...]:
        """Questions whose answer is not known."""
        return tuple(one.id for one in self.opened.content.items if one.realisation is None)

    def answer(self, who: str, item: str) -> Floats:
        """The quantiles of an expert, or of a decision maker, for one question."""
        k = self.study.items.index(item)
        if who in self.makers:
            pooled: Floats = self.makers[who].answers[k]
            return pooled
        answers: Floats = self.study.answers[self.study.experts.index(who), k]
        return answers


def study_experts(
    opened: OpenFile[ScoredExperts], *, weighting: str = "global", cut_off: float = OPTIMISED
) -> ExpertFindings:
    """Experts scored on their seeds, pooled by performance and equally."""
    rule = one_of(weighting, WEIGHTINGS)
    refuse("experts", [] if weighting in WEIGHTINGS else [Fault("weighting", shown(weighting), rule)])
    study = _checked(opened.content)
    of, limit = mixtures(scored(study)), None if cut_off < 0 else cut_off
    chosen = decision_maker(of, weighting=weighting, cut_off=limit)
    makers = {"chosen": chosen, "equal": decision_maker(of, weighting="equal")}
    seeds, people = pd.DataFrame(), pd.DataFrame()
    if weighting != "equal":
        if not limit:  # each way of leaving seeds out has its own cut-off, or none
            seeds = without_seeds(study, weighting=weighting, is_optimised=limit is None)
        people = without_experts(study, weighting=weighting, cut_off=limit)
    return ExpertFindings(opened, study, expert_scores(of.scored), makers, seeds, people)


def _checked(given: ScoredExperts) -> ExpertStudy:
    names = column_names(np.asarray(given.quantiles, dtype=np.float64))
    wrong = [
        Fault(f"{person.id}/{item}", shown(list(values)), RuleText("{} quantiles", len(names)))
        for person in given.experts
        for item, values in person.answers.items()
        if len(values) != len(names)
    ]
    refuse("experts", wrong)
    rows = [
        {"expert": person.id, "item": item, **dict(zip(names, values, strict=True))}
        for person in given.experts
        for item, values in person.answers.items()
    ]
    answers = pd.DataFrame(rows, columns=["expert", "item", *names])
    asked: list[dict[str, Any]] = [
        {
            "item": one.id,
            "scale": one.scale,
            "realisation": one.realisation,
            "lower": one.lower,
            "upper": one.upper,
        }
        for one in given.items
    ]
    items = pd.DataFrame(asked).astype(dict.fromkeys(("realisation", "lower", "upper"), "float64"))
    return study_from_tables(answers, items, experts=[person.id for person in given.experts])


def _percent(p: float) -> str:
    return f"{100 * p:g} %"


def quantile_heads(found: ExpertFindings) -> list[str]:
    """The heads of columns of quantiles."""
    return [_percent(p) for p in found.study.probs.tolist()]


def expert_scores_section(found: ExpertFindings) -> Section:
    """How each expert and each decision maker did on the seeds, and what weight that gives."""
    chosen, equal = found.makers["chosen"], found.makers["equal"]
    rows = [
        (str(one["expert"]), "·".join(map(str, one["counts"])), figure(one["calibration"]),
         figure(one["information"]), figure(one["combined"]), figure(float(weight), 2))
        for one, weight in zip(records(found.scores), chosen.weights, strict=True)
    ]  # fmt: skip
    rows += [
        (say(f"maker_{name}"), "·".join(map(str, maker_counts(found, name))), figure(one.calibration),
         figure(one.information), figure(one.combined), "—")
        for name, one in (("chosen", chosen), ("equal", equal))
    ]  # fmt: skip
    lead = say(
        "experts_lead", n=len(found.study.experts), k=int((chosen.weights > 0).sum()),
        weighting=say(f"weighting_{chosen.weighting}"), cut_off=figure(chosen.cut_off),
        better=say("experts_better" if chosen.combined > equal.combined else "experts_not_better"),
    )  # fmt: skip
    heads = ["col_expert", "col_bins", "#col_calibration", "#col_information", "#col_combined", "#col_weight"]
    scores = table("experts_scores", heads, rows=rows, n=int(found.study.is_seed.sum()))
    low = min(one.calibration for one in found.makers.values()) < _LEVEL
    warned = (Paragraph(say("experts_low"), "caution"),) if low else ()
    blocks = (Paragraph(lead, "lead"), *warned, scores, _hand(found), how("experts"),
              started_from(found.opened))  # fmt: skip
    return Section("expert-scores", say("experts_title"), 1, blocks)


_LEVEL = 0.05
"""Below this calibration the hypothesis that true values fall as stated is commonly rejected."""


def maker_counts(found: ExpertFindings, name: str) -> list[int]:
    """How many true values fell below, between and above the quantiles of a decision maker."""
    bins = found.makers[name].bins
    seen = bins[found.study.is_seed & (bins >= 0)]
    return [int((seen == k).sum()) for k in range(len(found.study.probs) + 1)]


def _hand(found: ExpertFindings) -> Paragraph:
    """One calibration worked out, so that anybody can check it."""
    best = records(found.scores.sort_values("calibration", ascending=False))[0]
    counts = np.asarray(best["counts"], dtype=np.float64)
    masses: Floats = np.diff(found.study.probs, prepend=0.0, append=1.0)
    share = counts / counts.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(share > 0, share * np.log(share / masses), 0.0)
    terms = " + ".join(
        f"{n:g}/{counts.sum():g}·ln({n:g}/{counts.sum():g}/{mass:g})"
        for n, mass in zip(counts, masses, strict=True)
        if n
    )
    n = int(found.scores["n_seeds"].min())
    value = say("hand_calibration", who=best["expert"], terms=terms, sum=figure(float(parts.sum()), 4),
                n=n, statistic=figure(float(2 * n * parts.sum()), 4), df=len(masses) - 1,
                p=figure(float(best["calibration"]), 4))  # fmt: skip
    return Paragraph(value, "note")


def expert_targets_section(found: ExpertFindings) -> Section:
    """The pooled answers to the questions nobody knows, by performance and equally."""
    title, asked = say("experts_targets"), found.items
    if not found.targets:
        return Section("expert-targets", title, 1, (Paragraph(say("experts_no_targets")),))
    rows = [
        (asked[item].title.say(), asked[item].unit.say(), say(f"maker_{name}"),
         *(figure(float(value)) for value in found.answer(name, item)))
        for item in found.targets
        for name in ("chosen", "equal")
    ]  # fmt: skip
    heads = (*(say(key) for key in ("col_question", "col_unit", "col_maker")), *quantile_heads(found))
    pooled = Table(title, heads, tuple(rows), numeric=tuple(range(3, len(heads))))
    return Section("expert-targets", title, 1, (pooled, Paragraph(say("experts_targets_note"), "note")))


def expert_seeds_section(found: ExpertFindings) -> Section:
    """The seed questions with their true values and sources, and where the pools put them."""
    rows = [
        (one.title.say(), one.unit.say(), figure(float(one.realisation or 0.0), 4),
         *(_span(found.answer(name, id_)) for name in ("chosen", "equal")),
         basis_cell({"basis": one.basis, "source": one.source}))
        for id_, one in found.items.items()
        if one.realisation is not None
    ]  # fmt: skip
    keys = ["col_question", "col_unit", "#col_realised", "maker_chosen", "maker_equal", "col_basis"]
    title = say("experts_seeds")
    return Section("expert-seeds", title, 1, (table("experts_seeds", keys, rows=rows),))


def _span(values: Floats) -> str:
    low, middle, high = (float(values[k]) for k in (0, len(values) // 2, -1))
    return f"{figure(middle)} ({figure(low)}–{figure(high)})"


def expert_robustness_section(found: ExpertFindings) -> Section:
    """What the chosen decision maker scores when one expert, or one seed, is left out."""
    title = say("experts_robust")
    blocks: list[Paragraph | Table] = []
    for key, frame in (("experts", found.without_experts), ("seeds", found.without_seeds)):
        rows = [
            (_left_out(one["left_out"], found), figure(one["cut_off"]), figure(one["calibration"]),
             figure(one["information"]), figure(one["combined"]))
            for one in records(frame)
        ]  # fmt: skip
        if rows:
            heads = ["col_left_out", "#col_cut_off", "#col_calibration", "#col_information", "#col_combined"]
            blocks.append(table(f"without_{key}", heads, rows=rows))
    note = Paragraph(say("experts_robust_note" if blocks else "experts_robust_none"), "note")
    return Section("expert-robustness", title, 1, (*blocks, note))


def _left_out(left: object, found: ExpertFindings) -> str:
    names = list(left) if isinstance(left, tuple) else [left] if left else []
    asked = found.items
    told = [asked[str(one)].title.say() if str(one) in asked else str(one) for one in names]
    return ("、" if language() == "zh" else ", ").join(told) or say("nothing_left_out")


def picture_of_calibration(found: ExpertFindings) -> Picture:
    """Where the true values fell, expert by expert and for the pools."""
    counts = [
        (str(who), seen) for who, seen in zip(found.scores["expert"], found.scores["counts"], strict=True)
    ]
    counts += [(say(f"maker_{name}"), tuple(maker_counts(found, name))) for name in found.makers]
    return calibration_picture(pd.DataFrame(counts, columns=["who", "counts"]), found.study.probs.tolist())


def picture_of_answers(found: ExpertFindings) -> Picture | None:
    """What everybody says of the questions whose answer is not known."""
    rows, asked = [], found.items
    for item in found.targets:
        title = f"{asked[item].title.say()} [{asked[item].unit.say()}]"
        for who in (*found.study.experts, *found.makers):
            values = found.answer(who, item)
            if np.isnan(values).any():
                continue
            is_pool = who in found.makers
            name = say(f"maker_{who}") if is_pool else who
            ends = (values[0], values[len(values) // 2], values[-1])
            rows.append((title, name, is_pool, asked[item].scale == "log", *map(float, ends)))
    heads = ["question", "who", "is_pool", "is_log", "low", "mid", "high"]
    return answers_picture(pd.DataFrame(rows, columns=heads))


def publish_experts(found: ExpertFindings) -> ResultRecord:
    """Put scores, weights and pooled answers into the notebook, where the runner reads them back."""
    chosen = found.makers["chosen"]
    title = found.opened.content.title
    return found_record(
        "experts",
        found.opened.name,
        {"zh": title.zh, "en": title.en},
        inputs={"case_sha256": found.opened.sha256},
        weighting=chosen.weighting,
        cut_off=chosen.cut_off,
        experts=[
            {
                "expert": str(row["expert"]),
                "calibration": float(row["calibration"]),
                "information": float(row["information"]),
                "weight": float(weight),
            }
            for (_, row), weight in zip(found.scores.iterrows(), chosen.weights, strict=True)
        ],
        pools={
            name: {
                "calibration": one.calibration,
                "information": one.information,
                "answers": {item: one.answers[k].tolist() for k, item in enumerate(found.study.items)},
            }
            for name, one in found.makers.items()
        },
    )
