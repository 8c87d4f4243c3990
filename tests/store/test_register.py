"""The register: nothing lost, nothing twice, whole or not at all, and only looked at by questions."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st
from native_files import FIXTURES, NATIVE, reader
from patience import HANGS
from registers import HEAD, canonical_csv, content, taken
from shared import TESTS

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.store.register.compaction import compact
from riskkit.store.register.quarantine_sheet import write_quarantine
from riskkit.store.register.query import sql
from riskkit.store.register.summary import summary
from riskkit.workbench.commands.cli import main

NUMBER = re.compile(r"[-+]?[0-9.]+")
WRITER = TESTS / "support" / "subjects" / "register_writer.py"


def accounted(folder: Path, path: Path, **given: Any) -> None:
    """Read a file in; whatever is in it, every row of it is somewhere, and a second time changes nothing."""
    before = summary(folder)
    entry, is_new = taken(folder, path, **given)
    after = summary(folder)
    assert entry.n_read == entry.n_accepted + entry.n_quarantined + entry.n_duplicates
    assert min(entry.n_accepted, entry.n_quarantined, entry.n_duplicates) >= 0
    assert is_new
    counts = [sum(one.by_source.values()) + one.n_superseded for one in (before, after)]
    assert counts[1] - counts[0] == entry.n_accepted
    found = content(folder)
    assert found["records"] == sum(after.by_source.values())
    rows = sql(
        folder,
        f"select count(distinct row_number) n from quarantine where file_sha256 = '{entry.file_sha256}'",
    )
    assert rows["n"].to_pylist() == [entry.n_quarantined]
    assert taken(folder, path, **given) == (entry, False)
    assert content(folder) == found


# The identity, over anything.

CELLS = st.sampled_from(
    ["", "lamp", "玩具", "2026-01-31", "2023-02-30", "-1", "1e999", "inf", "nan", "95O3", "9503", "９５０３", "1,234",
     "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202egnp.exe", "a\u0000b", "complaint", "CN", "中国", "3", "7"]
)  # fmt: skip
COLUMNS = [*HEAD.split(","), "not a column"]
TABLES = st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=12)


def written(path: Path, rows: list[list[str]]) -> Path:
    """The same cells as the format that the name asks for."""
    plain = [[cell.replace("\0", "") for cell in row] for row in rows]
    if path.suffix in (".jsonl", ".json"):
        objects = [dict(zip(COLUMNS, row, strict=True)) for row in rows] or [dict.fromkeys(COLUMNS)]
        lines = [json.dumps(one, ensure_ascii=False) for one in objects]
        path.write_text(
            "\n".join(lines) if path.suffix == ".jsonl" else f"[{','.join(lines)}]", encoding="utf-8"
        )
    elif path.suffix == ".parquet":
        pa_parquet.write_table(
            pa.table(
                {
                    name: pa.array([row[place] for row in plain], pa.string())
                    for place, name in enumerate(COLUMNS)
                }
            ),
            path,
        )
    elif path.suffix == ".xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for place, row in enumerate([COLUMNS, *plain]):
                for column, cell in enumerate(row):
                    sheet.write_string(place, column, cell)
    else:
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *rows])
        raw = text.getvalue().encode("gb18030" if "gbk" in path.name else "utf-8")
        path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@given(rows=TABLES, name=st.sampled_from(["a.csv", "a.csv.gz", "a.gbk.csv", "a.jsonl", "a.json"]))
def test_every_row_of_a_hostile_table_is_somewhere(rows: list[list[str]], name: str) -> None:
    with tempfile.TemporaryDirectory() as there:
        accounted(Path(there) / "register", written(Path(there) / name, rows))


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_every_row_of_a_hostile_workbook_or_parquet_file_is_somewhere(tmp_path: Path, name: str) -> None:
    rng = random.Random(7)
    cells = [
        *"abc",
        "",
        "2023-02-30",
        "-1",
        "inf",
        "=cmd()",
        "<b>",
        "95O3",
        "complaint",
        "2026-01-31",
        "\u202ex",
    ]
    rows = [[rng.choice(cells) for _ in COLUMNS] for _ in range(60)]
    accounted(tmp_path / "register", written(tmp_path / name, rows))


ENDINGS = [".csv", ".csv.gz", ".tsv", ".json", ".jsonl", ".json.gz", ".zip", ".txt"]
SEEDS = [(name, (NATIVE / name).read_bytes()) for name in FIXTURES]


@given(
    seed=st.sampled_from(SEEDS),
    ending=st.sampled_from(["", *ENDINGS]),
    cuts=st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(max_size=6), st.integers(0, 40)), max_size=6),
    is_packed=st.booleans(),
)
@example(seed=("x.csv", b"source_class,date,product\n\x00,,\n"), ending="", cuts=[], is_packed=False)
def test_a_file_that_was_tampered_with_is_refused_or_accounted_for(
    seed: tuple[str, bytes], ending: str, cuts: list[tuple[int, bytes, int]], is_packed: bool
) -> None:
    name, raw = seed
    for place, put_in, taken_out in cuts:
        at = place % (len(raw) + 1)
        raw = raw[:at] + put_in + raw[at + taken_out :]
    path_name = f"x{ending or Path(name).suffix}"
    raw = gzip.compress(raw) if is_packed and path_name.endswith(".gz") else raw
    source = reader(FIXTURES.get(name, "canonical"))
    with tempfile.TemporaryDirectory() as there:
        path = Path(there) / path_name
        path.write_bytes(raw)
        try:
            accounted(Path(there) / "register", path, source=source)
        except InputFaults:
            assert summary(Path(there) / "register").n_read == 0
            assert content(Path(there) / "register")["records"] == 0


@given(raw=st.binary(max_size=200), ending=st.sampled_from([*ENDINGS, ".xlsx", ".parquet"]))
def test_any_bytes_are_refused_or_accounted_for(raw: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as there:
        path = Path(there) / f"x{ending}"
        path.write_bytes(raw)
        with contextlib.suppress(InputFaults):
            accounted(Path(there) / "register", path)
        assert sum(summary(Path(there) / "register").by_source.values()) >= 0


# Twice.


def test_a_row_that_says_the_same_counts_once_wherever_it_stands(tmp_path: Path) -> None:
    lines = canonical_csv(400, seed=1, bad=0).splitlines()
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("\n".join(lines) + "\n")
    second.write_text("\n".join([lines[0], *lines[200:300], f"{lines[300]} and more"]) + "\n")
    one, _ = taken(tmp_path / "register", first)
    two, _ = taken(tmp_path / "register", second)
    assert (one.n_read, one.n_accepted, one.n_duplicates) == (420, 400, 20)
    assert (two.n_read, two.n_accepted, two.n_duplicates) == (101, 1, 100)


def test_the_same_rows_of_another_source_are_rows_of_their_own(tmp_path: Path) -> None:
    for name in ("neiss.tsv", "rasff.csv"):
        entry, _ = taken(tmp_path / "register", NATIVE / name, source=reader(FIXTURES[name]))
        assert entry.n_duplicates == 0
    assert set(summary(tmp_path / "register").by_source) == {"neiss", "rasff"}


def test_every_record_knows_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(canonical_csv(200, seed=3))
    entry, _ = taken(tmp_path / "register", path)
    lines = path.read_text().splitlines()
    asked = "select file_name, file_sha256, row_number, reader_version, product, text from records"
    for record in sql(tmp_path / "register", asked).to_pylist():
        assert (record["file_name"], record["file_sha256"]) == ("a.csv", entry.file_sha256)
        assert record["reader_version"] == 1
        cells = lines[record["row_number"]].split(",")
        assert (cells[2], cells[7]) == (record["product"], record["text"])


# Stopped, full, crowded.


def writer(*words: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(WRITER), *map(str, words)],
        env=os.environ | {"PYTHONPATH": f"{WRITER.parent}{os.pathsep}{WRITER.parents[1]}"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def began(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return process


def cpu_seconds() -> float:
    """What processes that have ended took; a busy machine makes them wait, not work."""
    return sum(os.times()[2:4])


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate(timeout=HANGS)
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="module")
def two_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("files")
    for name, seed in (("a.csv", 1), ("b.csv", 2)):
        (folder / name).write_text(canonical_csv(20_000, seed=seed))
    return folder / "a.csv", folder / "b.csv"


def answers(path: Path, *files: Path) -> dict[str, Any]:
    for file in files:
        taken(path, file)
    return content(path)


def test_a_writer_killed_before_any_of_its_steps_leaves_the_register_as_before_or_after(
    tmp_path: Path,
) -> None:
    files = tmp_path / "a.csv", tmp_path / "b.csv"
    for seed, file in enumerate(files):
        file.write_text(canonical_csv(500, seed=seed, n_days=500))
    before = answers(tmp_path / "before", files[0])
    after = answers(tmp_path / "after", *files)
    found: list[bool] = []
    while True not in found:
        steps = range(len(found) + 1, len(found) + 5)
        for step in steps:
            shutil.copytree(tmp_path / "before", tmp_path / f"{step}")
        processes = [began(writer(tmp_path / f"{step}", files[1], "stop-at", step)) for step in steps]
        for step, process in zip(steps, processes, strict=True):
            process.communicate(timeout=HANGS)
            left = content(tmp_path / f"{step}")
            assert left in (before, after), f"step {step}"
            found.append(left == after)
            taken(tmp_path / f"{step}", files[1])
            assert content(tmp_path / f"{step}") == after, f"step {step}"
    assert len(found) > 4


def test_a_writer_killed_at_any_moment_leaves_the_register_as_before_or_after(
    tmp_path: Path, two_files: tuple[Path, Path]
) -> None:
    register, rng = tmp_path / "register", random.Random(20)
    before = answers(register, two_files[0])
    after = answers(tmp_path / "whole", *two_files)
    began_at = time.monotonic()
    said(began(writer(tmp_path / "timed", two_files[1])))
    lasts = time.monotonic() - began_at
    for _ in range(6):
        process = began(writer(register, two_files[1]))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=rng.random() * lasts)
        process.kill()
        process.communicate(timeout=HANGS)
        assert content(register) in (before, after)
    taken(register, two_files[1])
    assert content(register) == after


def test_a_full_disk_is_told_and_leaves_the_register_as_it_was(
    tmp_path: Path, two_files: tuple[Path, Path]
) -> None:
    register = tmp_path / "register"
    before = answers(register, two_files[0])
    names = sorted(path.name for path in register.rglob("*"))
    for size in (100, 5_000, 60_000):
        answer = said(began(writer(register, two_files[1], "file-size", size)))
        assert answer["faults"] == ["room on the disk; the register is as before"]
        assert content(register) == before
        assert sorted(path.name for path in register.rglob("*")) == names
    taken(register, two_files[1])
    assert content(register) == answers(tmp_path / "whole", *two_files)


def test_writers_that_come_at_once_are_all_served(tmp_path: Path, two_files: tuple[Path, Path]) -> None:
    register = tmp_path / "register"
    files = [*two_files, two_files[0]]
    processes = [writer(register, file) for file in files]
    told = [said(process) for process in list(map(began, processes))]
    assert [one["read"] for one in told] == [21_000] * 3
    assert sorted(one["new"] for one in told) == [False, True, True]
    found, whole = content(register), answers(tmp_path / "whole", *two_files)
    assert (found["digest"], found["records"]) == (whole["digest"], whole["records"])


def test_who_does_not_wait_is_told_that_another_writes(tmp_path: Path, two_files: tuple[Path, Path]) -> None:
    from riskkit.store.register.lock import writing

    with writing(tmp_path / "register"), pytest.raises(InputFaults, match="one writer at a time"):
        taken(tmp_path / "register", two_files[0])


# Tidying.


def many_small(folder: Path) -> Path:
    register = folder / "register"
    for number in range(12):
        path = folder / f"{number}.csv"
        path.write_text(canonical_csv(150, seed=number))
        taken(register, path)
    return register


def test_tidying_changes_no_answer(tmp_path: Path) -> None:
    register = many_small(tmp_path)
    before, parts = content(register), summary(register).n_parts
    compact(register)
    assert content(register) == before
    assert summary(register).n_parts < parts / 4
    again, is_new = taken(register, tmp_path / "3.csv")
    assert (again.n_read, is_new) == (157, False)
    (tmp_path / "new.csv").write_text((tmp_path / "3.csv").read_text() + "complaint,2026-01-31,new,,,,,\n")
    assert taken(register, tmp_path / "new.csv")[0].n_accepted == 1


def test_who_reads_while_the_register_is_tidied_keeps_its_answer(tmp_path: Path) -> None:
    from riskkit.store.register.query import looking

    register = many_small(tmp_path)
    with looking(register) as connection:
        before = connection.sql("select count(*), sum(n_tested) from records").fetchall()
        compact(register)
        assert connection.sql("select count(*), sum(n_tested) from records").fetchall() == before


# Questions.


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    (folder / "a.csv").write_text(canonical_csv(300, seed=5))
    (folder / "secret.csv").write_text("a,b\n1,2\n")
    taken(folder / "register", folder / "a.csv")
    return folder


@pytest.mark.parametrize(
    "question",
    ["select * from read_csv('{there}/secret.csv')", "select * from '{there}/secret.csv'", "select * from read_text('/etc/passwd')",
     "select * from glob('/*')", "copy records to '{there}/out.csv'", "copy (select 1) to '{there}/out.csv'", "attach '{there}/x.db'",
     "create table t as select 1", "create or replace view records as select 1", "drop view records", "insert into records select * from records",
     "install httpfs", "load httpfs", "set enable_external_access = true", "reset lock_configuration", "pragma database_list",
     "select getenv('HOME')", "select 1; select 2", "select 1; drop view records", "export database '{there}/out'", "call pragma_version()",
     "with x as (select 1) insert into records select * from x", "explain analyze select 1", "", ";", "selec 1",
     "select * from read_parquet('https://example.org/x.parquet')",],
)  # fmt: skip
def test_a_question_can_only_look(asked: Path, question: str) -> None:
    before = content(asked / "register")
    names = sorted(path.name for path in asked.rglob("*"))
    with pytest.raises(InputFaults) as caught:
        sql(asked / "register", question.format(there=asked))
    assert caught.value.faults
    assert content(asked / "register") == before
    assert sorted(path.name for path in asked.rglob("*")) == names


def test_a_question_is_answered(asked: Path) -> None:
    found = sql(
        asked / "register", "select product, count(*) n, sum(n_tested) t from records group by 1 order by 1"
    )
    lines = [line.split(",") for line in dict.fromkeys((asked / "a.csv").read_text().splitlines()[1:])]
    good = [cells for cells in lines if int(cells[6]) <= int(cells[5])]
    wanted = [
        {"product": name, "n": len(mine), "t": sum(int(cells[5]) for cells in mine)}
        for name in sorted({cells[2] for cells in good})
        if (mine := [cells for cells in good if cells[2] == name])
    ]
    assert found.to_pylist() == wanted


def test_a_long_question_prints_nothing_of_its_own(asked: Path) -> None:
    """Where no script runs, as in a notebook, DuckDB would show its progress within the output."""
    program = (
        "import sys, pathlib; from riskkit.store.register.query import sql; "
        "rows = sql(pathlib.Path(sys.argv[1]), \"select current_setting('enable_progress_bar') b\"); print(rows.to_pylist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(asked / "register")], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[{'b': False}]\n"


def test_the_quarantine_as_a_sheet_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        f"{HEAD}\n=cmd|' /C calc'!A0,x,@SUM(1),9503,,-1,+2,\t=1\ncomplaint,2023-01-30,=x,,,many,1,0\ncomplaint,2023-02-30,<b>,,,,,\n"
    )
    taken(tmp_path / "register", path)
    for lang in ("zh", "en"):
        n_lines = in_language(lang, write_quarantine, tmp_path / "register", tmp_path / f"{lang}.csv")
        with (tmp_path / f"{lang}.csv").open(encoding="utf-8-sig", newline="") as sheet:
            rows = list(csv.reader(sheet))
        assert len(rows) == n_lines + 1 > 5
        assert not [
            cell
            for row in rows
            for cell in row
            if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not NUMBER.fullmatch(cell)
        ]
        assert {"1", "2"} <= {cell for row in rows[1:] for cell in row}
        assert any("=cmd" in cell for row in rows for cell in row)


# Files that are refused, at the command.


def zip_of(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


GOOD = f"{HEAD}\ncomplaint,2026-01-31,lamp,9503,CN,1,1,x\n".encode()
REFUSED = {
    "cut.csv.gz": gzip.compress(GOOD * 500)[:-30],
    "bomb.zip": zip_of("x.csv", GOOD + b"0" * (1 << 27)),
    "out.zip": zip_of("../../x.csv", GOOD),
    "wide.csv": b",".join(b"c%d" % number for number in range(1_000_000)),
    "twice.csv": b"source_class,date,date,product\n",
    "other.csv": b"Treatment_Date,Age\n",
    "empty.csv": b"",
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_refused_is_named_and_the_others_are_taken(
    tmp_path: Path, name: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(REFUSED[name])
    (tmp_path / "good.csv").write_bytes(GOOD)
    words = ["--source", "canonical", "--register", str(tmp_path / "register"), "--lang", lang]
    assert main(["ingest", str(tmp_path / name), *words]) == 2
    alone = capsys.readouterr()
    assert name in alone.err
    assert main(["ingest", str(tmp_path / name), str(tmp_path / "good.csv"), *words]) == 1
    assert name in capsys.readouterr().err
    assert summary(tmp_path / "register").n_accepted == 1


def test_a_wide_header_and_a_bomb_take_little_memory_and_time(tmp_path: Path) -> None:
    plain = said(began(writer(tmp_path / "plain", written(tmp_path / "good.csv", []))))["peak_mib"]
    for name in ("wide.csv", "bomb.zip"):
        (tmp_path / name).write_bytes(REFUSED[name])
        before = cpu_seconds()
        answer = said(began(writer(tmp_path / "register", tmp_path / name)))
        assert answer["faults"]
        assert answer["peak_mib"] < plain + 400
        assert cpu_seconds() - before < 60
