"""Papermill's engine ``riskkit``: each notebook in a process forked from one in which all is imported.

What a notebook prints, shows and raises is taken down by nbclient, as papermill's stock engine has it done.
Where there is no fork, and for kernels other than this Python, the stock engine executes.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine, papermill_engines
from papermill.log import logger

from riskkit.workbench.runs.kernels import engine_names, warmed
from riskkit.workbench.runs.kernels.limits import Guard, Limits

if TYPE_CHECKING:
    from papermill.engines import NotebookExecutionManager


class ForkEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a forked process."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, guard: Guard | None = None, **options: Any
    ) -> None:
        """Execute the cells, within the limits that `guard` watches: without one, those by default."""
        if not (warmed.can_fork() and kernel_name == "python3"):
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **options)
            return
        if guard is not None:
            _execute(nb_man, guard, **options)
            return
        folder = Path(tempfile.mkdtemp(prefix="riskkit-"))
        try:
            _execute(nb_man, Guard(Limits(), folder), **options)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _execute(
    nb_man: NotebookExecutionManager, guard: Guard, *, work: str = "",
    execution_timeout: float | None = None, **options: Any,
) -> None:  # fmt: skip
    from riskkit.workbench.runs.kernels.forked_client import ForkedKernel

    kernel = ForkedKernel(guard, work or str(Path.cwd()))
    names = {"input_path", "start_timeout", "kernel_name", "timeout"}
    given = {name: value for name, value in options.items() if name not in names}
    timeout = execution_timeout or options.get("timeout")
    try:
        PapermillNotebookClient(
            nb_man, km=kernel, timeout=timeout, kernel_name="python3", log=logger, **given
        ).execute(cleanup_kc=True)
    except DeadKernelError:
        if guard.hit is None:
            raise
    if guard.hit is not None:
        raise DeadKernelError(guard.hit[1])


papermill_engines.register(engine_names.FORKED, ForkEngine)
