"""One execution for all languages: what a notebook computes has none, so only what is shown runs again."""

from __future__ import annotations

import ast
import copy
import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs.plans import RunPlan, read_notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

_CHOICE = re.compile(r"^set_language\(lang\)$", re.MULTILINE)


def grouped(plans: Sequence[RunPlan]) -> list[tuple[RunPlan, ...]]:
    """Plans that differ in nothing but their language stand together, in the order of their first."""
    groups: list[list[RunPlan]] = []
    open_groups: dict[tuple[str, str], list[tuple[RunPlan, list[RunPlan]]]] = {}
    for plan in plans:
        alike = _without_language(plan)
        near = open_groups.setdefault((plan.notebook.stem, plan.case.case_id), [])
        group = next((group for other, group in near if other == alike), None)
        if group is not None and all(plan.lang != one.lang for one in group) and _only_chooses(plan):
            group.append(plan)
            continue
        group = [plan]
        near.append((alike, group))
        groups.append(group)
    return [tuple(group) for group in groups]


def _without_language(plan: RunPlan) -> RunPlan:
    values = {name: value for name, value in plan.parameters.items() if name != "lang"}
    return dataclasses.replace(plan, lang="", within=(), plotly_js="", parameters=values)


def _only_chooses(plan: RunPlan) -> bool:
    """Whether the notebook uses its language for nothing but the choice at its beginning."""
    try:
        cells = read_notebook(plan.notebook).cells
    except InputFaults:
        return False
    code = [
        cell.source
        for cell in cells
        if cell.cell_type == "code" and not params.is_tagged(cell, params.PARAMETERS_TAG)
    ]
    text = "\n".join(code)
    return len(_CHOICE.findall(text)) == 1 and not re.search(r"\blang\b", _CHOICE.sub("", text))


def with_repeats(notebook: NotebookNode, plans: Sequence[RunPlan]) -> list[int]:
    """Append, for each further language, its choice and what shows something; gives what each repeats."""
    import nbformat

    own, repeats = len(notebook.cells), []
    for plan in plans[1:]:
        source = f"set_language({plan.lang!r})"
        notebook.cells.append(nbformat.v4.new_code_cell(source, id=f"choose-{plan.lang}"))
        repeats.append(-1)
        for place, cell in enumerate(notebook.cells[:own]):
            if cell.cell_type == "code" and _shows(cell):
                again = nbformat.v4.new_code_cell(cell.source, id=f"in-{plan.lang}-{place}")
                notebook.cells.append(again)
                repeats.append(place)
    return repeats


def _shows(cell: NotebookNode) -> bool:
    """Whether a cell ends in something that is shown, and does not choose the language itself."""
    if params.is_tagged(cell, params.PARAMETERS_TAG) or params.is_tagged(cell, params.INJECTED_TAG):
        return False
    try:
        lines = ast.parse(cell.source).body
    except SyntaxError:  # seen by the kernel when its turn comes
        return False
    return bool(lines) and isinstance(lines[-1], ast.Expr) and not _CHOICE.search(cell.source)


def split(
    notebook: NotebookNode, plans: Sequence[RunPlan], repeats: Sequence[int]
) -> tuple[NotebookNode, ...]:
    """The notebook of each language, as an execution of its own would have left it."""
    own = len(notebook.cells) - len(repeats)
    again, notebook.cells = notebook.cells[own:], notebook.cells[:own]
    shown = {place: notebook.cells[place].outputs for place in repeats if place >= 0}
    for place in shown:
        notebook.cells[place].outputs = []  # in further languages there are others
    made = [notebook, *(copy.deepcopy(notebook) for _ in plans[1:])]
    for place, outputs in shown.items():
        notebook.cells[place].outputs = outputs
    for plan, one in zip(plans, made, strict=True):
        for cell in one.cells:
            if params.is_tagged(cell, params.INJECTED_TAG):
                cell.source = params.written(plan.parameters)
    turn = 0
    for place, cell in zip(repeats, again, strict=True):
        if place < 0:
            turn += 1
        else:
            _take_outputs(made[turn].cells[place], cell)
    return tuple(made)


def _take_outputs(cell: NotebookNode, again: NotebookNode) -> None:
    for one in again.outputs:
        if "execution_count" in one:
            one.execution_count = cell.execution_count
    cell.outputs = again.outputs


def source_cells(notebook: NotebookNode, repeats: Sequence[int], injected_at: int) -> list[int]:
    """For each cell its number, from 1, in the notebook as its author wrote it."""
    own = len(notebook.cells) - len(repeats)
    numbers = [i + 1 if i < injected_at else i for i in range(own)]
    return numbers + [numbers[place] if place >= 0 else numbers[-1] for place in repeats]
