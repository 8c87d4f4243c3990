"""What the tests of a report notebook ask alike: whole, in one language, the same again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pandas as pd
from in_process import IN_PROCESS

from riskkit.foundation.language import in_language
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.runs.folders.resources import CaseSource, notebook
from riskkit.workbench.runs.runner import run_notebook

HAN = re.compile(r"[㐀-鿿]")
NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)


def check_report(name: str, out: Path, *, lang: str, parts: Sequence[str]) -> Path:
    """Run it twice: every part is there, English heads hold no Chinese, the result has the same bytes.

    Gives the folder of the first run.
    """
    folders = []
    for again in ("first", "again"):
        run = run_notebook(notebook(name), NO_CASE, {}, out=out / again, lang=lang, engine=IN_PROCESS)
        assert run.status == "done", run.error
        folders.append(run.folder)
    reading = in_language(lang, read_notebook, nbformat.read(folders[0] / "executed.ipynb", as_version=4))
    assert (reading.failures, reading.notes) == ((), ())
    assert [part.id for part in reading.parts if not hasattr(part, "traceback")] == list(parts)
    page = (folders[0] / "report.html").read_text(encoding="utf-8")
    if lang == "en":
        heads = re.findall(r"<(?:h[1-6]|caption|figcaption)\b[^>]*>(.*?)</", page, flags=re.DOTALL)
        assert heads and not any(HAN.search(one) for one in heads)
    assert (folders[0] / "result.json").read_bytes() == (folders[1] / "result.json").read_bytes()
    return folders[0]


def changed_example(example: Path, out: Path, **changes: object) -> str:
    """A copy of an example folder with columns of its files changed, or with files left out (None)."""
    shutil.copytree(example, out)
    for name, columns in changes.items():
        file = out / f"{name}.csv"
        if columns is None:
            file.unlink()
        else:
            pd.read_csv(file, dtype=object).assign(**columns).to_csv(file, index=False)
    return str(out)
