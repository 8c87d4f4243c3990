"""The two things a notebook cell may show: a Section of text and tables, and a Picture.

Both are plain records in one language. A section is shown as HTML (all of it escaped), as plain text, and as
JSON from which report, PDF and Word are made, so that they say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.workbench.document.block_kinds import (
    Block,
    Table,
    block_from_json,
    plain,
    refuse_unless,
    to_json,
)
from riskkit.workbench.document.rendering import asset, environment

SECTION_MIME = "application/vnd.riskkit.section+json"
PICTURE_MIME = "application/vnd.riskkit.picture+json"
RESULT_MIME = "application/vnd.riskkit.result+json"
PLOTLY_MIME = "application/vnd.plotly.v1+json"

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class Section:
    """A headed part of a report."""

    id: str
    title: str
    depth: int
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        refuse_unless(bool(_ID.fullmatch(self.id)), "Section.id", self.id, rule="letters, digits, _ . -")
        refuse_unless(self.depth in (1, 2, 3), "Section.depth", self.depth, rule="1, 2 or 3")

    def __str__(self) -> str:
        parts = [self.title, *(plain(block) for block in self.blocks)]
        return "\n\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """The section as plain JSON values."""
        blocks = [to_json(block) for block in self.blocks]
        return {"id": self.id, "title": self.title, "depth": self.depth, "blocks": blocks}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Section:
        """Read back what `to_json` wrote."""
        try:
            blocks = tuple(block_from_json(block) for block in value["blocks"])
            return cls(str(value["id"]), str(value["title"]), value["depth"], blocks)
        except (KeyError, TypeError, AttributeError) as error:
            refuse(
                "section", [Fault("section", shown(value), RuleText("a section as JSON ({})", repr(error)))]
            )
            raise

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        html = environment().get_template("cell.html.j2").render(section=self, css=asset("blocks.css"))
        return {SECTION_MIME: self.to_json(), "text/html": html, "text/plain": str(self)}


@dataclass(frozen=True)
class Picture:
    """A plotly figure with its text alternative and the numbers it draws."""

    id: str
    title: str
    alt: str
    table: Table
    figure: Mapping[str, Any]

    def __post_init__(self) -> None:
        refuse_unless(bool(_ID.fullmatch(self.id)), "Picture.id", self.id, rule="letters, digits, _ . -")
        refuse_unless(bool(self.alt.strip()), "Picture.alt", self.alt, rule="a sentence")

    def to_json(self) -> dict[str, Any]:
        """All but the figure, as plain JSON values."""
        return {"id": self.id, "title": self.title, "alt": self.alt, "table": to_json(self.table)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, figure: Mapping[str, Any]) -> Picture:
        """Read back what `to_json` wrote; the figure comes from its own output."""
        try:
            table = block_from_json(value["table"])
            if not isinstance(table, Table):
                raise TypeError("no table")
            return cls(str(value["id"]), str(value["title"]), str(value["alt"]), table, figure)
        except (KeyError, TypeError, AttributeError) as error:
            refuse(
                "picture", [Fault("picture", shown(value), RuleText("a picture as JSON ({})", repr(error)))]
            )
            raise

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {PLOTLY_MIME: dict(self.figure), PICTURE_MIME: self.to_json(), "text/plain": self.alt}
