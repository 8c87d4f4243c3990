"""Words of the reports on single methods, in zh and en: texts, numbers, and how a result is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards.glossary import codes, label
from riskkit.words.catalogue import method_text as say
from riskkit.workbench.document.block_kinds import Details, Paragraph
from riskkit.workbench.reports.methods.example_files import OpenFile
from riskkit.workbench.runs.result import ResultRecord, found_record


def how(key: str) -> Details:
    """How a result is worked out: its formula, its source, and how far it goes."""
    roles = (("formula", "body"), ("source", "source"), ("limit", "note"))
    told = tuple(Paragraph(say(f"{key}_{part}"), role) for part, role in roles)  # type: ignore[arg-type]
    return Details(say("how_to_check"), told)


def basis_cell(entry: Mapping[str, Any]) -> str:
    """Whether a number is a fact or a judgement, and its source."""
    basis = entry.get("basis")
    word = label("basis", basis) if basis in codes("basis") else ""
    gap = "：" if language() == "zh" else ": "
    return gap.join(part for part in (word, str(entry.get("source", ""))) if part) or "—"


def started_from(opened: OpenFile[Any]) -> Paragraph:
    """Which file a result starts from, and its hash."""
    return Paragraph(say("input_file", name=opened.name, sha256=opened.sha256[:12]), "source")


def published(kind: str, *files: OpenFile[Any], settings: Mapping[str, Any], **found: Any) -> ResultRecord:
    """What was found from some files, in the notebook, where the runner reads it back."""
    hashes = {one.name: one.sha256 for one in files}
    inputs = {**settings, "case_sha256": files[0].sha256, "files": hashes}
    title = in_each_language(say, f"title_{kind}")
    return found_record(kind, files[0].name, title, inputs=inputs, **found)
