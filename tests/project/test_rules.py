"""What is wrong with an input is stated in both languages, the rule included."""

from __future__ import annotations

import ast
import csv
import itertools
import pickle
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

import riskkit
from riskkit.foundation.flows.checks import BUILT_IN, CHECKS
from riskkit.foundation.inputs.faults import RuleText, one_of
from riskkit.foundation.language import in_language
from riskkit.foundation.numbers import distributions, toml_record
from riskkit.foundation.records.number_columns import NumberColumn
from riskkit.foundation.standards.warning_levels import accepted_levels
from riskkit.workbench.commands import cli
from riskkit.workbench.runs import parameters
from riskkit.workbench.words.rules import rule_in

HOME = Path(riskkit.__file__).parent
HAN = re.compile("[\u4e00-\u9fff]")
OPEN = re.compile(r"\{\d*\}")
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
    "workbench/flows/committee/committee_reports.py",
    "workbench/flows/committee/forms.py",
    "workbench/flows/committee/room.py",
    "workbench/flows/committee/room.py",
    "workbench/commands/committee.py",
    "workbench/flows/committee/committee_reports.py",
    "workbench/commands/ledger.py",
    "workbench/runs/folders/resources.py",
    "workbench/reports/case/opening.py",
    "workbench/reports/what_if/sections.py",
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
    "workbench/flows/warnings/review/warning_reports.py",
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
    "workbench/flows/warnings/official.py",
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
    """What an expression may say; of a rule with values its template."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RuleText":
        return words(node.args[0])
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(v.value) if isinstance(v, ast.Constant) else "x" for v in node.values)]
    if isinstance(node, ast.IfExp):
        return [*words(node.body), *words(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [one + two for one in words(node.left) for two in words(node.right) or ["x"]]
    return []


def stated(path: Path, *, also: tuple[str, ...] = ("ValueError", "_Unfit")) -> Iterator[ast.expr]:
    """The expressions of a file that state the rule of a fault, or say it in an error."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Fault" and len(node.args) == 3:
                yield node.args[2]
            elif node.func.id in also and node.args:
                yield node.args[0]
        elif isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["rule"]:
            yield node.value
        elif isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["_RULES"]:
            inner = (v for v in ast.walk(node.value) if isinstance(v, ast.Constant))
            yield from (v for v in inner if " " in str(v.value))


def rules_of(path: str) -> list[str]:
    found = [rule for node in stated(HOME / path) for rule in words(node)]
    return [rule for rule in found if rule not in FOR_CODE]


def filled(template: str) -> str:
    """A rule with a value in each place that its template leaves open."""
    n = len(OPEN.findall(template))
    return RuleText(template, *range(7, 7 + max(n, 2))) if n else template


def templates() -> Iterator[tuple[str, str | None]]:
    """Where the package states a rule with values, and its template; none where it is no literal."""
    for path in sorted(HOME.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RuleText":
                first = node.args[0]
                place = path.relative_to(HOME).as_posix()
                yield place, str(first.value) if isinstance(first, ast.Constant) else None


# the files whose templates are no literals; each has its own test below
ELSEWHERE = {
    "application/traceability/events.py",
    "assessment/facts/case_checks.py",
    "foundation/flows/lives.py",
    "foundation/inputs/faults.py",
    "foundation/numbers/toml_record.py",
    "foundation/records/number_columns.py",
    "workbench/runs/parameters.py",
}


@pytest.mark.parametrize("path", SHOWN)
def test_every_rule_a_command_shows_has_its_words_in_chinese(path: str) -> None:
    found = [rule for rule in rules_of(path) if re.search("[A-Za-z]{3}", OPEN.sub("", rule))]
    assert [rule for rule in found if not HAN.search(in_language("zh", rule_in, filled(rule)))] == []


def test_the_files_state_rules_at_all() -> None:
    assert sum(len(rules_of(path)) for path in SHOWN) > 60


def test_every_rule_with_values_has_its_wording() -> None:
    found = list(templates())
    assert len(found) > 250
    assert {place for place, template in found if template is None} == ELSEWHERE
    literal = {template for _, template in found if template is not None and re.search("[a-z]", template)}
    assert [one for one in literal if in_language("zh", rule_in, filled(one)) == filled(one)] == []


def test_a_rule_with_values_is_stated_with_its_template() -> None:
    apart = [
        f"{path.relative_to(HOME)}:{node.lineno}"
        for path in sorted(HOME.rglob("*.py"))
        for node in stated(path, also=())
        for one in ((node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,))
        if isinstance(one, ast.JoinedStr) or (isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add))
    ]
    assert apart == []


