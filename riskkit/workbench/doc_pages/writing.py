"""Pages of the documentation that are made from what the code says, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import in_language


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_pages(folder: Path, name: str, page: Callable[[], str]) -> None:
    """Write a page in both languages: ``NAME.md`` and ``NAME.zh.md``."""
    for lang, ending in (("en", ".md"), ("zh", ".zh.md")):
        put_files(folder, {f"{name}{ending}": in_language(lang, page).encode()}, is_forced=True)
