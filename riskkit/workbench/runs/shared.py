"""What many reports have in common, read once by the one process from which they are forked."""

from __future__ import annotations

from riskkit.workbench.runs import records
from riskkit.workbench.runs.kernels import warmed

if warmed.is_warming():
    records.read_once()
