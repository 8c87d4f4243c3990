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
    assert ">>>" in doc or inspect.isclass(found)


def test_type_checkers_know_the_same_names_from_the_same_places() -> None:
    block = next(
        one for one in ast.parse(Path(riskkit.__file__).read_text("utf-8")).body if isinstance(one, ast.If)
    )
    stated = {
        alias.asname: line.module
        for line in block.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert stated == riskkit._HOME_OF
    assert set(riskkit.__all__) == {"__version__", *stated}


def test_importing_riskkit_loads_nothing_heavy() -> None:
    code = "import sys, riskkit; print(sorted({'numpy', 'pandas', 'scipy', 'pydantic'} & set(sys.modules)))"
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
