"""The laws of the package, held over every file of riskkit/ and notebooks/ (CONTRIBUTING.md says why)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import laws
import pytest
from importlinter.cli import lint_imports
from shared import ROOT

PACKAGE = laws.read_package(ROOT / "riskkit")
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))

IMPURE: dict[str, dict[str, str]] = {
    "warning/profiles.py": {"t.to_csv": "a table as text, for its hash; no file is written"},
}
NAMES = {"ReportKernelManager": "Jupyter's word for what starts a kernel"}
WITHOUT_EXAMPLE: dict[str, str] = {}


def test_the_layers_of_pyproject_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=True) == 0


def test_no_import_comes_back_to_where_it_started() -> None:
    assert list(laws.circle_faults(PACKAGE)) == []


def test_every_folder_of_python_fits_on_a_page() -> None:
    files = Counter(path.rpartition("/")[0] for path in PACKAGE)
    assert {folder: n for folder, n in files.items() if n > laws.MOST_FILES} == {}


@pytest.mark.parametrize("path", PACKAGE)
def test_every_file_keeps_the_laws(path: str) -> None:
    source = PACKAGE[path]
    faults = [
        *laws.size_faults(path, source),
        *laws.name_faults(path, source, allowed=NAMES),
        *laws.purity_faults(path, source, allowed=IMPURE),
        *laws.word_faults(path, source, allowed=WITHOUT_EXAMPLE),
    ]
    assert faults == []


def test_every_folder_of_python_is_a_package_of_a_known_room() -> None:
    folders = {path.rpartition("/")[0] for path in PACKAGE}
    assert {f for f in folders if f and f"{f}/__init__.py" not in PACKAGE} == set()
    assert {laws.room(f) for f in folders if f} <= {*laws.ROOMS, "store", "words", "workbench"}


def test_the_exceptions_are_still_needed_and_give_a_reason() -> None:
    every = {name: why for file in [*IMPURE.values(), NAMES, WITHOUT_EXAMPLE] for name, why in file.items()}
    assert all(every.values())
    text = "\n".join(PACKAGE.values())
    assert [name for name in NAMES if f"class {name}" not in text] == []
    unused = [p for p in IMPURE if not list(laws.purity_faults(p, PACKAGE.get(p, ""), allowed={}))]
    assert unused == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_thin_and_tracked_without_outputs(path: Path) -> None:
    assert list(laws.notebook_faults(path.name, json.loads(path.read_text(encoding="utf-8")))) == []


# Each check can fail.


def test_an_arrow_against_the_layers_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = tmp_path / "small_house"
    for name, source in {
        "__init__": "",
        "above": "",
        "below": "def f():\n    from small_house import above",
    }.items():
        (house / f"{name}.py").parent.mkdir(exist_ok=True)
        (house / f"{name}.py").write_text(source, encoding="utf-8")
    layers = 'name = "Order"\ntype = "layers"\nlayers = ["small_house.above", "small_house.below"]\n'
    contract = f'[tool.importlinter]\nroot_package = "small_house"\n[[tool.importlinter.contracts]]\n{layers}'
    (tmp_path / "pyproject.toml").write_text(contract, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert lint_imports(config_filename=str(tmp_path / "pyproject.toml"), no_cache=True) == 1
    sys.modules.pop("small_house", None)


def test_an_import_circle_is_a_fault_however_long() -> None:
    house = {
        "foundation/a.py": "def f():\n    from riskkit.foundation import c",
        "foundation/b.py": "from riskkit.foundation import a",
        "foundation/c.py": "import riskkit.foundation.b",
    }
    assert len(list(laws.circle_faults(house))) == 3


Check = Callable[[str, str], Iterator[str]]
IN_STREAM = "warning/grading.py"


def _pure(path: str, source: str) -> Iterator[str]:
    return laws.purity_faults(path, source, allowed={})


def _said(path: str, source: str) -> Iterator[str]:
    return laws.word_faults(path, source, allowed={})


def _said_of_a_page(_: str, source: str) -> Iterator[str]:
    return laws.word_faults("workbench/document/html.py", source, allowed={})


def _lines(n: int) -> str:
    return "def f():\n" + "    x = 1\n" * n


@pytest.mark.parametrize(
    ("check", "source", "count"),
    [
        (laws.size_faults, _lines(40), 0),
        (laws.size_faults, _lines(41), 1),
        (laws.size_faults, 'def f():\n    """Say.\n' + "\n" * 60 + '    """\n    return 1\n', 0),
        (laws.size_faults, "class A:\n    async def f(self):\n" + "        x = 1\n" * 41, 1),
        (laws.size_faults, "x = 1\n" * 400, 0),
        (laws.size_faults, "x = 1\n" * 401, 1),
        (laws.size_faults, "def f(a, b, c, *, d, e): ...", 0),
        (laws.size_faults, "def _f(a, b, /, c, d): ...", 1),
        (laws.size_faults, "class A:\n    def f(self, a, b, c): ...", 0),
        (laws.size_faults, "class A:\n    @staticmethod\n    def f(a, b, c, d): ...", 1),
        (laws.name_faults, "class CaseManager: ...", 1),
        (laws.name_faults, "def load_v2(): ...", 1),
        (laws.name_faults, "def table_helper(): ...", 1),
        (laws.name_faults, "def manage(): ...\nclass Database: ...", 0),
        (_pure, "print(1)", 1),
        (_pure, "def f(p):\n    return open(p)", 1),
        (_pure, "x = datetime.datetime.now()", 1),
        (_pure, "x = dt.date.today()", 1),
        (_pure, "x = time.perf_counter()", 1),
        (_pure, "x = np.random.normal(0, 1)", 1),
        (_pure, "rng = np.random.default_rng(1)", 1),
        (_pure, "import random\nx = random.random()", 2),
        (_pure, "from random import choice", 1),
        (_pure, "import plotly.graph_objects as go", 1),
        (_pure, "x = Path('a').read_text()", 1),
        (_pure, "def f():\n    global x\n    x = 1", 1),
        (_pure, "def f(rng: np.random.Generator, now):\n    return rng.normal(0, 1)", 0),
        (_said, "x = 1", 1),
        (_said, '"""M."""\ndef f() -> int: ...', 1),
        (_said, '"""M."""\ndef f() -> int:\n    """Answer."""', 1),
        (_said, '"""M."""\ndef f(a) -> int:\n    """Answer.\n\n    >>> f(1)\n    """', 1),
        (_said, '"""M."""\ndef f(*, a: int):\n    """Answer.\n\n    >>> f(a=1)\n    """', 1),
        (_said, '"""M."""\ndef f(*a: int, **k: int) -> int:\n    """Answer.\n\n    >>> f(1)\n    """', 0),
        (_said, '"""M."""\ndef f() -> int:\n    """Answer.\n\n    >>> f.__name__\n    """', 1),
        (_said, '"""M."""\ndef _f(): ...', 0),
        (_said_of_a_page, '"""M."""\ndef f() -> int:\n    """Answer."""', 0),
        (_said_of_a_page, '"""M."""\ndef f() -> int: ...', 1),
    ],
)
def test_a_broken_law_is_found_and_a_kept_one_is_not(check: Check, source: str, count: int) -> None:
    assert len(list(check(IN_STREAM, source))) == count


@pytest.mark.parametrize("path", ["warning/utils.py", "helpers/words.py", "response/recall_v2.py"])
def test_a_file_named_after_nothing_is_found(path: str) -> None:
    assert len(list(laws.name_faults(path, ""))) == 1


def test_files_are_touched_only_at_the_doors() -> None:
    for path, count in {
        "monitoring/sources/cpsc.py": 0,
        "monitoring/exchange/package.py": 0,
        "monitoring/rates/rates.py": 1,
        "workbench/commands/cli.py": 0,
        "store/ledger/ledger.py": 0,
    }.items():
        assert len(list(_pure(path, "open('x')"))) == count


def _code(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "id": f"i{abs(hash(source))}", "source": source, "metadata": {}, **more}


GOOD = _code('case: str = "x"  # the case', metadata={"tags": ["parameters"]})


def _notebook(*cells: dict[str, Any], minor: int = 5) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": minor, "cells": list(cells)}


@pytest.mark.parametrize(
    ("notebook", "said"),
    [
        (_notebook(GOOD, _code("a", outputs=[{"output_type": "stream"}])), "outputs"),
        (_notebook(GOOD, _code("a", execution_count=3)), "outputs"),
        (_notebook(GOOD, _code("if a: b")), "If belongs"),
        (_notebook(GOOD, _code("[x for x in y]")), "comprehension belongs"),
        (_notebook(GOOD, _code("def f(): ...")), "FunctionDef belongs"),
        (_notebook(GOOD, _code("try:\n    a\nexcept E: b")), "Try belongs"),
        (_notebook(GOOD, _code("%matplotlib inline")), "not plain Python"),
        (_notebook(GOOD, _code("a\n" * 13)), "13 lines"),
        (_notebook(GOOD, GOOD), "id of its own"),
        (_notebook(GOOD, {**_code("a"), "id": None}), "id of its own"),
        (_notebook(GOOD, minor=4), "older than format 4.5"),
        (_notebook(_code("a")), "0 cells tagged parameters"),
        (_notebook(_code("case = 'x'  # c", metadata={"tags": ["parameters"]})), "name: type = value"),
        (_notebook(_code("case: str = f()  # c", metadata={"tags": ["parameters"]})), "name: type = value"),
        (_notebook(_code("case: str = 'x'", metadata={"tags": ["parameters"]})), "no help"),
    ],
)
def test_a_notebook_that_breaks_a_law_is_found(notebook: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in laws.notebook_faults("n", notebook))


def test_a_thin_notebook_is_in_order() -> None:
    assert list(laws.notebook_faults("n", _notebook(GOOD, _code("show(case)\nsave(case)")))) == []
