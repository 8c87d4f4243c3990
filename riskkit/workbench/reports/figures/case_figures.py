"""The pictures of a report: pure functions from an assessment or a tree to a `Picture` in one language.

Each has a text alternative that says the finding, and the numbers it draws as a table. Where a case was not
graded, or there is nothing to draw, the functions return None.
"""

from __future__ import annotations

from riskkit.workbench.reports.figures.bow_tie_figure import bow_tie_picture
from riskkit.workbench.reports.figures.chances_figure import level_chances
from riskkit.workbench.reports.figures.compare_figure import method_actions
from riskkit.workbench.reports.figures.experience_figure import experience_picture
from riskkit.workbench.reports.figures.grid_figure import risk_grid
from riskkit.workbench.reports.figures.level_figures import profile_levels, tornado
from riskkit.workbench.reports.figures.step_figure import step_chart
from riskkit.workbench.reports.figures.tree_figure import tree_picture

__all__ = [
    "bow_tie_picture",
    "experience_picture",
    "level_chances",
    "method_actions",
    "profile_levels",
    "risk_grid",
    "step_chart",
    "tornado",
    "tree_picture",
]
