"""The pictures of a report: pure functions from an assessment to a `Picture` in one language.

Each has a text alternative that says the finding, and the numbers it draws as a table. Where a case was not
graded, or there is nothing to draw, the functions return None.
"""

from __future__ import annotations

from riskkit.workbench.pictures.compare_figure import method_actions
from riskkit.workbench.pictures.grid_figure import risk_grid
from riskkit.workbench.pictures.level_figures import level_chances, profile_levels, tornado
from riskkit.workbench.pictures.step_figure import step_chart

__all__ = ["level_chances", "method_actions", "profile_levels", "risk_grid", "step_chart", "tornado"]
