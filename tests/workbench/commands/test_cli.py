"""The command line: one clear answer, the right exit code, nothing written where the input is bad."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from shared import TESTS
from tiny_report import PUBLISH, names, write_notebook

from riskkit.foundation.language import in_language
from riskkit.words.catalogue import command_text
from riskkit.workbench.commands import cli
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.serving.limits import serving_limits

CASE = "magnet-sets-2012"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with a tiny notebook in place of the shipped one."""
    write_notebook(tmp_path / "shipped", PUBLISH, 'if fail: raise ValueError("bad 案例")', name="assess_case")
    monkeypatch.setattr(resources, "notebook", lambda name: tmp_path / "shipped" / f"{name}.ipynb")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def own_case(folder: Path, name: str = "own") -> Path:
    content = resources.find_case(CASE).content.decode()
    path = folder / f"{name}.toml"
    path.write_text(content.replace(f'"{CASE}"', f'"{name}"', 1), encoding="utf-8")
    return path


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    code = cli.main([*arguments, "--json", "--lang", "en"])
    shown = capsys.readouterr()
    return code, json.loads(shown.out), shown.err


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "command", ["", "demo", "assess", "batch", "check", "dashboard", "lab", "template", "sample"]
)
def test_help_speaks_as_asked(capsys: pytest.CaptureFixture[str], command: str, lang: str) -> None:
    assert cli.main([*command.split(), "--help", f"--lang={lang}"]) == 0
    text = capsys.readouterr().out
    assert in_language(lang, command_text, "opt_help") in text
    assert cli.main(["--lang", lang, *command.split(), "-h"]) == 0
    assert capsys.readouterr().out == text


HEAVY = {
    "IPython", "PIL", "docx", "duckdb", "jinja2", "nbformat", "numpy", "openpyxl", "pandas", "papermill",
    "plotly", "psutil", "pyarrow", "pydantic", "scipy", "sqlalchemy", "tornado",
}  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """The modules that a new Python holds after this."""
    asked = f"import sys, json\n{code}\nprint()\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--lang", "zh", "--help"], ["register", "--help"], ["assess", "--help"]]
)
def test_help_is_quick_because_nothing_heavy_is_imported(arguments: list[str]) -> None:
    loaded = loaded_by(f"from riskkit.workbench.commands.cli import main; main({arguments})")
    assert not HEAVY & loaded
    own = {name for name in loaded if name.startswith("riskkit.workbench.commands.")}
    assert own.isdisjoint(
        {f"riskkit.workbench.commands.{name}" for name in ("register", "committee", "lists")}
    )
    assert {"pandas", "numpy"} <= loaded_by("import pandas")  # what is looked for can be found


def test_a_bare_import_loads_no_part_of_riskkit() -> None:
    loaded = loaded_by("import riskkit")
    assert {name for name in loaded if name.startswith("riskkit")} == {"riskkit"}
    assert not HEAVY & loaded
    assert "importlib.resources" not in loaded  # with what it needs, half of the time of this import


@pytest.mark.parametrize(("case", "is_questioned"), [("note7-battery-2016", False), (CASE, True)])
def test_a_case_is_checked_without_tables_and_with_no_more_of_scipy_than_an_interval_needs(
    case: str, is_questioned: bool
) -> None:
    loaded = loaded_by(f"from riskkit.workbench.commands.cli import main; main(['check', {case!r}])")
    assert "riskkit.case.case_reading" in loaded
    assert loaded.isdisjoint(
        {"pandas", "scipy.stats", "scipy.optimize", "scipy.interpolate", "jinja2", "plotly"}
    )
    assert ("scipy.special" in loaded) == is_questioned


def test_the_help_of_a_group_builds_no_command_of_it() -> None:
    group = cli.build()
    context = click.Context(group)
    assert "assess" in group.get_help(context)
    assert not group.commands
    assert group.get_command(context, "assess") is group.get_command(context, "assess")
    assert set(group.commands) == {"assess"}
    assert group.get_command(context, "no-such") is None


