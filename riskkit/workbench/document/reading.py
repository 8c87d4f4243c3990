"""What an executed notebook has to show, in order: the one source of page, PDF and Word.

A direct walk over the outputs. Only three kinds of output are understood (section, picture, result); a figure
of plotly without a text alternative is drawn all the same; what remains is taken as plain text. HTML,
JavaScript and images that a cell may have put out are never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import mistune

from riskkit.foundation.language import LANGS, language
from riskkit.words.catalogue import page_text
from riskkit.workbench.document.block_kinds import Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import (
    PICTURE_MIME,
    PLOTLY_MIME,
    RESULT_MIME,
    SECTION_MIME,
    Picture,
    Section,
)

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


BRIEF_IDS = ("brief", "brief-decision")
"""The sections that open a report, one page each."""
_UNHOLDABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_SKIPPED_TAGS = {"notebook-only", "injected-parameters", "remove-cell", "remove_cell"}
_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Failure:
    """A cell that failed."""

    cell: int
    name: str
    message: str
    traceback: str


Part = Section | Picture | Failure


@dataclass(frozen=True)
class Reading:
    """What an executed notebook shows."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    result: Mapping[str, Any] | None
    question: str = ""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The cells that failed."""
        return tuple(part for part in self.parts if isinstance(part, Failure))


def brief_parts(reading: Reading) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The pages of a brief that open a report, one section each, and what follows them as its annex."""
    n = 0
    while n < min(len(reading.parts), len(BRIEF_IDS)) and _id(reading.parts[n]) == BRIEF_IDS[n]:
        n += 1
    return reading.parts[:n], reading.parts[n:]


def _id(part: Part) -> str:
    return "" if isinstance(part, Failure) else part.id


def read_notebook(notebook: Mapping[str, Any]) -> Reading:
    """Read the outputs and Markdown cells of an executed notebook."""
    parts: list[Part] = []
    notes: list[str] = []
    result: Mapping[str, Any] | None = None
    for number, cell in enumerate(notebook["cells"], 1):
        quiet = _is_skipped(cell)
        if cell["cell_type"] == "markdown" and not quiet:
            parts += sections_from_markdown(_joined(cell["source"]), prefix=f"cell-{number}")
        for output in cell.get("outputs", ()):
            if output["output_type"] == "error":
                parts.append(_failure(output, number))
            elif output["output_type"] == "stream" and output.get("name") == "stderr":
                notes.append(_clean(output["text"]).strip())
            else:
                result = _bundle(output).get(RESULT_MIME, result)
                parts += [] if quiet else _shown(output, f"cell-{number}-out")
    question = said_of_itself(notebook, "question")
    return Reading(tuple(_in_order(parts)), tuple(note for note in notes if note), result, question)


def said_of_itself(notebook: Mapping[str, Any], what: str) -> str:
    """What a notebook says of itself in its metadata under ``riskkit``: its title or its question."""
    found: Any = notebook.get("metadata", {})
    for key in ("riskkit", what, language()):
        found = found.get(key) if isinstance(found, Mapping) else None
    return _clean(found) if isinstance(found, str) else ""


def _is_skipped(cell: Mapping[str, Any]) -> bool:
    tags = set(cell.get("metadata", {}).get("tags", ()))
    others = {f"lang-{other}" for other in LANGS if other != language()}
    return bool(tags & (_SKIPPED_TAGS | others))


def _bundle(output: Mapping[str, Any]) -> Mapping[str, Any]:
    bundle = output.get("data", {})
    return bundle if isinstance(bundle, Mapping) else {}


def _shown(output: Mapping[str, Any], name: str) -> list[Part]:
    bundle = _bundle(output)
    if SECTION_MIME in bundle:
        return [Section.from_json(_clean_all(bundle[SECTION_MIME]))]
    if PICTURE_MIME in bundle:
        return [Picture.from_json(_clean_all(bundle[PICTURE_MIME]), figure=bundle.get(PLOTLY_MIME, {}))]
    if PLOTLY_MIME in bundle:
        return [_bare_picture(bundle[PLOTLY_MIME], name)]
    if RESULT_MIME in bundle or _WIDGET_MIME in bundle:
        return []
    text = _clean(output["text"] if output["output_type"] == "stream" else bundle.get("text/plain", ""))
    return [Section(name, "", 1, (Paragraph(text.rstrip(), "code"),))] if text.strip() else []


def _bare_picture(figure: Mapping[str, Any], name: str) -> Picture:
    """A plotly figure somebody displayed as it is: drawn, and said to lack a text alternative."""
    head = figure.get("layout", {}).get("title", "")
    title = str(head.get("text") or "") if isinstance(head, Mapping) else str(head)
    empty = Table("", (), ())
    return Picture(name, title or page_text("untitled_figure"), page_text("no_alt"), empty, figure)


def _failure(output: Mapping[str, Any], number: int) -> Failure:
    trace = _clean("\n".join(output.get("traceback", ())))
    return Failure(number, _clean(output["ename"]), _clean(output["evalue"]), trace)


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _clean(text: str | Sequence[str]) -> str:
    """Without terminal colours, and without the characters that no page or document can hold."""
    return _UNHOLDABLE.sub("", _ANSI.sub("", _joined(text)).replace("\r\n", "\n"))


def _clean_all(value: Any) -> Any:
    """The same for every text inside a JSON value."""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list | tuple):
        return [_clean_all(inner) for inner in value]
    if isinstance(value, Mapping):
        return {key: _clean_all(inner) for key, inner in value.items()}
    return value


def _in_order(parts: Sequence[Part]) -> Iterator[Part]:
    """The same parts with unique ids, and headings that go down one step at a time."""
    seen: set[str] = set()
    depth = 0
    for part in parts:
        if isinstance(part, Failure):
            yield part
            continue
        name, n = part.id, 1
        while name in seen:
            n += 1
            name = f"{part.id}-{n}"
        seen.add(name)
        if isinstance(part, Section) and part.title:
            depth = min(part.depth, depth + 1)
            yield replace(part, id=name, depth=depth)
        else:
            yield replace(part, id=name)
