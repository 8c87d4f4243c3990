"""The index page of a batch: every case, most urgent first, and every report that failed.

It is made from the result records alone. Filter and language switch work from a file as from a server,
without a request to anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.language import LANGS, language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import codes, label
from riskkit.words.catalogue import page_text
from riskkit.workbench.document.html import page_html
from riskkit.workbench.document.level_marks import (
    LEVELS,
    ORDER,
    level_badge,
    level_code,
    possible_levels,
    result_badge,
    result_badge_note,
)
from riskkit.workbench.document.rendering import asset


@dataclass(frozen=True)
class Entry:
    """A case that was assessed."""

    result: Mapping[str, Any]
    reports: Mapping[str, str]
    data: str = ""
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FailedReport:
    """A report that could not be made."""

    case: str
    notebook: str
    cell: int | None
    reason: str


def index_html(
    entries: Sequence[Entry],
    *,
    failed: Sequence[FailedReport] = (),
    other_language: str = "",
) -> str:
    """The index page."""
    _check(entries, other_language)
    others = [entry for entry in entries if _is_about_no_case(entry)]
    cases = [entry for entry in entries if not _is_about_no_case(entry)]
    cards = [_card(entry) for entry in sorted(cases, key=_urgency)]
    counts = Counter(card["level"] for card in cards)
    return page_html(
        "index.html.j2",
        scripts=[asset("index.js")] if cards else [],
        cards=cards,
        monitored=[_monitored(entry) for entry in others],
        failed=failed,
        bars=_bars(counts),
        filters=_filters(cards),
        other={"lang": _other(), "href": _address(other_language)} if other_language else None,
    )


def _check(entries: Sequence[Entry], other_language: str) -> None:
    addresses = [address for entry in entries for address in _addresses(entry)]
    refuse(
        "index",
        [
            *(
                Fault("address", shown(address), "a relative address")
                for address in (*addresses, other_language)
                if ":" in address or "\\" in address or address.startswith("/")
            ),
        ],
    )


def _addresses(entry: Entry) -> list[str]:
    further = [address for pages in entry.more.values() for address in pages.values()]
    return [*entry.reports.values(), entry.data, *further]


def _urgency(entry: Entry) -> tuple[int, float, str]:
    """Where a case stands: a range stands with the most urgent level it leaves possible."""
    code = level_code(entry.result)
    place = possible_levels(entry.result)[0] if code == "range" else code
    share = ((entry.result.get("warning") or {}).get("probability") or {}).get(place) or 0
    return ORDER.index(place), -float(share), str(entry.result["case"]["id"])


def _card(entry: Entry) -> dict[str, Any]:
    result, case = entry.result, entry.result["case"]
    code = level_code(result)
    return {
        "id": str(case["id"]),
        "title": str((case.get("title") or {}).get(language()) or case["id"]),
        "level": code,
        "badge": result_badge(result),
        "badge_note": result_badge_note(result),
        "hazards": [str(hazard) for hazard in case.get("hazard_classes") or ()],
        "channels": [str(channel) for channel in case.get("channels") or ()],
        "facts": _facts(case),
        "robustness": str((result.get("robustness") or {}).get(language()) or ""),
        "assessed_on": str(case.get("assessed_on") or ""),
        "main": _address(entry.reports.get(language()) or next(iter(entry.reports.values()), "")),
        "reports": [(each, _address(entry.reports[each])) for each in LANGS if each in entry.reports],
        "more": [
            (title, each, _address(pages[each]))
            for title, pages in entry.more.items()
            for each in LANGS
            if each in pages
        ],
        "data": _address(entry.data),
    }


def _is_about_no_case(entry: Entry) -> bool:
    """Results of cases carry a number as their schema, all others a name of their own."""
    return str(entry.result.get("schema", "")).startswith("riskkit.")


def _monitored(entry: Entry) -> dict[str, Any]:
    about = entry.result["case"]
    titles = entry.result.get("index_title") or about.get("title") or {}  # without the notebook's beside it
    main = entry.reports.get(language()) or next(iter(entry.reports.values()), "")
    return {
        "title": str(titles.get(language()) or about["id"]),
        "id": str(about["id"]),
        "main": _address(main),
        "reports": [(each, _address(entry.reports[each])) for each in LANGS if each in entry.reports],
        "data": _address(entry.data),
        "digest": [str(line) for line in (entry.result.get("digest") or {}).get(language()) or ()],
    }


def _facts(case: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a reader wants to know of a case at a glance: pairs of label and words."""
    listed = page_text("list_separator").join
    hazards, channels = case.get("hazard_classes") or (), case.get("channels") or ()
    name = (case.get("product") or {}).get(language()) or ""
    kind = (_word(key, case.get(key)) for key in ("goods", "direction"))
    goods = [name, *kind]
    rows = [
        ("index_product", listed(word for word in goods if word)),
        ("index_origin", listed(_known(country_name, str(code)) for code in case.get("origin") or ())),
        ("index_hazards", listed(_word("hazard_class", code) for code in hazards)),
        ("index_channels", listed(_word("channel", code) for code in channels)),
    ]
    return [(page_text(key), words) for key, words in rows if words]


def _filters(cards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The three filters, each with the values that occur, in the order of scale and glossary."""
    levels = {card["level"] for card in cards}
    return [
        {
            "name": "level",
            "label": page_text("index_filter_level"),
            "choices": [(code, level_badge(code).label) for code in ORDER if code in levels],
        },
        *(
            {
                "name": name,
                "label": page_text(f"index_filter_{name}"),
                "choices": [(code, _word(kind, code)) for code in used],
            }
            for name, kind in (("hazard", "hazard_class"), ("channel", "channel"))
            for used in [_in_use(cards, f"{name}s", codes(kind))]
        ),
    ]


def _in_use(cards: Iterable[Mapping[str, Any]], key: str, order: Sequence[str]) -> list[str]:
    used = {code for card in cards for code in card[key]}
    return [*(code for code in order if code in used), *sorted(used - set(order))]


def _bars(counts: Mapping[str, int]) -> dict[str, Any]:
    """The picture of the counts: one bar a level, and the sentence that says the same."""
    codes_shown = [code for code in ORDER if code in counts or code in LEVELS]
    most = max(counts.values(), default=0) or 1
    badges = [(level_badge(code), counts.get(code, 0)) for code in codes_shown]
    rows = [{"badge": badge, "n": n, "share": n / most} for badge, n in badges]
    items = (page_text("index_count_item", label=badge.label, n=n) for badge, n in badges)
    text = page_text("list_separator").join(items)
    return {"rows": rows, "alt": page_text("index_counts_alt", text=text)}


def _word(kind: str, code: object) -> str:
    return _known(label, kind, str(code)) if code else ""


def _known(look_up: Callable[..., str], *key: str) -> str:
    """The word, or the code itself where a newer record has a code we have no word for."""
    try:
        return look_up(*key)
    except KeyError:
        return key[-1]


def _other() -> str:
    return next(each for each in LANGS if each != language())


def _address(path: str) -> str:
    return quote(path, safe="/.-_~")
