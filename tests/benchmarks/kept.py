"""What a run of the benchmarks found: one table, kept as JSON beside the code, compared with the run before.

A row is a case. Its figures stand by their names: those of a peer in the same run or of a bound begin as `PEER`
says, those of memory as `MEMORY` says, all others are ours.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE, DOCS = Path(__file__).parent, Path(__file__).parents[2] / "docs"
LAST = HERE / "last_run.json"
PEER = re.compile(r"times|stock|plain|of_|recorded_peer|theirs|bound|peer")
MEMORY = re.compile(r".*(mib|mb|gib|memory)")
MOVED = 1.2
"""From this ratio on a figure has moved: less is what one run differs from the next."""
PAGES = {"en": DOCS / "speed.md", "zh": DOCS / "speed.zh.md"}
HEADS = {"en": ("what", "measured", "floor"), "zh": ("项目", "实测", "底线")}
BUSY = {"en": " (busy machine, {on})", "zh": "（机器繁忙，{on}）"}

_WITHIN = " · "

Row = dict[str, Any]
found: dict[str, Row] = {}


def add(what: str, figures: Mapping[str, float]) -> None:
    """A case of this run; what is set in belongs to the case before it."""
    if what.startswith(" "):
        lead = next(reversed(found), "")
        what = f"{lead.partition(_WITHIN)[0]}{_WITHIN}{what.strip()}"
    is_busy = os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)
    row = {"on": dt.date.today().isoformat(), "is_busy": is_busy, "python": platform.python_version()}
    found[what] = row | {"figures": {name: float(f"{value:.4g}") for name, value in figures.items()}}


def last() -> dict[str, Row]:
    """The rows of the run that is tracked; of a case that did not run then, those of the run before."""
    rows: dict[str, Row] = json.loads(LAST.read_bytes())["rows"] if LAST.is_file() else {}
    return rows


def table(rows: Mapping[str, Row]) -> str:
    """Case, ours, peers and bounds in the same run, memory."""
    lines = ["| case | ours | peers and bounds, same run | memory |", "|---|---|---|---|"]
    for what, row in rows.items():
        cells: dict[str, list[str]] = {"ours": [], "peer": [], "memory": []}
        for name, value in row["figures"].items():
            kind = "peer" if PEER.match(name) else "memory" if MEMORY.match(name) else "ours"
            cells[kind].append(f"{name} {value:,.4g}")
        lines.append(f"| {what} | {' | '.join('; '.join(one) for one in cells.values())} |")
    return "\n".join(lines)


def moves(before: Mapping[str, Row], now: Mapping[str, Row]) -> list[str]:
    """The figures that differ by more than runs differ, the largest move first."""
    told = []
    for what, row in now.items():
        for name, value in row["figures"].items():
            was = before.get(what, {"figures": {}})["figures"].get(name)
            if was and value and max(was / value, value / was) > MOVED:
                told.append((max(was / value, value / was), f"{what}: {name} {was:,.4g} → {value:,.4g}"))
    return [words for _, words in sorted(told, reverse=True)]


class _Absent:
    """The figure of a peer that was not installed, whatever its format."""

    def __format__(self, _: str) -> str:
        return "–"


class _Figures(dict[str, Any]):
    def __missing__(self, name: str) -> _Absent:
        return _Absent()


def page_table(rows: Mapping[str, Row], lang: str) -> str:
    """The table of the page of speeds: texts of ``speed_rows.csv``, figures of the run."""
    with (DOCS / "speed_rows.csv").open(encoding="utf-8", newline="") as stream:
        texts = list(csv.DictReader(stream))
    lines = [f"| {' | '.join(HEADS[lang])} |", "|---|---|---|"]
    for text in texts:
        names = [one for one in text["cases"].split("|") if one]
        cases = [rows[one] for one in names if one in rows]
        figures = [_Figures(one["figures"]) for one in cases]
        measured = text[f"measured_{lang}"].format(*figures) if len(cases) == len(names) else "–"
        busy = next((BUSY[lang].format(**one) for one in cases if one["is_busy"]), "")
        lines.append(f"| {text[f'what_{lang}']} | {measured}{busy} | {text[f'floor_{lang}']} |")
    return "\n".join(lines) + "\n"


def page(lang: str, rows: Mapping[str, Row]) -> str:
    """The page of speeds with its table written anew."""
    head = PAGES[lang].read_text(encoding="utf-8").partition("\n| ")[0]
    return f"{head}\n{page_table(rows, lang)}"


def finish(*, is_whole: bool) -> str:
    """Keep the rows of this run beside older ones of other cases, and say what moved."""
    before = last()
    told = [table(found), "", *(f"moved  {words}" for words in moves(before, found))]
    if not is_whole:
        return "\n".join([*told, "not kept: a floor does not hold"])
    rows = dict(sorted({**before, **found}.items()))
    text = json.dumps({"schema": "riskkit.bench/1", "rows": rows}, ensure_ascii=False, indent=1)
    LAST.write_text(f"{text}\n", encoding="utf-8")
    for lang, path in PAGES.items():
        path.write_text(page(lang, rows), encoding="utf-8")
    return "\n".join(
        [*told, f"kept in {LAST.name}, and in {', '.join(path.name for path in PAGES.values())}"]
    )
