"""Batches: side by side, each report on its own, nothing half-done left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import wait
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from patience import HANGS, comes_true
from tiny_report import PUBLISH, names, write_case, write_notebook

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.runs import batch, lists, plans
from riskkit.workbench.runs.session import Progress
from riskkit.workbench.runs.workers import local as workers

SWITCH = (
    PUBLISH
    + """
import os, time, subprocess
if fail == "raise": raise ValueError("bad case")
if fail == "kill worker": os.kill(os.getppid(), 9)
if fail == "stop worker":
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    open(note, "w").write(str(child.pid))
    os.kill(os.getppid(), 19)
    time.sleep(300)
"""
)


def planned(tmp_path: Path, fails: dict[str, str], **options: object) -> tuple[plans.RunPlan, ...]:
    notebook = write_notebook(tmp_path / "nb", SWITCH)
    note = str(tmp_path / "child.pid")
    return tuple(
        plans.make_plan(notebook, write_case(tmp_path / "cases", name), {"fail": fail, "note": note},
                        out=tmp_path / "out", lang="zh", formats=(), **options)
        for name, fail in fails.items()
    )  # fmt: skip


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_one_failure_stops_no_other_and_resume_makes_only_what_is_missing(tmp_path: Path) -> None:
    events: list[workers.Event] = []
    todo = planned(tmp_path, {"a": "", "b": "raise", "c": "kill worker", "d": "", "e": ""})
    results = batch.run_batch(todo, out=tmp_path / "out", jobs=2, watch=events.append)
    assert [one.case_id for one in results] == ["a", "b", "c", "d", "e"]
    assert [one.status for one in results] == ["done", "failed", "failed", "done", "done"]
    errors = {one.case_id: one.error for one in results if one.error}
    assert str(errors["b"]) == "cell 3: ValueError: bad case"
    assert (errors["c"].kind, errors["c"].message) == ("WorkerDied", "its process ended with code -9")
    assert names(tmp_path / "out") == ["a", "d", "e", "failed"]
    assert names(tmp_path / "out" / "failed") == ["b", "c"]
    assert {one.kind for one in events} == {"started", "cell", "finished"}
    assert sum(one.kind == "finished" for one in events) == 5
    assert max(one.cell for one in events) == 3
    kept = (tmp_path / "out" / "a" / "tiny" / "manifest.json").stat().st_mtime_ns
    again = batch.run_batch(
        planned(tmp_path, dict.fromkeys("abcde", "")), out=tmp_path / "out", jobs=2, resume=True
    )
    assert [one.status for one in again] == ["skipped", "done", "done", "skipped", "skipped"]
    assert (tmp_path / "out" / "a" / "tiny" / "manifest.json").stat().st_mtime_ns == kept
    assert names(tmp_path / "out" / "failed") == ["b", "c"] or not any(
        (tmp_path / "out" / "failed").rglob("*.json")
    )


def test_two_batches_give_equal_results_however_many_work(tmp_path: Path) -> None:
    first = batch.run_batch(
        planned(tmp_path / "1", dict.fromkeys("ab", "")), out=tmp_path / "1" / "out", jobs=2
    )
    second = batch.run_batch(
        planned(tmp_path / "1", dict.fromkeys("ab", "")), out=tmp_path / "1" / "out", jobs=1
    )
    before = [(one.folder / "result.json").read_bytes() for one in first]
    assert [(one.folder / "result.json").read_bytes() for one in second] == before


def test_a_worker_that_hangs_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "child.pid"

    def clock() -> float:
        """A thousand seconds on as soon as the worker was stopped by its notebook."""
        return time.monotonic() + (1000.0 if note.exists() and note.read_text() else 0.0)

    monkeypatch.setattr(workers, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(workers, "wait", lambda pipes, timeout: wait(pipes, timeout=min(timeout, 0.1)))
    todo = planned(tmp_path, {"a": "stop worker", "b": ""}, deadline=900.0)
    results = workers.run_all(todo, jobs=1, grace=1.0)
    assert [one.status for one in results] == ["failed", "done"]
    assert results[0].error is not None
    assert (results[0].error.kind, results[0].error.message) == (
        "Overdue", "the report took longer than 901 s (--deadline)",
    )  # fmt: skip
    assert is_gone(int(note.read_text()))


def test_an_interrupt_leaves_complete_folders_and_no_process(tmp_path: Path) -> None:
    planned(tmp_path, {"a": "", "b": ""})
    code = f"""
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # started in the background it would be ignored
sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}
from pathlib import Path
from test_batch import planned
from riskkit.workbench.runs import batch
if __name__ == "__main__":
    home = Path({str(tmp_path)!r})
    todo = planned(home, {{"a": "", "b": "stop worker"}})
    batch.run_batch(todo, out=home / "out", jobs=1)
