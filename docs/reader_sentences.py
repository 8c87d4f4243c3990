"""Write the pages of the reader's test: ten sentences of each report, the same ones until they change."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parent
REPORTS = DOCS.parent / "tests" / "golden" / "reports"
TEXT = re.compile(r'"(?:text|note)":\s*("(?:[^"\\]|\\.)*")')
END = {"en": r"(?<=[.!?])\s+(?=[A-Z“])", "zh": r"(?<=[。！？])"}
FORMULA = re.compile(r"[=∏Σ²≤≥√]|^\W*- ")
N_SENTENCES = 10


def sentences(text: str, lang: str) -> Iterator[str]:
    """What a page says in whole sentences; formulas are for the eye."""
    for found in TEXT.findall(text):
        for sentence in re.split(END[lang], json.loads(found)):
            is_long = len(sentence.split()) > 5 if lang == "en" else len(sentence) > 11
            if is_long and sentence.endswith((".", "。")) and not FORMULA.search(sentence):
                yield sentence.strip()


def chosen(text: str, lang: str) -> list[str]:
    """Ten of them in the order of the page; which ten, only their own words decide."""
    found = list(dict.fromkeys(sentences(text, lang)))
    first = sorted(found, key=lambda one: hashlib.sha256(one.encode()).digest())[:N_SENTENCES]
    return [one for one in found if one in first]


def page(lang: str) -> str:
    """The words that stand before the first section of the page, and a section for each report."""
    ending = {"en": ".md", "zh": ".zh.md"}[lang]
    head = (DOCS / f"reader_test{ending}").read_text("utf-8").partition("\n## ")[0]
    parts = [head.rstrip() + "\n"]
    for path in sorted(REPORTS.glob(f"*.{lang}.txt")):
        text = path.read_text("utf-8")
        lines = [f"{n}. {one.replace('|', '/')}" for n, one in enumerate(chosen(text, lang), start=1)]
        parts.append(f"## {path.name.split('.')[0]}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    for lang, ending in (("en", ".md"), ("zh", ".zh.md")):
        (DOCS / f"reader_test{ending}").write_text(page(lang), "utf-8")
