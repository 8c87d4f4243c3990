"""``riskkit template`` and ``riskkit sample``: what they write, what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from riskkit.foundation.language import in_language
from riskkit.monitoring.sources.sheets.sheets import headers, sheet_names
from riskkit.workbench.commands import cli


@pytest.mark.parametrize("name", sheet_names())
def test_a_template_is_written_in_the_language_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for lang in ("zh", "en"):
        out = tmp_path / f"{lang}.csv"
        assert cli.main(["template", name, "--format", "csv", "--out", str(out), "--lang", lang]) == 0
        assert str(out) in capsys.readouterr().out
        assert out.read_text(encoding="utf-8-sig").split(",")[0] == in_language(lang, headers, name)[0]


def test_without_a_file_it_is_the_name_of_the_sheet_as_a_workbook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["template", "complaint", "--json", "--lang", "zh"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["files"]) == (True, ["complaint.xlsx"])
    assert (tmp_path / "complaint.xlsx").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["template", "nothing", "--out", "x.xlsx"], "one of border_inspection, market_sampling"),
        (["template", "complaint", "--out", "x.csv"], "*.xlsx"),
        (["template", "complaint", "--format", "ods"], "ods"),
        (["template"], "NAME"),
        (["sample", "--rows", "599", "--out", "s"], ">= 600"),
        (["sample"], "--out"),
        (["sample", "--rows", "600", "--out", "taken"], "new or empty"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").touch()
    assert cli.main([*arguments, "--lang", "en"]) == 2
    assert told in capsys.readouterr().err
    assert sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*")) == ["taken", "taken/mine"]


def test_a_sample_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "s"
    assert (
        cli.main(["sample", "--rows", "700", "--seed", "3", "--out", str(out), "--lang", "en", "--json"]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["seed"]) == (700, 3)
    assert sorted(said["files"]) == sorted(str(file) for file in out.iterdir())
    told = json.loads((out / "known_answers.json").read_text(encoding="utf-8"))
    assert told["how"] == "riskkit sample --rows 700 --seed 3 --lang en"
    assert (out / "complaint.csv").read_text(encoding="utf-8-sig").startswith("Complaint number,")
