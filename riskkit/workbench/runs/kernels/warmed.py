"""The one process that has imported everything, and from which each report is forked.

It is the fork server of Python's own multiprocessing, told what to import first. It runs no notebook and
holds no thread: a thread would not live on in what is forked, but what it had locked would stay locked there.
"""

from __future__ import annotations

import ast
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

from riskkit.foundation import shipped
from riskkit.workbench.runs.kernels import processes
from riskkit.workbench.runs.kernels.engine_names import FORKED, STOCK

__all__ = [
    "FORKED",
    "STOCK",
    "can_fork",
    "engine_here",
    "imported",
    "is_warmed",
    "is_warming",
    "n_threads",
    "warmed",
]
IMPORTS = "riskkit.workbench.runs.kernels.imports"
_REHEARSAL = "riskkit.workbench.runs.kernels.rehearsal"
_SHARED = "riskkit.workbench.runs.shared"
_MANY = 6  # reports about a case, from which on one rehearsal takes less time than it saves
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""No thread in a process that is forked: what is forked would lack it, and what it had locked would stay
locked. The allocator of pyarrow starts one unless it is told not to."""
ENVIRONMENT = {
    **ONE_THREAD,
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYDEVD_USE_FRAME_EVAL": "NO",
}
"""And a fixed hash seed: the same bytes from the same inputs; pydevd warns that nobody can debug here."""


def can_fork() -> bool:
    """Whether reports can be forked here: elsewhere system libraries do not bear it, or there is no fork."""
    return sys.platform == "linux"


def engine_here() -> str:
    """The engine of reports on this system."""
    return FORKED if can_fork() else STOCK


def n_threads() -> int:
    """How many threads this process has."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def is_warming() -> bool:
    """Whether this process is the one from which reports are forked."""
    return os.environ.get(processes.MARK) == processes.UNMARKED


def is_warmed() -> bool:
    """Whether this process was forked from the warmed one and may fork a report itself."""
    is_child = multiprocessing.parent_process() is not None and IMPORTS in sys.modules
    return is_child and not sys.flags.hash_randomization and n_threads() == 1


def warmed(notebooks: Iterable[Path] = (), *, n_reports: int = 1) -> ForkServerContext:
    """What starts processes from the warmed one, which has imported what these notebooks import, or all.

    It is started at the first call, and again if somebody ended it.
    """
    wanted = tuple(sorted(set(notebooks)))
    is_worth_it = n_reports >= _MANY and any(one.stem == "assess_case" for one in wanted)
    shared = [_SHARED] if n_reports > 1 else []  # one report has it read beside its cells
    preload = [IMPORTS, *_modules(wanted), *shared, *([_REHEARSAL] if is_worth_it else [])]
    forkserver.set_forkserver_preload(preload)
    with _variables({**ENVIRONMENT, processes.MARK: processes.UNMARKED}):
        forkserver.ensure_running()
    return multiprocessing.get_context("forkserver")


@cache
def _modules(notebooks: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in notebooks or _shipped() for name in imported(one)))


def _shipped() -> list[Path]:
    return sorted((shipped.home() / "notebooks").glob("*.ipynb"))


def imported(notebook: Path) -> list[str]:
    """The modules of riskkit that a notebook imports."""
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
        sources = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
        trees = [ast.parse(source) for source in sources]
    except (OSError, ValueError, LookupError, TypeError):  # told when it is planned
        return []
    found = [node for tree in trees for node in ast.walk(tree)]
    names = [one.name for node in found if isinstance(node, ast.Import) for one in node.names]
    for node in found:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    return [name for name in names if name.split(".")[0] == "riskkit"]


@contextmanager
def _variables(given: dict[str, str]) -> Iterator[None]:
    """Variables of the environment for what is started meanwhile."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
