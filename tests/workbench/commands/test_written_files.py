"""What riskkit writes never takes the place of what somebody else wrote, and never lands behind a link."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_report import PUBLISH, names, write_notebook
from writers import WRITERS, everything

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.held_folders import Folder, held
from riskkit.workbench.commands import cli
from riskkit.workbench.runs.folders import resources

CASE = "magnet-sets-2012"
FAILS = 'if fail == "yes": raise ValueError("bad")'


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a tiny notebook in place of the shipped one."""
    return stand_in(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a batch of one case makes, once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = stand_in(tmp_path_factory.mktemp("made"), patch)
        assert batch() == 0
        return folder / "out"


def stand_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    notebook = write_notebook(home / "shipped", PUBLISH, FAILS, name="assess_case")
    monkeypatch.setattr(resources, "notebook", lambda name: notebook.with_name(f"{name}.ipynb"))
    folder = home / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "list.csv").write_text(f"case\n{CASE}\n")
    return folder


def assess(*more: str) -> int:
    return cli.main(["assess", CASE, "--out", "out", "--lang", "en", *more])


def batch(*more: str) -> int:
    return cli.main(["batch", "list.csv", "--out", "out", "--lang", "en", "--jobs", "1", *more])


def a_note(report: Path, _: Path) -> None:
    (report / "notes.txt").write_text("mine")


def a_subfolder(report: Path, _: Path) -> None:
    (report / "pictures").mkdir()
    (report / "pictures" / "a.png").write_text("mine")


def a_changed_file(report: Path, _: Path) -> None:
    (report / "result.json").write_text('{"mine": 1}')


def a_changed_manifest(report: Path, _: Path) -> None:
    told = json.loads((report / "manifest.json").read_bytes())
    (report / "manifest.json").write_text(json.dumps(told | {"remark": "mine"}))


def a_foreign_folder(report: Path, _: Path) -> None:
    shutil.rmtree(report)
    report.mkdir()
    (report / "manifest.json").write_text('{"name": "a web page of mine"}')


def a_link_among_the_files(report: Path, elsewhere: Path) -> None:
    (report / "result.json").unlink()
    (report / "result.json").symlink_to(elsewhere / "mine")


def a_linked_report(report: Path, elsewhere: Path) -> None:
    report.rename(elsewhere / "report")
    report.symlink_to(elsewhere / "report")


def a_linked_case(report: Path, elsewhere: Path) -> None:
    report.parent.rename(elsewhere / "case")
    report.parent.symlink_to(elsewhere / "case")


def a_file_for_a_folder(report: Path, _: Path) -> None:
    shutil.rmtree(report.parent)
    report.parent.write_text("mine")


IN_THE_WAY = [
    a_note, a_subfolder, a_changed_file, a_changed_manifest, a_foreign_folder, a_link_among_the_files,
    a_linked_report, a_linked_case, a_file_for_a_folder,
]  # fmt: skip


@pytest.mark.parametrize("change", IN_THE_WAY)
def test_a_report_replaces_only_what_its_manifest_says_is_ours(
    work: Path, tmp_path: Path, made: Path, capsys: pytest.CaptureFixture[str],
    change: Callable[[Path, Path], None],
) -> None:  # fmt: skip
    shutil.copytree(made, work / "out")
    report, elsewhere = work / "out" / CASE / "assess_case", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("mine")
    change(report, elsewhere)
    before = everything(tmp_path)
    capsys.readouterr()
    assert assess() == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert str(Path("out", CASE)) in said.err
    assert everything(tmp_path) == before


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_report_of_ours_gives_way_also_one_of_before_manifests_were_sealed(
    work: Path, made: Path, is_sealed: bool
) -> None:
    shutil.copytree(made, work / "out")
    path = work / "out" / CASE / "assess_case" / "manifest.json"
    told = json.loads(path.read_bytes())
    if not is_sealed:
        del told["seal"]
        path.write_text(json.dumps(told))
    assert assess("-p", "seed=7") == 0
    assert json.loads(path.read_bytes())["seed"] == 7


def test_what_a_person_put_beside_a_failed_report_stays(work: Path, tmp_path: Path) -> None:
    failed = work / "out" / "failed" / CASE / "assess_case"
    assert assess("-p", "fail=yes") == 1
    assert names(failed) == ["failed.ipynb", "reason.json"]
    (failed / "notes.txt").write_text("mine")
    assert assess("-p", "fail=yes", "-p", "seed=7") == 1
    assert json.loads((failed / "reason.json").read_bytes())["parameters"]["seed"] == 7
    assert assess() == 0
    assert names(failed) == ["notes.txt"]
    assert assess("-p", "fail=yes") == 1
    (failed / "failed.ipynb").write_text("debugged by me")
    before = everything(tmp_path)
    assert assess("-p", "fail=yes") == 2
    assert everything(tmp_path) == before
    shutil.rmtree(failed.parent)
    (tmp_path / "elsewhere").mkdir()
    failed.parent.symlink_to(tmp_path / "elsewhere")
    assert assess("-p", "fail=yes") == 2
    assert names(tmp_path / "elsewhere") == []


