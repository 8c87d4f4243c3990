"""The page of the policy map: which notebooks and functions serve each task, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.workbench.doc_pages.writing import markdown_table, write_pages

say = Texts("policy")


def policy_rows() -> pd.DataFrame:
    """One row a task (1 to 22) and safeguard (s1 to s4) of the policy."""
    return standards.table("policy_map")


def policy_page() -> str:
    """The page in Markdown."""
    table = policy_rows()
    parts = [f"# {say('title')}", say("twin"), say("lead"), say("successors")]
    for stream in dict.fromkeys(table["stream"]):
        heads = [say(f"col_{name}") for name in ("task", "department", "where", "state", "unknown")]
        rows = _rows(table[table["stream"] == stream])
        parts += [f"## {say(f'stream_{stream}')}", markdown_table(heads, rows)]
    return "\n\n".join(parts) + "\n"


def _rows(table: pd.DataFrame) -> Iterator[Sequence[str]]:
    for row in records(table):
        notebooks = [f"[{name}](../notebooks/{name}.ipynb)" for name in row["notebooks"].split()]
        functions = [f"`{name}`" for name in row["functions"].split()]
        yield (
            f"{row['task']} {row[language()]}",
            f"{row[f'lead_{language()}']} → {row[f'successor_{language()}']}",
            "<br>".join([*notebooks, *functions]) or "—",
            say(f"state_{row['state']}"),
            row[f"unknown_{language()}"],
        )


def write_policy_pages(folder: Path) -> None:
    """Write ``policy_map.md`` and ``policy_map.zh.md``."""
    write_pages(folder, "policy_map", policy_page)