def test_one_case_of_a_person_becomes_one_report(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_case(house)
    code, said, _ = asked(capsys, "assess", "own.toml", "-p", "note=a=b", "-p", "seed=7", "--format", "html")
    assert (code, said["ok"], said["exit_code"], said["command"]) == (0, True, 0, "assess")
    folder = house / "reports" / "own" / "assess_case"
    assert names(folder) == ["executed.ipynb", "manifest.json", "own.toml", "report.html", "result.json"]
    assert said["reports"][0]["folder"] == "own/assess_case"
    result = json.loads((folder / "result.json").read_bytes())
    assert (result["note"], result["case"]["id"]) == ("a=b", "own.toml")
    assert str(house) not in (folder / "executed.ipynb").read_text(encoding="utf-8")
    assert cli.main(["assess", CASE, "--lang", "zh"]) == 0
    assert str(house / "reports" / CASE / "assess_case" / "report.html") in capsys.readouterr().out


def test_a_failed_report_is_exit_code_one_and_says_where(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, err = asked(capsys, "assess", CASE, "-p", "fail=x")
    assert (code, said["ok"], said["exit_code"]) == (1, False, 1)
    assert said["reports"][0]["error"] == {"cell": 4, "kind": "ValueError", "message": "bad 案例"}
    assert "cell 4: ValueError: bad 案例" in err
    assert names(house / "reports") == ["failed"]


def test_a_batch_lists_its_failures_and_can_be_resumed(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_case(house, "one")
    own_case(house, "two")
    (house / "list.csv").write_text(
        f"case,lang,fail\n{CASE},,\none.toml,en,\ntwo.toml,,x\n", encoding="utf-8"
    )
    code, said, err = asked(capsys, "batch", "list.csv", "--jobs", "2", "--out", "out")
    assert (code, [one["status"] for one in said["reports"]]) == (1, ["done", "done", "failed"])
    assert "failed  two (en): cell 4: ValueError" in err
    assert names(house / "out") == sorted([CASE, "assets", "batch.json", "failed", "index.html", "one"])
    page = (house / "out" / "one" / "assess_case" / "report.html").read_text(encoding="utf-8")
    assert len(page) < 1_000_000
    assert f"{CASE}/assess_case/report.html" in (house / "out" / "index.html").read_text(encoding="utf-8")
    summary = json.loads((house / "out" / "batch.json").read_bytes())
    assert [one["case"] for one in summary["reports"]] == [CASE, "one", "two"]
    (house / "list.csv").write_text(f"case,lang,fail\n{CASE},,\none.toml,en,\ntwo.toml,,\n", encoding="utf-8")
    code, said, _ = asked(capsys, "batch", "list.csv", "--jobs", "2", "--out", "out", "--resume")
    assert (code, [one["status"] for one in said["reports"]]) == (0, ["skipped", "skipped", "done"])


def test_two_languages_get_a_folder_each(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "list.toml").write_text(
        f'[[report]]\ncase = "{CASE}"\n[[report]]\ncase = "{CASE}"\nlang = "zh"\nseed = 3\n', encoding="utf-8"
    )
    code, said, _ = asked(capsys, "batch", "list.toml", "--out", "out")
    assert code == 0
    assert [one["folder"] for one in said["reports"]] == [f"en/{CASE}/assess_case", f"zh/{CASE}/assess_case"]
    assert names(house / "out") == ["assets", "batch.json", "en", "index.html", "index.zh.html", "zh"]
    page = (house / "out" / "zh" / CASE / "assess_case" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN"' in page


def test_the_demo_makes_every_shipped_case_in_both_languages(
    house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "shipped_cases", lambda: (CASE,))
    assert cli.main(["demo", "--lang", "zh", "--jobs", "2", "--out", "demo"]) == 0
    shown = capsys.readouterr()
    assert "1 个案例，中文和英文，共 2 份报告" in shown.out
    assert shown.out.splitlines()[-1].endswith(str(house / "demo" / "index.html"))
    assert f"完成  {CASE} (zh)" in shown.err
    assert f"{CASE} (en)" in shown.err
    assert names(house / "demo") == ["assets", "batch.json", "en", "index.en.html", "index.html", "zh"]


def bad_inputs(house: Path) -> dict[str, list[str]]:
    own_case(house)
    (house / "huge.toml").write_bytes(b"")
    os.truncate(house / "huge.toml", 200_000_000)
    (house / "link.toml").symlink_to("/etc/hostname")
    (house / "broken.toml").write_text("id = [[[")
    (house / "wrong.toml").write_text('schema = 2\nid = "<b>"\nwhat = 1\n')
    (house / "list.csv").write_text(f"case,draws\n{CASE},x\nno-such,1\n")
    (house / "file").write_text("")
    return {
        "all at once": ["assess", "wrong.toml", "-p", "sead=1", "--profile", "no_such"],
        "no such case": ["assess", "no-such-case"],
        "strange name": ["assess", "Ä b;rm -rf"],
        "up": ["assess", "../cases/own.toml"],
        "up inside": ["assess", "a/../own.toml"],
        "link": ["assess", "link.toml"],
        "huge": ["assess", "huge.toml"],
        "broken": ["assess", "broken.toml"],
        "wrong": ["assess", "wrong.toml"],
        "unknown parameter": ["assess", CASE, "-p", "sead=1"],
        "mistyped": ["assess", CASE, "-p", "seed=many", "-p", "x=1"],
        "hostile name": ["assess", CASE, "-p", "x;import os=1"],
        "newline in name": ["assess", CASE, "-p", "x\nimport os\ny=1"],
        "no value": ["assess", CASE, "-p", "seed"],
        "twice": ["assess", CASE, "-p", "seed=1", "-p", "seed=2"],
        "case twice": ["assess", CASE, "-p", "case=x"],
        "profile": ["assess", CASE, "--profile", "no_such"],
        "profile file": ["assess", CASE, "--profile", "own.toml"],
        "format": ["assess", CASE, "--format", "odt,html"],
        "language": ["assess", CASE, "--lang", "fr"],
        "no case": ["assess"],
        "option": ["assess", CASE, "--colour"],
        "command": ["destroy"],
        "list": ["batch", "missing.csv"],
        "list rows": ["batch", "list.csv"],
        "jobs": ["batch", "list.csv", "--jobs", "0"],
        "out is a file": ["assess", CASE, "--out", "file/x"],
        "notebook": ["assess", CASE, "--notebook", "../x"],
    }


def test_bad_input_is_told_once_and_nothing_is_run_or_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_run(*_: object, **__: object) -> None:
        raise AssertionError("a report was started")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("riskkit.workbench.runs.batch.run_all", no_run)
    notebook = write_notebook(tmp_path / "shipped", name="assess_case")
    found = resources.notebook
    monkeypatch.setattr(
        resources, "notebook", lambda name: notebook if name == "assess_case" else found(name)
    )
    wrong = bad_inputs(tmp_path)
    before = names(tmp_path)
    for what, arguments in wrong.items():
        code = cli.main([*arguments, "--json"])
        shown = capsys.readouterr()
        said = json.loads(shown.out)
        assert (code, said["exit_code"], said["ok"]) == (2, 2, False), what
        assert said["error"] in ("input", "usage"), what
        assert shown.err.strip(), what
        assert "Traceback" not in shown.err, what
        assert names(tmp_path) == before, what
    code, said, _ = asked(capsys, *wrong["mistyped"])
    assert {one["place"].split(": ")[-1] for one in said["faults"]} == {"seed", "x"}
    code, said, _ = asked(capsys, *wrong["all at once"])
    assert {"profile", "sead"} < {one["place"].split(": ")[-1] for one in said["faults"]}
    assert any(one["place"].startswith("wrong.toml:") for one in said["faults"])
    code, said, _ = asked(capsys, *wrong["list rows"])
    assert {one["place"].split(": ")[0] for one in said["faults"]} == {"list.csv:2", "list.csv:3"}


def test_a_message_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["assess", "\x1b[2J\x07", "--lang", "zh"]) == 2
    shown = capsys.readouterr()
    assert "\x1b" not in shown.err
    assert "未执行也未写入任何内容" in shown.err


def test_missing_parts_are_told_before_anything_runs(
    house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "riskkit.workbench.document.documents.missing_parts", lambda wanted: (f"{wanted}: libpango",)
    )
    code, said, _ = asked(capsys, "assess", CASE, "--format", "pdf")
    assert code == 2
    assert "pdf: libpango" in said["message"]
    assert names(house) == []


def test_check_lists_every_fault(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "wrong.toml").write_text('schema = 2\nid = "<b>"\nwhat = 1\n')
    code, said, _ = asked(capsys, "check", CASE, "wrong.toml")
    assert code == 2
    assert [bool(one["faults"]) for one in said["checked"]] == [False, True]
    assert len(said["checked"][1]["faults"]) > 3


def test_everything_that_is_shipped_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = asked(capsys, "check")
    assert [one for one in said["checked"] if one["faults"]] == []
    assert code == 0
    assert len(said["checked"]) > 30


@pytest.mark.parametrize(("command", "server"), [("dashboard", "serve_dashboard"), ("lab", "serve_lab")])
def test_servers_are_started_as_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, server: str
) -> None:
    monkeypatch.chdir(tmp_path)
    asked_for: dict[str, object] = {}
    served = {"people": None, "host": "127.0.0.1", "limits": serving_limits(None, None, None)}
    more = served if command == "dashboard" else {"notebooks": Path("riskkit-lab")}
    monkeypatch.setattr(f"riskkit.workbench.serving.serve.{server}", lambda **given: asked_for.update(given))
    assert cli.main([command, "--port", "0", "--lang", "zh", "--no-browser", "--json"]) == 0
    assert asked_for == {"port": 0, "lang": "zh", "open_browser": False, "as_json": True, **more}


@pytest.mark.parametrize(
    ("typed", "zh"),
    [
        ("dashboard --host evil.example", "'--host' 的值无效：'evil.example' 不是 IP 地址"),
        ("dashboard --port 99999", "'--port' 的值无效：99999 不在范围 0<=x<=65535 内"),
        ("dashboard --prot 1", "没有选项 '--prot'；相近的有 "),
        ("dashboard --xyzzy", "没有选项 '--xyzzy'。"),
        ("asses x", "没有命令 'asses'；相近的有 'assess'。"),
        ("xyzzy", "没有命令 'xyzzy'。"),
        ("assess", "缺少参数 'CASE'。"),
        ("assess a b", "多出的参数：b"),
        ("batch x.csv --jobs two", "'--jobs' 的值无效：'two' 不是整数"),
        ("template x --format pdf", "'--format' 的值无效：'pdf' 不在以下各项之中：'csv', 'xlsx'"),
        ("committee", "缺少命令。"),
        ("run x --out", "选项 '--out' 需要一个值。"),
    ],
)
def test_a_mistyped_command_is_told_in_the_language_of_who_typed_it(
    capsys: pytest.CaptureFixture[str], typed: str, zh: str
) -> None:
    assert (
        cli.main(
            [*typed.split(), "--lang", "zh"] if "--out" not in typed else ["--lang", "zh", *typed.split()]
        )
        == 2
    )
    assert capsys.readouterr().err.strip().startswith(f"用法错误：{zh}")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    cli.main(list(arguments))
    told = capsys.readouterr()
    return told.out + told.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["assess", "note7-batery-2016"], "note7-battery-2016"), (["check", "note7-battery-2061"], "note7-battery-2016"),
        (["assess", "note7-battery-2016", "--profile", "house_matrx"], "house_matrix"),
        (["assess", "note7-battery-2016", "-p", "drawz=5"], "draws"), (["run", "monitor_registr"], "monitor_register"),
        (["asess"], "assess"), (["run", "monitoring_plan", "--set", "budgt=5"], "budget"),
        (["list", "notebok"], "notebooks"), (["template", "complant"], "complaint"),
        (["register", "counts", "--by", "product_grup"], "product_group"),
    ],
)  # fmt: skip
def test_a_name_that_is_nearly_right_is_suggested(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, *, arguments: list[str], meant: str
) -> None:
    out = [] if arguments[0] not in ("assess", "run") else ["--out", str(tmp_path / "out")]
    for lang, words in (("en", "id you mean"), ("zh", "")):  # Click words its own in its way
        told = said(capsys, *arguments, *out, "--lang", lang)
        assert words in told and meant in told.rpartition(words or arguments[-1])[2], told
    assert not (tmp_path / "out").exists()


