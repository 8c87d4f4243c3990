"""What the overview shows, as plain values in one language: tiles, bars, table of cases, what has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from riskkit.case.sentences import say_level
from riskkit.foundation.language import language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.words.catalogue import panel_text as say
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.boards.overview.records import (
    FOOD,
    GROUPS,
    LEVELS,
    RANGE,
    Change,
    Record,
    by_dimension,
    group,
    level_counts,
    possible_counts,
    urgency_order,
)
from riskkit.workbench.document.block_kinds import Badge, Cell, Paragraph, Role, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.level_marks import level_badge, result_badge_note, shown_ends
from riskkit.workbench.document.rendering import ink
from riskkit.workbench.reports.case.words import grade

_QUIET = "#5b6673"
_KINDS = {"hazard_classes": "hazard_class", "channels": "channel"}


def group_badge(code: str) -> Badge:
    """The badge of a group: symbol and word, the colour on top."""
    if code == RANGE:
        return Badge(text("col_level"), code, say("group_range"), "⇕", _QUIET)
    return level_badge(code)


def tile_words(records: Sequence[Record]) -> dict[str, Any]:
    """One tile a group, with the number of records; a level also says how many more may be it."""
    counts, possible = level_counts(records), possible_counts(records)
    tiles = []
    for code in GROUPS:
        badge = group_badge(code)
        note = say("possibly_more", n=possible[code]) if possible.get(code) else ""
        look = {"symbol": badge.symbol, "colour": badge.colour, "label": badge.label}
        tiles.append(look | {"n": counts[code], "note": note})
    return {"heading": say("counts", n=len(records)), "tiles": tiles}


def word_of(dimension: str, code: str) -> str:
    """The word for a hazard class, an origin or a channel; the code itself where there is none."""
    if not code:
        return say("not_known")
    try:
        return country_name(code) if dimension == "origin" else label(_KINDS[dimension], code)
    except KeyError:
        return code


def bar_words(records: Sequence[Record], dimension: str) -> dict[str, Any]:
    """Stacked bars by hazard class, origin or channel; each part with symbol, word and number."""
    found = by_dimension(records, dimension)
    most = max((sum(counts.values()) for _, counts in found), default=1)
    rows = []
    for code, counts in found:
        badges = {name: group_badge(name) for name, n in counts.items() if n}
        parts = [
            {"n": counts[name], "symbol": b.symbol, "colour": b.colour, "label": b.label}
            for name, b in badges.items()
        ]
        n = sum(counts.values())
        rows.append({"label": word_of(dimension, code), "width": 100 * n / most, "n": n, "parts": parts})
    return {"caption": say(f"by_{dimension}"), "rows": rows, "colon": say("colon")}


COLUMNS = ("col_level", "row_product", "row_origin", "row_hazards", "row_channels", "robustness")


def table_columns() -> list[dict[str, str]]:
    """The heads of the table of cases."""
    heads = [text(COLUMNS[0]), say("choose_case"), *(text(key) for key in COLUMNS[1:5])]
    return [{"title": head} for head in [*heads, say("robust_title")]]


def table_row(record: Record, *, profile: str) -> list[dict[str, Any]]:
    """One case as cells for the table that sorts."""
    case = record["case"]
    asked = urlencode({"case": case["id"], "lang": language(), "profile": profile})
    words = [
        listed((word_of(name, code) for code in case[name]), empty=say("not_known"))
        for name in ("origin", "hazard_classes", "channels")
    ]
    plain = [case["product"][language()], *words, record["robustness"][language()]]
    return [
        {
            "text": result_badge_note(record),
            "sort": urgency_order(record),
            "marks": _marks(record),
        },
        {
            "text": case["title"][language()],
            "sort": case["title"][language()],
            "href": f"{quote('what_if.ipynb')}?{asked}",
        },
        *({"text": value, "sort": value} for value in plain),
    ]


def _marks(record: Record) -> list[dict[str, str]]:
    """The badge of the level; for a range the proven and the possible one."""
    codes = [group(record)]
    if codes == [RANGE]:
        codes = [str(end) for end in shown_ends(record)]
    badges = [level_badge(code) for code in codes]
    of = scale("warning")
    labels = [f"{b.code} {of.word(b.code)}" if b.code in LEVELS else b.label for b in badges]
    if len(badges) > 1:
        labels = [say("at_least", level=labels[0]), say("at_most", level=labels[1])]
    return [
        {"symbol": b.symbol, "label": words, "colour": b.colour, "ink": ink(b.colour)}
        for b, words in zip(badges, labels, strict=True)
    ]


def change_section(
    found: Sequence[Change], *, compared: int, unreadable: int, others: int = 0, until: str = ""
) -> Section:
    """What has changed since earlier results, those until a day; or that there are none, and what to do."""
    told: list[tuple[str, Role]] = []
    if unreadable:
        told.append((say("unreadable", n=unreadable), "note"))
    if others:
        told.append((say("reports_without_case", n=others), "note"))
    if not compared:
        none = say("nothing_until", day=until) if until else say("nothing_to_compare")
        told.insert(0, (none, "body"))
    elif not found:
        told.insert(0, (say("no_change", n=compared), "body"))
    blocks = [Paragraph(words, role) for words, role in told]
    title = say("changes_cases")
    if not compared or not found:
        return Section("what-changed", title, 3, tuple(blocks))
    heads = (say("choose_case"), say("change"), say("then"), say("now"))
    rows = tuple(_change_row(change) for change in found)
    table = Table(say("changes_table", n=compared), heads, rows)
    return Section("what-changed", title, 3, (table, *blocks))


def _change_row(change: Change) -> tuple[Cell, ...]:
    record = change.now or change.before or {}
    title = str(record["case"].get("title", {}).get(language()) or change.case_id)
    kind = say(f"change_{change.kind}")
    if change.kind == "grades" and change.before and change.now:
        kind = say("label_value", label=kind, value=listed(_moved_grades(change)))
    return title, kind, _level(change.before), _level(change.now)


def _moved_grades(change: Change) -> list[str]:
    then, now = ((record or {})["grades"] for record in (change.before, change.now))
    moved = [factor for factor in now if then.get(factor, {}).get("lo") != now[factor]["lo"]]
    named = [factor for factor in moved if factor in ("severity", "probability", "urgency", "scope")]
    return [f"{label('factor', f)} {grade(f, then[f]['lo'])} → {grade(f, now[f]['lo'])}" for f in named]


def _level(record: Mapping[str, Any] | None) -> str | Badge:
    if record is None:
        return "—"
    code = group(record)
    if code == RANGE:
        return say_level(*shown_ends(record))
    return group_badge(code)


def filter_choices(records: Sequence[Record], name: str) -> list[tuple[str, str]]:
    """Words and codes to choose from for one filter: all, then those that occur."""
    if name == "level":
        used = level_counts(records)
        codes = [code for code in (*LEVELS, RANGE, FOOD) if used[code]]
        word: Callable[[str], str] = lambda code: group_badge(code).label  # noqa: E731
    else:
        codes = [code for code, _ in by_dimension(records, name) if code]
        word = lambda code: word_of(name, code)  # noqa: E731
    return [(say("all"), ""), *((word(code), code) for code in codes)]
