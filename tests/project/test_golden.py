"""What people get to see is what was reviewed last: reports, records, help, answers and documents of a warning."""

from __future__ import annotations

import difflib
import json

import golden_outputs
import pytest
from golden_outputs import KEPT, LANGS, PARTS, kept, notebook_names, part_of, pretty

from riskkit.workbench.document import documents

HOW = "where this is meant, `make golden` writes the texts anew, and `git diff` is then the review"
MOST_LINES = 80


@pytest.mark.slow
@pytest.mark.parametrize("part", sorted(PARTS))
def test_what_people_see_is_what_was_reviewed(part: str) -> None:
    if part == "answers" and not documents._has_pango():
        pytest.skip("a rehearsed warning makes PDF files, which needs Debian's libpango-1.0-0")
    made, known = PARTS[part](), kept(part)
    assert set(made) == set(known), HOW
    changes = [line for name in sorted(made) for line in _difference(name, known[name], made[name])]
    assert not changes, "\n".join([*changes[:MOST_LINES], f"({len(changes)} lines)", HOW])


def _difference(name: str, before: str, now: str) -> list[str]:
    rows = difflib.unified_diff(
        before.splitlines(), now.splitlines(), f"kept/{name}", f"now/{name}", lineterm="", n=1
    )
    return list(rows)


def test_every_kept_text_is_made_by_a_part_and_all_are_small() -> None:
    files = sorted(KEPT.rglob("*.txt"))
    stray = {path.name for path in files if part_of(path.relative_to(KEPT).as_posix()) not in PARTS}
    assert not stray, "no part makes these"
    assert sum(path.stat().st_size for path in files) <= 80_000 * len(notebook_names())


def test_a_change_is_seen_and_the_command_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = kept("help")
    monkeypatch.setitem(PARTS, "help", lambda: known | {"help.en.txt": known["help.en.txt"] + "a new line\n"})
    with pytest.raises(AssertionError, match=r"(?s)\+a new line.*make golden"):
        test_what_people_see_is_what_was_reviewed("help")
    monkeypatch.setitem(PARTS, "help", dict)
    with pytest.raises(AssertionError, match="make golden"):
        test_what_people_see_is_what_was_reviewed("help")


def test_numbers_are_kept_with_four_digits_and_long_rows_by_what_tells_them_apart() -> None:
    assert (
        pretty([1.23456, 1e-17, float("nan"), 12345678, True, None])
        == '[1.235, 0.0, "nan", 12345678, true, null]'
    )
    row = json.loads(pretty({"x": [None, *map(float, range(50))]}))["x"]
    assert row == {"n": 51, "first": None, "last": 49.0, "least": 0.0, "most": 49.0, "mean": 24.5}
    other = json.loads(pretty({"x": [None, *map(float, range(49)), 50.0]}))["x"]
    assert other != row


def test_what_belongs_to_one_run_is_taken_out() -> None:
    text = golden_outputs.same_each_time(f"{'0af9' * 16} of {golden_outputs.shipped.home()}/data")
    assert text == "<sha256> of <home>/data\n"


@pytest.mark.parametrize("lang", LANGS)
def test_a_notebook_run_here_shows_what_its_kernel_shows(lang: str) -> None:
    """The same cells, each once: one that names the language runs in both."""
    cells = golden_outputs.executed("brief")[lang]["cells"]
    shown = [output["data"] for cell in cells for output in cell["outputs"]]
    titles = [next(iter(bundle.values()))["title"] for bundle in shown[:2]]
    assert len(shown) == 3 and ("简报" in titles[0]) == (lang == "zh")
