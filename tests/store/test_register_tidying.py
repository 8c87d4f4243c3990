"""Many small files read in one after another: the register stays one of few files, and says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from registers import canonical_csv, content, taken

from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.store.register import compaction as register_compaction
from riskkit.store.register.compaction import compact, tidy
from riskkit.store.register.manifest import Part, read_manifest
from riskkit.workbench.commands.cli import main

MANY, LOOSE = 9, 20


def small_files(folder: Path) -> list[Path]:
    paths = []
    for seed in range(MANY):
        paths.append(folder / f"{seed}.csv")
        paths[-1].write_text(canonical_csv(20, seed=seed, n_days=1500), encoding="utf-8")
    return paths


def test_small_files_are_put_together_and_no_answer_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_compaction, "intake_limit", {"loose_parts": LOOSE}.__getitem__)
    plain, tidied, most = tmp_path / "plain", tmp_path / "tidied", 0
    for path in small_files(tmp_path):
        taken(plain, path)
        taken(tidied, path)
        before, after = tidy(tidied)
        assert after <= before
        most = max(most, before)
        assert tidy(tidied) == (after, after)
    assert most > LOOSE
    assert most < len(read_manifest(plain).parts)
    assert content(tidied) == content(plain)
    for folder in (plain, tidied):
        compact(folder)
    assert content(tidied) == content(plain)
    assert len(read_manifest(tidied).parts) == len(read_manifest(plain).parts)


def test_a_large_file_is_not_written_again_for_a_few_small_ones() -> None:
    def part(name: str, n_bytes: int, kind: str = "records") -> Part:
        return Part(kind, name, "s", 2020, 1, n_bytes)

    small = [part(f"{number}", 1000) for number in range(5)]
    groups = register_compaction._small_groups
    manifest = read_manifest(Path("no such register"))
    found = groups(manifest.changed(parts=[part("large", 10_001), *small]))
    assert [[one.path for one in parts] for parts in found] == [["0", "1", "2", "3", "4"]]
    found = groups(manifest.changed(parts=[part("large", 10_000), *small]))
    assert [len(parts) for parts in found] == [6]
    assert groups(manifest.changed(parts=[part("a", 10, "ids"), part("b", 10, "ids")])) == []


def test_a_file_is_in_even_if_nobody_can_tidy_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(folder: Path) -> None:
        raise InputFaults(str(folder), [Fault(str(folder), "a writer", "a register nobody writes to")])

    path = tmp_path / "a.csv"
    path.write_text("source_class,date,product\ncomplaint,2026-01-31,lamp\n")
    monkeypatch.setattr(register_compaction, "tidy", busy)
    words = ["ingest", str(path), "--source", "canonical", "--register", str(tmp_path / "register")]
    assert main([*words, "--lang", "en"]) == 0
    assert "1 accepted" in capsys.readouterr().out
