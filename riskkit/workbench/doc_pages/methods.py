"""The pages on methods and the map of the policy, computed from the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from riskkit.case.comparison.differences import REFERENCE, actions_of, card_of
from riskkit.case.comparison.findings import Finding
from riskkit.case.comparison.methods import Comparison
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_cards import method_cards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.reports.case.compare import shipped_comparisons


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_pages(folder: Path, name: str, page: Callable[[], str]) -> None:
    """Write a page in both languages: ``NAME.md`` and ``NAME.zh.md``."""
    for lang, ending in (("en", ".md"), ("zh", ".zh.md")):
        put_files(folder, {f"{name}{ending}": in_language(lang, page).encode()}, is_forced=True)


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


_ACTION = scale("action")


def methods_page() -> str:
    """The page ``docs/methods_compared`` in one language, as Markdown."""
    found = shipped_comparisons()
    parts = [
        f"# {text('cmp')}",
        text("page_lead"),
        f"## {text('page_cases')}",
        _legend(),
        *_case_table(found),
        f"## {text('page_agreement')}",
        *_agreement_table(found),
        f"## {text('page_reasons')}",
        *_reason_table(found),
        f"## {text('page_methods')}",
        *_method_table(),
    ]
    return "\n\n".join(parts) + "\n"


def _legend() -> str:
    told = [f"{_ACTION.symbol(code)} {_ACTION.word(code)}" for code in _ACTION.codes]
    return ("、" if language() == "zh" else ", ").join([*told, text("page_misfit")])


def _codes() -> list[str]:
    """Columns of the table of cases: every method, the shipped profiles one by one."""
    profiles = [f"profile:{name}" for name in standards.table("profiles")["profile"]]
    return [*(one for one in method_cards() if one != "profile"), *profiles]


def _heads() -> list[str]:
    return [f"M{number}" for number in range(1, len(_codes()) + 1)]


def _name(method: str) -> str:
    name = method.partition(":")[2]
    if not name:
        return card_of(method).name()
    row = standards.table("profiles").set_index("profile")
    return text("label_value", label=card_of(method).name(), value=str(row.at[name, language()]))


def _sign(one: Finding | None) -> str:
    if one is None or not one.fits:
        return "·"
    lo, hi = actions_of(one)
    return _ACTION.symbol(lo) if lo == hi else f"{_ACTION.symbol(lo)}–{_ACTION.symbol(hi)}"


def _case_table(found: Sequence[Comparison]) -> list[str]:
    codes = _codes()
    key = [f"M{number} {_name(code)}" for number, code in enumerate(codes, start=1)]

    def rows() -> Iterator[Sequence[str]]:
        for one in found:
            products = {finding.method: finding for finding in one.products}
            yield [f"`{one.assessment.case.id}`", *(_sign(products.get(code)) for code in codes)]

    gap = "；" if language() == "zh" else "; "
    return [
        gap.join(key) + ("。" if language() == "zh" else "."),
        markdown_table([text("col_case"), *_heads()], rows()),
    ]


def _agreement_table(found: Sequence[Comparison]) -> list[str]:
    counts: dict[str, Counter[str]] = {code: Counter() for code in _codes() if code != REFERENCE}
    for one in found:
        for difference in one.differences:
            counts[difference.method][difference.relation] += 1

    def rows() -> Iterator[Sequence[str]]:
        for code, count in counts.items():
            ways = [str(count[way]) for way in ("same", "within", "higher", "lower")]
            yield [_name(code), str(count.total()), *ways]

    heads = [text("col_method"), text("page_n")]
    heads += [text(f"relation_{way}") for way in ("same", "within", "higher", "lower")]
    graded = [one for one in found if one.fitting]
    agreed = [one for one in graded if len({actions_of(finding) for finding in one.fitting}) == 1]
    lead = text("page_agreement_lead", n=len(graded), agreed=len(agreed), food=len(found) - len(graded))
    return [lead, markdown_table(heads, rows())]


def _reason_table(found: Sequence[Comparison]) -> list[str]:
    count = Counter(code for one in found for difference in one.differences for code, _ in difference.reasons)
    table = standards.table("difference_reasons").set_index("reason")

    def rows() -> Iterator[Sequence[str]]:
        for code, n in count.most_common():
            yield [
                str(n),
                _open(str(table.at[code, language()])),
                _open(str(table.at[code, f"settle_{language()}"])),
            ]

    heads = [text(key) for key in ("page_n", "col_why", "col_settle")]
    return [text("page_reasons_lead"), markdown_table(heads, rows())]


def _open(words: str) -> str:
    """A sentence with its places left open."""
    out, depth = [], 0
    for sign in words:
        depth += sign == "{"
        if not depth:
            out.append(sign)
        elif sign == "}":
            depth -= 1
            out.append("…")
    return "".join(out)


def _method_table() -> list[str]:
    def rows() -> Iterator[Sequence[str]]:
        for card in method_cards().values():
            source = standards.source(card.source_id)
            cited = f"{source[f'publisher_{language()}']} {source['year']}".strip()
            status = label("status", card.status)
            yield [card.name(), card.formula(), f"`{card.function}`", cited, status]

    heads = [text(key) for key in ("col_method", "col_formula", "col_function", "col_source", "col_status")]
    return [markdown_table(heads, rows())]
