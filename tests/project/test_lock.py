"""The lock installs on every platform: each package lists every file of its release, not one machine's alone."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from shared import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
Hashes = dict[tuple[str, str], frozenset[str]]


def hashes_of(lock: str) -> Hashes:
    """The hashes of each release."""
    said = "\n".join(line for line in lock.splitlines() if not line.startswith("#"))
    found: Hashes = {}
    for entry in re.split(r"^(?=[A-Za-z0-9])", said, flags=re.MULTILINE)[1:]:
        name, version = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^ ;\\\n]+)", entry).groups()  # type: ignore[union-attr]
        found[canonicalize_name(name), version] = frozenset(re.findall(r"--hash=sha256:([0-9a-f]+)", entry))
    return found


def missing_files(locked: Mapping[tuple[str, str], frozenset[str]], offered: Hashes) -> dict[str, int]:
    """How many files of the same release an index offers that the lock does not list."""
    both = locked.keys() & offered.keys()
    return {f"{one[0]}=={one[1]}": n for one in sorted(both) if (n := len(offered[one] - locked[one]))}


def one_machine_only(locked: Hashes, compiled: set[str]) -> list[str]:
    """Releases with compiled files of which the lock lists one: that of the machine it was made on."""
    return sorted(name for (name, _), known in locked.items() if name in compiled and len(known) < 2)


def compiled_here() -> set[str]:
    """Packages of this environment whose wheel fits some platforms only."""
    found = set()
    for package in importlib.metadata.distributions():
        tags = re.findall(r"^Tag: (\S+)$", package.read_text("WHEEL") or "", re.MULTILINE)
        if tags and not any(tag.endswith("-any") for tag in tags):
            found.add(canonicalize_name(package.metadata["Name"]))
    return found


def test_no_release_with_compiled_files_is_locked_to_one_machine() -> None:
    compiled = compiled_here()
    assert len(compiled) > 20 and {"numpy", "lxml", "cffi", "pyyaml"} <= compiled
    assert one_machine_only(hashes_of(LOCK), compiled) == []


def test_a_lock_that_lists_the_files_of_one_machine_is_found() -> None:
    one = "lxml==6.1.3 \\\n    --hash=sha256:0a\n    # via x\nsix==1 \\\n    --hash=sha256:0b\n"
    whole = one.replace("0a", "0a \\\n    --hash=sha256:0c \\\n    --hash=sha256:0d")
    assert one_machine_only(hashes_of(one), {"lxml"}) == ["lxml"]
    assert one_machine_only(hashes_of(whole), {"lxml"}) == []
    assert missing_files(hashes_of(one), hashes_of(whole)) == {"lxml==6.1.3": 2}
    assert missing_files(hashes_of(whole), hashes_of(one)) == {}


def test_every_release_lists_each_file_that_the_index_offers(tmp_path: Path) -> None:
    """Worked out anew from the same pins, from what the index offered on the day the lock was made."""
    command, day = re.match(r"#.*\n#\s+uv (.*) -o \S+ # on (\S+)\n", LOCK).groups()  # type: ignore[union-attr]
    again = tmp_path / "again.lock"
    again.write_text(re.sub(r" \\$|^ *--hash=.*\n", "", LOCK, flags=re.MULTILINE), encoding="utf-8")
    asked = [*command.split(), "--exclude-newer", f"{day}T00:00:00Z", "--quiet", "-o", str(again)]
    patience = {"UV_HTTP_TIMEOUT": "20", "UV_HTTP_RETRIES": "0"}
    run = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "uv_as_pip.py"), *asked],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **patience},
        check=False,
    )
    if run.returncode:
        pytest.skip(f"no package index answers here: {run.stderr.strip().splitlines()[-1:]}")
    locked, offered = hashes_of(LOCK), hashes_of(again.read_text(encoding="utf-8"))
    assert len(locked.keys() & offered.keys()) > 0.9 * len(locked)
    assert missing_files(locked, offered) == {}
