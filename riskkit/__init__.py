"""riskkit: from evidence on a commodity to a graded, explained and reproducible warning.

The rooms follow 国发〔2017〕43号: monitoring → assessment → warning → response → application,
on a common foundation; ``workbench`` shows what they compute. The names below are those that a notebook
needs first. ``__init__.pyi`` says where each is; it is loaded from there when it is used.

Examples
--------
>>> import riskkit
>>> riskkit.load_case("note7-battery-2016").product.brand
'Samsung'
"""

import functools
from importlib import import_module

__version__ = "0.1.0"
__all__ = [
    "Assessment",
    "Case",
    "InputFaults",
    "LevelBadge",
    "Profile",
    "__version__",
    "assess",
    "assess_many",
    "back_check",
    "clopper_pearson",
    "compare_methods",
    "coverage_matrix",
    "credit",
    "danger_score",
    "disproportionality",
    "ears",
    "farrington",
    "fit_series",
    "fleiss_kappa",
    "forecast_completion",
    "gamma_poisson_scores",
    "grade_scope",
    "grade_severity",
    "grade_urgency",
    "hazard_quotient",
    "krippendorff_alpha",
    "last_days",
    "load_case",
    "load_fault_tree",
    "load_profile",
    "margin_of_exposure",
    "monitoring_plan",
    "morris",
    "nearest_cases",
    "nonconformity_rates",
    "plot_risk_grid",
    "poisson_interval",
    "profile",
    "risk_level",
    "risk_priority_number",
    "scenario_probability",
    "set_language",
    "shrunk_rates",
    "sobol",
    "survey_ratios",
    "synthetic_control",
    "topsis",
    "warning_level",
    "wilson",
    "working_days_between",
]


@functools.cache
def _places() -> dict[str, str]:
    """Where each public name is: read from the stub, so that both cannot differ."""
    import ast  # this and the next are 30 ms that a bare `import riskkit` need not take
    from importlib import resources

    stub = ast.parse((resources.files(__name__) / "__init__.pyi").read_text("utf-8"))
    lines = [line for line in stub.body if isinstance(line, ast.ImportFrom)]
    return {alias.name: str(line.module) for line in lines for alias in line.names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'riskkit' has no attribute {name!r}")
    place = _places()[name]
    home = import_module(place)
    found = getattr(home, name) if hasattr(home, name) else import_module(f"{place}.{name}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
