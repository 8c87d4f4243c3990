"""A tiny notebook and a tiny case, so that running reports can be tested without a real one."""

from __future__ import annotations

from pathlib import Path

import nbformat

from riskkit.workbench.runs.folders import resources

PARAMETERS = 'case: str = "none.toml"\nlang: str = "zh"\nnote: str = "默认"\nseed: int = 1\nfail: str = ""'
PUBLISH = """\
import json, os, random
from IPython.display import display
random.seed(seed)
content = {"case": {"id": case, "title": {"zh": "试", "en": "Try"}}, "note": note, "draw": random.random()}
display({"application/vnd.riskkit.result+json": content, "text/plain": "result"}, raw=True)
"""


def write_notebook(folder: Path, *cells: str, name: str = "tiny") -> Path:
    head = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell("# A tiny report")
    notebook = nbformat.v4.new_notebook(
        cells=[title, head, *map(nbformat.v4.new_code_cell, cells or (PUBLISH,))]
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def write_case(folder: Path, name: str = "toy", text: str = 'id = "toy"\n') -> resources.CaseSource:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return resources.find_case(f"{name}.toml", folder=folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