def test_a_fact_that_is_nearly_right_is_suggested(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
    path = tmp_path / "kettle.toml"
    path.write_text(text.replace("[facts.n_ports]", "[facts.n_port]", 1), encoding="utf-8")
    assert "did you mean n_ports?" in said(capsys, "check", str(path), "--lang", "en")
    assert "是否想写 n_ports？" in said(capsys, "check", str(path), "--lang", "zh")


def test_what_is_missing_is_called_missing_and_one_fault_is_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
    path = tmp_path / "kettle.toml"
    path.write_text(text.replace('zh = "电热水壶", en = "Kettle"', 'zh = "电热水壶"', 1), encoding="utf-8")
    told = said(capsys, "check", str(path), "--lang", "en")
    assert "title.en: missing (required)" in told and "nothing" not in told
    assert told.splitlines()[-1] == "1 fault"
    told = said(capsys, "check", str(path), "--lang", "zh")
    assert "title.en：缺失，必填" in told and told.splitlines()[-1] == "共 1 处错误"
    told = said(capsys, "assess", str(path), "--out", str(tmp_path / "out"), "--lang", "en")
    assert "1 fault; nothing was run" in told
    path.write_text(text.replace(', en = "Kettle"', "").replace('en = "', 'em = "', 1), encoding="utf-8")
    assert " faults" in said(capsys, "check", str(path), "--lang", "en").splitlines()[-1]


@pytest.mark.parametrize("name", ["failed", "assets", "notebooks", "zh", "en"])
def test_an_id_that_assess_refuses_is_refused_by_check(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    text = (TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('id = "kettle"', f'id = "{name}"', 1), encoding="utf-8")
    checked = said(capsys, "check", str(path), "--lang", "en")
    assert f"'{name}', must be: none of notebooks, failed, assets" in checked
    assessed = said(capsys, "assess", str(path), "--out", str(tmp_path / "out"), "--lang", "en")
    assert "none of notebooks, failed, assets" in assessed and not (tmp_path / "out").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_list_names_what_other_commands_take(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--json", "--lang", lang]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {case["name"] for case in found["cases"]} == {
        path.stem for path in Path("data/cases").glob("*.toml")
    }
    assert {"house_graded_exposure", "house_matrix"} <= {profile["name"] for profile in found["profiles"]}
    assert "rasff" in {source["name"] for source in found["sources"]}
    (notebook,) = [notebook for notebook in found["notebooks"] if notebook["name"] == "assess_case"]
    assert {"case", "profile", "draws", "seed"} <= {one["name"] for one in notebook["parameters"]}
    assert all(one["title"] for kind in ("cases", "profiles", "notebooks", "sources") for one in found[kind])
    assert cli.main(["list", "cases", "--lang", lang]) == 0
    assert "note7-battery-2016" in capsys.readouterr().out
    assert cli.main(["list", "cats"]) == 2
