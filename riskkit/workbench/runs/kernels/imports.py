"""What every report needs, imported once by the process from which they are forked; by that process alone."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

from riskkit.workbench.runs.kernels import processes, warmed
from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import

keep_out_slow_import()
gc.disable()  # there is no garbage in what is imported, and to look for it is a tenth of the time
if warmed.is_warming():
    processes.end_with_parent(9)
sys.modules["debugpy"] = None  # type: ignore[assignment]  # nobody steps through a report: a tenth of a second
import_module("ipykernel.debugger")
del sys.modules["debugpy"]
for name in (
    "IPython.core.completer",
    "plotly.graph_objects",
    "riskkit.workbench.document.html",
    "riskkit.workbench.runs.runner",
    "riskkit.workbench.runs.kernels.engine",
    "riskkit.workbench.runs.kernels.forked_client",
    "riskkit.workbench.runs.workers.local",
    # what IPython and ipykernel import only when they start
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "riskkit.workbench.runs.kernels.paced_stream",
    "tornado.platform.asyncio",
):
    import_module(name)
import_module("nbformat.validator").get_validator(4, 5)  # compiles the schema once for all reports
gc.freeze()
gc.enable()
