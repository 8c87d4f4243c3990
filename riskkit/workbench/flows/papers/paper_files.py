"""Papers as files: all of them or none, under names that no id can turn into a path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskkit.foundation.inputs.faults import Fault, one_of, plain_text, refuse, shown
from riskkit.foundation.inputs.part_files import put_files, sweep
from riskkit.workbench.flows.warnings.official import FilledDocument, in_format

FORMATS = ("docx", "html", "txt")


@dataclass(frozen=True)
class Paper:
    """A document with the name of its file, without its ending."""

    name: str
    document: FilledDocument


def file_name(kind: str, *ids: str) -> str:
    """A name from ids, which two of them never share."""
    plain = "-".join(re.sub(r"[^\w-]+", "_", one)[:30] for one in ids)
    return f"{kind}-{plain}-{hashlib.sha256(chr(0).join(ids).encode()).hexdigest()[:8]}"


def write_papers(
    papers: Sequence[Paper],
    out: Path,
    *,
    formats: Sequence[str] = ("docx",),
    tables: Mapping[str, bytes] | None = None,
    is_forced: bool | None = None,
) -> tuple[Path, ...]:
    """Write every paper in each format, and tables beside them; what is there already is never replaced."""
    refuse(
        "papers",
        [Fault("--format", shown(one), one_of(one, FORMATS)) for one in formats if one not in FORMATS],
    )
    files = {
        f"{paper.name}.{paper.document.lang}.{one}": in_format(paper.document, one)
        for paper in papers
        for one in formats
    }
    sweep(out)
    return put_files(out, files | dict(tables or {}), is_forced=is_forced)


def issuer_faults(issuer: str) -> list[Fault]:
    """An issuer that a paper cannot hold."""
    if not issuer.strip():
        return [Fault("--issuer", shown(issuer), "a name")]
    try:
        plain_text(issuer)
    except ValueError as error:
        return [Fault("--issuer", shown(issuer), str(error))]
    return []
