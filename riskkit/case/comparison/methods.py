"""One case through every method that fits it, side by side, and why they differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.scenarios import scenario_probability
from riskkit.assessment.severity_mix import mixed_harm
from riskkit.case.case import Assessment
from riskkit.case.case_inputs import draw_inputs, point_of
from riskkit.case.case_levels import evaluate
from riskkit.case.case_numbers import METHOD
from riskkit.case.case_tables import grade_table, scenario_table
from riskkit.case.comparison.differences import REFERENCE, Difference, actions_of, card_of, difference
from riskkit.case.comparison.doses import count_findings, dose_findings
from riskkit.case.comparison.findings import PRODUCT, Finding, UsedInput, misfit
from riskkit.case.comparison.grids import GRIDS, Part, grid_findings, part_levels, scenario_parts
from riskkit.case.comparison.scores import danger_findings, item_findings, triage_findings
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.short_repr import ShownInNotebooks
from riskkit.foundation.standards import risk_matrices, standards
from riskkit.foundation.standards.method_cards import method_cards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.profiles import Profile, profile_names
from riskkit.warning.profiles import profile as shipped_profile

Floats = NDArray[np.float64]
_RISK = scale("risk").codes


@dataclass(frozen=True, repr=False)
class Comparison(ShownInNotebooks):
    """What every method says about a case, and how they stand to each other.

    Parameters
    ----------
    assessment : Assessment
        The case and its assessment.
    findings : tuple of Finding
        One a method and scenario, item or product.
    differences : tuple of Difference
        One a method that fits, against the EU grid; empty where the case was handed over.
    """

    assessment: Assessment
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]

    @property
    def products(self) -> tuple[Finding, ...]:
        """What each method says about the product as a whole."""
        return tuple(one for one in self.findings if one.subject == PRODUCT)

    @property
    def fitting(self) -> tuple[Finding, ...]:
        """The same for the methods that fit."""
        return tuple(one for one in self.products if one.fits)

    @property
    def table(self) -> pd.DataFrame:
        """The findings as a table, one row each.

        Columns: method, subject, fits, misfit, scale, lo, hi, value, action_lo, action_hi, up_factor,
        up_level, down_factor, down_level, is_on_bound, p_level, inputs (name, value, basis), relation,
        reasons (codes), source_id, locator, status.
        """
        found = {one.method: one for one in self.differences}
        return pd.DataFrame([_row(one, found.get(one.method)) for one in self.findings])


def _row(one: Finding, found: Difference | None) -> dict[str, Any]:
    card = card_of(one.method)
    lo, hi = actions_of(one) if one.fits else (None, None)
    names = ("up_factor", "up_level", "down_factor", "down_level", "is_on_bound", "p_level")
    mine = found if one.subject == PRODUCT and one.fits else None
    return {
        "method": one.method,
        "subject": one.subject,
        "fits": one.fits,
        "misfit": one.misfit,
        "scale": card.scale,
        "lo": one.lo,
        "hi": one.hi,
        "value": one.value,
        "action_lo": lo,
        "action_hi": hi,
        **{name: getattr(one, name) for name in names},
        "inputs": tuple((used.name, used.value, used.basis) for used in one.inputs),
        "relation": mine.relation if mine else "",
        "reasons": tuple(code for code, _ in mine.reasons) if mine else (),
        "source_id": card.source_id,
        "locator": card.locator,
        "status": card.status,
    }


def chosen_methods(names: str) -> tuple[str, ...]:
    """Methods named in one text with commas between; all where it says ``all``.

    Parameters
    ----------
    names : str
        Codes of ``method_cards.csv``.

    Raises
    ------
    InputFaults
        With every name that is no method.

    Examples
    --------
    >>> chosen_methods("kinney, lec")
    ('kinney', 'lec')
    """
    every = tuple(method_cards())
    wanted = [one.strip() for one in names.split(",") if one.strip()]
    if wanted in ([], ["all"]):
        return every
    rule = RuleText("all, or of: {}", ", ".join(every))
    refuse("methods", [Fault("methods", shown(one), rule) for one in wanted if one not in every])
    return tuple(one for one in every if one in wanted)


def compare_methods(
    assessment: Assessment, *, methods: Sequence[str] | None = None, rng: np.random.Generator | None = None
) -> Comparison:
    """One case through every method that fits it.

    Parameters
    ----------
    assessment : Assessment
        As from `riskkit.case.case.assess`.
    methods : sequence of str, optional
        Codes of ``method_cards.csv``; all of them otherwise.
    rng : numpy.random.Generator, optional
        Source of the draws behind `p_level`. In the state in which the assessment got it the draws are the
        same. Without it only what the assessment already drew has a probability.

    Returns
    -------
    Comparison

    Raises
    ------
    InputFaults
        With every unknown method.

    References
    ----------
    .. [1] The sources of ``method_cards.csv``; what a level asks for is a house choice
       (``method_actions.csv``).

    Examples
    --------
    >>> from riskkit.case.case import assess
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> found = compare_methods(a, methods=["eu_2024_3173", "eu_presumption"])
    >>> [(one.method, one.lo) for one in found.fitting]
    [('eu_2024_3173', 'low'), ('eu_presumption', 'serious')]
    """
    wanted = chosen_methods("all" if methods is None else ",".join(methods))
    if assessment.lo is None:
        return Comparison(assessment, tuple(misfit(name, "handed_over") for name in wanted), ())
    draws = None if rng is None else _draws(assessment, rng)
    parts = scenario_parts(assessment.case, assessment.scenarios)
    found: list[Finding] = []
    for name in wanted:
        found += _findings(name, assessment, parts, draws=draws)
    base = _on_grid(assessment, parts, draws=draws)
    return Comparison(assessment, tuple(found), _differences(assessment, found, base))


def _draws(assessment: Assessment, rng: np.random.Generator) -> dict[str, Floats]:
    case = assessment.case
    x = draw_inputs(case, assessment.draws, rng=rng)
    matrix = risk_matrices.risk_matrix(METHOD)
    out = {"units": x["units_on_market"]}
    for s in case.scenarios:
        steps = [x[f"{s.id}.p{j}"] for j in range(1, len(s.steps) + 1)]
        p = np.atleast_1d(scenario_probability(steps, matrix=matrix))
        harm = mixed_harm(p, x[f"{s.id}.severity"], mix=s.severity, matrix=matrix)
        out[s.id], out[f"{s.id}.severity"] = harm[:2]
    return out


def _findings(
    name: str, assessment: Assessment, parts: Sequence[Part], *, draws: Mapping[str, Floats] | None
) -> list[Finding]:
    case = assessment.case
    goods = card_of(name).goods
    if goods and case.goods not in goods:
        return [misfit(name, "not_consumer_product")]
    if name in GRIDS and any(s.per == "shipment" for s in case.scenarios):
        return [misfit(name, "per_shipment")]
    if name in GRIDS:
        return grid_findings(name, parts, units=case.known_facts().get("units_on_market"), draws=draws)
    if name in ("moe", "hazard_quotient", "ttc"):
        return dose_findings(case, name)
    ways: dict[str, Callable[[], list[Finding]]] = {
        "eu_presumption": lambda: [_presumption(case)],
        "kinney": lambda: danger_findings(case, "kinney"),
        "lec": lambda: danger_findings(case, "lec"),
        "triage": lambda: _triage(case, _governing(parts)),
        "nonconformity": lambda: item_findings(case),
        "repeated": lambda: count_findings(
            case, {one.subject: one.value for one in item_findings(case) if one.fits}
        ),
        "profile": lambda: _profiles(assessment),
    }
    return ways[name]()


def _triage(case: Case, one: Part) -> list[Finding]:
    return triage_findings(case, p=float(one.p), severity=one.severity)


def _governing(parts: Sequence[Part]) -> Part:
    """The scenario that gives the EU grid its level; of several the more severe, then the likelier."""
    levels = part_levels(parts, risk_matrices.risk_matrix(GRIDS[REFERENCE][0]))
    ranked = zip(map(_RISK.index, levels), parts, strict=True)
    return max(ranked, key=lambda one: (one[0], one[1].severity, one[1].p))[1]


def _presumption(case: Case) -> Finding:
    if not case.presumptions:
        return misfit("eu_presumption", "no_ground")
    grounds = ", ".join(one.ground for one in case.presumptions)
    return Finding(
        "eu_presumption", PRODUCT, "serious", "serious", inputs=(UsedInput("ground", grounds, "judged"),)
    )


def _profiles(assessment: Assessment) -> list[Finding]:
    given = [name for name, kind in standards.facts().items() if kind.is_given]
    unknown = assessment.missing or [name for name in given if name not in assessment.case.known_facts()]
    ranks = {
        str(name): float(rank)
        for name, rank in zip(assessment.grades.index, assessment.grades["lo"], strict=True)
    }
    grades = [UsedInput(name, rank, "derived") for name, rank in ranks.items()]
    found = []
    for row in records(assessment.profiles):
        lo, hi = str(row["level"]), str(row["level_hi"])
        inputs = [UsedInput(name, math.nan, "missing") for name in unknown] if lo != hi else []
        share = float(row["share"]) if lo == hi else math.nan
        method = f"profile:{row['profile']}"
        found.append(Finding(method, PRODUCT, lo, hi, inputs=(*grades, *inputs), p_level=share))
    return found


def _on_grid(assessment: Assessment, parts: Sequence[Part], *, draws: Mapping[str, Floats] | None) -> Finding:
    return grid_findings(REFERENCE, parts, units=None, draws=draws)[-1]


def _differences(assessment: Assessment, found: Sequence[Finding], base: Finding) -> tuple[Difference, ...]:
    case = assessment.case
    used = {f"profile:{one.name}": one for one in _all_profiles(assessment)}
    rows = []
    for one in found:
        if one.subject != PRODUCT or not one.fits or one.method == REFERENCE:
            continue
        profile = used.get(one.method)
        grades = _profile_grades(case, profile) if profile else {}
        counts_risk = profile is not None and "risk" in profile.factors
        rows.append(difference(one, base, case=case, grades=grades, counts_risk=counts_risk))
    return tuple(rows)


def _all_profiles(assessment: Assessment) -> tuple[Profile, ...]:
    shipped = [shipped_profile(name) for name in profile_names()]
    own = assessment.profile
    return (own, *(one for one in shipped if one.name != own.name))


def _profile_grades(case: Case, profile: Profile) -> dict[str, int]:
    """The proven grades of the scenario that governs under a profile, of the factors it uses."""
    at = {name: np.array([value]) for name, value in point_of(case).items()}
    now = evaluate(case, at, profile=profile)
    table = grade_table(scenario_table(case, now, now), now, profile=profile)
    used = {*profile.factors, *(factor for factor, _, _ in profile.raises), "trigger"}
    rows = zip(table.index, table["lo"], strict=True)
    return {str(name): int(rank) for name, rank in rows if name in used}