"""
    script = tmp_path / "go.py"
    script.write_text(code)
    private = tempfile.mkdtemp(prefix="rk-", dir="/tmp")  # short, as sockets want it
    running = subprocess.Popen(
        [sys.executable, str(script)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": private},
    )
    note = tmp_path / "child.pid"
    assert comes_true(lambda: note.exists() and note.read_text())
    family = psutil.Process(running.pid).children(recursive=True)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=HANGS)
    assert running.returncode != 0
    assert said.count(b"Traceback") == 1
    assert b"KeyboardInterrupt" in said
    assert names(tmp_path / "out") == ["a"]
    assert names(tmp_path / "out" / "a") == ["tiny"]
    assert list(Path(private).glob("riskkit-*")) == []
    shutil.rmtree(private)
    assert is_gone(int(note.read_text()))
    # the one that tracks shared resources leaves when it sees its parent gone
    assert comes_true(lambda: all(is_gone(one.pid) for one in family))


def test_a_list_is_read_and_every_fault_in_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes('\ufeffcase,note,seed\r\na,"儿童, 牙刷",1\r\n,x,2\r\nb,,\r\nc,1,2,3\r\n'.encode())
    with pytest.raises(InputFaults) as caught:
        lists.read_list(file)
    assert [fault.place for fault in caught.value.faults] == ["list.csv:5"]
    file.write_text('case,note,seed\na,"儿童, 牙刷",1\n,x,2\nb,,\n', encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        lists.read_list(file)
    assert [fault.place for fault in caught.value.faults] == ["list.csv:3:case"]
    file.write_text('case,note,seed\na,"儿童, 牙刷",1\nb,,\n', encoding="utf-8")
    assert [one.given for one in lists.read_list(file)] == [{"note": "儿童, 牙刷", "seed": "1"}, {}]
    file.write_text("case,notebook,reports\na,,\n,signal_scan,register\n,,x\n", encoding="utf-8")
    with pytest.raises(InputFaults) as caught:
        lists.read_list(file)
    assert [fault.place for fault in caught.value.faults] == ["list.csv:4:case"]
    file.write_text("case,notebook,reports\na,,\n,signal_scan,register\n", encoding="utf-8")
    assert [(one.case, one.notebook, one.given) for one in lists.read_list(file)] == [
        ("a", "", {}), ("", "signal_scan", {"reports": "register"})
    ]  # fmt: skip
    toml = tmp_path / "list.toml"
    toml.write_text('[[report]]\ncase = "a"\nseed = 3\n[[report]]\ncase = "b"\n')
    assert [one.given for one in lists.read_list(toml)] == [{"seed": 3}, {}]
    for name in ("b", "a"):
        write_case(tmp_path / "folder", name)
    assert [one.case for one in lists.read_list(tmp_path / "folder")] == ["a.toml", "b.toml"]


WRONG_LISTS = {
    "two.csv": b"case,case\na,b\n",
    "empty.csv": b"",
    "head.csv": b"case\n",
    "none.csv": b"id\na\n",
    "gbk.csv": "案例".encode("gbk"),
    "a.toml": b"x = 1",
    "b.toml": b"[[report]]\nx = 1\n",
    "c.toml": b"report = 3",
    "d.toml": b"[[",
    "list.txt": b"case\na\n",
}


@pytest.mark.parametrize("name", [*WRONG_LISTS, "missing.csv", "."])
def test_a_wrong_list_is_one_clear_error(tmp_path: Path, name: str) -> None:
    if name in WRONG_LISTS:
        (tmp_path / name).write_bytes(WRONG_LISTS[name])
    with pytest.raises(InputFaults) as caught:
        lists.read_list(tmp_path / name)
    assert len(caught.value.faults) == 1


def test_all_faults_of_all_lines_come_together_and_a_folder_is_used_once(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb")
    case = write_case(tmp_path / "cases")

    def plan(request: lists.Request) -> plans.RunPlan:
        return plans.make_plan(notebook, case, request.given, out=tmp_path / "out", lang="zh", formats=())

    asked: list[dict[str, object]] = [{}, {"seed": "x", "z": 1}, {}, {"q": 1}]
    lines = [lists.Request(f"l:{n}", "toy", given) for n, given in enumerate(asked)]
    with pytest.raises(InputFaults) as caught:
        batch.plan_all(lines, plan)
    assert [fault.place for fault in caught.value.faults] == ["l:1: seed", "l:1: z", "l:2", "l:3: q"]


def test_the_summary_is_relative_and_tells_why(tmp_path: Path) -> None:
    error = plans.RunError("E", "m", 2)
    result = plans.RunResult("a", "tiny", "zh", "failed", tmp_path / "failed" / "a" / "tiny", 1.0, error)
    batch.write_summary([result], out=tmp_path, facts={"command": "batch"}, langs=["zh"])
    text = (tmp_path / "batch.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["reports"][0]["error"] == {"kind": "E", "message": "m", "cell": 2}


@pytest.mark.parametrize(("n_faults", "is_cut"), [(4, False), (30, True)])
def test_what_is_wrong_with_an_input_stands_in_the_line_of_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n_faults: int, is_cut: bool
) -> None:
    (plan,) = planned(tmp_path, {"a": ""})
    message = "\n".join([f"recalls: {n_faults} faults", *(f"  table: column {n}" for n in range(n_faults))])
    error = plans.RunError("InputFaults", message, 3)
    result = plans.RunResult("a", "nb", "en", "failed", tmp_path, 1.0, error)
    with Progress(1) as progress:
        progress.watch(workers.Event("ended", plan, result=result))
    said = capsys.readouterr().err
    assert f"cell 3: InputFaults: recalls: {n_faults} faults" in said and "table: column 3" in said
    assert ("…" in said, "table: column 29" in said) == (is_cut, False)
