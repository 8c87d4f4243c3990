"""The secret of a session, in a file apart from the ledger that only its owner reads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from riskkit.assessment.committee.sealing import KEY_BYTES
from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.workbench.runs.folders.ledger_places import KEYS_VARIABLE


def keys_folder(place: str, given: Path | None, environment: Mapping[str, str]) -> Path:
    """Where the secrets of a ledger's sessions are."""
    if given is not None:
        return given
    if environment.get(KEYS_VARIABLE):
        return Path(environment[KEYS_VARIABLE])
    if "://" in place:
        rule = f"--keys or {KEYS_VARIABLE}: a folder on this machine, for a ledger on a server"
        raise InputFaults("committee", [Fault("--keys", "", rule)])
    return Path(f"{place}.keys")


def new_key(folder: Path, session: str) -> bytes:
    """The secret of a session that is about to be opened: a random one, or the one that lies there unused."""
    path = folder / f"{session}.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            return read_key(folder, session)
        put_files(folder, {path.name: f"{secrets.token_hex(KEY_BYTES)}\n".encode()}, mode=0o600)
    except OSError as error:
        rule = "a folder that can be written to"
        raise InputFaults(str(folder), [Fault(str(folder), shown(error.strerror), rule)]) from error
    return read_key(folder, session)


def read_key(folder: Path, session: str) -> bytes:
    """The secret of a session."""
    path = folder / f"{session}.key"
    try:
        found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        found = b""
        words = getattr(error, "strerror", None) or "not hexadecimal"
    else:
        words = f"{len(found)} bytes"
    if len(found) != KEY_BYTES:
        raise InputFaults(str(path), [Fault(str(path), shown(words), "the key file of the session")])
    return found
