"""Word documents as another program reads them, and texts of pages that lines may break anywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from patience import HANGS

needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="needs Debian's libreoffice-writer-nogui"
)


def unbroken(text: str) -> str:
    """Without what depends on where a line ends: blanks, hyphens (a reader drops one at a line's end), ligatures."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", unicodedata.normalize("NFKC", text))


def office_texts(documents: Iterable[Path], folder: Path) -> dict[str, str]:
    """The text of each document as LibreOffice reads it, by the document's name: paragraphs, not lines of a page."""
    paths = list(documents)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    asked = ["soffice", profile, "--headless", "--convert-to", "txt:Text (encoded):UTF8"]
    subprocess.run(
        [*asked, "--outdir", str(folder), *map(str, paths)], check=True, capture_output=True, timeout=HANGS
    )
    return {path.name: (folder / f"{path.stem}.txt").read_text(encoding="utf-8-sig") for path in paths}
