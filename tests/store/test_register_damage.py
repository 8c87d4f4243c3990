"""A register of which files were lost or spoilt says so, in every answer and before every change."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from registers import canonical_csv, content, taken

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.register.compaction import compact
from riskkit.store.register.counts import CountsAsked, counted
from riskkit.store.register.manifest import read_manifest
from riskkit.store.register.quarantine_sheet import write_quarantine
from riskkit.store.register.query import sql
from riskkit.store.register.summary import summary

USES: dict[str, Callable[[Path], object]] = {
    "sql": lambda folder: sql(folder, "select count(*) from ingests"),
    "counts": lambda folder: counted(folder, CountsAsked(("product",))),
    "info": summary,
    "quarantine": lambda folder: write_quarantine(folder, folder.parent / "aside.csv"),
    "compact": compact,
    "ingest": lambda folder: taken(folder, folder.parent / "3.csv"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for seed in (1, 2, 3):
        (folder / f"{seed}.csv").write_text(canonical_csv(80, seed=seed, n_days=300), encoding="utf-8")
    for seed in (1, 2):
        taken(folder / "register", folder / f"{seed}.csv")
    return folder


@pytest.fixture
def register(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path / "register"


@pytest.mark.parametrize("use", USES)
def test_every_file_that_is_lost_or_cut_is_named_at_once(register: Path, use: str) -> None:
    manifest = read_manifest(register)
    lost, cut, longer = (
        register / manifest.of_kind(kind)[0].path for kind in ("records", "quarantine", "ids")
    )
    before = {path: path.read_bytes() for path in (lost, cut, longer)}
    size, rest = cut.stat().st_size, longer.stat().st_size
    lost.unlink()
    cut.write_bytes(before[cut][:100])
    longer.write_bytes(before[longer] + b"x")
    with pytest.raises(InputFaults) as error:
        USES[use](register)
    assert {(fault.place, fault.value) for fault in error.value.faults} == {
        (str(lost), f"– / {len(before[lost])} B"),
        (str(cut), f"100 / {size} B"),
        (str(longer), f"{rest + 1} / {rest} B"),
    }
    assert read_manifest(register) == manifest
    for path, raw in before.items():
        path.write_bytes(raw)
    USES[use](register)


@pytest.mark.parametrize("kind", ["records", "quarantine"])
def test_tidying_spoilt_files_leaves_the_register_as_it_was(register: Path, kind: str) -> None:
    before, manifest = content(register), read_manifest(register)
    path = register / manifest.of_kind(kind)[0].path
    raw = path.read_bytes()
    path.write_bytes(b"\xff" * len(raw))
    files = sorted(register.rglob("*.*"))
    with pytest.raises(InputFaults, match="the rows that the manifest says"):
        compact(register)
    assert sorted(register.rglob("*.*")) == files
    path.write_bytes(raw)
    assert content(register) == before
    n_before, n_after = compact(register)
    assert n_after < n_before
    assert content(register) == before


def test_counting_spoilt_files_is_told(register: Path) -> None:
    path = register / read_manifest(register).of_kind("records")[0].path
    path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(InputFaults, match="magic bytes"):
        counted(register, CountsAsked(("product",)))


def test_a_register_copied_elsewhere_gives_the_same_answers(register: Path, whole: Path) -> None:
    assert content(register) == content(whole / "register")
    assert summary(register) == summary(whole / "register")
