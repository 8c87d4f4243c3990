"""What leadership asks of many result records: how many at which level, where they lie, what has changed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.standards.scales import scale
from riskkit.workbench.document.level_marks import possible_levels, shown_ends

Record = Mapping[str, Any]
LEVELS = tuple(reversed(scale("warning").codes))
RANGE, FOOD = "range", "food"
GROUPS = (*LEVELS, RANGE, FOOD)
"""Where a record is counted: a certain level, a range that missing facts leave, or handed over as food."""
DIMENSIONS = ("hazard_classes", "origin", "channels")
_LARGEST = 5_000_000
_MOST_FILES = 2_000
_EXAMPLE = "example"  # what ships in the reports' folder: about a made-up case, which cannot vanish
_OWN_REPORT = re.compile(r"riskkit\.[a-z_]{1,40}/[0-9]{1,3}")


def group(record: Record) -> str:
    """Where a record is counted."""
    if record["route"] != "graded":
        return FOOD
    lo, hi = shown_ends(record)
    return str(lo) if lo == hi else RANGE


def level_counts(records: Iterable[Record]) -> dict[str, int]:
    """How many records are counted where."""
    found = Counter(group(record) for record in records)
    return {code: found[code] for code in GROUPS}


def possible_counts(records: Iterable[Record]) -> dict[str, int]:
    """For each level, how many records are a range that includes it."""
    ends = [possible_levels(record) for record in records if group(record) == RANGE]
    places = [(LEVELS.index(levels[0]), LEVELS.index(levels[-1])) for levels in ends]
    return {code: sum(hi <= i <= lo for hi, lo in places) for i, code in enumerate(LEVELS)}


def urgency_order(record: Record) -> int:
    """A sort key, most urgent first: proven level, then possible level, food last."""
    if record["route"] != "graded":
        return 100
    lo, hi = _ranks(record)
    return 10 * (len(LEVELS) - 1 - lo) + len(LEVELS) - 1 - hi


def by_dimension(records: Iterable[Record], dimension: str) -> list[tuple[str, dict[str, int]]]:
    """Counts of each hazard class, origin or channel; a record with several counts in each."""
    found: dict[str, Counter[str]] = {}
    for record in records:
        for code in record["case"][dimension] or [""]:
            found.setdefault(code, Counter())[group(record)] += 1
    ordered = sorted(found.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return [(code, {name: counts[name] for name in GROUPS}) for code, counts in ordered]


def chosen(records: Iterable[Record], wanted: Mapping[str, str]) -> list[Record]:
    """The records that fit every filter; an empty filter lets all pass."""

    def fits(record: Record) -> bool:
        at = wanted.get("level", "")
        return at in ("", group(record)) and all(
            not code or code in record["case"][name] for name, code in wanted.items() if name in DIMENSIONS
        )

    return [record for record in records if fits(record)]


@dataclass(frozen=True)
class Change:
    """What became of a case since an earlier result."""

    case_id: str
    kind: str
    before: Record | None
    now: Record | None


def changes(now: Iterable[Record], before: Iterable[Record]) -> tuple[Change, ...]:
    """What is different from an earlier run, case by case, the weightiest first."""
    new, old = ({str(record["case"]["id"]): record for record in records} for records in (now, before))
    found = [
        Change(name, kind, old.get(name), new.get(name))
        for name in sorted(new.keys() | old.keys())
        if (kind := _kind(old.get(name), new.get(name)))
    ]
    order = ("higher", "route", "vaguer", "new", "lower", "clearer", "grades", "gone")
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _kind(before: Record | None, now: Record | None) -> str:
    if before is None or now is None:
        return "gone" if now is None else "new"
    if before["route"] != now["route"]:
        return "route"
    if now["route"] != "graded":
        return ""
    if _ranks(before) == _ranks(now):
        return "" if _detail(before) == _detail(now) else "grades"
    return _direction(_ranks(before), _ranks(now))


def _direction(before: tuple[int, int], now: tuple[int, int]) -> str:
    """Which way a level or range went that is not as it was."""
    (lo_then, hi_then), (lo, hi) = before, now
    if lo >= lo_then and hi >= hi_then:
        return "higher"
    if lo <= lo_then and hi <= hi_then:
        return "lower"
    return "clearer" if lo > lo_then else "vaguer"


def _ranks(record: Record) -> tuple[int, int]:
    codes = scale("warning").codes
    lo, hi = (codes.index(str(end)) for end in shown_ends(record))
    return lo, hi


def _detail(record: Record) -> Any:
    """What is compared beside the level: rules and grades, not shares of draws, which chance moves."""
    grades = {name: (row["lo"], row["hi"], row["rule"]) for name, row in record["grades"].items()}
    return record["risk"].get("level"), grades


@dataclass(frozen=True)
class Earlier:
    """Results of earlier runs: the newest of each case, files that could not be read, reports on no case."""

    records: tuple[Record, ...]
    unreadable: int
    others: int = 0


def result_files(folder: Path | None, *, until: float | None = None) -> list[Path]:
    """The results in a folder of reports, the newest last; those written until a moment, if one is given."""
    if folder is None:
        return []
    example = folder / _EXAMPLE
    files = [file for file in folder.rglob("result.json") if not file.is_relative_to(example)]
    dated = sorted((file.lstat().st_mtime, file) for file in files)
    return [file for at, file in dated if until is None or at <= until][-_MOST_FILES:]


def earlier_results(folder: Path | None, *, profile: str, until: float | None = None) -> Earlier:
    """The newest ``result.json`` of each case in a folder of reports, under one profile."""
    files = result_files(folder, until=until)
    read = [_read(file) for file in files]
    of_cases = [one for one in read if one]
    found = {r["case"]["id"]: r for r in of_cases if r["profile"]["id"] == profile}
    n_unreadable = sum(one is None for one in read)
    return Earlier(tuple(found.values()), n_unreadable, len(read) - len(of_cases) - n_unreadable)


def _read(file: Path) -> Record | None:
    """A result record; an empty one for a report of ours about no case, None where the file holds neither."""
    if file.is_symlink() or file.stat().st_size > _LARGEST:
        return None
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if _OWN_REPORT.fullmatch(str(record["schema"])):
            return {}
        if record["schema"] != 1 or not _is_whole(record):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return dict(record)


def _is_whole(record: Record) -> bool:
    """Whether a record has what is compared, with levels that exist."""
    warning, rows = record["warning"], record["grades"].values()
    ends = (warning["lo"], warning["hi"])
    shown = shown_ends(record)
    is_graded = record["route"] == "graded"
    return (
        isinstance(record["case"]["id"], str)
        and isinstance(record["profile"]["id"], str)
        and (all(end in LEVELS for end in (*ends, *shown)) if is_graded else ends == (None, None))
        and all({"lo", "hi", "rule"} <= set(row) for row in rows)
        and isinstance(record["risk"].get("level"), str | None)
    )


def of_cases(records: Sequence[Record], ids: Iterable[str]) -> list[Record]:
    """Those records whose case is among some ids: what was not asked for now has not gone."""
    wanted = set(ids)
    return [record for record in records if record["case"]["id"] in wanted]
