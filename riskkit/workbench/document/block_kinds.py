"""What a Section is made of: paragraph, list, table, badge, photo, and details that can be opened.

Each is a frozen record of plain text in one language, with a way to JSON and back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

Role = Literal["body", "lead", "note", "caution", "source", "code"]
ROLES: tuple[Role, ...] = ("body", "lead", "note", "caution", "source", "code")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_PNG_BEGINS = "iVBORw0KGgo"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    kind: ClassVar[str] = "paragraph"
    text: str
    role: Role = "body"

    def __post_init__(self) -> None:
        refuse_unless(
            self.role in ROLES, "Paragraph.role", self.role, rule=RuleText("one of {}", ", ".join(ROLES))
        )


@dataclass(frozen=True)
class Items:
    """A list, numbered if `ordered`."""

    kind: ClassVar[str] = "items"
    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Badge:
    """A level: always symbol and word, the colour only comes on top."""

    kind: ClassVar[str] = "badge"
    scale: str
    code: str
    label: str
    symbol: str
    colour: str

    def __post_init__(self) -> None:
        refuse_unless(bool(_COLOUR.fullmatch(self.colour)), "Badge.colour", self.colour, rule="#rrggbb")
        refuse_unless(bool(self.label and self.symbol), "Badge", self, rule="a label and a symbol")


Cell = str | Badge


@dataclass(frozen=True)
class Table:
    """A table; its first column names the rows unless that column is numeric."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        width = len(self.columns)
        refuse(
            f"table {shown(self.caption)}",
            [
                *(
                    Fault(f"row {i}", shown(row), RuleText("{} cells", width))
                    for i, row in enumerate(self.rows)
                    if len(row) != width
                ),
                *(
                    Fault("numeric", shown(at), RuleText("a column position below {}", width))
                    for at in self.numeric
                    if isinstance(at, bool) or not 0 <= at < width
                ),
            ],
        )

    @property
    def row_heads(self) -> bool:
        """Whether the first column names the rows."""
        return len(self.columns) > 1 and 0 not in self.numeric


@dataclass(frozen=True)
class Details:
    """Blocks behind a line one can open; in a PDF they stand open, or it says where they are to be found."""

    kind: ClassVar[str] = "details"
    summary: str
    blocks: tuple[Block, ...]
    is_printed: bool = True


@dataclass(frozen=True)
class Photo:
    """A picture of a thing, as PNG, with what a reader who cannot see it should know."""

    kind: ClassVar[str] = "photo"
    png: str
    alt: str

    def __post_init__(self) -> None:
        refuse_unless(self.png.startswith(_PNG_BEGINS), "Photo.png", self.png[:20], rule="a PNG in base 64")
        refuse_unless(bool(_BASE64.fullmatch(self.png)), "Photo.png", self.png[:20], rule="a PNG in base 64")
        refuse_unless(bool(self.alt.strip()), "Photo.alt", self.alt, rule="a sentence")


Block = Paragraph | Items | Table | Badge | Details | Photo


def to_json(block: Block | str) -> Any:
    """A block, or a table cell, as plain JSON values."""
    if isinstance(block, str):
        return block
    value: dict[str, Any] = {"kind": block.kind, **vars(block)}
    if isinstance(block, Items):
        value["items"] = list(block.items)
    elif isinstance(block, Details):
        value["blocks"] = [to_json(inner) for inner in block.blocks]
        if block.is_printed:  # as notebooks of before say it
            del value["is_printed"]
    elif isinstance(block, Table):
        value["columns"], value["numeric"] = list(block.columns), list(block.numeric)
        value["rows"] = [[to_json(cell) for cell in row] for row in block.rows]
    return value


def block_from_json(value: Mapping[str, Any]) -> Block:
    """Read back what `to_json` wrote of a block."""
    fields = {key: inner for key, inner in value.items() if key != "kind"}
    match value["kind"]:
        case "paragraph":
            return Paragraph(str(fields["text"]), fields["role"])
        case "items":
            return Items(tuple(str(item) for item in fields["items"]), ordered=bool(fields["ordered"]))
        case "badge":
            return Badge(**{key: str(inner) for key, inner in fields.items()})
        case "photo":
            return Photo(str(fields["png"]), str(fields["alt"]))
        case "details":
            inside = tuple(block_from_json(inner) for inner in fields["blocks"])
            return Details(str(fields["summary"]), inside, is_printed=bool(fields.get("is_printed", True)))
        case "table":
            rows = tuple(tuple(_cell(cell) for cell in row) for row in fields["rows"])
            return Table(str(fields["caption"]), tuple(fields["columns"]), rows, tuple(fields["numeric"]))
    raise KeyError(value["kind"])


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value
    badge = block_from_json(value)
    if not isinstance(badge, Badge):
        raise TypeError("a cell is a text or a badge")
    return badge


def plain(block: Block | str) -> str:  # noqa: PLR0911 - one answer a kind
    """A block, or a table cell, as plain text."""
    match block:
        case str():
            return block
        case Paragraph():
            return block.text
        case Photo():
            return f"[{block.alt}]"
        case Badge():
            return f"{block.symbol} {block.label}"
        case Items():
            marks = (f"{i}." if block.ordered else "-" for i in range(1, len(block.items) + 1))
            return "\n".join(f"{mark} {item}" for mark, item in zip(marks, block.items, strict=True))
        case Details():
            return "\n\n".join([block.summary, *(plain(inner) for inner in block.blocks)])
        case Table():
            rows = (block.columns, *block.rows)
            return "\n".join([block.caption, *(" | ".join(plain(cell) for cell in row) for row in rows)])


def refuse_unless(fine: bool, place: str, value: object, *, rule: str) -> None:
    """Refuse one value at one place unless it is fine."""
    refuse(place, [] if fine else [Fault(place, shown(value), rule)])
