"""riskkit committee and riskkit ledger as people type them; ballot forms that are filled, edited and forged."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import python_calamine
import xlsxwriter

from riskkit.assessment.committee.questions import CHOICES, PROBABILITY, choices_of, questions_of, word
from riskkit.case.case_reading import load_case
from riskkit.foundation.language import in_language
from riskkit.store.ledger.ledger import open_ledger
from riskkit.workbench.commands import cli
from riskkit.workbench.commands.options import Act
from riskkit.workbench.document.documents import missing_parts
from riskkit.workbench.flows.committee.forms import COLUMNS
from riskkit.workbench.serving.people import known_by, read_people

CASE = "note7-battery-2016"


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experts.csv").write_text(
        "id,name,field,organisation\ne1,王一,电池,甲所\ne2,Li Er,burns,\ne3,Zhao,fire,C\n", encoding="gb18030"
    )

    def call(*words: str, code: int = 0, lang: str = "en") -> Any:
        assert cli.main([*words, "--json", "--lang", lang]) == code, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    return call


def begin(run: Callable[..., Any], *, declared: tuple[str, ...] = ("e1", "e2", "e3")) -> None:
    run(
        "committee",
        "open",
        CASE,
        "--experts",
        "experts.csv",
        "--session",
        "n7",
        "--as",
        "chair",
        "--rounds",
        "2",
    )
    for who in declared:
        run("committee", "declare", "n7", "--expert", who, "--as", who)
    if len(declared) == 3:
        run("committee", "open-round", "n7", "--as", "chair")


def lines_of(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    book = python_calamine.CalamineWorkbook.from_path(path)
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]


def save(path: Path, lines: list[list[Any]]) -> None:
    """As a spreadsheet program saves what somebody typed."""
    if path.suffix == ".csv":
        with path.open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(lines)
        return
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        for row, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                page.write(row, column, cell)


def fill(path: Path, number: int, *, lang: str = "en", level: object = "Ⅱ 严重") -> list[list[Any]]:
    lines: list[list[Any]] = lines_of(path)
    kinds = {one.id: one for one in questions_of(load_case(CASE))}
    at = {name: n for n, name in enumerate(COLUMNS)}
    for line in lines[1:]:
        name, _, code = line[at["question"]].partition(":")
        question = kinds.get(name)
        if question is None:
            line[at["choice"]] = level if name == "vote.level" else in_language(lang, word, "yes")
        elif question.kind == PROBABILITY:
            mid = 0.01 * 2**number
            line[at["low"]], line[at["mid"]], line[at["high"]] = mid / 3, mid, f"{mid * 300}%"
        elif question.kind == CHOICES:
            line[at["choice"]] = in_language(lang, word, "yes" if code == "recall" else "no")
        else:
            line[at["choice"]] = [*in_language(lang, choices_of, question).values()][number]
            line[at["reason"]] = "=HYPERLINK(1)"
    save(path, lines)
    return lines


@pytest.mark.parametrize(("form", "lang"), [("xlsx", "zh"), ("csv", "en")])
def test_a_session_from_open_to_signed_minutes(
    run: Callable[..., Any], tmp_path: Path, form: str, lang: str
) -> None:
    begin(run)
    for name in ("1", "vote"):
        if name == "vote":
            run("committee", "vote", "n7", "--as", "chair")
        made = run("committee", "ballot-form", "n7", "--format", form, "--out", "forms", lang=lang)
        assert len(made["files"]) == 3
        for number, file in enumerate(made["files"]):
            fill(tmp_path / file, number, lang=lang)
        taken = run("committee", "take-ballots", "n7", *made["files"], "--as", "secretary")
        assert [one["expert"] for one in taken["ballots"]] == ["e1", "e2", "e3"]
        assert run("committee", "status", "n7")["rounds"][-1]["n_ballots"] == 3
        run("committee", "close-round", "n7", "--as", "chair")
    run("committee", "confirm", "n7", "--as", "chair", "--why", "clear")
    for who in ("chair", "e1"):
        run("committee", "sign", "n7", "--as", who)
    run("committee", "end", "n7", "--as", "chair")
    for ending in (".html", *([] if missing_parts("docx") else [".docx"])):
        run("committee", "report", "n7", "--out", f"report{ending}", lang=lang)
        assert (tmp_path / f"report{ending}").stat().st_size > 5000
    run("ledger", "export", "--out", "l.jsonl")
    run("committee", "report", "n7", "--export", "l.jsonl", "--out", "again.html", lang=lang)
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    assert run("ledger", "verify")["ok"]
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "=HYPERLINK(1)" in text and {"zh": "Ⅱ 严重", "en": "Ⅱ serious"}[lang] in text


def test_an_invitation_is_a_link_of_its_persons_own_and_its_token_stands_nowhere_else(
    run: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(run, declared=())
    done = run("committee", "invite", "n7", "--url", "https://risk.example/board", "--days", "3")
    assert done["people"] == ["e1", "e2", "e3", "chair"] and done["n"] == 4
    tokens = {}
    for name in done["people"]:
        file = tmp_path / "invitations" / f"n7-{name}.txt"
        assert file.stat().st_mode & 0o777 == 0o600
        text = file.read_text(encoding="utf-8")
        page = "committee_session" if name == "chair" else "committee_ballot"
        links = [
            urlsplit(line)
            for line in text.splitlines()
            if line.startswith("https://risk.example/board/voila/")
        ]
        asked = [dict(parse_qsl(one.query)) for one in links]
        assert [one["lang"] for one in asked] == ["zh", "en"] and {one["session"] for one in asked} == {"n7"}
        assert all(one.path.endswith(f"/dashboards/{page}.ipynb") for one in links)
        (tokens[name],) = {one["token"] for one in asked}
        assert "主持" in text if name == "chair" else "受邀" in text and "you are invited" in text
    everybody = read_people(tmp_path / "access.toml")
    today = dt.datetime.now(dt.UTC).date()
    for name, token in tokens.items():
        person, why = known_by(everybody, name, token.partition(".")[2], today=today)
        assert person is not None and not why and person.expires == today + dt.timedelta(days=3)
        assert person.role == ("chair" if name == "chair" else "expert")
        kept = (tmp_path / "access.toml").read_text() + json.dumps(done)
        assert token.partition(".")[2] not in kept
        assert not any(
            token.encode() in one.read_bytes() for one in tmp_path.glob("ledger*") if one.is_file()
        )
    assert run("committee", "invite", "n7")["people"] == []  # all have access: nobody's link is taken away
    assert run("committee", "invite", "n7", "--expert", "e2", "--force")["people"] == ["e2"]
    again = read_people(tmp_path / "access.toml")
    assert known_by(again, "e2", tokens["e2"].partition(".")[2], today=today)[1] == "wrong"
    assert known_by(again, "e1", tokens["e1"].partition(".")[2], today=today)[0] is not None


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("--url", "ftp://host/"), "ftp://host/"),
        (("--url", "https://host/?a=b"), "https://host/?a=b"),
        (("--expert", "nobody"), "nobody"),
    ],
)
def test_an_invitation_that_leads_nowhere_is_refused_and_nothing_is_written(
    run: Callable[..., Any], tmp_path: Path, words: tuple[str, ...], value: str
) -> None:
    begin(run, declared=())
    told = run("committee", "invite", "n7", *words, code=2)
    assert value in json.dumps(told)
    assert not (tmp_path / "access.toml").exists() and not (tmp_path / "invitations").exists()
    run("access", "add", "e1", "--role", "leadership")
    told = run("committee", "invite", "n7", code=2)
    assert "leadership" in json.dumps(told)


def test_forms_that_are_edited_forged_or_elsewhere_are_refused(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    begin(run)
    run("committee", "ballot-form", "n7", "--format", "csv", "--out", "f")
    good = fill(tmp_path / "f/n7-1-e1.csv", 0)
    at = {name: n for n, name in enumerate(COLUMNS)}

    def refused(name: str, change: Callable[[list[list[Any]]], Any]) -> str:
        lines = [[*line] for line in good]
        change(lines)
        save(tmp_path / name, lines)
        told = run("committee", "take-ballots", "n7", name, code=2)
        return "; ".join(fault["rule"] for fault in told["ballots"][0]["faults"])

    def every(column: str, value: str) -> Callable[[list[list[Any]]], None]:
        return lambda lines: [line.__setitem__(at[column], value) for line in lines[1:]] and None

    assert "the question as it was sent out" in refused(
        "a.csv", lambda x: x[1].__setitem__(at["asked"], "Other?")
    )
    assert "made for the session, round and expert" in refused("b.csv", every("expert", "e2"))
    assert "made for the session, round and expert" in refused("c.csv", every("mark", "0" * 24))
    assert "a ballot for the session n7" in refused("d.csv", every("session", "other"))
    assert "one session, round and expert" in refused("e.csv", lambda x: x[1].__setitem__(at["expert"], "e2"))
    assert "all lines of the form" in refused("f.csv", lambda x: x.pop(3))
    assert "each line once" in refused("g.csv", lambda x: x.append(x[3]))
    assert "a probability such as" in refused("h.csv", lambda x: x[2].__setitem__(at["low"], "zero"))
    assert "quantiles that rise" in refused("i.csv", lambda x: x[2].__setitem__(at["low"], "0.9"))
    assert "yes, no or abstain" in refused("j.csv", lambda x: x[-1].__setitem__(at["choice"], "maybe"))
    assert "ballot-form wrote" in refused("k.csv", lambda x: x[0].__setitem__(0, "other head"))
    ledger = open_ledger(str(tmp_path / "ledger.sqlite"), is_reader=True)
    assert len(ledger.events("refusals/")) == 11
    assert ledger.events("committee/n7", kinds=["ballot_taken"]) == ()
    ledger.close()
    run("committee", "take-ballots", "n7", "f/n7-1-e1.csv")
    run("committee", "take-ballots", "n7", "f/n7-1-e1.csv")
    changed = [[*line] for line in good]
    changed[1][at["reason"]] = "second thought"
    save(tmp_path / "l.csv", changed)
    told = run("committee", "take-ballots", "n7", "l.csv", "f/n7-1-e1.csv", code=1)
    assert "one ballot a round" in told["ballots"][0]["faults"][0]["rule"]


def test_a_vote_form_is_no_ballot_of_another_session(run: Callable[..., Any], tmp_path: Path) -> None:
    begin(run)
    run("committee", "open", CASE, "--experts", "experts.csv", "--session", "other", "--as", "chair")
    run("committee", "ballot-form", "n7", "--expert", "e1", "--format", "csv", "--out", "f")
    lines = fill(tmp_path / "f/n7-1-e1.csv", 0)
    for line in lines[1:]:
        line[COLUMNS.index("session")] = "other"
    save(tmp_path / "f.csv", lines)
    told = run("committee", "take-ballots", "other", "f.csv", code=2)
    assert "made for the session" in told["ballots"][0]["faults"][0]["rule"]


def test_refusals_of_commands(run: Callable[..., Any], tmp_path: Path) -> None:
    def rules(*words: str) -> str:
        return "; ".join(one["rule"] for one in run(*words, code=2)["faults"])

    assert "a ledger that exists" in rules("committee", "status", "n7")
    begin(run)
    assert "a session that was opened" in rules("committee", "status", "other")
    assert "an id that is not taken" in rules(
        "committee", "open", CASE, "--experts", "experts.csv", "--session", "n7"
    )
    assert "the chair of the session" in rules("committee", "close-round", "n7", "--as", "e1")
    assert "reason of a recusal" in rules("committee", "recuse", "n7", "--expert", "e1")
    assert "reason of a confirmation" in rules("committee", "confirm", "n7")
    assert "one of e1, e2, e3" in rules("committee", "ballot-form", "n7", "--expert", "e9")
    assert "ends in .html" in rules("committee", "minutes", "n7", "--out", "m.exe")
    assert "--keys or" in rules(
        "committee", "open", CASE, "--experts", "experts.csv", "--ledger", "postgresql://h/d"
    )
    (tmp_path / "bad.csv").write_text("id,who\n1,2\n")
    assert "the columns id, name, field" in rules("committee", "open", CASE, "--experts", "bad.csv")


def test_the_ledgers_commands(run: Callable[..., Any], tmp_path: Path) -> None:
    begin(run)
    run("ledger", "anchor", "--out", "head.json")
    assert run("ledger", "verify", "--anchor", "head.json")["findings"] == []
    assert len(run("ledger", "show", "--stream", "committee/n7", "--limit", "2")["events"]) == 2
    assert run("ledger", "show", "--until", "1")["n"] == 1
    assert run("ledger", "show", "--until", "2001-01-01")["n"] == 0
    run("ledger", "backup", "--out", "b.sqlite")
    run("ledger", "restore", "b.sqlite", "--ledger", "again.sqlite")
    run("ledger", "export", "--out", "l.jsonl")
    run("ledger", "import", "l.jsonl", "--ledger", "third.sqlite")
    for name in ("again.sqlite", "third.sqlite"):
        assert run("ledger", "verify", "--ledger", name, "--anchor", "head.json")["ok"]
    ledger = open_ledger(str(tmp_path / "third.sqlite"))
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        connection.exec_driver_sql("UPDATE ledger_events SET who = 'forger' WHERE sequence = 3")
        connection.commit()
    ledger.close()
    found = run("ledger", "verify", "--ledger", "third.sqlite", code=1)
    assert [(one["sequence"], one["kind"]) for one in found["findings"]] == [(3, "altered"), (0, "schema")]
    for words in (["--until", "noon"], ["--until", "2026-01-01T00:00:00"]):
        assert "a sequence, a day" in run("ledger", "show", *words, code=2)["faults"][0]["rule"]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_form_takes_a_level_however_it_is_written_and_refuses_what_could_be_two(
    run: Callable[..., Any], tmp_path: Path, form: str
) -> None:
    begin(run)
    run("committee", "ballot-form", "n7", "--format", form, "--out", "forms")
    for number, file in enumerate(sorted((tmp_path / "forms").iterdir())):
        fill(file, number)
        run("committee", "take-ballots", "n7", str(file))
    run("committee", "close-round", "n7", "--as", "chair")
    run("committee", "vote", "n7", "--as", "chair")
    for level in ("serious", "grade 4", "Ⅰ Ⅱ", 5):
        made = run("committee", "ballot-form", "n7", "--format", form, "--out", "vote", "--force")
        fill(tmp_path / made["files"][0], 0, level=level)
        told = run("committee", "take-ballots", "n7", made["files"][0], code=2)
        assert "Ⅰ (I, 1, 一级, red, 红)" in json.dumps(told, ensure_ascii=False), level
    made = run("committee", "ballot-form", "n7", "--format", form, "--out", "vote", "--force")
    for number, level in enumerate((1, "red", "一级")):
        fill(tmp_path / made["files"][number], number, level=level)
    run("committee", "take-ballots", "n7", *made["files"])
    run("committee", "close-round", "n7", "--as", "chair")
    run("committee", "confirm", "n7", "--as", "chair", "--why", "clear")
    with contextlib.closing(open_ledger("ledger.sqlite", is_reader=True)) as ledger:
        confirmed = ledger.events("committee/n7", kinds=["confirmed"])[0]
    assert confirmed.data["level"] == "Ⅰ"


def begun(run: Callable[..., Any]) -> dict[str, Any]:
    return dict(run("committee", "status", "n7"))


def commands(status: dict[str, Any]) -> list[tuple[str, list[str], bool]]:
    return [(one["command"].split()[1], one["who"], one["is_possible"]) for one in status["next"]]


def test_the_status_says_who_is_missing_and_what_comes_next_at_every_step(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    begin(run, declared=("e1", "e3"))
    status = begun(run)
    assert status["missing"] == {"declarations": ["e2"], "ballots": [], "signatures": []}
    assert commands(status) == [("declare", ["e2"], True), ("open-round", ["chair"], False)]
    assert "a declaration of independence by every expert (e2)" in status["next"][1]["lacking"]
    run("committee", "declare", "n7", "--expert", "e2", "--as", "e2")
    assert commands(begun(run)) == [("open-round", ["chair"], True)]
    for name in ("1", "vote"):
        run("committee", "vote" if name == "vote" else "open-round", "n7", "--as", "chair")
        assert begun(run)["missing"]["ballots"] == ["e1", "e2", "e3"]
        made = run("committee", "ballot-form", "n7", "--format", "csv", "--out", f"forms-{name}")
        for number, file in enumerate(made["files"]):
            fill(tmp_path / file, number, lang="en")
        run("committee", "take-ballots", "n7", made["files"][0])
        status = begun(run)
        assert status["missing"]["ballots"] == ["e2", "e3"]
        assert commands(status) == [("ballot-form", ["e2", "e3"], True), ("close-round", ["chair"], False)]
        assert status["next"][1]["lacking"] == ["a quorum of 67% of the experts (1 / 3)"]
        run("committee", "take-ballots", "n7", made["files"][1])
        assert commands(begun(run))[1] == ("close-round", ["chair"], True)
        run("committee", "take-ballots", "n7", made["files"][2])
        run("committee", "close-round", "n7", "--as", "chair")
        wanted = [("confirm", ["chair"], True)] if name == "vote" else [
            ("open-round", ["chair"], True), ("vote", ["chair"], True)]  # fmt: skip
        assert commands(begun(run)) == wanted
    run("committee", "confirm", "n7", "--as", "chair", "--why", "clear")
    status = begun(run)
    assert status["missing"]["signatures"] == ["chair", "e1", "e2", "e3"]
    assert commands(status) == [("sign", ["e1", "e2", "e3"], True), ("sign", ["chair"], True)]
    run("committee", "sign", "n7", "--as", "chair")
    assert commands(begun(run)) == [("sign", ["e1", "e2", "e3"], True), ("end", ["chair"], True)]
    run("committee", "end", "n7", "--as", "chair")
    status = begun(run)
    assert not any(status["missing"].values())
    assert [one["command"] for one in status["next"]] == [
        f"committee {name} n7" for name in ("minutes", "report", "case")
    ]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ("尚未申报利益关系：e2", "下一步（e2）：riskkit committee declare n7", "下一步（chair）：riskkit committee open-round n7；尚缺：",
             "（e2）")),
     ("en", ("have not declared their interests: e2", "next (e2): riskkit committee declare n7",
             "next (chair): riskkit committee open-round n7; not yet: a declaration of independence by every expert (e2)"))],
)  # fmt: skip
def test_the_status_says_it_in_words(
    run: Callable[..., Any], capsys: pytest.CaptureFixture[str], lang: str, words: tuple[str, ...]
) -> None:
    begin(run, declared=("e1", "e3"))
    assert cli.main(["committee", "status", "n7", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert [one for one in words if one not in told] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experts.csv").write_text("id,name,field\ne1,Wang,fire\n")
    said = []
    for words in (
        ["committee", "open", CASE, "--experts", "experts.csv", "--as", "chair"],
        ["committee", "declare", f"{CASE}-1", "--expert", "e1"],
        ["committee", "open-round", f"{CASE}-1", "--as", "chair"],
        ["committee", "status", f"{CASE}-1"],
        ["committee", "minutes", f"{CASE}-1"],
        ["ledger", "verify"],
        ["ledger", "show"],
        ["ledger", "anchor"],
    ):
        assert cli.main([*words, "--lang", lang]) == 0
        said.append(capsys.readouterr().out)
    assert all(said)
    assert ("会议" in said[0]) == (lang == "zh")
    assert cli.main(["committee", "close-round", f"{CASE}-1", "--as", "x", "--lang", lang]) == 2
    assert ("法定" in capsys.readouterr().err) == (lang == "zh")


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found"), OSError("No username set")])
def test_an_account_without_a_name_acts_under_its_number(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def no_name() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", no_name)
    assert Act(None, None, "").name == f"uid {os.getuid()}"
    assert Act("li", None, "").name == "li"
