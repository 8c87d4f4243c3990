"""The words of the reports on single methods, in zh and en: texts, numbers, and how a result is worked out.

The texts stand in ``method_texts.csv`` (key, zh, en).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from riskkit.foundation.glossary import codes, label
from riskkit.workbench.pages.block_kinds import Cell, Details, Paragraph, Table
from riskkit.workbench.report.example_files import OpenFile

_EXPONENT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@cache
def method_texts() -> Mapping[str, Mapping[str, str]]:
    """All texts of the reports on single methods: key → language → text.

    Examples
    --------
    >>> method_texts()["col_p"]["zh"]
    '概率'
    """
    source = resources.files("riskkit.workbench.report") / "method_texts.csv"
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows}


def say(key: str, lang: str, **values: object) -> str:
    """One text of the reports on single methods, with its ``{places}`` filled.

    Parameters
    ----------
    key : str
        A key of ``method_texts.csv``.
    lang : str
        ``zh`` or ``en``.
    **values : object
        What goes into the places.

    Raises
    ------
    KeyError
        When there is no such key or language.

    Examples
    --------
    >>> say("gate_and", "en")
    'AND'
    """
    found = method_texts()[key][lang]
    return found.format(**values) if values else found


def figure(value: float, digits: int = 3) -> str:
    """A number of a table: so many figures, small and large ones as a power of ten, a dash where unknown.

    Parameters
    ----------
    value : float
        Any number; NaN is unknown.
    digits : int
        Figures shown.

    Examples
    --------
    >>> figure(0.25), figure(4.1225e-05), figure(float("inf")), figure(float("nan")), figure(0)
    ('0.25', '4.12×10⁻⁵', '∞', '—', '0')
    """
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
    """What an event, gate, barrier or node is called; its id where it has no title.

    Examples
    --------
    >>> from riskkit.assessment.fault_tree_file import fault_tree
    >>> tree = fault_tree({"gates": {"t": {"kind": "not", "of": ["a"]}}, "events": {"a": {"p": 0.1}}})
    >>> titled(tree.events[0], "en")
    'a'
    """
    return str((item.zh if lang == "zh" else item.en) or item.id)


def how(key: str, lang: str) -> Details:
    """How a result is worked out: its formula, its source, and how far it goes.

    Parameters
    ----------
    key : str
        Of the texts ``<key>_formula``, ``<key>_source`` and ``<key>_limit``.
    lang : str
        ``zh`` or ``en``.

    Examples
    --------
    >>> [block.role for block in how("tree", "en").blocks]
    ['body', 'source', 'note']
    """
    roles = (("formula", "body"), ("source", "source"), ("limit", "note"))
    told = tuple(Paragraph(say(f"{key}_{part}", lang), role) for part, role in roles)  # type: ignore[arg-type]
    return Details(say("how_to_check", lang), told)


def table(
    key: str, lang: str, heads: Sequence[str], *, rows: Iterable[Sequence[Cell]], **said: object
) -> Table:
    """A table whose caption and heads are texts; columns of numbers are set flush right.

    Parameters
    ----------
    key : str
        Of the caption.
    lang : str
        ``zh`` or ``en``.
    heads : sequence of str
        Keys of the heads; ``#`` before one of numbers.
    rows : iterable of sequences of cells
        Cells.
    **said : object
        What goes into the places of the caption.

    Examples
    --------
    >>> table("cut_sets", "en", ["col_events", "#col_p"], rows=[("a", "0.1")], n=1).numeric
    (1,)
    """
    columns = tuple(say(head.removeprefix("#"), lang) for head in heads)
    numeric = tuple(i for i, head in enumerate(heads) if head.startswith("#"))
    return Table(say(key, lang, **said), columns, tuple(map(tuple, rows)), numeric=numeric)


def basis_cell(entry: Mapping[str, Any], lang: str) -> str:
    """Whether a number is a fact or a judgement, and its source.

    Examples
    --------
    >>> basis_cell({"basis": "fact", "source": "A report"}, "en"), basis_cell({}, "en")
    ('fact: A report', '—')
    """
    basis = entry.get("basis")
    word = label("basis", basis, lang) if basis in codes("basis") else ""
    gap = "：" if lang == "zh" else ": "
    return gap.join(part for part in (word, str(entry.get("source", ""))) if part) or "—"


def started_from(opened: OpenFile[Any], lang: str) -> Paragraph:
    """Which file a result starts from, and its hash.

    Examples
    --------
    >>> from riskkit.workbench.report.example_files import open_fault_tree
    >>> started_from(open_fault_tree("note7-fault-tree"), "en").role
    'source'
    """
    return Paragraph(say("input_file", lang, name=opened.name, sha256=opened.sha256[:12]), "source")
