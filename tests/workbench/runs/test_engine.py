"""The engine that forks: what it does differently from papermill's own can be seen in nothing but the time."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import papermill
import pytest
from tiny_report import PUBLISH, write_case, write_notebook

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.commands import cli
from riskkit.workbench.runs import parameters, plans, runner
from riskkit.workbench.runs.alone import alone_plan
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.kernels import engine_names, warmed
from riskkit.workbench.runs.workers import local as workers

pytestmark = pytest.mark.skipif(not warmed.can_fork(), reason="this system cannot fork reports")
SHIPPED = sorted((resources.home() / "notebooks").glob("*.ipynb"))
FEW = ("assess_case", "brief", "monitoring_plan", "recall_progress")
CELLS = {
    "streams": "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c', end='')\n'd'",
    "the system's stdout": "import os, time\n_ = os.system('echo from a child'); time.sleep(0.3)",
    "displays": "from IPython.display import display, HTML, Markdown\n"
    "handle = display('first', display_id='x')\ndisplay(HTML('<b>x</b>'), metadata={'a': {'b': 1}})\n"
    "handle.update('second')\nMarkdown('*y*')",
    "cleared": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "cleared later": "print('gone')\nclear_output(wait=True)\nprint('stays')",
    "names": "sorted(n for n in dir() if not n.startswith('__'))",
    "main": "import pickle\nclass Own: pass\n__name__, type(pickle.loads(pickle.dumps(Own()))).__module__",
    "history": "In[1][:4], sorted(Out), _, get_ipython().execution_count",
    "magic": "%timeit -n1 -r1 -q None\n%who_ls int",
    "waits": "import asyncio\nawait asyncio.sleep(0.01)\n'waited'",
    "a thread": "import threading\nt = threading.Thread(target=print, args=('from a thread',)); t.start(); t.join()",
    "a child": "import os\nsys.stdout.flush()\npid = os.fork()\nif pid == 0: os._exit(3)\nos.waitpid(pid, 0)[1]",
    "a pool": "from concurrent.futures import ProcessPoolExecutor\n"
    "with ProcessPoolExecutor(2) as pool: made = list(pool.map(abs, [-1, -2]))\nmade",
    "a picture": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('t');",
    "a table": "import pandas\npandas.DataFrame({'a': [1.5, None], 'b': ['x', '中']})",
    "a widget": "import ipywidgets\nout = ipywidgets.Output()\nwith out: print('within')\nipywidgets.IntSlider(3)",
    "paths": "sys.path, sys.stdin.read(), os.getcwd() == os.path.realpath('.'), sorted(os.listdir())",
    "variables": "sorted(n for n in os.environ if n not in {'JPY_PARENT_PID', 'JPY_SESSION_NAME', 'RISKKIT_RUN'})",
    "hash": "hash('text'), {'a', 'b', 'c'}",
    "warns": "import warnings\nwarnings.warn('careful')",
    "fails": "def f(): raise KeyError('deep')\nf()",
}


def outputs(executed: Any) -> list[Any]:
    """What the cells show, streams put together: when a stream is cut depends on the clock."""
    found = []
    for cell in [one for one in executed.cells if one.cell_type == "code"]:
        shown: list[Any] = []
        for one in cell.outputs:
            is_same = shown and one.output_type == "stream" == shown[-1]["output_type"]
            if is_same and one.name == shown[-1]["name"]:
                shown[-1]["text"] += one.text
            else:
                shown.append(json.loads(json.dumps(one)))
        found.append((cell.execution_count, shown))
    return found


def steady(text: str) -> str:
    """Without what two runs of one engine have different: numbers of models, of processes and of objects."""
    return re.sub(
        r"[0-9a-f]{32}|pid=\d+|ipykernel_\d+|0x[0-9a-f]+|/tmp/(?:riskkit|matplotlib)-[\w/.-]+", "…", text
    )


def test_each_kind_of_output_is_what_the_stock_engine_gives(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb", PUBLISH, *CELLS.values())
    found = {}
    for engine in (engine_names.FORKED, engine_names.STOCK):
        out = tmp_path / engine
        result = runner.run_notebook(
            notebook, write_case(tmp_path / "c"), {}, out=out, lang="zh", formats=(), engine=engine
        )
        assert result.error is not None
        assert (result.error.kind, result.error.cell) == ("KeyError", len(CELLS) + 3)
        executed = nbformat.read(result.folder / "failed.ipynb", as_version=4)
        found[engine] = outputs(executed)[3:]
        widgets = executed.metadata.get("widgets", {})
        found[engine].append((None, len(str(widgets))))
    for name, forked, stock in zip(
        [*CELLS, "widgets"], found[engine_names.FORKED], found[engine_names.STOCK], strict=True
    ):
        assert steady(repr(forked)) == steady(repr(stock)), name


def plan_of(notebook: Path, out: Path, engine: str) -> plans.RunPlan:
    known = parameters.declared(plans.read_notebook(notebook), name=notebook.name)
    options = {"out": out / engine, "lang": "en", "formats": ("html",), "engine": engine}
    if any(one.name == "case" for one in known):
        return plans.make_plan(notebook, resources.find_case("magnet-sets-2012"), {}, **options)
    return alone_plan(notebook, {}, folder=out, **options)


@pytest.mark.parametrize(
    "notebook",
    [
        pytest.param(one, id=one.stem, marks=[] if one.stem in FEW else [pytest.mark.exhaustive])
        for one in SHIPPED
    ],
)
def test_a_shipped_notebook_says_the_same_through_both_engines(tmp_path: Path, notebook: Path) -> None:
    files = {}
    for engine in (engine_names.FORKED, engine_names.STOCK):
        plan = plan_of(notebook, tmp_path, engine)
        result = runner.run_plan(plan)
        assert result.ok, result.error
        files[engine] = {one.name: one.read_bytes() for one in result.folder.iterdir()}
        files[engine].pop("manifest.json")
    for name, content in files[engine_names.STOCK].items():
        assert files[engine_names.FORKED][name] == content, name


def look(pipe: Any) -> None:
    """In a process forked from the warmed one: how many threads that one has, and what is imported."""
    above = list(Path(f"/proc/{os.getppid()}/task").iterdir())
    names = ("pandas", "scipy.special", "plotly", "pyarrow", "zmq", "riskkit.workbench.reports.case.opening")
    pipe.send((len(above), warmed.is_warmed(), [one for one in names if one not in sys.modules]))


def in_fresh_process(folder: Path, code: str) -> None:
    """In a process without a warmed one yet: which imports that has, the first call in a process decides."""
    (folder / "go.py").write_text(code)
    plain = {name: text for name, text in os.environ.items() if name not in warmed.ONE_THREAD}
    environment = plain | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    subprocess.run([sys.executable, folder / "go.py"], check=True, env=environment)


def test_the_warmed_process_has_one_thread_and_all_imports(tmp_path: Path) -> None:
    code = """
