"""What every report needs, imported once by the process from which they are forked; by that process alone."""

from __future__ import annotations

from importlib import import_module

from riskkit.workbench.runs.kernels import kernels, processes, warmed

kernels.keep_out_slow_import()
if warmed.is_warming():
    processes.end_with_parent(9)
for name in (
    "IPython.core.completer",
    "ipykernel.debugger",
    "plotly.graph_objects",
    "riskkit.workbench.document.html",
    "riskkit.workbench.runs.runner",
    "riskkit.workbench.runs.kernels.engine",
    "riskkit.workbench.runs.kernels.forked_client",
    "riskkit.workbench.runs.workers",
):
    import_module(name)
