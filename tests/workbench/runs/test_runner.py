"""The runner: strict, isolated, and a folder that is complete or not there."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from patience import DEADLINES, HANGS
from tiny_report import PUBLISH, names, write_case, write_notebook

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.held_folders import Folder
from riskkit.workbench.runs import plans, records, runner
from riskkit.workbench.runs.folders import resources, run_folders
from riskkit.workbench.runs.kernels import kernels, warmed


def run(tmp_path: Path, *cells: str, formats: Sequence[str] = (), **options: Any) -> plans.RunResult:
    given = options.pop("given", {})
    notebook = write_notebook(tmp_path / "nb", *cells)
    case = write_case(tmp_path / "cases")
    return runner.run_notebook(
        notebook, case, given, out=options.pop("out", tmp_path / "out"), lang="zh", formats=formats, **options
    )


def test_a_run_leaves_one_complete_folder_and_nothing_else(tmp_path: Path) -> None:
    result = run(tmp_path, given={"note": "儿童牙刷", "seed": "7"})
    assert result.status == "done"
    assert result.folder == tmp_path / "out" / "toy" / "tiny"
    assert names(result.folder) == ["executed.ipynb", "manifest.json", "result.json", "toy.toml"]
    assert names(tmp_path / "out") == ["toy"]
    assert names(tmp_path / "out" / "toy") == ["tiny"]
    found = json.loads((result.folder / "result.json").read_text(encoding="utf-8"))
    assert found["note"] == "儿童牙刷"
    assert found["case"]["id"] == "toy.toml"
    manifest = json.loads((result.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 7
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((result.folder / name).read_bytes()).hexdigest() == entry["sha256"]
    assert set(manifest["files"]) == {"executed.ipynb", "result.json", "toy.toml"}
    executed = nbformat.read(result.folder / "executed.ipynb", as_version=4)
    nbformat.validate(executed)
    given = [cell for cell in executed.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert len(given) == 1
    assert "note = '儿童牙刷'" in given[0].source
    text = (result.folder / "executed.ipynb").read_text(encoding="utf-8")
    assert "\\u" not in text
    assert text == nbformat.writes(executed) + "\n"


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    cells = (PUBLISH, "print({'b', 'a', 'c', 'd'}, hash('text'))")
    one, other = (run(tmp_path, *cells, out=tmp_path / out, given={"seed": 3}) for out in ("a", "b"))
    for name in ("result.json", "executed.ipynb", "toy.toml"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def test_a_wrong_parameter_stops_before_a_kernel_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_kernel(*_: object, **__: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("papermill.execute_notebook", no_kernel)
    hostile = "x = 1\nimport os; os.system('id') #"
    with pytest.raises(InputFaults) as caught:
        run(tmp_path, given={hostile: 1, "sead": 2, "seed": "many"})
    assert len(caught.value.faults) == 3
    assert not (tmp_path / "out").exists()


def test_code_and_markup_in_a_value_arrive_as_text(tmp_path: Path) -> None:
    hostile = "__import__('os').system('touch ran')\n\"\"\"<script>{case.__class__}</script>\\"
    result = run(tmp_path, given={"note": hostile})
    assert json.loads((result.folder / "result.json").read_bytes())["note"] == hostile


def test_braces_in_the_output_path_are_only_braces(tmp_path: Path) -> None:
    result = run(tmp_path, out=tmp_path / "{case.__class__}{pm}", given={})
    assert result.folder.parent.parent.name == "{case.__class__}{pm}"
    assert result.status == "done"


def test_a_failure_names_its_cell_and_leaves_the_old_report(tmp_path: Path) -> None:
    good = run(tmp_path)
    before = {name: (good.folder / name).read_bytes() for name in names(good.folder)}
    bad = run(tmp_path, PUBLISH, "x = 1\nraise ValueError('p 必须是概率')")
    assert bad.status == "failed"
    assert bad.error is not None
    assert (bad.error.cell, bad.error.kind, bad.error.message) == (4, "ValueError", "p 必须是概率")
    assert {name: (good.folder / name).read_bytes() for name in names(good.folder)} == before
    assert bad.folder == tmp_path / "out" / "failed" / "toy" / "tiny"
    assert names(bad.folder) == ["failed.ipynb", "reason.json"]
    outputs = [
        o
        for c in nbformat.read(bad.folder / "failed.ipynb", as_version=4).cells
        for o in c.get("outputs", [])
    ]
    assert outputs[-1]["ename"] == "ValueError"
    run(tmp_path)
    assert not bad.folder.exists()


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("import os; os._exit(7)", "DeadKernelError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "DeadKernelError"),
        ("1/0", "ZeroDivisionError"),
        ("input()", "StdinNotImplementedError"),
    ],
)
def test_whatever_a_notebook_does_is_a_failed_run(tmp_path: Path, cell: str, kind: str) -> None:
    result = run(tmp_path, PUBLISH, cell)
    assert result.error is not None
    assert (result.status, result.error.kind, result.error.cell) == ("failed", kind, 4)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("1",), "published 0"),
        ((PUBLISH, PUBLISH), "published 2"),
        ((PUBLISH.replace("random.random()", "float('nan')"),), ""),
    ],
)
def test_exactly_one_finite_result(tmp_path: Path, cells: tuple[str, ...], words: str) -> None:
    result = run(tmp_path, *cells)
    if words:
        assert result.error is not None
        assert words in result.error.message
    else:  # Jupyter's messages turn NaN into a text or refuse it; it never becomes a number in result.json
        assert result.status == "failed" or "NaN" not in (result.folder / "result.json").read_text()


def test_overdue_is_ended_with_everything_it_started(tmp_path: Path) -> None:
    note = tmp_path / "child.pid"
    for deadline in DEADLINES:  # the first that is enough for a kernel to start on this machine
        result = run(
            tmp_path,
            "import subprocess, pathlib\nchild = subprocess.Popen(['sleep', '3000'])\n"
            f"_ = pathlib.Path({str(note)!r}).write_text(str(child.pid))",
            "while True: pass",
            deadline=deadline,
        )
        if note.exists():
            break
    assert result.error is not None
    assert (result.error.kind, result.error.cell) == ("Overdue", 4)
    assert (
        time.time() - note.stat().st_mtime < deadline + HANGS
    )  # neither the cell nor its child ends by itself
    assert (
        not psutil.pid_exists(int(note.read_text()))
        or psutil.Process(int(note.read_text())).status() == "zombie"
    )


def test_a_child_of_a_finished_notebook_does_not_live_on(tmp_path: Path) -> None:
    start = "import subprocess\nchild = subprocess.Popen(['sleep', '300'], process_group=0)\n"
    result = run(tmp_path, start + PUBLISH.replace("note,", "str(child.pid),"))
    pid = int(json.loads((result.folder / "result.json").read_bytes())["note"])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"


@pytest.mark.parametrize("engine", [warmed.FORKED, warmed.STOCK])
def test_the_kernel_is_this_interpreter_in_a_private_folder(tmp_path: Path, engine: str) -> None:
    ask = "import os, sys, riskkit, pathlib\n"
    ask += "note = json.dumps([sys.executable, os.getcwd(), os.listdir(), riskkit.__file__,"
    ask += " 'rfc3987_syntax' in sys.modules and sys.modules['rfc3987_syntax'] is None,"
    ask += " sorted(p.name for p in pathlib.Path('..').iterdir())])\n"
    before = Path.cwd()
    result = run(tmp_path, "import json", ask + PUBLISH, engine=engine)
    note = json.loads(json.loads((result.folder / "result.json").read_bytes())["note"])
    assert note[0] == sys.executable
    assert note[2] == ["toy.toml"]
    assert Path(note[3]).samefile(resources.riskkit.__file__)
    assert note[4] is True
    assert ("k-ipc-1" in note[5]) == (engine == warmed.STOCK)
    assert not Path(note[1]).exists()
    assert Path.cwd() == before


def test_the_format_check_without_the_slow_module_still_validates() -> None:
    code = (
        "from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import; keep_out_slow_import()\n"
        "import jsonschema, nbformat\n"
        "checker = jsonschema.FormatChecker()\n"
        "jsonschema.validate('a', {'type': 'string', 'format': 'iri'}, format_checker=checker)\n"
        "nbformat.validate(nbformat.v4.new_notebook())\n"
        "import sys; print(sys.modules['rfc3987_syntax'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


def test_an_equal_complete_run_is_recognised_and_any_change_is_seen(tmp_path: Path) -> None:
    run(tmp_path, given={"seed": 3})
    notebook, case = tmp_path / "nb" / "tiny.ipynb", write_case(tmp_path / "cases")

    def plan(about: resources.CaseSource = case, **given: object) -> plans.RunPlan:
        return plans.make_plan(notebook, about, given, out=tmp_path / "out", lang="zh", formats=())

    assert records.is_complete(plan(seed=3))
    assert not records.is_complete(plan(seed=4))
    other = resources.CaseSource(case.case_id, case.path, case.content + b"#", False)
    assert not records.is_complete(plan(other, seed=3))
    result = tmp_path / "out" / "toy" / "tiny" / "result.json"
    kept = result.read_bytes()
    result.write_bytes(kept[:-1])
    assert not records.is_complete(plan(seed=3))
    result.write_bytes(kept)
    assert records.is_complete(plan(seed=3))
    write_notebook(tmp_path / "nb", PUBLISH, "1")
    assert not records.is_complete(plan(seed=3))


def report(**content: str) -> dict[str, bytes]:
    """Files as a report has them: with the manifest that names them."""
    files = {name: text.encode() for name, text in content.items()}
    facts = {"schema": "riskkit.manifest/1", "files": run_folders.digests(files)}
    return files | {"manifest.json": run_folders.canonical(run_folders.sealed(facts))}


def test_a_folder_is_replaced_in_one_step_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run_folders.put(tmp_path / "a" / "b", report(one="1"))

    def no_room(_: int) -> None:
        raise OSError("full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        with pytest.raises(OSError, match="full"):
            run_folders.put(folder, report(two="2"))
    assert names(folder) == ["manifest.json", "one"]
    assert names(tmp_path / "a") == ["b"]
    run_folders.put(folder, report(two="2"))
    assert names(folder) == ["manifest.json", "two"]
    monkeypatch.setattr(run_folders, "_exchange", lambda *_: False)
    run_folders.put(folder, report(three="3"))
    assert names(folder) == ["manifest.json", "three"]
    assert names(tmp_path / "a") == ["b"]


@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("is_ours", [True, False])
def test_two_runs_may_put_the_same_folder_at_the_same_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool, is_ours: bool
) -> None:
    """What another run put there gives way; what a person put there in that moment stays, and is refused."""
    write = Folder.write
    others: list[bytes] = []

    def meanwhile(folder: Folder, name: str, content: bytes, **how: Any) -> None:
        write(folder, name, content, **how)
        if not others:  # somebody is quicker by a moment
            others.append(b"2")
            if is_ours:
                run_folders.put(tmp_path / "a" / "b", report(two="2", more="2"))
            else:
                (tmp_path / "a" / "b").mkdir()
                (tmp_path / "a" / "b" / "notes").write_text("mine")

    monkeypatch.setattr(Folder, "write", meanwhile)
    if not can_exchange:
        monkeypatch.setattr(run_folders, "_exchange", lambda *_: False)
    if is_ours:
        folder = run_folders.put(tmp_path / "a" / "b", report(one="1"))
        assert (names(folder), names(tmp_path / "a")) == (["manifest.json", "one"], ["b"])
        return
    with pytest.raises(InputFaults) as caught:
        run_folders.put(tmp_path / "a" / "b", report(one="1"))
    assert [one.value for one in caught.value.faults] == ["'notes'"]
    assert (names(tmp_path / "a" / "b"), names(tmp_path / "a")) == (["notes"], ["b"])


def test_a_link_or_a_file_in_the_place_of_a_report_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("kept")
    for name in ("link", "dangling", "file"):
        place = tmp_path / "out" / name
        place.parent.mkdir(exist_ok=True)
        if name == "file":
            place.write_text("kept")
        else:
            place.symlink_to(tmp_path / ("elsewhere" if name == "link" else "nowhere"))
        with pytest.raises(InputFaults):
            run_folders.put(place, report(one="1"))
        assert place.is_symlink() == (name != "file")
    assert names(tmp_path / "out") == ["dangling", "file", "link"]
    assert (tmp_path / "elsewhere" / "mine").read_text() == "kept"
    assert (tmp_path / "out" / "file").read_text() == "kept"


def test_a_full_disk_is_a_failed_run_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    result = run(tmp_path)
    assert result.error is not None
    assert (result.status, result.error.kind) == ("failed", "OSError")
    assert "No space left" in result.error.message
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_what_a_killed_run_left_is_swept_and_a_living_one_is_not(tmp_path: Path) -> None:
    host = part_files.this_host()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = tmp_path / "a" / f"b.part-{host}-{gone.pid}-00000000"
    living = tmp_path / "a" / f"b.part-{host}-{os.getpid()}-00000000"
    elsewhere = tmp_path / "a" / f"b.part-{'0' * 8}-{gone.pid}-00000000"
    mine = tmp_path / "a" / "my.part-2"
    for folder in (dead, living, elsewhere, mine):
        folder.mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    (tmp_path / "a" / "door").symlink_to(tmp_path / "out")
    linked = tmp_path / "out" / dead.name
    linked.mkdir()
    assert part_files.sweep(tmp_path / "a") == (dead,)
    assert linked.is_dir()  # behind a link nothing is looked for
    assert part_files.sweep(tmp_path, depth=1) == (linked,)
    (tmp_path / "a" / "door").unlink()
    assert len(names(tmp_path / "a")) == 3


def test_a_private_folder_of_a_killed_run_is_swept_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    host = part_files.this_host()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "elsewhere").mkdir()
    dead = tmp_path / f"riskkit-{host}-{gone.pid}-abcdefgh"
    (dead / "riskkit-12345678").mkdir(parents=True)
    (tmp_path / f"riskkit-{host}-{gone.pid}-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / f"riskkit-{'0' * 8}-{gone.pid}-abcdefgh").mkdir()
    (tmp_path / "riskkit-notes-2024-x").mkdir()
    living = Path(run_folders.private_folder())
    assert living.parent == tmp_path
    assert living.stat().st_mode & 0o777 == 0o700
    assert run_folders.sweep_private() == (dead,)
    assert not dead.exists()
    assert len(names(tmp_path)) == 5


UNSAFE = ["", "A", "a/b", "..", "-a", "a" * 65, "a b", "é", "failed", "assets", "zh", "a\n", "a.b"]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_is_no_safe_folder_is_refused(name: str) -> None:
    with pytest.raises(InputFaults):
        run_folders.check_name(name, what="case id")


def test_a_case_path_must_stay_where_it_starts(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    write_case(inside, "good")
    write_case(outside, "secret")
    (inside / "link.toml").symlink_to(outside / "secret.toml")
    (inside / "door").symlink_to(outside)
    (inside / "folder.toml").mkdir()
    with (inside / "huge.toml").open("wb") as huge:
        huge.truncate(200_000_000)
    (inside / "notes.txt").write_text("x = 1")
    assert resources.find_case("good.toml", folder=inside).case_id == "good"
    assert resources.find_case(str(inside / "good.toml")).case_id == "good"
    paths = "../out/secret.toml link.toml door/secret.toml folder.toml huge.toml none.toml a/../good.toml"
    others = [
        "Bad Name.toml",
        "./notes.txt",
        "x\0.toml",
        str(inside / "link.toml"),
        "no-such-case",
        "A B",
        "/etc/x",
    ]
    wrong = [*paths.split(), *others]
    for case in wrong:
        with pytest.raises(InputFaults) as caught:
            resources.find_case(case, folder=inside)
        assert len(caught.value.faults) == 1, case
        assert "\n  " in str(caught.value)


def test_a_long_private_folder_falls_back_from_sockets(tmp_path: Path) -> None:
    short = kernels.ReportKernelManager(folder="/tmp/riskkit-x")
    assert short.transport == "ipc"
    assert short.ip == "/tmp/riskkit-x/k-ipc"
    assert kernels.ReportKernelManager(folder="/tmp/" + "x" * 100).transport == "tcp"
