"""Results that are worked out once and read by all: whole, of the right key, and never a reason to fail."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.workbench.boards.overview import panel as overview_panel
from riskkit.workbench.runs.folders import kept_results
from riskkit.workbench.runs.folders.kept_results import kept, kept_folder, kept_tree

KEY = {"case": "a", "draws": 20}


class Counted:
    """Work that says how often it was done."""

    def __init__(self, content: Any) -> None:
        self.content, self.times = content, 0

    def __call__(self) -> Any:
        self.times += 1
        return self.content


def file_in(folder: Path) -> Path:
    (found,) = folder.glob("*.json")
    return found


def test_the_second_who_asks_reads_what_the_first_worked_out(tmp_path: Path) -> None:
    work = Counted({"level": "Ⅱ"})
    assert [kept(KEY, work, folder=tmp_path / "c") for _ in range(3)] == [{"level": "Ⅱ"}] * 3
    assert work.times == 1
    assert kept(KEY | {"draws": 21}, work, folder=tmp_path / "c") and work.times == 2
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "how", ["empty", "cut", "changed", "other key", "folder", "link", "not text", "list"]
)
def test_a_damaged_file_is_worked_out_anew_and_replaced(tmp_path: Path, how: str) -> None:
    kept(KEY, Counted([1, 2]), folder=tmp_path)
    path = file_in(tmp_path)
    raw = path.read_bytes()
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "link":
        (tmp_path / "elsewhere").write_bytes(raw)
        path.symlink_to(tmp_path / "elsewhere")
    elif how == "other key":
        kept({"x": 1}, Counted([1, 2]), folder=tmp_path / "other")
        path.write_bytes(file_in(tmp_path / "other").read_bytes())
    else:
        body = {"empty": b"", "cut": raw[:-9], "changed": raw.replace(b"[1, 2]", b"[1, 3]"), "list": b"[]"}
        path.write_bytes(body.get(how, b"\xff\xfe\n\xff"))
    work = Counted([3])
    assert kept(KEY, work, folder=tmp_path) == [3] and work.times == 1
    assert kept(KEY, Counted([4]), folder=tmp_path) == ([4] if how == "folder" else [3])


def test_a_folder_that_cannot_be_used_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert kept(KEY, Counted([(1, 2)]), folder=tmp_path / "file") == [[1, 2]]
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)  # anybody could put results there
    assert kept(KEY, Counted([1]), folder=tmp_path / "open") == [1]
    assert not list((tmp_path / "open").iterdir())
    if os.getuid():
        (tmp_path / "read").mkdir(mode=0o500)
        assert kept(KEY, Counted([1]), folder=tmp_path / "read" / "c") == [1]


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_results, "writing", full)
    work = Counted([1])
    assert kept(KEY, work, folder=tmp_path) == [1] and work.times == 1


def test_an_error_of_the_work_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def fails() -> None:
        raise ValueError("no case")

    with pytest.raises(ValueError, match="no case"):
        kept(KEY, fails, folder=tmp_path)
    assert not list(tmp_path.glob("*.json"))
    assert kept(KEY, Counted([1]), folder=tmp_path) == [1]


def _slow(folder: str, log: str, begin: Any) -> None:
    def work() -> int:
        with Path(log).open("a") as file:
            file.write("worked\n")
        return 7

    begin.wait(60)
    assert kept(KEY, work, folder=Path(folder)) == 7


def test_many_at_once_work_it_out_once(tmp_path: Path) -> None:
    start = multiprocessing.get_context("spawn")
    begin = start.Barrier(4)
    many = [
        start.Process(target=_slow, args=(str(tmp_path / "c"), str(tmp_path / "log"), begin))
        for _ in range(4)
    ]
    for one in many:
        one.start()
    for one in many:
        one.join(60)
    assert [one.exitcode for one in many] == [0] * 4
    assert (tmp_path / "log").read_text() == "worked\n"


def test_old_files_make_room(tmp_path: Path) -> None:
    for i in range(kept_results._MOST_FILES + 5):
        kept({"i": i}, Counted(i), folder=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == kept_results._MOST_FILES
    assert kept({"i": 68}, Counted(0), folder=tmp_path) == 68


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_what_is_read_is_what_was_worked_out(content: Any) -> None:
    try:
        key = json.dumps(content, ensure_ascii=False).encode().decode()
    except UnicodeEncodeError:
        return
    assert kept(["read", key], lambda: content) == content == kept(["read", key], lambda: content)


def test_a_folder_is_made_once_and_anew_where_something_of_it_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        folder.mkdir()
        (folder / "a").write_text("b")

    def asked(key: Any) -> Path:
        return kept_tree(key, make, is_whole=lambda folder: (folder / "a").is_file())

    monkeypatch.setenv("RISKKIT_CACHE", str(tmp_path / "c"))
    assert asked(1) == asked(1) and len(made) == 1
    (asked(1) / "a").unlink()
    assert (asked(1) / "a").read_text() == "b" and len(made) == 2
    places = [asked(key) for key in range(2, 8)]
    assert [place.is_dir() for place in places[-4:]] == [True] * 4 and not places[0].exists()
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("RISKKIT_CACHE", str(tmp_path / "no folder"))
    assert (asked(1) / "a").is_file() and not asked(1).is_relative_to(tmp_path)


def test_the_folder_is_where_the_account_keeps_such_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RISKKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert kept_folder() == Path("/somewhere/riskkit")


def test_the_overview_asks_anew_when_anything_it_rests_on_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[Any] = []
    monkeypatch.setattr(overview_panel, "kept", lambda key, work: keys.append(key) or [])
    case, other = "note7-battery-2016", "magnet-sets-2012"
    asked = overview_panel.assessed.__wrapped__
    asked((case,), "house_matrix", 100, seed=1)
    asked((other,), "house_matrix", 100, seed=1)
    asked((case,), "house_graded_exposure", 100, seed=1)
    asked((case,), "house_matrix", 200, seed=1)
    asked((case,), "house_matrix", 100, seed=2)
    monkeypatch.setattr(overview_panel, "source_sha256", lambda: "changed")
    asked((case,), "house_matrix", 100, seed=1)
    assert len({json.dumps(key, sort_keys=True) for key in keys}) == 6


def test_the_overview_shows_the_same_from_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = overview_panel.assessed.__wrapped__
    first = asked(("note7-battery-2016",), "house_matrix", 200, seed=1)
    monkeypatch.setattr(overview_panel, "_shown", lambda *_, **__: pytest.fail("worked out again"))
    assert asked(("note7-battery-2016",), "house_matrix", 200, seed=1) == first
    assert set(first[0]) == set(overview_panel.SHOWN)