from riskkit.workbench.runs.kernels import warmed
from test_engine import look
if __name__ == "__main__":
    ours, theirs = warmed.warmed().Pipe()
    child = warmed.warmed().Process(target=look, args=(theirs,))
    child.start()
    found = ours.recv()
    assert found == (1, True, []), found
    child.join()
"""
    in_fresh_process(tmp_path, code)


def test_a_rehearsal_leaves_no_thread_and_changes_no_report(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from riskkit.workbench.runs.workers import local as workers
from riskkit.workbench.runs.kernels import warmed
from test_engine import SHIPPED, look, plan_of
if __name__ == "__main__":
    notebook = next(one for one in SHIPPED if one.stem == "assess_case")
    plan = plan_of(notebook, Path({str(tmp_path)!r}), "riskkit")
    context = warmed.warmed([notebook], n_reports=100)
    ours, theirs = context.Pipe()
    context.Process(target=look, args=(theirs,)).start()
    assert ours.recv() == (1, True, [])
    assert workers.run_all([plan])[0].ok
    assert workers.run_all([plan_of(notebook, Path({str(tmp_path)!r}), "stock")])[0].ok
"""
    in_fresh_process(tmp_path, code)
    for name in ("executed.ipynb", "result.json", "report.html"):
        forked, stock = (
            next((tmp_path / engine).rglob(name)).read_bytes()
            for engine in (engine_names.FORKED, engine_names.STOCK)
        )
        assert forked == stock, name


