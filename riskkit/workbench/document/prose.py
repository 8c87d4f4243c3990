"""Markdown cells of a notebook, read as sections.

Only headings, paragraphs, lists, tables, quotes and code are taken over, as plain text: raw HTML in a cell is
shown as text, a link as its text followed by its address, an image as its description. So a Markdown cell
passes through the same escaping as everything else, in HTML, PDF and Word alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import mistune

from riskkit.workbench.document.blocks import Block, Cell, Items, Paragraph, Section, Table

Node = dict[str, Any]


def sections_from_markdown(text: str, *, prefix: str) -> tuple[Section, ...]:
    """The sections of one Markdown cell."""
    heads: list[tuple[str, int, list[Block]]] = [("", 1, [])]
    for node in _nodes(text):
        if node["type"] == "heading":
            level = int(node["attrs"]["level"])
            heads.append(("" if level == 1 else _inline(node), min(max(level - 1, 1), 3), []))
        else:
            heads[-1][2].extend(_blocks(node))
    kept = [head for head in heads if head[0] or head[2]]
    return tuple(
        Section(f"{prefix}-{i}", title, depth, tuple(blocks))
        for i, (title, depth, blocks) in enumerate(kept, 1)
    )


def _nodes(text: str) -> list[Node]:
    parsed = mistune.create_markdown(renderer="ast", plugins=["table"])(text)
    return [] if isinstance(parsed, str) else parsed


def _blocks(node: Node) -> Sequence[Block]:
    match node["type"]:
        case "paragraph" | "block_text":
            return [Paragraph(_inline(node))]
        case "block_code" | "block_html" as kind:
            return [Paragraph(node["raw"].strip("\n"), "code" if kind == "block_code" else "body")]
        case "block_quote":
            return [Paragraph("\n".join(_lines(node)), "note")]
        case "list":
            items = ("\n".join(_lines(item)) for item in node["children"])
            return [Items(tuple(items), ordered=bool(node["attrs"]["ordered"]))]
        case "table":
            return [_table(node)]
    return []


def _table(node: Node) -> Table:
    head, *bodies = node["children"]
    columns = tuple(_inline(cell) for cell in head["children"])
    lines = (row["children"] for body in bodies for row in body["children"])
    rows: tuple[tuple[Cell, ...], ...] = tuple(tuple(_inline(cell) for cell in line) for line in lines)
    right = (i for i, cell in enumerate(head["children"]) if cell["attrs"]["align"] == "right")
    return Table("", columns, rows, numeric=tuple(right))


def _lines(node: Node) -> list[str]:
    """The paragraphs inside a list item or quote, one line each; inner lists get a dash."""
    lines: list[str] = []
    for child in node["children"]:
        if child["type"] == "list":
            lines += [f"– {line}" for item in child["children"] for line in _lines(item)]
        elif child["type"] in ("paragraph", "block_text"):
            lines.append(_inline(child))
        else:
            lines.append(str(child.get("raw", "")).strip())
    return [line for line in lines if line]


def _inline(node: Node) -> str:
    return "".join(_words(node.get("children", ()))).strip()


def _words(nodes: Iterable[Node]) -> Iterable[str]:
    for node in nodes:
        match node["type"]:
            case "softbreak":
                yield " "
            case "linebreak":
                yield "\n"
            case "link":
                words, address = _inline(node), str(node["attrs"]["url"])
                yield words if words == address else f"{words} ({address})"
            case _:
                yield str(node["raw"]) if "raw" in node else _inline(node)
