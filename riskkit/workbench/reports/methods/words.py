"""Words of the reports on single methods, in zh and en: texts, numbers, and how a result is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskkit.foundation.standards.glossary import codes, label
from riskkit.words.catalogue import method_text as say
from riskkit.workbench.document.block_kinds import Details, Paragraph
from riskkit.workbench.reports.methods.example_files import OpenFile


def how(key: str, lang: str) -> Details:
    """How a result is worked out: its formula, its source, and how far it goes."""
    roles = (("formula", "body"), ("source", "source"), ("limit", "note"))
    told = tuple(Paragraph(say(f"{key}_{part}", lang), role) for part, role in roles)  # type: ignore[arg-type]
    return Details(say("how_to_check", lang), told)


def basis_cell(entry: Mapping[str, Any], lang: str) -> str:
    """Whether a number is a fact or a judgement, and its source."""
    basis = entry.get("basis")
    word = label("basis", basis, lang) if basis in codes("basis") else ""
    gap = "：" if lang == "zh" else ": "
    return gap.join(part for part in (word, str(entry.get("source", ""))) if part) or "—"


def started_from(opened: OpenFile[Any], lang: str) -> Paragraph:
    """Which file a result starts from, and its hash."""
    return Paragraph(say("input_file", lang, name=opened.name, sha256=opened.sha256[:12]), "source")
