"""What is wrong with an input is told in both languages, the rule included."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest

import riskkit
from riskkit.foundation.language import in_language
from riskkit.workbench.commands import cli
from riskkit.workbench.words.rules import rule_in

HOME = Path(riskkit.__file__).parent
HAN = re.compile("[\u4e00-\u9fff]")
# files whose faults a command shows; "rule" is what a parser of a record raises or a check yields
SHOWN = (
    "foundation/inputs/toml_file.py",
    "foundation/numbers/toml_record.py",
    "foundation/numbers/distributions.py",
    "foundation/numbers/elicited.py",
    "foundation/exact_numbers.py",
    "foundation/numbers/kept_quantiles.py",
    "assessment/facts/case_file.py",
    "assessment/what_if/planned_tests.py",
    "assessment/what_if/what_if_file.py",
    "foundation/events.py",
    "assessment/committee/answers.py",
    "assessment/committee/order.py",
    "assessment/committee/session.py",
    "assessment/committee/sealing.py",
    "assessment/committee/steps.py",
    "store/ledger/ledger.py",
    "store/ledger/checks.py",
    "store/ledger/copies.py",
    "store/ledger/tables.py",
    "workbench/commands/access.py",
    "workbench/commands/ballot.py",
    "monitoring/sources/intake.py",
    "monitoring/sources/mapping.py",
    "monitoring/sources/sample_files.py",
    "store/register/changes.py",
    "store/register/compaction.py",
    "store/register/counts.py",
    "store/register/lock.py",
    "store/register/query.py",
    "workbench/commands/register.py",
    "workbench/commands/checks.py",
    "workbench/flows/committee/documents.py",
    "workbench/flows/committee/forms.py",
    "workbench/flows/committee/keys.py",
    "workbench/flows/committee/room.py",
    "workbench/commands/committee.py",
    "workbench/flows/committee/committee_reports.py",
    "workbench/commands/ledger.py",
    "workbench/runs/folders/resources.py",
    "workbench/reports/case_report.py",
    "workbench/reports/what_if/what_ifs.py",
    "workbench/commands/new_files.py",
    "workbench/commands/exchange.py",
    "workbench/boards/register/questions.py",
    "workbench/runs/folders/made_register.py",
    "workbench/reports/monitoring/register_study.py",
    "monitoring/exchange/comparison.py",
    "monitoring/exchange/reading.py",
    "monitoring/exchange/rules.py",
    "workbench/document/documents.py",
    "workbench/serving/people.py",
    "workbench/flows/warnings/review/new_evidence.py",
    "workbench/flows/warnings/review/warning_reports.py",
    "workbench/runs/batch.py",
    "workbench/runs/lists.py",
    "workbench/runs/parameters.py",
    "workbench/runs/planning.py",
    "workbench/runs/plans.py",
    "workbench/runs/folders/run_folders.py",
    "workbench/runs/session.py",
    "warning/profile_file.py",
    "warning/profile_laws.py",
    "warning/profiles.py",
    "warning/alerts/choice.py",
    "warning/alerts/drafts.py",
    "warning/publication/channels.py",
    "workbench/commands/warnings/commands.py",
    "workbench/commands/warnings/issuing.py",
    "workbench/flows/warnings/delivery.py",
    "workbench/flows/warnings/making.py",
    "workbench/flows/warnings/room.py",
    "workbench/flows/warnings/templating.py",
    "warning/dynamics/adjustment.py",
    "warning/dynamics/life.py",
    "warning/dynamics/terms.py",
    "warning/publication/cap_prose.py",
    "warning/publication/cap_structure.py",
    "warning/publication/cap_xml.py",
    "warning/publication/feeds.py",
    "warning/publication/notices.py",
)
# raised for people who write code, not for people who type commands
FOR_CODE = ("not a name: x", "TOML cannot hold x")


def words(node: ast.expr) -> list[str]:
    """What an expression may say, with x for what varies."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(v.value) if isinstance(v, ast.Constant) else "x" for v in node.values)]
    if isinstance(node, ast.IfExp):
        return [*words(node.body), *words(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [one + two for one in words(node.left) for two in words(node.right) or ["x"]]
    return []


def rules_of(path: str) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse((HOME / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Fault" and len(node.args) == 3:
                found += words(node.args[2])
            elif node.func.id in ("ValueError", "_Unfit") and node.args:
                found += words(node.args[0])
        elif isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["rule"]:
            found += words(node.value)
        elif isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["_RULES"]:
            found += [
                v.value for v in ast.walk(node.value) if isinstance(v, ast.Constant) and " " in str(v.value)
            ]
    return [one for one in found if one not in FOR_CODE]


@pytest.mark.parametrize("path", SHOWN)
def test_every_rule_a_command_shows_has_its_words_in_chinese(path: str) -> None:
    found = rules_of(path)
    untold = [
        rule for rule in found if not HAN.search(in_language("zh", rule_in, re.sub(r"\{\w+\}", "7", rule)))
    ]
    assert [rule for rule in untold if re.search("[A-Za-z]{3}", rule)] == []


def test_the_files_state_rules_at_all() -> None:
    assert sum(len(rules_of(path)) for path in SHOWN) > 60


def test_each_wording_fills_what_its_rule_leaves_open() -> None:
    with (HOME / "workbench" / "words" / "rule_texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["en"] for row in rows}) == len(rows) > 90
    for row in rows:
        assert row["en"].count("{}") == row["zh"].count("{}"), row
        filled = row["en"].replace("{}", "7")
        assert rule_in(filled) == filled
        assert "{}" not in in_language("zh", rule_in, filled), row


def test_the_narrower_wording_is_taken_and_what_varies_is_kept() -> None:
    assert in_language("zh", rule_in, "at most 5 bytes") == "不超过 5 字节"
    assert in_language("zh", rule_in, "at most 5") == "至多 5"
    assert in_language("zh", rule_in, "one of a, b, or [[rules]]") == "下列之一，或 [[rules]]：a, b"
    assert in_language("zh", rule_in, "no such rule is known here") == "no such rule is known here"


def test_a_faulty_case_is_told_in_chinese_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = (HOME.parent / "data" / "cases" / "note7-battery-2016.toml").read_text(encoding="utf-8")
    broken = re.sub(
        r'^id = "note7-battery-2016"', "id = 7\nsurplus = 1", shipped, count=1, flags=re.MULTILINE
    )
    broken = re.sub(r"^hs = .*$", 'hs = "ab"', broken, count=1, flags=re.MULTILINE)
    broken = re.sub(r"^origin = .*$", 'origin = "XX"', broken, count=1, flags=re.MULTILINE)
    broken = re.sub(r"^p = .*$", "p = 1.5", broken, count=1, flags=re.MULTILINE)
    path = tmp_path / "case.toml"
    path.write_text(broken, encoding="utf-8")
    assert cli.main(["check", str(path), "--lang", "zh"]) == 2
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert len(lines) >= 3
    for line in lines:
        assert HAN.search(line.rsplit("应为", 1)[-1]), line
