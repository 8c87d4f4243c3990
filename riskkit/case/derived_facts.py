"""Facts that a case does not state but that follow from it: doses, expected victims, what cannot be."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from riskkit.assessment.chemical.doses import exposure_dose
from riskkit.assessment.facts.case_file import Case, Dose, Scenario
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.numbers.uncertainty import Changed, Distribution, Fixed, Floats, Unknown, best
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_numbers import method_number

# Facts that belong to one scenario: rules that name them are judged scenario by scenario.
SCENARIO_FACTS = frozenset({"hazard_quotient", "user_vulnerability", "is_lasting_agent"})
# Facts that rise with the probability of a scenario.
EXPECTED = {"expected_deaths": 4, "expected_serious": 3}

# Grounds that say how grave a risk is, and name no defect.
_NO_DEFECT = {"serious_and_unprotected", "operator_says_serious"}

Limits = Mapping[str, tuple[Floats, Floats]]
_VULNERABILITY = {"general": 0.0, "vulnerable": 1.0, "very_vulnerable": 2.0}


@functools.cache
def _lasting_agents() -> frozenset[str]:
    agents = standards.table("agents")
    return frozenset(agents.loc[agents["is_lasting"] == "yes", "agent"])


def quotient_inputs(case: Case) -> dict[str, Distribution]:
    """How far each dose goes of what is tolerable, as an input: ``hazard_quotient.<dose>``.

    The hazard quotient; or the margin of exposure that is asked for ÷ the margin there is; the higher of the
    two. Without either the dose ÷ the threshold of toxicological concern, unless the substance is excluded
    from it. Above 1 each says that the dose is of concern. What a dose is compared with counts at its best
    estimate: it is set by an authority, not measured.

    References
    ----------
    .. [1] MCRA documentation (``mcra_docs``); EFSA (``efsa_moe_2005``, ``efsa_ttc_2019``).

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> quotients = quotient_inputs(load_case("cadmium-jewellery-2010"))
    >>> round(float(best(quotients["hazard_quotient.cadmium_mouthed"])))
    1467
    """
    compared = [(dose, _per_unit_dose(dose)) for dose in case.methods.exposure]
    return {f"hazard_quotient.{dose.id}": _quotient(dose, per) for dose, per in compared if per is not None}


def _per_unit_dose(dose: Dose) -> Fraction | None:
    """Quotient for a dose of 1 mg/kg bw/d; None where there is nothing to compare it with."""
    found = []
    if dose.guidance_value is not None:
        found.append(1 / best(dose.guidance_value.value))
    if dose.reference_point is not None and dose.reference_kind is not None:
        asked = exact(method_number("moe", dose.reference_kind))
        found.append(asked / best(dose.reference_point.value))
    if not found and dose.structure is not None and not dose.exclusions:
        thresholds = standards.table("ttc").set_index("group")["value"]
        found.append(1000 / exact(float(thresholds[dose.structure])))  # thresholds are in µg/kg bw/d
    return max(found, default=None)


def _quotient(dose: Dose, per_unit: Fraction) -> Distribution:
    if dose.dose is None:
        return Fixed(exact(float(exposure_dose(str(dose.route), dose.inputs))) * per_unit)
    known = dose.dose.value
    return Fixed(known.value * per_unit) if isinstance(known, Fixed) else Changed(known, Fixed(per_unit))


def scenario_facts(case: Case, s: Scenario, x: Mapping[str, Floats]) -> tuple[dict[str, Floats], Limits]:
    """What holds of one scenario: who is harmed, by what agent, at what hazard quotient.

    Parameters
    ----------
    case : Case
        The case.
    s : Scenario
        One of its scenarios.
    x : mapping of str to ndarray
        Inputs, those of `quotient_inputs` included.

    Returns
    -------
    dict of str to ndarray, mapping
        The facts, and bounds of the hazard quotient where a dose of a toxic hazard is not known: at least
        what the known doses give.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("note7-battery-2016")
    >>> scenario_facts(case, case.scenarios[0], {})[0]["hazard_quotient"].tolist()
    [0.0]
    """
    hazard = next(hazard for hazard in case.hazards if hazard.id == s.hazard)
    doses = [dose for dose in case.methods.exposure if dose.scenario == s.id]
    known = [x[f"hazard_quotient.{dose.id}"] for dose in doses if f"hazard_quotient.{dose.id}" in x]
    highest: Floats = np.max(np.broadcast_arrays(np.zeros(1), *known), axis=0)
    is_open = len(known) < len(doses) or (hazard.group == "toxicity" and not doses)
    facts = {
        "user_vulnerability": np.array([_VULNERABILITY[s.users]]),
        "is_lasting_agent": np.array([float(hazard.agent in _lasting_agents())]),
        "hazard_quotient": np.full(1, np.nan) if is_open else highest,
    }
    return facts, ({"hazard_quotient": (highest, np.full(1, math.inf))} if is_open else {})


def bounded_facts(case: Case) -> dict[str, tuple[Floats, Floats]]:
    """Bounds of the facts that are not known but bounded.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> bounded_facts(load_case("note7-battery-2016"))
    {}
    """
    return {
        name: (np.array([fact.value.at_least]), np.array([fact.value.at_most]))
        for name, fact in case.facts.items()
        if isinstance(fact.value, Unknown)
    }


def defect_found(case: Case) -> bool | None:
    """Whether the case holds that the product has a defect; None where it says nothing of one.

    A defect is a presumption's ground that names one, or a safety requirement that the product fails.

    References
    ----------
    .. [1] Defect: SAMR order 19, Art. 3 (``samr_order_19``).

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> defect_found(load_case("note7-battery-2016")), defect_found(load_case("magnet-sets-2012"))
    (True, None)
    """
    grounds = {one.ground for one in case.presumptions} - _NO_DEFECT
    failed = any(one.kind == "safety" for one in case.methods.nonconformity)
    return True if grounds or failed else None


def expected_victims(
    case: Case, x: Mapping[str, Floats], p: Mapping[str, Floats], *, units: Floats
) -> dict[str, Floats]:
    """Expected deaths and serious injuries: units × probability × share of that severity, summed.

    Parameters
    ----------
    case : Case
        The case; only scenarios of harm to health count.
    x : mapping of str to ndarray
        Inputs, for the severity of a scenario that has only one.
    p : mapping of str to ndarray
        Probability of harm over the life of one unit, by scenario.
    units : ndarray
        Units on the market and with consumers; NaN where not known.

    Returns
    -------
    dict of str to ndarray
        ``expected_deaths`` [persons]: harm of severity 4, life-threatening, so an upper value for deaths;
        ``expected_serious`` [persons]: harm of severity 3. Both over the remaining life of the units.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("takata-inflators-2017")
    >>> x = {f"{s.id}.severity": np.array([float(s.severity[0][0])]) for s in case.scenarios}
    >>> p = {s.id: np.array([1e-6]) for s in case.scenarios}
    >>> {name: round(float(n[0])) for name, n in
    ...  expected_victims(case, x, p, units=np.array([2e7])).items()}
    {'expected_deaths': 20, 'expected_serious': 20}
    """
    out = {}
    for name, level in EXPECTED.items():
        per_unit: Floats = np.zeros(1)
        for s in case.scenarios:
            if s.harm == "health":
                per_unit = per_unit + p[s.id] * _share(s, x[f"{s.id}.severity"], level)
        out[name] = units * per_unit
    return out


def _share(s: Scenario, severity: Floats, level: int) -> Floats | float:
    """Share of the harm at a severity: of the mix, or all of it where there is but one severity."""
    if len(s.severity) > 1:
        return dict(s.severity).get(level, 0.0)
    return np.asarray(severity == level, dtype=np.float64)


def settled_facts(case: Case, facts: Mapping[str, Floats]) -> dict[str, Floats]:
    """Facts that are not stated but cannot be other than 0.

    Nobody was harmed: nobody died. It is not on sale: none is left in trade. It is not imported: its import
    is not prohibited. It was sold in one country: nobody was harmed elsewhere. No recall was carried out
    before the assessment: no remedy has failed.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> nan = np.array([np.nan])
    >>> names = ("deaths", "serious_injuries", "units_on_sale", "deaths_elsewhere", "serious_elsewhere",
    ...          "is_prohibited_import", "remedy_failed", "n_countries", "is_on_sale")
    >>> facts = {name: nan for name in names} | {"injured": np.array([0.0])}
    >>> float(settled_facts(load_case("takata-inflators-2017"), facts)["deaths"][0])
    0.0
    """
    remedies = [one for one in case.actions if one.date < case.assessed_on and "recall" in one.measures]
    ruled_out = {
        "deaths": facts["injured"] == 0,
        "serious_injuries": facts["injured"] == 0,
        "units_on_sale": facts["is_on_sale"] == 0,
        "is_prohibited_import": np.array([case.direction != "import"]),
        "deaths_elsewhere": facts["n_countries"] <= 1,
        "serious_elsewhere": facts["n_countries"] <= 1,
        "remedy_failed": np.array([not remedies]),
    }
    return {
        name: np.where(np.isnan(facts[name]) & none, 0.0, facts[name]) for name, none in ruled_out.items()
    }
