"""Start what `riskkit dashboard` and `riskkit lab` start, as a program of its own, for a test to talk to."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from patience import HANGS
from shared import ROOT

from riskkit.workbench.runs import parameters
from riskkit.workbench.runs.kernels.warmed import ONE_THREAD

TOKEN = "a-token-for-tests-only"
LIGHT = (
    "from riskkit.workbench.runs.kernels import page_fork; page_fork.MODULES = ('ipykernel.kernelapp', "
    "'IPython.core.completer', 'anywidget', 'plotly.graph_objects', 'plotly.io'); "
)
"""What a server runs first whose pages are no boards of ours: to warm those takes five seconds of a processor."""

PARAMETERS = """\
lang: str = "zh"  # language
interactive: bool = False  # with widgets
start: int = 3  # where the slider starts
case: str = "none"  # a case"""

WIDGETS = """\
import os, sys
import ipywidgets as widgets
import plotly.graph_objects as go
from IPython.display import HTML, display
figure = go.FigureWidget(go.Bar(x=["a", "b"], y=[start, 1]))
slider = widgets.IntSlider(value=start, min=0, max=10, description="n")
slider.observe(lambda change: figure.data[0].update(y=[change["new"], 1]), "value")
display(HTML(f"<p>said {lang} {interactive} {start} {case}</p>"), slider, figure)"""

ENVIRONMENT = """\
slow = sys.modules.get("rfc3987_syntax", "not asked for")
display(HTML(f"<p>slow import {slow}</p><pre>{' '.join(f'{k}={v}' for k, v in os.environ.items())}</pre>"))"""


def write_notebook(path: Path, *, zh: str, en: str) -> None:
    """A small dashboard: text, a slider that moves a figure, and what its process knows."""
    cells = [
        new_markdown_cell(f"# {zh} / {en}\n\n$x^2$"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(WIDGETS),
        new_code_cell(ENVIRONMENT),
    ]
    title = {"title": {"zh": zh, "en": en}, "question": {"zh": "什么？<i>", "en": "What? <i>"}}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"riskkit": title}), path)


def write_folder(folder: Path) -> None:
    """Two dashboards, and things that must never be served."""
    write_notebook(folder / "dashboards" / "overview.ipynb", zh="总览", en="Overview")
    write_notebook(folder / "one_case.ipynb", zh="单例", en="One case")
    write_notebook(folder / "deeper" / "still" / "hidden.ipynb", zh="深", en="Deep")
    write_notebook(folder / ".secret.ipynb", zh="密", en="Secret")
    (folder / "picture.png").write_bytes(b"\x89PNG not for everyone")
    (folder / "notes.py").write_text("password = 'x'", encoding="utf-8")


def copy_dashboard(name: str, to: Path, **values: object) -> None:
    """A dashboard of ours with other defaults, so that a test does not wait for every case."""
    notebook = nbformat.read(ROOT / "notebooks" / "dashboards" / name, as_version=4)
    cell = next(c for c in notebook.cells if parameters.is_tagged(c, parameters.PARAMETERS_TAG))
    for key, value in values.items():
        lines = cell.source.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
        head, _, rest = lines[at].partition("=")
        lines[at] = f"{head}= {value!r}  # {rest.partition('# ')[2]}"
        cell.source = "\n".join(lines)
    to.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, to)


@dataclass(frozen=True)
class Served:
    """A running server."""

    host: str
    port: int
    process: subprocess.Popen[str]

    def get(
        self,
        path: str,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers (names in lower case) and text of one answer; no redirect is followed."""
        sent = {"Authorization": f"token {token}"} if token else {}
        line = http.client.HTTPConnection(self.host, self.port, timeout=HANGS)
        try:
            line.request(method, path, headers={**sent, **(headers or {})})
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            line.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text

    def address(self, path: str = "/", **query: str) -> str:
        """Where a browser goes."""
        asked = "&".join(f"{k}={v}" for k, v in {"token": TOKEN, **query}.items())
        return f"http://{self.host}:{self.port}{path}?{asked}"


def kernels_of(server: int) -> list[psutil.Process]:
    """The kernels of a server: those that it forked from its warmed process, and those that it started."""
    own = psutil.Process(server).children()
    warmed = [one for one in own if any("wait_for_kernels" in part for part in one.cmdline())]
    return [
        *(one for one in own if one not in warmed),
        *(kernel for one in warmed for kernel in one.children()),
    ]


@contextmanager
def served(
    folder: Path,
    *,
    what: str = "dashboard",
    lang: str = "en",
    more: Mapping[str, str] | None = None,
    before: str = "",
) -> Iterator[Served]:
    """`serve_dashboard` or `serve_lab` over a folder, with more of the environment, until the block ends."""
    program = before + (
        "import sys; from pathlib import Path; from riskkit.workbench.serving import serve; "
        "getattr(serve, 'serve_' + sys.argv[1])("
        "port=0, lang=sys.argv[2], open_browser=False, as_json=True, notebooks=Path(sys.argv[3]))"
    )
    plain = {name: text for name, text in os.environ.items() if name not in ONE_THREAD}  # as a person has it
    known = {**plain, **(more or {}), "RISKKIT_TOKEN": TOKEN}
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), known.get("PYTHONPATH")]))
    command = [sys.executable, "-c", program, what, lang, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=known, cwd=folder)
    try:
        assert process.stdout is not None
        place = urlsplit(json.loads(process.stdout.readline())["url"])
        yield Served(str(place.hostname), int(place.port or 0), process)
    finally:
        process.terminate()
        try:
            process.wait(HANGS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def served_to_people(folder: Path) -> Iterator[str]:
    """`riskkit dashboard --access` over the shipped notebooks, where the ledger stands."""
    known = {name: text for name, text in os.environ.items() if name != "RISKKIT_LEDGER"}
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), known.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "riskkit", "dashboard", "--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(
        [*command, "--access", str(folder / "access.toml")],
        stdout=subprocess.PIPE,
        text=True,
        env=known,
        cwd=folder,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"].partition("?")[0].removesuffix("voila/")
    finally:
        process.terminate()
        process.communicate(timeout=HANGS)
