"""What boards work out alike for every visitor, done once by the process that kernels are forked from."""

from __future__ import annotations

import datetime as dt

import plotly.graph_objects as go

from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.boards.what_if.panel import titles
from riskkit.workbench.flows.warnings.sample import sample_events
from riskkit.workbench.runs.folders.resources import source_sha256


def rehearse() -> None:
    """Fill what riskkit and plotly keep for later; no widget is left, no thread and no open file."""
    for name in profile_names():
        profile(name)
    titles()
    source_sha256()
    sample_events(dt.datetime.now(dt.UTC))
    go.FigureWidget([go.Bar(x=[1], y=[1]), go.Scatter(x=[1], y=[1])]).close()