def test_papermill_knows_it_by_name_and_falls_back_where_it_cannot_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from riskkit.workbench.runs.kernels import engine, forked_client

    notebook = write_notebook(tmp_path, "import os\nos.getcwd()", "1 / 0")
    with pytest.raises(papermill.PapermillExecutionError) as error:
        papermill.execute_notebook(
            notebook, tmp_path / "out.ipynb", engine_name="riskkit", kernel_name="python3",
            progress_bar=False, cwd=tmp_path,
        )  # fmt: skip
    assert error.value.ename == "ZeroDivisionError"
    assert str(tmp_path) in (tmp_path / "out.ipynb").read_text()

    class Stock:
        @staticmethod
        def execute_managed_notebook(nb_man: Any, kernel_name: str, **_: Any) -> None:
            nb_man.nb.metadata["by"] = f"stock {kernel_name}"

    monkeypatch.setattr(engine, "NBClientEngine", Stock)
    monkeypatch.setattr(forked_client, "ForkedKernel", None)
    write_notebook(tmp_path, "1")

    def run(name: str) -> Any:
        found = papermill.execute_notebook(
            notebook, None, engine_name="riskkit", kernel_name=name, progress_bar=False
        )
        return found.metadata["by"]

    assert run("ir") == "stock ir"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert run("python3") == "stock python3"
    assert warmed.engine_here() == engine_names.STOCK


@pytest.mark.parametrize("first", ["riskkit.workbench.runs.kernels.engine", "papermill"])
def test_papermill_and_the_engine_can_be_imported_in_any_order(first: str) -> None:
    code = (
        f"import {first}\n"
        "from papermill.engines import papermill_engines\n"
        "engine = papermill_engines.get_engine('riskkit')\n"
        "print(engine.execute_managed_notebook.__qualname__)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "ForkEngine.execute_managed_notebook"


def test_papermill_on_the_command_line_finds_the_engine(tmp_path: Path) -> None:
    write_notebook(tmp_path, "print(6 * 7)", name="nb")
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--engine",
        "riskkit",
        "--kernel",
        "python3",
        "nb.ipynb",
        "out.ipynb",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert "42" in (tmp_path / "out.ipynb").read_text()


def test_a_process_that_cannot_warm_up_is_a_clear_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Process:
        def __init__(self, **_: Any) -> None: ...

        def start(self) -> None:
            raise EOFError

    broken = SimpleNamespace(Pipe=multiprocessing.Pipe, Process=Process)
    monkeypatch.setattr(warmed, "warmed", lambda *_, **__: broken)
    plan = plan_of(write_notebook(tmp_path, PUBLISH), tmp_path / "out", engine_names.FORKED)
    with pytest.raises(InputFaults, match="--engine stock"):
        workers.run_all([plan])


def test_the_stock_engine_is_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_notebook(tmp_path / "shipped", PUBLISH, name="assess_case")
    monkeypatch.setattr(resources, "notebook", lambda name: tmp_path / "shipped" / f"{name}.ipynb")
    monkeypatch.chdir(tmp_path)
    for option in ([], ["--engine", "stock"]):
        assert cli.main(["assess", "magnet-sets-2012", *option]) == 0
        manifest = tmp_path / "reports" / "magnet-sets-2012" / "assess_case" / "manifest.json"
        assert json.loads(manifest.read_bytes())["inputs"]["engine"] == (option or ["", "riskkit"])[1]
