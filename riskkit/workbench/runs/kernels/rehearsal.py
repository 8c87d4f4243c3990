"""The report about a case made once, with few draws, in the process from which many such are forked.

The tables, words and formats that every such report reads are then in memory once, for all of them. It starts
no thread and writes nothing; what it shows is thrown away. Only the shipped notebook is rehearsed so.
"""

from __future__ import annotations

import ast
import json
from typing import Any

from IPython.core.formatters import DisplayFormatter

from riskkit.foundation import shipped
from riskkit.foundation.language import LANGS, in_language
from riskkit.workbench.runs.kernels import warmed

_QUICK = {"draws": 200, "interactive": False}


def rehearse() -> None:
    """Run the cells, once in each language."""
    cells = json.loads((shipped.home() / "notebooks" / "assess_case.ipynb").read_bytes())["cells"]
    sources = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
    for lang in LANGS:
        in_language(lang, _run, sources, lang)


def _run(sources: list[str], lang: str) -> None:
    names: dict[str, Any] = {}
    formatter = DisplayFormatter()
    for number, source in enumerate(sources):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "rehearsal", "exec"), names)  # noqa: S102  our own notebook
        names |= {**_QUICK, "lang": lang} if number == 0 else {}
        if isinstance(last, ast.Expr):
            code = compile(ast.Expression(last.value), "rehearsal", "eval")
            formatter.format(eval(code, names))  # type: ignore[no-untyped-call]  # noqa: S307


if warmed.is_warming():
    rehearse()
