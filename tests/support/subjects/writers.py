"""Commands that write files."""

from __future__ import annotations

import hashlib
from pathlib import Path


def everything(folder: Path) -> dict[str, str]:
    """Every file and link below a folder with its content."""
    return {
        str(path.relative_to(folder)): f"→ {path.readlink()}" if path.is_symlink() else _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


WRITERS = {
    "template": ["template", "complaint", "--out", "OUT.xlsx"],
    "template as CSV": ["template", "complaint", "--format", "csv", "--out", "OUT.csv"],
    "quarantine": ["register", "quarantine", "--register", "register", "--out", "OUT.csv"],
    "register export": ["register", "export", "--register", "register", "--out", "OUT.zip"],
    "ledger export": ["ledger", "export", "--ledger", "ledger.sqlite", "--out", "OUT.jsonl"],
    "ledger anchor": ["ledger", "anchor", "--ledger", "ledger.sqlite", "--out", "OUT.json"],
    "minutes": ["committee", "minutes", "n7", "--ledger", "ledger.sqlite", "--out", "OUT.html"],
    "committee report": ["committee", "report", "n7", "--ledger", "ledger.sqlite", "--out", "OUT.html"],
    "committee case": ["committee", "case", "n7", "--ledger", "ledger.sqlite", "--out", "OUT.toml"],
}
