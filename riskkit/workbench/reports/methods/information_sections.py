"""What information on a product adds up to over time, and whether a measure worked, as sections."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.assessment.verification import Counted, Reduction, verify_reduction
from riskkit.assessment.what_if.repeated_information import (
    MovingWeights,
    house_weights,
    repeated_information,
    state_on,
)
from riskkit.foundation.language import language
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Block, Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import table
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import Information, InformationHistory
from riskkit.workbench.reports.methods.words import basis_cell, how, started_from


@dataclass(frozen=True)
class HistoryStudy:
    """What was heard of a product, with all that is said of it."""

    opened: OpenFile[InformationHistory]
    weights: MovingWeights
    graded: pd.DataFrame
    state: pd.DataFrame
    on: dt.date
    reduction: Reduction | None

    def record(self, id_: str) -> Information:
        """One piece of information by its id."""
        return next(one for one in self.opened.content.records if one.id == id_)


def study_history(opened: OpenFile[InformationHistory], *, on: dt.date) -> HistoryStudy:
    """Everything the notebook shows of a product's information over time."""
    given, weights = opened.content, house_weights()
    rows = pd.DataFrame(
        {
            "commodity": given.commodity.en,
            "maker": given.maker.en,
            "date": [one.date.isoformat() for one in given.records],
            "n_tested": [one.n_tested for one in given.records],
            "n_nonconforming": [one.n_nonconforming for one in given.records],
            "hazard_score": pd.Series([one.hazard_score for one in given.records], dtype="float64"),
        }
    )
    graded = repeated_information(rows, weights=weights)
    reduction = None
    if given.measure is not None:
        counts = {one.id: Counted(one.n_nonconforming, one.n_tested) for one in given.records}
        reduction = verify_reduction(counts[given.measure.before], counts[given.measure.after])
    return HistoryStudy(opened, weights, graded, state_on(graded, on, weights=weights), on, reduction)


def before_after(study: HistoryStudy) -> Section | None:
    """Whether a measure lowered the rate."""
    measure, found = study.opened.content.measure, study.reduction
    if measure is None or found is None:
        return None
    pair = [study.record(measure.before), study.record(measure.after)]
    rows = [
        (
            say(f"when_{when}"),
            one.title.say(),
            f"{one.n_nonconforming} / {one.n_tested}",
            figure(rate),
            basis_cell({"basis": one.basis, "source": one.source}),
        )
        for when, one, rate in zip(("before", "after"), pair, (found.before, found.after), strict=True)
    ]
    numbers = [
        (
            say("difference"),
            figure(found.difference, 4),
            _interval(found.difference_lo, found.difference_hi),
        ),
        (say("ratio"), figure(found.ratio, 4), _interval(found.ratio_lo, found.ratio_hi)),
        (say("p_reduced"), figure(found.p_reduced, 4), "—"),
    ]
    blocks: list[Block] = [
        Paragraph(measure.title.say()),
        Paragraph(found.say_zh if language() == "zh" else found.say_en, "lead"),
        table(
            "before_table",
            ("col_when", "col_sample", "#col_counts", "#col_rate", "col_basis"),
            rows=rows,
        ),
        table("effect_table", ("col_quantity", "#col_value_of", "#col_ci"), rows=numbers),
    ]
    blocks += [Paragraph(measure.caution.say(), "caution")] if measure.caution else []
    blocks.append(how("effect"))
    return Section("before-after", say("effect_title"), 1, tuple(blocks))


def _interval(low: float, high: float) -> str:
    return f"{figure(low)} – {figure(high)}"


def information_section(study: HistoryStudy) -> Section:
    """The grade of a product after each piece of information, and on a later day."""
    given = study.opened.content
    order = sorted(given.records, key=lambda one: one.date)
    counts: dict[str, list[Information]] = {}
    for one in order:
        counts.setdefault(one.date.isoformat(), []).append(one)
    rows = [
        (str(row["date"])[:10], *_graded(row), _told(counts.get(str(row["date"])[:10], [])))
        for row in records(study.graded)
    ]
    last = records(study.state)
    rows += [(study.on.isoformat(), *_graded(row), say("nothing_new")) for row in last]
    heads = (
        "col_day",
        "#col_effective",
        "#col_rate_interval",
        "#col_above",
        "col_index",
        "col_grade",
        "col_alert",
    )
    lead = say("information_lead", product=given.commodity.say(), maker=given.maker.say())
    w = study.weights
    said = {"half": f"{w.half_life:g}", "limit": f"{w.rate_limit:g}", "alert": f"{w.alert:g}"}
    cells = table("information_table", (*heads, "col_heard"), rows=rows)
    blocks = (
        Paragraph(lead, "lead"),
        cells,
        Paragraph(say("information_numbers", **said), "note"),
        how("information"),
        started_from(study.opened),
    )
    return Section("information", say("information_title"), 1, blocks)


def _graded(row: dict[str, object]) -> tuple[str, ...]:
    number = {name: float(np.nan if pd.isna(row[name]) else row[name]) for name in _GRADED}  # type: ignore[arg-type, call-overload]
    words = [row["grade"], row["grade_lo"], row["grade_hi"]]
    shown = [say(f"info_{word}") if isinstance(word, str) else "—" for word in words]
    grade = shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]} – {shown[2]})"
    rate = f"{figure(number['rate_mean'])} ({_interval(number['rate_lo'], number['rate_hi'])})"
    index = f"{figure(number['index_mean'])} ({_interval(number['index_lo'], number['index_hi'])})"
    alert = say("alert_yes" if bool(row["is_alert"]) else "alert_no")
    return figure(number["effective_tested"]), rate, figure(number["p_above"]), index, grade, alert


_GRADED = (
    "effective_tested",
    "rate_mean",
    "rate_lo",
    "rate_hi",
    "p_above",
    "index_mean",
    "index_lo",
    "index_hi",
)


def _told(heard: list[Information]) -> str:
    return "; ".join(
        f"{one.title.say()} {one.n_nonconforming}/{one.n_tested} "
        f"[{basis_cell({'basis': one.basis, 'source': one.source})}]"
        for one in heard
    )
