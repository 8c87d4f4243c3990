"""The page of the policy map: which notebooks and functions serve each task, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.workbench.doc_pages.writing import markdown_table, write_pages

say = Texts("policy")


def policy_rows() -> pd.DataFrame:
    """One row a task (1 to 22) and safeguard (s1 to s4) of the policy."""
    return standards.table("policy_map")


def policy_page(lang: str) -> str:
    """The page in Markdown."""
    table = policy_rows()
    parts = [f"# {say('title', lang)}", say("twin", lang), say("lead", lang), say("successors", lang)]
    for stream in dict.fromkeys(table["stream"]):
        heads = [say(f"col_{name}", lang) for name in ("task", "department", "where", "state", "unknown")]
        rows = _rows(table[table["stream"] == stream], lang)
        parts += [f"## {say(f'stream_{stream}', lang)}", markdown_table(heads, rows)]
    return "\n\n".join(parts) + "\n"


def _rows(table: pd.DataFrame, lang: str) -> Iterator[Sequence[str]]:
    for row in records(table):
        notebooks = [f"[{name}](../notebooks/{name}.ipynb)" for name in row["notebooks"].split()]
        functions = [f"`{name}`" for name in row["functions"].split()]
        yield (
            f"{row['task']} {row[lang]}",
            f"{row[f'lead_{lang}']} → {row[f'successor_{lang}']}",
            "<br>".join([*notebooks, *functions]) or "—",
            say(f"state_{row['state']}", lang),
            row[f"unknown_{lang}"],
        )


def write_policy_pages(folder: Path) -> None:
    """Write ``policy_map.md`` and ``policy_map.zh.md``."""
    write_pages(folder, "policy_map", policy_page)
