"""A disk that is full or read-only, a missing permission: one clear answer with the place, nothing half-written."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from writers import WRITERS, everything

from riskkit.foundation.inputs import part_files
from riskkit.workbench.commands import cli
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.words.usage import system_faults

COMMANDS = {
    **WRITERS,
    "access add": ["access", "add", "li", "--role", "chair", "--access", "OUT.toml"],
    "backup": ["ledger", "backup", "--ledger", "ledger.sqlite", "--out", "OUT.sqlite"],
}
KINDS = {
    errno.EROFS: ("非只读的位置", "a place that is not read-only"),
    errno.ENOSPC: ("有剩余空间的磁盘", "a disk with free space"),
    errno.EACCES: ("有权限使用的位置", "a place that you may use"),
    errno.EIO: ("可以使用的位置", "a place that can be used"),
}


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        *((one, errno.EROFS) for one in COMMANDS),
        *(("template", kind) for kind in KINDS if kind != errno.EROFS),
    ],
)
def test_what_the_system_refuses_is_a_fault_with_its_place_and_nothing_is_left(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, kind: int
) -> None:
    monkeypatch.chdir(desk)
    words = [one.replace("OUT", f"{command}-{kind}") for one in COMMANDS[command]]
    before = everything(desk)

    def refused(*_: object, **__: object) -> None:
        raise OSError(kind, os.strerror(kind))

    monkeypatch.setattr(os, "fsync", refused)
    for number, lang in enumerate(("zh", "en")):
        assert cli.main([*words, "--lang", lang]) == 2
        said = capsys.readouterr().err
        assert f"{command}-{kind}" in said
        assert ".part" not in said
        assert KINDS[kind][number] in said or command in (
            "ledger export",
            "backup",
        )  # these say it themselves
    assert everything(desk) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_permission_is_told(
    desk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.chdir(desk)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    assert cli.main([one.replace("OUT", str(closed / "x")) for one in COMMANDS[command]]) == 2
    assert str(closed) in capsys.readouterr().err


@pytest.mark.parametrize("out", ["/proc/x", "/dev/null/x", "/proc/self/x"])
@pytest.mark.parametrize("command", ["demo", "assess", "batch", "run"])
def test_a_place_where_nothing_can_be_made_is_refused_before_anything_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    out: str,
) -> None:
    def no_run(*_: object, **__: object) -> None:
        raise AssertionError("a report was started")

    monkeypatch.setattr("riskkit.workbench.runs.batch.run_all", no_run)
    monkeypatch.setattr(resources, "shipped_cases", lambda: ("magnet-sets-2012",))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("case\nmagnet-sets-2012\n")
    about = {"demo": [], "assess": ["magnet-sets-2012"], "batch": ["list.csv"], "run": ["monitoring_plan"]}
    assert cli.main([command, *about[command], "--out", out, "--lang", "en"]) == 2
    assert "a folder that can be written to" in capsys.readouterr().err


def test_errors_of_databases_are_told_and_others_are_not_hidden() -> None:
    found = system_faults(sqlite3.OperationalError("attempt to write a readonly database"))
    assert found is not None
    assert found.faults[0].rule == "a place that is not read-only"
    assert system_faults(sqlite3.OperationalError("no such table: events")) is None
    assert system_faults(ValueError("read-only")) is None


def test_who_stops_reading_gets_no_traceback(tmp_path: Path) -> None:
    code = "import sys; from riskkit.workbench.commands.cli import main; sys.exit(main(['check', '--lang', 'en']))"
    running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    said = running.stderr.read().decode()
    running.stderr.close()
    running.wait()
    assert "Traceback" not in said


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"c.csv.part-{part_files.this_host()}-{gone.pid}-00000000"
    left.write_text("half")
    mine = tmp_path / "c.csv.part-x"
    mine.write_text("mine")
    assert cli.main(["template", "complaint", "--format", "csv", "--out", str(tmp_path / "c.csv")]) == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["c.csv", "c.csv.part-x", "c.help.csv"]
