"""What boards work out alike for every visitor, done once by the process that kernels are forked from."""

from __future__ import annotations

import datetime as dt

from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.boards.panel_widgets import fragment
from riskkit.workbench.boards.signal_panel import sample_study
from riskkit.workbench.boards.what_if.panel import titles
from riskkit.workbench.flows.warnings.sample import sample_events
from riskkit.workbench.runs.folders.resources import source_sha256


def rehearse() -> None:
    """Fill what riskkit keeps for later; no widget is left, no thread and no open file."""
    for name in profile_names():
        profile(name)
    titles()
    sample_study()
    fragment("status", "")
    source_sha256()
    sample_events(dt.datetime.now(dt.UTC))
