"""Notebooks run in this process: what a report says needs no kernel of its own, which costs two seconds to start.

The runner, its checks and all it writes stay the same; each notebook still runs in a kernel in one test.
"""

from __future__ import annotations

import ast
import contextlib
from typing import Any

import nbformat
import page_samples
from papermill.engines import Engine, papermill_engines

IN_PROCESS = "in_process"
"""The name of the engine, for ``run_notebook(..., engine=IN_PROCESS)``."""


def run_cell(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """The outputs of a cell: what it hands to ``display``, and the value of its last line."""
    shown: list[Any] = []
    names["display"] = lambda *values, **_: shown.extend(values)
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is not None:
        shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    return [page_samples.display(one) for one in shown if one is not None]


def shows(source: str) -> bool:
    """Whether a cell ends in something that is shown."""
    lines = ast.parse(source).body
    return bool(lines) and isinstance(lines[-1], ast.Expr)


class InProcess(Engine):
    """Runs the cells one after the other in the folder in which a kernel would stand."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, resources: dict[str, Any], **_: Any
    ) -> None:
        names: dict[str, Any] = {}
        with contextlib.chdir(resources["metadata"]["path"]):
            for index, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, index)
                if cell.cell_type == "code":
                    cell.outputs = [nbformat.from_dict(one) for one in run_cell(cell.source, names)]
                nb_man.cell_complete(cell, index)


papermill_engines.register(IN_PROCESS, InProcess)
