"""A case by methods that compare a dose with a value, and by its test counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.special import betainc

from riskkit.assessment.chemical.doses import exposure_dose
from riskkit.assessment.chemical.hazard_quotients import (
    hazard_quotient,
    margin_of_exposure,
    moe_concern,
    toxicological_concern,
)
from riskkit.assessment.facts.case_file import Case, Dose, Fact
from riskkit.assessment.what_if.repeated_information import house_weights, repeated_information, state_on
from riskkit.case.comparison.findings import PRODUCT, Finding, UsedInput, basis_word, misfit
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards.method_numbers import method_number, score_bands
from riskkit.foundation.standards.scales import scale

_UG_PER_MG = 1e3


def dose_findings(case: Case, method: str) -> list[Finding]:
    """Each dose of the case compared with its value, and the product: its worst substance.

    Parameters
    ----------
    case : Case
        The case.
    method : str
        ``moe``, ``hazard_quotient`` or ``ttc``.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> dose_findings(load_case("note7-battery-2016"), "moe")[0].misfit
    'no_dose'
    """
    judge = {"moe": _margin, "hazard_quotient": _quotient, "ttc": _threshold}[method]
    rows = [found for dose in case.methods.exposure if (found := judge(dose)) is not None]
    if not any(row.fits for row in rows):
        return [misfit(method, rows[0].misfit if rows else "no_dose")]
    return [*rows, _worst(row for row in rows if row.fits)]


def _worst(rows: Iterable[Finding]) -> Finding:
    found = list(rows)
    codes = scale(found[0].method).codes
    one = max(found, key=lambda row: codes.index(str(row.lo)))
    return Finding(
        one.method,
        PRODUCT,
        one.lo,
        one.hi,
        value=one.value,
        inputs=one.inputs,
        up_factor=one.up_factor,
        up_level=one.up_level,
        down_factor=one.down_factor,
        down_level=one.down_level,
        is_on_bound=one.is_on_bound,
    )


def _dose(dose: Dose) -> tuple[float, UsedInput]:
    """The dose [mg/kg bw/d] as best known."""
    if dose.dose is not None:
        value, basis = float(best(dose.dose.value)), basis_word(dose.dose.basis)
    else:
        value, basis = float(exposure_dose(str(dose.route), dose.inputs)), basis_word(dose.basis)
    return value, UsedInput("dose", value, basis)


def _compared(name: str, fact: Fact) -> tuple[float, UsedInput]:
    value = float(best(fact.value))
    return value, UsedInput(name, value, basis_word(fact.basis))


def _two_classes(
    method: str, dose: Dose, value: float, *, is_worse: bool, factor: float, inputs: Sequence[UsedInput]
) -> Finding:
    """A finding of a method with one bound; `factor` on the dose reaches it."""
    mild, worse = scale(method).codes
    level = worse if is_worse else mild
    on = math.isclose(factor, 1.0, rel_tol=1e-9)
    up = (math.nan, "") if is_worse else (max(factor, 1.0), worse)
    down = (min(factor, 1.0), mild) if is_worse else (math.nan, "")
    return Finding(
        method,
        dose.id,
        level,
        level,
        value=value,
        inputs=tuple(inputs),
        up_factor=up[0],
        up_level=up[1],
        down_factor=down[0],
        down_level=down[1],
        is_on_bound=on,
    )


def _margin(dose: Dose) -> Finding | None:
    if dose.reference_point is None or dose.reference_kind is None:
        return None
    exposed, used = _dose(dose)
    point, compared = _compared("reference_point", dose.reference_point)
    margin = float(margin_of_exposure(point, exposed))
    is_worse = bool(moe_concern(margin, basis=dose.reference_kind)[0])
    factor = margin / method_number("moe", dose.reference_kind)
    return _two_classes("moe", dose, margin, is_worse=is_worse, factor=factor, inputs=(used, compared))


def _quotient(dose: Dose) -> Finding | None:
    if dose.guidance_value is None:
        return None
    exposed, used = _dose(dose)
    value, compared = _compared("guidance_value", dose.guidance_value)
    quotient, limit = float(hazard_quotient(exposed, value)), method_number("hazard_index", "limit")
    factor = limit / quotient if quotient > 0 else math.inf
    inputs = (used, compared)
    return _two_classes(
        "hazard_quotient", dose, quotient, is_worse=quotient > limit, factor=factor, inputs=inputs
    )


def _threshold(dose: Dose) -> Finding | None:
    if dose.structure is None:
        return None
    exposed, used = _dose(dose)
    row = toxicological_concern(exposed * _UG_PER_MG, dose.structure, exclusions=dose.exclusions).iloc[0]
    if row["outcome"] == "excluded":
        return Finding("ttc", dose.id, misfit="excluded", inputs=(used,))
    ratio = float(row["ratio"])
    factor = 1 / ratio if ratio > 0 else math.inf
    inputs = (used, UsedInput("structure", dose.structure, basis_word(dose.basis)))
    return _two_classes("ttc", dose, ratio, is_worse=row["outcome"] == "above", factor=factor, inputs=inputs)


def count_findings(case: Case, hazard_scores: dict[str, float]) -> list[Finding]:
    """The moving weighted average of the case's tests, with the hazard grade of what failed.

    Parameters
    ----------
    case : Case
        The case.
    hazard_scores : dict of str to float
        Hazard score 1–4 by nonconforming item.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> count_findings(load_case("note7-battery-2016"), {})[0].misfit
    'no_tests'
    """
    batches = case.methods.tests
    if not batches:
        return [misfit("repeated", "no_tests")]
    table = _records(case, hazard_scores)
    scored = table["hazard_score"].notna() | (table["n_nonconforming"] == 0)
    basis = "judged" if any(one.basis == "judgement" for one in batches) else "case"
    counts = UsedInput("tests", f"{table['n_nonconforming'].sum()}/{table['n_tested'].sum()}", basis)
    if not scored.all() or not (table["n_nonconforming"] > 0).any():
        return [Finding("repeated", PRODUCT, misfit="no_hazard_grade", inputs=(counts,))]
    weights = house_weights()
    row = state_on(repeated_information(table, weights=weights), case.assessed_on, weights=weights).iloc[0]
    grade, index = str(row["grade"]), float(row["index_mean"])
    inputs = (counts, UsedInput("hazard_grade", float(row["hazard_mean"]), "derived"))
    edges, codes = score_bands("repeated").edges, scale("repeated").codes
    at = codes.index(grade)
    return [
        Finding(
            "repeated",
            PRODUCT,
            grade,
            grade,
            value=index,
            inputs=inputs,
            up_factor=edges[at] / index if at < len(edges) else math.nan,
            up_level=codes[at + 1] if at < len(edges) else "",
            down_factor=edges[at - 1] / index if at else math.nan,
            down_level=codes[at - 1] if at else "",
            p_level=_posterior(row, at, edges=edges),
        )
    ]


def _records(case: Case, hazard_scores: dict[str, float]) -> pd.DataFrame:
    """The batches as the moving average reads them: one product, one maker."""
    rows = [
        {
            "commodity": "case",
            "maker": "case",
            "date": (one.date or case.assessed_on).isoformat(),
            "n_tested": one.trials,
            "n_nonconforming": one.events,
            "hazard_score": hazard_scores.get(str(one.item), math.nan),
        }
        for one in case.methods.tests
    ]
    return pd.DataFrame(rows)


def _posterior(row: pd.Series, at: int, *, edges: Sequence[float]) -> float:
    """Posterior probability that rate × hazard lies in its class."""
    weights = house_weights()
    bad, tested = float(row["effective_nonconforming"]), float(row["effective_tested"])
    a, b = weights.alpha + bad, weights.beta + tested - bad
    bounds = np.clip(np.array([0.0, *edges, np.inf]) / float(row["hazard_mean"]), 0.0, 1.0)
    return float(betainc(a, b, bounds[at + 1]) - betainc(a, b, bounds[at]))
