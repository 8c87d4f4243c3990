"""The copies that JupyterLab opens: never the shipped files, in one language, and never over somebody's work."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import nbformat
import pytest

import riskkit
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.shipped import home
from riskkit.workbench.serving.working_copy import STARTER, working_copy


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.ipynb")
    }


def language_of(path: Path) -> set[str]:
    cells = nbformat.read(path, as_version=4).cells
    return {
        lang for cell in cells for lang in re.findall(r'^lang: str = "(zh|en)"', cell.source, re.MULTILINE)
    }


def test_every_notebook_is_copied_in_the_language_and_the_shipped_ones_stay(tmp_path: Path) -> None:
    shipped = home() / "notebooks"
    before = digests(shipped)
    for lang in ("en", "zh"):
        folder = in_language(lang, working_copy, tmp_path / "lab")
        assert set(digests(folder)) == {*before, STARTER}
        named = [found for path in folder.rglob("*.ipynb") if (found := language_of(path))]
        assert named.count({lang}) == len(named) > 20
    assert digests(shipped) == before


def test_what_somebody_changed_stays_and_the_rest_is_renewed(tmp_path: Path) -> None:
    folder = in_language("en", working_copy, tmp_path)
    mine, deleted, old = folder / "brief.ipynb", folder / "assess_case.ipynb", folder / "quality_index.ipynb"
    mine.write_text("my work", "utf-8")
    deleted.unlink()
    (folder / "own.ipynb").write_text("mine too", "utf-8")
    in_language("zh", working_copy, tmp_path)
    assert mine.read_text("utf-8") == "my work" and (folder / "own.ipynb").read_text("utf-8") == "mine too"
    assert deleted.is_file() and language_of(old) == {"zh"}
    assert in_language("zh", working_copy, tmp_path) == folder and mine.read_text("utf-8") == "my work"


def test_a_link_in_the_folder_leads_nowhere(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "lab"
    outside.mkdir()
    folder.mkdir()
    (folder / "dashboards").symlink_to(outside)
    with pytest.raises((InputFaults, OSError)):
        working_copy(folder)
    assert list(outside.iterdir()) == []


def test_a_damaged_list_of_what_was_written_costs_nobody_their_work(tmp_path: Path) -> None:
    working_copy(tmp_path)
    mine = tmp_path / "brief.ipynb"
    mine.write_text("my work", "utf-8")
    for damaged in ("[]", "{", json.dumps({"brief.ipynb": "0" * 64})):
        (tmp_path / ".riskkit-lab.json").write_text(damaged, "utf-8")
        working_copy(tmp_path)
        assert mine.read_text("utf-8") == "my work"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_starter_names_every_public_function_and_its_cells_run(tmp_path: Path, lang: str) -> None:
    book = nbformat.read(in_language(lang, working_copy, tmp_path) / STARTER, as_version=4)
    nbformat.validate(book)
    text = "\n".join(str(cell.source) for cell in book.cells if cell.cell_type == "markdown")
    assert set(re.findall(r"`(\w+)`", text)) >= {name for name in riskkit.__all__ if name != "__version__"}
    assert bool(re.search(r"[\u4e00-\u9fff]", text)) == (lang == "zh")
    space: dict[str, object] = {}
    sources = [str(cell.source) for cell in book.cells if cell.cell_type == "code" and cell.source]
    in_language(lang, exec, sources[0], space)
    found = in_language(lang, eval, sources[1], space)
    assert "<" in found._repr_html_()
