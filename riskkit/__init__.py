"""riskkit: from evidence on a commodity to a graded, explained and reproducible warning.

The rooms follow 国发〔2017〕43号: monitoring → assessment → warning → response → application,
on a common foundation; ``workbench`` shows what they compute. The names below are those that a notebook
needs first; each is loaded when it is used.

Examples
--------
>>> import riskkit
>>> riskkit.load_case("note7-battery-2016").product.brand
'Samsung'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from riskkit.assessment.chemical.hazard_quotients import hazard_quotient as hazard_quotient
    from riskkit.assessment.chemical.hazard_quotients import margin_of_exposure as margin_of_exposure
    from riskkit.assessment.consensus.agreement import fleiss_kappa as fleiss_kappa
    from riskkit.assessment.consensus.agreement import krippendorff_alpha as krippendorff_alpha
    from riskkit.assessment.facts.back_check import back_check as back_check
    from riskkit.assessment.facts.back_check import poisson_interval as poisson_interval
    from riskkit.assessment.facts.case_file import Case as Case
    from riskkit.assessment.facts.nearest_cases import nearest_cases as nearest_cases
    from riskkit.assessment.preferences.ranking import topsis as topsis
    from riskkit.assessment.scenarios import risk_level as risk_level
    from riskkit.assessment.scenarios import scenario_probability as scenario_probability
    from riskkit.assessment.scoring import danger_score as danger_score
    from riskkit.assessment.scoring import risk_priority_number as risk_priority_number
    from riskkit.assessment.sensitivity.indices import morris as morris
    from riskkit.assessment.sensitivity.indices import sobol as sobol
    from riskkit.assessment.trees.fault_tree_file import load_fault_tree as load_fault_tree
    from riskkit.case.case import Assessment as Assessment
    from riskkit.case.case import assess as assess
    from riskkit.case.case import load_case as load_case
    from riskkit.case.comparison.methods import compare_methods as compare_methods
    from riskkit.foundation.inputs.faults import InputFaults as InputFaults
    from riskkit.monitoring.coverage import coverage_matrix as coverage_matrix
    from riskkit.monitoring.plan.plan import monitoring_plan as monitoring_plan
    from riskkit.monitoring.rates.proportions import clopper_pearson as clopper_pearson
    from riskkit.monitoring.rates.proportions import wilson as wilson
    from riskkit.monitoring.rates.rates import nonconformity_rates as nonconformity_rates
    from riskkit.monitoring.rates.shrinkage import shrunk_rates as shrunk_rates
    from riskkit.warning.grading import grade_scope as grade_scope
    from riskkit.warning.grading import grade_severity as grade_severity
    from riskkit.warning.grading import grade_urgency as grade_urgency
    from riskkit.warning.grading import warning_level as warning_level
    from riskkit.warning.profiles import load_profile as load_profile
    from riskkit.warning.profiles import profile as profile

_HOMES = {
    "assessment.facts.back_check": ("back_check", "poisson_interval"),
    "assessment.facts.nearest_cases": ("nearest_cases",),
    "assessment.preferences.ranking": ("topsis",),
    "assessment.consensus.agreement": ("fleiss_kappa", "krippendorff_alpha"),
    "monitoring.rates.proportions": ("clopper_pearson", "wilson"),
    "case.case": ("Assessment", "assess", "load_case"),
    "assessment.facts.case_file": ("Case",),
    "case.comparison.methods": ("compare_methods",),
    "assessment.trees.fault_tree_file": ("load_fault_tree",),
    "assessment.chemical.hazard_quotients": ("hazard_quotient", "margin_of_exposure"),
    "assessment.scenarios": ("risk_level", "scenario_probability"),
    "assessment.scoring": ("danger_score", "risk_priority_number"),
    "assessment.sensitivity.indices": ("morris", "sobol"),
    "foundation.inputs.faults": ("InputFaults",),
    "monitoring.coverage": ("coverage_matrix",),
    "monitoring.plan.plan": ("monitoring_plan",),
    "monitoring.rates.rates": ("nonconformity_rates",),
    "monitoring.rates.shrinkage": ("shrunk_rates",),
    "warning.grading": ("grade_scope", "grade_severity", "grade_urgency", "warning_level"),
    "warning.profiles": ("load_profile", "profile"),
}
_HOME_OF = {name: f"riskkit.{module}" for module, names in _HOMES.items() for name in names}
__all__ = [
    "Assessment",
    "Case",
    "InputFaults",
    "__version__",
    "assess",
    "back_check",
    "clopper_pearson",
    "compare_methods",
    "coverage_matrix",
    "danger_score",
    "fleiss_kappa",
    "grade_scope",
    "grade_severity",
    "grade_urgency",
    "hazard_quotient",
    "krippendorff_alpha",
    "load_case",
    "load_fault_tree",
    "load_profile",
    "margin_of_exposure",
    "monitoring_plan",
    "morris",
    "nearest_cases",
    "nonconformity_rates",
    "poisson_interval",
    "profile",
    "risk_level",
    "risk_priority_number",
    "scenario_probability",
    "shrunk_rates",
    "sobol",
    "topsis",
    "warning_level",
    "wilson",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'riskkit' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
