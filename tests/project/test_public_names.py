"""The names of `riskkit`: loaded when used, known to type checkers, and enough for a first notebook."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import riskkit

NAMES = [name for name in riskkit.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there_and_explained_with_an_example(name: str) -> None:
    found = getattr(riskkit, name)
    doc = inspect.getdoc(found) or ""
    assert len(doc.splitlines()[0]) > 10
    assert ">>>" in doc or inspect.isclass(found) or inspect.ismodule(found)


def test_the_stub_says_where_each_name_is_and_knows_no_other() -> None:
    stub = ast.parse(Path(riskkit.__file__).with_suffix(".pyi").read_text("utf-8"))
    lines = [line for line in stub.body if isinstance(line, ast.ImportFrom)]
    stated = [alias.asname for line in lines for alias in line.names]
    assert sorted(stated) == sorted(set(stated)) == NAMES
    assert all(alias.asname == alias.name for line in lines for alias in line.names)
    for line in lines:
        for alias in line.names:
            found = getattr(riskkit, alias.name)
            assert f"{line.module}.{alias.name}" == (
                found.__name__ if inspect.ismodule(found) else f"{found.__module__}.{found.__qualname__}"
            )


def test_about_45_names_are_public_and_sorted() -> None:
    assert 40 <= len(NAMES) <= 50
    assert riskkit.__all__ == sorted(set(riskkit.__all__))


def test_importing_riskkit_takes_little_time() -> None:
    code = "import time; t = time.process_time(); import riskkit; print(time.process_time() - t)"
    tries = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in "12345"
    )
    assert min(float(one.stdout) for one in tries) <= 0.05


def test_importing_riskkit_loads_nothing_heavy() -> None:
    code = "import sys, riskkit; print(sorted({'numpy', 'pandas', 'scipy', 'pydantic', 'plotly', 'statsmodels'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_first_notebook_needs_no_other_name() -> None:
    case = riskkit.load_case("desk-lamps-cbec-2019")
    found = riskkit.assess(case, rng=np.random.default_rng(1), draws=200)
    assert isinstance(found, riskkit.Assessment)
    assert found.badge is not None


def test_a_name_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(AttributeError, match="no attribute 'asses'"):
        riskkit.asses  # noqa: B018
    assert {"assess", "load_case"} <= set(dir(riskkit))
