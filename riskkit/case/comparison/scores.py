"""A case by methods that score: Kinney, LEC, PRISM's triage, and the hazard grade of nonconforming items."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from riskkit.assessment.facts.case_file import Case, DangerFactors, NonconformingItem
from riskkit.assessment.nonconformity import exceedance, hazard_grade
from riskkit.assessment.scoring import danger_score, on_class_bound, score_class, triage
from riskkit.case.comparison.findings import PRODUCT, Finding, UsedInput, basis_word, misfit
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import score_bands
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records

_USERS = {"general": 0, "vulnerable": 1, "very_vulnerable": 2}
# "More than 500,000 items": the score could not be read, so the lowest there is counts, up to no bound.
_UNREADABLE = (("unknown",), "derived:over_500k")
_TRIAGE_BANDS = (
    (1 / 2, "over_half"),
    (1e-1, "over_1e-1"),
    (1e-2, "over_1e-2"),
    (1e-3, "over_1e-3"),
    (1e-4, "over_1e-4"),
    (1e-5, "over_1e-5"),
    (1e-6, "over_1e-6"),
)


def danger_findings(case: Case, method: str) -> list[Finding]:
    """Kinney's score or the LEC's D of the scenario it was judged for; both are never mixed.

    Parameters
    ----------
    case : Case
        The case.
    method : str
        ``kinney`` or ``lec``.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> len(danger_findings(load_case("note7-battery-2016"), "kinney"))
    1
    """
    given: DangerFactors | None = getattr(case.methods, method)
    if given is None:
        return [misfit(method, "not_judged")]
    score = float(danger_score(given.probability, given.exposure, given.consequence, method=method))
    edges, codes = score_bands(method).edges, scale(method).codes
    level = str(score_class(score, method=method))
    at = codes.index(level)
    inputs = (
        ("likelihood", given.probability),
        ("frequency", given.exposure),
        ("severity", given.consequence),
    )
    return [
        Finding(
            method,
            PRODUCT,
            level,
            level,
            value=score,
            inputs=tuple(UsedInput(name, value, "judged") for name, value in inputs),
            up_factor=edges[at] / score if at < len(edges) else math.nan,
            up_level=codes[at + 1] if at < len(edges) else "",
            down_factor=edges[at - 1] / score if at else math.nan,
            down_level=codes[at - 1] if at else "",
            is_on_bound=bool(on_class_bound(score, method=method)),
        )
    ]


def triage_findings(case: Case, *, p: float, severity: int) -> list[Finding]:
    """PRISM's triage of the case: derived from its facts where it can be, a range where answers are open.

    Parameters
    ----------
    case : Case
        The case.
    p : float
        Probability of harm of the scenario that governs.
    severity : int
        Its severity, 1–4.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> triage_findings(load_case("drop-side-cribs-2009"), p=4e-6, severity=4)[0].lo
    'required'
    """
    answers = {
        "rationale": _rationale(case),
        "hazards": _hazards(case),
        "severity": ((str(severity),), "judged"),
        "probability": ((_triage_band(p),), "judged"),
        "prevalence": _prevalence(case),
    }
    if not answers["rationale"][0]:
        return [misfit("triage", "not_judged")]
    ends = _triage_ends({name: choices for name, (choices, _) in answers.items()})
    words = {"hazards": "n_hazards", "prevalence": "units"}
    inputs = tuple(
        UsedInput(words.get(name, name), _answer(choices, basis), basis.partition(":")[0])
        for name, (choices, basis) in answers.items()
    )
    lo, hi = (str(word) for word in ends["outcome"])
    total, top = float(ends["total"].iloc[0]), scale("triage").codes[-1]
    if answers["prevalence"] != _UNREADABLE:
        return [Finding("triage", PRODUCT, lo, hi, value=total, inputs=inputs)]
    reasons = (("unreadable_score", ()),) if lo != top else ()
    return [Finding("triage", PRODUCT, lo, top, value=total, inputs=inputs, reasons=reasons)]


def _answer(choices: Sequence[str], basis: str) -> float | str:
    """The answer given; the one whose score could not be read by its own name."""
    return basis.partition(":")[2] or (choices[0] if len(choices) == 1 else math.nan)


def _triage_ends(answers: dict[str, Sequence[str]]) -> pd.DataFrame:
    """The triage with every open answer at its lowest and at its highest score."""
    scores: dict[str, dict[str, int]] = {}
    for row in records(standards.table("triage_scores")):
        scores.setdefault(str(row["item"]), {})[str(row["choice"])] = int(row["score"])
    ordered = {item: sorted(choices, key=scores[item].__getitem__) for item, choices in answers.items()}
    return triage(pd.DataFrame([{item: one[end] for item, one in ordered.items()} for end in (0, -1)]))


def _triage_band(p: float) -> str:
    return next((choice for bound, choice in _TRIAGE_BANDS if p > bound * (1 + 1e-9)), "under_1e-6")


def _known(case: Case, name: str) -> float:
    known = case.known_facts().get(name)
    return float(best(known.value)) if known else math.nan


def _rationale(case: Case) -> tuple[tuple[str, ...], str]:
    given = case.methods.triage
    if given is not None and given.rationale is not None:
        return (given.rationale,), "judged"
    n_reports, injured = _known(case, "n_reports"), _known(case, "injured")
    if math.isnan(n_reports) or n_reports < 1:
        return (), "missing"
    several = "multiple_complaints" if n_reports >= 2 else "single_complaint"
    none = "no_incident" if n_reports >= 2 else "no_harm"
    ends = ["harm"] if injured > 0 else [none] if injured == 0 else [none, "harm"]
    return tuple(f"{several}_{end}" for end in ends), "derived" if len(ends) == 1 else "missing"


def _hazards(case: Case) -> tuple[tuple[str, ...], str]:
    given = case.methods.triage
    if given is not None and given.hazards is not None:
        return (given.hazards,), "judged"
    if len(case.hazards) == 1:
        return ("one",), "derived"
    return ("several_one_significant", "several_significant"), "missing"


def _prevalence(case: Case) -> tuple[tuple[str, ...], str]:
    given = case.methods.triage
    if given is not None and given.prevalence is not None:
        return (given.prevalence,), "judged"
    units = _known(case, "units_on_market")
    if math.isnan(units):
        return ("unknown",), "derived"
    if units > 500_000:
        return _UNREADABLE
    if units > 100_000:
        return ("over_100k_falling", "over_100k_stable"), "missing"
    return ("10k_100k" if units >= 10_000 else "under_10k_stable",), "derived"


def item_findings(case: Case) -> list[Finding]:
    """Hazard grade of each nonconforming item, and of the product: its worst item.

    Parameters
    ----------
    case : Case
        The case; severity and users are those of the scenario the item leads to.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> item_findings(load_case("note7-battery-2016"))[0].misfit
    'no_finding'
    """
    items = case.methods.nonconformity
    if not items:
        return [misfit("nonconformity", "no_finding")]
    known = pd.DataFrame([_item_row(case, item) for item in items])
    graded = hazard_grade(known)
    codes = scale("nonconformity").codes
    rows = []
    for item, row, grade in zip(items, known.to_dict("records"), graded.to_dict("records"), strict=True):
        bases = (basis_word(item.basis), basis_word(item.basis), "judged", "derived")
        names = ("nonconformity_kind", "exceedance", "severity", "users")
        values = (row["kind"], row["exceedance"], float(row["severity"]), float(row["users"]))
        inputs = tuple(UsedInput(n, v, b) for n, v, b in zip(names, values, bases, strict=True))
        level = str(grade["grade"])
        up = codes[min(codes.index(level) + 1, len(codes) - 1)] if grade["raised_by"] else ""
        rows.append(
            Finding("nonconformity", item.id, level, level, value=grade["score"], inputs=inputs, up_level=up)
        )
    worst = max(rows, key=lambda row: codes.index(str(row.lo)))
    product = Finding(
        "nonconformity",
        PRODUCT,
        worst.lo,
        worst.hi,
        value=worst.value,
        inputs=worst.inputs,
        up_level=worst.up_level,
    )
    return [*rows, product]


def _item_row(case: Case, item: NonconformingItem) -> dict[str, object]:
    scenario = next(one for one in case.scenarios if one.id == item.scenario)
    level = max(scenario.severity, key=lambda pair: (pair[1], pair[0]))[0]
    ends = [math.nan if item.measured is None else item.measured, 1.0 if item.limit is None else item.limit]
    far = exceedance(np.array([ends[0]]), np.array([ends[1]]), worse=item.worse)[0]
    return {"kind": item.kind, "exceedance": far, "severity": level, "users": _USERS[scenario.users]}
