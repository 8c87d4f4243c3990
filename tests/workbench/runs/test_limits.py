"""What a notebook may use, and that nothing it does outlives its report or stops the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from tiny_report import PUBLISH, write_case, write_notebook

from riskkit.workbench.commands import cli
from riskkit.workbench.runs import batch, plans, runner
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.kernels import processes
from riskkit.workbench.runs.kernels.limits import Limits
from riskkit.workbench.runs.kernels.warmed import FORKED, STOCK

SMALL = Limits(memory=0.6, cell_output=2.0, report_output=4.0, cell_deadline=20.0)
PIDS = "import os, subprocess, sys\nPIDS = '{pids}'\ndef started(pid): open(PIDS, 'a').write(f'{{pid}}\\n')\n"
SLEEP = "[sys.executable, '-c', 'import time; time.sleep(600)']"
DAEMON = f"""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        child = subprocess.Popen({SLEEP}, start_new_session=True%s)
        started(child.pid)
        os._exit(0)
    os._exit(0)
"""
WAIT = "import time\nwhile not os.path.exists(PIDS): time.sleep(0.01)"
# what a notebook does → how its report ends: done, or the kind of its error and a piece of its message
DOES: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "well": ((PUBLISH,), "", ""),
    "daemon": ((PIDS + DAEMON % "" + WAIT, PUBLISH), "", ""),
    "daemon without a trace": ((PIDS + DAEMON % ", env={}" + WAIT, PUBLISH), "", ""),
    "nohup": ((PIDS + f"started(subprocess.Popen(['nohup', *{SLEEP}]).pid)", PUBLISH), "", ""),
    "fork": ((PIDS + "import time\npid = os.fork()\nif pid == 0: time.sleep(600)\nstarted(pid)", PUBLISH), "", ""),
    "exit": ((PUBLISH, PIDS + DAEMON % "" + WAIT, "os._exit(0)"), "DeadKernelError", ""),
    "closed stdout": ((PUBLISH, "import sys, os\nsys.stdout.close(); os.close(1)"), "", ""),
    "loop": ((PUBLISH, "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
             "Overdue", "a cell took longer than 20 s (--cell-deadline)"),
    "one great print": ((PUBLISH, "print('x' * 30_000_000)"),
                        "OutputLimit", "a cell wrote more than 2 MB of output (--cell-output)"),
    "prints for ever": ((PUBLISH, "while True: print('x' * 10_000)"),
                        "OutputLimit", "a cell wrote more than 2 MB of output (--cell-output)"),
    "shows for ever": ((PUBLISH, "from IPython.display import display, HTML\nwhile True: display(HTML('x' * 9999))"),
                       "OutputLimit", "a cell wrote more than 2 MB of output (--cell-output)"),
    "a little in every cell": ((PUBLISH, *["print('x' * 1_500_000)"] * 3),
                               "OutputLimit", "the cells wrote more than 4 MB of output (--report-output)"),
    "memory": ((PUBLISH, "rows = []\nwhile True: rows.append(bytearray(20_000_000))"),
               "MemoryLimit", "more than 0.6 GiB of memory (--memory)"),
    "50 GB": ((PUBLISH, "rows = [b'x' * 2**30 for _ in range(50)]"),
              "MemoryLimit", "more than 0.6 GiB of memory (--memory)"),
    "1 GB of print": ((PUBLISH, "for _ in range(100): print('x' * 10_000_000)"),
                      "OutputLimit", "a cell wrote more than 2 MB of output (--cell-output)"),
    "writes outside": ((PUBLISH, "for place in ('..', '../..'):\n    stray = os.path.realpath(place + '/stray')\n"
                                 "    open(stray, 'w').write('x'); open('{where}', 'a').write(stray + '\\n')"), "", ""),
    "memory of a child": ((PUBLISH, "import subprocess, sys\nsubprocess.run([sys.executable, '-c', "
                                    "'rows = []\\nwhile True: rows.append(bytearray(20_000_000))'])"),
                          "MemoryLimit", "more than 0.6 GiB of memory (--memory)"),
    "raises when shown": ((PUBLISH, "class Odd:\n    def _repr_html_(self): raise SystemExit(3)\n"
                                    "    def __repr__(self): raise ValueError('odd')\nOdd()"), "ValueError", "odd"),
    "kills its parent": ((PUBLISH, PIDS + DAEMON % "" + WAIT, "os.kill(os.getppid(), 9)"), "WorkerDied", "-9"),
}  # fmt: skip


@pytest.fixture(scope="module", params=[FORKED, STOCK])
def ended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, plans.RunResult], Path]:
    """All of them in one batch, and how each ended."""
    home = tmp_path_factory.mktemp("limits")
    todo = []
    for number, (cells, _, _) in enumerate(DOES.values()):
        texts = [one.replace("{pids}", str(home / f"{number}.pids")).replace("{{", "{").replace("}}", "}")
                 if "{pids}" in one else one.replace("{where}", str(home / "where")) for one in cells]  # fmt: skip
        notebook = write_notebook(home / "nb", *texts, name=f"n{number}")
        case = write_case(home / "cases", f"case{number}")
        todo.append(
            plans.make_plan(
                notebook,
                case,
                {},
                out=home / "out",
                lang="zh",
                formats=(),
                limits=SMALL,
                engine=request.param,
            )
        )
    with processes.none_left():
        results = batch.run_batch(todo, out=home / "out", jobs=2)
    return dict(zip(DOES, results, strict=True)), home


@pytest.mark.parametrize("does", DOES)
def test_whatever_a_notebook_does_ends_its_own_report_alone_and_says_why(
    ended: tuple[dict[str, plans.RunResult], Path], does: str
) -> None:
    results, _ = ended
    _, kind, words = DOES[does]
    result = results[does]
    assert (result.status, "" if result.error is None else result.error.kind) == (
        "failed" if kind else "done",
        kind,
    ), result.error
    if result.error is not None:
        assert words in result.error.message
        told = json.loads((result.folder / "reason.json").read_bytes())["error"]
        assert (told["kind"], told["message"]) == (kind, result.error.message)
        if kind in ("OutputLimit", "MemoryLimit", "Overdue"):
            assert result.error.cell == len(DOES[does][0]) + 2
            assert sum(path.stat().st_size for path in result.folder.iterdir()) < 8_000_000


def test_what_a_notebook_writes_beside_its_folder_goes_with_the_run(
    ended: tuple[dict[str, plans.RunResult], Path],
) -> None:
    results, home = ended
    assert results["writes outside"].ok
    strays = (home / "where").read_text().split()
    assert len(strays) == 2 and not any(Path(one).exists() for one in strays)


@pytest.mark.parametrize("does", [one for one in DOES if "{pids}" in "".join(DOES[one][0])])
def test_nothing_that_a_notebook_started_outlives_its_report(
    ended: tuple[dict[str, plans.RunResult], Path], does: str
) -> None:
    _, home = ended
    started = [int(pid) for pid in (home / f"{[*DOES].index(does)}.pids").read_text().split()]
    assert started
    assert [pid for pid in started if is_alive(pid)] == []


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_run_outside_a_batch_is_limited_and_ended_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = (PIDS + DAEMON % "" + WAIT).replace("{pids}", str(pids)).replace("{{", "{").replace("}}", "}")
    notebook = write_notebook(tmp_path / "nb", PUBLISH, text, "while True: print('x' * 100_000)")
    result = runner.run_notebook(
        notebook, write_case(tmp_path), {}, out=tmp_path / "out", lang="zh", formats=(), limits=SMALL
    )
    assert result.error is not None
    assert (result.error.kind, result.error.cell) == ("OutputLimit", 5)
    assert [pid for pid in map(int, pids.read_text().split()) if is_alive(pid)] == []


def test_what_a_killed_batch_left_running_is_ended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    from riskkit.foundation.inputs.part_files import this_host
    from riskkit.workbench.runs.folders import run_folders

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = tmp_path / f"riskkit-{this_host()}-{gone.pid}-abcdefgh"
    folder.mkdir()
    code = "import time; time.sleep(600)"
    mark = {processes.MARK: str(folder / "riskkit-x")}
    left = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **mark}, start_new_session=True)
    other = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    try:
        assert run_folders.sweep_private() == (folder,)
        assert left.wait(10) == -9
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_batch_that_is_killed_takes_its_workers_and_kernels_with_it(tmp_path: Path) -> None:
    note = tmp_path / "kernel.pid"
    write_notebook(tmp_path / "nb", PUBLISH, f"import os\nopen({str(note)!r}, 'w').write(str(os.getpid()))",
                   "while True: pass")  # fmt: skip
    write_case(tmp_path / "cases")
    code = f"""
