"""Folders that are complete or not there: written under another name, then put in place in one step."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.inputs.held_folders import NO_LINK, Folder, held, is_ours
from riskkit.workbench.runs.kernels import processes

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


FAILED = "failed"
ASSETS = "assets"
NOTEBOOKS = "notebooks"
"""Reports that are about no case; no case has this id."""
_TAKEN = (FAILED, ASSETS, "zh", "en")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_PRIVATE = re.compile(r"riskkit-([0-9a-f]{8})-([0-9]+)-.+")
_AT_CWD = -100
# RENAME_EXCHANGE of Linux: two folders change places in one step, so that nobody sees neither
_EXCHANGE = 2


def check_name(name: str, *, what: str, taken: tuple[str, ...] = ()) -> str:
    """A name that is safe as a folder: lower-case letters, digits, ``-`` and ``_``; none of those taken."""
    rule = "1 to 64 of a–z, 0–9, - and _, first a letter or digit"
    faults = [] if _NAME.fullmatch(name) else [Fault(what, shown(name), rule)]
    taken = (*taken, *_TAKEN)
    faults += [Fault(what, shown(name), RuleText("none of {}", ", ".join(taken)))] if name in taken else []
    refuse(what, faults)
    return name


def put(folder: Path, files: Mapping[str, bytes], *, root: Path | None = None) -> Path:
    """Write a folder of files so that it appears complete, in place of an older one of ours."""
    root, (*above, name) = _way(folder, root)
    part = part_files.part_name(name)
    with held(root, *above, is_made=True) as place:
        refuse("--out", foreign(place, name))
        try:
            with place.below(part, is_made=True) as inside:
                for one, content in files.items():
                    inside.write(one, content)
            _put_in_place(place, part, name)
        finally:
            if place.kind(part):
                shutil.rmtree(place.at(part), ignore_errors=True, dir_fd=place.handle)
    return folder


def _way(folder: Path, root: Path | None) -> tuple[Path, tuple[str, ...]]:
    root = root or folder.parent
    return root, folder.relative_to(root).parts


def foreign(place: Folder, name: str, *, manifest: str = MANIFEST) -> list[Fault]:
    """What is in a folder of reports that no manifest of ours accounts for, or that was changed since."""
    kind = place.kind(name)
    if kind != "folder":
        rule = NO_LINK
        return [Fault(str(place.path / name), shown(name), rule)] if kind else []
    with place.below(name) as inside:
        ours = owned(inside, manifest)
        wrong = [
            one
            for one in inside.names()
            if not (one == manifest and ours) and not is_ours(inside, one, ours.get(one, ()))
        ]
        return [Fault(str(inside.path / one), shown(one), part_files.OUR_FILE) for one in wrong]


def foreign_report(folder: Path, *, root: Path) -> list[Fault]:
    """What `put` would refuse, asked before there is anything to put."""
    root, (*above, name) = _way(folder, root)
    try:
        with held(root, *above) as place:
            return foreign(place, name)
    except InputFaults as error:
        return list(error.faults)
    except FileNotFoundError:
        return []


def describe(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    manifest: str,
    facts: Mapping[str, Any],
    root: Path | None = None,
) -> Path:
    """Write files and the manifest that names them into a folder that may hold other people's files too."""
    root, way = _way(folder, root)
    with held(root, *way, is_made=True) as place:
        old = owned(place, manifest)
        before = {
            name: sha
            for name, known in old.items()
            for sha in known
            if name in files and is_ours(place, name, {sha})
        }
        told = sealed({**facts, "files": digests(files), "files_before": before})
        content = {manifest: canonical(told), **files}
        part_files.put_files(root, content, within=way, ours=frozenset().union(*old.values()))
        for name in set(old) - set(content):
            if is_ours(place, name, old[name]):
                place.remove(name)
    return folder / manifest


def unwritable(folder: Path, names: Collection[str], *, manifest: str, root: Path) -> list[Fault]:
    """What `describe` would refuse, asked before there is anything to write."""
    root, way = _way(folder, root)
    try:
        with held(root, *way) as place:
            ours = owned(place, manifest)
            wrong = [
                name
                for name in (manifest, *names)
                if place.kind(name) and not is_ours(place, name, ours.get(name, ()))
            ]
            return [Fault(str(place.path / name), shown(name), part_files.OUR_FILE) for name in wrong]
    except InputFaults as error:
        return list(error.faults)
    except FileNotFoundError:
        return []


def _put_in_place(place: Folder, part: str, name: str) -> None:
    """One rename if the place is free; else the two change places in one step where the system can."""
    try:
        os.rename(place.at(part), place.at(name), src_dir_fd=place.handle, dst_dir_fd=place.handle)
    except OSError:
        if place.kind(name) != "folder":
            refuse("--out", foreign(place, name))
            raise
    else:
        return
    aside = part
    if not _exchange(place, part, name):
        aside = part_files.part_name(name)
        place.rename(name, aside)
        place.rename(part, name)
    late = foreign(place, aside)
    if late:
        new = part_files.part_name(name)
        place.rename(name, new)
        place.rename(aside, name)
        aside = new
    shutil.rmtree(place.at(aside), ignore_errors=True, dir_fd=place.handle)
    refuse("--out", late)


def _exchange(place: Folder, one: str, other: str) -> bool:
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    at = _AT_CWD if place.handle is None else place.handle
    names = (os.fsencode(place.at(one)), os.fsencode(place.at(other)))
    return bool(rename(at, names[0], at, names[1], _EXCHANGE) == 0)


def remove(folder: Path, *, manifest: str, root: Path | None = None) -> None:
    """Delete the files of a folder that our manifest lists, and the folder if it is then empty."""
    root, (*above, name) = _way(folder, root)
    with contextlib.suppress(OSError, InputFaults), held(root, *above) as place:
        with place.below(name) as inside:
            ours = owned(inside, manifest)
            for one in sorted(ours, key=lambda one: one == manifest):
                if is_ours(inside, one, ours[one]):
                    inside.remove(one)
        os.rmdir(place.at(name), dir_fd=place.handle)


def private_folder() -> str:
    """A folder only this user can read, for what a worker needs on the way; its maker deletes it."""
    return tempfile.mkdtemp(prefix=f"riskkit-{part_files.this_host()}-{os.getpid()}-")


def sweep_private() -> tuple[Path, ...]:
    """Delete private folders of this user whose maker was killed before it could, and end what runs there."""
    found = sorted(Path(tempfile.gettempdir()).glob("riskkit-*-*"))
    left = [path for path in found if part_files.is_left(path.name, _PRIVATE) and _is_mine(path)]
    for path in left:
        processes.end_all(partial(processes.marked, path))
        shutil.rmtree(path, ignore_errors=True)
    return tuple(left)


def _is_mine(path: Path) -> bool:
    try:
        return not path.is_symlink() and path.is_dir() and path.lstat().st_uid == os.getuid()
    except OSError:
        return False
