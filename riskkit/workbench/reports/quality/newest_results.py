"""What the newest results of a folder say of quality and of the catalogue, for those who decide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number
from riskkit.workbench.document.block_kinds import Block, Paragraph, Table
from riskkit.workbench.document.blocks import Section

say = Texts("results")
Record = Mapping[str, Any]
SCHEMAS = {"riskkit.quality/1": "quality", "riskkit.catalogue/1": "catalogue"}
_LARGEST = 5_000_000
_MOST_GOODS = 20


def newest_results(files: Iterable[Path]) -> dict[str, Record]:
    """The newest record of each of the two reports, the newest file last; what is unreadable is left out."""
    found: dict[str, Record] = {}
    for file in files:
        record = _read(file)
        if record:
            found[SCHEMAS[record["schema"]]] = record
    return found


def _read(file: Path) -> Record:
    if file.is_symlink() or file.stat().st_size > _LARGEST:
        return {}
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        is_ours = record["schema"] in SCHEMAS and isinstance(record["inputs"]["on"], str)
        if not is_ours:
            return {}
        names = {"quality": ("years", "verdicts"), "catalogue": ("proposals", "moved")}[
            SCHEMAS[record["schema"]]
        ]
        return record if all(name in record for name in names) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def results_section(found: Mapping[str, Record]) -> Section:
    """The index with its trend, and the goods that are proposed to move."""
    blocks: list[Block] = []
    if "quality" in found:
        blocks += _quality(found["quality"])
    if "catalogue" in found:
        blocks += _catalogue(found["catalogue"])
    missing = [say(f"without_{name}") for name in ("quality", "catalogue") if name not in found]
    blocks += [Paragraph(words, "note") for words in missing]
    return Section("results", say("title"), 2, tuple(blocks))


def _points(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"


def _quality(record: Record) -> list[Block]:
    verdicts = {row["year"]: row["decision"] for row in record["verdicts"]}
    rows = []
    for row in record["years"]:
        ends = [_points(row.get(f"index_{end}")) for end in ("lo", "hi")]
        word = say(f"word_{verdicts[row['year']]}") if row["year"] in verdicts else "—"
        rows.append(
            (
                str(row["year"]),
                _points(row.get("index")),
                say("between", low=ends[0], high=ends[1]),
                word,
            )
        )
    last = rows[-1] if rows else ("—",) * 4
    lead = say("quality_lead", year=last[0], index=last[1], span=last[2], word=last[3])
    heads = tuple(say(key) for key in ("col_year", "col_index", "col_interval", "col_verdict"))
    table = Table(say("quality_table"), heads, tuple(rows), numeric=(1, 2))
    return [Paragraph(lead, "lead"), *([table] if rows else []), _source(record)]


def _catalogue(record: Record) -> list[Block]:
    moves = [row for row in record["proposals"] if row["decision"] in ("propose_in", "propose_out")]
    counts = {name: sum(row["decision"] == name for row in moves) for name in ("propose_in", "propose_out")}
    waits = counts["propose_in"] - len(record["moved"]["propose_in"])
    lead = say("catalogue_lead", n=number(float(len(record["proposals"]))), into=counts["propose_in"],
               out=counts["propose_out"], waits=waits)  # fmt: skip
    chosen = set(record["moved"]["propose_in"])
    rows = []
    for row in moves[:_MOST_GOODS]:
        is_deferred = row["decision"] == "propose_in" and row["hs"] not in chosen
        word = "deferred" if is_deferred else row["decision"]
        rows.append((str(row["hs"]), say(word), number(float(row["n_tested"]))))
    heads = tuple(say(key) for key in ("col_hs", "col_proposal", "col_tested"))
    table = Table(say("catalogue_table"), heads, tuple(rows), numeric=(2,))
    return [Paragraph(lead, "lead"), *([table] if rows else []), _source(record)]


def _source(record: Record) -> Paragraph:
    return Paragraph(say("source", name=record["case"]["id"], day=record["inputs"]["on"]), "source")
