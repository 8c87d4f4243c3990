"""Doses of substances, and what they are held against, as sections in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.chemical.doses import exposure_dose, read_exposure
from riskkit.assessment.chemical.hazard_quotients import (
    hazard_index,
    hazard_quotient,
    margin_of_exposure,
    moe_concern,
    moe_percentiles,
    toxicological_concern,
)
from riskkit.assessment.sensitivity.indices import morris, sobol
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.numbers.distributions import Floats, quantile
from riskkit.foundation.numbers.uncertainty import draw
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import method_text as say
from riskkit.words.numbers import figure
from riskkit.workbench.document.block_kinds import Paragraph
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.words import table
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.reports.methods.example_records import Dose, Doses
from riskkit.workbench.reports.methods.tree_sections import drivers
from riskkit.workbench.reports.methods.words import basis_cell, how, published, started_from
from riskkit.workbench.runs.result import ResultRecord

_UG_PER_MG = 1000.0


@dataclass(frozen=True)
class DoseStudy:
    """Doses with all that is said of them."""

    opened: OpenFile[Doses]
    table: pd.DataFrame
    draws: dict[str, Floats]
    index: pd.DataFrame
    moe_low: pd.DataFrame
    morris: pd.DataFrame
    sobol: pd.DataFrame
    asked: str

    def name(self, id_: str) -> str:
        """A dose in words."""
        return next(one.title.say() for one in self.opened.content.doses if one.id == id_)


def study_doses(
    opened: OpenFile[Doses], *, asked: str, draws: int, rng: np.random.Generator, base: int = 1024
) -> DoseStudy:
    """Everything the notebook shows of doses."""
    given = {one.id: one for one in opened.content.doses}
    rule = one_of(asked, given)
    refuse(opened.name, [] if asked in given else [Fault("asked", shown(asked), rule)])
    found = pd.DataFrame([_row(one) for one in given.values()])
    drawn = {id_: _draws(one, draws, rng) for id_, one in given.items() if one.uncertain}
    one = given[asked]
    screened, shares = pd.DataFrame(), pd.DataFrame()
    if one.uncertain:
        screened = morris(one.uncertain, lambda x: _dose(one, x), rng=rng)
        shares = sobol(one.uncertain, lambda x: _dose(one, x), n=base, rng=rng)
    lows = [_moe_low(given[id_], values) for id_, values in drawn.items() if given[id_].reference_point]
    return DoseStudy(opened, found, drawn, _index(found, given), pd.DataFrame(lows), screened, shares, asked)


def _dose(one: Dose, given: Mapping[str, Any]) -> Any:
    return np.nan if one.route is None else exposure_dose(one.route, one.inputs | dict(given))


def _draws(one: Dose, n: int, rng: np.random.Generator) -> Floats:
    inputs = {name: draw(dist, n, rng=rng) for name, dist in one.uncertain.items()}
    return np.asarray(np.broadcast_to(_dose(one, inputs), (n,)), dtype=np.float64)


def _row(one: Dose) -> dict[str, Any]:
    dose = float(_dose(one, {}))
    row: dict[str, Any] = {"id": one.id, "dose": dose, "hq": np.nan, "moe": np.nan, "is_concern": None}
    if one.guidance_value:
        row["hq"] = hazard_quotient(dose, one.guidance_value)
    if one.reference_point and one.moe_basis:
        row["moe"] = margin_of_exposure(one.reference_point, dose)
        row["is_concern"] = moe_concern(row["moe"], basis=one.moe_basis).item()
    row |= {"ttc": np.nan, "ttc_ratio": np.nan, "ttc_outcome": None}
    if one.ttc_group:
        held = toxicological_concern(dose * _UG_PER_MG, one.ttc_group, exclusions=one.ttc_exclusions).iloc[0]
        row |= {"ttc": held["threshold"], "ttc_ratio": held["ratio"], "ttc_outcome": held["outcome"]}
    return row


def _index(found: pd.DataFrame, given: Mapping[str, Dose]) -> pd.DataFrame:
    rows = [
        (one.substance, one.organ, dose, one.guidance_value or np.nan)
        for one, dose in zip(given.values(), found["dose"], strict=True)
        if one.organ
    ]
    columns = ["substance", "organ", "exposure", "guidance_value"]
    return hazard_index(pd.DataFrame(rows, columns=columns)) if rows else pd.DataFrame()


def _moe_low(one: Dose, values: Floats) -> dict[str, Any]:
    low = moe_percentiles(values, one.reference_point or np.nan, probs=[0.001, 0.01, 0.05])
    return {"id": one.id, **dict(zip(("p001", "p01", "p05"), map(float, low), strict=True))}


def dose_table(study: DoseStudy) -> Section:
    """The doses with their inputs."""
    rows = []
    for one, dose in zip(study.opened.content.doses, study.table["dose"], strict=True):
        ends = "—"
        if one.id in study.draws:
            low, high = np.quantile(study.draws[one.id], [0.05, 0.95])
            ends = f"{figure(float(low))} – {figure(float(high))}"
        basis = basis_cell({"basis": one.basis, "source": one.source})
        rows.append((one.title.say(), _inputs(one), figure(dose, 4), ends, basis))
    heads = ("col_substance", "col_inputs", "#col_dose", "#col_ends", "col_basis")
    cells = table("dose_table", heads, rows=rows)
    blocks = (cells, how("dose"), started_from(study.opened))
    return Section("doses", say("dose_title"), 1, blocks)


def _inputs(one: Dose) -> str:
    if one.route is None:
        return say("no_dose")
    known = standards.table("exposure_inputs")
    words = {row["input"]: row for row in records(known[known["route"] == one.route])}
    values = read_exposure(one.route, one.inputs)
    told = [_input(name, float(value), one, known=words[name]) for name, value in values.items()]
    return f"{say(f'route_{one.route}')}: " + "; ".join(told)


def _input(name: str, value: float, one: Dose, *, known: Mapping[str, Any]) -> str:
    """An input with its unit, and its 5–95 % where it is uncertain."""
    unit = "" if known["unit"] == "1" else f" {known['unit']}"
    ends = ""
    if name in one.uncertain:
        low, high = (float(q) for q in quantile(one.uncertain[name], [0.05, 0.95]))
        ends = f" ({figure(low)} – {figure(high)})"
    return f"{known[language()]} {value:.4g}{unit}{ends}"


def dose_margins(study: DoseStudy) -> Section:
    """What each dose is held against: guidance value, reference point, threshold of concern."""
    rows = []
    for one, row in zip(study.opened.content.doses, records(study.table), strict=True):
        moe = "—"
        if one.reference_point:
            key = {True: "moe_concern", False: "moe_low", None: "not_known"}[row["is_concern"]]
            moe = f"{figure(row['moe'])}: {say(key)}" if np.isfinite(row["moe"]) else say("not_known")
        rows.append(
            (
                one.title.say(),
                figure(one.guidance_value or np.nan),
                _quotient(one, row["hq"]),
                figure(one.reference_point or np.nan),
                moe,
                _threshold(one, row),
            )
        )
    heads = ("col_substance", "#col_guidance", "col_hq", "#col_reference", "col_moe", "col_ttc")
    blocks = [table("margin_table", heads, rows=rows)]
    low = [
        (study.name(row["id"]), *(figure(row[name]) for name in ("p001", "p01", "p05")))
        for row in records(study.moe_low)
    ]
    if low:
        blocks.append(
            table("moe_low_table", ("col_substance", "#col_p001", "#col_p01", "#col_p05"), rows=low)
        )
    return Section("dose-margins", say("margin_title"), 1, (*blocks, how("margin")))


def _quotient(one: Dose, quotient: float) -> str:
    if not one.guidance_value:
        return "—"
    if np.isnan(quotient):
        return say("not_known")
    above = quotient > method_number("hazard_index", "limit")
    return f"{figure(quotient)}: {say('is_above' if above else 'is_not_above')}"


def _threshold(one: Dose, row: Mapping[str, Any]) -> str:
    if not one.ttc_group:
        return "—"
    if row["ttc_outcome"] is None:
        return say("not_known")
    if row["ttc_outcome"] == "excluded":
        known = standards.table("ttc_exclusions").set_index("exclusion")
        return say("ttc_excluded", why="; ".join(str(known.at[x, language()]) for x in one.ttc_exclusions))
    said = {"ratio": figure(row["ttc_ratio"]), "threshold": figure(row["ttc"])}
    return say(f"ttc_{row['ttc_outcome']}", **said)


def organ_index(study: DoseStudy) -> Section | None:
    """The hazard index of each target organ."""
    if study.index.empty:
        return None
    rows = [
        (
            say(f"organ_{row['organ']}") if f"organ_{row['organ']}" in _ORGANS else str(row["organ"]),
            figure(row["hazard_index"]),
            str(row["n_substances"]),
            str(row["n_missing"]),
            _above(row["is_above"]),
            str(row["main_substance"]),
        )
        for row in records(study.index.reset_index())
    ]
    heads = ("col_organ", "#col_hi", "#col_substances", "#col_missing", "col_above_limit", "col_main")
    cells = table("index_table", heads, rows=rows)
    return Section("organ-index", say("index_title"), 1, (cells, how("index")))


_ORGANS = ("organ_kidney_acute", "organ_kidney_chronic", "organ_testis")


def _above(found: object) -> str:
    if pd.isna(found):  # type: ignore[call-overload]
        return say("not_known")
    return say("is_above" if found else "is_not_above")


def dose_drivers(study: DoseStudy) -> Section:
    """Which uncertain inputs the dose asked about hangs on."""
    known = standards.table("exposure_inputs").drop_duplicates("input").set_index("input")
    names = {str(name): str(known.at[name, language()]) for name in known.index}
    found = drivers(study.morris, study.sobol, names=names)
    lead = Paragraph(say("dose_asked", name=study.name(study.asked)), "lead")
    return Section(found.id, found.title, 1, (lead, *found.blocks))


def publish_doses(study: DoseStudy, *, seed: int) -> ResultRecord:
    """Put the doses and what drives them into the notebook, where the runner reads it back."""
    found = {
        "doses": study.table,
        "index": study.index.reset_index(),
        "moe_low": study.moe_low,
        "morris": study.morris.reset_index(),
        "sobol": study.sobol.reset_index(),
    }
    settings = {"seed": seed, "asked": study.asked}
    return published("doses", study.opened, settings=settings, **found)
