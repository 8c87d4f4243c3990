"""Which ledger, keys and own cases a command or a page uses when nobody names them."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

LEDGER_VARIABLE = "RISKKIT_LEDGER"
KEYS_VARIABLE = "RISKKIT_COMMITTEE_KEYS"
CASES_VARIABLE = "RISKKIT_CASES"
"""The folder whose case files the boards show beside the shipped cases."""
OWN_LEDGER = "ledger.sqlite"
"""The ledger in the current folder, used unless another is named."""


def account_name() -> str:
    """Who acts where nobody is named: the account this runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account that is a number alone, as in some containers
        return f"uid {os.getuid()}"


def ledger_here(environment: Mapping[str, str], folder: Path) -> str:
    """The ledger that somebody who stands in a folder writes to, be it there or not."""
    named = environment.get(LEDGER_VARIABLE) or OWN_LEDGER
    return named if "://" in named else str((folder / named).absolute())


def places_here(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Which ledger, keys and cases who stands in a folder means, for kernels, which run elsewhere."""
    own = OWN_LEDGER if (folder / OWN_LEDGER).is_file() else ""
    named = {LEDGER_VARIABLE: environment.get(LEDGER_VARIABLE) or own}
    named[KEYS_VARIABLE] = environment.get(KEYS_VARIABLE, "")
    named[CASES_VARIABLE] = environment.get(CASES_VARIABLE) or "."
    return {
        name: text if "://" in text else str((folder / text).absolute())
        for name, text in named.items()
        if text
    }


@contextlib.contextmanager
def standing_here(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Hold `places_here` of the current folder in an environment for a while."""
    before = {name: environment.get(name) for name in (LEDGER_VARIABLE, KEYS_VARIABLE, CASES_VARIABLE)}
    environment.update(places_here(environment, Path.cwd()))
    try:
        yield
    finally:
        for name, text in before.items():
            environment.pop(name, None)
            environment.update({} if text is None else {name: text})