def test_every_rule_of_a_column_of_numbers_has_its_wording() -> None:
    ends, flags = ((-float("inf"), 0), (float("inf"), 9)), ([False, True],) * 3
    for low, high, is_above, is_whole, may_miss in itertools.product(*ends, *flags):
        column = NumberColumn("n", low, high, is_above=is_above, is_whole=is_whole, may_miss=may_miss)
        worded = in_language("zh", rule_in, column.rule)
        assert HAN.search(worded) and not re.search("[a-z]", worded), column


def test_every_rule_of_a_kind_and_of_a_step_has_its_wording() -> None:
    kinds = [RuleText("{}: {}", "int", RuleText(rule)) for rule in parameters._RULES.values()]
    records = [filled(rule) for rule in toml_record._RULES.values() if rule != "present"]
    steps = [filled(check.rule) for check in (*BUILT_IN.values(), *CHECKS.values())]
    for rule in [*kinds, *records, *steps]:
        assert HAN.search(in_language("zh", rule_in, rule)), rule


def test_each_wording_fills_what_its_rule_leaves_open() -> None:
    with (HOME / "workbench" / "words" / "rule_texts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["en"] for row in rows}) == len(rows) > 90
    for row in rows:
        open_in = {lang: len(OPEN.findall(row[lang])) for lang in ("zh", "en")}
        assert open_in["zh"] == open_in["en"], row
        rule = filled(row["en"])
        assert in_language("en", rule_in, rule) == rule
        assert not OPEN.search(in_language("zh", rule_in, rule)), row


def test_no_wording_is_left_over() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HOME.rglob("*.py")]
    said = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    said |= {distributions.FORMS}
    with (HOME / "workbench" / "words" / "rule_texts.csv").open(encoding="utf-8", newline="") as file:
        left = {row["en"] for row in csv.DictReader(file)} - said
    put_together = re.compile(f"a (whole|finite) number( |$)|{re.escape(accepted_levels())}")
    assert {rule for rule in left if not put_together.match(rule)} == set()


def test_the_wording_follows_the_template_and_what_varies_is_kept() -> None:
    assert in_language("zh", rule_in, RuleText("at most {} bytes", 5)) == "不超过 5 字节"
    assert in_language("zh", rule_in, RuleText("at most {}", 5)) == "至多 5"
    assert (
        in_language("zh", rule_in, RuleText("one of {}, or [[rules]]", "a, b"))
        == "下列之一，或 [[rules]]：a, b"
    )
    assert in_language("zh", rule_in, RuleText("a number {} for {}", "> 0", "q")) == "q 须为 > 0 的数"
    assert in_language("zh", rule_in, one_of("keys", ["key"])) == "下列之一：key；是否想写 key？"
    assert in_language("zh", rule_in, "no such rule is known here") == "no such rule is known here"
    assert in_language("zh", rule_in, RuleText("no such {}", "rule")) == "no such rule"


def test_a_rule_keeps_its_template_where_it_is_copied_or_sent_to_another_process() -> None:
    rule = one_of("keys", ["key"])
    for again in (deepcopy(rule), pickle.loads(pickle.dumps(rule)), str(ValueError(rule))):
        assert again == rule == "one of key; did you mean key?"
        assert in_language("zh", rule_in, again) == "下列之一：key；是否想写 key？"


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