def test_a_description_of_a_failure_of_before_gives_way(work: Path) -> None:
    assert assess("-p", "fail=yes") == 1
    path = work / "out" / "failed" / CASE / "assess_case" / "reason.json"
    told = json.loads(path.read_bytes())
    path.write_text(
        json.dumps({name: told[name] for name in told if not name.startswith(("f", "seal", "sch"))})
    )
    assert assess("-p", "fail=yes") == 1
    assert assess() == 0
    assert not path.parent.exists()


@pytest.mark.parametrize("name", ["index.html", "batch.json", "assets"])
@pytest.mark.parametrize("is_changed", [True, False])
def test_a_batch_replaces_no_page_of_somebody_else(
    work: Path, tmp_path: Path, made: Path, name: str, is_changed: bool
) -> None:
    out = work / "out"
    if is_changed:
        shutil.copytree(made, out)
    out.mkdir(exist_ok=True)
    if name == "assets":
        shutil.rmtree(out / name, ignore_errors=True)
        (tmp_path / "elsewhere").mkdir()
        (out / name).symlink_to(tmp_path / "elsewhere")
    else:
        (out / name).write_text('{"mine": 1}')
    before = everything(tmp_path)
    assert batch() == 2
    after = everything(tmp_path)
    assert {path: after[path] for path in before} == before
    assert [path for path in after if path not in before and "/assets/" not in path] == []


def test_a_batch_of_before_gives_way_and_a_page_that_was_never_ours_does_not(work: Path, made: Path) -> None:
    shutil.copytree(made, work / "out")
    path = work / "out" / "batch.json"
    told = json.loads(path.read_bytes())
    before = json.dumps({name: told[name] for name in told if not name.startswith(("files", "seal"))})
    path.write_text(before)
    assert batch("--resume") == 0
    path.write_text(before)
    (work / "out" / "index.html").write_text("<p>a page of mine")
    assert batch("--resume") == 2


def test_a_batch_killed_between_its_pages_and_its_manifest_still_knows_its_own(
    work: Path, made: Path
) -> None:
    shutil.copytree(made, work / "out")
    (work / "list.csv").write_text(f"case,fail\n{CASE},yes\n")
    assert batch() == 1  # other pages, as a report failed
    assert (work / "out" / "index.html").read_bytes() != (made / "index.html").read_bytes()
    shutil.copy(made / "index.html", work / "out" / "index.html")  # as if it had been killed before this
    (work / "list.csv").write_text(f"case\n{CASE}\n")
    assert batch("--resume") == 0


def test_all_that_is_in_the_way_of_a_batch_is_told_at_once(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = work / "out"
    (out / CASE / "assess_case").mkdir(parents=True)
    (out / CASE / "assess_case" / "notes.txt").write_text("mine")
    (out / "index.html").write_text("mine")
    (out / "failed" / CASE / "assess_case").mkdir(parents=True)
    (out / "failed" / CASE / "assess_case" / "reason.json").write_text("mine")
    assert cli.main(["batch", "list.csv", "--out", "out", "--lang", "zh"]) == 2
    said = capsys.readouterr().err
    for name in ("notes.txt", "index.html", "reason.json"):
        assert name in said
    assert "riskkit 写入且此后未被改动的文件" in said


def test_a_link_swapped_in_while_a_report_is_written_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that was opened is written to, wherever its path leads meanwhile."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "a").mkdir(parents=True)
    write = Folder.write

    def swapped(folder: Folder, name: str, content: bytes, **how: int) -> None:
        if not (tmp_path / "moved").exists():
            (tmp_path / "out" / "a").rename(tmp_path / "moved")
            (tmp_path / "out" / "a").symlink_to(tmp_path / "elsewhere")
        write(folder, name, content, **how)

    monkeypatch.setattr(Folder, "write", swapped)
    part_files.put_files(tmp_path / "out", {"x.txt": b"1"}, within=("a",))
    assert names(tmp_path / "elsewhere") == []
    assert names(tmp_path / "moved") == ["x.txt"]


def test_files_are_all_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(InputFaults) as caught:
        part_files.put_files(tmp_path, {"a": b"1", "b": b"1", "c": b"1"})
    assert [one.value for one in caught.value.faults] == ["'b'"]
    assert names(tmp_path) == ["b"]
    rename = Folder.rename_new

    def full(folder: Folder, old: str, new: str) -> None:
        if new == "c":
            raise OSError(28, "No space left on device", new)
        rename(folder, old, new)

    monkeypatch.setattr(Folder, "rename_new", full)
    with pytest.raises(OSError, match="No space") as failed:
        part_files.put_files(tmp_path, {"a": b"1", "c": b"1"})
    assert failed.value.filename == str(tmp_path / "c")
    assert names(tmp_path) == ["b"]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "a").write_text("mine")
    with held(tmp_path) as folder:
        folder.write("part", b"ours")
        with pytest.raises(FileExistsError):
            folder.rename_new("part", "a")
        assert (tmp_path / "a").read_text() == "mine"
        folder.rename_new("part", "b")
    assert (names(tmp_path), (tmp_path / "b").read_text()) == (["a", "b"], "ours")


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    name = "报" * 85  # 255 bytes
    part_files.put_files(tmp_path, {name: b"1"})
    assert names(tmp_path) == [name]


