"""What a folder says of its own files: the manifest by which they are known to be ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from riskkit.foundation.inputs.held_folders import Folder

MANIFEST = "manifest.json"


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON that is the same bytes for the same content."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return f"{text}\n".encode()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest with a digest of itself, so that it is known when somebody changed it."""
    return {**content, "seal": hashlib.sha256(canonical(content)).hexdigest()}


def is_sealed(content: Mapping[str, Any]) -> bool:
    """Whether a manifest is as we wrote it; those written before there was a seal are taken as they are."""
    rest = {name: value for name, value in content.items() if name != "seal"}
    return "seal" not in content or sealed(rest)["seal"] == content["seal"]


def digests(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file, as a manifest holds them."""
    return {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }


def owned(folder: Folder, manifest: str) -> dict[str, frozenset[str]]:
    """The files that a manifest of ours names, with the SHA-256 of what we wrote; nothing without one."""
    if folder.kind(manifest) != "file":
        return {}
    try:
        with folder.reading(manifest) as source:
            content = source.read()
        found = json.loads(content)
        is_known = str(found.get("schema", "")).startswith("riskkit.") or "input_hash" in found
        if not (is_known and is_sealed(found)):
            return {}
        files = found["files"] if "files" in found else _before_digests(folder, found)
        ours = {str(name): {str(one["sha256"])} for name, one in files.items()}
        for name, sha in found.get("files_before", {}).items():
            ours.setdefault(str(name), set()).add(str(sha))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    ours[manifest] = {hashlib.sha256(content).hexdigest()}
    return {name: frozenset(known) for name, known in ours.items()}


def _before_digests(folder: Folder, found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What stood beside a description of a failure or of a batch before these held digests: as it is now."""
    if {"case", "notebook", "input_hash", "error"} <= set(found):
        names, mark = ["failed.ipynb"], b""
    elif found["schema"] == "riskkit.batch/1":
        names, mark = ["index.html", "index.zh.html", "index.en.html"], b'<body class="rk index">'
    else:
        raise LookupError("no manifest of ours")
    known: dict[str, dict[str, str]] = {}
    for name in names:
        if folder.kind(name) == "file":
            with folder.reading(name) as source:
                content = source.read()
            known |= {name: {"sha256": hashlib.sha256(content).hexdigest()}} if mark in content else {}
    return known
