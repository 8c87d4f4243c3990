"""No command writes into the folder somebody happens to stand in: what is read out of a register or a ledger lies beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from committees import declared, open_round, opened

from riskkit.assessment.committee.session import Expert
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.committee.room import Room
from riskkit.workbench.runs.folders.made_register import made_register


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A register and a ledger with a session, both elsewhere than where the commands are typed."""
    folder = tmp_path / "there"
    shutil.copytree(made_register(), folder / "register")
    room = Room(open_ledger(str(folder / "ledger.sqlite")), folder / "keys")
    experts = (Expert("e1", "One", "field"), Expert("e2", "Two", "field"))
    opened(room, experts)
    declared(room, experts)
    open_round(room, "1")
    room.ledger.close()
    return folder


REGISTER, LEDGER = ("--register", "../there/register"), ("--ledger", "../there/ledger.sqlite")


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("register", "quarantine", *REGISTER), {"quarantine.csv"}),
        (("register", "export", *REGISTER), {"records.zip"}),
        (("register", "export", "--level", "counts", "--by", "product_group", *REGISTER), {"counts.zip"}),
        (("ledger", "export", *LEDGER), {"ledger.jsonl", "ledger.jsonl.manifest.json"}),
        (("ledger", "backup", *LEDGER), {"ledger-backup.sqlite", "ledger-backup.sqlite.head.json"}),
        (("committee", "minutes", "n7", *LEDGER), {"n7-minutes.html"}),
        (("committee", "report", "n7", *LEDGER), {"n7-report.html"}),
        (
            ("committee", "ballot-form", "n7", "--keys", "../there/keys", *LEDGER),
            {"n7-1-e1.xlsx", "n7-1-e2.xlsx"},
        ),
    ],
)
def test_what_is_written_without_being_asked_where_lies_beside_what_was_read(
    there: Path, words: tuple[str, ...], made: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = there.parent / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = {path.name for path in there.iterdir()}
    assert cli.main([*words, "--lang", "en", "--json"]) == 0
    assert list(here.iterdir()) == []
    assert {path.name for path in there.iterdir()} - before == made


def test_a_place_that_is_named_is_taken_as_it_is_named(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(there)
    assert cli.main(["register", "quarantine", "--out", "aside.csv", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["file"] == "aside.csv" and (there / "aside.csv").is_file()
    assert not (there / "quarantine.csv").exists()


def test_a_ledger_on_a_server_has_no_folder_and_wants_a_named_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = "postgresql://u:secret@127.0.0.1:1/d"
    assert cli.main(["ledger", "export", "--ledger", place, "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "--out" in told and "secret" not in told
