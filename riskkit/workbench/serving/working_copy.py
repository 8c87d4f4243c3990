"""The notebooks that somebody works in: copies of the shipped ones in the language asked for.

A copy that nobody changed is renewed when riskkit or the language changes; what somebody changed stays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import riskkit
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import language
from riskkit.foundation.shipped import home
from riskkit.words.catalogue import Texts

WRITTEN = ".riskkit-lab.json"
"""What was written into the folder: relative path to SHA-256."""
STARTER = "start.ipynb"
_LANG = re.compile(r'(lang: str = \\")(?:zh|en)(\\")')
_STREAMS = (
    "monitoring",
    "assessment",
    "warning",
    "case",
    "response",
    "application",
    "foundation",
    "workbench",
)
_EXAMPLE = 'riskkit.assess(riskkit.load_case("note7-battery-2016"), rng=np.random.default_rng(1))'
say = Texts("lab")


def working_copy(folder: Path) -> Path:
    """The folder of copies, made or renewed."""
    before = _written(folder)
    contents = {name: raw for name, raw in _contents().items() if _is_ours(folder / name, before.get(name))}
    for parent in sorted({Path(name).parent for name in contents}):
        files = {Path(name).name: raw for name, raw in contents.items() if Path(name).parent == parent}
        put_files(folder, files, within=parent.parts, ours=set(before.values()))
    told = before | {name: hashlib.sha256(raw).hexdigest() for name, raw in contents.items()}
    put_files(folder, {WRITTEN: json.dumps(told, indent=1, sort_keys=True).encode()}, is_forced=True)
    return folder


def _written(folder: Path) -> dict[str, str]:
    try:
        told = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in told.items()} if isinstance(told, dict) else {}


def _is_ours(path: Path, digest: str | None) -> bool:
    """Whether nothing is there, or what we wrote and nobody changed."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _contents() -> dict[str, bytes]:
    shipped = home() / "notebooks"
    found = {path.relative_to(shipped).as_posix(): path for path in sorted(shipped.rglob("*.ipynb"))}
    texts = {name: path.read_text(encoding="utf-8") for name, path in found.items() if "/." not in f"/{name}"}
    spoken = {name: _LANG.sub(rf"\g<1>{language()}\g<2>", text) for name, text in texts.items()}
    return {name: text.encode() for name, text in (spoken | {STARTER: starter_notebook()}).items()}


def starter_notebook() -> str:
    """An empty notebook to start from: the language, the public names, one case assessed."""
    cells = [
        _cell("about", "markdown", f"# {say('title')}\n\n{say('how')}"),
        _cell(
            "setup", "code", f'import numpy as np\n\nimport riskkit\n\nriskkit.set_language("{language()}")'
        ),
        _cell("example", "code", _EXAMPLE),
        _cell("names", "markdown", f"## {say('names')}\n\n{_names()}"),
        _cell("empty", "code", ""),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def _cell(name: str, kind: str, source: str) -> Mapping[str, object]:
    own: dict[str, object] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"id": name, "cell_type": kind, "metadata": {}, "source": source, **own}


def _names() -> str:
    """The public names, by the stream of the policy they belong to."""
    places: Mapping[str, str] = vars(riskkit)["_places"]()  # where each public name is stands there alone
    rows = []
    for stream in _STREAMS:
        names = [f"`{name}`" for name, place in places.items() if place.startswith(f"riskkit.{stream}")]
        rows += [f"- **{say(stream)}**: {', '.join(names)}"] if names else []
    return "\n".join(rows)
