"""Words of the reports on single methods, in zh and en: texts, numbers, and how a result is worked out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskkit.foundation.standards.glossary import codes, label
from riskkit.words.catalogue import Texts
from riskkit.workbench.document.block_kinds import Cell, Details, Paragraph, Table
from riskkit.workbench.reports.methods.example_files import OpenFile

_EXPONENT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


say = Texts("method")


def figure(value: float, digits: int = 3) -> str:
    """A number of a table: so many figures, small and large ones as a power of ten, a dash where unknown."""
    if math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        front, power = f"{value:.{digits - 1}e}".split("e")
        return f"{front.rstrip('0').rstrip('.')}×10{str(int(power)).translate(_EXPONENT)}".replace("-", "−")
    text = f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"
    return text.replace("-", "−")


def titled(item: Any, lang: str) -> str:
    """What an event, gate, barrier or node is called; its id where it has no title."""
    return str((item.zh if lang == "zh" else item.en) or item.id)


def how(key: str, lang: str) -> Details:
    """How a result is worked out: its formula, its source, and how far it goes."""
    roles = (("formula", "body"), ("source", "source"), ("limit", "note"))
    told = tuple(Paragraph(say(f"{key}_{part}", lang), role) for part, role in roles)  # type: ignore[arg-type]
    return Details(say("how_to_check", lang), told)


def table(
    key: str, lang: str, heads: Sequence[str], *, rows: Iterable[Sequence[Cell]], **said: object
) -> Table:
    """A table whose caption and heads are texts; columns of numbers are set flush right."""
    columns = tuple(say(head.removeprefix("#"), lang) for head in heads)
    numeric = tuple(i for i, head in enumerate(heads) if head.startswith("#"))
    return Table(say(key, lang, **said), columns, tuple(map(tuple, rows)), numeric=numeric)


def basis_cell(entry: Mapping[str, Any], lang: str) -> str:
    """Whether a number is a fact or a judgement, and its source."""
    basis = entry.get("basis")
    word = label("basis", basis, lang) if basis in codes("basis") else ""
    gap = "：" if lang == "zh" else ": "
    return gap.join(part for part in (word, str(entry.get("source", ""))) if part) or "—"


def started_from(opened: OpenFile[Any], lang: str) -> Paragraph:
    """Which file a result starts from, and its hash."""
    return Paragraph(say("input_file", lang, name=opened.name, sha256=opened.sha256[:12]), "source")