def test_force_replaces_a_file_or_a_link_but_never_a_folder_nor_what_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputFaults, match="--force"):
        part_files.put_files(tmp_path, {"link": b"1"}, is_forced=False)
    part_files.put_files(tmp_path, {"link": b"1"}, is_forced=True)
    assert (tmp_path / "link").read_bytes() == b"1"
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "mine"
    with pytest.raises(InputFaults, match="not a folder"):
        part_files.put_files(tmp_path, {"folder": b"1"}, is_forced=True)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_of_somebody_else_is_replaced_only_when_asked(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], writer: str
) -> None:
    monkeypatch.chdir(desk)
    name = f"{[*WRITERS].index(writer)}"
    words = [one.replace("OUT", name) for one in WRITERS[writer]]
    out = Path(words[-1])
    assert cli.main([*words, "--lang", "en"]) == 0
    made = out.read_bytes()
    for content in (b"filled in by me", None):
        if content is None:
            out.unlink()
            (desk / f"elsewhere{name}").write_text("mine")
            out.symlink_to(desk / f"elsewhere{name}")
        else:
            out.write_bytes(content)
        before = everything(desk)
        capsys.readouterr()
        assert cli.main([*words, "--lang", "zh"]) == 2
        assert "--force" in capsys.readouterr().err
        assert everything(desk) == before
        assert cli.main([*words, "--force", "--lang", "en"]) == 0
        assert not out.is_symlink()
        if content is None:
            assert (desk / f"elsewhere{name}").read_text() == "mine"
    assert abs(len(out.read_bytes()) - len(made)) < 16  # a time of day, packed, may take a byte more or less


def test_a_rehearsal_goes_into_no_folder_in_which_something_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    before = everything(tmp_path)
    assert cli.main(["warning", "rehearse", "desk-lamps-cbec-2019", "--out", str(tmp_path / "out")]) == 2
    assert "--out" in capsys.readouterr().err
    assert everything(tmp_path) == before


def test_drafts_replace_no_document_that_somebody_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    case = "desk-lamps-cbec-2019"
    draft = ["draft", case, "--out", "made", "--port", "2200", "--as", "c", "--all-goods", "x y"]
    for words in (
        ["propose", case, "--as", "a"],
        ["confirm", case, "--as", "b"],
        ["issue", case, "--as", "c", "--until", "2999-01-01", "--why", "as confirmed"],
        draft,
    ):
        assert cli.main(["warning", *words]) == 0
    changed = next(Path("made").rglob("*.html"))
    changed.write_text("mine")
    files = [path for path in Path("made").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    capsys.readouterr()
    assert cli.main(["warning", *draft, "--lang", "en"]) == 2
    assert changed.name in capsys.readouterr().err
    assert {path: path.read_bytes() for path in files} == before


def test_ballot_forms_replace_no_file_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("experts.csv").write_text(
        "id,name,field,organisation\n"
        + "".join(f"e{n},Expert {n},electrical safety,an institute\n" for n in range(1, 4))
    )
    for words in (
        ["open", "note7-battery-2016", "--session", "s", "--experts", "experts.csv", "--as", "chair"],
        *(["declare", "s", "--expert", f"e{n}"] for n in range(1, 4)),
        ["open-round", "s", "--as", "chair"],
    ):
        assert cli.main(["committee", *words, "--ledger", "ledger.sqlite", "--lang", "en"]) == 0, words
    asked = [
        "committee",
        "ballot-form",
        "s",
        "--expert",
        "e1",
        "--out",
        "forms",
        "--ledger",
        "ledger.sqlite",
        "--lang",
        "en",
    ]
    assert cli.main(asked) == 0
    form = next(Path("forms").iterdir())
    form.write_bytes(b"filled in by me")
    capsys.readouterr()
    assert cli.main(asked) == 2
    assert "--force" in capsys.readouterr().err
    assert form.read_bytes() == b"filled in by me"
