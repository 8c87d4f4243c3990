"""The catalogue of texts: complete, in both languages, with the same places, each used by the code."""

from __future__ import annotations

import ast
import csv
import io
import re
import string
from importlib import resources
from pathlib import Path

import pytest

import riskkit
from riskkit.foundation.language import LANGS
from riskkit.words.catalogue import Texts, catalogue

Rows = list[dict[str, str]]
HAN = re.compile(r"[\u4e00-\u9fff]")
REPORTS = ("report", "monitoring", "what_if")
PUT_TOGETHER = re.compile(
    r"\w+_(formula|source|limit)|index_report_(zh|en)|ask_\w+|login_\w+|full_\w+|(lab_)?limits_said\w*|(key|form)_\w+"
)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    text = (resources.files("riskkit.words") / "catalogue.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def _pattern(joined: ast.JoinedStr) -> str:
    """What an f-string can give."""
    parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in joined.values]
    return "".join(parts)


@pytest.fixture(scope="module")
def asked_for() -> re.Pattern[str]:
    """The keys that the code names: its texts, what its f-strings can give, and the words of its templates."""
    folder, exact, made = Path(riskkit.__file__).parent, set[str](), set[str]()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                exact.add(node.value)
            elif isinstance(node, ast.JoinedStr) and re.search("[a-z]{3}|[a-z]_", _pattern(node)):
                made.add(_pattern(node))
    for path in [*folder.rglob("*.j2"), *folder.rglob("*.js")]:
        exact.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return re.compile("|".join([*made, *map(re.escape, exact)]))


def test_every_key_stands_once_with_a_text_in_each_language(rows: Rows) -> None:
    assert len({row["key"] for row in rows}) == len(rows) == sum(map(len, catalogue().values()))
    assert [
        row for row in rows if set(row) != {"key", *LANGS} or not all(row[lang].strip() for lang in LANGS)
    ] == []


def test_both_languages_have_the_same_places(rows: Rows) -> None:
    assert [row["key"] for row in rows if places(row["zh"]) != places(row["en"])] == []


def test_english_texts_of_reports_hold_no_chinese_and_chinese_ones_no_english(rows: Rows) -> None:
    of_reports = [row for row in rows if row["key"].startswith(REPORTS)]
    assert [row["key"] for row in of_reports if HAN.search(row["en"])] == []
    bare = [row for row in of_reports if not HAN.search(row["zh"])]
    assert [row["key"] for row in bare if re.search("[a-z]{4}", re.sub("{.*?}", "", row["zh"]))] == []


def test_every_text_is_used(rows: Rows, asked_for: re.Pattern[str]) -> None:
    keys = {row["key"]: row["key"].partition(".")[2] for row in rows}
    assert [
        key for key, name in keys.items() if not (asked_for.fullmatch(name) or PUT_TOGETHER.fullmatch(name))
    ] == []


def test_places_are_filled_and_counted_words_follow_their_number() -> None:
    say = Texts("command")
    texts = {key: say(key, **dict.fromkeys(places(say[key]["en"]), 1)) for key in say}
    assert not any("{" in text and "}" in text for text in texts.values() if "{{" not in text)
    with pytest.raises(KeyError):
        say("no_such_text")
