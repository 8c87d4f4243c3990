"""Letters to enterprises: what they say, in both languages, and writing them by the thousand."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import docx
import pandas as pd
import pytest

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.flows.enterprise import letters as letter_files
from riskkit.workbench.flows.enterprise.enterprise_study import study_enterprises
from riskkit.workbench.flows.enterprise.letters import LIST, Letter, letters_of, write_letters

EXAMPLE = shipped.home() / "data" / "examples" / "enterprise_findings.csv"


@pytest.fixture(scope="module")
def letters() -> tuple[Letter, ...]:
    return letters_of(study_enterprises())


def own(tmp_path: Path, **changes: object) -> Path:
    rows = pd.read_csv(EXAMPLE, dtype=object).iloc[:1].assign(**changes)
    path = tmp_path / "own.csv"
    rows.to_csv(path, index=False)
    return path


def text_of(path: Path) -> str:
    if path.suffix == ".docx":
        return "\n".join(one.text for one in docx.Document(str(path)).paragraphs)
    return path.read_text(encoding="utf-8")


def test_each_enterprise_gets_one_letter_of_the_gravest_kind_and_the_unclear_none(letters):
    assert {one.enterprise_id: one.kind for one in letters} == {
        "E-01": "risk_notice", "E-02": "risk_notice", "E-03": "feedback_letter", "E-06": "feedback_letter"
    }  # fmt: skip
    assert len(letters[0].findings) == 2, "both findings stand in one letter"
    assert len({row["request"] for row in letters[0].requests}) == len(letters[0].requests)


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", ["示例贸易一", "检验12件，不合格3件", "提交召回计划（不晚于2026-03-19）", "由5%变为22%", "第十九条", "示例海关"]),
     ("en", ["Sample Trading 1", "3 of 12 nonconforming", "file a recall plan (by 2026-03-19)", "from 5 % to 22 %"])],
)  # fmt: skip
@pytest.mark.parametrize("form", ["html", "docx"])
def test_a_letter_says_what_was_found_what_is_asked_and_by_when(tmp_path, letters, lang, said, form):
    (line,) = write_letters(letters[:1], tmp_path, issuer="示例海关", langs=[lang], formats=[form])
    text = text_of(tmp_path / line.file)
    assert [part for part in said if part not in text] == []


def test_an_overdue_duty_and_one_that_nothing_shows_stand_in_the_letter(tmp_path, letters):
    (line,) = write_letters(letters[1:2], tmp_path, issuer="x", langs=["en"], formats=["html"])
    assert "said to be done; nothing shows it" in text_of(tmp_path / line.file)


def test_hostile_names_are_shown_as_text_and_no_id_leaves_the_folder(tmp_path):
    nasty = "<script>alert(1)</script> {{ issuer }} {% for x in y %}"
    path = own(tmp_path, enterprise=nasty, enterprise_id="../../etc/passwd")
    found = letters_of(study_enterprises(str(path)))
    out = tmp_path / "letters"
    (line,) = write_letters(found, out, issuer="x", formats=["html"])
    assert sorted(one.name for one in out.iterdir()) == sorted([LIST, line.file])
    page = text_of(out / line.file)
    assert "<script>" not in page and "&lt;script&gt;" in page and "{{ issuer }}" in page


def test_every_fault_of_all_files_is_listed_at_once(tmp_path):
    path = own(tmp_path, enterprise="lamp\u202e", n_tested=-1, found_on="soon")
    duties = tmp_path / "duties.csv"
    duties.write_text("enterprise_id,duty,due_on,done_on,evidence\nE-01,tests,,,\n")
    with pytest.raises(InputFaults) as wrong:
        study_enterprises(str(path), duty_file=str(duties), on="2026-03-05")
    said = str(wrong.value)
    assert all(one in said for one in ("direction-changing", "n_tested", "tests"))


def test_one_enterprise_has_one_name(tmp_path):
    rows = pd.concat([pd.read_csv(own(tmp_path)), pd.read_csv(own(tmp_path, enterprise="Other"))])
    rows.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(InputFaults, match="one name"):
        study_enterprises(str(tmp_path / "own.csv"))


def test_a_run_that_was_stopped_goes_on_where_it_was_and_ends_the_same(tmp_path, letters, monkeypatch):
    many = [dataclasses.replace(letters[0], enterprise_id=f"E/{k}") for k in range(9)]
    whole = write_letters(many, tmp_path / "whole", issuer="x", formats=["html"])
    monkeypatch.setattr(letter_files, "_TOGETHER", 3)

    def stop(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_letters(many, tmp_path / "part", issuer="x", formats=["html"], watch=stop)
    seen: list[tuple[int, int]] = []
    found = write_letters(many, tmp_path / "part", issuer="x", formats=["html"], resume=True,
                          watch=lambda done, total: seen.append((done, total)))  # fmt: skip
    assert seen[0] == (3, 9) and seen[-1] == (9, 9)
    assert found == whole
    files = {one.name: one.read_bytes() for one in (tmp_path / "whole").iterdir()}
    assert files == {one.name: one.read_bytes() for one in (tmp_path / "part").iterdir()}


def test_changed_facts_and_a_damaged_file_are_made_again_and_the_rest_is_not(tmp_path, letters):
    first = write_letters(letters, tmp_path, issuer="x", formats=["html"])
    changed = [dataclasses.replace(letters[0], enterprise="Renamed"), *letters[1:]]
    (tmp_path / first[2].file).unlink()
    seen: list[int] = []
    write_letters(
        changed, tmp_path, issuer="x", formats=["html"], resume=True, watch=lambda done, _: seen.append(done)
    )
    assert seen[0] == len(letters) - 2
    assert "Renamed" in text_of(tmp_path / first[0].file)
    with (tmp_path / LIST).open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(letters)


def test_what_somebody_else_wrote_or_changed_is_not_replaced(tmp_path, letters):
    (line,) = write_letters(letters[:1], tmp_path, issuer="x", formats=["html"])
    (tmp_path / line.file).write_text("changed by hand")
    with pytest.raises(InputFaults, match="nobody changed"):
        write_letters(letters[:1], tmp_path, issuer="x", formats=["html"], resume=True)
    (tmp_path / LIST).write_text("a,b\n1,2\n")
    with pytest.raises(InputFaults, match=LIST):
        write_letters(letters[:1], tmp_path, issuer="x", formats=["html"])


def test_a_format_that_there_is_not_is_refused_before_anything_is_written(tmp_path, letters):
    with pytest.raises(InputFaults, match="html, docx"):
        write_letters(letters, tmp_path / "out", issuer="x", formats=["odt"])
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_processes_write_the_same_as_one(tmp_path, letters):
    one, two = (write_letters(letters, tmp_path / str(jobs), issuer="x", jobs=jobs) for jobs in (1, 2))
    assert one == two


def test_the_command_writes_letters_and_says_how_many_and_what_is_unclear(tmp_path, capsys):
    from riskkit.workbench.commands.cli import main

    out = str(tmp_path / "letters")
    given = ["letters", "--issuer", "x", "--out", out, "--format", "html", "--jobs", "1", "--lang", "en"]
    assert main(given) == 0
    assert "4 letters" in capsys.readouterr().out
    assert main([*given, "--resume", "--json"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["counts"] == {"risk_notice": 2, "feedback_letter": 2} and answered["unclear"] == 1
    assert len(answered["files"]) == 5 and all(Path(one).is_file() for one in answered["files"])
    assert main([*given[:-4], "--format", "odt"]) == 2