from pathlib import Path
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs import batch, plans
if __name__ == "__main__":
    home = Path({str(tmp_path)!r})
    case = resources.find_case("toy.toml", folder=home / "cases")
    plan = plans.make_plan(home / "nb" / "tiny.ipynb", case, {{}}, out=home / "out", lang="zh", formats=())
    batch.run_batch([plan], out=home / "out")
"""
    (tmp_path / "go.py").write_text(code)
    running = subprocess.Popen([sys.executable, str(tmp_path / "go.py")])
    until = time.monotonic() + 120
    while not (note.exists() and note.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    kernel = int(note.read_text())
    assert is_alive(kernel)
    running.kill()
    running.wait()
    until = time.monotonic() + 30
    while is_alive(kernel) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(kernel)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_limits_are_options_with_defaults_in_the_help_and_said_when_hit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    assert cli.main(["batch", "--help", "--lang", lang]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for option, default in (("--memory", "4.0"), ("--cell-output", "20.0"), ("--report-output", "100.0"),
                            ("--cell-deadline", "300.0"), ("--deadline", "600.0")):  # fmt: skip
        assert f"[default: {default}" in told[told.index(f"{option} ") :][:200], option
    write_notebook(tmp_path / "shipped", PUBLISH, "print('x' * 300_000)", name="assess_case")
    monkeypatch.setattr(resources, "notebook", lambda name: tmp_path / "shipped" / f"{name}.ipynb")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("case\nmagnet-sets-2012\n")
    assert cli.main(["batch", "list.csv", "--cell-output", "0.2", "--lang", lang]) == 1
    words = {"zh": "单元输出超过 0.2 MB（--cell-output）", "en": "a cell wrote more than 0.2 MB of output"}[
        lang
    ]
    assert words in capsys.readouterr().err
    assert words in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    for wrong in ("nan", "0", "-1", "x"):
        assert cli.main(["batch", "list.csv", "--memory", wrong]) == 2
